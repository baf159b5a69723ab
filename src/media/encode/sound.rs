//! Sound from one coding to another: decoder → filters (format, gaps, cut) → encoder.

use std::ffi::CStr;
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi::*;
use ffmpeg_next::filter::{self, Graph};
use ffmpeg_next::packet::{Mut, Ref};
use ffmpeg_next::{Frame, Packet};

use super::input::codec_name;
use super::mux::Muxer;
use super::picture::again;
use super::text::Context;
use super::{EncodeError, reason};
use crate::time::Time;

/// A decoder, an encoder, and between them the filters, made when the first sound shows what it is.
pub(super) struct Sound {
    decoder: Context,
    encoder: Context,
    base: AVRational,
    rate: i32,
    layout: &'static str,
    end: Option<Time>,
    filters: Option<Filters>,
}

struct Filters {
    graph: Graph,
    /// What they were made for: format, rate, channels.
    shape: (i32, i32, i32),
}

impl Sound {
    /// The error is the reason why the track is left out.
    pub(super) fn open(
        parameters: &AVCodecParameters,
        base: AVRational,
        target: AVCodecID,
        end: Option<Time>,
    ) -> Result<Self, String> {
        let missing = || format!("this FFmpeg cannot write {}", codec_name(target));
        let opus = target == AVCodecID::AV_CODEC_ID_OPUS;
        let decoder = Context::decoder(parameters, base)?;
        // SAFETY: the decoder is open.
        let channels = unsafe { (*decoder.raw()).ch_layout.nb_channels };
        // Layouts that every player of AAC and Opus knows.
        let (layout, count) = match channels {
            1 => (c"mono", 1),
            3 => (c"3.0", 3),
            4 => (c"4.0", 4),
            5 => (c"5.0", 5),
            6.. => (c"5.1", 6),
            _ => (c"stereo", 2),
        };
        let rate = match parameters.sample_rate {
            _ if opus => 48_000,
            rate @ (8000 | 11_025 | 12_000 | 16_000 | 22_050 | 24_000 | 32_000 | 44_100 | 48_000) => rate,
            _ => 48_000,
        };
        // SAFETY: the context is new and ours; names end with zero bytes.
        let encoder = unsafe {
            let codec = match opus {
                true => avcodec_find_encoder_by_name(c"libopus".as_ptr()),
                false => avcodec_find_encoder(target),
            };
            let encoder = Context::new(codec).ok_or_else(missing)?;
            let raw = encoder.raw();
            (*raw).sample_rate = rate;
            (*raw).sample_fmt = match opus {
                true => AVSampleFormat::AV_SAMPLE_FMT_FLT,
                false => AVSampleFormat::AV_SAMPLE_FMT_FLTP,
            };
            (*raw).time_base = AVRational { num: 1, den: rate };
            (*raw).bit_rate = i64::from(count) * if opus { 64_000 } else { 80_000 };
            (*raw).flags |= AV_CODEC_FLAG_GLOBAL_HEADER as i32;
            if av_channel_layout_from_string(&mut (*raw).ch_layout, layout.as_ptr()) < 0 {
                return Err(missing());
            }
            match avcodec_open2(raw, codec, ptr::null_mut()) {
                code if code < 0 => return Err(format!("{}: {}", missing(), reason(code))),
                _ => encoder,
            }
        };
        let layout = layout.to_str().unwrap_or("stereo");
        Ok(Self { decoder, encoder, base, rate, layout, end, filters: None })
    }

    pub(super) fn describe(&self, stream: NonNull<AVStream>) -> Result<(), EncodeError> {
        self.encoder.describe(stream)
    }

    /// Converts a packet whose times count from the cut. What cannot be read is passed over.
    pub(super) fn take(&mut self, packet: &Packet, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        // SAFETY: the decoder is open; the packet is only read.
        let code = unsafe { avcodec_send_packet(self.decoder.raw(), packet.as_ptr()) };
        if code < 0 {
            return Ok(());
        }
        self.decoded(muxer, output)
    }

    /// Drains everything.
    pub(super) fn end(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        // SAFETY: the decoder is open; no packet means the end.
        unsafe { avcodec_send_packet(self.decoder.raw(), ptr::null()) };
        self.decoded(muxer, output)?;
        self.drain_filters(muxer, output)?;
        // SAFETY: the encoder is open; no frame means the end.
        unsafe { avcodec_send_frame(self.encoder.raw(), ptr::null()) };
        self.coded(muxer, output)
    }

