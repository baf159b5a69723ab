//! Decoders and encoders of tracks, as FFmpeg's contexts.

use std::ffi::CStr;
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi::*;

use super::{EncodeError, reason};

/// The name of a codec, for users.
pub(super) fn codec_name(id: AVCodecID) -> String {
    // SAFETY: the name is a constant of the library's.
    unsafe { CStr::from_ptr(avcodec_get_name(id)) }.to_string_lossy().into_owned()
}

/// A codec's context, freed when dropped.
pub(super) struct Context(NonNull<AVCodecContext>);

// SAFETY: the context is used by one thread at a time; nothing else points to it.
unsafe impl Send for Context {}

impl Context {
    pub(super) fn new(codec: *const AVCodec) -> Option<Self> {
        if codec.is_null() {
            return None;
        }
        // SAFETY: codecs are constants of the library's.
        NonNull::new(unsafe { avcodec_alloc_context3(codec) }).map(Self)
    }

    /// An opened decoder for a stream.
    pub(super) fn decoder(parameters: &AVCodecParameters, base: AVRational) -> Result<Self, String> {
        let missing = || format!("this FFmpeg cannot read {}", codec_name(parameters.codec_id));
        // SAFETY: the context is new; the parameters are valid.
        unsafe {
            let codec = avcodec_find_decoder(parameters.codec_id);
            let context = Self::new(codec).ok_or_else(missing)?;
            if avcodec_parameters_to_context(context.raw(), parameters) < 0 {
                return Err(missing());
            }
            (*context.raw()).pkt_timebase = base;
            match avcodec_open2(context.raw(), codec, ptr::null_mut()) {
                code if code < 0 => Err(format!("{}: {}", missing(), reason(code))),
                _ => Ok(context),
            }
        }
    }

    pub(super) fn raw(&self) -> *mut AVCodecContext {
        self.0.as_ptr()
    }

    /// Describes a stream by this encoder.
    pub(super) fn describe(&self, stream: NonNull<AVStream>) -> Result<(), EncodeError> {
        // SAFETY: both are valid, the encoder is open.
        unsafe {
            (*stream.as_ptr()).time_base = (*self.raw()).time_base;
            match avcodec_parameters_from_context((*stream.as_ptr()).codecpar, self.raw()) {
                code if code < 0 => Err(EncodeError::Memory),
                _ => Ok(()),
            }
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let mut context = self.raw();
        // SAFETY: allocated in `new`, freed once.
        unsafe { avcodec_free_context(&mut context) }
    }
}
