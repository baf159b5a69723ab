//! The `deep3d` program.
#![allow(missing_docs)]

fn main() {}
