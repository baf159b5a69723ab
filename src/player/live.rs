//! A live stream's delay: how far the viewer is behind the newest that there is of it, and how that is kept as it was.
//!
//! What has come says what there is: the newest of it, seen against the clock of this machine, since pieces of several seconds come at once. The distance from
//! there is what the stream began with. It grows with each stall, and is made up for: a few seconds by playing a little faster, more by going there. What the
//! viewer does (a pause, a seek, another speed) is kept as it is.

use std::time::{Duration, Instant};

use super::Player;
use super::contract::Playlist;
use super::phase::Phase;
use crate::film::SeekMode;
use crate::media::Cached;
use crate::time::Time;

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// What came longer ago than this, or twice this, says nothing of what there is now: pieces of a stream come more often.
const WINDOW: Duration = Duration::from_secs(30);
/// The newest comes as steadily as it will where nothing better came for so long.
const SETTLED: Duration = Duration::from_secs(5);
/// Less than this is chance, in seconds.
const CHANCE: f64 = 0.3;
/// What comes better than this after a stall never was a live stream, in seconds.
const NOT_LIVE: f64 = 2.0;
/// More delay than this is made up for, in seconds, and by how much faster.
const FASTER: f64 = 0.5;
const PACE: f64 = 1.05;
/// What is farther behind goes there instead of playing faster.
const JUMP: f64 = 5.0;
/// So long after a stall it is known how much has come.
const AFTER_STALL: Duration = Duration::from_secs(2);
/// A stall says that less delay was too little, in seconds.
const MORE: f64 = 1.0;
/// Nothing is played faster where less than this is at hand, in seconds.
const LEAST: f64 = 1.0;

/// What becomes of a live stream's delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LiveDelay {
    /// It stays what it was at first.
    #[default]
    Hold,
    /// It grows with each stall, as in mpv.
    Free,
}

/// Where the newest is, by what has come.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    origin: Option<Instant>,
    latest: Option<Time>,
    /// Seconds of film that the newest was ahead of the clock: the most of this window, and of the one before.
    best: [Option<f64>; 2],
    since: Option<Instant>,
    /// Before the stall that lasts, or since which little has come.
    known: Option<f64>,
    /// The next that comes is the first after a stall.
    stale: bool,
}

impl Edge {
    fn clock(&mut self, now: Instant) -> f64 {
        now.saturating_duration_since(*self.origin.get_or_insert(now)).as_secs_f64()
    }

    fn best(&self) -> Option<f64> {
        self.best.into_iter().flatten().max_by(f64::total_cmp)
    }

    /// All up to `latest` has come. By how much more that is than was expected, in seconds; above zero by chance only.
    fn note(&mut self, latest: Time, now: Instant) -> f64 {
        let ahead = latest.seconds() - self.clock(now);
        if self.latest.replace(latest).is_some_and(|before| latest <= before) {
            return 0.0;
        }
        if std::mem::take(&mut self.stale) {
            self.known = self.known.max_of(self.best());
            (self.best, self.since) = ([None; 2], None);
        }
        let before = self.best().max_of(self.known);
        let since = *self.since.get_or_insert(now);
        if now.saturating_duration_since(since) > WINDOW {
            (self.best, self.since) = ([None, self.best[0]], Some(now));
            self.known = None;
        }
        self.best[0] = self.best[0].max_of(Some(ahead));
        before.map_or(f64::INFINITY, |before| ahead - before)
    }

    /// Film time of the newest at the moment `now`, in seconds, and after a stall of the newest of what came since.
    fn at(&mut self, now: Instant) -> Option<[f64; 2]> {
        let (best, clock) = (self.best()?, self.clock(now));
        Some([best.max(self.known.unwrap_or(best)), best].map(|ahead| ahead + clock))
    }
}

/// The larger of two numbers that may be missing.
trait MaxOf {
    fn max_of(self, other: Self) -> Self;
}

impl MaxOf for Option<f64> {
    fn max_of(self, other: Self) -> Self {
        [self, other].into_iter().flatten().max_by(f64::total_cmp)
    }
}

/// What becomes of film time, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Runs,
    /// It stands for what has yet to come.
    Stalls,
    /// Another place is sought.
    Seeks,
    /// The viewer has it otherwise.
    Rests,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Pace(f64),
    Jump(Time),
}

/// What is known of a stream's delay.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Live {
    edge: Edge,
    looked: Option<Instant>,
    /// Since when it has come as steadily as it does.
    steady: Option<Instant>,
    /// It is known where the newest is.
    settled: bool,
    /// How far behind the newest the film is to be, in seconds.
    target: Option<f64>,
    /// How far it is.
    delay: Option<f64>,
    /// Since when film time runs again after a stall.
    resumed: Option<Instant>,
    stalls: bool,
    /// It is played faster.
    hurries: bool,
    /// It goes elsewhere by itself.
    jumps: bool,
}

