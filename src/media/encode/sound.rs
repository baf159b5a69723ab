//! Sound from one coding to another: decoder → filters (format, small gaps) → frames of the encoder's length → encoder.
//!
//! Small gaps in the time stamps become silence, so that sound and picture stay together. Of long ones only the times are kept: the encoder works
//! on without a break, and its packets are moved to where they belong ([`Gaps`]).

use std::ffi::CStr;
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi::*;
use ffmpeg_next::filter::{self, Graph};
use ffmpeg_next::packet::{Mut, Ref};
use ffmpeg_next::{Frame, Packet};

use super::EncodeError;
use super::context::Context;
use super::damage::Damage;
use super::gaps::Gaps;
use super::mux::Muxer;
use super::picture::again;
use super::shape::encoder_for;
use crate::media::audio::Shape;
use crate::media::channels::layout_name;
use crate::time::Time;

/// A decoder, an encoder, and between them the filters, made when the first sound shows what it is.
pub(super) struct Sound {
    decoder: Context,
    encoder: Context,
    base: AVRational,
    rate: i32,
    layout: &'static str,
    /// What the source's channels become, where they get fewer.
    fewer: Option<(String, &'static str)>,
    /// Samples after the cut at which the film ends.
    end: Option<i64>,
    filters: Option<Filters>,
    /// Cuts what the filters give into frames of the encoder's length.
    frames: Graph,
    gaps: Gaps,
    damage: Damage,
    /// The film's end has been reached.
    over: bool,
}

struct Filters {
    graph: Graph,
    shape: Shape,
}

impl Sound {
    /// Tries what the codec and then `accepts` (the container) take. The error is the reason why the track is left out.
    pub(super) fn open(
        parameters: &AVCodecParameters,
        base: AVRational,
        target: AVCodecID,
        length: Option<Time>,
        accepts: &dyn Fn(&Self) -> Result<(), String>,
    ) -> Result<Self, String> {
        let mut last = Err("it has no channels".to_owned());
        let channels = parameters.ch_layout.nb_channels;
        for candidate in encoder_for(target, channels, parameters.sample_rate) {
            let decoder = Context::decoder(parameters, base)?;
            last = candidate.open().and_then(|encoder| {
                // SAFETY: the encoder is open.
                let (frame, padding) = unsafe { ((*encoder.raw()).frame_size, (*encoder.raw()).initial_padding) };
                let fewer = (channels > candidate.channels).then(|| {
                    (
                        layout_name(&parameters.ch_layout).unwrap_or_else(|| format!("{channels} channels")),
                        candidate.layout_name(),
                    )
                });
                let sound = Self {
                    decoder,
                    frames: frames(&encoder).ok_or("this FFmpeg lacks the filters for sound")?,
                    encoder,
                    base,
                    rate: candidate.rate,
                    layout: candidate.layout_name(),
                    fewer,
                    end: length.map(|length| length.max(Time::ZERO).to_ticks(1, candidate.rate)),
                    filters: None,
                    gaps: Gaps::new(candidate.rate, frame, padding),
                    damage: Damage::default(),
                    over: false,
                };
                accepts(&sound).map(|()| sound)
            });
            if last.is_ok() {
                break;
            }
        }
        last
    }

    pub(super) fn describe(&self, stream: NonNull<AVStream>) -> Result<(), EncodeError> {
        self.encoder.describe(stream)
    }

    /// The source's channels and what becomes of them, where they get fewer.
    pub(super) fn fewer_channels(&self) -> Option<(&str, &str)> {
        self.fewer.as_ref().map(|(from, to)| (from.as_str(), *to))
    }

    /// What could not be decoded.
    pub(super) fn damage(&self) -> Damage {
        self.damage
    }

    /// Converts a packet whose times count from the cut. What cannot be read is passed over and counted.
    pub(super) fn take(&mut self, packet: &Packet, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        if self.over {
            return Ok(());
        }
        // SAFETY: the decoder is open; the packet is only read.
        let code = unsafe { avcodec_send_packet(self.decoder.raw(), packet.as_ptr()) };
        if code < 0 {
            self.note_damage(packet.pts().or(packet.dts()));
            return Ok(());
        }
        self.decoded(packet.pts().or(packet.dts()), muxer, output)
    }

