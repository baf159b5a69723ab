//! The tracks in the panel.

use deep3d::media::{TrackInfo, TrackKind};
use deep3d::sink::panel::{PanelPlace, Pointer};
use deep3d::sink::{Action, ScreenSettings};
use deep3d::time::Time;

use super::bench::{Bench, WINDOW};

fn track(kind: TrackKind, number: u32) -> TrackInfo {
    TrackInfo {
        kind,
        number,
        stream: 0,
        outside: None,
        language: Some("ger".to_owned()),
        title: Some("A title that is far too long for a row of a list ".repeat(9)),
        codec: "aac".to_owned(),
        shape: Some("stereo".to_owned()),
        default: false,
        forced: false,
        impaired: false,
        cover: false,
    }
}

fn with(place: PanelPlace, counts: [u32; 3]) -> Bench {
    let mut bench = Bench::shown(place);
    let kinds = [TrackKind::Video, TrackKind::Audio, TrackKind::Subtitle];
    let all = kinds.into_iter().zip(counts).flat_map(|(kind, count)| (1..=count).map(move |one| track(kind, one)));
    bench.model.tracks = all.collect();
    bench.model.playing = [Some(1), Some(1), None];
    bench.run(&[]);
    bench
}

#[test]
fn each_kind_has_its_rows_and_a_click_chooses() {
    for place in [WINDOW, PanelPlace::Headset(ScreenSettings::default())] {
        let mut bench = with(place, [2, 2, 1]);
        bench.model.sub_delay = Some(Time::ZERO);
        bench.click("tracks");
        assert_eq!(bench.click("audio 2"), [Action::SetTrack(TrackKind::Audio, Some(2))]);
        assert_eq!(bench.click("audio none"), [Action::SetTrack(TrackKind::Audio, None)]);
        assert_eq!(bench.click("audio 1"), [], "that plays already");
        assert_eq!(bench.click("video 2"), [Action::SetTrack(TrackKind::Video, Some(2))]);
        assert!(!bench.has("video none"), "there are always pictures");
        assert_eq!(bench.click("subtitle none"), [], "none is seen already");
        assert_eq!(bench.click("subtitle 1"), [Action::SetTrack(TrackKind::Subtitle, Some(1))]);
        bench.model.playing[2] = Some(1);
        assert_eq!(bench.click("subtitle none"), [Action::SetTrack(TrackKind::Subtitle, None)]);
        assert_eq!(bench.click("subtitles later"), [Action::SubDelay(100)]);
        assert_eq!(bench.click("subtitles sooner"), [Action::SubDelay(-100)]);
        // With a ray each is large enough.
        let [from, to] = bench.panel.widget("audio 2").unwrap();
        assert!(to[1] - from[1] >= if place == WINDOW { 30.0 } else { 40.0 } && to[0] - from[0] > 100.0);
        bench.click("tracks");
        assert!(!bench.has("audio 2"));
    }
}

#[test]
fn there_is_nothing_to_open_where_there_is_nothing_to_choose() {
    assert!(!with(WINDOW, [1, 0, 0]).has("tracks"));
    assert!(with(WINDOW, [1, 1, 0]).has("tracks") && with(WINDOW, [2, 0, 0]).has("tracks"));
    let mut bench = with(WINDOW, [1, 2, 0]);
    bench.click("tracks");
    bench.model.tracks = [track(TrackKind::Video, 1)].into();
    bench.run(&[]);
    assert!(!bench.has("audio 1") && !bench.has("tracks"), "another film has none");
}

#[test]
fn a_long_list_is_reached_by_the_wheel_and_by_its_ends() {
    let mut bench = with(WINDOW, [1, 1, 40]);
    bench.click("tracks");
    assert!(bench.has("subtitle 1") && !bench.has("subtitle 40") && bench.has("audio 1"));
    for _ in 0..20 {
        if bench.has("subtitle on") {
            bench.click("subtitle on");
            bench.run(&[]);
        }
    }
    assert!(bench.has("subtitle 40") && bench.has("audio 1"), "each list is for itself");
    assert_eq!(bench.click("subtitle 40"), [Action::SetTrack(TrackKind::Subtitle, Some(40))]);
    let over = bench.at("subtitle 40", 0.5, 0.5);
    bench.run(&[Pointer::Moved(over)]);
    assert_eq!(bench.run(&[Pointer::Wheel(100.0)]).actions, []);
    bench.run(&[]);
    assert!(bench.has("subtitle none") && bench.has("subtitle 1"));
}
