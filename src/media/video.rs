//! A film under way: packets to timed frames, in order, from any place.

use std::collections::VecDeque;
use std::time::Instant;

use ffmpeg_next::frame::Video;

use super::container::{Container, Read};
use super::decode::{Decoded, Decoder, Timed};
use super::deinterlace::{self, Deinterlacer};
use super::deinterlacing::{Deinterlace, Deinterlacing};
use super::error::{MediaError, reason};
use super::fit::Fitter;
use super::info::SourceOptions;
use super::memory::LARGEST_SIDE;
use super::picture::PictureMaker;
use super::timeline::{Clock, Timeline};
use crate::frame::Picture;
use crate::time::Time;

/// Where neither container nor stream says how many pictures a second has.
const USUAL_RATE: (i32, i32) = (25, 1);
/// How far before the wanted time decoding begins, tried one after the other; then from the beginning.
const MARGINS: [i64; 5] = [0, 1, 4, 16, 64];
/// Times are rounded: this much after a picture's time is still that time.
const ROUNDING: Time = Time::from_nanoseconds(1000);
/// After going to another place packets are dropped up to the first from which decoding can begin, but not more than these.
const MOST_DROPPED: u32 = 2000;
/// Where decoding begins, frames that refer to missing ones are dropped up to the first whole one, but not more than these: some films have none.
const MOST_CORRUPT: u32 = 250;

/// One picture with its times.
pub(super) struct TimedPicture {
    pub(super) pts: Time,
    pub(super) duration: Time,
    pub(super) picture: Picture,
}

/// Where a seek has come to.
enum Landed {
    /// On the wanted picture.
    Here,
    /// After it: decoding must begin earlier.
    Late,
    /// Somebody wants to be elsewhere by now.
    Cancelled,
}

pub(super) struct VideoReader {
    pub(super) container: Container,
    decoder: Decoder,
    timeline: Timeline,
    deinterlacer: Option<Deinterlacer>,
    /// A frame of another kind, waiting for the deinterlacer to give out what it holds.
    waiting: Option<Timed>,
    pub(super) interlaced: bool,
    deinterlacing: Deinterlacing,
    can_deinterlace: bool,
    maker: PictureMaker,
    /// Where all pictures are to have one size.
    fitter: Option<Fitter>,
    /// The frames that come next: the second tells how long the first is seen.
    ahead: VecDeque<Timed>,
    drained: bool,
    /// A lost connection, told when the pictures that came before it have been seen.
    failure: Option<MediaError>,
    drop_until_key: u32,
    drop_until_whole: u32,
    /// Reading was interrupted: it goes on only from another place.
    interrupted: bool,
    location: String,
}

impl VideoReader {
    pub(super) fn new(container: Container, location: &str, options: &SourceOptions) -> Result<Self, MediaError> {
        let SourceOptions { one_size, reading, .. } = *options;
        let decoder = Decoder::new(location, &container.facts.track, container.parameters(), reading)?;
        let facts = &container.facts;
        let counted = !facts.has_times;
        let timeline = Timeline::new(Clock {
            start: facts.start,
            rate: facts.track.rate.unwrap_or(USUAL_RATE),
            counted,
            may_break: facts.clock_may_break,
        });
        Ok(Self {
            container,
            decoder,
            timeline,
            deinterlacer: None,
            waiting: None,
            interlaced: false,
            deinterlacing: options.deinterlacing.clone(),
            can_deinterlace: true,
            maker: PictureMaker::new(reading.background),
            fitter: one_size.then(Fitter::default),
            ahead: VecDeque::new(),
            drained: false,
            failure: None,
            drop_until_key: 0,
            drop_until_whole: MOST_CORRUPT,
            interrupted: false,
            location: location.to_owned(),
        })
    }

