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
    /// Also frames that are not flagged as interlaced.
    all: bool,
}

impl Kind {
    fn of(timed: &Timed, all: bool) -> Self {
        // SAFETY: the frame is alive.
        let format = unsafe { (*timed.frame.as_ptr()).format };
        Self { size: [timed.frame.width(), timed.frame.height()], format, look: timed.look, all }
    }
}

/// Film times go through the graph as nanoseconds; bwdif halves the unit on its way, which still fits its 32-bit fraction.
const NANOSECONDS: i32 = 1_000_000_000;

impl Deinterlacer {
    /// A filter for frames like `timed`; of `all` that come, or of those that are flagged as interlaced.
    pub(super) fn new(timed: &Timed, all: bool) -> Result<Self, Error> {
        let kind = Kind::of(timed, all);
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
        let filter = format!("bwdif=mode=send_frame:parity=auto:deint={}", if all { "all" } else { "interlaced" });
        graph.output("in", 0)?.input("out", 0)?.parse(&filter)?;
        graph.validate()?;
        Ok(Self { graph, kind, finished: false })
    }

    /// Whether `timed` can go into this filter, which is to be for `all` or not.
    pub(super) fn takes(&self, timed: &Timed, all: bool) -> bool {
        Kind::of(timed, all) == self.kind
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

/// Whether the frame is to be made whole, and large enough for bwdif: `all` are, or those that are flagged as two fields of different times.
pub(super) fn is_wanted(frame: &Video, all: bool) -> bool {
    (all || frame.is_interlaced()) && frame.width() >= 4 && frame.height() >= 4
}
