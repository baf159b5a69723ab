//! A watched GPU for tests: the validation layer is on, and any message fails the test.

use std::ops::Deref;

pub use super::cache::{read_pipelines, write_pipelines};
pub use super::watch::Watch;
use super::{Gpu, GpuError, GpuOptions, Headless, Validation};

/// A GPU whose validation messages are looked at when it is dropped. There is one at a time in a process: see [`Watch`].
pub struct WatchedGpu(Gpu);

impl WatchedGpu {
    /// Starts a headless one. Without a driver or the layer this is an error that names the cure, and the test is to fail by it.
    pub fn new() -> Result<Self, GpuError> {
        Self::with(GpuOptions::default())
    }

    /// As [`WatchedGpu::new`], with other options; watched whatever they say.
    pub fn with(options: GpuOptions) -> Result<Self, GpuError> {
        Gpu::new(&Headless, &GpuOptions { validation: Validation::On, ..options }).map(Self)
    }
}

impl Deref for WatchedGpu {
    type Target = Gpu;
    fn deref(&self) -> &Gpu {
        &self.0
    }
}

impl Drop for WatchedGpu {
    fn drop(&mut self) {
        let messages = self.0.validation_messages();
        assert!(
            std::thread::panicking() || messages.is_empty(),
            "the validation layer objects:\n{}",
            messages.join("\n")
        );
    }
}
