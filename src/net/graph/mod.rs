//! A network as data: layers with their shapes and the tensors they need.
//!
//! A [`Graph`] is made once for a picture size, by [`Graph::new`]; it owns no weights and knows nothing of Vulkan. [`super::plan`] turns it
//! into dispatches, [`mod@super::reference`] runs it on the CPU, [`super::weights`] checks files against it. Any thread may use it.

mod deep3d;
mod deep3d_2016;

pub use deep3d_2016::SIZE as DEEP3D_2016_SIZE;

use super::error::NetError;
use std::str::FromStr;

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// Ours: fully convolutional, logits at half resolution, 32 planes (docs/network.md).
    Deep3d,
    /// The original of 2016: fixed 384×160, 33 planes at full resolution.
    Deep3d2016,
}

impl Network {
    /// The name in files and options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deep3d => "deep3d",
            Self::Deep3d2016 => "deep3d-2016",
        }
    }

    /// Width and height must be multiples of this.
    pub const fn multiple(self) -> u32 {
        32
    }

    /// The one size it takes, or none if any multiple will do.
    pub const fn fixed_size(self) -> Option<[u32; 2]> {
        match self {
            Self::Deep3d => None,
            Self::Deep3d2016 => Some(DEEP3D_2016_SIZE),
        }
    }

    /// How many channels the softmax has.
    pub const fn planes(self) -> u32 {
        match self {
            Self::Deep3d => 32,
            Self::Deep3d2016 => 33,
        }
    }

    /// How many of the first softmax channels stand for no plane: the original drops what falls into its channel 0.
    pub const fn unused_planes(self) -> u32 {
        match self {
            Self::Deep3d => 0,
            Self::Deep3d2016 => 1,
        }
    }
}

impl FromStr for Network {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        [Self::Deep3d, Self::Deep3d2016]
            .into_iter()
            .find(|network| network.name() == text)
            .ok_or_else(|| NetError::UnknownNetwork(text.chars().take(80).collect()))
    }
}

/// Channels, height and width of a layer's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Channels.
    pub channels: u32,
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
}

impl Shape {
    /// A shape from its three numbers, in the order C, H, W.
    pub const fn new(channels: u32, height: u32, width: u32) -> Self {
        Self { channels, height, width }
    }

    /// Pixels of one channel.
    pub const fn pixels(self) -> u32 {
        self.height * self.width
    }

    /// Values in all.
    pub const fn count(self) -> usize {
        self.channels as usize * self.height as usize * self.width as usize
    }
}

/// What is done to a sum before it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Activation {
    /// Nothing.
    #[default]
    None,
    /// max(v, 0).
    Relu,
    /// min(max(v, 0), 6).
    Relu6,
}

/// What a layer does. Sources are given by [`Layer::sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The picture, in the weights' channel order, after mean and standard deviation.
    Input,
    /// Cross-correlation with bias. Weight (out, in, k, k), or (out, 1, k, k) where `depthwise`; the output is exactly 1/`stride` the size.
    Convolution {
        /// Rows and columns of the kernel.
        kernel: u32,
        /// Step in both directions.
        stride: u32,
        /// Zero rows at the top and columns at the left; the rest of kernel − stride is at the bottom and right.
        pad: u32,
        /// Each channel by itself.
        depthwise: bool,
        /// After the bias.
        activation: Activation,
    },
    /// Fully connected on the flattened source (C, H, W order), weight (out, in), bias (out). Its shape may be any of `out` values.
    Dense {
        /// After the bias.
        activation: Activation,
    },
    /// The greatest of 2×2, stride 2.
    MaxPool,
    /// gamma·(x − mean)·S + beta for each channel; the fourth tensor is S itself or a variance, by its name.
    BatchNorm,
    /// Transposed convolution with kernel 2·factor, stride factor, pad factor/2 (factor 1: a 1×1 convolution), weight (in, out, k, k), bias.
    Deconvolution {
        /// How much larger the output is.
        factor: u32,
        /// After the bias.
        activation: Activation,
    },
    /// The sum of all sources, which have one shape.
    Sum {
        /// After the sum.
        activation: Activation,
    },
    /// First source doubled to the size of the second (each pixel four times), plus the second.
    UpsampleSum,
    /// exp(v − max) / Σ over the channels of each pixel.
    Softmax,
}

