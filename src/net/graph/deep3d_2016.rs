//! `deep3d-2016`: the original network to the bit.

use super::{Activation, Builder, Graph, Naming, Network, Operation, Shape};
use crate::net::error::NetError;

/// Width and height of the picture: its first fully connected layer ties the network to them.
pub const SIZE: [u32; 2] = [384, 160];

/// Convolutions of the trunk, in groups; each group ends in a pooling.
const TRUNK: [&[(&str, u32)]; 5] = [
    &[("conv1_1", 64)],
    &[("conv2_1", 128)],
    &[("conv3_1", 256), ("conv3_2", 256)],
    &[("conv4_1", 512), ("conv4_2", 512)],
    &[("conv5_1", 512), ("conv5_2", 512)],
];

pub(super) fn graph() -> Result<Graph, NetError> {
    let planes = Network::Deep3d2016.planes();
    let [width, height] = SIZE;
    let mut builder = Builder::new(Network::Deep3d2016, Naming::Underscore, Shape::new(3, height, width));
    let mut last = 0;
    let mut pools = Vec::with_capacity(TRUNK.len());
    for (group, layers) in TRUNK.iter().enumerate() {
        let mut channels = 0;
        for (name, out) in *layers {
            last = builder.add(name, convolution(Activation::Relu), &[last], *out)?;
            channels = *out;
        }
        last = builder.add(&format!("pool{}", group + 1), Operation::MaxPool, &[last], channels)?;
        pools.push((last, channels));
    }
    last = builder.add("fc6", Operation::Dense { activation: Activation::Relu }, &[last], 512)?;
    last = builder.add("fc7", Operation::Dense { activation: Activation::Relu }, &[last], 512)?;
    // Every side prediction is read through a ReLU only, so the ReLU belongs to the layer.
    let coarse = builder.add("pred5", Operation::Dense { activation: Activation::Relu }, &[last], planes * 60)?;
    builder.reshape(coarse, Shape::new(planes, height / 32, width / 32))?;
    let mut enlarged = Vec::with_capacity(5);
    for (index, (pool, channels)) in pools.iter().take(4).enumerate() {
        let number = index + 1;
        let normed = builder.add(&format!("bn_pool{number}"), Operation::BatchNorm, &[*pool], *channels)?;
        let side = builder.add(&format!("pred{number}"), convolution(Activation::Relu), &[normed], planes)?;
        let factor = 1 << index;
        enlarged.push(deconvolution(&mut builder, number, factor, side, planes)?);
    }
    enlarged.push(deconvolution(&mut builder, 5, 16, coarse, planes)?);
    last = builder.add("feat", Operation::Sum { activation: Activation::Relu }, &enlarged, planes)?;
    let double = Operation::Deconvolution { factor: 2, activation: Activation::Relu };
    last = builder.add("deconv_predup", double, &[last], planes)?;
    last = builder.add("convolution0", convolution(Activation::None), &[last], planes)?;
    builder.add("softmax", Operation::Softmax, &[last], planes)?;
    Ok(builder.finish())
}

fn convolution(activation: Activation) -> Operation {
    Operation::Convolution { kernel: 3, stride: 1, pad: 1, depthwise: false, activation }
}

fn deconvolution(
    builder: &mut Builder,
    number: usize,
    factor: u32,
    source: usize,
    planes: u32,
) -> Result<usize, NetError> {
    let operation = Operation::Deconvolution { factor, activation: Activation::None };
    builder.add(&format!("deconv_pred{number}"), operation, &[source], planes)
}
