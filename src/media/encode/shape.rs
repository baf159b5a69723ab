//! What the encoders take of sound (samples, rate, channels).

use std::ffi::CStr;
use std::ptr;

use ffmpeg_next::ffi::*;

use super::context::{Context, codec_name};
use super::reason;

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
