//! How a matrix product is cut into workgroups: which tile, and into how many parts its sums are split.

use crate::gpu::CooperativeMatrices;

/// How a workgroup multiplies two chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// gemm_lanes.glsl: each lane by itself.
    Lanes {
        /// Pixels a lane.
        rows: u32,
        /// Channel quads a lane.
        quads: u32,
    },
    /// gemm_matrix.glsl: each subgroup with matrices.
    Matrices {
        /// M, N and K.
        size: [u32; 3],
        /// The tile's subgroups, down and across.
        grid: [u32; 2],
    },
}

/// What a workgroup makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// Its lanes.
    pub lanes: u32,
    /// Output pixels.
    pub rows: u32,
    /// Output channels.
    pub columns: u32,
    /// Terms of the sum that lie in shared memory at once.
    pub chunk: u32,
    /// Who multiplies.
    pub product: Product,
}

impl Tile {
    /// One whose lanes multiply each by itself, so many pixels × channel quads.
    pub const fn of_lanes([rows, columns]: [u32; 2], chunk: u32, each: [u32; 2]) -> Self {
        let lanes = rows / each[0] * (columns / (4 * each[1]));
        Self { lanes, rows, columns, chunk, product: Product::Lanes { rows: each[0], quads: each[1] } }
    }

    /// One whose subgroups multiply matrices of `size`, if they divide it.
    const fn of_matrices([rows, columns]: [u32; 2], chunk: u32, size: [u32; 3], subgroup_size: u32) -> Option<Self> {
        let [m, n, k] = size;
        // 128 lanes stage a chunk in one or two loads each.
        let grid = match 128 / subgroup_size {
            0 | 1 => [1, 1],
            2 | 3 => [2, 1],
            _ => [2, 2],
        };
        let lanes = grid[0] * grid[1] * subgroup_size;
        // Matrices are read from shared memory in whole pieces of 8 halves.
        let fits = rows.is_multiple_of(m * grid[0]) && columns.is_multiple_of(n * grid[1]) && chunk.is_multiple_of(k);
        let staged = (rows * chunk / 8).is_multiple_of(lanes) && (columns * chunk / 8).is_multiple_of(lanes);
        if fits && staged && n.is_multiple_of(8) && k.is_multiple_of(8) {
            Some(Self { lanes, rows, columns, chunk, product: Product::Matrices { size, grid } })
        } else {
            None
        }
    }

    /// Shared memory it takes, in bytes.
    pub const fn shared_bytes(&self) -> u32 {
        match self.product {
            Product::Lanes { .. } => 2 * 16 * (self.rows * (self.chunk / 4 + 1) + self.chunk * self.columns / 4),
            Product::Matrices { size: [m, n, _], grid } => {
                let factors = self.rows * (self.chunk / 8 + 1) + self.chunk * (self.columns / 8 + 1);
                2 * 16 * factors + 4 * m * n * grid[0] * grid[1]
            }
        }
    }
}

/// The tiles of a device, and when which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gemm {
    /// The largest first.
    pub tiles: [Tile; 4],
    /// So many workgroups fill the device.
    pub full: u32,
    /// Whether a depthwise convolution before a 1×1 one is made on the way.
    pub separable: bool,
}

/// A tile and how many workgroups share one's sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The tile.
    pub tile: Tile,
    /// Parts of a sum.
    pub splits: u32,
}

/// Parts of a sum at most: each writes all its sums in single precision and has them read again.
const MOST_SPLITS: u32 = 16;

/// Chunks that a part of a sum has at least: below that, more time goes into beginning and ending than into multiplying.
const LEAST_CHUNKS: u32 = 4;

impl Gemm {
    /// The tiles for the largest matrices that a GPU multiplies at once and that divide all of them; none if there are none.
    pub fn of_matrices(matrices: &CooperativeMatrices, shared_bytes: u32, full: u32) -> Option<Self> {
        let tiles = |size: [u32; 3]| {
            let tile = |sides, chunk| Tile::of_matrices(sides, chunk, size, matrices.subgroup_size);
            let least = [tile([64, 64], 32)?, tile([64, 32], 32)?, tile([32, 32], 32)?];
            // More products for each number that is read, where there is room for it.
            let large = tile([128, 64], 32).filter(|tile| tile.shared_bytes() <= shared_bytes);
            let tiles = [large.unwrap_or(least[0]), least[0], least[1], least[2]];
            tiles.iter().all(|tile| tile.shared_bytes() <= shared_bytes).then_some(tiles)
        };
        let usable = matrices.sizes.iter().filter_map(|size| Some((size.iter().product::<u32>(), tiles(*size)?)));
        let (_, tiles) = usable.max_by_key(|(products, _)| *products)?;
        Some(Self { tiles, full, separable: true })
    }

    /// Whether a convolution from so many channels is made this way: with fewer than a piece of 16 bytes most of a chunk would be nothing.
    pub const fn takes(&self, in_channels: u32) -> bool {
        in_channels >= 8
    }

    /// The cut of a product of `rows` pixels and `columns` channels, each a sum of `terms`, that promises to take least time: what is
    /// multiplied, padding included, where small tiles read more from shared memory for each product and a device that is not full, or a
    /// sum that has to be put together, costs the more.
    pub fn cut(&self, rows: u32, columns: u32, terms: u32) -> Cut {
        let cuts = self.tiles.iter().flat_map(|tile| {
            let most = (terms.div_ceil(tile.chunk) / LEAST_CHUNKS).clamp(1, MOST_SPLITS);
            (1..=most).map(|splits| Cut { tile: *tile, splits })
        });
        let time = |cut: &Cut| {
            let Tile { rows: tile_rows, columns: tile_columns, chunk, .. } = cut.tile;
            let groups = u64::from(rows.div_ceil(tile_rows)) * u64::from(columns.div_ceil(tile_columns));
            // Workgroups run in rounds: the last one takes as long as a full one.
            let rounds = (groups * u64::from(cut.splits)).div_ceil(u64::from(self.full));
            let chunks = terms.div_ceil(chunk).div_ceil(cut.splits);
            let (tile_rows, tile_columns) = (f64::from(tile_rows), f64::from(tile_columns));
            let arithmetic = tile_rows * tile_columns;
            let reading = SHARED_READ * (tile_rows + tile_columns);
            let product = rounds as f64 * f64::from(chunks * chunk) * (arithmetic + reading);
            // All parts' sums are written and read once more.
            let sums = f64::from(cut.splits) * f64::from(rows) * f64::from(columns);
            let joining = if cut.splits > 1 { DISPATCH + JOIN * sums / f64::from(self.full) } else { 0.0 };
            product + joining
        };
        let first = Cut { tile: self.tiles[0], splits: 1 };
        cuts.fold((first, f64::INFINITY), |best, cut| {
            let time = time(&cut);
            if time < best.1 { (cut, time) } else { best }
        })
        .0
    }
}

/// Products that take the time in which one number of a chunk is brought into shared memory.
const SHARED_READ: f64 = 16.0;

/// Products of one workgroup that take the time of one more dispatch and the waiting for it: some 3 µs.
const DISPATCH: f64 = 5e5;

/// Products that take the time in which one sum is written, and read again.
const JOIN: f64 = 64.0;
