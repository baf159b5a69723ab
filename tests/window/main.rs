//! The program in a real window: a child process on an X server of its own, looked at by screenshots and driven by keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../common/display.rs"]
mod display;
mod playing;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use display::{Display, Screenshot};
use playing::{Playing, Program, SOON, START};

/// The picture that the test's film shows, and the part of it that stands still: below it a white square walks from left to right.
const SIZE: [u32; 2] = [640, 360];
const STILL_ROWS: u32 = 300;

fn ffmpeg(arguments: &str) {
    let done = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(arguments.split_whitespace()).status();
    let done = done.expect("ffmpeg makes the clips of this test: install it (Debian: apt install ffmpeg)");
    assert!(done.success(), "ffmpeg {arguments}");
}

/// A film of one picture of Big Buck Bunny and a walking square, and that picture.
fn clip(folder: &Path, seconds: u32) -> (PathBuf, Screenshot) {
    let [width, height] = SIZE;
    let bunny = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/bigbuckbunny.mp4");
    let (picture, film) = (folder.join("picture.png"), folder.join("clip.mp4"));
    let scaled = format!("-ss 2 -i {} -frames:v 1 -vf scale={width}:{height} {}", bunny.display(), picture.display());
    ffmpeg(&scaled);
    let inputs = format!("-loop 1 -framerate 10 -i {} -f lavfi -i color=white:s=40x40:r=10", picture.display());
    let walk = "-filter_complex [0][1]overlay=x=mod(t*160\\,600):y=318";
    ffmpeg(&format!("{inputs} {walk} -t {seconds} -c:v libx264 -qp 8 -pix_fmt yuv420p {}", film.display()));
    (film, Screenshot(image::open(&picture).unwrap().to_rgb8()))
}

/// The position that a title tells, in seconds.
fn seconds(title: &str) -> f64 {
    let time = title.split(" – ").nth(1).unwrap().split(" / ").next().unwrap();
    time.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}

