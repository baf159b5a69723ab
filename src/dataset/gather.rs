//! One film, shot by shot: pictures in, samples in shards out.
//!
//! ```text
//! frames ─► cuts (stage::cut) ─► every n-th: both eyes, small ─► piece of a shot ─► bars, judge ─► shard
//! ```
//!
//! A shot is judged as a whole, but a long one in pieces, so that memory stays bounded. Shards end only between pieces: there is the
//! [`Mark`] at which an interrupted run goes on with nothing pending, so that it writes what an uncut one would.

use std::path::Path;

use image::RgbImage;

use super::bars::{Bars, Crop};
use super::error::DatasetError;
use super::judge::{Measure, Order, Reason, judge, order};
use super::matching::Grey;
use super::reduce::reduce;
use super::shard::{Facts, Sample, Shard};
use super::split::Split;
use super::state::{Mark, State, shard_path};
use crate::frame::{Frame, Picture};
use crate::stage::cut::{Fingerprint, is_step};
use crate::stage::glance::Glance;
use crate::time::Time;

/// Samples after which a shot goes on in another piece.
const PIECE: usize = 64;
/// Bytes of pictures after which it does too.
const PIECE_BYTES: usize = 256 << 20;
/// Bytes after which a shard is whole.
const SHARD_BYTES: u64 = 256 << 20;
/// The smallest side of an eye.
const LEAST_SIDE: u32 = 32;

/// Width and height at which an eye of `coded` samples is stored, `aspect` being its shape as it is seen: never enlarged either way.
pub(super) fn stored_size(coded: [u32; 2], aspect: f64, wanted: u32) -> Option<[u32; 2]> {
    let width = wanted.min(coded[0]).min((f64::from(coded[1]) * aspect).floor() as u32);
    let height = (f64::from(width) / aspect).round() as u32;
    (width >= LEAST_SIDE && (LEAST_SIDE..=coded[1]).contains(&height)).then_some([width, height])
}

/// Width to height of a packed picture as it is shown.
pub(super) fn packed_aspect(size: [u32; 2], sample_aspect: (u32, u32)) -> f64 {
    let stretch = f64::from(sample_aspect.0.max(1)) / f64::from(sample_aspect.1.max(1));
    f64::from(size[0].max(1)) / f64::from(size[1].max(1)) * stretch
}

struct Raw {
    eyes: [RgbImage; 2],
    time: Time,
}

/// Part of a shot that is judged together.
struct Piece {
    /// The frame that it began with.
    begin: Mark,
    raws: Vec<Raw>,
    bytes: usize,
}

