//! Loudspeakers around the head: which ear hears what of them, when and how loudly, while the head turns.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/program.rs"]
mod program;
#[path = "common/pulse.rs"]
mod pulse;

use std::f64::consts::TAU;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use deep3d::media::audio::{Mix, SoundDecoder};
use deep3d::media::{SoundChoice, SoundRead, Source, SourceOptions};
use deep3d::sound::{
    Directions, FakeDevice, Format, Listener, Pushed, Room, SPEAKERS, Samples, Sound, Speaker, StreamId, System, Track,
};
use deep3d::time::Time;
use ffmpeg::ffmpeg;
use pulse::Pulse;

const RATE: usize = 48_000;
const DEVICE: Format = Format { rate: RATE as u32, channels: 2 };
/// FFmpeg's 7.1.
const CHANNELS: usize = 8;
/// What the device asks for at once: 20 ms, no whole number of what is convolved at once.
const PERIOD: usize = 960;

/// Ahead, turned by so many degrees to the right.
fn ahead(degrees: f32) -> [f32; 3] {
    [degrees.to_radians().sin(), 0.0, -degrees.to_radians().cos()]
}

/// `speaker` in that direction, the others ahead.
fn only(speaker: Speaker, direction: [f32; 3]) -> Directions {
    Directions(SPEAKERS.map(|known| if known == speaker { direction } else { ahead(0.0) }))
}

/// A device, a track that is played on it in made-up time, and what came out.
struct Bed {
    device: FakeDevice,
    listener: Listener,
    track: Track,
    began: Instant,
    asked: usize,
    pushed: usize,
    heard: Vec<[f32; 2]>,
}

impl Bed {
    fn new(room: Option<&Room>) -> Self {
        let device = FakeDevice::new(DEVICE);
        let sound = match room {
            Some(room) => Sound::in_room(device.output(), None, room.clone()),
            None => Sound::new(device.output(), None),
        };
        let sound = sound.unwrap();
        let (listener, track) = (Listener::new(sound.clone()), sound.track());
        let mut bed = Self { device, listener, track, began: Instant::now(), asked: 0, pushed: 0, heard: Vec::new() };
        let until = Instant::now() + Duration::from_secs(60);
        while bed.track.format().is_none() {
            assert!(Instant::now() < until, "no device is open");
            thread::sleep(Duration::from_millis(5));
        }
        bed.listener.select(StreamId::new(bed.track.number(), 0));
        bed.look();
        bed.listener.go(Some(Time::ZERO));
        bed
    }

    fn look(&mut self) {
        let now = self.began + Duration::from_secs_f64(self.asked as f64 / RATE as f64);
        self.listener.hear(now, None);
    }

    /// Puts in what there is room for: `signal` of channel and time, in seconds.
    fn push(&mut self, signal: &impl Fn(usize, f64) -> f32) {
        let format = self.track.format().unwrap();
        loop {
            let channels = usize::from(format.channels);
            let at = |sample: usize| (self.pushed + sample / channels) as f64 / RATE as f64;
            let samples: Vec<f32> = (0..512 * channels).map(|sample| signal(sample % channels, at(sample))).collect();
            let film = Time::from_seconds(self.pushed as f64 / RATE as f64);
            let samples = Samples { film, speed: 1.0, joined: self.pushed > 0, format, samples: &samples };
            match self.track.push(0, &samples) {
                Pushed::Frames(frames) => self.pushed += frames,
                _ => return,
            }
        }
    }

    /// Lets the device ask for one period.
    fn ask(&mut self, signal: &impl Fn(usize, f64) -> f32) {
        self.push(signal);
        let asked = self.began + Duration::from_secs_f64(self.asked as f64 / RATE as f64);
        let out = self.device.ask(PERIOD, asked, Duration::from_millis(40)).unwrap();
        self.heard.extend(out.chunks_exact(2).map(|frame| [frame[0], frame[1]]));
        self.asked += PERIOD;
        self.look();
    }