#[test]
fn a_film_plays_in_both_halves_of_a_window_and_obeys_the_keys() {
    let display = Display::start([1600, 900]);
    let folder = tempfile::tempdir().unwrap();
    let (film, picture) = clip(folder.path(), 60);
    let picture = picture.part([0, 0], [SIZE[0], STILL_ROWS]);
    let mut playing = Playing::start(
        &display,
        &["play", "--quality", "full", "--loop", "--no-osd", "--strength", "film", film.to_str().unwrap()],
    );

    // The window is the film's, and both halves show it, the eyes a little apart.
    playing.title_with("clip.mp4 – ");
    assert!(playing.title().contains("sbs") && playing.title().contains("1.5 %"), "{}", playing.title());
    assert_eq!(playing.size(), [SIZE[0] * 2, SIZE[1]]);
    playing.wait(START, "the first picture", |playing| (playing.look().mean() > 20.0).then_some(()));
    let (left, right) = playing.halves("both eyes", |left, right| left.difference(right) > 0.5);
    for (eye, name) in [(&left, "left"), (&right, "right")] {
        let psnr = eye.psnr(&picture);
        assert!(psnr > 18.0, "the {name} half is not the film's picture: {psnr:.1} dB");
    }
    let shifts = left.shifts(&right, 24);
    let (least, most) = (shifts.iter().min().unwrap(), shifts.iter().max().unwrap());
    assert!(most - least >= 3, "all of the picture lies at one depth: {shifts:?}");
    assert!(*least >= -8 && *most <= 20, "beyond the comfort limits: {shifts:?}");

    // It moves, stops, and goes on.
    let before = playing.look();
    playing.wait(SOON, "the next picture", |playing| (playing.look().difference(&before) > 0.0).then_some(()));
    playing.key("space");
    playing.title_with("paused");
    std::thread::sleep(Duration::from_millis(500));
    let paused = playing.look();
    std::thread::sleep(Duration::from_millis(1000));
    assert_eq!(playing.look().difference(&paused), 0.0, "a paused film moves");

    // Settings act while paused: 2D, eyes swapped, more depth, another layout.
    let (left, right) = playing.halves("both eyes", |left, right| left.difference(right) > 0.5);
    playing.key("D");
    playing.halves("two equal halves", |left, right| left.difference(right) == 0.0);
    playing.title_with("2D");
    playing.key("D");
    playing.halves("3D again", |now_left, now_right| {
        now_left.difference(&left) == 0.0 && now_right.difference(&right) == 0.0
    });
    playing.key("X");
    playing.halves("the eyes swapped", |now_left, now_right| {
        now_left.difference(&right) == 0.0 && now_right.difference(&left) == 0.0
    });
    playing.key("X");
    playing.key("H");
    playing.title_with("1.6 %");
    playing.key("h");
    playing.title_with("1.5 %");
    playing.key("y");
    playing.title_with("half-sbs");
    playing.wait(SOON, "half the width", |playing| {
        let now = playing.look();
        let edge = now.part([0, 0], [SIZE[0] / 2 - 4, SIZE[1]]).mean();
        (edge == 0.0 && now.part([SIZE[0] / 2, 0], SIZE).mean() > 20.0).then_some(())
    });
    playing.key("Y");
    playing.halves("sbs again", |now, _| now.difference(&left) == 0.0);

    // The comfort meter stands in the upper left corner, before both eyes, and goes.
    playing.key("M");
    playing.halves("the comfort meter", |now_left, now_right| {
        let changed = |now: &Screenshot, before: &Screenshot| {
            now.part([20, 20], [80, 60]).difference(&before.part([20, 20], [80, 60]))
        };
        changed(now_left, &left) > 5.0 && changed(now_right, &right) > 5.0
    });
    playing.key("M");
    playing.halves("no meter", |now, _| now.difference(&left) == 0.0);

    // Steps and seeks, in 2D: a seek begins to follow the depth of the shot anew.
    playing.key("D");
    playing.title_with("2D");
    playing.halves("two equal halves", |left, right| left.difference(right) == 0.0);
    let paused = playing.look();
    let at = |time: f64| move |playing: &mut Playing<'_>| (seconds(&playing.title()) == time).then_some(());
    playing.key("Home");
    playing.wait(SOON, "the beginning", at(0.0));
    let first = playing.settled("the first picture", &paused);
    playing.key("period");
    playing.wait(SOON, "one picture on", at(0.1));
    let second = playing.settled("a new picture", &first);
    playing.key("period");
    playing.wait(SOON, "one more picture", at(0.2));
    playing.settled("the picture after", &second);
    playing.key("comma");
    playing.wait(SOON, "the picture before", at(0.1));
    playing.wait(SOON, "the same picture", |playing| (playing.look().difference(&second) == 0.0).then_some(()));
    playing.key("Right");
    playing.wait(SOON, "five seconds on", at(5.1));
    playing.settled("its picture", &second);
    playing.key("shift+Left");
    playing.wait(SOON, "a second back", at(4.1));
    assert!(playing.title().contains("paused"), "{}", playing.title());

    // Another shape: the picture keeps its own, between black.
    display.xdotool(&["windowsize", &playing.window, "800", "500"]);
    playing.wait(SOON, "the picture in its new place", |playing| {
        let now = playing.look();
        let band = |y, rows| now.part([0, y], [now.size()[0], rows]).mean();
        (now.size() == [800, 500] && band(0, 130) == 0.0 && band(370, 130) == 0.0 && band(150, 150) > 20.0)
            .then_some(())
    });
    playing.key("f");
    playing.wait(SOON, "the whole screen", |playing| {
        let now = playing.look();
        (now.size() == [1600, 900] && now.part([700, 350], [200, 200]).mean() > 20.0).then_some(())
    });
    playing.key("Escape");
    playing.wait(SOON, "the window again", |playing| {
        (playing.size() == [800, 500] && playing.look().part([0, 150], [800, 150]).mean() > 20.0).then_some(())
    });

    // It goes on, and ends when it is told to, also in the middle of it.
    playing.key("space");
    let before = playing.look();
    playing.wait(SOON, "the next picture", |playing| (playing.look().difference(&before) > 0.0).then_some(()));
    playing.key("q");
    let (status, said, took) = playing.program.end(SOON);
    assert!(status.success(), "{status}: {said}");
    assert!(took < Duration::from_secs(3), "quitting took {took:?}");
    assert_eq!(said, "", "nothing is said where all is well");
}

/// Where a point of the panel is in the left half of the clip's window: its points are smaller than pixels there, so that all of it has room.
fn panel_pixel(x: f64, from_below: f64) -> [u32; 2] {
    let scale = f64::from(SIZE[1]) / 410.0;
    [(x * scale).round() as u32, (f64::from(SIZE[1]) - from_below * scale).round() as u32]
}

