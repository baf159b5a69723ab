//! Films played in the test's own process, through a device that writes down what it is given.

// Not every test needs all of it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use deep3d::film::{FilmOptions, Origin, Pace};
use deep3d::gpu::{Gpu, GpuOptions, Headless};
use deep3d::location::Location;
use deep3d::net::Weights;
use deep3d::player::{Films, Player, PlayerOptions};
use deep3d::sink::Action;
use deep3d::sound::{FakeDevice, Format, Sound};

/// Frames of sound in a second.
pub(crate) const RATE: i64 = 48_000;
/// How much the device takes at once, and when that is heard.
const PERIOD: Duration = Duration::from_millis(20);
const LATENCY: Duration = Duration::from_millis(60);

/// Noise that never repeats, another for each seed.
pub(crate) fn noise(seed: u32, seconds: f64) -> Vec<[i16; 2]> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 18) as i16 - 8192
    };
    (0..(seconds * RATE as f64) as usize).map(|_| [next(), next()]).collect()
}

/// A file of samples as they are.
pub(crate) fn raw(folder: &Path, name: &str, samples: &[[i16; 2]]) -> PathBuf {
    let path = folder.join(format!("{name}.raw"));
    let bytes: Vec<u8> = samples.iter().flatten().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Where some of a source was heard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Frames of what was heard before it.
    pub(crate) place: i64,
    /// Frames of the source before it.
    pub(crate) source: usize,
}

fn same(heard: [f32; 2], source: [i16; 2]) -> bool {
    let near = |a: f32, b: i16| (a * 32768.0 - f32::from(b)).abs() < 3.0;
    near(heard[0], source[0]) && near(heard[1], source[1])
}

/// The first eight frames of `heard` that are eight of `source`.
pub(crate) fn find(heard: &[[f32; 2]], source: &[[i16; 2]]) -> Option<Found> {
    let mut places: Vec<(i16, usize)> = source.iter().enumerate().map(|(at, frame)| (frame[0], at)).collect();
    places.sort_unstable();
    for (place, frames) in heard.windows(8).enumerate() {
        // What begins softly is like the soft end of anything.
        if frames.iter().all(|frame| frame[0].abs() < 1e-2) {
            continue;
        }
        let value = (frames[0][0] * 32768.0).round() as i16;
        let from = places.partition_point(|(other, _)| *other < value.saturating_sub(2));
        for (_, at) in places[from..].iter().take_while(|(other, _)| *other <= value.saturating_add(2)) {
            let there = source.get(*at..*at + 8);
            if there.is_some_and(|there| frames.iter().zip(there).all(|(a, b)| same(*a, *b))) {
                return Some(Found { place: place as i64, source: *at });
            }
        }
    }
    None
}

/// The place in `heard` where `source` begins, from its frame `from` on, if 64 frames of it are there.
pub(crate) fn find_exactly(heard: &[[f32; 2]], source: &[[f32; 2]], from: usize) -> Option<usize> {
    let wanted = source.get(from..from + 64)?;
    heard.windows(64).position(|frames| frames.iter().zip(wanted).all(|(a, b)| is_near(*a, *b)))
}

/// The same but for rounding.
pub(crate) fn is_near(a: [f32; 2], b: [f32; 2]) -> bool {
    (a[0] - b[0]).abs() < 2e-4 && (a[1] - b[1]).abs() < 2e-4
}

/// What no sound is.
pub(crate) fn is_wrong(frame: [f32; 2]) -> bool {
    frame.iter().any(|sample| !sample.is_finite() || sample.abs() > 1.0)
}

/// A player, its device, and what was heard and seen of it.
pub(crate) struct Room {
    pub(crate) player: Player<Films>,
    heard: Arc<Mutex<Vec<[f32; 2]>>>,
    stop: Arc<Mutex<bool>>,
    device: Option<JoinHandle<()>>,
    /// When a picture was shown, film time as the player has it then, and that of the picture.
    shown: Vec<[f64; 3]>,
    last: Option<(u32, u64)>,
    began: Instant,
    pub(crate) finished: bool,
}

impl Room {
    pub(crate) fn new(files: &[PathBuf]) -> Self {
        Self::with(files, |_, _| {})
    }

