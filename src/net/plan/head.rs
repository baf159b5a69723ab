//! The end of a network: planes' chances and the parallax expected from them, made by the last convolution where nothing else reads that.

use super::{Planner, Slot, Table};
use crate::net::error::NetError;
use crate::net::graph::{Activation, Operation};
use crate::net::kernels::NetKernel;

impl Planner<'_> {
    /// The softmax that convolution `index` makes on its way.
    pub(super) fn head_of(&self, index: usize) -> Option<usize> {
        let plain = matches!(
            self.graph.layers.get(index)?.operation,
            Operation::Convolution { depthwise: false, activation: Activation::None, .. }
        );
        let (softmax, reader) = self.only_reader(index)?;
        let own = self.path(*self.graph.layers.get(index)?.sources.first()?) == self.tuning.path;
        (self.tuning.head > 0 && plain && own && reader.operation == Operation::Softmax).then_some(softmax)
    }

    /// Convolution `index` and the `softmax` behind it ([`Self::head_of`]).
    pub(super) fn head(&mut self, index: usize, source: usize, softmax: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let Operation::Convolution { kernel, stride, pad, .. } = layer.operation else { return Ok(()) };
        self.finished(softmax);
        let (from, to) = (self.shape(source)?, layer.shape);
        self.parallax = self.value(u64::from(to.pixels()) * 4);
        let (pixels, path) = (self.tuning.head, self.tuning.path);
        let (in_quads, out_quads) = (path.quads(from.channels), path.quads(to.channels));
        let table = self.table(Table::Convolution { layer: index, quads: out_quads, group: Some(1) });
        let planes = self.table(Table::Planes);
        let tiles = to.width.div_ceil(pixels);
        let numbers = [from.width, from.height, to.width, to.height, in_quads, out_quads, 1, 1, tiles, pad];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        // No activation, nothing added, the same weights for every row.
        push.extend([0, -1, 0]);
        let slots = [Slot::Value(source), table, planes, Slot::Value(softmax), Slot::Value(self.parallax)];
        let constants = [kernel, stride, pixels, out_quads, to.channels];
        let lanes = u64::from(tiles) * u64::from(to.height);
        self.dispatch(&layer.name, NetKernel::Head, &constants, &slots, &push, lanes);
        Ok(())
    }

    /// The softmax of a layer that is made by itself.
    pub(super) fn softmax(&mut self, index: usize, source: usize) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let pixels = layer.shape.pixels();
        self.parallax = self.value(u64::from(pixels) * 4);
        let table = self.table(Table::Planes);
        let slots = [Slot::Value(source), table, Slot::Value(index), Slot::Value(self.parallax)];
        let constants = [layer.shape.channels];
        self.dispatch(&layer.name, NetKernel::Softmax, &constants, &slots, &[pixels as i32], u64::from(pixels));
        Ok(())
    }
}
