//! A still in memory on its way to a [`Picture`]: brought to the wanted colours, laid over the background, its channels taken apart.

use moxcms::Layout;

use super::profile::{Colours, Conversion};
use super::sample::{Channels, Part};
use crate::frame::{Chroma, Colour, OwnedPlanes, Picture, PixelFormat, Shape};
use crate::media::reading::{Background, Reading};

/// Tight rows from top to bottom.
pub(super) enum Samples {
    Eight(Vec<u8>),
    Sixteen(Vec<u16>),
}

/// A decoded still.
pub(super) struct Raster {
    pub(super) size: [u32; 2],
    pub(super) channels: Channels,
    pub(super) samples: Samples,
    /// The colours have been multiplied by alpha already.
    pub(super) premultiplied: bool,
}

/// The picture: G, B and R planes, or grey where it is grey and stays so; 8 bits where the raster has 8, else 16. A profile that cannot be used is
/// told in one line, and its colours are taken as sRGB.
pub(super) fn picture(raster: Raster, colours: Option<&Colours>, reading: &Reading, location: &str) -> Picture {
    let colours = colours.filter(|_| reading.profiles);
    let conversion = Conversion::between(colours, raster.channels, reading.gamut).unwrap_or_else(|error| {
        tracing::warn!("{location}: its colour profile cannot be used ({error}); its colours are taken as sRGB");
        Conversion::default()
    });
    let Raster { size, channels, samples, premultiplied } = raster;
    let mut colour = Colour { gamut: reading.gamut, primaries: reading.gamut.primaries(), ..Colour::SRGB };
    if let Some((primaries, transfer)) = conversion.bright {
        (colour.primaries, colour.transfer) = (primaries, transfer);
    }
    let rows = Rows { channels, premultiplied, background: reading.background, width: size[0] as usize };
    let (chroma, depth, planes) = match samples {
        Samples::Eight(samples) if channels == Channels::Grey && conversion.profiles.is_none() => {
            (Chroma::Grey, 8, vec![samples])
        }
        Samples::Eight(samples) => (Chroma::C444, 8, rows.planes(&samples, &conversion, location)),
        Samples::Sixteen(samples) if channels == Channels::Grey && conversion.profiles.is_none() => {
            (Chroma::Grey, 16, vec![samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()])
        }
        Samples::Sixteen(samples) => (Chroma::C444, 16, rows.planes(&samples, &conversion, location)),
    };
    let stride = size[0] as usize * if depth == 8 { 1 } else { 2 };
    Picture {
        shape: Shape {
            size,
            format: PixelFormat { chroma, depth, shift: 0, semi_planar: false },
            colour,
            sample_aspect: (1, 1),
            orientation: Default::default(),
        },
        planes: Box::new(OwnedPlanes(planes.into_iter().map(|plane| (plane, stride)).collect())),
    }
}

/// Which of a sample's R, G, B goes to which plane.
const PLANE_ORDER: [usize; 3] = [1, 2, 0];

/// How the rows of a raster become those of planes.
struct Rows {
    channels: Channels,
    premultiplied: bool,
    background: Background,
    width: usize,
}

impl Rows {
    fn planes<T: Part>(&self, samples: &[T], conversion: &Conversion, location: &str) -> Vec<Vec<u8>> {
        let transform = conversion.profiles.as_ref().and_then(|(from, to)| {
            let wanted = if self.channels.has_alpha() { Layout::Rgba } else { Layout::Rgb };
            let made = T::transform(from, to, [self.channels.layout(), wanted]);
            made.inspect_err(|error| {
                tracing::warn!(
                    "{location}: its colour profile cannot be used ({error}); its colours are taken as sRGB"
                );
            })
            .ok()
        });
        let count = samples.len() / self.channels.count();
        let mut planes: Vec<Vec<u8>> = (0..3).map(|_| Vec::with_capacity(count * size_of::<T>())).collect();
        let parts = if self.channels.has_alpha() { 4 } else { 3 };
        let (mut straight, mut shown) = (Vec::new(), vec![T::default(); self.width * parts]);
        let background = self.background.0.map(|part| u64::from(part) * T::MOST / 255);
        for row in samples.chunks_exact(self.width * self.channels.count()) {
            let mut premultiplied = self.premultiplied;
            let transformed = transform.as_ref().is_some_and(|transform| {
                let row = if premultiplied && self.channels.has_alpha() {
                    straight.clear();
                    straight.extend(self.straightened(row));
                    &straight
                } else {
                    row
                };
                transform.transform(row, &mut shown).is_ok()
            });
            if transformed {
                premultiplied = false;
            } else {
                self.spread(row, &mut shown, parts);
            }
            for sample in shown.chunks_exact(parts) {
                for (plane, part) in planes.iter_mut().zip(PLANE_ORDER) {
                    let value = match sample.get(3) {
                        Some(alpha) => over(sample[part], *alpha, background[part], premultiplied),
                        None => sample[part],
                    };
                    value.put(plane);
                }
            }
        }
        planes
    }

