//! Subtitle files beside a film: read whole, their encoding found, taken apart by FFmpeg from memory.

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::path::Path;
use std::ptr;
use std::sync::Arc;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::{self, AVFormatContext, AVIOContext, AVMediaType};
use ffmpeg_next::packet::{Mut, Packet};

use super::encoding::decoded;
use super::track::Track;
use crate::media::{Font, MediaError, init};
use crate::time::Time;
use crate::whole;

/// A file is no larger, in bytes.
const MOST_BYTES: u64 = 100 << 20;
/// Packets of one file.
const MOST_PACKETS: usize = 1_000_000;
/// FFmpeg's names of what may be in such a file: nothing that names other files.
const TEXTS: &CStr =
    c"srt,ass,webvtt,microdvd,mpl2,mpsub,pjs,realtext,sami,stl,subviewer,subviewer1,vplayer,jacosub,aqtitle,lrc,sup";
/// A file that begins so holds pictures (PGS).
const PICTURES: &[u8] = b"PG";

/// Why a subtitle file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// It is not there, or may not be read.
    #[error("{file}: it cannot be read ({reason})")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        reason: io::Error,
    },
    /// Nothing in it is a subtitle.
    #[error("{0}: no subtitles were found in it: name a file in SRT, WebVTT, ASS or another form of subtitles")]
    Nothing(String),
    /// FFmpeg cannot decode what is in it.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// A subtitle file, read.
pub struct Outside {
    /// FFmpeg's name of its coding.
    pub codec: String,
    /// The encoding that its text had.
    pub encoding: &'static str,
    parameters: codec::Parameters,
    time_base: (i32, i32),
    packets: Vec<Packet>,
    location: String,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for Outside {}

impl Outside {
    /// The track in it, over a film whose pictures have the size `film`.
    ///
    /// # Errors
    /// This FFmpeg cannot decode it.
    pub fn track(self, fonts: &Arc<[Font]>, film: [u32; 2]) -> Result<Track, MediaError> {
        let coded = (self.parameters, self.time_base);
        let mut track = Track::of(coded, Time::ZERO, fonts, film, &self.location)?;
        // Each is freed when it is taken.
        for packet in self.packets {
            track.take(&packet);
        }
        Ok(track)
    }
}

/// Reads a subtitle file.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read(path: &Path) -> Result<Outside, OutsideError> {
    init();
    let file = path.display().to_string();
    let unreadable = |reason| OutsideError::Unreadable { file: file.clone(), reason };
    let bytes = whole::read(path, MOST_BYTES).map_err(unreadable)?;
    let (bytes, encoding) = if bytes.starts_with(PICTURES) {
        (bytes, "none")
    } else {
        let (text, encoding) = decoded(&bytes);
        // FFmpeg looks for text; what is in it beyond a zero is none.
        (text.replace('\0', "").into_bytes(), encoding)
    };
    let demuxer = Demuxer::open(bytes).ok_or_else(|| OutsideError::Nothing(file.clone()))?;
    demuxer.read(file.clone(), encoding).ok_or(OutsideError::Nothing(file))
}

/// Bytes in memory as FFmpeg reads them.
struct Bytes {
    bytes: Vec<u8>,
    place: usize,
}

/// FFmpeg's demuxer over them.
struct Demuxer {
    context: *mut AVFormatContext,
    stream: *mut AVIOContext,
    /// Behind the stream; boxed, so that it stays where it is.
    bytes: *mut Bytes,
}

impl Demuxer {
    fn open(bytes: Vec<u8>) -> Option<Self> {
        const BUFFER: usize = 32 << 10;
        let bytes = Box::into_raw(Box::new(Bytes { bytes, place: 0 }));
        let mut demuxer = Self { context: ptr::null_mut(), stream: ptr::null_mut(), bytes };
        // SAFETY: FFmpeg gets a buffer of its own allocator and a pointer that lives until the demuxer is dropped, which frees all of it, however far
        // this comes.
        unsafe {
            let buffer = ffi::av_malloc(BUFFER).cast::<u8>();
            if buffer.is_null() {
                return None;
            }
            let size = BUFFER as c_int;
            demuxer.stream = ffi::avio_alloc_context(buffer, size, 0, bytes.cast(), Some(give), None, Some(seek));
            if demuxer.stream.is_null() {
                ffi::av_free(buffer.cast());
                return None;
            }
            let mut context = ffi::avformat_alloc_context();
            if context.is_null() {
                return None;
            }
            (*context).pb = demuxer.stream;
            (*context).flags |= ffi::AVFMT_FLAG_CUSTOM_IO as c_int;
            (*context).format_whitelist = ffi::av_strdup(TEXTS.as_ptr());
            (*context).io_open = Some(refuse);
            // Where it fails the context is freed.
            if ffi::avformat_open_input(&mut context, ptr::null(), ptr::null_mut(), ptr::null_mut()) < 0 {
                return None;
            }
            demuxer.context = context;
            (ffi::avformat_find_stream_info(context, ptr::null_mut()) >= 0).then_some(demuxer)
        }
    }

