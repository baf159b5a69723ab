//! Films from a web server as it comes (nginx): ranges, redirects, HLS and DASH, as a whole and while they are made.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;
#[path = "common/nginx.rs"]
mod nginx;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use deep3d::media::{
    CacheOptions, HlsBitrate, MediaError, Memory, RemoteOptions, SoundChoice, SoundRead, Source, SourceOptions,
};
use deep3d::time::Time;

use decoded::*;
use nginx::Nginx;

const CODING: &str = "-c:v libx264 -preset veryfast -g 25 -sc_threshold 0 -pix_fmt yuv420p -c:a aac";

fn open_with(url: &str, options: SourceOptions) -> Source {
    Source::open(url, &options).unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn choice(hls_bitrate: HlsBitrate) -> SourceOptions {
    let remote = Arc::new(RemoteOptions { hls_bitrate, ..RemoteOptions::default() });
    SourceOptions { remote, sound: SoundChoice::Best, ..SourceOptions::default() }
}

/// Plays all of it, and from three places in it: each seek is exact.
fn assert_seeks(url: &str, count: usize) -> Vec<Time> {
    let seen = |source: &mut Source| all(source).iter().map(|f| (f.pts, hash(&f.data))).collect::<Vec<_>>();
    let mut source = open_with(url, SourceOptions::default());
    let whole = seen(&mut source);
    assert_eq!(whole.len(), count, "{url}");
    for (epoch, index) in [count - 7, 40, 1].into_iter().enumerate() {
        source.seek(whole[index].0, epoch as u32 + 1).unwrap();
        let there = seen(&mut source);
        let told = || there.iter().map(|(pts, _)| pts.seconds()).collect::<Vec<_>>();
        assert!(there == whole[index..], "{url}: seek to {index}: {:?}", told());
    }
    whole.iter().map(|(pts, _)| *pts).collect()
}

/// A folder made once with what FFmpeg writes into it for these arguments, as `name`.
fn served(name: &str, arguments: &str) -> PathBuf {
    made(name, arguments, |draft| {
        fs::create_dir(draft).unwrap();
        ffmpeg(arguments, &draft.join(name));
    })
}

fn inputs(seconds: u32) -> String {
    format!("{} -f lavfi -i sine=d={seconds}", moving("256x144", "25", &seconds.to_string()))
}

#[test]
fn a_film_is_read_in_ranges_and_where_it_was_moved_to() {
    let nginx = Nginx::start();
    let film = clip("web.mp4", &format!("{} {CODING}", inputs(6)));
    fs::copy(film, nginx.root().join("web.mp4")).unwrap();
    assert_seeks(&nginx.url("web.mp4"), 150);
    assert!(nginx.asked().iter().any(|line| line.contains("\" 206 ")), "{:?}", nginx.asked());
    assert_seeks(&nginx.url("moved/web.mp4"), 150);
    assert!(nginx.asked().iter().any(|line| line.contains("/moved/") && line.contains("\" 302 ")));
}

#[test]
fn hls_is_played_and_sought_exactly() {
    let nginx = Nginx::start();
    let hls = "-f hls -hls_time 1 -hls_list_size 0";
    nginx.serve(&served("parts.m3u8", &format!("{} {CODING} {hls}", inputs(6))));
    nginx.serve(&served("single.m3u8", &format!("{} {CODING} {hls} -hls_flags single_file", inputs(6))));
    nginx.serve(&served(
        "fragments.m3u8",
        &format!("{} {CODING} {hls} -hls_segment_type fmp4 -hls_fmp4_init_filename begin.mp4", inputs(6)),
    ));
    for name in ["parts.m3u8", "single.m3u8", "moved/parts.m3u8", "fragments.m3u8"] {
        assert_seeks(&nginx.url(name), 150);
    }
    // Within what is at hand nothing is opened anew.
    let cache = CacheOptions { behind: Memory(8 << 20), ..CacheOptions::default() };
    let mut source = open_with(&nginx.url("fragments.m3u8"), SourceOptions { cache, ..SourceOptions::default() });
    let whole: Vec<_> = all(&mut source).iter().map(|f| (f.pts, hash(&f.data))).collect();
    assert_eq!(whole.len(), 150);
    let before = nginx.asked().len();
    source.seek(whole[40].0, 1).unwrap();
    assert!(all(&mut source).iter().map(|f| (f.pts, hash(&f.data))).eq(whole[40..].iter().copied()));
    assert_eq!(nginx.asked().len(), before);
    let ranges = nginx.asked().iter().filter(|line| line.contains("single.ts") && line.contains("\" 206 ")).count();
    assert!(ranges >= 6, "{ranges} ranges");
}

/// Two pictures and two sounds in two sets.
fn dash() -> PathBuf {
    let split = "-filter_complex [0:v]split=2[a][b];[b]scale=128:72[c] -map [a] -map [c] -map 1:a -map 1:a";
    let rates = "-b:v:0 400k -b:v:1 100k -b:a:0 128k -b:a:1 48k";
    let dash = "-f dash -seg_duration 2 -use_template 1 -use_timeline 1 -adaptation_sets id=0,streams=0,1";
    let arguments = format!("{} {split} {CODING} {rates} {dash}", inputs(10));
    made("film.mpd", &arguments, |draft| {
        fs::create_dir(draft).unwrap();
        let mut words: Vec<&str> = arguments.split_whitespace().collect();
        words.pop();
        let path = draft.join("film.mpd");
        let mut run = Command::new("ffmpeg");
        run.args(["-nostdin", "-v", "error", "-y"]).args(words).arg("id=0,streams=0,1 id=1,streams=2,3").arg(path);
        assert!(run.status().unwrap().success());
    })
}

#[test]
fn dash_is_played_and_sought_exactly_in_the_variant_that_was_chosen() {
    let folder = dash();
    for (wanted, size, asked, spared) in [
        (HlsBitrate::Max, [256, 144], ["stream0", "stream2"], ["stream1", "stream3"]),
        (HlsBitrate::Min, [128, 72], ["stream1", "stream3"], ["stream0", "stream2"]),
        (HlsBitrate::AtMost(200_000), [128, 72], ["stream1", "stream2"], ["stream0", "stream3"]),
    ] {
        let nginx = Nginx::start();
        nginx.serve(&folder);
        let mut source = open_with(&nginx.url("film.mpd"), choice(wanted));
        assert_eq!((source.info().container.as_str(), source.info().size), ("dash", size), "{wanted:?}");
        assert_near(source.info().duration.unwrap(), 10_000.0, "length");
        let mut sound = source.take_sound().unwrap();
        let heard = std::thread::spawn(move || {
            let mut count = 0;
            loop {
                match sound.next(Duration::from_millis(50)) {
                    SoundRead::Packet { .. } => count += 1,
                    SoundRead::End { .. } | SoundRead::Over => return count,
                    _ => {}
                }
            }
        });
        assert_eq!(all(&mut source).len(), 250, "{wanted:?}");
        // A packet of AAC has 1024 samples.
        let heard = heard.join().unwrap();
        assert!((425..=435).contains(&heard), "{heard} packets of sound");
        // The last pieces are read of what plays alone.
        let lines = nginx.asked();
        let was_asked = |stream: &str| lines.iter().any(|line| line.contains(&format!("chunk-{stream}-00005")));
        assert!(
            asked.iter().all(|stream| was_asked(stream)) && !spared.iter().any(|stream| was_asked(stream)),
            "{lines:#?}"
        );
    }
    let nginx = Nginx::start();
    nginx.serve(&folder);
    assert_seeks(&nginx.url("film.mpd"), 250);
    assert_seeks(&nginx.url("moved/film.mpd"), 250);
}

/// Plays what ffmpeg makes in this very moment: how long the pictures of `seconds` took, and what is known of it then.
fn live(name: &str, muxer: &str, seconds: f64) {
    let nginx = Nginx::start();
    let arguments = format!("-re {} {CODING} -tune zerolatency {muxer}", inputs(60));
    let mut maker = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "quiet"])
        .args(arguments.split_whitespace())
        .arg(nginx.root().join(name))
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let pieces = || fs::read_dir(nginx.root()).unwrap().count();
    let until = Instant::now() + Duration::from_secs(20);
    while !(nginx.root().join(name).exists() && pieces() > 6) {
        assert!(Instant::now() < until, "ffmpeg makes no stream");
        std::thread::sleep(Duration::from_millis(50));
    }
    let cache = CacheOptions { behind: Memory(8 << 20), ..CacheOptions::default() };
    let mut source = open_with(&nginx.url(name), SourceOptions { cache, ..SourceOptions::default() });
    assert_eq!(source.info().duration, None);
    let began = Instant::now();
    let mut frames = Vec::new();
    while began.elapsed().as_secs_f64() < seconds {
        frames.push(source.next().unwrap().unwrap());
    }
    let played = (frames[frames.len() - 1].pts - frames[0].pts).seconds();
    let cached = source.cache().unwrap().look();
    let _ = maker.kill();
    let _ = maker.wait();
    // What was there at first, and what came since.
    assert!((seconds - 3.0..seconds + 9.0).contains(&played), "{name}: {played} s");
    assert!(cached.live && cached.bound, "{name}: {cached:?}");
    assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts), "{name}");
    // Back in what is kept, and no farther.
    source.seek(frames[30].pts, 1).unwrap();
    let back = source.next().unwrap().unwrap();
    assert_eq!((back.pts, hash(&back.data)), (frames[30].pts, hash(&frames[30].data)), "{name}");
    drop(source);
    let nothing = open_with(&nginx.url(name), SourceOptions::default()).seek(Time::from_seconds(-60.0), 1);
    assert!(matches!(nothing, Ok(()) | Err(MediaError::CannotSeek(_))), "{name}: {nothing:?}");
}

#[test]
fn hls_is_played_while_it_is_made() {
    live("live.m3u8", "-f hls -hls_time 1 -hls_list_size 6 -hls_flags delete_segments", 6.0);
}

#[test]
fn dash_is_played_while_it_is_made() {
    live("live.mpd", "-f dash -seg_duration 1 -use_template 1 -use_timeline 1 -window_size 6 -remove_at_exit 0", 6.0);
}
