//! The envelope that travels through the program, and the decoded picture it carries first.
//!
//! Frames go down the chain by move; the rings (see [`crate::ring`]) are the only places where threads hand them over.

use crate::time::Time;
use crate::trace::Trace;

/// One thing on its way from the film to the eyes.
#[derive(Debug, Clone)]
pub struct Frame<T> {
    /// Counts the frames of one epoch from zero, in presentation order.
    pub id: u64,
    /// When it is to be seen, in film time.
    pub pts: Time,
    /// How long it is to be seen; zero where unknown (a still).
    pub duration: Time,
    /// How many seeks came before it. A stage that knows a newer epoch drops the frame on arrival.
    pub epoch: u32,
    /// How long each stage took over it.
    pub trace: Trace,
    /// The picture, or what has been made of it.
    pub data: T,
}

impl<T> Frame<T> {
    /// The same envelope around something else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Frame<U> {
        let Self { id, pts, duration, epoch, trace, data } = self;
        Frame { id, pts, duration, epoch, trace, data: change(data) }
    }
}

/// How samples of a plane stand to those of the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// One plane only (Y): a grey picture.
    Grey,
    /// Half the width and half the height, rounded up.
    C420,
    /// Half the width, rounded up.
    C422,
    /// Full size.
    C444,
}

impl Chroma {
    /// log2 of the horizontal and vertical subsampling.
    pub fn shifts(self) -> (u32, u32) {
        match self {
            Self::C420 => (1, 1),
            Self::C422 => (1, 0),
            Self::C444 | Self::Grey => (0, 0),
        }
    }
}

/// Layout of a decoded picture in memory: the planar formats that the colour shader reads itself.
/// Everything rarer is converted to one of these while decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PixelFormat {
    /// Subsampling of planes 1 and 2.
    pub chroma: Chroma,
    /// Bits that count in a sample, 8..=16. Above 8 a sample is a little-endian `u16`.
    pub depth: u32,
    /// Bits the samples are shifted up by inside their `u16` (P010 holds its 10 bits in the upper end: 6).
    pub shift: u32,
    /// Planes 1 and 2 interleaved in one (NV12, P010).
    pub semi_planar: bool,
}

impl PixelFormat {
    /// Bytes of one sample.
    pub fn sample_bytes(self) -> usize {
        if self.depth > 8 { 2 } else { 1 }
    }

    /// Number of planes: 1, 2 or 3.
    pub fn planes(self) -> usize {
        match (self.chroma, self.semi_planar) {
            (Chroma::Grey, _) => 1,
            (_, true) => 2,
            (_, false) => 3,
        }
    }

    /// Width in samples (both of an interleaved pair counted) and height in rows of plane `index` for a picture of `size` (width, height).
    pub fn plane_size(self, index: usize, size: [u32; 2]) -> [u32; 2] {
        if index == 0 {
            return size;
        }
        let (x, y) = self.chroma.shifts();
        let width = size[0].div_ceil(1 << x);
        let height = size[1].div_ceil(1 << y);
        [if self.semi_planar { width * 2 } else { width }, height]
    }
}

/// What turns the samples into R'G'B' (ITU-T H.273 matrix coefficients).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// The planes hold G, B, R in this order.
    Rgb,
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
    /// SMPTE 240M.
    Smpte240m,
    /// FCC title 47.
    Fcc,
    /// YCgCo.
    YCgCo,
}

/// Which lights R, G and B stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Primaries {
    /// BT.709 and sRGB.
    Bt709,
    /// BT.601, 625 lines.
    Bt601Pal,
    /// BT.601, 525 lines (SMPTE 170M).
    Bt601Ntsc,
    /// BT.2020.
    Bt2020,
    /// SMPTE EG 432 (Display P3).
    DisplayP3,
}

/// The colours that pictures are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Gamut {
    /// sRGB: what every screen shows.
    #[default]
    Srgb,
    /// Display P3: sRGB's curve and white, wider lights.
    DisplayP3,
}

impl Gamut {
    /// Its lights.
    pub fn primaries(self) -> Primaries {
        match self {
            Self::Srgb => Primaries::Bt709,
            Self::DisplayP3 => Primaries::DisplayP3,
        }
    }
}

/// How light is written into samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// The camera curves of BT.601, 709 and 2020, and sRGB: shown on a display as they are.
    Sdr,
    /// SMPTE ST 2084, absolute up to 10,000 cd/m².
    Pq,
    /// ARIB STD-B67, hybrid log-gamma.
    Hlg,
}

/// Whether samples use their whole range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Range {
    /// 16..235 (chroma 16..240), scaled to the depth.
    Limited,
    /// 0..2^depth − 1.
    Full,
}

/// Where chroma samples lie among luma's in subsampled pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChromaSite {
    /// On the left column, between rows (MPEG-2, H.264's default).
    Left,
    /// Between columns and between rows (JPEG, MPEG-1).
    Centre,
    /// On the left column and the upper row (BT.2020 discs).
    TopLeft,
}