/// A tensor that a layer needs from the weights file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Accepted names; the first one present counts.
    pub names: Vec<String>,
    /// Its shape, outermost dimension first.
    pub shape: Vec<usize>,
}

/// One layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Unique within the graph.
    pub name: String,
    /// What it does.
    pub operation: Operation,
    /// The layers whose outputs it reads, all before it.
    pub sources: Vec<usize>,
    /// Its output.
    pub shape: Shape,
    /// The tensors it needs: weight and bias, or gamma, beta, mean and S.
    pub parameters: Vec<Parameter>,
}

/// A network for one picture size. The layers stand in an order of execution; the first is the input, the last the softmax.
#[derive(Debug, Clone)]
pub struct Graph {
    /// Which network.
    pub network: Network,
    /// The layers.
    pub layers: Vec<Layer>,
}

impl Graph {
    /// The graph of `network` for pictures of `size` (width, height).
    pub fn new(network: Network, size: [u32; 2]) -> Result<Self, NetError> {
        let [width, height] = size;
        let multiple = network.multiple();
        let error = |wanted: String| NetError::Size { network: network.name(), wanted, width, height };
        if let Some(fixed) = network.fixed_size().filter(|fixed| *fixed != size) {
            return Err(error(format!("{}×{}", fixed[0], fixed[1])));
        }
        if width == 0 || height == 0 || width % multiple != 0 || height % multiple != 0 {
            return Err(error(format!("sides that are multiples of {multiple}")));
        }
        if width > LONGEST_SIDE || height > LONGEST_SIDE {
            return Err(error(format!("sides up to {LONGEST_SIDE}")));
        }
        match network {
            Network::Deep3d => deep3d::graph(width, height),
            Network::Deep3d2016 => deep3d_2016::graph(),
        }
    }

    /// The input's shape.
    pub fn input(&self) -> Shape {
        self.layers.first().map_or(Shape::new(0, 0, 0), |layer| layer.shape)
    }

    /// The softmax's shape: planes, height, width.
    pub fn output(&self) -> Shape {
        self.layers.last().map_or(Shape::new(0, 0, 0), |layer| layer.shape)
    }

    /// The place of the layer called `name`.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.name == name)
    }

    /// Multiply-adds of the learned layers for one picture.
    pub fn multiply_adds(&self) -> u64 {
        let layers = self.layers.iter();
        layers.map(|layer| multiply_adds(layer, |source| self.layers.get(source).map(|layer| layer.shape))).sum()
    }

    /// Numbers in the weights file.
    pub fn parameter_count(&self) -> usize {
        let parameters = self.layers.iter().flat_map(|layer| &layer.parameters);
        parameters.map(|parameter| parameter.shape.iter().product::<usize>()).sum()
    }
}

/// The longest side a graph is made for; keeps every element count within 32 bits.
pub const LONGEST_SIDE: u32 = 4096;

fn multiply_adds(layer: &Layer, source: impl Fn(usize) -> Option<Shape>) -> u64 {
    let weight = layer.parameters.first().map_or(0, |parameter| parameter.shape.iter().product::<usize>() as u64);
    match layer.operation {
        Operation::Convolution { .. } => weight * u64::from(layer.shape.pixels()),
        Operation::Dense { .. } => weight,
        // Every input value meets every weight of its channel once, border losses not counted (2×2 taps an output pixel).
        Operation::Deconvolution { .. } => {
            let pixels = layer.sources.first().and_then(|index| source(*index)).map_or(0, Shape::pixels);
            weight * u64::from(pixels)
        }
        _ => 0,
    }
}