    /// A row whose colours are divided by alpha again.
    fn straightened<T: Part>(&self, row: &[T]) -> impl Iterator<Item = T> {
        let count = self.channels.count();
        row.chunks_exact(count).flat_map(move |sample| {
            let alpha = sample[count - 1];
            sample.iter().enumerate().map(move |(index, part)| match alpha.value() {
                0 => *part,
                _ if index + 1 == count => *part,
                divisor => T::of((part.value() * T::MOST + divisor / 2) / divisor),
            })
        })
    }

    /// A row as R, G, B and, where there is one, alpha.
    fn spread<T: Part>(&self, row: &[T], shown: &mut [T], parts: usize) {
        for (sample, shown) in row.chunks_exact(self.channels.count()).zip(shown.chunks_exact_mut(parts)) {
            match self.channels {
                Channels::Grey => shown.fill(sample[0]),
                Channels::GreyAlpha => {
                    shown.fill(sample[0]);
                    shown[3] = sample[1];
                }
                Channels::Rgb | Channels::Rgba => shown.copy_from_slice(sample),
                Channels::Cmyk => {
                    let light = |ink: T| T::MOST - ink.value();
                    for (shown, ink) in shown.iter_mut().zip(sample) {
                        *shown = T::of((light(*ink) * light(sample[3]) + T::MOST / 2) / T::MOST);
                    }
                }
            }
        }
    }
}

/// A part of a colour over that of the background, as browsers do it: in the curve that is shown, not in light.
fn over<T: Part>(part: T, alpha: T, background: u64, premultiplied: bool) -> T {
    let behind = background * (T::MOST - alpha.value());
    let front = if premultiplied { part.value() * T::MOST } else { part.value() * alpha.value() };
    T::of((front + behind + T::MOST / 2) / T::MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Gamut, Primaries};

    fn planes(channels: Channels, samples: Samples, reading: &Reading, premultiplied: bool) -> Vec<Vec<u8>> {
        let raster = Raster { size: [1, 1], channels, samples, premultiplied };
        let picture = picture(raster, None, reading, "a test");
        (0..picture.shape.format.planes()).map(|index| picture.planes.plane(index).0.to_vec()).collect()
    }

    #[test]
    fn alpha_goes_over_the_background_and_planes_are_g_b_r() {
        let sample = || Samples::Eight(vec![200, 100, 50, 128]);
        let black = Reading::default();
        assert_eq!(planes(Channels::Rgba, sample(), &black, false), [[50], [25], [100]]);
        let behind = Reading { background: Background([255, 0, 100]), ..black };
        assert_eq!(planes(Channels::Rgba, sample(), &behind, false), [[50], [75], [227]]);
        assert_eq!(planes(Channels::Rgba, sample(), &behind, true), [[100], [100], [255]]);
        let grey = || Samples::Eight(vec![200, 51]);
        assert_eq!(planes(Channels::GreyAlpha, grey(), &behind, false), [[40], [120], [244]]);
        let deep = Samples::Sixteen(vec![0x8000, 0, 0xffff, 0x8000]);
        let [green, blue, red] =
            [0, 1, 2].map(|plane| planes(Channels::Rgba, deep_copy(&deep), &black, false)[plane].clone());
        assert_eq!([red, green, blue], [[0, 0x40], [0, 0], [0, 0x80]].map(|bytes: [u8; 2]| bytes.to_vec()));
    }

    fn deep_copy(samples: &Samples) -> Samples {
        match samples {
            Samples::Eight(samples) => Samples::Eight(samples.clone()),
            Samples::Sixteen(samples) => Samples::Sixteen(samples.clone()),
        }
    }

    #[test]
    fn grey_stays_one_plane_and_ink_takes_light_away() {
        assert_eq!(planes(Channels::Grey, Samples::Eight(vec![9]), &Reading::default(), false), [[9]]);
        let deep = planes(Channels::Grey, Samples::Sixteen(vec![0x1234]), &Reading::default(), false);
        assert_eq!(deep, [[0x34, 0x12]]);
        let ink = Samples::Eight(vec![0, 255, 128, 51]);
        assert_eq!(planes(Channels::Cmyk, ink, &Reading::default(), false), [[0], [102], [204]]);
    }

    #[test]
    fn plain_pictures_are_brought_to_the_wider_gamut() {
        let wide = Reading { gamut: Gamut::DisplayP3, ..Reading::default() };
        let raster = Raster {
            size: [1, 1],
            channels: Channels::Rgb,
            samples: Samples::Eight(vec![255, 0, 0]),
            premultiplied: false,
        };
        let picture = picture(raster, None, &wide, "a test");
        assert_eq!(
            (picture.shape.colour.primaries, picture.shape.colour.gamut),
            (Primaries::DisplayP3, Gamut::DisplayP3)
        );
        let red = [2, 0, 1].map(|plane| picture.planes.plane(plane).0[0]);
        // What CSS Color 4 gives for sRGB's red.
        assert!(red.iter().zip([234_u8, 51, 35]).all(|(ours, known)| ours.abs_diff(known) <= 1), "{red:?}");
    }
}
