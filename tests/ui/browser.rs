//! The browser in the panel: by mouse, by keys, and with letters to be clicked.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deep3d::browser::{Facts, Item, ItemKind, Listing, Place, PlaceItem, Shelf, Small, State};
use deep3d::location::Location;
use deep3d::sink::panel::{PanelPlace, Pointer, TextureChange};
use deep3d::sink::{Action, ScreenSettings};
use deep3d::time::Time;
use deep3d::ui::Wish;

use crate::bench::{Bench, WINDOW};

fn item(name: &str, kind: ItemKind) -> Item {
    let location = Location::File(PathBuf::from("/films").join(name));
    Item { name: name.to_owned(), search: name.to_lowercase(), location, kind }
}

fn shelf(items: Vec<Item>) -> Shelf {
    let place = Place::Folder(PathBuf::from("/films"));
    let home = PlaceItem { name: "Home".to_owned(), place: Place::Folder(PathBuf::from("/home/me")) };
    let recent = PlaceItem { name: "Recent".to_owned(), place: Place::Recent };
    Shelf {
        version: 1,
        listing: Arc::new(Listing { place, items }),
        state: State::Read,
        places: Arc::new([recent, home]),
        busy: false,
        ..Shelf::default()
    }
}

fn films(count: usize) -> Vec<Item> {
    let film = |number| item(&format!("film {number}.mkv"), ItemKind::Film);
    [item("Series", ItemKind::Folder)].into_iter().chain((1..count).map(film)).collect()
}

/// A panel whose browser is open.
fn browsing(place: PanelPlace, items: Vec<Item>) -> Bench {
    let mut bench = Bench::new(place);
    bench.model.browser = Some(shelf(items));
    bench.panel.toggle_browser();
    bench.run(&[Pointer::Moved([1.0, 1.0])]);
    assert!(bench.run(&[]).visible);
    assert_eq!(bench.panel.take_wishes()[0], Wish::Begin);
    bench
}

fn wishes(bench: &mut Bench) -> Vec<Wish> {
    bench.run(&[]);
    bench.panel.take_wishes().into_iter().filter(|wish| !matches!(wish, Wish::See(_))).collect()
}

fn press(bench: &mut Bench, keys: &[&str]) -> Vec<Wish> {
    for key in keys {
        assert!(bench.panel.key(key), "{key}");
        bench.run(&[]);
    }
    wishes(bench)
}

fn play(name: &str) -> [Wish; 1] {
    [Wish::Play(Location::File(PathBuf::from("/films").join(name)))]
}

#[test]
fn a_button_and_a_key_open_it_and_it_stays() {
    let mut bench = Bench::shown(WINDOW);
    assert_eq!(bench.click("browse"), [Action::Browse]);
    assert!(!bench.panel.key("DOWN"), "without it keys are the film's");
    let mut bench = browsing(WINDOW, films(3));
    bench.now += Duration::from_secs(60);
    assert!(bench.run(&[]).visible && bench.has("row 0") && !bench.has("play"));
    bench.click("close browser");
    bench.now += Duration::from_secs(60);
    assert!(!bench.run(&[]).visible && !bench.panel.is_browsing());
}

#[test]
fn a_click_goes_into_a_folder_or_plays_a_film() {
    let mut bench = browsing(WINDOW, films(5));
    bench.click("row 0");
    assert_eq!(wishes(&mut bench), [Wish::Go(Place::Folder("/films/Series".into()))]);
    bench.click("up");
    assert_eq!(wishes(&mut bench), [Wish::Go(Place::Folder("/".into()))]);
    bench.click("place 1");
    assert_eq!(wishes(&mut bench), [Wish::Go(Place::Folder("/home/me".into()))]);
    bench.click("row 2");
    assert_eq!(wishes(&mut bench), play("film 2.mkv"));
    assert!(!bench.panel.is_browsing(), "and makes room for it");
}

#[test]
fn keys_move_and_letters_search() {
    let mut bench = browsing(WINDOW, films(30));
    assert_eq!(press(&mut bench, &["ENTER"]), [Wish::Go(Place::Folder("/films/Series".into()))]);
    assert_eq!(press(&mut bench, &["BS"]), [Wish::Go(Place::Folder("/".into()))]);
    assert_eq!(
        press(&mut bench, &["DOWN", "DOWN", "Shift+ENTER"]),
        [Wish::Append(Location::File("/films/film 2.mkv".into()))]
    );
    assert_eq!(press(&mut bench, &["END", "UP", "RIGHT"]), []);
    assert_eq!(press(&mut bench, &["2", "SPACE", "BS", "7"]), []);
    assert!(bench.has("row 0") && !bench.has("row 1"), "one film has 27 in its name");
    assert!(!bench.panel.key("F5") && !bench.panel.key("Ctrl+c") && !bench.panel.key("PLAYPAUSE"));
    assert_eq!(press(&mut bench, &["ENTER"]), play("film 27.mkv"));
    // Escape ends the search first, then it closes.
    let mut bench = browsing(WINDOW, films(30));
    press(&mut bench, &["x", "ESC"]);
    assert!(bench.panel.is_browsing() && bench.has("row 3"));
    press(&mut bench, &["ESC"]);
    assert!(!bench.panel.is_browsing());
}

