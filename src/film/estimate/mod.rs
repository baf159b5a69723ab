//! Disparity as a network sees it, made steady, and carried to frames that the network has no time for. On the film thread; the network has its own
//! ([`Passes`]).
//!
//! Where each frame waits for its own pass ([`Pace::Every`]) nothing is carried; where none does ([`Pace::Live`]), see [`live`].

mod live;
mod parts;
mod passes;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::frame::{Frame, Picture};
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Image, Point, Recorder};
use crate::net::{Engine, Weights};
use crate::stage::bars::Crop;
use crate::stage::comfort::Depths;
use crate::stage::cut::{Fingerprint, Passage};
use crate::stage::flow::trail::{further, rest};
use crate::stage::flow::{Flow, Vector, motion};
use crate::stage::input::{NetworkInput, network_size};
use crate::stage::placement::Near;
use crate::stage::steady::align::{Align, Shot, fit, pairs};
use crate::stage::steady::carry::Carry;
use crate::stage::steady::{MOST_AHEAD, Moment, Past, Sizes, Steady, Tuning};
use crate::time::Time;
use crate::trace::{Stage, Trace};

use super::FilmError;
use super::control::{Control, Pass};
use super::motion::Newest;
use super::network::{comfort_for, input_options};
use super::options::{ChainOptions, Pace, TIMED, UPLOADS};
use super::waiting::{FrameDepth, OwnDepth, Waiting};
use live::Live;
use passes::{Job, Outcome, Passes};

/// The frame that the network looks at, or has looked at last.
struct Looked {
    frame: u64,
    pts: Time,
    /// Where the picture is upright.
    print: Option<Fingerprint>,
    /// Where its blocks were in the frame that the network had looked at before, where both are of one shot.
    from: Option<Vec<Vector>>,
    /// The time of that frame.
    before: Time,
}

/// What came of a pass, as long as it waits for a frame that can use it.
struct Arrived {
    frame: u64,
    own: OwnDepth,
    /// It told nothing that could be blended with what was before.
    step: bool,
}

/// How a frame's depth has come out.
pub(super) struct Finished {
    /// When its disparity is there; `None` where it has none.
    pub(super) point: Option<Point>,
    /// There is depth for it.
    pub(super) known: bool,
    /// What of a new disparity counts for comfort.
    pub(super) depths: Option<Depths>,
    /// The time of the newest frame that the network has looked at for it.
    pub(super) of: Option<Time>,
}

/// The network and its filter for pictures of one shape.
pub(super) struct Estimate {
    gpu: Gpu,
    control: Control,
    input: NetworkInput,
    /// The part of the pictures that is seen: left, top, right, bottom, as parts of their width and height.
    seen: [f32; 4],
    engine: Arc<Engine>,
    /// `None` where the network failed in the midst of playing: the film goes on flat.
    passes: Option<Passes>,
    flow: Flow,
    steady: Steady,
    filter: Commands,
    filtered_at: Point,
    /// What the filter took over the frame before.
    filtering: Duration,
    /// Motion read back, by upload.
    motion: Vec<Arc<Buffer>>,
    live: Option<Live>,
    flat_span: f32,
    /// Whether the filter is used at all.
    filtered: bool,
    look_ahead: usize,
    /// Frames that were added.
    count: u64,
    newest: Newest,
    looked: Option<Looked>,
    /// The network is at it.
    busy: bool,
    /// The engine holds the disparity of this frame, and the steady stage does not yet.
    uncopied: Option<u64>,
    /// The end of the last pass, on the network's queue.
    passed: Point,
    /// Raw, of the last two passes.
    disparity: [Vec<f32>; 2],
    /// Memory to work in.
    values: Vec<f32>,
    shot: Shot,
    given: Given,
}

