//! The panel without a GPU: what a pointer does to it, what it wants, and when it is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod browser;
mod tracks;
mod volume;

use std::time::Duration;

use deep3d::film::Preview;
use deep3d::sink::panel::{PanelInput, PanelPicture, PanelPlace, Pointer, TextureChange};
use deep3d::sink::screen::Surroundings;
use deep3d::sink::{Action, Layout, ScreenSettings};
use deep3d::stage::comfort::{Chosen, Limits, Viewing};
use deep3d::time::Time;
use deep3d::ui::MeterModel;

use bench::{Bench, SIZE, WINDOW, drawn};

#[test]
fn buttons_say_what_the_viewer_wants() {
    let mut bench = Bench::shown(WINDOW);
    assert_eq!(bench.click("play"), [Action::Pause]);
    assert_eq!(bench.click("back"), [Action::Seek(-10)]);
    assert_eq!(bench.click("on"), [Action::Seek(10)]);
    assert_eq!(bench.click("full screen"), [Action::FullScreen]);
    assert_eq!(bench.click("quit"), [Action::Quit]);
    assert_eq!(bench.click_at([500.0, 100.0]), [], "a click beside the panel is not the panel's");
    // With several files there are two more.
    assert!(!bench.has("previous") && !bench.has("next"));
    bench.model.has_next = true;
    bench.run(&[]);
    assert_eq!(bench.click("next"), [Action::File(1)]);
    assert_eq!(bench.click("previous"), [Action::File(-1)]);
    // All that can be hit is large enough for a trembling ray.
    for name in ["play", "back", "on", "full screen", "quit", "next", "previous", "seek", "depth"] {
        let [from, to] = bench.panel.widget(name).unwrap();
        assert!(to[0] - from[0] >= 40.0 && to[1] - from[1] >= 40.0, "{name}: {from:?} {to:?}");
    }
}

#[test]
fn clicks_that_come_all_at_once_count_too() {
    let mut bench = Bench::shown(WINDOW);
    let at = bench.at("play", 0.5, 0.5);
    let mut actions = bench.run(&[Pointer::Moved(at), Pointer::Pressed(at), Pointer::Released(at)]).actions;
    actions.extend(bench.run(&[]).actions);
    assert_eq!(actions, [Action::Pause]);
}

#[test]
fn the_bar_seeks_where_it_is_clicked_and_dragged() {
    let mut bench = Bench::shown(WINDOW);
    let time = |actions: &[Action]| match actions {
        [Action::SeekTo(time)] | [Action::Drag(time)] => time.seconds(),
        [Action::Drag(shown), Action::SeekTo(time)] if shown == time => time.seconds(),
        other => panic!("{other:?}"),
    };
    let middle = bench.at("seek", 0.5, 0.5);
    assert!((time(&bench.click_at(middle)) - 300.0).abs() < 1.0);
    // A drag shows key frames now and then, and settles where it ends.
    let (from, to) = (bench.at("seek", 0.25, 0.5), bench.at("seek", 0.75, 0.5));
    bench.run(&[Pointer::Moved(from)]);
    assert!((time(&bench.run(&[Pointer::Pressed(from)]).actions) - 146.0).abs() < 5.0);
    let mut sought = Vec::new();
    for step in 0..=45 {
        let share = step as f32 / 45.0;
        let at = [from[0] + (to[0] - from[0]) * share, from[1] - 200.0 * share];
        let output = bench.run(&[Pointer::Moved(at)]);
        assert!(output.takes_pointer, "a drag is held outside of the panel, too");
        sought.extend(output.actions);
    }
    assert!((4..=12).contains(&sought.len()), "{sought:?}");
    assert!(sought.iter().all(|action| matches!(action, Action::Drag(_))), "{sought:?}");
    let actions = bench.run(&[Pointer::Released([to[0], to[1] - 200.0])]).actions;
    assert!((time(&actions) - 453.0).abs() < 5.0, "{actions:?}");
    assert!(matches!(actions[..], [Action::SeekTo(_)]), "{actions:?}");
    assert_eq!(bench.run(&[]).actions, []);
    // The wheel seeks on the bar, and nowhere else.
    bench.run(&[Pointer::Moved(middle)]);
    assert_eq!(bench.run(&[Pointer::Wheel(2.0)]).actions, [Action::Seek(10)]);
    bench.run(&[Pointer::Moved([5.0, 5.0])]);
    assert_eq!(bench.run(&[Pointer::Wheel(2.0)]).actions, []);
}

