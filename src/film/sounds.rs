//! The sound thread: packets ─► decoder and mixer ─► ring S, exactly from the place sought on.

use std::thread;
use std::time::Duration;

use super::control::Control;
use crate::media::audio::{Mix, Mixed, SoundDecoder};
use crate::media::{SoundPackets, SoundRead};
use crate::sound::{Format, Pushed, Samples, Track};
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
    Mix { rate: format.rate, channels: format.channels, speed, night }
}

/// Sound on its way from the packets to the ring.
pub(super) struct Sounds {
    packets: SoundPackets,
    decoder: SoundDecoder,
    track: Track,
    control: Control,
    epoch: u32,
    target: Time,
}

impl Sounds {
    pub(super) fn new(packets: SoundPackets, decoder: SoundDecoder, track: Track, control: Control) -> Self {
        Self { packets, decoder, track, control, epoch: 0, target: Time::ZERO }
    }

    /// Runs until stopped or until the source is gone.
    pub(super) fn run(mut self) {
        while !self.control.stopped() {
            match self.packets.next(PACKETS) {
                SoundRead::Packet { packet, epoch } => {
                    if epoch != self.epoch {
                        self.seek(epoch, self.target);
                    }
                    let time = packet.pts().or(packet.dts()).map(|ticks| {
                        let (numerator, denominator) = self.packets.time_base();
                        Time::from_ticks(ticks, numerator, denominator) - self.packets.origin()
                    });
                    if self.wait_for_device(time) {
                        self.decoder.send(&packet);
                        self.give();
                    }
                }
                SoundRead::Sought { epoch, target } => self.seek(epoch, target),
                SoundRead::End { epoch } => {
                    if epoch == self.epoch {
                        self.decoder.end();
                        self.give();
                        self.track.end(epoch, self.decoder.reached().unwrap_or(self.target));
                    }
                }
                SoundRead::Yet => {}
                SoundRead::Over => break,
            }
        }
        // Nobody is to wait for more.
        self.track.end(self.epoch, self.decoder.reached().unwrap_or(self.target));
    }

    fn seek(&mut self, epoch: u32, target: Time) {
        self.epoch = epoch;
        let mut from = self.control.sound_from(epoch, target);
        while from.is_none() && self.is_wanted() {
            thread::sleep(ROOM);
            from = self.control.sound_from(epoch, target);
        }
        self.target = from.unwrap_or(target);
        self.decoder.seek(self.target);
    }

    /// Whether what is made now may still be heard.
    fn is_wanted(&self) -> bool {
        !self.control.stopped() && self.control.epoch() == self.epoch
    }

    /// Where there is no device, waits until one comes (true) or film time has come to `time`: then the packet is of no use.
    fn wait_for_device(&mut self, time: Option<Time>) -> bool {
        while self.is_wanted() {
            if let Some(format) = self.track.format() {
                self.decoder.set_mix(mix(&self.track, format));
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
    fn give(&mut self) {
        while let Some(mixed) = self.decoder.receive() {
            if !self.is_wanted() {
                return;
            }
            if let Some(format) = self.push(&mixed) {
                self.decoder.set_mix(mix(&self.track, format));
            }
        }
    }

    /// Puts samples into the ring, as there is room; says what the device wants then, if there is one.
    fn push(&self, mixed: &Mixed) -> Option<Format> {
        let Mixed { mix, samples, .. } = mixed;
        let format = Format { rate: mix.rate, channels: mix.channels };
        let channels = usize::from(mix.channels.max(1));
        let (mut done, mut joined) = (0, mixed.joined);
        while done * channels < samples.len() && self.is_wanted() {
            let film = mixed.film + Time::from_seconds(format.seconds(done as u64) * mix.speed);
            let rest = Samples { film, speed: mix.speed, joined, format, samples: &samples[done * channels..] };
            match self.track.push(self.epoch, &rest) {
                Pushed::Frames(frames) => (done, joined) = (done + frames, true),
                Pushed::Later => thread::sleep(ROOM),
                // What was made for a device that is gone is lost.
                Pushed::Other(wanted) => return wanted,
            }
        }
        Some(format)
    }
}
