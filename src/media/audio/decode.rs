//! The decoder of a track of sound, and what becomes of its frames: one stream of samples with film times, exactly from the place sought on.

use ffmpeg_next::Error;
use ffmpeg_next::codec::{self, decoder};
use ffmpeg_next::frame::Audio;
use ffmpeg_next::packet::Packet;

use super::mixer::{Mix, Mixer};
use super::shape::Shape;
use crate::media::SoundPackets;
use crate::media::error::MediaError;
use crate::media::version::ffmpeg_version;
use crate::time::Time;

/// A frame whose time is this far from the end of the one before lies elsewhere: there is a gap, or something twice.
const BREAK: Time = Time::from_nanoseconds(20_000_000);
/// One that is not is moved by so much at most: containers round times, and their clocks drift.
const NUDGE: Time = Time::from_nanoseconds(100_000);

/// Samples as they were wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixed {
    /// Film time of the first.
    pub film: Time,
    /// They go on where those before ended.
    pub joined: bool,
    /// What they were made into.
    pub mix: Mix,
    /// Interleaved.
    pub samples: Vec<f32>,
}

/// Packets in, samples out. One thread owns it.
pub struct SoundDecoder {
    decoder: decoder::Audio,
    time_base: (i32, i32),
    origin: Time,
    mix: Mix,
    mixer: Option<Mixer>,
    /// A frame that has to wait until the mixer of those before is empty.
    waiting: Option<(Audio, Shape, Time)>,
    /// Film time of the end of the frame before.
    reached: Option<Time>,
    /// What is before is not wanted.
    target: Option<Time>,
    /// The next samples do not go on where those before ended.
    fresh: bool,
    ended: bool,
    told: bool,
    damaged: u64,
}

impl SoundDecoder {
    /// A decoder of that track, which is `location`'s.
    ///
    /// # Errors
    /// This FFmpeg cannot decode it.
    pub fn new(packets: &SoundPackets, mix: Mix, location: &str) -> Result<Self, MediaError> {
        let name = || packets.parameters().id().name().to_owned();
        let Some(codec) = packets.decoder() else {
            let (location, ffmpeg) = (location.to_owned(), ffmpeg_version().version);
            return Err(MediaError::UnsupportedCodec { location, codec: name(), ffmpeg });
        };
        let failed = |error: Error| MediaError::Ffmpeg {
            location: location.to_owned(),
            action: "opening the decoder of its sound",
            reason: error.to_string(),
        };
        let mut decoder = codec::Context::from_parameters(packets.parameters()).map_err(failed)?.decoder();
        let time_base = packets.time_base();
        decoder.set_packet_time_base(time_base);
        let decoder = decoder.open_as(codec).and_then(decoder::Opened::audio).map_err(failed)?;
        Ok(Self {
            decoder,
            time_base,
            origin: packets.origin(),
            mix,
            mixer: None,
            waiting: None,
            reached: None,
            target: None,
            fresh: true,
            ended: false,
            told: false,
            damaged: 0,
        })
    }

    /// What comes from now on is made into this.
    pub fn set_mix(&mut self, mix: Mix) {
        self.mix = mix;
    }

    /// What went in is void; what comes is wanted from `target` on.
    pub fn seek(&mut self, target: Time) {
        self.decoder.flush();
        (self.mixer, self.waiting, self.reached) = (None, None, None);
        (self.target, self.fresh, self.ended) = (Some(target), true, false);
    }

    /// Puts a packet in; [`SoundDecoder::receive`] until there is none before the next. What cannot be decoded is passed over.
    pub fn send(&mut self, packet: &Packet) {
        if std::mem::take(&mut self.ended) {
            self.decoder.flush();
        }
        if let Err(error) = self.decoder.send_packet(packet) {
            self.note_damage(error);
        }
    }

