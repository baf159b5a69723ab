//! What tests of written films share: FFmpeg's tools, a made-up film, and reading it back.
#![allow(dead_code)]

use std::path::Path;
use std::process::Command;

use deep3d::media::encode::{Preset, TrackSource};
use deep3d::media::{Source, SourceOptions};
use deep3d::position::Position;
use deep3d::sink::file::{FilmOptions, FilmWriter};
use deep3d::sink::layout::Layout;
use deep3d::time::Time;
use serde_json::Value;

pub(crate) const EYE: [u32; 2] = [320, 180];

pub(crate) fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; install FFmpeg's command line tools"));
    assert!(output.status.success(), "{program} {arguments:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

pub(crate) fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    run("ffmpeg", &[&["-v", "error", "-nostdin", "-y"], arguments].concat())
}

pub(crate) fn probe(path: &Path, arguments: &[&str]) -> Value {
    let file = path.to_str().unwrap();
    let standard = ["-v", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json"];
    serde_json::from_slice(&run("ffprobe", &[&standard, arguments, &[file]].concat())).unwrap()
}

pub(crate) fn streams<'a>(probed: &'a Value, kind: &str) -> Vec<&'a Value> {
    probed["streams"].as_array().unwrap().iter().filter(|stream| stream["codec_type"] == kind).collect()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Smooth colours that move: what a film is to an encoder.
pub(crate) fn picture([width, height]: [u32; 2], at: u32) -> Vec<u8> {
    let mut samples = Vec::with_capacity((width * height * 4) as usize);
    for y in 0..height {
        for x in 0..width {
            let wave = |step: f64, speed: f64| {
                let phase = f64::from(x) / step + f64::from(y) / (step * 1.7) + f64::from(at) * speed;
                (127.5 + 120.0 * phase.sin()) as u8
            };
            samples.extend([wave(31.0, 0.1), wave(47.0, -0.07), wave(23.0, 0.05), 77]);
        }
    }
    samples
}

pub(crate) fn options(layout: Layout) -> FilmOptions {
    FilmOptions { preset: Preset::Ultrafast, frame_rate: Some((25, 1)), ..FilmOptions::new(layout, EYE) }
}

/// The tracks of the film at `path` from `start` to `end`, read to their end.
pub(crate) fn tracks(path: &Path, start: Time, end: Option<Time>) -> TrackSource {
    let begin = (start > Time::ZERO).then_some(Position::FromStart(start));
    let options =
        SourceOptions { start: begin, end: end.map(Position::FromStart), tracks: true, ..SourceOptions::default() };
    let mut source = Source::open(path, &options).unwrap();
    let tracks = source.take_tracks();
    // Small films wait whole; nobody has to take them meanwhile.
    while let Some(frame) = source.next().unwrap() {
        drop(frame);
    }
    TrackSource { tracks, start, end, ..TrackSource::default() }
}

/// Writes `count` pictures at 25 a second from film time `from` on.
pub(crate) fn write(path: &Path, options: &FilmOptions, source: TrackSource, from: Time, count: u32) -> Vec<String> {
    let mut writer = FilmWriter::create(path, options, source).unwrap();
    let frame = Time::from_ticks(1, 1, 25);
    for at in 0..count {
        let samples = picture(writer.size(), at);
        let stride = writer.size()[0] as usize * 4;
        writer.write(&samples, stride, from + Time::from_ticks(i64::from(at), 1, 25), frame).unwrap();
    }
    let notes = writer.notes().to_vec();
    writer.finish().unwrap();
    notes
}

/// Decoded to R'G'B' as a player with BT.709 does.
pub(crate) fn decode(path: &Path, sample_bytes: &str) -> Vec<u8> {
    let scale = "scale=in_color_matrix=bt709:in_range=tv:out_range=pc:flags=bicubic+accurate_rnd+full_chroma_int";
    let input = text(path);
    ffmpeg(&["-i", input, "-fps_mode", "passthrough", "-vf", scale, "-f", "rawvideo", "-pix_fmt", sample_bytes, "-"])
}
