//! What the reader's thread shares with those who take its packets: the packets, what is wanted of it, and how it ended.

mod ranges;

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use ffmpeg_next::packet::Packet;

use super::cues::{Cues, SubtitleRead};
use super::heard::{LEAD, SoundRead};
use super::lane::{Lane, NONE, share};
use super::reader::Place;
use super::sounds::Sounds;
use super::waiting::Waiting;
use crate::media::error::MediaError;
use crate::media::info::Cached;
use crate::time::Time;
use ranges::Ranges;

/// How far the picture is read ahead for the other tracks' first packets: farther than containers put tracks apart.
const FIRST_PACKETS: Time = Time::from_nanoseconds(2_000_000_000);
/// The most bytes of the picture that are read to see what the other tracks begin with, or where they end.
const MOST_TO_SEE: usize = 64 << 20;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Each track is read so far ahead of what was taken of it.
    pub(super) length: Time,
    /// But all of them together take no more than so many bytes.
    pub(super) ahead: usize,
    /// Bytes of what was taken that are kept.
    pub(super) behind: usize,
}

/// Why nothing more comes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    End,
    Failed(MediaError),
}

/// What is read on for, however much waits.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach {
    /// Up to the other tracks' first packets, unless the picture, at that time now, has come much farther.
    FirstPackets(Option<Time>),
    /// Until all sounds have come to that time.
    End(Time),
    /// Until a packet waits to be written along.
    Packet,
}

/// What was read.
pub(in crate::media) enum Read {
    Packet(Packet),
    End,
}

/// What the reader does.
pub(super) enum Job {
    Read,
    Go(Place, u64),
}

/// All that is shared.
pub(super) struct State {
    pub(super) pictures: Lane,
    pub(super) sounds: Sounds,
    pub(super) others: Option<Waiting>,
    pub(super) cues: Option<Cues>,
    limits: Limits,
    /// For messages.
    location: String,
    ending: Option<Ending>,
    /// A picture's packet is waited for.
    hungry: bool,
    /// Decoding begins at the last place for that time: what comes before it is passed over.
    aim: Option<Time>,
    /// With the bytes of the picture that are too many.
    reach: Option<(Reach, usize)>,
    /// The lanes begin where the container does.
    from_beginning: bool,
    ranges: Ranges,
    /// Where the reader is to go before it reads more: it is elsewhere than what is at hand ends.
    resume: Option<Place>,
    /// The number of the wish that came of that.
    resumes: Option<u64>,
    /// What is read just now belongs elsewhere.
    void: bool,
    /// Where the reader is to go, and the number of that wish.
    wish: Option<(Place, u64)>,
    /// The reader is at work.
    pub(super) busy: bool,
    /// What came of a wish.
    done: Option<(u64, Result<(), MediaError>)>,
    /// Everything is to end.
    pub(super) over: bool,
    /// How often the reader was wished elsewhere.
    wishes: u64,
    /// It is read for its sounds alone, beside a film that lies elsewhere.
    alone: bool,
}

impl State {
    pub(super) fn new(pictures: Lane, sounds: Sounds, limits: Limits, location: String) -> Self {
        Self {
            pictures,
            sounds,
            others: None,
            cues: None,
            limits,
            location,
            ending: None,
            hungry: false,
            aim: None,
            reach: None,
            from_beginning: true,
            ranges: Ranges::default(),
            resume: None,
            resumes: None,
            void: false,
            wish: None,
            busy: false,
            done: None,
            over: false,
            wishes: 0,
            alone: false,
        }
    }

    /// From now on it is read for its sounds alone, beside a film that lies elsewhere: only while one of them plays, and from where that is wanted.
    pub(super) fn set_alone(&mut self) {
        self.alone = true;
    }

    /// What it is read from, for messages.
    pub(super) fn location(&self) -> &str {
        &self.location
    }

    /// Lets the sound of that stream play, from film time `film` on where one is given: the number of that choice, where there is such a sound.
    pub(super) fn choose(&mut self, stream: usize, film: Option<Time>) -> Option<u64> {
        let choice = self.sounds.choose(stream, film)?;
        let failed = matches!(self.ending, Some(Ending::Failed(_)));
        if self.alone
            && let Some(from) = self.sounds.far(self.from_beginning && !failed)
        {
            self.leave(Place::Before(from), None);
        }
        Some(choice)
    }