impl Live {
    /// It is a live stream.
    fn is_live(&self) -> bool {
        self.edge.latest.is_some()
    }

    /// The viewer goes elsewhere: as far behind as that is, it stays.
    pub(super) fn rest(&mut self) {
        (self.target, self.steady, self.resumed, self.jumps) = (None, None, None, false);
    }

    /// All up to `latest` is at hand and film time is `position`: what is to be done.
    fn look(&mut self, latest: Time, position: Time, course: Course, now: Instant) -> Step {
        let usual = Step::Pace(1.0);
        let more = self.edge.note(latest, now);
        let Some([newest, at_hand]) = self.edge.at(now) else { return usual };
        let delay = at_hand - position.seconds();
        let resumed_lately = self.resumed.is_some_and(|at| now.saturating_duration_since(at) < AFTER_STALL);
        // As long as the rest may still come, it is thought to be there.
        let seen = if course == Course::Stalls || resumed_lately { newest } else { at_hand };
        self.delay = Some(seen - position.seconds());
        match course {
            Course::Seeks if self.jumps => return usual,
            Course::Seeks | Course::Rests => {
                self.rest();
                return usual;
            }
            Course::Stalls => {
                if !std::mem::replace(&mut self.stalls, true) {
                    self.edge.stale = true;
                    self.target = self.target.map(|target| target + MORE);
                }
                // While nothing comes nothing is learnt.
                self.steady = self.steady.filter(|_| self.settled);
                return usual;
            }
            Course::Runs => self.jumps = false,
        }
        if std::mem::take(&mut self.stalls) {
            self.resumed = Some(now);
        }
        let after_stall = self.resumed.is_some();
        if more > if after_stall { NOT_LIVE } else { CHANCE } {
            (self.steady, self.settled) = (Some(now), self.settled && !after_stall);
            self.target = self.target.filter(|_| !after_stall).map(|target| target + more);
        }
        let steady = *self.steady.get_or_insert(now);
        if now.saturating_duration_since(steady) >= SETTLED {
            self.settled = true;
            self.target = self.target.or(Some(delay));
        }
        let Some(excess) = self.target.map(|target| delay - target) else { return usual };
        if resumed_lately || (latest - position).seconds() < LEAST {
            return usual;
        }
        if excess > JUMP {
            self.jumps = true;
            return Step::Jump(position + Time::from_seconds(excess));
        }
        if excess <= CHANCE {
            self.resumed = None;
        }
        // What was begun is finished.
        self.hurries = excess > if self.hurries { CHANCE / 3.0 } else { FASTER };
        if self.hurries { Step::Pace(PACE) } else { usual }
    }
}

impl<P: Playlist> Player<P> {
    /// How far a live stream is behind the newest that there is of it, once that is known; none of other films.
    pub fn live_delay(&self) -> Option<Time> {
        self.live.delay.filter(|_| self.live.settled).map(|delay| Time::from_seconds(delay.max(0.0)))
    }

    /// Keeps a live stream's delay. When to look again, where it is one.
    pub(super) fn mind_live(&mut self, now: Instant) -> Option<Instant> {
        if let Some(looked) = self.live.looked.filter(|looked| now.saturating_duration_since(*looked) < LOOK) {
            return self.live.is_live().then(|| looked + LOOK);
        }
        let cached = self.cached().filter(|cached| cached.live && !cached.complete);
        // Where nothing is kept and nothing waits, it is what came last.
        let latest = cached.and_then(|cached| cached.range.map(|(_, latest)| latest).or(self.live.edge.latest));
        let Some(latest) = latest else {
            self.set_pace(1.0);
            self.live = Live { looked: Some(now), ..Live::default() };
            return None;
        };
        self.live.looked = Some(now);
        let course = match self.phase {
            _ if self.buffering => Course::Stalls,
            Phase::Playing if (self.speed() - 1.0).abs() < 1e-6 => Course::Runs,
            Phase::Seeking(None) => Course::Seeks,
            _ => Course::Rests,
        };
        let position = self.clock.time(now);
        let step = self.live.look(latest, position, course, now);
        match step {
            _ if self.options.live_delay == LiveDelay::Free => {}
            Step::Pace(pace) => self.set_pace(pace),
            Step::Jump(place) => {
                tracing::info!("the stream has stood: going on {} nearer to its newest", place - position);
                self.set_pace(1.0);
                let live = self.live;
                self.seek(place, SeekMode::Exact);
                self.live = live;
            }
        }
        Some(now + LOOK)
    }