impl Playing<'_> {
    fn mouse(&self, [x, y]: [u32; 2]) {
        self.display.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    }

    fn click(&self, at: [u32; 2], button: &str) {
        self.mouse(at);
        self.display.xdotool(&["click", button]);
    }

    /// Processor time that it has used so far.
    fn used(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.program.0.id())).unwrap();
        let fields: Vec<_> = text.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }

    /// Fails where it works although there is nothing to do.
    fn assert_idle(&self, when: &str) {
        let before = self.used();
        std::thread::sleep(Duration::from_millis(1500));
        let used = self.used() - before;
        assert!(used <= Duration::from_millis(40), "{used:?} of processor time in 1.5 s {when}");
    }
}

#[test]
fn the_panel_comes_with_the_mouse_obeys_it_and_goes() {
    let display = Display::start([1600, 900]);
    let folder = tempfile::tempdir().unwrap();
    let (film, _) = clip(folder.path(), 60);
    let mut playing = Playing::start(&display, &["play", "--quality", "full", "--loop", film.to_str().unwrap()]);
    playing.wait(START, "the first picture", |playing| (playing.look().mean() > 20.0).then_some(()));
    playing.key("space");
    playing.title_with("paused");
    let plain = playing.look();
    // It may get its depth yet.
    let plain = playing.wait(START, "a standing picture", |playing| {
        std::thread::sleep(Duration::from_millis(1500));
        let now = playing.look();
        (now.difference(&plain) == 0.0 || playing.look().difference(&now) == 0.0).then_some(now)
    });

    // The mouse brings it, before both eyes, and it goes again.
    let [width, height] = SIZE;
    let bar = panel_pixel(364.0, 130.0);
    let bars = |shot: &Screenshot| [0, width].map(|x| shot.part([x + bar[0] - 90, bar[1]], [260, 90]).mean());
    let is_there = |playing: &mut Playing<'_>| {
        let now = playing.look();
        (bars(&now).iter().zip(bars(&plain)).all(|(now, plain)| *now < 50.0 && plain > 60.0)).then_some(now)
    };
    let is_gone = |playing: &mut Playing<'_>| (playing.look().difference(&plain) == 0.0).then_some(());
    playing.mouse([300, 150]);
    playing.mouse([310, 160]);
    // X servers take a large picture in pieces.
    let shown = playing.wait(SOON, "the panel, and a mark where the mouse is, for both eyes", |playing| {
        let now = is_there(playing)?;
        let marks = [310, 310 + width].map(|x| now.part([x - 1, 159], [2, 2]).mean());
        marks.iter().all(|mean| *mean > 200.0).then_some(now)
    });
    let above = |shot: &Screenshot| shot.part([0, 0], [2 * width, height / 3]);
    assert_eq!(above(&shown).difference(&above(&plain)), 0.0, "above the panel nothing has changed");
    playing.wait(SOON, "the panel to go", is_gone);
    playing.assert_idle("while nothing is to be done");

    // Its key does the same, and sends it away.
    playing.key("Tab");
    playing.wait(SOON, "the panel", is_there);
    playing.key("Tab");
    playing.wait(SOON, "the panel to go", is_gone);

    // A click on its button lets the film go on; in the right eye's picture the next one halts it. Neither is a double click, and a right click
    // on the panel means nothing.
    let [x, y] = panel_pixel(97.0, 47.0);
    playing.mouse([x + 1, y]);
    playing.click([x, y], "1");
    playing.wait(SOON, "the film to go on", |playing| (!playing.title().contains("paused")).then_some(()));
    playing.click([x + width, y], "1");
    playing.title_with("paused");
    playing.click([x, y], "3");
    playing.click([x, y + 9], "3");
    std::thread::sleep(Duration::from_millis(300));
    assert!(playing.title().contains("paused"), "{}", playing.title());
    assert_eq!(playing.size(), [2 * width, height]);
    // Under the mouse it stays, and costs nothing there either.
    std::thread::sleep(Duration::from_millis(2500));
    assert!(bars(&playing.look()).iter().all(|mean| *mean < 60.0), "it went although the mouse is on it");
    playing.assert_idle("while the panel only stands there");

    // The bar seeks: to its middle.
    let seek = panel_pixel(364.4, 93.0);
    playing.click(seek, "1");
    playing.wait(SOON, "the middle of the film", |playing| {
        (29.0..31.0).contains(&seconds(&playing.title())).then_some(())
    });

    // Beside the panel the mouse is what it was: a double click fills the screen, a right click lets the film go on.
    playing.mouse([320, 60]);
    display.xdotool(&["click", "--repeat", "2", "--delay", "60", "1"]);
    playing.wait(SOON, "the whole screen", |playing| (playing.size() == [1600, 900]).then_some(()));
    playing.key("Escape");
    playing.wait(SOON, "the window again", |playing| (playing.size() == [2 * width, height]).then_some(()));
    playing.click([320, 60], "3");
    playing.wait(SOON, "the film to go on", |playing| (!playing.title().contains("paused")).then_some(()));

    playing.key("q");
    let (status, said, _) = playing.program.end(SOON);
    assert!(status.success() && said.is_empty(), "{status}: {said}");
}

