//! Command buffers, handing them to their queues, and knowing when they are done.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ash::vk;

use super::debug;
use super::device::Gpu;
use super::error::GpuError;
use super::garbage::Garbage;
use super::queue::{Point, QueueKind};

/// Binary semaphores around a submission, for a swapchain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Semaphores {
    /// Waited for before any command runs.
    pub wait: Option<vk::Semaphore>,
    /// Signalled when all have run.
    pub signal: Option<vk::Semaphore>,
}

/// How long the GPU may take over one submission before it is taken for lost: software drivers at 8K are slow, but not that slow.
const PATIENCE: Duration = Duration::from_secs(120);

impl Gpu {
    /// Hands recorded commands to their queue. They may be submitted again without recording anew.
    pub fn submit(&self, commands: &mut Commands) -> Result<Point, GpuError> {
        self.hand_over(commands, &[], Semaphores::default())
    }

    /// As [`Gpu::submit`]; the GPU begins only when `points` are reached, and sees then what was written up to them. Needed for what the other queue has
    /// made: on its own queue everything comes after what was submitted before.
    pub fn submit_after(&self, commands: &mut Commands, points: &[Point]) -> Result<Point, GpuError> {
        self.hand_over(commands, points, Semaphores::default())
    }

    /// As [`Gpu::submit`], between a swapchain's semaphores.
    pub fn submit_with(&self, commands: &mut Commands, semaphores: Semaphores) -> Result<Point, GpuError> {
        self.hand_over(commands, &[], semaphores)
    }

    fn hand_over(&self, commands: &mut Commands, after: &[Point], semaphores: Semaphores) -> Result<Point, GpuError> {
        let shared = &self.shared;
        shared.collect();
        // The command buffer is not "simultaneous use": its last run has to be over.
        self.wait(commands.point)?;
        let everything = vk::PipelineStageFlags2::ALL_COMMANDS;
        let binary = |semaphore| vk::SemaphoreSubmitInfo::default().semaphore(semaphore).stage_mask(everything);
        let others = after.iter().filter(|point| point.queue != commands.queue && point.value > 0);
        let others = others.map(|point| shared.queues.get(point.queue).moment(*point));
        let wait: Vec<_> = semaphores.wait.map(binary).into_iter().chain(others).collect();
        let (queue, signal) = (shared.queues.get(commands.queue), semaphores.signal.map(binary));
        // SAFETY: the command buffer is recorded and not pending, and what it uses is kept alive by it. Points come from submissions.
        let point = unsafe { queue.submit(&shared.device, commands.buffer, &wait, signal) }
            .map_err(GpuError::while_doing("handing work to the GPU"))?;
        commands.point = point;
        commands.run.store(point.value, Ordering::Release);
        Ok(point)
    }

    /// Whether `point` is reached; never waits.
    pub fn reached(&self, point: Point) -> Result<bool, GpuError> {
        let queue = self.shared.queues.get(point.queue);
        queue
            .reached(&self.shared.device)
            .map(|value| value >= point.value)
            .map_err(GpuError::while_doing("asking the GPU how far it is"))
    }

    /// Waits until `point` is reached.
    pub fn wait(&self, point: Point) -> Result<(), GpuError> {
        if point.value == 0 || self.reached(point)? {
            return Ok(());
        }
        self.note_wait("waiting for the GPU");
        let (semaphores, values) = ([self.shared.queues.get(point.queue).timeline], [point.value]);
        let info = vk::SemaphoreWaitInfo::default().semaphores(&semaphores).values(&values);
        // SAFETY: the semaphore is a timeline of this device.
        unsafe { self.shared.device.wait_semaphores(&info, PATIENCE.as_nanos() as u64) }.map_err(
            |result| match result {
                vk::Result::TIMEOUT => GpuError::Lost("working for two minutes on one picture"),
                other => GpuError::while_doing("waiting for the GPU")(other),
            },
        )
    }
}