#[test]
fn without_a_length_there_is_nothing_to_seek_on() {
    let mut bench = Bench::shown(WINDOW);
    for duration in [None, Some(Time::ZERO), Some(Time::from_seconds(-1.0))] {
        bench.model.duration = duration;
        bench.run(&[]);
        bench.run(&[]);
        assert!(!bench.has("seek"), "{duration:?}");
        assert_eq!(bench.click("on"), [Action::Seek(10)]);
    }
}

#[test]
fn the_3d_settings_are_set() {
    let mut bench = Bench::shown(WINDOW);
    assert!(!bench.has("Depth"));
    assert_eq!(bench.click("depth"), []);
    // A slider's ends are 8 points inside of it.
    let at = |bench: &Bench, name: &str, share: f32| {
        let [from, to] = bench.panel.widget(name).unwrap();
        [from[0] + 8.0 + (to[0] - from[0] - 16.0) * share, from[1] + 30.0]
    };
    let wanted = bench.click_at(at(&bench, "Depth", 2.0 / 3.0));
    assert!(!wanted.is_empty() && wanted.iter().all(|action| *action == Action::SetStrength(2.0)), "{wanted:?}");
    let wanted = bench.click_at(at(&bench, "Depth", 0.0));
    assert!(wanted.contains(&Action::SetStrength(0.0)), "{wanted:?}");
    let wanted = bench.click_at(at(&bench, "On the screen", 1.0));
    assert!(wanted.contains(&Action::SetConvergence(1.0)), "{wanted:?}");
    bench.run(&[Pointer::Moved(at(&bench, "Depth", 0.5))]);
    let wanted = bench.run(&[Pointer::Wheel(1.0)]).actions;
    assert!(matches!(wanted[..], [Action::SetStrength(strength)] if (strength - 1.6).abs() < 1e-5), "{wanted:?}");
    assert_eq!(bench.click("flat"), [Action::Flat]);
    assert_eq!(bench.click("swap eyes"), [Action::SwapEyes]);
    // The layouts are a list of their own, in a window only.
    assert_eq!(bench.click("layout"), []);
    assert!(!bench.has("Depth"));
    assert_eq!(bench.click("anaglyph"), [Action::SetLayout(Layout::Anaglyph)]);
    assert!(bench.has("Depth"), "and back");
    assert_eq!(bench.click("depth"), []);
    assert!(!bench.has("Depth"));
    // Nothing to set, nothing there.
    bench.model.depth = None;
    bench.run(&[]);
    bench.run(&[]);
    assert!(!bench.has("depth"));
}

#[test]
fn a_headset_has_its_screen_to_set_and_a_window_has_not() {
    let bench = Bench::shown(WINDOW);
    assert!(!bench.has("screen") && !bench.has("recentre"));
    let screen = ScreenSettings { lying: true, ..ScreenSettings::default() };
    let mut bench = Bench::shown(PanelPlace::Headset(screen));
    assert!(!bench.has("full screen"));
    assert_eq!(bench.click("recentre"), [Action::Recentre]);
    bench.click("depth");
    assert!(bench.has("Depth") && !bench.has("layout"), "the layout is the headset's own");
    bench.click("screen");
    assert!(bench.has("Width") && !bench.has("Depth"));
    let at = bench.at("Distance", 0.9, 0.6);
    let wanted = bench.click_at(at);
    let Some(Action::Screen(farther)) = wanted.last() else { panic!("{wanted:?}") };
    assert!(
        farther.distance > 15.0 && ScreenSettings { distance: screen.distance, ..*farther } == screen,
        "{farther:?}"
    );
    for name in ["Width", "Height", "Tilt", "Curvature"] {
        let wanted = bench.click_at(bench.at(name, 0.8, 0.6));
        assert!(matches!(wanted.last(), Some(Action::Screen(moved)) if *moved != screen), "{name}: {wanted:?}");
    }
    let set = |change: &dyn Fn(&mut ScreenSettings)| {
        let mut wanted = screen;
        change(&mut wanted);
        [Action::Screen(wanted)]
    };
    assert_eq!(bench.click("follow head"), set(&|screen| screen.follow_head = true));
    assert_eq!(bench.click("lying"), set(&|screen| screen.lying = false));
    assert_eq!(bench.click("nothing"), set(&|screen| screen.surroundings = Surroundings::Void));
    assert_eq!(bench.click("my room"), set(&|screen| screen.surroundings = Surroundings::Passthrough));
    assert_eq!(bench.click("reset"), [Action::Screen(ScreenSettings::default())]);
}

