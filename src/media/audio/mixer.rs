//! One chain of FFmpeg's filters from what a decoder gives to what the device wants: rate, channels with their levels, tempo, loudness.

use std::collections::VecDeque;

use ffmpeg_next::Error;
use ffmpeg_next::filter::{self, Graph};
use ffmpeg_next::frame::Audio;

use super::level::level;
use super::shape::Shape;
use crate::time::Time;

/// What sound is made into.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mix {
    /// Frames a second.
    pub rate: u32,
    /// Channels, 1 to 8, in FFmpeg's usual order.
    pub channels: u16,
    /// Seconds of film in a second, at the same pitch.
    pub speed: f64,
    /// What is loud is made quieter, and what is quiet louder.
    pub night: bool,
    /// The channels become loudspeakers around the head, 7.1: what the film does not have stays silent, and all are as loud together as in stereo.
    pub in_room: bool,
}

/// FFmpeg's names of the usual channels, by their number.
const LAYOUTS: [&str; 8] = ["mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1(back)", "7.1"];
/// Layouts whose two channels behind are called back channels, and the same with side channels.
const BESIDE: [(&str, &str); 3] = [("quad", "quad(side)"), ("5.0", "5.0(side)"), ("5.1", "5.1(side)")];
/// Speech comes up, and what is loud stays below what it was.
const NIGHT: &str =
    "acompressor=threshold=0.06:ratio=5:attack=15:release=300:makeup=2.5,alimiter=limit=0.8:level=disabled";
/// Places where film time is known; more than wait inside of the filters.
const MOST_PLACES: usize = 1024;

impl Mix {
    fn layout(&self) -> &'static str {
        LAYOUTS[usize::from(self.channels).clamp(1, LAYOUTS.len()) - 1]
    }

    /// The factors whose product is the speed, within what `atempo` blends.
    fn tempos(&self) -> Vec<f64> {
        match self.speed {
            speed if (speed - 1.0).abs() < 1e-6 => Vec::new(),
            speed if (0.5..=2.0).contains(&speed) => vec![speed],
            speed => vec![speed.sqrt(); 2],
        }
    }

    /// The filters for channels of the name `layout`. Where they become fewer, their levels are such that nothing can clip.
    fn chain(&self, layout: &str) -> String {
        let Self { rate, .. } = self;
        let format = format!("aformat=sample_fmts=flt:sample_rates={rate}:channel_layouts={}", self.layout());
        let mut chain = String::new();
        // Where only two are behind, they stand where 7.1 has its sides.
        if let Some(beside) = BESIDE.iter().find(|(behind, _)| self.in_room && *behind == layout) {
            chain += &format!("aformat=channel_layouts={},", beside.1);
        }
        chain += &format!("aresample={rate}:rematrix_maxval=1,{format}");
        if self.in_room {
            chain += &format!(",volume={}", level(layout));
        }
        for tempo in self.tempos() {
            chain += &format!(",atempo={tempo}");
        }
        if self.night {
            chain += &format!(",{NIGHT}");
        }
        chain + &format!(",{format}")
    }

    /// By how much film time is ahead of what comes out of `atempo`, which begins in the middle of its first piece.
    fn ahead(&self) -> f64 {
        let window = (self.rate / 24).max(1).next_power_of_two();
        let quarter = f64::from(window) / 4.0 / f64::from(self.rate.max(1));
        let mut before = 1.0;
        let mut ahead = 0.0;
        for tempo in self.tempos() {
            ahead += quarter * before;
            before *= tempo;
        }
        ahead
    }
}

/// The chain for sound of one shape.
pub(super) struct Mixer {
    graph: Graph,
    shape: Shape,
    mix: Mix,
    /// Samples a channel that went in and came out.
    taken: u64,
    given: u64,
    /// Film time after so many samples that went in.
    places: VecDeque<(u64, Time)>,
    finished: bool,
}

impl Mixer {
    pub(super) fn new(shape: Shape, mix: Mix) -> Result<Self, Error> {
        let find = |name: &str| filter::find(name).ok_or(Error::FilterNotFound);
        let mut graph = Graph::new();
        graph.add(&find("abuffer")?, "in", &shape.source())?;
        graph.add(&find("abuffersink")?, "out", "")?;
        // `Parser` names the ends by the graph's point of view: what feeds the chain is its output.
        graph.output("in", 0)?.input("out", 0)?.parse(&mix.chain(&shape.layout))?;
        graph.validate()?;
        Ok(Self { graph, shape, mix, taken: 0, given: 0, places: VecDeque::new(), finished: false })
    }

    /// Whether sound of that shape can go on in it, and comes out as wanted.
    pub(super) fn fits(&self, shape: &Shape, mix: &Mix) -> bool {
        !self.finished && self.shape == *shape && self.mix == *mix
    }

    pub(super) fn mix(&self) -> Mix {
        self.mix
    }

    /// Puts a frame in whose first sample is at `film`.
    pub(super) fn send(&mut self, frame: &mut Audio, film: Time) -> Result<(), Error> {
        frame.set_pts(i64::try_from(self.taken).ok());
        self.places.push_back((self.taken, film));
        if self.places.len() > MOST_PLACES {
            self.places.pop_front();
        }
        self.taken += frame.samples() as u64;
        self.graph.get("in").ok_or(Error::FilterNotFound)?.source().add(frame)
    }

    /// No more comes: what is inside is let out.
    pub(super) fn finish(&mut self) {
        if !std::mem::replace(&mut self.finished, true)
            && let Some(mut input) = self.graph.get("in")
            && let Err(error) = input.source().flush()
        {
            tracing::debug!("sound could not be finished: {error}");
        }
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// The next samples, interleaved, with the film time of the first.
    pub(super) fn receive(&mut self) -> Option<(Time, Vec<f32>)> {
        let mut context = self.graph.get("out")?;
        let mut frame = Audio::empty();
        context.sink().frame(&mut frame).ok()?;
        let count = frame.samples() * usize::from(self.mix.channels);
        // Interleaved samples of 32 bits, as the chain ends: all are in the first plane.
        let samples = frame.data(0).chunks_exact(4).take(count);
        let samples = samples.map(|bytes| f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect();
        let film = self.film();
        self.given += frame.samples() as u64;
        Some((film, samples))
    }

    /// Film time of what comes out next.
    fn film(&mut self) -> Time {
        let went = self.given as f64 / f64::from(self.mix.rate.max(1)) * self.mix.speed + self.mix.ahead();
        let at = went * f64::from(self.shape.rate);
        while self.places.get(1).is_some_and(|(after, _)| *after as f64 <= at) {
            self.places.pop_front();
        }
        let (after, film) = self.places.front().copied().unwrap_or_default();
        film + Time::from_seconds((at - after as f64) / f64::from(self.shape.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_speed_is_made_of_tempos_that_blend() {
        for speed in [0.25, 0.3, 0.5, 0.9, 1.0, 1.5, 2.0, 3.0, 4.0] {
            let mix = Mix { rate: 48_000, channels: 2, speed, night: false, in_room: false };
            let tempos = mix.tempos();
            assert!((tempos.iter().product::<f64>() - speed).abs() < 1e-9, "{speed}");
            assert!(tempos.iter().all(|tempo| (0.5..=2.0).contains(tempo)), "{tempos:?}");
        }
    }
}