/// Tells from outside when a command buffer can no longer use what was recorded into it: for objects that [`super::Recorder::keep`] cannot hold.
pub struct Lease {
    run: Arc<AtomicU64>,
    /// Held by the command buffer alone.
    recorded: Weak<()>,
    queue: QueueKind,
    /// The submission before, on the timeline.
    before: u64,
}

impl Lease {
    pub(super) fn new(commands: &mut Commands) -> Self {
        let token = Arc::new(());
        let recorded = Arc::downgrade(&token);
        commands.keep.push(token);
        let before = commands.run.load(Ordering::Acquire);
        Self { run: Arc::clone(&commands.run), recorded, queue: commands.queue, before }
    }

    fn last_run(&self) -> Point {
        Point { queue: self.queue, value: self.run.load(Ordering::Acquire) }
    }

    /// Whether the command buffer has been submitted since, and that is done. Never waits.
    pub fn has_run(&self, gpu: &Gpu) -> Result<bool, GpuError> {
        let run = self.last_run();
        Ok(run.value > self.before && gpu.reached(run)?)
    }

    /// Whether the command buffer was recorded anew or dropped, and its last run is done. Never waits.
    pub fn is_over(&self, gpu: &Gpu) -> Result<bool, GpuError> {
        Ok(self.recorded.strong_count() == 0 && gpu.reached(self.last_run())?)
    }
}

