//! The network's kernels, and the one table of how they are cut for which kind of device.

use super::gemm::{Gemm, Tile};
use super::graph::{Graph, Operation};
use super::precision::Precision;
use super::winograd::Costs;
use crate::gpu::{Bind, Facts, KernelSource};

/// How kernels read activations and weights, and how those are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Uniform texel buffers.
    Texel,
    /// Storage buffers.
    Storage,
    /// Storage buffers of half precision.
    Half,
}

impl Path {
    /// Texels of four channels that a pixel of so many channels takes. Halves stand in pairs of texels, so that 16 bytes are read at once.
    pub const fn quads(self, channels: u32) -> u32 {
        match self {
            Self::Texel | Self::Storage => channels.div_ceil(4),
            Self::Half => channels.div_ceil(8) * 2,
        }
    }

    /// Bytes of a texel.
    pub const fn texel_bytes(self) -> u64 {
        match self {
            Self::Texel | Self::Storage => 16,
            Self::Half => 8,
        }
    }

    /// How the output of a layer is stored: what others write and read, the picture and the planes, is single precision always.
    pub fn of_layer(self, graph: &Graph, layer: usize) -> Self {
        match graph.layers.get(layer).map(|layer| layer.operation) {
            Some(Operation::Input | Operation::Softmax) if self == Self::Half => Self::Storage,
            _ => self,
        }
    }
}

/// How the work of a kernel is cut into lanes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tuning {
    /// How kernels read.
    pub path: Path,
    /// Lanes of a workgroup of the convolutions, which keep a whole tile in registers.
    pub heavy_lanes: u32,
    /// Lanes of a workgroup of everything else.
    pub light_lanes: u32,
    /// Channel blocks whose lanes stand side by side, and whose weights lie interleaved.
    pub group: u32,
    /// Pixels and channel quads a lane of a convolution may make, of 1×1 pixels and of more: [`Tuning::cut`] takes what fits a layer's channels.
    pub convolution: [&'static [[u32; 2]]; 2],
    /// The same of a subgroup whose lanes pass each other the weights (conv_subgroup.comp), as they do on software drivers.
    pub subgroup: [&'static [[u32; 2]]; 2],
    /// Tiles of four pixels and channel quads a lane of rows_subgroup.comp may make, which makes the 3×3 convolutions of software drivers.
    pub rows: &'static [[u32; 2]],
    /// Pixels and rows a lane of a depthwise convolution makes, at strides 1 and 2.
    pub depthwise: [[u32; 2]; 2],
    /// Pixels a lane of the last convolution makes, with all their channels and their softmax; 0 where the softmax is by itself.
    pub head: u32,
    /// Slices a fully connected layer's source is cut into, at most.
    pub slices: u32,
    /// When 3×3 convolutions go by Winograd's way; none for never.
    pub winograd: Option<Costs>,
    /// How dense convolutions become matrix products, where they do.
    pub gemm: Option<Gemm>,
}

/// Software drivers (lavapipe), whose lanes are the numbers of one vector register: texel fetches are vectorised there, storage loads and stores are a loop
/// over the lanes, and reading another lane's register costs next to nothing. So workgroups are subgroups of eight lanes, which share what all of them
/// read, and tiles are as large as pays in arithmetic per fetch. The softmax is by itself, since a lane with all channels has too many sums.
pub const SOFTWARE: Tuning = Tuning {
    path: Path::Texel,
    heavy_lanes: 8,
    light_lanes: 64,
    group: 8,
    convolution: [&[], &[[12, 3], [12, 2]]],
    subgroup: [&[[8, 4], [4, 4]], &[[8, 4], [4, 8]]],
    rows: &[[3, 2], [2, 4], [1, 4]],
    depthwise: [[12, 2], [6, 2]],
    head: 0,
    slices: 8,
    winograd: Some(Costs { direct: 0.75, product: 1.5, texel: 120.0, dispatches: 5.0e6, most_bytes: 256 << 20 }),
    gemm: None,
};

/// GPUs: 16-byte storage loads, tiles that leave registers for several subgroups, and more slices, since a GPU needs thousands of lanes.
pub const HARDWARE: Tuning = Tuning {
    path: Path::Storage,
    heavy_lanes: 64,
    light_lanes: 64,
    group: 16,
    convolution: [&[[4, 2]], &[[4, 2]]],
    subgroup: [&[], &[]],
    rows: &[],
    depthwise: [[4, 1], [4, 1]],
    head: 2,
    slices: 64,
    winograd: Some(Costs { direct: 1.0, product: 1.0, texel: 40.0, dispatches: 0.0, most_bytes: 256 << 20 }),
    gemm: Some(Gemm {
        tiles: [
            Tile::of_lanes([64, 64], 16, [8, 2]),
            Tile::of_lanes([64, 32], 16, [4, 2]),
            Tile::of_lanes([32, 32], 16, [4, 1]),
            Tile::of_lanes([64, 16], 16, [4, 1]),
        ],
        full: FULL,
        separable: true,
    }),
};

/// Workgroups of 64 to 128 lanes that fill a device: some two for each of a large card's hundred-odd processors. Vulkan does not tell their number.
const FULL: u32 = 256;

/// The same in half precision: the deep layers wait for memory, and half the bytes are half the waiting.
/// Never Winograd's way, whose large numbers that nearly cancel each other a half's 11 bits do not hold.
pub const HARDWARE_HALF: Tuning = Tuning {
    path: Path::Half,
    gemm: Some(Gemm {
        tiles: [
            Tile::of_lanes([64, 64], 16, [8, 2]),
            Tile::of_lanes([64, 32], 16, [4, 2]),
            Tile::of_lanes([32, 32], 16, [4, 1]),
            // A chunk of 16 × 16 halves is fewer pieces of 16 bytes than there are lanes.
            Tile::of_lanes([64, 16], 32, [4, 1]),
        ],
        full: FULL,
        separable: true,
    }),
    winograd: None,
    ..HARDWARE
};

/// Shared memory that all tiles fit in. Vulkan promises half of it only, but every GPU that plays films has it.
pub const SHARED_BYTES: u32 = 32 << 10;

/// A row of the table, as benchmarks call it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub tuning: Tuning,
    /// Whether numbers are kept in half precision somewhere, so that results are judged less strictly.
    pub half: bool,
}

