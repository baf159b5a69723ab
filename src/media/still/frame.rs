//! From a frame that FFmpeg decoded to a still: its planes as they are where they mean the wanted colours, else by R'G'B'.

use std::ffi::c_int;

use ffmpeg_next::ffi::{self, AVPixelFormat};
use ffmpeg_next::frame::{self, Video};

use super::Failure;
use super::heif::Codes;
use super::profile::{Colours, Conversion, LARGEST};
use super::raster::{self, Raster, Samples};
use super::sample::Channels;
use crate::frame::{Colour, Orientation, Picture, Transfer};
use crate::media::alpha::{self, Alpha};
use crate::media::colour::{self, Tags};
use crate::media::error::reason;
use crate::media::format::{self, FormatSupport, Traits};
use crate::media::picture::{Look, PictureMaker};
use crate::media::reading::Reading;
use crate::media::scale::Scaler;

/// What the file says besides the frame.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) colours: Option<Colours>,
    pub(super) codes: Option<Codes>,
    pub(super) orientation: Orientation,
    /// A frame whose first plane is alpha.
    pub(super) alpha: Option<Video>,
    pub(super) premultiplied: bool,
}

/// The still in `frame`.
pub(super) fn picture(frame: Video, beside: Beside, reading: &Reading, location: &str) -> Result<Picture, Failure> {
    let failed = |code: c_int| Failure::Damaged(reason(code));
    let number = number_of(&frame);
    let kind = format::checked(number).ok_or_else(|| Failure::Unknown(format::name(number)))?;
    let traits = format::traits(kind).ok_or_else(|| Failure::Unknown(format::name(number)))?;
    let (tags, mut colour) = meaning(&frame, &traits, beside.codes);
    let profile = frame.side_data(frame::side_data::Type::IccProfile);
    let profile = profile.map(|data| match data.data().len() {
        ..=LARGEST => Colours::Icc(data.data().to_vec()),
        _ => Colours::Unreadable("it is too large"),
    });
    let coded = || Colours::Coded { primaries: byte(tags.primaries), transfer: byte(tags.transfer) };
    let colours = beside.colours.or(profile).unwrap_or_else(coded);
    let channels = if traits.grey { Channels::Grey } else { Channels::Rgb };
    let bright = colour.transfer != Transfer::Sdr;
    // What cannot be used is told where it is used.
    let plain = Conversion::between(Some(&colours), channels, reading.gamut).is_ok_and(|way| way.profiles.is_none());
    if bright || plain || !reading.profiles {
        colour.gamut = reading.gamut;
        if !bright {
            colour.primaries = reading.gamut.primaries();
        }
        return as_it_is(frame, beside.alpha, colour, beside.orientation, beside.premultiplied, reading);
    }
    let deep = depth(&traits) > 8;
    let own_alpha = traits.alpha;
    let (to, channels) = match (traits.grey, own_alpha, deep) {
        (true, _, false) => (AVPixelFormat::AV_PIX_FMT_GRAY8, Channels::Grey),
        (true, _, true) => (AVPixelFormat::AV_PIX_FMT_GRAY16LE, Channels::Grey),
        (false, false, false) => (AVPixelFormat::AV_PIX_FMT_RGB24, Channels::Rgb),
        (false, false, true) => (AVPixelFormat::AV_PIX_FMT_RGB48LE, Channels::Rgb),
        (false, true, false) => (AVPixelFormat::AV_PIX_FMT_RGBA, Channels::Rgba),
        (false, true, true) => (AVPixelFormat::AV_PIX_FMT_RGBA64LE, Channels::Rgba),
    };
    let packed = Scaler::to_rgb(&frame, kind, &colour, to).map_err(failed)?;
    drop(frame);
    let mut raster = raster_of(&packed, channels, deep);
    drop(packed);
    raster.premultiplied = beside.premultiplied;
    if let Some(alpha) = &beside.alpha {
        add_alpha(&mut raster, alpha)?;
    }
    let mut picture = raster::picture(raster, Some(&colours), reading, location);
    picture.shape.orientation = beside.orientation;
    Ok(picture)
}

