//! The GPU side of the film thread: upload, colour and depth for pictures of one shape.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::depth_film::DepthAt;
use crate::frame::{Frame, Orientation, Picture, Shape};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError};
use crate::stage::bars::Crop;
use crate::stage::colour::Colour;
use crate::stage::comfort::{Comfort, Observation, Settings};
use crate::stage::cut::{Cuts, Fingerprint, Passage};
use crate::stage::glance::Glance;
use crate::stage::placement::Near;
use crate::stage::plates::Plates;
use crate::stage::upload::Upload;
use crate::time::Time;
use crate::trace::Stage;

use super::FilmError;
use super::control::Control;
use super::disparity::{DepthSource, Disparity};
use super::estimate::Finished;
use super::options::{ChainOptions, Pace, TIMED, UPLOADS};
use super::pool::Pool;
use super::scene::{Layout, Scene, Slot};
use super::subtitles::Subtitles;
use super::waiting::{FrameDepth, Waiting};
use super::writing::{self, Writing};

/// A picture that stands gets its depth in steps so far apart.
const AGAIN: Duration = Duration::from_millis(40);

/// Timestamps of an upload: its beginning, planes copied, colour and small picture made, motion found.
const UPLOADED: u32 = 1;
const COLOURED: u32 = 2;
const TIMESTAMPS: u32 = 4;

/// The frame given last, which had no depth: while film time stands it gets it where it is seen.
struct Again {
    waiting: Waiting,
    /// When it was given, or changed.
    at: Instant,
    /// It has its depth, and gets more of it step by step.
    finished: Option<Finished>,
}

/// The chain.
pub(super) struct Chain {
    gpu: Gpu,
    upload: Upload,
    colour: Colour,
    disparity: Disparity,
    pool: Pool<Slot>,
    layout: Arc<Layout>,
    before: Vec<Commands>,
    next_upload: usize,
    comfort: Comfort,
    pace: Pace,
    look_ahead: usize,
    waiting: VecDeque<Waiting>,
    again: Option<Again>,
    cuts: Cuts,
    writing: Writing,
    /// Epoch and time of the scene given last, and how many of its epoch were.
    last: Option<(u32, Time)>,
    given: usize,
    /// The last one given stands on plain ground.
    plain: bool,
    /// Film time of the first frame of its shot.
    shot: Time,
    spent: Duration,
    subtitles: Option<Subtitles>,
    /// What upload, colour and motion took on the GPU when that was read last.
    spans: [Option<Duration>; 3],
}

/// A picture with more than this part of one brightness is a title, credits or black: it gets no depth; it has it back below the first.
const PLAIN: [f32; 2] = [0.75, 0.85];

/// Numbers chains.
static CHAINS: AtomicU64 = AtomicU64::new(0);

impl Chain {
    /// For pictures of `shape` of which `crop` is seen between bars.
    pub(super) fn new(
        gpu: &Gpu,
        source: &DepthSource,
        shape: &Shape,
        crop: Crop,
        options: &ChainOptions,
        control: &Control,
    ) -> Result<Self, FilmError> {
        let upload = Upload::new(gpu, shape, UPLOADS)?;
        let count = options.slots();
        let pictures = (0..count).map(|_| Colour::picture(gpu, &upload)).collect::<Result<Vec<_>, _>>()?;
        let colour = Colour::new(gpu, &upload, &pictures)?;
        let disparity = Disparity::new(gpu, source, &pictures, shape, crop, options, control)?;
        let disparity_size = disparity.size();
        let disparity_bytes = u64::from(disparity_size[0]) * u64::from(disparity_size[1]) * 4;
        let planes_bytes = if options.keep_planes { disparity.planes_bytes()? } else { None };
        let device = |name: &str, bytes: u64| Buffer::new(gpu, name, bytes, BufferKind::Device);
        // Where not each frame has its pass, all show the planes of the newest.
        let shared = planes_bytes.filter(|_| options.pace == Pace::Live);
        let shared = shared.map(|bytes| device("planes of the newest pass", bytes)).transpose()?;
        let slot = |(index, picture)| {
            let disparity = device("disparity of a scene", disparity_bytes)?;
            let planes = match (&shared, planes_bytes) {
                (Some(shared), _) => Some(Arc::clone(shared)),
                (None, bytes) => bytes.map(|bytes| device("planes of a scene", bytes)).transpose()?,
            };
            Ok(Slot { index, picture, disparity, planes })
        };
        let slots = pictures.into_iter().enumerate().map(slot).collect::<Result<Vec<_>, GpuError>>()?;
        let layout = Layout {
            chain: CHAINS.fetch_add(1, Ordering::Relaxed) + 1,
            size: shape.turned_size(),
            pixel_aspect: shape.pixel_aspect(),
            sample_aspect: match shape.orientation.quarter_turns % 2 {
                1 => (shape.sample_aspect.1, shape.sample_aspect.0),
                _ => shape.sample_aspect,
            },
            crop,
            disparity_size,
            planes: source.planes(),
            slots: slots.clone(),
        };
        Ok(Self {
            gpu: gpu.clone(),
            comfort: source.comfort(),
            upload,
            colour,
            look_ahead: disparity.look_ahead(options.look_ahead),
            disparity,
            pool: Pool::new(slots),
            layout: Arc::new(layout),
            before: (0..UPLOADS)
                .map(|_| Commands::new(gpu, "upload and colour", TIMESTAMPS))
                .collect::<Result<_, _>>()?,
            next_upload: 0,
            pace: options.pace,
            waiting: VecDeque::with_capacity(count),
            again: None,
            cuts: Cuts::default(),
            writing: Writing::default(),
            last: None,
            given: 0,
            plain: false,
            shot: Time::ZERO,
            spent: Duration::ZERO,
            subtitles: options.subtitles.clone(),
            spans: [None; 3],
        })
    }

