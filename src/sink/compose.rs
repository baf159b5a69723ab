//! Two eyes become one picture, on the GPU: any layout, any size. Used by whichever thread feeds the sink.
//!
//! For a file the picture fills an image of [`super::layout::Layout::output_size`]; for a window [`fit`] says where it goes in the window's image, and the
//! rest is black. Where it shrinks it is filtered by a triangle as wide as needed, where it grows it is bilinear, and at its own size it is
//! copied exactly.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::gpu::{Bind, Bindings, Gpu, GpuError, Image, Kernel, KernelSource, Recorder};
use crate::overlay::Patch;
use crate::stage::input::{read_triangle, taps};

const COMPOSE: KernelSource = KernelSource {
    name: "compose",
    spirv: include_bytes!("../../spirv/compose.spv"),
    bindings: &[Bind::SampledNearest, Bind::SampledNearest, Bind::ImageWrite],
    push_bytes: size_of::<Push>() as u32,
};

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Push {
    size: [u32; 2],
    at: [i32; 2],
    fitted: [u32; 2],
    eye: [u32; 2],
    parity: [i32; 2],
    swapped: i32,
    mixing: [[f32; 6]; 3],
}

/// How glasses with coloured filters take two pictures: rows R, G, B of (left R, G, B, right R, G, B), on encoded values.
pub type Mixing = [[f32; 6]; 3];

/// Red-cyan: E. Dubois, "A projection method to generate anaglyph stereo images", 2001; the least-squares matrix as its author publishes it.
const RED_CYAN: Mixing = [
    [0.456, 0.500, 0.176, -0.043, -0.088, -0.002],
    [-0.040, -0.038, -0.016, 0.378, 0.734, -0.018],
    [-0.015, -0.021, -0.005, -0.072, -0.113, 1.226],
];
/// Green-magenta, from the same source.
const GREEN_MAGENTA: Mixing = [
    [-0.062, -0.158, -0.039, 0.529, 0.705, 0.024],
    [0.284, 0.668, 0.143, -0.016, -0.015, -0.065],
    [-0.015, -0.027, 0.021, 0.009, 0.075, 0.937],
];
/// Amber-blue, from the same source.
const AMBER_BLUE: Mixing = [
    [1.062, -0.205, 0.299, -0.016, -0.123, -0.017],
    [-0.026, 0.908, 0.068, 0.006, 0.062, -0.017],
    [-0.038, -0.173, 0.022, 0.094, 0.185, 0.911],
];
/// BT.601's luma of the left eye in red, of the right in green and blue.
const GREY: Mixing =
    [[0.299, 0.587, 0.114, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.299, 0.587, 0.114], [0.0, 0.0, 0.0, 0.299, 0.587, 0.114]];

/// What the kernel knows of layouts. Those that only differ in size (sbs and half-sbs) are one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrangement {
    /// Left | right.
    SideBySide,
    /// Left over right.
    TopAndBottom,
    /// Even rows of the screen left, odd ones right.
    Rows,
    /// Even columns left.
    Columns,
    /// Squares of even sum left.
    Checkerboard,
    /// The left picture alone; also for pictures that are no eyes.
    Left,
    /// The right picture alone.
    Right,
    /// Coloured glasses.
    Anaglyph(Mixing),
}

/// How many numbers arrangements have.
const ARRANGEMENTS: u32 = 7;

impl Arrangement {
    /// Red-cyan glasses.
    pub const RED_CYAN: Self = Self::Anaglyph(RED_CYAN);
    /// Green-magenta glasses.
    pub const GREEN_MAGENTA: Self = Self::Anaglyph(GREEN_MAGENTA);
    /// Amber-blue glasses.
    pub const AMBER_BLUE: Self = Self::Anaglyph(AMBER_BLUE);
    /// Red-cyan glasses, without colours.
    pub const GREY: Self = Self::Anaglyph(GREY);

    /// The kernel's number for it, and whether the eyes are swapped.
    pub(super) fn number(self, swap: bool) -> (i32, bool) {
        match self {
            Self::SideBySide => (0, swap),
            Self::TopAndBottom => (1, swap),
            Self::Rows => (2, swap),
            Self::Columns => (3, swap),
            Self::Checkerboard => (4, swap),
            Self::Left => (5, swap),
            Self::Right => (5, !swap),
            Self::Anaglyph(_) => (6, swap),
        }
    }