    fn read(&self, location: String, encoding: &'static str) -> Option<Outside> {
        // SAFETY: the context is open; FFmpeg keeps that many valid pointers there. The parameters are copied.
        let (index, parameters, time_base, codec) = unsafe {
            let raw = &*self.context;
            let subtitle = |index: &usize| {
                let parameters = (**raw.streams.add(*index)).codecpar;
                (*parameters).codec_type == AVMediaType::AVMEDIA_TYPE_SUBTITLE
            };
            let index = (0..raw.nb_streams as usize).find(subtitle)?;
            let stream = &**raw.streams.add(index);
            let mut parameters = codec::Parameters::new();
            if ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), stream.codecpar) < 0 {
                return None;
            }
            let codec = CStr::from_ptr(ffi::avcodec_get_name((*stream.codecpar).codec_id));
            let base = stream.time_base;
            (index, parameters, (base.num.max(1), base.den.max(1)), codec.to_string_lossy().into_owned())
        };
        let mut packets = Vec::new();
        loop {
            let mut packet = Packet::empty();
            // SAFETY: the context is open, the packet empty.
            if unsafe { ffi::av_read_frame(self.context, packet.as_mut_ptr()) } < 0 {
                break;
            }
            if packet.stream() != index {
                continue;
            }
            if packets.len() >= MOST_PACKETS {
                tracing::warn!("{location}: only the first {MOST_PACKETS} subtitles are shown: it has too many");
                break;
            }
            packets.push(packet);
        }
        (!packets.is_empty()).then_some(Outside { codec, encoding, parameters, time_base, packets, location })
    }
}

impl Drop for Demuxer {
    fn drop(&mut self) {
        // SAFETY: all were made in `open` and are freed once, in this order; the stream's buffer may be another one by now, but is FFmpeg's.
        unsafe {
            ffi::avformat_close_input(&mut self.context);
            if !self.stream.is_null() {
                ffi::av_freep((&raw mut (*self.stream).buffer).cast());
                ffi::avio_context_free(&mut self.stream);
            }
            drop(Box::from_raw(self.bytes));
        }
    }
}

unsafe extern "C" fn give(bytes: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    // SAFETY: FFmpeg calls it from one thread at a time with what `open` gave it, and a buffer of that size.
    unsafe {
        let bytes = &mut *bytes.cast::<Bytes>();
        let rest = &bytes.bytes[bytes.place.min(bytes.bytes.len())..];
        let count = rest.len().min(usize::try_from(size).unwrap_or(0));
        if count == 0 {
            return ffi::AVERROR_EOF;
        }
        ptr::copy_nonoverlapping(rest.as_ptr(), buffer, count);
        bytes.place += count;
        count as c_int
    }
}

unsafe extern "C" fn seek(bytes: *mut c_void, offset: i64, whence: c_int) -> i64 {
    // SAFETY: as for `give`.
    let bytes = unsafe { &mut *bytes.cast::<Bytes>() };
    let size = bytes.bytes.len() as i64;
    if whence & ffi::AVSEEK_SIZE as c_int != 0 {
        return size;
    }
    let from = match whence & !(ffi::AVSEEK_FORCE as c_int) {
        ffi::SEEK_SET => 0,
        ffi::SEEK_CUR => bytes.place as i64,
        ffi::SEEK_END => size,
        _ => return ffi::AVERROR(ffi::EINVAL).into(),
    };
    match from.checked_add(offset).filter(|place| (0..=size).contains(place)) {
        Some(place) => {
            bytes.place = usize::try_from(place).unwrap_or(0);
            place
        }
        None => ffi::AVERROR(ffi::EINVAL).into(),
    }
}

/// No other file is opened, whatever this one names.
unsafe extern "C" fn refuse(
    _context: *mut AVFormatContext,
    _stream: *mut *mut AVIOContext,
    _url: *const std::ffi::c_char,
    _flags: c_int,
    _options: *mut *mut ffi::AVDictionary,
) -> c_int {
    ffi::AVERROR(ffi::EPERM)
}
