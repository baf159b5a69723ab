//! Films, read: times, seeking, changes in mid-stream, damage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;

use std::fs;
use std::time::{Duration, Instant};

use deep3d::frame::{Frame, Picture};
use deep3d::media::{MediaError, Source, SourceOptions};
use deep3d::position::Position;
use deep3d::time::Time;
use deep3d::trace::Stage;

use decoded::*;

#[test]
fn frames_are_numbered_timed_and_stamped() {
    let path = clip("plain.mp4", &format!("{} -c:v libx264 -bf 2 -pix_fmt yuv420p", moving("160x90", "25", "1")));
    let mut source = open(&path);
    let info = source.info().clone();
    assert_eq!((info.size, info.codec.as_str(), info.container.as_str()), ([160, 90], "h264", "mov"));
    assert_eq!((info.frame_rate, info.is_still, info.can_seek), (Some((25, 1)), false, true));
    assert_near(info.duration.unwrap(), 1000.0, "duration");
    let frames = all(&mut source);
    assert_eq!(frames.len(), 25);
    for (index, frame) in frames.iter().enumerate() {
        assert_eq!((frame.id, frame.epoch), (index as u64, 0));
        assert_near(frame.pts, index as f64 * 40.0, "pts");
        assert_near(frame.duration, 40.0, "duration");
        assert!(frame.trace.span(Stage::Decode).is_some());
    }
    assert!(source.next().unwrap().is_none());
}

#[test]
fn seeking_gives_the_same_pictures_as_playing() {
    let long = "-c:v libx264 -preset veryfast -bf 3 -g 250 -pix_fmt yuv420p";
    let clips = [
        clip("long.mkv", &format!("{} {long}", moving("160x90", "24000/1001", "4"))),
        clip("long.mp4", &format!("{} {long}", moving("160x90", "24000/1001", "4"))),
        clip("open.ts", &format!("{} {long} -x264-params keyint=24:open-gop=1:bframes=3", moving("160x90", "25", "4"))),
        clip("two.mpg", &format!("{} -c:v mpeg2video -g 12 -bf 2 -q:v 4", moving("160x96", "25", "3"))),
        clip("raw.h264", &format!("{} {long}", moving("160x90", "25", "2"))),
        clip(
            "vp9.webm",
            &format!("{} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 30", moving("160x90", "30", "2")),
        ),
    ];
    for path in clips {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut source = open(&path);
        let played: Vec<_> = all(&mut source).iter().map(|f| (f.pts, f.duration, hash(&f.data))).collect();
        assert!(played.len() >= 48, "{name}: {}", played.len());
        // Back and forth, each place once; also just before the next picture.
        let mut order: Vec<usize> = (0..played.len()).step_by(7).chain([played.len() - 1, 1]).collect();
        order.sort_by_key(|index| (index * 37) % 101);
        for (turn, index) in order.into_iter().enumerate() {
            let (pts, duration, _) = played[index];
            let target = if turn % 2 == 0 { pts } else { pts + duration - Time::from_nanoseconds(1_000_000) };
            source.seek(target, turn as u32 + 1).unwrap();
            for (offset, expected) in played[index..].iter().take(2).enumerate() {
                let frame = source.next().unwrap().unwrap();
                assert_eq!((frame.id, frame.epoch), (offset as u64, turn as u32 + 1));
                assert_eq!(&(frame.pts, frame.duration, hash(&frame.data)), expected, "{name}, {target}");
            }
        }
        // Before the beginning the first picture, past the end the last one.
        source.seek(Time::from_seconds(-5.0), 0).unwrap();
        assert_eq!(source.next().unwrap().unwrap().pts, played[0].0, "{name}");
        source.seek(Time::from_seconds(1000.0), 0).unwrap();
        assert_eq!(hash(&source.next().unwrap().unwrap().data), played.last().unwrap().2, "{name}");
        assert!(source.next().unwrap().is_none());
    }
}

#[test]
fn variable_frame_rates_keep_their_times() {
    // Pictures at 0, 1, 4, 9, 16, … hundredths of a second.
    let path = clip(
        "vfr.mkv",
        "-f lavfi -i testsrc2=size=64x64:rate=100:duration=2 -vf settb=1/1000,setpts=N*N*10 -frames:v 12 -fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -bf 2 -pix_fmt yuv420p",
    );
    let frames = all(&mut open(&path));
    assert_eq!(frames.len(), 12);
    for (index, frame) in frames.iter().enumerate() {
        assert_near(frame.pts, (index * index * 10) as f64, "pts");
        if index < 11 {
            assert_near(frame.duration, ((2 * index + 1) * 10) as f64, "duration");
        }
    }
}

#[test]
fn streams_without_times_are_timed_by_their_rate_in_the_order_they_are_shown() {
    let coding = "-c:v libx264 -bf 3 -g 30 -pix_fmt yuv420p -preset veryfast";
    let recipe = format!("{} {coding}", moving("64x64", "24000/1001", "2"));
    let raw = clip("timeless.264", &recipe);
    let boxed = clip("timed.mkv", &recipe);
    let mut source = open(&raw);
    assert_eq!((source.info().frame_rate, source.info().duration), (Some((24_000, 1001)), None));
    let (raw, boxed) = (all(&mut source), all(&mut open(&boxed)));
    assert_eq!(raw.len(), boxed.len());
    for (index, (raw, boxed)) in raw.iter().zip(&boxed).enumerate() {
        assert_eq!(raw.pts, Time::from_ticks(index as i64, 1001, 24_000));
        assert_eq!(hash(&raw.data), hash(&boxed.data), "picture {index}");
    }
}