/// A command buffer of its own, with room for timestamps.
pub struct Commands {
    pub(super) gpu: Gpu,
    pub(super) queue: QueueKind,
    pub(super) pool: vk::CommandPool,
    pub(super) buffer: vk::CommandBuffer,
    pub(super) queries: vk::QueryPool,
    pub(super) query_count: u32,
    pub(super) written: Vec<bool>,
    point: Point,
    /// The last run of what was recorded last: its value on the timeline. Shared with its leases.
    pub(super) run: Arc<AtomicU64>,
    pub(super) keep: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Commands {
    /// An empty command buffer for the main queue; `timestamps` is how many [`super::Recorder::timestamp`] may be taken in it.
    pub fn new(gpu: &Gpu, name: &str, timestamps: u32) -> Result<Self, GpuError> {
        Self::new_for(gpu, QueueKind::Main, name, timestamps)
    }

    /// As [`Commands::new`], for any queue.
    pub fn new_for(gpu: &Gpu, queue: QueueKind, name: &str, timestamps: u32) -> Result<Self, GpuError> {
        let shared = &gpu.shared;
        let count = if shared.facts.timestamps { timestamps } else { 0 };
        let mut commands = Self {
            gpu: gpu.clone(),
            queue,
            pool: vk::CommandPool::null(),
            buffer: vk::CommandBuffer::null(),
            queries: vk::QueryPool::null(),
            query_count: count,
            written: vec![false; count as usize],
            point: Point::default(),
            run: Arc::default(),
            keep: Vec::new(),
        };
        let failed = GpuError::while_doing("creating a command buffer");
        // SAFETY: plain creation; each handle is given to its owner at once.
        unsafe {
            let pool_info = vk::CommandPoolCreateInfo::default().queue_family_index(shared.queues.get(queue).family);
            commands.pool = shared.device.create_command_pool(&pool_info, None).map_err(&failed)?;
            let info = vk::CommandBufferAllocateInfo::default().command_pool(commands.pool).command_buffer_count(1);
            let buffers = shared.device.allocate_command_buffers(&info).map_err(&failed)?;
            commands.buffer = buffers.into_iter().next().unwrap_or_default();
            if count > 0 {
                let info = vk::QueryPoolCreateInfo::default().query_type(vk::QueryType::TIMESTAMP).query_count(count);
                commands.queries = shared.device.create_query_pool(&info, None).map_err(&failed)?;
            }
        }
        let utils = shared.utils.as_ref();
        debug::name(utils, commands.pool, name);
        debug::name(utils, commands.buffer, name);
        if count > 0 {
            debug::name(utils, commands.queries, name);
        }
        shared.count_object();
        Ok(commands)
    }

    /// Where on its queue's timeline its last run is done.
    pub fn point(&self) -> Point {
        self.point
    }

    /// The timestamps taken in the last run, by index, as time since the first one; `None` for those not taken or not supported.
    /// Call when its point has been reached.
    pub fn timestamps(&self) -> Result<Vec<Option<Duration>>, GpuError> {
        let mut ticks = vec![0u64; self.query_count as usize];
        let mut first = None;
        let mut times = Vec::with_capacity(ticks.len());
        for (index, tick) in (0u32..).zip(ticks.iter_mut()) {
            if !self.written[index as usize] {
                times.push(None);
                continue;
            }
            // SAFETY: the query was recorded in the buffer that has run.
            unsafe {
                self.gpu.shared.device.get_query_pool_results(
                    self.queries,
                    index,
                    std::slice::from_mut(tick),
                    vk::QueryResultFlags::TYPE_64 | vk::QueryResultFlags::WAIT,
                )
            }
            .map_err(GpuError::while_doing("reading timestamps"))?;
            let since = tick.wrapping_sub(*first.get_or_insert(*tick));
            times.push(Some(Duration::from_nanos(
                (since as f64 * f64::from(self.gpu.shared.facts.timestamp_period)) as u64,
            )));
        }
        Ok(times)
    }
}

impl Drop for Commands {
    fn drop(&mut self) {
        self.gpu.shared.discard(Garbage::CommandPool(self.pool, self.queries));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::memory::{Buffer, BufferKind};
    use super::super::testing::WatchedGpu;
    use super::*;

    const BYTES: u64 = 1 << 20;

    /// Copies between two buffers that nothing else holds.
    fn copy(gpu: &Gpu, queue: QueueKind) -> Commands {
        let buffer = || Buffer::new(gpu, "buffer", BYTES, BufferKind::Device).unwrap();
        let mut commands = Commands::new_for(gpu, queue, "copy", 0).unwrap();
        let (from, to) = (buffer(), buffer());
        commands.record(|recorder| recorder.copy_buffer(&from, 0, &to, 0, BYTES)).unwrap();
        commands
    }

    fn memory_used(gpu: &Gpu) -> u64 {
        gpu.shared.collect();
        gpu.shared.memory_used.load(Ordering::Relaxed)
    }

    #[test]
    fn a_submission_waits_for_the_other_queue_and_its_buffers_for_both() {
        let gpu = WatchedGpu::new().unwrap();
        for (own, other) in [(QueueKind::Network, QueueKind::Main), (QueueKind::Main, QueueKind::Network)] {
            let before = memory_used(&gpu);
            // Both have worked, and not equally often.
            for queue in [own, other, other] {
                gpu.wait(gpu.submit(&mut copy(&gpu, queue)).unwrap()).unwrap();
            }
            assert_eq!(memory_used(&gpu), before);
            // The other one's next point, which only the CPU will reach.
            let to_come = gpu.shared.queues.get(other).to_come();
            let mut commands = copy(&gpu, own);
            let lease = Lease::new(&mut commands);
            let point = gpu.submit_after(&mut commands, &[Point::default(), to_come]).unwrap();
            drop(commands);
            std::thread::sleep(Duration::from_millis(50));
            let early = [gpu.reached(to_come), gpu.reached(point), lease.has_run(&gpu), lease.is_over(&gpu)];
            let held = memory_used(&gpu);
            gpu.shared.queues.get(other).signal(&gpu.shared.device).unwrap();
            // Only now, since a GPU that waits is never given back.
            assert_eq!(early.map(Result::unwrap), [false; 4], "it has not waited");
            assert_eq!(held, before + 2 * BYTES, "what is in use was freed");
            gpu.wait(point).unwrap();
            let late = [gpu.reached(to_come), gpu.reached(point), lease.has_run(&gpu), lease.is_over(&gpu)];
            assert_eq!(late.map(Result::unwrap), [true; 4]);
            assert_eq!(memory_used(&gpu), before, "it stays");
        }
    }
}