    fn note_damage(&mut self, ticks: Option<i64>) {
        let ticks = ticks.unwrap_or(0);
        // A run-up before the cut is nothing that is missed.
        if ticks >= 0 {
            self.damage.note(Time::from_ticks(ticks, self.base.num, self.base.den));
        }
    }

    /// Drains everything.
    pub(super) fn end(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        // SAFETY: the decoder is open; no packet means the end.
        unsafe { avcodec_send_packet(self.decoder.raw(), ptr::null()) };
        self.decoded(None, muxer, output)?;
        self.drain_filters(muxer, output)?;
        if let Some(mut source) = self.frames.get("in") {
            let _ = source.source().flush();
        }
        self.framed(muxer, output)?;
        // SAFETY: the encoder is open; no frame means the end.
        unsafe { avcodec_send_frame(self.encoder.raw(), ptr::null()) };
        self.coded(muxer, output)
    }

    /// Moves what the decoder has into the filters; `ticks` is the time of the packet that it was given.
    fn decoded(&mut self, ticks: Option<i64>, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        loop {
            // SAFETY: an empty frame, filled by the decoder.
            let mut frame = unsafe { Frame::empty() };
            // SAFETY: both are valid.
            match unsafe { avcodec_receive_frame(self.decoder.raw(), frame.as_mut_ptr()) } {
                0.. => {}
                code if code == again() || code == AVERROR_EOF => return Ok(()),
                _ => {
                    self.note_damage(ticks);
                    return Ok(());
                }
            }
            let Some(shape) = Shape::of(&mut frame) else { continue };
            // SAFETY: the decoder filled the frame.
            let (stamp, count) = unsafe {
                let raw = frame.as_ptr();
                ((*raw).best_effort_timestamp, i64::from((*raw).nb_samples))
            };
            let length = rescale(count, shape.rate, self.rate);
            let time = (stamp != AV_NOPTS_VALUE).then(|| {
                // SAFETY: arithmetic; the rates are positive.
                unsafe { av_rescale_q(stamp, self.base, AVRational { num: 1, den: self.rate }) }
            });
            // In samples of what is written: where the frame belongs, and where it lies among the samples without long gaps.
            let (time, gap) = self.gaps.place(time, length);
            if gap || self.filters.as_ref().is_none_or(|filters| filters.shape != shape) {
                self.drain_filters(muxer, output)?;
                if let Some(filters) = &self.filters
                    && filters.shape.channels != shape.channels
                {
                    let at = Time::from_ticks(stamp.max(0), self.base.num, self.base.den);
                    let (from, to) = (&filters.shape.layout, &shape.layout);
                    tracing::warn!("the sound changes from {from} to {to} at {at}; it goes on as {}", self.layout);
                }
                self.filters = self.build(shape.clone());
            }
            // SAFETY: the frame is ours.
            unsafe { (*frame.as_mut_ptr()).pts = rescale(time, self.rate, shape.rate) };
            if let Some(filters) = &mut self.filters
                && let Some(mut source) = filters.graph.get("in")
            {
                // A frame that the filters refuse is a gap, which they fill.
                let _ = source.source().add(&frame);
            }
            self.filtered(muxer, output)?;
        }
    }

    /// Lets the filters' last samples out. They are made anew for what comes.
    fn drain_filters(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        if let Some(mut source) = self.filters.as_mut().and_then(|filters| filters.graph.get("in")) {
            let _ = source.source().flush();
        }
        self.filtered(muxer, output)
    }

    /// Moves what the filters have to where it is cut into frames.
    fn filtered(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        while let Some(mut sink) = self.filters.as_mut().and_then(|filters| filters.graph.get("out")) {
            // SAFETY: an empty frame, filled by the sink.
            let mut frame = unsafe { Frame::empty() };
            if sink.sink().frame(&mut frame).is_err() {
                return Ok(());
            }
            // SAFETY: the sink filled the frame.
            unsafe { self.gaps.given((*frame.as_ptr()).pts, i64::from((*frame.as_ptr()).nb_samples)) };
            if let Some(mut source) = self.frames.get("in") {
                let _ = source.source().add(&frame);
            }
            self.framed(muxer, output)?;
        }
        Ok(())
    }

