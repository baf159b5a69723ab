//! How much work a picture is worth: watches the GPU's time against the film's, and steps down and up. Pure; one thread.
//!
//! A step down costs first the network's rate (depth is carried further), then the eyes' size, then their mattes. It is taken when pictures are dropped or
//! the GPU has no time left: at once to the step whose work fits, by what pictures and passes were seen to take, since each other size of the eyes costs some
//! pictures. A step up is taken when it would fit with room to spare, and one that did not hold is tried again later and later.

use std::time::{Duration, Instant};

use serde::Serialize;

/// What the viewer has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Quality {
    /// As much as there is time for
    #[default]
    Auto,
    /// Everything for every picture, however long it takes
    Full,
    /// Little work for each picture
    Fast,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Level {
    /// The network begins a pass at most so often: seconds from one beginning to the next. 0: whenever it is free.
    pub network_interval: f64,
    /// Part of the size at which they are seen that the eyes have, each way.
    pub eyes: f32,
    /// Silhouettes are found in the picture, with mattes.
    pub mattes: bool,
}

/// The steps, the best first.
pub const LEVELS: [Level; 6] = [
    Level { network_interval: 0.0, eyes: 1.0, mattes: true },
    Level { network_interval: 0.125, eyes: 1.0, mattes: true },
    Level { network_interval: 0.25, eyes: 1.0, mattes: true },
    Level { network_interval: 0.25, eyes: 0.87, mattes: true },
    Level { network_interval: 0.25, eyes: 0.75, mattes: true },
    Level { network_interval: 0.25, eyes: 0.75, mattes: false },
];

/// What was seen since it was asked last.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Load {
    /// Pictures shown.
    pub shown: u32,
    /// Pictures left out for being late.
    pub dropped: u32,
    /// GPU time for showing them, in seconds altogether: eyes and layout.
    pub painting: f64,
    /// GPU time for making scenes of them.
    pub making: f64,
    /// GPU time of the network's passes.
    pub network: f64,
    /// How many those were.
    pub passes: u32,
}

/// How often it decides.
const WINDOW: Duration = Duration::from_secs(1);
/// Before that where there is no doubt: after so long, when more pictures than this, and than half of those shown, have been dropped.
const SOON: Duration = Duration::from_millis(400);
const NO_DOUBT: u32 = 5;
/// More than this part of the pictures dropped is too many.
const DROPPED: f64 = 0.08;
/// The GPU has no time left beyond this part of it.
const BUSY: f64 = 0.97;
/// A step up has to fit into this part.
const ROOM: f64 = 0.8;
/// Windows without a reason to step down before a step up.
const CALM: u32 = 3;
/// What painting takes with mattes of what it takes without.
const MATTES: f64 = 1.5;
/// The most windows that it waits for before it tries a step that did not hold.
const LONGEST: u32 = 60;

/// Decides. Made anew for each film that is opened.
#[derive(Debug, Clone)]
pub struct Governor {
    quality: Quality,
    level: usize,
    load: Load,
    since: Option<Instant>,
    calm: u32,
    /// So many calm windows are wanted.
    patience: u32,
    /// The last step was one up, so many windows ago.
    tried: Option<u32>,
}

impl Governor {
    /// Begins with the best, or stays with what `quality` says.
    pub fn new(quality: Quality) -> Self {
        let level = if quality == Quality::Fast { LEVELS.len() - 1 } else { 0 };
        Self { quality, level, load: Load::default(), since: None, calm: 0, patience: CALM, tried: None }
    }

    /// The step that holds.
    pub fn level(&self) -> usize {
        self.level
    }

    /// What it means.
    pub fn settings(&self) -> Level {
        LEVELS[self.level]
    }

