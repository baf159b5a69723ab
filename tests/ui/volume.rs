//! The volume on the panel, and the signs that come by themselves.

use std::time::Duration;

use deep3d::sink::panel::{PanelPlace, Pointer};
use deep3d::sink::{Action, ScreenSettings};
use deep3d::ui::{VolumeModel, Waiting};

use crate::bench::{Bench, SIZE, WINDOW, drawn};

const USUAL: VolumeModel = VolumeModel { volume: 100.0, most: 130.0, mute: false };
/// What is filled, and the same while it is muted.
const BRIGHT: u8 = 238;
const DIM: u8 = 168;

fn heard(place: PanelPlace) -> Bench {
    let mut bench = Bench::shown(place);
    bench.model.volume = Some(USUAL);
    bench.run(&[]);
    bench
}

#[test]
fn the_volume_is_there_where_the_film_is_heard() {
    assert!(!Bench::shown(WINDOW).has("volume") && !Bench::shown(WINDOW).has("mute"));
    for place in [WINDOW, PanelPlace::Headset(ScreenSettings::default())] {
        let mut bench = heard(place);
        assert_eq!(bench.click("mute"), [Action::Mute]);
        for name in ["mute", "volume"] {
            let [from, to] = bench.panel.widget(name).unwrap();
            assert!(to[0] - from[0] >= 40.0 && to[1] - from[1] >= 40.0, "{name}: {from:?} {to:?}");
        }
        // It is clear of what is beside it, however long the film and whatever there is to be set.
        bench.model.duration = Some(deep3d::time::Time::from_seconds(359_999.0));
        (bench.model.has_next, bench.model.paused) = (true, true);
        bench.run(&[]);
        bench.run(&[]);
        let left = |bench: &Bench, name: &str| bench.panel.widget(name).unwrap()[0][0];
        assert!(bench.panel.widget("volume").unwrap()[1][0] < left(&bench, "depth"));
        assert!(left(&bench, "mute") > bench.panel.widget("next").unwrap()[1][0] + 150.0, "room for the time");
    }
}

#[test]
fn the_slider_and_the_wheel_set_it() {
    let mut bench = heard(WINDOW);
    // A slider's ends are 8 points inside of it.
    let at = |bench: &Bench, percent: f32| {
        let [from, to] = bench.panel.widget("volume").unwrap();
        [from[0] + 8.0 + (to[0] - from[0] - 16.0) * percent / 130.0, (from[1] + to[1]) / 2.0]
    };
    for percent in [0.0, 65.0, 130.0] {
        let wanted = bench.click_at(at(&bench, percent));
        assert!(!wanted.is_empty() && wanted.iter().all(|it| *it == Action::SetVolume(percent)), "{wanted:?}");
    }
    // A drag goes on where the pointer is elsewhere, and not beyond the ends.
    let (from, to) = (at(&bench, 50.0), at(&bench, 300.0));
    bench.run(&[Pointer::Moved(from)]);
    assert_eq!(bench.run(&[Pointer::Pressed(from)]).actions, [Action::SetVolume(50.0)]);
    assert_eq!(bench.run(&[Pointer::Moved([to[0], 100.0])]).actions, [Action::SetVolume(130.0)]);
    bench.run(&[Pointer::Released([to[0], 100.0])]);
    // The wheel on the slider and on the button changes it as the keys do.
    for name in ["volume", "mute"] {
        bench.run(&[Pointer::Moved(bench.at(name, 0.5, 0.5))]);
        assert_eq!(bench.run(&[Pointer::Wheel(1.0)]).actions, [Action::SetVolume(102.0)], "{name}");
        assert_eq!(bench.run(&[Pointer::Wheel(-3.0)]).actions, [Action::SetVolume(94.0)], "{name}");
        assert_eq!(bench.run(&[Pointer::Wheel(f32::NAN)]).actions, [], "{name}");
    }
    bench.model.volume = Some(VolumeModel { volume: 129.0, ..USUAL });
    bench.run(&[]);
    assert_eq!(bench.run(&[Pointer::Wheel(1.0)]).actions, [Action::SetVolume(130.0)]);
    bench.run(&[Pointer::Moved(bench.at("seek", 0.3, 0.5))]);
    assert_eq!(bench.run(&[Pointer::Wheel(1.0)]).actions, [Action::Seek(5)], "and elsewhere it does what it did");
}

