//! Interlaced frames made whole by FFmpeg's bwdif filter, one for each frame. Frames that are not flagged as interlaced pass as they are.

use std::ffi::c_int;

use ffmpeg_next::Error;
use ffmpeg_next::filter::{self, Graph};
use ffmpeg_next::frame::Video;

use super::decode::Timed;
use super::picture::Look;

/// The filter for frames of one kind. It looks one frame ahead, so frames come out one later.
pub(super) struct Deinterlacer {
    graph: Graph,
    kind: Kind,
    finished: bool,
}

/// What a filter graph cannot change under way.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kind {
    size: [u32; 2],
    format: c_int,
    look: Look,
}

impl Kind {
    fn of(timed: &Timed) -> Self {
        // SAFETY: the frame is alive.
        let format = unsafe { (*timed.frame.as_ptr()).format };
        Self { size: [timed.frame.width(), timed.frame.height()], format, look: timed.look }
    }
}

/// Film times go through the graph as nanoseconds; bwdif halves the unit on its way, which still fits its 32-bit fraction.
const NANOSECONDS: i32 = 1_000_000_000;

impl Deinterlacer {
    /// A filter for frames like `timed`.
    pub(super) fn new(timed: &Timed) -> Result<Self, Error> {
        let kind = Kind::of(timed);
        let find = |name: &str| filter::find(name).ok_or(Error::FilterNotFound);
        let mut graph = Graph::new();
        let [width, height] = kind.size;
        let (aspect, format) = (kind.look.sample_aspect, kind.format);
        let source = format!(
            "video_size={width}x{height}:pix_fmt={format}:time_base=1/{NANOSECONDS}:pixel_aspect={}/{}",
            aspect.0, aspect.1
        );
        graph.add(&find("buffer")?, "in", &source)?;
        graph.add(&find("buffersink")?, "out", "")?;
        find("bwdif")?;
        graph.output("in", 0)?.input("out", 0)?.parse("bwdif=mode=send_frame:parity=auto:deint=interlaced")?;
        graph.validate()?;
        Ok(Self { graph, kind, finished: false })
    }

    /// Whether `timed` can go into this filter.
    pub(super) fn takes(&self, timed: &Timed) -> bool {
        Kind::of(timed) == self.kind
    }

    /// Puts a frame in.
    pub(super) fn send(&mut self, mut timed: Timed) -> Result<(), Error> {
        timed.frame.set_pts(Some(timed.pts.nanoseconds()));
        self.graph.get("in").ok_or(Error::FilterNotFound)?.source().add(&timed.frame)
    }

    /// No more frames come: those inside are let out.
    pub(super) fn finish(&mut self) {
        if !std::mem::replace(&mut self.finished, true)
            && let Some(mut input) = self.graph.get("in")
            && let Err(error) = input.source().flush()
        {
            tracing::debug!("deinterlacing could not be finished: {error}");
        }
    }

    /// Whether no more frames go in.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// The next frame that is done, if any.
    pub(super) fn receive(&mut self) -> Option<Timed> {
        let mut context = self.graph.get("out")?;
        let mut sink = context.sink();
        let mut frame = Video::empty();
        sink.frame(&mut frame).ok()?;
        let base = sink.time_base();
        let pts = crate::time::Time::from_ticks(frame.pts()?, base.numerator(), base.denominator());
        Some(Timed { frame, pts, length: None, look: self.kind.look })
    }
}

/// Whether the frame is flagged as two fields of different times, and large enough for bwdif.
pub(super) fn is_wanted(frame: &Video) -> bool {
    frame.is_interlaced() && frame.width() >= 4 && frame.height() >= 4
}