    fn play(&mut self, seconds: f64, signal: impl Fn(usize, f64) -> f32) {
        (0..(seconds * RATE as f64) as usize / PERIOD).for_each(|_| self.ask(&signal));
    }

    /// What one ear has heard since so many frames.
    fn ear(&self, ear: usize, from: usize) -> Vec<f32> {
        self.heard[from..].iter().map(|frame| frame[ear]).collect()
    }

    /// How loud both ears have been since, in dB.
    fn loud(&self, from: usize) -> [f64; 2] {
        [0, 1].map(|ear| power(&self.ear(ear, from)))
    }
}

fn power(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    10.0 * (sum / samples.len() as f64).max(1e-20).log10()
}

/// White noise, the same each time.
fn noise(channel: usize, time: f64) -> f32 {
    let mut bits = ((time * RATE as f64).round() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (channel as u64) << 40;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits >> 40) as f32 / (1_u32 << 24) as f32 - 0.5) * 0.4
}

/// By how many seconds `later` comes after `sooner`: where they are most alike.
fn lag(sooner: &[f32], later: &[f32]) -> f64 {
    const MOST: isize = 60;
    let alike = |by: isize| -> f64 {
        let inside = MOST as usize..sooner.len() - MOST as usize;
        inside.map(|at| f64::from(sooner[at]) * f64::from(later[at.wrapping_add_signed(by)])).sum()
    };
    let best = (-MOST..=MOST).max_by(|a, b| alike(*a).total_cmp(&alike(*b))).unwrap();
    best as f64 / RATE as f64
}

/// Only the channel of index `wanted` has something to say.
fn alone(wanted: usize, signal: impl Fn(f64) -> f32) -> impl Fn(usize, f64) -> f32 {
    move |channel, time| if channel == wanted { signal(time) } else { 0.0 }
}

#[test]
fn the_ear_that_is_nearer_hears_it_sooner_and_louder() {
    // KEMAR's own figures: some 0.65 ms from one side to the other, and 10 dB and more in the treble.
    for (side, near) in [(90.0, 1), (-90.0, 0)] {
        let room = Room::default();
        room.place(&only(Speaker::Centre, ahead(side)));
        let mut bed = Bed::new(Some(&room));
        bed.play(1.5, alone(2, |time| noise(0, time)));
        let (nearer, farther) = (bed.ear(near, RATE / 2), bed.ear(1 - near, RATE / 2));
        let late = lag(&nearer, &farther);
        assert!((0.0006..=0.0008).contains(&late), "{:.2} ms at {side}°", late * 1e3);
        let louder = power(&nearer) - power(&farther);
        assert!((6.0..20.0).contains(&louder), "{louder:.1} dB at {side}°");
        println!("at {side}°: {:.2} ms, {louder:.1} dB", late * 1e3);
    }
    // Ahead, above and behind both ears are alike.
    for direction in [ahead(0.0), ahead(180.0), [0.0, 1.0, 0.0]] {
        let room = Room::default();
        room.place(&only(Speaker::Centre, direction));
        let mut bed = Bed::new(Some(&room));
        bed.play(1.0, alone(2, |time| noise(0, time)));
        let [left, right] = bed.loud(RATE / 2);
        let late = lag(&bed.ear(0, RATE / 2), &bed.ear(1, RATE / 2));
        assert!((left - right).abs() < 0.5 && late.abs() < 0.000_05, "{direction:?}: {left} {right} {late}");
    }
}

