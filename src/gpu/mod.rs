//! Vulkan, wrapped so that the layers above need no `unsafe`.
//!
//! [`Gpu::new`] asks a [`DeviceHost`] for instance and device, and owns the memory and two queues ([`QueueKind`]) with a timeline each. Buffers, images,
//! kernels and bindings are made at start and shared as `Arc`s; [`Commands`] are recorded through a [`Recorder`] that puts barriers where there is a
//! hazard, and [`Gpu::submit`] gives the [`Point`] on their queue's timeline at which their work is done. What one queue has made for the other is waited for
//! by the submission that uses it ([`Gpu::submit_after`]). Whatever is dropped is freed when the timelines have passed the last submissions that may use it.
//! Everything here may be called from any thread.

mod barrier;
mod cache;
mod debug;
mod device;
mod error;
mod facts;
mod garbage;
mod handover;
mod host;
mod lock;
mod matrix;
mod memory;
mod pictures;
mod pipeline;
mod prompt;
mod queue;
mod recorder;
mod start;
mod submit;
pub mod testing;
mod watch;

pub use cache::CacheFacts;
pub use debug::Validation;
pub use device::Gpu;
pub use error::GpuError;
pub use facts::{Facts, list};
pub use host::{DeviceHost, GpuOptions, Headless};
pub use matrix::CooperativeMatrices;
pub use memory::{Buffer, BufferKind, Image, ImageOptions, TexelView};
pub use pipeline::{Bind, Bindings, Kernel, KernelSource, Resource};
pub use prompt::Prompt;
pub use queue::{Point, QueueKind};
pub use recorder::Recorder;
pub use submit::{Commands, Lease, Semaphores};
