//! Sound as it is made for a device, beside what the `ffmpeg` program makes of the same.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;

use std::f64::consts::TAU;
use std::path::Path;
use std::time::Duration;

use deep3d::media::audio::{Mix, Mixed, SoundDecoder};
use deep3d::media::{SoundChoice, SoundRead, Source, SourceOptions};
use deep3d::time::Time;
use ffmpeg::ffmpeg;

const STEREO: Mix = Mix { rate: 48_000, channels: 2, speed: 1.0, night: false, in_room: false };
const PICTURES: &str = "-f lavfi -i color=s=64x64:r=25:d=4";

/// Everything that comes out of a file, from `seek` on where one is given.
fn all(path: &Path, mix: Mix, seek: Option<f64>) -> Vec<Mixed> {
    let options = SourceOptions { sound: SoundChoice::Best, ..SourceOptions::default() };
    let mut source = Source::open(path, &options).unwrap();
    let mut packets = source.take_sound().expect("it has sound");
    if let Some(seek) = seek {
        source.seek(Time::from_seconds(seek), 1).unwrap();
    }
    let reading = std::thread::spawn(move || {
        while source.next().unwrap().is_some() {}
        source
    });
    let mut decoder = SoundDecoder::new(&packets, mix, "a test's film").unwrap();
    let mut all = Vec::new();
    loop {
        match packets.next(Duration::from_millis(50)) {
            SoundRead::Packet { packet, .. } => decoder.send(&packet),
            SoundRead::Sought { target, .. } => decoder.seek(target),
            SoundRead::End { .. } => break,
            SoundRead::Yet => {}
            SoundRead::Over => panic!("the source ended before its sound"),
        }
        all.extend(std::iter::from_fn(|| decoder.receive()));
    }
    decoder.end();
    all.extend(std::iter::from_fn(|| decoder.receive()));
    drop(reading.join().unwrap());
    all
}

fn samples(all: &[Mixed]) -> Vec<f32> {
    all.iter().flat_map(|mixed| mixed.samples.iter().copied()).collect()
}

/// What the program makes of it, filtered by `filters`.
fn expected(path: &Path, filters: &str) -> Vec<f32> {
    let raw = path.with_extension("raw");
    ffmpeg(&format!("-i {} -vn -af {filters} -f f32le", path.display()), &raw);
    let bytes = std::fs::read(raw).unwrap();
    bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

fn assert_same(one: &[f32], other: &[f32]) {
    assert!(one.len().abs_diff(other.len()) < 64, "{} and {} samples", one.len(), other.len());
    let far = one.iter().zip(other).position(|(a, b)| (a - b).abs() > 1e-4);
    assert_eq!(far, None, "{:?} {:?}", &one[far.unwrap_or(0)..][..4], &other[far.unwrap_or(0)..][..4]);
}

#[test]
fn every_codec_comes_out_as_ffmpeg_decodes_it() {
    let folder = tempfile::tempdir().unwrap();
    for (codec, rate, channels) in [
        ("pcm_s16le", 48_000, 2),
        ("flac", 44_100, 2),
        ("aac", 48_000, 6),
        ("ac3", 48_000, 6),
        ("libmp3lame", 32_000, 1),
        ("libopus", 48_000, 8),
        ("libvorbis", 22_050, 2),
    ] {
        let path = folder.path().join(format!("{codec}.mkv"));
        let made = format!(
            "{PICTURES} -f lavfi -i aevalsrc=0.3*random(0)|0.2*sin(440*2*PI*t):s={rate}:d=4 -c:v mpeg4 -ac {channels} -c:a {codec}"
        );
        ffmpeg(&made, &path);
        let all = all(&path, STEREO, None);
        let filters =
            "aresample=48000:rematrix_maxval=1,aformat=sample_fmts=flt:sample_rates=48000:channel_layouts=stereo";
        assert_same(&samples(&all), &expected(&path, filters));
        // One after the other, without a hole.
        let mut reached = all[0].film;
        for (number, mixed) in all.iter().enumerate() {
            assert_eq!(mixed.joined, number > 0, "{codec}: {number}");
            assert!((mixed.film - reached).seconds().abs() < 0.0006, "{codec}: {} after {reached}", mixed.film);
            reached = mixed.film + Time::from_ticks(mixed.samples.len() as i64 / 2, 1, 48_000);
        }
        assert!((reached.seconds() - 4.0).abs() < 0.1, "{codec}: it ends at {reached}");
    }
}

/// Full scale in all channels at once, in phase: what comes out fits, and each channel has its usual share.
#[test]
fn more_channels_than_the_device_has_are_mixed_without_clipping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("surround.mkv");
    let tone = |channel: usize, loud: &[usize]| if loud.contains(&channel) { "sin(1000*2*PI*t)" } else { "0" };
    let half = std::f64::consts::FRAC_1_SQRT_2;
    // FL FR FC LFE BL BR: what of them is heard on the left, before it is scaled to fit.
    for (loud, share) in [
        (vec![0, 1, 2, 3, 4, 5], 1.0 + 2.0 * half),
        (vec![0], 1.0),
        (vec![1], 0.0),
        (vec![2], half),
        (vec![3], 0.0),
        (vec![4], half),
        (vec![5], 0.0),
    ] {
        let channels: Vec<_> = (0..6).map(|channel| tone(channel, &loud)).collect();
        let made = format!(
            "{PICTURES} -f lavfi -i aevalsrc={}:c=5.1:s=48000:d=1 -c:v mpeg4 -c:a pcm_f32le",
            channels.join("|")
        );
        ffmpeg(&made, &path);
        let samples = samples(&all(&path, STEREO, None));
        let loudest = samples.iter().step_by(2).fold(0.0_f32, |most, sample| most.max(sample.abs()));
        let wanted = share / (1.0 + 2.0 * half);
        assert!((f64::from(loudest) - wanted).abs() < 0.005, "{loud:?}: {loudest}, {wanted} wanted");
        assert!(loudest <= 1.0);
    }
    // A device that has them gets them as they are.
    let surround = samples(&all(&path, Mix { channels: 6, ..STEREO }, None));
    let loudest = |channel: usize| surround.iter().skip(channel).step_by(6).fold(0.0_f32, |a, b| a.max(b.abs()));
    assert!(loudest(5) > 0.99 && (0..5).all(|channel| loudest(channel) == 0.0));
}

