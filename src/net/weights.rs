//! Weights files: safetensors with metadata that says how they want to be fed and what comes out.
//!
//! Everything a file claims is checked before it is believed: sizes by the safetensors reader, metadata here, names and shapes against
//! the graph by [`Weights::check`]. Half and single precision are kept as they are. Any thread may use it; nothing is cached.

use super::error::NetError;
use super::file;
use super::graph::{Graph, Network, Parameter};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The metadata version that is read and written.
const FORMAT: &str = "1";

/// A tensor's numbers, in the precision of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Half precision.
    F16(Vec<f16>),
    /// Single precision.
    F32(Vec<f32>),
}

/// A tensor of a weights file, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its dimensions, outermost first.
    pub shape: Vec<usize>,
    /// As many numbers as the shape says.
    pub data: Data,
}

impl Tensor {
    /// Its numbers in single precision.
    pub fn values(&self) -> Cow<'_, [f32]> {
        match &self.data {
            Data::F16(values) => Cow::Owned(values.iter().map(|value| value.to_f32()).collect()),
            Data::F32(values) => Cow::Borrowed(values),
        }
    }

    /// How many numbers it has.
    pub fn count(&self) -> usize {
        match &self.data {
            Data::F16(values) => values.len(),
            Data::F32(values) => values.len(),
        }
    }

    /// The name of its precision, as safetensors writes it.
    pub const fn precision(&self) -> &'static str {
        match self.data {
            Data::F16(_) => "F16",
            Data::F32(_) => "F32",
        }
    }

    /// Whether all its numbers are finite.
    pub(super) fn is_finite(&self) -> bool {
        match &self.data {
            Data::F16(values) => values.iter().all(|value| value.is_finite()),
            Data::F32(values) => values.iter().all(|value| value.is_finite()),
        }
    }
}

/// The order of the picture's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// Channel 0 is red.
    Rgb,
    /// Channel 0 is blue.
    Bgr,
}

/// How a network wants its picture: x = (v/255 − mean)/std for each channel of an 8-bit picture.
#[derive(Debug, Clone, PartialEq)]
pub struct InputFormat {
    /// Which colour comes first.
    pub channels: Channels,
    /// In the order of `channels`, in units of full scale.
    pub mean: [f32; 3],
    /// Above zero.
    pub std: [f32; 3],
    /// Width and height are multiples of this.
    pub multiple: u32,
}

/// What the planes' parallaxes mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Only their order and proportion.
    Relative,
    /// Per cent of the picture's width.
    Absolute,
}

/// What a weights file says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// Which network it belongs to.
    pub network: Network,
    /// How to feed it.
    pub input: InputFormat,
    /// The parallax of each softmax channel in % of the picture's width, positive behind the screen.
    pub planes: Vec<f32>,
    /// What the parallaxes mean.
    pub scale: Scale,
    /// The terms of use, or that none are known.
    pub licence: String,
}

/// A network's weights: metadata and named tensors.
#[derive(Debug, Clone)]
pub struct Weights {
    /// Where they came from, for messages.
    pub file: String,
    /// What the file says about itself.
    pub metadata: Metadata,
    /// The tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct InputJson {
    channels: String,
    mean: [f64; 3],
    std: [f64; 3],
    multiple: u32,
}

impl Weights {
    /// The weights that come with the program (assets/MODEL_CARD.md).
    pub fn built_in() -> Result<Self, NetError> {
        Self::parse("the built-in weights", include_bytes!("../../assets/deep3d.safetensors"))
    }

    /// Reads and checks a file, its tensors' names and shapes included.
    pub fn read(path: &Path) -> Result<Self, NetError> {
        Self::parse(&path.display().to_string(), &file::read(path)?)
    }

