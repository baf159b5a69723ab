//! An OpenXR runtime inside the test process, for what no real runtime does on demand: loss, missed frames, rare extensions,
//! a clock that the test holds, and a judge who writes every wrong call down.
//!
//! A test makes a [`Fake`], hands [`Fake::entry`] to the client, drives the session's states, the clock, the head and the
//! hands, looks at the [`Frame`]s that came, and ends with [`Fake::assert_no_faults`]. Each fake has a slot with functions of
//! its own (`slot.rs`), and every handle carries the slot's number, so that any number of tests run side by side, whatever
//! threads their clients use. All state is behind one mutex. The Vulkan instance, device and images are real.
//!
//! A call that the specification forbids is a fault, also where the runtime would return an error for it. An error that comes
//! from the world (no headset, loss, an injected failure) is none.
#![allow(dead_code, unused_imports)]

mod action;
mod action_state;
mod bindings;
mod call;
mod clock;
mod event;
mod extension;
mod fake;
mod frame;
mod instance;
mod layer;
mod offer;
mod passthrough;
mod picture;
mod pose;
mod profile;
mod session;
mod slot;
mod space;
mod state;
mod swapchain;
mod system;
mod table;
mod vulkan;
mod world;

pub(crate) use action_state::Haptic;
pub(crate) use clock::Pace;
pub(crate) use fake::Fake;
pub(crate) use frame::Frame;
pub(crate) use layer::{Layer, Shape, SubImage, View};
pub(crate) use offer::{Availability, Offer};
pub(crate) use picture::Picture;
pub(crate) use pose::{compose, inverse, pose};
pub(crate) use space::Place;
pub(crate) use world::Eye;
