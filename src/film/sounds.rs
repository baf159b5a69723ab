//! The sound thread: packets ─► decoder and mixer ─► ring S, exactly from the place sought on.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::control::Control;
use super::desk::{Desk, Wish};
use crate::media::audio::{Mix, Mixed, SoundDecoder};
use crate::media::{ReplayGainOptions, SoundPackets, SoundRead};
use crate::sound::{Format, Pushed, Samples, Sound, Track};
use crate::time::Time;

/// How long packets are waited for before it is looked whether anything else has changed.
const PACKETS: Duration = Duration::from_millis(50);
/// How soon to look again for room in the ring: it holds thirty times as much.
const ROOM: Duration = Duration::from_millis(10);
/// How far ahead of film time packets are thrown away while there is no device, so that sound is there soon when one comes.
const AHEAD: Time = Time::from_nanoseconds(500_000_000);

/// What sound is made into for a device, as the viewer has it.
fn mix(track: &Track, format: Format) -> Mix {
    let (speed, night) = track.wishes();
    Mix { rate: format.rate, channels: format.channels, speed, night, in_room: track.is_in_room() }
}

/// Where sound goes, and how loud.
#[derive(Debug, Clone)]
pub(super) struct SoundOutput {
    pub(super) sound: Sound,
    pub(super) replay_gain: ReplayGainOptions,
}

/// A track that plays.
pub(super) struct Playing {
    packets: SoundPackets,
    decoder: SoundDecoder,
    track: Track,
    /// What its samples are multiplied by.
    factor: f32,
    /// It was chosen while the film played: it is wanted from there on and not from an earlier key frame.
    joins: Option<Time>,
}

impl Playing {
    /// That of `packets`. One that cannot be decoded is told, and is none.
    pub(super) fn new(packets: SoundPackets, output: &SoundOutput) -> Option<Self> {
        let usual = Mix { rate: 48_000, channels: 2, speed: 1.0, night: false, in_room: false };
        match SoundDecoder::new(&packets, usual, &packets.location()) {
            Ok(decoder) => {
                let factor = output.replay_gain.factor(packets.replay_gain().as_ref());
                Some(Self { packets, decoder, track: output.sound.track(), factor, joins: None })
            }
            Err(error) => {
                tracing::warn!("{error}; it plays without sound");
                None
            }
        }
    }

    /// The number of its way to the device.
    pub(super) fn number(&self) -> u32 {
        self.track.number()
    }
}

/// Sound on its way from the packets to the ring.
pub(super) struct Sounds {
    playing: Option<Playing>,
    output: SoundOutput,
    desk: Arc<Desk>,
    control: Control,
    epoch: u32,
    target: Time,
}

impl Sounds {
    pub(super) fn new(playing: Option<Playing>, output: SoundOutput, desk: Arc<Desk>, control: Control) -> Self {
        Self { playing, output, desk, control, epoch: 0, target: Time::ZERO }
    }

    /// Runs until stopped or until the source is gone.
    pub(super) fn run(mut self) {
        while !self.control.stopped() {
            let patience = if self.playing.is_some() { Duration::ZERO } else { PACKETS };
            match self.desk.take(patience) {
                Some(Wish::Track(packets, film)) => {
                    self.playing = Playing::new(*packets, &self.output);
                    if let Some(playing) = &mut self.playing {
                        playing.joins = Some(film);
                    }
                    self.desk.set_heard(self.playing.as_ref().map(Playing::number));
                }
                Some(Wish::Nothing) => {
                    self.playing = None;
                    self.desk.set_heard(None);
                }
                None => {}
            }
            if let Some(playing) = self.playing.take() {
                self.playing = self.play(playing);
            }
        }
        // Nobody is to wait for more.
        if let Some(playing) = &self.playing {
            playing.track.end(self.epoch, playing.decoder.reached().unwrap_or(self.target));
        }
    }

