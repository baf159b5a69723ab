//! Decoded planes into memory that the GPU reads. Used from the film thread.
//!
//! There are as many slots as frames may be on their way at once; a slot may be filled again when the submission that read it is done.
//! Where memory is shared (integrated GPUs, software drivers) the colour kernel reads the mapped memory itself; elsewhere
//! [`Upload::record`] first copies it across, once.

use std::sync::Arc;

use ash::vk;

use super::StageError;
use crate::frame::{Picture, PixelFormat, Shape};
use crate::gpu::{Buffer, BufferKind, Gpu, GpuError, Recorder, TexelView};

/// Where one plane lies in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct PlaneLayout {
    offset: usize,
    row_bytes: usize,
    pitch: usize,
    rows: usize,
}

/// Offsets of texel views are multiples of this on every GPU.
const ALIGNMENT: usize = 256;

/// The way of decoded planes to the GPU.
pub struct Upload {
    shape: Shape,
    layouts: Vec<PlaneLayout>,
    bytes: u64,
    slots: Vec<Arc<Buffer>>,
    /// The GPU's own copy, where its memory is not the CPU's.
    copy: Option<Arc<Buffer>>,
    views: Vec<[Arc<TexelView>; 3]>,
}

impl Upload {
    /// Buffers for pictures of `shape`, `slots` of them (at least one).
    pub fn new(gpu: &Gpu, shape: &Shape, slots: usize) -> Result<Self, StageError> {
        let PixelFormat { depth, .. } = shape.format;
        if !(8..=16).contains(&depth) || shape.format.shift > 16 - depth {
            return Err(StageError::Depth(depth));
        }
        let limit = gpu.facts().max_image_side;
        let [width, height] = shape.size;
        if width == 0 || height == 0 || width > limit || height > limit {
            return Err(StageError::Size { width, height, limit });
        }
        let (layouts, bytes) = layouts(shape);
        let most = gpu.facts().max_texel_elements as usize;
        if layouts.iter().any(|layout| layout.pitch * layout.rows / shape.format.sample_bytes() > most) {
            return Err(StageError::Samples { width, height, most });
        }
        let bytes = bytes as u64;
        let slots = (0..slots.max(1))
            .map(|_| Buffer::new(gpu, "decoded planes", bytes, BufferKind::Upload))
            .collect::<Result<Vec<_>, _>>()?;
        let copy = match gpu.facts().unified_memory() {
            true => None,
            false => Some(Buffer::new(gpu, "planes", bytes, BufferKind::Device)?),
        };
        let samples = if shape.format.sample_bytes() == 2 { vk::Format::R16_UINT } else { vk::Format::R8_UINT };
        let views = slots
            .iter()
            .map(|slot| plane_views(copy.as_ref().unwrap_or(slot), samples, &layouts))
            .collect::<Result<_, GpuError>>()?;
        Ok(Self { shape: *shape, layouts, bytes, slots, copy, views })
    }

    /// What it was made for.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Copies the planes of `picture` into slot `slot` (counted round). The GPU must be done with the slot's last picture.
    pub fn put(&self, slot: usize, picture: &Picture) -> Result<(), StageError> {
        if picture.shape != self.shape {
            return Err(StageError::Changed);
        }
        for (index, layout) in self.layouts.iter().enumerate() {
            let (bytes, stride) = picture.planes.plane(index);
            let need = (layout.rows - 1).saturating_mul(stride).saturating_add(layout.row_bytes);
            if bytes.len() < need || (stride < layout.row_bytes && layout.rows > 1) {
                return Err(StageError::ShortPlane { plane: index, have: bytes.len(), need });
            }
        }
        self.slots[slot % self.slots.len()].with_mut(|memory| {
            for (index, layout) in self.layouts.iter().enumerate() {
                let (bytes, stride) = picture.planes.plane(index);
                let memory = &mut memory[layout.offset..];
                if stride == layout.pitch {
                    let length = (layout.rows - 1) * stride + layout.row_bytes;
                    memory[..length].copy_from_slice(&bytes[..length]);
                    continue;
                }
                for (to, from) in memory.chunks_mut(layout.pitch).zip(bytes.chunks(stride)).take(layout.rows) {
                    to[..layout.row_bytes].copy_from_slice(&from[..layout.row_bytes]);
                }
            }
        })?;
        Ok(())
    }

    /// Records what brings slot `slot` to where the colour kernel reads it.
    pub fn record(&self, recorder: &mut Recorder<'_>, slot: usize) -> Result<(), GpuError> {
        match &self.copy {
            Some(copy) => recorder.copy_buffer(&self.slots[slot % self.slots.len()], 0, copy, 0, self.bytes),
            None => Ok(()),
        }
    }

    /// The planes of a slot as texels; missing planes repeat the first.
    pub(super) fn views(&self, slot: usize) -> &[Arc<TexelView>; 3] {
        &self.views[slot % self.views.len()]
    }

    /// The planes of a slot as texels of four bytes each; rows begin at one.
    pub(super) fn words(&self, slot: usize) -> Result<[Arc<TexelView>; 3], GpuError> {
        let slot = &self.slots[slot % self.slots.len()];
        let buffer = self.copy.as_ref().unwrap_or(slot);
        plane_views(buffer, vk::Format::R32_UINT, &self.layouts)
    }

    /// Samples from one row to the next, of each plane.
    pub(super) fn pitches(&self) -> [i32; 3] {
        let samples = self.shape.format.sample_bytes();
        [0, 1, 2].map(|plane| self.layouts.get(plane).map_or(0, |layout| (layout.pitch / samples) as i32))
    }
}

fn layouts(shape: &Shape) -> (Vec<PlaneLayout>, usize) {
    let mut offset = 0;
    let layouts = (0..shape.format.planes())
        .map(|index| {
            let [width, rows] = shape.format.plane_size(index, shape.size).map(|side| side as usize);
            let row_bytes = width * shape.format.sample_bytes();
            let layout = PlaneLayout { offset, row_bytes, pitch: row_bytes.next_multiple_of(16), rows };
            offset = (offset + layout.pitch * rows).next_multiple_of(ALIGNMENT);
            layout
        })
        .collect();
    (layouts, offset)
}

fn plane_views(
    buffer: &Arc<Buffer>,
    format: vk::Format,
    layouts: &[PlaneLayout],
) -> Result<[Arc<TexelView>; 3], GpuError> {
    let view = |layout: &PlaneLayout| {
        TexelView::part(buffer, format, layout.offset as u64, (layout.pitch * layout.rows) as u64)
    };
    let first = view(&layouts[0])?;
    let other = |index: usize| layouts.get(index).map_or_else(|| Ok(Arc::clone(&first)), view);
    Ok([Arc::clone(&first), other(1)?, other(2)?])
}
