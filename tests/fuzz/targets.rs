//! What reads bytes from outside, each as a function of bytes: no input makes one panic, and what is believed can be written and read again.
//! `./x fuzz` looks for inputs with libFuzzer, `cargo test` tries some thousands that are always the same.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Parser;
use deep3d::cli::Cli;
use deep3d::depth_film::{DepthMap, Scale, SourcePrint, key};
use deep3d::frame::{Chroma, Colour, Orientation, OwnedPlanes, Picture, PixelFormat, Range, Shape};
use deep3d::gpu::testing::{read_pipelines, write_pipelines};
use deep3d::location::Location;
use deep3d::media::{Source, SourceOptions};
use deep3d::net::mxnet::{self, MovingVariance};
use deep3d::net::weights::Weights;
use deep3d::position::Position;
use deep3d::sink::ScreenSettings;
use deep3d::time::Time;

/// A name and what is done with bytes.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All of them.
#[allow(dead_code)]
pub(crate) const TARGETS: &[Target] = &[
    ("weights", weights),
    ("params", params),
    ("depth_tags", depth_tags),
    ("depth_map", depth_map),
    ("dataset_state", dataset_state),
    ("pipeline_cache", pipeline_cache),
    ("screen", screen),
    ("names", names),
    ("options", options),
    ("still", still),
];

/// A weights file (.safetensors).
pub(crate) fn weights(bytes: &[u8]) {
    if let Ok(weights) = Weights::parse("x.safetensors", bytes) {
        let written = weights.serialise().unwrap();
        let again = Weights::parse("x.safetensors", &written).unwrap();
        assert_eq!(again.metadata, weights.metadata);
        assert_eq!(again.tensors.len(), weights.tensors.len());
    }
}

/// MXNet's .params.
pub(crate) fn params(bytes: &[u8]) {
    if let Ok(arrays) = mxnet::parse(bytes) {
        let numbers: usize = arrays.iter().filter_map(|array| array.tensor.as_ref()).map(|tensor| tensor.count()).sum();
        assert!(numbers <= bytes.len(), "{numbers} numbers in {} bytes", bytes.len());
    }
    let _ = mxnet::convert("x.params", bytes, MovingVariance::ByName);
}

/// The tags of a film of depth, one a line.
pub(crate) fn depth_tags(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.split('\n');
    let values: Vec<(&str, Option<&str>)> =
        [key::VERSION, key::NEAR, key::FAR, key::FLAT].map(|key| (key, lines.next())).into();
    let tag = |wanted: &str| values.iter().find(|(key, _)| *key == wanted)?.1.map(str::to_owned);
    if let Ok(Some(scale)) = Scale::read("x.mkv", tag) {
        assert!(scale.near < scale.far && scale.flat > 0.0 && scale.sample(0.0, 1023) <= 1023);
        let tags = scale.tags();
        let tag = |wanted: &str| tags.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value.clone());
        assert_eq!(Scale::read("x.mkv", tag).unwrap(), Some(scale));
    }
    if let Some(print) = lines.next().and_then(SourcePrint::from_tag) {
        // Times are written in milliseconds and microseconds.
        let written = print.to_tag();
        assert_eq!(SourcePrint::from_tag(&written).unwrap().to_tag(), written);
    }
}

/// A grey picture of any shape and its disparity.
pub(crate) fn depth_map(bytes: &[u8]) {
    let Some(([width, height, to_width, to_height, kind, turns, stride], samples)) = bytes.split_first_chunk::<7>()
    else {
        return;
    };
    let [width, height, to_width, to_height] =
        [width, height, to_width, to_height].map(|side| u32::from(*side % 40) + 1);
    let depth = [8, 10, 12, 16][usize::from(kind % 4)];
    let format = PixelFormat { chroma: Chroma::Grey, depth, shift: u32::from(kind / 4 % 3) * 4, semi_planar: false };
    let orientation = Orientation { mirror: turns & 4 != 0, quarter_turns: turns % 4 };
    let colour = Colour { range: if kind & 64 != 0 { Range::Full } else { Range::Limited }, ..Colour::SRGB };
    // Shorter than it says where the bytes are few.
    let planes = Box::new(OwnedPlanes(vec![(samples.to_vec(), usize::from(*stride))]));
    let picture =
        Picture { shape: Shape { size: [width, height], format, colour, sample_aspect: (1, 1), orientation }, planes };
    let scale = Scale::HAND_MADE;
    let map = DepthMap::of(&picture, scale, [to_width, to_height]);
    assert_eq!(map.values.len(), (to_width * to_height) as usize);
    let within = scale.near - 1e-3..=scale.far + 1e-3;
    assert!(map.values.iter().all(|value| within.contains(value)), "{map:?}");
}

