//! From packets to frames: the decoder, with what each frame's samples mean.

use std::ffi::c_int;
use std::ptr;

use ffmpeg_next::codec::{self, decoder};
use ffmpeg_next::frame::Video;
use ffmpeg_next::packet::Packet;
use ffmpeg_next::{Error, ffi, frame};

use super::error::MediaError;
use super::memory::{Guard, frame_bytes, most_pixels, threads};
use super::picture::Look;
use super::reading::Reading;
use super::side_data::{believable_aspect, content_level, mastering_level, matrix_of};
use super::track::Track;
use super::version::ffmpeg_version;
use super::{colour, format, orientation};
use crate::frame::{Colour, Gamut, Orientation};
use crate::time::Time;

/// A decoded frame with its film time.
pub(super) struct Timed {
    pub(super) frame: Video,
    pub(super) pts: Time,
    /// How long it claims to be seen.
    pub(super) length: Option<Time>,
    pub(super) look: Look,
}

/// What came out of the decoder.
pub(super) enum Decoded {
    Frame(Video),
    /// It wants another packet.
    Hungry,
    /// It is drained.
    End,
}

/// FFmpeg's decoder of one track, with as many threads as the machine has.
pub(super) struct Decoder {
    inner: decoder::Video,
    track: Track,
    limited_codec: bool,
    gamut: Gamut,
    /// The film's peak, which most streams tell only now and then.
    peak: Option<f32>,
    /// Packets and frames that could not be decoded.
    errors: u64,
    /// One of them by a size or a number that it may not have.
    pub(super) refused: bool,
}

impl Decoder {
    /// # Errors
    /// No such decoder; or one of its pictures takes more memory than `reading` allows.
    pub(super) fn new(
        location: &str,
        track: &Track,
        parameters: codec::Parameters,
        reading: Reading,
    ) -> Result<Self, MediaError> {
        let failed = |error: Error| MediaError::Ffmpeg {
            location: location.to_owned(),
            action: "opening the decoder",
            reason: error.to_string(),
        };
        let unsupported = || MediaError::UnsupportedCodec {
            location: location.to_owned(),
            codec: track.codec.clone(),
            ffmpeg: ffmpeg_version().version,
        };
        // SAFETY: the parameters are alive.
        let (id, number, size) = unsafe {
            let parameters = &*parameters.as_ptr();
            (parameters.codec_id, parameters.format, [parameters.width, parameters.height])
        };
        let size = size.map(|side| u32::try_from(side).unwrap_or(0));
        let bytes = frame_bytes(number, size, 0);
        Guard { location, most: reading.most_memory }.check(size, 0, bytes)?;
        let claimed = i64::from(size[0]) * i64::from(size[1]);
        let codec = find_decoder(id, track.alpha);
        if codec.is_null() {
            return Err(unsupported());
        }
        // SAFETY: a codec that FFmpeg found is static.
        let codec = unsafe { ffmpeg_next::Codec::wrap(codec.cast_mut()) };
        let mut context = codec::Context::from_parameters(parameters).map_err(failed)?;
        // SAFETY: the context is ours and not open yet; null only without memory, which `from_parameters` reports.
        unsafe {
            let raw = context.as_mut_ptr();
            (*raw).thread_count = threads(id, bytes, reading.most_memory);
            (*raw).thread_type = (ffi::FF_THREAD_FRAME | ffi::FF_THREAD_SLICE) as c_int;
            (*raw).pkt_timebase = ffi::AVRational { num: track.time_base.0, den: track.time_base.1 };
            (*raw).max_pixels = most_pixels(id, reading.most_memory).max(claimed);
            // Cropping to the very sample, even where a row then begins at an odd address; and frames that FFmpeg is not sure of: it would
            // keep back good ones too (the last of an H.264 stream that was entered at an open group of pictures).
            (*raw).flags |= (ffi::AV_CODEC_FLAG_UNALIGNED | ffi::AV_CODEC_FLAG_OUTPUT_CORRUPT) as c_int;
        }
        let id = codec.id();
        let inner =
            context.decoder().open_as(codec).and_then(|opened| opened.video()).map_err(|error| match error {
                Error::DecoderNotFound | Error::PatchWelcome => unsupported(),
                other => failed(other),
            })?;
        let limited_codec =
            matches!(id, codec::Id::H264 | codec::Id::HEVC | codec::Id::MPEG2VIDEO | codec::Id::MPEG4 | codec::Id::VC1);
        Ok(Self {
            inner,
            track: track.clone(),
            limited_codec,
            gamut: reading.gamut,
            peak: track.peak,
            errors: 0,
            refused: false,
        })
    }

