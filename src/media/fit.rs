//! Frames of another size than the film's first, fitted into it: as large as goes, in their own shape, black around. For what is written, since a file
//! has one size.

use std::ffi::c_int;

use ffmpeg_next::Error;
use ffmpeg_next::filter::{self, Graph};
use ffmpeg_next::frame::Video;

use super::decode::Timed;
use super::format;

/// What a frame looks like to a filter.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Kind {
    size: [u32; 2],
    format: c_int,
    sample_aspect: (u32, u32),
}

impl Kind {
    fn of(timed: &Timed) -> Self {
        // SAFETY: the frame is alive.
        let format = unsafe { (*timed.frame.as_ptr()).format };
        Self { size: [timed.frame.width(), timed.frame.height()], format, sample_aspect: timed.look.sample_aspect }
    }
}

/// Brings frames to the size of the first it sees.
#[derive(Default)]
pub(super) struct Fitter {
    first: Option<Kind>,
    /// Made for frames of one kind, kept as long as they come.
    graph: Option<(Kind, Graph)>,
}

impl Fitter {
    /// The frame in the first one's size; itself where it has it.
    ///
    /// # Errors
    /// FFmpeg's, where it cannot be scaled.
    pub(super) fn fit(&mut self, timed: Timed) -> Result<Timed, Error> {
        let kind = Kind::of(&timed);
        let first = *self.first.get_or_insert(kind);
        if kind.size == first.size && kind.sample_aspect == first.sample_aspect {
            return Ok(timed);
        }
        let mut graph = match self.graph.take() {
            Some((made_for, graph)) if made_for == kind => graph,
            _ => {
                let ([a, b], [c, d]) = (kind.size, first.size);
                tracing::warn!(
                    "the film's size changes from {c}×{d} to {a}×{b} at {}: it goes on, fitted into the first",
                    timed.pts
                );
                make(kind, first)?
            }
        };
        let mut frame = Video::empty();
        graph.get("in").ok_or(Error::FilterNotFound)?.source().add(&timed.frame)?;
        graph.get("out").ok_or(Error::FilterNotFound)?.sink().frame(&mut frame)?;
        self.graph = Some((kind, graph));
        let mut look = timed.look;
        look.sample_aspect = first.sample_aspect;
        Ok(Timed { frame, look, ..timed })
    }
}

fn make(kind: Kind, first: Kind) -> Result<Graph, Error> {
    let find = |name: &str| filter::find(name).ok_or(Error::FilterNotFound);
    let mut graph = Graph::new();
    let ([width, height], (across, down)) = (kind.size, kind.sample_aspect);
    let format = kind.format;
    let source = format!("video_size={width}x{height}:pix_fmt={format}:time_base=1/1000:pixel_aspect={across}/{down}");
    graph.add(&find("buffer")?, "in", &source)?;
    graph.add(&find("buffersink")?, "out", "")?;
    let [inner_width, inner_height] = inside(kind, first);
    let [full_width, full_height] = first.size;
    let pixels = format::name(first.format);
    let chain = format!(
        "scale={inner_width}:{inner_height}:flags=bicubic+accurate_rnd,format={pixels},pad={full_width}:{full_height}:-1:-1:black"
    );
    graph.output("in", 0)?.input("out", 0)?.parse(&chain)?;
    graph.validate()?;
    Ok(graph)
}

/// The largest size of the picture's own shape in the first one's samples.
fn inside(kind: Kind, first: Kind) -> [u32; 2] {
    let aspect = |(across, down): (u32, u32)| f64::from(across.max(1)) / f64::from(down.max(1));
    let shape = f64::from(kind.size[0]) * aspect(kind.sample_aspect) / f64::from(kind.size[1].max(1));
    // Width to height, in the first one's samples.
    let shape = shape / aspect(first.sample_aspect);
    let [width, height] = first.size.map(f64::from);
    let [inner_width, inner_height] =
        if shape > width / height { [width, width / shape] } else { [height * shape, height] };
    let side = |inner: f64, full: u32| (inner.round() as u32).clamp(1, full);
    [side(inner_width, first.size[0]), side(inner_height, first.size[1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape() {
        let kind = |size, sample_aspect| Kind { size, format: 0, sample_aspect };
        let square = (1, 1);
        assert_eq!(inside(kind([320, 240], square), kind([640, 360], square)), [480, 360]);
        assert_eq!(inside(kind([1920, 800], square), kind([640, 360], square)), [640, 267]);
        // 720×576 of 16:9 seen in square samples and the other way.
        assert_eq!(inside(kind([720, 576], (64, 45)), kind([640, 360], square)), [640, 360]);
        assert_eq!(inside(kind([640, 360], square), kind([720, 576], (64, 45))), [720, 576]);
    }
}
