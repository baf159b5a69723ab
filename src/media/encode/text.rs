//! Text subtitles from one coding to another, through the Advanced SubStation lines that FFmpeg's decoders make of all of them.

use std::mem;
use std::ptr::{self, NonNull};

use ffmpeg_next::Packet;
use ffmpeg_next::ffi::*;
use ffmpeg_next::packet::Ref;

use super::context::{Context, codec_name};
use super::mux::Muxer;
use super::{EncodeError, reason};

/// The longest cue: the longest that FFmpeg's own tool takes.
const LONGEST: usize = 1 << 20;

/// A decoder and an encoder.
pub(super) struct Text {
    decoder: Context,
    encoder: Context,
    base: AVRational,
    coded: Vec<u8>,
}

/// A decoded cue, freed when dropped.
struct Cue(AVSubtitle);

impl Drop for Cue {
    fn drop(&mut self) {
        // SAFETY: filled by the decoder, or all zeros.
        unsafe { avsubtitle_free(&mut self.0) }
    }
}

impl Text {
    /// The error is the reason why the track is left out.
    pub(super) fn open(parameters: &AVCodecParameters, base: AVRational, target: AVCodecID) -> Result<Self, String> {
        let decoder = Context::decoder(parameters, base)?;
        let missing = || format!("this FFmpeg cannot write {}", codec_name(target));
        // SAFETY: the contexts are valid and ours; the header is copied into memory that the encoder's context frees.
        unsafe {
            let codec = avcodec_find_encoder(target);
            let encoder = Context::new(codec).ok_or_else(missing)?;
            let (from, to) = (decoder.raw(), encoder.raw());
            (*to).time_base = AVRational { num: 1, den: 1000 };
            let size = usize::try_from((*from).subtitle_header_size).unwrap_or(0);
            if !(*from).subtitle_header.is_null() && size > 0 {
                let header: *mut u8 = av_mallocz(size + 1).cast();
                if header.is_null() {
                    return Err(missing());
                }
                ptr::copy_nonoverlapping((*from).subtitle_header, header, size);
                (*to).subtitle_header = header;
                (*to).subtitle_header_size = size as i32;
            }
            match avcodec_open2(to, codec, ptr::null_mut()) {
                code if code < 0 => Err(format!("{}: {}", missing(), reason(code))),
                _ => Ok(Self { decoder, encoder, base, coded: vec![0; LONGEST] }),
            }
        }
    }

    pub(super) fn describe(&self, stream: NonNull<AVStream>) -> Result<(), EncodeError> {
        self.encoder.describe(stream)
    }

    /// Converts a cue. False where it cannot be read; it is passed over.
    pub(super) fn take(&mut self, packet: &Packet, muxer: &mut Muxer, output: usize) -> Result<bool, EncodeError> {
        // SAFETY: all zeros is an empty cue.
        let mut cue = Cue(unsafe { mem::zeroed() });
        let mut found = 0;
        // SAFETY: the decoder is open; the packet is only read, whatever the old signature says.
        let code =
            unsafe { avcodec_decode_subtitle2(self.decoder.raw(), &mut cue.0, &mut found, packet.as_ptr().cast_mut()) };
        if code < 0 {
            return Ok(false);
        }
        if found == 0 || cue.0.num_rects == 0 {
            return Ok(true);
        }
        let milliseconds = AVRational { num: 1, den: 1000 };
        // SAFETY: arithmetic on valid time bases.
        let duration = unsafe { av_rescale_q(packet.duration(), self.base, milliseconds) };
        cue.0.start_display_time = 0;
        cue.0.end_display_time = u32::try_from(duration).unwrap_or(0);
        // SAFETY: the encoder is open and gets the buffer's true size.
        let size = unsafe {
            avcodec_encode_subtitle(self.encoder.raw(), self.coded.as_mut_ptr(), self.coded.len() as i32, &cue.0)
        };
        let Some(coded) = usize::try_from(size).ok().filter(|&size| size > 0).and_then(|size| self.coded.get(..size))
        else {
            return Ok(size == 0);
        };
        let mut converted = Packet::copy(coded);
        converted.set_pts(packet.pts());
        converted.set_dts(packet.pts());
        converted.set_duration(packet.duration());
        muxer.write(converted, output, self.base)?;
        Ok(true)
    }
}
