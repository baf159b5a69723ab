//! From a decoded picture to two eyes, on the GPU, at film rate.
//!
//! ```text
//! frame::Picture ─ Upload ─► planes ─ Colour ─► picture ─ NetworkInput ─► (network) ─► raw disparity ─ Steady ─► disparity
//!                    │                            └──────────── Stereo ◄──────────────────────────────────┘ ─► left, right ─► sink::compose
//!                    │      small picture ─ Flow ─► motion ─► Steady
//!                    └ Glance ┬ Bars ─► what of the picture is seen
//!                             ├ Text ─► plates ─► Stereo
//!                             └ Fingerprint ─ Cuts ─► Steady, Comfort (percentiles → Mapping) ─► Stereo
//! ```
//!
//! Each stage makes its kernels, buffers and bindings in `new` and records its dispatches with `record`; nothing is created per frame.
//! All of it is used from the film thread, or from whichever thread records a scene's first showing; nothing here waits.
//! Every kernel has a plain CPU twin in a `reference` module beside it, which says the same in Rust and is what the tests compare with.

/// A kernel of `spirv/` by its name, with what is bound and what is pushed.
macro_rules! kernel {
    ($name:literal, $bindings:expr, $push:ty) => {
        KernelSource {
            name: $name,
            spirv: include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/spirv/", $name, ".spv")),
            bindings: $bindings,
            push_bytes: size_of::<$push>() as u32,
        }
    };
}

pub mod bars;
pub mod colour;
pub mod comfort;
pub mod cut;
mod error;
pub mod flow;
pub mod glance;
pub mod input;
pub mod placement;
pub mod plates;
pub mod steady;
pub mod stereo;
pub mod text;
pub mod traffic;
pub mod upload;

pub use error::StageError;