    fn has_pictures(&self) -> bool {
        self.pictures.stream != NONE
    }

    /// The pictures, or the sound where there are none.
    fn leading(&self) -> &Lane {
        self.sounds.leading().filter(|_| !self.has_pictures()).unwrap_or(&self.pictures)
    }

    /// Bytes that wait, of the tracks that play.
    fn ahead(&self) -> usize {
        self.pictures.ahead() + self.sounds.ahead()
    }

    fn behind(&self) -> usize {
        self.pictures.behind() + self.sounds.behind()
    }

    fn is_full(&self) -> bool {
        self.ahead() >= self.limits.ahead
    }

    /// Whether the reader is to read.
    fn wants_more(&mut self) -> bool {
        let starving = self.hungry && self.pictures.waiting() == 0;
        if self.ending.is_some() {
            return false;
        }
        if let Some(others) = self.others.as_ref().filter(|others| others.is_full()) {
            // Where nobody takes them, waiting does not help.
            if !others.attended && (starving || self.reach.is_some()) {
                self.end(Ending::Failed(MediaError::TooFarApart(self.location.clone())));
            }
            return false;
        }
        if starving || !self.has_reached() {
            return true;
        }
        if self.is_full() {
            return false;
        }
        let length = self.limits.length;
        let pictures_are_short = self.has_pictures() && self.pictures.length() < length;
        self.aim.is_some() || pictures_are_short || self.sounds.is_short(length)
    }

    /// A packet that was read.
    pub(super) fn put(&mut self, packet: Packet) {
        if packet.stream() == self.pictures.stream {
            self.pictures.push(packet);
        } else {
            if let Some(cues) = self.cues.as_mut().filter(|cues| cues.takes(packet.stream())) {
                cues.push(share(&packet));
            }
            match (self.sounds.has(packet.stream()), &mut self.others) {
                (true, Some(others)) => {
                    self.sounds.push(share(&packet));
                    others.push(packet);
                }
                (true, None) => self.sounds.push(packet),
                (false, Some(others)) => others.push(packet),
                (false, None) => {}
            }
            // Pictures wait for nobody who does not take his sound.
            while self.hungry && self.pictures.waiting() == 0 && self.is_full() && self.sounds.pass() {}
        }
        self.prune();
    }

    /// Passes over what nobody takes, and forgets of what was taken as much as is too much.
    fn prune(&mut self) {
        self.sounds.keep_up(self.pictures.next_time().or(self.pictures.latest()));
        while self.behind() + self.ranges.bytes() > self.limits.behind && self.ranges.forget_eldest() {}
        while self.behind() > self.limits.behind {
            let all = self.limits.behind == 0;
            let mut forgotten = if all { self.pictures.forget_taken() } else { self.pictures.forget_some() };
            let before = self.pictures.first_time().map(|first| first - LEAD).filter(|_| !all && forgotten > 0);
            forgotten += self.sounds.forget(before);
            if forgotten == 0 {
                return;
            }
            self.from_beginning = false;
        }
    }

    /// Nothing more comes.
    pub(super) fn end(&mut self, ending: Ending) {
        if let (true, Ending::Failed(error)) = (self.alone, &ending)
            && *error != MediaError::Stopped
        {
            // Nobody else tells it.
            tracing::warn!("{error}; the film goes on without its sound");
        }
        self.ending = Some(ending);
    }

    /// Begins to read on for something.
    pub(super) fn reach(&mut self, reach: Reach) {
        self.reach = Some((reach, self.pictures.ahead() + MOST_TO_SEE));
    }

    /// Whether there is nothing left to read on for.
    pub(super) fn has_reached(&mut self) -> bool {
        let Some((reach, most)) = self.reach else { return true };
        let Some(others) = &self.others else { return true };
        let seen = match reach {
            Reach::FirstPackets(at) => {
                let far = self.pictures.latest().zip(at).is_some_and(|(far, at)| far > at + FIRST_PACKETS);
                far || others.has_come_to(None)
            }
            Reach::End(end) => others.has_come_to(Some(end)),
            Reach::Packet => !others.is_empty(),
        };
        if seen || self.ending.is_some() || self.pictures.ahead() >= most {
            self.reach = None;
        }
        self.reach.is_none()
    }

