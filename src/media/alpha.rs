//! Transparent frames laid over the background, in the very samples they have: what is shown is linear in them, so Y'CbCr needs no way round by R'G'B'.
//!
//! As browsers do it: in the curve that is shown, not in light.

use std::ffi::c_int;
use std::slice;

use ffmpeg_next::ffi;
use ffmpeg_next::frame::Video;

use super::reading::Background;
use crate::frame::{Chroma, Colour, Matrix, PixelFormat, Range};

/// A plane of alpha: tight or not, its samples full-range.
#[derive(Clone, Copy)]
pub(super) struct Alpha<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) stride: usize,
    /// Bits of a sample; above 8 it is a little-endian `u16`.
    pub(super) depth: u32,
    /// The colours have been multiplied by it already.
    pub(super) premultiplied: bool,
}

impl<'a> Alpha<'a> {
    /// The plane of `frame` with this number; none where there is none.
    pub(super) fn of(frame: &'a Video, plane: usize, depth: u32) -> Option<Self> {
        let bytes_each = if depth > 8 { 2 } else { 1 };
        // SAFETY: the frame is alive; there are eight entries.
        let (data, stride) = unsafe { (*(*frame.as_ptr()).data.get(plane)?, *(*frame.as_ptr()).linesize.get(plane)?) };
        let (stride, row) = (usize::try_from(stride).ok()?, frame.width() as usize * bytes_each);
        if data.is_null() || stride < row || frame.height() == 0 {
            return None;
        }
        // SAFETY: FFmpeg keeps `height` rows of `stride` bytes there as long as the frame lives; the slice ends with the last sample.
        let bytes = unsafe { slice::from_raw_parts(data, stride * (frame.height() as usize - 1) + row) };
        Some(Self { bytes, stride, depth, premultiplied: false })
    }

    /// The sample that lets nothing through.
    pub(super) fn most(&self) -> u64 {
        (1 << self.depth) - 1
    }

    /// All samples of rows of `width`.
    pub(super) fn values(&self, width: usize) -> impl Iterator<Item = u64> {
        let each = if self.depth > 8 { 2 } else { 1 };
        self.bytes.chunks(self.stride.max(1)).flat_map(move |row| row.chunks_exact(each).take(width).map(value))
    }

    /// Adds row `y` to `sums`, each `1 << shift` samples to one place.
    fn add(&self, y: usize, width: usize, shift: u32, sums: &mut [(u64, u64)]) {
        let each = if self.depth > 8 { 2 } else { 1 };
        let row = self.bytes.get(y * self.stride..).unwrap_or_default();
        for (x, value) in row.chunks_exact(each).take(width).map(value).enumerate() {
            if let Some((sum, count)) = sums.get_mut(x >> shift) {
                (*sum, *count) = (*sum + value, *count + 1);
            }
        }
    }
}

/// A sample of one byte, or of two with the lower one first.
fn value(sample: &[u8]) -> u64 {
    sample.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
}

