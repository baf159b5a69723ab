//! A container being written: FFmpeg's muxer, in a [`PendingFile`].

use std::ffi::CString;
use std::path::Path;
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi::*;
use ffmpeg_next::{Dictionary, Packet};

use super::{Container, EncodeError, PendingFile};

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
    /// Of each stream the last decoding time written, in its ticks.
    last: Vec<Option<i64>>,
    /// Of each stream whether packets were left out because they were damaged.
    damaged: Vec<bool>,
}

/// Closed and freed when dropped, before the file below it in [`Muxer`] is removed.
struct Output(NonNull<AVFormatContext>);

// SAFETY: the context is used by one thread at a time; nothing else points to it.
unsafe impl Send for Output {}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: allocated in `Muxer::create`, freed once.
        unsafe {
            avio_closep(&mut (*self.0.as_ptr()).pb);
            avformat_free_context(self.0.as_ptr());
        }
    }
}

impl Muxer {
    pub(super) fn create(path: &Path, container: Container, force: bool) -> Result<Self, EncodeError> {
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
        let output = Output(NonNull::new(context).ok_or(EncodeError::Memory)?);
        let mut muxer = Self { output, container, file, last: Vec::new(), damaged: Vec::new() };
        // SAFETY: the context is valid and has no output yet.
        let code = unsafe { avio_open(&mut (*muxer.raw()).pb, url.as_ptr(), AVIO_FLAG_WRITE) };
        if code < 0 { Err(muxer.failed(code)) } else { Ok(muxer) }
    }

    pub(super) fn container(&self) -> Container {
        self.container
    }

    /// The context, for what a stream's own code sets (metadata, chapters) before [`Muxer::start`].
    pub(super) fn raw(&mut self) -> *mut AVFormatContext {
        self.output.0.as_ptr()
    }

    /// A new stream, and its index.
    pub(super) fn add_stream(&mut self) -> Result<(NonNull<AVStream>, usize), EncodeError> {
        // SAFETY: the context is valid.
        let stream = unsafe { avformat_new_stream(self.output.0.as_ptr(), ptr::null()) };
        let stream = NonNull::new(stream).ok_or(EncodeError::Memory)?;
        self.last.push(None);
        self.damaged.push(false);
        Ok((stream, self.last.len() - 1))
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
                // st3d is not in any standard for flat films.
                (*self.output.0.as_ptr()).strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
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
            let code = avformat_write_header(self.output.0.as_ptr(), &mut raw);
            av_dict_free(&mut raw);
            code
        };
        if code < 0 { Err(self.failed(code)) } else { Ok(()) }
    }

    /// A stream's time base, final after [`Muxer::start`].
    pub(super) fn time_base(&self, stream: usize) -> AVRational {
        // SAFETY: `add_stream` counted the stream; streams live as long as the context.
        unsafe { (**(*self.output.0.as_ptr()).streams.add(stream)).time_base }
    }

    /// Writes a packet whose times are in ticks of `time_base`. Times that do not grow are moved on by the least that a muxer takes.
    pub(super) fn write(&mut self, packet: Packet, stream: usize, time_base: AVRational) -> Result<(), EncodeError> {
        let code = self.put(packet, stream, time_base);
        if code < 0 { Err(self.failed(code)) } else { Ok(()) }
    }

    /// Writes a packet as the source has it. One that is damaged so that the container cannot take it is left out: a film whose middle is corrupt goes
    /// on after it.
    pub(super) fn copy(&mut self, packet: Packet, stream: usize, time_base: AVRational) -> Result<(), EncodeError> {
        match self.put(packet, stream, time_base) {
            AVERROR_INVALIDDATA => {
                if !std::mem::replace(&mut self.damaged[stream], true) {
                    tracing::warn!("track {stream} of the result lacks what is damaged in the source");
                }
                Ok(())
            }
            code if code < 0 => Err(self.failed(code)),
            _ => Ok(()),
        }
    }

    /// Hands a packet to FFmpeg; its error code, negative where it failed.
    fn put(&mut self, mut packet: Packet, stream: usize, time_base: AVRational) -> i32 {
        packet.rescale_ts(time_base, self.time_base(stream));
        packet.set_stream(stream);
        packet.set_position(-1);
        if packet.dts().is_none() {
            packet.set_dts(packet.pts());
        }
        if let (Some(last), Some(dts)) = (self.last[stream], packet.dts())
            && dts <= last
        {
            packet.set_dts(Some(last + 1));
            packet.set_pts(packet.pts().map(|pts| pts.max(last + 1)));
        }
        self.last[stream] = packet.dts().or(self.last[stream]);
        // SAFETY: the header is written; the packet owns its bytes, and the muxer takes them over.
        unsafe {
            use ffmpeg_next::packet::Mut;
            av_interleaved_write_frame(self.output.0.as_ptr(), packet.as_mut_ptr())
        }
    }

    /// Writes what is left and gives the file its name.
    pub(super) fn finish(self) -> Result<(), EncodeError> {
        // SAFETY: the header is written; the output is closed once, as `avio_closep` forgets it.
        let code = unsafe {
            let raw = self.output.0.as_ptr();
            let trailer = av_write_trailer(raw);
            let written = if (*raw).pb.is_null() { 0 } else { (*(*raw).pb).error };
            let closed = avio_closep(&mut (*raw).pb);
            [written, trailer, closed].into_iter().find(|&code| code < 0).unwrap_or(0)
        };
        if code < 0 {
            return Err(self.failed(code));
        }
        let Self { output, file, .. } = self;
        drop(output);
        Ok(file.commit()?)
    }

    fn failed(&self, code: i32) -> EncodeError {
        // SAFETY: the context is valid; its output may be missing.
        let first = unsafe {
            let output = (*self.output.0.as_ptr()).pb;
            if output.is_null() { 0 } else { (*output).error }
        };
        // The output remembers its first error (no room), of which later ones (invalid argument) are only echoes.
        EncodeError::from_ffmpeg(self.file.path(), if first < 0 { first } else { code })
    }
}

/// `path` as FFmpeg opens it, whatever colons are in it.
pub(super) fn file_url(path: &Path) -> Result<CString, EncodeError> {
    let mut url = b"file:".to_vec();
    url.extend_from_slice(path.as_os_str().as_encoded_bytes());
    CString::new(url).map_err(|_| EncodeError::write(path, "its name holds a zero byte".into()))
}
