//! Small pictures out of a film, for its seek bar: a thread of its own with a decoder of its own, which nobody waits for.
//!
//! Of what is asked for only the latest counts. First comes the picture at the next place where decoding can begin, then, unless something else is
//! wanted by then or it takes too long, the very one. What was made is remembered, within bounds. Whatever goes wrong costs the previews
//! and nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::frame::{Frame, Picture};
use crate::location::Location;
use crate::media::{CacheOptions, Info, MediaError, Reading, Source, SourceOptions, StopFlag};
use crate::stage::colour::reference;
use crate::time::Time;

/// Width of a preview in pixels; a standing film's are narrower.
const WIDTH: u32 = 192;
/// They are no higher than this.
const HEIGHT: u32 = 144;
/// So many are remembered: some 10 MB.
const REMEMBERED: usize = 96;
/// A film has so many previews at most, evenly apart.
const PLACES: i64 = 1024;
/// But none are closer together than this.
const CLOSEST: i64 = 40_000_000;
/// How long to look for the very picture.
const EXACT: Duration = Duration::from_secs(3);
/// A picture this near to the one that is wanted will do.
const NEAR: Time = Time::from_nanoseconds(300_000_000);

/// A small picture out of a film.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The time that it was asked for.
    pub time: Time,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// R'G'B' and alpha, 8 bits each, rows tightly packed. Empty where there is none (yet).
    pub pixels: Arc<[u8]>,
    /// No better one of this time is to come.
    pub settled: bool,
}

impl Preview {
    /// Without a picture.
    fn empty(time: Time, settled: bool) -> Self {
        Self { time, size: [0, 0], pixels: Arc::default(), settled }
    }
}

/// What is wanted, and what there is.
#[derive(Default)]
struct Desk {
    wanted: Option<Time>,
    made: Option<Preview>,
    stopped: bool,
    /// The thread has ended: nothing more is to come.
    over: bool,
}

#[derive(Default)]
struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The previews of one film. Any thread may ask; dropping it ends its thread.
pub struct Previews {
    shared: Arc<Shared>,
    stop: StopFlag,
    thread: Option<JoinHandle<()>>,
}

impl Previews {
    /// For the film at `location`, known as `info` and read as `reading` says; nothing for what cannot be searched or opened twice, has no length or
    /// comes over a network. Opens nothing yet.
    pub fn new(location: impl Into<Location>, info: &Info, reading: Reading, stop: &StopFlag) -> Option<Self> {
        let location = location.into();
        let length = info.duration.filter(|length| *length > Time::ZERO)?;
        if info.is_still || info.sound_only || !info.can_seek || location.is_remote() || !location.can_be_reopened() {
            return None;
        }
        let stop = stop.child();
        let shared = Arc::<Shared>::default();
        let shared_too = Arc::clone(&shared);
        let maker =
            Maker { location, length, reading, shared: shared_too, stop: stop.clone(), remembered: VecDeque::new() };
        let thread = Builder::new().name("preview".to_owned()).spawn(move || maker.run());
        if let Err(error) = &thread {
            tracing::warn!("there will be no previews: {error}");
        }
        Some(Self { shared, stop, thread: Some(thread.ok()?) })
    }

    /// Asks for the picture at `time`, or for none. Never waits long.
    pub fn want(&self, time: Option<Time>) {
        let mut desk = self.shared.desk();
        if desk.wanted != time {
            desk.wanted = time;
            self.shared.changed.notify_all();
        }
    }

    /// The last one that was made, of whatever time.
    pub fn made(&self) -> Preview {
        let desk = self.shared.desk();
        match (&desk.made, desk.wanted) {
            (made, Some(wanted)) if desk.over && made.as_ref().is_none_or(|made| made.time != wanted) => {
                Preview::empty(wanted, true)
            }
            (Some(made), _) => made.clone(),
            (None, wanted) => Preview::empty(wanted.unwrap_or_default(), false),
        }
    }
}

impl Drop for Previews {
    fn drop(&mut self) {
        self.stop.stop();
        self.shared.desk().stopped = true;
        self.shared.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the preview thread ended badly");
        }
    }
}

/// The thread.
struct Maker {
    location: Location,
    length: Time,
    reading: Reading,
    shared: Arc<Shared>,
    stop: StopFlag,
    /// Place in the film and its settled picture, the latest last.
    remembered: VecDeque<(i64, Preview)>,
}

impl Maker {
    fn run(mut self) {
        let mut source = None;
        let mut done = None;
        while let Some(time) = self.next(done) {
            done = match self.make(&mut source, time) {
                Ok(finished) => finished.then_some(time),
                Err(error) => {
                    // It may be one damaged place; but what cannot be opened will not be opened the next time either.
                    tracing::debug!("no preview at {time}: {error}");
                    self.give(Preview::empty(time, true));
                    if source.is_none() {
                        break;
                    }
                    Some(time)
                }
            };
        }
        self.shared.desk().over = true;
    }