    /// Takes what comes next of it. It is given back unless it is over.
    fn play(&mut self, mut playing: Playing) -> Option<Playing> {
        match playing.packets.next(PACKETS) {
            SoundRead::Packet { packet, epoch } => {
                if epoch != self.epoch {
                    self.seek(&mut playing, epoch, self.target);
                }
                let time = packet.pts().or(packet.dts()).map(|ticks| {
                    let (numerator, denominator) = playing.packets.time_base();
                    Time::from_ticks(ticks, numerator, denominator) - playing.packets.origin()
                });
                if self.wait_for_device(&mut playing, time) {
                    playing.decoder.send(&packet);
                    self.give(&mut playing);
                }
            }
            SoundRead::Sought { epoch, target } => self.seek(&mut playing, epoch, target),
            SoundRead::End { epoch } => {
                if epoch == self.epoch {
                    playing.decoder.end();
                    self.give(&mut playing);
                    playing.track.end(epoch, playing.decoder.reached().unwrap_or(self.target));
                }
            }
            SoundRead::Yet => {}
            SoundRead::Over => {
                playing.track.end(self.epoch, playing.decoder.reached().unwrap_or(self.target));
                return None;
            }
        }
        Some(playing)
    }

    fn seek(&mut self, playing: &mut Playing, epoch: u32, target: Time) {
        self.epoch = epoch;
        let joins = playing.joins.take().filter(|film| *film == target);
        let mut from = joins.or_else(|| self.control.sound_from(epoch, target));
        while from.is_none() && self.is_wanted() {
            thread::sleep(ROOM);
            from = self.control.sound_from(epoch, target);
        }
        self.target = from.unwrap_or(target);
        playing.decoder.seek(self.target);
    }

    /// Whether what is made now may still be heard.
    fn is_wanted(&self) -> bool {
        !self.control.stopped() && self.control.epoch() == self.epoch && !self.desk.is_told()
    }

    /// Where there is no device, waits until one comes (true) or film time has come to `time`: then the packet is of no use.
    fn wait_for_device(&self, playing: &mut Playing, time: Option<Time>) -> bool {
        while self.is_wanted() {
            if let Some(format) = playing.track.format() {
                playing.decoder.set_mix(mix(&playing.track, format));
                return true;
            }
            let passed = time.is_none_or(|time| self.control.now().is_some_and(|now| time < now + AHEAD));
            if passed {
                return false;
            }
            thread::sleep(ROOM);
        }
        false
    }

    /// Moves what the decoder has ready into the ring.
    fn give(&self, playing: &mut Playing) {
        while let Some(mut mixed) = playing.decoder.receive() {
            if !self.is_wanted() {
                return;
            }
            mixed.samples.iter_mut().for_each(|sample| *sample *= playing.factor);
            if let Some(format) = self.push(&playing.track, &mixed) {
                playing.decoder.set_mix(mix(&playing.track, format));
            }
        }
    }

    /// Puts samples into the ring, as there is room; says what the device wants then, if there is one.
    fn push(&self, track: &Track, mixed: &Mixed) -> Option<Format> {
        let Mixed { mix, samples, .. } = mixed;
        let format = Format { rate: mix.rate, channels: mix.channels };
        let channels = usize::from(mix.channels.max(1));
        let (mut done, mut joined) = (0, mixed.joined);
        while done * channels < samples.len() && self.is_wanted() {
            let film = mixed.film + Time::from_seconds(format.seconds(done as u64) * mix.speed);
            let rest = Samples { film, speed: mix.speed, joined, format, samples: &samples[done * channels..] };
            match track.push(self.epoch, &rest) {
                Pushed::Frames(frames) => (done, joined) = (done + frames, true),
                Pushed::Later => thread::sleep(ROOM),
                // What was made for a device that is gone is lost.
                Pushed::Other(wanted) => return wanted,
            }
        }
        Some(format)
    }
}
