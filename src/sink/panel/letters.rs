//! Letters where an eye's picture is squeezed. Pure.
//!
//! A letter's rectangle ends where the letter does. Squeezed to half its width, that is often within a pixel whose middle it does not reach, and the
//! letter's last row or column would be missing: the rectangle is made a little larger, which shows what is around the letter in its texture.

use egui::epaint::Mesh;

/// Pixels to be added on each side: what is further from a letter would show its neighbour in the texture, which is one texel away.
pub(super) const MARGIN: f32 = 0.25;

/// Makes the rectangles in `mesh` that show a part of its texture larger by `margin` on each side, in the mesh's own unit. What has one colour stays.
pub(super) fn widen(mesh: &mut Mesh, margin: [f32; 2]) {
    // As epaint makes them: upper left, upper right, lower left; lower left, upper right, lower right.
    let (rectangles, _) = mesh.indices.as_chunks::<6>();
    for &[a, b, c, c_again, b_again, d] in rectangles {
        let corners = [a, b, c, d].map(|index| mesh.vertices.get(index as usize).copied());
        let [Some(first), _, _, Some(last)] = corners else { continue };
        let (size, texels) = (last.pos - first.pos, last.uv - first.uv);
        if c != c_again || b != b_again || size.x <= 0.0 || size.y <= 0.0 || texels.x == 0.0 || texels.y == 0.0 {
            continue;
        }
        for (index, [right, down]) in [(a, [-1.0, -1.0]), (b, [1.0, -1.0]), (c, [-1.0, 1.0]), (d, [1.0, 1.0])] {
            let Some(vertex) = mesh.vertices.get_mut(index as usize) else { continue };
            let [across, along] = [right * margin[0], down * margin[1]];
            vertex.pos.x += across;
            vertex.pos.y += along;
            vertex.uv.x += across * texels.x / size.x;
            vertex.uv.y += along * texels.y / size.y;
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::epaint::{Color32, Mesh, Rect, pos2};

    use super::widen;

    #[test]
    fn only_what_shows_a_part_of_the_texture_grows_and_the_texture_with_it() {
        let mut mesh = Mesh::default();
        let at = Rect::from_min_max(pos2(10.0, 20.0), pos2(14.0, 28.0));
        mesh.add_rect_with_uv(at, Rect::from_min_max(pos2(0.5, 0.25), pos2(0.75, 0.5)), Color32::WHITE);
        mesh.add_colored_rect(at, Color32::RED);
        let plain = mesh.vertices[4..].to_vec();
        widen(&mut mesh, [0.5, 0.0]);
        let [first, .., last] = [mesh.vertices[0], mesh.vertices[3]];
        assert_eq!([first.pos, last.pos], [pos2(9.5, 20.0), pos2(14.5, 28.0)]);
        assert_eq!([first.uv, last.uv], [pos2(0.46875, 0.25), pos2(0.78125, 0.5)]);
        assert_eq!(mesh.vertices[4..], plain);
    }
}
