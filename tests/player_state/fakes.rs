//! Films that are made up, and a player of them with a clock that the test moves.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deep3d::film::SeekMode;
use deep3d::frame::{Chapter, Frame};
use deep3d::media::Cached;
use deep3d::player::{Error, Next, Player, PlayerOptions, Playlist, SceneSource};
use deep3d::playlist::Entry;
use deep3d::sink::Action;
use deep3d::time::Time;
use deep3d::trace::Trace;

/// What a made-up film is like.
#[derive(Clone)]
pub(crate) struct Nature {
    pub(crate) frames: i64,
    /// Frames a second; 0 for a still.
    pub(crate) rate: i64,
    /// Frames last 20 and 100 ms in turn instead.
    pub(crate) uneven: bool,
    /// What making one scene takes.
    pub(crate) cost: Duration,
    /// How long after it came out of the ring the GPU is done with it.
    pub(crate) gpu: Duration,
    /// Leaves out what would come too late, as the film thread does.
    pub(crate) skips: bool,
    /// Where its chapters begin, in seconds.
    pub(crate) chapters: Vec<f64>,
    /// Nobody knows how long it is.
    pub(crate) live: bool,
    /// Cannot be opened.
    pub(crate) missing: bool,
    /// It is a list of these films, as turns out when it is opened.
    pub(crate) list: Vec<usize>,
    /// Breaks off with an error before this frame.
    pub(crate) breaks_at: Option<i64>,
}

impl Default for Nature {
    fn default() -> Self {
        let cost = Duration::from_millis(1);
        Self {
            frames: 48,
            rate: 24,
            uneven: false,
            cost,
            gpu: Duration::ZERO,
            skips: false,
            chapters: Vec::new(),
            live: false,
            missing: false,
            list: Vec::new(),
            breaks_at: None,
        }
    }
}

impl Nature {
    pub(crate) fn pts(&self, index: i64) -> Time {
        match self.rate {
            0 => Time::ZERO,
            _ if self.uneven => Time::from_ticks(index / 2 * 6 + index % 2, 1, 50),
            rate => Time::from_ticks(index, 1, rate as i32),
        }
    }

    pub(crate) fn length(&self) -> Time {
        self.pts(self.frames)
    }
}

/// The test's time and what the films were told.
pub(crate) struct World {
    pub(crate) start: Instant,
    pub(crate) now: Cell<Instant>,
    pub(crate) seeks: RefCell<Vec<Time>>,
    pub(crate) modes: RefCell<Vec<SeekMode>>,
    /// Nothing comes.
    pub(crate) stalled: Cell<bool>,
    /// The network looks at nothing.
    pub(crate) rests: Cell<bool>,
    /// What is said to be at hand.
    pub(crate) cached: RefCell<Option<Cached>>,
    pub(crate) opened: RefCell<Vec<usize>>,
    /// What is to be got ready, each time that it changes: when, and which film.
    pub(crate) prepared: RefCell<Vec<(f64, Option<usize>)>>,
    /// In which part of the time nothing was painted, as told with each picture.
    pub(crate) idle: RefCell<Vec<f64>>,
}

pub(crate) struct FakeFilm {
    pub(crate) nature: Nature,
    pub(crate) world: Rc<World>,
    pub(crate) epoch: u32,
    /// The next frame to be made, its number in the epoch, and when its making may begin.
    pub(crate) index: i64,
    pub(crate) id: u64,
    pub(crate) begin: Instant,
    pub(crate) told: Option<(Time, Instant)>,
    pub(crate) ring: VecDeque<Next<Instant>>,
}

const AHEAD: usize = 3;
/// Every so many frames is a key frame.
const KEY_FRAMES: i64 = 48;

impl FakeFilm {
    /// Does what the film thread would have done until now.
    pub(crate) fn work(&mut self) {
        let now = self.world.now.get();
        while self.ring.len() < AHEAD && self.index <= self.nature.frames && self.begin + self.nature.cost <= now {
            let index = self.index;
            self.index += 1;
            if index == self.nature.frames {
                self.ring.push_back(Next::End(self.epoch));
                return;
            }
            if self.nature.breaks_at == Some(index) {
                self.ring.push_back(Next::Failed(self.epoch, "it broke".into()));
                self.index = i64::MAX;
                return;
            }
            let (pts, duration) = (self.nature.pts(index), self.nature.pts(index + 1) - self.nature.pts(index));
            let id = self.id;
            self.id += 1;
            let film_now = self.told.map(|(time, at)| time + Time::from(self.begin.saturating_duration_since(at)));
            if self.nature.skips && film_now.is_some_and(|now| pts + duration < now + Time::from(self.nature.cost)) {
                continue;
            }
            self.begin += self.nature.cost;
            let done = self.begin + self.nature.gpu;
            let frame = Frame { id, pts, duration, epoch: self.epoch, trace: Trace::default(), data: done };
            self.ring.push_back(Next::Scene(frame));
        }
        if self.ring.len() == AHEAD {
            self.begin = now;
        }
    }
}

impl SceneSource for FakeFilm {
    type Scene = Instant;

    fn next(&mut self) -> Next<Instant> {
        if self.world.stalled.get() {
            return Next::Yet;
        }
        self.work();
        self.ring.pop_front().unwrap_or(Next::Yet)
    }

    fn take_list(&mut self) -> Option<(Vec<Entry>, usize)> {
        let list = std::mem::take(&mut self.nature.list);
        (!list.is_empty()).then(|| (list.into_iter().map(entry).collect(), 0))
    }

