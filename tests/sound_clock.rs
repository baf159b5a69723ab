//! The device as the film's clock: a fake one, whose time stands in the test's hands.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used)]

use std::f32::consts::TAU;
use std::thread;
use std::time::{Duration, Instant};

use deep3d::clock::Clock;
use deep3d::sound::{FakeDevice, Format, Hearing, Listener, Pushed, Samples, Sound, StreamId, Track};
use deep3d::time::Time;

const STEREO: Format = Format { rate: 48_000, channels: 2 };
/// What the fake device asks for at once: 50 ms.
const PERIOD: f64 = 0.05;
/// When what it asks for is heard.
const LATENCY: f64 = 0.1;

/// What is at that film time in the left channel: a tone of 440 Hz. The right one is its negative.
fn tone(film: f64) -> f32 {
    0.5 * (TAU * (film * 440.0).fract() as f32).sin()
}

/// A player of sound without pictures, in made-up time.
struct Bed {
    device: FakeDevice,
    listener: Listener,
    track: Track,
    clock: Clock,
    began: Instant,
    /// Seconds since.
    now: f64,
    /// The device's own time against ours: 1 is as fast.
    pace: f64,
    latency: f64,
    /// When the device asks next.
    next: f64,
    /// Film time of what is pushed next.
    film: f64,
    epoch: u32,
    /// What was heard, by when.
    heard: Vec<(f64, f32)>,
    speed: f64,
    joined: bool,
}

impl Bed {
    fn new(format: Format) -> Self {
        let device = FakeDevice::new(format);
        let sound = Sound::new(device.output(), None).unwrap();
        let (listener, track) = (Listener::new(sound.clone()), sound.track());
        let mut bed = Self {
            device,
            listener,
            track,
            clock: Clock::default(),
            began: Instant::now(),
            now: 0.0,
            pace: 1.0,
            latency: LATENCY,
            next: 0.0,
            film: 0.0,
            epoch: 0,
            heard: Vec::new(),
            speed: 1.0,
            joined: false,
        };
        bed.wait_for(|bed| bed.device.is_open() && bed.track.format().is_some());
        bed.listener.select(StreamId::new(bed.track.number(), 0));
        bed
    }