#[test]
fn it_comes_with_the_mouse_and_goes_when_that_rests() {
    let mut bench = Bench::new(WINDOW);
    // A mouse that only appears brings nothing, nor does one that stands still.
    for _ in 0..3 {
        let output = bench.run(&[Pointer::Moved([500.0, 100.0])]);
        assert!(!output.visible && output.picture.is_none() && output.wake.is_none());
    }
    let output = bench.run(&[Pointer::Moved([510.0, 100.0])]);
    assert!(output.visible && output.picture.is_some() && !output.takes_pointer);
    let wake = output.wake.unwrap();
    assert!(wake > bench.now && wake <= bench.now + Duration::from_secs(2));
    bench.now += Duration::from_millis(1900);
    assert!(bench.run(&[]).visible);
    bench.now += Duration::from_millis(200);
    let output = bench.run(&[]);
    assert!(!output.visible && output.wake.is_none() && output.picture.is_some(), "it goes, and leaves nothing");
    // On the panel it stays.
    bench.run(&[Pointer::Moved([520.0, 100.0])]);
    let at = bench.at("play", 0.5, 0.5);
    assert!(bench.run(&[Pointer::Moved(at)]).takes_pointer);
    for _ in 0..10 {
        bench.now += Duration::from_secs(1);
        assert!(bench.run(&[]).visible);
    }
    bench.run(&[Pointer::Gone]);
    bench.now += Duration::from_millis(2100);
    assert!(!bench.run(&[]).visible);
    // Its key brings it and sends it away.
    bench.panel.toggle(bench.now);
    assert!(bench.run(&[]).visible);
    bench.panel.toggle(bench.now);
    assert!(!bench.run(&[]).visible);
}

#[test]
fn a_ray_that_trembles_does_not_call_it() {
    let mut bench = Bench::new(PanelPlace::Headset(ScreenSettings::default()));
    for step in 0..20 {
        assert!(!bench.run(&[Pointer::Moved([500.0, 500.0 + step as f32 * 5.0])]).visible);
    }
    bench.panel.toggle(bench.now);
    assert!(bench.run(&[]).visible);
    // Beside the panel a ray does not keep it.
    for step in 0..60 {
        bench.now += Duration::from_millis(80);
        bench.run(&[Pointer::Moved([500.0, 10.0 + step as f32])]);
    }
    assert!(!bench.run(&[]).visible);
}

#[test]
fn nothing_is_made_while_nothing_changes() {
    let mut bench = Bench::shown(WINDOW);
    bench.model.paused = true;
    bench.run(&[]);
    let built = bench.built;
    for _ in 0..20 {
        assert!(bench.run(&[]).picture.is_none());
    }
    assert_eq!(bench.built, built);
    // While the film plays, a few times a second.
    bench.model.paused = false;
    bench.panel.toggle(bench.now);
    bench.panel.toggle(bench.now);
    let built = bench.built;
    for _ in 0..100 {
        bench.model.position = bench.model.position + Time::from_seconds(0.02);
        bench.run(&[]);
    }
    assert!((3..=12).contains(&(bench.built - built)), "{} times in two seconds", bench.built - built);
}