/// Puts a graph together and checks each layer against its sources.
#[derive(Debug, Clone)]
pub struct Builder {
    network: Network,
    layers: Vec<Layer>,
    naming: Naming,
}

/// How a network's files call a layer's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `NAME.weight`.
    Dot,
    /// `NAME_weight`.
    Underscore,
}

impl Builder {
    /// A graph of nothing but its input.
    pub fn new(network: Network, naming: Naming, input: Shape) -> Self {
        let layer = Layer {
            name: "input".into(),
            operation: Operation::Input,
            sources: Vec::new(),
            shape: input,
            parameters: Vec::new(),
        };
        Self { network, layers: vec![layer], naming }
    }

    /// The graph as it is now.
    pub fn finish(self) -> Graph {
        Graph { network: self.network, layers: self.layers }
    }

    /// Adds a layer with `channels` out and returns its place. For a dense layer the shape is channels×1×1.
    pub fn add(
        &mut self,
        name: &str,
        operation: Operation,
        sources: &[usize],
        channels: u32,
    ) -> Result<usize, NetError> {
        let error = |reason: &str| NetError::Graph { layer: name.into(), reason: reason.into() };
        let mut shapes = Vec::with_capacity(sources.len());
        for source in sources {
            shapes.push(self.layers.get(*source).ok_or_else(|| error("a source that does not exist"))?.shape);
        }
        if self.layers.iter().any(|layer| layer.name == name) {
            return Err(error("the name is taken"));
        }
        let first = *shapes.first().ok_or_else(|| error("no source"))?;
        let shape = match operation {
            Operation::Input => return Err(error("a second input")),
            Operation::Convolution { stride, kernel, pad, depthwise, .. } => {
                let divides = first.width.is_multiple_of(stride) && first.height.is_multiple_of(stride);
                if !divides || kernel < stride || pad > kernel - stride || (depthwise && channels != first.channels) {
                    return Err(error("stride, pad or channels"));
                }
                Shape::new(channels, first.height / stride, first.width / stride)
            }
            Operation::Dense { .. } => Shape::new(channels, 1, 1),
            Operation::MaxPool => {
                if first.width % 2 != 0 || first.height % 2 != 0 {
                    return Err(error("an odd size"));
                }
                Shape::new(first.channels, first.height / 2, first.width / 2)
            }
            Operation::BatchNorm | Operation::Softmax => first,
            Operation::Deconvolution { factor, .. } => {
                Shape::new(channels, first.height * factor, first.width * factor)
            }
            Operation::Sum { .. } => {
                if shapes.iter().any(|shape| *shape != first) {
                    return Err(error("sources of different shapes"));
                }
                first
            }
            Operation::UpsampleSum => {
                let doubled = Shape::new(first.channels, first.height * 2, first.width * 2);
                if shapes.len() != 2 || shapes.get(1) != Some(&doubled) {
                    return Err(error("the second source is not twice the first"));
                }
                doubled
            }
        };
        if shape.channels != channels {
            return Err(error("channels"));
        }
        let parameters = self.parameters(name, operation, first, channels);
        self.layers.push(Layer { name: name.into(), operation, sources: sources.to_vec(), shape, parameters });
        Ok(self.layers.len() - 1)
    }

    /// The output of a dense layer as a picture, without a layer of its own: both orders are C, H, W.
    pub fn reshape(&mut self, layer: usize, shape: Shape) -> Result<(), NetError> {
        let error = || NetError::Graph { layer: format!("layer {layer}"), reason: "reshape".into() };
        let layer = self.layers.get_mut(layer).ok_or_else(error)?;
        if layer.shape.count() != shape.count() || !matches!(layer.operation, Operation::Dense { .. }) {
            return Err(error());
        }
        layer.shape = shape;
        Ok(())
    }

