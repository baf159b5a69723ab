//! What is around the screen: the theatre and the hands' rays in a projection layer, or the room that the viewer is in.

use std::sync::Arc;

use ash::vk;
use openxr as xr;

use super::error::XrError;
use super::geometry::{Placed, Pose};
use super::layers::{Layer, passthrough, projection, views};
use super::room::{Ray, Room, Sight};
use super::runtime::Runtime;
use super::session::{Eye, Session};
use super::sheets::{SheetOptions, Sheets};
use crate::gpu::{Gpu, Image, ImageOptions, Kernel};
use crate::sink::screen;

/// What is to be drawn around the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scenery {
    /// The upright place of the viewer, in LOCAL space.
    pub(super) place: Pose,
    /// The screen in LOCAL space.
    pub(super) screen: Placed,
    /// Whether the screen itself is to be drawn.
    pub(super) draws_screen: bool,
    /// Whether there is a theatre.
    pub(super) theatre: bool,
    /// The hands' rays in LOCAL space.
    pub(super) rays: [Option<Ray>; 2],
}

impl Scenery {
    /// Whether there is anything to draw.
    fn is_empty(&self) -> bool {
        !self.draws_screen && !self.theatre && self.rays.iter().all(Option::is_none)
    }

    /// The same as `eye` sees it, from the viewer's place.
    fn seen_by(&self, eye: &Eye) -> Sight {
        let inside = self.place.inverse();
        let ray = |ray: Ray| Ray { from: inside.point(ray.from), way: inside.rotation * ray.way, ..ray };
        let fov = &eye.fov;
        Sight {
            eye: inside.then(&eye.pose),
            tangents: [fov.angle_left, fov.angle_right, fov.angle_up, fov.angle_down].map(f32::tan),
            screen: Placed { pose: inside.then(&self.screen.pose), ..self.screen },
            draws_screen: self.draws_screen,
            theatre: self.theatre,
            rays: self.rays.map(|hand| hand.map(ray)),
        }
    }
}

/// The pictures of both eyes, drawn for where the eyes will be.
struct Stage {
    sheets: Sheets,
    rooms: [Room; 2],
    drawn: Option<[Eye; 2]>,
    shown: Option<[Eye; 2]>,
    films: [Arc<Image>; 2],
}

/// The viewer's own room, by XR_FB_passthrough. The layer goes before what it is made of.
struct Passthrough {
    layer: xr::PassthroughLayerFB,
    _feature: xr::Passthrough,
}

/// What is around the screen. Made when it is first wanted.
pub(super) struct Surroundings {
    stage: Option<Stage>,
    passthrough: Option<Passthrough>,
    /// The runtime has refused; it is not asked again.
    refused: bool,
    size: [u32; 2],
    format: vk::Format,
    blend_modes: Vec<xr::EnvironmentBlendMode>,
    /// What is on a screen that shows nothing.
    black: Arc<Image>,
    /// Made ahead, and shared by all rooms.
    _kernel: Arc<Kernel>,
    gpu: Gpu,
}

