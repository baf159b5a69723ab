//! Where things stand and in which formats they come.

use ash::vk;
use deep3d::sink::ScreenSettings;
use deep3d::sink::screen::Surroundings;
use deep3d::sink::xr::ScreenLayer;
use deep3d::stage::comfort::Viewing;
use glam::{Quat, Vec3};
use openxr as xr;
use xr::sys::EnvironmentBlendMode;

use crate::fakexr::{Fake, Frame, Offer, Shape, pose};
use crate::reel::{Showing, colour, screens};

fn position(posef: &xr::Posef) -> Vec3 {
    Vec3::new(posef.position.x, posef.position.y, posef.position.z)
}

/// Kinds of a frame's layers, from back to front.
fn kinds(frame: &Frame) -> Vec<&'static str> {
    let kind = |shape: &Shape| match shape {
        Shape::Projection { .. } => "projection",
        Shape::Quad { .. } => "quad",
        Shape::Cylinder { .. } => "cylinder",
        Shape::Passthrough { .. } => "passthrough",
    };
    frame.layers.iter().map(|layer| kind(&layer.shape)).collect()
}

fn last_kinds(showing: &Showing) -> Vec<&'static str> {
    showing.play_well(|_, _| ());
    kinds(&showing.fake.last_frame().unwrap())
}

#[test]
fn the_screen_stands_before_the_viewer() {
    let showing = Showing { frames: 6, ..Showing::new(Fake::new()) };
    // Sitting a little aside, looking to the left and somewhat down: the screen is upright all the same.
    let head = Quat::from_rotation_y(0.5) * Quat::from_rotation_x(-0.3);
    // LOCAL begins at a height of 1.6 m.
    showing.fake.set_head(pose([1.0, 1.8, 0.5], head));
    showing.play_well(|_, _| ());
    let frame = showing.fake.last_frame().unwrap();
    for layer in &frame.layers {
        let Shape::Quad { pose: stands, size, .. } = &layer.shape else { panic!("{layer:?}") };
        let wanted = Vec3::new(1.0, 0.2, 0.5) + Quat::from_rotation_y(0.5) * Vec3::NEG_Z * 4.0;
        assert!((position(stands) - wanted).length() < 1e-3, "{stands:?} instead of {wanted}");
        assert!((size[0] - 3.0).abs() < 1e-4 && (size[0] / size[1] - 16.0 / 9.0).abs() < 1e-3, "{size:?}");
        let q = stands.orientation;
        let turned = Quat::from_xyzw(q.x, q.y, q.z, q.w);
        assert!(turned.angle_between(Quat::from_rotation_y(0.5)) < 1e-3);
    }
}

#[test]
fn recentring_brings_it_there_again_and_turning_the_head_does_not() {
    let showing = Showing { frames: 24, ..Showing::new(Fake::new()) };
    showing.play_well(|tick, reel| match tick {
        20 => reel.fake.set_head(pose([0.0, 0.0, 0.0], Quat::from_rotation_y(1.0))),
        50 => reel.fake.recentre(pose([0.0, 0.0, 0.0], Quat::from_rotation_y(1.0))),
        _ => {}
    });
    let places: Vec<_> = showing
        .fake
        .frames()
        .iter()
        .filter_map(|frame| match &frame.layers.first()?.shape {
            Shape::Quad { pose, .. } => Some(position(pose)),
            _ => None,
        })
        .collect();
    let ahead = Vec3::new(0.0, 0.0, -4.0);
    assert!(places.iter().all(|place| (*place - ahead).length() < 1e-3), "in LOCAL it stands ahead: {places:?}");
}

#[test]
fn a_screen_that_follows_the_head_comes_after_it_smoothly() {
    let screen = ScreenSettings { follow_head: true, ..Showing::new(Fake::new()).screen };
    let showing = Showing { frames: 48, screen, ..Showing::new(Fake::new()) };
    showing.play_well(|tick, reel| {
        if tick == 20 {
            reel.fake.set_head(pose([0.0, 0.0, 0.0], Quat::from_rotation_y(1.0)));
        }
    });
    let angles: Vec<_> = showing
        .fake
        .frames()
        .iter()
        .filter_map(|frame| match &frame.layers.first()?.shape {
            Shape::Quad { pose, .. } => Some(position(pose)).map(|p| (-p.x).atan2(-p.z)),
            _ => None,
        })
        .collect();
    assert!(angles.windows(2).all(|pair| pair[1] - pair[0] < 0.06 && pair[1] > pair[0] - 1e-4), "{angles:?}");
    assert!(angles[0].abs() < 1e-3 && (angles[angles.len() - 1] - 1.0).abs() < 0.03, "{angles:?}");
}

