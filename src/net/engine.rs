//! The network on the GPU: everything is made once by [`Engine::new`]; [`Engine::record`] puts its dispatches into a command buffer.
//!
//! An engine belongs to one GPU, one set of weights and one picture size. It may be recorded into several command buffers, but they share
//! its memory, so only one may run at a time (submissions to one queue run in order). Any thread may use it; everything is freed on drop.

use super::error::NetError;
use super::graph::{Graph, Network, Shape};
use super::kernels::{NetKernel, Path, Tuning};
use super::pack::pack;
use super::plan::{Dispatch, Memory, Plan, Slot, Table};
use super::precision::Precision;
use super::weights::{Metadata, Weights};
use crate::gpu::{Bindings, Buffer, BufferKind, Gpu, GpuError, Kernel, Recorder, Resource, TexelView};
use ash::vk;
use half::f16;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// A dispatch that is ready to be recorded.
struct Step {
    name: String,
    bindings: Arc<Bindings>,
    push: Vec<i32>,
    groups: [u32; 3],
}

/// A network that is ready to run.
pub struct Engine {
    graph: Graph,
    plan: Plan,
    metadata: Metadata,
    buffers: Vec<Arc<Buffer>>,
    steps: Vec<Step>,
    traffic: u64,
}

impl Engine {
    /// Makes the network of `weights` ready for pictures of `size` (width, height): compiles kernels and uploads weights.
    pub fn new(gpu: &Gpu, weights: &Weights, size: [u32; 2], precision: Precision) -> Result<Self, NetError> {
        precision.check(gpu.facts())?;
        Self::with(gpu, weights, size, &Tuning::of(gpu.facts(), precision), Memory::Reuse)
    }

    /// As [`Engine::new`], with another row of the kernel table, or with all values kept for [`Engine::value`].
    pub fn with(
        gpu: &Gpu,
        weights: &Weights,
        size: [u32; 2],
        tuning: &Tuning,
        memory: Memory,
    ) -> Result<Self, NetError> {
        Self::of_graph(gpu, Graph::new(weights.metadata.network, size)?, weights, tuning, memory)
    }