/// Lays `frame`, whose planes are laid out as `layout` says and mean `colour`, over `background`. `alpha` is another frame's plane, or none for
/// the plane behind the frame's own.
pub(super) fn blend(
    frame: &mut Video,
    layout: PixelFormat,
    colour: &Colour,
    alpha: Option<Alpha<'_>>,
    background: Background,
) -> Result<(), c_int> {
    // SAFETY: the frame is ours; where its memory belongs to a decoder, too, it is copied.
    let code = unsafe { ffi::av_frame_make_writable(frame.as_mut_ptr()) };
    if code < 0 {
        return Err(code);
    }
    let wrong = ffi::AVERROR(ffi::EINVAL);
    let size = [frame.width(), frame.height()];
    let codes_of = |background| codes(background, layout, colour);
    let (codes, nothing) = (codes_of(background), codes_of(Background::default()));
    let own;
    let alpha = match alpha {
        Some(alpha) => alpha,
        None => {
            // Its samples are read only while other planes are written.
            own = Alpha::of(frame, layout.planes(), layout.depth).ok_or(wrong)?;
            Alpha { bytes: own.bytes, ..own }
        }
    };
    let (most, each) = (alpha.most(), layout.sample_bytes());
    for index in 0..layout.planes() {
        let [samples, rows] = layout.plane_size(index, size).map(|side| side as usize);
        let pairs = index > 0 && layout.semi_planar;
        let (across, down) = if index == 0 { (0, 0) } else { layout.chroma.shifts() };
        let places = if pairs { samples / 2 } else { samples };
        // SAFETY: the frame is alive and writable; there are eight entries.
        let (data, stride) = unsafe { ((*frame.as_ptr()).data[index], (*frame.as_ptr()).linesize[index]) };
        let stride = usize::try_from(stride).ok().filter(|stride| *stride >= samples * each).ok_or(wrong)?;
        if data.is_null() {
            return Err(wrong);
        }
        let mut sums = vec![(0, 0); places];
        for y in 0..rows {
            sums.fill((0, 0));
            for row in (y << down..(y + 1) << down).take_while(|row| *row < size[1] as usize) {
                alpha.add(row, size[0] as usize, across, &mut sums);
            }
            // SAFETY: FFmpeg keeps `rows` rows of `stride` bytes in each plane; this one is not that of alpha, and nothing else refers to it.
            let row = unsafe { slice::from_raw_parts_mut(data.add(y * stride), samples * each) };
            for (x, sample) in row.chunks_exact_mut(each).enumerate() {
                let (place, part) = if pairs { (x / 2, index + x % 2) } else { (x, index) };
                let (sum, count) = sums[place];
                let whole = most * count.max(1);
                let clear = whole - sum.min(whole);
                let value = value(sample) >> layout.shift;
                // What is multiplied already gets the background's distance from what stands for no light and no colour.
                let (front, taken) =
                    if alpha.premultiplied { (value * whole, clear * nothing[part]) } else { (value * sum, 0) };
                let mixed = (front + clear * codes[part] + whole / 2).saturating_sub(taken) / whole;
                let mixed = mixed.min((1 << layout.depth) - 1);
                match sample {
                    [only] => *only = mixed as u8,
                    wide => wide.copy_from_slice(&((mixed as u16) << layout.shift).to_le_bytes()),
                }
            }
        }
    }
    Ok(())
}

/// The background's samples in the first, second and third plane.
fn codes(background: Background, layout: PixelFormat, colour: &Colour) -> [u64; 3] {
    let [red, green, blue] = background.0.map(|part| f64::from(part) / 255.0);
    let unit = f64::from(1u32 << (layout.depth - 8));
    let (luma, black, chroma) = match colour.range {
        Range::Limited => (219.0 * unit, 16.0 * unit, 224.0 * unit),
        Range::Full => (256.0 * unit - 1.0, 0.0, 256.0 * unit - 1.0),
    };
    let code = |value: f64| value.round().clamp(0.0, 256.0 * unit - 1.0) as u64;
    let from_weights = |of_red: f64, of_blue: f64| {
        let grey = of_red * red + (1.0 - of_red - of_blue) * green + of_blue * blue;
        [grey, (blue - grey) / (2.0 - 2.0 * of_blue), (red - grey) / (2.0 - 2.0 * of_red)]
    };
    let [first, second, third] = match colour.matrix {
        _ if layout.chroma == Chroma::Grey => [from_weights(0.2126, 0.0722)[0], 0.0, 0.0],
        Matrix::Rgb => return [green, blue, red].map(|part| code(part * luma + black)),
        Matrix::Bt601 => from_weights(0.299, 0.114),
        Matrix::Bt709 => from_weights(0.2126, 0.0722),
        Matrix::Bt2020 => from_weights(0.2627, 0.0593),
        Matrix::Smpte240m => from_weights(0.212, 0.087),
        Matrix::Fcc => from_weights(0.30, 0.11),
        Matrix::YCgCo => {
            [red / 4.0 + green / 2.0 + blue / 4.0, green / 2.0 - red / 4.0 - blue / 4.0, (red - blue) / 2.0]
        }
    };
    [code(first * luma + black), code(second * chroma + 128.0 * unit), code(third * chroma + 128.0 * unit)]
}

