//! The player in a window.

use std::time::Instant;

use super::film::{Error, Film, Painter, Playlist};
use super::{Counts, Player, PlayerOptions};
use crate::gpu::{Gpu, GpuError, Recorder};
use crate::sink::window::{self, WindowError, WindowOptions};
use crate::sink::{Action, App, Canvas, Tick};
use crate::time::Time;

/// Why playing failed.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The window, or the GPU behind it.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// A film, or the painting of its scenes.
    #[error("{0}")]
    Film(Error),
    /// Some of several films; each has been named when it failed.
    #[error("{failed} of {all} files could not be played")]
    Some {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
    },
}

impl From<Error> for PlayError {
    fn from(error: Error) -> Self {
        Self::Film(error)
    }
}

/// What has been shown, or why not: the last word on a player that is over.
pub(super) fn outcome<P: Playlist>(player: &mut Player<P>) -> Result<Counts, PlayError> {
    let all = player.playlist.count();
    let mut failures = player.take_failures();
    failures.sort_by_key(|(index, _)| *index);
    failures.dedup_by_key(|(index, _)| *index);
    match (all, failures.len()) {
        (_, 0) => Ok(player.counts()),
        (1, _) => Err(failures.swap_remove(0).1.into()),
        (_, failed) => Err(PlayError::Some { failed, all }),
    }
}

/// Shows the player's scenes, as `painter` paints them, in a window until the films are over or the viewer quits.
/// `start` makes both as soon as the GPU is there. To be called from the main thread, once in a process.
pub fn play<P, A, S>(start: S, player: PlayerOptions, window: WindowOptions) -> Result<Counts, PlayError>
where
    P: Playlist,
    A: Painter<<P::Film as Film>::Scene>,
    S: FnOnce(&Gpu) -> Result<(P, A), Error>,
{
    let mut screen = Screen { start: Some(start), options: player, running: None, outcome: Ok(Counts::default()) };
    window::run(&mut screen, window)?;
    screen.outcome
}

struct Running<P: Playlist, A> {
    player: Player<P>,
    painter: A,
    /// When the picture changes by itself.
    repaint: Option<Instant>,
}

struct Screen<P: Playlist, A, S> {
    start: Option<S>,
    options: PlayerOptions,
    running: Option<Running<P, A>>,
    outcome: Result<Counts, PlayError>,
}

impl<P, A, S> App for Screen<P, A, S>
where
    P: Playlist,
    A: Painter<<P::Film as Film>::Scene>,
    S: FnOnce(&Gpu) -> Result<(P, A), Error>,
{
    type Error = PlayError;

    fn start(&mut self, gpu: &Gpu) -> Result<(), PlayError> {
        if let Some(start) = self.start.take() {
            let (playlist, painter) = start(gpu)?;
            let player = Player::new(playlist, std::mem::take(&mut self.options));
            self.running = Some(Running { player, painter, repaint: None });
        }
        Ok(())
    }

    fn size(&self) -> Option<[u32; 2]> {
        let Running { player, painter, .. } = self.running.as_ref()?;
        player.size().map(|size| painter.output_size(size))
    }

    fn tick(&mut self, now: Instant) -> Result<Tick, PlayError> {
        let Some(running) = &mut self.running else { return Ok(Tick { finished: true, ..Tick::default() }) };
        let mut tick = running.player.tick(now);
        if running.repaint.is_some_and(|at| at <= now) {
            running.repaint = None;
            tick.repaint = true;
        }
        tick.wake = [tick.wake, running.repaint].into_iter().flatten().min();
        Ok(tick)
    }

    fn paint(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<(), PlayError> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let Some(shown) = running.player.shown() else { return Ok(()) };
        running.painter.paint(recorder, &shown.data, canvas)?;
        running.repaint = running.painter.repaint_after().map(|after| Instant::now() + after);
        Ok(())
    }

    fn act(&mut self, action: Action, now: Instant) -> bool {
        let Some(running) = &mut self.running else { return false };
        running.player.act(action, now);
        running.painter.act(action)
    }

    fn title(&self) -> String {
        let Some(Running { player, painter, .. }) = &self.running else { return String::new() };
        let position = player.position(Instant::now());
        let mut title = format!("{} – {}", player.name(), shown_time(position, player.is_paused()));
        if let Some(duration) = player.duration() {
            title += &format!(" / {}", shown_time(duration, false));
        }
        title += &format!(" – {}", painter.describe());
        if player.is_paused() {
            title += " – paused";
        }
        title
    }

    fn end(&mut self) {
        if let Some(Running { mut player, painter, .. }) = self.running.take() {
            self.outcome = outcome(&mut player);
            drop((player, painter));
        }
    }
}

/// Whole seconds; with `exact` milliseconds, too.
fn shown_time(time: Time, exact: bool) -> String {
    let mut text = time.to_string();
    if !exact {
        text.truncate(text.len() - ".000".len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_count_seconds_and_milliseconds_when_paused() {
        assert_eq!(shown_time(Time::from_seconds(83.9), false), "1:23");
        assert_eq!(shown_time(Time::from_seconds(83.9), true), "1:23.900");
    }
}