#[test]
fn a_head_that_turns_to_the_left_hears_the_front_on_the_right() {
    let room = Room::default();
    let mut bed = Bed::new(Some(&room));
    bed.play(1.0, alone(2, |time| noise(0, time)));
    let [left, right] = bed.loud(RATE / 2);
    assert!((left - right).abs() < 0.5, "{left} {right}");
    // As the sink tells it of a head that has turned by a quarter.
    room.place(&only(Speaker::Centre, ahead(90.0)));
    thread::sleep(Duration::from_millis(300));
    let from = bed.heard.len() + RATE / 10;
    bed.play(1.0, alone(2, |time| noise(0, time)));
    let [left, right] = bed.loud(from);
    assert!(right - left > 6.0, "{left} {right}");
    // Nothing more is told: it stays.
    thread::sleep(Duration::from_millis(100));
    let from = bed.heard.len();
    bed.play(0.5, alone(2, |time| noise(0, time)));
    let [later_left, later_right] = bed.loud(from);
    assert!((later_left - left).abs() < 1.0 && (later_right - right).abs() < 1.0, "{later_left} {later_right}");
}

#[test]
fn each_channel_has_its_place() {
    for (channel, left_is_louder) in [(0, true), (1, false), (4, true), (5, false), (6, true), (7, false)] {
        let room = Room::default();
        let mut bed = Bed::new(Some(&room));
        bed.play(0.8, alone(channel, |time| noise(0, time)));
        let [left, right] = bed.loud(RATE / 4);
        let louder = if left_is_louder { left - right } else { right - left };
        assert!((2.0..20.0).contains(&louder), "channel {channel}: {left} {right}");
    }
    // What is for effects is in both ears as it is.
    let room = Room::default();
    let mut bed = Bed::new(Some(&room));
    bed.play(1.0, alone(3, |time| 0.5 * (TAU * 50.0 * time).sin() as f32));
    let [left, right] = bed.loud(RATE / 2);
    assert!((left - right).abs() < 1e-6 && (left - power(&[0.5 * 0.5_f32.sqrt()])).abs() < 1.0, "{left} {right}");
}

/// The loudness of a tone from ahead.
fn tone(hertz: f64) -> f64 {
    let room = Room::default();
    let mut bed = Bed::new(Some(&room));
    bed.play(0.6, alone(2, |time| 0.25 * (TAU * hertz * time).sin() as f32));
    let [left, right] = bed.loud(RATE / 5);
    assert!((left - right).abs() < 0.5, "{hertz}: {left} {right}");
    left - power(&[0.25 * 0.5_f32.sqrt()])
}

#[test]
fn nothing_is_missing_below_and_speech_is_not_coloured() {
    for hertz in [30.0, 60.0, 100.0, 150.0, 200.0, 300.0, 500.0, 1000.0] {
        let gain = tone(hertz);
        println!("{hertz} Hz: {gain:.1} dB");
        assert!(gain.abs() < 2.5, "{gain:.1} dB at {hertz} Hz");
    }
}

/// How far it is from being a tone of that pitch whose loudness changes slowly: what a click leaves.
fn unevenness(samples: &[f32], hertz: f64) -> f64 {
    let turn = 2.0 * (TAU * hertz / RATE as f64).cos();
    let rest = |triple: &[f32]| f64::from(triple[2]) - turn * f64::from(triple[1]) + f64::from(triple[0]);
    samples.windows(3).map(|triple| rest(triple).abs()).fold(0.0, f64::max)
}

#[test]
fn nothing_clicks_while_the_head_turns() {
    let room = Room::default();
    room.place(&only(Speaker::Centre, ahead(0.0)));
    let mut bed = Bed::new(Some(&room));
    let hertz = 440.0;
    let signal = alone(2, move |time| 0.5 * (TAU * hertz * time).sin() as f32);
    (0..20).for_each(|_| bed.ask(&signal));
    // A turn in a second, twice, and back at once.
    for step in 0..100 {
        room.place(&only(Speaker::Centre, ahead(step as f32 * 7.2)));
        thread::sleep(Duration::from_millis(20));
        bed.ask(&signal);
    }
    room.place(&only(Speaker::Centre, ahead(90.0)));
    thread::sleep(Duration::from_millis(100));
    (0..20).for_each(|_| bed.ask(&signal));
    let turned = bed.loud(RATE / 2);
    assert!(turned.iter().all(|loud| *loud > -20.0), "{turned:?}");
    for ear in [0, 1] {
        // The beginning fades in.
        let uneven = unevenness(&bed.ear(ear, PERIOD), hertz);
        println!("ear {ear}: {uneven:.5}");
        assert!(uneven < 0.003, "ear {ear}: {uneven}");
    }
}

