//! AVIF and HEIC: the pictures that the boxes name, decoded and put together.

use std::ffi::c_int;
use std::fs::File;
use std::io::BufReader;

use ffmpeg_next::ffi;
use ffmpeg_next::frame::Video;

use super::frame::{self, Beside};
use super::heif::{Facts, Tiled};
use super::profile::Colours;
use super::{Failure, coded};
use crate::frame::{Picture, PixelFormat};
use crate::media::error::reason;
use crate::media::format::{self, FormatSupport};
use crate::media::memory::Guard;
use crate::media::reading::Reading;
use crate::media::scale::blank;

/// The longest coded picture is not longer than what it may become; and a packet's length is an int.
const LONGEST: u64 = 1 << 30;

/// The still that `facts` of `file` describe, and its coding's name.
pub(super) fn read(
    file: &mut BufReader<File>,
    facts: &Facts,
    guard: &Guard<'_>,
    reading: &Reading,
) -> Result<(Picture, &'static str), Failure> {
    let codec = facts.picture.tiles.first().map_or("", |tile| tile.codec);
    // Whole, put together, and in planes or R'G'B': before anything is known of depth and chroma, as little as those can take.
    guard.check(facts.picture.size, 3, 0)?;
    let frame = whole(file, facts, &facts.picture, guard)?;
    let alpha = match &facts.alpha {
        Some(alpha) if alpha.size == facts.picture.size => Some(whole(file, facts, alpha, guard)?),
        _ => None,
    };
    let colours: Option<Colours> = facts.icc.clone();
    let beside = Beside {
        colours,
        codes: facts.codes,
        orientation: facts.orientation,
        alpha,
        premultiplied: facts.premultiplied,
    };
    Ok((frame::picture(frame, beside, reading, guard.location)?, codec))
}

fn whole(file: &mut BufReader<File>, facts: &Facts, tiled: &Tiled, guard: &Guard<'_>) -> Result<Video, Failure> {
    let missing = || Failure::Damaged("a part of it is missing".to_owned());
    let mut tile = |index: usize| {
        let tile = tiled.tiles.get(index).ok_or_else(missing)?;
        let bytes = facts.bytes(tile, file, guard.most.0.min(LONGEST)).ok_or_else(missing)?;
        coded::decode(tile.codec, &tile.config, &bytes, guard)
    };
    let first = tile(0)?;
    let size = [first.width(), first.height()];
    if tiled.tiles.len() == 1 && size == tiled.size {
        return Ok(first);
    }
    let failed = |code: c_int| Failure::Damaged(reason(code));
    let wrong = || Failure::Damaged("its tiles do not fit".to_owned());
    // SAFETY: the frame is alive.
    let number = unsafe { (*first.as_ptr()).format };
    let kind = format::checked(number).ok_or_else(wrong)?;
    let Some(FormatSupport::Direct(layout)) = format::traits(kind).map(|traits| traits.support) else {
        return Err(wrong());
    };
    guard.check(tiled.size, (layout.sample_bytes() * 3) as u64 * 3, 0)?;
    let mut picture = blank(kind, tiled.size).map_err(failed)?;
    // SAFETY: both frames are alive.
    let code = unsafe { ffi::av_frame_copy_props(picture.as_mut_ptr(), first.as_ptr()) };
    if code < 0 {
        return Err(failed(code));
    }
    let mut next = Some(first);
    for index in 0..tiled.tiles.len() {
        let frame = match next.take() {
            Some(frame) => frame,
            None => tile(index)?,
        };
        // SAFETY: the frame is alive.
        if unsafe { (*frame.as_ptr()).format } != number || [frame.width(), frame.height()] != size {
            return Err(wrong());
        }
        let index = index as u32;
        let at = [index % tiled.columns, index / tiled.columns];
        let at = [at[0].checked_mul(size[0]), at[1].checked_mul(size[1])];
        let [Some(x), Some(y)] = at else { return Err(wrong()) };
        paste(&mut picture, &frame, layout, [x, y]);
    }
    Ok(picture)
}

/// Copies `tile` into `picture`, as far as it lies in it. Places are multiples of the chroma's step, as the standard wants them.
fn paste(picture: &mut Video, tile: &Video, layout: PixelFormat, [x, y]: [u32; 2]) {
    let (across, down) = layout.chroma.shifts();
    let size = [picture.width(), picture.height()];
    for plane in 0..layout.planes() {
        let (across, down) = if plane == 0 { (0, 0) } else { (across, down) };
        let pair = if plane > 0 && layout.semi_planar { 2 } else { 1 };
        let each = layout.sample_bytes();
        let [width, rows] = layout.plane_size(plane, size).map(|side| side as usize);
        let [tile_width, tile_rows] = layout.plane_size(plane, [tile.width(), tile.height()]).map(|side| side as usize);
        let (left, top) = ((x >> across) as usize * pair, (y >> down) as usize);
        let length = tile_width.min(width.saturating_sub(left)) * each;
        let (from_stride, to_stride) = (tile.stride(plane), picture.stride(plane));
        let (from, to) = (tile.data(plane), picture.data_mut(plane));
        for row in 0..tile_rows.min(rows.saturating_sub(top)) {
            let to = to.get_mut((top + row) * to_stride + left * each..).and_then(|row| row.get_mut(..length));
            let from = from.get(row * from_stride..).and_then(|row| row.get(..length));
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
        }
    }
}
