//! What the weights are packed into.

use crate::net::winograd::Tile;

/// A table of weights in the order a kernel reads them; [`crate::net::pack`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Table {
    /// conv.glsl's, with channel quads a lane and blocks a group.
    Convolution {
        /// The layer.
        layer: usize,
        /// Channel quads a lane.
        quads: u32,
        /// Blocks a group; none for conv_subgroup.comp's.
        group: Option<u32>,
    },
    /// conv.glsl's for Winograd's products: one table a product, its row.
    Winograd {
        /// The layer.
        layer: usize,
        /// Which of Winograd's.
        tile: Tile,
        /// Channel quads a lane.
        quads: u32,
        /// Blocks a group; none for conv_subgroup.comp's.
        group: Option<u32>,
    },
    /// winograd_output.glsl's: bias, and scale and offset of a batch norm.
    Channels {
        /// The layer.
        layer: usize,
        /// The batch norm.
        norm: Option<usize>,
    },
    /// depthwise.glsl's.
    Depthwise {
        /// The layer.
        layer: usize,
    },
    /// depthwise.glsl's, in single precision for gemm.glsl.
    Inner {
        /// The layer.
        layer: usize,
    },
    /// gemm.glsl's.
    Gemm {
        /// The layer.
        layer: usize,
        /// Channels of a tile.
        columns: u32,
        /// Terms of a chunk.
        chunk: u32,
    },
    /// gemm.glsl's biases.
    ChannelBias {
        /// The layer.
        layer: usize,
    },
    /// max_pool.glsl's scale and offset, of a batch norm; of none, a table of one unused texel.
    Norm {
        /// The layer.
        layer: Option<usize>,
    },
    /// dense.glsl's.
    Dense {
        /// The layer.
        layer: usize,
    },
    /// dense_finish.glsl's.
    Bias {
        /// The layer.
        layer: usize,
    },
    /// deconv.glsl's, for all layers that are summed.
    Deconvolution {
        /// The layers.
        layers: Vec<usize>,
        /// Channel quads a lane.
        quads: u32,
    },
    /// softmax.glsl's parallaxes.
    Planes,
}

impl Table {
    /// Whether it is read in single precision even where weights are stored in half: small tables whose rounding would show everywhere.
    pub const fn is_single(&self) -> bool {
        matches!(
            self,
            Self::Norm { .. } | Self::Bias { .. } | Self::ChannelBias { .. } | Self::Inner { .. } | Self::Planes
        )
    }
}
