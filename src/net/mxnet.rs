//! MXNet's NDArray lists (`.params`), versions 0 to 3, and the import of the original network's weights from one.
//!
//! The format has no checksum and no directory: every size is checked against the bytes that are left before anything is allocated.

use super::error::NetError;
use super::file;
use super::graph::{Graph, Network};
use super::weights::{Data, Metadata, Tensor, Weights, words};
use half::{bf16, f16};
use std::collections::BTreeMap;
use std::path::Path;

pub use super::file::MXNET as MAGIC;

const V1: u32 = 0xF993_FAC8;
const V2: u32 = 0xF993_FAC9;
const V3: u32 = 0xF993_FACA;
const MOST_DIMENSIONS: u32 = 32;
/// More arrays than any network has; empty ones take four bytes of a file but more of memory.
const MOST_ARRAYS: usize = 1 << 16;

/// How the batch norms' fourth array is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MovingVariance {
    /// By its name: `moving_inv_var` is 1/√(variance + ε) (cuDNN 4, which the published weights were trained with), `moving_var` the variance.
    #[default]
    ByName,
    /// As 1/√(variance + ε), whatever its name.
    Inverse,
    /// As the variance, whatever its name.
    Variance,
}

/// An array of the list, with its name as it stands in the file; empty where the list has no names.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArray {
    /// The name, `arg:` or `aux:` included.
    pub name: String,
    /// Its numbers; none for an array without a shape.
    pub tensor: Option<Tensor>,
}

/// Reads all arrays of a list. The error is a sentence without the file's name.
pub fn parse(bytes: &[u8]) -> Result<Vec<NamedArray>, String> {
    let mut reader = Reader { rest: bytes };
    if reader.u64()? != MAGIC {
        return Err("it does not start as an MXNet NDArray list does; give a .params file".into());
    }
    reader.u64()?;
    let count = reader.count(4)?;
    if count > MOST_ARRAYS {
        return Err(format!("{count} arrays are more than any network has; it is damaged"));
    }
    let mut tensors = Vec::with_capacity(count);
    for index in 0..count {
        tensors.push(array(&mut reader).map_err(|reason| format!("array {index}: {reason}"))?);
    }
    let named = reader.count(8)?;
    if named != 0 && named != count {
        return Err(format!("it has {count} arrays but {named} names; it is damaged"));
    }
    let mut names = Vec::with_capacity(named);
    for _ in 0..named {
        let length = reader.count(1)?;
        let name = std::str::from_utf8(reader.take(length)?).map_err(|_| "a name is no text; it is damaged")?;
        names.push(name.to_owned());
    }
    if !reader.rest.is_empty() {
        return Err(format!("{} bytes follow its end; it is damaged", reader.rest.len()));
    }
    names.resize(count, String::new());
    Ok(names.into_iter().zip(tensors).map(|(name, tensor)| NamedArray { name, tensor }).collect())
}

fn array(reader: &mut Reader<'_>) -> Result<Option<Tensor>, String> {
    let version = reader.u32()?;
    let shape = match version {
        V1 => long_shape(reader)?,
        V2 | V3 => {
            if reader.u32()? != 0 {
                return Err("it is sparse, and only dense arrays are read; save it as dense".into());
            }
            // From version 3 on a shape may be unknown (−1 dimensions), and an empty one is a single number.
            if version == V3 && reader.rest.starts_with(&u32::MAX.to_le_bytes()) {
                reader.u32()?;
                return Ok(None);
            }
            long_shape(reader)?
        }
        dimensions => {
            if dimensions > MOST_DIMENSIONS {
                return Err(
                    "its version is unknown, or it is damaged; save it anew with an MXNet of 2016 to 2023".into()
                );
            }
            (0..dimensions).map(|_| Ok(reader.u32()? as usize)).collect::<Result<Vec<_>, String>>()?
        }
    };
    if shape.is_empty() && version != V3 {
        return Ok(None);
    }
    reader.take(8)?;
    let kind = reader.u32()?;
    let count = shape.iter().try_fold(1usize, |product, side| product.checked_mul(*side));
    let bytes = count.and_then(|count| count.checked_mul(size_of_kind(kind)?));
    let Some(bytes) = bytes else {
        return Err(format!("its type {kind} or its shape {shape:?} is impossible; it is damaged"));
    };
    let data = numbers(kind, reader.take(bytes)?);
    Ok(Some(Tensor { shape, data }))
}

fn long_shape(reader: &mut Reader<'_>) -> Result<Vec<usize>, String> {
    let dimensions = reader.u32()?;
    if dimensions > MOST_DIMENSIONS {
        return Err(format!("{dimensions} dimensions are too many; it is damaged"));
    }
    let side = |reader: &mut Reader<'_>| {
        usize::try_from(reader.u64()? as i64).map_err(|_| "a side is negative; it is damaged".to_owned())
    };
    (0..dimensions).map(|_| side(reader)).collect()
}

/// Bytes of one number of an MXNet type.
fn size_of_kind(kind: u32) -> Option<usize> {
    Some(match kind {
        0 | 4 | 10 => 4,
        1 | 6 | 11 => 8,
        2 | 8 | 9 | 12 => 2,
        3 | 5 | 7 => 1,
        _ => return None,
    })
}

