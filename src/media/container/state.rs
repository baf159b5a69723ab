//! What the reader's thread shares with those who take its packets: the packets, what is wanted of it, and how it ended.

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
    /// Where the reader is to go, and the number of that wish.
    wish: Option<(Place, u64)>,
    /// The reader is at work.
    pub(super) busy: bool,
    /// What came of a wish.
    done: Option<(u64, Result<(), MediaError>)>,
    /// Everything is to end.
    pub(super) over: bool,
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
            wish: None,
            busy: false,
            done: None,
            over: false,
        }
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

    /// Wishes the reader elsewhere; everything at hand is forgotten.
    pub(super) fn leave(&mut self, place: Place, number: u64, aim: Option<Time>) {
        self.wish = Some((place, number));
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
    }

    /// Whether somebody wishes the reader elsewhere: what it reads just now is void.
    pub(super) fn is_left(&self) -> bool {
        self.wish.is_some()
    }

    /// What the reader is to do, if anything.
    pub(super) fn job(&mut self) -> Option<Job> {
        let job = match self.wish.take() {
            Some((place, number)) => Some(Job::Go(place, number)),
            None => self.wants_more().then_some(Job::Read),
        };
        self.busy = job.is_some();
        job
    }

    /// What came of a wish.
    pub(super) fn set_done(&mut self, number: u64, result: Result<(), MediaError>) {
        self.from_beginning &= result.is_ok();
        self.done = Some((number, result));
    }

    /// The same, for who has it.
    pub(super) fn done(&self, number: u64) -> Option<Result<(), MediaError>> {
        self.done.as_ref().filter(|(done, _)| *done == number).map(|(_, result)| result.clone())
    }

    /// What is at hand, its times on the container's clock.
    pub(super) fn cached(&self) -> Cached {
        let bytes = |count| u64::try_from(count).unwrap_or(u64::MAX);
        Cached {
            ahead: self.leading().length(),
            bytes_ahead: bytes(self.ahead()),
            bytes_behind: bytes(self.behind()),
            range: self.leading().first_time().zip(self.leading().latest()),
            to_end: self.ending == Some(Ending::End),
            complete: self.ending.is_some() || self.is_full() || self.leading().length() >= self.limits.length,
            ..Cached::default()
        }
    }

    /// Everything ends.
    pub(super) fn close(&mut self) {
        self.over = true;
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
mod tests {
    use super::super::lane::tests::{ms, packet};
    use super::super::waiting::SoundTrack;
    use super::*;

    const LIMITS: Limits = Limits { length: Time::from_nanoseconds(1_000_000_000), ahead: 1 << 20, behind: 1 << 18 };

    /// Pictures are stream 0, the sound that plays is stream 1.
    fn state(limits: Limits) -> State {
        let mut sounds = Sounds::new(ms(0), 0);
        sounds.add(Lane::new(1, (1, 1000)));
        assert_eq!(sounds.choose(1, None), Some(1));
        State::new(Lane::new(0, (1, 1000)), sounds, limits, "a.mkv".to_owned())
    }

    /// So many pictures, 100 ms apart from that time on, of which every tenth is a key frame.
    fn pictures(state: &mut State, from: i64, count: i64, size: usize) {
        (0..count).for_each(|n| state.put(packet(0, from + n * 100, size, n % 10 == 0)));
    }

    fn sounds(state: &mut State, from: i64, count: i64) {
        (0..count).for_each(|n| state.put(packet(1, from + n * 20, 100, true)));
    }

    #[test]
    fn each_track_is_read_ahead_as_long_as_all_of_them_have_room() {
        let mut state = state(LIMITS);
        assert!(state.wants_more());
        pictures(&mut state, 0, 12, 1000);
        assert!(state.wants_more(), "there is no sound");
        sounds(&mut state, 0, 52);
        assert!(!state.wants_more());
        assert!(matches!(state.next_picture(), Some(Ok(Read::Packet(_)))) && !state.wants_more());
        assert!(matches!(state.next_picture(), Some(Ok(Read::Packet(_)))) && state.wants_more());
        // Pictures come and come, and no sound: up to what the memory allows.
        while state.next_sound(1).is_some() {}
        let mut at = 1200;
        while state.wants_more() {
            pictures(&mut state, at, 10, 20_000);
            at += 1000;
        }
        assert!((1 << 20..5 << 18).contains(&state.ahead()), "{}", state.ahead());
        assert!(matches!(state.next_sound(1), Some(SoundRead::End { epoch: 0 })) && state.next_sound(1).is_none());
        sounds(&mut state, 1040, 1);
        assert!(matches!(state.next_sound(1), Some(SoundRead::Packet { .. })));
    }

    #[test]
    fn pictures_never_wait_for_who_takes_no_sound() {
        let mut state = state(Limits { ahead: 10_000, ..LIMITS });
        assert!(state.next_picture().is_none());
        sounds(&mut state, 0, 1000);
        assert!(state.wants_more() && state.ahead() < 11_000, "{}", state.ahead());
        pictures(&mut state, 20_000, 1, 5000);
        assert!(matches!(state.next_picture(), Some(Ok(Read::Packet(_)))));
        let Some(SoundRead::Packet { packet, .. }) = state.next_sound(1) else { panic!("the newest are kept") };
        assert!(packet.pts() > Some(19_000), "{:?}", packet.pts());
    }

    #[test]
    fn what_nobody_writes_does_not_fill_the_memory() {
        let track = || SoundTrack { stream: 2, time_base: (1, 1000), last: None };
        let full = || {
            let mut state = state(LIMITS);
            state.others = Some(Waiting::new(vec![track()]));
            (0..3).for_each(|n| state.put(packet(2, n, 100 << 20, true)));
            state
        };
        let mut unattended = full();
        assert!(!unattended.wants_more() && unattended.ending.is_none(), "nobody needs more yet");
        assert!(unattended.next_picture().is_none() && !unattended.wants_more());
        assert!(matches!(unattended.next_picture(), Some(Err(MediaError::TooFarApart(_)))));
        let mut attended = full();
        if let Some(others) = &mut attended.others {
            others.attended = true;
        }
        assert!(attended.next_picture().is_none() && !attended.wants_more());
        attended.others.as_mut().and_then(Waiting::take);
        assert!(attended.wants_more() && attended.ending.is_none());
        let mut closed = full();
        closed.others.as_mut().map(Waiting::close);
        assert!(closed.next_picture().is_none() && closed.wants_more());
    }

    #[test]
    fn what_is_at_hand_is_found_and_what_is_not_is_not() {
        let mut state = state(LIMITS);
        state.leave(Place::Before(ms(10_000)), 1, None);
        assert!(matches!(state.job(), Some(Job::Go(Place::Before(_), 1))));
        pictures(&mut state, 10_000, 60, 3000);
        sounds(&mut state, 10_200, 200);
        let seek = |state: &mut State, at: i64| {
            state.sounds.begin_seek(ms(at), 1);
            state.find(ms(at))
        };
        assert_eq!(seek(&mut state, 12_050), Some(20));
        assert_eq!(seek(&mut state, 11_100), None, "the sound before it is missing");
        assert_eq!(seek(&mut state, 16_000), None, "what comes before it may not be there yet");
        assert_eq!(seek(&mut state, 9000), None);
        assert_eq!(seek(&mut state, 13_500), Some(30));
        state.go_on_at(30);
        let Some(Ok(Read::Packet(first))) = state.next_picture() else { panic!("no picture") };
        assert_eq!(first.pts(), Some(13_000));
        assert!(matches!(state.next_sound(1), Some(SoundRead::Sought { epoch: 1, .. })));
        let Some(SoundRead::Packet { packet: heard, epoch: 1 }) = state.next_sound(1) else { panic!("no sound") };
        assert_eq!(heard.pts(), Some(12_500));
        // Of what lies behind as much as fits is kept, from a key frame on.
        while let Some(Ok(Read::Packet(_))) = state.next_picture() {}
        pictures(&mut state, 16_000, 60, 3000);
        while let Some(Ok(Read::Packet(_))) = state.next_picture() {}
        assert!(state.behind() <= LIMITS.behind && state.behind() > LIMITS.behind / 2, "{}", state.behind());
        assert_eq!(seek(&mut state, 14_000), None);
        assert_eq!(state.find(ms(22_000)), None);
        state.end(Ending::End);
        assert!(state.find(ms(22_000)).is_some());
        state.end(Ending::Failed(MediaError::Stopped));
        assert_eq!(state.find(ms(21_900)), None);
    }

    #[test]
    fn decoding_begins_at_the_last_place_for_what_is_wanted() {
        let mut state = state(LIMITS);
        state.leave(Place::Before(ms(1000)), 1, Some(ms(2450)));
        assert!(state.job().is_some());
        pictures(&mut state, 1000, 15, 1000);
        assert!(state.next_picture().is_none() && state.wants_more());
        pictures(&mut state, 2500, 10, 1000);
        let Some(Ok(Read::Packet(first))) = state.next_picture() else { panic!("no picture") };
        assert_eq!(first.pts(), Some(2000));
    }
}
