//! One session with the headset: its state as the runtime tells it, its spaces, and the frames.
//!
//! The runtime works on the queue that it was given while some of its functions run (XR_KHR_vulkan_enable, "Concurrency"), so those
//! are called with the queue locked.

use std::time::{Duration, Instant};

use ash::vk::Handle;
use openxr as xr;

use super::clock::DisplayClock;
use super::error::XrError;
use super::geometry::Pose;
use super::runtime::{Runtime, VIEWS};
use crate::gpu::Gpu;

/// What the runtime tells besides changes of [`Session::state`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// The session is over for good: nobody wants it any more.
    Exiting,
    /// The viewer has recentred with the headset's own button: LOCAL lies elsewhere.
    Recentred,
    /// The headset was put on (true) or taken off.
    Presence(bool),
}

/// A display frame between its beginning and its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct DisplayFrame {
    /// When it will be seen, by the runtime's clock.
    pub(super) time: xr::Time,
    /// The same by ours.
    pub(super) instant: Instant,
    /// From one picture on the display to the next.
    pub(super) period: Duration,
    /// Whether anybody will see it.
    pub(super) visible: bool,
}

impl DisplayFrame {
    /// When the next picture will be seen, by the runtime's clock.
    pub(super) fn next(&self) -> xr::Time {
        let period = i64::try_from(self.period.as_nanos()).unwrap_or_default();
        xr::Time::from_nanos(self.time.as_nanos().saturating_add(period))
    }
}

/// An eye at one moment, in LOCAL space.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eye {
    pub(super) pose: Pose,
    pub(super) fov: xr::Fovf,
}

pub(super) struct Session {
    // In the order in which they go.
    pub(super) view: xr::Space,
    pub(super) local: xr::Space,
    pub(super) frames: Frames,
    pub(super) handle: xr::Session<xr::Vulkan>,
    state: xr::SessionState,
    running: bool,
    instance: xr::Instance,
    gpu: Gpu,
}

/// The display's pictures, one after the other.
pub(super) struct Frames {
    stream: xr::FrameStream<xr::Vulkan>,
    waiter: xr::FrameWaiter,
    clock: DisplayClock,
    gpu: Gpu,
}

pub(super) fn pose(posef: &xr::Posef) -> Pose {
    let xr::Posef { position: p, orientation: q } = posef;
    let rotation = glam::Quat::from_xyzw(q.x, q.y, q.z, q.w);
    // A runtime that has lost track may say nonsense.
    let rotation = if rotation.is_finite() && rotation.length_squared() > 0.5 {
        rotation.normalize()
    } else {
        glam::Quat::IDENTITY
    };
    let position = glam::Vec3::new(p.x, p.y, p.z);
    Pose { position: if position.is_finite() { position } else { glam::Vec3::ZERO }, rotation }
}

pub(super) fn posef(pose: &Pose) -> xr::Posef {
    let (p, q) = (pose.position, pose.rotation);
    xr::Posef {
        position: xr::Vector3f { x: p.x, y: p.y, z: p.z },
        orientation: xr::Quaternionf { x: q.x, y: q.y, z: q.z, w: q.w },
    }
}

impl Session {
    pub(super) fn new(runtime: &Runtime, gpu: &Gpu) -> Result<Self, XrError> {
        let (_, instance, physical, device, family) = gpu.handles();
        let info = xr::vulkan::SessionCreateInfo {
            instance: instance.handle().as_raw() as _,
            physical_device: physical.as_raw() as _,
            device: device.handle().as_raw() as _,
            queue_family_index: family,
            queue_index: 0,
        };
        // SAFETY: instance and device were made by this runtime (`XrHost`), live as long as the guard, and the device has that queue.
        let made = gpu.with_queue(|_| unsafe {
            runtime.instance.create_session_with_guard::<xr::Vulkan>(runtime.system, &info, Box::new(gpu.clone()))
        });
        let (handle, waiter, stream) = made.map_err(XrError::while_doing("beginning a session"))?;
        let space = |kind| {
            handle
                .create_reference_space(kind, xr::Posef::IDENTITY)
                .map_err(XrError::while_doing("measuring out the room"))
        };
        Ok(Self {
            view: space(xr::ReferenceSpaceType::VIEW)?,
            local: space(xr::ReferenceSpaceType::LOCAL)?,
            frames: Frames { stream, waiter, clock: DisplayClock::new(&runtime.instance), gpu: gpu.clone() },
            state: xr::SessionState::IDLE,
            running: false,
            instance: runtime.instance.clone(),
            gpu: gpu.clone(),
            handle,
        })
    }

    /// Where the session stands.
    pub(super) fn state(&self) -> xr::SessionState {
        self.state
    }

    /// Whether frames are wanted: between the session's beginning and its end.
    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    /// Whether anybody may see our pictures.
    pub(super) fn is_visible(&self) -> bool {
        matches!(self.state, xr::SessionState::VISIBLE | xr::SessionState::FOCUSED)
    }