    /// As [`Engine::with`], for any graph whose tensors are among the weights.
    pub fn of_graph(
        gpu: &Gpu,
        graph: Graph,
        weights: &Weights,
        tuning: &Tuning,
        memory: Memory,
    ) -> Result<Self, NetError> {
        weights.check(&graph)?;
        let plan = Plan::new(&graph, tuning, memory)?;
        let facts = gpu.facts();
        let most = match tuning.path {
            Path::Texel => u64::from(facts.max_storage_bytes).min(u64::from(facts.max_texel_elements) * 16),
            Path::Storage | Path::Half => u64::from(facts.max_storage_bytes),
        };
        if plan.buffers.iter().any(|bytes| *bytes > most) {
            return Err(NetError::Size {
                network: graph.network.name(),
                wanted: format!("fewer pixels on {}, which takes {} MB at once", facts.name, most >> 20),
                width: graph.input().width,
                height: graph.input().height,
            });
        }
        let began = Instant::now();
        let buffers = (plan.buffers.iter())
            .map(|bytes| Buffer::new(gpu, "network values", *bytes, BufferKind::Device))
            .collect::<Result<Vec<_>, _>>()?;
        let (kernels, tables) = std::thread::scope(|scope| {
            let compiling = scope.spawn(|| compile(gpu, tuning.path, &plan));
            let upload = |table: &Table| {
                let numbers = pack(table, &graph, weights, tuning.path)?;
                let halves: Vec<f16>;
                let bytes = if tuning.path == Path::Half && !table.is_single() {
                    halves = numbers.iter().map(|number| to_half(*number)).collect();
                    bytemuck::cast_slice(&halves)
                } else {
                    bytemuck::cast_slice(&numbers)
                };
                Ok(Buffer::with_content(gpu, "network weights", bytes)?)
            };
            let tables = plan.tables.iter().map(upload).collect::<Result<Vec<_>, NetError>>();
            (compiling.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), tables)
        });
        let (kernels, tables) = (kernels?, tables?);
        gpu.save_cache();
        let missing =
            |layer: &str, reason: &str| NetError::Graph { layer: layer.to_owned(), reason: reason.to_owned() };
        let mut steps = Vec::with_capacity(plan.dispatches.len());
        for dispatch in &plan.dispatches {
            let kernel = kernels.get(&(dispatch.kernel, dispatch.constants.as_slice()));
            let kernel = kernel.ok_or_else(|| missing(&dispatch.name, "a dispatch without kernel"))?;
            let mut resources = Vec::with_capacity(dispatch.slots.len());
            for (index, slot) in dispatch.slots.iter().enumerate() {
                let buffer = match slot {
                    Slot::Value(value) => plan.place(*value).and_then(|place| buffers.get(place)),
                    Slot::Table(table) => tables.get(*table),
                };
                let buffer = buffer.ok_or_else(|| missing(&dispatch.name, "a value without memory"))?;
                resources.push(resource(tuning.path, buffer, index < dispatch.kernel.reads())?);
            }
            steps.push(Step {
                name: dispatch.name.clone(),
                bindings: Bindings::new(kernel, &resources)?,
                push: dispatch.push.clone(),
                groups: dispatch.groups,
            });
        }
        tracing::debug!(
            "the network's {} kernels and {} tables took {:?}",
            kernels.len(),
            tables.len(),
            began.elapsed()
        );
        let bytes = |slot: &Slot| match slot {
            Slot::Value(value) => plan.sizes.get(*value).copied().unwrap_or(0),
            Slot::Table(table) => tables.get(*table).map_or(0, |table| table.bytes()),
        };
        // What is bound twice only fills a place.
        let distinct = |dispatch: &Dispatch| {
            let slots = dispatch.slots.iter().enumerate();
            slots.filter(|(at, slot)| !dispatch.slots[..*at].contains(slot)).map(|(_, slot)| bytes(slot)).sum::<u64>()
        };
        let traffic = plan.dispatches.iter().map(distinct).sum();
        drop(kernels);
        Ok(Self { graph, plan, metadata: weights.metadata.clone(), buffers, steps, traffic })
    }

    /// Which network.
    pub fn network(&self) -> Network {
        self.graph.network
    }

    /// What the weights' file says about itself: how to make the input, what the planes are.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Width and height of the input.
    pub fn input_size(&self) -> [u32; 2] {
        let shape = self.graph.input();
        [shape.width, shape.height]
    }

    /// Width and height of [`Engine::parallax`] and [`Engine::planes`]: half the input's for `deep3d`, the input's for `deep3d-2016`.
    pub fn output_size(&self) -> [u32; 2] {
        let shape = self.graph.output();
        [shape.width, shape.height]
    }

    /// The input, to be written before the network runs: one RGBA32F texel a pixel, row by row; the first three numbers are the picture's
    /// channels in the order of the metadata's `channels`, after mean and standard deviation, the fourth is 0.
    pub fn input(&self) -> Result<&Arc<Buffer>, NetError> {
        self.buffer(self.plan.input)
    }

    /// The parallax expected at each pixel, one R32F number each, row by row: % of the picture's width (or only proportional to it, by the
    /// metadata's `scale`), positive behind the screen.
    pub fn parallax(&self) -> Result<&Arc<Buffer>, NetError> {
        self.buffer(self.plan.parallax)
    }

    /// The softmax over the planes: for each pixel, row by row, ⌈planes/4⌉ RGBA32F texels, plane 4q + c in component c of texel q; what is
    /// left of the last texel is 0.
    pub fn planes(&self) -> Result<&Arc<Buffer>, NetError> {
        self.buffer(self.plan.planes)
    }

    /// The value of the layer called `name`, its shape and how it is stored, if it exists in memory (see [`Memory::Keep`]) and is not fused
    /// away.
    pub fn value(&self, name: &str) -> Option<(&Arc<Buffer>, Shape, Path)> {
        let index = self.graph.find(name)?;
        let path = self.plan.path.of_layer(&self.graph, index);
        Some((self.buffers.get(self.plan.place(index)?)?, self.graph.layers.get(index)?.shape, path))
    }

    fn buffer(&self, value: usize) -> Result<&Arc<Buffer>, NetError> {
        let missing = || NetError::Graph { layer: format!("value {value}"), reason: "it has no memory".into() };
        self.plan.place(value).and_then(|place| self.buffers.get(place)).ok_or_else(missing)
    }

    /// Bytes that cross the memory's wires for one picture where every dispatch reads and writes what is bound to it once.
    pub fn traffic(&self) -> u64 {
        self.traffic
    }

    /// Multiplications and additions for one picture.
    pub fn operations(&self) -> u64 {
        2 * self.graph.multiply_adds()
    }

    /// Records the whole network.
    pub fn record(&self, recorder: &mut Recorder<'_>) -> Result<(), GpuError> {
        self.steps.iter().try_for_each(|step| step.record(recorder))
    }

    /// Records those of the network's dispatches, in order, the first of which is 0: a network handed to the GPU in parts lets others have their turn between
    /// them. Beyond the last ([`Engine::dispatches`]) there are none.
    pub fn record_dispatches(&self, recorder: &mut Recorder<'_>, which: Range<usize>) -> Result<(), GpuError> {
        self.steps.get(which).unwrap_or_default().iter().try_for_each(|step| step.record(recorder))
    }

    /// Records one piece of a dispatch, the one of number `piece` of `of` (1 or more), which together are the dispatch; some may be empty. It is cut into rows
    /// of workgroups, so that a long one need not be handed to the GPU all at once.
    pub fn record_piece(
        &self,
        recorder: &mut Recorder<'_>,
        dispatch: usize,
        [piece, of]: [u32; 2],
    ) -> Result<(), GpuError> {
        self.steps.get(dispatch).map_or(Ok(()), |step| step.record_piece(recorder, [piece, of]))
    }

    /// How many dispatches the network takes.
    pub fn dispatches(&self) -> usize {
        self.steps.len()
    }

    /// As [`Engine::record`], with timestamp `first` before everything and one more after each dispatch; the names are
    /// [`Engine::step_names`].
    pub fn record_timed(&self, recorder: &mut Recorder<'_>, first: u32) -> Result<(), GpuError> {
        recorder.timestamp(first);
        for (index, step) in (first + 1..).zip(&self.steps) {
            step.record(recorder)?;
            recorder.timestamp(index);
        }
        Ok(())
    }

    /// The layer each dispatch makes, in order.
    pub fn step_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.steps.iter().map(|step| step.name.as_str())
    }
}

