//! How far a conversion has come, on the terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::media::Info;
use crate::time::Time;

/// A bar where the length is known, else a spinner; nothing for a still. Used by one thread.
pub(super) struct Progress {
    bar: ProgressBar,
    start: Time,
    /// Pictures in a second as a fraction.
    rate: Option<(u32, u32)>,
}

impl Progress {
    /// For the film of `info` from `start` to `end` in film time.
    pub(super) fn new(info: &Info, start: Time, end: Option<Time>) -> Self {
        Self { bar: bar(info, start, end), start, rate: info.frame_rate }
    }

    /// It has come to film time `done`.
    pub(super) fn tell(&self, done: Time) {
        let done = done - self.start;
        self.bar.set_position(milliseconds(done));
        self.bar.set_message(self.speed(done));
    }

    /// A line above the bar.
    pub(super) fn warn(&self, line: &str) {
        self.bar.suspend(|| tracing::warn!("{line}"));
    }

    /// It goes from the terminal.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Frames a second so far, or times the film's pace where its rate is not known.
    fn speed(&self, done: Time) -> String {
        let elapsed = self.bar.elapsed().as_secs_f64().max(1e-3);
        match self.rate {
            Some((frames, seconds)) => {
                format!("{:.2} fps", done.seconds() * f64::from(frames) / f64::from(seconds.max(1)) / elapsed)
            }
            None => format!("{:.2}×", done.seconds() / elapsed),
        }
    }
}

fn bar(info: &Info, start: Time, end: Option<Time>) -> ProgressBar {
    if info.is_still {
        return ProgressBar::hidden();
    }
    let end = match (end, info.duration) {
        (Some(end), Some(duration)) => Some(end.min(duration)),
        (end, duration) => end.or(duration),
    };
    let (bar, template) = match end {
        Some(end) => (ProgressBar::new(milliseconds(end - start)), "{wide_bar} {percent}% {msg}, {eta_precise} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {elapsed_precise} {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn milliseconds(time: Time) -> u64 {
    u64::try_from(time.nanoseconds() / 1_000_000).unwrap_or(0)
}
