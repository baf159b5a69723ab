//! Draws the panel's meshes onto an image.
//!
//! The pipeline and the meshes' way onto the GPU are egui-ash-renderer's. Textures are ours: its own way to set them waits for everything on the
//! queue, the film's work too. It is told to draw in pixels, with the meshes already in their places, because it knows one viewport only.
//! What the GPU may still use is not touched: each draw has a lease ([`crate::gpu::Lease`]).

use std::collections::HashMap;
use std::sync::Arc;

use ash::vk;
use egui::epaint::{ClippedPrimitive, Pos2, Primitive, Rect, TextureId};
use egui_ash_renderer::allocator::DefaultAllocator;
use egui_ash_renderer::{DynamicRendering, Options, RenderMode, Renderer};

use super::contract::{PanelPicture, TextureChange};
use super::error::PanelError;
use super::letters;
use super::texture::{Sets, Texture};
use super::views::{View, Views};
use crate::gpu::{Gpu, GpuError, Image, Lease, Recorder};

/// Command buffers that may hold a drawing of the panel at once.
const DRAWINGS: usize = 4;

/// The drawing of one panel. Dropping it waits for the GPU.
pub struct PanelRenderer {
    /// Declared in the order in which its parts have to go.
    renderer: Renderer<DefaultAllocator>,
    textures: HashMap<u64, (TextureId, Texture)>,
    /// No longer needed, but perhaps in use.
    retired: Vec<Texture>,
    sets: Sets,
    /// The last drawings, by the renderer's turn: each has buffers of its own.
    drawings: [Option<Lease>; DRAWINGS],
    turn: usize,
    picture: PanelPicture,
    gpu: Gpu,
}

impl PanelRenderer {
    /// Makes the pipeline.
    pub fn new(gpu: &Gpu) -> Result<Self, PanelError> {
        if !gpu.can_draw() {
            return Err(PanelError::NoGraphics);
        }
        let (_, instance, physical, device, _) = gpu.handles();
        let mode = RenderMode::DynamicRendering(DynamicRendering {
            color_attachment_format: vk::Format::R8G8B8A8_UNORM,
            depth_attachment_format: None,
            stencil_attachment_format: None,
        });
        let options = Options { in_flight_frames: DRAWINGS, ..Options::default() };
        let renderer = Renderer::with_default_allocator(instance, physical, device.clone(), mode, options)?;
        let sets = Sets::new(gpu)?;
        Ok(Self {
            renderer,
            textures: HashMap::new(),
            retired: Vec::new(),
            sets,
            drawings: [const { None }; DRAWINGS],
            turn: 0,
            picture: PanelPicture::default(),
            gpu: gpu.clone(),
        })
    }

    /// From now on this is drawn. Changes of textures that were not drawn yet are kept.
    pub fn show(&mut self, picture: PanelPicture) {
        self.picture.add(picture);
    }

    /// Records the drawing of what was shown last to each of `views` of `target` (`R8G8B8A8_UNORM`, encoded values, alpha multiplied in): over what
    /// is there or, with `background`, over that colour alone. At most four command buffers may hold a drawing at once.
    pub fn draw(
        &mut self,
        recorder: &mut Recorder<'_>,
        target: &Arc<Image>,
        views: &Views,
        background: Option<[f32; 4]>,
    ) -> Result<(), PanelError> {
        self.clear_out()?;
        let gone = self.change_textures(recorder)?;
        let mut primitives = Vec::with_capacity(self.picture.meshes.len() * views.views.len());
        for view in &views.views {
            let placed = self.picture.meshes.iter().filter_map(|mesh| self.placed(mesh, views, view, target.size()));
            primitives.extend(placed);
        }
        for (_, texture) in self.textures.values_mut() {
            texture.note_use(&self.gpu, recorder)?;
        }
        let [width, height] = target.size();
        if !primitives.is_empty() {
            // The renderer takes its buffers in turn, each time that it draws anything.
            if let Some(last) = &self.drawings[self.turn]
                && !last.is_over(&self.gpu)?
            {
                let text = "more than four command buffers hold the panel".to_owned();
                return Err(GpuError::Misuse(text).into());
            }
            self.drawings[self.turn] = Some(recorder.lease());
            self.turn = (self.turn + 1) % DRAWINGS;
        }
        let renderer = &mut self.renderer;
        // SAFETY: the queue draws (asked at the beginning). The pipeline was made for such a target; textures and buffers outlive the submission:
        // they are freed when their leases say so, or after waiting for the GPU.
        let drawn = unsafe {
            recorder.draw(target, background, |commands| {
                renderer.cmd_draw(commands, vk::Extent2D { width, height }, 1.0, &primitives)
            })
        }?;
        drawn?;
        for texture in gone {
            self.retire(texture);
        }
        Ok(())
    }

