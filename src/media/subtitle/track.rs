//! A subtitle track: its packets decoded to cues, which are kept, and what of them is seen at a time.

use std::sync::Arc;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::AVCodecID;
use ffmpeg_next::packet::Packet;

use super::cue::Cue;
use super::decoder::Decoder;
use super::drawn::Drawn;
use super::fonts::Fonts;
use super::lines::{Lines, UNKNOWN};
use super::pictures::Pictures;
use super::scale::scaled;
use super::timing::step;
use crate::media::SubtitleTrack;
use crate::media::error::MediaError;
use crate::overlay::Area;
use crate::subtitle::Settings;
use crate::time::Time;

/// Of a file's pictures those are decoded that are seen up to so long after a picture; and, where one goes elsewhere, from so long before it on, as they
/// build on each other.
const AHEAD: Time = Time::from_nanoseconds(5_000_000_000);
const BEFORE: Time = Time::from_nanoseconds(60_000_000_000);

enum Cues {
    Lines(Box<Lines>),
    Pictures(Pictures),
}

/// The packets of a file's pictures, which take far less room than the pictures, in the order of their times.
#[derive(Default)]
struct Stock {
    packets: Vec<(Time, Packet)>,
    /// The next to be decoded.
    next: usize,
}

/// A track that can be shown. One thread owns it.
pub struct Track {
    decoder: Decoder,
    /// For packets from before what is read, where there may be any.
    earlier: Option<Decoder>,
    cues: Cues,
    stock: Stock,
    fonts: Fonts,
    /// What was drawn last of pictures, when they began, and for whom.
    last: Option<(Time, Area, bool, Arc<Drawn>)>,
    film: [u32; 2],
    location: String,
}

impl Track {
    /// A track of the film `location`, whose pictures have the size `film`; `origin` is the container's clock at film time zero.
    ///
    /// # Errors
    /// This FFmpeg cannot decode it.
    pub fn new(
        track: &SubtitleTrack,
        origin: Time,
        fonts: &Fonts,
        film: [u32; 2],
        location: &str,
    ) -> Result<Self, MediaError> {
        let coded = (track.parameters.clone(), track.time_base);
        let earlier = Decoder::new(coded.0.clone(), coded.1, origin, location)?;
        Ok(Self { earlier: Some(earlier), ..Self::of(coded, origin, fonts, film, location)? })
    }

    pub(super) fn of(
        (parameters, time_base): (codec::Parameters, (i32, i32)),
        origin: Time,
        fonts: &Fonts,
        film: [u32; 2],
        location: &str,
    ) -> Result<Self, MediaError> {
        let styled = matches!(parameters.id().into(), AVCodecID::AV_CODEC_ID_ASS | AVCodecID::AV_CODEC_ID_SSA);
        let decoder = Decoder::new(parameters, time_base, origin, location)?;
        let cues = match decoder.header() {
            Some(head) => Cues::Lines(Box::new(Lines::new(&head, styled, location))),
            None => Cues::Pictures(Pictures::default()),
        };
        let stock = Stock::default();
        let (fonts, location) = (fonts.clone(), location.to_owned());
        Ok(Self { decoder, earlier: None, cues, stock, fonts, last: None, film, location })
    }

    /// With all of these packets, which are those of a file.
    pub(super) fn with(mut self, packets: Vec<Packet>) -> Self {
        if matches!(self.cues, Cues::Lines(_)) {
            // Each is freed when it is taken. In files a line of no length is one.
            for packet in packets.into_iter().filter(|packet| packet.duration() != 0) {
                self.take(&packet);
            }
        } else {
            let time = |packet: &Packet| self.decoder.time(packet);
            self.stock.packets = packets.into_iter().filter_map(|packet| Some((time(&packet)?, packet))).collect();
            self.stock.packets.sort_by_key(|(time, _)| *time);
        }
        self
    }

