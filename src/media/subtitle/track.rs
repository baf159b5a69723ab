//! A subtitle track: its packets decoded to cues, which are kept, and what of them is seen at a time.

use std::sync::Arc;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::AVCodecID;
use ffmpeg_next::packet::Packet;

use super::decoder::Decoder;
use super::drawn::Drawn;
use super::lines::{Lines, UNKNOWN};
use super::pictures::Pictures;
use super::scale::scaled;
use crate::media::error::MediaError;
use crate::media::{Font, SubtitleTrack};
use crate::overlay::Area;
use crate::subtitle::Settings;
use crate::time::Time;

enum Cues {
    Lines(Box<Lines>),
    Pictures(Pictures),
}

/// A track that can be shown. One thread owns it.
pub struct Track {
    decoder: Decoder,
    cues: Cues,
    fonts: Arc<[Font]>,
    /// What was drawn last of pictures, when they began, and for whom.
    last: Option<(Time, Area, Arc<Drawn>)>,
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
        fonts: &Arc<[Font]>,
        film: [u32; 2],
        location: &str,
    ) -> Result<Self, MediaError> {
        Self::of((track.parameters.clone(), track.time_base), origin, fonts, film, location)
    }

    pub(super) fn of(
        (parameters, time_base): (codec::Parameters, (i32, i32)),
        origin: Time,
        fonts: &Arc<[Font]>,
        film: [u32; 2],
        location: &str,
    ) -> Result<Self, MediaError> {
        let styled = matches!(parameters.id().into(), AVCodecID::AV_CODEC_ID_ASS | AVCodecID::AV_CODEC_ID_SSA);
        let decoder = Decoder::new(parameters, time_base, origin, location)?;
        let cues = match decoder.header() {
            Some(head) => Cues::Lines(Box::new(Lines::new(head, styled))),
            None => Cues::Pictures(Pictures::default()),
        };
        Ok(Self { decoder, cues, fonts: Arc::clone(fonts), last: None, film, location: location.to_owned() })
    }

    /// Takes a packet of it; the span of film time that what is in it is seen, where it is something new.
    pub fn take(&mut self, packet: &Packet) -> Option<(Time, Time)> {
        let mut span: Option<(Time, Time)> = None;
        for cue in self.decoder.decode(packet) {
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

    /// When the first cue begins after `time`, of those that are known.
    pub fn next(&self, time: Time) -> Option<Time> {
        match &self.cues {
            Cues::Lines(lines) => lines.next(time),
            Cues::Pictures(pictures) => pictures.next(time),
        }
    }

    /// What is seen of it at `time`.
    pub(super) fn draw(&mut self, time: Time, area: Area, settings: &Settings) -> Arc<Drawn> {
        let pictures = match &mut self.cues {
            Cues::Lines(lines) => {
                return lines.draw(time, area, (self.film, &self.fonts), settings, &self.location);
            }
            Cues::Pictures(pictures) => pictures,
        };
        let Some((pictures, start)) = pictures.at(time) else { return Arc::default() };
        if let Some((begun, seen, drawn)) = &self.last
            && *begun == start
            && *seen == area
        {
            return Arc::clone(drawn);
        }
        let bitmap = |picture| scaled(picture, picture.canvas.unwrap_or(self.film), area.size);
        // Its end may not be known yet, which must not make it another one later.
        let drawn = Drawn { bitmaps: pictures.iter().filter_map(bitmap).collect(), cues: vec![(start, start)] };
        let drawn = Arc::new(drawn);
        self.last = Some((start, area, Arc::clone(&drawn)));
        drawn
    }
}