    /// The picture's next packet, or why there is none; none yet.
    pub(super) fn next_picture(&mut self) -> Option<Result<Read, MediaError>> {
        if let Some(aim) = self.aim {
            let is_there = self.pictures.latest().is_some_and(|latest| latest > aim);
            if !is_there && self.ending.is_none() && !self.is_full() {
                return None;
            }
            if let Some(key) = self.pictures.key_at(aim) {
                self.pictures.go_to(key);
            }
            self.aim = None;
        }
        let packet = self.pictures.take();
        self.hungry = packet.is_none();
        self.prune();
        match (packet, &self.ending) {
            (Some(packet), _) => Some(Ok(Read::Packet(packet))),
            (None, Some(Ending::End)) => Some(Ok(Read::End)),
            (None, Some(Ending::Failed(error))) => Some(Err(error.clone())),
            (None, None) => None,
        }
    }

    /// What comes next of the sound, for whoever made that choice; none yet.
    pub(super) fn next_sound(&mut self, choice: u64) -> Option<SoundRead> {
        if self.over {
            return Some(SoundRead::Over);
        }
        let starved = self.ending.is_some() || self.is_full();
        let read = self.sounds.next(choice, starved);
        self.prune();
        read
    }

    /// What comes next of the subtitles.
    pub(super) fn next_cue(&mut self) -> SubtitleRead {
        match &mut self.cues {
            Some(cues) if !self.over => cues.next(),
            _ => SubtitleRead::Over,
        }
    }

    /// What comes of the subtitles from before what is read is from elsewhere.
    pub(super) fn begin_earlier(&mut self) {
        if let Some(cues) = &mut self.cues {
            cues.push_earlier(None);
        }
    }

    /// A packet of the subtitles from before what is read.
    pub(super) fn put_earlier(&mut self, packet: Packet) {
        if let Some(cues) = self.cues.as_mut().filter(|cues| cues.takes(packet.stream())) {
            cues.push_earlier(Some(packet));
        }
    }

    /// Where there are no pictures: whether sound has been read up to `time` and goes on, or where it ends; none yet.
    pub(super) fn sound_to(&mut self, time: Time) -> Option<Result<Option<Time>, MediaError>> {
        // Nobody may take it.
        self.sounds.keep_up(Some(time));
        let latest = self.leading().latest();
        self.hungry = latest.is_none_or(|latest| latest <= time);
        match (&self.ending, self.hungry) {
            (_, false) => Some(Ok(None)),
            (None, true) => None,
            (Some(Ending::End), true) => {
                Some(Ok(Some(self.leading().end().unwrap_or(Time::from_nanoseconds(i64::MIN / 2)))))
            }
            (Some(Ending::Failed(error)), true) => Some(Err(error.clone())),
        }
    }

    /// Where there are no pictures: whether what is heard at `time` is at hand.
    pub(super) fn has_sound_at(&self, time: Time) -> bool {
        let lane = self.leading();
        let goes_far_enough = self.ending.is_some() || lane.latest().is_some_and(|latest| latest > time);
        let begins = self.from_beginning || lane.first_time().is_some_and(|first| first <= time);
        let failed = matches!(self.ending, Some(Ending::Failed(_)));
        goes_far_enough && begins && !failed && self.sounds.covers(self.from_beginning)
    }

    /// From which packet on what is shown at `time` can be decoded, if all that is needed there is at hand, the sound's, too.
    pub(super) fn find(&self, time: Time) -> Option<usize> {
        if self.others.is_some() || matches!(self.ending, Some(Ending::Failed(_))) {
            return None;
        }
        let goes_far_enough = self.ending.is_some() || self.pictures.latest().is_some_and(|latest| latest > time);
        let sound_too = self.sounds.covers(self.from_beginning);
        if goes_far_enough && sound_too { self.pictures.key_at(time) } else { None }
    }