/// In the room each channel is a loudspeaker of 7.1, of which a film has some.
#[test]
fn every_channel_has_its_loudspeaker() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.mkv");
    let room = Mix { channels: 8, in_room: true, ..STEREO };
    // FL FR FC LFE BL BR SL SR: where each of the film's channels is heard.
    for (layout, places) in [
        ("mono", vec![2]),
        ("stereo", vec![0, 1]),
        ("5.1", vec![0, 1, 2, 3, 6, 7]),
        ("7.1", vec![0, 1, 2, 3, 4, 5, 6, 7]),
    ] {
        let tones = (0..places.len()).map(|channel| format!("sin({}*2*PI*t)", 400 + 100 * channel));
        let tones: Vec<_> = tones.collect();
        let made = format!(
            "{PICTURES} -f lavfi -i aevalsrc={}:c={layout}:s=48000:d=1 -c:v mpeg4 -c:a pcm_f32le",
            tones.join("|")
        );
        ffmpeg(&made, &path);
        let samples = samples(&all(&path, room, None));
        let channel = |channel: usize| samples.iter().skip(channel).step_by(8).copied().collect::<Vec<_>>();
        for place in 0..8 {
            let (heard, film) = (channel(place), places.iter().position(|wanted| *wanted == place));
            let loudest = heard.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
            match film {
                None => assert_eq!(loudest, 0.0, "{layout}: {place}"),
                Some(film) => {
                    let tone = 400.0 + 100.0 * film as f64;
                    assert!((frequency(&heard) - tone).abs() < 3.0, "{layout}: {place}");
                    assert!((0.15..0.75).contains(&loudest), "{layout}: {loudest} at {place}");
                }
            }
        }
    }
}

/// A sine whose pitch rises: what is at which film time can be told.
fn sweep(folder: &Path, name: &str, codec: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    ffmpeg(
        &format!("{PICTURES} -f lavfi -i aevalsrc=0.5*sin(2*PI*(200*t+200*t*t)):s=48000:d=4 -c:v mpeg4 -c:a {codec}"),
        &path,
    );
    path
}

#[test]
fn after_a_seek_the_first_sample_is_the_one_sought() {
    let folder = tempfile::tempdir().unwrap();
    let path = sweep(folder.path(), "sweep.mov", "pcm_f32le");
    for seek in [0.0, 1.0, 1.2345, 3.9] {
        let all = all(&path, Mix { channels: 1, ..STEREO }, Some(seek));
        let first = all[0].film.seconds();
        assert!(first >= seek && first - seek < 1.0 / 48_000.0, "{first} for {seek}");
        for (number, sample) in samples(&all).iter().enumerate() {
            let t = first + number as f64 / 48_000.0;
            let wanted = 0.5 * (TAU * (200.0 * t + 200.0 * t * t)).sin();
            assert!((f64::from(*sample) - wanted).abs() < 0.03, "{sample} at {t}, {wanted} wanted");
        }
    }
}

/// By zero crossings: how many there are in a stretch of it.
fn frequency(samples: &[f32]) -> f64 {
    let crossings = samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    crossings as f64 * 48_000.0 / samples.len() as f64
}