    /// Waits in real time for other threads.
    fn wait_for(&mut self, what: impl Fn(&Self) -> bool) {
        let until = Instant::now() + Duration::from_secs(10);
        while !what(self) {
            assert!(Instant::now() < until, "it did not come");
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn at(&self, seconds: f64) -> Instant {
        self.began + Duration::from_secs_f64(seconds)
    }

    /// Puts in what there is room for.
    fn push(&mut self) {
        while let Some(format) = self.track.format() {
            let frames = 1024;
            let mut samples = Vec::new();
            for frame in 0..frames {
                let sample = tone(self.film + f64::from(frame) / f64::from(format.rate) * self.speed);
                samples.extend((0..format.channels).map(|channel| if channel == 1 { -sample } else { sample }));
            }
            let (film, speed, joined) = (Time::from_seconds(self.film), self.speed, self.joined);
            match self.track.push(self.epoch, &Samples { film, speed, joined, format, samples: &samples }) {
                Pushed::Frames(frames) => {
                    self.film += frames as f64 / f64::from(format.rate) * self.speed;
                    self.joined = true;
                }
                _ => return,
            }
        }
    }

    /// Lets so much time pass, in which `player` looks every 5 ms.
    fn run(&mut self, seconds: f64, mut player: impl FnMut(&mut Self)) {
        let end = self.now + seconds;
        while self.now < end {
            while self.next <= self.now {
                self.push();
                let format = self.track.format().unwrap_or(STEREO);
                let frames = (f64::from(format.rate) * PERIOD).round() as usize;
                let asked = self.at(self.next);
                if let Some(out) = self.device.ask(frames, asked, Duration::from_secs_f64(self.latency)) {
                    let channels = usize::from(format.channels);
                    let first = self.next + LATENCY;
                    let frames = out.chunks(channels).enumerate();
                    self.heard.extend(
                        frames.map(|(frame, all)| (first + frame as f64 / f64::from(format.rate) / self.pace, all[0])),
                    );
                }
                self.next += PERIOD / self.pace;
            }
            player(self);
            self.now += 0.005;
        }
    }

    /// As the player does it.
    fn follow(&mut self) {
        let now = self.at(self.now);
        let film = self.clock.is_running().then(|| self.clock.time(now));
        match self.listener.hear(now, film) {
            Hearing::Film { time, speed } if speed > 0.0 => {
                if !self.clock.is_running() {
                    self.clock.set_rate(speed, now);
                    self.clock.stand(time);
                    self.clock.start(now);
                }
                self.listener.follow(&mut self.clock, time, speed, now);
            }
            Hearing::Film { time, .. } if self.clock.is_running() => self.clock.stand(time),
            Hearing::Film { .. } | Hearing::Soon => {}
            Hearing::Nothing if self.listener.is_running() => self.clock.start(now),
            Hearing::Nothing => {}
        }
    }

    fn film(&self) -> f64 {
        self.clock.time(self.at(self.now)).seconds()
    }

    /// Film time begins at zero.
    fn begin(&mut self) {
        self.run(0.5, Self::follow);
        self.listener.go(Some(Time::ZERO));
    }

    fn seek(&mut self, film: f64) {
        self.epoch += 1;
        (self.film, self.joined) = (film, false);
        self.listener.select(StreamId::new(self.track.number(), self.epoch));
        self.clock.stand(Time::from_seconds(film));
    }

    /// The steepest step from one sample to the next.
    fn steepest(&self) -> f32 {
        self.heard.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).fold(0.0, f32::max)
    }

    /// What was heard between those moments is the tone, `offset` after its film time.
    fn assert_tone(&self, from: f64, to: f64, offset: f64) {
        for (at, sample) in self.heard.iter().filter(|(at, _)| (from..to).contains(at)) {
            assert!((sample - tone(at - offset)).abs() < 2e-3, "{sample} at {at}, {} wanted", tone(at - offset));
        }
    }
}

/// The tone's own steepest step, with its beginning and its end.
const SMOOTH: f32 = 0.035;

#[test]
fn film_time_is_what_is_heard() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    let went = bed.now;
    bed.run(0.05, Bed::follow);
    assert!(!bed.clock.is_running(), "nothing of it can be heard yet");
    bed.run(3.0, Bed::follow);
    let first = bed.heard.iter().find(|(_, sample)| *sample != 0.0).unwrap().0;
    assert!(first - went < PERIOD + LATENCY + 0.001, "{first} {went}");
    assert!((bed.film() - (bed.now - first)).abs() < 0.001, "{} {}", bed.film(), bed.now - first);
    let beginning = first + 0.01;
    bed.assert_tone(beginning, bed.now, first - 1.0 / 48_000.0);
    assert!(bed.steepest() < SMOOTH, "{}", bed.steepest());
}

#[test]
fn a_pause_is_heard_out_and_nothing_is_lost_or_heard_twice() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(1.003, Bed::follow);
    bed.listener.hold();
    bed.run(1.0, Bed::follow);
    assert!(!bed.clock.is_running());
    let stood = bed.film();
    bed.run(0.5, Bed::follow);
    assert_eq!(bed.film(), stood);
    bed.listener.go(Some(bed.clock.time(bed.at(bed.now))));
    bed.run(1.0, Bed::follow);
    let sounds: Vec<_> = bed.heard.iter().filter(|(_, sample)| *sample != 0.0).collect();
    // Two stretches, the second of which goes on where the first ended.
    let gap = sounds.windows(2).position(|pair| pair[1].0 - pair[0].0 > 0.1).unwrap();
    let (first, resumed) = (sounds[0].0 - 1.0 / 48_000.0, sounds[gap + 1].0 - 1.0 / 48_000.0);
    bed.assert_tone(first + 0.01, first + stood, first);
    bed.assert_tone(resumed + 0.01, bed.now, resumed - stood);
    assert!((bed.film() - (stood + bed.now - resumed)).abs() < 0.001);
    assert!(bed.steepest() < SMOOTH, "{}", bed.steepest());
}

#[test]
fn after_a_seek_only_what_is_sought_is_heard() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(1.0, Bed::follow);
    for film in [100.0, 3.0, 50.0] {
        bed.seek(film);
        let sought = bed.now;
        bed.run(0.02, Bed::follow);
        bed.listener.go(Some(Time::from_seconds(film)));
        bed.run(1.0, Bed::follow);
        let first = bed.now - (bed.film() - film);
        assert!(first - sought < 0.3, "{}", first - sought);
        bed.assert_tone(first + 0.011, bed.now, first - film);
    }
    assert!(bed.steepest() < SMOOTH, "{}", bed.steepest());
}

