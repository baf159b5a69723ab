//! Stills: one picture in planes, in the wanted colours, over the background, with the way it is to be turned.
//!
//! What kind a file is tells its content. PNG, JPEG, WebP, TIFF, GIF, BMP, TGA and PNM are read by crates in safe Rust, AVIF and HEIC by boxes read
//! here and FFmpeg's decoders, others by FFmpeg's decoders alone. Before any of them takes memory, size and depth in the header tell how much
//! all copies will take.
//!
//! ```text
//! content ─► png | jpeg | webp | tiff | other ─────────────────────────────► raster (profile, alpha) ─► Picture
//!         └► heif (boxes) ─► tiles ─┬─► coded (FFmpeg, memory watched) ─► frame ─┴──────────────────────────┘
//!         └► others ────────────────┘
//! ```

mod claim;
mod coded;
mod exif;
mod frame;
mod heif;
mod jpeg;
mod other;
mod png;
mod profile;
mod raster;
mod sample;
mod tiff;
mod tiles;
mod webp;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use image::ImageFormat;

use super::content::Content;
use super::error::MediaError;
use super::log::init;
use super::memory::Guard;
use super::reading::Reading;
use crate::frame::{Orientation, Picture};
use frame::Beside;
use profile::Colours;
pub(super) use profile::profile_of;
use raster::Raster;
use sample::Channels;

/// A still and the name of its coding.
pub(super) struct Still {
    pub(super) picture: Picture,
    pub(super) codec: &'static str,
}

/// What came out of a decoder, not yet in the wanted colours.
struct Decoded {
    raster: Raster,
    colours: Option<Colours>,
    orientation: Orientation,
}

/// Why a still cannot be read.
enum Failure {
    /// A kind that the decoder does not know, in its words: another may.
    Unknown(String),
    /// What is wrong with it.
    Damaged(String),
    /// The disk fails.
    Io(io::Error),
    /// Anything with a text of its own.
    Told(MediaError),
}

impl Failure {
    fn from_io(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Damaged("it ends too early".to_owned())
        } else {
            Self::Io(error)
        }
    }

    fn told(self, path: &Path) -> MediaError {
        let location = path.display().to_string();
        match self {
            Self::Unknown(format) => MediaError::UnsupportedFormat { location, format },
            Self::Damaged(reason) => MediaError::DamagedPicture { location, reason },
            Self::Io(error) => MediaError::from_io(path, &error),
            Self::Told(error) => error,
        }
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        Self::Told(error)
    }
}

/// Bytes that a sample takes with all its copies: as decoded, and in three planes (a profile makes these of grey, too); `twice` where the decoder
/// hands over a copy.
fn taken(channels: Channels, deep: bool, twice: bool) -> u64 {
    let (each, count) = (if deep { 2 } else { 1 }, channels.count() as u64);
    each * (count + 3).max(if twice { 2 * count } else { 0 })
}