    pub(super) fn fits(&self, picture: &Picture, crop: Crop) -> bool {
        picture.shape == *self.upload.shape() && crop == self.layout.crop
    }

    /// Goes on where `before` has stopped, which showed the same film with other bars.
    pub(super) fn go_on(&mut self, before: &Self) {
        self.waiting.clear();
        self.again = None;
        self.disparity.forget();
        self.comfort = before.comfort.clone();
        self.cuts = before.cuts.clone();
        self.writing = before.writing.clone();
        (self.last, self.given, self.plain, self.shot) = (before.last, before.given, before.plain, before.shot);
    }

    /// Takes `frame` (with the `depth` recorded for it), to wait for the frames after it ([`Chain::give`]). It is given back, to be tried again, when no
    /// slot came free within `patience`. The first frame after a seek makes an end of those that still wait.
    pub(super) fn add(
        &mut self,
        frame: Frame<Picture>,
        glance: &Glance,
        depth: Option<&DepthAt>,
        patience: Duration,
    ) -> Result<Option<Frame<Picture>>, FilmError> {
        let seen = self.waiting.back().map(|waiting| waiting.frame.epoch).or(self.last.map(|(epoch, _)| epoch));
        if seen.is_some_and(|epoch| epoch != frame.epoch) {
            self.waiting.clear();
            self.again = None;
            self.disparity.forget();
        }
        let room = self.waiting.len() < self.disparity.room();
        let Some(slot) = room.then(|| self.pool.take(patience)).flatten() else { return Ok(Some(frame)) };
        let print = Fingerprint::of(glance);
        let look = self.writing.look(frame.epoch, glance);
        let upload = self.next_upload % UPLOADS;
        self.next_upload += 1;
        // What that place held last is on the GPU, and read.
        while let Some(last) = self.waiting.iter().rposition(|waiting| waiting.upload == upload && !waiting.depth.read)
        {
            self.read(last)?;
        }
        let Some(before) = self.before.get_mut(upload) else { return Ok(Some(frame)) };
        self.gpu.wait(before.point())?;
        let start = Instant::now();
        self.upload.put(upload, &frame.data)?;
        self.disparity.put(depth)?;
        let copied = start.elapsed();
        before.record::<FilmError>(|recorder| {
            recorder.timestamp(0);
            self.upload.record(recorder, upload)?;
            recorder.timestamp(UPLOADED);
            self.colour.record(recorder, upload, slot.index)?;
            self.disparity.record(recorder, &slot, upload, COLOURED)
        })?;
        let point = self.gpu.submit_after(before, &[self.disparity.after()])?;
        let depth = self.disparity.add(&frame, &print);
        let (number, step) = (depth.number, depth.step);
        let upright = frame.data.shape.orientation == Orientation::default();
        let frame = frame.map(|_| Arc::new(slot));
        self.waiting.push_back(Waiting { frame, print, upright, depth, look, point, copied, upload });
        match (&mut self.disparity, self.pace) {
            (Disparity::Estimated(estimate), Pace::Live) => {
                if step {
                    estimate.note_step(number);
                }
                self.turn()?;
            }
            (Disparity::Estimated(estimate), Pace::Every) => {
                estimate.look(&self.waiting);
                self.read(self.waiting.len() - 1)?;
                if let Disparity::Estimated(estimate) = &mut self.disparity {
                    estimate.see(&mut self.waiting)?;
                }
            }
            (Disparity::Recorded(_), _) => self.read(self.waiting.len() - 1)?,
        }
        Ok(None)
    }