    /// A live stream can be gone to where it is at hand, and what cannot be searched not back beyond that.
    pub(super) fn reachable(&self, time: Time) -> Time {
        let Some(Cached { live, bound, range: Some((from, to)), .. }) = self.cached() else { return time };
        let time = if bound { time.max(from) } else { time };
        if live { time.min(to) } else { time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream in pieces of `piece` seconds, and a film that is played from it.
    struct Stream {
        live: Live,
        began: Instant,
        time: f64,
        piece: f64,
        position: f64,
        jumps: Vec<f64>,
    }

    impl Stream {
        fn new(piece: f64) -> Self {
            Self { live: Live::default(), began: Instant::now(), time: 0.0, piece, position: 0.0, jumps: Vec::new() }
        }

        /// Plays for so long what `latest` gives at each time.
        fn play(&mut self, seconds: f64, course: Course, latest: impl Fn(f64, f64) -> f64) -> f64 {
            let (until, mut pace) = (self.time + seconds, 1.0);
            while self.time < until {
                let now = self.began + Duration::from_secs_f64(self.time);
                let [latest, position] = [latest(self.time, self.piece), self.position].map(Time::from_seconds);
                match self.live.look(latest, position, course, now) {
                    Step::Pace(wanted) => pace = wanted,
                    Step::Jump(place) => {
                        self.jumps.push(place.seconds() - self.position);
                        self.position = place.seconds();
                    }
                }
                self.position += if course == Course::Runs { 0.25 * pace } else { 0.0 };
                self.time += 0.25;
            }
            pace
        }
    }

    /// Three pieces are there at first, and each further one when it is whole.
    fn whole(time: f64, piece: f64) -> f64 {
        (time / piece).floor() * piece + 3.0 * piece
    }

    #[test]
    fn the_delay_is_known_whatever_pieces_it_comes_in() {
        for piece in [0.04, 2.0, 6.0] {
            let mut stream = Stream::new(piece);
            assert!(!stream.live.settled);
            assert_eq!(stream.play(20.0, Course::Runs, whole), 1.0);
            let delay = stream.live.delay.filter(|_| stream.live.settled).unwrap();
            assert!((delay - 3.0 * piece).abs() < 0.6, "{piece}: {delay}");
            assert_eq!(stream.play(100.0, Course::Runs, whole), 1.0, "there is nothing to make up for");
        }
    }

    #[test]
    fn a_short_stall_is_made_up_for_by_playing_faster_and_a_long_one_by_a_jump() {
        let mut stream = Stream::new(2.0);
        stream.play(20.0, Course::Runs, whole);
        let before = stream.live.delay.unwrap();
        stream.play(3.0, Course::Stalls, |_, _| 24.0);
        assert!(stream.live.delay.unwrap() > before + 2.5, "it is seen how it grows");
        assert_eq!(stream.play(10.0, Course::Runs, whole), PACE);
        stream.play(60.0, Course::Runs, whole);
        let delay = stream.live.delay.unwrap();
        // A second more than before, so that it may not happen again.
        assert!((delay - before - MORE).abs() < 0.3 && stream.jumps.is_empty(), "{delay} after {before}");
        let at = stream.time;
        stream.play(20.0, Course::Stalls, |_, _| whole(at, 2.0));
        stream.play(5.0, Course::Runs, whole);
        assert!(stream.jumps.len() == 1 && stream.jumps[0] > 15.0, "{:?}", stream.jumps);
        // It went by what had come till then: the rest is made up for.
        stream.play(25.0, Course::Runs, whole);
        let delay = stream.live.delay.unwrap();
        assert!((delay - before - 2.0 * MORE).abs() < 0.3 && stream.jumps.len() == 1, "{delay} after {before}");
    }

    #[test]
    fn a_server_that_stood_itself_is_not_hurried_after() {
        let mut stream = Stream::new(2.0);
        stream.play(20.0, Course::Runs, whole);
        let at = stream.time;
        // What was at hand has been seen; then it stood, and what comes goes on from there.
        stream.position += 6.0;
        stream.play(24.0, Course::Stalls, |_, _| whole(at, 2.0));
        let paces =
            [10.0, 30.0].map(|seconds| stream.play(seconds, Course::Runs, |time, piece| whole(time - 24.0, piece)));
        assert!(paces == [1.0, 1.0] && stream.jumps.is_empty(), "{paces:?} {:?}", stream.jumps);
    }

    #[test]
    fn what_comes_faster_than_it_is_watched_is_not_live() {
        let mut stream = Stream::new(1.0);
        let fast = |time: f64, _: f64| time * 20.0;
        stream.play(30.0, Course::Runs, fast);
        assert!(!stream.live.settled);
        stream.play(10.0, Course::Stalls, |_, _| 600.0);
        stream.play(60.0, Course::Runs, |time, _| 600.0 + (time - 40.0) * 20.0);
        assert!(!stream.live.settled && stream.jumps.is_empty());
    }

    #[test]
    fn what_the_viewer_does_is_kept() {
        let mut stream = Stream::new(2.0);
        stream.play(20.0, Course::Runs, whole);
        stream.play(60.0, Course::Rests, whole);
        assert_eq!(stream.play(60.0, Course::Runs, whole), 1.0);
        let delay = stream.live.delay.unwrap();
        assert!((delay - 66.0).abs() < 0.6 && stream.jumps.is_empty(), "{delay}");
    }
}