    /// The first packet from which decoding can begin.
    pub(super) fn find_first(&self) -> Option<usize> {
        let nowhere = self.others.is_some() || matches!(self.ending, Some(Ending::Failed(_)));
        if nowhere { None } else { self.pictures.first_key() }
    }

    /// Whether the container's beginning is at hand.
    pub(super) fn has_beginning(&self) -> bool {
        let begun = self.pictures.first_time().is_some() || self.pictures.waiting() > 0;
        self.from_beginning && begun && self.others.is_none() && !matches!(self.ending, Some(Ending::Failed(_)))
    }

    /// Goes on with that packet of the picture, and where its sound is wanted.
    pub(super) fn go_on_at(&mut self, index: usize) {
        self.pictures.go_to(index);
        self.aim = None;
        self.sounds.go();
        self.prune();
    }

    /// Wishes the reader elsewhere; everything at hand is forgotten. The number of that wish.
    pub(super) fn leave(&mut self, place: Place, aim: Option<Time>) -> u64 {
        self.keep_range();
        self.wishes += 1;
        self.wish = Some((place, self.wishes));
        (self.resume, self.resumes) = (None, None);
        (self.ending, self.reach, self.aim, self.hungry) = (None, None, aim, false);
        self.from_beginning = matches!(place, Place::Beginning { .. });
        self.pictures.clear();
        self.sounds.leave();
        if let Some(others) = &mut self.others {
            others.leave();
        }
        if let Some(cues) = &mut self.cues {
            cues.leave();
        }
        self.wishes
    }

    /// Whether somebody wishes the reader elsewhere: what it reads just now is void.
    pub(super) fn is_left(&self) -> bool {
        self.wish.is_some() || self.void
    }

    /// What the reader is to do, if anything.
    pub(super) fn job(&mut self) -> Option<Job> {
        self.void = false;
        let job = match self.wish.take() {
            Some((place, number)) => Some(Job::Go(place, number)),
            None if !self.wants_more() => None,
            None => Some(self.resume.take().map_or(Job::Read, |place| {
                self.wishes += 1;
                self.resumes = Some(self.wishes);
                Job::Go(place, self.wishes)
            })),
        };
        self.busy = job.is_some();
        job
    }

    /// What came of a wish.
    pub(super) fn set_done(&mut self, number: u64, result: Result<(), MediaError>) {
        self.from_beginning &= result.is_ok() || self.resumes == Some(number);
        if let (true, Err(error @ MediaError::CannotSeek(_))) = (self.alone, &result) {
            tracing::warn!("{error}: it is silent until the film comes to where it is read");
        }
        if let (true, Err(error)) = (self.resumes == Some(number), &result) {
            self.end(Ending::Failed(error.clone()));
        }
        self.done = Some((number, result));
    }

    /// The same, for who has it, or of a later one that came in its stead.
    pub(super) fn done(&self, number: u64) -> Option<Result<(), MediaError>> {
        self.done.as_ref().filter(|(done, _)| *done >= number).map(|(_, result)| result.clone())
    }

    /// What is at hand, its times on the container's clock.
    pub(super) fn cached(&self) -> Cached {
        let bytes = |count| u64::try_from(count).unwrap_or(u64::MAX);
        let range = self.leading().first_time().zip(self.leading().latest());
        Cached {
            ahead: self.leading().length(),
            bytes_ahead: bytes(self.ahead()),
            bytes_behind: bytes(self.behind() + self.ranges.bytes()),
            range,
            ranges: range.into_iter().chain(self.ranges.spans()).collect(),
            from_beginning: self.from_beginning,
            to_end: self.ending == Some(Ending::End),
            complete: self.ending.is_some() || self.is_full() || self.leading().length() >= self.limits.length,
            ..Cached::default()
        }
    }

    /// Everything ends.
    pub(super) fn close(&mut self) {
        self.over = true;
        self.ranges.clear();
        self.pictures.clear();
        self.sounds.close();
    }
}

/// The state, and how to wait for it.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Something came: who takes packets waits here.
    pub(super) arrived: Condvar,
    /// Something is wanted: the reader waits here.
    pub(super) wanted: Condvar,
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self { state: Mutex::new(state), arrived: Condvar::new(), wanted: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