    fn parameters(&self, name: &str, operation: Operation, source: Shape, channels: u32) -> Vec<Parameter> {
        let separator = match self.naming {
            Naming::Dot => '.',
            Naming::Underscore => '_',
        };
        let (output, input) = (channels as usize, source.channels as usize);
        let parameter = |names: &[&str], shape: Vec<usize>| Parameter {
            names: names.iter().map(|last| format!("{name}{separator}{last}")).collect(),
            shape,
        };
        let bias = || parameter(&["bias"], vec![output]);
        match operation {
            Operation::Convolution { kernel, depthwise, .. } => {
                let kernel = kernel as usize;
                let input = if depthwise { 1 } else { input };
                vec![parameter(&["weight"], vec![output, input, kernel, kernel]), bias()]
            }
            Operation::Dense { .. } => vec![parameter(&["weight"], vec![output, source.count()]), bias()],
            Operation::Deconvolution { factor, .. } => {
                let kernel = deconvolution_kernel(factor) as usize;
                vec![parameter(&["weight"], vec![input, output, kernel, kernel]), bias()]
            }
            Operation::BatchNorm => vec![
                parameter(&["gamma"], vec![output]),
                parameter(&["beta"], vec![output]),
                parameter(&["moving_mean"], vec![output]),
                parameter(&["moving_inv_var", "moving_var"], vec![output]),
            ],
            _ => Vec::new(),
        }
    }
}

/// Rows and columns of a transposed convolution's kernel.
pub const fn deconvolution_kernel(factor: u32) -> u32 {
    if factor == 1 { 1 } else { 2 * factor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep3d_is_as_large_as_its_page_says() {
        let graph = Graph::new(Network::Deep3d, [384, 160]).unwrap();
        assert_eq!(graph.parameter_count(), 3_294_704);
        assert_eq!(graph.multiply_adds() / 1_000_000, 883);
        let convolutions = graph.layers.iter().filter(|layer| matches!(layer.operation, Operation::Convolution { .. }));
        assert_eq!(convolutions.count(), 59);
        assert_eq!(graph.input(), Shape::new(3, 160, 384));
        assert_eq!(graph.output(), Shape::new(32, 80, 192));
    }

    #[test]
    fn the_original_is_as_large_as_its_specification_says() {
        let graph = Graph::new(Network::Deep3d2016, [384, 160]).unwrap();
        assert_eq!(graph.parameter_count(), 28_026_705);
        // The specification counts 10,884.47 M with border losses of the 3×3 layers left out and 2×2 taps a deconvolved pixel, as here.
        assert_eq!((graph.multiply_adds() + 5_000) / 10_000, 1_088_447);
        assert_eq!(graph.layers.iter().map(|layer| layer.parameters.len()).sum::<usize>(), 60);
        assert_eq!(graph.output(), Shape::new(33, 160, 384));
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused_with_the_cure() {
        for (network, size) in [
            (Network::Deep3d, [384, 150]),
            (Network::Deep3d, [0, 160]),
            (Network::Deep3d, [1 << 20, 32]),
            (Network::Deep3d2016, [416, 160]),
        ] {
            let text = Graph::new(network, size).unwrap_err().to_string();
            assert!(text.contains("--network-size") && text.contains(network.name()), "{text}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for network in [Network::Deep3d, Network::Deep3d2016] {
            assert_eq!(network.name().parse::<Network>().unwrap(), network);
        }
        assert!("deep4d".parse::<Network>().unwrap_err().to_string().contains("deep3d-2016"));
    }

    #[test]
    fn a_layer_that_does_not_fit_is_refused() {
        let mut builder = Builder::new(Network::Deep3d, Naming::Dot, Shape::new(3, 32, 32));
        let convolution =
            Operation::Convolution { kernel: 3, stride: 1, pad: 1, depthwise: true, activation: Activation::None };
        assert!(builder.add("a", convolution, &[0], 4).is_err());
        assert!(builder.add("b", Operation::MaxPool, &[7], 3).is_err());
        assert!(builder.add("c", Operation::UpsampleSum, &[0, 0], 3).is_err());
        assert!(builder.add("input", Operation::MaxPool, &[0], 3).is_err());
        assert!(builder.add("d", Operation::MaxPool, &[0], 3).is_ok());
    }
}