    /// Makes the changes that wait; gives the textures that are to go after this drawing.
    fn change_textures(&mut self, recorder: &mut Recorder<'_>) -> Result<Vec<u64>, PanelError> {
        let mut gone = Vec::new();
        for change in std::mem::take(&mut self.picture.textures) {
            match change {
                TextureChange::New { texture, size, texels } => {
                    if self.textures.get(&texture).is_none_or(|(_, old)| old.size() != size) {
                        self.retire(texture);
                        let made = Texture::new(&self.sets, size)?;
                        let id = self.renderer.add_user_texture(made.set);
                        self.textures.insert(texture, (id, made));
                    }
                    gone.retain(|other| *other != texture);
                    self.write(recorder, texture, [0, 0], size, &texels)?;
                }
                TextureChange::Part { texture, at, size, texels } => {
                    self.write(recorder, texture, at, size, &texels)?;
                }
                TextureChange::Gone { texture } => gone.push(texture),
            }
        }
        Ok(gone)
    }

    fn write(
        &self,
        recorder: &mut Recorder<'_>,
        texture: u64,
        at: [u32; 2],
        size: [u32; 2],
        texels: &[u8],
    ) -> Result<(), PanelError> {
        match self.textures.get(&texture) {
            Some((_, texture)) => Ok(texture.write(&self.gpu, recorder, at, size, texels)?),
            None => Ok(()),
        }
    }

    fn retire(&mut self, texture: u64) {
        if let Some((id, texture)) = self.textures.remove(&texture) {
            self.renderer.remove_user_texture(id);
            self.retired.push(texture);
        }
    }

    /// Frees the textures that the GPU is done with.
    fn clear_out(&mut self) -> Result<(), PanelError> {
        for texture in std::mem::take(&mut self.retired) {
            if texture.is_free(&self.gpu)? {
                texture.free(&self.sets);
            } else {
                self.retired.push(texture);
            }
        }
        Ok(())
    }

    /// The mesh in pixels of a canvas of `canvas`, in its place in `view`; `None` where nothing of it is seen.
    fn placed(
        &self,
        primitive: &ClippedPrimitive,
        views: &Views,
        view: &View,
        canvas: [u32; 2],
    ) -> Option<ClippedPrimitive> {
        let Primitive::Mesh(mesh) = &primitive.primitive else { return None };
        let TextureId::Managed(number) = mesh.texture_id else { return None };
        let (texture_id, _) = self.textures.get(&number)?;
        let scale = [0, 1].map(|axis| view.size[axis] / views.size[axis].max(1.0));
        let place = |point: Pos2| Pos2::new(view.at[0] + point.x * scale[0], view.at[1] + point.y * scale[1]);
        let corner = |at: [f32; 2], size: [f32; 2]| {
            Rect::from_min_max(Pos2::from(at), Pos2::new(at[0] + size[0], at[1] + size[1]))
        };
        let seen = corner(view.at, view.size).intersect(corner([0.0, 0.0], canvas.map(|side| side as f32)));
        let clip = primitive.clip_rect;
        let clip = Rect::from_min_max(place(clip.min).round(), place(clip.max).round()).intersect(seen);
        if mesh.indices.is_empty() || !clip.is_positive() {
            return None;
        }
        let mut mesh = mesh.clone();
        // The first texture is that of the letters.
        let letters = mesh.texture_id == TextureId::default();
        mesh.texture_id = *texture_id;
        for vertex in &mut mesh.vertices {
            vertex.pos = place(vertex.pos);
        }
        let margin = scale.map(|scale| if scale < 0.99 * views.pixels_per_point { letters::MARGIN } else { 0.0 });
        if letters {
            letters::widen(&mut mesh, margin);
        }
        Some(ClippedPrimitive { clip_rect: clip, primitive: Primitive::Mesh(mesh) })
    }
}

impl Drop for PanelRenderer {
    fn drop(&mut self) {
        let (.., device, _) = self.gpu.handles();
        // SAFETY: the queue is this device's, and locked while it is waited for. Should the wait fail, the device is lost and nothing runs.
        let _ = self.gpu.with_queue(|queue| unsafe { device.queue_wait_idle(queue) });
    }
}
