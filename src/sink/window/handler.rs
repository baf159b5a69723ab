//! winit's events, turned into calls of the app.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use winit::application::ApplicationHandler;
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event::{ElementState, MouseButton, MouseScrollDelta, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow};
use winit::keyboard::ModifiersState;
use winit::monitor::MonitorHandle;
use winit::window::{Fullscreen, Window, WindowId, WindowLevel};

use super::error::WindowError;
use super::front::Front;
use super::host::WindowHost;
use super::keys::{self, Wheel};
use super::present::{Presented, Presenter};
use super::{CursorAutohide, WindowOptions, icon};
use crate::gpu::{Gpu, GpuError, Prompt};
use crate::sink::panel::Pointer;
use crate::sink::{Action, App, Asked, Tick, WindowState};

/// How soon to try again what the GPU or the window system was too busy for.
const RETRY: Duration = Duration::from_millis(2);
/// How soon to look whether a minimised window has an area again, should no event say so.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Two clicks within this time are one double click.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);
/// Pixels of a fine wheel that count as a notch.
const NOTCH: f64 = 40.0;

/// The window and what belongs to it, in the order in which it goes.
struct Open {
    presenter: Presenter,
    front: Front,
    /// Where the mouse is, in pixels.
    mouse: [f32; 2],
    window: Arc<Window>,
    gpu: Gpu,
    title: String,
    /// The app has something new to paint.
    repaint: bool,
    /// The window has to be filled again.
    exposed: bool,
    /// A picture could not be shown just now.
    retry: Option<Instant>,
    /// Nobody can see it.
    hidden: bool,
    /// It is kept on top of other windows.
    on_top: bool,
    hide_cursor: Option<Instant>,
    cursor: CursorAutohide,
    cursor_full_screen_only: bool,
    /// The monitor that it fills, where one was chosen.
    full_screen_on: Option<MonitorHandle>,
    last_click: Option<Instant>,
}

pub(super) struct Handler<'a, A: App> {
    app: &'a mut A,
    options: WindowOptions,
    open: Option<Open>,
    failure: Option<A::Error>,
    modifiers: ModifiersState,
    turned: Wheel,
    /// Files dropped onto the window, of which each is told by itself.
    dropped: Vec<PathBuf>,
    over: bool,
}

