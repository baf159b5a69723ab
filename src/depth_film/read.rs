//! A film of depth, read beside its film: what belongs to a picture, by time. One thread.

use std::sync::Arc;

use super::{DepthFilmError, DepthMap, Scale, SourcePrint, key};
use crate::frame::{Frame, Picture};
use crate::location::Location;
use crate::media::{Info, MediaError, Reading, Source, SourceOptions, StopFlag};
use crate::time::Time;

/// Most pixels of a map: larger ones are made smaller. Edges are found in the film's picture, so that more would cost time and show nothing.
const MOST_PIXELS: f64 = (1u32 << 20) as f64;
/// Part by which the shape may differ.
const ASPECT: f64 = 0.01;
/// By so much lengths may differ: containers tell the end of the sound.
const LENGTH: Time = Time::from_nanoseconds(1_000_000_000);
/// Half a picture where nobody knows how long one is seen.
const HALF: Time = Time::from_nanoseconds(20_000_000);
/// A longer way ahead is not decoded but sought.
const AHEAD: Time = Time::from_nanoseconds(3_000_000_000);

/// Which film of depth, as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepthFile {
    /// Where it is.
    pub location: Location,
    /// Use it although pictures or length are not those of the film.
    pub anyway: bool,
}

/// The film that it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// Where it is.
    pub location: &'a Location,
    /// What is known of it.
    pub info: &'a Info,
    /// Film time of its first picture.
    pub beginning: Time,
}

/// The depth of one picture of the film.
#[derive(Debug, Clone)]
pub struct DepthAt {
    /// Raw disparity of the whole picture, as it is to be seen; more is farther.
    pub map: Arc<DepthMap>,
    /// Whether there is any: before its beginning and after its end the nearest is given, to fade it out.
    pub known: bool,
}

/// An open film of depth.
pub struct DepthFilm {
    source: Source,
    scale: Scale,
    size: [u32; 2],
    /// Added to the film's time, it is the own.
    shift: Time,
    /// Time of its first picture.
    first: Time,
    /// From where to where nothing was found: it is not sought again for each picture.
    hole: Option<(Time, Time)>,
    /// A search was given up: nobody knows where the source stands.
    lost: bool,
    /// What is shown now.
    now: TimedMap,
    /// What comes next; none at the end.
    next: Option<Frame<Picture>>,
    still: bool,
    warned: bool,
    location: String,
}

struct TimedMap {
    pts: Time,
    until: Time,
    map: Arc<DepthMap>,
}

impl DepthFilm {
    /// Opens `file` and checks that it belongs to `film`. Opens that, too, where the tags tell pictures to look for.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or belongs to another film.
    pub fn open(file: &DepthFile, film: &Beside<'_>, stop: &StopFlag) -> Result<Self, DepthFilmError> {
        // Its grey is depth, whatever a profile says of grey.
        let reading = Reading { profiles: false, ..Reading::default() };
        let mut source = Source::open(
            &file.location,
            &SourceOptions { stop: stop.clone(), reading, quiet: true, ..SourceOptions::default() },
        )?;
        let info = source.info().clone();
        let location = info.location.clone();
        check_aspect(&info, film.info)?;
        if !info.can_seek {
            return Err(DepthFilmError::CannotSeek(location));
        }
        if info.is_still && !film.info.is_still {
            return Err(DepthFilmError::Still(location));
        }
        let tagged = Scale::read(&location, |key| source.tag(key))?;
        let beginning = source.beginning();
        if !info.is_still {
            check_whole(&mut source, &info)?;
        }
        let shift = match tagged {
            Some(_) => {
                let print = source.tag(key::SOURCE).as_deref().and_then(SourcePrint::from_tag);
                let print = print.ok_or(DepthFilmError::Tag { location: location.clone(), key: key::SOURCE })?;
                check_source(&print, file, film, &location, stop)?;
                // Its times are those of the film; its own beginning is that of what was saved.
                Time::ZERO - info.start_offset
            }
            None => {
                check_length(file, &info, film.info)?;
                beginning - film.beginning
            }
        };
        let scale = tagged.unwrap_or(Scale::HAND_MADE);
        let size = bounded(info.size);
        let empty = || DepthFilmError::Media(MediaError::NoPictures(location.clone()));
        let first = source.next()?.ok_or_else(empty)?;
        let now = TimedMap::new(first, scale, size);
        let next = source.next()?;
        Ok(Self {
            source,
            scale,
            size,
            shift,
            first: now.pts,
            hole: None,
            lost: false,
            now,
            next,
            still: info.is_still,
            warned: false,
            location,
        })
    }