    /// The next picture, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<TimedPicture>, MediaError> {
        loop {
            self.look_ahead(2)?;
            let Some(timed) = self.ahead.pop_front() else {
                return self.failure.take().map_or(Ok(None), Err);
            };
            let duration = match self.ahead.front() {
                Some(after) => after.pts - timed.pts,
                None => timed.length.filter(|length| *length > Time::ZERO).unwrap_or_else(|| self.timeline.nominal()),
            };
            let pts = timed.pts;
            let timed = match &mut self.fitter {
                None => timed,
                Some(fitter) => match fitter.fit(timed) {
                    Ok(timed) => timed,
                    Err(error) => {
                        tracing::warn!("a picture at {pts} of another size cannot be fitted ({error}) and is skipped");
                        continue;
                    }
                },
            };
            match self.maker.make(timed.frame, timed.look) {
                Ok(picture) => return Ok(Some(TimedPicture { pts, duration, picture })),
                Err(code) => tracing::warn!("a picture at {pts} cannot be read ({}) and is skipped", reason(code)),
            }
        }
    }

    /// The frame that comes next, without taking it.
    pub(super) fn peek(&mut self) -> Result<Option<&Timed>, MediaError> {
        self.look_ahead(1)?;
        if self.ahead.is_empty() {
            return self.failure.take().map_or(Ok(None), Err);
        }
        Ok(self.ahead.front())
    }

    /// Why there is no picture at all.
    pub(super) fn no_pictures(&self) -> MediaError {
        let location = self.location.clone();
        if self.decoder.refused { MediaError::Refused(location) } else { MediaError::NoPictures(location) }
    }

    /// Whether at most one picture is left.
    pub(super) fn is_last(&mut self) -> Result<bool, MediaError> {
        self.look_ahead(2)?;
        Ok(self.ahead.len() < 2)
    }

    fn look_ahead(&mut self, count: usize) -> Result<(), MediaError> {
        while self.ahead.len() < count {
            match self.pull()? {
                Some(timed) => self.ahead.push_back(timed),
                None => break,
            }
        }
        Ok(())
    }

    /// The next frame out of the chain container → decoder → deinterlacer; `None` when all is drained.
    fn pull(&mut self) -> Result<Option<Timed>, MediaError> {
        loop {
            if let Some(timed) = self.deinterlaced() {
                return Ok(Some(timed));
            }
            if self.drained {
                match &mut self.deinterlacer {
                    Some(deinterlacer) => deinterlacer.finish(),
                    None => return Ok(None),
                }
                continue;
            }
            match self.decoder.receive() {
                Decoded::Frame(frame) => {
                    if let Some(timed) = self.time(frame)
                        && let Some(timed) = self.route(timed)
                    {
                        return Ok(Some(timed));
                    }
                }
                Decoded::End => self.drained = true,
                Decoded::Hungry => self.feed()?,
            }
        }
    }

    /// What the deinterlacer has done. When it has given out everything, the frame that waited for that goes on.
    fn deinterlaced(&mut self) -> Option<Timed> {
        let deinterlacer = self.deinterlacer.as_mut()?;
        if let Some(timed) = deinterlacer.receive() {
            return Some(timed);
        }
        if deinterlacer.is_finished() {
            self.deinterlacer = None;
            let waiting = self.waiting.take()?;
            return self.route(waiting);
        }
        None
    }

    /// Interlaced frames go into the deinterlacer, and so does all that follows in the same kind; others are given back at once.
    fn route(&mut self, timed: Timed) -> Option<Timed> {
        let mode = self.deinterlacing.mode();
        let all = mode == Deinterlace::Yes;
        let wanted = mode != Deinterlace::No && self.can_deinterlace && deinterlace::is_wanted(&timed.frame, all);
        self.deinterlacing.note(self.deinterlacer.is_some() || wanted);
        match &mut self.deinterlacer {
            Some(deinterlacer) if mode != Deinterlace::No && deinterlacer.takes(&timed, all) => {
                if let Err(error) = deinterlacer.send(timed) {
                    tracing::debug!("a frame cannot be deinterlaced: {error}");
                }
                None
            }
            Some(deinterlacer) => {
                deinterlacer.finish();
                self.waiting = Some(timed);
                None
            }
            None if wanted => match Deinterlacer::new(&timed, all) {
                Ok(deinterlacer) => {
                    self.interlaced = true;
                    self.deinterlacer = Some(deinterlacer);
                    self.route(timed)
                }
                Err(error) => {
                    tracing::warn!("the film is interlaced and this FFmpeg cannot change that ({error})");
                    self.can_deinterlace = false;
                    Some(timed)
                }
            },
            None => Some(timed),
        }
    }

    fn feed(&mut self) -> Result<(), MediaError> {
        match self.container.read() {
            Ok(Read::Packet(packet)) => {
                if self.drop_until_key > 0 && !packet.is_key() {
                    self.drop_until_key -= 1;
                    return Ok(());
                }
                self.drop_until_key = 0;
                self.decoder.send(Some(&packet));
            }
            Ok(Read::End) => self.decoder.send(None),
            Err(error @ MediaError::Stopped) => return Err(error),
            Err(error @ MediaError::Interrupted) => {
                self.interrupted = true;
                return Err(error);
            }
            Err(error) => {
                self.failure = Some(error);
                self.decoder.send(None);
            }
        }
        Ok(())
    }

    /// The frame with its film time and meaning; `None` for one that is not to be seen.
    fn time(&mut self, frame: Video) -> Option<Timed> {
        if self.drop_until_whole > 0 && frame.is_corrupt() {
            self.drop_until_whole -= 1;
            return None;
        }
        self.drop_until_whole = 0;
        let side = frame.width().max(frame.height());
        let look = self.decoder.look(&frame).filter(|_| (1..=LARGEST_SIDE).contains(&side));
        let Some(look) = look else {
            tracing::warn!("{}: a picture of {}×{} is skipped", self.location, frame.width(), frame.height());
            return None;
        };
        let (numerator, denominator) = self.container.facts.track.time_base;
        let ticks = |count| Time::from_ticks(count, numerator, denominator);
        let length = Some(ticks(frame.packet().duration)).filter(|length| *length > Time::ZERO);
        // SAFETY: the frame is alive.
        let repeated = unsafe { (*frame.as_ptr()).repeat_pict };
        let pts = self.timeline.place(frame.timestamp().map(ticks), repeated, length);
        Some(Timed { frame, pts, length, look })
    }

    /// Goes to the picture that is seen at `target`: the next one given, in `epoch`. Past the end that is the last picture, before the beginning the
    /// first. `cancelled` is asked between pictures; false when it ended the search, after which only another seek leads to pictures.
    pub(super) fn seek(&mut self, target: Time, epoch: u32, cancelled: &dyn Fn() -> bool) -> Result<bool, MediaError> {
        let began = Instant::now();
        self.container.begin_seek(target, epoch);
        let landed = self.land(target, cancelled);
        self.container.end_seek();
        tracing::debug!("seek to {target} took {:?}", began.elapsed());
        Ok(!matches!(landed?, Landed::Cancelled))
    }

    fn land(&mut self, target: Time, cancelled: &dyn Fn() -> bool) -> Result<Landed, MediaError> {
        if !self.container.facts.can_seek {
            // What cannot be searched has still what is at hand, and can be watched up to a later place.
            let back = self.ahead.front().is_none_or(|first| first.pts > target);
            let raw = self.timeline.raw(target.max(Time::ZERO));
            if !self.timeline.is_counted() && self.container.seek_at_hand(raw, back)? {
                self.forget();
                self.drop_until_key = MOST_DROPPED;
            } else if back {
                return Err(MediaError::CannotSeek(self.location.clone()));
            }
            return self.drop_until(target, 0, cancelled);
        }
        if self.timeline.is_counted() {
            // Pictures are counted: only the way from the beginning tells which one it is.
            if self.interrupted || self.ahead.front().is_none_or(|first| first.pts > target) {
                self.container.rewind(true)?;
                self.forget();
            }
            return self.drop_until(target, 0, cancelled);
        }
        // The last place of the container leads to the last picture.
        let place = self.container.facts.duration.map_or(target, |duration| target.min(duration));
        // A deinterlaced picture needs the one before it.
        let needed = if self.interlaced { 2 } else { 1 };
        for margin in MARGINS {
            let from = place - Time::from_nanoseconds(margin * 1_000_000_000);
            if from - self.container.lead() <= Time::ZERO {
                break;
            }
            match self.container.seek(self.timeline.raw(from)) {
                Ok(()) => {}
                Err(MediaError::CannotSeek(_)) => continue,
                Err(error) => return Err(error),
            }
            self.forget();
            self.drop_until_key = MOST_DROPPED;
            match self.drop_until(target, needed, cancelled)? {
                Landed::Late => {}
                landed => return Ok(landed),
            }
        }
        self.container.rewind(false)?;
        self.forget();
        self.drop_until(target, 0, cancelled)
    }

    /// Goes to the last place at or before `target` where decoding can begin.
    pub(super) fn seek_near(&mut self, target: Time, epoch: u32) -> Result<(), MediaError> {
        if !self.container.facts.can_seek || self.timeline.is_counted() {
            return Err(MediaError::CannotSeek(self.location.clone()));
        }
        self.container.begin_seek(target, epoch);
        let sought = self.container.seek(self.timeline.raw(target.max(Time::ZERO)));
        self.container.end_seek();
        sought?;
        self.forget();
        self.drop_until_key = MOST_DROPPED;
        Ok(())
    }

    /// Drops frames up to the one seen at `target`. Late where fewer than `needed` came up to it.
    fn drop_until(&mut self, target: Time, needed: usize, cancelled: &dyn Fn() -> bool) -> Result<Landed, MediaError> {
        let mut count = 0;
        loop {
            if cancelled() {
                return Ok(Landed::Cancelled);
            }
            self.look_ahead(2)?;
            let reached = self.ahead.front().is_some_and(|first| first.pts <= target + ROUNDING);
            count += usize::from(reached);
            let next_too = self.ahead.get(1).is_some_and(|second| second.pts <= target + ROUNDING);
            if !next_too {
                return Ok(if count < needed { Landed::Late } else { Landed::Here });
            }
            self.ahead.pop_front();
        }
    }

    /// Everything inside belongs to another place.
    fn forget(&mut self) {
        self.decoder.flush();
        self.timeline.reset();
        self.deinterlacer = None;
        self.waiting = None;
        self.ahead.clear();
        self.drained = false;
        self.failure = None;
        self.drop_until_key = 0;
        self.drop_until_whole = MOST_CORRUPT;
        self.interrupted = false;
    }
}