/// Reads the still at `path`, whose beginning says `content`. `None` where it is none: a film, or a picture that moves.
pub(super) fn read(path: &Path, content: Content, reading: &Reading) -> Result<Option<Still>, MediaError> {
    init();
    let location = path.display().to_string();
    let guard = Guard { location: &location, most: reading.most_memory };
    let told = |failure: Failure| failure.told(path);
    let open = || File::open(path).map(BufReader::new).map_err(|error| MediaError::from_io(path, &error));
    let from_raster = |decoded: Decoded| {
        let Decoded { raster, colours, orientation } = decoded;
        let mut picture = raster::picture(raster, colours.as_ref(), reading, &location);
        picture.shape.orientation = orientation;
        picture
    };
    let by_ffmpeg = |codec: &'static str, beside: Beside| {
        let data = whole(path, &guard)?;
        if let Some(size) = claim::size(codec, &data) {
            // Decoded, in R'G'B' and in planes: eight bits each, as nothing else is known yet.
            guard.check(size, 3 + 4 * coded::COPIES, data.len() as u64)?;
        }
        frame::picture(coded::decode(codec, &[], &data, &guard)?, beside, reading, &location)
    };
    let (codec, read) = match content {
        Content::Png => match png::read(&open, &guard).map_err(told)? {
            Some(decoded) => ("png", Ok(from_raster(decoded))),
            None => return Ok(None),
        },
        Content::Jpeg => {
            let read = whole(path, &guard).and_then(|bytes| jpeg::read(&bytes, &guard)).map(from_raster);
            ("jpg", or_ffmpeg(read, || by_ffmpeg("mjpeg", Beside::default())))
        }
        Content::WebP => {
            let length = path.metadata().map_or(0, |metadata| metadata.len());
            ("webp", webp::read(open()?, length, &guard).map(from_raster))
        }
        Content::Tiff => ("tiff", tiff(&open, &guard, &from_raster, &by_ffmpeg)),
        Content::Gif { size, moves } => {
            // FFmpeg's decoder keeps two canvases, and a third is made of each in planes.
            guard.check(size, 12, 0)?;
            if moves {
                return Ok(None);
            }
            ("gif", other::read(open()?, ImageFormat::Gif, &guard).map(from_raster))
        }
        Content::Image(format) => {
            let codec = format.extensions_str().first().copied().unwrap_or("image");
            let read = other::read(open()?, format, &guard).map(from_raster);
            (
                codec,
                if format == ImageFormat::Bmp { or_ffmpeg(read, || by_ffmpeg("bmp", Beside::default())) } else { read },
            )
        }
        Content::Heif => {
            let mut file = open()?;
            let strange = || Failure::Unknown("AVIF or HEIC that is neither whole nor of tiles".to_owned()).told(path);
            let facts = heif::Facts::read(&mut file).ok_or_else(strange)?;
            match tiles::read(&mut file, &facts, &guard, reading) {
                Ok((picture, codec)) => (codec, Ok(picture)),
                Err(failure) => ("heif", Err(failure)),
            }
        }
        Content::Coded(codec) => (codec, by_ffmpeg(codec, Beside::default())),
        Content::Film | Content::Unknown => return Ok(None),
    };
    read.map(|picture| Some(Still { picture, codec })).map_err(told)
}

/// TIFF comes in more kinds than one reader knows.
fn tiff(
    open: &impl Fn() -> Result<BufReader<File>, MediaError>,
    guard: &Guard<'_>,
    from_raster: &impl Fn(Decoded) -> Picture,
    by_ffmpeg: &impl Fn(&'static str, Beside) -> Result<Picture, Failure>,
) -> Result<Picture, Failure> {
    let rest = match tiff::read(open()?, guard)? {
        Ok(decoded) => return Ok(from_raster(decoded)),
        Err(rest) => rest,
    };
    let (colours, orientation) = (rest.colours.clone(), rest.orientation);
    let read = other::read(open()?, ImageFormat::Tiff, guard);
    let read = read.map(|decoded| from_raster(Decoded { colours, orientation, ..decoded }));
    let beside = Beside { colours: rest.colours, orientation: rest.orientation, ..Beside::default() };
    or_ffmpeg(read, || by_ffmpeg("tiff", beside))
}

/// What is unknown here may be known to FFmpeg; where it is not, the first words count.
fn or_ffmpeg(
    read: Result<Picture, Failure>,
    ffmpeg: impl FnOnce() -> Result<Picture, Failure>,
) -> Result<Picture, Failure> {
    match read {
        Err(Failure::Unknown(what)) => ffmpeg().map_err(|failure| match failure {
            Failure::Told(error) => Failure::Told(error),
            _ => Failure::Unknown(what),
        }),
        other => other,
    }
}

/// All bytes of a file, if they are not too many.
fn whole(path: &Path, guard: &Guard<'_>) -> Result<Vec<u8>, Failure> {
    let most = guard.most.0.min(1 << 30);
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(Failure::from_io)?;
    if bytes.len() as u64 > most {
        Err(Failure::Damaged("the file is too long for one picture".to_owned()))
    } else {
        Ok(bytes)
    }
}
