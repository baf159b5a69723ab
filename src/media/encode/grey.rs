//! A film of 10-bit grey being written into Matroska: samples are kept as they are, nothing is scaled or converted.

use std::ffi::CString;
use std::path::Path;

use ffmpeg_next::codec::{Context, encoder};
use ffmpeg_next::ffi::{AV_CODEC_FLAG_GLOBAL_HEADER, AVColorRange, AVRational, av_dict_set};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;
use ffmpeg_next::{Dictionary, Error, Packet};

use super::film::{sane_frame_rate, sane_time_base};
use super::mux::Muxer;
use super::{Container, EncodeError};
use crate::media::stop::StopFlag;
use crate::time::Time;

/// How grey is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
pub enum GreyCodec {
    /// FFV1: every sample comes back as it was.
    #[default]
    Ffv1,
    /// HEVC: smaller, and samples come back a little changed.
    Hevc,
}

/// The largest sample.
pub const GREY_MOST: u16 = 1023;

impl GreyCodec {
    /// As users know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ffv1 => "FFV1",
            Self::Hevc => "HEVC",
        }
    }

    fn encoder(self) -> &'static str {
        match self {
            Self::Ffv1 => "ffv1",
            Self::Hevc => "libx265",
        }
    }

    fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // Four slices: as many threads code and decode a picture. Each picture alone: any place is found at once.
            Self::Ffv1 => &[("level", "3"), ("slices", "4"), ("slicecrc", "1"), ("g", "1"), ("context", "1")],
            // Without B pictures decoding times are those of the pictures, and nothing has to be moved in time.
            Self::Hevc => &[
                ("crf", "10"),
                ("preset", "medium"),
                ("x265-params", "log-level=error:bframes=0:keyint=48:aq-mode=0:no-sao=1:range=full"),
            ],
        }
    }

    /// The encoder of the linked FFmpeg.
    ///
    /// # Errors
    /// There is none for 10-bit grey.
    fn find(self) -> Result<ffmpeg_next::Codec, EncodeError> {
        let missing = || EncodeError::NoGreyEncoder { codec: self.name(), looked_for: self.encoder() };
        let codec = encoder::find_by_name(self.encoder()).ok_or_else(missing)?;
        let takes =
            codec.video().ok().and_then(|video| video.formats()).is_some_and(|mut all| all.any(|it| it == GREY));
        if takes { Ok(codec) } else { Err(missing()) }
    }

    /// Refuses what this FFmpeg cannot write.
    ///
    /// # Errors
    /// There is no encoder for 10-bit grey.
    pub fn check(self) -> Result<(), EncodeError> {
        self.find().map(|_| ())
    }
}

const GREY: Pixel = Pixel::GRAY10LE;

/// How a film of grey is written.
#[derive(Debug, Clone)]
pub struct GreyOptions {
    /// Width and height in samples.
    pub size: [u32; 2],
    /// Width to height of a sample.
    pub sample_aspect: (u32, u32),
    /// How it is coded.
    pub codec: GreyCodec,
    /// Pictures a second as a fraction, where known: for the encoder's judgement only.
    pub frame_rate: Option<(i32, i32)>,
    /// Seconds of a tick of the source's clock, as a fraction (Matroska counts milliseconds).
    pub time_base: (i32, i32),
    /// What the file says of itself, by key: A–Z, 0–9 and `_`.
    pub tags: Vec<(&'static str, String)>,
}

/// Writes one; see [`super`] for the order of calls. Dropped before [`GreyEncoder::finish`], it leaves nothing behind.
pub struct GreyEncoder {
    muxer: Muxer,
    encoder: encoder::video::Encoder,
    frame: Video,
    options: GreyOptions,
    stream: usize,
    time_base: AVRational,
    last: Option<i64>,
    /// Of each picture not seen in a packet yet, its time and duration in ticks.
    durations: Vec<(i64, i64)>,
}

impl GreyEncoder {
    /// Opens everything and writes the header, under a temporary name. `path` ends in .mkv.
    ///
    /// # Errors
    /// All that can be wrong with the name, the codec or the size.
    pub fn create(path: &Path, options: GreyOptions, force: bool) -> Result<Self, EncodeError> {
        if Container::from_path(path).ok() != Some(Container::Matroska) {
            return Err(EncodeError::DepthExtension(path.to_owned()));
        }
        let codec = options.codec.find()?;
        let refused = |error: Error| refused(&options, error);
        let mut muxer = Muxer::create(path, Container::Matroska, force, &StopFlag::default())?;
        let mut video = Context::new_with_codec(codec).encoder().video().map_err(refused)?;
        let time_base = sane_time_base(options.time_base);
        let aspect = |side: u32| i32::try_from(side).unwrap_or(1).max(1);
        let (width, height) = (aspect(options.sample_aspect.0), aspect(options.sample_aspect.1));
        let [columns, rows] = options.size;
        video.set_width(columns);
        video.set_height(rows);
        video.set_format(GREY);
        video.set_aspect_ratio((width, height));
        // SAFETY: the context is ours and not open yet.
        unsafe {
            let raw = video.as_mut_ptr();
            (*raw).time_base = time_base;
            (*raw).framerate = sane_frame_rate(options.frame_rate);
            (*raw).color_range = AVColorRange::AVCOL_RANGE_JPEG;
            (*raw).thread_count = 0;
            (*raw).flags |= AV_CODEC_FLAG_GLOBAL_HEADER as i32;
        }
        let mut dictionary = Dictionary::new();
        for (key, value) in options.codec.options() {
            dictionary.set(key, value);
        }
        let encoder = video.open_with(dictionary).map_err(refused)?;
        // SAFETY: the encoder is open.
        let stream = unsafe { muxer.add_pictures(encoder.as_ptr(), None)? };
        for (key, value) in &options.tags {
            let (Ok(key), Ok(value)) = (CString::new(*key), CString::new(value.as_str())) else { continue };
            // SAFETY: the container's context is valid; both texts are copied.
            let code = unsafe { av_dict_set(&mut (*muxer.raw()).metadata, key.as_ptr(), value.as_ptr(), 0) };
            if code < 0 {
                return Err(EncodeError::Memory);
            }
        }
        muxer.start()?;
        let mut frame = Video::new(GREY, columns, rows);
        // SAFETY: the frame is ours; an allocation that failed left it without data.
        if unsafe { (*frame.as_mut_ptr()).data[0].is_null() } {
            return Err(EncodeError::Memory);
        }
        frame.set_color_range(ffmpeg_next::color::Range::JPEG);
        Ok(Self { muxer, encoder, frame, options, stream, time_base, last: None, durations: Vec::new() })
    }

