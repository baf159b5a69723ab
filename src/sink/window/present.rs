//! Brings pictures into the window: the canvas that the app paints, and its way onto the screen.
//!
//! Nothing here waits: what cannot be done at once is said to be [`Presented::Later`], and is tried again a moment later. The window system gets the
//! pictures from a thread of its own ([`super::hand_over`]).

use std::sync::Arc;
use std::time::{Duration, Instant};

use ash::vk;
use winit::window::Window;

use super::display::{Picture, WindowSystem};
use super::error::WindowError;
use super::front::Front;
use super::hand_over::HandOver;
use super::host::Surface;
use super::seen::Seen;
use super::swapchain::{Outcome, Swapchain};
use crate::gpu::{Commands, Gpu, GpuError, Image, ImageOptions, Point, Recorder, Semaphores};
use crate::sink::{Canvas, is_timed};

/// What is painted takes three of them: the first and the last around all.
const TIMESTAMPS: u32 = 3;

/// Pictures that may be on their way at once.
const IN_FLIGHT: usize = 2;

/// Whether the picture is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presented {
    /// With the time that the GPU takes to paint one, where it was painted and the GPU tells.
    Yes(Option<Duration>),
    /// The GPU or the window system is busy: try again in a moment.
    Later,
    /// The window has no area: try again when it changes.
    Hidden,
}

/// What one picture on its way needs.
struct Slot {
    commands: Commands,
    free: vk::Semaphore,
    point: Point,
}

/// The way into one window. Declared in the order in which its parts have to go.
pub(super) struct Presenter {
    hand_over: HandOver,
    swapchain: Swapchain,
    surface: Surface,
    slots: Vec<Slot>,
    turn: usize,
    canvas: Option<Arc<Image>>,
    /// What painting took the last time that it was looked at, and how many pictures there were.
    took: Option<Duration>,
    count: u64,
    /// How often the canvas was painted.
    paintings: u64,
    /// The painting that was seen last.
    seen: u64,
    stale: bool,
    window: Arc<Window>,
    gpu: Gpu,
}

impl Presenter {
    pub(super) fn new(gpu: &Gpu, window: &Arc<Window>) -> Result<Self, WindowError> {
        let surface = Surface::new(gpu, window)?;
        let mut presenter = Self {
            hand_over: HandOver::new(Arc::new(WindowSystem::new(gpu)))?,
            swapchain: Swapchain::new(gpu),
            surface,
            slots: Vec::new(),
            turn: 0,
            canvas: None,
            took: None,
            count: 0,
            paintings: 0,
            seen: 0,
            stale: true,
            window: Arc::clone(window),
            gpu: gpu.clone(),
        };
        let (.., device, _) = gpu.handles();
        for _ in 0..IN_FLIGHT {
            let commands = Commands::new(gpu, "window", TIMESTAMPS)?;
            // SAFETY: plain creation; the handle is given to its owner at once.
            let free = unsafe { device.create_semaphore(&vk::SemaphoreCreateInfo::default(), None) }
                .map_err(GpuError::while_doing("making a semaphore for the window"))?;
            presenter.slots.push(Slot { commands, free, point: Point::default() });
        }
        Ok(presenter)
    }

    /// The window may have changed its size.
    pub(super) fn resized(&mut self) {
        self.stale = true;
    }

