//! What happens while playing: for `--dump-stats`, the overlay, and whoever measures. docs/statistics.md has the keys.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::quality::Level;
use crate::time::Time;

/// One thing that happened. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Playing of a film begins.
    Film {
        /// Since playing began.
        wall: f64,
        /// The same moment in seconds since 1970, to line it up with what others have recorded.
        unix: f64,
        /// What it is called.
        name: String,
    },
    /// A picture was shown for the first time.
    Picture(PictureShown),
    /// Pictures were left out for being late.
    Dropped {
        /// Since playing began.
        wall: f64,
        /// How many.
        count: u64,
    },
    /// The network has finished a pass.
    Pass {
        /// Since playing began.
        wall: f64,
        /// Film time of the frame it looked at.
        pts: f64,
        /// GPU time, where the GPU tells.
        took: Option<f64>,
    },
    /// So much of the film is at hand; every second.
    Cache {
        /// Since playing began.
        wall: f64,
        /// How long what waits to be decoded lasts.
        ahead: f64,
        /// Bytes of it.
        bytes_ahead: u64,
        /// Bytes of what was decoded and is kept.
        bytes_behind: u64,
        /// Film time from which on pictures are at hand, and up to which.
        range: Option<[f64; 2]>,
        /// How far a live stream is behind the newest that there is of it.
        live_delay: Option<f64>,
    },
    /// The work for each picture has changed.
    Quality {
        /// Since playing began.
        wall: f64,
        /// Which step; 0 is the best.
        level: usize,
        /// What it means.
        #[serde(flatten)]
        settings: Level,
    },
}

/// A picture as it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PictureShown {
    /// Since playing began.
    pub wall: f64,
    /// Film time.
    pub pts: f64,
    /// How long after its time it was shown, less than 0 where it was before; `null` while film time stood.
    pub late: Option<f64>,
    /// From the beginning of its decoding until it was shown.
    pub latency: f64,
    /// Film time of the newest frame that its depth was made from; `null`: it is flat.
    pub depth_pts: Option<f64>,
    /// How old that is: `pts` less `depth_pts`; negative where it was pulled back.
    pub depth_age: Option<f64>,
    /// Film time of the first frame of its shot.
    pub shot: f64,
    /// How many seeks came before it.
    pub epoch: u32,
    /// Width and height of the eyes, in pixels.
    pub eyes: Option<[u32; 2]>,
}

/// Over how much time the overlay's rates are.
const RECENT: Duration = Duration::from_secs(2);

/// What is seen in the overlay.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Pictures a second.
    pub pictures: f64,
    /// Pictures left out a second.
    pub dropped: f64,
    /// Pictures left out since playing began.
    pub all_dropped: u64,
    /// Passes of the network a second.
    pub passes: f64,
    /// GPU time of the last pass, in seconds.
    pub pass: Option<f64>,
    /// GPU time for showing the last picture, in seconds.
    pub painting: Option<f64>,
    /// The picture shown last.
    pub picture: Option<PictureShown>,
    /// How long what waits to be decoded lasts, in seconds, its bytes, and those of what is kept.
    pub cache: Option<(f64, u64, u64)>,
    /// How far a live stream is behind the newest that there is of it, in seconds.
    pub live_delay: Option<f64>,
    /// The step of the quality.
    pub level: Option<(usize, Level)>,
}

impl Summary {
    /// In words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let milliseconds =
            |seconds: Option<f64>| seconds.map_or("–".to_owned(), |seconds| format!("{:.0} ms", seconds * 1e3));
        let mut lines = vec![
            format!("pictures  {:.1}/s, {:.1}/s dropped ({} in all)", self.pictures, self.dropped, self.all_dropped),
            format!("network  {:.1} passes/s of {}", self.passes, milliseconds(self.pass)),
            format!("painting  {}", milliseconds(self.painting)),
        ];
        if let Some(picture) = &self.picture {
            let age = picture.depth_age.map_or_else(|| "none: flat".to_owned(), |age| format!("{:+.0} ms", age * 1e3));
            lines.push(format!("age of depth  {age}"));
            lines.push(format!("late  {}", milliseconds(picture.late)));
            lines.push(format!("decoding to display  {}", milliseconds(Some(picture.latency))));
            if let Some([width, height]) = picture.eyes {
                lines.push(format!("eyes  {width} × {height}"));
            }
        }
        if let Some((ahead, bytes_ahead, bytes_behind)) = self.cache {
            let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
            lines.push(format!(
                "cache  {ahead:.1} s ahead ({:.1} MiB), {:.1} MiB behind",
                mib(bytes_ahead),
                mib(bytes_behind)
            ));
        }
        if let Some(delay) = self.live_delay {
            lines.push(format!("live  {delay:.1} s behind the newest"));
        }
        if let Some((level, Level { network_interval, eyes, mattes })) = self.level {
            let passes = if network_interval > 0.0 {
                format!("{:.0} passes/s at most", 1.0 / network_interval)
            } else {
                "passes as they come".to_owned()
            };
            let silhouettes = if mattes { "" } else { ", no mattes" };
            let eyes = f64::from(eyes) * 100.0;
            lines.push(format!("quality  step {level}: {passes}, eyes at {eyes:.0} %{silhouettes}"));
        }
        lines
    }
}

