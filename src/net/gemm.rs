//! How a matrix product is cut into workgroups: which tile, and into how many parts its sums are split.

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

    /// Shared memory it takes, in bytes.
    pub const fn shared_bytes(&self) -> u32 {
        match self.product {
            Product::Lanes { .. } => 2 * 16 * (self.rows * (self.chunk / 4 + 1) + self.chunk * self.columns / 4),
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