    /// What is mixed of the eyes, where they are.
    pub(super) fn mixing(self) -> Mixing {
        if let Self::Anaglyph(mixing) = self { mixing } else { [[0.0; 6]; 3] }
    }
}

/// How the eyes are put into the result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Composition {
    /// Which goes where.
    pub arrangement: Arrangement,
    /// The left eye's picture for the right eye and the other way round.
    pub swap_eyes: bool,
    /// Upper left corner of the picture in the result.
    pub at: [i32; 2],
    /// Its width and height; even where the arrangement halves it.
    pub fitted: [u32; 2],
    /// Where the result's upper left pixel lies on the physical screen: rows, columns and checkerboards follow the screen's pixels. Zero in files.
    pub origin: [i32; 2],
}

impl Composition {
    /// Fills a result of `size`, as in a file.
    pub fn whole(arrangement: Arrangement, size: [u32; 2]) -> Self {
        Self { arrangement, swap_eyes: false, at: [0, 0], fitted: size, origin: [0, 0] }
    }
}

impl Composition {
    /// From now on it fills a result of that size, but for an odd row or column.
    pub fn fill(&mut self, size: [u32; 2]) {
        (self.at, self.fitted) = ([0, 0], size.map(|side| (side / 2).max(1) * 2));
    }
}

/// Place and size of a picture of `aspect` (width to height as it is to be seen) in the middle of a window: as large as it can be.
/// Both sides come out even, so that halves are equal.
pub fn fit(aspect: f64, window: [u32; 2]) -> ([i32; 2], [u32; 2]) {
    let [width, height] = window.map(f64::from);
    let aspect = if aspect.is_finite() && aspect > 0.0 { aspect } else { 1.0 };
    let (w, h) = if width > height * aspect { (height * aspect, height) } else { (width, width / aspect) };
    let even = |side: f64, most: u32| (((side / 2.0) as u32).max(1) * 2).min((most / 2).max(1) * 2);
    let fitted = [even(w, window[0]), even(h, window[1])];
    let at = [0, 1].map(|axis| (window[axis] as i32 - fitted[axis] as i32).div_euclid(2));
    (at, fitted)
}

/// An eye's picture in the result.
struct Part {
    eye: usize,
    at: [i32; 2],
    size: [u32; 2],
}

/// Pixels that the kernel's filter takes each way without loops: where it makes nothing smaller, and where it makes a picture that is no eye's a little
/// smaller. The least that suffices is taken; all are made ahead.
const GROWN: u32 = 2;
const SHRUNK: [u32; 2] = [3, 6];

/// The stage from two eyes to one picture.
pub struct Compose {
    gpu: Gpu,
    eyes: [Arc<Image>; 2],
    result: Arc<Image>,
    /// The kernel is made anew for each arrangement that is shown, for each with eyes at their own size, and for filters of few pixels.
    variants: Mutex<HashMap<[u32; 4], Arc<Bindings>>>,
    /// The queue draws, so that it can scale.
    draws: bool,
}

impl Compose {
    /// From `left` and `right` (of one size) to `result` (R8G8B8A8_UNORM), all images kept alive. A window makes a new one when it is resized.
    pub fn new(gpu: &Gpu, left: &Arc<Image>, right: &Arc<Image>, result: &Arc<Image>) -> Self {
        Self {
            gpu: gpu.clone(),
            eyes: [left, right].map(Arc::clone),
            result: Arc::clone(result),
            variants: Mutex::default(),
            draws: gpu.can_draw(),
        }
    }

