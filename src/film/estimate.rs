//! Disparity as a network sees it, made steady: the network behind a chain's pictures and the filter behind the network. On the film thread.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "media")]
use crate::depth_film::Scale;
use crate::frame::{Frame, Orientation, Picture};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Image, Point, Recorder};
use crate::net::weights::Channels;
use crate::net::{Engine, Network, Weights};
use crate::stage::bars::Crop;
use crate::stage::comfort::{Comfort, Depths};
use crate::stage::cut::{Fingerprint, Passage};
use crate::stage::flow::{Flow, motion};
use crate::stage::input::{InputOptions, NetworkInput, network_size};
use crate::stage::steady::align::{Align, Shot, fit, pairs};
use crate::stage::steady::{MOST_AHEAD, Moment, Past, Sizes, Steady, Tuning};
use crate::trace::{Stage, Trace};

use super::FilmError;
use super::chain::ChainOptions;
use super::motion::Newest;
use super::scene::Slot;
use super::writing::Nearest;

/// The network is handed to the GPU in so many submissions, so that a headset's compositor gets its turn between them.
const PARTS: usize = 4;

/// What is known of a frame behind the network, before the frames after it have come.
pub(super) struct Draft {
    /// Its number in the steady stage.
    number: u64,
    /// Nothing is blended between it and the one before.
    pub(super) step: bool,
    /// Nothing is known of the one before.
    fresh: bool,
    pub(super) align: Align,
    /// Of its disparity, aligned.
    pub(super) depths: Option<Depths>,
    /// How fast what is seen moves, in % of the width a second.
    pub(super) speed: Option<f32>,
    pub(super) nearest: Nearest,
}

/// What came of a frame, and how it goes with the one before.
struct Aligned {
    /// It cannot be compared with it.
    step: bool,
    /// What brings its disparity to that of the shot.
    align: Align,
    /// Of its disparity then.
    depths: Option<Depths>,
    speed: Option<f32>,
}

/// The network and its filter for pictures of one shape.
pub(super) struct Estimate {
    gpu: Gpu,
    input: NetworkInput,
    /// The part of the pictures that is seen: left, top, right, bottom, as parts of their width and height.
    seen: [f32; 4],
    engine: Engine,
    network: Vec<Commands>,
    raw: Arc<Buffer>,
    flow: Flow,
    steady: Steady,
    filter: Commands,
    motion: Arc<Buffer>,
    flat_span: f32,
    /// Whether the filter is used at all.
    filtered: bool,
    look_ahead: usize,
    /// Frames that went through the network.
    count: u64,
    newest: Newest,
    /// Raw, of the last two.
    disparity: [Vec<f32>; 2],
    /// Memory to work in.
    values: Vec<f32>,
    shot: Shot,
}

impl Estimate {
    /// For `pictures` of which `crop` is seen, `aspect` wide for its height.
    pub(super) fn new(
        gpu: &Gpu,
        weights: &Weights,
        pictures: &[Arc<Image>],
        crop: Crop,
        aspect: f64,
        options: &ChainOptions,
    ) -> Result<Self, FilmError> {
        let metadata = &weights.metadata;
        let fitting = || network_size(aspect, options.network_area, metadata.input.multiple);
        let size = metadata.network.fixed_size().unwrap_or_else(fitting);
        let engine = Engine::new(gpu, weights, size, options.precision)?;
        let small = engine.output_size();
        let values = small[0] as usize * small[1] as usize;
        let input_options = input_options(weights);
        let input = NetworkInput::new(gpu, &input_options, pictures, engine.input()?, size)?.with_crop(crop);
        // Besides those ahead the frame itself and the one before.
        let flow = Flow::new(gpu, engine.input()?, &input_options, size, options.look_ahead.min(MOST_AHEAD) + 2)?;
        let steady = Steady::new(gpu, &flow, small, Tuning::default())?;
        Ok(Self {
            gpu: gpu.clone(),
            input,
            seen: part(crop, pictures.first().map_or([1, 1], |picture| picture.size())),
            engine,
            network: (0..PARTS).map(|_| Commands::new(gpu, "network", 3)).collect::<Result<_, _>>()?,
            raw: Buffer::new(gpu, "disparity read back", values as u64 * 4, BufferKind::Readback)?,
            motion: Buffer::new(gpu, "motion read back", flow.bytes(), BufferKind::Readback)?,
            filter: Commands::new(gpu, "steady", 2)?,
            flat_span: comfort_for(weights).flat_span(),
            filtered: options.steady,
            look_ahead: options.look_ahead.min(steady.look_ahead()),
            flow,
            steady,
            count: 0,
            newest: Newest::default(),
            disparity: [vec![0.0; values], vec![0.0; values]],
            values: Vec::new(),
            shot: Shot::default(),
        })
    }

