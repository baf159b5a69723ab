//! The GPU side of the film thread: upload, colour and network for pictures of one shape.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::frame::{Frame, Picture};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, Point};
use crate::net::weights::Channels;
use crate::net::{Engine, Network, Precision, Weights};
use crate::stage::colour::Colour;
use crate::stage::comfort::{Comfort, Percentiles};
use crate::stage::input::{InputOptions, NetworkInput, network_size};
use crate::stage::scene::Fingerprint;
use crate::stage::upload::{Shape, Upload};
use crate::time::Time;
use crate::trace::Stage;

use super::FilmError;
use super::pool::Pool;
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
    /// Scenes that exist at once.
    pub scenes: usize,
    /// In which precision the network runs.
    pub precision: Precision,
    /// Keep the softmax over the planes with each scene.
    pub keep_planes: bool,
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
    next_upload: usize,
    comfort: Comfort,
    last: Option<(u32, Time, Fingerprint)>,
}

/// Numbers chains.
static CHAINS: AtomicU64 = AtomicU64::new(0);

impl Chain {
    pub(super) fn new(gpu: &Gpu, weights: &Weights, shape: &Shape, options: &ChainOptions) -> Result<Self, FilmError> {
        let metadata = &weights.metadata;
        let fitting = || network_size(shape.display_aspect(), options.network_area, metadata.input.multiple);
        let size = metadata.network.fixed_size().unwrap_or_else(fitting);
        let engine = Engine::new(gpu, weights, size, options.precision)?;
        let disparity_size = engine.output_size();
        let disparity_bytes = u64::from(disparity_size[0]) * u64::from(disparity_size[1]) * 4;
        let upload = Upload::new(gpu, shape, UPLOADS)?;
        let mut slots = Vec::with_capacity(options.scenes);
        for index in 0..options.scenes.max(2) {
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
        let input = NetworkInput::new(gpu, &input_options(weights), &pictures, engine.input()?, size)?;
        let layout = Layout {
            chain: CHAINS.fetch_add(1, Ordering::Relaxed) + 1,
            size: shape.turned_size(),
            pixel_aspect: shape.pixel_aspect(),
            sample_aspect: match shape.orientation.quarter_turns % 2 {
                1 => (shape.sample_aspect.1, shape.sample_aspect.0),
                _ => shape.sample_aspect,
            },
            disparity_size,
            network: metadata.network,
            planes: metadata.planes.len() as u32,
            plane_parallax: metadata.planes.clone(),
            slots: slots.clone(),
        };
        Ok(Self {
            gpu: gpu.clone(),
            comfort: comfort_for(weights),
            upload,
            colour,
            input,
            engine,
            pool: Pool::new(slots),
            layout: Arc::new(layout),
            before: Commands::new(gpu, "upload and colour", 3)?,
            network: (0..PARTS).map(|_| Commands::new(gpu, "network", 2)).collect::<Result<_, _>>()?,
            raw: Buffer::new(gpu, "disparity read back", disparity_bytes, BufferKind::Readback)?,
            next_upload: 0,
            last: None,
        })
    }

    pub(super) fn fits(&self, picture: &Picture) -> bool {
        Shape::of(picture) == *self.upload.shape()
    }

    /// Makes the scene of `frame`. `None` when no slot came free within `patience`: the frame is given back to be tried again.
    pub(super) fn make(&mut self, frame: Frame<Picture>, patience: Duration) -> Result<Made, FilmError> {
        let Some(slot) = self.pool.take(patience) else { return Ok(Made::NoRoom(frame)) };
        let mut trace = frame.trace;
        let print = Fingerprint::of(&frame.data);
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
                let bytes = slot.disparity.bytes();
                recorder.copy_buffer(&disparity, 0, &slot.disparity, 0, bytes)?;
                recorder.copy_buffer(&disparity, 0, &self.raw, 0, bytes)?;
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
        }
        if let Some(span) = network {
            trace.stamp(Stage::Network, span);
        }
        let cut = self.follow(&frame, print)?;
        let comfort = self.comfort.clone();
        let layout = Arc::clone(&self.layout);
        let mut frame = frame.map(|_| Scene { slot, point, comfort, cut, layout });
        frame.trace = trace;
        Ok(Made::Scene(frame))
    }

    /// Lets the comfort rules see the new disparity.
    fn follow(&mut self, frame: &Frame<Picture>, print: Fingerprint) -> Result<bool, FilmError> {
        let percentiles = self.raw.read(|bytes| Percentiles::of(bytemuck::cast_slice(bytes)))?;
        let (cut, seconds) = match &self.last {
            Some((epoch, pts, last)) if *epoch == frame.epoch => (last.is_cut(&print), (frame.pts - *pts).seconds()),
            _ => (true, 0.0),
        };
        if let Some(percentiles) = percentiles {
            self.comfort.follow(percentiles, seconds as f32, cut);
        }
        self.last = Some((frame.epoch, frame.pts, print));
        Ok(cut)
    }
}

/// What became of a frame.
pub(super) enum Made {
    Scene(Frame<Scene>),
    /// All scenes are lent out.
    NoRoom(Frame<Picture>),
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
