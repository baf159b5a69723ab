//! Where an eye's picture is seen that the viewer has turned.

use crate::sink::Adjustments;

/// What the viewer has turned, and where that puts the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turned {
    pub(super) adjustments: Adjustments,
    /// Its part that is seen: upper left corner and size, in parts of the space that an eye sees.
    pub(super) place: [[f64; 2]; 2],
    /// Width to height of that space.
    pub(super) around: f64,
}

impl Turned {
    /// How large the whole picture of size `film` is seen, where an eye sees `size` pixels.
    pub(super) fn needs(&self, film: [u32; 2], size: [u32; 2]) -> [u32; 2] {
        let part = self.adjustments.seen(film)[1];
        [0, 1].map(|axis| {
            let whole = f64::from(film[axis]) / f64::from(part[axis].max(1)) * self.place[1][axis];
            (f64::from(size[axis]) * whole).ceil().clamp(1.0, f64::from(film[axis].max(1))) as u32
        })
    }
}
