//! R'G'B' pictures → Y'CbCr (swscale) → packets (the codec's encoder).

use std::collections::VecDeque;
use std::ffi::CString;
use std::ptr::{self, NonNull};

use ffmpeg_next::Packet;
use ffmpeg_next::ffi::*;

use super::codec::Encoder;
use super::{Codec, EncodeError, Preset, reason};
use crate::frame::Primaries;

/// Order of the four bytes of a sample handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PixelOrder {
    /// R, G, B, anything.
    #[default]
    Rgba,
    /// B, G, R, anything.
    Bgra,
}

/// What the encoder is opened with.
pub(super) struct PictureOptions {
    pub(super) size: [u32; 2],
    pub(super) order: PixelOrder,
    pub(super) full_chroma: bool,
    pub(super) sample_aspect: (u32, u32),
    pub(super) primaries: Primaries,
    pub(super) codec: Codec,
    pub(super) crf: u8,
    pub(super) preset: Preset,
    pub(super) packing: Option<u8>,
    /// Seconds of a tick.
    pub(super) time_base: AVRational,
    pub(super) frame_rate: AVRational,
}

/// The encoder with the converter in front of it.
pub(super) struct PictureEncoder {
    scaler: Scaler,
    context: Context,
    input: AvFrame,
    converted: AvFrame,
    size: [u32; 2],
    encoder: Encoder,
    /// Ticks of pictures not seen in a packet yet, with their durations: encoders hand the first on but not always the second.
    durations: VecDeque<(i64, i64)>,
    /// Ticks of the first picture and of the newest.
    span: Option<(i64, i64)>,
}

struct Scaler(NonNull<SwsContext>);
struct Context(NonNull<AVCodecContext>);
struct AvFrame(NonNull<AVFrame>);

// SAFETY: FFmpeg's contexts and frames may be used from any thread, one at a time; nothing else points to these.
unsafe impl Send for Scaler {}
// SAFETY: as above.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Send for AvFrame {}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: allocated by `sws_alloc_context`, freed once.
        unsafe { sws_freeContext(self.0.as_ptr()) }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let mut context = self.0.as_ptr();
        // SAFETY: allocated by `avcodec_alloc_context3`, freed once.
        unsafe { avcodec_free_context(&mut context) }
    }
}

impl Drop for AvFrame {
    fn drop(&mut self) {
        let mut frame = self.0.as_ptr();
        // SAFETY: allocated by `av_frame_alloc`, freed once.
        unsafe { av_frame_free(&mut frame) }
    }
}

impl AvFrame {
    fn new(format: AVPixelFormat, size: [i32; 2]) -> Result<Self, EncodeError> {
        // SAFETY: no preconditions.
        let frame = Self(NonNull::new(unsafe { av_frame_alloc() }).ok_or(EncodeError::Memory)?);
        // SAFETY: the frame was just allocated and is ours alone.
        let code = unsafe {
            let raw = frame.0.as_ptr();
            (*raw).format = format as i32;
            (*raw).width = size[0];
            (*raw).height = size[1];
            av_frame_get_buffer(raw, 64)
        };
        if code < 0 { Err(EncodeError::Memory) } else { Ok(frame) }
    }
}

impl Scaler {
    /// Full-range R'G'B' to limited-range BT.709 Y'CbCr of the same size, chroma on the left where it is subsampled.
    fn new(size: [i32; 2], from: AVPixelFormat, to: AVPixelFormat) -> Result<Self, EncodeError> {
        // SAFETY: no preconditions.
        let scaler = Self(NonNull::new(unsafe { sws_alloc_context() }).ok_or(EncodeError::Memory)?);
        let flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP;
        let subsampled = to == AVPixelFormat::AV_PIX_FMT_YUV420P;
        let mut options = vec![
            (c"srcw", size[0]),
            (c"srch", size[1]),
            (c"src_format", from as i32),
            (c"dstw", size[0]),
            (c"dsth", size[1]),
            (c"dst_format", to as i32),
            (c"src_range", 1),
            (c"dst_range", 0),
            (c"sws_flags", flags),
        ];
        if subsampled {
            options.extend([(c"dst_h_chr_pos", 0), (c"dst_v_chr_pos", 128)]);
        }
        let raw = scaler.0.as_ptr();
        for (name, value) in options {
            // SAFETY: the context is valid and the names end with a zero byte.
            let code = unsafe { av_opt_set_int(raw.cast(), name.as_ptr(), i64::from(value), 0) };
            if code < 0 {
                return Err(EncodeError::Memory);
            }
        }
        // SAFETY: the context has all it needs; the tables live as long as the library.
        let code = unsafe {
            let table = sws_getCoefficients(SWS_CS_ITU709);
            match sws_init_context(raw, ptr::null_mut(), ptr::null_mut()) {
                code if code < 0 => code,
                _ => sws_setColorspaceDetails(raw, table, 1, table, 0, 0, 1 << 16, 1 << 16),
            }
        };
        if code < 0 { Err(EncodeError::Memory) } else { Ok(scaler) }
    }
}