    /// Moves whole frames into the encoder, up to the film's end.
    fn framed(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        while let Some(mut sink) = self.frames.get("out") {
            // SAFETY: an empty frame, filled by the sink.
            let mut frame = unsafe { Frame::empty() };
            if sink.sink().frame(&mut frame).is_err() {
                return Ok(());
            }
            if self.over {
                continue;
            }
            // SAFETY: the sink filled the frame; fewer of its samples are taken than it has. The encoder is open and the filters give its format.
            unsafe {
                let raw = frame.as_mut_ptr();
                if let Some(end) = self.end {
                    let left = end - self.gaps.moved((*raw).pts);
                    if left < i64::from((*raw).nb_samples) {
                        self.over = true;
                        if left <= 0 {
                            continue;
                        }
                        (*raw).nb_samples = left as i32;
                    }
                }
                avcodec_send_frame(self.encoder.raw(), raw);
            }
            self.coded(muxer, output)?;
        }
        Ok(())
    }

    /// Moves what the encoder has into the container.
    fn coded(&mut self, muxer: &mut Muxer, output: usize) -> Result<(), EncodeError> {
        loop {
            let mut packet = Packet::empty();
            // SAFETY: both are valid.
            if unsafe { avcodec_receive_packet(self.encoder.raw(), packet.as_mut_ptr()) } < 0 {
                return Ok(());
            }
            packet.set_pts(packet.pts().map(|pts| self.gaps.moved(pts)));
            packet.set_dts(packet.dts().map(|dts| self.gaps.moved(dts)));
            muxer.write(packet, output, AVRational { num: 1, den: self.rate })?;
        }
    }

    /// Filters from what the decoder gives to what the encoder takes.
    fn build(&self, shape: Shape) -> Option<Filters> {
        let mut graph = Graph::new();
        graph.add(&filter::find("abuffer")?, "in", &shape.source()).ok()?;
        graph.add(&filter::find("abuffersink")?, "out", "").ok()?;
        // The silence before the first frame, and small gaps, are filled.
        let chain = format!(
            "aresample={rate}:async=1:first_pts={first},aformat=sample_fmts={format}:sample_rates={rate}:channel_layouts={layout}",
            rate = self.rate,
            first = self.gaps.reached(),
            format = sample_format(&self.encoder)?,
            layout = self.layout,
        );
        // `Parser` names the ends by the graph's point of view: what feeds the chain is its output.
        graph.output("in", 0).ok()?.input("out", 0).ok()?.parse(&chain).ok()?;
        graph.validate().ok()?;
        Some(Filters { graph, shape })
    }
}

/// A graph that changes nothing but the length of frames.
fn frames(encoder: &Context) -> Option<Graph> {
    // SAFETY: the encoder is open.
    let (rate, size, layout) = unsafe {
        let raw = encoder.raw();
        ((*raw).sample_rate, (*raw).frame_size, layout_name(&(*raw).ch_layout)?)
    };
    let format = sample_format(encoder)?;
    let mut graph = Graph::new();
    let source = format!("time_base=1/{rate}:sample_rate={rate}:sample_fmt={format}:channel_layout={layout}");
    graph.add(&filter::find("abuffer")?, "in", &source).ok()?;
    graph.add(&filter::find("abuffersink")?, "out", "").ok()?;
    graph.output("in", 0).ok()?.input("out", 0).ok()?.parse("anull").ok()?;
    graph.validate().ok()?;
    graph.get("out")?.sink().set_frame_size(u32::try_from(size).unwrap_or(1024));
    Some(graph)
}

/// The name of the samples that an encoder takes.
fn sample_format(encoder: &Context) -> Option<&'static str> {
    // SAFETY: the encoder is open; the name is a constant of the library's.
    unsafe {
        let name = av_get_sample_fmt_name((*encoder.raw()).sample_fmt);
        if name.is_null() { None } else { CStr::from_ptr(name).to_str().ok() }
    }
}

fn rescale(samples: i64, from: i32, to: i32) -> i64 {
    // SAFETY: arithmetic; the rates are positive.
    unsafe { av_rescale_q(samples, AVRational { num: 1, den: from.max(1) }, AVRational { num: 1, den: to.max(1) }) }
}
