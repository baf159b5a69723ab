//! The room around the virtual screen: the kernel against its twin.
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod stage_support;

use deep3d::gpu::testing::WatchedGpu;
use deep3d::sink::ScreenSettings;
use deep3d::sink::xr::geometry::{Placed, Pose};
use deep3d::sink::xr::room::{Ray, Room, Sight, reference};
use glam::{Quat, Vec3};
use stage_support::*;

fn sight(settings: &ScreenSettings) -> Sight {
    Sight {
        eye: Pose { position: Vec3::new(0.03, 0.01, 0.05), rotation: Quat::from_rotation_y(0.2) },
        tangents: [-1.1, 0.9, 1.0, -1.05],
        screen: Placed::screen(settings, 16.0 / 9.0, &Pose::IDENTITY, true),
        draws_screen: false,
        theatre: true,
        rays: [None; 2],
    }
}

/// Both sides' pictures, and the share of values that are farther apart than rounding explains.
fn compare(name: &str, sight: &Sight, size: [u32; 2]) {
    let gpu = WatchedGpu::new().unwrap();
    let colour = [0.7, 0.5, 0.2];
    let [r, g, b] = colour.map(|v: f32| (v * 255.0).round() as u8);
    let film = image(&gpu, &[r, g, b, 255].repeat(64 * 36), [64, 36]);
    let result = empty(&gpu, size);
    let room = Room::new(&gpu, &film, &result).unwrap();
    run(&gpu, |recorder| room.record(recorder, sight));
    let ours = pixels(&gpu, &result);
    let twin = reference(sight, colour.map(|v| (v * 255.0).round() / 255.0), size);
    if let Some(folder) = std::env::var_os("DEEP3D_LOOK") {
        let path = std::path::Path::new(&folder).join(format!("room-{name}.png"));
        image::save_buffer(path, &ours, size[0], size[1], image::ColorType::Rgba8).unwrap();
    }
    // An edge may fall on either side of a pixel's middle.
    let far = ours.iter().zip(&twin).filter(|(a, b)| a.abs_diff(**b) > 2).count();
    assert!(far * 500 < ours.len(), "{name}: {far} of {} values are not the twin's", ours.len());
    let lit = ours.chunks(4).filter(|pixel| pixel[..3].iter().any(|v| *v > 12)).count();
    assert!(lit * 20 > ours.len() / 4 || !sight.theatre, "{name}: the theatre is dark");
}

#[test]
fn the_theatre_is_its_twins() {
    compare("flat", &sight(&ScreenSettings::default()), [401, 380]);
    let settings = ScreenSettings {
        curvature: 0.8,
        width: 9.0,
        distance: 6.0,
        height: 0.8,
        tilt: 4.0,
        ..ScreenSettings::default()
    };
    compare("curved", &sight(&settings), [400, 371]);
}

#[test]
fn the_screen_is_drawn_where_no_layer_carries_it() {
    for curvature in [0.0, 1.0] {
        let settings = ScreenSettings { curvature, ..ScreenSettings::default() };
        let drawn = Sight { draws_screen: true, ..sight(&settings) };
        compare(if curvature > 0.0 { "drawn-curved" } else { "drawn" }, &drawn, [163, 149]);
    }
}

#[test]
fn rays_are_seen_in_the_void_too() {
    let way = Vec3::new(-0.1, 0.15, -1.0).normalize();
    let ray = Ray { from: Vec3::new(0.2, -0.3, -0.3), way, length: 3.0 };
    let seen = Sight { theatre: false, rays: [None, Some(ray)], ..sight(&ScreenSettings::default()) };
    compare("ray", &seen, [200, 190]);
    let lit = reference(&seen, [0.5; 3], [200, 190]).chunks(4).filter(|pixel| pixel[0] > 30).count();
    assert!((20..2000).contains(&lit), "{lit} pixels of a thin ray");
}