impl PictureEncoder {
    pub(super) fn open(options: &PictureOptions) -> Result<Self, EncodeError> {
        let encoder = options.codec.encoder(options.size, options.full_chroma)?;
        let refused = |reason: String| EncodeError::Encoder { encoder: encoder.name(), size: options.size, reason };
        // 4:2:0 has no odd sizes that players agree on: the last column or row is shown twice.
        let coded = if options.full_chroma { options.size } else { options.size.map(|side| side.next_multiple_of(2)) };
        if coded.iter().any(|&side| side == 0 || side > 32_768) {
            return Err(refused("sides go from 1 to 32768".to_owned()));
        }
        let coded = coded.map(|side| side as i32);
        let from = match options.order {
            PixelOrder::Rgba => AVPixelFormat::AV_PIX_FMT_RGBA,
            PixelOrder::Bgra => AVPixelFormat::AV_PIX_FMT_BGRA,
        };
        let to = match options.full_chroma {
            true => AVPixelFormat::AV_PIX_FMT_YUV444P,
            false => AVPixelFormat::AV_PIX_FMT_YUV420P,
        };
        let scaler = Scaler::new(coded, from, to)?;
        let input = AvFrame::new(from, coded)?;
        let converted = AvFrame::new(to, coded)?;
        let name = CString::new(encoder.name()).map_err(|_| EncodeError::Memory)?;
        // SAFETY: the name ends with a zero byte; a codec lives as long as the library.
        let context = unsafe { avcodec_alloc_context3(avcodec_find_encoder_by_name(name.as_ptr())) };
        let context = Context(NonNull::new(context).ok_or(EncodeError::Memory)?);
        let aspect = AVRational {
            num: i32::try_from(options.sample_aspect.0.max(1)).unwrap_or(1),
            den: i32::try_from(options.sample_aspect.1.max(1)).unwrap_or(1),
        };
        let primaries = primaries(options.primaries);
        // SAFETY: the context and the frame are valid, ours alone and not opened yet.
        unsafe {
            let raw = context.0.as_ptr();
            (*raw).width = coded[0];
            (*raw).height = coded[1];
            (*raw).pix_fmt = to;
            (*raw).time_base = options.time_base;
            (*raw).framerate = options.frame_rate;
            (*raw).sample_aspect_ratio = aspect;
            (*raw).color_range = AVColorRange::AVCOL_RANGE_MPEG;
            (*raw).colorspace = AVColorSpace::AVCOL_SPC_BT709;
            (*raw).color_primaries = primaries;
            (*raw).color_trc = AVColorTransferCharacteristic::AVCOL_TRC_BT709;
            (*raw).chroma_sample_location = AVChromaLocation::AVCHROMA_LOC_LEFT;
            (*raw).thread_count = 0;
            (*raw).flags |= AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            // x264 tells at "info" what belongs into a debugging log.
            (*raw).log_level_offset = 16;
            let frame = converted.0.as_ptr();
            (*frame).color_range = AVColorRange::AVCOL_RANGE_MPEG;
            (*frame).colorspace = AVColorSpace::AVCOL_SPC_BT709;
            (*frame).color_primaries = primaries;
            (*frame).color_trc = AVColorTransferCharacteristic::AVCOL_TRC_BT709;
            (*frame).chroma_location = AVChromaLocation::AVCHROMA_LOC_LEFT;
            (*frame).sample_aspect_ratio = aspect;
        }
        let mut dictionary = ffmpeg_next::Dictionary::new();
        for (key, value) in encoder.options(options.crf, options.preset, options.packing) {
            dictionary.set(key, &value);
        }
        // SAFETY: the dictionary is handed over whole and what is left of it is freed here.
        let code = unsafe {
            let mut raw = dictionary.disown();
            let code = avcodec_open2(context.0.as_ptr(), ptr::null(), &mut raw);
            av_dict_free(&mut raw);
            code
        };
        if code < 0 {
            return Err(refused(reason(code)));
        }
        Ok(Self {
            scaler,
            context,
            input,
            converted,
            size: options.size,
            encoder,
            durations: VecDeque::new(),
            span: None,
        })
    }

    /// The encoder, for the container's description of the stream.
    pub(super) fn context(&self) -> *const AVCodecContext {
        self.context.0.as_ptr()
    }

