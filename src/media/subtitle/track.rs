//! A subtitle track: its packets decoded to cues, which are kept, and what of them is seen at a time.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::AVCodecID;
use ffmpeg_next::packet::Packet;

use super::cue::{Body, Cue};
use super::decoder::Decoder;
use super::drawing::Drawing;
use super::header::styled;
use super::pictures::Pictures;
use super::scale::scaled;
use crate::media::error::MediaError;
use crate::media::{Font, SubtitleTrack};
use crate::overlay::{Area, Bitmap};
use crate::subtitle::{Settings, Style};
use crate::time::Time;

/// Lines that are kept, and how many bytes of them.
const MOST_LINES: usize = 1_000_000;
const MOST_BYTES: usize = 128 << 20;
/// A line whose end is not known is seen for so long where no other follows.
const UNKNOWN: Time = Time::from_nanoseconds(10_000_000_000);

/// libass counts milliseconds.
const MOMENT: Time = Time::from_nanoseconds(1_000_000);

/// What is seen of a track at a time.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) bitmaps: Vec<Bitmap>,
    /// Beginnings and ends of the cues that they are of.
    pub(super) cues: Vec<(Time, Time)>,
}

/// A line with its time.
struct Line {
    start: Time,
    end: Option<Time>,
    text: String,
}

/// The lines of a track.
struct Lines {
    head: Vec<u8>,
    /// It brings its own styles.
    styled: bool,
    all: Vec<Line>,
    bytes: usize,
    /// What there is already: a place that is gone to again gives it once more.
    known: HashSet<u64>,
    drawing: Option<Drawing>,
    /// How many of them the drawing has, and the style it was made with.
    drawn: usize,
    style: Option<Style>,
    full: bool,
}

enum Cues {
    Lines(Box<Lines>),
    Pictures(Pictures),
}

/// A track that can be shown. One thread owns it.
pub struct Track {
    decoder: Decoder,
    cues: Cues,
    fonts: Arc<[Font]>,
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
            Some(head) => Cues::Lines(Box::new(Lines {
                head,
                styled,
                all: Vec::new(),
                bytes: 0,
                known: HashSet::new(),
                drawing: None,
                drawn: 0,
                style: None,
                full: false,
            })),
            None => Cues::Pictures(Pictures::default()),
        };
        Ok(Self { decoder, cues, fonts: Arc::clone(fonts), film, location: location.to_owned() })
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
            Cues::Lines(lines) => lines.all.iter().map(|line| line.start).filter(|start| *start > time).min(),
            Cues::Pictures(pictures) => pictures.next(time),
        }
    }

    /// What is seen of it at `time`.
    pub(super) fn draw(&mut self, time: Time, area: Area, settings: &Settings) -> Drawn {
        match &mut self.cues {
            Cues::Lines(lines) => lines.draw(time, area, (self.film, &self.fonts), settings),
            Cues::Pictures(pictures) => {
                let Some((pictures, start)) = pictures.at(time) else { return Drawn::default() };
                let bitmap = |picture| scaled(picture, picture.canvas.unwrap_or(self.film), area.size);
                // Its end may not be known yet, which must not make it another one later.
                Drawn { bitmaps: pictures.iter().filter_map(bitmap).collect(), cues: vec![(start, start)] }
            }
        }
    }
}

impl Lines {
    /// Whether it is new.
    fn add(&mut self, cue: Cue, location: &str) -> bool {
        let Body::Line(text) = cue.body else { return false };
        let mut hasher = DefaultHasher::new();
        (cue.start, cue.end, &text).hash(&mut hasher);
        if self.full || !self.known.insert(hasher.finish()) {
            return false;
        }
        if self.all.len() >= MOST_LINES || self.bytes + text.len() > MOST_BYTES {
            self.full = true;
            let count = self.all.len();
            tracing::warn!("{location}: only the first {count} lines of a subtitle track are shown: it has too many");
            return false;
        }
        self.bytes += text.len();
        // What had no end has one now.
        if let Some(open) = self.all.last_mut().filter(|last| last.end.is_none() && last.start < cue.start) {
            open.end = Some(cue.start);
            self.drawn = usize::MAX;
        }
        self.all.push(Line { start: cue.start, end: cue.end, text });
        true
    }

    fn draw(&mut self, time: Time, area: Area, (film, fonts): ([u32; 2], &[Font]), settings: &Settings) -> Drawn {
        let style = (!self.styled).then_some(&settings.style);
        if self.drawing.is_none() || self.style.as_ref() != style {
            let head = style.map_or_else(|| self.head.clone(), |style| styled(&self.head, style));
            (self.drawing, self.drawn, self.style) = (Drawing::new(fonts, &head), 0, style.cloned());
        }
        let Some(drawing) = &mut self.drawing else { return Drawn::default() };
        if self.drawn > self.all.len() {
            drawing.clear();
            self.drawn = 0;
        }
        for line in self.all.iter().skip(self.drawn) {
            drawing.add(&line.text, line.start, line.end.unwrap_or(line.start + UNKNOWN));
        }
        self.drawn = self.all.len();
        let bitmaps = drawing.draw(time, area, film, settings);
        if bitmaps.is_empty() {
            return Drawn::default();
        }
        let end = |line: &Line| line.end.unwrap_or(line.start + UNKNOWN);
        let is_seen = |line: &&Line| line.start <= time + MOMENT && time < end(line);
        let cues = self.all.iter().filter(is_seen).map(|line| (line.start, end(line))).collect();
        Drawn { bitmaps, cues }
    }
}
