//! What may be asked of a player and its painter in words, whoever asks.

use std::time::Instant;

use super::Player;
use super::contract::{Painter, Playlist, SceneSource};
use crate::control::{Command, CommandError, Done, Keyboard, Shot, Status};
use crate::overlay::Told;
use crate::remote::Remote;
use crate::sink::{Action, Asked, WindowState};
use crate::terminal;
use crate::ui::Panel;

/// Requests of other programs that are done at once: the film goes on in between.
const AT_ONCE: usize = 8;

/// A player as it is shown.
pub(super) struct Shown<'a, P: Playlist, A> {
    pub(super) player: &'a mut Player<P>,
    pub(super) painter: &'a mut A,
    /// None where nobody would see it.
    pub(super) panel: Option<&'a mut Panel>,
    /// What is to be read over the picture, as the painter knows it.
    pub(super) told: &'a mut Option<Told>,
    pub(super) window: WindowState,
}

impl<P, A> Shown<'_, P, A>
where
    P: Playlist,
    A: Painter<<P::Source as SceneSource>::Scene>,
{
    /// How all of it stands.
    pub(super) fn status(&mut self, now: Instant) -> Status {
        let WindowState { full_screen, on_top } = self.window;
        Status {
            subtitles: self.painter.subtitles(),
            depth: self.painter.depth(),
            adjustments: self.painter.adjustments(),
            comfort: self.painter.meter().map(|meter| meter.ends),
            full_screen,
            on_top,
            ..self.player.status(now)
        }
    }

    /// Carries out `command`, as far as it is not the sink's own affair; `quiet`: the viewer is not told.
    pub(super) fn command(
        &mut self,
        command: &Command,
        quiet: bool,
        asked: &mut Asked,
        now: Instant,
    ) -> Result<(), CommandError> {
        match command.resolve(&self.status(now))? {
            Done::Act(None) => {}
            Done::Act(Some(Action::QuitWatchLater)) => {
                self.player.act(Action::Remember, now);
                asked.actions.push(Action::Quit);
            }
            Done::Act(Some(action)) if action.is_of_sink() => {
                asked.actions.push(action);
                self.window = self.window.after(action);
            }
            Done::Act(Some(action)) => asked.repaint |= self.act(action, quiet || command.is_quiet(), now),
            Done::List(change) => {
                let change = self.player.change(change, now);
                asked.repaint = true;
                change?;
            }
            Done::Show(text, time) => {
                self.player.tell(text, time, now);
                asked.repaint |= self.tell(now);
            }
            Done::Print(text) => terminal::say(&text),
            Done::Screenshot(shot) => asked.repaint |= self.take_picture(&shot, now),
            // Of a key that is bound to a key nothing comes.
            Done::Press(_) => {}
        }
        Ok(())
    }

    /// Does what the viewer wants and, unless `quiet`, tells it; true when it has to be painted again.
    pub(super) fn act(&mut self, action: Action, quiet: bool, now: Instant) -> bool {
        if let Some(panel) = &mut self.panel {
            match action {
                Action::Panel => panel.toggle(now),
                Action::Browse => panel.toggle_browser(),
                Action::Statistics => panel.toggle_statistics(now),
                Action::ShowStatistics => panel.show_statistics(now),
                _ => {}
            }
        }
        self.player.act(action, now);
        let changed = self.painter.act(action);
        if let Some(panel) = &mut self.panel {
            panel.set_metered(self.painter.depth().is_some_and(|depth| depth.metered));
        }
        if !quiet {
            self.player.tell_of(action, self.painter, now);
        }
        changed | self.tell(now)
    }

    /// Goes on with what takes its time: goes to a cue that was looked for, or lets it come here, and tells of a picture that was written. True when it has
    /// to be painted again.
    pub(super) fn mind(&mut self, now: Instant) -> bool {
        if let Some(told) = self.player.shots.told() {
            self.player.tell(told, None, now);
        }
        let found = self.player.mind_cue(now);
        let acted = found.is_some_and(|action| self.act(action, matches!(action, Action::SeekExactTo(_)), now));
        self.tell(now) | acted
    }

    /// Takes a picture of what is seen.
    fn take_picture(&mut self, shot: &Shot, now: Instant) -> bool {
        let status = self.status(now);
        let told = self.told.clone().or_else(|| self.player.message(now));
        let scene = self.player.shown();
        let told = match scene.and_then(|scene| self.painter.picture(&scene.data, shot.of, told.as_ref())) {
            Some(make) => self.player.shots.take(shot, make, &status),
            None => Some("Screenshot: there is no picture".to_owned()),
        };
        if let Some(told) = told {
            self.player.tell(told, None, now);
        }
        self.tell(now)
    }

    /// Hands on what is to be read over the picture; true where that has changed.
    pub(super) fn tell(&mut self, now: Instant) -> bool {
        let told = self.player.message(now);
        let changed = told != *self.told;
        if changed {
            self.painter.set_message(told.as_ref());
            *self.told = told;
        }
        changed
    }

    /// Does what other programs want, and lets them know how things stand.
    pub(super) fn serve(&mut self, remote: &mut Remote, keyboard: &mut Keyboard, asked: &mut Asked, now: Instant) {
        for request in (0..AT_ONCE).map_while(|_| remote.take()).collect::<Vec<_>>() {
            // As in mpv the viewer need not know of it, but for keys.
            let done = request.commands.iter().try_for_each(|command| match command.key() {
                Some(key) => keyboard.press(key, false).iter().try_for_each(|own| self.command(own, false, asked, now)),
                None => self.command(command, true, asked, now),
            });
            remote.publish(self.status(now), now);
            request.answer(done);
        }
        if remote.is_due(now) {
            remote.publish(self.status(now), now);
        }
    }
}
