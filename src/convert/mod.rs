//! `deep3d convert`: films and pictures into files in 3D.

pub mod plan;
mod run;

pub use run::{ConvertError, ConvertOptions, Finished, run};