/// The note beside a film's shards.
pub(crate) fn dataset_state(bytes: &[u8]) {
    if let Ok(written) = deep3d::dataset::read_state(bytes) {
        assert_eq!(deep3d::dataset::read_state(&written).unwrap(), written);
    }
}

/// The file of compiled kernels.
pub(crate) fn pipeline_cache(bytes: &[u8]) {
    if let Some(inner) = read_pipelines(bytes) {
        assert_eq!(write_pipelines(inner), bytes);
    }
    if let Some(inner) = read_pipelines(&write_pipelines(bytes)) {
        assert_eq!(inner, bytes);
    }
}

/// screen.json.
pub(crate) fn screen(bytes: &[u8]) {
    if let Ok(screen) = serde_json::from_slice::<ScreenSettings>(bytes) {
        let checked = screen.checked();
        assert!((ScreenSettings::WIDTH[0]..=ScreenSettings::WIDTH[1]).contains(&checked.width));
        assert_eq!(checked.checked(), checked);
        let written = serde_json::to_vec(&checked).unwrap();
        assert_eq!(serde_json::from_slice::<ScreenSettings>(&written).unwrap(), checked);
    }
}

/// What names a film.
pub(crate) fn names(bytes: &[u8]) {
    let name = OsStr::from_bytes(bytes);
    let location = Location::of(name);
    match &location {
        Location::File(path) => assert!(path.as_os_str().len() <= name.len()),
        Location::Stdin => {}
        Location::Url(url) => {
            assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
            assert_eq!(Location::of(url), location, "an address reads the same again");
        }
    }
    if let Some(name) = location.file_name() {
        assert!(!name.is_empty() && !name.as_bytes().contains(&b'/'), "{name:?}");
    }
    let _ = (location.to_string(), location.is_remote());
}

/// A command line, its words parted by zeros; and a place in a film.
pub(crate) fn options(bytes: &[u8]) {
    let words = bytes.split(|byte| *byte == 0).map(|word| OsString::from(OsStr::from_bytes(word)));
    match Cli::try_parse_from(std::iter::once(OsString::from("deep3d")).chain(words)) {
        Ok(cli) => drop(format!("{cli:?}")),
        Err(error) => drop(error.render().to_string()),
    }
    if let Ok(position) = String::from_utf8_lossy(bytes).parse::<Position>() {
        for duration in
            [None, Some(Time::ZERO), Some(Time::from_seconds(3600.0)), Some(Time::from_nanoseconds(i64::MAX))]
        {
            let _ = position.resolve(duration, &[]);
        }
    }
}

/// A picture or an animation, as a file.
pub(crate) fn still(bytes: &[u8]) {
    let path = file();
    std::fs::write(&path, bytes).unwrap();
    if let Ok(mut source) = Source::open(&path, &SourceOptions::default()) {
        for _ in 0..4 {
            let Ok(Some(frame)) = source.next() else { break };
            let Picture { shape: Shape { size, format, .. }, planes } = frame.data;
            for index in 0..format.planes() {
                let [width, height] = format.plane_size(index, size).map(|side| side as usize);
                let (plane, stride) = planes.plane(index);
                assert!(plane.len() >= stride * (height - 1) + width * format.sample_bytes());
            }
        }
    }
}

/// In memory where there is such a folder; one for each process and thread.
fn file() -> PathBuf {
    let folder = PathBuf::from("/dev/shm");
    let folder = if folder.is_dir() { folder } else { std::env::temp_dir() };
    let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "-");
    folder.join(format!("deep3d-fuzz-{}-{thread}", std::process::id()))
}
