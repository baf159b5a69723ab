//! The fake OpenXR runtime, by a minimal client: what is right passes without a fault, what is wrong is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../fakexr/mod.rs"]
mod fakexr;
#[path = "../common/xr_client.rs"]
mod xr_client;

mod actions;
mod frames;
mod layers;
mod session;

use fakexr::{Fake, pose};
use glam::Quat;
use openxr as xr;
use xr::sys::SessionState;
use xr_client::{Client, Swapchain};

const RED: [f32; 4] = [1.0, 0.0, 0.0, 1.0];
const BLUE: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

fn extensions(fake: &Fake) -> xr::ExtensionSet {
    fake.entry().enumerate_extensions().unwrap()
}

fn start(fake: &Fake) -> Client {
    Client::start(&fake.entry(), &extensions(fake), &[]).unwrap()
}

/// A client that has come to FOCUSED.
fn focused(fake: &Fake) -> Client {
    let mut client = start(fake);
    client.poll().unwrap();
    empty_frame(&mut client).unwrap();
    client.poll().unwrap();
    assert_eq!(client.state, SessionState::FOCUSED);
    client
}

fn empty_frame(client: &mut Client) -> xr::Result<xr::FrameState> {
    client.frame(|_, end| end(&[]))
}

fn quad<'a>(
    space: &'a xr::Space,
    swapchain: &'a Swapchain,
    layer: u32,
    eyes: xr::EyeVisibility,
) -> xr::CompositionLayerQuad<'a, xr::Vulkan> {
    xr::CompositionLayerQuad::new()
        .space(space)
        .eye_visibility(eyes)
        .sub_image(swapchain.sub_image(layer))
        .pose(pose([0.0, 0.0, -4.0], Quat::IDENTITY))
        .size(xr::Extent2Df { width: 3.0, height: 2.0 })
}

fn assert_fault(fake: &Fake, part: &str) {
    let faults = fake.take_faults();
    assert!(faults.iter().any(|fault| fault.contains(part)), "no fault about {part:?}: {faults:?}");
}