/// The nearest half; the greatest there is for what is beyond, since infinity would spoil every sum.
fn to_half(number: f32) -> f16 {
    f16::from_f32(number.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()))
}

impl Step {
    fn record(&self, recorder: &mut Recorder<'_>) -> Result<(), GpuError> {
        recorder.dispatch(&self.bindings, bytemuck::cast_slice(&self.push), self.groups)
    }

    fn record_piece(&self, recorder: &mut Recorder<'_>, [piece, of]: [u32; 2]) -> Result<(), GpuError> {
        // Kernels number their workgroups by all counts but the last one's, which therefore is the one that may change.
        let axis = self.groups.iter().rposition(|count| *count > 1).unwrap_or_default();
        let count = u64::from(self.groups[axis]);
        let bound = |piece: u32| (count * u64::from(piece) / u64::from(of.max(1))) as u32;
        let (mut first, mut groups) = ([0; 3], self.groups);
        first[axis] = bound(piece);
        groups[axis] = bound(piece + 1) - first[axis];
        if groups[axis] == 0 {
            return Ok(());
        }
        recorder.dispatch_part(&self.bindings, bytemuck::cast_slice(&self.push), first, groups)
    }
}

/// The plan's kernels by their constants.
type Kernels<'a> = HashMap<(NetKernel, &'a [u32]), Arc<Kernel>>;

/// Makes every kernel of `plan` once, several at a time: a driver takes tens of milliseconds, some hundreds, over each.
fn compile<'a>(gpu: &Gpu, path: Path, plan: &'a Plan) -> Result<Kernels<'a>, GpuError> {
    let mut wanted: Vec<(NetKernel, &[u32])> = Vec::new();
    for dispatch in &plan.dispatches {
        let key = (dispatch.kernel, dispatch.constants.as_slice());
        if !wanted.contains(&key) {
            wanted.push(key);
        }
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(wanted.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        while let Some((kernel, constants)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            let make = if kernel.has_matrices() { Kernel::with_matrices } else { Kernel::new };
            made.push(((*kernel, *constants), make(gpu, &kernel.source(path), constants)?));
        }
        Ok(made)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut kernels = HashMap::new();
        for worker in workers {
            kernels.extend(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(kernels)
    })
}

/// As `path` reads it, or as all kernels write it.
fn resource(path: Path, buffer: &Arc<Buffer>, read: bool) -> Result<Resource, GpuError> {
    if read && path == Path::Texel {
        Ok(Resource::from(&TexelView::new(buffer, vk::Format::R32G32B32A32_SFLOAT)?))
    } else {
        Ok(Resource::from(buffer))
    }
}