    /// Moves what the decoder has into the filters.
    fn decoded(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        loop {
            // SAFETY: an empty frame, filled by the decoder.
            let mut frame = unsafe { Frame::empty() };
            // SAFETY: both are valid.
            if unsafe { avcodec_receive_frame(self.decoder.raw(), frame.as_mut_ptr()) } < 0 {
                return Ok(());
            }
            // SAFETY: the decoder filled the frame.
            let shape = unsafe {
                let raw = frame.as_mut_ptr();
                (*raw).pts = match (*raw).best_effort_timestamp {
                    AV_NOPTS_VALUE => AV_NOPTS_VALUE,
                    ticks => av_rescale_q(ticks, self.base, AVRational { num: 1, den: (*raw).sample_rate.max(1) }),
                };
                ((*raw).format, (*raw).sample_rate, (*raw).ch_layout.nb_channels)
            };
            if self.filters.as_ref().is_none_or(|filters| filters.shape != shape) {
                self.drain_filters(muxer, output)?;
                self.filters = self.build(&mut frame, shape);
            }
            if let Some(filters) = &mut self.filters
                && let Some(mut source) = filters.graph.get("in")
            {
                // A frame that the filters refuse is a gap, which they fill.
                let _ = source.source().add(&frame);
            }
            self.filtered(muxer, output)?;
        }
    }

    fn drain_filters(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        if let Some(mut source) = self.filters.as_mut().and_then(|filters| filters.graph.get("in")) {
            let _ = source.source().flush();
        }
        self.filtered(muxer, output)?;
        self.filters = None;
        Ok(())
    }

    /// Moves what the filters have into the encoder.
    fn filtered(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        while let Some(mut sink) = self.filters.as_mut().and_then(|filters| filters.graph.get("out")) {
            // SAFETY: an empty frame, filled by the sink.
            let mut frame = unsafe { Frame::empty() };
            if sink.sink().frame(&mut frame).is_err() {
                return Ok(());
            }
            // SAFETY: the encoder is open and the filters give its format.
            unsafe { avcodec_send_frame(self.encoder.raw(), frame.as_ptr()) };
            self.coded(muxer, output)?;
        }
        Ok(())
    }

    /// Moves what the encoder has into the container.
    fn coded(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        loop {
            let mut packet = Packet::empty();
            // SAFETY: both are valid.
            match unsafe { avcodec_receive_packet(self.encoder.raw(), packet.as_mut_ptr()) } {
                code if code == again() || code < 0 => return Ok(()),
                _ => muxer.write(packet, output, AVRational { num: 1, den: self.rate })?,
            }
        }
    }

    /// Filters from what the decoder gives to what the encoder takes: gaps in the time stamps become silence, so that sound and
    /// picture stay together, and what lies outside the cut goes.
    fn build(&self, frame: &mut Frame, shape: (i32, i32, i32)) -> Option<Filters> {
        let (format, rate, _) = shape;
        // SAFETY: the frame is the decoder's; the name of a format is a constant, that of a layout is written with its size minded.
        let (format, layout) = unsafe {
            let raw = frame.as_mut_ptr();
            if (*raw).ch_layout.order == AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC {
                let channels = (*raw).ch_layout.nb_channels;
                av_channel_layout_default(&mut (*raw).ch_layout, channels);
            }
            let name = av_get_sample_fmt_name(std::mem::transmute::<i32, AVSampleFormat>(format));
            let mut layout = [0u8; 256];
            if name.is_null()
                || av_channel_layout_describe(&(*raw).ch_layout, layout.as_mut_ptr().cast(), layout.len()) < 0
            {
                return None;
            }
            (CStr::from_ptr(name).to_str().ok()?, CStr::from_bytes_until_nul(&layout).ok()?.to_str().ok()?.to_owned())
        };
        let mut graph = Graph::new();
        let source = format!("time_base=1/{rate}:sample_rate={rate}:sample_fmt={format}:channel_layout={layout}");
        graph.add(&filter::find("abuffer")?, "in", &source).ok()?;
        graph.add(&filter::find("abuffersink")?, "out", "").ok()?;
        // SAFETY: the encoder is open.
        let (target, frame_size) = unsafe {
            let raw = self.encoder.raw();
            (CStr::from_ptr(av_get_sample_fmt_name((*raw).sample_fmt)).to_str().ok()?, (*raw).frame_size)
        };
        let mut chain = format!(
            "aresample=async=1:first_pts=0,aformat=sample_fmts={target}:sample_rates={}:channel_layouts={}",
            self.rate, self.layout
        );
        if let Some(end) = self.end {
            chain.push_str(&format!(",atrim=end={:.6}", end.seconds().max(0.0)));
        }
        // `Parser` names the ends by the graph's point of view: what feeds the chain is its output.
        graph.output("in", 0).ok()?.input("out", 0).ok()?.parse(&chain).ok()?;
        graph.validate().ok()?;
        if let Some(mut sink) = graph.get("out") {
            sink.sink().set_frame_size(u32::try_from(frame_size).unwrap_or(1024));
        }
        Some(Filters { graph, shape })
    }
}
