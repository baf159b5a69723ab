//! Films with their sound, through a real sound server: what is heard is what is in the file, and when it is heard the pictures are there.
#![cfg(all(feature = "media", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;
#[path = "common/pulse.rs"]
mod pulse;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use deep3d::film::{FilmOptions, Origin, Pace};
use deep3d::gpu::{Gpu, GpuOptions, Headless};
use deep3d::location::Location;
use deep3d::net::Weights;
use deep3d::player::{Films, Player, PlayerOptions, SoundLevels};
use deep3d::sink::Action;
use deep3d::sound::{Sound, System};
use deep3d::time::Time;
use ffmpeg::ffmpeg;
use program::deep3d;
use pulse::{Pulse, RATE, Recording};

/// A small film: pictures white for 0.12 s at each second but the first, and the sound of `samples` (left and right).
fn film(folder: &Path, seconds: f64, samples: &[[i16; 2]], codec: &str) -> PathBuf {
    let raw = folder.join("sound.raw");
    let bytes: Vec<u8> = samples.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(&raw, bytes).unwrap();
    let path = folder.join("film.mkv");
    let arguments = format!(
        "-f lavfi -i color=black:s=160x96:r=25:d={seconds},drawbox=c=white:t=fill:enable='lt(mod(t,1),0.12)*gt(t,0.5)' \
         -f s16le -ar 48000 -ac 2 -i {} -c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a {codec}",
        raw.display()
    );
    ffmpeg(&arguments, &path);
    path
}

/// Noise that never repeats, quiet enough to be left as it is.
fn noise(seconds: f64) -> Vec<[i16; 2]> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 18) as i16 - 8192
    };
    (0..(seconds * RATE as f64) as usize).map(|_| [next(), next()]).collect()
}

/// Beeps of 50 ms at each second but the first.
fn beeps(seconds: usize) -> Vec<[i16; 2]> {
    let mut samples = vec![[0; 2]; seconds * RATE];
    for second in 1..seconds {
        for frame in 0..RATE / 20 {
            let value = 16_000.0 * (std::f64::consts::TAU * 1000.0 * frame as f64 / RATE as f64).sin();
            samples[second * RATE + frame] = [value as i16; 2];
        }
    }
    samples
}

/// When beeps begin, in seconds since 1970.
fn onsets(recording: &Recording) -> Vec<f64> {
    let (mut onsets, mut last) = (Vec::new(), None::<usize>);
    for (at, [left, _]) in recording.samples.iter().enumerate() {
        if left.unsigned_abs() > 1500 {
            if last.is_none_or(|last| at - last > RATE / 8) {
                onsets.push(recording.began + at as f64 / RATE as f64);
            }
            last = Some(at);
        }
    }
    onsets
}

fn unix() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Plays the film of `source` and compares what is heard with it, frame by frame. The error says what differs.
fn compare(path: &Path, source: &[[i16; 2]]) -> Result<(), String> {
    let pulse = Pulse::start();
    let recorder = pulse.record("null");
    thread::sleep(Duration::from_secs(3));
    let mut command = deep3d();
    pulse.lead(&mut command);
    let run = command.args(["play", "--sink", "null", "--audio-device", "auto"]).arg(path).output().unwrap();
    assert!(run.status.success(), "{}", program::text(&run.stderr));
    thread::sleep(Duration::from_millis(400));
    let recording = recorder.end();
    // After the beginning's 5 ms everything is there, once, and as it was.
    let lead = RATE / 100;
    let heard = &recording.samples;
    let same = |a: &[i16; 2], b: &[i16; 2]| a[0].abs_diff(b[0]) < 3 && a[1].abs_diff(b[1]) < 3;
    let begins = heard.windows(8).position(|window| window.iter().zip(&source[lead..]).all(|(a, b)| same(a, b)));
    let begins = begins.ok_or("the beginning is not to be heard")?;
    if let Some(wrong) = heard[begins..].iter().zip(&source[lead..]).position(|(a, b)| !same(a, b)) {
        let silent = heard[begins + wrong..].iter().take_while(|frame| **frame == [0; 2]).count();
        return Err(format!("frame {wrong} of {} is wrong: {silent} are silent there", source.len() - lead));
    }
    let end = begins + source.len() - lead;
    if heard.len() < end {
        return Err("the end is missing".to_owned());
    }
    // And silence around it.
    let silent = |frames: &[[i16; 2]]| frames.iter().all(|frame| *frame == [0; 2]);
    assert!(silent(&heard[end + RATE / 100..]) && silent(&heard[begins.saturating_sub(RATE)..begins - lead - 1]));
    Ok(())
}

