//! The file sink: laid-out pictures into films, with what the layout asks for (tags, aspect, chroma). Used by `convert`, one thread.
//!
//! ```no_run
//! use deep3d::media::encode::TrackSource;
//! use deep3d::sink::file::{FilmOptions, FilmWriter};
//! use deep3d::sink::layout::Layout;
//! use deep3d::time::Time;
//!
//! # fn main() -> Result<(), deep3d::media::encode::EncodeError> {
//! let (eye, start) = ([1280, 720], Time::from_seconds(60.0));
//! let tracks = None; // of the source: Source::take_tracks
//! let source = TrackSource { tracks, start, ..TrackSource::default() };
//! let mut writer = FilmWriter::create("film_LR.mp4".as_ref(), &FilmOptions::new(Layout::Sbs, eye), source)?;
//! for note in writer.notes() {
//!     eprintln!("{note}");
//! }
//! let [width, height] = writer.size();
//! let picture = vec![0; width as usize * height as usize * 4]; // from the GPU
//! // Film times as the decoder gives them: the writer takes `start` from them.
//! writer.write(&picture, width as usize * 4, start, Time::from_seconds(1.0 / 24.0))?;
//! writer.finish() // dropped instead, for example at Ctrl-C, it leaves nothing
//! # }
//! ```

use std::path::Path;

use super::layout::{Layout, Target};
use crate::frame::Primaries;
use crate::media::encode::{
    Codec, EncodeError, FilmEncoder, PixelOrder, Preset, StereoTag, StillFormat, TrackSource, VideoOptions,
};
use crate::time::Time;

impl Layout {
    /// Whether it can be written as this kind of picture.
    pub fn allows_still(self, format: StillFormat) -> bool {
        match self {
            Self::Wiggle => format == StillFormat::Gif,
            _ if format == StillFormat::Gif => false,
            // JPEG's squares of 8×8 would mix the eyes.
            Self::Rows | Self::Columns | Self::Checkerboard => format.is_lossless(),
            _ => true,
        }
    }

    /// The tag that players read; none where one picture is all there is.
    pub fn stereo(self) -> Option<StereoTag> {
        match self {
            Self::Sbs | Self::HalfSbs => Some(StereoTag::SideBySide),
            Self::Tab | Self::HalfTab => Some(StereoTag::TopAndBottom),
            Self::Rows => Some(StereoTag::Rows),
            Self::Columns => Some(StereoTag::Columns),
            Self::Checkerboard => Some(StereoTag::Checkerboard),
            _ => None,
        }
    }
}

/// What a film is written with.
#[derive(Debug, Clone)]
pub struct FilmOptions {
    /// How the eyes are laid out.
    pub layout: Layout,
    /// Width and height of one eye's picture.
    pub eye: [u32; 2],
    /// Width to height of a sample of an eye's picture.
    pub sample_aspect: (u32, u32),
    /// The lights that R, G and B stand for: BT.709, unless the chain keeps the source's.
    pub primaries: Primaries,
    /// Order of the samples' bytes.
    pub order: PixelOrder,
    /// `--codec`; none: H.264 up to 4096 px a side, HEVC beyond, AV1 in WebM.
    pub codec: Option<Codec>,
    /// `--crf`; none: the codec's usual one.
    pub crf: Option<u8>,
    /// Time spent for size.
    pub preset: Preset,
    /// Seconds of a tick of the source's clock, as a fraction.
    pub time_base: (i32, i32),
    /// Pictures a second as a fraction, where known.
    pub frame_rate: Option<(i32, i32)>,
    /// `--force`: overwrite.
    pub force: bool,
}

impl FilmOptions {
    /// The usual options: square samples, BT.709, MPEG's clock.
    pub fn new(layout: Layout, eye: [u32; 2]) -> Self {
        Self {
            layout,
            eye,
            sample_aspect: (1, 1),
            primaries: Primaries::Bt709,
            order: PixelOrder::Rgba,
            codec: None,
            crf: None,
            preset: Preset::default(),
            time_base: (1, 90_000),
            frame_rate: None,
            force: false,
        }
    }
}

/// Writes one film. Dropped before [`FilmWriter::finish`], it leaves nothing behind.
pub struct FilmWriter {
    encoder: FilmEncoder,
    size: [u32; 2],
}

impl FilmWriter {
    /// Opens `path` (under a temporary name) and `source`'s other tracks.
    ///
    /// # Errors
    /// All that can be wrong with the name, the layout, the codec, the size or the source.
    pub fn create(path: &Path, options: &FilmOptions, source: TrackSource) -> Result<Self, EncodeError> {
        let layout = options.layout;
        if !layout.allows(Target::Film) {
            let cure = "write .gif, or choose another --layout";
            return Err(EncodeError::Unsuitable { format: "a film", what: "wiggle", cure });
        }
        let size = layout.output_size(options.eye);
        let video = VideoOptions {
            size,
            order: options.order,
            sample_aspect: layout.sample_aspect(options.sample_aspect),
            primaries: options.primaries,
            full_chroma: layout.needs_full_chroma(),
            stereo: layout.stereo(),
            codec: options.codec,
            crf: options.crf,
            preset: options.preset,
            time_base: options.time_base,
            frame_rate: options.frame_rate,
        };
        Ok(Self { encoder: FilmEncoder::create(path, &video, source, options.force)?, size })
    }

    /// Width and height of the laid-out pictures that [`FilmWriter::write`] takes.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// What could not be taken along from the source, a line each.
    pub fn notes(&self) -> &[String] {
        self.encoder.notes()
    }

    /// Writes a laid-out picture: full-range R'G'B' samples of four bytes, rows `stride` bytes apart, seen from film time `pts` on for
    /// `duration` (zero: until the next).
    ///
    /// # Errors
    /// The disk is full, or the encoder fails. Drop the writer then.
    pub fn write(&mut self, samples: &[u8], stride: usize, pts: Time, duration: Time) -> Result<(), EncodeError> {
        self.encoder.write(samples, stride, pts, duration)
    }

    /// Makes room for the source's reader, where it waits for that: to be called when no picture has come for a while.
    ///
    /// # Errors
    /// As [`FilmWriter::write`].
    pub fn relieve(&mut self) -> Result<(), EncodeError> {
        self.encoder.relieve()
    }

    /// Writes what is left of the source's tracks and gives the file its name.
    ///
    /// # Errors
    /// As [`FilmWriter::write`].
    pub fn finish(self) -> Result<(), EncodeError> {
        self.encoder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_would_mix_the_eyes_are_known() {
        assert!(!Layout::Wiggle.allows_still(StillFormat::Png) && Layout::Wiggle.allows_still(StillFormat::Gif));
        assert!(!Layout::Sbs.allows_still(StillFormat::Gif));
        assert!(!Layout::Rows.allows_still(StillFormat::Jpeg) && Layout::Anaglyph.allows_still(StillFormat::Jpeg));
    }
}
