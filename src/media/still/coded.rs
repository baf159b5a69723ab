//! One picture out of its bytes, by FFmpeg's decoder: no container in between, one thread, memory watched.

use std::ffi::{CString, c_int, c_void};
use std::ptr;

use ffmpeg_next::ffi;
use ffmpeg_next::frame::Video;
use ffmpeg_next::packet::{Mut, Packet};

use super::Failure;
use crate::media::error::{MediaError, reason};
use crate::media::memory::{Guard, LARGEST_SIDE, frame_bytes};
use crate::media::version::ffmpeg_version;

/// Copies of a picture that are there at once besides the decoder's: in RGB with alpha, and in planes.
pub(super) const COPIES: u64 = 2;

/// What the decoder asks before it takes memory.
struct Watch {
    most: u64,
    /// Width, height and bytes of a picture that was refused.
    refused: Option<([u32; 2], u64)>,
}

/// A decoder, freed with its parameter sets.
struct Context(*mut ffi::AVCodecContext);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: ours, allocated by `avcodec_alloc_context3`; a null pointer is allowed.
        unsafe { ffi::avcodec_free_context(&mut self.0) }
    }
}

/// The first picture in `data`, of the coding that FFmpeg calls `codec`.
pub(super) fn decode(codec: &str, config: &[u8], data: &[u8], guard: &Guard<'_>) -> Result<Video, Failure> {
    if i32::try_from(data.len() + 1024).is_err() {
        return Err(Failure::Damaged("it is too long for one picture".to_owned()));
    }
    let name = CString::new(codec).map_err(|_| Failure::Unknown(codec.to_owned()))?;
    // SAFETY: the name ends with a zero byte; descriptors and codecs are static.
    let decoder = unsafe {
        let descriptor = ffi::avcodec_descriptor_get_by_name(name.as_ptr());
        if descriptor.is_null() { ptr::null() } else { ffi::avcodec_find_decoder((*descriptor).id) }
    };
    if decoder.is_null() {
        let (location, ffmpeg) = (guard.location.to_owned(), ffmpeg_version().version);
        return Err(MediaError::UnsupportedCodec { location, codec: codec.to_owned(), ffmpeg }.into());
    }
    let mut watch = Box::new(Watch { most: guard.most.0, refused: None });
    // SAFETY: a codec that was found.
    let context = Context(unsafe { ffi::avcodec_alloc_context3(decoder) });
    let mut frame = Video::empty();
    let code = open(&context, decoder, config, &mut watch).and_then(|()| first(&context, data, &mut frame));
    if let Some((size, bytes)) = watch.refused {
        guard.check(size, 0, bytes)?;
    }
    match code {
        Ok(()) => Ok(frame),
        Err(code) if code == ffi::AVERROR_PATCHWELCOME => Err(Failure::Unknown(codec.to_owned())),
        Err(code) => Err(Failure::Damaged(reason(code))),
    }
}

fn open(context: &Context, decoder: *const ffi::AVCodec, config: &[u8], watch: &mut Watch) -> Result<(), c_int> {
    let padding = ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    let length = c_int::try_from(config.len()).map_err(|_| ffi::AVERROR(ffi::EINVAL))?;
    let mut options = ffmpeg_next::Dictionary::new();
    // OpenEXR holds light; what is shown is sRGB's curve. Other decoders leave the option over.
    options.set("apply_trc", "iec61966_2_1");
    // SAFETY: the context is ours, not open yet, and used by this thread only while `watch` lives (it decodes in the calls of `first`); its
    // parameter sets are freed with it; the dictionary is handed over whole and what is left of it freed here.
    unsafe {
        let raw = context.0;
        if raw.is_null() {
            return Err(ffi::AVERROR(ffi::ENOMEM));
        }
        if length > 0 {
            let copy = ffi::av_mallocz(config.len() + padding).cast::<u8>();
            if copy.is_null() {
                return Err(ffi::AVERROR(ffi::ENOMEM));
            }
            ptr::copy_nonoverlapping(config.as_ptr(), copy, config.len());
            (*raw).extradata = copy;
            (*raw).extradata_size = length;
        }
        (*raw).thread_count = 1;
        // For decoders that do not ask: no picture with its copies has less than four bytes for each sample.
        let pixels = (watch.most / 4).min(u64::from(LARGEST_SIDE) * u64::from(LARGEST_SIDE));
        (*raw).max_pixels = i64::try_from(pixels).unwrap_or(i64::MAX);
        (*raw).opaque = ptr::from_mut(watch).cast::<c_void>();
        (*raw).get_buffer2 = Some(watched_buffer);
        let mut given = options.disown();
        let code = ffi::avcodec_open2(raw, decoder, &mut given);
        drop(ffmpeg_next::Dictionary::own(given));
        if code < 0 { Err(code) } else { Ok(()) }
    }
}

fn first(context: &Context, data: &[u8], frame: &mut Video) -> Result<(), c_int> {
    let mut packet = Packet::copy(data);
    // SAFETY: context, packet and frame are valid; no packet means the end.
    unsafe {
        (*packet.as_mut_ptr()).flags |= ffi::AV_PKT_FLAG_KEY as c_int;
        let code = ffi::avcodec_send_packet(context.0, packet.as_mut_ptr());
        if code < 0 {
            return Err(code);
        }
        ffi::avcodec_send_packet(context.0, ptr::null());
        let code = ffi::avcodec_receive_frame(context.0, frame.as_mut_ptr());
        if code < 0 { Err(if code == ffi::AVERROR_EOF { ffi::AVERROR_INVALIDDATA } else { code }) } else { Ok(()) }
    }
}

/// Gives the decoder memory for a picture, if that with its copies is not too much.
unsafe extern "C" fn watched_buffer(
    context: *mut ffi::AVCodecContext,
    frame: *mut ffi::AVFrame,
    flags: c_int,
) -> c_int {
    // SAFETY: called by FFmpeg with its own context and frame; `opaque` is the watch that outlives them, in the thread that owns it.
    unsafe {
        let watch = &mut *(*context).opaque.cast::<Watch>();
        let size = [(*frame).width, (*frame).height].map(|side| u32::try_from(side).unwrap_or(0));
        let needed = frame_bytes((*frame).format, size, COPIES);
        if needed > watch.most {
            watch.refused = Some((size, needed));
            return ffi::AVERROR(ffi::ENOMEM);
        }
        ffi::avcodec_default_get_buffer2(context, frame, flags)
    }
}
