//! The GPU side of the film thread: upload, colour and network for pictures of one shape.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::frame::{Frame, Picture};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, Point};
use crate::net::weights::Channels;
use crate::net::{Engine, Network, Precision, Weights};
use crate::stage::bars::Crop;
use crate::stage::colour::Colour;
use crate::stage::comfort::{Comfort, Percentiles, SLEW};
use crate::stage::cut::{Cuts, Fingerprint, Passage, is_step};
use crate::stage::input::{InputOptions, NetworkInput, network_size};
use crate::stage::steady::align::{Align, Shot, fit, pairs};
use crate::stage::steady::{MOST_AHEAD, Moment, Past, Sizes, Steady, Tuning};
use crate::stage::upload::{Shape, Upload};
use crate::time::Time;
use crate::trace::Stage;

use super::FilmError;
use super::pool::{Lent, Pool};
use super::scene::{Layout, Scene, Slot};

/// The area that networks look at, in pixels, unless told otherwise.
pub const NETWORK_AREA: u32 = 384 * 160;

/// The network is handed to the GPU in so many submissions, so that a headset's compositor gets its turn between them.
const PARTS: usize = 4;

/// Pictures that may be on their way to the GPU at once.
const UPLOADS: usize = 2;

/// What a chain is made with.
#[derive(Debug, Clone)]
pub struct ChainOptions {
    /// Width × height that the network should see, in pixels.
    pub network_area: u32,
    /// Scenes that exist at once, besides those that wait for the frames after them.
    pub scenes: usize,
    /// In which precision the network runs.
    pub precision: Precision,
    /// Frames after it that a scene waits for.
    pub look_ahead: usize,
    /// Filter the disparity over time.
    pub steady: bool,
    /// Keep the softmax over the planes with each scene.
    pub keep_planes: bool,
}

/// A frame behind the network that waits for the frames after it.
struct Waiting {
    /// What travels with the picture, without it.
    frame: Frame<Lent<Slot>>,
    /// Its number in the steady stage.
    number: u64,
    print: Fingerprint,
    /// Nothing is blended between it and the one before.
    step: bool,
    /// Nothing is known of the one before.
    fresh: bool,
    align: Align,
    /// Of its disparity, aligned.
    percentiles: Option<Percentiles>,
}

/// The chain.
pub(super) struct Chain {
    gpu: Gpu,
    upload: Upload,
    colour: Colour,
    input: NetworkInput,
    engine: Engine,
    pool: Pool<Slot>,
    layout: Arc<Layout>,
    before: Commands,
    network: Vec<Commands>,
    raw: Arc<Buffer>,
    steady: Steady,
    filter: Commands,
    motion: Arc<Buffer>,
    flat_span: f32,
    /// Frames that went through the network.
    count: u64,
    /// Epoch, time, print and raw disparity of the last of them.
    newest: Option<(u32, Time, Fingerprint)>,
    disparity: [Vec<f32>; 2],
    shot: Shot,
    next_upload: usize,
    comfort: Comfort,
    look_ahead: usize,
    filtered: bool,
    waiting: VecDeque<Waiting>,
    cuts: Cuts,
    /// Epoch and time of the scene given last, and how many of its epoch were.
    last: Option<(u32, Time)>,
    given: usize,
    /// Followed slowly: 1 for pictures of the world, 0 for what stands on plain ground.
    depth: f32,
    spent: Duration,
}

/// A picture with more than this part of one brightness is a title, credits or black: it gets no depth; it has it back below the first.
const PLAIN: [f32; 2] = [0.75, 0.85];

/// Numbers chains.
static CHAINS: AtomicU64 = AtomicU64::new(0);