    /// Waits for something else than `done` to be wanted; `None` at the end.
    fn next(&self, done: Option<Time>) -> Option<Time> {
        let mut desk = self.shared.desk();
        loop {
            match desk.wanted {
                _ if desk.stopped => return None,
                Some(time) if Some(time) != done => return Some(time),
                _ => desk = self.shared.changed.wait(desk).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Somebody wants another place by now, or nothing at all.
    fn is_outdated(&self, time: Time) -> bool {
        let desk = self.shared.desk();
        desk.stopped || desk.wanted != Some(time)
    }

    fn give(&self, preview: Preview) {
        self.shared.desk().made = Some(preview);
    }

    /// Makes and gives the previews of `time`; false where something else was wanted before they were finished.
    fn make(&mut self, source: &mut Option<Source>, time: Time) -> Result<bool, MediaError> {
        let apart = (self.length.nanoseconds() / PLACES).max(CLOSEST);
        let place = time.nanoseconds().max(0) / apart;
        if let Some((_, known)) = self.remembered.iter().find(|(known, _)| *known == place) {
            self.give(Preview { time, ..known.clone() });
            return Ok(true);
        }
        let open = match source.take() {
            Some(open) => open,
            None => {
                let (stop, reading) = (self.stop.clone(), self.reading);
                let options =
                    SourceOptions { stop, reading, quiet: true, cache: CacheOptions::NOTHING, ..Default::default() };
                Source::open(&self.location, &options)?
            }
        };
        let source = source.insert(open);
        let began = Instant::now();
        let given_up = || self.is_outdated(time) || began.elapsed() > EXACT;
        let target = Time::from_nanoseconds(place * apart).min(self.length);
        source.seek_near(target, 0)?;
        let near = |frame: &Frame<Picture>| (frame.pts - target).max(target - frame.pts) <= NEAR;
        let rough = source.next()?;
        let settled = rough.as_ref().is_some_and(near);
        let mut best = rough.and_then(|frame| small(&frame, time, settled));
        if let Some(rough) = best.clone().filter(|_| !settled) {
            self.give(rough);
        }
        if !settled && !given_up() && source.seek_unless(target, 0, &given_up)? {
            best = source.next()?.and_then(|frame| small(&frame, time, true)).or(best);
        } else if !settled && self.is_outdated(time) {
            return Ok(false);
        }
        let best = Preview { settled: true, ..best.unwrap_or_else(|| Preview::empty(time, true)) };
        self.give(best.clone());
        if self.remembered.len() >= REMEMBERED {
            self.remembered.pop_front();
        }
        self.remembered.push_back((place, best));
        Ok(true)
    }
}

/// The picture made small, with its shape kept.
fn small(frame: &Frame<Picture>, time: Time, settled: bool) -> Option<Preview> {
    let (size, pixels) = small_picture(&frame.data, [WIDTH, HEIGHT])?;
    Some(Preview { time, size, pixels: pixels.into(), settled })
}

/// The picture as it is to be seen, within `most` pixels a side: its size, and R'G'B' and alpha with rows tightly packed. None where it is damaged.
pub fn small_picture(picture: &Picture, most: [u32; 2]) -> Option<([u32; 2], Vec<u8>)> {
    let [width, height] = picture.shape.orientation.apply_size(picture.shape.size).map(f64::from);
    let (across, down) = picture.shape.sample_aspect;
    let sample = f64::from(across.max(1)) / f64::from(down.max(1));
    let sample = if picture.shape.orientation.quarter_turns % 2 == 1 { 1.0 / sample } else { sample };
    let aspect = (width * sample / height.max(1.0)).clamp(0.1, 10.0);
    let scale = (f64::from(most[0]) / aspect).min(f64::from(most[1]));
    let size = [(scale * aspect).round().max(1.0) as u32, scale.round().max(1.0) as u32];
    Some((size, reference::small(picture, size)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Chroma, Colour, Orientation, OwnedPlanes, PixelFormat, Shape};
    use crate::trace::Trace;

    /// A picture of 40×20, R'G'B', its left half red and its right half blue.
    fn frame(sample_aspect: (u32, u32), orientation: Orientation) -> Frame<Picture> {
        let plane = |left: u8, right: u8| {
            let bytes = (0..40 * 20).map(|index| if index % 40 < 20 { left } else { right }).collect();
            (bytes, 40)
        };
        let planes = Box::new(OwnedPlanes(vec![plane(0, 0), plane(0, 255), plane(255, 0)]));
        let format = PixelFormat { chroma: Chroma::C444, depth: 8, shift: 0, semi_planar: false };
        let data = Picture {
            shape: Shape { size: [40, 20], format, colour: Colour::SRGB, sample_aspect, orientation },
            planes,
        };
        Frame { id: 0, pts: Time::ZERO, duration: Time::ZERO, epoch: 0, trace: Trace::default(), data }
    }

    #[test]
    fn it_is_as_the_film_is_seen() {
        let pixel = |preview: &Preview, x: u32, y: u32| {
            let at = ((y * preview.size[0] + x) * 4) as usize;
            [preview.pixels[at], preview.pixels[at + 1], preview.pixels[at + 2]]
        };
        let plain = small(&frame((1, 1), Orientation::default()), Time::ZERO, true).unwrap();
        assert_eq!((plain.size, pixel(&plain, 5, 5), pixel(&plain, 187, 90)), ([192, 96], [255, 0, 0], [0, 0, 255]));
        let wide = small(&frame((2, 1), Orientation::default()), Time::ZERO, true).unwrap();
        assert_eq!(wide.size, [192, 48]);
        // Clockwise: what was left is above.
        let turned = Orientation { mirror: false, quarter_turns: 1 };
        let turned = small(&frame((2, 1), turned), Time::ZERO, true).unwrap();
        assert_eq!(
            (turned.size, pixel(&turned, 18, 5), pixel(&turned, 18, 140)),
            ([36, 144], [255, 0, 0], [0, 0, 255])
        );
        let mut broken = frame((1, 1), Orientation::default());
        broken.data.shape.size = [41, 21];
        assert_eq!(small(&broken, Time::ZERO, true), None);
    }
}
