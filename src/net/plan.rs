//! From a graph to dispatches: which layers are fused, which kernel makes them, and where their values lie.
//!
//! A [`Plan`] is plain data and needs no GPU. Values get buffers by liveness: two share one where neither is needed while the other is.
//! Every value is stored pixel by pixel, [`Path::quads`] texels of four numbers each; channels that do not exist are zero.

mod gemm;
mod head;
mod places;
mod subgroup;
mod table;
mod winograd;

pub use table::Table;

use super::error::NetError;
use super::graph::{Activation, Graph, Layer, Operation, Shape};
use super::kernels::{Cut, NetKernel, Path, Tuning};

/// Something that is bound to a dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// A value, by its number.
    Value(usize),
    /// A table of weights, by its number.
    Table(usize),
}

/// One run of a kernel.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// The layer it makes.
    pub name: String,
    /// Which kernel.
    pub kernel: NetKernel,
    /// Specialization constants, the lanes of a workgroup first.
    pub constants: Vec<u32>,
    /// What is bound, in the kernel's order: what is read, then what is written.
    pub slots: Vec<Slot>,
    /// Push constants.
    pub push: Vec<i32>,
    /// Workgroups.
    pub groups: [u32; 3],
}

/// A graph's dispatches and the memory they need.
#[derive(Debug, Clone)]
pub struct Plan {
    /// In order of execution.
    pub dispatches: Vec<Dispatch>,
    /// Bytes of each buffer.
    pub buffers: Vec<u64>,
    /// The buffer of each value; none for values that never exist, being fused away.
    pub places: Vec<Option<usize>>,
    /// The tables the dispatches read.
    pub tables: Vec<Table>,
    /// How its values are stored.
    pub path: Path,
    /// Bytes of each value.
    pub sizes: Vec<u64>,
    /// The value that is the picture.
    pub input: usize,
    /// The value that is the softmax.
    pub planes: usize,
    /// The value that is the parallax, one number a pixel.
    pub parallax: usize,
}

/// What may be done with the memory of values that are not needed any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Memory {
    /// Give it to later values.
    Reuse,
    /// Keep every value, to look at it.
    Keep,
}

/// Texels behind each value for what is not to be stored (shaders/subgroup.glsl).
const SPARE: u32 = 16;

/// Texels of a value of this shape.
const fn texels(path: Path, shape: Shape) -> u32 {
    path.quads(shape.channels) * shape.pixels()
}

impl Plan {
    /// The plan of `graph` for a device of `tuning`.
    pub fn new(graph: &Graph, tuning: &Tuning, memory: Memory) -> Result<Self, NetError> {
        let mut planner = Planner::new(graph, tuning);
        for index in 0..graph.layers.len() {
            planner.lower(index)?;
        }
        planner.finish(memory)
    }

    /// The buffer of a value.
    pub fn place(&self, value: usize) -> Option<usize> {
        self.places.get(value).copied().flatten()
    }
}

struct Planner<'a> {
    graph: &'a Graph,
    tuning: &'a Tuning,
    /// The layers that read each layer.
    readers: Vec<Vec<usize>>,
    /// Layers made by the dispatch of another one.
    done: Vec<bool>,
    dispatches: Vec<Dispatch>,
    tables: Vec<Table>,
    /// Bytes of each value; the first ones are the layers'.
    sizes: Vec<u64>,
    parallax: usize,
}

/// Workgroups for so many lanes, in rows that every device takes.
pub(super) fn workgroups(lanes: u64, size: u32) -> [u32; 3] {
    const ROW: u64 = 1 << 15;
    let count = lanes.div_ceil(u64::from(size.max(1))).max(1);
    let rows = count.div_ceil(ROW);
    [count.div_ceil(rows) as u32, rows as u32, 1]
}

const fn code(activation: Activation) -> i32 {
    match activation {
        Activation::None => 0,
        Activation::Relu => 1,
        Activation::Relu6 => 2,
    }
}

impl<'a> Planner<'a> {
    fn new(graph: &'a Graph, tuning: &'a Tuning) -> Self {
        let mut readers = vec![Vec::new(); graph.layers.len()];
        for (index, layer) in graph.layers.iter().enumerate() {
            for source in &layer.sources {
                if let Some(readers) = readers.get_mut(*source) {
                    readers.push(index);
                }
            }
        }
        let mut planner = Self {
            graph,
            tuning,
            readers,
            done: vec![false; graph.layers.len()],
            dispatches: Vec::new(),
            tables: Vec::new(),
            sizes: Vec::new(),
            parallax: 0,
        };
        let layers = graph.layers.iter().enumerate();
        planner.sizes = layers
            .map(|(index, layer)| {
                let path = planner.path(index);
                // What others write and read has its own size.
                let spare = if matches!(layer.operation, Operation::Input | Operation::Softmax) { 0 } else { SPARE };
                u64::from(texels(path, layer.shape) + spare) * path.texel_bytes()
            })
            .collect();
        planner
    }