#[test]
fn the_slider_shows_it() {
    // How far the bar's lower row is filled in `grey`, as a share of the slider.
    let filled = |volume, grey| {
        let mut bench = heard(WINDOW);
        bench.model.volume = Some(volume);
        let output = bench.run(&[]);
        let [from, to] = bench.panel.widget("volume").unwrap();
        let vertices = output.picture.iter().flat_map(|picture| &picture.meshes);
        let inside = vertices.flat_map(|clipped| match &clipped.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.as_slice(),
            egui::epaint::Primitive::Callback(_) => &[],
        });
        let is_there = |vertex: &&egui::epaint::Vertex| {
            let at = vertex.pos;
            (from[0]..to[0]).contains(&at.x) && (from[1]..to[1]).contains(&at.y)
        };
        let own = inside.filter(is_there).filter(|vertex| vertex.color == egui::Color32::from_gray(grey));
        let most = own.map(|vertex| vertex.pos.x).reduce(f32::max);
        most.map(|most| (most - from[0]) / (to[0] - from[0]))
    };
    let near = |found: Option<f32>, wanted: f32| found.is_some_and(|found| (found - wanted).abs() < 0.1);
    for volume in [30.0, 70.0, 120.0] {
        assert!(near(filled(VolumeModel { volume, ..USUAL }, BRIGHT), volume / 130.0), "{volume}");
    }
    let muted = VolumeModel { volume: 120.0, mute: true, ..USUAL };
    assert!(filled(muted, BRIGHT).is_none() && near(filled(muted, DIM), 120.0 / 130.0));
    // Nonsense is shown as something.
    filled(VolumeModel { volume: f32::NAN, most: f32::NAN, mute: false }, BRIGHT);
}

#[test]
fn a_narrow_window_leaves_out_what_has_no_room() {
    let mut bench = heard(WINDOW);
    let run = |bench: &mut Bench, width: f32| {
        bench.now += Duration::from_millis(20);
        let input = deep3d::sink::panel::PanelInput {
            size: [width, SIZE[1]],
            pixels_per_point: 1.0,
            pointer: Vec::new(),
            place: WINDOW,
            scrubbing: None,
        };
        bench.panel.run(input, || bench.model.clone(), bench.now);
        [bench.has("mute"), bench.has("volume")]
    };
    assert_eq!(run(&mut bench, 1000.0), [true, true]);
    assert_eq!(run(&mut bench, 615.0), [true, false]);
    assert_eq!(run(&mut bench, 520.0), [false, false]);
}

#[test]
fn what_is_waited_for_is_told_without_the_panel_too() {
    let mut bench = Bench::new(PanelPlace::Headset(ScreenSettings::default()));
    assert!(!bench.run(&[]).visible);
    for (waiting, part) in [(Waiting::Buffering, Some(0.5)), (Waiting::Seeking, None)] {
        bench.panel.set_waiting(Some(waiting));
        (bench.model.buffering, bench.model.seeking) = (part, part.is_none());
        let told = bench.run(&[]);
        assert!(told.visible && !bench.has("play") && drawn(&told, BRIGHT).is_some(), "{waiting:?}");
        bench.panel.set_waiting(None);
        (bench.model.buffering, bench.model.seeking) = (None, false);
        assert!(!bench.run(&[]).visible);
    }
}

#[test]
fn the_place_sought_is_a_ring_until_its_picture_is_there() {
    let mut bench = Bench::shown(WINDOW);
    bench.model.paused = true;
    // What is drawn of the handle at its middle: a disc is a fan of triangles there, a ring has its ground.
    let middle = |bench: &mut Bench| {
        let output = bench.run(&[]);
        let at = bench.at("seek", 0.0, 0.5);
        let handle = |vertex: &&egui::epaint::Vertex| vertex.pos.distance([108.0, at[1]].into()) < 12.0;
        let meshes = output.picture.iter().flat_map(|picture| &picture.meshes);
        let vertices = meshes.flat_map(|clipped| match &clipped.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.as_slice(),
            egui::epaint::Primitive::Callback(_) => &[],
        });
        let ground = egui::Color32::from_rgba_premultiplied(15, 15, 16, 222);
        vertices.filter(handle).filter(|vertex| vertex.color == ground).count()
    };
    bench.model.position = deep3d::time::Time::from_seconds(48.0);
    assert_eq!(middle(&mut bench), 0);
    bench.model.seeking = true;
    assert!(middle(&mut bench) > 6);
    bench.model.seeking = false;
    assert_eq!(middle(&mut bench), 0);
}