impl Chain {
    /// For pictures of `shape` of which `crop` is seen between bars.
    pub(super) fn new(
        gpu: &Gpu,
        weights: &Weights,
        shape: &Shape,
        crop: Crop,
        options: &ChainOptions,
    ) -> Result<Self, FilmError> {
        let metadata = &weights.metadata;
        let aspect = f64::from(crop.size[0]) / f64::from(crop.size[1].max(1)) * shape.pixel_aspect();
        let fitting = || network_size(aspect, options.network_area, metadata.input.multiple);
        let size = metadata.network.fixed_size().unwrap_or_else(fitting);
        let engine = Engine::new(gpu, weights, size, options.precision)?;
        let disparity_size = engine.output_size();
        let disparity_bytes = u64::from(disparity_size[0]) * u64::from(disparity_size[1]) * 4;
        let upload = Upload::new(gpu, shape, UPLOADS)?;
        let count = options.scenes.max(2) + options.look_ahead;
        let mut slots = Vec::with_capacity(count);
        for index in 0..count {
            let planes = match options.keep_planes {
                true => Some(Buffer::new(gpu, "planes of a scene", engine.planes()?.bytes(), BufferKind::Device)?),
                false => None,
            };
            slots.push(Slot {
                index,
                picture: Colour::picture(gpu, &upload)?,
                disparity: Buffer::new(gpu, "disparity of a scene", disparity_bytes, BufferKind::Device)?,
                planes,
            });
        }
        let pictures: Vec<_> = slots.iter().map(|slot| Arc::clone(&slot.picture)).collect();
        let colour = Colour::new(gpu, &upload, &pictures)?;
        let input_options = input_options(weights);
        let input = NetworkInput::new(gpu, &input_options, &pictures, engine.input()?, size)?.with_crop(crop);
        let sizes = Sizes { small: disparity_size, guide: size };
        let steady = Steady::new(gpu, engine.input()?, &input_options, sizes, options.look_ahead, Tuning::default())?;
        let look_ahead = options.look_ahead.min(steady.look_ahead());
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
            network: metadata.network,
            planes: metadata.planes.len() as u32,
            plane_parallax: metadata.planes.clone(),
            slots: slots.clone(),
        };
        let comfort = comfort_for(weights);
        let values = disparity_size[0] as usize * disparity_size[1] as usize;
        Ok(Self {
            gpu: gpu.clone(),
            flat_span: comfort.flat_span(),
            comfort,
            motion: Buffer::new(gpu, "motion read back", steady.motion_bytes(), BufferKind::Readback)?,
            steady,
            filter: Commands::new(gpu, "steady", 2)?,
            count: 0,
            newest: None,
            disparity: [vec![0.0; values], vec![0.0; values]],
            shot: Shot::default(),
            upload,
            colour,
            input,
            engine,
            pool: Pool::new(slots),
            layout: Arc::new(layout),
            before: Commands::new(gpu, "upload and colour", 3)?,
            network: (0..PARTS).map(|_| Commands::new(gpu, "network", 3)).collect::<Result<_, _>>()?,
            raw: Buffer::new(gpu, "disparity read back", disparity_bytes, BufferKind::Readback)?,
            next_upload: 0,
            look_ahead,
            filtered: options.steady,
            waiting: VecDeque::with_capacity(options.look_ahead + 1),
            cuts: Cuts::default(),
            last: None,
            given: 0,
            depth: 1.0,
            spent: Duration::ZERO,
        })
    }

    pub(super) fn fits(&self, picture: &Picture, crop: Crop) -> bool {
        Shape::of(picture) == *self.upload.shape() && crop == self.layout.crop
    }

    /// Goes on where `before` has stopped, which showed the same film with other bars.
    pub(super) fn go_on(&mut self, before: &Self) {
        self.waiting.clear();
        self.newest = None;
        self.comfort = before.comfort.clone();
        self.cuts = before.cuts.clone();
        (self.last, self.given, self.depth) = (before.last, before.given, before.depth);
    }

    /// Sends `frame` through the network, to wait for the frames after it ([`Chain::give`]). It is given back, to be tried again, when no slot came
    /// free within `patience`. The first frame after a seek makes an end of those that still wait.
    pub(super) fn add(
        &mut self,
        frame: Frame<Picture>,
        patience: Duration,
    ) -> Result<Option<Frame<Picture>>, FilmError> {
        if self.waiting.back().is_some_and(|waiting| waiting.frame.epoch != frame.epoch) {
            self.waiting.clear();
        }
        let Some(slot) = self.pool.take(patience) else { return Ok(Some(frame)) };
        let mut trace = frame.trace;
        let print = Fingerprint::of(&frame.data);
        let number = self.count;
        self.count += 1;
        let start = Instant::now();
        let upload = self.next_upload % UPLOADS;
        self.next_upload += 1;
        // The last submission that read this place was waited for below.
        self.upload.put(upload, &frame.data)?;
        let copied = start.elapsed();
        self.before.record(|recorder| {
            recorder.timestamp(0);
            self.upload.record(recorder, upload)?;
            recorder.timestamp(1);
            self.colour.record(recorder, upload, slot.index)?;
            self.input.record(recorder, slot.index)?;
            self.steady.record_picture(recorder, number)?;
            recorder.timestamp(2);
            Ok(())
        })?;
        self.gpu.submit(&mut self.before)?;
        let disparity = Arc::clone(self.engine.parallax()?);
        let planes_made = Arc::clone(self.engine.planes()?);
        let mut point = Point::default();
        for (part, commands) in self.network.iter_mut().enumerate() {
            let last = part + 1 == PARTS;
            commands.record(|recorder| {
                recorder.timestamp(0);
                self.engine.record_part(recorder, part, PARTS)?;
                recorder.timestamp(1);
                if !last {
                    return Ok(());
                }
                self.steady.record_motion(recorder, number, &self.motion)?;
                recorder.timestamp(2);
                self.steady.record_disparity(recorder, number, &disparity)?;
                recorder.copy_buffer(&disparity, 0, &self.raw, 0, slot.disparity.bytes())?;
                if let Some(planes) = &slot.planes {
                    recorder.copy_buffer(&planes_made, 0, planes, 0, planes.bytes())?;
                }
                Ok(())
            })?;
            point = self.gpu.submit(commands)?;
        }
        self.gpu.wait(point)?;
        let before = self.before.timestamps()?;
        let between = |times: &[Option<Duration>], from: usize, to: usize| {
            Some(times.get(to).copied()??.saturating_sub(times.get(from).copied()??))
        };
        trace.stamp(Stage::Upload, copied + between(&before, 0, 1).unwrap_or_default());
        if let Some(span) = between(&before, 1, 2) {
            trace.stamp(Stage::Colour, span);
        }
        let mut network = Some(Duration::ZERO);
        for commands in &self.network {
            let times = commands.timestamps()?;
            network = network.zip(between(&times, 0, 1)).map(|(sum, part)| sum + part);
            if let Some(span) = between(&times, 1, 2) {
                trace.stamp(Stage::Steady, span);
            }
        }
        if let Some(span) = network {
            trace.stamp(Stage::Network, span);
        }
        let fresh = self.newest.is_none();
        let (step, align, percentiles) = self.align(&frame, &print)?;
        let mut frame = frame.map(|_| slot);
        frame.trace = trace;
        self.waiting.push_back(Waiting { frame, number, print, step, fresh, align, percentiles });
        let stages = [Stage::Upload, Stage::Colour, Stage::Network, Stage::Steady];
        self.spent = stages.into_iter().filter_map(|stage| trace.span(stage)).sum();
        Ok(None)
    }

    /// What the last frame that was added has cost.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    /// Reads what came of a frame: whether it can be compared with the one before, what brings its disparity to that of the shot, and the percentiles then.
    fn align(
        &mut self,
        frame: &Frame<Picture>,
        print: &Fingerprint,
    ) -> Result<(bool, Align, Option<Percentiles>), FilmError> {
        self.disparity.swap(0, 1);
        let [now, before] = &mut self.disparity;
        let copy = |bytes: &[u8]| now.iter_mut().zip(bytemuck::cast_slice(bytes)).for_each(|(to, from)| *to = *from);
        self.raw.read(copy)?;
        let percentiles = Percentiles::of(now);
        let last = self.newest.replace((frame.epoch, frame.pts, print.clone()));
        let seconds = match &last {
            Some((epoch, pts, last)) if *epoch == frame.epoch && !is_step(last.distance(print)) => {
                Some((frame.pts - *pts).seconds() as f32)
            }
            _ => None,
        };
        let Some((percentiles, seconds)) = percentiles.zip(seconds).filter(|_| self.filtered) else {
            self.shot = Shot::default();
            return Ok((true, Align::NONE, percentiles));
        };
        let Sizes { small, guide } = self.steady.sizes();
        let blocks = self.steady.sizes().blocks();
        let found = self.motion.read(|bytes| pairs(now, before, small, guide, bytemuck::cast_slice(bytes), blocks))?;
        let align = self.shot.follow(fit(&found), 0.5 * (percentiles.near + percentiles.far), seconds);
        let [near, far] = [percentiles.near, percentiles.far].map(|d| align.apply(d));
        Ok((false, align, Some(Percentiles { near, far })))
    }

    /// How many frames the next scene waits for: none after a seek, so that something is seen at once, then one more with each.
    pub(super) fn delay(&self) -> usize {
        let begun = self.waiting.front().map(|waiting| waiting.frame.epoch) == self.last.map(|(epoch, _)| epoch);
        if begun { self.given.min(self.look_ahead) } else { 0 }
    }

    /// The next scene, if the frames after it that it waits for have come or (`over`) none will.
    pub(super) fn give(&mut self, over: bool) -> Result<Option<Frame<Scene>>, FilmError> {
        let wanted = if over { 1 } else { self.delay() + 1 };
        if self.waiting.len() < wanted {
            return Ok(None);
        }
        let Some(Waiting { mut frame, number, print, fresh, align, percentiles, .. }) = self.waiting.pop_front() else {
            return Ok(None);
        };
        let seconds = match self.last {
            Some((epoch, pts)) if epoch == frame.epoch => (frame.pts - pts).seconds(),
            _ => {
                self.cuts.reset();
                self.given = 0;
                0.0
            }
        };
        self.last = Some((frame.epoch, frame.pts));
        self.given += 1;
        let passage = self.cuts.judge(&print, self.waiting.iter().map(|waiting| &waiting.print));
        let cut = passage == Passage::Cut;
        let span = percentiles.map_or(self.flat_span, |p| (p.far - p.near).max(self.flat_span));
        if let Some(percentiles) = percentiles
            && passage != Passage::Flash
        {
            self.comfort.follow(percentiles, seconds as f32, cut);
        }
        let threshold = if self.depth < 0.5 { PLAIN[0] } else { PLAIN[1] };
        let wanted = if print.plain() > threshold { 0.0 } else { 1.0 };
        let share = if cut { 1.0 } else { 1.0 - (-seconds.max(0.0) as f32 / SLEW).exp() };
        self.depth += (wanted - self.depth) * share;
        let past = match passage {
            _ if !self.filtered || fresh => Past::None,
            Passage::Cut => Past::None,
            Passage::Same => Past::Known,
            Passage::Flash => Past::Alone,
        };
        let mut aligned = [Align::NONE; MOST_AHEAD + 1];
        aligned[0] = align;
        let same_shot = self.waiting.iter().take(self.look_ahead).take_while(|waiting| self.filtered && !waiting.step);
        let ahead = aligned[1..].iter_mut().zip(same_shot).map(|(to, waiting)| *to = waiting.align).count();
        self.filter.record(|recorder| {
            recorder.timestamp(0);
            let moment = Moment { frame: number, past, aligned: &aligned[..=ahead], span };
            self.steady.record(recorder, &moment, &frame.data.disparity)?;
            recorder.timestamp(1);
            Ok(())
        })?;
        let point = self.gpu.submit(&mut self.filter)?;
        self.gpu.wait(point)?;
        if let [Some(from), Some(to)] = self.filter.timestamps()?[..] {
            let motion = frame.trace.span(Stage::Steady).unwrap_or_default();
            frame.trace.stamp(Stage::Steady, motion + to.saturating_sub(from));
        }
        // What is left of it after a second is nothing that can be seen.
        let depth = if self.depth < 0.02 { 0.0 } else { self.depth };
        let (comfort, layout) = (self.comfort.clone(), Arc::clone(&self.layout));
        Ok(Some(frame.map(|slot| Scene { slot, point, comfort, cut, depth, layout })))
    }
}

/// What follows the disparities of a network with these weights.
pub(crate) fn comfort_for(weights: &Weights) -> Comfort {
    let planes = weights.metadata.planes.iter();
    let (low, high) = planes.fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(*p), high.max(*p)));
    // The span of raw disparity below which a shot counts as flat.
    Comfort::new(match weights.metadata.network {
        // The original's usual span on film stills is 2.8 % of the width (10.8 of 384 pixels); a quarter of that.
        Network::Deep3d2016 => 0.7,
        Network::Deep3d => (high - low).max(0.0) * 0.15,
    })
}

/// How a network with these weights wants its pictures.
pub(crate) fn input_options(weights: &Weights) -> InputOptions {
    let metadata = &weights.metadata;
    match metadata.network {
        Network::Deep3d2016 => InputOptions::DEEP3D_2016,
        Network::Deep3d => InputOptions {
            reversed: metadata.input.channels == Channels::Bgr,
            antialias: true,
            mean: metadata.input.mean.map(|value| value * 255.0),
            deviation: metadata.input.std.map(|value| value * 255.0),
        },
    }
}
