//! A picture that can be given more than once: its planes are shared.

use std::sync::Arc;

use crate::frame::{Chroma, Colour, Orientation, OwnedPlanes, Picture, PixelFormat, Planes, Shape};

/// Width, height and brightness of a plain picture.
const PLAIN: ([u32; 2], u8) = ([640, 360], 24);

/// A picture, and planes that all copies of it share.
pub(super) struct SharedPicture {
    pub(super) shape: Shape,
    planes: Arc<dyn Planes>,
}

struct SharedPlanes(Arc<dyn Planes>);

impl Planes for SharedPlanes {
    fn plane(&self, index: usize) -> (&[u8], usize) {
        self.0.plane(index)
    }
}

impl SharedPicture {
    pub(super) fn new(picture: Picture) -> Self {
        Self { shape: picture.shape, planes: Arc::from(picture.planes) }
    }

    /// Dark grey: what is seen where there is only sound.
    pub(super) fn plain() -> Self {
        let (size, grey) = PLAIN;
        let plane = || (vec![grey; (size[0] * size[1]) as usize], size[0] as usize);
        let format = PixelFormat { chroma: Chroma::C444, depth: 8, shift: 0, semi_planar: false };
        let orientation = Orientation::default();
        Self {
            shape: Shape { size, format, colour: Colour::SRGB, sample_aspect: (1, 1), orientation },
            planes: Arc::new(OwnedPlanes(vec![plane(), plane(), plane()])),
        }
    }

    /// It, once more.
    pub(super) fn picture(&self) -> Picture {
        Picture { shape: self.shape, planes: Box::new(SharedPlanes(Arc::clone(&self.planes))) }
    }
}