#[test]
fn at_another_speed_the_pitch_stays_and_film_time_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beeps.mkv");
    // A beep of 1000 Hz for 0.1 s in the middle of each second.
    let beeps = "aevalsrc=0.5*sin(2000*PI*t)*between(mod(t\\,1)\\,0.45\\,0.55):s=48000:d=4";
    ffmpeg(&format!("{PICTURES} -f lavfi -i {beeps} -c:v mpeg4 -c:a pcm_s16le"), &path);
    for speed in [0.25, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0] {
        let all = all(&path, Mix { channels: 1, speed, ..STEREO }, None);
        let length = samples(&all).len() as f64 / 48_000.0 * speed;
        assert!((length - 4.0).abs() < 0.12, "{speed}: {length} s");
        for beep in 0..4 {
            let (mut weight, mut moment, mut tone) = (0.0, 0.0, Vec::new());
            for mixed in &all {
                for (number, sample) in mixed.samples.iter().enumerate() {
                    let film = mixed.film.seconds() + number as f64 / 48_000.0 * speed;
                    if (film - f64::from(beep) - 0.5).abs() < 0.3 {
                        let energy = f64::from(sample * sample);
                        (weight, moment) = (weight + energy, moment + energy * film);
                        if (film - f64::from(beep) - 0.5).abs() < 0.025 {
                            tone.push(*sample);
                        }
                    }
                }
            }
            let off = moment / weight - f64::from(beep) - 0.5;
            assert!(off.abs() < 0.008 * speed.max(1.0), "{speed}: the beep is {off} s of film off");
            let pitch = frequency(&tone);
            assert!((pitch - 1000.0).abs() < 60.0, "{speed}: {pitch} Hz");
        }
    }
}

#[test]
fn at_night_what_is_quiet_comes_up_and_what_is_loud_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("levels.mkv");
    let levels = "aevalsrc=if(lt(t\\,2)\\,0.03\\,0.95)*sin(880*PI*t):s=48000:d=4";
    ffmpeg(&format!("{PICTURES} -f lavfi -i {levels} -c:v mpeg4 -c:a pcm_s16le"), &path);
    let loudest = |night: bool| {
        let samples = samples(&all(&path, Mix { channels: 1, night, ..STEREO }, None));
        let most = |from: usize, to: usize| samples[from..to].iter().fold(0.0_f32, |most, s| most.max(s.abs()));
        [most(48_000, 90_000), most(150_000, 186_000)]
    };
    let ([quiet, loud], [night_quiet, night_loud]) = (loudest(false), loudest(true));
    assert!(night_quiet > 1.8 * quiet && night_loud < 0.85 * loud, "{quiet} {loud} {night_quiet} {night_loud}");
}

#[test]
fn a_track_that_changes_its_format_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let part = |name: &str, sound: &str| {
        let path = folder.path().join(name);
        ffmpeg(
            &format!("-f lavfi -i color=s=64x64:r=25:d=2 -f lavfi -i {sound} -c:v mpeg2video -c:a mp2 -f mpegts"),
            &path,
        );
        std::fs::read(path).unwrap()
    };
    let mut whole = part("a.ts", "sine=f=500:r=48000:d=2");
    whole.extend(part("b.ts", "sine=f=500:r=32000:d=2,pan=stereo|c0=c0|c1=c0"));
    let path = folder.path().join("both.ts");
    std::fs::write(&path, whole).unwrap();
    let all = all(&path, STEREO, None);
    let length: usize = all.iter().map(|mixed| mixed.samples.len() / 2).sum();
    assert!((length as f64 / 48_000.0 - 4.0).abs() < 0.2, "{length} frames");
    // Beginning and joint apart, it is the same tone.
    let left: Vec<_> = samples(&all).into_iter().step_by(2).collect();
    for part in [24_000..84_000, 120_000..180_000] {
        let pitch = frequency(&left[part.clone()]);
        assert!((pitch - 500.0).abs() < 2.0, "{part:?}: {pitch} Hz");
    }
}

#[test]
fn a_hole_in_the_track_is_one_in_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hole.mkv");
    let made = "aevalsrc=sin(880*PI*t):s=48000:d=4,aselect=not(between(t\\,1\\,2))";
    ffmpeg(&format!("{PICTURES} -f lavfi -i {made} -c:v mpeg4 -c:a pcm_s16le"), &path);
    let all = all(&path, STEREO, None);
    let fresh: Vec<_> = all.iter().filter(|mixed| !mixed.joined).map(|mixed| mixed.film.seconds()).collect();
    assert!(fresh.len() == 2 && fresh[0] < 0.001 && (fresh[1] - 2.0).abs() < 0.05, "{fresh:?}");
}