/// Collects one film's samples. Used by one thread: [`Gatherer::add`] for each frame in order, then [`Gatherer::finish`].
pub(super) struct Gatherer<'a> {
    folder: &'a Path,
    name: &'a str,
    split: Split,
    state: State,
    /// Shards that were there before.
    resumed: usize,
    mark: Mark,
    before: Option<(Fingerprint, [u32; 2])>,
    piece: Option<Piece>,
    shard: Option<Shard>,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(folder: &'a Path, name: &'a str, split: Split, state: State) -> Self {
        let (mark, resumed) = (state.next, state.shards.len());
        Self { folder, name, split, state, resumed, mark, before: None, piece: None, shard: None }
    }

    /// Where the first frame is expected.
    pub(super) fn begin(&self) -> Mark {
        self.state.next
    }

    /// What was counted so far, shards that are not whole yet included.
    pub(super) fn mark(&self) -> &Mark {
        &self.mark
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn add(&mut self, frame: &Frame<Picture>) -> Result<(), DatasetError> {
        let print = Fingerprint::of(&Glance::of(&frame.data));
        let is_cut = |(before, size): &(Fingerprint, [u32; 2])| {
            *size != frame.data.shape.size || is_step(before.distance(&print))
        };
        let cut = self.before.as_ref().is_some_and(is_cut);
        let most = PIECE.min(usize::try_from(self.state.origin.shard).unwrap_or(PIECE));
        let full = self.piece.as_ref().is_some_and(|piece| piece.raws.len() >= most || piece.bytes >= PIECE_BYTES);
        if cut || full {
            self.close()?;
            self.mark.shot += u64::from(cut);
        }
        self.before = Some((print, frame.data.shape.size));
        self.mark.time = frame.pts.nanoseconds();
        let begin = self.mark;
        let piece = self.piece.get_or_insert_with(|| Piece { begin, raws: Vec::new(), bytes: 0 });
        let step = frame.pts.nanoseconds().div_euclid(self.state.origin.every.max(1));
        if self.mark.step.is_some_and(|before| step <= before) {
            return Ok(());
        }
        self.mark.step = Some(step);
        let picture = &frame.data;
        let aspect = self.split.eye_aspect(packed_aspect(picture.shape.size, picture.shape.sample_aspect));
        let regions = self.split.regions(picture.shape.size);
        let coded = [regions[0][2], regions[0][3]];
        let small = || DatasetError::TooSmall(self.state.origin.film.clone());
        let size = stored_size(coded, aspect, self.state.origin.width).ok_or_else(small)?;
        if let [Some(left), Some(right)] = regions.map(|region| reduce(picture, region, size)) {
            piece.bytes += left.as_raw().len() + right.as_raw().len();
            piece.raws.push(Raw { eyes: [left, right], time: frame.pts });
        }
        Ok(())
    }

    /// Judges the piece that has come to its end and stores what is good of it.
    fn close(&mut self) -> Result<(), DatasetError> {
        let Some(piece) = self.piece.take() else { return Ok(()) };
        let Some(first) = piece.raws.first() else { return Ok(()) };
        let size = [first.eyes[0].width(), first.eyes[0].height()];
        let mut bars = Bars::new(size);
        piece.raws.iter().flat_map(|raw| &raw.eyes).for_each(|eye| bars.look(eye));
        let crop = bars.crop();
        let mut good: Vec<(Time, [RgbImage; 2], Measure)> = Vec::new();
        let mut before: Option<Grey> = None;
        let counts = &mut self.mark.counts;
        for raw in piece.raws {
            let eyes = raw.eyes.map(|eye| crop.of(&eye));
            let (verdict, grey) = judge(eyes.each_ref(), before.as_ref());
            match verdict {
                Ok(measure) => good.push((raw.time, eyes, measure)),
                Err(reason) => counts.drop_one(reason),
            }
            before = Some(grey);
        }
        match order(&mut good.iter().map(|(_, _, measure)| measure.slope).collect::<Vec<_>>()) {
            Order::Right => counts.order[0] += 1,
            Order::Swapped => {
                counts.order[1] += 1;
                good.drain(..).for_each(|_| counts.drop_one(Reason::Swapped));
            }
            Order::Unknown => {}
        }
        counts.kept += good.len() as u64;
        let samples = good.iter().map(|(time, eyes, measure)| self.sample(*time, eyes, *measure, crop, size));
        let samples: Vec<Sample> = samples.collect::<Result<_, _>>()?;
        self.store(&samples, &piece.begin)
    }

    fn sample(
        &self,
        time: Time,
        eyes: &[RgbImage; 2],
        measure: Measure,
        crop: Crop,
        size: [u32; 2],
    ) -> Result<Sample, DatasetError> {
        let shot = self.mark.shot;
        let [across, down] = size.map(f64::from);
        let share = |[x, y]: [u32; 2]| [f64::from(x) / across, f64::from(y) / down];
        let ([x, y], [width, height]) = (share(crop.at), share(crop.size));
        let facts = Facts {
            film: self.state.origin.film.clone(),
            shot,
            time: time.seconds(),
            source_layout: self.split.name(),
            right_first: self.split.right_first,
            crop: [x, y, width, height],
            size: crop.size,
            measure,
        };
        let milliseconds = time.nanoseconds().div_euclid(1_000_000);
        Sample::new(format!("{}-{shot:05}-{milliseconds:08}", self.name), eyes.each_ref(), &facts)
    }

    fn store(&mut self, samples: &[Sample], begin: &Mark) -> Result<(), DatasetError> {
        let bytes: u64 = samples.iter().map(Sample::bytes).sum();
        let limit = self.state.origin.shard;
        let is_full =
            |shard: &mut Shard| shard.samples + samples.len() as u64 > limit || shard.bytes + bytes > SHARD_BYTES;
        if let Some(shard) = self.shard.take_if(|shard| is_full(shard)) {
            self.finish_shard(shard, *begin)?;
        }
        for sample in samples {
            if self.shard.is_none() {
                let index = self.state.shards.len();
                // A run that was killed may have written one more than it could note.
                let force = index == self.resumed;
                self.shard = Some(Shard::create(&shard_path(self.folder, self.name, index), force)?);
            }
            if let Some(shard) = &mut self.shard {
                shard.add(sample)?;
            }
        }
        Ok(())
    }

    fn finish_shard(&mut self, shard: Shard, next: Mark) -> Result<(), DatasetError> {
        let length = shard.finish()?;
        self.state.shards.push(length);
        self.state.next = next;
        self.state.write(self.folder, self.name)
    }

    /// The end of the film: what is pending becomes the last shard.
    pub(super) fn finish(mut self) -> Result<State, DatasetError> {
        self.close()?;
        self.state.done = true;
        let end = self.mark;
        match self.shard.take() {
            Some(shard) => self.finish_shard(shard, end)?,
            None => {
                self.state.next = end;
                self.state.write(self.folder, self.name)?;
            }
        }
        Ok(self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_are_stored_in_their_shape_and_never_enlarged() {
        assert_eq!(stored_size([1920, 1080], 16.0 / 9.0, 640), Some([640, 360]));
        assert_eq!(stored_size([960, 1080], 16.0 / 9.0, 640), Some([640, 360]));
        assert_eq!(stored_size([320, 360], 16.0 / 9.0, 640), Some([320, 180]));
        assert_eq!(stored_size([640, 180], 16.0 / 9.0, 640), Some([320, 180]));
        assert_eq!(stored_size([20, 360], 16.0 / 9.0, 640), None);
        assert_eq!(stored_size([640, 360], 100.0, 640), None);
    }
}
