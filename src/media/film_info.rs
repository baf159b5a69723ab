//! What is known of a source once it is open.

use std::sync::Arc;

use super::error::MediaError;
use super::format::{self, FormatSupport};
use super::info::{Info, Stereo};
use super::sound_film::SoundFilm;
use super::video::VideoReader;
use crate::frame::{Orientation, Picture};
use crate::time::Time;

/// What is known of a still, which `codec` names.
pub(super) fn of_still(picture: &Picture, codec: &str, location: String) -> Info {
    Info {
        location,
        container: codec.to_owned(),
        codec: codec.to_owned(),
        size: picture.shape.orientation.apply_size(picture.shape.size),
        display_size: display_size(picture.shape.size, picture.shape.sample_aspect, picture.shape.orientation),
        sample_aspect: picture.shape.sample_aspect,
        orientation: picture.shape.orientation,
        format: picture.shape.format,
        colour: picture.shape.colour,
        frame_rate: None,
        time_base: (1, 90_000),
        duration: None,
        start_offset: Time::ZERO,
        is_still: true,
        can_seek: true,
        interlaced: false,
        stereo: None,
        audio_tracks: 0,
        subtitle_tracks: 0,
        chapters: Arc::default(),
        tracks: Arc::default(),
        video_track: None,
        sound_only: false,
    }
}

/// What is known of sound alone.
pub(super) fn of_sound(film: &SoundFilm, location: &str) -> Info {
    let (facts, shape) = (&film.container.facts, film.picture.shape);
    Info {
        location: location.to_owned(),
        container: facts.name.clone(),
        codec: facts.track.codec.clone(),
        size: shape.orientation.apply_size(shape.size),
        display_size: display_size(shape.size, shape.sample_aspect, shape.orientation),
        sample_aspect: shape.sample_aspect,
        orientation: shape.orientation,
        format: shape.format,
        colour: shape.colour,
        frame_rate: None,
        time_base: facts.track.time_base,
        duration: facts.duration,
        start_offset: facts.start.unwrap_or(Time::ZERO),
        is_still: false,
        sound_only: true,
        can_seek: facts.can_seek,
        interlaced: false,
        stereo: None,
        audio_tracks: facts.sounds,
        subtitle_tracks: facts.subtitles,
        chapters: Arc::clone(&facts.chapters),
        tracks: Arc::clone(&facts.tracks),
        video_track: None,
    }
}

/// What is known of a film, whose first picture tells some of it.
pub(super) fn of_video(video: &mut VideoReader, location: &str) -> Result<Info, MediaError> {
    let Some(first) = video.peek()? else { return Err(video.no_pictures()) };
    let (look, coded) = (first.look, [first.frame.width(), first.frame.height()]);
    let own_stereo = Stereo::of(&first.frame);
    // SAFETY: the frame is alive.
    let number = unsafe { (*first.frame.as_ptr()).format };
    let unsupported = || MediaError::UnsupportedFormat { location: location.to_owned(), format: format::name(number) };
    let support_of = |kind| format::traits(kind).map(|traits| traits.support);
    let support = match format::checked(number).and_then(support_of) {
        Some(FormatSupport::Convert(to)) => support_of(to),
        other => other,
    };
    let Some(FormatSupport::Direct(format)) = support else { return Err(unsupported()) };
    let facts = &video.container.facts;
    let track = &facts.track;
    let stereo = track.stereo.or(own_stereo);
    Ok(Info {
        location: location.to_owned(),
        container: facts.name.clone(),
        codec: track.codec.clone(),
        size: look.orientation.apply_size(coded),
        display_size: display_size(coded, look.sample_aspect, look.orientation),
        sample_aspect: look.sample_aspect,
        orientation: look.orientation,
        format,
        colour: look.colour,
        frame_rate: track.rate.map(|(numerator, denominator)| (numerator.unsigned_abs(), denominator.unsigned_abs())),
        time_base: track.time_base,
        duration: facts.duration,
        start_offset: facts.start.unwrap_or(Time::ZERO),
        is_still: false,
        can_seek: facts.can_seek,
        interlaced: video.interlaced,
        stereo,
        audio_tracks: facts.sounds,
        subtitle_tracks: facts.subtitles,
        chapters: Arc::clone(&facts.chapters),
        tracks: Arc::clone(&facts.tracks),
        sound_only: false,
        video_track: facts.tracks.iter().find(|known| known.stream == track.index).map(|known| known.number),
    })
}

/// Square samples: the side that is too short is stretched, as mpv does. Then turned.
fn display_size([width, height]: [u32; 2], (across, down): (u32, u32), orientation: Orientation) -> [u32; 2] {
    let stretch =
        |side: u32, by: u32, to: u32| ((f64::from(side) * f64::from(by) / f64::from(to.max(1))).round() as u32).max(1);
    let size =
        if across >= down { [stretch(width, across, down), height] } else { [width, stretch(height, down, across)] };
    orientation.apply_size(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_that_is_seen_never_loses_samples() {
        let upright = Orientation::default();
        let turned = Orientation { mirror: false, quarter_turns: 1 };
        assert_eq!(display_size([720, 576], (64, 45), upright), [1024, 576]);
        assert_eq!(display_size([720, 480], (8, 9), upright), [720, 540]);
        assert_eq!(display_size([1920, 1080], (1, 1), turned), [1080, 1920]);
    }
}
