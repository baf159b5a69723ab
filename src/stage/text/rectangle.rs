//! Rectangles of cells.

/// Cells from..to, each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rectangle {
    pub(super) from: [usize; 2],
    pub(super) to: [usize; 2],
}

impl Rectangle {
    pub(super) fn size(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.to[axis].saturating_sub(self.from[axis]))
    }

    pub(super) fn area(&self) -> usize {
        let [width, height] = self.size();
        width * height
    }

    /// The least around both.
    pub(super) fn join(&self, other: &Self) -> Self {
        Self {
            from: [0, 1].map(|axis| self.from[axis].min(other.from[axis])),
            to: [0, 1].map(|axis| self.to[axis].max(other.to[axis])),
        }
    }

    /// With `by` more on each side, inside of `size`.
    pub(super) fn grown(&self, by: [usize; 2], size: [usize; 2]) -> Self {
        Self {
            from: [0, 1].map(|axis| self.from[axis].saturating_sub(by[axis])),
            to: [0, 1].map(|axis| (self.to[axis] + by[axis]).min(size[axis])),
        }
    }

    /// Cells that lie in both.
    pub(super) fn common(&self, other: &Self) -> usize {
        let side =
            |axis: usize| self.to[axis].min(other.to[axis]).saturating_sub(self.from[axis].max(other.from[axis]));
        side(0) * side(1)
    }

    /// In cells `by` times as small.
    pub(super) fn times(&self, by: usize) -> Self {
        Self { from: self.from.map(|at| at * by), to: self.to.map(|at| at * by) }
    }
}