#[test]
fn what_is_heard_is_what_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = noise(6.0);
    let path = film(folder.path(), 6.0, &source, "pcm_s16le");
    // Where other tests hold all processors for longer than the device holds sound, it runs out of it: then it is tried again.
    let tries: Vec<_> = (0..3).map_while(|_| compare(&path, &source).err()).collect();
    assert!(tries.len() < 3, "{tries:#?}");
}

#[test]
fn a_film_goes_on_when_its_device_goes_and_another_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), 9.0, &noise(9.0), "pcm_s16le");
    let pulse = Pulse::start();
    let mut command = deep3d();
    pulse.lead(&mut command);
    let statistics = folder.path().join("events");
    command
        .args(["play", "-v", "--sink", "null", "--audio-device", "auto", "--dump-stats"])
        .arg(&statistics)
        .arg(&path);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_secs(4));
    assert!(pulse.pactl(&["load-module", "module-null-sink", "sink_name=other", "rate=44100", "channels=6"]).0);
    assert!(pulse.pactl(&["set-default-sink", "other"]).0);
    let recorder = pulse.record("other");
    thread::sleep(Duration::from_secs(1));
    pulse.pactl(&["unload-module", "module-null-sink"]);
    assert!(pulse.pactl(&["load-module", "module-null-sink", "sink_name=third", "rate=48000"]).0);
    let done = child.wait().unwrap();
    assert!(done.success());
    let loud = recorder.end().samples.iter().filter(|frame| frame[0] != 0).count();
    assert!(loud > RATE / 4, "the new default device had {loud} frames of sound");
    // All pictures are in time, but for the machine's own slowness: film time never stood and never jumped.
    let text = std::fs::read_to_string(statistics).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let shown: Vec<[f64; 2]> = events
        .filter(|event| event["event"] == "picture" && event["late"].is_number())
        .map(|event| {
            [event["wall"].as_f64().unwrap() - event["late"].as_f64().unwrap(), event["pts"].as_f64().unwrap()]
        })
        .collect();
    for pair in shown[shown.len() / 8..].windows(2) {
        let drift = (pair[1][0] - pair[0][0]) - (pair[1][1] - pair[0][1]);
        assert!(drift.abs() < 0.09, "film time stepped by {drift} s at {:?}", pair[1]);
    }
}

#[test]
fn without_a_sound_server_the_film_plays_and_one_line_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), 1.0, &noise(1.0), "pcm_s16le");
    let mut command = deep3d();
    command.env("XDG_RUNTIME_DIR", folder.path()).env("HOME", folder.path()).env_remove("PULSE_SERVER");
    let run = command.args(["play", "--sink", "null", "--audio-device", "auto"]).arg(&path).output().unwrap();
    let said = program::text(&run.stderr);
    assert!(run.status.success(), "{said}");
    let lines: Vec<_> = said.lines().filter(|line| !line.contains("full quality")).collect();
    assert!(lines.len() == 1 && lines[0].contains("the film goes on without sound"), "{said}");
}

#[test]
fn devices_are_listed() {
    let pulse = Pulse::start();
    let mut command = deep3d();
    pulse.lead(&mut command);
    let run = command.args(["play", "--audio-device", "help"]).output().unwrap();
    let said = program::text(&run.stdout);
    assert!(run.status.success() && said.starts_with("auto ") && said.contains("\nnull  "), "{said}");
}

/// What the viewer does, and how far pictures may be from their sound then, in seconds beyond 20 ms.
fn plan(name: &str, step: u32, random: f64) -> Vec<Action> {
    match name {
        "plain" => Vec::new(),
        "seeks" if step.is_multiple_of(3) => vec![Action::Pause],
        "seeks" if step % 3 == 1 => vec![Action::Pause],
        "seeks" => vec![Action::SeekTo(Time::from_seconds((random * 50.0).floor() + 0.4 + 0.3 * random))],
        "speeds" => vec![Action::NormalSpeed, Action::Speed([0.5, 0.75, 1.5, 2.0][step as usize % 4])],
        _ => panic!("no plan {name}"),
    }
}

