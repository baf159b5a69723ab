//! FFmpeg's decoder of a subtitle track: packets in, cues out.

use std::ffi::CStr;
use std::ptr;

use ffmpeg_next::codec::{self, decoder};
use ffmpeg_next::ffi::{self, AVSubtitle, AVSubtitleRect, AVSubtitleType};
use ffmpeg_next::packet::{Packet, Ref};

use super::cue::{Body, Cue, Picture};
use crate::media::error::MediaError;
use crate::media::version::ffmpeg_version;
use crate::time::Time;

/// A picture has no more pixels.
const MOST_PIXELS: usize = 1 << 26;
/// A line is no longer, in bytes: nobody could read the rest, and the largest drawings have less.
const MOST_LINE: usize = 256 << 10;
/// Rectangles of one cue.
const MOST_RECTANGLES: usize = 256;

/// The decoder. One thread owns it.
pub(super) struct Decoder {
    decoder: decoder::Subtitle,
    time_base: (i32, i32),
    origin: Time,
    location: String,
    /// It was told that a line is too long.
    told: bool,
}

/// What FFmpeg gave, freed when dropped.
struct Given(AVSubtitle);

impl Drop for Given {
    fn drop(&mut self) {
        // SAFETY: it was filled by the decoder, or is empty.
        unsafe { ffi::avsubtitle_free(&mut self.0) }
    }
}

impl Decoder {
    /// For a track with these parameters, whose clock shows `origin` at film time zero.
    ///
    /// # Errors
    /// This FFmpeg cannot decode it.
    pub(super) fn new(
        parameters: codec::Parameters,
        time_base: (i32, i32),
        origin: Time,
        location: &str,
    ) -> Result<Self, MediaError> {
        let id = parameters.id();
        let Some(found) = decoder::find(id) else {
            let (location, ffmpeg) = (location.to_owned(), ffmpeg_version().version);
            return Err(MediaError::UnsupportedCodec { location, codec: id.name().to_owned(), ffmpeg });
        };
        let failed = |error: ffmpeg_next::Error| MediaError::Ffmpeg {
            location: location.to_owned(),
            action: "opening the decoder of its subtitles",
            reason: error.to_string(),
        };
        let mut decoder = codec::Context::from_parameters(parameters).map_err(failed)?.decoder();
        decoder.set_packet_time_base(time_base);
        let decoder = decoder.open_as(found).and_then(decoder::Opened::subtitle).map_err(failed)?;
        Ok(Self { decoder, time_base, origin, location: location.to_owned(), told: false })
    }

    /// The head of an ASS script, where it decodes to lines.
    pub(super) fn header(&self) -> Option<Vec<u8>> {
        // SAFETY: the decoder is open; the header, where there is one, has that size.
        unsafe {
            let context = &*self.decoder.as_ptr();
            let size = usize::try_from(context.subtitle_header_size).ok()?;
            let header = context.subtitle_header;
            (!header.is_null() && size > 0).then(|| std::slice::from_raw_parts(header, size).to_vec())
        }
    }

    /// Forgets what it holds: what comes is from elsewhere.
    pub(super) fn flush(&mut self) {
        self.decoder.flush();
    }

    /// The film time of a packet.
    pub(super) fn time(&self, packet: &Packet) -> Option<Time> {
        let ticks = packet.pts().or(packet.dts())?;
        Some(Time::from_ticks(ticks, self.time_base.0, self.time_base.1) - self.origin)
    }

    /// What is in a packet. What cannot be decoded is passed over.
    pub(super) fn decode(&mut self, packet: &Packet) -> Vec<Cue> {
        // SAFETY: zeroes are an empty one.
        let mut given = Given(unsafe { std::mem::zeroed() });
        let mut got = 0;
        // SAFETY: the decoder is open and the packet valid; it is not changed.
        let code = unsafe {
            ffi::avcodec_decode_subtitle2(self.decoder.as_mut_ptr(), &mut given.0, &mut got, packet.as_ptr().cast_mut())
        };
        if code < 0 || got == 0 {
            if code < 0 {
                tracing::debug!("a subtitle cannot be decoded: {}", ffmpeg_next::Error::from(code));
            }
            return Vec::new();
        }
        self.cues(&given.0, packet)
    }

