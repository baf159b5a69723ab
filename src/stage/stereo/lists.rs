//! Lists on the GPU of what a kernel finds for a later one, which runs over them alone: `shaders/lists.glsl`.
//!
//! So what is costly is done where it is needed: a software driver runs all of a kernel for each pixel, and a GPU for each that has one beside it.

use std::sync::Arc;

use crate::gpu::{Bindings, Buffer, BufferKind, Gpu, GpuError, Recorder};

/// What is listed.
#[derive(Debug, Clone, Copy)]
pub(super) enum List {
    /// Runs of the picture near an edge of the disparity map.
    Edges,
    /// Runs of an eye (0 left, 1 right) that are not on one even surface.
    Rough(usize),
    /// Pixels of an eye that show more than what is in front.
    Mixed(usize),
}

impl List {
    fn number(self) -> u64 {
        match self {
            Self::Edges => 0,
            Self::Rough(eye) => 1 + eye.min(1) as u64,
            Self::Mixed(eye) => 3 + eye.min(1) as u64,
        }
    }
}

/// Bytes of a head: workgroups (x, y, z) and entries.
const HEAD: u64 = 16;
/// How many lists there are.
const COUNT: u64 = 5;

/// The heads of all lists.
pub(super) struct Lists {
    heads: Arc<Buffer>,
    empty: Arc<Buffer>,
}

impl Lists {
    pub(super) fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        let empty = [[0u32, 1, 1, 0]; COUNT as usize];
        Ok(Self {
            heads: Buffer::new(gpu, "heads of lists", HEAD * COUNT, BufferKind::Device)?,
            empty: Buffer::with_content(gpu, "heads of empty lists", bytemuck::cast_slice(&empty))?,
        })
    }

    /// Where kernels find the heads.
    pub(super) fn heads(&self) -> &Arc<Buffer> {
        &self.heads
    }

    /// Records that what is near edges is found anew.
    pub(super) fn forget_edges(&self, recorder: &mut Recorder<'_>) -> Result<(), GpuError> {
        recorder.copy_buffer(&self.empty, 0, &self.heads, 0, HEAD)
    }

    /// Records that what the eyes need is found anew.
    pub(super) fn forget_eyes(&self, recorder: &mut Recorder<'_>) -> Result<(), GpuError> {
        recorder.copy_buffer(&self.empty, HEAD, &self.heads, HEAD, HEAD * (COUNT - 1))
    }

    /// Records a kernel over all entries of `list`.
    pub(super) fn run(
        &self,
        recorder: &mut Recorder<'_>,
        list: List,
        bindings: &Arc<Bindings>,
        push: &[u8],
    ) -> Result<(), GpuError> {
        recorder.dispatch_indirect(bindings, push, &self.heads, list.number() * HEAD)
    }
}
