//! Going to other places in a film, and back.

use std::time::{Duration, Instant};

use super::contract::{Playlist, SceneSource};
use super::{Coming, LAST, Player};
use crate::film::SeekMode;
use crate::frame::chapter_at;
use crate::sink::Action;
use crate::time::Time;

/// Seeks that follow each other so soon are undone as one, as in mpv.
const TOGETHER: Duration = Duration::from_secs(2);
/// A drag that the viewer has held still for so long is looked at.
const STILL: Duration = Duration::from_millis(300);
/// So long after its beginning going back leads to the beginning of a chapter, and before that to the chapter before: mpv's `--chapter-seek-threshold`.
const CHAPTER: Time = Time::from_nanoseconds(5_000_000_000);

/// To the key frame before, wherever that is.
const NEAR: SeekMode = SeekMode::KeyFrame { beyond: None };

/// Which seeks are exact: mpv's `--hr-seek`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum HrSeek {
    /// None but those that are always exact: the others go to the key frame before.
    No,
    /// Those to a place, and not those by some seconds.
    Absolute,
    /// All.
    #[default]
    Yes,
}

/// What is remembered of seeks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seeking {
    /// Where to go back to.
    undo: Option<Time>,
    /// The viewer has set it, so that seeks do not.
    marked: bool,
    /// When the last seek was.
    last: Option<Instant>,
    /// The place that the viewer has dragged to, while the picture of a place before is still to come.
    drag: Option<Time>,
    /// The seek that is under way is one of a drag.
    dragging: bool,
    /// When the viewer dragged last: until shortly after that pictures get no depth, since they are gone at once.
    dragged: Option<Instant>,
}

impl<P: Playlist> Player<P> {
    /// Carries out what leads elsewhere in the film.
    pub(super) fn go(&mut self, action: Action, now: Instant) {
        let hr_seek = self.options.hr_seek;
        let position = self.position(now);
        let by = |seconds: i32| Time::from_seconds(f64::from(seconds));
        let absolute = if hr_seek == HrSeek::No { NEAR } else { SeekMode::Exact };
        match action {
            Action::Seek(seconds) => {
                // A viewer who goes forward does not want to land behind where they were.
                let near = SeekMode::KeyFrame { beyond: (seconds > 0).then_some(position) };
                let mode = if hr_seek == HrSeek::Yes { SeekMode::Exact } else { near };
                self.seek_by_viewer(position + by(seconds), mode, now);
            }
            Action::SeekExact(seconds) => self.seek_by_viewer(position + by(seconds), SeekMode::Exact, now),
            Action::SeekStart => self.seek_by_viewer(Time::ZERO, absolute, now),
            Action::SeekTo(time) => self.seek_by_viewer(time, absolute, now),
            Action::SeekExactTo(time) => self.seek_by_viewer(time, SeekMode::Exact, now),
            Action::SeekKeyFrame(time) => self.seek_by_viewer(time, NEAR, now),
            Action::Drag(time) => self.drag(time, now),
            Action::Chapter(count) => self.seek_chapter(count, now),
            Action::UndoSeek => self.undo_seek(now),
            Action::MarkSeek => (self.seeking.undo, self.seeking.marked) = (Some(position), true),
            Action::AbLoop => self.mark_ab(now),
            Action::AbLoopA(place) => self.set_ab([place, self.ab_loop()[1]]),
            Action::AbLoopB(place) => self.set_ab([self.ab_loop()[0], place]),
            Action::LoopFile => self.toggle_loop_file(),
            _ => {}
        }
    }

    /// Goes to `time`, or as near as the film has it.
    pub(super) fn seek(&mut self, time: Time, mode: SeekMode) {
        self.seeking.dragged = None;
        self.seek_place(time, mode);
    }

    fn seek_place(&mut self, time: Time, mode: SeekMode) {
        self.unfollow();
        let Some(film) = &self.film else { return };
        let end = film.duration().unwrap_or(Time::from_nanoseconds(i64::MAX));
        let time = self.reachable(time.min(end).max(Time::ZERO));
        let Some(film) = &mut self.film else { return };
        film.set_now(None);
        film.set_network_rests(self.seeking.dragged.is_some());
        self.epoch = film.seek(time, mode);
        if let Some(turning) = &mut self.turning {
            turning.seek(time, mode);
        }
        self.live.rest();
        self.clock.stand(time);
        self.coming = Coming::Unknown;
        self.at_end = false;
        self.phase = self.phase.sought();
        (self.seeking.drag, self.seeking.dragging) = (None, false);
    }

