//! The sounds of a film: the one that plays, and those that could be played at once instead of it.

use ffmpeg_next::packet::Packet;

use super::heard::{Heard, LEAD, SoundRead};
use super::lane::Lane;
use crate::time::Time;

/// The packets of all sounds that are read.
pub(super) struct Sounds {
    /// The one that plays.
    heard: Option<Heard>,
    /// The others: what lies behind the one that plays is passed over.
    silent: Vec<Lane>,
    /// The container's clock at film time zero.
    origin: Time,
    /// That of the last search.
    epoch: u32,
    /// Where a search leads to that is under way.
    sought: Option<Time>,
    /// How often one was chosen.
    choices: u64,
}

impl Sounds {
    pub(super) fn new(origin: Time, epoch: u32) -> Self {
        Self { heard: None, silent: Vec::new(), origin, epoch, sought: None, choices: 0 }
    }

    /// One more that can be chosen.
    pub(super) fn add(&mut self, lane: Lane) {
        self.silent.push(lane);
    }

    /// Whether one plays.
    pub(super) fn is_heard(&self) -> bool {
        self.heard.is_some()
    }

    /// Lets the sound of that stream play instead of any other: from film time `film` on, or from the next packet. The number of that choice; none where
    /// there is no such sound.
    pub(super) fn choose(&mut self, stream: usize, film: Option<Time>) -> Option<u64> {
        self.silence(self.choices);
        let place = self.silent.iter().position(|lane| lane.stream == stream)?;
        let mut heard = Heard::new(self.silent.remove(place), self.origin, self.epoch);
        match (self.sought, film) {
            (Some(target), _) => heard.begin_seek(target, self.epoch),
            (None, Some(film)) => {
                heard.begin_seek(film, self.epoch);
                heard.go();
            }
            (None, None) => {}
        }
        self.heard = Some(heard);
        self.choices += 1;
        Some(self.choices)
    }

    /// From where on, on the container's clock, packets of the one that plays are wanted, where none of them can come from where the reader is.
    pub(super) fn far(&self, from_beginning: bool) -> Option<Time> {
        self.heard.as_ref()?.far(from_beginning)
    }

    /// Nobody takes what was chosen as that number any more.
    pub(super) fn silence(&mut self, choice: u64) {
        if choice == self.choices
            && let Some(heard) = self.heard.take()
        {
            self.silent.push(heard.lane);
        }
    }

    /// What comes next for whoever made that choice; none yet. `starved`: nothing more is read for now.
    pub(super) fn next(&mut self, choice: u64, starved: bool) -> Option<SoundRead> {
        match self.heard.as_mut().filter(|_| choice == self.choices) {
            Some(heard) => heard.next(starved),
            None => Some(SoundRead::Over),
        }
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.heard.iter().map(|heard| &heard.lane).chain(&self.silent)
    }

    fn lanes_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.heard.iter_mut().map(|heard| &mut heard.lane).chain(&mut self.silent)
    }

    /// Bytes that wait.
    pub(super) fn ahead(&self) -> usize {
        self.lanes().map(Lane::ahead).sum()
    }

    /// Bytes that are kept of what was taken.
    pub(super) fn behind(&self) -> usize {
        self.lanes().map(Lane::behind).sum()
    }

    /// The one that plays, or the first.
    pub(super) fn leading(&self) -> Option<&Lane> {
        self.lanes().next()
    }

    /// Whether the one that plays lasts for less than `length`.
    pub(super) fn is_short(&self, length: Time) -> bool {
        self.heard.as_ref().is_some_and(|heard| heard.lane.length() < length)
    }

    /// Whether it is read.
    pub(super) fn has(&self, stream: usize) -> bool {
        self.lanes().any(|lane| lane.stream == stream)
    }

    /// Puts a packet into its lane.
    pub(super) fn push(&mut self, packet: Packet) {
        let stream = packet.stream();
        if let Some(lane) = self.lanes_mut().find(|lane| lane.stream == stream) {
            lane.push(packet);
        }
    }

    /// Passes over the next packet of the one that plays. False where there is none.
    pub(super) fn pass(&mut self) -> bool {
        self.heard.as_mut().is_some_and(|heard| heard.lane.take().is_some())
    }

    /// The silent ones keep up with the one that plays, or with the pictures, the next of which is decoded at that time.
    pub(super) fn keep_up(&mut self, pictures: Option<Time>) {
        let heard = self.heard.as_ref().and_then(|heard| heard.lane.next_time());
        if let Some(time) = heard.into_iter().chain(pictures).min() {
            self.silent.iter_mut().for_each(|lane| lane.pass_before(time - LEAD));
        }
    }

    /// Forgets of what was taken what is decoded before that time, or all of it. How many packets.
    pub(super) fn forget(&mut self, before: Option<Time>) -> usize {
        let forget = |lane: &mut Lane| match before {
            Some(before) => lane.forget_before(before),
            None => lane.forget_taken(),
        };
        self.lanes_mut().map(forget).sum()
    }

    /// What comes from now on is wanted for `target`, in that epoch.
    pub(super) fn begin_seek(&mut self, target: Time, epoch: u32) {
        (self.sought, self.epoch) = (Some(target), epoch);
        if let Some(heard) = &mut self.heard {
            heard.begin_seek(target, epoch);
        }
    }

    /// The search is over, wherever it led.
    pub(super) fn end_seek(&mut self) {
        self.sought = None;
        if let Some(heard) = &mut self.heard {
            heard.end_seek();
        }
    }

    /// Whether all that is wanted of the one that plays is at hand, or comes next.
    pub(super) fn covers(&self, from_beginning: bool) -> bool {
        self.heard.as_ref().is_none_or(|heard| heard.covers(from_beginning))
    }

    /// Goes to what is wanted of what is at hand.
    pub(super) fn go(&mut self) {
        if let Some(target) = self.sought {
            let from = self.origin + target - LEAD;
            self.silent.iter_mut().for_each(|lane| lane.go_to(lane.index_at(from)));
        }
        if let Some(heard) = &mut self.heard {
            heard.go();
        }
    }

    /// The stream that plays and from where on its packets are wanted, on the container's clock, while a search is under way.
    pub(super) fn wanted(&self) -> Option<(usize, Time)> {
        let heard = self.heard.as_ref()?;
        Some((heard.lane.stream, self.origin + self.sought? - LEAD))
    }

    /// All that is at hand, for whoever keeps it.
    pub(super) fn hand_over(&mut self) -> Vec<Lane> {
        self.lanes_mut().map(Lane::hand_over).collect()
    }

    /// What was kept is at hand again.
    pub(super) fn take_up(&mut self, lanes: Vec<Lane>) {
        for kept in lanes {
            let stream = kept.stream;
            if let Some(lane) = self.lanes_mut().find(|lane| lane.stream == stream) {
                *lane = kept;
            }
        }
    }

    /// The reader goes elsewhere.
    pub(super) fn leave(&mut self) {
        self.silent.iter_mut().for_each(Lane::clear);
        if let Some(heard) = &mut self.heard {
            heard.leave();
        }
    }

    /// Everything ends.
    pub(super) fn close(&mut self) {
        self.lanes_mut().for_each(Lane::clear);
    }
}

