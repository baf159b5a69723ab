//! A film being written: pictures through the encoder, the source's other tracks beside them, into the container.

use std::path::Path;

use ffmpeg_next::ffi::AVRational;

use super::mux::Muxer;
use super::picture::{PictureEncoder, PictureOptions};
use super::tracks::{Cut, Tracks};
use super::{Codec, Container, EncodeError, PixelOrder, Preset, StereoTag};
use crate::frame::Primaries;
use crate::media::container::OtherTracks;
use crate::media::stop::StopFlag;
use crate::time::Time;

/// How the film's pictures are written.
#[derive(Debug, Clone)]
pub struct VideoOptions {
    /// Width and height of the pictures handed over.
    pub size: [u32; 2],
    /// Order of their bytes.
    pub order: PixelOrder,
    /// Width to height of a sample.
    pub sample_aspect: (u32, u32),
    /// The lights that R, G and B stand for.
    pub primaries: Primaries,
    /// 4:4:4: a colour for each sample, for pictures whose neighbours belong to different eyes.
    pub full_chroma: bool,
    /// How two eyes lie in the picture.
    pub stereo: Option<StereoTag>,
    /// None: what suits the container and the size.
    pub codec: Option<Codec>,
    /// None: the codec's usual one.
    pub crf: Option<u8>,
    /// Time spent for size.
    pub preset: Preset,
    /// Seconds of a tick of the source's clock, as a fraction: times are kept exactly in it where the container can (Matroska and
    /// WebM count milliseconds).
    pub time_base: (i32, i32),
    /// Pictures a second as a fraction, where known: for the encoder's judgement only.
    pub frame_rate: Option<(i32, i32)>,
}

/// Where the other tracks come from, and which part of them is written.
#[derive(Default)]
pub struct TrackSource {
    /// What [`Source::take_tracks`](crate::media::Source::take_tracks) gave; none for a film without a source.
    pub tracks: Option<OtherTracks>,
    /// Film time that becomes zero: that of the first picture where a cut was asked for, else zero, so that sound before the first
    /// picture stays.
    pub start: Time,
    /// Film time at which the film ends.
    pub end: Option<Time>,
    /// Ends writing from another thread.
    pub stop: StopFlag,
}

/// Writes one film; see [`super`] for the order of calls.
pub struct FilmEncoder {
    muxer: Muxer,
    pictures: PictureEncoder,
    stream: usize,
    time_base: AVRational,
    tracks: Option<Tracks>,
    start: Time,
    last: Option<i64>,
    notes: Vec<String>,
}

impl FilmEncoder {
    /// Opens everything and writes the header, under a temporary name.
    ///
    /// # Errors
    /// All that can be wrong with the name, the codec, the size or the source.
    pub fn create(path: &Path, video: &VideoOptions, source: TrackSource, force: bool) -> Result<Self, EncodeError> {
        let container = Container::from_path(path)?;
        let codec = video.codec.unwrap_or_else(|| container.default_codec(video.size));
        container.check_codec(codec)?;
        let crf = codec.crf(video.crf)?;
        let mut notes = Vec::new();
        let mut muxer = Muxer::create(path, container, force, &source.stop)?;
        let pictures = PictureEncoder::open(&PictureOptions {
            size: video.size,
            order: video.order,
            full_chroma: video.full_chroma,
            sample_aspect: video.sample_aspect,
            primaries: video.primaries,
            codec,
            crf,
            preset: video.preset,
            packing: video.stereo.map(StereoTag::packing),
            time_base: sane_time_base(video.time_base),
            frame_rate: sane_frame_rate(video.frame_rate),
        })?;
        // SAFETY: the encoder is open.
        let stream = unsafe { muxer.add_pictures(pictures.context(), video.stereo)? };
        let tracks = match source.tracks {
            Some(tracks) => {
                let cut = Cut { origin: tracks.origin, start: source.start, end: source.end };
                Some(Tracks::plan(tracks, stream, cut, &mut muxer, &mut notes)?)
            }
            None => None,
        };
        muxer.start()?;
        let time_base = sane_time_base(video.time_base);
        Ok(Self { muxer, pictures, stream, time_base, tracks, start: source.start, last: None, notes })
    }

