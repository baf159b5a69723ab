//! The headset sink against a runtime inside this process, on a clock that the test holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../fakexr/mod.rs"]
mod fakexr;
mod reel;

mod frames;
mod hands;
mod layers;
mod loss;
mod sound;
mod states;