/// Takes events.
pub struct Statistics {
    began: Instant,
    to: Option<Box<dyn Write + Send>>,
    /// When what happened, lately.
    recent: VecDeque<(f64, Kind, u64)>,
    summary: Summary,
    /// What went wrong with writing, once.
    failure: Option<io::Error>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Picture,
    Dropped,
    Pass,
}

impl Statistics {
    /// Playing begins now. Events go to `to` as well, one line of JSON each.
    pub fn new(to: Option<Box<dyn Write + Send>>) -> Self {
        Self { began: Instant::now(), to, recent: VecDeque::new(), summary: Summary::default(), failure: None }
    }

    /// Seconds since playing began.
    pub fn wall(&self, at: Instant) -> f64 {
        at.saturating_duration_since(self.began).as_secs_f64()
    }

    /// Takes an event.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::Film { .. } => {}
            Event::Picture(picture) => {
                self.summary.picture = Some(*picture);
                self.recent.push_back((picture.wall, Kind::Picture, 1));
            }
            Event::Dropped { wall, count } => {
                self.summary.all_dropped += count;
                self.recent.push_back((*wall, Kind::Dropped, *count));
            }
            Event::Pass { wall, took, .. } => {
                self.summary.pass = *took;
                self.recent.push_back((*wall, Kind::Pass, 1));
            }
            Event::Cache { ahead, bytes_ahead, bytes_behind, live_delay, .. } => {
                self.summary.cache = Some((*ahead, *bytes_ahead, *bytes_behind));
                self.summary.live_delay = *live_delay;
            }
            Event::Quality { level, settings, .. } => self.summary.level = Some((*level, *settings)),
        }
        if let Some(to) = &mut self.to
            && let Err(error) = write_line(to, event)
        {
            (self.to, self.failure) = (None, Some(error));
        }
    }

    /// GPU time for showing a picture.
    pub fn note_painting(&mut self, took: Duration) {
        self.summary.painting = Some(took.as_secs_f64());
    }

    /// What there is to be seen at the moment `now`.
    pub fn summary(&mut self, now: Instant) -> &Summary {
        let (now, span) = (self.wall(now), RECENT.as_secs_f64());
        while self.recent.front().is_some_and(|(wall, ..)| *wall < now - span) {
            self.recent.pop_front();
        }
        let over = span.min(now).max(0.1);
        let rate = |wanted| {
            self.recent.iter().filter(|(_, kind, _)| *kind == wanted).map(|(.., count)| *count).sum::<u64>() as f64
                / over
        };
        let (pictures, dropped, passes) = (rate(Kind::Picture), rate(Kind::Dropped), rate(Kind::Pass));
        (self.summary.pictures, self.summary.dropped, self.summary.passes) = (pictures, dropped, passes);
        &self.summary
    }

    /// What went wrong with writing, the first time it is asked for.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}

/// One line. Each is there at once: a player that is killed leaves all but the last.
fn write_line(to: &mut dyn Write, event: &Event) -> io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}

/// The age of depth made from the frame at `of`, for a picture at `pts`, in seconds.
pub fn age(pts: Time, of: Time) -> f64 {
    (pts - of).seconds()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Lines(Sender<Vec<u8>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map(|()| bytes.len()).map_err(io::Error::other)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn picture(wall: f64) -> Event {
        Event::Picture(PictureShown {
            wall,
            pts: wall,
            late: Some(0.001),
            latency: 0.2,
            depth_pts: Some(wall - 0.04),
            depth_age: Some(0.04),
            shot: 0.0,
            epoch: 0,
            eyes: Some([640, 360]),
        })
    }

    #[test]
    fn events_are_lines_and_rates() {
        let (lines, read) = channel();
        let mut statistics = Statistics::new(Some(Box::new(Lines(lines))));
        (0..40).for_each(|at| statistics.note(&picture(f64::from(at) * 0.1)));
        statistics.note(&Event::Pass { wall: 3.9, pts: 3.8, took: Some(0.05) });
        statistics.note(&Event::Dropped { wall: 3.95, count: 4 });
        let now = statistics.began + Duration::from_secs(4);
        let summary = statistics.summary(now).clone();
        assert!(
            (summary.pictures - 10.0).abs() < 0.6 && summary.passes == 0.5 && summary.dropped == 2.0,
            "{summary:?}"
        );
        let (bytes_ahead, bytes_behind) = (3 << 19, 5 << 20);
        let (range, live_delay) = (Some([1.0, 9.0]), Some(6.25));
        statistics.note(&Event::Cache { wall: 4.0, ahead: 12.34, bytes_ahead, bytes_behind, range, live_delay });
        let lines = statistics.summary(now).lines();
        assert!(lines.contains(&"cache  12.3 s ahead (1.5 MiB), 5.0 MiB behind".to_owned()), "{lines:?}");
        assert!(lines.contains(&"live  6.2 s behind the newest".to_owned()), "{lines:?}");
        let line: serde_json::Value = serde_json::from_slice(&read.recv().unwrap()).unwrap();
        assert_eq!((line["event"].as_str(), line["depth_age"].as_f64()), (Some("picture"), Some(0.04)));
        assert_eq!(line["eyes"][0], 640);
    }

    #[test]
    fn what_cannot_be_written_is_told_once_and_does_no_harm() {
        let (lines, read) = channel();
        drop(read);
        let mut statistics = Statistics::new(Some(Box::new(Lines(lines))));
        (0..3).for_each(|at| statistics.note(&picture(f64::from(at))));
        assert!(statistics.take_failure().is_some() && statistics.take_failure().is_none());
    }
}