    fn cues(&mut self, given: &AVSubtitle, packet: &Packet) -> Vec<Cue> {
        let ticks = |ticks| Time::from_ticks(ticks, self.time_base.0, self.time_base.1);
        let milliseconds = |count: u32| Time::from_nanoseconds(i64::from(count) * 1_000_000);
        let at = if given.pts == ffi::AV_NOPTS_VALUE {
            packet.pts().or(packet.dts()).map(ticks)
        } else {
            Some(Time::from_ticks(given.pts, 1, ffi::AV_TIME_BASE))
        };
        let Some(at) = at.map(|at| at - self.origin) else { return Vec::new() };
        let start = at + milliseconds(given.start_display_time);
        let told = given.end_display_time;
        let end = if told != u32::MAX && told > given.start_display_time {
            Some(at + milliseconds(told))
        } else {
            Some(packet.duration()).filter(|duration| *duration > 0).map(|duration| at + ticks(duration))
        };
        let count = (given.num_rects as usize).min(MOST_RECTANGLES);
        let (mut lines, mut pictures) = (Vec::new(), Vec::new());
        for index in 0..count {
            // SAFETY: FFmpeg keeps that many valid pointers there.
            let Some(rectangle) = (unsafe { (*given.rects.add(index)).as_ref() }) else { continue };
            if rectangle.type_ == AVSubtitleType::SUBTITLE_BITMAP {
                pictures.extend(self.picture(rectangle));
            } else if let Some(line) = self.line(rectangle) {
                lines.push(Cue { start, end, body: Body::Line(line) });
            }
        }
        if lines.is_empty() && given.format == 0 {
            // Also none of them: then what was shown ends.
            lines.push(Cue { start, end, body: Body::Pictures(pictures) });
        }
        lines
    }

    fn picture(&self, rectangle: &AVSubtitleRect) -> Option<Picture> {
        let side = |side: i32| u32::try_from(side).ok().filter(|side| (1..=16_384).contains(side));
        let size = [side(rectangle.w)?, side(rectangle.h)?];
        let count = size[0] as usize * size[1] as usize;
        let stride = usize::try_from(rectangle.linesize[0]).ok()?;
        let (pixels, palette) = (rectangle.data[0], rectangle.data[1].cast::<u32>());
        if count > MOST_PIXELS || stride < size[0] as usize || pixels.is_null() || palette.is_null() {
            return None;
        }
        let rows = (0..size[1] as usize).map(|row| {
            // SAFETY: the rows are that far apart, and each holds as many pixels as the rectangle is wide.
            unsafe { std::slice::from_raw_parts(pixels.add(row * stride), size[0] as usize) }
        });
        let pixels = rows.flatten().copied().collect();
        let colours = usize::try_from(rectangle.nb_colors).unwrap_or(0).min(256);
        // SAFETY: a palette has 256 places, aligned or not.
        let colour = |index| unsafe { ptr::read_unaligned(palette.add(index)) };
        let colours = (0..colours)
            .map(|index| {
                let [blue, green, red, alpha] = colour(index).to_le_bytes();
                let with = |value: u8| ((u32::from(value) * u32::from(alpha) + 127) / 255) as u8;
                [with(red), with(green), with(blue), alpha]
            })
            .collect();
        // SAFETY: the decoder is open.
        let canvas = unsafe { [(*self.decoder.as_ptr()).width, (*self.decoder.as_ptr()).height] };
        let canvas = match canvas.map(side) {
            [Some(width), Some(height)] => Some([width, height]),
            _ => None,
        };
        let forced = rectangle.flags & ffi::AV_SUBTITLE_FLAG_FORCED != 0;
        Some(Picture { at: [rectangle.x, rectangle.y], size, canvas, pixels, colours, forced })
    }

    /// The line of a rectangle of text, without the number in front.
    fn line(&mut self, rectangle: &AVSubtitleRect) -> Option<String> {
        if rectangle.ass.is_null() {
            return None;
        }
        // SAFETY: FFmpeg ends its lines with a zero.
        let bytes = unsafe { CStr::from_ptr(rectangle.ass) }.to_bytes();
        if bytes.len() > MOST_LINE && !std::mem::replace(&mut self.told, true) {
            tracing::warn!(
                "{}: a subtitle line is too long; of such ones the first {MOST_LINE} bytes are shown",
                self.location
            );
        }
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_LINE)]);
        text.split_once(',').map(|(_, rest)| rest.to_owned())
    }
}
