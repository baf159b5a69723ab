//! FFmpeg's demuxers of subtitle files: over bytes in memory, and of the pair of files that a DVD's subtitles are.

use std::ffi::{CStr, CString, c_int, c_void};
use std::path::Path;
use std::ptr;

use ffmpeg_next::codec;
use ffmpeg_next::ffi::{self, AVDictionary, AVFormatContext, AVIOContext, AVMediaType, AVStream};
use ffmpeg_next::packet::{Mut, Packet};

use crate::media::StopFlag;
use crate::media::container::Metadata;

/// FFmpeg's names of what may be in such a file: nothing that names other files.
const FORMATS: &CStr = c"srt,ass,webvtt,microdvd,mpl2,mpsub,pjs,realtext,sami,scc,stl,subviewer,subviewer1,vplayer,jacosub,aqtitle,lrc,sup,matroska";
/// The same for a DVD's: the list of times, and the pictures beside it.
const PAIR: &CStr = c"vobsub,mpeg";

/// Bytes in memory as FFmpeg reads them.
struct Bytes {
    bytes: Vec<u8>,
    place: usize,
    stop: StopFlag,
}

/// FFmpeg's demuxer over them.
pub(super) struct Demuxer {
    context: *mut AVFormatContext,
    stream: *mut AVIOContext,
    /// Behind the stream, where there is one; boxed, so that it stays where it is.
    bytes: *mut Bytes,
}

impl Demuxer {
    /// Over bytes in memory; times that are told in pictures are of a film with `rate` pictures a second. None where they are none of the known formats, or
    /// `stop` is raised.
    pub(super) fn open(bytes: Vec<u8>, rate: Option<(u32, u32)>, stop: &StopFlag) -> Option<Self> {
        const BUFFER: usize = 32 << 10;
        let bytes = Box::into_raw(Box::new(Bytes { bytes, place: 0, stop: stop.clone() }));
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
            (*context).format_whitelist = ffi::av_strdup(FORMATS.as_ptr());
            (*context).io_open = Some(refuse);
            let rate = rate.and_then(|(pictures, seconds)| CString::new(format!("{pictures}/{seconds}")).ok());
            let mut options: *mut AVDictionary = ptr::null_mut();
            if let Some(rate) = &rate {
                // MicroDVD's; the others do not know it.
                ffi::av_dict_set(&mut options, c"subfps".as_ptr(), rate.as_ptr(), 0);
            }
            // Where it fails the context is freed.
            let opened = ffi::avformat_open_input(&mut context, ptr::null(), ptr::null_mut(), &mut options);
            ffi::av_dict_free(&mut options);
            if opened < 0 {
                return None;
            }
            demuxer.context = context;
            (ffi::avformat_find_stream_info(context, ptr::null_mut()) >= 0).then_some(demuxer)
        }
    }

    /// A DVD's subtitles: `list` has their times, `pictures` is the file beside it. Neither is asked for names of files.
    pub(super) fn open_pair(list: &Path, pictures: &Path) -> Option<Self> {
        let name = |path: &Path| CString::new([b"file:", path.as_os_str().as_encoded_bytes()].concat()).ok();
        let (list, pictures) = (name(list)?, name(pictures)?);
        let mut demuxer = Self { context: ptr::null_mut(), stream: ptr::null_mut(), bytes: ptr::null_mut() };
        let mut options: *mut AVDictionary = ptr::null_mut();
        // SAFETY: the names are C strings, the options FFmpeg's own and freed here; where opening fails the context is null.
        unsafe {
            let format = ffi::av_find_input_format(c"vobsub".as_ptr());
            for (key, value) in
                [(c"sub_name", pictures.as_c_str()), (c"format_whitelist", PAIR), (c"protocol_whitelist", c"file")]
            {
                ffi::av_dict_set(&mut options, key.as_ptr(), value.as_ptr(), 0);
            }
            let opened = match format.is_null() {
                true => -1,
                false => ffi::avformat_open_input(&mut demuxer.context, list.as_ptr(), format, &mut options),
            };
            ffi::av_dict_free(&mut options);
            (opened >= 0).then_some(demuxer)
        }
    }

    fn streams(&self) -> Vec<&AVStream> {
        // SAFETY: the context is open; FFmpeg keeps that many valid pointers there.
        unsafe {
            let raw = &*self.context;
            (0..raw.nb_streams as usize).map(|index| &**raw.streams.add(index)).collect()
        }
    }

    /// The subtitle tracks in it.
    pub(super) fn tracks(&self) -> Vec<Demuxed> {
        let track = |(index, stream): (usize, &&AVStream)| {
            let mut parameters = codec::Parameters::new();
            // SAFETY: the stream is an open context's, as are its parameters and metadata. The copies are deep.
            let (is_subtitle, metadata, name) = unsafe {
                let own = &*stream.codecpar;
                let copied = ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), own) >= 0;
                let is_subtitle = copied && own.codec_type == AVMediaType::AVMEDIA_TYPE_SUBTITLE;
                let name = CStr::from_ptr(ffi::avcodec_get_name(own.codec_id)).to_string_lossy().into_owned();
                (is_subtitle, Metadata::copy(stream.metadata), name)
            };
            is_subtitle.then(|| Demuxed {
                stream: index,
                parameters,
                time_base: (stream.time_base.num.max(1), stream.time_base.den.max(1)),
                codec: name,
                language: metadata.entry(c"language"),
                title: metadata.entry(c"title"),
            })
        };
        self.streams().iter().enumerate().filter_map(track).collect()
    }

    /// The next packet. None at the end.
    pub(super) fn next(&mut self) -> Option<Packet> {
        let mut packet = Packet::empty();
        // SAFETY: the context is open, the packet empty.
        (unsafe { ffi::av_read_frame(self.context, packet.as_mut_ptr()) } >= 0).then_some(packet)
    }
}

/// A subtitle track of a file.
pub(super) struct Demuxed {
    pub(super) stream: usize,
    pub(super) parameters: codec::Parameters,
    pub(super) time_base: (i32, i32),
    /// FFmpeg's name of its coding.
    pub(super) codec: String,
    pub(super) language: Option<String>,
    pub(super) title: Option<String>,
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
            if !self.bytes.is_null() {
                drop(Box::from_raw(self.bytes));
            }
        }
    }
}

unsafe extern "C" fn give(bytes: *mut c_void, buffer: *mut u8, size: c_int) -> c_int {
    // SAFETY: FFmpeg calls it from one thread at a time with what `open` gave it, and a buffer of that size.
    unsafe {
        let bytes = &mut *bytes.cast::<Bytes>();
        let rest = &bytes.bytes[bytes.place.min(bytes.bytes.len())..];
        let count = rest.len().min(usize::try_from(size).unwrap_or(0));
        if count == 0 || bytes.stop.is_stopped() {
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
    _options: *mut *mut AVDictionary,
) -> c_int {
    ffi::AVERROR(ffi::EPERM)
}