    /// Puts a packet in; none at the end of the stream. What is wrong with it is logged and forgotten: the film goes on.
    pub(super) fn send(&mut self, packet: Option<&Packet>) {
        let result = match packet {
            Some(packet) => self.inner.send_packet(packet),
            None => self.inner.send_eof(),
        };
        match result {
            Ok(()) | Err(Error::Eof) => {}
            Err(error) => self.note(error),
        }
    }

    /// The next frame in presentation order. After an error it may want another packet.
    pub(super) fn receive(&mut self) -> Decoded {
        let mut frame = Video::empty();
        match self.inner.receive_frame(&mut frame) {
            Ok(()) => Decoded::Frame(frame),
            Err(Error::Eof) => Decoded::End,
            Err(Error::Other { errno }) if errno == ffi::EAGAIN => Decoded::Hungry,
            Err(error) => {
                self.note(error);
                Decoded::Hungry
            }
        }
    }

    /// Forgets all that is inside, before packets from another place come.
    pub(super) fn flush(&mut self) {
        self.inner.flush();
    }

    fn note(&mut self, error: Error) {
        self.errors += 1;
        // What FFmpeg says of sizes beyond `max_pixels`, too.
        self.refused |= matches!(error, Error::Other { errno: ffi::EINVAL });
        // The first ones are worth a line; a damaged film has thousands.
        if self.errors <= 5 {
            tracing::warn!("a piece of the film cannot be decoded ({error}) and is skipped");
        } else {
            tracing::debug!("a piece of the film cannot be decoded ({error})");
        }
    }

    /// What the samples of `frame` mean and how it is to be shown; `None` for a pixel format that FFmpeg itself does not describe.
    pub(super) fn look(&mut self, frame: &Video) -> Option<Look> {
        // SAFETY: the frame is alive.
        let traits = format::traits(format::checked(unsafe { (*frame.as_ptr()).format })?)?;
        self.peak = peak(frame).or(self.peak);
        let size = [frame.width(), frame.height()];
        let colour = colour::meaning(colour::Tags::of(frame), &traits, size, self.limited_codec, self.peak);
        Some(Look {
            colour: Colour { gamut: self.gamut, ..colour },
            sample_aspect: self.track.sample_aspect.unwrap_or_else(|| {
                let own = frame.aspect_ratio();
                believable_aspect(own.numerator(), own.denominator()).unwrap_or((1, 1))
            }),
            orientation: display_matrix(frame).unwrap_or(self.track.orientation),
        })
    }
}

/// FFmpeg's decoder; of the two for VP8 and VP9 the one that minds alpha, where there is some.
fn find_decoder(id: ffi::AVCodecID, alpha: bool) -> *const ffi::AVCodec {
    let minding = match id {
        ffi::AVCodecID::AV_CODEC_ID_VP8 if alpha => Some(c"libvpx"),
        ffi::AVCodecID::AV_CODEC_ID_VP9 if alpha => Some(c"libvpx-vp9"),
        _ => None,
    };
    // SAFETY: FFmpeg knows every id that it gave; the name ends with a zero byte; decoders are static.
    unsafe {
        let found = minding.map_or(ptr::null(), |name| ffi::avcodec_find_decoder_by_name(name.as_ptr()));
        if found.is_null() { ffi::avcodec_find_decoder(id) } else { found }
    }
}

fn display_matrix(frame: &Video) -> Option<Orientation> {
    let data = frame.side_data(frame::side_data::Type::DisplayMatrix)?;
    Some(orientation::from_display_matrix(&matrix_of(data.data())?))
}

fn peak(frame: &Video) -> Option<f32> {
    use frame::side_data::Type;
    let content = frame.side_data(Type::ContentLightLevel).and_then(|data| content_level(data.data()));
    let mastering = frame.side_data(Type::MasteringDisplayMetadata).and_then(|data| mastering_level(data.data()));
    colour::peak(content, mastering)
}