    /// Writes a picture of samples 0..=[`GREY_MOST`], row by row without gaps, seen from film time `pts` on for `duration` (zero: until the next).
    ///
    /// # Errors
    /// The disk is full, or the encoder fails. Drop the writer then.
    pub fn write(&mut self, samples: &[u16], pts: Time, duration: Time) -> Result<(), EncodeError> {
        let [width, height] = self.options.size.map(|side| side as usize);
        if samples.len() != width * height {
            return Err(EncodeError::Samples { size: self.options.size, length: samples.len() * 2, stride: width * 2 });
        }
        // SAFETY: the frame is ours and alive; the encoder may still hold its memory, which this minds.
        if unsafe { ffmpeg_next::ffi::av_frame_make_writable(self.frame.as_mut_ptr()) } < 0 {
            return Err(EncodeError::Memory);
        }
        let stride = self.frame.stride(0);
        for (to, from) in self.frame.data_mut(0).chunks_exact_mut(stride).zip(samples.chunks_exact(width)) {
            for (to, from) in to.chunks_exact_mut(2).zip(from) {
                to.copy_from_slice(&(*from).min(GREY_MOST).to_le_bytes());
            }
        }
        let AVRational { num, den } = self.time_base;
        let wanted = pts.max(Time::ZERO).to_ticks(num, den);
        let ticks = self.last.map_or(wanted, |last| wanted.max(last.saturating_add(1)));
        self.last = Some(ticks);
        self.durations.push((ticks, ((pts + duration).to_ticks(num, den) - ticks).max(0)));
        self.frame.set_pts(Some(ticks));
        self.encoder.send_frame(&self.frame).map_err(|error| refused(&self.options, error))?;
        self.pass_on()
    }

    /// Ends the film and gives the file its name.
    ///
    /// # Errors
    /// As [`GreyEncoder::write`].
    pub fn finish(mut self) -> Result<(), EncodeError> {
        self.encoder.send_eof().map_err(|error| refused(&self.options, error))?;
        self.pass_on()?;
        self.muxer.close()?;
        self.muxer.commit()
    }

    fn pass_on(&mut self) -> Result<(), EncodeError> {
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {}
                Err(Error::Eof) => return Ok(()),
                Err(Error::Other { errno }) if errno == ffmpeg_next::error::EAGAIN => return Ok(()),
                Err(error) => return Err(refused(&self.options, error)),
            }
            if let Some(at) = self.durations.iter().position(|&(ticks, _)| Some(ticks) == packet.pts()) {
                packet.set_duration(self.durations.swap_remove(at).1);
            }
            self.muxer.write(packet, self.stream, self.time_base)?;
        }
    }
}

fn refused(options: &GreyOptions, error: Error) -> EncodeError {
    EncodeError::Encoder { encoder: options.codec.encoder(), size: options.size, reason: error.to_string() }
}