    fn variant(&self, constants: [u32; 4]) -> Result<Arc<Bindings>, GpuError> {
        let mut variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bindings) = variants.get(&constants) {
            return Ok(Arc::clone(bindings));
        }
        let kernel = Kernel::new(&self.gpu, &COMPOSE, &constants)?;
        let [left, right] = &self.eyes;
        let bindings = Bindings::new(&kernel, &[left.into(), right.into(), (&self.result).into()])?;
        Ok(Arc::clone(variants.entry(constants).or_insert(bindings)))
    }

    /// Makes what `composition` needs, so that recording it makes nothing.
    pub fn prepare(&self, composition: &Composition) -> Result<(), GpuError> {
        match self.parts(composition) {
            Some(_) => Ok(()),
            None => self.bindings(composition).map(drop),
        }
    }

    fn bindings(&self, composition: &Composition) -> Result<Arc<Bindings>, GpuError> {
        self.variant(self.constants(composition))
    }

    /// The eyes' pictures, left and right.
    pub(super) fn eyes(&self) -> &[Arc<Image>; 2] {
        &self.eyes
    }

    /// What is composed.
    pub(super) fn result(&self) -> &Arc<Image> {
        &self.result
    }

    /// The kernel's constants for `composition`.
    pub(super) fn constants(&self, composition: &Composition) -> [u32; 4] {
        let (arrangement, _) = composition.arrangement.number(composition.swap_eyes);
        let (area, eye) = (area(arrangement, composition.fitted), self.eyes[0].size());
        let exact = u32::from(area == eye);
        let most = taps(eye, area);
        let filter = match (arrangement, most) {
            _ if exact == 1 => [0, 0],
            (_, [..=GROWN, ..=GROWN]) => [GROWN; 2],
            (5, most) => {
                let least = most.map(|most| SHRUNK.into_iter().find(|taps| most <= *taps));
                if let [Some(across), Some(down)] = least { [across, down] } else { [0, 0] }
            }
            _ => [0, 0],
        };
        [arrangement.unsigned_abs(), exact, filter[0], filter[1]]
    }

    /// All constants that there are.
    pub(super) fn all_constants() -> impl Iterator<Item = [u32; 4]> {
        let usual = |arrangement| [[0, 0], [1, 0], [0, GROWN]].map(|[exact, taps]| [arrangement, exact, taps, taps]);
        let both = SHRUNK.into_iter().flat_map(|across| SHRUNK.map(|down| [5, 0, across, down]));
        (0..ARRANGEMENTS).flat_map(usual).chain(both)
    }

    /// Makes the kernels of all arrangements, which others then share for as long as this is kept.
    pub fn make_all(&self) -> Result<(), GpuError> {
        Self::all_constants().try_for_each(|constants| self.variant(constants).map(drop))
    }

    /// Where the result is nothing but whole eyes in rectangles: these, if they need no more than copying or making larger.
    fn parts(&self, composition: &Composition) -> Option<Vec<Part>> {
        let (arrangement, swapped) = composition.arrangement.number(composition.swap_eyes);
        let fitted = composition.fitted.map(|side| side.max(1));
        let size = area(arrangement, fitted);
        let (swapped, at) = (usize::from(swapped), composition.at);
        let part = |number: usize, at| Part { eye: number ^ swapped, at, size };
        let parts = match arrangement {
            0 if 2 * size[0] == fitted[0] => vec![part(0, at), part(1, [at[0] + size[0] as i32, at[1]])],
            1 if 2 * size[1] == fitted[1] => vec![part(0, at), part(1, [at[0], at[1] + size[1] as i32])],
            5 => vec![part(0, at)],
            _ => return None,
        };
        let (eye, result) = (self.eyes[0].size(), self.result.size());
        let fits = size == eye || (self.draws && size[0] >= eye[0] && size[1] >= eye[1]);
        let inside = (0..2).all(|axis| at[axis] >= 0 && at[axis] as u32 + fitted[axis] <= result[axis]);
        (fits && inside).then_some(parts)
    }

    /// Records the composition. An arrangement that was not seen before may make its kernel.
    pub fn record(&self, recorder: &mut Recorder<'_>, composition: &Composition) -> Result<(), GpuError> {
        let (fitted, size) = (composition.fitted.map(|side| side.max(1)), self.result.size());
        if let Some(parts) = self.parts(composition) {
            if fitted != size {
                recorder.make_black(&self.result)?;
            }
            for Part { eye, at, size } in parts {
                let (eye, at) = (&self.eyes[eye], at.map(|v| v.max(0) as u32));
                match size == eye.size() {
                    true => recorder.copy_image_to_part(eye, &self.result, at)?,
                    false => recorder.scale_image_to_part(eye, &self.result, at, size)?,
                }
            }
            return Ok(());
        }
        let (_, swapped) = composition.arrangement.number(composition.swap_eyes);
        let bindings = self.bindings(composition)?;
        let push = Push {
            size,
            at: composition.at,
            fitted,
            eye: self.eyes[0].size(),
            parity: composition.origin.map(|v| v & 1),
            swapped: i32::from(swapped),
            mixing: composition.arrangement.mixing(),
        };
        let groups = [size[0].div_ceil(32), size[1].div_ceil(4), 1];
        recorder.dispatch(&bindings, bytemuck::bytes_of(&push), groups)
    }
}

