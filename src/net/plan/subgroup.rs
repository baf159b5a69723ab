//! Convolutions whose lanes pass each other the weights: what software drivers run.

use super::{Dispatch, Planner, Slot, Table};
use crate::net::error::NetError;
use crate::net::graph::{Activation, Operation, Shape};
use crate::net::kernels::{NetKernel, Path};

/// The bits of the least and the greatest that an activation lets through.
const fn bounds(activation: Activation) -> [i32; 2] {
    let (least, most) = match activation {
        Activation::None => (f32::NEG_INFINITY, f32::INFINITY),
        Activation::Relu => (0.0, f32::INFINITY),
        Activation::Relu6 => (0.0, 6.0),
    };
    [least.to_bits() as i32, most.to_bits() as i32]
}

impl Planner<'_> {
    /// The cheapest pixels and channel quads a lane, of the table's, for so many pixels (`rows` × `width`) of so many quads, each a sum of `steps` texels of
    /// the source.
    pub(super) fn subgroup_cut(&self, kernel: u32, rows: u32, width: u32, quads: u32, steps: u32) -> [u32; 2] {
        let [pointwise, wider] = self.tuning.subgroup;
        let lanes = self.tuning.heavy_lanes;
        let cost = |[pixels, block]: [u32; 2]| {
            let units = (width * rows).div_ceil(lanes * pixels) * quads.div_ceil(block);
            let sums = f64::from(pixels * block);
            let reads = f64::from(pixels) + f64::from((block * 4).div_ceil(lanes));
            // Nanoseconds on lavapipe; only the order that follows from them counts.
            let step = sums * 16.0 * 0.27 + reads * 6.3 + f64::from(block) * 16.0 * 0.25;
            // Where each pixel is and whether it exists, for each of several taps.
            let places = if kernel == 1 { 0.0 } else { f64::from(kernel * kernel * pixels) * 9.0 };
            f64::from(units) * (f64::from(steps) * step + places + sums * 25.0 + 400.0)
        };
        let cuts = if kernel == 1 { pointwise } else { wider };
        let cheapest = cuts.iter().copied().min_by(|one, other| cost(*one).total_cmp(&cost(*other)));
        cheapest.unwrap_or([1, 1])
    }

    /// A workgroup for each block of channels (`blocks`) and `units` of pixels, in rows that every device takes.
    fn dispatch_units(
        &mut self,
        name: &str,
        kernel: NetKernel,
        constants: &[u32],
        slots: Vec<Slot>,
        push: Vec<i32>,
        [blocks, units]: [u32; 2],
    ) {
        let rows = units.div_ceil(1 << 15);
        self.dispatches.push(Dispatch {
            name: name.into(),
            kernel,
            constants: [&[self.tuning.heavy_lanes], constants].concat(),
            slots,
            push,
            groups: [blocks, units.div_ceil(rows), rows],
        });
    }

    /// Convolution `index` of `source`, with the sum that only it goes into.
    pub(super) fn subgroup_convolution(&mut self, index: usize, source: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let Operation::Convolution { kernel, stride, pad, activation, .. } = layer.operation else { return Ok(()) };
        let (sink, residual, shift) = self.fused_sum(index).unwrap_or((index, source, -1));
        self.finished(sink);
        let (from, to) = (self.shape(source)?, layer.shape);
        let mut sizes = [from.width, from.height, to.width, to.height];
        if kernel == 1 && stride == 1 {
            // Neighbours do not matter: one long row wastes fewest lanes.
            sizes = [from.pixels(), 1, to.width, to.height];
        }
        let (in_quads, out_quads) = (self.path(source).quads(from.channels), self.path(sink).quads(to.channels));
        let cut = self.subgroup_cut(kernel, sizes[3], sizes[2], out_quads, kernel * kernel * in_quads);
        let [pixels, quads] = cut;
        let table = self.table(Table::Convolution { layer: index, quads, group: None });
        let units = to.pixels().div_ceil(pixels * self.tuning.heavy_lanes);
        let mut push: Vec<i32> = sizes[..3].iter().map(|number| *number as i32).collect();
        let numbers = [to.pixels(), in_quads, out_quads, pad, units];
        push.extend(numbers.iter().map(|number| *number as i32));
        // One table of weights for all rows.
        push.extend([0, shift.max(0), (out_quads * to.pixels()) as i32]);
        push.extend(bounds(activation));
        push.extend(0..16);
        let slots = vec![Slot::Value(source), table, Slot::Value(residual), Slot::Value(sink)];
        let constants =
            [kernel, stride, pixels, quads, u32::from(shift >= 0), u32::from(!out_quads.is_multiple_of(quads))];
        let groups = [out_quads.div_ceil(quads), units];
        self.dispatch_units(&layer.name, NetKernel::SubgroupConvolution, &constants, slots, push, groups);
        Ok(())
    }

    /// Whether convolution `index` is one whose rows go by Winograd's way, without a map between.
    pub(super) fn has_rows(&self, index: usize) -> bool {
        let operation = self.graph.layers.get(index).map(|layer| layer.operation);
        matches!(operation, Some(Operation::Convolution { kernel: 3, stride: 1, pad: 1, depthwise: false, .. }))
            && self.fused_sum(index).is_none()
    }

    /// The cheapest tiles and channel quads a lane, of the table's, for a map of `width`×`height` pixels of so many quads.
    fn rows_cut(&self, [width, height]: [u32; 2], quads: u32) -> [u32; 2] {
        let cost = |[tiles, block]: [u32; 2]| {
            let units = (width.div_ceil(tiles * 4) * height).div_ceil(self.tuning.heavy_lanes);
            // What a lane makes by itself was measured on lavapipe: dearest is what shares least of the weights.
            let each = if tiles == 1 { 1.22 } else { 1.0 };
            f64::from(units * quads.div_ceil(block) * tiles * block) * each
        };
        let cheapest = self.tuning.rows.iter().copied().min_by(|one, other| cost(*one).total_cmp(&cost(*other)));
        cheapest.unwrap_or([1, 1])
    }

    /// Convolution `index` of `source` ([`Self::has_rows`]).
    pub(super) fn subgroup_rows(&mut self, index: usize, source: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let Operation::Convolution { activation, .. } = layer.operation else { return Ok(()) };
        let (from, to) = (self.shape(source)?, layer.shape);
        let (in_quads, out_quads) = (self.path(source).quads(from.channels), self.path(index).quads(to.channels));
        let [tiles, quads] = self.rows_cut([to.width, to.height], out_quads);
        let across = to.width.div_ceil(tiles * 4);
        let numbers = [to.width, to.height, in_quads, out_quads, across, out_quads * to.pixels()];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.extend(bounds(activation));
        push.extend(0..16);
        let table = self.table(Table::Convolution { layer: index, quads, group: None });
        let slots = vec![Slot::Value(source), table, Slot::Value(index)];
        let constants = [tiles, quads, u32::from(!out_quads.is_multiple_of(quads))];
        let groups = [out_quads.div_ceil(quads), (across * to.height).div_ceil(self.tuning.heavy_lanes)];
        self.dispatch_units(&layer.name, NetKernel::SubgroupRows, &constants, slots, push, groups);
        Ok(())
    }

    /// Whether 1×1 convolution `index` is made anew wherever the depthwise convolution behind it reads it, and never stored: with a stride each value is
    /// read but 9/4 times, and of few channels it costs less than storing and reading.
    pub(super) fn is_made_where_needed(&self, index: usize) -> bool {
        let Some(layer) = self.graph.layers.get(index) else { return false };
        let is_pointwise =
            matches!(layer.operation, Operation::Convolution { kernel: 1, stride: 1, depthwise: false, .. });
        let source = layer.sources.first().copied().unwrap_or_default();
        let quads = self.graph.layers.get(source).map_or(0, |source| self.tuning.path.quads(source.shape.channels));
        let reader = self.only_reader(index);
        let is_read_by_stride = reader.is_some_and(|(reader, layer)| {
            matches!(layer.operation, Operation::Convolution { kernel: 3, stride: 2, depthwise: true, .. })
                && self.separable(reader).is_some()
        });
        self.tuning.path == Path::Texel && is_pointwise && quads <= 4 && is_read_by_stride
    }

    /// The 1×1 convolution `index` with the depthwise one before it, `inner`, whose map is never stored.
    pub(super) fn subgroup_separable(&mut self, index: usize, inner: usize) -> Result<(), NetError> {
        let (layer, inner_layer) = (self.layer(index)?, self.layer(inner)?);
        let Operation::Convolution { activation, .. } = layer.operation else { return Ok(()) };
        let Operation::Convolution { kernel, stride, pad, activation: inner_activation, .. } = inner_layer.operation
        else {
            return Ok(());
        };
        let mut source = inner_layer.sources.first().copied().unwrap_or_default();
        let first = self.is_made_where_needed(source).then_some(source);
        let in_quads = self.path(source).quads(self.shape(source)?.channels);
        if let Some(first) = first {
            source = self.layer(first)?.sources.first().copied().unwrap_or_default();
        }
        let fused = self.fused_sum(index);
        let (sink, residual, _) = fused.unwrap_or((index, source, -1));
        self.finished(sink);
        self.finished(index);
        let (from, to) = (self.shape(source)?, layer.shape);
        let out_quads = self.path(sink).quads(to.channels);
        // Each pixel is some dozens of registers.
        let pixels = if first.is_some() { 2 } else { 6 };
        let quads = out_quads.next_multiple_of(2);
        let tiles = to.width.div_ceil(pixels);
        let numbers = [from.width, from.height, to.width, to.height, in_quads, out_quads, tiles, pad];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.extend(bounds(inner_activation));
        push.extend(bounds(activation));
        let inner_table = self.table(Table::Depthwise { layer: inner });
        let table = self.table(Table::Convolution { layer: index, quads, group: None });
        let mut slots = vec![Slot::Value(source), inner_table, table, Slot::Value(residual)];
        let mut constants = vec![kernel, stride, pixels, quads, u32::from(fused.is_some())];
        let mut made_by = NetKernel::SubgroupSeparable;
        if let Some(first) = first {
            let Operation::Convolution { activation, .. } = self.layer(first)?.operation else { return Ok(()) };
            made_by = NetKernel::SubgroupInverted;
            push.extend(bounds(activation));
            constants.push(self.path(source).quads(from.channels));
            slots.push(self.table(Table::Convolution { layer: first, quads: 1, group: None }));
        }
        slots.push(Slot::Value(sink));
        let units = (tiles * to.height).div_ceil(self.tuning.heavy_lanes);
        let groups = [out_quads.div_ceil(quads), units];
        self.dispatch_units(&layer.name, made_by, &constants, slots, push, groups);
        Ok(())
    }

    /// Winograd's products as rows of pixels (`shape`'s height) with weights of their own, from `in_quads`.
    pub(super) fn subgroup_products(
        &mut self,
        name: &str,
        shape: Shape,
        in_quads: u32,
        [pixels, quads]: [u32; 2],
        [source, sink]: [usize; 2],
        table: Slot,
    ) {
        let lanes = self.tuning.heavy_lanes;
        let out_quads = Path::Texel.quads(shape.channels);
        let units = shape.width.div_ceil(pixels * lanes);
        let row_weights = out_quads.div_ceil(quads) * quads * 4 * (in_quads + 1);
        let numbers = [
            shape.pixels(),
            1,
            shape.width,
            shape.width,
            in_quads,
            out_quads,
            0,
            units,
            row_weights,
            0,
            out_quads * shape.pixels(),
        ];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.extend(bounds(Activation::None));
        push.extend(0..16);
        let slots = vec![Slot::Value(source), table, Slot::Value(source), Slot::Value(sink)];
        let constants = [1, 1, pixels, quads, 0, u32::from(!out_quads.is_multiple_of(quads))];
        let groups = [out_quads.div_ceil(quads), units * shape.height];
        self.dispatch_units(name, NetKernel::SubgroupConvolution, &constants, slots, push, groups);
    }
}
