//! The sound of one player: a thread that keeps a device open as long as there are tracks to be heard, and what others hold of it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::choice::choose;
use super::error::SoundError;
use super::format::Format;
use super::output::Output;
use super::ring::ring;
use super::room::{self, Room, Stage};
use super::shared::{Shared, lock};
use super::track::Track;
use crate::time::Time;

/// How often it is looked after a device that is open.
const LOOK: Duration = Duration::from_millis(100);
/// How soon it is tried again to open one.
const AGAIN: Duration = Duration::from_millis(500);

/// The sound of a player. Clones share it; the last to go closes the device.
#[derive(Clone)]
pub struct Sound(Arc<Keeper>);

struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sound").finish_non_exhaustive()
    }
}

impl Sound {
    /// Of `device`, or of the default one. It is opened when there is a track to be heard, and anew where it goes.
    pub fn new(output: Box<dyn Output>, device: Option<String>) -> Result<Self, SoundError> {
        Self::with(output, device, Shared::default())
    }

    /// The same, in which a film's channels are loudspeakers that stand as `room` says: for devices of two channels or more, which are headphones.
    ///
    /// # Errors
    /// As [`Sound::new`].
    pub fn in_room(output: Box<dyn Output>, device: Option<String>, room: Room) -> Result<Self, SoundError> {
        Self::with(output, device, Shared::of(room))
    }

    fn with(output: Box<dyn Output>, device: Option<String>, shared: Shared) -> Result<Self, SoundError> {
        let shared = Arc::new(shared);
        let own = Arc::clone(&shared);
        let keep = move || keep(output, device.as_deref(), &own);
        let thread = Builder::new()
            .name("sound".to_owned())
            .spawn(keep)
            .map_err(|error| SoundError::Thread(error.to_string()))?;
        Ok(Self(Arc::new(Keeper { shared, thread: Some(thread) })))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// A track to be heard, with a number of its own: larger than those before.
    pub fn track(&self) -> Track {
        let shared = &self.0.shared;
        let number = shared.tracks.fetch_add(1, Ordering::AcqRel) + 1;
        if number == 1 {
            shared.opening.store(true, Ordering::Release);
            // Under its lock nobody is between a look and a wait.
            drop(lock(&shared.stopped));
            shared.changed.notify_all();
        }
        Track::new(Arc::clone(shared), number)
    }

    /// Whether a device is being opened for the first time.
    pub(super) fn is_opening(&self) -> bool {
        self.0.shared.opening.load(Ordering::Acquire)
    }

    /// How loud everything is: what samples are multiplied by.
    pub fn set_gain(&self, gain: f32) {
        self.shared().settings.set_gain(gain);
    }

    /// How fast the film goes on.
    pub fn set_speed(&self, speed: f64) {
        self.shared().settings.set_speed(speed);
    }

    /// How much later than the pictures sound is heard.
    pub fn set_delay(&self, delay: Time) {
        self.shared().settings.set_delay(delay);
    }

    /// Whether what is loud is made quieter, and what is quiet louder.
    pub fn set_night(&self, night: bool) {
        self.shared().settings.set_night(night);
    }

    /// The headset's own device, as its runtime names it: opened from now on where none was asked for and it is there.
    pub fn set_headset(&self, device: Option<String>) {
        *lock(&self.shared().headset) = device;
    }

    /// What the device wants, while there is one.
    pub fn format(&self) -> Option<Format> {
        self.shared().inlet().as_ref().map(|inlet| inlet.format)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        *lock(&self.shared.stopped) = true;
        self.shared.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the sound's thread ended badly");
        }
    }
}

/// What places loudspeakers around the head, for a device that can say so.
fn stage(format: Format, room: &Room) -> Option<Stage> {
    if format.channels < 2 {
        return None;
    }
    let made = Stage::new(format, room);
    made.inspect_err(|error| tracing::warn!("{error}")).ok()
}

/// Keeps a device open.
fn keep(mut output: Box<dyn Output>, device: Option<&str>, shared: &Shared) {
    {
        let stopped = lock(&shared.stopped);
        let idle = |stopped: &mut bool| !*stopped && shared.tracks.load(Ordering::Acquire) == 0;
        if *shared.changed.wait_while(stopped, idle).unwrap_or_else(PoisonError::into_inner) {
            return;
        }
    }
    let (mut told, mut before) = (false, None::<String>);
    loop {
        let mut ends = None;
        let headset = lock(&shared.headset).clone();
        let devices = if headset.is_some() { output.devices().unwrap_or_default() } else { Vec::new() };
        let chosen = choose(&devices, device, headset.as_deref());
        let opened = output.open(chosen.as_deref(), &mut |format| {
            let stage = shared.room.as_ref().and_then(|room| stage(format, room));
            let channels = if stage.is_some() { room::CHANNELS } else { format.channels };
            let (mut inlet, steering, outlet) = ring(Format { channels, ..format }, &shared.settings);
            inlet.in_room = stage.is_some();
            ends = Some((inlet, steering));
            match stage {
                Some(stage) => outlet.on(stage),
                None => outlet,
            }
        });
        match opened {
            Ok(mut open) => {
                if told || before.is_some() {
                    tracing::info!("sound goes on through {}", open.name());
                }
                told = false;
                shared.set_ends(ends);
                shared.opening.store(false, Ordering::Release);
                let lost = loop {
                    if shared.wait(LOOK) {
                        break None;
                    }
                    if let Some(reason) = open.lost() {
                        break Some(reason);
                    }
                };
                shared.set_ends(None);
                let Some(reason) = lost else { return };
                tracing::info!("{}: {reason}", open.name());
                before = Some(open.name());
                // Another one may be there at once.
                continue;
            }
            Err(error) => {
                shared.opening.store(false, Ordering::Release);
                if !std::mem::replace(&mut told, true) {
                    tracing::warn!("{error}; the film goes on without sound");
                }
            }
        }
        if shared.wait(AGAIN) {
            return;
        }
    }
}
