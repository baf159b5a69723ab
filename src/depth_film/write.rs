//! A film of depth being written: the disparity of scenes, whatever is seen of each between its bars, as grey of the whole picture. One thread.

use std::path::Path;

use super::{DepthMap, Scale, SourcePrint, Window, key};
use crate::media::encode::{EncodeError, GREY_MOST, GreyCodec, GreyEncoder, GreyOptions};
use crate::stage::bars::Crop;
use crate::time::Time;

/// What a film of depth is written with.
#[derive(Debug, Clone)]
pub struct DepthOptions {
    /// Width and height of the film's pictures in pixels, as they are seen, bars included.
    pub picture: [u32; 2],
    /// Width to height of one of them.
    pub pixel_aspect: f64,
    /// Width and height of the first disparity.
    pub disparity: [u32; 2],
    /// What of the picture that one is of.
    pub crop: Crop,
    /// What grey is to mean.
    pub scale: Scale,
    /// Name of the network.
    pub network: &'static str,
    /// The film.
    pub source: SourcePrint,
    /// How it is coded.
    pub codec: GreyCodec,
    /// Seconds of a tick of the film's clock, as a fraction.
    pub time_base: (i32, i32),
    /// Pictures a second as a fraction, where known.
    pub frame_rate: Option<(i32, i32)>,
    /// Overwrite.
    pub force: bool,
}

/// Writes one. Dropped before [`DepthWriter::finish`], it leaves nothing behind.
pub struct DepthWriter {
    encoder: GreyEncoder,
    size: [u32; 2],
    picture: [u32; 2],
    scale: Scale,
    samples: Vec<u16>,
}

impl DepthWriter {
    /// Opens `path` (.mkv, under a temporary name).
    ///
    /// # Errors
    /// All that can be wrong with the name, the codec and the size.
    pub fn create(path: &Path, options: &DepthOptions) -> Result<Self, EncodeError> {
        let size = grid(options.disparity, options.crop, options.picture);
        let [width, height] = options.picture.map(|side| f64::from(side.max(1)));
        let sample_aspect = width / height * options.pixel_aspect * f64::from(size[1]) / f64::from(size[0].max(1));
        let mut tags = options.scale.tags().to_vec();
        tags.push((key::NETWORK, options.network.to_owned()));
        tags.push((key::PROGRAM, env!("CARGO_PKG_VERSION").to_owned()));
        tags.push((key::SOURCE, options.source.to_tag()));
        let grey = GreyOptions {
            size,
            sample_aspect: fraction(sample_aspect),
            codec: options.codec,
            frame_rate: options.frame_rate,
            time_base: options.time_base,
            tags,
        };
        let encoder = GreyEncoder::create(path, grey, options.force)?;
        Ok(Self { encoder, size, picture: options.picture, scale: options.scale, samples: Vec::new() })
    }

    /// Writes the disparity of what `crop` shows of a picture, seen from film time `pts` on for `duration`. What lies beside the crop gets the depth of its
    /// edge.
    ///
    /// # Errors
    /// The disk is full, or the encoder fails. Drop the writer then.
    pub fn write(&mut self, map: &DepthMap, crop: Crop, pts: Time, duration: Time) -> Result<(), EncodeError> {
        let whole = map.seen(around(map.size, crop, self.picture), self.size);
        self.samples.clear();
        self.samples.extend(whole.values.iter().map(|disparity| self.scale.sample(*disparity, GREY_MOST)));
        self.encoder.write(&self.samples, pts, duration)
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// As [`DepthWriter::write`].
    pub fn finish(self) -> Result<(), EncodeError> {
        self.encoder.finish()
    }
}

/// The whole picture in pixels of a map of `size` that is of `crop`.
fn around(size: [u32; 2], crop: Crop, picture: [u32; 2]) -> Window {
    let unit = [0, 1].map(|axis| f64::from(size[axis]) / f64::from(crop.size[axis].max(1)));
    Window {
        at: [0, 1].map(|axis| -f64::from(crop.at[axis]) * unit[axis]),
        size: [0, 1].map(|axis| f64::from(picture[axis]) * unit[axis]),
    }
}

/// The size at which a map of `disparity` for `crop` goes on over the whole picture.
fn grid(disparity: [u32; 2], crop: Crop, picture: [u32; 2]) -> [u32; 2] {
    around(disparity, crop, picture).size.map(|side| (side.round() as u32).clamp(2, 4096))
}

/// Near `value`, with a small denominator.
fn fraction(value: f64) -> (u32, u32) {
    let value = if value.is_finite() { value.clamp(1.0 / 16.0, 16.0) } else { 1.0 };
    let numerator = |denominator: u32| (value * f64::from(denominator)).round();
    let error = |denominator: u32| (numerator(denominator) / f64::from(denominator) / value - 1.0).abs();
    let best = (1..=1000).find(|denominator| error(*denominator) < 2e-4).unwrap_or(1000);
    (numerator(best).max(1.0) as u32, best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_picture_has_the_density_of_what_is_seen_of_it() {
        let picture = [1920, 1080];
        assert_eq!(grid([320, 192], Crop::whole(picture), picture), [320, 192]);
        let crop = Crop { at: [0, 140], size: [1920, 800] };
        assert_eq!(grid([384, 160], crop, picture), [384, 216]);
        assert_eq!(around([384, 160], crop, picture), Window { at: [-0.0, -28.0], size: [384.0, 216.0] });
    }

    #[test]
    fn sample_aspects_are_small_fractions() {
        assert_eq!(fraction(1.0), (1, 1));
        assert_eq!(fraction(16.0 / 15.0), (16, 15));
        for value in [0.9137, 1.3333, 2.4567] {
            let (width, height) = fraction(value);
            assert!((f64::from(width) / f64::from(height) / value - 1.0).abs() < 2e-4, "{value}: {width}:{height}");
        }
        assert_eq!(fraction(f64::NAN), (1, 1));
    }
}