    /// Decodes what is seen soon of a file's pictures.
    fn decode_near(&mut self, time: Time) {
        let place = |time: Time| self.stock.packets.partition_point(|(other, _)| *other < time);
        let (from, to) = (place(time - BEFORE), place(time + AHEAD));
        if self.stock.next < from || self.stock.next > to {
            self.decoder.flush();
            self.stock.next = from;
        }
        let packets = std::mem::take(&mut self.stock.packets);
        for (_, packet) in packets.get(self.stock.next..to).unwrap_or_default() {
            self.take(packet);
        }
        self.stock = Stock { packets, next: to };
    }

    /// Takes a packet of it; the span of film time that what is in it is seen, where it is something new.
    pub fn take(&mut self, packet: &Packet) -> Option<(Time, Time)> {
        let cues = self.decoder.decode(packet);
        self.add(cues)
    }

    /// The same of one from before what is read.
    pub fn take_earlier(&mut self, packet: &Packet) -> Option<(Time, Time)> {
        let mut cues = self.earlier.as_mut().map(|decoder| decoder.decode(packet)).unwrap_or_default();
        if let Cues::Lines(_) = self.cues {
            // The one that ends it may not be known, and what is known already does not.
            cues.iter_mut().for_each(|cue| cue.end = cue.end.or(Some(cue.start + UNKNOWN)));
        }
        self.add(cues)
    }

    fn add(&mut self, cues: Vec<Cue>) -> Option<(Time, Time)> {
        let mut span: Option<(Time, Time)> = None;
        for cue in cues {
            let (start, end) = (cue.start, cue.end.unwrap_or(cue.start + UNKNOWN));
            let new = match &mut self.cues {
                Cues::Lines(lines) => lines.add(cue, &self.location),
                Cues::Pictures(pictures) => {
                    pictures.add(cue);
                    self.last = None;
                    true
                }
            };
            if new {
                span = Some(span.map_or((start, end), |(from, to)| (from.min(start), to.max(end))));
            }
        }
        span
    }

    /// What comes is from elsewhere.
    pub fn flush(&mut self) {
        self.decoder.flush();
    }

    /// The same of what is from before what is read.
    pub fn flush_earlier(&mut self) {
        if let Some(decoder) = &mut self.earlier {
            decoder.flush();
        }
    }

    /// When the first cue begins after `time`, of those that are known.
    pub fn next(&self, time: Time) -> Option<Time> {
        match &self.cues {
            Cues::Lines(lines) => lines.next(time),
            Cues::Pictures(pictures) => pictures.next(time),
        }
    }

    /// When the cue begins that is so many on from `time`, or back, of those that are known; the one that is seen at 0.
    pub fn step(&self, time: Time, skip: i32) -> Option<Time> {
        match &self.cues {
            Cues::Lines(lines) => step(lines.all(), time, skip),
            Cues::Pictures(pictures) => step(pictures.all(), time, skip),
        }
    }

    /// What is seen of it at `time`.
    pub(super) fn draw(&mut self, time: Time, area: Area, settings: &Settings) -> Arc<Drawn> {
        self.decode_near(time);
        let pictures = match &mut self.cues {
            Cues::Lines(lines) => {
                return lines.draw(time, area, (self.film, &self.fonts), settings, &self.location);
            }
            Cues::Pictures(pictures) => pictures,
        };
        let Some((pictures, start)) = pictures.at(time) else { return Arc::default() };
        let forced = settings.forced_only;
        if let Some((begun, seen, only, drawn)) = &self.last
            && (*begun, *seen, *only) == (start, area, forced)
        {
            return Arc::clone(drawn);
        }
        let bitmap = |picture| scaled(picture, picture.canvas.unwrap_or(self.film), area.size);
        // Its end may not be known yet, which must not make it another one later.
        let drawn = Drawn {
            bitmaps: pictures.iter().filter(|picture| picture.forced || !forced).filter_map(bitmap).collect(),
            cues: vec![(start, start)],
        };
        let drawn = Arc::new(drawn);
        self.last = Some((start, area, forced, Arc::clone(&drawn)));
        drawn
    }
}
