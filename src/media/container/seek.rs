//! Going elsewhere in a container: to what is at hand, else the reader goes there.

use std::sync::MutexGuard;

use super::Container;
use super::reader::Place;
use super::state::State;
use crate::media::error::MediaError;
use crate::time::Time;

impl Container {
    /// Goes to the last place at or before `time` (the stream's own time) from which decoding can begin.
    pub(in crate::media) fn seek(&mut self, time: Time) -> Result<(), MediaError> {
        let mut state = self.shared.lock();
        if let Some(index) = state.find(time) {
            return self.go_on(state, index);
        }
        if let Some(index) = state.recall(time) {
            let from = state.pictures.first_time();
            self.go_back(state, index)?;
            self.look_earlier(from);
            return Ok(());
        }
        // What is read for the sound's sake, or the subtitles', need not be decoded.
        let beside = state.sounds.is_heard() || state.cues.is_some();
        let aim = (beside && state.others.is_none()).then_some(time);
        drop(state);
        self.go(Place::Before(time - self.lead), aim)?;
        self.look_earlier(Some(time - self.lead));
        Ok(())
    }

    /// Subtitles that began before that time are looked for from now on; nothing is at hand of them.
    fn look_earlier(&self, before: Option<Time>) {
        if let Some(earlier) = &self.earlier {
            earlier.want(before);
        }
    }

    /// As [`Container::seek`] where that place is at hand, or else to the first place at hand if that will do. False where neither is.
    pub(in crate::media) fn seek_at_hand(&mut self, time: Time, or_first: bool) -> Result<bool, MediaError> {
        let state = self.shared.lock();
        match state.find(time).or_else(|| state.find_first().filter(|_| or_first)) {
            Some(index) => self.go_on(state, index).map(|()| true),
            None => Ok(false),
        }
    }

    /// Goes to the very beginning. `timeless` streams can be searched by bytes only.
    pub(in crate::media) fn rewind(&mut self, timeless: bool) -> Result<(), MediaError> {
        let mut state = self.shared.lock();
        if state.has_beginning() {
            return self.go_on(state, 0);
        }
        if let Some(index) = state.recall_beginning() {
            return self.go_back(state, index);
        }
        drop(state);
        self.look_earlier(None);
        self.go(Place::Beginning { timeless }, None)
    }

    /// What is read from now on is wanted for `target` (film time), in that epoch.
    pub(in crate::media) fn begin_seek(&self, target: Time, epoch: u32) {
        self.shared.lock().sounds.begin_seek(target, epoch);
        self.shared.arrived.notify_all();
    }

    /// The search is over, wherever it led.
    pub(in crate::media) fn end_seek(&self) {
        self.shared.lock().sounds.end_seek();
        self.shared.arrived.notify_all();
    }

    fn go_on(&self, mut state: MutexGuard<'_, State>, index: usize) -> Result<(), MediaError> {
        if self.stop.is_stopped() {
            return Err(MediaError::Stopped);
        }
        state.go_on_at(index);
        drop(state);
        self.shared.wanted.notify_one();
        self.shared.arrived.notify_all();
        Ok(())
    }

    /// As [`Container::go_on`], in a part that was kept.
    fn go_back(&self, state: MutexGuard<'_, State>, index: usize) -> Result<(), MediaError> {
        if state.busy && self.interruptible {
            self.watch.interrupt();
        }
        self.go_on(state, index)
    }

    fn go(&self, place: Place, aim: Option<Time>) -> Result<(), MediaError> {
        let mut state = self.shared.lock();
        let wish = state.leave(place, aim);
        if state.busy && self.interruptible {
            self.watch.interrupt();
        }
        loop {
            if let Some(done) = state.done(wish) {
                return done;
            }
            state = self.wait(state)?;
        }
    }

    /// Where there are no pictures: goes to `film` time.
    pub(in crate::media) fn seek_sound(&self, film: Time, epoch: u32) -> Result<(), MediaError> {
        let time = self.facts.start.unwrap_or(Time::ZERO) + film;
        self.begin_seek(film, epoch);
        let mut state = self.shared.lock();
        let sought = if state.has_sound_at(time) {
            state.sounds.go();
            drop(state);
            Ok(())
        } else {
            drop(state);
            self.go(Place::Before(time - self.lead), None)
        };
        self.end_seek();
        sought
    }

    /// Where it is read for its sounds alone: goes along to `film` time. What nobody hears stays where it is.
    pub(super) fn go_along(&self, film: Time, epoch: u32) -> Result<(), MediaError> {
        let mut state = self.shared.lock();
        if state.sounds.is_heard() {
            drop(state);
            return self.seek_sound(film, epoch);
        }
        state.sounds.begin_seek(film, epoch);
        state.sounds.end_seek();
        Ok(())
    }
}