#[test]
fn a_curved_screen_is_a_cylinder_where_there_are_such_layers() {
    let screen = ScreenSettings { curvature: 0.5, ..Showing::new(Fake::new()).screen };
    let curved = |fake| Showing { frames: 6, screen, ..Showing::new(fake) };
    let showing = curved(Fake::new());
    assert_eq!(last_kinds(&showing), ["cylinder", "cylinder"]);
    let Shape::Cylinder { pose, radius, angle, aspect, .. } =
        showing.fake.last_frame().unwrap().layers[0].shape.clone()
    else {
        panic!("no cylinder")
    };
    assert!((radius - 8.0).abs() < 1e-4 && (radius * angle - 3.0).abs() < 1e-4 && (aspect - 16.0 / 9.0).abs() < 1e-3);
    assert!((position(&pose) - Vec3::new(0.0, 0.0, 4.0)).length() < 1e-3, "its axis: {pose:?}");

    let plain = Fake::with(Offer::default().without("XR_KHR_composition_layer_cylinder"));
    assert_eq!(last_kinds(&curved(plain)), ["quad", "quad"]);
    let quad = Showing { layer: ScreenLayer::Quad, ..curved(Fake::new()) };
    assert_eq!(last_kinds(&quad), ["quad", "quad"]);
    let projection = Showing { layer: ScreenLayer::Projection, ..curved(Fake::new()) };
    assert_eq!(last_kinds(&projection), ["projection"]);
}

#[test]
fn in_a_projection_layer_the_screen_is_where_the_quad_would_be() {
    let showing = Showing { frames: 12, layer: ScreenLayer::Projection, ..Showing::new(Fake::new()) };
    showing.fake.keep_pictures(true);
    showing.play_well(|_, _| ());
    assert_eq!(showing.fake.count("xrCreateSwapchain"), 2, "the screen itself is not handed over");
    let frame = showing.fake.last_frame().unwrap();
    let Shape::Projection { views } = &frame.layers[0].shape else { panic!("{frame:?}") };
    for (index, view) in views.iter().enumerate() {
        let picture = view.image.picture.as_ref().unwrap();
        let eye = position(&view.pose);
        let fov = view.fov;
        let [left, right, up, down] = [fov.angle_left, fov.angle_right, fov.angle_up, fov.angle_down].map(f32::tan);
        // The screen is 3 m wide, 4 m ahead.
        let at = |point: Vec3| {
            let seen = point - eye;
            let (x, y) = (seen.x / -seen.z, seen.y / -seen.z);
            let [width, height] = picture.size.map(|side| side as f32);
            [(x - left) / (right - left) * width, (y - up) / (down - up) * height]
        };
        let is_film = |point: Vec3| {
            let [x, y] = at(point);
            let pixel = picture.pixel(x as u32, y as u32);
            pixel[1] == colour(0, index)[1] && pixel[2] == 128
        };
        for (x, y, inside) in
            [(0.0, 0.0, true), (1.4, 0.75, true), (-1.4, -0.75, true), (1.6, 0.0, false), (0.0, 0.95, false)]
        {
            assert_eq!(is_film(Vec3::new(x, y, -4.0)), inside, "eye {index}: {x} {y}");
        }
    }
}

#[test]
fn the_theatre_lies_behind_the_screen() {
    let screen = ScreenSettings::default();
    let showing = Showing { frames: 12, screen, ..Showing::new(Fake::new()) };
    showing.fake.keep_pictures(true);
    assert_eq!(last_kinds(&showing), ["projection", "quad", "quad"]);
    let frame = showing.fake.last_frame().unwrap();
    let Shape::Projection { views } = &frame.layers[0].shape else { panic!("{frame:?}") };
    let picture = views[0].image.picture.as_ref().unwrap();
    let lit = picture.bytes.chunks(4).filter(|pixel| pixel[..3].iter().any(|v| *v > 8)).count();
    assert!(lit * 10 > picture.bytes.len() / 4, "{lit} pixels are lit");
    assert_eq!(frame.blend_mode, EnvironmentBlendMode::OPAQUE);
}