    /// Shows the canvas with what is in `front` of it; `paint` fills it first where `changed` says so or where it is new. An error of
    /// `paint` is handed on.
    pub(super) fn show<E: From<WindowError> + From<GpuError>>(
        &mut self,
        changed: bool,
        front: &mut Front,
        paint: impl FnOnce(&mut Recorder<'_>, &Canvas) -> Result<(), E>,
    ) -> Result<Presented, E> {
        if self.is_pending() {
            return Ok(Presented::Later);
        }
        let slot = &self.slots[self.turn];
        if !self.gpu.reached(slot.point)? {
            return Ok(Presented::Later);
        }
        let free = slot.free;
        // The slot's last picture is that of two before.
        if self.count.checked_sub(2).is_some_and(is_timed)
            && let [Some(from), _, Some(to)] = slot.commands.timestamps()?[..]
        {
            self.took = Some(to.saturating_sub(from));
        }
        self.count = self.count.wrapping_add(1);
        if self.stale {
            if !self.hand_over.is_resting() {
                return Ok(Presented::Later);
            }
            match self.swapchain.renew(&self.surface)? {
                Outcome::Done(()) => self.stale = false,
                Outcome::SurfaceLost => return Ok(self.renew_surface()?),
                Outcome::Busy | Outcome::Stale => return Ok(Presented::Hidden),
            }
        }
        let (index, picture, drawn) = match self.swapchain.acquire(free)? {
            Outcome::Done(acquired) => acquired,
            Outcome::Busy => return Ok(Presented::Later),
            Outcome::Stale => {
                self.stale = true;
                return Ok(Presented::Later);
            }
            Outcome::SurfaceLost => return Ok(self.renew_surface()?),
        };
        let size = self.swapchain.size();
        let (image, new) = self.canvas(size)?;
        let origin = self.window.inner_position().map_or([0, 0], |place| [place.x, place.y]);
        let canvas = Canvas { image, origin };
        let paints = changed || new;
        let slot = &mut self.slots[self.turn];
        slot.commands.record(|recorder| {
            if paints {
                paint(recorder, &canvas)?;
            }
            let seen = front.draw(recorder, &canvas)?;
            // SAFETY: the picture is the swapchain's, made with this usage and of the canvas's size, and destroyed only after the submission.
            unsafe { recorder.blit_to_swapchain(&seen, picture) };
            Ok::<(), E>(())
        })?;
        let semaphores = Semaphores { wait: Some(free), signal: Some(drawn) };
        slot.point = self.gpu.submit_with(&mut slot.commands, semaphores)?;
        let point = slot.point;
        self.turn = (self.turn + 1) % self.slots.len();
        self.window.pre_present_notify();
        self.paintings += u64::from(paints);
        if let Some(chain) = self.swapchain.drawn_at(point)? {
            let (id, painting) = (self.hand_over.next_id(), self.paintings);
            self.hand_over.give(Picture { chain, index, drawn, id, painting });
        }
        Ok(Presented::Yes(self.took.filter(|_| paints)))
    }

    /// Whether no picture can be begun now.
    pub(super) fn is_busy(&self) -> Result<bool, GpuError> {
        Ok(self.is_pending() || !self.gpu.reached(self.slots[self.turn].point)?)
    }

    /// Whether a picture is on its way to the window system.
    pub(super) fn is_pending(&self) -> bool {
        self.hand_over.is_pending()
    }

    /// Whether the display has yet to tell when a picture is seen.
    pub(super) fn is_waiting(&self) -> bool {
        self.hand_over.is_waiting()
    }

    /// Looks what has become of the picture that was handed over last: true when it was refused and has to be shown again. Never waits.
    pub(super) fn settle(&mut self) -> Result<bool, WindowError> {
        let Some(answer) = self.hand_over.answer() else { return Ok(false) };
        match Swapchain::presented(answer)? {
            // A window system may call a chain suboptimal for ever; only another size is worth a new one.
            Outcome::Done(suboptimal) => {
                let size = self.swapchain.size();
                self.stale |=
                    suboptimal && self.surface.capabilities().is_ok_and(|now| self.surface.size(&now) != size);
                Ok(false)
            }
            Outcome::Busy => Ok(false),
            Outcome::Stale => {
                self.stale = true;
                Ok(true)
            }
            Outcome::SurfaceLost => {
                self.renew_surface()?;
                Ok(true)
            }
        }
    }

    /// The next painting that is seen for the first time: since when, and how many there were after it.
    pub(super) fn seen(&mut self) -> Option<(Instant, usize)> {
        loop {
            let Seen { painting, at } = self.hand_over.seen()?;
            if std::mem::replace(&mut self.seen, painting) < painting {
                return Some((at, (self.paintings - painting) as usize));
            }
        }
    }

    /// The canvas of this size, and whether it is a new one.
    fn canvas(&mut self, size: [u32; 2]) -> Result<(Arc<Image>, bool), WindowError> {
        match &self.canvas {
            Some(canvas) if canvas.size() == size => Ok((Arc::clone(canvas), false)),
            _ => {
                let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
                let image = Image::new(&self.gpu, "canvas", options)?;
                Ok((Arc::clone(self.canvas.insert(image)), true))
            }
        }
    }

    fn renew_surface(&mut self) -> Result<Presented, WindowError> {
        self.hand_over.settle();
        self.swapchain.forget();
        self.surface = Surface::new(&self.gpu, &self.window)?;
        self.stale = true;
        Ok(Presented::Later)
    }
}

impl Drop for Presenter {
    fn drop(&mut self) {
        // Waits until the GPU is done with everything of this window.
        self.hand_over.settle();
        self.swapchain.forget();
        let (.., device, _) = self.gpu.handles();
        for slot in self.slots.drain(..) {
            // SAFETY: the queue is idle.
            unsafe { device.destroy_semaphore(slot.free, None) };
        }
    }
}
