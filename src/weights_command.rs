//! `deep3d weights`: importing MXNet files and looking into weights files. Called by the command line; reads and writes files only.

use crate::net::mxnet::{self, MovingVariance};
use crate::net::weights::Tensor;
use crate::net::{NetError, Weights};
use crate::terminal::escaped;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsCommand {
    /// Turn an MXNet NDArray list with the original network's weights into safetensors.
    Import {
        /// The `.params` file.
        file: PathBuf,
        /// The safetensors file to write.
        output: PathBuf,
        /// Overwrite what is there.
        force: bool,
        /// How the batch norms' fourth array is to be read.
        moving_variance: MovingVariance,
    },
    /// List a file's metadata and tensors.
    Inspect {
        /// A safetensors or `.params` file.
        file: PathBuf,
    },
}

/// Does it and returns what is to be printed.
pub fn run(command: &WeightsCommand) -> Result<String, NetError> {
    match command {
        WeightsCommand::Import { file, output, force, moving_variance } => {
            let weights = mxnet::import(file, *moving_variance)?;
            weights.write(output, *force)?;
            let count: usize = weights.tensors.values().map(Tensor::count).sum();
            let reading = if weights.tensors.keys().any(|name| name.ends_with("moving_var")) {
                "a variance"
            } else {
                "1/√(variance + ε)"
            };
            Ok(format!(
                "{}: {} tensors, {count} weights; the batch norms' fourth array is read as {reading}\n",
                escaped(&output.to_string_lossy()),
                weights.tensors.len()
            ))
        }
        WeightsCommand::Inspect { file } => inspect(file),
    }
}

fn inspect(file: &Path) -> Result<String, NetError> {
    let mut text = String::new();
    let tensors = match mxnet::list(file)? {
        Some(arrays) => {
            text += &format!("{}: MXNet NDArray list\n", escaped(&file.to_string_lossy()));
            let mut tensors = BTreeMap::new();
            for (index, array) in arrays.into_iter().enumerate() {
                let name = if array.name.is_empty() { format!("array {index}") } else { array.name };
                match array.tensor {
                    Some(tensor) => drop(tensors.insert(name, tensor)),
                    None => text += &format!("{}: empty\n", escaped(&name)),
                }
            }
            tensors
        }
        None => {
            let weights = Weights::read(file)?;
            text += &format!("{}: safetensors\n", escaped(&file.to_string_lossy()));
            let mut entries: Vec<_> = weights.metadata.entries().into_iter().collect();
            entries.sort();
            text.extend(entries.into_iter().map(|(key, value)| format!("{key}: {}\n", escaped(&value))));
            weights.tensors
        }
    };
    let width = tensors.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    for (name, tensor) in &tensors {
        let sides: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
        text += &format!("{:width$}  {}  {}\n", escaped(name), tensor.precision(), sides.join("×"));
    }
    let count: usize = tensors.values().map(Tensor::count).sum();
    text += &format!("{} tensors, {count} weights\n", tensors.len());
    Ok(text)
}
