//! The network on a thread and a queue of its own: one pass at a time, over whichever frame the film thread gives it.
//!
//! The film thread writes a frame's small picture into the engine's input, sends a [`Job`] and goes on; the pass comes back as [`Passed`]. Between the two
//! the engine's memory belongs to the network thread, before and after to the film thread. What the one queue has written the other waits for: the network
//! for [`Job::input`], the film thread for [`Passed::point`].

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Point, QueueKind};
use crate::net::Engine;
use crate::ring::{Empty, Receiver, Sender, ring};

use super::parts::Parts;
use crate::film::FilmError;
use crate::film::options::TIMED;

/// Where pictures, or a headset's compositor, share the network's queue, the network is handed to the GPU in submissions that take about so long each, so
/// that they get their turn between them.
const PART: Duration = Duration::from_millis(6);

/// Of so many passes each is timed at first, to learn what its dispatches take.
const LEARNT: u64 = 6;

/// A frame for the network.
pub(super) struct Job {
    /// The frame's number.
    pub(super) frame: u64,
    /// When its small picture is in the engine's input.
    pub(super) input: Point,
    /// Where the softmax over the planes goes, where it is wanted.
    pub(super) planes: Option<Arc<Buffer>>,
    /// The frame's shot has no depth at all: all of the pass is handed over at once, for which one picture may be late.
    pub(super) urgent: bool,
    /// Memory for the disparity.
    pub(super) disparity: Vec<f32>,
}

/// What came of a [`Job`].
pub(super) struct Passed {
    /// The frame's number.
    pub(super) frame: u64,
    /// Raw disparity, row by row.
    pub(super) disparity: Vec<f32>,
    /// What is submitted to read the engine's memory waits for it.
    pub(super) point: Point,
    /// How long the GPU took over it, where it tells; or that it was given up.
    pub(super) outcome: Result<Outcome, FilmError>,
}

/// How a pass has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The engine holds its disparity. How long the GPU took, where it tells.
    Done(Option<Duration>),
    /// Nobody wanted it any more.
    GivenUp,
}

/// The film thread's end.
pub(super) struct Passes {
    /// `None` once it is to end.
    jobs: Option<Sender<Job>>,
    passed: Receiver<Passed>,
    /// Frames before this one are not wanted any more.
    wanted: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Passes {
    /// Starts the thread. Where frames go on meanwhile (`beside`) but share the network's queue, each part waits for the one before, so that at most one of them
    /// lies before the pictures.
    pub(super) fn start(gpu: &Gpu, engine: &Arc<Engine>, beside: bool) -> Result<Self, FilmError> {
        let (jobs, to_do) = ring(1);
        let (done, passed) = ring(1);
        let wanted = Arc::new(AtomicU64::new(0));
        let values = engine.output_size().map(u64::from).iter().product::<u64>();
        let thread = NetworkThread {
            gpu: gpu.clone(),
            engine: Arc::clone(engine),
            commands: Vec::new(),
            parts: Parts::new(engine.dispatches(), PART),
            count: 0,
            took: None,
            raw: Buffer::new(gpu, "disparity read back", values * 4, BufferKind::Readback)?,
            waiting: beside && !gpu.facts().network_queue,
            wanted: Arc::clone(&wanted),
            point: Point::default(),
        };
        let thread = Builder::new().name("network".to_owned()).spawn(move || thread.run(to_do, done));
        Ok(Self { jobs: Some(jobs), passed, wanted, thread: Some(thread.map_err(FilmError::Thread)?) })
    }

    /// Gives the network its next frame; the last pass has come back.
    pub(super) fn give(&mut self, job: Job) {
        // A thread that has ended answers nothing, which `take` tells.
        let _ = self.jobs.as_mut().map(|jobs| jobs.send(job));
    }

    /// The pass, if it is over, waiting for it at most `patience` (until it is over without one). `None` also where the thread is gone.
    pub(super) fn take(&mut self, patience: Option<Duration>) -> Option<Passed> {
        match patience {
            Some(Duration::ZERO) => self.passed.try_receive(),
            patience => self.passed.receive(patience),
        }
        .map_err(|empty| {
            if empty == Empty::ForGood {
                tracing::error!("the network's thread ended badly");
            }
        })
        .ok()
    }

    /// Frames before `frame` are not wanted any more: a pass over one of them may end early.
    pub(super) fn forget_before(&self, frame: u64) {
        self.wanted.store(frame, Ordering::Release);
    }
}

impl Drop for Passes {
    fn drop(&mut self) {
        self.forget_before(u64::MAX);
        self.jobs = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the network's thread ended badly");
        }
    }
}

