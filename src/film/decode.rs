//! The decode thread: source → ring A.

use super::FilmError;
use super::control::Control;
use super::made_up::MadeUp;
use crate::frame::{Frame, Picture};
use crate::media::{MediaError, Source};
use crate::ring::Sender;
use crate::time::Time;

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

    /// False when given up for something newer.
    fn seek(&mut self, time: Time, epoch: u32, cancelled: &dyn Fn() -> bool) -> Result<bool, MediaError> {
        match self {
            Self::Source(source) => source.seek_unless(time, epoch, cancelled),
            Self::MadeUp(made_up) => {
                made_up.seek(time, epoch);
                Ok(true)
            }
        }
    }
}

/// What travels in ring A.
pub(super) enum Decoded {
    Picture(Frame<Picture>),
    /// The film is over, as seen from this epoch.
    End(u32),
    Failed(u32, FilmError),
}

/// Runs until stopped or until nobody listens.
pub(super) fn run(mut pictures: Pictures, control: &Control, mut ring: Sender<Decoded>) {
    let mut epoch = 0;
    while !control.stopped() {
        let result = match control.take_seek() {
            Some((time, next)) => {
                epoch = next;
                let cancelled = || control.stopped() || control.epoch() != epoch;
                match pictures.seek(time, epoch, &cancelled) {
                    Ok(true) => pictures.next(),
                    Ok(false) => continue,
                    Err(error) => Err(error),
                }
            }
            None => pictures.next(),
        };
        let (item, over) = match result {
            Ok(Some(frame)) => (Decoded::Picture(frame), false),
            Ok(None) => (Decoded::End(epoch), true),
            Err(error) => (Decoded::Failed(epoch, error.into()), true),
        };
        if ring.send(item).is_err() {
            return;
        }
        if over {
            control.wait();
        }
    }
}
