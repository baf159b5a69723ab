//! `deep3d`: EfficientNet-Lite0's encoder and a light pyramid of additions (docs/network.md).

use super::{Activation, Builder, Graph, Naming, Network, Operation, Shape};
use crate::net::error::NetError;

/// One inverted residual of the encoder.
struct Block {
    kernel: u32,
    stride: u32,
    expansion: u32,
    channels: u32,
}

const fn block(kernel: u32, stride: u32, expansion: u32, channels: u32) -> Block {
    Block { kernel, stride, expansion, channels }
}

const BLOCKS: [Block; 16] = [
    block(3, 1, 1, 16),
    block(3, 2, 6, 24),
    block(3, 1, 6, 24),
    block(5, 2, 6, 40),
    block(5, 1, 6, 40),
    block(3, 2, 6, 80),
    block(3, 1, 6, 80),
    block(3, 1, 6, 80),
    block(5, 1, 6, 112),
    block(5, 1, 6, 112),
    block(5, 1, 6, 112),
    block(5, 2, 6, 192),
    block(5, 1, 6, 192),
    block(5, 1, 6, 192),
    block(5, 1, 6, 192),
    block(3, 1, 6, 320),
];

/// The pyramid's stages from coarse to fine: number, block that is added, channels of the sum, channels after fusing.
const STAGES: [(u32, usize, u32, u32); 4] = [(4, 10, 128, 64), (3, 4, 64, 64), (2, 2, 64, 32), (1, 0, 32, 32)];

/// The graph for pictures of `width`×`height`, multiples of 32.
pub(super) fn graph(width: u32, height: u32) -> Result<Graph, NetError> {
    let mut builder = Builder::new(Network::Deep3d, Naming::Dot, Shape::new(3, height, width));
    let mut last = builder.add("stem", convolution(3, 2, Activation::Relu6), &[0], 32)?;
    let mut channels = 32;
    let mut outputs = Vec::with_capacity(BLOCKS.len());
    for (index, block) in BLOCKS.iter().enumerate() {
        let name = |part: &str| format!("block{index}.{part}");
        let inner = channels * block.expansion;
        let mut value = last;
        if block.expansion > 1 {
            value = builder.add(&name("expand"), convolution(1, 1, Activation::Relu6), &[value], inner)?;
        }
        let depthwise = Operation::Convolution {
            kernel: block.kernel,
            stride: block.stride,
            pad: (block.kernel - block.stride) / 2,
            depthwise: true,
            activation: Activation::Relu6,
        };
        value = builder.add(&name("depthwise"), depthwise, &[value], inner)?;
        value = builder.add(&name("project"), convolution(1, 1, Activation::None), &[value], block.channels)?;
        if block.stride == 1 && block.channels == channels {
            let sum = Operation::Sum { activation: Activation::None };
            value = builder.add(&name("sum"), sum, &[value, last], channels)?;
        }
        (last, channels) = (value, block.channels);
        outputs.push(value);
    }
    last = builder.add("context1", convolution(1, 1, Activation::Relu), &[last], 128)?;
    last = builder.add("context2", convolution(3, 1, Activation::Relu), &[last], 128)?;
    for (stage, block, channels, fused) in STAGES {
        let skip = outputs.get(block).copied().unwrap_or_default();
        let lateral =
            builder.add(&format!("lateral{stage}"), convolution(1, 1, Activation::None), &[skip], channels)?;
        let sum = builder.add(&format!("sum{stage}"), Operation::UpsampleSum, &[last, lateral], channels)?;
        last = builder.add(&format!("fuse{stage}"), convolution(3, 1, Activation::Relu), &[sum], fused)?;
    }
    let planes = Network::Deep3d.planes();
    last = builder.add("logits", convolution(3, 1, Activation::None), &[last], planes)?;
    builder.add("softmax", Operation::Softmax, &[last], planes)?;
    Ok(builder.finish())
}

fn convolution(kernel: u32, stride: u32, activation: Activation) -> Operation {
    Operation::Convolution { kernel, stride, pad: (kernel - stride) / 2, depthwise: false, activation }
}