    /// Takes what the network has finished meanwhile, and gives it the next frame. Never waits for it.
    pub(super) fn turn(&mut self) -> Result<(), FilmError> {
        match &mut self.disparity {
            Disparity::Estimated(estimate) => {
                estimate.turn(&mut self.waiting, self.again.as_mut().map(|again| &mut again.waiting))
            }
            Disparity::Recorded(_) => Ok(()),
        }
    }

    /// Reads what the GPU has found of the frames up to that at `index` of those that wait. Waits for it.
    fn read(&mut self, index: usize) -> Result<(), FilmError> {
        for index in 0..=index {
            let Some(waiting) = self.waiting.get_mut(index) else { return Ok(()) };
            if waiting.depth.read {
                continue;
            }
            self.gpu.wait(waiting.point)?;
            let timed = self.pace == Pace::Every || waiting.depth.number.is_multiple_of(TIMED);
            if let Some(before) = self.before.get(waiting.upload).filter(|_| timed) {
                let times = before.timestamps()?;
                let span = |from: u32| {
                    let at = |index: u32| times.get(index as usize).copied().flatten();
                    Some(at(from + 1)?.saturating_sub(at(from)?))
                };
                self.spans = [0, UPLOADED, COLOURED].map(span);
            }
            let [uploaded, coloured, moved] = self.spans;
            let trace = &mut waiting.frame.trace;
            trace.stamp(Stage::Upload, waiting.copied + uploaded.unwrap_or_default());
            if let Some(span) = coloured {
                trace.stamp(Stage::Colour, span);
            }
            if let Some(span) = moved {
                trace.stamp(Stage::Steady, span);
            }
            self.disparity.read(&mut self.waiting, index)?;
        }
        Ok(())
    }

    /// What the last frame that was given has cost, without a network that no frame waits for.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    /// How many frames the next scene waits for: none after a seek, so that something is seen at once, then one more with each.
    pub(super) fn delay(&self) -> usize {
        let begun = self.waiting.front().map(|waiting| waiting.frame.epoch) == self.last.map(|(epoch, _)| epoch);
        if begun { self.given.min(self.look_ahead) } else { 0 }
    }

    /// Frames that wait to be given.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether a scene can be given: the frames after it that it waits for have come or (`over`) none will.
    pub(super) fn has(&self, over: bool) -> bool {
        self.waiting.len() > if over { 0 } else { self.delay() }
    }

    /// The next scene, if there is one ([`Chain::has`]).
    pub(super) fn give(&mut self, over: bool) -> Result<Option<Frame<Scene>>, FilmError> {
        if !self.has(over) {
            return Ok(None);
        }
        self.turn()?;
        self.read(0)?;
        // Depth that has come for the frame before, which has gone without, is that of its shot: this one goes on from it.
        if let Some(mut again) =
            self.again.take_if(|again| again.finished.is_none() && again.waiting.depth.own.is_some())
        {
            self.finish(&mut again.waiting, Passage::Cut)?;
        }
        let Some(mut waiting) = self.waiting.pop_front() else { return Ok(None) };
        let (epoch, pts) = (waiting.frame.epoch, waiting.frame.pts);
        let seconds = match self.last {
            Some((last, before)) if last == epoch => (pts - before).seconds(),
            _ => {
                self.cuts.reset();
                self.comfort.reset();
                self.given = 0;
                0.0
            }
        };
        self.last = Some((epoch, pts));
        self.given += 1;
        let passage = self.cuts.judge(&waiting.print, self.waiting.iter().map(|waiting| &waiting.print));
        let cut = passage == Passage::Cut;
        if cut {
            self.shot = pts;
        }
        let threshold = if self.plain { PLAIN[0] } else { PLAIN[1] };
        self.plain = waiting.print.plain() > threshold;
        let finished = self.finish(&mut waiting, passage)?;
        // How a shot moves is known from its second frame on.
        let speed = match self.waiting.front() {
            Some(next) if cut && next.depth.read => next.depth.speed,
            Some(_) if cut => {
                self.read(0)?;
                self.waiting.front().and_then(|next| next.depth.speed)
            }
            None if cut => None,
            _ => waiting.depth.speed,
        };
        self.comfort.follow(&Observation {
            depths: finished.depths.filter(|_| passage != Passage::Flash),
            motion: speed,
            seconds: seconds as f32,
            cut,
            share: if self.plain || !finished.known { 0.0 } else { 1.0 },
        });
        let plates = self.plates(&waiting, cut, self.given == 1);
        let stages = [Stage::Upload, Stage::Colour, Stage::Network, Stage::Steady];
        let counted = stages.into_iter().filter(|stage| *stage != Stage::Network || self.pace == Pace::Every);
        self.spent = counted.filter_map(|stage| waiting.frame.trace.span(stage)).sum();
        let scene = self.scene(&waiting, &finished, cut, plates);
        let stands = !finished.known && self.disparity.is_running();
        self.again = stands.then(|| Again { waiting, at: Instant::now(), finished: None });
        Ok(Some(scene))
    }