/// What is kept of the frames that were given.
#[derive(Default)]
struct Given {
    /// The shot has depth: the last result is one.
    known: bool,
    /// Frames since one had a disparity of its own.
    frames: u32,
    /// The frame with which its shot began.
    shot: u64,
    /// What the shot's disparity said last.
    own: Option<OwnDepth>,
    /// Its trail.
    trail: Option<Vec<Vector>>,
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
        control: &Control,
    ) -> Result<Self, FilmError> {
        let metadata = &weights.metadata;
        let fitting = || network_size(aspect, options.network_area, metadata.input.multiple);
        let size = metadata.network.fixed_size().unwrap_or_else(fitting);
        let engine = Arc::new(Engine::new(gpu, weights, size, options.precision)?);
        let input_options = input_options(weights);
        let network_input = |to: &Arc<Buffer>| {
            Ok::<_, FilmError>(NetworkInput::new(gpu, &input_options, pictures, to, size)?.with_crop(crop))
        };
        let live = options.pace == Pace::Live;
        // While the network is at it, its input is its own.
        let small = match live {
            true => Buffer::new(gpu, "small picture", engine.input()?.bytes(), BufferKind::Device)?,
            false => Arc::clone(engine.input()?),
        };
        // Of live films all that wait can tell; besides those ahead the frame itself and the one before count.
        let ahead = if live { options.slots() } else { options.look_ahead.min(MOST_AHEAD) };
        let flow = Flow::new(gpu, &small, &input_options, size, ahead + 2)?;
        let tuning = Tuning::default();
        let steady = Steady::new(gpu, &flow, engine.output_size(), tuning)?;
        let live = live.then(|| {
            let carry = Carry::new(gpu, &flow, &steady, engine.parallax()?, &tuning)?;
            Live::new(gpu, network_input(engine.input()?)?, carry)
        });
        let live = live.transpose()?;
        let read_back = |_| Buffer::new(gpu, "motion read back", flow.bytes(), BufferKind::Readback);
        Ok(Self {
            gpu: gpu.clone(),
            control: control.clone(),
            input: network_input(&small)?,
            seen: crop.part_of(pictures.first().map_or([1, 1], |picture| picture.size())),
            passes: Some(Passes::start(gpu, &engine, options.pace == Pace::Live)?),
            motion: (0..UPLOADS).map(read_back).collect::<Result<_, _>>()?,
            live,
            engine,
            filter: Commands::new(gpu, "steady", 2)?,
            filtered_at: Point::default(),
            filtering: Duration::ZERO,
            flat_span: comfort_for(weights).flat_span(),
            filtered: options.steady,
            look_ahead: ahead.min(steady.look_ahead()),
            flow,
            steady,
            count: 0,
            newest: Newest::default(),
            looked: None,
            busy: false,
            uncopied: None,
            passed: Point::default(),
            disparity: [Vec::new(), Vec::new()],
            values: Vec::new(),
            shot: Shot::default(),
            given: Given::default(),
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

    /// So many frames may wait at once.
    pub(super) fn room(&self) -> usize {
        self.flow.frames() as usize - 1
    }

    /// Bytes of the softmax over the planes.
    pub(super) fn planes_bytes(&self) -> Result<u64, FilmError> {
        Ok(self.engine.planes()?.bytes())
    }

    /// Whether frames do not wait for the network, and it has not failed.
    pub(super) fn is_running(&self) -> bool {
        self.live.is_some() && self.passes.is_some()
    }

    /// The next frame does not follow the last, and those that wait are not wanted any more.
    pub(super) fn forget(&mut self) {
        self.newest.forget();
        self.given = Given { shot: self.count, ..Given::default() };
        if let Some(live) = &mut self.live {
            live.forget_before(self.count);
            if let Some(passes) = &self.passes {
                passes.forget_before(self.count);
            }
        }
    }

    /// Records what the next frame needs of its picture, which is in slot `slot`, with timestamps before and after the motion.
    pub(super) fn record(
        &mut self,
        recorder: &mut Recorder<'_>,
        slot: usize,
        upload: usize,
        timestamp: u32,
    ) -> Result<(), FilmError> {
        self.record_copy(recorder)?;
        self.input.record(recorder, slot)?;
        self.flow.record_picture(recorder, self.count)?;
        recorder.timestamp(timestamp);
        match self.motion.get(upload) {
            Some(to) => self.flow.record_motion(recorder, self.count, to)?,
            None => return Err(GpuError::Misuse("an upload without its place".to_owned()).into()),
        }
        recorder.timestamp(timestamp + 1);
        Ok(())
    }

    /// What was recorded is to be submitted after this, which the network has made.
    pub(super) fn passed(&self) -> Point {
        self.passed
    }

    /// Records the copying of a new disparity to the steady stage, where there is one.
    fn record_copy(&mut self, recorder: &mut Recorder<'_>) -> Result<(), FilmError> {
        let Some(frame) = self.uncopied.take() else { return Ok(()) };
        Ok(self.steady.record_disparity(recorder, frame, self.engine.parallax()?)?)
    }

    /// Takes the frame that was recorded and submitted.
    pub(super) fn add(&mut self, frame: &Frame<Picture>, print: &Fingerprint) -> FrameDepth {
        let number = self.count;
        self.count += 1;
        let fresh = self.newest.is_none();
        let seconds = self.newest.follow(frame, print);
        FrameDepth { step: seconds.is_none() || !self.filtered, fresh, ..FrameDepth::new(number, seconds) }
    }

    /// Where each frame waits for its own pass: gives the last of `waiting` to the network.
    pub(super) fn look(&mut self, waiting: &VecDeque<Waiting>) {
        if let Some(last) = waiting.back() {
            self.look_at(last, last.point, last.frame.data.planes.clone(), false);
        }
    }

    /// And waits until it has its own disparity.
    pub(super) fn see(&mut self, waiting: &mut VecDeque<Waiting>) -> Result<(), FilmError> {
        let passed = self.passes.as_mut().and_then(|passes| passes.take(None)).ok_or(FilmError::NetworkEnded)?;
        (self.busy, self.passed) = (false, passed.point);
        let Outcome::Done(took) = passed.outcome? else { return Err(FilmError::NetworkEnded) };
        self.uncopied = Some(passed.frame);
        let arrived = self.arrive(passed.frame, passed.disparity, took);
        if let (Some(arrived), Some(last)) = (arrived, waiting.back_mut()) {
            last.depth.step |= arrived.step;
            last.depth.own = Some(arrived.own);
        }
        Ok(())
    }

    /// What the disparity of the present shot has said last.
    pub(super) fn shot(&self) -> Option<&OwnDepth> {
        self.given.own.as_ref()
    }

    /// Gives the network a frame whose small picture is in the engine at `input`.
    fn look_at(&mut self, waiting: &Waiting, input: Point, planes: Option<Arc<Buffer>>, urgent: bool) {
        let Waiting { frame, print, depth, .. } = waiting;
        let before = self.looked.as_ref().map_or(frame.pts, |looked| looked.pts);
        self.looked = Some(Looked {
            frame: depth.number,
            pts: frame.pts,
            print: waiting.upright.then(|| print.clone()),
            from: None,
            before,
        });
        self.disparity.swap(0, 1);
        let disparity = std::mem::take(&mut self.disparity[0]);
        if let Some(passes) = &mut self.passes {
            passes.give(Job { frame: depth.number, input, planes, urgent, disparity });
            self.busy = true;
        }
    }

    /// Reads how the frame at `index` of `waiting` has moved, which the GPU has finished. Frames are read in order.
    pub(super) fn read_motion(&mut self, waiting: &mut VecDeque<Waiting>, index: usize) -> Result<(), FilmError> {
        let before = match index.checked_sub(1) {
            Some(before) => waiting.get(before).and_then(|waiting| waiting.depth.trail.clone()),
            None => self.given.trail.clone(),
        };
        let Some(Waiting { depth, upload, .. }) = waiting.get_mut(index) else { return Ok(()) };
        depth.read = true;
        if let Some(seconds) = depth.seconds.filter(|_| self.filtered)
            && let Some(motion_read) = self.motion.get(*upload)
        {
            let size = self.flow.size();
            let flow: Vec<Vector> = motion_read.read(|bytes| bytemuck::cast_slice(bytes).to_vec())?;
            depth.speed = motion(size, &flow).map(|moved| moved / seconds.max(1e-3));
            depth.trail = before.map(|before| further(&flow, &before, size));
            depth.flow = Some(flow);
        }
        if let Some(looked) = self.looked.as_mut().filter(|looked| looked.frame == depth.number) {
            looked.from = depth.trail.take();
            depth.trail = Some(rest(self.flow.size()));
        }
        Ok(())
    }

    /// Trails lead to the frame at `index` of `waiting` from now on, which the network is given.
    fn begin_trails(&mut self, waiting: &mut VecDeque<Waiting>, index: usize) {
        let size = self.flow.size();
        let mut trail = None;
        for (at, waiting) in waiting.iter_mut().enumerate().skip(index).take_while(|(_, waiting)| waiting.depth.read) {
            trail = match at == index {
                true => {
                    if let Some(looked) = &mut self.looked {
                        looked.from = waiting.depth.trail.take();
                    }
                    Some(rest(size))
                }
                false => waiting.depth.flow.as_ref().zip(trail).map(|(flow, trail)| further(flow, &trail, size)),
            };
            waiting.depth.trail.clone_from(&trail);
        }
    }

    /// Takes what the network has seen in the frame it has looked at last.
    fn arrive(&mut self, frame: u64, disparity: Vec<f32>, took: Option<Duration>) -> Option<Arrived> {
        self.disparity[0] = disparity;
        let [now, before] = &self.disparity;
        let looked = self.looked.as_mut().filter(|looked| looked.frame == frame)?;
        let Sizes { small, guide } = self.steady.sizes();
        let depths = Depths::of_picture(now, small, looked.print.as_ref(), self.seen);
        let nearest = Near::but_specks(now, small, &mut self.values);
        let near = Near::of(now, small);
        let (align, depths) = match depths.zip(looked.from.take()) {
            Some((known, from)) => {
                let seconds = (looked.pts - looked.before).seconds() as f32;
                let found = pairs(now, before, small, guide, &from);
                let align = self.shot.follow(fit(&found), 0.5 * (known.range.near + known.range.far), seconds);
                (align, Some(known.map(|d| align.apply(d))))
            }
            None => {
                self.shot = Shot::default();
                (Align::NONE, depths)
            }
        };
        self.control.note_pass(Pass { pts: looked.pts, took });
        let own = OwnDepth { align, depths, nearest, near, of: looked.pts, took };
        Some(Arrived { frame, step: depths.is_none() || !self.filtered, own })
    }

    /// Makes the disparity of the frame of `depth` with those after it, into `to`.
    pub(super) fn finish<'a>(
        &mut self,
        depth: &FrameDepth,
        passage: Passage,
        after: impl Iterator<Item = &'a FrameDepth>,
        to: &Arc<Buffer>,
        trace: &mut Trace,
    ) -> Result<Finished, FilmError> {
        let given = std::mem::take(&mut self.given);
        let begins = passage == Passage::Cut || depth.fresh;
        let past = match passage {
            _ if !self.filtered || begins || !given.known => Past::None,
            Passage::Flash => Past::Alone,
            _ => Past::Known { frames: given.frames + 1 },
        };
        let mut aligned = [None; MOST_AHEAD + 1];
        aligned[0] = depth.own.as_ref().map(|own| own.align);
        let mut ahead = 0;
        let mut first_ahead = None;
        let same_shot = after.take(self.look_ahead).take_while(|after| self.filtered && !after.step);
        for ((at, to), after) in aligned.iter_mut().enumerate().skip(1).zip(same_shot) {
            if let Some(own) = &after.own {
                (*to, ahead) = (Some(own.align), at);
                first_ahead = first_ahead.or(Some(own));
            }
        }
        let own = depth.own.as_ref().or(if past == Past::None { first_ahead } else { None });
        // What is carried on and on without a network ends up anywhere.
        let failed = self.live.is_some() && self.passes.is_none();
        let known = !failed && (own.is_some() || past != Past::None);
        let latest = own.or(given.own.as_ref().filter(|_| !begins)).cloned();
        let mut finished = Finished {
            point: None,
            known,
            depths: own.and_then(|own| own.depths),
            of: latest.as_ref().map(|own| own.of).filter(|_| known),
        };
        if known {
            let depths = latest.as_ref().and_then(|own| own.depths);
            let span = depths.map_or(self.flat_span, |d| (d.range.far - d.range.near).max(self.flat_span));
            self.gpu.wait(self.filtered_at)?;
            if (self.live.is_none() || depth.number.is_multiple_of(TIMED))
                && let [Some(from), Some(to)] = self.filter.timestamps()?[..]
            {
                self.filtering = to.saturating_sub(from);
            }
            let moment = Moment { frame: depth.number, past, aligned: &aligned[..=ahead], span };
            let copied = self.uncopied.take();
            self.filter.record::<FilmError>(|recorder| {
                if let Some(frame) = copied {
                    self.steady.record_disparity(recorder, frame, self.engine.parallax()?)?;
                }
                recorder.timestamp(0);
                self.steady.record(recorder, &moment, to)?;
                recorder.timestamp(1);
                Ok(())
            })?;
            self.filtered_at = self.gpu.submit_after(&mut self.filter, &[self.passed])?;
            finished.point = Some(self.filtered_at);
            // Of the frame before: nobody waits here for this one's.
            let motion = trace.span(Stage::Steady).unwrap_or_default();
            trace.stamp(Stage::Steady, motion + self.filtering);
        }
        self.given = Given {
            known,
            frames: if depth.own.is_some() { 0 } else { given.frames.saturating_add(1) },
            shot: if begins { depth.number } else { given.shot },
            own: latest,
            trail: depth.trail.clone(),
        };
        Ok(finished)
    }
}