#[test]
fn drift_is_followed_without_a_step() {
    for drift in [5e-4, -5e-4] {
        let mut bed = Bed::new(STEREO);
        bed.pace = 1.0 + drift;
        bed.begin();
        bed.run(1.0, Bed::follow);
        let (began, film) = (bed.now, bed.film());
        let mut last = (bed.now, bed.film());
        bed.run(60.0, |bed| {
            bed.follow();
            let (passed, went) = (bed.now - last.0, bed.film() - last.1);
            assert!((went - passed).abs() <= (passed + 0.005) * 0.026, "{went} in {passed}");
            last = (bed.now, bed.film());
        });
        let rate = (bed.film() - film) / (bed.now - began);
        assert!((rate - 1.0 - drift).abs() < 2e-5, "{rate}");
    }
}

#[test]
fn a_device_that_stops_and_returns_late_finds_the_film_gone_on() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(1.0, Bed::follow);
    let (stopped, film) = (bed.now, bed.film());
    // Five seconds without a word from it.
    bed.next += 5.0;
    bed.run(4.9, |bed| {
        bed.follow();
        assert!((bed.film() - film - (bed.now - stopped)).abs() < 0.02, "film time goes on");
    });
    // What was missed is not made up for.
    bed.film = bed.film();
    bed.joined = false;
    bed.run(2.0, |bed| {
        bed.follow();
        assert!((bed.film() - film - (bed.now - stopped)).abs() < 0.08, "without a step");
    });
    let offset = bed.now - bed.film();
    bed.assert_tone(bed.now - 0.5, bed.now, offset);
    assert!(bed.steepest() < SMOOTH, "{}", bed.steepest());
}

#[test]
fn a_device_that_goes_comes_back_with_another_format() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(1.0, Bed::follow);
    let (stopped, film) = (bed.now, bed.film());
    bed.device.set_there(None);
    bed.wait_for(|bed| bed.track.format().is_none());
    let goes_on = |bed: &mut Bed| {
        bed.follow();
        assert!((bed.film() - film - (bed.now - stopped)).abs() < 0.02, "{} {}", bed.film() - film, bed.now - stopped);
    };
    bed.run(1.0, goes_on);
    let other = Format { rate: 44_100, channels: 6 };
    bed.device.set_there(Some(other));
    let real = Instant::now();
    bed.wait_for(|bed| bed.device.opened() == 2 && bed.track.format() == Some(other));
    assert!(real.elapsed() < Duration::from_secs(1), "{:?}", real.elapsed());
    (bed.film, bed.joined) = (bed.film(), false);
    bed.run(2.0, goes_on);
    let offset = bed.now - bed.film();
    let sounds = bed.heard.iter().filter(|(at, sample)| *at > bed.now - 0.5 && *sample != 0.0).count();
    assert!(sounds > 20_000, "{sounds}");
    bed.assert_tone(bed.now - 0.5, bed.now, offset);
}

/// Twice as long as it is, for a moment or for good; and none at all.
#[test]
fn a_device_that_lies_about_its_latency_does_not_make_the_film_jump() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(2.0, Bed::follow);
    let off = |bed: &Bed| bed.now - bed.film();
    let right = off(&bed);
    for lie in [2.0 * LATENCY, 0.0, LATENCY + 0.06] {
        bed.latency = lie;
        bed.run(1.4 * PERIOD, |bed| {
            bed.follow();
            assert!((off(bed) - right).abs() < 0.005, "one lie or two are not believed");
        });
        bed.latency = LATENCY;
        bed.run(1.0, Bed::follow);
        assert!((off(&bed) - right).abs() < 0.005);
    }
    // What it keeps saying is believed, without a jump where it is within 80 ms.
    bed.latency = LATENCY + 0.06;
    let mut last = (bed.now, bed.film());
    bed.run(4.0, |bed| {
        bed.follow();
        let (passed, went) = (bed.now - last.0, bed.film() - last.1);
        assert!((went - passed).abs() < 0.0002, "{went} in {passed}");
        last = (bed.now, bed.film());
    });
    assert!((off(&bed) - right - 0.06).abs() < 0.005, "{}", off(&bed) - right);
}

