//! The thumbnails that are seen, all in one texture.

use std::sync::Arc;

use egui::{Color32, ColorImage, Context, Rect, TextureHandle, TextureId, TextureOptions, pos2, vec2};

use crate::browser::Small;

/// Width and height of a thumbnail's place, in texels: with one around it, so that neighbours do not shine through.
const SLOT: [usize; 2] = [162, 92];
/// How many there are, across and down.
const SLOTS: [usize; 2] = [6, 10];

struct Slot {
    picture: Arc<Small>,
    /// When it was seen last, counted in buildings.
    used: u64,
}

/// The texture.
#[derive(Default)]
pub(super) struct Atlas {
    texture: Option<TextureHandle>,
    slots: Vec<Option<Slot>>,
    now: u64,
}

impl Atlas {
    /// A building begins.
    pub(super) fn turn(&mut self) {
        self.now += 1;
    }

    /// Where the picture is in the texture. None where it is not what it says, or there is no room.
    pub(super) fn place(&mut self, context: &Context, picture: &Arc<Small>) -> Option<(TextureId, Rect)> {
        let [width, height] = picture.size.map(|side| side as usize);
        if width == 0
            || height == 0
            || width + 2 > SLOT[0]
            || height + 2 > SLOT[1]
            || picture.pixels.len() != width * height * 4
        {
            return None;
        }
        let all = SLOTS[0] * SLOTS[1];
        if self.slots.is_empty() {
            self.slots.resize_with(all, || None);
        }
        let known = |slot: &Option<Slot>| slot.as_ref().is_some_and(|slot| Arc::ptr_eq(&slot.picture, picture));
        let whole = [SLOT[0] * SLOTS[0], SLOT[1] * SLOTS[1]];
        let texture = self.texture.get_or_insert_with(|| {
            let empty = ColorImage::filled(whole, Color32::TRANSPARENT);
            context.load_texture("thumbnails", empty, TextureOptions::LINEAR)
        });
        let index = match self.slots.iter().position(known) {
            Some(index) => index,
            None => {
                let used = |index: &usize| self.slots[*index].as_ref().map_or(0, |slot| slot.used);
                let index = (0..all).min_by_key(used).filter(|index| used(index) < self.now)?;
                texture.set_partial(corner(index), bordered(picture, [width, height]), TextureOptions::LINEAR);
                self.slots[index] = Some(Slot { picture: Arc::clone(picture), used: 0 });
                index
            }
        };
        if let Some(slot) = &mut self.slots[index] {
            slot.used = self.now;
        }
        let [x, y] = corner(index).map(|place| place as f32 + 1.0);
        let [across, down] = whole.map(|side| side as f32);
        let uv = Rect::from_min_size(pos2(x / across, y / down), vec2(width as f32 / across, height as f32 / down));
        Some((texture.id(), uv))
    }
}

fn corner(index: usize) -> [usize; 2] {
    [index % SLOTS[0] * SLOT[0], index / SLOTS[0] * SLOT[1]]
}

/// The picture with its edge repeated around it.
fn bordered(picture: &Small, [width, height]: [usize; 2]) -> ColorImage {
    let texel = |x: usize, y: usize| {
        let (x, y) = (x.saturating_sub(1).min(width - 1), y.saturating_sub(1).min(height - 1));
        let at = (y * width + x) * 4;
        let [r, g, b, a] = [0, 1, 2, 3].map(|channel| picture.pixels[at + channel]);
        Color32::from_rgba_unmultiplied(r, g, b, a)
    };
    let size = [width + 2, height + 2];
    let pixels = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| texel(x, y))).collect();
    ColorImage::new(size, pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_seen_has_its_place_and_the_oldest_makes_room() {
        let context = Context::default();
        let mut atlas = Atlas::default();
        let picture = |side: u32| Arc::new(Small { size: [side, 90], pixels: vec![9; side as usize * 90 * 4] });
        atlas.turn();
        let first = picture(160);
        let place = atlas.place(&context, &first).unwrap();
        assert_eq!(atlas.place(&context, &first).unwrap(), place);
        let others: Vec<_> = (0..59).map(|_| picture(100)).collect();
        assert!(others.iter().all(|other| atlas.place(&context, other).is_some()));
        assert!(atlas.place(&context, &picture(100)).is_none(), "all of them are seen");
        atlas.turn();
        assert_eq!(atlas.place(&context, &first).unwrap(), place);
        let newer: Vec<_> = (0..59).map(|_| picture(100)).collect();
        assert!(newer.iter().all(|other| atlas.place(&context, other).is_some_and(|(_, at)| at != place.1)));
        assert!(atlas.place(&context, &picture(161)).is_none() && atlas.place(&context, &picture(0)).is_none());
        assert!(atlas.place(&context, &Arc::new(Small { size: [10, 10], pixels: vec![0; 7] })).is_none());
    }
}