#[test]
fn the_folder_one_comes_from_is_under_the_cursor() {
    let mut bench = browsing(WINDOW, films(5));
    press(&mut bench, &["BS"]);
    let above: Vec<_> = (0..40).map(|number| item(&format!("a{number}"), ItemKind::Folder)).collect();
    let mut above = shelf(above.into_iter().chain([item("../films", ItemKind::Folder)]).collect());
    let last = Arc::make_mut(&mut above.listing);
    last.items[40].location = Location::File("/films".into());
    (last.place, above.version) = (Place::Folder("/".into()), 2);
    bench.model.browser = Some(above);
    bench.run(&[]);
    bench.run(&[]);
    assert!(bench.has("row 40"), "it is in sight");
    assert_eq!(press(&mut bench, &["ENTER"]), [Wish::Go(Place::Folder("/films".into()))]);
}

#[test]
fn only_what_is_seen_of_many_is_built_and_wanted() {
    let mut bench = browsing(WINDOW, films(10_000));
    let seen = |bench: &mut Bench| {
        bench.run(&[]);
        bench
            .panel
            .take_wishes()
            .into_iter()
            .filter_map(|wish| if let Wish::See(items) = wish { Some(items) } else { None })
            .next_back()
    };
    bench.panel.key("END");
    let last = seen(&mut bench).unwrap();
    assert!(last.len() < 16 && last.contains(&9_999), "{last:?}");
    assert_eq!(seen(&mut bench), None, "it is said once");
    bench.panel.key("HOME");
    assert!(seen(&mut bench).unwrap().contains(&0));
    // The wheel, a drag and the bar move it.
    let rows = bench.at("rows", 0.5, 0.5);
    bench.run(&[Pointer::Moved(rows)]);
    bench.run(&[Pointer::Wheel(-5.0)]);
    assert!(!seen(&mut bench).unwrap().contains(&0));
    bench.run(&[Pointer::Pressed(rows)]);
    for step in 1..=20 {
        bench.run(&[Pointer::Moved([rows[0], rows[1] + 60.0 * step as f32])]);
    }
    bench.run(&[Pointer::Released([rows[0], rows[1] + 1200.0])]);
    assert!(seen(&mut bench).unwrap().contains(&0));
    assert!(bench.panel.is_browsing(), "a drag is no click");
    bench.click_at(bench.at("scroll", 0.5, 0.5));
    let middle = seen(&mut bench).unwrap();
    assert!((4_000..6_000).contains(&middle[0]), "{middle:?}");
    // And quickly: a frame has 16 ms.
    let began = Instant::now();
    for _ in 0..50 {
        bench.run(&[Pointer::Wheel(-1.0)]);
    }
    let each = began.elapsed() / 50;
    assert!(each < Duration::from_millis(16), "{each:?} for a turn of the wheel");
}

#[test]
fn in_the_headset_there_are_letters() {
    let mut bench = browsing(PanelPlace::Headset(ScreenSettings::default()), films(30));
    assert!(!bench.has("letter f"));
    bench.click("search");
    for letter in ["2", "x", "delete", "7"] {
        bench.click(&format!("letter {letter}"));
    }
    assert!(bench.has("row 0") && !bench.has("row 1"));
    bench.click("letters done");
    assert!(!bench.has("letter f"));
    bench.click("row 0");
    assert_eq!(wishes(&mut bench), play("film 27.mkv"));
}

#[test]
fn thumbnails_are_given_to_the_gpu_once() {
    let mut bench = browsing(WINDOW, films(5));
    let small = Arc::new(Small { size: [160, 90], pixels: vec![200; 160 * 90 * 4] });
    let facts = Facts { duration: Some(Time::from_seconds(90.0)), watched: Some(0.5), picture: Some(small) };
    let known = bench.model.browser.as_mut().unwrap();
    (known.facts, known.version) = (Arc::new(HashMap::from([(1, facts)])), 2);
    bench.changes.clear();
    bench.run(&[]);
    let parts = |bench: &Bench| {
        bench.changes.iter().filter(|change| matches!(change, TextureChange::Part { size: [162, 92], .. })).count()
    };
    assert_eq!(parts(&bench), 1);
    press(&mut bench, &["DOWN", "DOWN"]);
    assert_eq!(parts(&bench), 1);
}

#[test]
fn where_nothing_plays_it_is_said_what_to_do() {
    let mut bench = Bench::new(WINDOW);
    bench.panel.set_empty(true);
    let output = bench.run(&[]);
    assert!(output.visible && !bench.has("play"));
    assert_eq!(bench.click("open browser"), [Action::Browse]);
    bench.panel.set_empty(false);
    bench.run(&[]);
    bench.now += Duration::from_secs(10);
    assert!(!bench.run(&[]).visible);
}

#[test]
fn what_is_wrong_is_said_and_nonsense_does_no_harm() {
    let mut bench = browsing(WINDOW, vec![item(&"\n\u{202e}шапка 映画 🎬\0".repeat(300), ItemKind::Film)]);
    for state in [State::Reading, State::Silent, State::Failed("no such folder".repeat(99)), State::Read] {
        let known = bench.model.browser.as_mut().unwrap();
        (known.state, known.version) = (state, known.version + 1);
        bench.run(&[]);
    }
    press(&mut bench, &["UP", "PGDWN", "PGUP", "DOWN"]);
    for _ in 0..200 {
        bench.panel.key("ü");
    }
    bench.run(&[]);
    let known = bench.model.browser.as_mut().unwrap();
    *known = Shelf { version: 99, ..shelf(Vec::new()) };
    press(&mut bench, &["ESC", "DOWN", "ENTER", "END", "Shift+ENTER"]);
    assert!(bench.panel.is_browsing());
}