fn as_it_is(
    mut frame: Video,
    alpha: Option<Video>,
    colour: Colour,
    orientation: Orientation,
    premultiplied: bool,
    reading: &Reading,
) -> Result<Picture, Failure> {
    let failed = |code: c_int| Failure::Damaged(reason(code));
    if let Some(alpha) = alpha {
        let kind = format::checked(number_of(&frame)).and_then(format::traits);
        let depth = format::checked(number_of(&alpha)).and_then(format::traits).map(|traits| depth(&traits));
        let same = [alpha.width(), alpha.height()] == [frame.width(), frame.height()];
        if let (Some(FormatSupport::Direct(layout)), Some(depth), true) = (kind.map(|kind| kind.support), depth, same)
            && let Some(plane) = Alpha::of(&alpha, 0, depth)
        {
            let plane = Alpha { premultiplied, ..plane };
            alpha::blend(&mut frame, layout, &colour, Some(plane), reading.background).map_err(failed)?;
        }
    }
    let look = Look { colour, sample_aspect: (1, 1), orientation };
    PictureMaker::new(reading.background).make(frame, look).map_err(failed)
}

/// The frame's tags, those of the file before those of the stream, and their meaning; what nobody says is sRGB by BT.601's matrix.
fn meaning(frame: &Video, traits: &Traits, codes: Option<Codes>) -> (Tags, Colour) {
    let mut tags = Tags::of(frame);
    if let Some(codes) = codes {
        let Codes { primaries, transfer, matrix, full_range } = codes;
        [tags.primaries, tags.transfer, tags.matrix] = [primaries, transfer, matrix].map(c_int::from);
        tags.range =
            if full_range { ffi::AVColorRange::AVCOL_RANGE_JPEG } else { ffi::AVColorRange::AVCOL_RANGE_MPEG } as c_int;
    }
    const UNSPECIFIED: c_int = 2;
    if tags.matrix == UNSPECIFIED {
        tags.matrix = ffi::AVColorSpace::AVCOL_SPC_SMPTE170M as c_int;
    }
    if tags.primaries == UNSPECIFIED {
        tags.primaries = ffi::AVColorPrimaries::AVCOL_PRI_BT709 as c_int;
    }
    let size = [frame.width(), frame.height()];
    (tags, colour::meaning(tags, traits, size, false, None))
}

fn byte(code: c_int) -> u8 {
    u8::try_from(code).unwrap_or(2)
}

fn number_of(frame: &Video) -> c_int {
    // SAFETY: the frame is alive.
    unsafe { (*frame.as_ptr()).format }
}

/// Bits of a sample, once it lies in planes.
fn depth(traits: &Traits) -> u32 {
    let support = match traits.support {
        FormatSupport::Convert(to) => format::traits(to).map_or(FormatSupport::Unknown, |traits| traits.support),
        direct => direct,
    };
    match support {
        FormatSupport::Direct(format) => format.depth,
        _ => 8,
    }
}

/// A packed frame's samples without the gaps between rows.
fn raster_of(frame: &Video, channels: Channels, deep: bool) -> Raster {
    let size = [frame.width(), frame.height()];
    let row = size[0] as usize * channels.count() * if deep { 2 } else { 1 };
    let rows = frame.data(0).chunks(frame.stride(0).max(1)).take(size[1] as usize).filter_map(|line| line.get(..row));
    let samples = if deep {
        let pair = |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]);
        Samples::Sixteen(rows.flat_map(|row| row.chunks_exact(2).map(pair)).collect())
    } else {
        Samples::Eight(rows.flatten().copied().collect())
    };
    Raster { size, channels, samples, premultiplied: false }
}

/// Puts another frame's first plane behind each of R, G, B.
fn add_alpha(raster: &mut Raster, alpha: &Video) -> Result<(), Failure> {
    let traits = format::checked(number_of(alpha)).and_then(format::traits);
    let depth = traits.map_or(8, |traits| depth(&traits));
    let plane = Alpha::of(alpha, 0, depth).filter(|_| [alpha.width(), alpha.height()] == raster.size);
    let plane = plane.ok_or_else(|| Failure::Damaged("its plane of alpha".to_owned()))?;
    if raster.channels != Channels::Rgb {
        return Ok(());
    }
    raster.channels = Channels::Rgba;
    let values = plane.values(raster.size[0] as usize);
    raster.samples = match &raster.samples {
        Samples::Eight(samples) => {
            let with = |(rgb, value): (&[u8], u64)| [rgb[0], rgb[1], rgb[2], (value * 255 / plane.most()) as u8];
            Samples::Eight(samples.chunks_exact(3).zip(values).flat_map(with).collect())
        }
        Samples::Sixteen(samples) => {
            let with = |(rgb, value): (&[u16], u64)| [rgb[0], rgb[1], rgb[2], (value * 65_535 / plane.most()) as u16];
            Samples::Sixteen(samples.chunks_exact(3).zip(values).flat_map(with).collect())
        }
    };
    Ok(())
}