    /// The next thing that the runtime has to tell; begins and ends the session as it asks for it.
    pub(super) fn poll(&mut self) -> Result<Option<Happening>, XrError> {
        let mut buffer = xr::EventDataBuffer::new();
        loop {
            let event = self.instance.poll_event(&mut buffer);
            let Some(event) = event.map_err(XrError::while_doing("listening to the runtime"))? else { return Ok(None) };
            let happening = match event {
                xr::Event::InstanceLossPending(_) => return Err(XrError::InstanceLost),
                xr::Event::SessionStateChanged(changed) if changed.session() == self.handle.as_raw() => {
                    let state = changed.state();
                    self.follow(state)?
                }
                xr::Event::ReferenceSpaceChangePending(change)
                    if change.session() == self.handle.as_raw()
                        && change.reference_space_type() == xr::ReferenceSpaceType::LOCAL =>
                {
                    Some(Happening::Recentred)
                }
                xr::Event::UserPresenceChangedEXT(presence) => Some(Happening::Presence(presence.is_user_present())),
                xr::Event::EventsLost(lost) => {
                    tracing::warn!("the headset's runtime lost {} events", lost.lost_event_count());
                    None
                }
                _ => None,
            };
            if happening.is_some() {
                return Ok(happening);
            }
        }
    }

    fn follow(&mut self, state: xr::SessionState) -> Result<Option<Happening>, XrError> {
        tracing::debug!("the session is {state:?}");
        self.state = state;
        match state {
            xr::SessionState::READY => {
                self.handle.begin(VIEWS).map_err(XrError::while_doing("beginning to show pictures"))?;
                self.running = true;
            }
            xr::SessionState::STOPPING => {
                self.running = false;
                let handle = &self.handle;
                let ended = self.gpu.with_queue(|_| handle.end());
                ended.map_err(XrError::while_doing("ending to show pictures"))?;
            }
            xr::SessionState::LOSS_PENDING => return Err(XrError::SessionLost),
            xr::SessionState::EXITING => {
                self.running = false;
                return Ok(Some(Happening::Exiting));
            }
            _ => {}
        }
        Ok(None)
    }

    /// Asks the runtime to let us go; it answers by way of [`Happening::Exiting`].
    pub(super) fn request_exit(&self) -> Result<(), XrError> {
        match self.handle.request_exit() {
            Ok(()) | Err(xr::sys::Result::ERROR_SESSION_NOT_RUNNING) => Ok(()),
            Err(answer) => Err(XrError::while_doing("leaving the headset")(answer)),
        }
    }

    /// Both eyes at `time` in LOCAL space; `None` while the headset does not know where it is.
    pub(super) fn eyes(&self, time: xr::Time) -> Result<Option<[Eye; 2]>, XrError> {
        let located = self.handle.locate_views(VIEWS, time, &self.local);
        let (flags, views) = located.map_err(XrError::while_doing("asking where the eyes are"))?;
        let known = xr::ViewStateFlags::ORIENTATION_VALID | xr::ViewStateFlags::POSITION_VALID;
        let [left, right] = views[..] else { return Ok(None) };
        if !flags.contains(known) {
            return Ok(None);
        }
        Ok(Some([left, right].map(|view| Eye { pose: pose(&view.pose), fov: view.fov })))
    }

    /// The head at `time` in LOCAL space, where it is known.
    pub(super) fn head(&self, time: xr::Time) -> Result<Option<Pose>, XrError> {
        let location = self.view.locate(&self.local, time);
        let location = location.map_err(XrError::while_doing("asking where the head is"))?;
        let known = location.location_flags.contains(xr::SpaceLocationFlags::ORIENTATION_VALID);
        Ok(known.then(|| pose(&location.pose)))
    }
}

impl Frames {
    /// Waits for the moment to make the next picture, and begins it. Every frame that was begun has to be ended.
    pub(super) fn begin(&mut self) -> Result<DisplayFrame, XrError> {
        let state = self.waiter.wait().map_err(XrError::while_doing("waiting for the display"))?;
        let stream = &mut self.stream;
        self.gpu.with_queue(|_| stream.begin()).map_err(XrError::while_doing("beginning a picture"))?;
        let nanoseconds = u64::try_from(state.predicted_display_period.as_nanos()).unwrap_or(0);
        let period = Duration::from_nanos(nanoseconds).clamp(Duration::from_millis(1), Duration::from_millis(200));
        let instant = self.clock.instant(state.predicted_display_time, period);
        Ok(DisplayFrame { time: state.predicted_display_time, instant, period, visible: state.should_render })
    }

    /// Hands over what is to be seen at `frame`'s time, the farthest layer first.
    pub(super) fn end(
        &mut self,
        frame: &DisplayFrame,
        blend: xr::EnvironmentBlendMode,
        layers: &[&xr::CompositionLayerBase<'_, xr::Vulkan>],
    ) -> Result<(), XrError> {
        let stream = &mut self.stream;
        self.gpu
            .with_queue(|_| stream.end(frame.time, blend, layers))
            .map_err(XrError::while_doing("handing over a picture"))
    }
}
