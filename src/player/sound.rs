//! Film time by what is heard, and how the viewer wants to hear it.

use std::time::Instant;

use super::Player;
use super::contract::{Playlist, SceneSource};
use crate::sink::Action;
use crate::sound::{Hearing, Listener, Sound, StreamId};
use crate::time::Time;
use crate::ui::VolumeModel;

/// The slowest and the fastest that a film is played.
pub const SPEEDS: [f64; 2] = [0.25, 4.0];
/// A first picture that is farther from the place sought is where reading has really come to.
const ASTRAY: Time = Time::from_nanoseconds(1_000_000_000);

/// How sound is heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoundLevels {
    /// In percent, as mpv counts it: what is heard goes by its third power.
    pub volume: f64,
    /// The most that it can be.
    pub volume_max: f64,
    /// Nothing is heard.
    pub mute: bool,
    /// Seconds of film in a second.
    pub speed: f64,
    /// How much later than the pictures sound is heard.
    pub delay: Time,
    /// What is loud is made quieter, and what is quiet louder.
    pub night: bool,
}

impl Default for SoundLevels {
    fn default() -> Self {
        Self { volume: 100.0, volume_max: 130.0, mute: false, speed: 1.0, delay: Time::ZERO, night: false }
    }
}

impl SoundLevels {
    /// What samples are multiplied by.
    fn gain(&self) -> f32 {
        if self.mute { 0.0 } else { (self.volume / 100.0).powi(3) as f32 }
    }

    /// Carries out what the viewer wants; true when it was about this.
    fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Volume(step) => {
                self.volume = (self.volume + f64::from(step)).clamp(0.0, self.volume_max);
                self.mute = false;
            }
            Action::SetVolume(volume) => {
                self.volume = f64::from(volume).clamp(0.0, self.volume_max);
                self.mute = false;
            }
            Action::Mute => self.mute = !self.mute,
            Action::Speed(factor) => self.speed = (self.speed * factor).clamp(SPEEDS[0], SPEEDS[1]),
            Action::NormalSpeed => self.speed = 1.0,
            Action::AudioDelay(milliseconds) => {
                self.delay = self.delay + Time::from_nanoseconds(i64::from(milliseconds) * 1_000_000);
            }
            Action::Night => self.night = !self.night,
            _ => return false,
        }
        true
    }

    /// Tells the sound, which is to be played `pace` times as fast as the viewer wants.
    fn apply(&self, sound: &Sound, pace: f64) {
        sound.set_gain(self.gain());
        sound.set_speed(self.speed * pace);
        sound.set_delay(self.delay);
        sound.set_night(self.night);
    }
}

/// What a player has of sound.
pub(super) struct Heard {
    /// None: everything is silent.
    pub(super) listener: Option<Listener>,
    levels: SoundLevels,
    /// How much faster it is played than the viewer wants.
    pace: f64,
}

impl Heard {
    pub(super) fn new(sound: Option<Sound>, levels: SoundLevels) -> Self {
        if let Some(sound) = &sound {
            levels.apply(sound, 1.0);
        }
        Self { listener: sound.map(Listener::new), levels, pace: 1.0 }
    }

    pub(super) fn act(&mut self, action: Action) {
        if self.levels.act(action)
            && let Some(listener) = &self.listener
        {
            self.levels.apply(listener.sound(), self.pace);
        }
    }
}

impl<P: Playlist> Player<P> {
    /// How sound is heard; none where everything is silent.
    pub fn sound_levels(&self) -> Option<SoundLevels> {
        self.heard.listener.as_ref().map(|_| self.heard.levels)
    }

    /// How sound is heard, or would be.
    pub(super) fn levels(&self) -> SoundLevels {
        self.heard.levels
    }

    /// How loud the film is; none where nothing of it can be heard.
    pub fn volume(&self) -> Option<VolumeModel> {
        let SoundLevels { volume, volume_max, mute, .. } = self.heard.levels;
        self.track().map(|_| VolumeModel { volume: volume as f32, most: volume_max as f32, mute })
    }

    /// How fast the film is played.
    pub fn speed(&self) -> f64 {
        self.heard.levels.speed
    }

