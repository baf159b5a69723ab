//! The containers that films are written into, and what each takes.

use std::path::Path;

use ffmpeg_next::ffi::AVCodecID;

use super::{Codec, EncodeError};

/// A kind of film file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Container {
    /// MPEG-4 part 14.
    Mp4,
    /// QuickTime.
    Mov,
    /// Matroska.
    Matroska,
    /// Matroska with few codecs, for browsers.
    WebM,
}

/// What becomes of a track that is not the film's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Copy,
    /// Coded anew as this.
    Convert(AVCodecID),
    Leave,
}

impl Container {
    /// The container that an extension (without its dot, in any case) stands for.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "mp4" | "m4v" => Some(Self::Mp4),
            "mov" => Some(Self::Mov),
            "mkv" => Some(Self::Matroska),
            "webm" => Some(Self::WebM),
            _ => None,
        }
    }

    /// The container that a file's name stands for.
    ///
    /// # Errors
    /// An extension that stands for none.
    pub fn from_path(path: &Path) -> Result<Self, EncodeError> {
        path.extension()
            .and_then(|extension| extension.to_str())
            .and_then(Self::from_extension)
            .ok_or_else(|| EncodeError::UnknownExtension(path.to_owned()))
    }

    /// As users know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp4 => "MP4",
            Self::Mov => "MOV",
            Self::Matroska => "Matroska",
            Self::WebM => "WebM",
        }
    }

    /// FFmpeg's muxer.
    pub(super) fn muxer(self) -> &'static std::ffi::CStr {
        match self {
            Self::Mp4 => c"mp4",
            Self::Mov => c"mov",
            Self::Matroska => c"matroska",
            Self::WebM => c"webm",
        }
    }

    /// MP4 and QuickTime: boxes, edit lists, any time base.
    pub(super) fn is_iso(self) -> bool {
        matches!(self, Self::Mp4 | Self::Mov)
    }

    /// The codec taken for films of `size` where nobody chose one.
    pub fn default_codec(self, size: [u32; 2]) -> Codec {
        if self == Self::WebM { Codec::Av1 } else { Codec::for_size(size) }
    }

    /// Refuses codecs that the container's readers do not know.
    ///
    /// # Errors
    /// The pair does not go together.
    pub fn check_codec(self, codec: Codec) -> Result<(), EncodeError> {
        let cure = match (self, codec) {
            (Self::WebM, Codec::H264 | Codec::Hevc) => "give --codec av1, or write .mkv",
            (Self::Mov, Codec::Av1) => "write .mp4 or .mkv, or choose another --codec",
            _ => return Ok(()),
        };
        Err(EncodeError::CodecInContainer { container: self.name(), codec: codec.name(), cure })
    }

    /// What becomes of sound coded as `id`, of `rate` samples a second.
    pub(super) fn sound(self, id: AVCodecID, rate: i32) -> Fate {
        use AVCodecID::*;
        let copied = match self {
            // MP4 has no name for MP3's lowest rates (MPEG-2.5), and players go by its names.
            Self::Mp4 if id == AV_CODEC_ID_MP3 => rate >= 16_000,
            Self::Mp4 => matches!(
                id,
                AV_CODEC_ID_AAC
                    | AV_CODEC_ID_AC3
                    | AV_CODEC_ID_EAC3
                    | AV_CODEC_ID_ALAC
                    | AV_CODEC_ID_FLAC
                    | AV_CODEC_ID_OPUS
                    | AV_CODEC_ID_DTS
            ),
            Self::Mov => matches!(
                id,
                AV_CODEC_ID_AAC
                    | AV_CODEC_ID_MP3
                    | AV_CODEC_ID_AC3
                    | AV_CODEC_ID_EAC3
                    | AV_CODEC_ID_ALAC
                    | AV_CODEC_ID_PCM_S16LE
                    | AV_CODEC_ID_PCM_S16BE
                    | AV_CODEC_ID_PCM_S24LE
                    | AV_CODEC_ID_PCM_S24BE
                    | AV_CODEC_ID_PCM_S32LE
                    | AV_CODEC_ID_PCM_S32BE
                    | AV_CODEC_ID_PCM_F32LE
            ),
            Self::Matroska => matches!(
                id,
                AV_CODEC_ID_AAC
                    | AV_CODEC_ID_MP2
                    | AV_CODEC_ID_MP3
                    | AV_CODEC_ID_AC3
                    | AV_CODEC_ID_EAC3
                    | AV_CODEC_ID_DTS
                    | AV_CODEC_ID_TRUEHD
                    | AV_CODEC_ID_MLP
                    | AV_CODEC_ID_ALAC
                    | AV_CODEC_ID_FLAC
                    | AV_CODEC_ID_OPUS
                    | AV_CODEC_ID_VORBIS
                    | AV_CODEC_ID_TTA
                    | AV_CODEC_ID_WAVPACK
                    | AV_CODEC_ID_PCM_U8
                    | AV_CODEC_ID_PCM_S16LE
                    | AV_CODEC_ID_PCM_S16BE
                    | AV_CODEC_ID_PCM_S24LE
                    | AV_CODEC_ID_PCM_S24BE
                    | AV_CODEC_ID_PCM_S32LE
                    | AV_CODEC_ID_PCM_S32BE
                    | AV_CODEC_ID_PCM_F32LE
                    | AV_CODEC_ID_PCM_F64LE
            ),
            Self::WebM => matches!(id, AV_CODEC_ID_OPUS | AV_CODEC_ID_VORBIS),
        };
        if copied { Fate::Copy } else { Fate::Convert(self.sound_codec()) }
    }

    /// What sound is converted to.
    pub(super) fn sound_codec(self) -> AVCodecID {
        if self == Self::WebM { AVCodecID::AV_CODEC_ID_OPUS } else { AVCodecID::AV_CODEC_ID_AAC }
    }

    /// What subtitles of text are converted to.
    pub(super) fn text_codec(self) -> AVCodecID {
        match self {
            Self::Mp4 | Self::Mov => AVCodecID::AV_CODEC_ID_MOV_TEXT,
            Self::Matroska => AVCodecID::AV_CODEC_ID_SUBRIP,
            Self::WebM => AVCodecID::AV_CODEC_ID_WEBVTT,
        }
    }

    /// What becomes of subtitles coded as `id`; `text` where they are text and not pictures.
    pub(super) fn subtitles(self, id: AVCodecID, text: bool) -> Fate {
        use AVCodecID::*;
        let copied = match self {
            Self::Mp4 | Self::Mov => id == AV_CODEC_ID_MOV_TEXT,
            Self::Matroska => matches!(
                id,
                AV_CODEC_ID_SUBRIP
                    | AV_CODEC_ID_ASS
                    | AV_CODEC_ID_WEBVTT
                    | AV_CODEC_ID_HDMV_PGS_SUBTITLE
                    | AV_CODEC_ID_DVD_SUBTITLE
                    | AV_CODEC_ID_DVB_SUBTITLE
            ),
            Self::WebM => id == AV_CODEC_ID_WEBVTT,
        };
        match (copied, text) {
            (true, _) => Fate::Copy,
            (false, true) => Fate::Convert(self.text_codec()),
            (false, false) => Fate::Leave,
        }
    }
}
