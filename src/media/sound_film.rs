//! A film of sound alone: its cover, or a plain picture, is seen for as long as there is sound.

use super::container::{Container, Cover};
use super::decode::{Decoded, Decoder};
use super::error::MediaError;
use super::picture::PictureMaker;
use super::reading::Reading;
use super::shared_picture::SharedPicture;
use super::video::TimedPicture;
use crate::frame::Picture;
use crate::time::Time;

/// The picture is given anew so often: each time is a place where the viewer can be.
const STEP: Time = Time::from_nanoseconds(1_000_000_000);

/// One that is open.
pub(super) struct SoundFilm {
    pub(super) container: Container,
    pub(super) picture: SharedPicture,
    /// Film time of the next picture.
    at: Time,
    /// One was given since the last search.
    given: bool,
}

impl SoundFilm {
    pub(super) fn new(mut container: Container, location: &str, reading: Reading) -> Self {
        let cover = container.take_cover().and_then(|cover| decoded(&cover, location, reading));
        let picture = cover.map_or_else(SharedPicture::plain, SharedPicture::new);
        Self { container, picture, at: Time::ZERO, given: false }
    }

    /// The next picture; none where there is no more sound.
    pub(super) fn next(&mut self) -> Result<Option<TimedPicture>, MediaError> {
        let pts = self.at;
        let next = Time::from_nanoseconds((pts.nanoseconds() / STEP.nanoseconds() + 1) * STEP.nanoseconds());
        let end = self.container.sound_to(next)?;
        let duration = end.map_or(next - pts, |end| (end - pts).min(next - pts));
        // What ends at once is seen for a moment.
        let first = !self.given && pts == Time::ZERO;
        if duration <= Time::ZERO && !first {
            return Ok(None);
        }
        (self.at, self.given) = (next, true);
        let duration = duration.max(Time::from_nanoseconds(1_000_000));
        Ok(Some(TimedPicture { pts, duration, picture: self.picture.picture() }))
    }

    /// Goes to `target`.
    pub(super) fn seek(&mut self, target: Time, epoch: u32) -> Result<(), MediaError> {
        let target = target.max(Time::ZERO);
        self.container.seek_sound(target, epoch)?;
        (self.at, self.given) = (target, false);
        Ok(())
    }
}

/// What `cover` shows; none where it cannot be decoded.
fn decoded(cover: &Cover, location: &str, reading: Reading) -> Option<Picture> {
    let decoder = Decoder::new(location, &cover.track, cover.parameters.clone(), reading);
    let mut decoder = decoder.inspect_err(|error| tracing::debug!("its cover cannot be shown: {error}")).ok()?;
    decoder.send(Some(&cover.packet));
    decoder.send(None);
    loop {
        match decoder.receive() {
            Decoded::Frame(frame) => {
                let look = decoder.look(&frame)?;
                return PictureMaker::new(reading.background).make(frame, look).ok();
            }
            Decoded::Hungry => {}
            Decoded::End => return None,
        }
    }
}