#[test]
fn a_device_that_takes_all_at_once_is_no_clock() {
    let mut bed = Bed::new(STEREO);
    bed.pace = 20.0;
    bed.begin();
    bed.run(4.0, Bed::follow);
    let (began, film) = (bed.now, bed.film());
    bed.run(3.0, Bed::follow);
    assert!((bed.film() - film - (bed.now - began)).abs() < 0.01, "{} in {}", bed.film() - film, bed.now - began);
}

#[test]
fn sound_that_ends_early_or_begins_late_leaves_film_time_alone() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(1.0, Bed::follow);
    let offset = bed.now - bed.film();
    // Nothing for a while, then sound from a later place on.
    let later = bed.film + 1.5;
    (bed.film, bed.joined) = (later, false);
    bed.run(3.0, |bed| {
        bed.follow();
        assert!((bed.now - bed.film() - offset).abs() < 0.002);
    });
    let gap = bed.heard.iter().filter(|(at, _)| (later - 0.5..later - 0.1).contains(&(at - offset)));
    assert!(gap.clone().count() > 10_000 && gap.clone().all(|(_, sample)| *sample == 0.0));
    bed.assert_tone(later + offset + 0.01, bed.now, offset);
    assert!(bed.steepest() < SMOOTH, "{}", bed.steepest());
}

#[test]
fn a_delay_moves_the_sound_and_not_the_film() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(1.0, Bed::follow);
    let offset = bed.now - bed.film();
    for delay in [0.25, -0.1, 0.0] {
        bed.listener.sound().set_delay(Time::from_seconds(delay));
        bed.run(2.0, |bed| {
            bed.follow();
            assert!((bed.now - bed.film() - offset).abs() < 0.002);
        });
        bed.assert_tone(bed.now - 0.5, bed.now, offset + delay);
    }
    assert!(bed.steepest() < SMOOTH, "{}", bed.steepest());
}

#[test]
fn speed_and_volume_change_without_a_click() {
    let mut bed = Bed::new(STEREO);
    bed.begin();
    bed.run(1.0, Bed::follow);
    for speed in [2.0, 0.5, 1.0] {
        bed.listener.sound().set_speed(speed);
        (bed.speed, bed.joined) = (speed, false);
        bed.run(1.0, Bed::follow);
        assert_eq!(bed.clock.rate(), speed);
        let (began, film) = (bed.now, bed.film());
        bed.run(1.0, Bed::follow);
        let rate = (bed.film() - film) / (bed.now - began);
        assert!((rate - speed).abs() < 0.01, "{rate}");
    }
    bed.listener.sound().set_gain(0.0);
    bed.run(1.0, Bed::follow);
    assert!(bed.heard.iter().rev().take(4800).all(|(_, sample)| *sample == 0.0));
    // Louder than it fits is cut off, not wrapped.
    bed.listener.sound().set_gain(4.0);
    bed.run(1.0, Bed::follow);
    let loudest = bed.heard.iter().fold(0.0_f32, |most, (_, sample)| most.max(sample.abs()));
    assert_eq!(loudest, 1.0);
    assert!(bed.steepest() < 4.5 * SMOOTH, "{}", bed.steepest());
}

#[test]
fn without_a_device_the_film_goes_by_the_systems_clock() {
    let device = FakeDevice::new(STEREO);
    device.set_there(None);
    let sound = Sound::new(device.output(), None).unwrap();
    let (mut listener, track) = (Listener::new(sound.clone()), sound.track());
    listener.select(StreamId::new(track.number(), 0));
    listener.go(Some(Time::ZERO));
    let began = Instant::now();
    while listener.hear(Instant::now(), None) != Hearing::Nothing {
        assert!(began.elapsed() < Duration::from_secs(1), "it is not waited for long");
        thread::sleep(Duration::from_millis(2));
    }
    // One that is named and not there is no other one.
    let device = FakeDevice::new(STEREO);
    let sound = Sound::new(device.output(), Some("another".to_owned())).unwrap();
    let _track = sound.track();
    thread::sleep(Duration::from_millis(50));
    assert!(!device.is_open());
}