#[test]
fn the_viewers_own_room_is_seen_in_whatever_way_there_is() {
    let screen = ScreenSettings { surroundings: Surroundings::Passthrough, ..ScreenSettings::default() };
    let through = |offer| Showing { frames: 6, screen, ..Showing::new(Fake::with(offer)) };
    let showing = through(Offer::default());
    assert_eq!(last_kinds(&showing), ["passthrough", "quad", "quad"]);
    let blending = vec![EnvironmentBlendMode::OPAQUE, EnvironmentBlendMode::ALPHA_BLEND];
    let showing = through(Offer { blend_modes: blending, ..Offer::default() }.without("XR_FB_passthrough"));
    assert_eq!(last_kinds(&showing), ["quad", "quad"]);
    assert_eq!(showing.fake.last_frame().unwrap().blend_mode, EnvironmentBlendMode::ALPHA_BLEND);
    let showing = through(Offer::default().without("XR_FB_passthrough"));
    assert_eq!(last_kinds(&showing), ["quad", "quad"]);
    assert_eq!(showing.fake.last_frame().unwrap().blend_mode, EnvironmentBlendMode::OPAQUE);
    // It says that it can, and has no camera.
    let showing = through(Offer { passthrough: false, ..Offer::default() });
    assert_eq!(last_kinds(&showing), ["quad", "quad"]);
}

#[test]
fn every_format_shows_the_same_light() {
    for (formats, bgra) in [
        (vec![vk::Format::B8G8R8A8_SRGB, vk::Format::B8G8R8A8_UNORM], true),
        (vec![vk::Format::R8G8B8A8_UNORM, vk::Format::R8G8B8A8_SRGB], false),
    ] {
        let offer = Offer { formats: formats.clone(), ..Offer::default() };
        let showing = Showing { frames: 4, ..Showing::new(Fake::with(offer)) };
        showing.fake.keep_pictures(true);
        showing.play_well(|_, _| ());
        let frame = showing.fake.last_frame().unwrap();
        let shown = frame.layers[0].image().unwrap().picture.clone().unwrap();
        assert_eq!(shown.format == vk::Format::B8G8R8A8_SRGB, bgra);
        assert_eq!(screens(&frame).unwrap(), [colour(3, 0), colour(3, 1)], "{formats:?}");
    }
    let offer = Offer { formats: vec![vk::Format::R16G16B16A16_SFLOAT], ..Offer::default() };
    let showing = Showing { frames: 4, ..Showing::new(Fake::with(offer)) };
    showing.fake.keep_pictures(true);
    showing.play_well(|_, _| ());
    let frame = showing.fake.last_frame().unwrap();
    let shown = frame.layers[0].image().unwrap().picture.clone().unwrap();
    let blue = half::f16::from_le_bytes([shown.bytes[4], shown.bytes[5]]).to_f32();
    assert!((blue - 0.2158).abs() < 0.002, "code 128 is {blue} of the light");

    let offer = Offer { formats: vec![vk::Format::D32_SFLOAT], ..Offer::default() };
    let shown = Showing { frames: 4, ..Showing::new(Fake::with(offer)) }.play();
    assert!(shown.result.unwrap_err().to_string().contains("update it"));
}

#[test]
fn smaller_levels_average_light() {
    let showing = Showing { frames: 6, ..Showing::new(Fake::new()) };
    let read = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let kept = std::rc::Rc::clone(&read);
    showing.play_well(move |tick, reel| {
        if tick == 12 {
            let frame = reel.fake.last_frame().unwrap();
            let swapchain = frame.layers[1].image().unwrap().swapchain;
            let levels = (0..7).map(|level| reel.fake.picture(swapchain, 0, level).unwrap());
            kept.borrow_mut().extend(levels.map(|picture| (picture.size, picture.pixel(0, 0))));
        }
    });
    let read = read.borrow();
    assert_eq!(
        read.iter().map(|(size, _)| *size).collect::<Vec<_>>(),
        [[64, 36], [32, 18], [16, 9], [8, 4], [4, 2], [2, 1], [1, 1]]
    );
    for (size, pixel) in &*read {
        let wanted = read[0].1;
        assert!(pixel.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{size:?}: {pixel:?} instead of {wanted:?}");
    }
}

#[test]
fn parallax_is_limited_by_the_virtual_screen() {
    let screen = ScreenSettings { width: 7.5, ..Showing::new(Fake::new()).screen };
    let showing = Showing { frames: 3, screen, ..Showing::new(Fake::new()) };
    let shown = showing.play_well(|_, _| ());
    let acts = shown.reel.acts.borrow();
    let viewing = Viewing { width: 7.5, distance: screen.distance };
    assert!(acts.contains(&deep3d::sink::Action::Viewing(viewing)), "{acts:?}");
}