impl Surroundings {
    pub(super) fn new(gpu: &Gpu, runtime: &Runtime, format: vk::Format) -> Result<Self, XrError> {
        let options = ImageOptions { size: [1, 1], format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
        Ok(Self {
            stage: None,
            passthrough: None,
            refused: false,
            size: runtime.view_size.map(|side| side.min(runtime.most)),
            format,
            blend_modes: runtime.blend_modes.clone(),
            black: Image::new(gpu, "black", options)?,
            _kernel: Room::kernel(gpu)?,
            gpu: gpu.clone(),
        })
    }

    /// Draws `scenery` as it will be seen by `eyes`, with `films` on the screen, unless the last picture of it is not finished yet.
    pub(super) fn draw(
        &mut self,
        session: &Session,
        scenery: &Scenery,
        eyes: &[Eye; 2],
        films: Option<[&Arc<Image>; 2]>,
    ) -> Result<(), XrError> {
        if scenery.is_empty() {
            if let Some(stage) = &mut self.stage {
                stage.sheets.hand_over()?;
                stage.shown = None;
            }
            return Ok(());
        }
        let films = films.unwrap_or([&self.black; 2]);
        let stage = match self.stage.take() {
            Some(stage) => stage,
            None => Stage::new(&self.gpu, session, self.format, self.size, films)?,
        };
        let stage = self.stage.insert(stage);
        stage.wire(&self.gpu, films)?;
        if stage.sheets.hand_over()? {
            stage.shown = stage.drawn;
        }
        if !stage.sheets.is_free()? {
            return Ok(());
        }
        let rooms = &stage.rooms;
        stage.sheets.draw(|recorder, _| {
            for (room, eye) in rooms.iter().zip(eyes) {
                room.record(recorder, &scenery.seen_by(eye)).map_err(XrError::from)?;
            }
            Ok::<(), XrError>(())
        })?;
        stage.drawn = Some(*eyes);
        Ok(())
    }

    /// What both eyes see around the screen, where it has been drawn. Kept by the caller for [`Surroundings::behind`].
    pub(super) fn views(&self) -> Option<[xr::CompositionLayerProjectionView<'_, xr::Vulkan>; 2]> {
        let stage = self.stage.as_ref()?;
        let sheets = [stage.sheets.shown(0)?, stage.sheets.shown(1)?];
        Some(views(sheets, stage.sheets.options(), stage.shown.as_ref()?))
    }

    /// The layers behind the screen, and how the runtime is to mix in the viewer's own room.
    pub(super) fn behind<'a>(
        &'a self,
        seen: screen::Surroundings,
        views: Option<&'a [xr::CompositionLayerProjectionView<'a, xr::Vulkan>; 2]>,
        space: &'a xr::Space,
    ) -> (Vec<Layer<'a>>, xr::EnvironmentBlendMode) {
        let through = seen == screen::Surroundings::Passthrough;
        let mut layers = Vec::with_capacity(2);
        if let Some(own) = self.passthrough.as_ref().filter(|_| through) {
            layers.push(passthrough(&own.layer));
        }
        if let Some(views) = views {
            layers.push(projection(views, space, through));
        }
        (layers, if through { self.blend_mode() } else { self.opaque() })
    }

    /// The mode for a world of our own: OPAQUE, unless the display is see-through by nature.
    fn opaque(&self) -> xr::EnvironmentBlendMode {
        let opaque = xr::EnvironmentBlendMode::OPAQUE;
        if self.blend_modes.contains(&opaque) { opaque } else { self.blend_modes.first().copied().unwrap_or(opaque) }
    }

    /// The mode that lets the viewer's own room be seen, where no layer does.
    fn blend_mode(&self) -> xr::EnvironmentBlendMode {
        let alpha = xr::EnvironmentBlendMode::ALPHA_BLEND;
        if self.passthrough.is_none() && self.blend_modes.contains(&alpha) { alpha } else { self.opaque() }
    }

    /// Switches the camera picture of the viewer's own room on or off, where the runtime has it.
    pub(super) fn mind_passthrough(
        &mut self,
        runtime: &Runtime,
        session: &Session,
        wanted: bool,
    ) -> Result<(), XrError> {
        if !wanted {
            self.passthrough = None;
            return Ok(());
        }
        if self.passthrough.is_some() || self.refused {
            return Ok(());
        }
        let blends = self.blend_modes.contains(&xr::EnvironmentBlendMode::ALPHA_BLEND);
        if runtime.extensions().fb_passthrough.is_none() {
            self.refused = true;
            if !blends {
                tracing::warn!("{} cannot show the room you are in: there is nothing around the screen", runtime.name);
            }
            return Ok(());
        }
        let running = xr::PassthroughFlagsFB::IS_RUNNING_AT_CREATION;
        let made = session.handle.create_passthrough(running).and_then(|feature| {
            let purpose = xr::PassthroughLayerPurposeFB::RECONSTRUCTION;
            let layer = session.handle.create_passthrough_layer(&feature, running, purpose)?;
            Ok(Passthrough { layer, _feature: feature })
        });
        match made {
            Ok(made) => self.passthrough = Some(made),
            Err(answer) => {
                if let lost @ (XrError::SessionLost | XrError::InstanceLost) = XrError::while_doing("")(answer) {
                    return Err(lost);
                }
                // Some headsets have the extension and no camera.
                self.refused = true;
                tracing::warn!("{} does not show the room you are in: {answer}", runtime.name);
            }
        }
        Ok(())
    }
}

impl Stage {
    fn new(
        gpu: &Gpu,
        session: &Session,
        format: vk::Format,
        size: [u32; 2],
        films: [&Arc<Image>; 2],
    ) -> Result<Self, XrError> {
        let options = SheetOptions { name: "room", size, count: 2, mips: false, for_runtime: true };
        let sheets = Sheets::new(gpu, session, format, options)?;
        let rooms = rooms(gpu, &sheets, films)?;
        Ok(Self { sheets, rooms, drawn: None, shown: None, films: films.map(Arc::clone) })
    }

    /// Puts `films` on the screen.
    fn wire(&mut self, gpu: &Gpu, films: [&Arc<Image>; 2]) -> Result<(), XrError> {
        if !self.films.iter().zip(films).all(|(have, wanted)| Arc::ptr_eq(have, wanted)) {
            self.rooms = rooms(gpu, &self.sheets, films)?;
            self.films = films.map(Arc::clone);
        }
        Ok(())
    }
}

fn rooms(gpu: &Gpu, sheets: &Sheets, films: [&Arc<Image>; 2]) -> Result<[Room; 2], XrError> {
    let [left, right] = sheets.canvases() else {
        return Err(crate::gpu::GpuError::Misuse("a room for two eyes has two pictures".to_owned()).into());
    };
    Ok([Room::new(gpu, films[0], left)?, Room::new(gpu, films[1], right)?])
}