    fn is_ready(&self, done: &Instant) -> Result<bool, Error> {
        Ok(*done <= self.world.now.get())
    }

    fn seek(&mut self, time: Time, mode: SeekMode) -> u32 {
        self.world.seeks.borrow_mut().push(time);
        self.world.modes.borrow_mut().push(mode);
        self.epoch += 1;
        self.index = (0..self.nature.frames).rev().find(|index| self.nature.pts(*index) <= time).unwrap();
        if let SeekMode::KeyFrame { beyond } = mode {
            let key = self.index / KEY_FRAMES * KEY_FRAMES;
            if beyond.is_none_or(|place| self.nature.pts(key) > place) {
                self.index = key;
            }
        }
        if time >= self.nature.length() {
            self.index = self.nature.frames;
        }
        self.id = 0;
        self.begin = self.world.now.get();
        // What is in the ring stays there: the player has to know that it is stale.
        self.epoch
    }

    fn set_now(&mut self, now: Option<Time>) {
        self.work();
        self.told = now.map(|now| (now, self.world.now.get()));
    }

    fn set_network_rests(&mut self, rests: bool) {
        self.world.rests.set(rests);
    }

    fn set_idle(&mut self, share: f64) {
        self.world.idle.borrow_mut().push(share);
    }

    fn duration(&self) -> Option<Time> {
        (!self.nature.live).then(|| self.nature.length())
    }

    fn cached(&self) -> Option<Cached> {
        self.world.cached.borrow().clone()
    }

    fn chapters(&self) -> Arc<[Chapter]> {
        let chapter = |start: &f64| Chapter { start: Time::from_seconds(*start), name: format!("from {start}") };
        self.nature.chapters.iter().map(chapter).collect()
    }
}

/// Film number `index`.
pub(crate) fn entry(index: usize) -> Entry {
    Entry::new(format!("film {index}"))
}

fn number(entry: &Entry) -> usize {
    entry.location.to_string().strip_prefix("film ").unwrap().parse().unwrap()
}

pub(crate) struct List(Vec<Nature>, Rc<World>);

impl Playlist for List {
    type Source = FakeFilm;

    fn entries(&self) -> Vec<Entry> {
        (0..self.0.len()).map(entry).collect()
    }

    fn open(&mut self, entry: &Entry) -> Result<FakeFilm, Error> {
        let index = number(entry);
        self.1.opened.borrow_mut().push(index);
        // Those that are added have half a second.
        let nature = self.0.get(index).cloned().unwrap_or_else(|| Nature { frames: 12, ..Nature::default() });
        if nature.missing {
            return Err("it is missing".into());
        }
        let (world, begin) = (Rc::clone(&self.1), self.1.now.get());
        Ok(FakeFilm { nature, world, epoch: 0, index: 0, id: 0, begin, told: None, ring: VecDeque::new() })
    }

    fn prepare(&mut self, entry: Option<&Entry>) {
        let elapsed = self.1.now.get() - self.1.start;
        self.1.prepared.borrow_mut().push((elapsed.as_secs_f64(), entry.map(number)));
    }
}

pub(crate) struct Test {
    pub(crate) world: Rc<World>,
    pub(crate) player: Player<List>,
    /// When which picture came to be seen: seconds since the start, its time in seconds, its epoch.
    pub(crate) seen: Vec<(f64, f64, u32)>,
    pub(crate) finished: bool,
    pub(crate) ticks: usize,
}

impl Test {
    pub(crate) fn new(natures: &[Nature], options: PlayerOptions) -> Self {
        let start = Instant::now();
        let now = Cell::new(start);
        let (stalled, cached) = (Cell::default(), RefCell::default());
        let (seeks, modes, idle) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (opened, prepared) = (RefCell::default(), RefCell::default());
        let world = Rc::new(World {
            start,
            now,
            seeks,
            modes,
            stalled,
            rests: Cell::default(),
            cached,
            opened,
            prepared,
            idle,
        });
        let player = Player::new(List(natures.to_vec(), Rc::clone(&world)), options);
        Self { world, player, seen: Vec::new(), finished: false, ticks: 0 }
    }

    pub(crate) fn one(nature: Nature) -> Self {
        Self::new(&[nature], PlayerOptions::default())
    }

    pub(crate) fn now(&self) -> Instant {
        self.world.now.get()
    }

    pub(crate) fn elapsed(&self) -> f64 {
        (self.now() - self.world.start).as_secs_f64()
    }

    pub(crate) fn tick(&mut self) -> Option<Instant> {
        let tick = self.player.tick(self.now());
        self.ticks += 1;
        self.finished = tick.finished;
        if tick.repaint {
            let shown = self.player.shown().unwrap();
            self.seen.push((self.elapsed(), shown.pts.seconds(), shown.epoch));
        }
        tick.wake
    }

    /// Lets `seconds` go by, ticking when the player asks for it.
    pub(crate) fn run(&mut self, seconds: f64) {
        let until = self.now() + Duration::from_secs_f64(seconds);
        while !self.finished {
            match self.tick() {
                Some(wake) if wake <= until => {
                    assert!(wake > self.now() || self.finished, "a tick that asks to be called at once");
                    self.world.now.set(wake);
                }
                _ => break,
            }
        }
        if !self.finished {
            self.world.now.set(until);
        }
    }

    pub(crate) fn act(&mut self, action: Action) {
        self.player.act(action, self.now());
    }

    pub(crate) fn position(&self) -> f64 {
        self.player.position(self.now()).seconds()
    }

    pub(crate) fn shown(&self) -> f64 {
        self.player.shown().unwrap().pts.seconds()
    }
}
