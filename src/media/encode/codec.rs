//! The codecs that films are written with, and the encoders that FFmpeg may have for them.

use std::fmt;

use super::EncodeError;

/// How the film's pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Codec {
    /// H.264, read by everything up to 4096 px a side.
    H264,
    /// H.265, for what is larger.
    Hevc,
    /// AV1: smallest, slowest.
    Av1,
}

/// Whether the linked FFmpeg has the encoder of this name. From any thread.
pub fn has_encoder(name: &str) -> bool {
    ffmpeg_next::encoder::find_by_name(name).is_some()
}

/// Keeps SVT-AV1 from writing a page about itself to stderr at each film, which only an environment variable can. To be called first
/// thing in `main`: once there is a second thread it does nothing, as the environment belongs to all of them.
pub fn quieten() {
    const NAME: &str = "SVT_LOG";
    let alone = std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1);
    if alone && std::env::var_os(NAME).is_none() {
        // SAFETY: no other thread is there that could read the environment meanwhile.
        unsafe { std::env::set_var(NAME, "1") }
    }
}

/// Time spent for size, by x264's names; the other encoders get their nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
#[allow(missing_docs)]
pub enum Preset {
    Ultrafast,
    Superfast,
    Veryfast,
    Faster,
    Fast,
    #[default]
    Medium,
    Slow,
    Slower,
    Veryslow,
}

impl Preset {
    fn name(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Faster => "faster",
            Self::Fast => "fast",
            Self::Medium => "medium",
            Self::Slow => "slow",
            Self::Slower => "slower",
            Self::Veryslow => "veryslow",
        }
    }

    /// 0 is the slowest that is named here, 8 the quickest.
    fn speed(self) -> u32 {
        8 - self as u32
    }
}

/// One of FFmpeg's encoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoder {
    X264,
    X265,
    SvtAv1,
    Aom,
}

impl Encoder {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::X264 => "libx264",
            Self::X265 => "libx265",
            Self::SvtAv1 => "libsvtav1",
            Self::Aom => "libaom-av1",
        }
    }

    /// SVT-AV1 codes 4:2:0 from 64×64 on and nothing else.
    fn takes(self, size: [u32; 2], full_chroma: bool) -> bool {
        self != Self::SvtAv1 || !full_chroma && size[0] >= 64 && size[1] >= 64
    }

    /// FFmpeg's options for a quality, a preset and, where the encoder can say it in its stream, the way two eyes are packed
    /// (H.264's frame_packing_arrangement_type; x265 and the AV1 encoders offer none).
    pub(super) fn options(self, crf: u8, preset: Preset, packing: Option<u8>) -> Vec<(&'static str, String)> {
        match self {
            Self::X264 => {
                let mut options = vec![("crf", crf.to_string()), ("preset", preset.name().to_owned())];
                if let Some(packing) = packing {
                    options.push(("x264-params", format!("frame-packing={packing}")));
                }
                options
            }
            Self::X265 => vec![
                ("crf", crf.to_string()),
                ("preset", preset.name().to_owned()),
                ("x265-params", "log-level=error".to_owned()),
            ],
            // Its 0 is lossless elsewhere and refused here.
            Self::SvtAv1 => vec![("crf", crf.max(1).to_string()), ("preset", (preset.speed() + 4).to_string())],
            Self::Aom => vec![
                ("crf", crf.to_string()),
                ("b", "0".to_owned()),
                ("cpu-used", preset.speed().clamp(2, 8).to_string()),
                ("row-mt", "1".to_owned()),
            ],
        }
    }
}

impl Codec {
    /// What is taken where nobody chose: H.264 up to 4096 px a side, as decoders in hardware end there, H.265 beyond.
    pub fn for_size(size: [u32; 2]) -> Self {
        if size[0].max(size[1]) > 4096 { Self::Hevc } else { Self::H264 }
    }

    /// As users know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
        }
    }

    /// The last of `--crf`'s values; the first is 0.
    pub fn worst_crf(self) -> u8 {
        match self {
            Self::H264 | Self::Hevc => 51,
            Self::Av1 => 63,
        }
    }

    /// Hardly told from the source at a normal distance.
    pub fn default_crf(self) -> u8 {
        match self {
            Self::H264 => 19,
            Self::Hevc => 21,
            Self::Av1 => 28,
        }
    }

    /// The given quality, or the usual one.
    ///
    /// # Errors
    /// A value beyond the codec's range.
    pub fn crf(self, given: Option<u8>) -> Result<u8, EncodeError> {
        match given {
            Some(value) if value > self.worst_crf() => {
                Err(EncodeError::Crf { value, codec: self.name(), worst: self.worst_crf() })
            }
            Some(value) => Ok(value),
            None => Ok(self.default_crf()),
        }
    }

    /// The encoders for it, best first.
    fn encoders(self) -> &'static [Encoder] {
        match self {
            Self::H264 => &[Encoder::X264],
            Self::Hevc => &[Encoder::X265],
            Self::Av1 => &[Encoder::SvtAv1, Encoder::Aom],
        }
    }

    /// The best encoder for it that this FFmpeg has.
    pub(super) fn encoder(self, size: [u32; 2], full_chroma: bool) -> Result<Encoder, EncodeError> {
        let fitting = || self.encoders().iter().copied().filter(|encoder| encoder.takes(size, full_chroma));
        fitting().find(|encoder| ffmpeg_next::encoder::find_by_name(encoder.name()).is_some()).ok_or_else(|| {
            EncodeError::NoEncoder {
                codec: self.name(),
                looked_for: fitting().map(Encoder::name).collect::<Vec<_>>().join(", "),
                full_chroma,
            }
        })
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
