//! Sound is where it was in the source, to the sample: clicks in known samples, through all that codecs and containers put before the first.

use std::fs;
use std::path::{Path, PathBuf};

use deep3d::sink::layout::Layout;
use deep3d::time::Time;

use crate::written::{ffmpeg, options, probe, streams, text, tracks, write};

const RATE: usize = 48_000;
/// Samples of the clicks: half a second apart and a little more, on no packet's edge.
const CLICKS: [usize; 7] = [13_001, 37_117, 61_231, 85_349, 109_463, 133_577, 157_691];
const LENGTH: usize = 4 * RATE;

/// Clicks in silence, as raw samples.
fn clicks(folder: &Path) -> PathBuf {
    let mut samples = vec![0_i16; 2 * LENGTH];
    for at in CLICKS {
        // A click of a few samples, whose middle is the loudest, lasts through all codecs.
        for (offset, level) in [(0, 8_000), (1, 16_000), (2, 30_000), (3, 16_000), (4, 8_000)] {
            let frame = at + offset - 2;
            (samples[2 * frame], samples[2 * frame + 1]) = (level, level);
        }
    }
    let path = folder.join("clicks.raw");
    fs::write(&path, samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>()).unwrap();
    path
}

/// A film of four seconds with the clicks, `shift` seconds behind the pictures.
fn film(folder: &Path, extension: &str, coding: &str, shift: &str) -> PathBuf {
    let path = folder.join(format!("{}.{extension}", coding.replace(' ', "")));
    let raw = clicks(folder);
    let before = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=4", "-itsoffset", shift];
    let sound = ["-f", "s16le", "-ar", "48000", "-ac", "2", "-i", text(&raw), "-map", "0:v", "-map", "1:a"];
    let pictures = if extension == "webm" {
        "libvpx -deadline realtime -cpu-used 8"
    } else {
        "libx264 -preset ultrafast -g 25 -bf 0"
    };
    let coding: Vec<&str> = format!("{pictures} -c:a {coding}").leak().split_whitespace().collect();
    ffmpeg(&[&before[..], &sound, &["-c:v"], &coding, &[text(&path)]].concat());
    path
}

/// The samples at which clicks are heard in a file, counted from `begins` on, in seconds.
fn heard(path: &Path, begins: f64) -> Vec<i64> {
    let filter = format!("aresample=48000:async=1:first_pts={}", (begins * RATE as f64).round());
    let raw = ffmpeg(&["-copyts", "-i", text(path), "-map", "0:a:0", "-af", &filter, "-ac", "1", "-f", "s16le", "-"]);
    let samples: Vec<i32> =
        raw.chunks_exact(2).map(|pair| i32::from(i16::from_le_bytes([pair[0], pair[1]])).abs()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < samples.len() {
        if samples[at] > 5_000 {
            let end = (at + 400).min(samples.len());
            found.push((at..end).max_by_key(|index| samples[*index]).unwrap() as i64);
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// When a file begins, or its pictures.
fn begins(path: &Path, pictures: bool) -> f64 {
    let probed = probe(path, &[]);
    let of = if pictures {
        streams(&probed, "video")[0]["start_time"].clone()
    } else {
        probed["format"]["start_time"].clone()
    };
    of.as_str().unwrap().parse().unwrap()
}

#[test]
fn clicks_are_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    // No packet begins at the cut, and the first click comes 38 ms after it.
    let cut = (1.237, Some(3.2));
    let whole = (0.0, None);
    // How far off a click may be, in samples: Matroska's times are whole milliseconds, each rounded once more where it is read.
    for (from, coding, shift, results) in [
        ("mp4", "aac -b:a 192k", "0", &[("mp4", whole, 0), ("mp4", cut, 0), ("mkv", whole, 24)][..]),
        ("mp4", "aac -b:a 191k", "0.3", &[("mov", cut, 0)]),
        ("mp4", "alac", "0", &[("mp4", cut, 0)]),
        ("mp4", "libmp3lame -b:a 192k", "0", &[("mov", cut, 0)]),
        ("mov", "pcm_s16le", "0", &[("mp4", cut, 0), ("mkv", cut, 48)]),
        ("mkv", "flac", "0", &[("mov", cut, 0)]),
        // FFmpeg 5.1 hears Opus in Matroska by its run-up of 312 samples early, in the source.
        ("mkv", "libopus -b:a 192k", "0", &[("mp4", cut, 312 + 48)]),
    ] {
        let input = film(folder.path(), from, coding, shift);
        // Film time begins with the file.
        let source = heard(&input, begins(&input, false));
        for (to, (start, end), most) in results {
            let output = folder.path().join(format!("{}.{to}", start > &0.0));
            let _ = fs::remove_file(&output);
            let (start, end) = (Time::from_seconds(*start), end.map(Time::from_seconds));
            let count = if end.is_some() { 50 } else { 100 };
            write(&output, &options(Layout::Left), tracks(&input, start, end), start, count);
            let ours = heard(&output, begins(&output, true));
            let moved = (start.seconds() * RATE as f64).round() as i64;
            let ends = end.map_or(i64::MAX, |end| (end.seconds() * RATE as f64) as i64);
            let wanted = source.iter().filter(|at| (moved..ends).contains(*at)).map(|at| at - moved);
            let wanted: Vec<i64> = wanted.collect();
            let off: Vec<i64> = ours.iter().zip(&wanted).map(|(a, b)| a - b).collect();
            let name = format!("{from} {coding} → {to} from {start}");
            assert!(wanted.len() > 2 && ours.len() == wanted.len(), "{name}: {ours:?} and not {wanted:?}");
            assert!(off.iter().all(|off| off.abs() <= *most), "{name}: {off:?}");
        }
    }
}