#[test]
fn without_a_room_the_two_channels_are_what_they_were() {
    let mut bed = Bed::new(None);
    assert_eq!(bed.track.format(), Some(DEVICE));
    bed.play(1.0, noise);
    let begins = bed.heard.iter().position(|frame| frame[0] != 0.0).unwrap();
    for (at, frame) in bed.heard.iter().enumerate().skip(begins + RATE / 50) {
        let time = (at - begins + 1) as f64 / RATE as f64;
        let (left, right) = (frame[0] - noise(0, time), frame[1] - noise(1, time));
        assert!(left.abs() < 1e-6 && right.abs() < 1e-6, "{left} {right} at {at}");
    }
}

/// Decodes all sound of a file.
fn decoded(path: &Path, mix: Mix) -> Vec<f32> {
    let options = SourceOptions { sound: SoundChoice::Best, ..SourceOptions::default() };
    let mut source = Source::open(path, &options).unwrap();
    let mut packets = source.take_sound().unwrap();
    let reading = thread::spawn(move || {
        while source.next().unwrap().is_some() {}
        source
    });
    let mut decoder = SoundDecoder::new(&packets, mix, "a test's film").unwrap();
    let mut samples = Vec::new();
    loop {
        match packets.next(Duration::from_millis(50)) {
            SoundRead::Packet { packet, .. } => decoder.send(&packet),
            SoundRead::Sought { target, .. } => decoder.seek(target),
            SoundRead::End { .. } => decoder.end(),
            SoundRead::Yet => continue,
            SoundRead::Over => panic!("the source ended before its sound"),
        }
        samples.extend(std::iter::from_fn(|| decoder.receive()).flat_map(|mixed| mixed.samples));
        if decoder.reached().is_some_and(|reached| reached.seconds() > 2.9) {
            break;
        }
    }
    drop(packets);
    drop(reading.join().unwrap());
    samples
}

#[test]
fn a_film_is_as_loud_as_without_the_room_and_never_too_loud() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pink.mkv");
    let plain = Mix { rate: RATE as u32, channels: 2, speed: 1.0, night: false, in_room: false };
    for (layout, channels) in [("mono", 1), ("stereo", 2), ("5.1", 6), ("7.1", 8)] {
        let noises = (0..channels).map(|seed| format!("anoisesrc=c=pink:r=48000:d=3:a=0.3:seed={seed}[n{seed}];"));
        let joined: String = (0..channels).map(|seed| format!("[n{seed}]")).collect();
        let graph = format!("{}{joined}join=inputs={channels}:channel_layout={layout}", noises.collect::<String>());
        let pictures = "-f lavfi -i color=s=64x64:r=25:d=3";
        ffmpeg(&format!("{pictures} -filter_complex {graph} -c:v mpeg4 -c:a pcm_f32le"), &path);
        let mixed = decoded(&path, plain);
        let ear = |ear: usize| mixed.iter().skip(ear).step_by(2).copied().collect::<Vec<_>>();
        let wanted = (power(&ear(0)) + power(&ear(1))) / 2.0;
        let film = decoded(&path, Mix { channels: CHANNELS as u16, in_room: true, ..plain });
        for louder in [1.0, 8.0] {
            let room = Room::default();
            let mut bed = Bed::new(Some(&room));
            let at = |channel: usize, time: f64| {
                let frame = (time * RATE as f64).round() as usize;
                film.get(frame * CHANNELS + channel).map_or(0.0, |sample| (sample * louder).clamp(-1.0, 1.0))
            };
            bed.play(2.5, at);
            let [left, right] = bed.loud(RATE / 2);
            let most = bed.heard.iter().flatten().fold(0.0_f32, |most, sample| most.max(sample.abs()));
            println!("{layout} × {louder}: {:.2} dB, at most {most:.2}", (left + right) / 2.0 - wanted);
            assert!(most < 1.0, "{layout}: {most}");
            assert!(louder > 1.0 || ((left + right) / 2.0 - wanted).abs() < 1.0, "{layout}: {left} {right} {wanted}");
        }
    }
}

