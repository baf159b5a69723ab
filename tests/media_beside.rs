//! A film whose picture and sound lie at two addresses, as pages name them: played as one, sought as one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;
#[path = "common/nginx.rs"]
mod nginx;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deep3d::media::audio::{Mix, SoundDecoder};
use deep3d::media::{PageOptions, RemoteOptions, SoundChoice, SoundPackets, SoundRead, Source, SourceOptions};
use deep3d::time::Time;

use decoded::*;
use nginx::Nginx;

/// Noise that never repeats, left and right.
fn noise(seconds: usize) -> Vec<i16> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 18) as i16 - 8192
    };
    (0..seconds * 96_000).map(|_| next()).collect()
}

/// The sound from the place sought in `epoch` on: where that is, and the left channel of a second of it.
fn heard(packets: &mut SoundPackets, decoder: &mut SoundDecoder, epoch: u32) -> (Time, Vec<f32>) {
    let (mut target, mut samples) = (Time::ZERO, Vec::new());
    let began = Instant::now();
    while samples.len() < 48_000 {
        assert!(began.elapsed() < Duration::from_secs(20), "{} samples of epoch {epoch}", samples.len());
        match packets.next(Duration::from_millis(50)) {
            SoundRead::Sought { epoch: told, target: sought } if told == epoch => {
                target = sought;
                decoder.seek(sought);
                samples.clear();
            }
            SoundRead::Packet { packet, epoch: told } if told == epoch => {
                decoder.send(&packet);
                while let Some(mixed) = decoder.receive() {
                    samples.extend(mixed.samples.iter().step_by(2));
                }
            }
            _ => {}
        }
    }
    (target, samples)
}

#[test]
fn picture_and_sound_at_two_addresses_are_one_film() {
    let nginx = Nginx::start();
    let folder = tempfile::tempdir().unwrap();
    let source = noise(12);
    let raw = folder.path().join("noise.raw");
    fs::write(&raw, source.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    let coding = "-c:v libx264 -preset veryfast -g 125 -bf 2 -pix_fmt yuv420p";
    // Such fragments begin with what the codec runs ahead.
    ffmpeg(
        &format!("{} {coding} -movflags +frag_keyframe+empty_moov -use_editlist 0", moving("160x96", "25", "12")),
        &nginx.root().join("picture.mp4"),
    );
    ffmpeg(&format!("-f s16le -ar 48000 -ac 2 -i {} -c:a flac", raw.display()), &nginx.root().join("sound.mka"));
    let program = folder.path().join("yt-dlp");
    let answer = format!(
        r#"{{"requested_formats": [{{"url": "{}", "vcodec": "avc1"}}, {{"url": "{}", "vcodec": "none"}}]}}"#,
        nginx.url("picture.mp4"),
        nginx.url("sound.mka")
    );
    fs::write(&program, format!("#!/bin/sh\ncat <<'ANSWER'\n{answer}\nANSWER\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let page = Some(PageOptions { program, ..PageOptions::default() });
    let remote = Arc::new(RemoteOptions { page, ..RemoteOptions::default() });
    let options = SourceOptions { remote, sound: SoundChoice::Best, ..SourceOptions::default() };
    let url = format!("ytdl://{}", nginx.url("watch"));
    let mut film = Source::open(url.as_str(), &options).unwrap();
    assert_eq!((film.info().size, film.info().audio_tracks), ([160, 96], 1));
    assert!(film.audio_tracks().is_some());
    let offset = film.info().start_offset.seconds();
    let mut packets = film.take_sound().unwrap();
    let mix = Mix { rate: 48_000, channels: 2, speed: 1.0, night: false, in_room: false };
    let mut decoder = SoundDecoder::new(&packets, mix, "test").unwrap();
    let mut reference = Source::open(nginx.url("picture.mp4").as_str(), &SourceOptions::default()).unwrap();
    let pictures: Vec<_> = all(&mut reference).iter().map(|frame| (frame.pts, hash(&frame.data))).collect();
    for (epoch, seconds) in [(1, 7.3), (2, 1.04), (3, 9.96), (4, 0.0)] {
        let target = Time::from_seconds(seconds);
        film.seek(target, epoch).unwrap();
        let shown = film.next().unwrap().unwrap();
        let index = pictures.iter().rposition(|(pts, _)| *pts <= target + Time::from_nanoseconds(1000)).unwrap_or(0);
        assert_eq!((shown.pts, hash(&shown.data)), pictures[index], "the picture at {seconds}");
        let (sought, samples) = heard(&mut packets, &mut decoder, epoch);
        assert_eq!(sought, target);
        // After the decoder's soft beginning; on the clock of both.
        let skip = 960;
        let wanted = ((seconds + offset) * 48_000.0).round() as usize + skip;
        // Matroska's times are whole milliseconds.
        let is_at = |from: usize| {
            (0..20_000).all(|at| (samples[skip + at] * 32_768.0 - f32::from(source[(from + at) * 2])).abs() < 3.0)
        };
        let found = (wanted - 48..wanted + 48).find(|from| is_at(*from));
        assert!(found.is_some(), "the sound at {seconds}");
    }
    // A seek to a key frame: sound begins with the picture that is found.
    film.seek_near(Time::from_seconds(9.0), 5).unwrap();
    let first = film.next().unwrap().unwrap().pts;
    let (sought, _) = heard(&mut packets, &mut decoder, 5);
    assert!(sought == first && first < Time::from_seconds(9.0), "{sought} and {first}");
}