    /// Reads and checks a file's contents; `file` names them in messages.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, NetError> {
        let error = |reason: String| NetError::weights(file, reason);
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|cause| error(unreadable(bytes, &cause)))?;
        let contents = SafeTensors::deserialize(bytes).map_err(|cause| error(unreadable(bytes, &cause)))?;
        let metadata = header.metadata().as_ref().map_or_else(
            || {
                Err("it has no metadata, so it is not known how to feed it; export it with train/ or `weights import`"
                    .into())
            },
            Metadata::parse,
        );
        let metadata = metadata.map_err(error)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in contents.iter() {
            let tensor = tensor(&view).map_err(|reason| error(format!("the tensor {name:?} {reason}")))?;
            tensors.insert(name.to_owned(), tensor);
        }
        let weights = Self { file: file.into(), metadata, tensors };
        let network = weights.metadata.network;
        let side = network.multiple();
        weights.check(&Graph::new(network, network.fixed_size().unwrap_or([side, side]))?)?;
        Ok(weights)
    }

    /// The tensor that a layer wants, with the shape it wants, and the name it went by.
    pub fn parameter(&self, parameter: &Parameter) -> Result<(&str, &Tensor), NetError> {
        let names = &parameter.names;
        let found = names.iter().find_map(|name| self.tensors.get_key_value(name.as_str()));
        let Some((name, tensor)) = found else {
            let wanted = names.join(" or ");
            let reason = format!("the tensor {wanted} is missing; it is not this network's, or was cut");
            return Err(NetError::weights(&self.file, reason));
        };
        if tensor.shape != parameter.shape {
            let reason =
                format!("the tensor {name} has the shape {:?}, this network's has {:?}", tensor.shape, parameter.shape);
            return Err(NetError::weights(&self.file, reason));
        }
        Ok((name, tensor))
    }

    /// Whether every tensor of the graph is there, in its shape.
    pub fn check(&self, graph: &Graph) -> Result<(), NetError> {
        for parameter in graph.layers.iter().flat_map(|layer| &layer.parameters) {
            self.parameter(parameter)?;
        }
        Ok(())
    }

    /// The file's bytes.
    pub fn serialise(&self) -> Result<Vec<u8>, NetError> {
        let error = |cause: safetensors::SafeTensorError| NetError::weights(&self.file, cause.to_string());
        let mut views = Vec::with_capacity(self.tensors.len());
        for (name, tensor) in &self.tensors {
            let (precision, bytes): (Dtype, &[u8]) = match &tensor.data {
                Data::F16(values) => (Dtype::F16, bytemuck::cast_slice(values)),
                Data::F32(values) => (Dtype::F32, bytemuck::cast_slice(values)),
            };
            views.push((name, TensorView::new(precision, tensor.shape.clone(), bytes).map_err(error)?));
        }
        safetensors::serialize(views, Some(self.metadata.entries())).map_err(error)
    }

    /// Writes a file, whole or not at all; with `force` over one that is there.
    pub fn write(&self, path: &Path, force: bool) -> Result<(), NetError> {
        file::write(path, &self.serialise()?, force)
    }
}

fn unreadable(bytes: &[u8], cause: &safetensors::SafeTensorError) -> String {
    if bytes.is_empty() {
        return "it is empty; download or export it again".into();
    }
    if bytes.starts_with(&file::MXNET.to_le_bytes()) {
        return "it is an MXNet file; turn it into safetensors with `deep3d weights import`".into();
    }
    format!("{cause}; it is damaged, cut or no safetensors file: download or export it again")
}

fn tensor(view: &TensorView<'_>) -> Result<Tensor, String> {
    let bytes = view.data();
    let data = match view.dtype() {
        Dtype::F16 => Data::F16(words(bytes).map(f16::from_le_bytes).collect()),
        Dtype::F32 => Data::F32(words(bytes).map(f32::from_le_bytes).collect()),
        other => {
            return Err(format!("is of type {other:?}; only F16 and F32 are read, so convert it"));
        }
    };
    let tensor = Tensor { shape: view.shape().to_vec(), data };
    if tensor.is_finite() {
        Ok(tensor)
    } else {
        Err("holds infinite or undefined numbers; the file is damaged or its training went wrong".into())
    }
}

/// The words of N bytes one after another; a rest shorter than N is left out.
pub(super) fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    bytes.chunks_exact(N).filter_map(|word| word.try_into().ok())
}