    /// How the film is heard, in a few words; none where that is as usual.
    pub fn describe_sound(&self) -> Option<String> {
        let levels = &self.heard.levels;
        let mut words = Vec::new();
        if (levels.speed - 1.0).abs() > 1e-6 {
            words.push(format!("{:.2}×", levels.speed));
        }
        if self.track().is_some() {
            match levels {
                SoundLevels { mute: true, .. } => words.push("muted".to_owned()),
                SoundLevels { volume, .. } if (volume - 100.0).abs() > 1e-6 => {
                    words.push(format!("volume {volume:.0} %"));
                }
                _ => {}
            }
            if levels.delay != Time::ZERO {
                words.push(format!("sound {:+.1} s", levels.delay.seconds()));
            }
            if levels.night {
                words.push("night mode".to_owned());
            }
        }
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// The number of the film's track of sound, where there is anything to hear it.
    fn track(&self) -> Option<u32> {
        self.heard.listener.as_ref().and(self.film.as_ref()?.sound())
    }

    /// Film time is to run: at once, or from the film's first sound on.
    pub(super) fn run_clock(&mut self, now: Instant) {
        let track = self.track();
        match &mut self.heard.listener {
            Some(listener) if track.is_some() => {
                if !listener.is_running() {
                    // What the device was given before a pause may still be heard: then it goes on from there.
                    let film = (!self.clock.is_running()).then(|| self.clock.time(now));
                    listener.go(film);
                }
            }
            _ => self.clock.start(now),
        }
    }

    /// Film time is to stand: at once, or when what the device was given has been heard.
    pub(super) fn stop_clock(&mut self, now: Instant) {
        let track = self.track();
        match &mut self.heard.listener {
            Some(listener) if track.is_some() && listener.is_running() => listener.hold(),
            Some(_) if track.is_some() => {}
            _ => self.clock.stop(now),
        }
    }

    /// Brings film time to what is heard. True while it waits for something to be heard.
    pub(super) fn listen(&mut self, now: Instant) -> bool {
        let track = self.track();
        let speed = self.heard.levels.speed * self.heard.pace;
        let Some(listener) = &mut self.heard.listener else {
            self.set_rate(speed, now);
            return false;
        };
        let Some(track) = track else {
            listener.select(StreamId::default());
            self.set_rate(speed, now);
            return false;
        };
        let running = self.clock.is_running();
        let stream = StreamId::new(track, self.epoch);
        // Where film time runs already, another audio track has been chosen.
        match running {
            true => listener.join(stream),
            false => listener.select(stream),
        }
        let film = running.then(|| self.clock.time(now));
        match listener.hear(now, film) {
            Hearing::Film { time, speed } if speed > 0.0 => {
                if !running && listener.is_running() {
                    self.clock.set_rate(speed, now);
                    self.clock.stand(time);
                    self.clock.start(now);
                } else if running {
                    listener.follow(&mut self.clock, time, speed, now);
                }
            }
            Hearing::Film { time, .. } => {
                if running && !listener.is_running() {
                    self.clock.stand(time);
                }
            }
            Hearing::Soon => {}
            Hearing::Nothing => {
                let listening = listener.is_running();
                self.set_rate(speed, now);
                if listening {
                    self.clock.start(now);
                } else {
                    self.clock.stop(now);
                }
            }
        }
        let listening = self.heard.listener.as_ref().is_some_and(Listener::is_running);
        listening != self.clock.is_running()
    }

    /// From now on it is played so many times as fast as the viewer wants.
    pub(super) fn set_pace(&mut self, pace: f64) {
        let Heard { listener, levels, pace: before } = &mut self.heard;
        if (std::mem::replace(before, pace) - pace).abs() > 1e-9
            && let Some(listener) = listener
        {
            levels.apply(listener.sound(), pace);
        }
    }

    fn set_rate(&mut self, rate: f64, now: Instant) {
        if (self.clock.rate() - rate).abs() > 1e-9 {
            self.clock.set_rate(rate, now);
        }
    }

    /// Film time at the first picture after a seek, whose own time is `pts`. Sound begins exactly at the place sought, and so does film time then.
    pub(super) fn first_time(&self, pts: Time, now: Instant) -> Time {
        let sought = self.clock.time(now);
        if self.clock.is_running() {
            // Its sound has followed that of the film before without a break.
            return sought;
        }
        let astray = pts - sought > ASTRAY || sought - pts > ASTRAY;
        if self.track().is_none() || astray || !self.phase.is_seeking() {
            return pts;
        }
        pts.min(sought)
    }

    /// When all sound of the film will have been heard, in film time; `None` where it need not be waited for.
    pub(super) fn sound_end(&self) -> SoundEnd {
        let Some(listener) = self.heard.listener.as_ref().filter(|_| self.track().is_some()) else {
            return SoundEnd::None;
        };
        match listener.end() {
            _ if !listener.is_heard() => SoundEnd::None,
            Some(end) => SoundEnd::At(end + self.heard.levels.delay),
            None => SoundEnd::Open,
        }
    }
}

/// What is known of the end of a film's sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum SoundEnd {
    /// There is none to be heard.
    None,
    /// There will be more.
    Open,
    /// In film time.
    At(Time),
}