/// The thread.
struct NetworkThread {
    gpu: Gpu,
    engine: Arc<Engine>,
    commands: Vec<Commands>,
    parts: Parts,
    /// Passes so far.
    count: u64,
    /// What the last one took of which the GPU was asked.
    took: Option<Duration>,
    raw: Arc<Buffer>,
    waiting: bool,
    wanted: Arc<AtomicU64>,
    /// Of the last part that was submitted.
    point: Point,
}

impl NetworkThread {
    fn run(mut self, mut jobs: Receiver<Job>, mut done: Sender<Passed>) {
        while let Ok(mut job) = jobs.receive(None) {
            let outcome = self.pass(&mut job);
            let Job { frame, disparity, .. } = job;
            if done.send(Passed { frame, disparity, point: self.point, outcome }).is_err() {
                return;
            }
        }
    }

    fn pass(&mut self, job: &mut Job) -> Result<Outcome, FilmError> {
        let parallax = Arc::clone(self.engine.parallax()?);
        let planes = Arc::clone(self.engine.planes()?);
        let in_turns = self.waiting && !job.urgent;
        let parts = if in_turns { self.parts.cut() } else { Parts::whole(self.engine.dispatches()) };
        while self.commands.len() < parts.len() {
            self.commands.push(Commands::new_for(&self.gpu, QueueKind::Network, "network", 2)?);
        }
        let last = parts.len() - 1;
        let mut after = job.input;
        for (index, (part, commands)) in parts.iter().zip(&mut self.commands).enumerate() {
            if in_turns {
                self.gpu.wait(after)?;
                if job.frame < self.wanted.load(Ordering::Acquire) {
                    return Ok(Outcome::GivenUp);
                }
            }
            commands.record::<GpuError>(|recorder| {
                recorder.timestamp(0);
                self.engine.record_dispatches(recorder, part.clone())?;
                recorder.timestamp(1);
                if index == last {
                    recorder.copy_buffer(&parallax, 0, &self.raw, 0, self.raw.bytes())?;
                    if let Some(to) = &job.planes {
                        recorder.copy_buffer(&planes, 0, to, 0, to.bytes())?;
                    }
                }
                Ok(())
            })?;
            self.point = self.gpu.submit_after(commands, &[after])?;
            after = self.point;
        }
        self.gpu.wait(self.point)?;
        let timed = !in_turns || self.count < LEARNT || self.count.is_multiple_of(TIMED);
        self.count += 1;
        if timed {
            self.took = self.time(&parts)?;
        }
        self.raw.read(|bytes| {
            job.disparity.clear();
            job.disparity.extend_from_slice(bytemuck::cast_slice(bytes));
        })?;
        Ok(Outcome::Done(self.took))
    }

    /// What the pass that has just ended took; learns from it.
    fn time(&mut self, parts: &[Range<usize>]) -> Result<Option<Duration>, FilmError> {
        let mut took = Some(Duration::ZERO);
        for (part, commands) in parts.iter().zip(&self.commands) {
            let span = match commands.timestamps()?[..] {
                [Some(from), Some(to)] => Some(to.saturating_sub(from)),
                _ => None,
            };
            if let Some(span) = span {
                self.parts.note(part, span);
            }
            took = took.zip(span).map(|(sum, span)| sum + span);
        }
        Ok(took)
    }
}
