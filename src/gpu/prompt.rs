//! Threads that must not wait: the one that shows pictures and takes the viewer's keys.
//!
//! A [`Prompt`] says so for as long as it lives. Whatever waits there all the same (for the GPU, for a thread, for a kernel to be compiled) is an objection,
//! kept beside the validation layer's messages, and fails the same tests.

use std::cell::Cell;
use std::marker::PhantomData;
use std::time::Instant;

thread_local! {
    static PROMPT: Cell<bool> = const { Cell::new(false) };
}

/// While this lives its thread must not wait.
#[must_use = "it counts as long as it lives"]
pub struct Prompt {
    before: bool,
    begun: Instant,
    /// It belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl Prompt {
    /// From now on.
    pub fn begin() -> Self {
        Self { before: PROMPT.replace(true), begun: Instant::now(), thread: PhantomData }
    }

    /// Whether this thread must not wait.
    pub(super) fn is_wanted() -> bool {
        PROMPT.get()
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        PROMPT.set(self.before);
        // For those who measure: what the viewer does meanwhile waits for so long.
        tracing::trace!(target: "deep3d::prompt", "busy for {} µs", self.begun.elapsed().as_micros());
    }
}