    fn scene(&self, waiting: &Waiting, finished: &Finished, cut: bool, plates: Plates) -> Frame<Scene> {
        let time = waiting.frame.pts;
        if let Some(subtitles) = &self.subtitles {
            subtitles.announce(time);
        }
        waiting.frame.clone().map(|slot| Scene {
            slot,
            point: finished.point.unwrap_or(waiting.point),
            comfort: self.comfort.clone(),
            cut,
            plates,
            depth_of: finished.of,
            shot: self.shot,
            unfinished: self.disparity.is_running() && (!finished.known || self.comfort.is_arriving()),
            time,
            near: self.near(waiting, finished),
            subtitles: self.subtitles.clone(),
            layout: Arc::clone(&self.layout),
        })
    }

    /// How near the nearest is in a frame, and in those after it in its shot that are known.
    fn near(&self, waiting: &Waiting, finished: &Finished) -> Option<Near> {
        if !finished.known {
            return None;
        }
        let after = self.waiting.iter().map(|waiting| &waiting.depth).take_while(|after| !after.step);
        let shot = [&waiting.depth].into_iter().chain(after).filter_map(|depth: &FrameDepth| depth.own.as_ref());
        let before = self.disparity.shot().filter(|_| waiting.depth.own.is_none());
        let aligned = before.into_iter().chain(shot).map(|own| own.near.map(|d| own.align.apply(d)));
        aligned.reduce(|near, other| near.nearer(&other))
    }

    fn finish(&mut self, waiting: &mut Waiting, passage: Passage) -> Result<Finished, FilmError> {
        let after = self.waiting.iter().map(|waiting| &waiting.depth);
        let mut trace = waiting.frame.trace;
        if let Some(took) =
            waiting.depth.own.as_ref().filter(|own| own.of == waiting.frame.pts).and_then(|own| own.took)
        {
            trace.stamp(Stage::Network, took);
        }
        let finished = self.disparity.finish(waiting, passage, after, &mut trace)?;
        waiting.frame.trace = trace;
        Ok(finished)
    }

    /// The plates of a frame that has been finished.
    fn plates(&mut self, waiting: &Waiting, cut: bool, fresh: bool) -> Plates {
        let Crop { at, size } = self.layout.crop;
        let seen = [at, [at[0] + size[0], at[1] + size[1]]];
        let mapping = self.comfort.settled(&Settings::default());
        let moment = writing::Moment { frame: waiting.look, cut, fresh, seen, mapping };
        let after = self.waiting.iter().map(|waiting| &waiting.depth).take_while(|after| !after.step);
        let shot = [&waiting.depth].into_iter().chain(after).filter_map(|depth: &FrameDepth| depth.own.as_ref());
        let before = self.disparity.shot().filter(|_| waiting.depth.own.is_none());
        self.writing.plates(&moment, before.into_iter().chain(shot).map(|own| (&own.nearest, own.align)))
    }

    /// Whether the frame given last lacks depth that it may get yet.
    pub(super) fn is_unfinished(&self) -> bool {
        self.again.is_some()
    }

    /// While film time stands: the frame given last once more, where it had to go without depth and has some now, or more of it than before.
    pub(super) fn once_more(&mut self) -> Result<Option<Frame<Scene>>, FilmError> {
        self.turn()?;
        let Some(mut again) = self.again.take_if(|again| again.at.elapsed() >= AGAIN) else { return Ok(None) };
        let mut step = again.at.elapsed();
        if again.finished.is_none() {
            let shot = self.waiting.iter().map(|waiting| &waiting.depth).take_while(|after| !after.step);
            if ![&again.waiting.depth].into_iter().chain(shot).any(|depth| depth.own.is_some()) {
                again.at = Instant::now();
                self.again = Some(again);
                return Ok(None);
            }
            again.finished = Some(self.finish(&mut again.waiting, Passage::Cut)?);
            step = AGAIN;
        }
        let Some(finished) = &again.finished else { return Ok(None) };
        let share = if self.plain || !finished.known { 0.0 } else { 1.0 };
        let depths = finished.depths;
        self.comfort.follow(&Observation { depths, motion: None, seconds: step.as_secs_f32(), cut: false, share });
        let plates = self.plates(&again.waiting, true, true);
        let scene = self.scene(&again.waiting, finished, true, plates);
        again.at = Instant::now();
        self.again = Some(again).filter(|_| self.comfort.is_arriving());
        Ok(Some(scene))
    }
}

#[cfg(test)]
mod tests;