    /// There is no more for now: what is inside is let out.
    pub fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true)
            && let Err(error) = self.decoder.send_eof()
        {
            tracing::debug!("sound could not be finished: {error}");
        }
    }

    fn note_damage(&mut self, error: Error) {
        self.damaged += 1;
        tracing::debug!("sound cannot be decoded here: {error}");
    }

    /// Film time of the end of what has been decoded, where anything has.
    pub fn reached(&self) -> Option<Time> {
        self.reached
    }

    /// The next samples that are ready.
    pub fn receive(&mut self) -> Option<Mixed> {
        loop {
            if let Some(mixed) = self.mixed() {
                if mixed.samples.is_empty() {
                    continue;
                }
                return Some(mixed);
            }
            if self.mixer.as_ref().is_some_and(Mixer::is_finished) {
                self.mixer = None;
            }
            let next = self.waiting.take().or_else(|| self.decoded());
            let Some((mut frame, shape, film)) = next else {
                match &mut self.mixer {
                    Some(mixer) if self.ended => mixer.finish(),
                    _ => return None,
                }
                continue;
            };
            match &mut self.mixer {
                Some(mixer) if mixer.fits(&shape, &self.mix) => {
                    if let Err(error) = mixer.send(&mut frame, film) {
                        self.note_damage(error);
                    }
                }
                Some(mixer) => {
                    mixer.finish();
                    self.waiting = Some((frame, shape, film));
                }
                None => match Mixer::new(shape.clone(), self.mix) {
                    Ok(mixer) => {
                        (self.mixer, self.fresh) = (Some(mixer), true);
                        self.waiting = Some((frame, shape, film));
                    }
                    Err(error) => self.tell(&format!("{} channels at {} Hz: {error}", shape.channels, shape.rate)),
                },
            }
        }
    }

    fn tell(&mut self, what: &str) {
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!("the sound cannot be played in part: {what}");
        }
    }

    /// What the mixer has ready, without what lies before the place sought.
    fn mixed(&mut self) -> Option<Mixed> {
        let mixer = self.mixer.as_mut()?;
        let (mut film, mut samples) = mixer.receive()?;
        let mix = mixer.mix();
        let seconds = mix.speed / f64::from(mix.rate.max(1));
        if let Some(target) = self.target.filter(|target| film < *target) {
            let channels = usize::from(mix.channels.max(1));
            let before = (((target - film).seconds() / seconds).ceil() as usize).min(samples.len() / channels);
            samples.drain(..before * channels);
            film = film + Time::from_seconds(before as f64 * seconds);
        }
        let joined = samples.is_empty() || !std::mem::take(&mut self.fresh);
        Some(Mixed { film, joined, mix, samples })
    }

    /// The next frame of the decoder that is wanted, with the film time of its first sample.
    fn decoded(&mut self) -> Option<(Audio, Shape, Time)> {
        loop {
            let mut frame = Audio::empty();
            if let Err(error) = self.decoder.receive_frame(&mut frame) {
                // What wants another packet, or is at its end, is no damage.
                let waits = matches!(error, Error::Eof | Error::Other { errno: libc::EAGAIN });
                if !waits {
                    self.note_damage(error);
                }
                return None;
            }
            let stamp = frame.timestamp().or(frame.pts());
            let Some(shape) = Shape::of(&mut frame) else {
                self.tell("it says nothing of its rate or its channels");
                continue;
            };
            let film = self.place(stamp.map(|ticks| self.film_time(ticks)));
            if self.reached.is_some_and(|reached| film != reached)
                && let Some(reached) = self.reached
                && (film - reached > BREAK || reached - film > BREAK)
                && let Some(mixer) = &mut self.mixer
            {
                mixer.finish();
            }
            let end = film + Time::from_ticks(frame.samples() as i64, 1, shape.rate);
            self.reached = Some(end);
            if self.target.is_some_and(|target| end <= target) {
                continue;
            }
            return Some((frame, shape, film));
        }
    }

    fn film_time(&self, ticks: i64) -> Time {
        Time::from_ticks(ticks, self.time_base.0, self.time_base.1) - self.origin
    }

    /// Where a frame lies that says it is at `film`.
    fn place(&self, film: Option<Time>) -> Time {
        match (film, self.reached) {
            (Some(film), Some(reached)) => {
                let off = film - reached;
                if off > BREAK || off < Time::ZERO - BREAK {
                    film
                } else {
                    reached + off.clamp(Time::ZERO - NUDGE, NUDGE)
                }
            }
            (Some(film), None) => film,
            (None, reached) => reached.or(self.target).unwrap_or(Time::ZERO),
        }
    }
}
