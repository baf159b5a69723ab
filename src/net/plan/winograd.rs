//! How a convolution of 3×3 pixels becomes the three dispatches of Winograd's way.

use super::{Planner, SPARE, Slot, Table, code, texels};
use crate::net::error::NetError;
use crate::net::graph::{Activation, Operation, Shape};
use crate::net::kernels::{Cut, NetKernel, Path};
use crate::net::winograd::Tile;

impl Planner<'_> {
    /// The tile that makes this layer cheaper; none for every layer that is no plain 3×3 convolution.
    pub(super) fn winograd_tile(&self, index: usize, source: usize) -> Result<Option<Tile>, NetError> {
        let layer = self.layer(index)?;
        let plain =
            matches!(layer.operation, Operation::Convolution { kernel: 3, stride: 1, pad: 1, depthwise: false, .. });
        let (from, to) = (self.shape(source)?, layer.shape);
        let costs = self.tuning.winograd.filter(|_| plain && self.fused_sum(index).is_none());
        Ok(costs.and_then(|costs| costs.choose(from.channels, to.channels, [to.width, to.height])))
    }

    /// Source tiles, products with the weights, and tiles of the sink: the layer's own value, or the pool's where that alone reads it.
    pub(super) fn winograd(&mut self, index: usize, source: usize, tile: Tile) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let Operation::Convolution { activation, .. } = layer.operation else { return Ok(()) };
        let (from, to) = (self.shape(source)?, layer.shape);
        let side = tile.pixels();
        let across = to.width.div_ceil(side);
        let tiles = across * to.height.div_ceil(side);
        let quads = |channels: u32| Path::Texel.quads(channels);
        let between = |channels: u32| texels(Path::Texel, Shape::new(channels, tile.products(), tiles));
        let bytes = |channels: u32| u64::from(between(channels) + SPARE) * 16;
        let (stretched, products) = (self.value(bytes(from.channels)), self.value(bytes(to.channels)));

        let push = [from.width, from.height, quads(from.channels), across, tiles].map(|number| number as i32);
        let slots = [Slot::Value(source), Slot::Value(stretched)];
        let sizes = [quads(from.channels), tiles, between(from.channels)];
        self.dispatch_quads(&format!("{}.tiles", layer.name), NetKernel::WinogradInput, &[side], &slots, &push, sizes);

        let name = format!("{}.products", layer.name);
        if self.tuning.path == Path::Texel {
            let shape = Shape::new(to.channels, tile.products(), tiles);
            let [pixels, block_quads] =
                self.subgroup_cut(1, tile.products(), tiles, quads(to.channels), quads(from.channels));
            let table = self.table(Table::Winograd { layer: index, tile, quads: block_quads, group: None });
            self.subgroup_products(
                &name,
                shape,
                quads(from.channels),
                [pixels, block_quads],
                [stretched, products],
                table,
            );
        } else {
            self.products(&name, index, tile, tiles, [stretched, products])?;
        }

        let pool = self.only_reader(index).filter(|(_, reader)| reader.operation == Operation::MaxPool);
        let (sink, norm) = match pool {
            Some((pool, _)) => (pool, self.norm_of(pool)),
            None => (index, None),
        };
        if pool.is_some() {
            self.finished(sink);
        }
        let table = self.table(Table::Channels { layer: index, norm });
        let mut push: Vec<i32> =
            [to.width, to.height, quads(to.channels), across, tiles].iter().map(|number| *number as i32).collect();
        push.push(code(activation));
        let slots = [Slot::Value(products), table, Slot::Value(sink), Slot::Value(norm.unwrap_or(sink))];
        let sizes = [quads(to.channels), tiles, texels(Path::Texel, self.shape(sink)?)];
        let constants = [side, u32::from(pool.is_some()) + u32::from(norm.is_some())];
        self.dispatch_quads(&layer.name, NetKernel::WinogradOutput, &constants, &slots, &push, sizes);
        Ok(())
    }

    /// The products by conv.glsl, one row of pixels for each.
    fn products(
        &mut self,
        name: &str,
        index: usize,
        tile: Tile,
        tiles: u32,
        [stretched, products]: [usize; 2],
    ) -> Result<(), NetError> {
        let layer = self.layer(index)?;
        let from = self.shape(layer.sources.first().copied().unwrap_or_default())?;
        let to = layer.shape;
        let quads = |channels: u32| Path::Texel.quads(channels);
        let Cut { pixels, quads: block_quads, blocks, group } = self.tuning.cut(1, quads(to.channels));
        let table = self.table(Table::Winograd { layer: index, tile, quads: block_quads, group: Some(group) });
        let columns = tiles.div_ceil(pixels);
        let padded_blocks = blocks.next_multiple_of(group);
        let row_weights = padded_blocks * block_quads * 4 * (quads(from.channels) + 1);
        let numbers = [
            tiles,
            tile.products(),
            tiles,
            tile.products(),
            quads(from.channels),
            quads(to.channels),
            blocks,
            group,
            columns,
        ];
        let mut push: Vec<i32> = numbers.iter().map(|number| *number as i32).collect();
        push.extend([0, code(Activation::None), -1, row_weights as i32]);
        let slots = [Slot::Value(stretched), table, Slot::Value(stretched), Slot::Value(products)];
        let lanes = u64::from(columns) * u64::from(tile.products()) * u64::from(padded_blocks);
        let constants = [1, 1, pixels, block_quads];
        self.dispatch(name, NetKernel::Convolution, &constants, &slots, &push, lanes);
        Ok(())
    }
}
