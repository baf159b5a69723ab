//! A container being written: FFmpeg's muxer, in a [`PendingFile`].

use std::ffi::{CStr, CString};
use std::path::Path;
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi::*;
use ffmpeg_next::util::interrupt::Interrupt;
use ffmpeg_next::{Dictionary, Packet};

use super::{Container, EncodeError, PendingFile, reason};
use crate::media::stop::StopFlag;

/// How the two eyes' pictures lie in the film's, always left (or upper) eye first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StereoTag {
    /// Beside each other.
    SideBySide,
    /// One above the other.
    TopAndBottom,
    /// Row by row.
    Rows,
    /// Column by column.
    Columns,
    /// Sample by sample.
    Checkerboard,
}

impl StereoTag {
    /// H.264's frame_packing_arrangement_type, which x264 writes with every key picture.
    pub(super) fn packing(self) -> u8 {
        match self {
            Self::Checkerboard => 0,
            Self::Columns => 1,
            Self::Rows => 2,
            Self::SideBySide => 3,
            Self::TopAndBottom => 4,
        }
    }

    /// What the container says. Rows and columns are left to the stream's own message: a Matroska StereoMode would halve the
    /// size at which players without glasses' support show the picture, which must stay as it is for screens that weave it.
    fn in_container(self, container: Container) -> Option<AVStereo3DType> {
        let kind = match self {
            Self::SideBySide => AVStereo3DType::AV_STEREO3D_SIDEBYSIDE,
            Self::TopAndBottom => AVStereo3DType::AV_STEREO3D_TOPBOTTOM,
            Self::Checkerboard if container == Container::Matroska => AVStereo3DType::AV_STEREO3D_CHECKERBOARD,
            Self::Rows | Self::Columns | Self::Checkerboard => return None,
        };
        (container != Container::Mov).then_some(kind)
    }
}

/// The container. Freed with its half-written file unless finished.
pub(super) struct Muxer {
    output: Output,
    container: Container,
    file: PendingFile,
    streams: Vec<Written>,
    /// Packets that belong right behind the header.
    at_start: Vec<(Packet, usize)>,
}

/// What has been written of a stream.
#[derive(Default)]
struct Written {
    /// The last decoding time, in ticks.
    last: Option<i64>,
    /// Packets handed over.
    packets: i64,
    /// FFmpeg's code for the first packet that was refused while this stream was written.
    refusal: Option<i32>,
}

/// What FFmpeg wants to be able to read beyond the end of a stream's bytes.
const PADDING: usize = AV_INPUT_BUFFER_PADDING_SIZE as usize;

/// The picture's stream, which is always the first.
const PICTURE: usize = 0;

/// A muxer's context. Closed and freed when dropped, before the file below it in [`Muxer`] is removed.
pub(super) struct Output {
    context: NonNull<AVFormatContext>,
    /// What the context's interrupt callback looks at.
    _interrupt: Option<Interrupt>,
}

// SAFETY: the context is used by one thread at a time; nothing else points to it.
unsafe impl Send for Output {}

impl Output {
    pub(super) fn new(context: NonNull<AVFormatContext>) -> Self {
        Self { context, _interrupt: None }
    }

    pub(super) fn raw(&self) -> *mut AVFormatContext {
        self.context.as_ptr()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: allocated by `avformat_alloc_output_context2`, freed once.
        unsafe {
            avio_closep(&mut (*self.raw()).pb);
            avformat_free_context(self.raw());
        }
    }
}

/// Lets a context write what FFmpeg calls experimental: st3d in MP4, which no standard has for flat films, and FLAC, Opus and TrueHD in it, which
/// players have read for years.
///
/// # Safety
/// `context` is a muxer's.
pub(super) unsafe fn experimental(context: *mut AVFormatContext) {
    // SAFETY: the caller vouches for it.
    unsafe { (*context).strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL }
}

