//! Decoded planes become the picture: SDR R'G'B' (BT.709 primaries, or Display P3 where that gamut is wanted; encoded), 8 bits, turned and mirrored
//! as it is to be seen.
//!
//! SDR films of the wanted primaries are only taken off their matrix and range, as FFmpeg does it. SDR of other primaries goes through linear
//! light by BT.1886's gamma of 2.4. HDR is brought to SDR so:
//!
//! 1. PQ codes are turned into light by SMPTE ST 2084; HLG codes by BT.2100's inverse OETF and its OOTF for a 1000 cd/m² display (gamma 1.2).
//! 2. The brightest of a pixel's R, G and B goes through the EETF of ITU-R BT.2390 (section 5.4.1: a Hermite spline in PQ codes with
//!    knee 1.5 · maxLum − 0.5, black 0) from the film's peak to 203 cd/m², SDR's reference white by BT.2408; all three are scaled alike.
//!    A PQ film that names no peak is taken to have 1000 cd/m².
//! 3. Divided by 203, brought to the wanted primaries, clipped, encoded with 1/2.4.

use std::sync::Arc;

use ash::vk;

use super::StageError;
use super::upload::Upload;
use crate::frame::{Orientation, Shape};
use crate::gpu::{Bind, Bindings, Gpu, GpuError, Image, ImageOptions, Kernel, KernelSource, Recorder, Resource};

mod constants;
pub mod reference;

pub use constants::{ColourConstants, Curve, NOMINAL_PEAK, REFERENCE_WHITE};

const COLOUR: KernelSource = KernelSource {
    name: "colour",
    spirv: include_bytes!("../../../spirv/colour.spv"),
    bindings: &[Bind::UniformTexel, Bind::UniformTexel, Bind::UniformTexel, Bind::ImageWrite],
    push_bytes: size_of::<Push>() as u32,
};

const COLOUR_420: KernelSource = KernelSource {
    name: "colour_420",
    spirv: include_bytes!("../../../spirv/colour_420.spv"),
    bindings: &[Bind::UniformTexel, Bind::UniformTexel, Bind::UniformTexel, Bind::ImageWrite],
    push_bytes: size_of::<UsualPush>() as u32,
};

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct UsualPush {
    size: [i32; 2],
    chroma_size: [i32; 2],
    pitch: [i32; 3],
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Push {
    size: [i32; 2],
    coded: [i32; 2],
    chroma_size: [i32; 2],
    _align: [i32; 2],
    pitch: [i32; 4],
    to_x: [i32; 4],
    to_y: [i32; 3],
    _tail: i32,
}

/// The stage from planes to pictures.
pub struct Colour {
    bindings: Vec<Vec<Arc<Bindings>>>,
    push: Push,
    /// What the quicker kernel is told, where the film is as almost all are.
    usual: Option<UsualPush>,
}

impl Colour {
    /// An image that [`Colour`] can fill from `upload`'s planes.
    pub fn picture(gpu: &Gpu, upload: &Upload) -> Result<Arc<Image>, StageError> {
        let size = upload.shape().turned_size();
        Ok(Image::new(gpu, "picture", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 })?)
    }

    /// Prepares the way from every slot of `upload` to every one of `pictures`.
    pub fn new(gpu: &Gpu, upload: &Upload, pictures: &[Arc<Image>]) -> Result<Self, StageError> {
        let shape = upload.shape();
        let constants = ColourConstants::new(shape.format, &shape.colour);
        let usual = is_usual(shape, &constants);
        let kernel = Kernel::new(gpu, if usual { &COLOUR_420 } else { &COLOUR }, &constants.to_words())?;
        let bind = |slot: usize, picture: &Arc<Image>| {
            let [first, second, third] = &if usual { upload.words(slot)? } else { upload.views(slot).clone() };
            Bindings::new(&kernel, &[first.into(), second.into(), third.into(), Resource::from(picture)])
        };
        let bindings = (0..upload.slots())
            .map(|slot| pictures.iter().map(|picture| bind(slot, picture)).collect())
            .collect::<Result<_, GpuError>>()?;
        let signed = |size: [u32; 2]| size.map(|side| side as i32);
        let [samples, rows] = shape.format.plane_size(1, shape.size);
        let chroma = [if shape.format.semi_planar { samples / 2 } else { samples }, rows];
        let [x, y] = reference::turning(shape.orientation, shape.size);
        let [first, second, third] = upload.pitches();
        let push = Push {
            size: signed(shape.turned_size()),
            coded: signed(shape.size),
            chroma_size: signed(chroma),
            _align: [0; 2],
            pitch: [first, second, third, 0],
            to_x: [x[0], x[1], x[2], 0],
            to_y: y,
            _tail: 0,
        };
        let pitch = upload.pitches().map(|pitch| pitch / 4);
        let usual = usual.then_some(UsualPush { size: push.size, chroma_size: push.chroma_size, pitch });
        Ok(Self { bindings, push, usual })
    }

    /// Records the way from slot `slot` to picture `picture` (an index into `new`'s pictures).
    pub fn record(&self, recorder: &mut Recorder<'_>, slot: usize, picture: usize) -> Result<(), GpuError> {
        let row = &self.bindings[slot % self.bindings.len()];
        let [width, height] = self.push.size.map(|side| side as u32);
        let bindings = &row[picture % row.len()];
        match &self.usual {
            Some(push) => {
                // 16×4 lanes of 8×2 pixels.
                let groups = [width.div_ceil(128), height.div_ceil(8), 1];
                recorder.dispatch(bindings, bytemuck::bytes_of(push), groups)
            }
            None => {
                let groups = [width.div_ceil(32), height.div_ceil(4), 1];
                recorder.dispatch(bindings, bytemuck::bytes_of(&self.push), groups)
            }
        }
    }
}

/// Whether `shaders/colour_420.comp` can do it.
fn is_usual(shape: &Shape, constants: &ColourConstants) -> bool {
    let format = shape.format;
    let planes = format.depth == 8 && constants.chroma == 1 && constants.subsampled == [1, 1];
    planes && shape.orientation == Orientation::default() && constants.curve == Curve::Straight
}
