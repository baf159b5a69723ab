//! Layers, the spaces they are in, and the formats of their pictures.

use ash::vk;
use glam::Quat;
use openxr as xr;
use xr::sys::Result as Xr;

use crate::fakexr::{Fake, Shape, pose};
use crate::xr_client::Client;
use crate::{BLUE, RED, assert_fault, empty_frame, focused, start};

/// The openxr crate keeps its own builder of this layer to itself.
fn passthrough_layer(layer: &xr::PassthroughLayerFB) -> xr::sys::CompositionLayerPassthroughFB {
    xr::sys::CompositionLayerPassthroughFB {
        ty: xr::sys::CompositionLayerPassthroughFB::TYPE,
        next: std::ptr::null(),
        flags: xr::CompositionLayerFlags::EMPTY,
        space: xr::sys::Space::default(),
        layer_handle: layer.as_raw(),
    }
}

fn as_layer(layer: &xr::sys::CompositionLayerPassthroughFB) -> &xr::CompositionLayerBase<'_, xr::Vulkan> {
    // SAFETY: the crate's layers are transparent around such structures, which all begin alike.
    unsafe { &*std::ptr::from_ref(layer).cast() }
}

#[test]
fn cylinders_projections_and_passthrough_are_recorded() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    let mut swapchain = client.swapchain(vk::Format::R8G8B8A8_SRGB, [32, 32], 2).unwrap();
    client.fill(&mut swapchain, &[RED, BLUE]).unwrap();
    let through = client.session.create_passthrough(xr::PassthroughFlagsFB::IS_RUNNING_AT_CREATION).unwrap();
    let (running, purpose) =
        (xr::PassthroughFlagsFB::IS_RUNNING_AT_CREATION, xr::PassthroughLayerPurposeFB::RECONSTRUCTION);
    let room = client.session.create_passthrough_layer(&through, running, purpose).unwrap();
    let stereo = xr::ViewConfigurationType::PRIMARY_STEREO;
    let (_, views) = client.session.locate_views(stereo, xr::Time::from_nanos(1), &client.local).unwrap();
    let projected: Vec<_> = (0..)
        .zip(&views)
        .map(|(layer, view)| {
            let image = swapchain.sub_image(layer);
            xr::CompositionLayerProjectionView::new().pose(view.pose).fov(view.fov).sub_image(image)
        })
        .collect();
    client
        .frame(|space, end| {
            let passthrough = passthrough_layer(&room);
            let projection = xr::CompositionLayerProjection::new().space(space).views(&projected);
            let cylinder = xr::CompositionLayerCylinderKHR::new()
                .space(space)
                .eye_visibility(xr::EyeVisibility::LEFT)
                .sub_image(swapchain.sub_image(0))
                .pose(xr::Posef::IDENTITY)
                .radius(2.0)
                .central_angle(1.0)
                .aspect_ratio(1.5);
            end(&[as_layer(&passthrough), &projection, &cylinder]);
        })
        .unwrap();
    let frame = fake.last_frame().unwrap();
    let [passthrough, projection, cylinder] = &frame.layers[..] else { panic!("{frame:?}") };
    assert!(matches!(passthrough.shape, Shape::Passthrough { .. }));
    let Shape::Projection { views } = &projection.shape else { panic!("{projection:?}") };
    assert!((views[0].pose.position.x + 0.0315).abs() < 1e-6 && (views[1].pose.position.x - 0.0315).abs() < 1e-6);
    let Shape::Cylinder { eyes, radius, angle, aspect, .. } = cylinder.shape else { panic!("{cylinder:?}") };
    assert_eq!((eyes, radius, angle, aspect), (xr::EyeVisibility::LEFT, 2.0, 1.0, 1.5));
    fake.assert_no_faults();
    through.pause().unwrap();
    let passthrough = passthrough_layer(&room);
    client.frame(|_, end| end(&[as_layer(&passthrough)])).unwrap();
    assert_fault(&fake, "is paused");
}

#[test]
fn spaces_follow_the_head_and_the_recentring() {
    let fake = Fake::new();
    let mut client = focused(&fake);
    let turned = Quat::from_rotation_y(std::f32::consts::FRAC_PI_2);
    fake.set_head(pose([1.0, 1.6, 0.0], turned));
    let head = |client: &mut Client| {
        let time = empty_frame(client).unwrap().predicted_display_time;
        client.view.locate(&client.local, time).unwrap()
    };
    let at = head(&mut client);
    assert!(at.location_flags.contains(xr::SpaceLocationFlags::POSITION_TRACKED));
    assert!((at.pose.position.x - 1.0).abs() < 1e-6 && (at.pose.orientation.y - turned.y).abs() < 1e-6);
    let stereo = xr::ViewConfigurationType::PRIMARY_STEREO;
    let (_, views) = client.session.locate_views(stereo, xr::Time::from_nanos(1), &client.local).unwrap();
    // Turned to the left, the right eye is in front of the left one: −z.
    assert!(views[1].pose.position.z < views[0].pose.position.z);
    fake.recentre(pose([1.0, 1.6, 0.0], turned));
    let mut buffer = xr::EventDataBuffer::new();
    let event = client.instance.poll_event(&mut buffer).unwrap();
    let Some(xr::Event::ReferenceSpaceChangePending(event)) = event else { panic!("no event") };
    assert_eq!(event.reference_space_type(), xr::ReferenceSpaceType::LOCAL);
    let at = head(&mut client);
    assert!(at.pose.position.x.abs() < 1e-6 && at.pose.orientation.y.abs() < 1e-6);
    fake.assert_no_faults();
}

#[test]
fn formats_and_usages_are_honoured() {
    let fake = Fake::new();
    let client = start(&fake);
    let formats = client.session.enumerate_swapchain_formats().unwrap();
    assert_eq!(formats[0], vk::Format::R8G8B8A8_SRGB.as_raw() as u32);
    let make = |format: vk::Format, usage_flags| {
        client.session.create_swapchain(&xr::SwapchainCreateInfo {
            create_flags: xr::SwapchainCreateFlags::EMPTY,
            usage_flags,
            format: format.as_raw() as u32,
            sample_count: 1,
            width: 64,
            height: 64,
            face_count: 1,
            array_size: 1,
            mip_count: 3,
        })
    };
    let storage = xr::SwapchainUsageFlags::UNORDERED_ACCESS | xr::SwapchainUsageFlags::MUTABLE_FORMAT;
    // Without VK_IMAGE_CREATE_EXTENDED_USAGE_BIT no driver here lets shaders write to sRGB images.
    let refused = make(vk::Format::R8G8B8A8_SRGB, storage).err();
    assert_eq!(refused, Some(Xr::ERROR_FEATURE_UNSUPPORTED));
    make(vk::Format::R8G8B8A8_UNORM, storage).unwrap();
    fake.offer(|offer| offer.extended_usage = true);
    make(vk::Format::R8G8B8A8_SRGB, storage).unwrap();
    fake.assert_no_faults();
    let refused = make(vk::Format::R5G6B5_UNORM_PACK16, xr::SwapchainUsageFlags::COLOR_ATTACHMENT).err();
    assert_eq!(refused, Some(Xr::ERROR_SWAPCHAIN_FORMAT_UNSUPPORTED));
    assert_fault(&fake, "was not offered");
    assert!(client.vulkan.messages().is_empty(), "{:?}", client.vulkan.messages());
}