impl Muxer {
    /// Opens the file, under a temporary name; `stop` ends what is being written, however long it would take.
    pub(super) fn create(path: &Path, container: Container, force: bool, stop: &StopFlag) -> Result<Self, EncodeError> {
        let file = PendingFile::create(path, force)?;
        let url = file_url(file.temporary())?;
        let mut context = ptr::null_mut();
        // SAFETY: the names end with zero bytes.
        let code = unsafe {
            avformat_alloc_output_context2(&mut context, ptr::null(), container.muxer().as_ptr(), url.as_ptr())
        };
        if code < 0 {
            return Err(EncodeError::from_ffmpeg(path, code));
        }
        let stop = stop.clone();
        let interrupt = ffmpeg_next::util::interrupt::new(Box::new(move || stop.is_stopped()));
        let callback = interrupt.interrupt;
        let context = NonNull::new(context).ok_or(EncodeError::Memory)?;
        let output = Output { context, _interrupt: Some(interrupt) };
        let muxer = Self { output, container, file, streams: Vec::new(), at_start: Vec::new() };
        // SAFETY: the context is valid and has no output yet; the callback's state lives beside it.
        let code = unsafe {
            let raw = muxer.output.raw();
            experimental(raw);
            (*raw).interrupt_callback = callback;
            avio_open2(&mut (*raw).pb, url.as_ptr(), AVIO_FLAG_WRITE, &callback, ptr::null_mut())
        };
        if code < 0 { Err(muxer.failed(code)) } else { Ok(muxer) }
    }

    pub(super) fn container(&self) -> Container {
        self.container
    }

    /// The context, for what a stream's own code sets (metadata, chapters) before [`Muxer::start`].
    pub(super) fn raw(&mut self) -> *mut AVFormatContext {
        self.output.raw()
    }

    /// A new stream, and its index.
    pub(super) fn add_stream(&mut self) -> Result<(NonNull<AVStream>, usize), EncodeError> {
        // SAFETY: the context is valid.
        let stream = unsafe { avformat_new_stream(self.output.raw(), ptr::null()) };
        let stream = NonNull::new(stream).ok_or(EncodeError::Memory)?;
        self.streams.push(Written::default());
        Ok((stream, self.streams.len() - 1))
    }

    /// A packet that is written right behind the header: a cover.
    pub(super) fn at_start(&mut self, packet: Packet, stream: usize) {
        self.at_start.push((packet, stream));
    }