#[cfg(test)]
mod tests {
    use super::super::scale::blank;
    use super::*;
    use ffi::AVPixelFormat::{self, *};

    fn plane(frame: &mut Video, index: usize) -> &mut [u8] {
        frame.data_mut(index)
    }

    fn mixed(format: AVPixelFormat, colour: &Colour, samples: [u8; 4], background: [u8; 3]) -> [u8; 3] {
        let mut frame = blank(format, [4, 2]).unwrap();
        for (index, sample) in samples.into_iter().enumerate() {
            plane(&mut frame, index).fill(sample);
        }
        let Some(super::super::format::FormatSupport::Direct(format)) =
            super::super::format::traits(format).map(|traits| traits.support)
        else {
            panic!("{format:?}")
        };
        blend(&mut frame, format, colour, None, Background(background)).unwrap();
        [0, 1, 2].map(|index| plane(&mut frame, index)[0])
    }

    #[test]
    fn what_is_clear_shows_the_background() {
        let film = Colour { matrix: Matrix::Bt709, range: Range::Limited, ..Colour::SRGB };
        assert_eq!(mixed(AV_PIX_FMT_YUVA420P, &film, [200, 90, 30, 0], [0; 3]), [16, 128, 128]);
        assert_eq!(mixed(AV_PIX_FMT_YUVA420P, &film, [200, 90, 30, 255], [0; 3]), [200, 90, 30]);
        assert_eq!(mixed(AV_PIX_FMT_YUVA420P, &film, [200, 90, 30, 0], [255; 3]), [235, 128, 128]);
        // BT.709's red, as FFmpeg gives it.
        assert_eq!(mixed(AV_PIX_FMT_YUVA444P, &film, [200, 90, 30, 0], [255, 0, 0]), [63, 102, 240]);
        assert_eq!(mixed(AV_PIX_FMT_GBRAP, &Colour::SRGB, [10, 20, 30, 51], [100, 200, 0]), [162, 4, 86]);
    }

    #[test]
    fn alpha_is_a_mean_where_colour_is_coarser() {
        let film = Colour { matrix: Matrix::Bt709, range: Range::Limited, ..Colour::SRGB };
        let mut frame = blank(AV_PIX_FMT_YUVA420P, [4, 2]).unwrap();
        for (index, sample) in [100, 28, 228, 255].into_iter().enumerate() {
            plane(&mut frame, index).fill(sample);
        }
        plane(&mut frame, 3)[0] = 0;
        let format = PixelFormat { chroma: Chroma::C420, depth: 8, shift: 0, semi_planar: false };
        blend(&mut frame, format, &film, None, Background::default()).unwrap();
        assert_eq!(plane(&mut frame, 0)[..2], [16, 100]);
        assert_eq!([1, 2].map(|index| plane(&mut frame, index)[0]), [53, 203]);
        assert_eq!(plane(&mut frame, 1)[1], 28);
    }

    #[test]
    fn what_is_multiplied_already_only_gets_the_background() {
        let film = Colour { matrix: Matrix::Bt709, range: Range::Limited, ..Colour::SRGB };
        let layout = PixelFormat { chroma: Chroma::C444, depth: 8, shift: 0, semi_planar: false };
        for (background, right) in [([0; 3], [40, 100, 150]), ([255; 3], [150, 100, 150])] {
            let mut frame = blank(AV_PIX_FMT_YUVA444P, [4, 2]).unwrap();
            for (index, sample) in [40, 100, 150].into_iter().enumerate() {
                plane(&mut frame, index).fill(sample);
            }
            let clear = [127; 8];
            let alpha = Alpha { bytes: &clear, stride: 4, depth: 8, premultiplied: true };
            blend(&mut frame, layout, &film, Some(alpha), Background(background)).unwrap();
            assert_eq!([0, 1, 2].map(|index| plane(&mut frame, index)[0]), right);
        }
    }
}