#[test]
fn keys_do_what_input_conf_says() {
    let display = Display::start([1600, 900]);
    let folder = tempfile::tempdir().unwrap();
    let (film, _) = clip(folder.path(), 60);
    let settings = folder.path().join("input.conf");
    let lines = "# mine\nSPACE ignore\nF5 cycle 2d; print-text \"here: ${filename}\"\nk frobnicate\ng-b set layout tab\nShift+F6 quit\n";
    std::fs::write(&settings, lines).unwrap();
    let socket = folder.path().join("socket");
    let [settings_name, socket_name, film] = [&settings, &socket, &film].map(|path| path.to_str().unwrap());
    let arguments = ["play", "--loop", "--input-conf", settings_name, "--input-ipc-server", socket_name, film];
    let mut playing = Playing::start(&display, &arguments);
    playing.title_with("clip.mp4 – ");
    playing.key("F5");
    playing.title_with("2D");
    playing.key("space");
    playing.key("F5");
    playing.title_with("sbs – auto");
    playing.key("g");
    playing.key("b");
    assert!(!playing.title_with(" – tab – ").contains("paused"), "space does what it was told not to do");
    playing.key("p");
    playing.title_with("paused");

    // Another program wakes a window that has nothing to do.
    let mut stream = UnixStream::connect(&socket).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut ask = |words: &[&str]| {
        let command = serde_json::json!({ "command": words }).to_string() + "\n";
        stream.write_all(command.as_bytes()).unwrap();
        lines.by_ref().map(Result::unwrap).find(|line| line.contains("request_id")).unwrap()
    };
    assert!(ask(&["set", "layout", "left"]).contains("success"));
    playing.title_with(" – left – ");
    assert!(ask(&["set", "fullscreen", "yes"]).contains("success"));
    playing.wait(SOON, "the whole screen", |playing| (playing.size() == [1600, 900]).then_some(()));
    assert!(ask(&["get_property", "fullscreen"]).contains("true"));
    playing.key("shift+F6");
    let (status, said, _) = playing.program.end(SOON);
    assert!(status.success(), "{said}");
    assert_eq!(said.matches("here: clip.mp4").count(), 2, "{said}");
    let wrong = format!("{}: line 4: there is no command 'frobnicate'; the line is left out", settings.display());
    assert_eq!(said.lines().filter(|line| line.contains("input.conf")).count(), 1, "{said}");
    assert!(said.contains(&wrong), "{said}");
}

