//! The network on a thread and a queue of its own: one pass at a time, over whichever frame the film thread gives it.
//!
//! The film thread writes a frame's small picture into the engine's input, sends a [`Job`] and goes on; the pass comes back as [`Passed`]. Between the two
//! the engine's memory belongs to the network thread, before and after to the film thread. What the one queue has written the other waits for: the network
//! for [`Job::input`], the film thread for [`Passed::point`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Point, QueueKind};
use crate::net::Engine;
use crate::ring::{Empty, Receiver, Sender, ring};

use super::parts::{Part, Parts};
use crate::film::FilmError;
use crate::film::options::TIMED;

/// Where pictures, or a headset's compositor, share the network's queue, the network is handed to the GPU in submissions that take about so long each, so
/// that they get their turn between them.
const PART: Duration = Duration::from_millis(5);

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
                match part.piece {
                    [_, 1] => self.engine.record_dispatches(recorder, part.dispatches.clone())?,
                    piece => self.engine.record_piece(recorder, part.dispatches.start, piece)?,
                }
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
    fn time(&mut self, parts: &[Part]) -> Result<Option<Duration>, FilmError> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::gpu::{GpuOptions, Headless};
    use crate::net::{Precision, Weights};

    /// Pictures of a film of 24 a second.
    const PICTURES: usize = 48;
    const INTERVAL: Duration = Duration::from_micros(41_667);

    struct Waits {
        gpu: Gpu,
        passes: Passes,
        picture: Commands,
        frame: u64,
    }

    impl Waits {
        fn give(&mut self, urgent: bool) {
            self.frame += 1;
            let input = Point::default();
            self.passes.give(Job { frame: self.frame, input, planes: None, urgent, disparity: Vec::new() });
        }

        /// From when a picture's work, next to nothing, is handed over until it is done, in milliseconds: the 95th percentile and the greatest.
        fn measure(&mut self, urgent: bool) -> [f64; 2] {
            self.give(urgent);
            let mut waits = Vec::new();
            let began = Instant::now();
            for picture in 0..PICTURES as u32 {
                // Neither the passes nor the pictures wait for the other's beginning.
                let due = began + INTERVAL * picture + Duration::from_millis(u64::from(picture * 7 % 13));
                while let Some(left) = due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                    if self.passes.take(Some(left)).is_some() {
                        self.give(urgent);
                    }
                }
                let handed = Instant::now();
                let point = self.gpu.submit(&mut self.picture).unwrap();
                self.gpu.wait(point).unwrap();
                waits.push(handed.elapsed().as_secs_f64() * 1e3);
            }
            self.passes.take(None).unwrap();
            waits.sort_by(f64::total_cmp);
            [waits[PICTURES * 95 / 100], waits[PICTURES - 1]]
        }
    }

    #[test]
    fn a_picture_waits_for_a_part_of_the_network_and_not_for_all_of_it() {
        let gpu = Gpu::new(&Headless, &GpuOptions::default()).unwrap();
        let engine = Engine::new(&gpu, &Weights::built_in().unwrap(), [384, 160], Precision::Single).unwrap();
        let engine = Arc::new(engine);
        let passes = Passes::start(&gpu, &engine, true).unwrap();
        let [from, to] = ["from", "to"].map(|name| Buffer::new(&gpu, name, 64, BufferKind::Device).unwrap());
        let mut picture = Commands::new(&gpu, "picture", 0).unwrap();
        picture.record::<GpuError>(|recorder| recorder.copy_buffer(&from, 0, &to, 0, 64)).unwrap();
        let mut waits = Waits { gpu: gpu.clone(), passes, picture, frame: 0 };
        for _ in 0..2 * LEARNT {
            waits.give(false);
            assert!(waits.passes.take(None).unwrap().outcome.is_ok());
        }
        let whole = waits.measure(true);
        let parts = waits.measure(false);
        println!("95 % of the pictures wait at most {:.1} ms for parts, {:.1} ms for whole passes", parts[0], whole[0]);
        println!("the longest waits: {:.1} and {:.1} ms", parts[1], whole[1]);
        // Where the network has a queue of its own neither waits.
        assert!(gpu.facts().network_queue || parts[0] < 0.6 * whole[0], "{parts:?} of {whole:?} ms");
    }
}