    /// Width and height of all its maps.
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// What its grey means.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The depth of the film's picture at `pts`, which is seen for `duration`: of the last one that begins before half of that is over. Goes there if it is
    /// not near; `cancelled` ends a long search with what there is. Damaged pieces are passed over.
    ///
    /// # Errors
    /// Only [`MediaError::Stopped`].
    pub fn at(&mut self, pts: Time, duration: Time, cancelled: &dyn Fn() -> bool) -> Result<DepthAt, DepthFilmError> {
        let half = if duration > Time::ZERO { Time::from_nanoseconds(duration.nanoseconds() / 2) } else { HALF };
        let (time, latest) = (pts + self.shift, pts + self.shift + half.min(AHEAD));
        if self.still {
            return Ok(DepthAt { map: Arc::clone(&self.now.map), known: true });
        }
        let far = self.next.as_ref().is_some_and(|next| next.pts + AHEAD < time);
        let missing = self.hole.is_some_and(|(from, to)| self.now.pts == to && time >= from);
        if self.lost || far || self.now.pts > latest.max(self.first) && !missing {
            self.go(time, cancelled)?;
            self.hole = (self.now.pts > latest).then_some((time, self.now.pts));
        }
        let mut last = None;
        // What is taken out is used: the next call goes on behind it.
        while !cancelled()
            && let Some(next) = self.next.take_if(|next| next.pts <= latest)
        {
            last = Some(next);
            self.next = self.read()?;
        }
        if let Some(last) = last {
            self.now = TimedMap::new(last, self.scale, self.size);
        }
        // A gap keeps the depth before it; the end does not.
        let over = self.next.is_none() && time > self.now.until + half;
        let known = !over && self.now.pts <= latest;
        if over && !std::mem::replace(&mut self.warned, true) {
            tracing::warn!("{}: its depth ends at {pts}; the film goes on without depth", self.location);
        }
        Ok(DepthAt { map: Arc::clone(&self.now.map), known })
    }

    /// Goes to what is seen at `time`, its own.
    fn go(&mut self, time: Time, cancelled: &dyn Fn() -> bool) -> Result<(), DepthFilmError> {
        match self.source.seek_unless(time.max(Time::ZERO), 0, cancelled) {
            Ok(true) => self.lost = false,
            Ok(false) => {
                self.lost = true;
                return Ok(());
            }
            Err(MediaError::Stopped) => return Err(MediaError::Stopped.into()),
            Err(error) => tracing::warn!("{error}"),
        }
        if let Some(frame) = self.read()? {
            self.now = TimedMap::new(frame, self.scale, self.size);
        }
        self.next = self.read()?;
        Ok(())
    }

    fn read(&mut self) -> Result<Option<Frame<Picture>>, DepthFilmError> {
        match self.source.next() {
            Err(MediaError::Stopped) => Err(MediaError::Stopped.into()),
            Err(error) => {
                tracing::warn!("{error}");
                Ok(None)
            }
            Ok(frame) => Ok(frame),
        }
    }
}

impl TimedMap {
    fn new(frame: Frame<Picture>, scale: Scale, size: [u32; 2]) -> Self {
        let map = Arc::new(DepthMap::of(&frame.data, scale, size));
        Self { pts: frame.pts, until: frame.pts + frame.duration, map }
    }
}

/// The size of maps of pictures of `size`.
fn bounded(size: [u32; 2]) -> [u32; 2] {
    let pixels = f64::from(size[0]) * f64::from(size[1]);
    let shrink = (MOST_PIXELS / pixels.max(1.0)).sqrt().min(1.0);
    size.map(|side| ((f64::from(side) * shrink).round() as u32).max(1))
}