#[test]
fn the_bar_shows_what_is_at_hand() {
    const READ: u8 = 126;
    let mut bench = Bench::shown(WINDOW);
    bench.model.paused = true;
    bench.model.position = Time::from_seconds(61.0);
    assert_eq!(drawn(&bench.run(&[]), READ), None);
    bench.model.cached = vec![(Time::from_seconds(30.0), Time::from_seconds(300.0))];
    let one = bench.run(&[]);
    let [from, to] = drawn(&one, READ).unwrap();
    let [left, right] = [0.05, 0.5].map(|share| bench.at("seek", share, 0.5)[0]);
    assert!((from - left).abs() < 12.0 && (to - right).abs() < 12.0, "{from} to {to} for {left} to {right}");
    // A little more is not worth another picture.
    bench.run(&[]);
    bench.model.cached = vec![(Time::from_seconds(30.1), Time::from_seconds(300.2))];
    assert!(bench.run(&[]).picture.is_none());
    // Another part, which a seek has left.
    bench.model.cached.push((Time::from_seconds(420.0), Time::from_seconds(540.0)));
    let [from, to] = drawn(&bench.run(&[]), READ).unwrap();
    let end = bench.at("seek", 0.9, 0.5)[0];
    assert!((from - left).abs() < 12.0 && (to - end).abs() < 12.0, "{from} to {to} for {left} to {end}");
}

#[test]
fn the_bar_shows_a_picture_of_where_it_would_go() {
    let mut bench = Bench::shown(WINDOW);
    assert_eq!(bench.panel.wanted_preview(), None);
    bench.model.preview = Some(Preview { time: Time::ZERO, size: [0, 0], pixels: [].into(), settled: false });
    let at = bench.at("seek", 0.5, 0.5);
    let output = bench.run(&[Pointer::Moved(at)]);
    let wanted = bench.panel.wanted_preview().unwrap();
    assert!((wanted.seconds() - 300.0).abs() < 1.0);
    assert!(output.wake.unwrap() <= bench.now + Duration::from_millis(50), "it looks for the picture soon");
    let is_picture = |change: &TextureChange| matches!(change, TextureChange::New { size: [192, 108], .. });
    assert!(!bench.changes.iter().any(is_picture));
    let preview = |time, settled| Preview { time, size: [192, 108], pixels: vec![9; 192 * 108 * 4].into(), settled };
    bench.model.preview = Some(preview(wanted, true));
    for _ in 0..20 {
        bench.run(&[]);
    }
    let output = bench.run(&[]);
    assert!(output.wake.unwrap() > bench.now + Duration::from_millis(500), "and then no more");
    let Some(TextureChange::New { texels, .. }) = bench.changes.iter().find(|change| is_picture(change)) else {
        panic!("no picture")
    };
    assert_eq!(texels[..4], [9, 9, 9, 255]);
    // A stick's seek shows the same without a pointer, also where the panel is not there.
    let mut bench = Bench::new(PanelPlace::Headset(ScreenSettings::default()));
    bench.model.preview = Some(preview(Time::from_seconds(1.0), true));
    bench.scrubbing = Some(Time::from_seconds(150.0));
    assert!(bench.run(&[]).visible);
    assert_eq!(bench.panel.wanted_preview(), bench.scrubbing);
    // A picture that is not what it says is not shown.
    bench.model.preview = Some(Preview { size: [u32::MAX, u32::MAX], ..preview(Time::from_seconds(150.0), true) });
    bench.run(&[]);
    bench.model.preview = Some(Preview { size: [192, 107], ..preview(Time::from_seconds(150.0), true) });
    bench.run(&[]);
    bench.scrubbing = None;
    bench.now += Duration::from_millis(2100);
    assert!(!bench.run(&[]).visible);
}

#[test]
fn the_pointer_is_marked_where_one_eye_would_not_see_it() {
    // How many triangles' corners lie around the pointer, in the empty part of the panel.
    let marks = |place| {
        let mut bench = Bench::shown(place);
        let at = [400.0, 60.0];
        let picture = {
            bench.now += Duration::from_millis(20);
            let pointer = vec![Pointer::Moved(at)];
            let input = PanelInput { size: SIZE, pixels_per_point: 1.0, pointer, place, scrubbing: None };
            bench.panel.run(input, || bench.model.clone(), bench.now).picture.unwrap()
        };
        let near = |vertex: &&egui::epaint::Vertex| vertex.pos.distance(at.into()) < 9.0;
        let count = |mesh: &egui::ClippedPrimitive| match &mesh.primitive {
            egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.iter().filter(near).count(),
            egui::epaint::Primitive::Callback(_) => 0,
        };
        picture.meshes.iter().map(count).sum::<usize>()
    };
    assert!(marks(WINDOW) > 3 && marks(PanelPlace::Headset(ScreenSettings::default())) > 3);
    assert_eq!(marks(PanelPlace::Window { full_screen: true, both_eyes: false }), 0);
}

