//! What sound is made of (samples, rate, channels), and what the encoders take of it.

use std::ffi::CStr;
use std::ptr;

use ffmpeg_next::Frame;
use ffmpeg_next::ffi::*;

use super::context::{Context, codec_name};
use super::reason;

/// What a decoder gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    format: &'static str,
    pub(super) rate: i32,
    pub(super) channels: i32,
    /// FFmpeg's name of the channels.
    pub(super) layout: String,
}

impl Shape {
    /// That of a decoded frame, whose channels are given the usual places where it does not tell them. None for what FFmpeg cannot name.
    pub(super) fn of(frame: &mut Frame) -> Option<Self> {
        // SAFETY: the frame is the decoder's; the name of a format is a constant.
        unsafe {
            let raw = frame.as_mut_ptr();
            let (format, rate, channels) = ((*raw).format, (*raw).sample_rate, (*raw).ch_layout.nb_channels);
            if (*raw).ch_layout.order == AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC {
                av_channel_layout_default(&mut (*raw).ch_layout, channels);
            }
            if !(0..AVSampleFormat::AV_SAMPLE_FMT_NB as i32).contains(&format) || rate <= 0 || channels <= 0 {
                return None;
            }
            let name = av_get_sample_fmt_name(std::mem::transmute::<i32, AVSampleFormat>(format));
            if name.is_null() {
                return None;
            }
            let layout = layout_name(&(*raw).ch_layout)?;
            Some(Self { format: CStr::from_ptr(name).to_str().ok()?, rate, channels, layout })
        }
    }

    /// It, as FFmpeg's filters are told.
    pub(super) fn source(&self) -> String {
        let Self { format, rate, layout, .. } = self;
        format!("time_base=1/{rate}:sample_rate={rate}:sample_fmt={format}:channel_layout={layout}")
    }
}

/// FFmpeg's name of the channels; where their places are not told, that of the usual ones.
pub(super) fn layout_name(layout: &AVChannelLayout) -> Option<String> {
    let mut name = [0u8; 256];
    // SAFETY: the layouts are valid (one of all zeros is empty, and the usual ones need no memory); the name is written with its size minded and ends
    // with a zero byte.
    let code = unsafe {
        let mut usual = std::mem::zeroed();
        let layout = match layout.order {
            AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC => {
                av_channel_layout_default(&mut usual, layout.nb_channels);
                &usual
            }
            _ => layout,
        };
        av_channel_layout_describe(layout, name.as_mut_ptr().cast(), name.len())
    };
    let name = CStr::from_bytes_until_nul(&name).ok()?;
    (code >= 0).then(|| name.to_string_lossy().into_owned())
}

/// What an encoder could be opened with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    target: AVCodecID,
    pub(super) rate: i32,
    pub(super) channels: i32,
    layout: &'static CStr,
}

/// Layouts that every player of AAC knows, by number of channels. Of more than six the two behind go to the sides.
const AAC: [&CStr; 6] = [c"mono", c"stereo", c"3.0", c"4.0", c"5.0", c"5.1"];
/// Those of Opus (RFC 7845, mapping family 1).
const OPUS: [&CStr; 8] = [c"mono", c"stereo", c"3.0", c"quad", c"5.0", c"5.1", c"6.1", c"7.1"];
/// Rates of AAC up to what is worth keeping.
const AAC_RATES: [i32; 9] = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/// What to try for a source of `channels` and `rate`, the best first: as it is, then with fewer channels and the usual rate.
pub(super) fn encoder_for(target: AVCodecID, channels: i32, rate: i32) -> Vec<Candidate> {
    let layouts: &[&CStr] = if target == AVCodecID::AV_CODEC_ID_OPUS { &OPUS } else { &AAC };
    let kept = target != AVCodecID::AV_CODEC_ID_OPUS && AAC_RATES.contains(&rate);
    let rates: &[i32] = if kept { &[rate, 48_000] } else { &[48_000] };
    // Where nobody says how many, two are most likely.
    let most = usize::try_from(channels).ok().filter(|count| *count > 0).unwrap_or(2).min(layouts.len());
    let mut counts = vec![most, most.min(6), most.min(2), 1];
    counts.dedup();
    let pairs = counts.iter().flat_map(|count| rates.iter().map(move |rate| (*count, *rate)));
    pairs.map(|(count, rate)| Candidate { target, rate, channels: count as i32, layout: layouts[count - 1] }).collect()
}

impl Candidate {
    pub(super) fn layout_name(self) -> &'static str {
        self.layout.to_str().unwrap_or("stereo")
    }

    /// Opens the encoder. The error is for the user.
    pub(super) fn open(self) -> Result<Context, String> {
        let opus = self.target == AVCodecID::AV_CODEC_ID_OPUS;
        let missing = || format!("this FFmpeg cannot write {}", codec_name(self.target));
        // SAFETY: the context is new and ours; names end with zero bytes.
        unsafe {
            let codec = match opus {
                true => avcodec_find_encoder_by_name(c"libopus".as_ptr()),
                false => avcodec_find_encoder(self.target),
            };
            let encoder = Context::new(codec).ok_or_else(missing)?;
            let raw = encoder.raw();
            (*raw).sample_rate = self.rate;
            (*raw).sample_fmt = match opus {
                true => AVSampleFormat::AV_SAMPLE_FMT_FLT,
                false => AVSampleFormat::AV_SAMPLE_FMT_FLTP,
            };
            (*raw).time_base = AVRational { num: 1, den: self.rate };
            (*raw).bit_rate = i64::from(self.channels) * if opus { 64_000 } else { 80_000 };
            (*raw).flags |= AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            if av_channel_layout_from_string(&mut (*raw).ch_layout, self.layout.as_ptr()) < 0 {
                return Err(missing());
            }
            match avcodec_open2(raw, codec, ptr::null_mut()) {
                code if code < 0 => Err(format!("{}: {}", missing(), reason(code))),
                _ => Ok(encoder),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_stay_where_the_codec_has_them() {
        let first = |target, channels, rate| {
            let candidates = encoder_for(target, channels, rate);
            (candidates[0].layout_name(), candidates[0].rate)
        };
        let (aac, opus) = (AVCodecID::AV_CODEC_ID_AAC, AVCodecID::AV_CODEC_ID_OPUS);
        assert_eq!((first(aac, 4, 44_100), first(opus, 4, 44_100)), (("4.0", 44_100), ("quad", 48_000)));
        assert_eq!((first(aac, 8, 48_000), first(opus, 8, 48_000)), (("5.1", 48_000), ("7.1", 48_000)));
        assert_eq!((first(aac, 0, 37_800), first(aac, 1, 11_025)), (("stereo", 48_000), ("mono", 11_025)));
        // Every one of them is one that the encoder takes.
        for target in [aac, opus] {
            for candidate in (0..=9).flat_map(|channels| encoder_for(target, channels, 11_025)) {
                assert!(candidate.open().is_ok(), "{candidate:?}");
            }
        }
    }
}