/// Width and height of each eye in a picture of the size `fitted`.
pub(super) fn area(arrangement: i32, fitted: [u32; 2]) -> [u32; 2] {
    let fitted = fitted.map(|side| side.max(1));
    match arrangement {
        0 => [(fitted[0] / 2).max(1), fitted[1]],
        1 => [fitted[0], (fitted[1] / 2).max(1)],
        _ => fitted,
    }
}

/// The kernels in plain Rust (`shaders/compose.comp`, `shaders/overlay.comp`): RGBA of `size` from two RGBA pictures of size `eye`, with `patches` over
/// the eyes.
pub fn reference(
    eyes: [&[u8]; 2],
    eye: [u32; 2],
    size: [u32; 2],
    composition: &Composition,
    patches: &[Patch],
) -> Vec<u8> {
    let (arrangement, swapped) = composition.arrangement.number(composition.swap_eyes);
    let read = |which: usize, place: [i32; 2], area: [u32; 2]| {
        let source = which ^ usize::from(swapped);
        let step = [0, 1].map(|axis| eye[axis] as f32 / area[axis] as f32);
        let from = [0, 1].map(|axis| (place[axis] as f32 + 0.5) * step[axis] - 0.5);
        let mut colour = read_triangle(eyes[source], eye, from, step);
        for patch in patches {
            let inside = [0, 1].map(|axis| u32::try_from(place[axis] - patch.at[axis]).unwrap_or(u32::MAX));
            if inside[0] < patch.size[0] && inside[1] < patch.size[1] {
                let over = &patch.texels[source][((inside[1] * patch.size[0] + inside[0]) * 4) as usize..][..4];
                let part = |at: usize| f32::from(over[at]) / 255.0;
                colour = [0, 1, 2].map(|at| colour[at] * (1.0 - part(3)) + part(at));
            }
        }
        colour
    };
    let mut result = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for y in 0..size[1] as i32 {
        for x in 0..size[0] as i32 {
            let mut place = [x - composition.at[0], y - composition.at[1]];
            let inside = |axis: usize| (0..composition.fitted[axis] as i32).contains(&place[axis]);
            let screen = [x, y].map(|v| v as usize);
            let screen = [0, 1].map(|axis| (screen[axis] + (composition.origin[axis] & 1) as usize) & 1);
            let mut area = composition.fitted;
            let colour = match (inside(0) && inside(1), composition.arrangement, arrangement) {
                (false, ..) => [0.0; 3],
                (true, Arrangement::Anaglyph(mixing), _) => {
                    let (l, r) = (read(0, place, area), read(1, place, area));
                    mixing
                        .map(|row| row.iter().zip(l.iter().chain(&r)).map(|(m, v)| m * v).sum::<f32>().clamp(0.0, 1.0))
                }
                (true, _, axis @ (0 | 1)) => {
                    let axis = axis as usize;
                    area[axis] = (area[axis] / 2).max(1);
                    let which = (place[axis] / area[axis] as i32).min(1);
                    place[axis] -= which * area[axis] as i32;
                    read(which as usize, place, area)
                }
                (true, _, 2) => read(screen[1], place, area),
                (true, _, 3) => read(screen[0], place, area),
                (true, _, 4) => read(screen[0] ^ screen[1], place, area),
                _ => read(0, place, area),
            };
            result.extend(colour.map(|v| (v.min(1.0) * 255.0).round_ties_even() as u8));
            result.push(255);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fit_their_window() {
        assert_eq!(fit(16.0 / 9.0, [1920, 1080]), ([0, 0], [1920, 1080]));
        assert_eq!(fit(16.0 / 9.0, [1000, 1000]), ([0, 219], [1000, 562]));
        assert_eq!(fit(1.0, [1001, 501]), ([250, 0], [500, 500]));
        assert_eq!(fit(f64::NAN, [1, 1]).1, [2, 2]);
        assert_eq!(fit(1e9, [100, 100]).1, [100, 2]);
    }
}
