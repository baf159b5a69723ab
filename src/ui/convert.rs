//! Between egui and the contract with the sinks: events in, meshes and textures out.

use egui::epaint::textures::TexturesDelta;
use egui::epaint::{ImageData, TextureId};
use egui::{Event, Modifiers, PointerButton, Pos2};

use crate::sink::panel::{Pointer, TextureChange};

/// Whether a place or a number of notches is one: egui does not expect others.
pub(super) fn is_sound(pointer: &Pointer) -> bool {
    match pointer {
        Pointer::Moved(at) | Pointer::Pressed(at) | Pointer::Released(at) => at.iter().all(|place| place.abs() < 1e6),
        Pointer::Wheel(notches) => notches.abs() < 1e6,
        Pointer::Gone => true,
    }
}

/// A side in points that can be built in.
pub(super) fn side(points: f32) -> f32 {
    if points.is_finite() { points.clamp(1.0, 1e5) } else { 1.0 }
}

/// A density that letters can be made for.
pub(super) fn pixels_per_point(density: f32) -> f32 {
    if density.is_finite() { density.clamp(0.25, 8.0) } else { 1.0 }
}

/// What egui is told of the pointer. The wheel is not among it: egui would make it smooth over many frames.
pub(super) fn event(pointer: Pointer) -> Option<Event> {
    let button = |at: [f32; 2], pressed| {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        Event::PointerButton { pos: Pos2::from(at), button, pressed, modifiers }
    };
    Some(match pointer {
        Pointer::Moved(at) => Event::PointerMoved(Pos2::from(at)),
        Pointer::Pressed(at) => button(at, true),
        Pointer::Released(at) => button(at, false),
        Pointer::Gone => Event::PointerGone,
        Pointer::Wheel(_) => return None,
    })
}

/// egui's changes of textures, in the order in which they have to be made.
pub(super) fn textures(mut delta: TexturesDelta) -> Vec<TextureChange> {
    let mut changes = Vec::new();
    for (id, deltas) in delta.set.drain() {
        let TextureId::Managed(texture) = id else { continue };
        for delta in deltas {
            let ImageData::Color(image) = &delta.image;
            let size = image.size.map(|side| side as u32);
            let texels = image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
            changes.push(match delta.pos {
                None => TextureChange::New { texture, size, texels },
                Some(at) => TextureChange::Part { texture, at: at.map(|place| place as u32), size, texels },
            });
        }
    }
    for id in delta.free.drain() {
        if let TextureId::Managed(texture) = id {
            changes.push(TextureChange::Gone { texture });
        }
    }
    changes
}