/// Numbers of any type; single and half precision as they are, the rest in single.
fn numbers(kind: u32, bytes: &[u8]) -> Data {
    Data::F32(match kind {
        2 => return Data::F16(words(bytes).map(f16::from_le_bytes).collect()),
        1 => words(bytes).map(|word| f64::from_le_bytes(word) as f32).collect(),
        3 | 7 => bytes.iter().map(|byte| f32::from(*byte)).collect(),
        4 => words(bytes).map(|word| i32::from_le_bytes(word) as f32).collect(),
        5 => bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
        6 => words(bytes).map(|word| i64::from_le_bytes(word) as f32).collect(),
        8 => words(bytes).map(|word| f32::from(i16::from_le_bytes(word))).collect(),
        9 => words(bytes).map(|word| f32::from(u16::from_le_bytes(word))).collect(),
        10 => words(bytes).map(|word| u32::from_le_bytes(word) as f32).collect(),
        11 => words(bytes).map(|word| u64::from_le_bytes(word) as f32).collect(),
        12 => words(bytes).map(|word| bf16::from_le_bytes(word).to_f32()).collect(),
        _ => words(bytes).map(f32::from_le_bytes).collect(),
    })
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| {
            format!("it ends too early ({count} bytes wanted, {} left); download it again", self.rest.len())
        })?;
        self.rest = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(words(self.take(4)?).next().map_or(0, u32::from_le_bytes))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(words(self.take(8)?).next().map_or(0, u64::from_le_bytes))
    }

    /// A count of things that take `least` bytes each, no more than the rest can hold.
    fn count(&mut self, least: usize) -> Result<usize, String> {
        let claimed = self.u64()?;
        let fits = usize::try_from(claimed).ok().filter(|count| *count <= self.rest.len() / least);
        fits.ok_or_else(|| format!("it claims {claimed} entries and is too short for them; download it again"))
    }
}

/// All arrays of a `.params` file; `None` for a file that does not start as one.
pub fn list(path: &Path) -> Result<Option<Vec<NamedArray>>, NetError> {
    let bytes = file::read(path)?;
    if !bytes.starts_with(&MAGIC.to_le_bytes()) {
        return Ok(None);
    }
    parse(&bytes).map(Some).map_err(|reason| NetError::weights(path.display().to_string(), reason))
}

/// Reads the original network's weights from a `.params` file.
pub fn import(path: &Path, moving_variance: MovingVariance) -> Result<Weights, NetError> {
    convert(&path.display().to_string(), &file::read(path)?, moving_variance)
}

/// As [`import`], from a file's contents; `file` names them in messages.
pub fn convert(file: &str, bytes: &[u8], moving_variance: MovingVariance) -> Result<Weights, NetError> {
    let arrays = parse(bytes).map_err(|reason| NetError::weights(file, reason))?;
    let graph = Graph::new(Network::Deep3d2016, super::graph::DEEP3D_2016_SIZE)?;
    let known: Vec<&String> =
        graph.layers.iter().flat_map(|layer| &layer.parameters).flat_map(|parameter| &parameter.names).collect();
    let mut tensors = BTreeMap::new();
    for NamedArray { name, tensor } in arrays {
        let name = name.strip_prefix("arg:").or_else(|| name.strip_prefix("aux:")).unwrap_or(&name);
        if let Some(tensor) = tensor.filter(|_| known.iter().any(|known| *known == name)) {
            tensors.insert(renamed(name, moving_variance), tensor);
        }
    }
    let weights = Weights { file: file.into(), metadata: Metadata::deep3d_2016(), tensors };
    weights.check(&graph)?;
    if let Some((name, _)) = weights.tensors.iter().find(|(_, tensor)| !tensor.is_finite()) {
        return Err(NetError::weights(file, format!("the array {name} holds infinite or undefined numbers")));
    }
    Ok(weights)
}