/// The shape as it is seen, or that of the samples where a program forgot to say how wide they are.
fn check_aspect(depth: &Info, film: &Info) -> Result<(), DepthFilmError> {
    let of = |[width, height]: [u32; 2]| f64::from(width) / f64::from(height.max(1));
    let seen = |info: &Info| {
        let (width, height) = info.sample_aspect;
        let sample = f64::from(width) / f64::from(height.max(1));
        of(info.size) * if info.orientation.quarter_turns % 2 == 1 { sample.recip() } else { sample }
    };
    let near = |a: f64, b: f64| (a / b - 1.0).abs() <= ASPECT;
    if near(seen(depth), seen(film)) || depth.sample_aspect == (1, 1) && near(of(depth.size), of(film.size)) {
        return Ok(());
    }
    let (location, depth, film) = (depth.location.clone(), depth.display_size, film.display_size);
    Err(DepthFilmError::Aspect { location, depth, film })
}

/// Whether the last picture is where the container says; then back to the first.
fn check_whole(source: &mut Source, info: &Info) -> Result<(), DepthFilmError> {
    let Some(whole) = info.duration else { return Ok(()) };
    source.seek_unless(whole, 0, &|| false)?;
    let last = source.next()?;
    let end = last.map_or(Time::ZERO, |frame| frame.pts + frame.duration);
    // Some count the length from the beginning of the clock, and not from that of the film.
    if end + info.start_offset.max(Time::ZERO) + LENGTH < whole {
        return Err(DepthFilmError::Truncated { location: info.location.clone(), end, whole });
    }
    source.seek_unless(Time::ZERO, 0, &|| false)?;
    Ok(())
}

fn length(duration: Option<Time>) -> String {
    duration.map_or_else(|| "unknown length".to_owned(), |time| time.to_string())
}

fn differ(a: Time, b: Time) -> bool {
    (a - b).nanoseconds().abs() > LENGTH.nanoseconds() + a.nanoseconds() / 1000
}

/// A hand-made one lasts as long as the film, where both are known.
fn check_length(file: &DepthFile, depth: &Info, film: &Info) -> Result<(), DepthFilmError> {
    match (depth.duration, film.duration) {
        (Some(own), Some(other)) if !file.anyway && differ(own, other) => Err(DepthFilmError::Length {
            location: depth.location.clone(),
            depth: length(depth.duration),
            film: length(film.duration),
        }),
        _ => Ok(()),
    }
}

/// A saved one was saved from this film.
fn check_source(
    print: &SourcePrint,
    file: &DepthFile,
    film: &Beside<'_>,
    location: &str,
    stop: &StopFlag,
) -> Result<(), DepthFilmError> {
    let location = || location.to_owned();
    let other = match (print.duration, film.info.duration) {
        (Some(saved), Some(film)) => differ(saved, film),
        (saved, film) => saved.is_some() != film.is_some() && !file.anyway,
    };
    if other {
        let (saved, film) = (length(print.duration), length(film.info.duration));
        return Err(DepthFilmError::OtherFilm { location: location(), saved, film });
    }
    if file.anyway || print.places.is_empty() {
        return Ok(());
    }
    if !film.location.can_be_reopened() {
        return Err(DepthFilmError::Once { location: location() });
    }
    if print.is_of(film.location, stop)? {
        return Ok(());
    }
    Err(DepthFilmError::OtherPictures { location: location() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_bounded_and_keep_their_shape() {
        assert_eq!(bounded([320, 192]), [320, 192]);
        let [width, height] = bounded([3840, 2160]);
        assert!(width * height <= (1 << 20) + 2000, "{width}×{height}");
        assert!((f64::from(width) / f64::from(height) - 16.0 / 9.0).abs() < 0.01);
        assert_eq!(bounded([16384, 1]), [16384, 1]);
    }

    #[test]
    fn lengths_differ_by_more_than_containers_do() {
        let seconds = Time::from_seconds;
        assert!(!differ(seconds(60.0), seconds(60.9)) && differ(seconds(60.0), seconds(62.0)));
        assert!(!differ(seconds(7200.0), seconds(7207.0)));
    }
}