/// The process that the tests below start: plays what the environment names, and prints when which picture was handed over. Alone it does nothing.
#[test]
fn player() {
    let Ok(path) = std::env::var("SOUND_FILM") else { return };
    let name = std::env::var("SOUND_PLAN").unwrap();
    let seconds: f64 = std::env::var("SOUND_SECONDS").unwrap().parse().unwrap();
    let gpu = Gpu::new(&Headless, &GpuOptions::default()).unwrap();
    let sound = Sound::new(Box::new(System), None).unwrap();
    let film =
        FilmOptions { pace: Pace::Live, network_area: 64 * 64, sound: Some(sound.clone()), ..FilmOptions::default() };
    let origin = Origin::Network(Arc::new(Weights::built_in().unwrap()));
    let films = Films::new(&gpu, origin, vec![Location::File(path.into())], film).unwrap();
    let options = PlayerOptions { sound: Some(sound), levels: SoundLevels::default(), ..PlayerOptions::default() };
    let mut player = Player::new(films, options);
    let (began, mut acted, mut step, mut shown) = (Instant::now(), Instant::now(), 0, None);
    let mut random = 0.37_f64;
    while began.elapsed().as_secs_f64() < seconds {
        let now = Instant::now();
        let tick = player.tick(now);
        if tick.finished {
            break;
        }
        let frame = player.shown().map(|frame| (frame.epoch, frame.id, frame.pts));
        if frame != shown {
            shown = frame;
            // What waits in the ring is heard at the speed before.
            let changing = name == "speeds" && acted.elapsed().as_secs_f64() < 0.8;
            if let Some((epoch, _, pts)) = frame.filter(|_| !changing) {
                println!("picture {:.6} {:.6} {epoch} {}", unix(), pts.seconds(), player.speed());
            }
        }
        let patience = if name == "seeks" && step % 3 == 0 { 0.4 } else { 2.3 };
        if acted.elapsed().as_secs_f64() > patience && began.elapsed().as_secs_f64() > 3.0 {
            acted = Instant::now();
            random = (random * 7.13 + 0.217).fract();
            for action in plan(&name, step, random) {
                player.act(action, Instant::now());
            }
            step += 1;
        }
        let wake = tick.wake.unwrap_or(now + Duration::from_millis(20));
        thread::sleep(wake.min(now + Duration::from_millis(20)).saturating_duration_since(Instant::now()));
    }
}

/// How far each picture of a flash was from the beep that belongs to it, in seconds: above zero it came later than that.
fn offsets(name: &str, seconds: f64) -> Vec<f64> {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), 60.0, &beeps(60), "flac");
    let pulse = Pulse::start();
    let recorder = pulse.record("null");
    thread::sleep(Duration::from_secs(1));
    let mut command = Command::new(std::env::current_exe().unwrap());
    pulse.lead(&mut command);
    command.args(["--exact", "player", "--nocapture", "--test-threads", "1"]);
    command.env("SOUND_FILM", &path).env("SOUND_PLAN", name).env("SOUND_SECONDS", seconds.to_string());
    command.env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}", program::text(&run.stderr));
    thread::sleep(Duration::from_millis(300));
    let recording = recorder.end();
    let beeps = onsets(&recording);
    let mut found = Vec::new();
    for line in program::text(&run.stdout).lines().filter_map(|line| line.split("picture ").nth(1)) {
        let words: Vec<f64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
        let [at, pts, _, speed] = words[..] else { panic!("{line}") };
        let into = pts - (pts + 0.001).floor();
        if pts < 0.9 || into > 0.121 {
            continue;
        }
        let flash = at - into / speed;
        let nearest = beeps.iter().map(|beep| flash - beep).min_by(|a, b| a.abs().total_cmp(&b.abs()));
        found.extend(nearest.filter(|off| off.abs() < 0.35));
    }
    found
}