#[cfg(test)]
mod tests {
    use super::super::lane::tests::{ms, packet};
    use super::*;

    /// Two sounds, streams 1 and 2, of three seconds in packets of 20 ms, of which the first plays and was taken up to two seconds.
    fn sounds() -> (Sounds, u64) {
        let mut sounds = Sounds::new(ms(0), 0);
        [1, 2].into_iter().for_each(|stream| sounds.add(Lane::new(stream, (1, 1000))));
        let choice = sounds.choose(1, None).unwrap();
        for n in 0..150 {
            [1, 2].into_iter().for_each(|stream| sounds.push(packet(stream, n * 20, 100, true)));
        }
        (0..100).for_each(|_| assert!(matches!(sounds.next(choice, false), Some(SoundRead::Packet { .. }))));
        sounds.keep_up(Some(ms(1900)));
        (sounds, choice)
    }

    fn stamp(read: Option<SoundRead>) -> Option<(usize, i64)> {
        match read {
            Some(SoundRead::Packet { packet, .. }) => Some((packet.stream(), packet.pts()?)),
            _ => None,
        }
    }

    #[test]
    fn another_sound_goes_on_from_a_little_before_where_the_first_was() {
        let (mut sounds, first) = sounds();
        let bytes = sounds.ahead() + sounds.behind();
        assert_eq!(sounds.ahead(), (50 + 105) * 612, "what is silent keeps up");
        assert!(sounds.choose(7, Some(ms(1700))).is_none() && !sounds.is_heard());
        let second = sounds.choose(2, Some(ms(1700))).unwrap();
        assert!(matches!(sounds.next(first, false), Some(SoundRead::Over)), "who took the first is told");
        let Some(SoundRead::Sought { epoch: 0, target }) = sounds.next(second, false) else {
            panic!("it begins there")
        };
        assert_eq!(target, ms(1700));
        assert_eq!(stamp(sounds.next(second, false)), Some((2, 700)));
        assert_eq!(sounds.ahead() + sounds.behind(), bytes, "nothing is lost");
        // Back again.
        let third = sounds.choose(1, Some(ms(2000))).unwrap();
        assert!(matches!(sounds.next(third, false), Some(SoundRead::Sought { .. })));
        assert_eq!(stamp(sounds.next(third, false)), Some((1, 1000)));
        // Who no longer plays it changes nothing.
        sounds.silence(second);
        assert!(sounds.is_heard());
        sounds.silence(third);
        assert!(!sounds.is_heard() && sounds.ahead() + sounds.behind() == bytes);
        sounds.keep_up(Some(ms(2980)));
        assert_eq!((sounds.forget(None), sounds.ahead()), (198, 102 * 612));
    }

    #[test]
    fn what_is_chosen_in_the_middle_of_a_search_is_wanted_where_that_leads() {
        let (mut sounds, _) = sounds();
        sounds.begin_seek(ms(2500), 4);
        let second = sounds.choose(2, Some(ms(1700))).unwrap();
        assert!(
            matches!(sounds.next(second, false), Some(SoundRead::Sought { epoch: 4, target }) if target == ms(2500))
        );
        assert!(sounds.next(second, false).is_none(), "it is not known yet where to go on");
        sounds.go();
        sounds.end_seek();
        assert_eq!(stamp(sounds.next(second, false)), Some((2, 1500)));
        sounds.begin_seek(ms(9000), 5);
        sounds.leave();
        [1, 2].into_iter().for_each(|stream| sounds.push(packet(stream, 8000, 100, true)));
        sounds.end_seek();
        assert!(matches!(sounds.next(second, false), Some(SoundRead::Sought { epoch: 5, .. })));
        assert_eq!(stamp(sounds.next(second, false)), Some((2, 8000)));
        assert_eq!(sounds.ahead(), 612, "the other one waits, too");
    }
}
