//! Where two eyes go in a target, and how large they are seen there.

use super::Place;
use crate::sink::Layout;
use crate::sink::compose::{Arrangement, Composition, fit};

/// How two eyes of `eye` (width × height, pixels of `pixel_aspect`) go into a target of size `target`.
pub fn composition(
    layout: Layout,
    swap_eyes: bool,
    eye: [u32; 2],
    pixel_aspect: f64,
    target: [u32; 2],
    place: Place,
) -> Composition {
    let arrangement = match layout {
        Layout::Sbs | Layout::HalfSbs => Arrangement::SideBySide,
        Layout::Tab | Layout::HalfTab => Arrangement::TopAndBottom,
        Layout::Rows => Arrangement::Rows,
        Layout::Columns => Arrangement::Columns,
        Layout::Checkerboard => Arrangement::Checkerboard,
        Layout::Right => Arrangement::Right,
        Layout::Anaglyph => Arrangement::RED_CYAN,
        Layout::AnaglyphGreenMagenta => Arrangement::GREEN_MAGENTA,
        Layout::AnaglyphAmberBlue => Arrangement::AMBER_BLUE,
        Layout::AnaglyphGrey => Arrangement::GREY,
        Layout::Left | Layout::Depth | Layout::Layers | Layout::Wiggle => Arrangement::Left,
    };
    let mut composition = Composition::whole(arrangement, target);
    composition.swap_eyes = swap_eyes && !matches!(layout, Layout::Depth | Layout::Layers);
    if let Place::Window(origin) = place {
        // A half layout in a window is for a screen that stretches it: shown squeezed, without the layout's aspect factor.
        let [width, height] = layout.output_size(eye).map(f64::from);
        (composition.at, composition.fitted) = fit(width / height.max(1.0) * pixel_aspect, target);
        composition.origin = origin;
    }
    composition
}

/// Width and height at which each eye is seen under `composition`. Woven layouts and glasses show both at full size.
pub(super) fn seen(composition: &Composition) -> [u32; 2] {
    let [width, height] = composition.fitted;
    match composition.arrangement {
        Arrangement::SideBySide => [(width / 2).max(1), height],
        Arrangement::TopAndBottom => [width, (height / 2).max(1)],
        _ => [width, height],
    }
}

/// Width to height at which each eye is seen in a picture of that size, by who sees it in 3D.
pub(super) fn eye_aspect(layout: Layout, [width, height]: [u32; 2]) -> f64 {
    let aspect = f64::from(width) / f64::from(height.max(1));
    match layout {
        Layout::Sbs => aspect / 2.0,
        Layout::Tab => aspect * 2.0,
        // Their screens stretch them.
        _ => aspect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_seen_as_halves() {
        let of = |layout, target| seen(&composition(layout, false, [1280, 720], 1.0, target, Place::Window([0, 0])));
        assert_eq!(of(Layout::HalfSbs, [1280, 720]), [640, 720]);
        assert_eq!(of(Layout::HalfTab, [1280, 720]), [1280, 360]);
        assert_eq!(of(Layout::Sbs, [1280, 720]), [640, 360]);
        assert_eq!(of(Layout::Rows, [1280, 720]), [1280, 720]);
        assert_eq!(of(Layout::Anaglyph, [640, 720]), [640, 360]);
    }
}
