//! What goes up the chain: the epoch of the last seek, stop, and how late it is.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::media::StopFlag;
use crate::time::Time;

/// No film time: nothing is ever late.
const NEVER: i64 = i64::MIN;

/// How exactly a seek comes to the place sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeekMode {
    /// To the picture that is seen then: all from the key frame before it are decoded.
    Exact,
    /// To the last key frame before it, which is shown soonest; but to the exact place where that key frame does not lie beyond where the viewer is already.
    KeyFrame {
        /// That film time, where it is to be minded.
        beyond: Option<Time>,
    },
}

/// A place to go to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) time: Time,
    pub(super) mode: SeekMode,
    pub(super) epoch: u32,
}

#[derive(Default)]
struct Wish {
    seek: Option<Target>,
    /// Of the last seek, where it leads to a key frame: its epoch, and that frame's film time once it is known.
    near: Option<(u32, Option<Time>)>,
}

struct Steering {
    wish: Mutex<Wish>,
    changed: Condvar,
    epoch: AtomicU32,
    stopped: AtomicBool,
    now: AtomicI64,
    /// In which part of the time whoever shows the scenes had nothing to do, in parts of a million.
    idle: AtomicU32,
    dropped: AtomicU64,
    /// Nanoseconds from one pass of the network to the next, at least.
    network_interval: AtomicU64,
    network_rests: AtomicBool,
    passes: Mutex<VecDeque<Pass>>,
    stop_source: StopFlag,
}

/// Passes that wait to be asked for: nobody may ask.
const PASSES: usize = 64;

/// A pass of the network over a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Film time of the frame.
    pub pts: Time,
    /// How long the GPU took over it, where it tells.
    pub took: Option<Duration>,
}

/// The handle by which a player or a converter steers a film. Clones steer the same film; any thread may.
#[derive(Clone)]
pub struct Control(Arc<Steering>);

impl Control {
    pub(super) fn new(stop_source: StopFlag) -> Self {
        Self(Arc::new(Steering {
            wish: Mutex::default(),
            changed: Condvar::new(),
            epoch: AtomicU32::new(0),
            stopped: AtomicBool::new(false),
            now: AtomicI64::new(NEVER),
            idle: AtomicU32::new(0),
            dropped: AtomicU64::new(0),
            network_interval: AtomicU64::new(0),
            network_rests: AtomicBool::new(false),
            passes: Mutex::default(),
            stop_source,
        }))
    }

    fn wish(&self) -> MutexGuard<'_, Wish> {
        self.0.wish.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes to `time`, as `mode` says, and ends a wait for a server. The frames from there on carry the epoch returned; those of older ones may be thrown away.
    /// Of several seeks in a row only the last is carried out.
    pub fn seek(&self, time: Time, mode: SeekMode) -> u32 {
        let mut wish = self.wish();
        let epoch = self.0.epoch.fetch_add(1, Ordering::AcqRel) + 1;
        self.0.now.store(NEVER, Ordering::Release);
        wish.seek = Some(Target { time, mode, epoch });
        wish.near = matches!(mode, SeekMode::KeyFrame { .. }).then_some((epoch, None));
        self.0.stop_source.interrupt();
        self.0.changed.notify_all();
        epoch
    }

    /// The first picture of `epoch` is at `time`.
    pub(super) fn note_first(&self, epoch: u32, time: Time) {
        if let Some((_, first)) = self.wish().near.as_mut().filter(|(near, _)| *near == epoch) {
            *first = Some(time);
        }
    }

    /// Where sound begins after the seek of `epoch` to `target`: there, or where its key frame is; `None` while that is not known.
    #[cfg(feature = "media")]
    pub(super) fn sound_from(&self, epoch: u32, target: Time) -> Option<Time> {
        match self.wish().near {
            Some((near, first)) if near == epoch => first,
            _ => Some(target),
        }
    }

    /// The epoch of the last seek.
    pub fn epoch(&self) -> u32 {
        self.0.epoch.load(Ordering::Acquire)
    }

    /// Tells the chain the film time of the pictures that are begun to be shown, so that frames that would come too late are left out before anything is
    /// done for them. Without it, or with `None`, every frame is made (converting, paused, stepping).
    pub fn set_now(&self, now: Option<Time>) {
        self.0.now.store(now.map_or(NEVER, Time::nanoseconds), Ordering::Release);
    }

    /// The film time last told.
    pub(super) fn now(&self) -> Option<Time> {
        Some(self.0.now.load(Ordering::Acquire)).filter(|now| *now != NEVER).map(Time::from_nanoseconds)
    }

    /// Tells in which part of the time since the scene before whoever shows them had nothing to do: frames are made more often, or less.
    pub fn set_idle(&self, share: f64) {
        self.0.idle.store((share.clamp(0.0, 1.0) * 1e6) as u32, Ordering::Relaxed);
    }

    pub(super) fn idle(&self) -> f64 {
        f64::from(self.0.idle.load(Ordering::Relaxed)) / 1e6
    }

    /// How many frames were left out for being late.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn count_dropped(&self) {
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Where no frame waits for the network: no pass begins, or passes begin again.
    pub fn set_network_rests(&self, rests: bool) {
        self.0.network_rests.store(rests, Ordering::Relaxed);
    }

    pub(super) fn network_rests(&self) -> bool {
        self.0.network_rests.load(Ordering::Relaxed)
    }

    /// Where no frame waits for the network: a pass begins no sooner after the one before than `interval`, but for a shot that has no depth at all.
    pub fn set_network_interval(&self, interval: Duration) {
        self.0.network_interval.store(u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn network_interval(&self) -> Duration {
        Duration::from_nanos(self.0.network_interval.load(Ordering::Relaxed))
    }

    /// The passes that the network has finished since this was asked last, the newest 64 of them.
    pub fn take_passes(&self) -> Vec<Pass> {
        self.passes().drain(..).collect()
    }

    pub(super) fn note_pass(&self, pass: Pass) {
        let mut passes = self.passes();
        if passes.len() == PASSES {
            passes.pop_front();
        }
        passes.push_back(pass);
    }

    fn passes(&self) -> MutexGuard<'_, VecDeque<Pass>> {
        self.0.passes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends everything soon, also a source that waits for the network.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.stop_source.stop();
        let _wish = self.wish();
        self.0.changed.notify_all();
    }

    /// Whether it is to end.
    pub(super) fn stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }

    /// Raised when it is to stop.
    #[cfg(feature = "media")]
    pub(super) fn stop_flag(&self) -> StopFlag {
        self.0.stop_source.clone()
    }

    /// The seek to carry out, if any. From then on its reading is interrupted by the next one only.
    pub(super) fn take_seek(&self) -> Option<Target> {
        let mut wish = self.wish();
        self.0.stop_source.resume();
        wish.seek.take()
    }

    /// Waits for a seek or for stop.
    pub(super) fn wait(&self) {
        let mut wish = self.wish();
        while wish.seek.is_none() && !self.stopped() {
            wish = self.0.changed.wait(wish).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
