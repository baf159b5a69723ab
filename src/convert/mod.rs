//! `deep3d convert`: films and pictures into files in 3D.

pub mod plan;
