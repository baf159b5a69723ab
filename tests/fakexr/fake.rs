//! The test's handle on the runtime.

use std::sync::Arc;

use openxr::sys::{self, Posef, SessionState, pfn};

use super::action_state::Haptic;
use super::event::Event;
use super::frame::Frame;
use super::offer::{Availability, Offer};
use super::picture::{self, Picture};
use super::pose::{compose, inverse};
use super::slot::{self, Shared, WAYS_IN};
use super::state::{Failure, State};
use super::world::Eye;

/// One fake runtime. When it is dropped its clients may still end in peace.
pub(crate) struct Fake {
    shared: Arc<Shared>,
    slot: u32,
}

impl Fake {
    /// With everything that it can do.
    pub(crate) fn new() -> Self {
        Self::with(Offer::default())
    }

    pub(crate) fn with(offer: Offer) -> Self {
        let mut slot = 0;
        let shared = slot::take(|number| {
            slot = number;
            State::new(number, offer)
        });
        Self { shared, slot }
    }

    fn state<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.shared.lock())
    }

    /// The runtime as `openxr` takes it.
    pub(crate) fn entry(&self) -> openxr::Entry {
        // SAFETY: the fake's functions are OpenXR's.
        unsafe { openxr::Entry::from_get_instance_proc_addr(self.get_instance_proc_addr(), &()) }.unwrap()
    }

    pub(crate) fn get_instance_proc_addr(&self) -> pfn::GetInstanceProcAddr {
        WAYS_IN[self.slot as usize]
    }

    /// Changes what is offered from now on.
    pub(crate) fn offer(&self, change: impl FnOnce(&mut Offer)) {
        self.state(|state| change(&mut state.offer));
    }

    /// Plugs the headset or the whole runtime in or out, for those who ask afterwards.
    pub(crate) fn set_availability(&self, availability: Availability) {
        self.offer(|offer| offer.availability = availability);
    }

    // ---- What the client did --------------------------------------------------------------------------------------------

    /// Everything that it did wrong.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.state(|state| state.faults.clone())
    }

    /// The same, and forgets it.
    pub(crate) fn take_faults(&self) -> Vec<String> {
        self.state(|state| std::mem::take(&mut state.faults))
    }

    #[track_caller]
    pub(crate) fn assert_no_faults(&self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "the client did wrong:\n{}", faults.join("\n"));
    }

    /// The names of all functions called, in order.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.state(|state| state.calls.clone())
    }

    /// How often a function was called.
    pub(crate) fn count(&self, function: &str) -> usize {
        self.state(|state| state.calls.iter().filter(|name| **name == function).count())
    }

    /// The frames shown so far.
    pub(crate) fn frames(&self) -> Vec<Frame> {
        self.state(|state| state.frames.clone())
    }

    /// The same, and forgets them.
    pub(crate) fn take_frames(&self) -> Vec<Frame> {
        self.state(|state| std::mem::take(&mut state.frames))
    }

    pub(crate) fn last_frame(&self) -> Option<Frame> {
        self.state(|state| state.frames.last().cloned())
    }

    /// Frames that were begun and never ended.
    pub(crate) fn discarded_frames(&self) -> u32 {
        self.state(|state| state.sessions.values().map(|session| session.discarded).sum())
    }

    /// The extensions of the newest instance.
    pub(crate) fn enabled_extensions(&self) -> Vec<String> {
        self.state(|state| {
            state.instances.values().last().map(|instance| instance.extensions.clone()).unwrap_or_default()
        })
    }

    /// What the client suggested for a profile: action and source.
    pub(crate) fn bindings(&self, profile: &str) -> Vec<(String, String)> {
        self.state(|state| {
            let bindings = state.instances.values().last().and_then(|instance| instance.bindings.get(profile));
            let name = |action| state.actions.get(&action).map(|action| action.name.clone()).unwrap_or_default();
            bindings.into_iter().flatten().map(|(action, source)| (name(*action), source.clone())).collect()
        })
    }

    /// Every profile that anything was suggested for.
    pub(crate) fn suggested_profiles(&self) -> Vec<String> {
        self.state(|state| state.suggested_profiles.iter().cloned().collect())
    }

    pub(crate) fn haptics(&self) -> Vec<Haptic> {
        self.state(|state| state.haptics.clone())
    }

    pub(crate) fn requested_refresh_rates(&self) -> Vec<f32> {
        self.state(|state| state.requested_refresh_rates.clone())
    }

    /// How many of each kind of object live: a leak test's question.
    pub(crate) fn alive(&self) -> Vec<(&'static str, usize)> {
        self.state(|state| {
            let counts = [
                ("instances", state.instances.len()),
                ("sessions", state.sessions.len()),
                ("swapchains", state.swapchains.len()),
                ("spaces", state.spaces.len()),
                ("action sets", state.action_sets.len()),
                ("actions", state.actions.len()),
                ("passthroughs", state.passthroughs.len()),
                ("passthrough layers", state.passthrough_layers.len()),
                ("messengers", state.messengers.len()),
            ];
            counts.into_iter().filter(|(_, count)| *count > 0).collect()
        })
    }

    /// Keeps each frame's images with its layers, from the next xrEndFrame on.
    pub(crate) fn keep_pictures(&self, keep: bool) {
        self.state(|state| state.keep_pictures = keep);
    }

    /// The image that was released last. The client must be quiet: this uses its queue.
    pub(crate) fn picture(&self, swapchain: u64, layer: u32, mip: u32) -> Option<Picture> {
        self.state(|state| {
            let index = state.swapchains.get(&swapchain)?.released?;
            picture::read(state, swapchain, index, layer, mip)
        })
    }

    // ---- What goes wrong ------------------------------------------------------------------------------------------------

    /// The next call of `function` does nothing and returns `result`.
    pub(crate) fn fail_next(&self, function: &str, result: sys::Result) {
        self.fail_after(function, 0, result);
    }

    /// The same after so many good calls.
    pub(crate) fn fail_after(&self, function: &str, calls_before: usize, result: sys::Result) {
        let failure = Failure { function: function.to_owned(), calls_before, result };
        self.state(|state| state.failures.push(failure));
    }

    /// The session is lost: said as an event, and from now on by every call but the destroying ones.
    pub(crate) fn lose_session(&self) {
        self.go(SessionState::LOSS_PENDING);
        self.state(|state| state.sessions.values_mut().for_each(|session| session.lost = true));
        self.shared.begun.notify_all();
    }

    /// All instances of now are lost.
    pub(crate) fn lose_instance(&self) {
        self.state(|state| state.instances.values_mut().for_each(|instance| instance.lost = true));
        self.shared.begun.notify_all();
    }

    /// Says that the instance will be lost in so many nanoseconds.
    pub(crate) fn announce_instance_loss(&self, after: i64) {
        self.state(|state| {
            let time = state.clock.now() + after;
            state.events.push_back(Event::InstanceLossPending { time });
        });
    }

    /// The client polled too rarely.
    pub(crate) fn lose_events(&self, count: u32) {
        self.state(|state| state.events.push_back(Event::Lost { count }));
    }

    /// So many of the next xrWaitSwapchainImage calls with an end to their patience time out.
    pub(crate) fn time_out_images(&self, count: u32) {
        self.state(|state| state.image_timeouts = count);
    }

    /// Asked for a refresh rate, the runtime says yes and does not do it.
    pub(crate) fn refuse_refresh_rates(&self) {
        self.state(|state| state.refuse_refresh_rates = true);
    }

    // ---- The session ----------------------------------------------------------------------------------------------------

    pub(crate) fn session_state(&self) -> Option<SessionState> {
        self.state(|state| state.sessions.values().last().map(|session| session.state))
    }

    /// Walks the session to `target`, through all states between.
    #[track_caller]
    pub(crate) fn go(&self, target: SessionState) {
        let done = self.state(|state| {
            let newest = state.sessions.keys().last().copied().ok_or("there is no session")?;
            super::session::walk(state, newest, target)
        });
        if let Err(why) = done {
            panic!("{why}");
        }
    }

    /// The headset is put on or taken off (XR_EXT_user_presence).
    pub(crate) fn set_user_presence(&self, present: bool) {
        self.state(|state| {
            if let Some(session) = state.sessions.keys().last().copied() {
                state.events.push_back(Event::UserPresence { session, present });
            }
        });
    }

    // ---- Time -----------------------------------------------------------------------------------------------------------

    /// The next frame will be shown one period after `nanoseconds`.
    pub(crate) fn set_time(&self, nanoseconds: i64) {
        self.state(|state| state.clock.last = nanoseconds);
    }

    /// The display period in nanoseconds.
    pub(crate) fn set_period(&self, nanoseconds: i64) {
        self.state(|state| state.clock.period = nanoseconds);
    }

    /// Lets xrWaitFrame sleep by the real clock, whose XrTime is `now` at this moment.
    pub(crate) fn follow_real_clock(&self, now: i64) {
        self.state(|state| state.clock.follow(now));
    }

    /// XrTime of now: one period before the last predicted frame is shown, or the real clock's.
    pub(crate) fn now(&self) -> i64 {
        self.state(|state| state.clock.now())
    }

    /// So many frames pass without the client before its next xrWaitFrame returns.
    pub(crate) fn miss_frames(&self, count: u32) {
        self.state(|state| state.clock.miss = count);
    }

    pub(crate) fn set_should_render(&self, should_render: bool) {
        self.state(|state| state.clock.should_render = should_render);
    }

    // ---- Head and hands -------------------------------------------------------------------------------------------------

    /// Where the head is, in tracking coordinates.
    pub(crate) fn set_head(&self, pose: Posef) {
        self.move_head(move |_| pose);
    }

    /// Where the head is at which XrTime.
    pub(crate) fn move_head(&self, motion: impl Fn(i64) -> Posef + Send + Sync + 'static) {
        self.state(|state| state.world.head = Arc::new(motion));
    }

    pub(crate) fn set_eyes(&self, eyes: [Eye; 2]) {
        self.state(|state| state.world.eyes = eyes);
    }

    /// Whether poses are tracked or only assumed.
    pub(crate) fn set_tracked(&self, tracked: bool) {
        self.state(|state| state.world.tracked = tracked);
    }

    /// Whether it is known at all where the head is.
    pub(crate) fn set_known(&self, known: bool) {
        self.state(|state| state.world.known = known);
    }

    /// LOCAL's new origin in tracking coordinates, from the next frame on.
    pub(crate) fn recentre(&self, origin: Posef) {
        self.state(|state| {
            let time = state.clock.last + 1;
            let before = state.world.local_at(time);
            state.world.local.push((time, origin));
            if let Some(session) = state.sessions.keys().last().copied() {
                let (kind, pose) = (sys::ReferenceSpaceType::LOCAL, Some(compose(inverse(before), origin)));
                state.events.push_back(Event::ReferenceSpace { session, kind, time, pose });
            }
        });
    }

    /// Which profile's controller `/user/hand/left` or `/user/hand/right` holds; the client finds out when it syncs.
    pub(crate) fn hold(&self, hand: &str, profile: Option<&str>) {
        self.state(|state| match profile {
            Some(profile) => state.inputs.profiles.insert(hand.to_owned(), profile.to_owned()),
            None => state.inputs.profiles.remove(hand),
        });
    }

    /// An input's value: `/user/hand/left/input/trigger/value`, 0…1; a button is pressed above 0.5.
    pub(crate) fn set_input(&self, path: &str, value: f32) {
        self.state(|state| state.inputs.values.insert(path.to_owned(), value));
    }

    /// A stick's or pad's position: `/user/hand/left/input/thumbstick`, −1…1.
    pub(crate) fn set_stick(&self, path: &str, position: [f32; 2]) {
        self.set_input(&format!("{path}/x"), position[0]);
        self.set_input(&format!("{path}/y"), position[1]);
    }

    /// Where `/user/hand/left/input/aim/pose` is in tracking coordinates; none: not tracked.
    pub(crate) fn set_hand(&self, path: &str, pose: Option<Posef>) {
        self.state(|state| match pose {
            Some(pose) => state.world.poses.insert(path.to_owned(), pose),
            None => state.world.poses.remove(path),
        });
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let free = self.state(|state| {
            state.abandoned = true;
            state.instances.is_empty()
        });
        if free {
            slot::free(self.slot);
        }
    }
}
