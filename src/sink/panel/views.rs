//! Where on a canvas the panel is seen: once, or once for each eye. Pure.

use crate::sink::Layout;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The upper left corner.
    pub at: [f32; 2],
    /// Width and height.
    pub size: [f32; 2],
}

/// The panel's places on a canvas. It is the same in all of them, so it lies at zero parallax, on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Views {
    /// Width and height of the panel in points.
    pub size: [f32; 2],
    /// Pixels for each point; where a layout squeezes its eyes, along the axis that it leaves alone.
    pub pixels_per_point: f32,
    /// Where it is drawn, each time in whole.
    pub views: Vec<View>,
}

/// The panel has to have so much room, in points; where there is less, points become smaller.
const LEAST: [f32; 2] = [620.0, 410.0];
/// On an eye's picture as high as this, in pixels, points are the window system's own; on a higher one they grow with it, so that the panel can be
/// read from as far away as the film.
const USUAL_HEIGHT: f32 = 1000.0;

impl Views {
    /// The whole of an image of its own, of `size` pixels.
    pub fn whole(size: [u32; 2], pixels_per_point: f32) -> Self {
        let size = size.map(|side| side as f32);
        let pixels_per_point = pixels_per_point.max(0.1);
        let points = size.map(|side| side / pixels_per_point);
        Self { size: points, pixels_per_point, views: vec![View { at: [0.0, 0.0], size }] }
    }

    /// On a canvas of `size` pixels that shows `layout`, in a window system that has `scale` pixels for a point.
    pub fn on_canvas(layout: Layout, size: [u32; 2], scale: f32) -> Self {
        let size @ [width, height] = size.map(|side| side.max(2) as f32);
        let (halves, view) = match layout {
            Layout::Sbs | Layout::HalfSbs => (vec![[0.0, 0.0], [width / 2.0, 0.0]], [width / 2.0, height]),
            Layout::Tab | Layout::HalfTab => (vec![[0.0, 0.0], [0.0, height / 2.0]], [width, height / 2.0]),
            _ => (vec![[0.0, 0.0]], size),
        };
        // What is squeezed is made wide or high again by the screen that it is for.
        let seen = match layout {
            Layout::HalfSbs | Layout::HalfTab => size,
            _ => view,
        };
        let scale = if scale.is_finite() && scale > 0.0 { scale } else { 1.0 };
        let scale = scale.max(seen[1] / USUAL_HEIGHT).min(seen[0] / LEAST[0]).min(seen[1] / LEAST[1]).max(0.1);
        let views = halves.into_iter().map(|at| View { at, size: view }).collect();
        Self { size: seen.map(|side| side / scale), pixels_per_point: scale, views }
    }

    /// The point that is seen at `pixel`, in whichever place that lies.
    pub fn point(&self, pixel: [f32; 2]) -> [f32; 2] {
        let Some(first) = self.views.first() else { return pixel };
        let inside = |view: &&View| (0..2).all(|axis| (0.0..view.size[axis]).contains(&(pixel[axis] - view.at[axis])));
        let view = self.views.iter().find(inside).unwrap_or(first);
        [0, 1].map(|axis| (pixel[axis] - view.at[axis]) / view.size[axis].max(1.0) * self.size[axis])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_eyes_of_a_canvas_have_the_panel_at_one_place() {
        let views = Views::on_canvas(Layout::Sbs, [2560, 720], 1.0);
        assert_eq!((views.size, views.views.len(), views.views[1].at), ([1280.0, 720.0], 2, [1280.0, 0.0]));
        assert_eq!(views.point([100.0, 700.0]), views.point([1380.0, 700.0]));
        let views = Views::on_canvas(Layout::Tab, [1280, 1440], 1.0);
        assert_eq!((views.size, views.point([640.0, 720.0 + 36.0])), ([1280.0, 720.0], [640.0, 36.0]));
        assert_eq!(Views::on_canvas(Layout::Anaglyph, [1280, 720], 1.0).views.len(), 1);
    }

    #[test]
    fn squeezed_eyes_have_a_squeezed_panel() {
        let views = Views::on_canvas(Layout::HalfSbs, [1280, 720], 1.0);
        assert_eq!((views.size, views.views[0].size), ([1280.0, 720.0], [640.0, 720.0]));
        assert_eq!(views.point([320.0, 0.0]), [640.0, 0.0]);
    }

    #[test]
    fn points_shrink_in_small_windows_and_grow_on_large_screens() {
        let views = Views::on_canvas(Layout::Sbs, [620, 205], 1.0);
        assert!((views.size[0] - 620.0).abs() < 1e-3 && views.pixels_per_point == 0.5, "{views:?}");
        assert_eq!(Views::on_canvas(Layout::Left, [3840, 2160], 1.0).pixels_per_point, 2.16);
        assert_eq!(Views::on_canvas(Layout::Left, [1280, 1080], 2.0).pixels_per_point, 2.0);
        let none = Views::on_canvas(Layout::Left, [0, 0], f32::NAN);
        assert!(none.size.iter().all(|side| side.is_finite()) && none.point([0.0, 0.0]) == [0.0, 0.0]);
    }
}
