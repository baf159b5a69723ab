//! A film in the headset, with its sound: the program itself, before Monado and a sound server.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::display::Screenshot;
use crate::monado::{Compositor, Devices, Monado};
use crate::program::{deep3d, text};
use crate::pulse::{Pulse, RATE};

const FILM: &str = "assets/bigbuckbunny.mp4";
/// Longer than the film lasts and lavapipe takes to compile what it needs.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is to be heard: both channels, as FFmpeg mixes them.
fn source() -> Vec<[i16; 2]> {
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i", FILM, "-vn", "-ac", "2", "-ar", "48000", "-f", "s16le", "-"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", text(&run.stderr));
    let sample = |bytes: &[u8]| [[bytes[0], bytes[1]], [bytes[2], bytes[3]]].map(i16::from_le_bytes);
    run.stdout.chunks_exact(4).map(sample).collect()
}

/// Plays the film to its end; the error says what is wrong with what was heard.
fn play(monado: &Monado, pulse: &Pulse, source: &[[i16; 2]]) -> Result<(), String> {
    let recorder = pulse.record("null");
    std::thread::sleep(Duration::from_secs(3));
    let mut command = deep3d();
    // lavapipe compiles kernels when they are used for the first time, and keeps them there.
    command.envs(monado.environment()).env("MESA_SHADER_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env("PULSE_SERVER", format!("unix:{}/pulse/native", pulse.runtime().display()));
    // The room would change what is heard.
    command
        .args([
            "play",
            "--sink",
            "vr",
            "--headset-audio",
            "plain",
            "--resume-playback=no",
            "--save-position-on-quit=no",
            FILM,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let began = Instant::now();
    let mut playing = command.spawn().unwrap();
    let mut seen = false;
    while playing.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            playing.kill().unwrap();
        }
        let eyes = [0, 1].map(|eye| monado.eye(eye));
        // The room is dark; the screen stands in the middle.
        let bright = |eye: &Screenshot| eye.part([110, 150], [100, 60]).mean() > 30.0;
        if !seen && eyes.iter().all(bright) && eyes[0].0 != eyes[1].0 {
            seen = true;
            for (eye, name) in eyes.iter().zip(["film-left.png", "film-right.png"]) {
                eye.0.save(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)).unwrap();
            }
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    let run = playing.wait_with_output().unwrap();
    let said = text(&run.stderr);
    assert!(run.status.success() && seen, "{}, seen: {seen}: {said}", run.status);
    std::thread::sleep(Duration::from_millis(500));
    let heard = recorder.end().samples;
    let same = |a: &[i16; 2], b: &[i16; 2]| a[0].abs_diff(b[0]) < 12 && a[1].abs_diff(b[1]) < 12;
    // After the soft beginning everything is there, once and as it was.
    let from = source.iter().position(|frame| frame[0].unsigned_abs() > 200).unwrap().max(RATE / 100);
    let begins = heard.windows(64).position(|window| window.iter().zip(&source[from..]).all(|(a, b)| same(a, b)));
    let heard = &heard[begins.ok_or("the beginning is not to be heard")?..];
    if let Some(wrong) = heard.iter().zip(&source[from..]).position(|(a, b)| !same(a, b)) {
        let silent = heard[wrong..].iter().take_while(|frame| **frame == [0; 2]).count();
        return Err(format!("frame {wrong} is wrong: {silent} are silent there: {said}"));
    }
    if heard.len() < source.len() - from { Err("the end is missing".to_owned()) } else { Ok(()) }
}

#[test]
fn a_film_is_seen_and_heard_to_its_end() {
    let (pulse, source) = (Pulse::start(), source());
    let monado = Monado::start(Compositor::Window, Devices::Simulated);
    // Two compositors on the processor may leave the device without sound for a moment: then it is tried again.
    let first = play(&monado, &pulse, &source);
    let outcome = first.or_else(|first| play(&monado, &pulse, &source).map_err(|second| format!("{first}\n{second}")));
    assert_eq!(outcome, Ok(()));
}
