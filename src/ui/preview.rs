//! The picture out of the film on the seek bar, as a texture.

use std::sync::Arc;

use egui::{Color32, ColorImage, Context, TextureHandle, TextureOptions};

use super::seek::Picture;
use crate::film::Preview;
use crate::time::Time;

/// Width of a preview, in points.
const WIDTH: f32 = 192.0;

/// The last one that was made.
#[derive(Default)]
pub(super) struct Previewed(Option<(Preview, TextureHandle)>);

impl Previewed {
    /// Makes a texture of a new one.
    pub(super) fn load(&mut self, context: &Context, preview: Option<&Preview>) {
        let Some(preview) = preview else { return };
        let bytes = preview.size.iter().try_fold(4usize, |bytes, side| bytes.checked_mul(*side as usize));
        let known = self
            .0
            .as_ref()
            .is_some_and(|(shown, _)| shown.time == preview.time && Arc::ptr_eq(&shown.pixels, &preview.pixels));
        if known {
            return;
        }
        if preview.pixels.is_empty() || bytes != Some(preview.pixels.len()) {
            if preview.settled {
                self.0 = None;
            }
            return;
        }
        let pixels = preview.pixels.chunks_exact(4);
        let pixels = pixels.map(|pixel| Color32::from_rgb(pixel[0], pixel[1], pixel[2])).collect();
        let image = ColorImage::new(preview.size.map(|side| side as usize), pixels);
        match &mut self.0 {
            Some((shown, texture)) => {
                texture.set(image, TextureOptions::LINEAR);
                *shown = preview.clone();
            }
            None => {
                let texture = context.load_texture("preview", image, TextureOptions::LINEAR);
                self.0 = Some((preview.clone(), texture));
            }
        }
    }

    /// What is to be seen for `time`, in a film of `duration`.
    pub(super) fn picture(&self, time: Time, duration: Option<Time>) -> Option<Picture> {
        let (shown, texture) = self.0.as_ref()?;
        let [width, height] = shown.size.map(|side| side.max(1) as f32);
        let size = [WIDTH, (WIDTH * height / width).clamp(24.0, 150.0)];
        // While the right one is made, the last one is better than none, if it is from nearby.
        let near = duration.map_or(Time::ZERO, |whole| Time::from_nanoseconds(whole.nanoseconds() / 20));
        let apart = (shown.time - time).max(time - shown.time);
        (apart <= near).then_some(Picture { texture: texture.id(), size })
    }
}