    /// A new stream that is an attached file, and its index; none where the file is too large for one.
    pub(super) fn attach(&mut self, bytes: &[u8]) -> Result<Option<usize>, EncodeError> {
        let padded = bytes.len().saturating_add(PADDING);
        let (Ok(size), Ok(_)) = (i32::try_from(bytes.len()), i32::try_from(padded)) else { return Ok(None) };
        let (stream, index) = self.add_stream()?;
        // SAFETY: the stream is new; the bytes are copied into memory of their size and padding, which the stream frees.
        unsafe {
            let parameters = (*stream.as_ptr()).codecpar;
            let copy: *mut u8 = av_mallocz(padded).cast();
            if copy.is_null() {
                return Err(EncodeError::Memory);
            }
            ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len());
            (*parameters).codec_type = AVMediaType::AVMEDIA_TYPE_ATTACHMENT;
            (*parameters).extradata = copy;
            (*parameters).extradata_size = size;
        }
        Ok(Some(index))
    }

    /// Gives an attached file its name and kind.
    pub(super) fn name_attachment(&mut self, stream: usize, file: &CStr, mime: &CStr) {
        // SAFETY: `attach` counted the stream; keys and values are copied.
        unsafe {
            let stream = *(*self.raw()).streams.add(stream);
            (*stream).disposition = 0;
            av_dict_set(&mut (*stream).metadata, c"filename".as_ptr(), file.as_ptr(), 0);
            av_dict_set(&mut (*stream).metadata, c"mimetype".as_ptr(), mime.as_ptr(), 0);
        }
    }

    /// The film's own stream.
    ///
    /// # Safety
    /// `encoder` is an opened video encoder's context.
    pub(super) unsafe fn add_pictures(
        &mut self,
        encoder: *const AVCodecContext,
        stereo: Option<StereoTag>,
    ) -> Result<usize, EncodeError> {
        let (stream, index) = self.add_stream()?;
        let stream = stream.as_ptr();
        // SAFETY: the stream is new and belongs to the context; the caller vouches for the encoder.
        let code = unsafe {
            (*stream).time_base = (*encoder).time_base;
            (*stream).avg_frame_rate = (*encoder).framerate;
            (*stream).sample_aspect_ratio = (*encoder).sample_aspect_ratio;
            let code = avcodec_parameters_from_context((*stream).codecpar, encoder);
            (*(*stream).codecpar).codec_tag = match (*encoder).codec_id {
                // QuickTime and everything from Apple reads no other.
                AVCodecID::AV_CODEC_ID_HEVC if self.container.is_iso() => u32::from_le_bytes(*b"hvc1"),
                _ => 0,
            };
            code
        };
        if code < 0 {
            return Err(self.failed(code));
        }
        if let Some(kind) = stereo.and_then(|tag| tag.in_container(self.container)) {
            let size = size_of::<AVStereo3D>();
            // SAFETY: the side data is as large as the structure and aligned as `av_malloc` aligns; `av_stereo3d_alloc` knows the
            // defaults of fields that this version of FFmpeg has and others do not.
            unsafe {
                let mut defaults = av_stereo3d_alloc();
                let target = av_stream_new_side_data(stream, AVPacketSideDataType::AV_PKT_DATA_STEREO3D, size);
                if defaults.is_null() || target.is_null() {
                    av_freep(ptr::from_mut(&mut defaults).cast());
                    return Err(EncodeError::Memory);
                }
                (*defaults).type_ = kind;
                if avutil_version() >> 16 >= 59 {
                    // AV_STEREO3D_VIEW_UNSPEC, which FFmpeg 7.1 brought (its number is written as such, because older bindings have
                    // no name for it). Without it MP4 gets Apple's vexu box too, which says that the stream has two views.
                    (&raw mut (*defaults).view).cast::<u32>().write(3);
                }
                ptr::copy_nonoverlapping(defaults.cast::<u8>(), target, size);
                av_freep(ptr::from_mut(&mut defaults).cast());
            }
        }
        Ok(index)
    }

    /// Writes the header; no more streams after this.
    pub(super) fn start(&mut self) -> Result<(), EncodeError> {
        let mut options = Dictionary::new();
        if self.container.is_iso() {
            // The index in front, so that a film from the web starts at once.
            options.set("movflags", "+faststart");
        }
        // SAFETY: the dictionary is handed over whole and what is left of it is freed here.
        let code = unsafe {
            let mut raw = options.disown();
            let code = avformat_write_header(self.output.raw(), &mut raw);
            av_dict_free(&mut raw);
            code
        };
        if code < 0 {
            return Err(self.failed(code));
        }
        for (packet, stream) in std::mem::take(&mut self.at_start) {
            let base = self.time_base(stream);
            self.write(at_zero(packet), stream, base)?;
        }
        Ok(())
    }

    /// A stream's time base, final after [`Muxer::start`].
    pub(super) fn time_base(&self, stream: usize) -> AVRational {
        // SAFETY: `add_stream` counted the stream; streams live as long as the context.
        unsafe { (**(*self.output.raw()).streams.add(stream)).time_base }
    }

    /// Writes a packet whose times are in ticks of `time_base`. Times that do not grow are moved on by the least that a muxer takes. One that the
    /// container refuses is left out and counted.
    ///
    /// # Errors
    /// The file cannot be written, or writing was stopped.
    pub(super) fn write(&mut self, packet: Packet, stream: usize, time_base: AVRational) -> Result<(), EncodeError> {
        self.streams[stream].packets += 1;
        match self.put(packet, stream, time_base) {
            code if code >= 0 => Ok(()),
            code if self.is_fatal(code) => Err(self.failed(code)),
            code => {
                // FFmpeg interleaves: the packet that it refuses may have waited inside and be another stream's.
                self.streams[stream].refusal.get_or_insert(code);
                tracing::debug!("a packet is refused by the container ({})", reason(code));
                Ok(())
            }
        }
    }

    /// Whether an error is the file's rather than a packet's.
    fn is_fatal(&self, code: i32) -> bool {
        // SAFETY: the context is valid; its output may be missing.
        let output = unsafe { (*self.output.raw()).pb.as_ref() };
        code == AVERROR(ENOMEM) || code == AVERROR_EXIT || output.is_none_or(|output| output.error < 0)
    }

    /// How many packets of a stream the container has refused, and FFmpeg's code; none where it took all. After [`Muxer::close`].
    pub(super) fn refused(&self, stream: usize) -> Option<(i64, i32)> {
        // SAFETY: `add_stream` counted the stream; streams live as long as the context.
        let taken = unsafe { (**(*self.output.raw()).streams.add(stream)).nb_frames };
        let lost = self.streams[stream].packets - taken;
        let code = self.streams[stream].refusal.or_else(|| self.streams.iter().find_map(|stream| stream.refusal));
        (lost > 0).then(|| (lost, code.unwrap_or(AVERROR_INVALIDDATA)))
    }

    /// Hands a packet to FFmpeg; its error code, negative where it failed.
    fn put(&mut self, mut packet: Packet, stream: usize, time_base: AVRational) -> i32 {
        packet.rescale_ts(time_base, self.time_base(stream));
        packet.set_stream(stream);
        packet.set_position(-1);
        if packet.dts().is_none() {
            packet.set_dts(packet.pts());
        }
        if let (Some(last), Some(dts)) = (self.streams[stream].last, packet.dts())
            && dts <= last
        {
            packet.set_dts(Some(last + 1));
            packet.set_pts(packet.pts().map(|pts| pts.max(last + 1)));
        }
        self.streams[stream].last = packet.dts().or(self.streams[stream].last);
        // SAFETY: the header is written; the packet owns its bytes, and the muxer takes them over.
        unsafe {
            use ffmpeg_next::packet::Mut;
            av_interleaved_write_frame(self.output.raw(), packet.as_mut_ptr())
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The file cannot be written, or some of the film's own pictures were refused.
    pub(super) fn close(&mut self) -> Result<(), EncodeError> {
        let raw = self.raw();
        loop {
            // What waits inside is let out before the end is written: a packet that is refused there would take those behind it along.
            // SAFETY: the header is written; no packet means all that waits.
            match unsafe { av_interleaved_write_frame(raw, ptr::null_mut()) } {
                code if code >= 0 => break,
                code if self.is_fatal(code) => return Err(self.failed(code)),
                code => {
                    self.streams[PICTURE].refusal.get_or_insert(code);
                }
            }
        }
        // SAFETY: the header is written; the output is closed once, as `avio_closep` forgets it.
        let code = unsafe {
            let trailer = av_write_trailer(raw);
            let written = if (*raw).pb.is_null() { 0 } else { (*(*raw).pb).error };
            let closed = avio_closep(&mut (*raw).pb);
            [written, trailer, closed].into_iter().find(|&code| code < 0).unwrap_or(0)
        };
        match self.refused(PICTURE) {
            _ if code < 0 => Err(self.failed(code)),
            Some((_, code)) => Err(self.failed(code)),
            None => Ok(()),
        }
    }

    /// Gives the closed file its name.
    pub(super) fn commit(self) -> Result<(), EncodeError> {
        let Self { output, file, .. } = self;
        drop(output);
        Ok(file.commit()?)
    }

    fn failed(&self, code: i32) -> EncodeError {
        // SAFETY: the context is valid; its output may be missing.
        let first = unsafe {
            let output = (*self.output.raw()).pb;
            if output.is_null() { 0 } else { (*output).error }
        };
        // The output remembers its first error (no room), of which later ones (invalid argument) are only echoes.
        EncodeError::from_ffmpeg(self.file.path(), if first < 0 { first } else { code })
    }
}

fn at_zero(mut packet: Packet) -> Packet {
    packet.set_pts(Some(0));
    packet.set_dts(Some(0));
    packet
}

/// `path` as FFmpeg opens it, whatever colons are in it.
pub(super) fn file_url(path: &Path) -> Result<CString, EncodeError> {
    let mut url = b"file:".to_vec();
    url.extend_from_slice(path.as_os_str().as_encoded_bytes());
    CString::new(url).map_err(|_| EncodeError::write(path, "its name holds a zero byte".into()))
}
