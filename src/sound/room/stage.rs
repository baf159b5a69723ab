//! From a film's channels to two ears, on the device's own thread: never waits, never locks, never allocates.

use std::time::{Duration, Instant};

use sofar::reader::Filter;
use sofar::render::{FilterTransition, RealtimeRenderer, Renderer, RendererPlan};

use super::bass::Crossover;
use super::directions::SPEAKERS;
use super::limiter::Limiter;
use super::{CHANNELS, Room, turning};
use crate::sound::error::SoundError;
use crate::sound::format::Format;

/// Frames that are convolved at once.
const BLOCK: usize = 128;
/// Blocks that are taken at once at most.
const BLOCKS: usize = 64;
/// How long one filter takes to become the next, in seconds.
const FADE: f32 = 0.01;
/// What is before the screen and beside it is a little louder than the mean over all directions, by which the ears are made even.
const LEVEL: f32 = 0.93;
/// The channel for effects.
const EFFECTS: usize = 3;
const WIDTH: usize = CHANNELS as usize;

/// One loudspeaker.
struct Source {
    channel: usize,
    crossover: Crossover,
    renderer: RealtimeRenderer,
    /// Blocks of silence so far: after enough of them there is nothing left to be heard.
    silent: usize,
}

/// What makes two ears' sound of a film's channels.
pub(in crate::sound) struct Stage {
    format: Format,
    sources: Vec<Source>,
    /// Blocks after which a filter has nothing left.
    rings: usize,
    limiter: Limiter,
    film: Vec<f32>,
    treble: Vec<f32>,
    ears: [Vec<f32>; 2],
    /// What has been made and not been given.
    ready: Vec<[f32; 2]>,
    given: usize,
}

impl Stage {
    /// For a device that wants `format`, of two channels or more; loudspeakers stand and move as `room` says.
    ///
    /// # Errors
    /// A rate for which there are no filters, or no thread.
    pub(in crate::sound) fn new(format: Format, room: &Room) -> Result<Self, SoundError> {
        let ears = room.ears(format.rate)?;
        let rate = ears.rate();
        let failed = |error: sofar::render::Error| SoundError::Room(error.to_string());
        let plan = RendererPlan::builder(ears.taps()).with_sample_rate(rate as f32).with_partition_len(BLOCK);
        let plan = plan.build().map_err(failed)?;
        let fade = FilterTransition::crossfade(((rate as f32 * FADE) as usize).max(1));
        let begin = room.directions();
        let mut filter = Filter::new(ears.taps());
        let (mut sources, mut publishers) = (Vec::new(), Vec::new());
        for (speaker, direction) in SPEAKERS.into_iter().zip(begin.0) {
            let mut renderer = Renderer::builder(&plan).with_filter_transition(fade).build().map_err(failed)?;
            ears.filter(direction, &mut filter);
            renderer.set_filter(&filter).map_err(failed)?;
            let (publisher, renderer) = renderer.into_realtime();
            let crossover = Crossover::new(rate);
            sources.push(Source { channel: speaker.channel(), crossover, renderer, silent: usize::MAX });
            publishers.push(publisher);
        }
        let rings = ears.taps().div_ceil(BLOCK) + 1;
        if let Ok(publishers) = publishers.try_into() {
            turning::begin(room.clone(), ears, publishers, begin)?;
        }
        Ok(Self {
            format,
            sources,
            rings,
            limiter: Limiter::new(rate),
            film: vec![0.0; BLOCKS * BLOCK * WIDTH],
            treble: vec![0.0; BLOCK],
            ears: [vec![0.0; BLOCK], vec![0.0; BLOCK]],
            ready: Vec::with_capacity(BLOCKS * BLOCK),
            given: 0,
        })
    }

    /// Fills `out`, whole frames of the device, the first of which is heard at `heard`. `give` fills the film's, likewise.
    pub(in crate::sound) fn fill(
        &mut self,
        out: &mut [f32],
        heard: Instant,
        mut give: impl FnMut(&mut [f32], Instant),
    ) {
        let channels = usize::from(self.format.channels.max(1));
        let frames = out.len() / channels;
        let mut frames_out = out.chunks_exact_mut(channels);
        let mut done = 0;
        loop {
            let ready = self.ready[self.given..].iter().take(frames - done);
            for ears in ready {
                let Some(frame) = frames_out.next() else { break };
                frame.fill(0.0);
                frame.iter_mut().zip(ears).for_each(|(place, ear)| *place = *ear);
                (self.given, done) = (self.given + 1, done + 1);
            }
            if done == frames {
                return;
            }
            (self.given, _) = (0, self.ready.clear());
            let blocks = (frames - done).div_ceil(BLOCK).min(BLOCKS);
            let mut film = std::mem::take(&mut self.film);
            let part = &mut film[..blocks * BLOCK * WIDTH];
            give(part, heard + Duration::from_secs_f64(self.format.seconds(done as u64)));
            part.chunks_exact(BLOCK * WIDTH).for_each(|block| self.make(block));
            self.film = film;
        }
    }

    /// Makes both ears' part of a block of the film.
    fn make(&mut self, block: &[f32]) {
        let mut bass = [0.0; BLOCK];
        let [left, right] = &mut self.ears;
        left.fill(0.0);
        right.fill(0.0);
        for source in &mut self.sources {
            let channel = || block.iter().skip(source.channel).step_by(WIDTH);
            source.silent = if channel().all(|sample| *sample == 0.0) { source.silent.saturating_add(1) } else { 0 };
            if source.silent > self.rings {
                continue;
            }
            for ((sample, treble), bass) in channel().zip(&mut self.treble).zip(&mut bass) {
                let [low, high] = source.crossover.part(*sample);
                *treble = high;
                *bass += low;
            }
            // Of lengths that are whole blocks nothing fails; if it did, this loudspeaker would be silent.
            let _ = source.renderer.process_block_add(&self.treble, left, right);
        }
        let effects = block.iter().skip(EFFECTS).step_by(WIDTH);
        for (((effects, bass), left), right) in effects.zip(bass).zip(left.iter()).zip(right.iter()) {
            let both = bass + effects;
            self.ready.push(self.limiter.step([left + both, right + both].map(|sample| sample * LEVEL)));
        }
    }
}
