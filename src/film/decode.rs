//! The decode thread: source → ring A, and the film of depth beside it.

use std::time::Instant;

use super::FilmError;
use super::control::{Control, SeekMode, Target};
use super::made_up::MadeUp;
use crate::depth_film::{DepthAt, DepthFilm};
use crate::frame::{Frame, Picture};
use crate::media::{MediaError, Source};
use crate::ring::Sender;
use crate::trace::Stage;

/// Where pictures come from.
pub(super) enum Pictures {
    Source(Box<Source>),
    MadeUp(MadeUp),
}

impl Pictures {
    fn next(&mut self) -> Result<Option<Frame<Picture>>, MediaError> {
        match self {
            Self::Source(source) => source.next(),
            Self::MadeUp(made_up) => Ok(Some(made_up.next())),
        }
    }

    /// Goes to the place sought, and gives the picture there.
    fn seek(&mut self, target: Target, cancelled: &dyn Fn() -> bool) -> Result<Sought, MediaError> {
        let Target { time, mode, epoch } = target;
        let source = match self {
            Self::Source(source) => source,
            Self::MadeUp(made_up) => {
                made_up.seek(time, epoch);
                return Ok(Sought::Picture(Some(made_up.next())));
            }
        };
        if let SeekMode::KeyFrame { beyond } = mode {
            match source.seek_near(time, epoch) {
                Ok(()) => {
                    let first = source.next()?;
                    if first.as_ref().is_some_and(|first| beyond.is_none_or(|place| first.pts > place)) {
                        return Ok(Sought::Picture(first));
                    }
                }
                // What has no key frames to go to is searched from its beginning.
                Err(MediaError::CannotSeek(_)) => {}
                Err(error) => return Err(error),
            }
        }
        match source.seek_unless(time, epoch, cancelled) {
            Ok(true) => Ok(Sought::Picture(source.next()?)),
            Ok(false) => Ok(Sought::GivenUp),
            // It goes on where it is.
            Err(error @ MediaError::CannotSeek(_)) if !source.info().can_seek => {
                tracing::warn!("{error}");
                Ok(Sought::Picture(source.next()?))
            }
            Err(error) => Err(error),
        }
    }
}

/// What came of a seek.
// It is made once a seek and taken apart at once.
#[allow(clippy::large_enum_variant)]
enum Sought {
    /// The picture there; none where the film is over before.
    Picture(Option<Frame<Picture>>),
    /// Something newer is wanted.
    GivenUp,
}

/// What travels in ring A.
pub(super) enum Decoded {
    /// With the depth kept for it, if any is.
    Picture(Frame<Picture>, Option<DepthAt>),
    /// The film is over, as seen from this epoch.
    End(u32),
    Failed(u32, FilmError),
}

/// Runs until stopped or until nobody listens. `depth` is a film of depth beside it, or what stands for the depth of every picture.
pub(super) fn run(
    mut pictures: Pictures,
    (mut depth, flat): (Option<DepthFilm>, Option<DepthAt>),
    control: &Control,
    mut ring: Sender<Decoded>,
) {
    let mut epoch = 0;
    while !control.stopped() {
        let result = match control.take_seek() {
            Some(target) => {
                epoch = target.epoch;
                let cancelled = || control.stopped() || control.epoch() != epoch;
                match pictures.seek(target, &cancelled) {
                    Ok(Sought::Picture(first)) => {
                        control.note_first(epoch, first.as_ref().map_or(target.time, |first| first.pts));
                        Ok(first)
                    }
                    Ok(Sought::GivenUp) => continue,
                    Err(error) => Err(error),
                }
            }
            None => pictures.next(),
        };
        if let Err(MediaError::Interrupted) = result {
            // By a seek, which comes next.
            continue;
        }
        let with_depth = result.map_err(FilmError::from).and_then(|frame| match (frame, &mut depth) {
            (Some(mut frame), Some(depth)) => {
                let cancelled = || control.stopped() || control.epoch() != epoch;
                let began = Instant::now();
                let found = depth.at(frame.pts, frame.duration, &cancelled)?;
                let picture = frame.trace.span(Stage::Decode).unwrap_or_default();
                frame.trace.stamp(Stage::Decode, picture + began.elapsed());
                Ok(Some((frame, Some(found))))
            }
            (frame, None) => Ok(frame.map(|frame| (frame, flat.clone()))),
            (None, _) => Ok(None),
        });
        let (item, over) = match with_depth {
            Ok(Some((frame, depth))) => (Decoded::Picture(frame, depth), false),
            Ok(None) => (Decoded::End(epoch), true),
            Err(error) => (Decoded::Failed(epoch, error), true),
        };
        if ring.send(item).is_err() {
            return;
        }
        if over {
            control.wait();
        }
    }
}
