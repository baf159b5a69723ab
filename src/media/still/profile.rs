//! What a still's samples say of their colours, and the way from there to the wanted gamut (by moxcms).

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, ParsingOptions, ToneReprCurve, TransferCharacteristics, XyY,
};

use super::sample::{Channels, Part};
use crate::frame::{Gamut, Primaries, Transfer};

/// The largest profile that is read, in bytes: those of printing presses have three million.
pub(super) const LARGEST: usize = 8 << 20;
/// The most entries of a table in a profile.
const LARGEST_TABLE: usize = 4_000_000;

/// What a still says of its colours.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Colours {
    /// sRGB, in so many words.
    Srgb,
    /// An ICC profile.
    Icc(Vec<u8>),
    /// Code points of ITU-T H.273.
    Coded { primaries: u8, transfer: u8 },
    /// PNG's own: the exponent of the curve, and x and y of white, red, green and blue.
    Curve { gamma: f32, chromaticities: Option<[[f32; 2]; 4]> },
    /// There is a profile, but it cannot be read.
    Unreadable(&'static str),
}

/// The way from a still's colours to those wanted.
#[derive(Default)]
pub(super) struct Conversion {
    /// From, to; none where samples are those wanted as they are.
    pub(super) profiles: Option<(ColorProfile, ColorProfile)>,
    /// The lights and the curve of a picture that is brighter than a screen shows: the colour stage brings it down.
    pub(super) bright: Option<(Primaries, Transfer)>,
}

impl Conversion {
    /// # Errors
    /// Why the profile cannot be used.
    pub(super) fn between(colours: Option<&Colours>, channels: Channels, gamut: Gamut) -> Result<Self, String> {
        if let Some(Colours::Coded { primaries, transfer: transfer @ (16 | 18) }) = colours {
            let transfer = if *transfer == 16 { Transfer::Pq } else { Transfer::Hlg };
            let primaries = match primaries {
                9 => Primaries::Bt2020,
                11 | 12 => Primaries::DisplayP3,
                _ => Primaries::Bt709,
            };
            return Ok(Self { profiles: None, bright: Some((primaries, transfer)) });
        }
        let from = match colours {
            // Ink without a profile becomes light by simple arithmetic.
            None | Some(Colours::Srgb) if channels == Channels::Cmyk => return Ok(Self::default()),
            None | Some(Colours::Srgb) => Colours::srgb(),
            Some(colours) => colours.profile()?,
        };
        let fits = match from.color_space {
            DataColorSpace::Gray => matches!(channels, Channels::Grey | Channels::GreyAlpha),
            DataColorSpace::Rgb => !matches!(channels, Channels::Cmyk),
            DataColorSpace::Cmyk => channels == Channels::Cmyk,
            _ => false,
        };
        if !fits {
            return Err("it is one for another kind of samples".to_owned());
        }
        if from.color_space == DataColorSpace::Rgb && matches!(channels, Channels::Grey | Channels::GreyAlpha) {
            // The curve of such grey pictures is that of screens; their lights do not matter.
            return Ok(Self::default());
        }
        let to = profile_of(gamut);
        let same = changes_nothing(&from, &to, channels).map_err(|error| error.to_string())?;
        Ok(Self { profiles: (!same).then_some((from, to)), bright: None })
    }
}

/// The profile of what is made.
pub(in crate::media) fn profile_of(gamut: Gamut) -> ColorProfile {
    match gamut {
        Gamut::Srgb => ColorProfile::new_srgb(),
        Gamut::DisplayP3 => ColorProfile::new_display_p3(),
    }
}

impl Colours {
    fn srgb() -> ColorProfile {
        ColorProfile::new_srgb()
    }

    fn profile(&self) -> Result<ColorProfile, String> {
        match self {
            Self::Srgb => Ok(Self::srgb()),
            Self::Unreadable(why) => Err((*why).to_owned()),
            Self::Icc(bytes) => {
                let options = ParsingOptions {
                    max_profile_size: LARGEST,
                    max_allowed_clut_size: LARGEST_TABLE,
                    ..ParsingOptions::default()
                };
                ColorProfile::new_from_slice_with_options(bytes, options).map_err(|error| error.to_string())
            }
            Self::Coded { primaries, transfer } => {
                // What nobody said is sRGB; film's curves are shown as screens show sRGB's.
                let primaries = if *primaries == 2 { 1 } else { *primaries };
                let transfer = if matches!(transfer, 1 | 2 | 6 | 14 | 15) { 13 } else { *transfer };
                let mut profile = Self::srgb();
                let cicp = CicpProfile {
                    color_primaries: CicpColorPrimaries::try_from(primaries).map_err(|error| error.to_string())?,
                    transfer_characteristics: TransferCharacteristics::try_from(transfer)
                        .map_err(|error| error.to_string())?,
                    matrix_coefficients: MatrixCoefficients::Identity,
                    full_range: true,
                };
                // What this returns says nothing (it is false always); whether the code points were taken does.
                profile.cicp = None;
                profile.update_rgb_colorimetry_from_cicp(cicp);
                if profile.cicp.is_none() {
                    return Err(format!("colours of the code {primaries}/{transfer} are not known"));
                }
                Ok(profile)
            }
            Self::Curve { gamma, chromaticities } => {
                let mut profile = Self::srgb();
                // 1/2.2 is how sRGB's curve is written there.
                if (gamma - 0.454_55).abs() > 0.005 {
                    if !(0.1..=10.0).contains(gamma) {
                        return Err("its curve is none".to_owned());
                    }
                    let curve = ToneReprCurve::Parametric(vec![gamma.recip()]);
                    profile.red_trc = Some(curve.clone());
                    profile.green_trc = Some(curve.clone());
                    profile.blue_trc = Some(curve);
                    profile.cicp = None;
                }
                if let Some(places) = chromaticities {
                    let believable = |[x, y]: &[f32; 2]| (0.0..=1.0).contains(x) && (0.001..=1.0).contains(y);
                    if !places.iter().all(believable) {
                        return Err("its lights are none".to_owned());
                    }
                    let [white, red, green, blue] = places.map(|[x, y]| Chromaticity { x, y });
                    let white = XyY { x: white.x.into(), y: white.y.into(), yb: 1.0 };
                    profile.update_rgb_colorimetry(white, ColorPrimaries { red, green, blue });
                }
                Ok(profile)
            }
        }
    }
}

/// Whether a conversion moves no sample by more than one of 255.
fn changes_nothing(from: &ColorProfile, to: &ColorProfile, channels: Channels) -> Result<bool, moxcms::CmsError> {
    const STEPS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let (layout, samples): (_, Vec<u8>) = match channels {
        Channels::Cmyk => return u8::transform(from, to, [Layout::Rgba, Layout::Rgb]).map(|_| false),
        Channels::Grey | Channels::GreyAlpha => (Layout::Gray, (0..=255).collect()),
        Channels::Rgb | Channels::Rgba => {
            let cube = |index: usize| [STEPS[index / 36], STEPS[index / 6 % 6], STEPS[index % 6]];
            (Layout::Rgb, (0..216).flat_map(cube).collect())
        }
    };
    let transform = u8::transform(from, to, [layout, Layout::Rgb])?;
    let parts = if layout == Layout::Gray { 3 } else { 1 };
    let mut shown = vec![0; samples.len() * parts];
    transform.transform(&samples, &mut shown)?;
    Ok(shown.chunks_exact(parts).zip(&samples).all(|(shown, was)| shown.iter().all(|part| part.abs_diff(*was) <= 1)))
}
