//! The kernels of the stereo stage, and what they are told for one picture.

use super::plates::PlatePush;
use crate::gpu::{Bind, KernelSource};

pub(super) const GUIDE: KernelSource = KernelSource {
    name: "guide",
    spirv: include_bytes!("../../../spirv/guide.spv"),
    bindings: &[Bind::SampledNearest, Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: size_of::<GuidePush>() as u32,
};
pub(super) const FIT: KernelSource = KernelSource {
    name: "fit",
    spirv: include_bytes!("../../../spirv/fit.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageTexelWrite, Bind::StorageTexelWrite],
    push_bytes: 8,
};
pub(super) const BLEND: KernelSource = KernelSource {
    name: "blend",
    spirv: include_bytes!("../../../spirv/blend.spv"),
    bindings: &[
        Bind::SampledNearest,
        Bind::UniformTexel,
        Bind::UniformTexel,
        Bind::UniformTexel,
        Bind::StorageTexelWrite,
        Bind::StorageTexelWrite,
        Bind::StorageTexelWrite,
    ],
    push_bytes: size_of::<BlendPush>() as u32,
};
pub(super) const PLAIN: KernelSource = KernelSource {
    name: "plain",
    spirv: include_bytes!("../../../spirv/plain.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: size_of::<PlainPush>() as u32,
};
pub(super) const UPSAMPLE: KernelSource = KernelSource {
    name: "upsample",
    spirv: include_bytes!("../../../spirv/upsample.spv"),
    bindings: &[
        Bind::UniformTexel,
        Bind::StorageTexelWrite,
        Bind::StorageTexelWrite,
        Bind::StorageReadWrite,
        Bind::StorageWrite,
    ],
    push_bytes: size_of::<SpreadPush>() as u32,
};
pub(super) const MATTE: KernelSource = KernelSource {
    name: "matte",
    spirv: include_bytes!("../../../spirv/matte.spv"),
    bindings: &[
        Bind::SampledNearest,
        Bind::UniformTexel,
        Bind::UniformTexel,
        Bind::StorageRead,
        Bind::UniformTexel,
        Bind::StorageTexelWrite,
    ],
    push_bytes: size_of::<SpreadPush>() as u32,
};
pub(super) const TRIM: KernelSource = KernelSource {
    name: "trim",
    spirv: include_bytes!("../../../spirv/trim.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageRead, Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: size_of::<TrimPush>() as u32,
};
pub(super) const SETTLE: KernelSource = KernelSource {
    name: "settle",
    spirv: include_bytes!("../../../spirv/settle.spv"),
    bindings: &[
        Bind::UniformTexel,
        Bind::StorageRead,
        Bind::UniformTexel,
        Bind::StorageTexelWrite,
        Bind::StorageTexelWrite,
    ],
    push_bytes: size_of::<SettlePush>() as u32,
};
pub(super) const PLATE: KernelSource = KernelSource {
    name: "plate",
    spirv: include_bytes!("../../../spirv/plate.spv"),
    bindings: &[Bind::StorageReadWrite],
    push_bytes: size_of::<PlatePush>() as u32,
};
pub(super) const BOUNDS: KernelSource = KernelSource {
    name: "bounds",
    spirv: include_bytes!("../../../spirv/bounds.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageTexelWrite],
    push_bytes: size_of::<BoundsPush>() as u32,
};
pub(super) const WARP: KernelSource = KernelSource {
    name: "warp",
    spirv: include_bytes!("../../../spirv/warp.spv"),
    bindings: &[Bind::SampledNearest, Bind::UniformTexel, Bind::ImageWrite, Bind::ImageWrite],
    push_bytes: size_of::<EvenPush>() as u32,
};
pub(super) const WARP_LIST: KernelSource = KernelSource {
    name: "warp_list",
    spirv: include_bytes!("../../../spirv/warp_list.spv"),
    bindings: &[Bind::UniformTexel, Bind::StorageReadWrite, Bind::StorageWrite],
    push_bytes: size_of::<WarpPush>() as u32,
};
pub(super) const WARP_EDGES: KernelSource = KernelSource {
    name: "warp_edges",
    spirv: include_bytes!("../../../spirv/warp_edges.spv"),
    bindings: &[
        Bind::SampledNearest,
        Bind::UniformTexel,
        Bind::StorageReadWrite,
        Bind::UniformTexel,
        Bind::StorageWrite,
        Bind::ImageWrite,
    ],
    push_bytes: size_of::<WarpPush>() as u32,
};
pub(super) const WARP_MIXED: KernelSource = KernelSource {
    name: "warp_mixed",
    spirv: include_bytes!("../../../spirv/warp_mixed.spv"),
    bindings: &[
        Bind::SampledNearest,
        Bind::UniformTexel,
        Bind::UniformTexel,
        Bind::StorageRead,
        Bind::UniformTexel,
        Bind::ImageWrite,
    ],
    push_bytes: size_of::<WarpPush>() as u32,
};

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct GuidePush {
    pub(super) corner: [u32; 2],
    pub(super) from: [u32; 2],
    pub(super) to: [u32; 2],
    pub(super) scale: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct BlendPush {
    pub(super) corner: [u32; 2],
    pub(super) from: [u32; 2],
    pub(super) size: [u32; 2],
    pub(super) gain: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct PlainPush {
    pub(super) places: u32,
    pub(super) scale: f32,
}

/// `shaders/mapping.glsl`.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct SpreadPush {
    pub(super) size: [u32; 2],
    pub(super) corner: [u32; 2],
    pub(super) seen: [u32; 2],
    pub(super) small: [u32; 2],
    pub(super) gain: f32,
    pub(super) offset: f32,
    pub(super) low: f32,
    pub(super) high: f32,
    pub(super) front_fade: f32,
    pub(super) behind_fade: f32,
    pub(super) unit: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct TrimPush {
    pub(super) size: [u32; 2],
    pub(super) rim: u32,
    pub(super) unit: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct SettlePush {
    pub(super) size: [u32; 2],
    pub(super) unit: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct BoundsPush {
    pub(super) size: [u32; 2],
    pub(super) first: [u32; 2],
    pub(super) last: [u32; 2],
    pub(super) unit: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct EvenPush {
    pub(super) size: [u32; 2],
    pub(super) shares: [f32; 2],
    pub(super) unit: f32,
}

/// `shaders/warp.glsl`.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct WarpPush {
    pub(super) size: [u32; 2],
    pub(super) first: i32,
    pub(super) last: i32,
    pub(super) share: f32,
    pub(super) reach: u32,
    pub(super) unit: f32,
}