#[test]
fn a_corrupt_middle_is_skipped_and_the_film_goes_on() {
    for name in ["damaged.mkv", "damaged.mp4", "damaged.ts", "damaged.mpg", "damaged.264"] {
        let coding =
            if name.ends_with("mpg") { "mpeg2video -q:v 4" } else { "libx264 -preset veryfast -bf 2 -pix_fmt yuv420p" };
        let whole = clip(&format!("whole-{name}"), &format!("{} -c:v {coding} -g 10", moving("160x96", "25", "4")));
        let expected = all(&mut open(&whole));
        let mut bytes = fs::read(&whole).unwrap();
        let length = bytes.len();
        for (index, byte) in bytes[length * 45 / 100..length * 55 / 100].iter_mut().enumerate() {
            *byte = (index as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0];
        }
        let path = made(name, &format!("damaged {length} {name}"), |draft| fs::write(draft, &bytes).unwrap());
        let mut source = open(&path);
        let frames = all(&mut source);
        let (last, wanted) = (frames.last().unwrap(), expected.last().unwrap());
        assert!(frames.len() * 100 >= expected.len() * 70, "{name}: {} of {}", frames.len(), expected.len());
        assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts), "{name}");
        assert_eq!(hash(&last.data), hash(&wanted.data), "{name}: the last picture");
        if !name.ends_with("264") {
            assert_eq!(last.pts, wanted.pts, "{name}");
        }
    }
}

#[test]
fn size_and_format_may_change_in_mid_stream() {
    let part = |name: &str, size: &str, format: &str| {
        let coding = format!("-c:v libx264 -preset veryfast -bf 2 -pix_fmt {format}");
        fs::read(clip(name, &format!("{} {coding}", moving(size, "25", "0.8")))).unwrap()
    };
    let parts =
        [part("a.ts", "160x96", "yuv420p"), part("b.ts", "96x160", "yuv420p"), part("c.ts", "96x160", "yuv422p10le")];
    let path = made("changing.ts", "changing 1", |draft| fs::write(draft, parts.concat()).unwrap());
    let frames = all(&mut open(&path));
    assert!(frames.len() >= 58, "{}", frames.len());
    let mut shapes: Vec<_> =
        frames.iter().map(|frame| (frame.data.shape.size, frame.data.shape.format.depth)).collect();
    shapes.dedup();
    assert_eq!(shapes, [([160, 96], 8), ([96, 160], 8), ([96, 160], 10)]);
    // The clock begins anew with each part; film time goes on.
    assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts && pair[0].duration < Time::from_seconds(0.2)));
    let end = frames.last().unwrap().pts;
    assert!((2.2..2.6).contains(&end.seconds()), "{end}");
}

#[test]
fn films_begin_where_they_are_told_to() {
    let path = clip("start.mkv", &format!("{} -c:v libx264 -g 50 -pix_fmt yuv420p", moving("64x64", "25", "4")));
    let first = |start: &str| {
        let options = SourceOptions { start: Some(start.parse().unwrap()), epoch: 7, ..Default::default() };
        let frame = Source::open(&path, &options).unwrap().next().unwrap().unwrap();
        assert_eq!((frame.id, frame.epoch), (0, 7));
        milliseconds(frame.pts)
    };
    assert_eq!([first("2.5"), first("-1"), first("25%"), first("0")].map(f64::round), [2480.0, 3000.0, 1000.0, 0.0]);
    let raw = clip("start.264", &format!("{} -c:v libx264 -pix_fmt yuv420p", moving("64x64", "25", "1")));
    let options = SourceOptions { start: Some(Position::Percent(50.0)), ..Default::default() };
    assert!(matches!(Source::open(raw, &options), Err(MediaError::UnknownPlace(_))));
}

#[test]
fn damage_anywhere_is_an_error_or_a_film_but_never_a_panic() {
    fn is_sent_between_threads<T: Send>() {}
    is_sent_between_threads::<Source>();
    is_sent_between_threads::<Frame<Picture>>();
    let folder = tempfile::tempdir().unwrap();
    let coding = "-c:v libx264 -preset veryfast -bf 2 -g 10 -pix_fmt yuv420p";
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for name in ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.264", "a.png", "a.gif", "a.tiff", "a.jpg", "a.webp"] {
        let still = name.ends_with("png") || name.ends_with("tiff") || name.ends_with("jpg") || name.ends_with("webp");
        let recipe = match name {
            _ if still => format!("{} -frames:v 1", moving("64x64", "25", "1")),
            "a.gif" => moving("64x64", "25", "0.4"),
            _ => format!("{} {coding}", moving("64x64", "25", "1")),
        };
        let whole = fs::read(clip(&format!("fuzz-{name}"), &recipe)).unwrap();
        for turn in 0..12 {
            let mut bytes = whole.clone();
            // Headers are where numbers are believed.
            let reach = if turn % 2 == 0 { bytes.len().min(1500) } else { bytes.len() };
            (0..1 + random(12)).for_each(|_| bytes[random(reach)] = random(256) as u8);
            if turn % 4 == 3 {
                bytes.truncate(1 + random(whole.len()));
            }
            let path = folder.path().join(format!("{turn}-{name}"));
            fs::write(&path, &bytes).unwrap();
            let began = Instant::now();
            if let Ok(mut source) = Source::open(&path, &SourceOptions::default()) {
                while let Ok(Some(frame)) = source.next()
                    && frame.id < 60
                {
                    samples(&frame.data);
                }
                let _ = source.seek(Time::from_seconds(0.5), 1);
                let _ = source.next();
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{name} {turn}: {:?}", began.elapsed());
        }
    }
}
