//! The GPU side of the film thread: upload, colour and network for pictures of one shape.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::depth_film::DepthAt;
use crate::frame::{Frame, Picture, Shape};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError};
use crate::net::Precision;
use crate::stage::bars::Crop;
use crate::stage::colour::Colour;
use crate::stage::comfort::{Comfort, Observation, Settings};
use crate::stage::cut::{Cuts, Fingerprint, Passage};
use crate::stage::glance::Glance;
use crate::stage::upload::Upload;
use crate::time::Time;
use crate::trace::Stage;

use super::FilmError;
use super::disparity::{Disparity, Draft, Means};
use super::pool::{Lent, Pool};
use super::scene::{Layout, Scene, Slot};
use super::writing::{self, Writing};

/// The area that networks look at, in pixels, unless told otherwise.
pub const NETWORK_AREA: u32 = 384 * 160;

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
    print: Fingerprint,
    draft: Draft,
    /// Its number among the pictures looked at for writing.
    look: u64,
}

/// The chain.
pub(super) struct Chain {
    gpu: Gpu,
    upload: Upload,
    colour: Colour,
    disparity: Disparity,
    pool: Pool<Slot>,
    layout: Arc<Layout>,
    before: Commands,
    next_upload: usize,
    comfort: Comfort,
    look_ahead: usize,
    waiting: VecDeque<Waiting>,
    cuts: Cuts,
    writing: Writing,
    /// Epoch and time of the scene given last, and how many of its epoch were.
    last: Option<(u32, Time)>,
    given: usize,
    /// The last one given stands on plain ground.
    plain: bool,
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
        means: &Means,
        shape: &Shape,
        crop: Crop,
        options: &ChainOptions,
    ) -> Result<Self, FilmError> {
        let upload = Upload::new(gpu, shape, UPLOADS)?;
        let count = options.scenes.max(2) + options.look_ahead;
        let pictures = (0..count).map(|_| Colour::picture(gpu, &upload)).collect::<Result<Vec<_>, _>>()?;
        let colour = Colour::new(gpu, &upload, &pictures)?;
        let disparity = Disparity::new(gpu, means, &pictures, shape, crop, options)?;
        let disparity_size = disparity.size();
        let disparity_bytes = u64::from(disparity_size[0]) * u64::from(disparity_size[1]) * 4;
        let planes_bytes = if options.keep_planes { disparity.planes_bytes()? } else { None };
        let device = |name: &str, bytes: u64| Buffer::new(gpu, name, bytes, BufferKind::Device);
        let slot = |(index, picture)| {
            let disparity = device("disparity of a scene", disparity_bytes)?;
            let planes = planes_bytes.map(|bytes| device("planes of a scene", bytes)).transpose()?;
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
            planes: means.planes(),
            slots: slots.clone(),
        };
        Ok(Self {
            gpu: gpu.clone(),
            comfort: means.comfort(),
            upload,
            colour,
            look_ahead: disparity.look_ahead(options.look_ahead),
            disparity,
            pool: Pool::new(slots),
            layout: Arc::new(layout),
            before: Commands::new(gpu, "upload and colour", 3)?,
            next_upload: 0,
            waiting: VecDeque::with_capacity(options.look_ahead + 1),
            cuts: Cuts::default(),
            writing: Writing::default(),
            last: None,
            given: 0,
            plain: false,
            spent: Duration::ZERO,
        })
    }

    pub(super) fn fits(&self, picture: &Picture, crop: Crop) -> bool {
        picture.shape == *self.upload.shape() && crop == self.layout.crop
    }

    /// Goes on where `before` has stopped, which showed the same film with other bars.
    pub(super) fn go_on(&mut self, before: &Self) {
        self.waiting.clear();
        self.disparity.forget();
        self.comfort = before.comfort.clone();
        self.cuts = before.cuts.clone();
        self.writing = before.writing.clone();
        (self.last, self.given, self.plain) = (before.last, before.given, before.plain);
    }

    /// Sends `frame` through the network (or takes the `depth` kept for it), to wait for the frames after it ([`Chain::give`]). It is given back, to be tried again, when no slot came
    /// free within `patience`. The first frame after a seek makes an end of those that still wait.
    pub(super) fn add(
        &mut self,
        frame: Frame<Picture>,
        glance: &Glance,
        depth: Option<&DepthAt>,
        patience: Duration,
    ) -> Result<Option<Frame<Picture>>, FilmError> {
        if self.waiting.back().is_some_and(|waiting| waiting.frame.epoch != frame.epoch) {
            self.waiting.clear();
        }
        let Some(slot) = self.pool.take(patience) else { return Ok(Some(frame)) };
        let mut trace = frame.trace;
        let print = Fingerprint::of(glance);
        let look = self.writing.look(frame.epoch, glance);
        let start = Instant::now();
        let upload = self.next_upload % UPLOADS;
        self.next_upload += 1;
        // The last submission that read this place was waited for below.
        self.upload.put(upload, &frame.data)?;
        self.disparity.put(depth)?;
        let copied = start.elapsed();
        self.before.record::<GpuError>(|recorder| {
            recorder.timestamp(0);
            self.upload.record(recorder, upload)?;
            recorder.timestamp(1);
            self.colour.record(recorder, upload, slot.index)?;
            self.disparity.record(recorder, &slot)?;
            recorder.timestamp(2);
            Ok(())
        })?;
        let point = self.gpu.submit(&mut self.before)?;
        let draft = self.disparity.run(&self.gpu, &frame, &print, &slot, point, &mut trace)?;
        let before = self.before.timestamps()?;
        let between =
            |from: usize, to: usize| Some(before.get(to).copied()??.saturating_sub(before.get(from).copied()??));
        trace.stamp(Stage::Upload, copied + between(0, 1).unwrap_or_default());
        if let Some(span) = between(1, 2) {
            trace.stamp(Stage::Colour, span);
        }
        let mut frame = frame.map(|_| slot);
        frame.trace = trace;
        self.waiting.push_back(Waiting { frame, print, draft, look });
        let stages = [Stage::Upload, Stage::Colour, Stage::Network, Stage::Steady];
        self.spent = stages.into_iter().filter_map(|stage| trace.span(stage)).sum();
        Ok(None)
    }

    /// What the last frame that was added has cost.
    pub(super) fn spent(&self) -> Duration {
        self.spent
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
        let Some(Waiting { mut frame, print, draft, look }) = self.waiting.pop_front() else { return Ok(None) };
        let seconds = match self.last {
            Some((epoch, pts)) if epoch == frame.epoch => (frame.pts - pts).seconds(),
            _ => {
                self.cuts.reset();
                self.comfort.reset();
                self.given = 0;
                0.0
            }
        };
        self.last = Some((frame.epoch, frame.pts));
        self.given += 1;
        let passage = self.cuts.judge(&print, self.waiting.iter().map(|waiting| &waiting.print));
        let cut = passage == Passage::Cut;
        let threshold = if self.plain { PLAIN[0] } else { PLAIN[1] };
        self.plain = print.plain() > threshold;
        // How a shot moves is known from its second frame on.
        let speed = if cut { self.waiting.front().and_then(|next| next.draft.speed()) } else { draft.speed() };
        self.comfort.follow(&Observation {
            depths: draft.depths().filter(|_| passage != Passage::Flash),
            motion: speed,
            seconds: seconds as f32,
            cut,
            share: if self.plain || !draft.known() { 0.0 } else { 1.0 },
        });
        let Crop { at, size } = self.layout.crop;
        let seen = [at, [at[0] + size[0], at[1] + size[1]]];
        let mapping = self.comfort.settled(&Settings::default());
        let moment = writing::Moment { frame: look, cut, fresh: self.given == 1, seen, mapping };
        let after = self.waiting.iter().map(|waiting| &waiting.draft);
        let same_shot = [&draft].into_iter().chain(after.clone().take_while(|after| !after.is_step()));
        let plates = self.writing.plates(&moment, same_shot.map(Draft::nearest));
        let point = self.disparity.finish(&draft, passage, after, &frame.data.disparity, &mut frame.trace)?;
        let (comfort, layout) = (self.comfort.clone(), Arc::clone(&self.layout));
        Ok(Some(frame.map(|slot| Scene { slot, point, comfort, cut, plates, layout })))
    }
}
