//! One thing that is measured again and again, and when.

use std::time::Duration;

use crate::trace::Samples;

/// Samples in the order in which they were taken.
#[derive(Debug, Clone, Default)]
pub struct Series {
    samples: Samples,
    times: Vec<f64>,
}

impl Series {
    /// Adds one: it took `span`, and was there `at` after measuring began.
    pub fn push(&mut self, at: Duration, span: Duration) {
        self.samples.push(span.as_secs_f64());
        self.times.push(at.as_secs_f64());
    }

    /// How long each took, in seconds.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// When each was there, in seconds since measuring began: as many as there are samples.
    pub fn times(&self) -> &[f64] {
        &self.times
    }
}