/// The name that says how the array is read.
fn renamed(name: &str, moving_variance: MovingVariance) -> String {
    let stem = name.strip_suffix("moving_inv_var").or_else(|| name.strip_suffix("moving_var"));
    match (stem, moving_variance) {
        (Some(stem), MovingVariance::Inverse) => format!("{stem}moving_inv_var"),
        (Some(stem), MovingVariance::Variance) => format!("{stem}moving_var"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One array of 2×1 singles as each version writes it.
    fn body(version: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |value: u32| bytes.extend(value.to_le_bytes());
        match version {
            0 => [2, 2, 1].into_iter().for_each(&mut put),
            1 => [V1, 2, 2, 0, 1, 0].into_iter().for_each(&mut put),
            _ => [if version == 2 { V2 } else { V3 }, 0, 2, 2, 0, 1, 0].into_iter().for_each(&mut put),
        }
        [2, 0, 0].into_iter().for_each(&mut put);
        bytes.extend([1.5f32, -2.0].into_iter().flat_map(f32::to_le_bytes));
        bytes
    }

    fn list(arrays: &[Vec<u8>], names: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [MAGIC, 0, arrays.len() as u64] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(arrays.concat());
        bytes.extend((names.len() as u64).to_le_bytes());
        for name in names {
            bytes.extend((name.len() as u64).to_le_bytes());
            bytes.extend(name.bytes());
        }
        bytes
    }

    #[test]
    fn all_four_versions_are_read_even_mixed() {
        let bytes = list(&[body(0), body(1), body(2), body(3)], &["arg:a", "aux:b", "c", ""]);
        let arrays = parse(&bytes).unwrap();
        let names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
        assert_eq!(names, ["arg:a", "aux:b", "c", ""]);
        let expected = Tensor { shape: vec![2, 1], data: Data::F32(vec![1.5, -2.0]) };
        assert!(arrays.iter().all(|array| array.tensor.as_ref() == Some(&expected)));
        let nameless = parse(&list(&[body(0)], &[])).unwrap();
        assert_eq!((nameless[0].name.as_str(), nameless[0].tensor.as_ref()), ("", Some(&expected)));
    }

    #[test]
    fn empty_unknown_and_scalar_shapes_follow_their_version() {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let scalar = words(&[V3, 0, 0, 1, 0, 0, 3.0f32.to_bits()]);
        let arrays = [words(&[0]), words(&[V1, 0]), words(&[V2, 0, 0]), words(&[V3, 0, u32::MAX]), scalar];
        let read = parse(&list(&arrays, &[])).unwrap();
        assert!(read[..4].iter().all(|array| array.tensor.is_none()));
        assert_eq!(read[4].tensor, Some(Tensor { shape: vec![], data: Data::F32(vec![3.0]) }));
    }

    #[test]
    fn every_number_type_is_converted() {
        let one = |kind: u32, bytes: &[u8]| {
            let header: Vec<u8> = [1, 1, 1, 0, kind].into_iter().flat_map(u32::to_le_bytes).collect();
            let array = [header, bytes.to_vec()].concat();
            parse(&list(&[array], &[])).unwrap()[0].tensor.clone().unwrap().values()[0]
        };
        assert_eq!(one(0, &(-1.25f32).to_le_bytes()), -1.25);
        assert_eq!(one(1, &(-1.25f64).to_le_bytes()), -1.25);
        assert_eq!(one(2, &f16::from_f32(-1.25).to_le_bytes()), -1.25);
        assert_eq!(one(3, &[200]), 200.0);
        assert_eq!(one(4, &(-70_000i32).to_le_bytes()), -70_000.0);
        assert_eq!(one(5, &[0xFF]), -1.0);
        assert_eq!(one(6, &(-5i64).to_le_bytes()), -5.0);
        assert_eq!(one(7, &[1]), 1.0);
        assert_eq!(one(8, &(-300i16).to_le_bytes()), -300.0);
        assert_eq!(one(9, &60_000u16.to_le_bytes()), 60_000.0);
        assert_eq!(one(10, &u32::MAX.to_le_bytes()), 4_294_967_296.0);
        assert_eq!(one(11, &7u64.to_le_bytes()), 7.0);
        assert_eq!(one(12, &bf16::from_f32(-1.25).to_le_bytes()), -1.25);
    }

    #[test]
    fn cut_or_altered_anywhere_it_is_an_error_or_other_numbers_but_never_a_panic() {
        let bytes = list(&[body(0), body(1), body(2), body(3)], &["arg:a", "b", "c", "d"]);
        for length in 0..bytes.len() {
            assert!(parse(&bytes[..length]).is_err(), "cut at {length}");
        }
        for at in 0..bytes.len() {
            for value in [0x00, 0x01, 0x7F, 0x80, 0xFF] {
                let mut altered = bytes.clone();
                altered[at] = value;
                // Nothing may be larger than the file has bytes.
                let numbers: usize = parse(&altered).map_or(0, |arrays| {
                    arrays.iter().filter_map(|array| array.tensor.as_ref()).map(Tensor::count).sum()
                });
                assert!(numbers <= bytes.len(), "byte {at} = {value}");
            }
        }
        // Sides whose product is too large for any number, and more of them than arrays have.
        let sides = |count: u32, side: u64| {
            let mut array: Vec<u8> = [V2, 0, count].into_iter().flat_map(u32::to_le_bytes).collect();
            (0..count).for_each(|_| array.extend(side.to_le_bytes()));
            array.extend(body(0).split_off(12));
            parse(&list(&[array], &[])).unwrap_err()
        };
        assert!(sides(3, 1 << 40).contains("impossible"));
        assert!(sides(33, 1).contains("dimensions"));
        let mut longer = bytes;
        longer.push(0);
        assert!(parse(&longer).unwrap_err().contains("follow"));
    }

    #[test]
    fn sparse_arrays_and_other_files_are_refused() {
        let sparse: Vec<u8> = [V2, 1, 2, 2].into_iter().flat_map(u32::to_le_bytes).collect();
        assert!(parse(&list(&[sparse], &[])).unwrap_err().contains("sparse"));
        assert!(parse(b"\x89PNG\r\n\x1a\n and more").unwrap_err().contains(".params"));
        assert!(parse(b"").unwrap_err().contains("too early"));
    }
}