#[test]
fn while_a_film_plays_the_next_key_never_waits_long() {
    let display = Display::start([1600, 900]);
    let folder = tempfile::tempdir().unwrap();
    let (film, _) = clip(folder.path(), 20);
    let log = folder.path().join("log");
    let stderr = Stdio::from(std::fs::File::create(&log).unwrap());
    // A loaded machine would say that it has no time for full quality.
    let arguments = ["play", "--quality", "full", "--loop", film.to_str().unwrap()];
    let program = Program::start_with(Some(&display), &arguments, stderr, "deep3d::prompt=trace");
    let mut playing = Playing::of(&display, program);
    playing.wait(START, "the first picture", |playing| (playing.look().mean() > 20.0).then_some(()));
    // While somebody takes screenshots the X server answers nobody.
    let (began, before) = (Instant::now(), std::fs::metadata(&log).unwrap().len() as usize);
    for size in [["1000", "300"], ["700", "500"], ["1280", "720"]] {
        display.xdotool(&["windowsize", &playing.window, size[0], size[1]]);
        for key in ["Right", "y", "M", "space", "period", "space"] {
            playing.key(key);
            std::thread::sleep(Duration::from_millis(250));
        }
        [100, 120].into_iter().for_each(|x| playing.mouse([x, 100]));
    }
    playing.key("q");
    let begin = Instant::now();
    while playing.program.0.try_wait().unwrap().is_none() {
        assert!(begin.elapsed() < SOON, "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = began.elapsed();
    let said = String::from_utf8_lossy(&std::fs::read(&log).unwrap()[before..]).into_owned();
    let busy = |line: &str| line.split("busy for ").nth(1)?.split(' ').next()?.parse::<u64>().ok();
    let (mut turns, rest): (Vec<u64>, Vec<&str>) =
        said.lines().fold(Default::default(), |(mut turns, mut rest), line| {
            match busy(line) {
                Some(turn) => turns.push(turn),
                None => rest.push(line),
            }
            (turns, rest)
        });
    assert!(rest.is_empty(), "{rest:?}");
    turns.sort();
    // A key that comes at any moment waits for the end of the turn that it comes in.
    let late: u64 = turns.iter().map(|turn| turn.saturating_sub(50_000)).sum();
    let share = late as f64 / 1e6 / took.as_secs_f64();
    println!("{} turns in {took:?}, the longest {:?} µs; {share:.4} of the time", turns.len(), turns.last());
    assert!(turns.len() > 200 && share <= 0.01, "a key waits longer than 50 ms in {share} of all cases");
}

/// Where a window is kept.
const STATE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/window-state");

#[test]
fn a_window_is_as_large_and_where_it_is_wanted_and_as_it_was_left() {
    let display = Display::start([1280, 720]);
    let folder = tempfile::tempdir().unwrap();
    let (film, _) = clip(folder.path(), 4);
    let film = film.to_str().unwrap();
    let place = |playing: &Playing| {
        let told = display.xdotool(&["getwindowgeometry", "--shell", &playing.window]);
        let value = |name: &str| {
            told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse::<i32>().ok()).unwrap()
        };
        [value("X"), value("Y")]
    };
    let wanted =
        ["play", "--loop", "--geometry", "400x300-30+40", "--title", "mine", "--ontop", "--cursor-autohide", "no"];
    let mut playing = Playing::start(&display, &[&wanted[..], &[film]].concat());
    playing.wait(SOON, "its size", |playing| (playing.size() == [400, 300]).then_some(()));
    playing.wait(SOON, "its place", |playing| (place(playing) == [850, 40]).then_some(()));
    assert_eq!(playing.title(), "mine");
    drop(playing);

    let _ = std::fs::remove_file(Path::new(STATE).join("window.json"));
    let keeps = ["play", "--loop", "--keep-window=yes", "--autofit=320", film];
    let mut playing = Playing::start(&display, &keeps);
    playing.wait(SOON, "its size", |playing| (playing.size() == [320, 90]).then_some(()));
    display.xdotool(&["windowsize", &playing.window, "640", "180"]);
    display.xdotool(&["windowmove", &playing.window, "200", "100"]);
    playing.wait(SOON, "the new place", |playing| (place(playing) == [200, 100]).then_some(()));
    playing.wait(SOON, "the new size", |playing| (playing.size() == [640, 180]).then_some(()));
    playing.key("q");
    let (status, said, _) = playing.program.end(START);
    assert!(status.success(), "{said}");
    let mut playing = Playing::start(&display, &["play", "--loop", "--keep-window=yes", film]);
    playing.wait(SOON, "the size that it had", |playing| (playing.size() == [640, 180]).then_some(()));
    playing.wait(SOON, "the place that it had", |playing| (place(playing) == [200, 100]).then_some(()));
}

#[test]
fn the_window_closes_at_the_end_and_never_opens_for_what_is_no_film() {
    let display = Display::start([800, 600]);
    let folder = tempfile::tempdir().unwrap();
    let (film, _) = clip(folder.path(), 4);
    let mut playing = Playing::start(&display, &["play", "--quality", "full", "--fullscreen", film.to_str().unwrap()]);
    playing.wait(SOON, "the whole screen", |playing| (playing.size() == [800, 600]).then_some(()));
    let (status, said, _) = playing.program.end(START);
    assert!(status.success() && said.is_empty(), "{status}: {said}");

    let text = folder.path().join("text.mp4");
    std::fs::write(&text, "this is no film\n").unwrap();
    let (status, said, _) = Program::start(Some(&display), &["play", text.to_str().unwrap()]).end(START);
    assert_eq!(status.code(), Some(1));
    assert!(said.lines().count() == 1 && said.contains("text.mp4"), "{said}");
}

#[test]
fn without_a_display_one_sentence_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (film, _) = clip(folder.path(), 1);
    let (status, said, _) = Program::start(None, &["play", "--quality", "full", film.to_str().unwrap()]).end(START);
    assert_eq!(status.code(), Some(1));
    assert!(said.lines().count() == 1 && said.contains("--sink null") && said.contains("deep3d convert"), "{said}");
}