impl<'a, A> Handler<'a, A>
where
    A: App,
    A::Error: From<WindowError> + From<GpuError>,
{
    pub(super) fn new(app: &'a mut A, options: WindowOptions) -> Self {
        let (modifiers, turned) = (ModifiersState::empty(), Wheel::default());
        Self { app, options, open: None, failure: None, modifiers, turned, dropped: Vec::new(), over: false }
    }

    /// After the event loop: closes what is open and says what went wrong.
    pub(super) fn finish(mut self) -> Result<(), A::Error> {
        self.close();
        match self.failure {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn close(&mut self) {
        let Some(Open { presenter, front, window, gpu, .. }) = self.open.take() else { return };
        self.options.placement.keep(&window);
        self.app.end();
        drop((presenter, front, window));
        let messages = gpu.validation_messages();
        if !messages.is_empty() && self.failure.is_none() {
            self.failure = Some(WindowError::Validation(messages).into());
        }
    }

    /// Runs `work`; an error ends the event loop and is kept.
    fn guard<T>(&mut self, events: &ActiveEventLoop, work: impl FnOnce(&mut Self) -> Result<T, A::Error>) -> Option<T> {
        match work(self) {
            Ok(value) => Some(value),
            Err(error) => {
                self.failure.get_or_insert(error);
                self.leave(events);
                None
            }
        }
    }

    fn leave(&mut self, events: &ActiveEventLoop) {
        self.over = true;
        events.exit();
    }

    fn open(&mut self, events: &ActiveEventLoop) -> Result<(), A::Error> {
        let WindowOptions { placement, manners, .. } = &self.options;
        let mut attributes = Window::default_attributes().with_title(&self.options.title);
        let chosen = manners.screen.and_then(|number| events.available_monitors().nth(number));
        let is_chosen = chosen.is_some();
        let monitor = chosen.or_else(|| events.primary_monitor()).or_else(|| events.available_monitors().next());
        let room = monitor.as_ref().map(|monitor| monitor.size()).filter(|size| size.width > 0 && size.height > 0);
        let room = room.map(|room| [room.width, room.height]);
        let corner = monitor.as_ref().map_or([0, 0], |monitor| [monitor.position().x, monitor.position().y]);
        let kept = placement.read();
        let inner_size = |size: [u32; 2]| {
            let [width, height] = placement.size(size, room, kept);
            PhysicalSize::new(width, height)
        };
        attributes = attributes.with_inner_size(inner_size(self.options.size)).with_visible(false);
        attributes = attributes.with_decorations(manners.border).with_window_icon(icon::icon());
        if manners.on_top {
            attributes = attributes.with_window_level(WindowLevel::AlwaysOnTop);
        }
        let place_of = |size: [u32; 2]| {
            let screen = is_chosen.then_some(corner);
            placement.place(size, room?, corner, kept.filter(|_| !is_chosen)).or(screen)
        };
        if let Some([x, y]) = place_of(inner_size(self.options.size).into()) {
            attributes = attributes.with_position(PhysicalPosition::new(x, y));
        }
        let full_screen_on = manners.full_screen_on.and_then(|number| events.available_monitors().nth(number));
        if self.options.full_screen {
            attributes = attributes.with_fullscreen(Some(Fullscreen::Borderless(full_screen_on.clone())));
        }
        let window = events.create_window(attributes).map_err(|error| WindowError::NoWindow(error.to_string()))?;
        let window = Arc::new(window);
        let gpu = Gpu::new(&WindowHost::new(&window)?, &self.options.gpu).map_err(WindowError::from)?;
        let presenter = Presenter::new(&gpu, &window)?;
        self.open = Some(Open {
            presenter,
            front: Front::new(&gpu),
            mouse: [0.0, 0.0],
            window: Arc::clone(&window),
            gpu: gpu.clone(),
            title: String::new(),
            repaint: true,
            exposed: true,
            retry: None,
            hidden: false,
            on_top: self.options.manners.on_top,
            hide_cursor: None,
            cursor: self.options.manners.cursor,
            cursor_full_screen_only: self.options.manners.cursor_full_screen_only,
            full_screen_on,
            last_click: None,
        });
        self.app.start(&gpu)?;
        if let Some(size) = self.app.size().filter(|_| !self.options.full_screen) {
            // Where the system has its own will about sizes, that is what the window gets.
            let size = inner_size(size);
            let _ = window.request_inner_size(size);
            if let Some([x, y]) = place_of(size.into()) {
                window.set_outer_position(PhysicalPosition::new(x, y));
            }
        }
        if let Some(open) = &mut self.open {
            open.show_cursor();
        }
        window.set_visible(true);
        Ok(())
    }

    fn act(&mut self, events: &ActiveEventLoop, action: Action) {
        let Some(open) = &mut self.open else { return };
        let full = open.window.fullscreen().is_some();
        match action {
            Action::Quit => self.leave(events),
            Action::Raise => open.raise(),
            Action::FullScreen => open.set_full_screen(!full),
            Action::LeaveFullScreen if full => open.set_full_screen(false),
            Action::LeaveFullScreen => {}
            Action::OnTop => open.toggle_on_top(),
            action => open.repaint |= self.app.act(action, Instant::now()),
        }
        if let Some(open) = &mut self.open {
            open.front.note();
        }
    }

    /// Lets the panel know what happened, and does what the viewer wants through it.
    fn tend_panel(&mut self, events: &ActiveEventLoop) {
        // The second time it shows what the first has done.
        for _ in 0..2 {
            let Some(open) = &mut self.open else { return };
            let (size, full_screen) = (open.window.inner_size(), open.window.fullscreen().is_some());
            let size = [size.width, size.height];
            let actions = open.front.tend(self.app, size, open.window.scale_factor(), full_screen, Instant::now());
            if actions.is_empty() {
                return;
            }
            for action in actions {
                self.act(events, action);
            }
        }
    }

    /// A mouse button on the panel is the panel's, anywhere else it is a binding.
    fn button(&mut self, events: &ActiveEventLoop, button: MouseButton, state: ElementState) {
        // Where the mouse has come to is known to the panel first.
        self.tend_panel(events);
        let Some(open) = &mut self.open else { return };
        let (at, left) = (open.mouse, button == MouseButton::Left);
        let name = match state {
            ElementState::Released => {
                if left && open.front.is_pressed() {
                    open.front.mouse(Pointer::Released(at));
                }
                return;
            }
            ElementState::Pressed if open.front.takes_mouse() => {
                open.last_click = None;
                if left {
                    open.front.mouse(Pointer::Pressed(at));
                }
                return;
            }
            ElementState::Pressed if left && open.is_double(Instant::now()) => "MBTN_LEFT_DBL",
            ElementState::Pressed => match keys::button_name(button) {
                Some(name) => name,
                None => return,
            },
        };
        self.press(events, name, false);
    }

    /// A key or button does what the app has bound to it.
    fn press(&mut self, events: &ActiveEventLoop, name: &str, repeated: bool) {
        let Some(open) = &mut self.open else { return };
        self.app.set_window(open.state());
        let asked = self.app.key(name, repeated, Instant::now());
        open.front.note();
        self.take(events, asked);
    }

    /// Does what is the window's of what was asked of the app.
    fn take(&mut self, events: &ActiveEventLoop, asked: Asked) {
        if let Some(open) = &mut self.open {
            open.repaint |= asked.repaint;
        }
        for action in asked.actions {
            self.act(events, action);
        }
    }

    /// The wheel on the panel is the panel's, anywhere else it is a binding.
    fn wheel(&mut self, events: &ActiveEventLoop, notches: [f32; 2]) {
        self.tend_panel(events);
        let Some(open) = &mut self.open else { return };
        if open.front.takes_mouse() {
            open.front.mouse(Pointer::Wheel(notches[1]));
            return;
        }
        for name in self.turned.turn(notches) {
            self.press(events, name, false);
        }
    }

    /// Asks the app what is next, and the event loop for the moment of it.
    fn tick(&mut self, events: &ActiveEventLoop) -> Result<(), A::Error> {
        self.settle()?;
        let now = Instant::now();
        if let Some(open) = &self.open {
            self.app.set_busy(open.presenter.is_busy()?);
            self.app.set_window(open.state());
        }
        if !self.dropped.is_empty() {
            let files = std::mem::take(&mut self.dropped);
            self.app.dropped(files, self.modifiers.shift_key(), now);
            if let Some(open) = &mut self.open {
                open.front.note();
            }
        }
        let asked = self.app.asked(now);
        self.take(events, asked);
        let Tick { repaint, panel, wake, finished } = self.app.tick(now)?;
        if finished {
            self.leave(events);
            return Ok(());
        }
        if let Some(open) = self.open.as_mut().filter(|_| panel) {
            open.front.note();
        }
        self.tend_panel(events);
        let Some(open) = self.open.as_mut().filter(|_| !self.over) else { return Ok(()) };
        let title = self.options.manners.title.clone().unwrap_or_else(|| self.app.title());
        if title != open.title {
            open.window.set_title(&title);
            open.title = title;
        }
        open.repaint |= repaint;
        open.exposed |= open.front.take_change();
        let cursor = open.tend_cursor(now);
        if open.retry.is_some_and(|at| at <= now) {
            open.retry = None;
        }
        let pending = open.presenter.is_pending().then(|| now + RETRY);
        if (open.repaint || open.exposed) && open.retry.is_none() && pending.is_none() && !open.hidden {
            open.window.request_redraw();
        }
        let telling = open.presenter.is_waiting().then(|| now + RETRY);
        let next = [wake, open.retry, pending, telling, cursor, open.front.wake()].into_iter().flatten().min();
        events.set_control_flow(next.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
        Ok(())
    }

    /// Looks what has become of the pictures that are on their way to the window system, and to the viewer.
    fn settle(&mut self) -> Result<(), A::Error> {
        let Some(open) = &mut self.open else { return Ok(()) };
        open.exposed |= open.presenter.settle()?;
        while let Some((at, before)) = open.presenter.seen() {
            self.app.shown(at, before);
        }
        Ok(())
    }

    fn draw(&mut self) -> Result<(), A::Error> {
        self.settle()?;
        let Some(open) = &mut self.open else { return Ok(()) };
        let app = &mut *self.app;
        match open.presenter.show(open.repaint, &mut open.front, |recorder, canvas| app.paint(recorder, canvas))? {
            Presented::Yes(painting) => {
                (open.repaint, open.exposed) = (false, false);
                if let Some(painting) = painting {
                    app.took(painting);
                }
            }
            Presented::Later => open.retry = Some(Instant::now() + RETRY),
            Presented::Hidden => open.retry = Some(Instant::now() + LOOK_AGAIN),
        }
        Ok(())
    }
}

impl Open {
    fn state(&self) -> WindowState {
        WindowState { full_screen: self.window.fullscreen().is_some(), on_top: self.on_top }
    }

    fn set_full_screen(&mut self, full: bool) {
        self.window.set_fullscreen(full.then(|| Fullscreen::Borderless(self.full_screen_on.clone())));
        self.show_cursor();
    }

    /// Before other windows, as far as the window system lets programs do that.
    fn raise(&self) {
        self.window.set_minimized(false);
        self.window.focus_window();
    }

    fn toggle_on_top(&mut self) {
        self.on_top = !self.on_top;
        self.window.set_window_level(if self.on_top { WindowLevel::AlwaysOnTop } else { WindowLevel::Normal });
    }

    fn show_cursor(&mut self) {
        let always = self.cursor == CursorAutohide::Always && !self.front.is_visible();
        self.window.set_cursor_visible(!always);
        self.hide_cursor = match self.cursor {
            CursorAutohide::After(time) => Some(Instant::now() + time),
            CursorAutohide::Always | CursorAutohide::Never => None,
        };
    }

    /// Hides the cursor when its time is over, but not before the panel; gives the moment at which that will be.
    fn tend_cursor(&mut self, now: Instant) -> Option<Instant> {
        let wanted = !self.cursor_full_screen_only || self.window.fullscreen().is_some();
        let at = self.hide_cursor.filter(|_| wanted && !self.front.is_visible())?;
        if at > now {
            return Some(at);
        }
        self.window.set_cursor_visible(false);
        self.hide_cursor = None;
        None
    }

    /// Whether this click is the second of two.
    fn is_double(&mut self, now: Instant) -> bool {
        let double = self.last_click.take().is_some_and(|last| now - last < DOUBLE_CLICK);
        self.last_click = (!double).then_some(now);
        double
    }
}

impl<A> ApplicationHandler for Handler<'_, A>
where
    A: App,
    A::Error: From<WindowError> + From<GpuError>,
{
    fn resumed(&mut self, events: &ActiveEventLoop) {
        if self.open.is_none() && !self.over {
            self.guard(events, |handler| handler.open(events));
        }
    }

    fn new_events(&mut self, _events: &ActiveEventLoop, _cause: StartCause) {}

    fn window_event(&mut self, events: &ActiveEventLoop, _window: WindowId, event: WindowEvent) {
        let _prompt = Prompt::begin();
        let Some(open) = self.open.as_mut().filter(|_| !self.over) else { return };
        match event {
            WindowEvent::CloseRequested | WindowEvent::Destroyed => self.leave(events),
            WindowEvent::Resized(_) | WindowEvent::ScaleFactorChanged { .. } => {
                open.presenter.resized();
                open.exposed = true;
                open.retry = None;
            }
            // Woven layouts depend on where the window lies.
            WindowEvent::Moved(_) => open.repaint = true,
            WindowEvent::Occluded(hidden) => {
                open.hidden = hidden;
                open.exposed |= !hidden;
            }
            WindowEvent::RedrawRequested => {
                open.exposed = true;
                self.guard(events, Self::draw);
            }
            WindowEvent::ModifiersChanged(modifiers) => self.modifiers = modifiers.state(),
            WindowEvent::KeyboardInput { event, is_synthetic: false, .. } if event.state == ElementState::Pressed => {
                if let Some(name) = keys::name(&event, self.modifiers) {
                    self.press(events, &name, event.repeat);
                }
            }
            WindowEvent::CursorMoved { position, .. } => {
                open.mouse = [position.x as f32, position.y as f32];
                open.front.mouse(Pointer::Moved(open.mouse));
                open.show_cursor();
            }
            WindowEvent::DroppedFile(file) => self.dropped.push(file),
            WindowEvent::CursorLeft { .. } => open.front.mouse(Pointer::Gone),
            WindowEvent::MouseInput { state, button, .. } => self.button(events, button, state),
            WindowEvent::MouseWheel { delta, .. } => {
                // winit counts what the content moves by: to the left is negative where a finger goes to the right.
                let notches = match delta {
                    MouseScrollDelta::LineDelta(across, up) => [-across, up],
                    MouseScrollDelta::PixelDelta(by) => [-by.x, by.y].map(|by| (by / NOTCH) as f32),
                };
                self.wheel(events, notches);
            }
            _ => {}
        }
    }

    fn about_to_wait(&mut self, events: &ActiveEventLoop) {
        if !self.over {
            let _prompt = Prompt::begin();
            self.guard(events, |handler| handler.tick(events));
        }
    }

    fn exiting(&mut self, _events: &ActiveEventLoop) {
        self.close();
    }
}
