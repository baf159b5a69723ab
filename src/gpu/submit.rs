//! Command buffers, handing them to the queue, and knowing when they are done.

use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ash::vk;

use super::barrier::Hazards;
use super::debug;
use super::device::{Gpu, lock};
use super::error::GpuError;
use super::memory::Garbage;
use super::recorder::{Recorder, WORK};

/// A place on the GPU's timeline: reached when everything submitted up to it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Point(u64);

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
    /// Hands recorded commands to the queue. They may be submitted again without recording anew.
    pub fn submit(&self, commands: &mut Commands) -> Result<Point, GpuError> {
        self.submit_with(commands, Semaphores::default())
    }

    /// As [`Gpu::submit`], between a swapchain's semaphores.
    pub fn submit_with(&self, commands: &mut Commands, semaphores: Semaphores) -> Result<Point, GpuError> {
        let shared = &self.shared;
        shared.collect();
        // The command buffer is not "simultaneous use": its last run has to be over.
        self.wait(commands.point)?;
        let everything = vk::PipelineStageFlags2::ALL_COMMANDS;
        let binary = |semaphore| vk::SemaphoreSubmitInfo::default().semaphore(semaphore).stage_mask(everything);
        let wait: Vec<_> = semaphores.wait.map(binary).into_iter().collect();
        let mut signal: Vec<_> = semaphores.signal.map(binary).into_iter().collect();
        let buffers = [vk::CommandBufferSubmitInfo::default().command_buffer(commands.buffer)];
        let queue = lock(&shared.queue);
        let value = shared.submitted.load(Ordering::Acquire) + 1;
        signal.push(binary(shared.timeline).value(value));
        let info = vk::SubmitInfo2::default()
            .wait_semaphore_infos(&wait)
            .command_buffer_infos(&buffers)
            .signal_semaphore_infos(&signal);
        // SAFETY: the command buffer is recorded and not pending, what it uses is kept alive by it, and the queue is locked.
        unsafe { shared.device.queue_submit2(*queue, &[info], vk::Fence::null()) }
            .map_err(GpuError::while_doing("handing work to the GPU"))?;
        shared.submitted.store(value, Ordering::Release);
        commands.point = Point(value);
        commands.run.store(value, Ordering::Release);
        Ok(commands.point)
    }

    /// Whether `point` is reached; never waits.
    pub fn reached(&self, point: Point) -> Result<bool, GpuError> {
        // SAFETY: the semaphore is a timeline of this device.
        unsafe { self.shared.device.get_semaphore_counter_value(self.shared.timeline) }
            .map(|value| value >= point.0)
            .map_err(GpuError::while_doing("asking the GPU how far it is"))
    }

    /// Waits until `point` is reached.
    pub fn wait(&self, point: Point) -> Result<(), GpuError> {
        if point.0 == 0 || self.reached(point)? {
            return Ok(());
        }
        self.note_wait("waiting for the GPU");
        let (semaphores, values) = ([self.shared.timeline], [point.0]);
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

/// Tells from outside when a command buffer can no longer use what was recorded into it: for objects that [`Recorder::keep`] cannot hold.
pub struct Lease {
    run: Arc<AtomicU64>,
    /// Held by the command buffer alone.
    recorded: Weak<()>,
    /// The submission before.
    before: u64,
}

impl Lease {
    pub(super) fn new(commands: &mut Commands) -> Self {
        let token = Arc::new(());
        let recorded = Arc::downgrade(&token);
        commands.keep.push(token);
        Self { run: Arc::clone(&commands.run), recorded, before: commands.run.load(Ordering::Acquire) }
    }

    /// Whether the command buffer has been submitted since, and that is done. Never waits.
    pub fn has_run(&self, gpu: &Gpu) -> Result<bool, GpuError> {
        let run = self.run.load(Ordering::Acquire);
        Ok(run > self.before && gpu.reached(Point(run))?)
    }

    /// Whether the command buffer was recorded anew or dropped, and its last run is done. Never waits.
    pub fn is_over(&self, gpu: &Gpu) -> Result<bool, GpuError> {
        Ok(self.recorded.strong_count() == 0 && gpu.reached(Point(self.run.load(Ordering::Acquire)))?)
    }
}

/// A command buffer of its own, with room for timestamps.
pub struct Commands {
    pub(super) gpu: Gpu,
    pool: vk::CommandPool,
    pub(super) buffer: vk::CommandBuffer,
    pub(super) queries: vk::QueryPool,
    pub(super) query_count: u32,
    pub(super) written: Vec<bool>,
    point: Point,
    /// The last run of what was recorded last: its value on the timeline. Shared with its leases.
    run: Arc<AtomicU64>,
    pub(super) keep: Vec<Arc<dyn Any + Send + Sync>>,
}

impl Commands {
    /// An empty command buffer; `timestamps` is how many [`Recorder::timestamp`] may be taken in it.
    pub fn new(gpu: &Gpu, name: &str, timestamps: u32) -> Result<Self, GpuError> {
        let shared = &gpu.shared;
        let count = if shared.facts.timestamps { timestamps } else { 0 };
        let mut commands = Self {
            gpu: gpu.clone(),
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
            let pool_info = vk::CommandPoolCreateInfo::default().queue_family_index(shared.family);
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

    /// Where on the timeline its last run is done.
    pub fn point(&self) -> Point {
        self.point
    }

    /// Records anew what `work` asks for; waits first if the last submission is still running. An error of `work` is handed on: nothing of it may be
    /// submitted then.
    pub fn record<E: From<GpuError>>(
        &mut self,
        work: impl FnOnce(&mut Recorder<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.gpu.wait(self.point)?;
        self.keep.clear();
        self.run = Arc::default();
        self.written.fill(false);
        let gpu = self.gpu.clone();
        let device = &gpu.shared.device;
        let failed = GpuError::while_doing("recording commands");
        let begin = vk::CommandBufferBeginInfo::default();
        // SAFETY: the buffer is not pending (just waited for) and its pool is used by nobody else.
        unsafe {
            device.reset_command_pool(self.pool, vk::CommandPoolResetFlags::empty()).map_err(&failed)?;
            device.begin_command_buffer(self.buffer, &begin).map_err(&failed)?;
            if self.query_count > 0 {
                device.cmd_reset_query_pool(self.buffer, self.queries, 0, self.query_count);
            }
        }
        let mut recorder = Recorder { commands: self, hazards: Hazards::default() };
        // What earlier submissions wrote is seen, and what they read may be overwritten.
        recorder.barrier(vk::PipelineStageFlags2::ALL_COMMANDS, vk::PipelineStageFlags2::ALL_COMMANDS, WORK);
        let result = work(&mut recorder);
        recorder.barrier(
            vk::PipelineStageFlags2::ALL_COMMANDS,
            vk::PipelineStageFlags2::HOST,
            vk::AccessFlags2::HOST_READ,
        );
        // SAFETY: recording was begun above.
        unsafe { device.end_command_buffer(self.buffer) }.map_err(&failed)?;
        result
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