    /// Takes what has happened up to `now` while film time ran. The new step, where it changes.
    pub fn follow(&mut self, load: &Load, now: Instant) -> Option<usize> {
        // What happened before it began to watch took an unknown time.
        let seconds = now.saturating_duration_since(*self.since.get_or_insert(now));
        if seconds.is_zero() {
            return None;
        }
        let sum = &mut self.load;
        (sum.shown, sum.dropped) = (sum.shown + load.shown, sum.dropped + load.dropped);
        sum.painting += load.painting;
        sum.making += load.making;
        (sum.network, sum.passes) = (sum.network + load.network, sum.passes + load.passes);
        let no_doubt = seconds >= SOON && sum.shown > 0 && sum.dropped > NO_DOUBT.max(sum.shown / 2);
        if seconds < WINDOW && !no_doubt {
            return None;
        }
        let seconds = seconds.as_secs_f64();
        let sum = std::mem::take(&mut self.load);
        self.since = Some(now);
        (self.quality == Quality::Auto).then(|| self.decide(&sum, seconds)).flatten()
    }

    /// Film time stood: what was seen before says nothing of what comes.
    pub fn pause(&mut self) {
        (self.load, self.since) = (Load::default(), None);
    }

    fn decide(&mut self, load: &Load, seconds: f64) -> Option<usize> {
        let pictures = f64::from(load.shown + load.dropped).max(1.0);
        let late = f64::from(load.dropped) / pictures > DROPPED;
        let busy = (load.painting + load.making + load.network) / seconds;
        self.tried = self.tried.map(|windows| windows + 1);
        if (late || busy > BUSY) && self.level + 1 < LEVELS.len() {
            // A step up that is taken back at once was one too many.
            let failed = self.tried.is_some_and(|windows| windows <= CALM);
            self.patience = if failed { (self.patience * 2).min(LONGEST) } else { CALM };
            (self.calm, self.tried) = (0, None);
            let fits = |level: &usize| self.expected(load, seconds, *level) <= BUSY;
            self.level = (self.level + 1..LEVELS.len()).find(fits).unwrap_or(LEVELS.len() - 1);
            return Some(self.level);
        }
        self.calm = if late { 0 } else { self.calm + 1 };
        let above = self.level.checked_sub(1)?;
        if late || self.calm < self.patience || self.expected(load, seconds, above) > ROOM {
            return None;
        }
        (self.calm, self.tried) = (0, Some(0));
        self.level = above;
        Some(self.level)
    }