impl Tuning {
    /// All rows that a device can run, the one that it is given unless another is asked for first.
    pub fn available(facts: &Facts) -> Vec<Row> {
        let mut rows = vec![Row { name: "storage fp32", tuning: HARDWARE.plain(), half: false }];
        rows.extend(Self::software(facts).map(|tuning| Row { name: "texel fp32", tuning, half: false }));
        if facts.float16 {
            rows.push(Row { name: "storage fp16", tuning: HARDWARE_HALF.plain(), half: true });
        }
        // A software driver takes minutes over what it would never be given.
        if !facts.is_cpu && facts.max_shared_bytes >= SHARED_BYTES {
            rows.push(Row { name: "winograd and gemm fp32", tuning: HARDWARE, half: false });
            // Which of the two is faster on a GPU is not known yet.
            rows.push(Row { name: "gemm fp32", tuning: Tuning { winograd: None, ..HARDWARE }, half: false });
            if facts.float16 {
                rows.push(Row { name: "gemm fp16", tuning: HARDWARE_HALF, half: true });
            }
            rows.extend(Self::of_matrices(facts).map(|tuning| Row { name: "matrix fp16", tuning, half: true }));
        }
        let own = Self::of(facts, Precision::Auto);
        rows.sort_by_key(|row| row.tuning != own);
        rows
    }

    /// The same without shared memory.
    pub const fn plain(self) -> Self {
        Self { gemm: None, ..self }
    }

    /// Half precision with cooperative matrices, where the device has them.
    pub fn of_matrices(facts: &Facts) -> Option<Self> {
        let gemm = Gemm::of_matrices(facts.matrices.as_ref()?, facts.max_shared_bytes, FULL)?;
        Some(Self { gemm: Some(gemm), ..HARDWARE_HALF })
    }

    /// The row for software drivers, where the lanes of a subgroup can pass each other numbers.
    fn software(facts: &Facts) -> Option<Self> {
        let lanes = facts.subgroup_size.clamp(1, SOFTWARE.heavy_lanes);
        facts.subgroup_shuffle.then_some(Self { heavy_lanes: lanes, ..SOFTWARE })
    }

    /// The row of the table for a device.
    pub fn of(facts: &Facts, precision: Precision) -> Self {
        let tuning = match (precision.is_half(facts), facts.is_cpu) {
            // Matrix units make several times the products that lanes do.
            (true, _) => Self::of_matrices(facts).unwrap_or(HARDWARE_HALF),
            (false, true) => Self::software(facts).unwrap_or(HARDWARE),
            (false, false) => HARDWARE,
        };
        // On software drivers shared memory and barriers cost more than they save: tens of times the time of convolutions without them.
        if facts.is_cpu || facts.max_shared_bytes < SHARED_BYTES { tuning.plain() } else { tuning }
    }
}

