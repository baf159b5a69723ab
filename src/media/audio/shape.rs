//! What sound is made of: samples, rate, channels.

use std::ffi::CStr;

use ffmpeg_next::Frame;
use ffmpeg_next::ffi::*;

use crate::media::channels::layout_name;

/// What a decoder gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::media) struct Shape {
    format: &'static str,
    pub(in crate::media) rate: i32,
    pub(in crate::media) channels: i32,
    /// FFmpeg's name of the channels.
    pub(in crate::media) layout: String,
}

impl Shape {
    /// That of a decoded frame, whose channels are given the usual places where it does not tell them. None for what FFmpeg cannot name.
    pub(in crate::media) fn of(frame: &mut Frame) -> Option<Self> {
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
    pub(in crate::media) fn source(&self) -> String {
        let Self { format, rate, layout, .. } = self;
        format!("time_base=1/{rate}:sample_rate={rate}:sample_fmt={format}:channel_layout={layout}")
    }
}
