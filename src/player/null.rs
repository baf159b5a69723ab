//! The player without a display: everything is made and painted at the film's pace, and nobody sees it. For measuring and for tests.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ash::vk;

use super::commands::Shown;
use super::contract::{Painter, Playlist, SceneSource};
use super::controls::Controls;
use super::screen::{PlayError, outcome};
use super::watch::{Watch, WatchOptions};
use super::{Counts, Player};
use crate::gpu::{Commands, Gpu, Image, ImageOptions, Point, Prompt};
use crate::sink::{Action, Asked, Canvas, WindowState, is_timed};

/// What is painted takes three of them: the first and the last around all.
const TIMESTAMPS: u32 = 3;

/// How often the line on the terminal changes.
const STATUS: Duration = Duration::from_millis(500);

/// Plays until the films are over, painting to a canvas of `size`. Says on a terminal how far it is.
pub fn play<P, A>(
    gpu: &Gpu,
    mut player: Player<P>,
    mut painter: A,
    size: [u32; 2],
    watch: WatchOptions,
    mut control: Controls,
) -> Result<Counts, PlayError>
where
    P: Playlist,
    A: Painter<<P::Source as SceneSource>::Scene>,
{
    let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    let canvas = Canvas { image: Image::new(gpu, "canvas", options)?, origin: [0, 0] };
    let mut commands = Commands::new(gpu, "null sink", TIMESTAMPS)?;
    let mut watch = Watch::new(watch);
    let mut point = Point::default();
    let (mut due, mut painting) = (false, false);
    let (mut painted, mut took) = (0_u64, None);
    let (mut said, mut told) = (None::<Instant>, None);
    let status = std::io::stderr().is_terminal();
    if let Some(remote) = &mut control.remote {
        let own = std::thread::current();
        remote.set_waker(Arc::new(move || own.unpark()));
    }
    loop {
        let _prompt = Prompt::begin();
        let now = Instant::now();
        let free = gpu.reached(point)?;
        if free && std::mem::take(&mut painting) {
            watch.shown(now, 0);
            if is_timed(painted)
                && let [Some(from), _, Some(to)] = commands.timestamps()?[..]
            {
                took = Some(to.saturating_sub(from));
            }
            painted += 1;
            if let Some(took) = took {
                watch.took(took);
            }
        }
        player.set_busy(!free, now);
        let mut asked = Asked::default();
        if let Some(remote) = &mut control.remote {
            let window = WindowState::default();
            let told = &mut told;
            Shown { player: &mut player, painter: &mut painter, panel: None, told, window }.serve(
                remote,
                &mut control.keyboard,
                &mut asked,
                now,
            );
        }
        due |= asked.repaint;
        let tick = player.tick(now);
        due |= Shown {
            player: &mut player,
            painter: &mut painter,
            panel: None,
            told: &mut told,
            window: WindowState::default(),
        }
        .mind(now);
        let wishes = watch.tick(&mut player, &mut painter, now);
        let window = WindowState::default();
        let mut all = Shown { player: &mut player, painter: &mut painter, panel: None, told: &mut told, window };
        let remembered = control.memory.tick(&mut all, now);
        if tick.finished || wishes.finished || asked.actions.contains(&Action::Quit) {
            control.memory.end(&mut all, now);
            break;
        }
        due |= tick.repaint || wishes.repaint || remembered.repaint;
        if due && free {
            if let Some(shown) = player.shown() {
                commands.record(|recorder| painter.paint(recorder, &shown.data, &canvas).map_err(PlayError::from))?;
                point = gpu.submit(&mut commands)?;
                watch.painted(&player, &painter, Instant::now());
                painting = true;
            }
            due = false;
        }
        if status && said.is_none_or(|said| now - said > STATUS) {
            said = Some(now);
            say(&player, now);
        }
        let soon = now + STATUS;
        let wake = tick.wake.map_or(soon, |wake| wake.min(soon));
        let wake = if due || painting { wake.min(now + Duration::from_millis(2)) } else { wake };
        let told = control.remote.as_ref().and_then(|remote| remote.wake(player.is_running()));
        let wake = [told, remembered.wake].into_iter().flatten().fold(wake, Instant::min);
        std::thread::park_timeout(wake.saturating_duration_since(Instant::now()));
    }
    if status {
        say(&player, Instant::now());
        let _ = writeln!(std::io::stderr());
    }
    gpu.wait(point)?;
    outcome(&mut player)
}

fn say<P: Playlist>(player: &Player<P>, now: Instant) {
    let Counts { shown, dropped } = player.counts();
    let of = player.duration().map_or_else(String::new, |duration| format!(" / {duration}"));
    // A status line that cannot be written is no reason to stop.
    let _ = write!(std::io::stderr(), "\r{}{of}  {shown} shown, {dropped} dropped ", player.position(now));
}
