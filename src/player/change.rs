//! The list changes while it is played.

use std::time::Instant;

use super::Player;
use super::contract::Playlist;
use crate::control::CommandError;
use crate::playlist::{Change, Place};
use crate::sink::Action;

impl<P: Playlist> Player<P> {
    /// Does this to the list, or plays something else of it.
    ///
    /// # Errors
    /// There is no such place in it.
    pub fn change(&mut self, change: Change, now: Instant) -> Result<(), CommandError> {
        let all = self.list.len();
        let there = |index: usize| if index < all { Ok(index) } else { Err(CommandError::NoEntry(index)) };
        match change {
            Change::Add(entries, how) => {
                let instead = how.place == Place::Instead;
                let some = !entries.is_empty();
                let at = self.list.add(entries, how.place);
                if some && (instead || (how.play && self.film.is_none())) {
                    self.anything = false;
                    self.go_to(at);
                }
            }
            Change::Step { by, force } => self.step(by, force),
            Change::Play(index) => self.go_to(there(index)?),
            Change::PlayAgain => match self.list.current() {
                Some(index) if self.film.is_none() => self.go_to(index),
                Some(_) => self.act(Action::SeekStart, now),
                None => return Err(CommandError::Unavailable("playlist-pos".to_owned())),
            },
            Change::Clear => self.list.clear(),
            Change::Remove(index) => {
                let index = index.or(self.list.current());
                let index = there(index.ok_or_else(|| CommandError::Unavailable("playlist-pos".to_owned()))?)?;
                if self.list.remove(index) {
                    match self.list.current() {
                        Some(next) => self.go_to(next),
                        None => self.go_on_without(),
                    }
                }
            }
            Change::Move { from, to } => self.list.move_to(there(from)?, to),
            Change::Shuffle(shuffled) => self.shuffle(shuffled),
            Change::Stop { keep } => {
                self.unfollow();
                if !keep {
                    self.list.empty();
                }
                self.finish();
            }
        }
        Ok(())
    }

    /// Into an order by chance, or back.
    pub(super) fn shuffle(&mut self, shuffled: bool) {
        if shuffled {
            self.list.shuffle();
        } else {
            self.list.unshuffle();
        }
    }

    fn go_to(&mut self, index: usize) {
        self.unfollow();
        self.open(index, 1);
    }

    /// The one that played was the last, and has gone.
    fn go_on_without(&mut self) {
        self.unfollow();
        if self.loop_playlist.is_on() && !self.list.is_empty() {
            self.open(0, 1);
        } else {
            self.finish();
        }
    }
}
