//! Subtitles over both eyes as they are laid out, on the GPU: the same pixels in each eye at its own place, whatever the layout. Used by whichever thread
//! feeds the sink.

use std::collections::HashMap;
use std::sync::Arc;

use super::compose::{Compose, Composition, area};
use crate::gpu::{Bind, Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, KernelSource, Recorder};
use crate::overlay::Overlay;

const OVERLAY: KernelSource = KernelSource {
    name: "overlay",
    spirv: include_bytes!("../../spirv/overlay.spv"),
    bindings: &[Bind::SampledNearest, Bind::SampledNearest, Bind::ImageWrite, Bind::StorageRead],
    push_bytes: size_of::<Push>() as u32,
};

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Push {
    at: [i32; 2],
    fitted: [u32; 2],
    eye: [u32; 2],
    parity: [i32; 2],
    from: [i32; 2],
    extent: [u32; 2],
    swapped: i32,
    offset: u32,
    mixing: [[f32; 6]; 3],
}

/// Compositions remembered at once: those of a window's images.
const MOST: usize = 12;
/// Room for texels is made in steps of so many bytes, so that it need not be made for each line.
const ROOM: u64 = 1 << 18;

/// A patch on the GPU.
struct Place {
    at: [i32; 2],
    size: [u32; 2],
    offset: u32,
}

/// Where a composition is made and of what, and its kernel's constants.
type Key = ([usize; 3], [u32; 4]);

/// What is laid over the eyes of one sink.
pub struct Overlays {
    gpu: Gpu,
    texels: Option<Arc<Buffer>>,
    shown: Option<(Arc<Overlay>, Vec<[i32; 2]>)>,
    places: Vec<Place>,
    bindings: HashMap<Key, (Compose, Arc<Bindings>)>,
}

impl Overlays {
    /// Nothing yet.
    pub fn new(gpu: &Gpu) -> Self {
        let (texels, shown, places) = (None, None, Vec::new());
        Self { gpu: gpu.clone(), texels, shown, places, bindings: HashMap::new() }
    }

    /// Makes the kernels for all compositions of `compose`, which others then share for as long as they are kept.
    ///
    /// # Errors
    /// The GPU's.
    pub fn make_all(&self) -> Result<Vec<Arc<Kernel>>, GpuError> {
        Compose::all_constants().map(|constants| Kernel::new(&self.gpu, &OVERLAY, &constants)).collect()
    }

    /// Records that from now on `overlay` is laid over, for the left and the right eye moved as [`Overlay::patches`] takes it. What is there already is
    /// not written again.
    ///
    /// # Errors
    /// The GPU's.
    pub fn set(
        &mut self,
        recorder: &mut Recorder<'_>,
        overlay: &Arc<Overlay>,
        moved: &[[i32; 2]],
    ) -> Result<(), GpuError> {
        if self.shown.as_ref().is_some_and(|(shown, places)| Arc::ptr_eq(shown, overlay) && places == moved) {
            return Ok(());
        }
        let patches = overlay.patches(moved);
        self.places.clear();
        let mut bytes = Vec::new();
        for patch in patches {
            let offset = u32::try_from(bytes.len() / 4).unwrap_or(u32::MAX);
            patch.texels.iter().for_each(|texels| bytes.extend_from_slice(texels));
            self.places.push(Place { at: patch.at, size: patch.size, offset });
        }
        if !bytes.is_empty() {
            let size = bytes.len() as u64;
            let texels = match self.texels.take().filter(|texels| texels.bytes() >= size) {
                Some(texels) => texels,
                None => {
                    self.bindings.clear();
                    let room = size.next_multiple_of(ROOM);
                    Buffer::new(&self.gpu, "texels of an overlay", room, BufferKind::Device)?
                }
            };
            let staging = Buffer::new(&self.gpu, "texels of an overlay, on their way", size, BufferKind::Upload)?;
            staging.write(0, &bytes)?;
            recorder.copy_buffer(&staging, 0, &texels, 0, size)?;
            self.texels = Some(texels);
        }
        self.shown = Some((Arc::clone(overlay), moved.to_vec()));
        Ok(())
    }

    /// Records the laying of it over what `compose` has made as `composition`.
    ///
    /// # Errors
    /// The GPU's.
    pub fn record(
        &mut self,
        recorder: &mut Recorder<'_>,
        compose: &Compose,
        composition: &Composition,
    ) -> Result<(), GpuError> {
        let Some(texels) = self.texels.clone().filter(|_| !self.places.is_empty()) else { return Ok(()) };
        let (arrangement, swapped) = composition.arrangement.number(composition.swap_eyes);
        let fitted = composition.fitted.map(|side| side.max(1));
        let seen = area(arrangement, fitted);
        if self.shown.as_ref().is_none_or(|(overlay, _)| overlay.area != seen) {
            return Ok(());
        }
        let bindings = self.bindings(compose, composition, &texels)?;
        for place in &self.places {
            let push = Push {
                at: composition.at,
                fitted,
                eye: compose.eyes()[0].size(),
                parity: composition.origin.map(|v| v & 1),
                swapped: i32::from(swapped),
                mixing: composition.arrangement.mixing(),
                from: place.at,
                extent: place.size,
                offset: place.offset,
            };
            let parts = if arrangement < 2 { 2 } else { 1 };
            let groups = [place.size[0].div_ceil(32), place.size[1].div_ceil(4), parts];
            recorder.dispatch(&bindings, bytemuck::bytes_of(&push), groups)?;
        }
        Ok(())
    }

    fn bindings(
        &mut self,
        compose: &Compose,
        composition: &Composition,
        texels: &Arc<Buffer>,
    ) -> Result<Arc<Bindings>, GpuError> {
        let ([left, right], result) = (compose.eyes(), compose.result());
        let constants = compose.constants(composition);
        let key = ([left, right, result].map(|image| Arc::as_ptr(image) as usize), constants);
        if let Some((_, bindings)) = self.bindings.get(&key) {
            return Ok(Arc::clone(bindings));
        }
        if self.bindings.len() >= MOST {
            self.bindings.clear();
        }
        let kernel = Kernel::new(&self.gpu, &OVERLAY, &constants)?;
        let bindings = Bindings::new(&kernel, &[left.into(), right.into(), result.into(), texels.into()])?;
        // The images are held, so that their addresses stay their own.
        let held = Compose::new(&self.gpu, left, right, result);
        self.bindings.insert(key, (held, Arc::clone(&bindings)));
        Ok(bindings)
    }
}
