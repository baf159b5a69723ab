//! A GIF that changes between pictures for ever: depth for one eye.

use std::path::Path;
use std::time::Duration;

use color_quant::NeuQuant;
use gif::{Encoder, Frame, Repeat};
use image::ImageError;

use super::still::{StillFormat, to_rgb, write_whole};
use super::{EncodeError, PixelOrder};

/// Of how many samples the palette is learnt.
const SAMPLES: usize = 1 << 19;

/// The order in which the 8×8 samples of a tile are lit (Bayer).
const TILE: [[i32; 8]; 8] = [
    [0, 32, 8, 40, 2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44, 4, 36, 14, 46, 6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [3, 35, 11, 43, 1, 33, 9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47, 7, 39, 13, 45, 5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

/// Writes `pictures` (samples as in [`super::write_picture`], all of `size` and `stride`) in turn, each for `time` (GIF counts hundredths of a second).
///
/// All share one palette and one pattern of dots, so that nothing moves but what has depth.
///
/// # Errors
/// As [`super::write_picture`].
pub fn write_wiggle(
    path: &Path,
    pictures: &[&[u8]],
    stride: usize,
    size: [u32; 2],
    order: PixelOrder,
    time: Duration,
    force: bool,
) -> Result<(), EncodeError> {
    StillFormat::Gif.check_size(size)?;
    let pictures: Vec<Vec<u8>> =
        pictures.iter().map(|samples| to_rgb(samples, stride, size, order)).collect::<Result<_, _>>()?;
    let count: usize = pictures.iter().map(|picture| picture.len() / 3).sum();
    // An odd step does not fall into the rhythm of even widths.
    let step = (count / SAMPLES) | 1;
    let learnt: Vec<u8> = pictures
        .iter()
        .flat_map(|picture| picture.chunks_exact(3))
        .step_by(step)
        .flat_map(|sample| [sample[0], sample[1], sample[2], 255])
        .collect();
    let palette = NeuQuant::new(10, 256, &learnt);
    let colours = palette.color_map_rgb();
    let [width, height] = size.map(|side| side as u16);
    let delay = u16::try_from(time.as_millis() / 10).unwrap_or(u16::MAX);
    write_whole(path, force, |file| {
        let mut encoder = Encoder::new(file, width, height, &colours).map_err(failed)?;
        encoder.set_repeat(Repeat::Infinite).map_err(failed)?;
        for picture in &pictures {
            let indices: Vec<u8> =
                picture.chunks_exact(3).enumerate().map(|(at, sample)| dotted(&palette, sample, at, width)).collect();
            let frame = Frame { width, height, delay, buffer: indices.into(), ..Frame::default() };
            encoder.write_frame(&frame).map_err(failed)?;
        }
        Ok(())
    })
}

/// The palette's index for a sample, moved a little up or down by its place.
fn dotted(palette: &NeuQuant, sample: &[u8], at: usize, width: u16) -> u8 {
    let (x, y) = (at % usize::from(width), at / usize::from(width));
    // −8 … 8: about half of the way from one of 256 colours to the next.
    let nudge = (TILE[y % 8][x % 8] - 32) / 4;
    let moved = |value: u8| (i32::from(value) + nudge).clamp(0, 255) as u8;
    palette.index_of(&[moved(sample[0]), moved(sample[1]), moved(sample[2]), 255]) as u8
}

fn failed(error: gif::EncodingError) -> ImageError {
    match error {
        gif::EncodingError::Io(error) => ImageError::IoError(error),
        other => ImageError::IoError(std::io::Error::other(other)),
    }
}
