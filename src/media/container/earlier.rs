//! Subtitles that began before what is read at a place that was gone to: a second reader of the same file looks for them, while the pictures come from the
//! first one.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::reader::{Place, Reader};
use super::state::Shared;
use crate::location::Location;
use crate::media::error::MediaError;
use crate::media::info::{OtherClock, Preroll, SoundChoice, SourceOptions};
use crate::media::interrupt::Watch;
use crate::media::stop::StopFlag;
use crate::time::Time;

/// The disk is left to the pictures for so long after a seek: the first is there by then, and who goes elsewhere again needs nothing of here.
const PATIENCE: Duration = Duration::from_millis(250);
/// Seconds before a place up to which is looked, one part after the other.
const PARTS: [i64; 2] = [30, 60];
/// The same where the container says where subtitles begin: what lies between them is not read.
const FARTHER: [i64; 4] = [30, 60, 180, 600];
/// The most bytes that are read for one place.
const MOST_BYTES: usize = 192 << 20;
/// No subtitle begins for so long: what lies between is passed over.
const GAP: Time = Time::from_nanoseconds(12_000_000_000);
/// In a file packets of one time lie no farther apart.
const APART: Time = Time::from_nanoseconds(2_000_000_000);

#[derive(Default)]
struct Wish {
    /// Before which time, on the container's clock; none where nothing is wanted any more.
    before: Option<Time>,
    number: u64,
    at: Option<Instant>,
    /// The number of the last that is done.
    done: u64,
    over: bool,
}

#[derive(Default)]
struct Desk {
    wish: Mutex<Wish>,
    changed: Condvar,
}

