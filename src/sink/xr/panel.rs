//! The app's panel in front of the screen: a quad of its own, asked and drawn only while there is something to be seen.

use std::time::Instant;

use ash::vk;
use glam::{Quat, Vec2, Vec3};
use openxr as xr;

use super::error::XrError;
use super::geometry::{Placed, Pose, Surface};
use super::layers::{Layer, surface};
use super::session::Session;
use super::sheets::{SheetOptions, Sheets};
use crate::gpu::Gpu;
use crate::sink::panel::{AheadRenderer, PanelInput, PanelOutput, PanelPlace, Pointer, Views};
use crate::sink::{Action, EyesApp, ScreenSettings};
use crate::time::Time;

/// Width and height of its picture, in pixels.
const PIXELS: [u32; 2] = [1320, 660];
/// Pixels of a point: some 22 points a degree, so that a letter of 14 points is as high as one of this text on a desk.
const SCALE: f32 = 1.4;
/// Its width in metres.
const WIDTH: f32 = 1.1;
/// Its middle from the eyes, in metres: within the reach of a stretched arm's ray, above the lap.
const BEFORE: Vec3 = Vec3::new(0.0, -0.42, -1.15);
/// Its upper edge turned away from the viewer, in radians, so that it is looked at squarely.
const LEANT: f32 = -0.35;

/// What is done with the panel in one frame.
pub(super) struct Doing {
    /// What the pointer did.
    pub(super) pointer: Vec<Pointer>,
    /// The film time that a stick is on the way to.
    pub(super) scrubbing: Option<Time>,
    /// The screen as it is set.
    pub(super) settings: ScreenSettings,
    /// The moment for which the frame is made.
    pub(super) now: Instant,
}

/// The panel's quad.
pub(super) struct PanelQuad {
    sheets: Option<Sheets>,
    renderer: AheadRenderer,
    visible: bool,
    /// What is to be seen has not been drawn.
    changed: bool,
    /// An action was carried out that the panel may show.
    told: bool,
    wake: Option<Instant>,
    format: vk::Format,
    gpu: Gpu,
}

impl PanelQuad {
    pub(super) fn new(gpu: &Gpu, format: vk::Format) -> Self {
        Self {
            sheets: None,
            renderer: AheadRenderer::new(gpu),
            visible: false,
            changed: false,
            told: false,
            wake: None,
            format,
            gpu: gpu.clone(),
        }
    }

    /// Width and height in points.
    pub(super) fn points() -> [f32; 2] {
        PIXELS.map(|side| side as f32 / SCALE)
    }

    /// Where it hangs for a viewer recentred to `origin`, while it is to be seen.
    pub(super) fn placed(&self, origin: &Pose, settings: &ScreenSettings) -> Option<Placed> {
        // Never behind the screen.
        let near = (0.8 * settings.distance / -BEFORE.z).min(1.0);
        let pose = Pose { position: BEFORE * near, rotation: Quat::from_rotation_x(LEANT) };
        let size = Vec2::new(WIDTH, WIDTH * PIXELS[1] as f32 / PIXELS[0] as f32) * near;
        self.visible.then(|| Placed { pose: origin.then(&pose), surface: Surface::Flat { size } })
    }

    /// Something was done that the panel may show.
    pub(super) fn tell(&mut self) {
        self.told = true;
    }

    /// Lets the panel know what was done, draws it where it has changed, and gives what the viewer wants through it.
    pub(super) fn tend<A: EyesApp>(
        &mut self,
        app: &mut A,
        session: &Session,
        doing: Doing,
    ) -> Result<Vec<Action>, XrError> {
        let Doing { pointer, scrubbing, settings, now } = doing;
        let due = self.wake.is_some_and(|wake| wake <= now);
        if !(self.visible || self.told || due || scrubbing.is_some() || !pointer.is_empty()) {
            return Ok(Vec::new());
        }
        self.told = false;
        let input = PanelInput {
            size: Self::points(),
            pixels_per_point: SCALE,
            pointer,
            place: PanelPlace::Headset(settings),
            scrubbing,
        };
        let PanelOutput { visible, picture, actions, wake, .. } = app.panel(input, now);
        (self.visible, self.wake) = (visible, wake);
        let sheets = match (self.sheets.take(), &picture) {
            (None, None) => return Ok(actions),
            (Some(sheets), _) => sheets,
            (None, Some(_)) => {
                let options = SheetOptions { name: "panel", size: PIXELS, count: 1, mips: false, for_runtime: true };
                Sheets::new(&self.gpu, session, self.format, options)?
            }
        };
        let sheets = self.sheets.insert(sheets);
        if let Some(picture) = picture {
            self.renderer.show(picture);
            self.changed = true;
        }
        sheets.hand_over()?;
        if self.visible
            && self.changed
            && sheets.is_free()?
            && let Some(renderer) = self.renderer.get()?
        {
            sheets.draw(|recorder, canvases| {
                let Some(canvas) = canvases.first() else { return Ok(()) };
                renderer.draw(recorder, canvas, &Views::whole(PIXELS, SCALE), Some([0.0; 4])).map_err(XrError::from)
            })?;
            self.changed = false;
        }
        Ok(actions)
    }

    /// Its layer, in front of everything, once it has been drawn.
    pub(super) fn layer<'a>(&'a self, placed: Option<&Placed>, space: &'a xr::Space) -> Option<Layer<'a>> {
        let sheets = self.sheets.as_ref()?;
        Some(surface(sheets.shown(0)?, sheets.options(), placed?, space, xr::EyeVisibility::BOTH, true))
    }
}
