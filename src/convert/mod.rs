//! `deep3d convert`: films and pictures into files in 3D.

mod depth;
mod error;
pub mod made;
mod naming;
pub mod plan;
mod progress;
mod run;
mod size;

pub use depth::SaveOptions;
pub use error::ConvertError;
pub use run::{ConvertOptions, Outcome, run};