/// How the channels of a convolution fall to lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Pixels of a row that a lane makes.
    pub pixels: u32,
    /// Channel quads that a lane makes: its block.
    pub quads: u32,
    /// Blocks in all.
    pub blocks: u32,
    /// Blocks whose lanes stand side by side.
    pub group: u32,
}

impl Tuning {
    /// The cheapest cut for a kernel of so many pixels a side and so many channel quads: lanes beside the last channel are lost, and larger tiles read less for each sum.
    pub fn cut(&self, kernel: u32, quads: u32) -> Cut {
        // Reading four numbers takes lavapipe as long as 15 multiply-adds; only the order that follows from it counts.
        const READ: u32 = 15;
        let [pointwise, wider] = self.convolution;
        let cuts = if kernel == 1 { pointwise } else { wider };
        let cuts = cuts.iter().map(|[pixels, block]| {
            let blocks = quads.div_ceil(*block);
            let group = self.group.min(blocks);
            let lane = 16 * pixels * block + READ * (pixels + 4 * block);
            let cost = f64::from(blocks.next_multiple_of(group) * lane) / f64::from(*pixels);
            (Cut { pixels: *pixels, quads: *block, blocks, group }, cost)
        });
        let least = cuts.min_by(|one, other| one.1.total_cmp(&other.1));
        least.map_or(Cut { pixels: 1, quads: 1, blocks: quads, group: 1 }, |(cut, _)| cut)
    }
}

/// A kernel of shaders/.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NetKernel {
    /// conv.glsl
    Convolution,
    /// conv.glsl, whose source is single precision whatever the others are: the first layer's.
    InputConvolution,
    /// conv_subgroup.comp
    SubgroupConvolution,
    /// rows_subgroup.comp
    SubgroupRows,
    /// separable_subgroup.comp
    SubgroupSeparable,
    /// inverted_subgroup.comp
    SubgroupInverted,
    /// gemm_lanes.glsl
    Gemm,
    /// gemm_lanes.glsl with a depthwise convolution on the way
    Separable,
    /// matrix/gemm_matrix.glsl
    GemmMatrix,
    /// matrix/gemm_matrix.glsl with a depthwise convolution on the way
    SeparableMatrix,
    /// gemm_finish.glsl
    GemmFinish,
    /// depthwise.glsl
    Depthwise,
    /// max_pool.glsl
    MaxPool,
    /// dense.glsl
    Dense,
    /// dense_finish.glsl
    DenseFinish,
    /// deconv.glsl
    Deconvolution,
    /// softmax.glsl
    Softmax,
    /// conv.glsl as the last layer, with softmax and parallax
    Head,
    /// winograd_input.glsl
    WinogradInput,
    /// winograd_output.glsl
    WinogradOutput,
}

/// A kernel that exists in single precision only. The bindings that read come first, then those that write.
macro_rules! single {
    ($path:expr, $name:literal, $reads:literal, $writes:literal, $pushed:literal) => {
        match $path {
            Path::Texel => KernelSource {
                name: $name,
                spirv: include_bytes!(concat!("../../spirv/", $name, ".spv")),
                bindings: const { &binds::<{ $reads + $writes }>($reads, Bind::UniformTexel) },
                push_bytes: 4 * $pushed,
            },
            Path::Storage | Path::Half => KernelSource {
                name: concat!($name, "_storage"),
                spirv: include_bytes!(concat!("../../spirv/", $name, "_storage.spv")),
                bindings: const { &binds::<{ $reads + $writes }>($reads, Bind::StorageRead) },
                push_bytes: 4 * $pushed,
            },
        }
    };
}

/// A kernel in both precisions.
macro_rules! source {
    ($path:expr, $name:literal, $reads:literal, $writes:literal, $pushed:literal) => {
        match $path {
            Path::Half => KernelSource {
                name: concat!($name, "_half"),
                spirv: include_bytes!(concat!("../../spirv/", $name, "_half.spv")),
                ..single!(Path::Storage, $name, $reads, $writes, $pushed)
            },
            path => single!(path, $name, $reads, $writes, $pushed),
        }
    };
}

/// As `source`, for what software drivers never run.
macro_rules! gpu_source {
    ($path:expr, $name:literal, $reads:literal, $writes:literal, $pushed:literal) => {{
        const STORAGE: [Bind; $reads + $writes] = binds::<{ $reads + $writes }>($reads, Bind::StorageRead);
        let (name, spirv): (_, &[u8]) = match $path {
            Path::Texel | Path::Storage => {
                (concat!($name, "_storage"), include_bytes!(concat!("../../spirv/", $name, "_storage.spv")))
            }
            Path::Half => (concat!($name, "_half"), include_bytes!(concat!("../../spirv/", $name, "_half.spv"))),
        };
        KernelSource { name, spirv, bindings: &STORAGE, push_bytes: 4 * $pushed }
    }};
}

