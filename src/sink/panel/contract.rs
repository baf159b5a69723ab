//! What a sink tells the panel, and what the panel gives back: plain values, so that a mouse and a headset's ray are the same to it.

use std::time::Instant;

use egui::ClippedPrimitive;

use crate::sink::{Action, ScreenSettings};
use crate::time::Time;

/// What the pointer did, at places in points from the panel's upper left corner. A pointer is a mouse, or where a ray meets the panel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pointer {
    /// It is here now.
    Moved([f32; 2]),
    /// The left button, or the trigger, went down.
    Pressed([f32; 2]),
    /// It was let go.
    Released([f32; 2]),
    /// The wheel turned, in notches; up is positive.
    Wheel(f32),
    /// It is nowhere any more.
    Gone,
}

/// What the panel stands in front of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PanelPlace {
    /// A window: any movement of the pointer brings the panel.
    Window {
        /// It fills the screen.
        full_screen: bool,
        /// The panel is drawn for each eye by itself, and only one of them sees the mouse: the panel marks its place.
        both_eyes: bool,
    },
    /// A headset, with its screen as it is set now. A ray always moves, so it only keeps the panel there; [`Action::Panel`] brings it. The panel
    /// marks where the ray meets it.
    Headset(ScreenSettings),
}

/// What has happened since the last time.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelInput {
    /// Width and height that the panel may fill, in points.
    pub size: [f32; 2],
    /// Pixels of what it is drawn to for each point: how finely text is made.
    pub pixels_per_point: f32,
    /// What the pointer did, in order.
    pub pointer: Vec<Pointer>,
    /// Where the panel is seen.
    pub place: PanelPlace,
    /// The viewer is on the way to this film time with a stick, without a pointer: the bar and the picture there are shown.
    pub scrubbing: Option<Time>,
}

/// A change of one of the pictures that the meshes are covered with (letters, previews).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextureChange {
    /// The texture begins anew, with this size and these texels.
    New {
        /// Which one.
        texture: u64,
        /// Width and height in texels.
        size: [u32; 2],
        /// R'G'B' and alpha, multiplied, 8 bits each, rows tightly packed.
        texels: Vec<u8>,
    },
    /// A rectangle of it changes.
    Part {
        /// Which one.
        texture: u64,
        /// The rectangle's upper left corner.
        at: [u32; 2],
        /// Its width and height.
        size: [u32; 2],
        /// As above.
        texels: Vec<u8>,
    },
    /// It is no longer needed, once the meshes that come with this change are drawn.
    Gone {
        /// Which one.
        texture: u64,
    },
}

/// What is to be seen: give it to [`super::PanelRenderer::show`], which keeps it until the next one.
#[derive(Clone, Default)]
pub struct PanelPicture {
    /// Meshes in points, and what part of the panel each is clipped to.
    pub meshes: Vec<ClippedPrimitive>,
    /// Changes of textures, to be made in this order; none may be lost.
    pub textures: Vec<TextureChange>,
}

impl PanelPicture {
    /// The same with `next` after it, of which nothing has been drawn yet.
    pub(super) fn add(&mut self, next: Self) {
        self.meshes = next.meshes;
        self.textures.extend(next.textures);
    }
}

/// What the panel wants.
#[derive(Default)]
pub struct PanelOutput {
    /// There is something to be seen.
    pub visible: bool,
    /// What is to be seen, where that is not the same as before.
    pub picture: Option<PanelPicture>,
    /// The pointer belongs to the panel: it is on it, or drags something of it. What is pressed now means nothing else.
    pub takes_pointer: bool,
    /// What the viewer wants, in order; carried out by the sink as if a key had said it.
    pub actions: Vec<Action>,
    /// When to ask the panel again although nothing has happened.
    pub wake: Option<Instant>,
}