/// The most is 20 ms, and a picture's duration, as this machine does not show every one. Where other tests hold all processors for longer than the device
/// holds sound, a beep comes late: that may be one picture in `strays`.
fn assert_together(name: &str, offsets: &[f64], least: usize, strays: usize) {
    let mut sorted = offsets.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted[sorted.len() / 2];
    println!(
        "{name}: {} offsets, median {median:.4}, from {:.4} to {:.4}",
        sorted.len(),
        sorted[0],
        sorted[sorted.len() - 1]
    );
    assert!(offsets.len() >= least, "{name}: only {} flashes and beeps", offsets.len());
    assert!(median.abs() <= 0.02, "{name}: {sorted:?}");
    let off = sorted.iter().filter(|off| off.abs() > 0.06).count();
    assert!(off * strays <= sorted.len(), "{name}: {off} are farther off: {sorted:?}");
}

#[test]
fn flashes_are_seen_when_their_beeps_are_heard() {
    assert_together("plain", &offsets("plain", 20.0), 15, 12);
}

#[test]
fn seeks_and_pauses_leave_pictures_and_sound_together() {
    assert_together("seeks", &offsets("seeks", 30.0), 15, 12);
}

#[test]
fn speeds_leave_pictures_and_sound_together() {
    assert_together("speeds", &offsets("speeds", 22.0), 15, 12);
}

/// `bytes` with what follows `mark` replaced by `by`, at its first place.
fn patched(bytes: &[u8], mark: &[u8], by: &[u8]) -> Vec<u8> {
    let at = bytes.windows(mark.len()).position(|window| window == mark).expect("the mark is there") + mark.len();
    [&bytes[..at], by, &bytes[at + by.len()..]].concat()
}

#[test]
fn bad_sound_never_keeps_a_film_from_playing() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(film(folder.path(), 2.0, &noise(2.0), "pcm_s16le")).unwrap();
    let flac = std::fs::read(film(folder.path(), 2.0, &noise(2.0), "flac")).unwrap();
    let mut damaged = flac.clone();
    let end = damaged.len();
    damaged[end / 3..].iter_mut().step_by(97).for_each(|byte| *byte ^= 0x55);
    let late = folder.path().join("late.mkv");
    let sound = folder.path().join("sound.raw");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc=s=160x96:r=25:d=2 -itsoffset 1.2 -f s16le -ar 48000 -ac 2 -i {} -t 2 -c:v mpeg4 -c:a flac",
            sound.display()
        ),
        &late,
    );
    let far = folder.path().join("far.mkv");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc=s=160x96:r=25:d=2 -itsoffset 7200 -f s16le -ar 48000 -ac 2 -i {} -c:v mpeg4 -c:a flac",
            sound.display()
        ),
        &far,
    );
    let cases = [
        ("0 Hz", patched(&good, b"\xb5\x88", &[0; 8]), None),
        ("infinitely many Hz", patched(&good, b"\xb5\x88", &f64::INFINITY.to_be_bytes()), None),
        ("255 channels", patched(&good, b"\x9f\x81", b"\xff"), None),
        ("no channels", patched(&good, b"\x9f\x81", b"\x00"), None),
        ("an unknown codec", patched(&flac, b"A_FL", b"UN"), Some("without sound")),
        ("damaged packets", damaged, None),
        ("sound that begins late", std::fs::read(late).unwrap(), None),
    ];
    let pulse = Pulse::start();
    for (name, bytes, said) in cases {
        let path = folder.path().join("case.mkv");
        std::fs::write(&path, bytes).unwrap();
        let began = Instant::now();
        let mut command = deep3d();
        pulse.lead(&mut command);
        let run = command.args(["play", "--sink", "null", "--audio-device", "auto"]).arg(&path).output().unwrap();
        let text = program::text(&run.stderr);
        assert!(run.status.success(), "{name}: {text}");
        assert!(began.elapsed() < Duration::from_secs(30), "{name}: {:?}", began.elapsed());
        assert!(!text.contains("panicked") && said.is_none_or(|said| text.contains(said)), "{name}: {text}");
    }
    // What begins hours later is waited for, as mpv does; whoever does not want that says where to end.
    let mut command = deep3d();
    pulse.lead(&mut command);
    let run = command.args(["play", "--sink", "null", "--audio-device", "auto", "--length", "1.5"]).arg(&far);
    assert!(run.status().unwrap().success());
}