    /// Converts a picture and hands it to the encoder.
    pub(super) fn send(&mut self, samples: &[u8], stride: usize, ticks: i64, duration: i64) -> Result<(), EncodeError> {
        let [width, height] = self.size.map(|side| side as usize);
        let fits = stride >= width * 4
            && (height - 1)
                .checked_mul(stride)
                .and_then(|whole| whole.checked_add(width * 4))
                .is_some_and(|needed| samples.len() >= needed);
        if !fits {
            return Err(EncodeError::Samples { size: self.size, length: samples.len(), stride });
        }
        self.copy_in(samples, stride);
        // SAFETY: both frames were allocated with the size and formats the converter was made for; the encoder may still hold
        // the converted one's memory, which `av_frame_make_writable` minds.
        let code = unsafe {
            let (input, converted) = (self.input.0.as_ptr(), self.converted.0.as_ptr());
            if av_frame_make_writable(converted) < 0 {
                return Err(EncodeError::Memory);
            }
            sws_scale(
                self.scaler.0.as_ptr(),
                (*input).data.as_ptr().cast(),
                (*input).linesize.as_ptr(),
                0,
                (*input).height,
                (*converted).data.as_ptr(),
                (*converted).linesize.as_ptr(),
            );
            (*converted).pts = ticks;
            (*converted).pict_type = AVPictureType::AV_PICTURE_TYPE_NONE;
            avcodec_send_frame(self.context.0.as_ptr(), converted)
        };
        if code < 0 {
            return Err(self.refused(code));
        }
        self.durations.push_back((ticks, duration));
        self.span = Some((self.span.map_or(ticks, |(first, _)| first), ticks));
        Ok(())
    }

    /// Copies the picture into memory with the room behind each row that swscale's vector code reads, and repeats the last
    /// column and row of odd sizes.
    fn copy_in(&mut self, samples: &[u8], stride: usize) {
        let [width, height] = self.size.map(|side| side as usize);
        // SAFETY: the frame is ours alone; its first plane is `linesize` × `height` bytes long.
        let (plane, pitch, coded) = unsafe {
            let raw = self.input.0.as_ptr();
            let pitch = (*raw).linesize[0] as usize;
            let coded = [(*raw).width as usize, (*raw).height as usize];
            (std::slice::from_raw_parts_mut((*raw).data[0], pitch * coded[1]), pitch, coded)
        };
        for (row, target) in plane.chunks_exact_mut(pitch).enumerate() {
            let start = row.min(height - 1) * stride;
            target[..width * 4].copy_from_slice(&samples[start..start + width * 4]);
            if coded[0] > width {
                target.copy_within((width - 1) * 4..width * 4, width * 4);
            }
        }
    }

    /// No more pictures: the encoder hands out what it holds.
    pub(super) fn end(&mut self) -> Result<(), EncodeError> {
        // SAFETY: the context is open; no frame means the end.
        match unsafe { avcodec_send_frame(self.context.0.as_ptr(), ptr::null()) } {
            code if code < 0 && code != AVERROR_EOF => Err(self.refused(code)),
            _ => Ok(()),
        }
    }

    /// The next packet, in ticks of the encoder's time base; none when it wants more pictures or is at its end.
    pub(super) fn receive(&mut self) -> Result<Option<Packet>, EncodeError> {
        let mut packet = Packet::empty();
        // SAFETY: both are valid; the packet is empty.
        let code = unsafe {
            use ffmpeg_next::packet::Mut;
            avcodec_receive_packet(self.context.0.as_ptr(), packet.as_mut_ptr())
        };
        if code == AVERROR_EOF || code == again() {
            return Ok(None);
        }
        if code < 0 {
            return Err(self.refused(code));
        }
        self.mend_decoding_time(&mut packet);
        if let Some(at) = self.durations.iter().position(|&(ticks, _)| Some(ticks) == packet.pts())
            && let Some((_, duration)) = self.durations.remove(at)
        {
            packet.set_duration(duration);
        }
        Ok(Some(packet))
    }

    /// x265 3.5 reads its delay from memory that it never wrote when a film has fewer pictures than it would reorder: its decoding
    /// times are any number then.
    fn mend_decoding_time(&self, packet: &mut Packet) {
        let (Some((first, newest)), Some(pts)) = (self.span, packet.pts()) else { return };
        let earliest = first.saturating_sub(newest.saturating_sub(first));
        if packet.dts().is_none_or(|dts| dts > pts || dts < earliest) {
            // Room for as many pictures as are ever reordered; the muxer moves those on that come after.
            packet.set_dts(Some(first - 16));
        }
    }

    fn refused(&self, code: i32) -> EncodeError {
        EncodeError::Encoder { encoder: self.encoder.name(), size: self.size, reason: reason(code) }
    }
}

/// "Not now", as FFmpeg says it.
pub(super) fn again() -> i32 {
    AVERROR(ffmpeg_next::error::EAGAIN)
}

fn primaries(primaries: Primaries) -> AVColorPrimaries {
    match primaries {
        Primaries::Bt709 => AVColorPrimaries::AVCOL_PRI_BT709,
        Primaries::Bt601Pal => AVColorPrimaries::AVCOL_PRI_BT470BG,
        Primaries::Bt601Ntsc => AVColorPrimaries::AVCOL_PRI_SMPTE170M,
        Primaries::Bt2020 => AVColorPrimaries::AVCOL_PRI_BT2020,
        Primaries::DisplayP3 => AVColorPrimaries::AVCOL_PRI_SMPTE432,
    }
}
