//! Films of beeps and flashes, played in a process of their own: how far what is seen is from what is heard.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;
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

use crate::ffmpeg::ffmpeg;
use crate::program;
use crate::pulse::{Pulse, RATE, Recording};

/// A small film: pictures white for 0.12 s at each second but the first, and the sound of `samples` (left and right).
pub(crate) fn film(folder: &Path, seconds: f64, samples: &[[i16; 2]], codec: &str) -> PathBuf {
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
pub(crate) fn noise(seconds: f64) -> Vec<[i16; 2]> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 18) as i16 - 8192
    };
    (0..(seconds * RATE as f64) as usize).map(|_| [next(), next()]).collect()
}

/// Beeps of 50 ms at each second but the first.
pub(crate) fn beeps(seconds: usize) -> Vec<[i16; 2]> {
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
pub(crate) fn onsets(recording: &Recording) -> Vec<f64> {
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

pub(crate) fn unix() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// What the viewer does.
fn plan(name: &str, length: f64, step: u32, random: f64) -> Vec<Action> {
    match name {
        "plain" | "slow" => Vec::new(),
        "seeks" if step.is_multiple_of(3) => vec![Action::Pause],
        "seeks" if step % 3 == 1 => vec![Action::Pause],
        "seeks" => vec![Action::SeekTo(Time::from_seconds((random * (length - 10.0)).floor() + 0.4 + 0.3 * random))],
        "speeds" => vec![Action::NormalSpeed, Action::Speed([0.5, 0.75, 1.5, 2.0][step as usize % 4])],
        _ => panic!("no plan {name}"),
    }
}

/// The process that [`offsets`] starts: plays what the environment names, and prints when which picture was handed over. Alone it does nothing.
pub(crate) fn play() {
    let Ok(path) = std::env::var("SOUND_FILM") else { return };
    let name = std::env::var("SOUND_PLAN").unwrap();
    let number = |name: &str| -> f64 { std::env::var(name).unwrap().parse().unwrap() };
    let (length, seconds) = (number("SOUND_LENGTH"), number("SOUND_SECONDS"));
    let gpu = Gpu::new(&Headless, &GpuOptions::default()).unwrap();
    let sound = Sound::new(Box::<System>::default(), None).unwrap();
    // A network that is too slow for each picture, and one that is not.
    let network_area = if name == "slow" { FilmOptions::default().network_area } else { 64 * 64 };
    let film = FilmOptions { pace: Pace::Live, network_area, sound: Some(sound.clone()), ..FilmOptions::default() };
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
            for action in plan(&name, length, step, random) {
                player.act(action, Instant::now());
            }
            step += 1;
        }
        let wake = tick.wake.unwrap_or(now + Duration::from_millis(20));
        thread::sleep(wake.min(now + Duration::from_millis(20)).saturating_duration_since(Instant::now()));
    }
}

/// Plays a film of `length` seconds as `name` says for `seconds`: how far each picture of a flash was from the beep that belongs to it, in seconds, above
/// zero where it came later than that.
pub(crate) fn offsets(name: &str, length: usize, seconds: f64) -> Vec<f64> {
    let folder = tempfile::tempdir().unwrap();
    let path = film(folder.path(), length as f64, &beeps(length), "flac");
    let pulse = Pulse::start();
    let recorder = pulse.record("null");
    thread::sleep(Duration::from_secs(1));
    let mut command = Command::new(std::env::current_exe().unwrap());
    pulse.lead(&mut command);
    command.args(["--exact", "player", "--nocapture", "--test-threads", "1"]);
    command.env("SOUND_FILM", &path).env("SOUND_PLAN", name).env("SOUND_SECONDS", seconds.to_string());
    command.env("SOUND_LENGTH", length.to_string());
    command.env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    let run = command.output().unwrap();
    assert!(run.status.success(), "{}", program::text(&run.stderr));
    thread::sleep(Duration::from_millis(300));
    let recording = recorder.end();
    let beeps = onsets(&recording);
    // Up to half a second the nearest beep is the flash's own. Where the viewer seeks, some flashes have none.
    let reach = if name == "seeks" { 0.35 } else { 0.5 };
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
        found.extend(nearest.filter(|off| off.abs() < reach));
    }
    found
}
