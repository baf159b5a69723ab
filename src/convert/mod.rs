//! `deep3d convert`: films and pictures into files in 3D.

mod depth;
pub mod made;
pub mod plan;
mod run;
mod size;

pub use depth::SaveOptions;
pub use run::{ConvertError, ConvertOptions, Outcome, run};