    /// How a layer's output is stored.
    fn path(&self, index: usize) -> Path {
        self.tuning.path.of_layer(self.graph, index)
    }

    fn layer(&self, index: usize) -> Result<&'a Layer, NetError> {
        let missing = || NetError::Graph { layer: format!("layer {index}"), reason: "it does not exist".into() };
        self.graph.layers.get(index).ok_or_else(missing)
    }

    fn shape(&self, index: usize) -> Result<Shape, NetError> {
        Ok(self.layer(index)?.shape)
    }

    fn table(&mut self, table: Table) -> Slot {
        self.tables.push(table);
        Slot::Table(self.tables.len() - 1)
    }

    fn value(&mut self, bytes: u64) -> usize {
        self.sizes.push(bytes);
        self.sizes.len() - 1
    }

    fn dispatch(&mut self, name: &str, kernel: NetKernel, constants: &[u32], slots: &[Slot], push: &[i32], lanes: u64) {
        let heavy = matches!(
            kernel,
            NetKernel::Convolution
                | NetKernel::InputConvolution
                | NetKernel::SubgroupConvolution
                | NetKernel::SubgroupSeparable
                | NetKernel::SubgroupInverted
                | NetKernel::Deconvolution
                | NetKernel::Depthwise
                | NetKernel::Head
        );
        let size = if heavy { self.tuning.heavy_lanes } else { self.tuning.light_lanes };
        self.dispatches.push(Dispatch {
            name: name.into(),
            kernel,
            constants: [&[size], constants].concat(),
            slots: slots.to_vec(),
            push: push.to_vec(),
            groups: workgroups(lanes, size),
        });
    }

    /// A dispatch whose lanes make neighbouring quads of the same tile of pixels (shaders/quads.glsl).
    fn dispatch_quads(
        &mut self,
        name: &str,
        kernel: NetKernel,
        constants: &[u32],
        slots: &[Slot],
        push: &[i32],
        [quads, tiles, spare]: [u32; 3],
    ) {
        if self.tuning.path != Path::Texel {
            self.dispatch(name, kernel, constants, slots, push, u64::from(quads) * u64::from(tiles));
            return;
        }
        let lanes = self.tuning.heavy_lanes;
        let digits: Vec<i32> = (0..16).collect();
        let rows = tiles.div_ceil(1 << 15);
        self.dispatches.push(Dispatch {
            name: name.into(),
            kernel,
            constants: [&[lanes], constants].concat(),
            slots: slots.to_vec(),
            push: [push, &[spare as i32], &digits].concat(),
            groups: [quads.div_ceil(lanes), tiles.div_ceil(rows), rows],
        });
    }

    /// The only reader of a layer.
    fn only_reader(&self, index: usize) -> Option<(usize, &'a Layer)> {
        match self.readers.get(index).map(Vec::as_slice) {
            Some([reader]) => Some((*reader, self.graph.layers.get(*reader)?)),
            _ => None,
        }
    }

    fn finished(&mut self, index: usize) {
        if let Some(done) = self.done.get_mut(index) {
            *done = true;
        }
    }

    fn lower(&mut self, index: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        if self.done.get(index).copied().unwrap_or(false) || layer.operation == Operation::Input {
            return Ok(());
        }
        let source = layer.sources.first().copied().unwrap_or_default();
        let no_kernel = || {
            let reason = "there is no kernel for it that is not fused into another layer's".into();
            NetError::Graph { layer: layer.name.clone(), reason }
        };
        match layer.operation {
            Operation::Input => Ok(()),
            // Made by the convolution that reads it.
            Operation::Convolution { depthwise: true, .. } if self.separable(index).is_some() => Ok(()),
            Operation::Convolution { depthwise: true, .. } => self.depthwise(index, source),
            Operation::Convolution { .. } if self.is_made_where_needed(index) => Ok(()),
            Operation::Convolution { .. } => self.dense_convolution(index, source),
            Operation::Dense { activation } => self.dense(index, source, activation),
            Operation::MaxPool => self.max_pool(index, source),
            Operation::Deconvolution { factor, activation } => {
                // Those that are only summed are made by their sum.
                match self.only_reader(index) {
                    Some((sum, reader)) if self.sums_deconvolutions(reader) && sum > index => Ok(()),
                    _ => self.deconvolution(index, &[index], factor, activation),
                }
            }
            Operation::Sum { activation } if self.sums_deconvolutions(layer) => {
                self.deconvolution(index, &layer.sources, 0, activation)
            }
            Operation::Softmax => self.softmax(index, source),
            Operation::BatchNorm | Operation::Sum { .. } | Operation::UpsampleSum => Err(no_kernel()),
        }
    }

    /// A convolution over all channels, by the first way that the table has for it.
    fn dense_convolution(&mut self, index: usize, source: usize) -> Result<(), NetError> {
        if let Some(softmax) = self.head_of(index) {
            return self.head(index, source, softmax);
        }
        if let Some(tile) = self.winograd_tile(index, source)? {
            return self.winograd(index, source, tile);
        }
        match self.tuning.gemm {
            Some(gemm) if self.separable(source) == Some(index) => {
                let outer = self.layer(source)?.sources.first().copied().unwrap_or_default();
                self.gemm(&gemm, index, Some(source), outer)
            }
            Some(gemm) if gemm.takes(self.shape(source)?.channels) => self.gemm(&gemm, index, None, source),
            _ if self.separable(source) == Some(index) => self.subgroup_separable(index, source),
            _ if self.tuning.path == Path::Texel && self.has_rows(index) => self.subgroup_rows(index, source),
            _ if self.tuning.path == Path::Texel => self.subgroup_convolution(index, source),
            _ => self.convolution(index, source),
        }
    }

    /// Whether a layer is a sum of transposed convolutions that nothing else reads.
    fn sums_deconvolutions(&self, sum: &Layer) -> bool {
        let plain = Operation::Deconvolution { factor: 0, activation: Activation::None };
        let is_plain = |operation: Operation| match operation {
            Operation::Deconvolution { activation, .. } => plain == Operation::Deconvolution { factor: 0, activation },
            _ => false,
        };
        matches!(sum.operation, Operation::Sum { .. })
            && sum.sources.len() <= 5
            && sum.sources.iter().all(|source| {
                self.only_reader(*source).is_some()
                    && self.graph.layers.get(*source).is_some_and(|layer| is_plain(layer.operation))
            })
    }

    /// The sum that a convolution can make itself: the layer, the other source and how much smaller that is (as a shift).
    fn fused_sum(&self, index: usize) -> Option<(usize, usize, i32)> {
        let (sum, layer) = self.only_reader(index)?;
        match (layer.operation, layer.sources.as_slice()) {
            (Operation::Sum { activation: Activation::None }, [one, other]) => {
                let other = if *one == index { *other } else { *one };
                (other < index).then_some((sum, other, 0))
            }
            (Operation::UpsampleSum, [small, large]) if *large == index && *small < index => Some((sum, *small, 1)),
            _ => None,
        }
    }

    fn convolution(&mut self, index: usize, source: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let Operation::Convolution { kernel, stride, pad, activation, .. } = layer.operation else { return Ok(()) };
        let (sink, residual, shift) = self.fused_sum(index).unwrap_or((index, source, -1));
        self.finished(sink);
        let (from, to) = (self.shape(source)?, layer.shape);
        let mut sizes = [from.width, from.height, to.width, to.height];
        if kernel == 1 && stride == 1 && shift < 1 {
            // Neighbours do not matter: one long row wastes fewest lanes.
            sizes = [from.pixels(), 1, to.pixels(), 1];
        }
        let [in_width, in_height, out_width, out_height] = sizes;
        let (in_quads, out_quads) = (self.path(source).quads(from.channels), self.path(sink).quads(to.channels));
        let Cut { pixels, quads: block_quads, blocks, group } = self.tuning.cut(kernel, out_quads);
        let tiles = out_width.div_ceil(pixels);
        let table = self.table(Table::Convolution { layer: index, quads: block_quads, group: Some(group) });
        let lanes = u64::from(tiles) * u64::from(out_height) * u64::from(blocks.next_multiple_of(group));
        let numbers = [in_width, in_height, out_width, out_height, in_quads, out_quads];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.extend([blocks as i32, group as i32, tiles as i32, pad as i32, code(activation), shift, 0]);
        let slots = [Slot::Value(source), table, Slot::Value(residual), Slot::Value(sink)];
        let constants = [kernel, stride, pixels, block_quads];
        let is_input = self.path(source) != self.path(sink);
        let kernel = if is_input { NetKernel::InputConvolution } else { NetKernel::Convolution };
        self.dispatch(&layer.name, kernel, &constants, &slots, &push, lanes);
        Ok(())
    }

    fn depthwise(&mut self, index: usize, source: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let Operation::Convolution { kernel, stride, pad, activation, .. } = layer.operation else { return Ok(()) };
        let (from, to) = (self.shape(source)?, layer.shape);
        let [pixels, rows] = if stride == 1 { self.tuning.depthwise[0] } else { self.tuning.depthwise[1] };
        let (tiles, bands) = (to.width.div_ceil(pixels), to.height.div_ceil(rows));
        let quads = self.path(index).quads(to.channels);
        let numbers = [from.width, from.height, to.width, to.height, quads, tiles, bands, pad];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.push(code(activation));
        let table = self.table(Table::Depthwise { layer: index });
        let slots = [Slot::Value(source), table, Slot::Value(index)];
        let constants = [kernel, stride, pixels, rows];
        let sizes = [quads, tiles * bands, quads * to.pixels()];
        self.dispatch_quads(&layer.name, NetKernel::Depthwise, &constants, &slots, &push, sizes);
        Ok(())
    }

    /// The batch norm behind a pool, which then makes that as well.
    fn norm_of(&mut self, pool: usize) -> Option<usize> {
        let is_norm = |reader: &&usize| {
            self.graph.layers.get(**reader).is_some_and(|layer| layer.operation == Operation::BatchNorm)
        };
        let norm = self.readers.get(pool)?.iter().find(is_norm).copied()?;
        self.finished(norm);
        Some(norm)
    }

    fn max_pool(&mut self, index: usize, source: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let norm = self.norm_of(index);
        let table = self.table(Table::Norm { layer: norm });
        let quads = self.path(index).quads(layer.shape.channels);
        let push = [layer.shape.width as i32, layer.shape.height as i32, quads as i32];
        let lanes = u64::from(layer.shape.pixels()) * u64::from(quads);
        let slots = [Slot::Value(source), table, Slot::Value(index), Slot::Value(norm.unwrap_or(index))];
        self.dispatch(&layer.name, NetKernel::MaxPool, &[u32::from(norm.is_some())], &slots, &push, lanes);
        Ok(())
    }

    fn dense(&mut self, index: usize, source: usize, activation: Activation) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let inputs = texels(self.path(source), self.shape(source)?);
        let outputs = texels(self.path(index), layer.shape);
        let slices = self.tuning.slices.min(inputs);
        let partial = self.value(u64::from(slices) * u64::from(outputs) * 16);
        let table = self.table(Table::Dense { layer: index });
        let slots = [Slot::Value(source), table, Slot::Value(partial)];
        let push = [inputs as i32, outputs as i32, slices as i32];
        let lanes = u64::from(slices) * u64::from(outputs);
        self.dispatch(&layer.name, NetKernel::Dense, &[], &slots, &push, lanes);
        let bias = self.table(Table::Bias { layer: index });
        let slots = [Slot::Value(partial), bias, Slot::Value(index)];
        let push = [outputs as i32, slices as i32, code(activation)];
        self.dispatch(&layer.name, NetKernel::DenseFinish, &[], &slots, &push, u64::from(outputs));
        Ok(())
    }

    /// The sum of the transposed convolutions `layers`, written as the value of `sink`.
    fn deconvolution(
        &mut self,
        sink: usize,
        layers: &[usize],
        least: u32,
        activation: Activation,
    ) -> Result<(), NetError> {
        let layer = self.layer(sink)?;
        let error = |reason: &str| NetError::Graph { layer: layer.name.clone(), reason: reason.into() };
        let mut factors = Vec::with_capacity(5);
        let mut sources = Vec::with_capacity(5);
        for index in layers {
            let Operation::Deconvolution { factor, .. } = self.layer(*index)?.operation else {
                return Err(error("not a transposed convolution"));
            };
            factors.push(factor);
            sources.push(self.layer(*index)?.sources.first().copied().unwrap_or_default());
        }
        let step = factors.iter().copied().max().unwrap_or(1).max(least);
        let channels = self.shape(*sources.first().ok_or_else(|| error("no source"))?)?.channels;
        if sources.len() > 5 || factors.iter().any(|factor| *factor == 0 || step % factor != 0) {
            return Err(error("factors that do not divide each other"));
        }
        for source in &sources {
            if self.shape(*source)?.channels != channels {
                return Err(error("sources of different channels"));
            }
        }
        let out = layer.shape;
        let (in_quads, out_quads) = (self.tuning.path.quads(channels), self.path(sink).quads(out.channels));
        let Cut { pixels, quads: block_quads, blocks, .. } = self.tuning.cut(2, out_quads);
        let table = self.table(Table::Deconvolution { layers: layers.to_vec(), quads: block_quads });
        let numbers = [out.width, out.height, in_quads, out_quads, blocks];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.push(code(activation));
        push.extend((0..5).map(|index| factors.get(index).map_or(1, |factor| *factor as i32)));
        let tiles = out.width.div_ceil(step * pixels) * step;
        let lanes = u64::from(tiles) * u64::from(out.height) * u64::from(blocks);
        let first = sources.first().copied().unwrap_or_default();
        let mut slots: Vec<Slot> =
            (0..5).map(|index| Slot::Value(sources.get(index).copied().unwrap_or(first))).collect();
        slots.extend([table, Slot::Value(sink)]);
        let constants = [sources.len() as u32, step, pixels, block_quads];
        self.dispatch(&layer.name, NetKernel::Deconvolution, &constants, &slots, &push, lanes);
        Ok(())
    }
}