    /// In which part of its time the GPU would be at work if all pictures were shown at `level`.
    fn expected(&self, load: &Load, seconds: f64, level: usize) -> f64 {
        let (here, there) = (LEVELS[self.level], LEVELS[level]);
        let shown = f64::from(load.shown).max(1.0);
        let pictures = f64::from(load.shown + load.dropped).max(1.0);
        let work = |level: Level| f64::from(level.eyes).powi(2) * if level.mattes { MATTES } else { 1.0 };
        let picture = (load.painting * work(there) / work(here) + load.making) / shown;
        let pass = load.network / f64::from(load.passes).max(1.0);
        let passes = match there.network_interval > 0.0 {
            true => seconds / there.network_interval,
            // Whenever it is free: it takes what is left.
            false => f64::from(load.passes),
        };
        (pictures * picture + passes * pass) / seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GPU that takes `cost` seconds for a picture of full size and `pass` for the network, and a film of 24 pictures a second, for `seconds`: the steps.
    fn steps(governor: &mut Governor, cost: f64, pass: f64, seconds: u32, began: Instant) -> Vec<usize> {
        (0..seconds * 4)
            .map(|quarter| {
                let level = governor.settings();
                let picture = cost * f64::from(level.eyes).powi(2) / if level.mattes { 1.0 } else { MATTES };
                // What began in this quarter: the counts are whole.
                let passes = match level.network_interval > 0.0 {
                    true => f64::from(quarter) * 0.25 / level.network_interval,
                    false => f64::from(quarter) * 2.5,
                };
                let each = if level.network_interval > 0.0 { 0.25 / level.network_interval } else { 2.5 };
                let begun = ((passes + each).floor() - passes.floor()) as u32;
                let wanted = 6.0 * picture + f64::from(begun) * pass;
                let fits = (0.25 / wanted).min(1.0);
                let shown = (6.0 * fits).round() as u32;
                let passes = (f64::from(begun) * fits).round() as u32;
                let load = Load {
                    shown,
                    dropped: 6 - shown,
                    painting: picture * f64::from(shown),
                    making: 0.0,
                    network: f64::from(passes) * pass,
                    passes,
                };
                governor.follow(&load, began + Duration::from_millis(250) * quarter);
                governor.level()
            })
            .collect()
    }

    #[test]
    fn the_networks_rate_goes_first_then_the_eyes_size_then_their_mattes() {
        for pair in LEVELS.windows(2) {
            let [before, after] = [pair[0], pair[1]];
            let changed = [
                before.network_interval < after.network_interval,
                before.eyes > after.eyes,
                before.mattes && !after.mattes,
            ];
            assert_eq!(changed.iter().filter(|changed| **changed).count(), 1, "one thing at a time: {pair:?}");
            assert!(!changed[0] || (before.eyes == 1.0 && before.mattes), "{pair:?}");
            assert!(!changed[1] || before.mattes, "{pair:?}");
        }
        assert!(LEVELS[0].mattes && !LEVELS[LEVELS.len() - 1].mattes);
    }

    #[test]
    fn it_goes_down_at_once_to_what_fits_and_up_again_step_by_step() {
        let began = Instant::now();
        let mut governor = Governor::new(Quality::Auto);
        let fast = steps(&mut governor, 0.01, 0.01, 20, began);
        assert!(fast.iter().all(|level| *level == 0), "what is fast enough stays: {fast:?}");
        let last = LEVELS.len() - 1;
        let slow = steps(&mut governor, 0.06, 0.06, 20, began + Duration::from_secs(20));
        assert!(slow[4..].iter().all(|level| *level == last), "in one step: {slow:?}");
        let again = steps(&mut governor, 0.01, 0.01, 40, began + Duration::from_secs(40));
        assert!(again.last() == Some(&0) && again.windows(2).all(|pair| pair[1] + 1 >= pair[0]), "{again:?}");
        // So many too many in so short a time leave no doubt.
        let mut governor = Governor::new(Quality::Auto);
        governor.follow(&Load::default(), began);
        let bad = Load { shown: 2, dropped: 8, painting: 0.2, ..Load::default() };
        assert_eq!(governor.follow(&bad, began + SOON), Some(last));
        // What one step less is enough for goes no further.
        let mut governor = Governor::new(Quality::Auto);
        let less = steps(&mut governor, 0.03, 0.035, 8, began);
        assert_eq!(less.last(), Some(&2), "{less:?}");
    }

    #[test]
    fn it_does_not_swing_for_ever() {
        let began = Instant::now();
        let mut governor = Governor::new(Quality::Auto);
        // A step that fits and one above it that does not.
        let steps = steps(&mut governor, 0.034, 0.02, 240, began);
        let changes = |steps: &[usize]| steps.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let half = steps.len() / 2;
        assert!(changes(&steps[half..]) <= 6, "{:?}", &steps[half..]);
    }

    #[test]
    fn what_was_chosen_stays() {
        let began = Instant::now();
        for (quality, level) in [(Quality::Full, 0), (Quality::Fast, LEVELS.len() - 1)] {
            let mut governor = Governor::new(quality);
            assert!(steps(&mut governor, 0.2, 0.2, 10, began).iter().all(|now| *now == level));
        }
    }

    #[test]
    fn a_pause_is_no_reason() {
        let began = Instant::now();
        let mut governor = Governor::new(Quality::Auto);
        let bad = Load { shown: 1, dropped: 20, ..Load::default() };
        assert_eq!(governor.follow(&Load::default(), began), None);
        assert_eq!(governor.follow(&bad, began + Duration::from_millis(100)), None);
        governor.pause();
        assert_eq!(governor.follow(&Load::default(), began + Duration::from_secs(5)), None);
        assert_eq!(governor.follow(&Load { shown: 24, ..Load::default() }, began + Duration::from_secs(6)), None);
    }
}