impl Metadata {
    /// What the original network's weights want and mean, which their file does not say: raw B, G, R of 0..255, planes of one pixel of 384.
    pub fn deep3d_2016() -> Self {
        let planes = (0..Network::Deep3d2016.planes()).map(|plane| (plane as f32 - 16.0) * 100.0 / 384.0).collect();
        Self {
            network: Network::Deep3d2016,
            input: InputFormat {
                channels: Channels::Bgr,
                mean: [0.0; 3],
                std: [1.0 / 255.0; 3],
                multiple: Network::Deep3d2016.multiple(),
            },
            planes,
            scale: Scale::Absolute,
            licence: "none stated by the publisher; for your own use".into(),
        }
    }

    /// As key and value pairs of text, the way they stand in a file.
    pub fn entries(&self) -> HashMap<String, String> {
        let channels = match self.input.channels {
            Channels::Rgb => "RGB",
            Channels::Bgr => "BGR",
        };
        let json = InputJson {
            channels: channels.into(),
            mean: self.input.mean.map(f64::from),
            std: self.input.std.map(f64::from),
            multiple: self.input.multiple,
        };
        let scale = match self.scale {
            Scale::Relative => "relative",
            Scale::Absolute => "absolute",
        };
        let planes: Vec<f64> = self.planes.iter().copied().map(f64::from).collect();
        // Numbers that were checked to be finite always serialise.
        let entries = [
            ("format", FORMAT.to_owned()),
            ("network", self.network.name().to_owned()),
            ("input", serde_json::to_string(&json).unwrap_or_default()),
            ("planes", serde_json::to_string(&planes).unwrap_or_default()),
            ("scale", scale.to_owned()),
            ("licence", self.licence.clone()),
        ];
        entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// From key and value pairs; the error says which is missing or wrong, in words.
    fn parse(entries: &HashMap<String, String>) -> Result<Self, String> {
        let entry = |key: &str| {
            entries.get(key).map(String::as_str).ok_or_else(|| {
                format!("its metadata has no {key:?}; export it with train/ or `weights import`, which write it")
            })
        };
        let wrong = |key: &str, wanted: &str| format!("its metadata's {key:?} is not {wanted}");
        let format = entry("format")?;
        if format != FORMAT {
            let shown: String = format.chars().take(20).collect();
            return Err(format!("its format is {shown:?} and this program reads {FORMAT:?}; update deep3d"));
        }
        let network: Network = entry("network")?.parse().map_err(|cause: NetError| cause.to_string())?;
        let input: InputJson = serde_json::from_str(entry("input")?)
            .map_err(|_| wrong("input", "JSON with channels, mean, std and multiple"))?;
        let channels = match input.channels.as_str() {
            "RGB" => Channels::Rgb,
            "BGR" => Channels::Bgr,
            _ => return Err(wrong("input", "of channels RGB or BGR")),
        };
        let (mean, std) = (input.mean.map(|value| value as f32), input.std.map(|value| value as f32));
        // Bounds that keep x finite in single precision.
        if !mean.iter().all(|value| value.abs() <= 1e6) || !std.iter().all(|value| (1e-6..=1e6).contains(value)) {
            return Err(wrong("input", "of finite means and of deviations above zero"));
        }
        if input.multiple != network.multiple() {
            return Err(wrong("input", &format!("of multiple {}, which is this network's", network.multiple())));
        }
        let planes: Vec<f32> = serde_json::from_str(entry("planes")?).map_err(|_| wrong("planes", "a JSON array"))?;
        if planes.len() != network.planes() as usize || !planes.iter().all(|plane| plane.abs() <= 100.0) {
            return Err(wrong("planes", &format!("{} parallaxes between -100 and 100 %", network.planes())));
        }
        let scale = match entry("scale")? {
            "relative" => Scale::Relative,
            "absolute" => Scale::Absolute,
            _ => return Err(wrong("scale", "relative or absolute")),
        };
        let licence = entry("licence")?.to_owned();
        let input = InputFormat { channels, mean, std, multiple: input.multiple };
        Ok(Self { network, input, planes, scale, licence })
    }
}