#[test]
fn nonsense_does_no_harm() {
    let mut bench = Bench::shown(WINDOW);
    bench.model.name = "\n\u{202e}шапка 映画 🎬\0".repeat(500);
    bench.model.position = Time::from_nanoseconds(i64::MIN);
    bench.model.duration = Some(Time::from_nanoseconds(i64::MAX));
    bench.click("depth");
    let depth = bench.model.depth.as_mut().unwrap();
    (depth.strength, depth.convergence) = (f32::NAN, f32::INFINITY);
    for size in [[0.0, 0.0], [-5.0, f32::NAN], [1.0, 1e9], [40.0, 40.0]] {
        for pixels_per_point in [0.0, f32::NAN, 1e9] {
            let pointer = vec![Pointer::Moved([f32::NAN, f32::INFINITY]), Pointer::Wheel(f32::NAN)];
            bench.now += Duration::from_millis(20);
            let input = PanelInput { size, pixels_per_point, pointer, place: bench.place, scrubbing: Some(Time::ZERO) };
            let mut output = bench.panel.run(input, || bench.model.clone(), bench.now);
            output.picture.take().unwrap_or_default();
        }
    }
}

/// What the meter shows of a picture of which a quarter lies at `parallax` and the rest on the screen.
fn metered(parallax: f32) -> MeterModel {
    let mut classes = vec![0.0; 256];
    classes[96] = 0.75;
    classes[(96.0 + parallax / 0.05) as usize] = 0.25;
    MeterModel {
        classes,
        ends: [0.0, parallax],
        limits: Limits { front: -1.0, behind: 2.1 },
        viewing: Viewing::of_width(3.0),
        chosen: Some(Chosen { strength: 1.2, convergence: 0.5, attended: 0.1 }),
        is_outside: parallax > 2.1,
        seconds: [0.0, 12.0],
    }
}

#[test]
fn the_comfort_meter_stands_with_the_panel_and_without_it() {
    let mut bench = Bench::new(WINDOW);
    assert!(!bench.run(&[]).visible);
    bench.panel.set_metered(true);
    bench.model.meter = Some(metered(1.0));
    let alone = bench.run(&[]);
    assert!(alone.visible && !alone.takes_pointer && bench.panel.widget("play").is_none());
    let area = |picture: &PanelPicture| {
        let points = picture.meshes.iter().filter_map(|mesh| match &mesh.primitive {
            egui::epaint::Primitive::Mesh(mesh) => Some(mesh.vertices.iter().map(|vertex| vertex.pos)),
            egui::epaint::Primitive::Callback(_) => None,
        });
        points.flatten().fold([0.0f32; 2], |most, at| [most[0].max(at.x), most[1].max(at.y)])
    };
    let most = area(&alone.picture.unwrap());
    assert!(most[0] < 420.0 && most[1] < 220.0, "it covers the upper left corner only: {most:?}");
    // A new reading is drawn soon after.
    assert!(alone.wake.is_some_and(|at| at <= bench.now + Duration::from_millis(250)));
    bench.model.meter = Some(metered(2.5));
    assert!(bench.run(&[]).picture.is_some());
    bench.run(&[]);
    assert!(bench.run(&[]).picture.is_none(), "what has not changed is not drawn again");
    // The panel comes beside it, and goes without it.
    bench.panel.toggle(bench.now);
    bench.run(&[]);
    assert!(bench.panel.widget("play").is_some());
    bench.now += Duration::from_secs(30);
    assert!(bench.run(&[]).visible && bench.panel.widget("play").is_none());
    bench.panel.set_metered(false);
    assert!(!bench.run(&[]).visible);
}

#[test]
fn the_depth_goes_by_the_shot_when_told_to() {
    let mut bench = Bench::shown(WINDOW);
    bench.click("depth");
    assert_eq!(bench.click("automatic"), [Action::AutomaticDepth]);
    assert_eq!(bench.click("meter"), [Action::Meter]);
}