    /// What could not be taken along, a line each: for the caller to tell the user.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Writes a picture of R'G'B' samples, rows `stride` bytes apart, seen from film time `pts` on for `duration` (zero: until the
    /// next). Pictures before the source's start are seen from there on; two at one time are one tick apart.
    ///
    /// # Errors
    /// The disk is full, or the encoder fails. The film is lost then: drop it.
    pub fn write(&mut self, samples: &[u8], stride: usize, pts: Time, duration: Time) -> Result<(), EncodeError> {
        let AVRational { num, den } = self.time_base;
        let wanted = (pts - self.start).max(Time::ZERO).to_ticks(num, den);
        let ticks = self.last.map_or(wanted, |last| wanted.max(last.saturating_add(1)));
        self.last = Some(ticks);
        // The end is rounded and not the length, so that it meets the next picture's beginning.
        let until = (pts - self.start + duration).to_ticks(num, den);
        self.pictures.send(samples, stride, ticks, (until - ticks).max(0))?;
        self.pass_on()
    }

    /// Ends the film and gives the file its name.
    ///
    /// # Errors
    /// As [`FilmEncoder::write`].
    pub fn finish(mut self) -> Result<(), EncodeError> {
        self.pictures.end()?;
        self.pass_on()?;
        if let Some(tracks) = &mut self.tracks {
            tracks.finish(&mut self.muxer)?;
        }
        self.muxer.close()?;
        if let Some(tracks) = &self.tracks {
            tracks.tell_refused(&self.muxer);
        }
        self.muxer.commit()
    }

    /// Makes room for the source's reader, where it waits for that: to be called when no picture has come for a while.
    ///
    /// # Errors
    /// As [`FilmEncoder::write`].
    pub fn relieve(&mut self) -> Result<(), EncodeError> {
        self.tracks.as_mut().map_or(Ok(()), |tracks| tracks.relieve(&mut self.muxer))
    }

    fn pass_on(&mut self) -> Result<(), EncodeError> {
        while let Some(packet) = self.pictures.receive()? {
            let AVRational { num, den } = self.time_base;
            let reached = packet.dts().or(packet.pts()).map(|ticks| Time::from_ticks(ticks, num, den));
            self.muxer.write(packet, self.stream, self.time_base)?;
            if let (Some(tracks), Some(reached)) = (&mut self.tracks, reached) {
                tracks.advance(Some(reached), &mut self.muxer)?;
            }
        }
        Ok(())
    }
}

/// The source's ticks, or MPEG's where they make no sense.
pub(super) fn sane_time_base((num, den): (i32, i32)) -> AVRational {
    let finest = 10_000_000;
    if num > 0 && den > 0 && den <= finest && num / den < 10 {
        AVRational { num, den }
    } else {
        AVRational { num: 1, den: 90_000 }
    }
}

/// A rate that encoders can judge by.
pub(super) fn sane_frame_rate(rate: Option<(i32, i32)>) -> AVRational {
    match rate {
        Some((num, den)) if num > 0 && den > 0 && (1..=240).contains(&(num / den)) => AVRational { num, den },
        _ => AVRational { num: 25, den: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_may_be_written_from_any_thread() {
        fn moves<T: Send>() {}
        moves::<FilmEncoder>();
    }

    #[test]
    fn senseless_clocks_are_replaced() {
        for (given, kept) in
            [((1, 1000), true), ((1001, 24_000), true), ((0, 1), false), ((1, -1), false), ((1, i32::MAX), false)]
        {
            let base = sane_time_base(given);
            assert_eq!((base.num, base.den) == given, kept, "{given:?}");
        }
        assert_eq!(sane_frame_rate(Some((90_000, 1))).num, 25);
        assert_eq!(sane_frame_rate(Some((24_000, 1001))).den, 1001);
    }
}