/// What a picture's samples mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// Samples → R'G'B'.
    pub matrix: Matrix,
    /// The lights.
    pub primaries: Primaries,
    /// The curve.
    pub transfer: Transfer,
    /// The range.
    pub range: Range,
    /// The chroma position.
    pub site: ChromaSite,
    /// The brightest light of the film in cd/m² (mastering display or content light level), where the film says so; used by the tone curve of PQ.
    pub peak: Option<f32>,
    /// What the colour stage makes of it.
    pub gamut: Gamut,
}

impl Colour {
    /// Full-range sRGB in G, B, R planes: what stills are.
    pub const SRGB: Self = Self {
        matrix: Matrix::Rgb,
        primaries: Primaries::Bt709,
        transfer: Transfer::Sdr,
        range: Range::Full,
        site: ChromaSite::Centre,
        peak: None,
        gamut: Gamut::Srgb,
    };
}

/// How a picture is to be turned before it is seen: first mirrored left-right, then turned clockwise. Covers EXIF's eight cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Orientation {
    /// Mirrored left-right before turning.
    pub mirror: bool,
    /// Clockwise quarter turns, 0..=3.
    pub quarter_turns: u8,
}

impl Orientation {
    /// Width and height after turning.
    pub fn apply_size(self, size: [u32; 2]) -> [u32; 2] {
        if self.quarter_turns % 2 == 1 { [size[1], size[0]] } else { size }
    }
}

/// Where a picture's samples lie: the decoder's own memory, lent until the frame is dropped.
pub trait Planes: Send + Sync {
    /// The bytes of plane `index` from its first row on, and the distance between rows in bytes (never negative).
    /// The last row may end before a full stride. An index beyond the last plane gives an empty slice.
    fn plane(&self, index: usize) -> (&[u8], usize);
}

/// What a picture is besides its samples: all that decides which buffers and which shader it needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Coded width and height in samples, before turning.
    pub size: [u32; 2],
    /// The memory layout.
    pub format: PixelFormat,
    /// What the samples mean.
    pub colour: Colour,
    /// Width to height of one sample as a fraction, before turning; (1, 1) where the film says nothing.
    pub sample_aspect: (u32, u32),
    /// How the picture is to be turned.
    pub orientation: Orientation,
}

impl Shape {
    /// Width and height of the turned picture, in pixels.
    pub fn turned_size(&self) -> [u32; 2] {
        self.orientation.apply_size(self.size)
    }

    /// Width to height of one pixel of the turned picture.
    pub fn pixel_aspect(&self) -> f64 {
        let (width, height) = self.sample_aspect;
        let aspect = if width == 0 || height == 0 { 1.0 } else { f64::from(width) / f64::from(height) };
        if self.orientation.quarter_turns % 2 == 1 { aspect.recip() } else { aspect }
    }

    /// Width to height of the turned picture as it is to be seen.
    pub fn display_aspect(&self) -> f64 {
        let [width, height] = self.turned_size();
        f64::from(width) / f64::from(height.max(1)) * self.pixel_aspect()
    }
}

/// A decoded picture in main memory.
pub struct Picture {
    /// What it is.
    pub shape: Shape,
    /// The samples.
    pub planes: Box<dyn Planes>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Shape { size: [width, height], format, colour, .. } = self.shape;
        write!(f, "Picture {width}×{height} {format:?} {colour:?}")
    }
}

/// Planes in plain vectors: `(bytes, stride)` each. For stills, generated pictures and tests.
pub struct OwnedPlanes(pub Vec<(Vec<u8>, usize)>);

impl Planes for OwnedPlanes {
    fn plane(&self, index: usize) -> (&[u8], usize) {
        self.0.get(index).map_or((&[], 0), |(bytes, stride)| (bytes, *stride))
    }
}

/// Where a chapter of a film begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chapter {
    /// Film time.
    pub start: Time,
    /// What it is called; empty where it has no name.
    pub name: String,
}

/// Which of these chapters, in the order of their beginnings, `time` is in; none before the first. The first picture of a chapter may come a little before
/// it.
pub fn chapter_at(chapters: &[Chapter], time: Time) -> Option<usize> {
    const EARLY: Time = Time::from_nanoseconds(40_000_000);
    chapters.iter().rposition(|chapter| chapter.start <= time + EARLY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_of_odd_pictures_round_up() {
        let format = PixelFormat { chroma: Chroma::C420, depth: 8, shift: 0, semi_planar: false };
        assert_eq!(format.plane_size(1, [5, 3]), [3, 2]);
        let nv12 = PixelFormat { semi_planar: true, ..format };
        assert_eq!(nv12.plane_size(1, [5, 3]), [6, 2]);
        assert_eq!(nv12.planes(), 2);
    }
}
