//! Dense convolutions as matrix products (gemm.glsl), with the depthwise convolution before them where there is one to be fused.

use super::{Dispatch, Planner, Slot, Table, code, workgroups};
use crate::net::error::NetError;
use crate::net::gemm::{Cut, Gemm, Product};
use crate::net::graph::{Layer, Operation};
use crate::net::kernels::{NetKernel, Path};

/// Most channel quads of a 1×1 convolution that software drivers make together with the depthwise one before it: all are sums of one lane.
const SEPARABLE_QUADS: u32 = 10;

impl Planner<'_> {
    /// The 1×1 convolution that makes depthwise convolution `index` on its way, if there is one and the device is better off so.
    pub(super) fn separable(&self, index: usize) -> Option<usize> {
        let channels = match self.graph.layers.get(index)? {
            Layer { operation: Operation::Convolution { depthwise: true, .. }, shape, .. } => shape.channels,
            _ => return None,
        };
        let (reader, layer) = self.only_reader(index)?;
        let is_pointwise =
            matches!(layer.operation, Operation::Convolution { kernel: 1, stride: 1, depthwise: false, .. });
        let pays = match self.tuning.gemm {
            Some(gemm) => gemm.separable && gemm.takes(channels),
            None if self.tuning.path == Path::Texel => self.path(reader).quads(layer.shape.channels) <= SEPARABLE_QUADS,
            None => false,
        };
        // What doubles another map is no part of these kernels.
        let doubles = self.tuning.gemm.is_none() && self.fused_sum(reader).is_some_and(|(.., shift)| shift > 0);
        (is_pointwise && pays && !doubles && self.head_of(reader).is_none()).then_some(reader)
    }

    /// Convolution `index` of `source`, or of what depthwise convolution `inner` makes of it.
    pub(super) fn gemm(
        &mut self,
        gemm: &Gemm,
        index: usize,
        inner: Option<usize>,
        source: usize,
    ) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let Operation::Convolution { kernel, stride, pad, activation, .. } = layer.operation else { return Ok(()) };
        let (sink, residual, shift) = self.fused_sum(index).unwrap_or((index, source, -1));
        self.finished(sink);
        self.finished(index);
        let (from, to) = (self.shape(source)?, layer.shape);
        let mut sizes = [from.width, from.height, to.width, to.height];
        if inner.is_none() && kernel == 1 && stride == 1 && shift < 1 {
            // Neighbours do not matter: no division of one long row by its width goes to waste.
            sizes = [from.pixels(), 1, to.pixels(), 1];
        }
        let path = self.path(source);
        let [in_quads, out_quads] = [path.quads(from.channels), path.quads(to.channels)];
        let Cut { tile, splits } = gemm.cut(to.pixels(), out_quads * 4, in_quads * 4 * kernel * kernel);
        let [row_tiles, column_tiles] = [to.pixels().div_ceil(tile.rows), (out_quads * 4).div_ceil(tile.columns)];
        let chunks = (in_quads * 4 * kernel * kernel).div_ceil(tile.chunk);

        let bias = self.table(Table::ChannelBias { layer: index });
        let weights = self.table(Table::Gemm { layer: index, columns: tile.columns, chunk: tile.chunk });
        let partial = match splits {
            1 => sink,
            _ => self.value(u64::from(splits) * u64::from(to.pixels()) * u64::from(out_quads) * 16),
        };
        let mut slots = vec![Slot::Value(source), weights, bias, Slot::Value(residual)];
        let mut tap = [kernel, stride, pad];
        let mut inner_activation = 0;
        if let Some(inner) = inner {
            let inner_layer = self.layer(inner)?;
            let Operation::Convolution { kernel, stride, pad, activation, .. } = inner_layer.operation else {
                return Ok(());
            };
            tap = [kernel, stride, pad];
            inner_activation = code(activation);
            let table = self.table(Table::Inner { layer: inner });
            slots.push(table);
        }
        // A split sum leaves the sink to gemm_finish.
        slots.extend([Slot::Value(partial), Slot::Value(partial)]);
        let numbers =
            [sizes[0], sizes[1], sizes[2], sizes[3], in_quads, out_quads, chunks, column_tiles, splits, tap[2]];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.extend([code(activation), shift, inner_activation]);
        let mut constants = vec![tile.lanes, tap[0], tap[1], tile.rows, tile.columns, tile.chunk];
        let kernel = match (tile.product, inner.is_some()) {
            (Product::Lanes { rows, quads }, separable) => {
                constants.extend([rows, quads]);
                if separable { NetKernel::Separable } else { NetKernel::Gemm }
            }
            (Product::Matrices { size, grid }, separable) => {
                constants.extend(size);
                constants.extend(grid);
                if separable { NetKernel::SeparableMatrix } else { NetKernel::GemmMatrix }
            }
        };
        self.dispatches.push(Dispatch {
            name: layer.name.clone(),
            kernel,
            constants,
            slots,
            push,
            groups: workgroups(u64::from(row_tiles) * u64::from(column_tiles) * u64::from(splits), 1),
        });
        if splits > 1 {
            self.finish_gemm(
                layer,
                [sizes[2], sizes[3], out_quads, splits],
                [code(activation), shift],
                [Slot::Value(partial), bias, Slot::Value(residual), Slot::Value(sink)],
            );
        }
        Ok(())
    }

    fn finish_gemm(&mut self, layer: &Layer, sizes: [u32; 4], ending: [i32; 2], slots: [Slot; 4]) {
        let mut push: Vec<i32> = sizes.iter().map(|number| *number as i32).collect();
        push.extend(ending);
        let lanes = sizes[..3].iter().map(|number| u64::from(*number)).product();
        self.dispatch(&layer.name, NetKernel::GemmFinish, &[], &slots, &push, lanes);
    }
}