const fn binds<const N: usize>(reads: usize, read: Bind) -> [Bind; N] {
    let mut binds = [Bind::StorageWrite; N];
    let mut index = 0;
    while index < reads {
        binds[index] = read;
        index += 1;
    }
    binds
}

/// On software drivers these are pushed besides: the spare texel and the digits of shaders/subgroup.glsl.
const fn with_digits(path: Path, source: KernelSource) -> KernelSource {
    match path {
        Path::Texel => KernelSource { push_bytes: source.push_bytes + 4 * 17, ..source },
        Path::Storage | Path::Half => source,
    }
}

impl NetKernel {
    /// Its module and interface.
    pub fn source(self, path: Path) -> KernelSource {
        match self {
            Self::InputConvolution if path == Path::Half => KernelSource {
                name: "conv_input_half",
                spirv: include_bytes!("../../spirv/conv_input_half.spv"),
                ..Self::Convolution.source(path)
            },
            Self::Convolution | Self::InputConvolution => gpu_source!(path, "conv", 3, 1, 13),
            // Software drivers' only.
            Self::SubgroupConvolution => KernelSource {
                name: "conv_subgroup",
                spirv: include_bytes!("../../spirv/conv_subgroup.spv"),
                bindings: const { &binds::<4>(3, Bind::UniformTexel) },
                push_bytes: 4 * 29,
            },
            Self::SubgroupRows => KernelSource {
                name: "rows_subgroup",
                spirv: include_bytes!("../../spirv/rows_subgroup.spv"),
                bindings: const { &binds::<3>(2, Bind::UniformTexel) },
                push_bytes: 4 * 24,
            },
            Self::SubgroupSeparable => KernelSource {
                name: "separable_subgroup",
                spirv: include_bytes!("../../spirv/separable_subgroup.spv"),
                bindings: const { &binds::<5>(4, Bind::UniformTexel) },
                push_bytes: 4 * 12,
            },
            Self::SubgroupInverted => KernelSource {
                name: "inverted_subgroup",
                spirv: include_bytes!("../../spirv/inverted_subgroup.spv"),
                bindings: const { &binds::<6>(5, Bind::UniformTexel) },
                push_bytes: 4 * 14,
            },
            Self::Gemm => gpu_source!(path, "gemm", 4, 2, 13),
            Self::Separable => gpu_source!(path, "separable", 5, 2, 13),
            // In half precision only: that is what the matrices are made of.
            Self::GemmMatrix => KernelSource {
                name: "gemm_matrix",
                spirv: include_bytes!("../../spirv/matrix/gemm_matrix.spv"),
                ..Self::Gemm.source(Path::Half)
            },
            Self::SeparableMatrix => KernelSource {
                name: "separable_matrix",
                spirv: include_bytes!("../../spirv/matrix/separable_matrix.spv"),
                ..Self::Separable.source(Path::Half)
            },
            Self::GemmFinish => gpu_source!(path, "gemm_finish", 3, 1, 6),
            Self::Depthwise => with_digits(path, source!(path, "depthwise", 2, 1, 9)),
            Self::MaxPool => source!(path, "max_pool", 2, 2, 3),
            Self::Dense => source!(path, "dense", 2, 1, 3),
            Self::DenseFinish => source!(path, "dense_finish", 2, 1, 3),
            Self::Deconvolution => source!(path, "deconv", 6, 1, 11),
            Self::Softmax => source!(path, "softmax", 2, 2, 1),
            Self::Head => source!(path, "head", 3, 2, 13),
            // No row of the table plans these in half precision.
            Self::WinogradInput => with_digits(path, single!(path, "winograd_input", 1, 1, 5)),
            Self::WinogradOutput => with_digits(path, single!(path, "winograd_output", 2, 2, 6)),
        }
    }

    /// Whether it multiplies cooperative matrices.
    pub const fn has_matrices(self) -> bool {
        matches!(self, Self::GemmMatrix | Self::SeparableMatrix)
    }

    /// How many of its bindings, the first ones, are read.
    pub const fn reads(self) -> usize {
        match self {
            Self::Convolution | Self::InputConvolution | Self::SubgroupConvolution | Self::Head | Self::GemmFinish => 3,
            Self::Gemm | Self::GemmMatrix | Self::SubgroupSeparable => 4,
            Self::Separable | Self::SeparableMatrix | Self::SubgroupInverted => 5,
            Self::Deconvolution => 6,
            Self::WinogradInput => 1,
            _ => 2,
        }
    }
}