impl Desk {
    fn wish(&self) -> MutexGuard<'_, Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wanted, once nothing else has been for `patience`; none at the end.
    fn next(&self, patience: Duration) -> Option<(Time, u64)> {
        let mut wish = self.wish();
        loop {
            if wish.over {
                return None;
            }
            let rest = wish.at.map_or(Duration::MAX, |at| patience.saturating_sub(at.elapsed()));
            match wish.before.filter(|_| rest.is_zero()) {
                Some(before) => {
                    wish.before = None;
                    return Some((before, wish.number));
                }
                None if wish.before.is_some() => {
                    wish = self.changed.wait_timeout(wish, rest).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => wish = self.changed.wait(wish).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn is_wanted(&self, number: u64) -> bool {
        let wish = self.wish();
        !wish.over && wish.number == number
    }
}

/// The second reader, with its thread. It ends when this is dropped.
pub(super) struct Earlier {
    desk: Arc<Desk>,
    stop: StopFlag,
    /// Who goes elsewhere waits for it: for files.
    patient: bool,
    thread: Option<JoinHandle<()>>,
}

/// What the thread works with.
struct Worker {
    location: Location,
    options: SourceOptions,
    desk: Arc<Desk>,
    shared: Arc<Shared>,
}

/// The reader, once it is open.
struct Opened {
    reader: Reader,
    streams: Vec<usize>,
    /// It says where its subtitles begin; not known before it has gone elsewhere.
    indexed: Option<bool>,
}

impl Earlier {
    /// For the subtitles of a file that was opened from `location` as `options` say, and begins at `start`.
    pub(super) fn new(
        location: &Location,
        options: &SourceOptions,
        start: Option<Time>,
        shared: &Arc<Shared>,
    ) -> Option<Self> {
        let stop = options.stop.child();
        let own = SourceOptions {
            start: None,
            end: None,
            tracks: false,
            sound: SoundChoice::None,
            beside: start.map(OtherClock::Same),
            quiet: true,
            stop: stop.clone(),
            ..options.clone()
        };
        let desk = Arc::new(Desk::default());
        let worker =
            Worker { location: location.clone(), options: own, desk: Arc::clone(&desk), shared: Arc::clone(shared) };
        let thread = Builder::new().name("earlier".to_owned()).spawn(move || worker.run()).ok()?;
        Some(Self { desk, stop, patient: options.patient, thread: Some(thread) })
    }

    /// From now on those are looked for that began before that time, on the container's clock.
    pub(super) fn want(&self, before: Option<Time>) {
        let mut wish = self.desk.wish();
        wish.number += 1;
        (wish.before, wish.at) = (before, Some(Instant::now()));
        let number = wish.number;
        self.desk.changed.notify_all();
        while self.patient && before.is_some() && wish.done < number && !self.stop.is_stopped() {
            let waited = self.desk.changed.wait_timeout(wish, super::PATIENCE);
            wish = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Earlier {
    fn drop(&mut self) {
        self.stop.stop();
        self.desk.wish().over = true;
        self.desk.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that looks for earlier subtitles ended badly");
        }
    }
}

impl Worker {
    fn run(self) {
        let patience = if self.options.patient { Duration::ZERO } else { PATIENCE };
        let mut opened = None;
        while let Some((before, number)) = self.desk.next(patience) {
            if opened.is_none() {
                opened = self.open();
            }
            if let Some(opened) = &mut opened
                && let Err(error) = self.look(opened, before, number)
                && error != MediaError::Stopped
            {
                tracing::debug!("earlier subtitles cannot be looked for: {error}");
            }
            let mut wish = self.desk.wish();
            wish.done = wish.done.max(number);
            self.desk.changed.notify_all();
        }
    }

    fn open(&self) -> Option<Opened> {
        let watch = Watch::new(self.options.stop.clone());
        match Reader::open(&self.location, &self.options, &[], watch) {
            Ok((reader, chosen)) => Some(Opened { reader, streams: chosen.subtitles, indexed: None }),
            Err(error) => {
                tracing::debug!("earlier subtitles cannot be looked for: {error}");
                None
            }
        }
    }

    /// Looks for those that began before that time: the nearest part first.
    fn look(&self, opened: &mut Opened, before: Time, number: u64) -> Result<(), MediaError> {
        let start = opened.reader.facts.start.unwrap_or(Time::ZERO);
        let mut bytes = MOST_BYTES;
        let mut to = before;
        let mut parts = 0;
        while to > start {
            let indexed = opened.indexed == Some(true);
            let all: &[i64] = if indexed { &FARTHER } else { &PARTS };
            let Some(seconds) = all.get(parts) else { return Ok(()) };
            parts += 1;
            let from = (before - Time::from_nanoseconds(seconds * 1_000_000_000)).max(start);
            let known = opened.reader.indexed(&opened.streams);
            opened.reader.go_to(Place::Before(from))?;
            let indexed = *opened.indexed.get_or_insert_with(|| {
                // Matroska's is read when it goes elsewhere for the first time. What is read adds to it as well; others keep one of what they have seen.
                let says = opened.reader.facts.name.split(',').any(|name| name == "matroska");
                says && opened.reader.indexed(&opened.streams) > known
            });
            if self.options.preroll == Preroll::Index && !indexed {
                return Ok(());
            }
            self.shared.lock().begin_earlier();
            if !self.read(opened, to, number, &mut bytes)? {
                return Ok(());
            }
            to = from;
        }
        Ok(())
    }

    /// Hands on the subtitles up to that time; false where that is enough.
    fn read(&self, opened: &mut Opened, to: Time, number: u64, bytes: &mut usize) -> Result<bool, MediaError> {
        let Opened { reader, streams, indexed } = opened;
        let (mut at, mut jumps) = (None, *indexed == Some(true));
        while self.desk.is_wanted(number) {
            let Some(packet) = reader.next()? else { return Ok(true) };
            *bytes = bytes.saturating_sub(packet.size());
            if *bytes == 0 {
                return Ok(false);
            }
            let Some(time) = reader.time_of(&packet) else { continue };
            if time >= to {
                return Ok(true);
            }
            if streams.contains(&packet.stream()) {
                self.shared.lock().put_earlier(packet);
                continue;
            }
            if jumps {
                let next = reader.next_indexed(streams, time).unwrap_or(to);
                if next >= to {
                    return Ok(true);
                }
                if next > time + GAP {
                    // Where it leads back it is no help.
                    jumps = at.is_none_or(|at| time > at);
                    at = Some(time);
                    if jumps {
                        reader.go_to(Place::Before(next - APART))?;
                    }
                }
            }
        }
        Ok(false)
    }
}