    /// As the viewer wants it, who may want to undo it.
    fn seek_by_viewer(&mut self, time: Time, mode: SeekMode, now: Instant) {
        self.remember(now);
        self.seek(time, mode);
    }

    /// Remembers where a seek begins.
    fn remember(&mut self, now: Instant) {
        let soon = self.seeking.last.replace(now).is_some_and(|last| now.saturating_duration_since(last) < TOGETHER);
        if !(self.seeking.marked || soon) {
            self.seeking.undo = Some(self.position(now));
        }
    }

    /// Goes near `time`, as soon as the picture of the place before has been seen: a drag that waits for none shows none.
    fn drag(&mut self, time: Time, now: Instant) {
        if self.seeking.dragging && self.phase.is_seeking() {
            (self.seeking.drag, self.seeking.dragged) = (Some(time), Some(now));
            return;
        }
        self.remember(now);
        self.seeking.dragged = Some(now);
        self.seek_place(time, NEAR);
        self.seeking.dragging = true;
    }

    /// Lets pictures get depth again where a drag stands still. When to look again, while there is one.
    pub(super) fn mind_drag(&mut self, now: Instant) -> Option<Instant> {
        let still = self.seeking.dragged? + STILL;
        if now < still {
            return Some(still);
        }
        self.seeking.dragged = None;
        if let Some(film) = &mut self.film {
            film.set_network_rests(false);
        }
        None
    }

    /// Goes on with a drag whose last picture has come.
    pub(super) fn drag_on(&mut self, now: Instant) {
        if !self.phase.is_seeking()
            && let Some(time) = self.seeking.drag.take()
        {
            self.seeking.dragging = false;
            self.drag(time, now);
        }
    }

    fn undo_seek(&mut self, now: Instant) {
        let Some(place) = self.seeking.undo else { return };
        let position = self.position(now);
        (self.seeking.undo, self.seeking.marked, self.seeking.last) = (Some(position), false, Some(now));
        self.seek(place, SeekMode::Exact);
    }

    /// Goes `count` chapters on, or back; after the last one the film is over.
    fn seek_chapter(&mut self, count: i32, now: Instant) {
        let (position, chapters) = (self.position(now), self.chapters());
        if chapters.is_empty() {
            return;
        }
        let present = chapter_at(&chapters, position);
        let begun = present.map_or(Time::ZERO, |present| chapters[present].start);
        let within = count < 0 && position - begun > CHAPTER;
        let present = present.map_or(-1, |present| present as i64);
        let wanted = present + i64::from(count) + i64::from(within);
        match usize::try_from(wanted) {
            Err(_) => self.seek_by_viewer(Time::ZERO, SeekMode::Exact, now),
            Ok(wanted) => match chapters.get(wanted).map(|chapter| chapter.start) {
                Some(start) => self.seek_by_viewer(start, SeekMode::Exact, now),
                None if self.keeps_open(now) => {}
                None => self.advance(),
            },
        }
    }

    /// Pictures are made whole from two fields, or no longer; one that stands is made anew.
    pub(super) fn toggle_deinterlacing(&mut self, now: Instant) {
        self.options.deinterlacing.toggle();
        self.make_anew(now);
    }

    /// Turns pictures from the next one on, or the one that stands.
    pub(super) fn rotate(&mut self, degrees: u16, now: Instant) {
        self.options.rotation.set(degrees);
        self.make_anew(now);
    }

    /// A picture that stands is decoded once more.
    fn make_anew(&mut self, now: Instant) {
        if self.is_paused() && !self.phase.is_seeking() {
            self.seek(self.position(now), SeekMode::Exact);
        }
    }

    /// Goes to the picture before the one shown: to its own time where that is known, else a little before the present one.
    pub(super) fn step_back(&mut self) {
        let Some(shown) = self.shown.as_ref().filter(|_| !self.phase.is_seeking()) else { return };
        let length = if shown.duration > Time::ZERO { shown.duration } else { LAST };
        let known = self.times.before(shown.pts);
        let target = match known.filter(|time| shown.pts - *time < length + length) {
            Some(time) => time,
            None => shown.pts - Time::from_nanoseconds(length.nanoseconds() / 2),
        };
        self.seek(target, SeekMode::Exact);
    }
}