    /// Width and height of the disparity.
    pub(super) fn size(&self) -> [u32; 2] {
        self.engine.output_size()
    }

    /// How many frames ahead can be used.
    pub(super) fn look_ahead(&self) -> usize {
        self.look_ahead
    }

    /// Bytes of the softmax over the planes.
    pub(super) fn planes_bytes(&self) -> Result<u64, FilmError> {
        Ok(self.engine.planes()?.bytes())
    }

    /// The next frame does not follow the last.
    pub(super) fn forget(&mut self) {
        self.newest.forget();
    }

    /// Records what the next frame needs of its picture, which is in slot `slot`.
    pub(super) fn record(&self, recorder: &mut Recorder<'_>, slot: usize) -> Result<(), GpuError> {
        self.input.record(recorder, slot)?;
        self.flow.record_picture(recorder, self.count)
    }

    /// Sends the frame that was recorded through the network, and reads what came of it.
    pub(super) fn run(
        &mut self,
        frame: &Frame<Picture>,
        print: &Fingerprint,
        slot: &Slot,
        trace: &mut Trace,
    ) -> Result<Draft, FilmError> {
        let number = self.count;
        self.count += 1;
        let disparity = Arc::clone(self.engine.parallax()?);
        let planes_made = Arc::clone(self.engine.planes()?);
        let mut point = Point::default();
        for (part, commands) in self.network.iter_mut().enumerate() {
            let last = part + 1 == PARTS;
            commands.record::<GpuError>(|recorder| {
                recorder.timestamp(0);
                self.engine.record_part(recorder, part, PARTS)?;
                recorder.timestamp(1);
                if !last {
                    return Ok(());
                }
                self.flow.record_motion(recorder, number, &self.motion)?;
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
        let mut network = Some(Duration::ZERO);
        for commands in &self.network {
            let times = commands.timestamps()?;
            let between =
                |from: usize, to: usize| Some(times.get(to).copied()??.saturating_sub(times.get(from).copied()??));
            network = network.zip(between(0, 1)).map(|(sum, part)| sum + part);
            if let Some(span) = between(1, 2) {
                trace.stamp(Stage::Steady, span);
            }
        }
        if let Some(span) = network {
            trace.stamp(Stage::Network, span);
        }
        let fresh = self.newest.is_none();
        let Aligned { step, align, depths, speed } = self.align(frame, print)?;
        let nearest = Nearest::of(&self.disparity[0], self.steady.sizes().small, &mut self.values);
        Ok(Draft { number, step, fresh, align, depths, speed, nearest })
    }

    /// Reads what came of a frame.
    fn align(&mut self, frame: &Frame<Picture>, print: &Fingerprint) -> Result<Aligned, FilmError> {
        self.disparity.swap(0, 1);
        let [now, before] = &mut self.disparity;
        let copy = |bytes: &[u8]| now.iter_mut().zip(bytemuck::cast_slice(bytes)).for_each(|(to, from)| *to = *from);
        self.raw.read(copy)?;
        let Sizes { small, guide } = self.steady.sizes();
        let upright = frame.data.shape.orientation == Orientation::default();
        let depths = Depths::of_picture(now, small, upright.then_some(print), self.seen);
        let seconds = self.newest.follow(frame, print);
        let Some((known, seconds)) = depths.zip(seconds).filter(|_| self.filtered) else {
            self.shot = Shot::default();
            return Ok(Aligned { step: true, align: Align::NONE, depths, speed: None });
        };
        let (found, moved) = self.motion.read(|bytes| {
            let flow = bytemuck::cast_slice(bytes);
            (pairs(now, before, small, guide, flow), motion(guide, flow))
        })?;
        let align = self.shot.follow(fit(&found), 0.5 * (known.range.near + known.range.far), seconds);
        let speed = moved.map(|moved| moved / seconds.max(1e-3));
        Ok(Aligned { step: false, align, depths: Some(known.map(|d| align.apply(d))), speed })
    }

    /// Makes the disparity of the frame of `draft` with those after it, into `to`; ready at the point given.
    pub(super) fn finish<'a>(
        &mut self,
        draft: &Draft,
        passage: Passage,
        after: impl Iterator<Item = &'a Draft>,
        to: &Arc<Buffer>,
        trace: &mut Trace,
    ) -> Result<Point, FilmError> {
        let past = match passage {
            _ if !self.filtered || draft.fresh => Past::None,
            Passage::Cut => Past::None,
            Passage::Same => Past::Known,
            Passage::Flash => Past::Alone,
        };
        let mut aligned = [Align::NONE; MOST_AHEAD + 1];
        aligned[0] = draft.align;
        let same_shot = after.take(self.look_ahead).take_while(|after| self.filtered && !after.step);
        let ahead = aligned[1..].iter_mut().zip(same_shot).map(|(to, after)| *to = after.align).count();
        let span = draft.depths.map_or(self.flat_span, |d| (d.range.far - d.range.near).max(self.flat_span));
        self.filter.record::<GpuError>(|recorder| {
            recorder.timestamp(0);
            let moment = Moment { frame: draft.number, past, aligned: &aligned[..=ahead], span };
            self.steady.record(recorder, &moment, to)?;
            recorder.timestamp(1);
            Ok(())
        })?;
        let point = self.gpu.submit(&mut self.filter)?;
        self.gpu.wait(point)?;
        if let [Some(from), Some(to)] = self.filter.timestamps()?[..] {
            let motion = trace.span(Stage::Steady).unwrap_or_default();
            trace.stamp(Stage::Steady, motion + to.saturating_sub(from));
        }
        Ok(point)
    }
}

/// `crop` as parts of a picture of `size`: left, top, right, bottom.
pub(super) fn part(crop: Crop, size: [u32; 2]) -> [f32; 4] {
    let side = |pixel: u32, axis: usize| pixel as f32 / size[axis].max(1) as f32;
    let [right, bottom] = [0, 1].map(|axis| side(crop.at[axis] + crop.size[axis], axis));
    [side(crop.at[0], 0), side(crop.at[1], 1), right, bottom]
}

/// What grey is to mean where the disparity of a network with these weights is kept.
#[cfg(feature = "media")]
pub(crate) fn scale_for(weights: &Weights) -> Scale {
    let [low, high] = reach(weights);
    Scale::of_network(low, high, comfort_for(weights).flat_span())
}

/// The least and the most of the planes.
fn reach(weights: &Weights) -> [f32; 2] {
    let planes = weights.metadata.planes.iter();
    let (low, high) = planes.fold((f32::MAX, f32::MIN), |(low, high), p| (low.min(*p), high.max(*p)));
    [low, high]
}

/// What follows the disparities of a network with these weights.
pub(crate) fn comfort_for(weights: &Weights) -> Comfort {
    let [low, high] = reach(weights);
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
