//! All that a fake knows.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use openxr::sys;

use super::action_state::{Haptic, Inputs};
use super::bindings::{Action, ActionSet};
use super::clock::Clock;
use super::event::Event;
use super::frame::Frame;
use super::instance::Instance;
use super::offer::Offer;
use super::passthrough::{Passthrough, PassthroughLayer};
use super::session::Session;
use super::space::Space;
use super::swapchain::Swapchain;
use super::world::World;

/// What a call ends in: a success code, or an error.
pub(super) type Outcome = Result<sys::Result, sys::Result>;

/// xrGetSystem's one answer.
pub(super) const SYSTEM: u64 = 7;

/// A failure that the test has ordered.
pub(super) struct Failure {
    pub(super) function: String,
    pub(super) calls_before: usize,
    pub(super) result: sys::Result,
}

pub(super) struct State {
    pub(super) slot: u32,
    serial: u32,
    /// The function that runs now, for the faults' texts.
    pub(super) function: &'static str,
    pub(super) offer: Offer,
    pub(super) faults: Vec<String>,
    pub(super) calls: Vec<&'static str>,
    pub(super) failures: Vec<Failure>,
    pub(super) instances: BTreeMap<u64, Instance>,
    pub(super) sessions: BTreeMap<u64, Session>,
    pub(super) swapchains: BTreeMap<u64, Swapchain>,
    pub(super) spaces: BTreeMap<u64, Space>,
    pub(super) action_sets: BTreeMap<u64, ActionSet>,
    pub(super) actions: BTreeMap<u64, Action>,
    pub(super) passthroughs: BTreeMap<u64, Passthrough>,
    pub(super) passthrough_layers: BTreeMap<u64, PassthroughLayer>,
    pub(super) messengers: BTreeMap<u64, u64>,
    /// Events that no instance has polled yet.
    pub(super) events: VecDeque<Event>,
    /// XrPath n is the nth of these, counted from 1.
    pub(super) paths: Vec<String>,
    pub(super) world: World,
    pub(super) clock: Clock,
    pub(super) inputs: Inputs,
    pub(super) frames: Vec<Frame>,
    pub(super) haptics: Vec<Haptic>,
    pub(super) refresh_rate: f32,
    pub(super) refuse_refresh_rates: bool,
    pub(super) requested_refresh_rates: Vec<f32>,
    /// So many of the next xrWaitSwapchainImage calls time out.
    pub(super) image_timeouts: u32,
    pub(super) keep_pictures: bool,
    pub(super) object_names: HashMap<u64, String>,
    pub(super) suggested_profiles: BTreeSet<String>,
    /// The test has let go of the fake, so that the slot is free when the last instance is.
    pub(super) abandoned: bool,
}

impl State {
    pub(super) fn new(slot: u32, offer: Offer) -> Self {
        Self {
            slot,
            serial: 0,
            function: "",
            refresh_rate: offer.refresh_rates.first().copied().unwrap_or(90.0),
            offer,
            faults: Vec::new(),
            calls: Vec::new(),
            failures: Vec::new(),
            instances: BTreeMap::new(),
            sessions: BTreeMap::new(),
            swapchains: BTreeMap::new(),
            spaces: BTreeMap::new(),
            action_sets: BTreeMap::new(),
            actions: BTreeMap::new(),
            passthroughs: BTreeMap::new(),
            passthrough_layers: BTreeMap::new(),
            messengers: BTreeMap::new(),
            events: VecDeque::new(),
            paths: Vec::new(),
            world: World::default(),
            clock: Clock::new(1_000_000_000_000, 11_111_111),
            inputs: Inputs::default(),
            frames: Vec::new(),
            haptics: Vec::new(),
            refuse_refresh_rates: false,
            requested_refresh_rates: Vec::new(),
            image_timeouts: 0,
            keep_pictures: false,
            object_names: HashMap::new(),
            suggested_profiles: BTreeSet::new(),
            abandoned: false,
        }
    }

    /// A handle of this fake that was never used before.
    pub(super) fn handle(&mut self) -> u64 {
        self.serial += 1;
        (u64::from(self.slot + 1) << 32) | u64::from(self.serial)
    }

    /// Writes down that the client did wrong, and what it gets for it.
    pub(super) fn misuse(&mut self, what: impl AsRef<str>, result: sys::Result) -> sys::Result {
        let fault = format!("{}: {}", self.function, what.as_ref());
        self.faults.push(fault);
        result
    }

    /// The same for a wrong argument.
    pub(super) fn invalid(&mut self, what: impl AsRef<str>) -> sys::Result {
        self.misuse(what, sys::Result::ERROR_VALIDATION_FAILURE)
    }

    pub(super) fn session(&mut self, handle: u64) -> Result<&mut Session, sys::Result> {
        self.sessions.get_mut(&handle).ok_or(sys::Result::ERROR_HANDLE_INVALID)
    }

    /// The instance that `handle`, of whatever kind, was made from; none when it does not live.
    pub(super) fn instance_of(&self, handle: u64) -> Option<u64> {
        if self.instances.contains_key(&handle) {
            return Some(handle);
        }
        self.messengers
            .get(&handle)
            .copied()
            .or_else(|| self.parent(handle).and_then(|parent| self.instance_of(parent)))
    }

    /// The session that `handle` is, or was made from.
    pub(super) fn session_of(&self, handle: u64) -> Option<u64> {
        if self.sessions.contains_key(&handle) {
            return Some(handle);
        }
        self.parent(handle).and_then(|parent| self.session_of(parent))
    }

    fn parent(&self, handle: u64) -> Option<u64> {
        None.or_else(|| self.sessions.get(&handle).map(|session| session.instance))
            .or_else(|| self.swapchains.get(&handle).map(|swapchain| swapchain.session))
            .or_else(|| self.spaces.get(&handle).map(|space| space.session))
            .or_else(|| self.action_sets.get(&handle).map(|set| set.instance))
            .or_else(|| self.actions.get(&handle).map(|action| action.set))
            .or_else(|| self.passthroughs.get(&handle).map(|passthrough| passthrough.session))
            .or_else(|| self.passthrough_layers.get(&handle).map(|layer| layer.session))
    }

    /// The text of an XrPath.
    pub(super) fn path(&mut self, path: sys::Path) -> Result<String, sys::Result> {
        let index = usize::try_from(path.into_raw()).unwrap_or(usize::MAX).wrapping_sub(1);
        match self.paths.get(index) {
            Some(text) => Ok(text.clone()),
            None => Err(self.misuse(format!("{path:?} is no path"), sys::Result::ERROR_PATH_INVALID)),
        }
    }

    /// The XrPath of a text.
    pub(super) fn path_of(&mut self, text: &str) -> sys::Path {
        let index = self.paths.iter().position(|path| path == text).unwrap_or_else(|| {
            self.paths.push(text.to_owned());
            self.paths.len() - 1
        });
        sys::Path::from_raw(index as u64 + 1)
    }

    /// Whether the instance that `handle` belongs to has switched this extension on.
    pub(super) fn has(&self, handle: u64, extension: &str) -> bool {
        let instance = self.instance_of(handle).and_then(|instance| self.instances.get(&instance));
        instance.is_some_and(|instance| instance.extensions.iter().any(|name| name == extension))
    }
}