fn unix() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// The process that the test below starts: a tone from the right and from the left in turn, told when. Alone it does nothing.
#[test]
fn turner() {
    if std::env::var("ROOM_TURNS").is_err() {
        return;
    }
    let room = Room::default();
    room.place(&only(Speaker::Centre, ahead(-90.0)));
    let sound = Sound::in_room(Box::new(System::prompt()), None, room.clone()).unwrap();
    let (mut listener, track) = (Listener::new(sound.clone()), sound.track());
    listener.select(StreamId::new(track.number(), 0));
    let (mut pushed, mut turns, mut goes) = (0_usize, 0, false);
    let mut turned = Instant::now();
    while turns < 14 {
        listener.hear(Instant::now(), None);
        if let Some(format) = track.format() {
            if !std::mem::replace(&mut goes, true) {
                listener.go(Some(Time::ZERO));
            }
            let at = |sample: usize| (pushed + sample / CHANNELS) as f64 / f64::from(format.rate);
            let signal = alone(2, |time| noise(0, time));
            let samples: Vec<f32> = (0..480 * CHANNELS).map(|sample| signal(sample % CHANNELS, at(sample))).collect();
            let film = Time::from_seconds(pushed as f64 / f64::from(format.rate));
            if let Pushed::Frames(frames) =
                track.push(0, &Samples { film, speed: 1.0, joined: pushed > 0, format, samples: &samples })
            {
                pushed += frames;
                continue;
            }
        }
        if turned.elapsed() > Duration::from_millis(613) {
            turned = Instant::now();
            turns += 1;
            room.place(&only(Speaker::Centre, ahead(if turns % 2 == 1 { 90.0 } else { -90.0 })));
            println!("\nturn {:.6}", unix());
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_turn_of_the_head_is_heard_soon() {
    let pulse = Pulse::start();
    let recorder = pulse.record("null");
    thread::sleep(Duration::from_secs(1));
    let mut command = Command::new(std::env::current_exe().unwrap());
    pulse.lead(&mut command);
    let run = command.args(["--exact", "turner", "--nocapture", "--test-threads", "1"]).env("ROOM_TURNS", "1").output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", program::text(&run.stderr));
    thread::sleep(Duration::from_millis(300));
    let recording = recorder.end();
    let said = program::text(&run.stdout);
    let turns: Vec<f64> = said.lines().filter_map(|line| line.strip_prefix("turn ")?.parse().ok()).collect();
    // Where one ear becomes louder than the other, over 5 ms each.
    let step = 240;
    let loud = |at: usize, ear: usize| -> f64 {
        recording.samples[at..at + step].iter().map(|frame| f64::from(frame[ear]).powi(2)).sum()
    };
    let mut delays = Vec::new();
    for (number, turn) in turns.iter().enumerate().take(turns.len() - 2).skip(3) {
        let begin = ((turn - recording.began) * RATE as f64) as usize;
        let (now, before) = if number % 2 == 0 { (1, 0) } else { (0, 1) };
        let heard =
            (0..RATE / 3).step_by(48).find(|after| loud(begin + after, now) > 2.0 * loud(begin + after, before));
        delays.push((heard.expect("the turn was never heard") + step / 2) as f64 / RATE as f64);
    }
    delays.sort_by(f64::total_cmp);
    println!("a turn is heard after {delays:.3?} s");
    let middle = delays[delays.len() / 2];
    assert!(middle < 0.1 && middle > 0.01, "{delays:?}");
}
