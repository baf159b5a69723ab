//! The app's panel in front of the window's picture: what the mouse says to it, and the drawing of it.
//!
//! The canvas stays as the app has painted it: with the panel over it, it is copied. So a change of the panel costs no new picture.

use std::sync::Arc;
use std::time::Instant;

use super::error::WindowError;
use crate::gpu::{Gpu, GpuError, Image, ImageOptions, Recorder};
use crate::sink::panel::{AheadRenderer, PanelInput, PanelOutput, PanelPlace, Pointer, Views};
use crate::sink::{Action, App, Canvas};

/// The panel, seen from the window. Asked only when the mouse did something, or while it is visible.
pub(super) struct Front {
    gpu: Gpu,
    renderer: AheadRenderer,
    /// The canvas with the panel over it.
    image: Option<Arc<Image>>,
    views: Views,
    /// What the mouse did since the panel was asked last, in pixels.
    mouse: Vec<Pointer>,
    /// Something was done that the panel may show.
    stale: bool,
    visible: bool,
    takes_mouse: bool,
    /// The mouse button went down on the panel.
    pressed: bool,
    wake: Option<Instant>,
    changed: bool,
}

impl Front {
    pub(super) fn new(gpu: &Gpu) -> Self {
        Self {
            gpu: gpu.clone(),
            renderer: AheadRenderer::new(gpu),
            image: None,
            views: Views::whole([1, 1], 1.0),
            mouse: Vec::new(),
            stale: false,
            visible: false,
            takes_mouse: false,
            pressed: false,
            wake: None,
            changed: false,
        }
    }

    /// The mouse did this, in pixels. Of movements the last is enough.
    pub(super) fn mouse(&mut self, event: Pointer) {
        let moves = |event: Option<&Pointer>| matches!(event, Some(Pointer::Moved(_)));
        // The first place stays, so that a movement is told from an appearance.
        if moves(Some(&event)) && self.mouse.len() > 1 && moves(self.mouse.last()) {
            self.mouse.pop();
        }
        match event {
            Pointer::Pressed(_) => self.pressed = true,
            Pointer::Released(_) => self.pressed = false,
            _ => {}
        }
        self.mouse.push(event);
    }

    /// Something was done that the panel may show.
    pub(super) fn note(&mut self) {
        self.stale = true;
    }

    /// Whether what the mouse does now is the panel's.
    pub(super) fn takes_mouse(&self) -> bool {
        self.visible && self.takes_mouse
    }

    /// Whether the mouse button went down on it and was not let go.
    pub(super) fn is_pressed(&self) -> bool {
        self.pressed
    }

    pub(super) fn is_visible(&self) -> bool {
        self.visible
    }

    /// When to ask again.
    pub(super) fn wake(&self) -> Option<Instant> {
        self.wake.filter(|_| self.visible)
    }

    /// Whether the window has to be filled again because of it. Asked once for each change.
    pub(super) fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Asks the app's panel where that is due; gives what the viewer wants through it. `size` is the window's in pixels, of which `scale` are a point.
    pub(super) fn tend<A: App>(
        &mut self,
        app: &mut A,
        size: [u32; 2],
        scale: f64,
        full_screen: bool,
        now: Instant,
    ) -> Vec<Action> {
        if !self.visible && self.mouse.is_empty() && !self.stale {
            return Vec::new();
        }
        self.stale = false;
        let views = Views::on_canvas(app.layout(), size, scale as f32);
        let point = |event| match event {
            Pointer::Moved(at) => Pointer::Moved(views.point(at)),
            Pointer::Pressed(at) => Pointer::Pressed(views.point(at)),
            Pointer::Released(at) => Pointer::Released(views.point(at)),
            other => other,
        };
        let input = PanelInput {
            size: views.size,
            pixels_per_point: views.pixels_per_point,
            pointer: self.mouse.drain(..).map(point).collect(),
            place: PanelPlace::Window { full_screen, both_eyes: views.views.len() > 1 },
            scrubbing: None,
        };
        let PanelOutput { visible, picture, takes_pointer, actions, wake } = app.panel(input, now);
        self.changed |= visible != self.visible || (visible && (picture.is_some() || views != self.views));
        (self.visible, self.takes_mouse, self.wake, self.views) = (visible, takes_pointer, wake, views);
        if let Some(picture) = picture {
            self.renderer.show(picture);
        }
        actions
    }

    /// What the window has to show: the canvas, or its copy with the panel over it, whose drawing is recorded.
    pub(super) fn draw(&mut self, recorder: &mut Recorder<'_>, canvas: &Canvas) -> Result<Arc<Image>, WindowError> {
        let renderer = if self.visible { self.renderer.get() } else { Ok(None) };
        let renderer = renderer.unwrap_or_else(|error| {
            tracing::error!("{error}");
            None
        });
        let Some(renderer) = renderer else {
            // It will be drawn as soon as it can be.
            self.changed |= self.visible && self.renderer.is_coming();
            return Ok(Arc::clone(&canvas.image));
        };
        let image = match self.image.take() {
            Some(image) if image.size() == canvas.image.size() => image,
            _ => copy_of(&self.gpu, &canvas.image)?,
        };
        recorder.copy_image(&canvas.image, &image)?;
        renderer.draw(recorder, &image, &self.views, None)?;
        Ok(Arc::clone(self.image.insert(image)))
    }
}

fn copy_of(gpu: &Gpu, canvas: &Image) -> Result<Arc<Image>, GpuError> {
    Image::new(gpu, "canvas and panel", ImageOptions { size: canvas.size(), format: canvas.format(), mips: 1 })
}