    /// As `change` makes the options.
    pub(crate) fn with(files: &[PathBuf], change: impl FnOnce(&mut FilmOptions, &mut PlayerOptions)) -> Self {
        let gpu = Gpu::new(
            &Headless,
            &GpuOptions { cache: Some(env!("CARGO_TARGET_TMPDIR").into()), ..GpuOptions::default() },
        )
        .unwrap();
        let device = FakeDevice::new(Format { rate: RATE as u32, channels: 2 });
        let sound = Sound::new(device.output(), None).unwrap();
        let mut film = FilmOptions {
            pace: Pace::Live,
            network_area: 64 * 64,
            sound: Some(sound.clone()),
            ..FilmOptions::default()
        };
        let mut options = PlayerOptions { sound: Some(sound), ..PlayerOptions::default() };
        change(&mut film, &mut options);
        let origin = Origin::Network(Arc::new(Weights::built_in().unwrap()));
        let files: Vec<_> = files.iter().map(Location::of).collect();
        let player = Player::new(Films::new(&gpu, origin, files, film).unwrap(), options);
        let (heard, stop) = (Arc::<Mutex<Vec<[f32; 2]>>>::default(), Arc::<Mutex<bool>>::default());
        let (writing, stopped) = (Arc::clone(&heard), Arc::clone(&stop));
        let asking = thread::spawn(move || {
            let mut next = Instant::now();
            while !*stopped.lock().unwrap() {
                thread::sleep(next.saturating_duration_since(Instant::now()));
                // Frames are counted by time, so that a device that asks late is heard as one that does not.
                let frames = (PERIOD.as_secs_f64() * RATE as f64) as usize;
                let out = device.ask(frames, next, LATENCY).unwrap_or_else(|| vec![0.0; 2 * frames]);
                writing.lock().unwrap().extend(out.chunks_exact(2).map(|frame| [frame[0], frame[1]]));
                next += PERIOD;
            }
        });
        let (shown, began) = (Vec::new(), Instant::now());
        Self { player, heard, stop, device: Some(asking), shown, last: None, began, finished: false }
    }

    /// Lets it play for so many seconds, or until it is over.
    pub(crate) fn play(&mut self, seconds: f64) {
        let until = Instant::now() + Duration::from_secs_f64(seconds);
        while Instant::now() < until && !self.finished {
            let now = Instant::now();
            let tick = self.player.tick(now);
            self.finished = tick.finished;
            let frame = self.player.shown().map(|frame| (frame.epoch, frame.id, frame.pts));
            if let Some((epoch, id, pts)) = frame.filter(|(epoch, id, _)| self.last != Some((*epoch, *id))) {
                self.last = Some((epoch, id));
                let at = (now - self.began).as_secs_f64();
                self.shown.push([at, self.player.position(now).seconds(), pts.seconds()]);
            }
            let wake = tick.wake.unwrap_or(now + PERIOD).min(now + PERIOD).min(until);
            thread::sleep(wake.saturating_duration_since(Instant::now()));
        }
    }

    /// Lets it play until film time has come to `film`, in seconds.
    pub(crate) fn play_to(&mut self, film: f64) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.player.position(Instant::now()).seconds() < film && !self.finished {
            assert!(Instant::now() < until, "film time stands at {}", self.player.position(Instant::now()));
            self.play(0.01);
        }
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.player.act(action, Instant::now());
    }

    /// All that was heard so far.
    pub(crate) fn heard(&self) -> Vec<[f32; 2]> {
        self.heard.lock().unwrap().clone()
    }

    /// Film time never stood and never jumped while pictures were shown: by no more than so many seconds, after the first.
    pub(crate) fn assert_even(&self, most: f64) {
        for pair in self.shown.get(1..).unwrap_or_default().windows(2) {
            let drift = (pair[1][0] - pair[0][0]) - (pair[1][1] - pair[0][1]);
            assert!(drift.abs() < most, "film time stepped by {drift} s at {:?}", pair[1]);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *self.stop.lock().unwrap() = true;
        if let Some(device) = self.device.take() {
            device.join().unwrap();
        }
    }
}
