//! How a picture is to be turned, from display matrices and EXIF.

use crate::frame::Orientation;

/// From FFmpeg's display matrix: 3×3 in row order, (x', y') = (a·x + c·y, b·x + d·y) with a, b in the first row and c, d in the second.
/// Other angles than quarter turns go to the nearest one; a matrix that maps everything to a line says nothing.
pub(super) fn from_display_matrix(matrix: &[i32; 9]) -> Orientation {
    let [a, b, c, d] = [matrix[0], matrix[1], matrix[3], matrix[4]].map(f64::from);
    let determinant = a * d - b * c;
    if determinant == 0.0 {
        return Orientation::default();
    }
    let mirror = determinant < 0.0;
    // Mirroring comes first, so taking it back negates what x turns into.
    let (a, b) = if mirror { (-a, -b) } else { (a, b) };
    let quarters = (b.atan2(a) / std::f64::consts::FRAC_PI_2).round() as i32;
    Orientation { mirror, quarter_turns: quarters.rem_euclid(4) as u8 }
}

/// From one of EXIF's eight codes, which turn first and mirror then; none for other numbers.
pub(super) fn from_code(code: u32) -> Option<Orientation> {
    let (mirror, quarter_turns) = match code {
        1 => (false, 0),
        2 => (true, 0),
        3 => (false, 2),
        4 => (true, 2),
        5 => (true, 3),
        6 => (false, 1),
        7 => (true, 1),
        8 => (false, 3),
        _ => return None,
    };
    Some(Orientation { mirror, quarter_turns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    const ONE: i32 = 0x10000;

    /// Where the sample at (x, y) of a picture of `size` goes.
    fn place(orientation: Orientation, size: [i32; 2], point: [i32; 2]) -> [i32; 2] {
        let ([mut width, mut height], [mut x, mut y]) = (size, point);
        if orientation.mirror {
            x = width - 1 - x;
        }
        for _ in 0..orientation.quarter_turns {
            (x, y) = (height - 1 - y, x);
            (width, height) = (height, width);
        }
        [x, y]
    }

    #[test]
    fn matrices_move_points_where_they_say() {
        let matrices = [
            [1, 0, 0, 1],
            [0, 1, -1, 0],
            [-1, 0, 0, -1],
            [0, -1, 1, 0],
            [-1, 0, 0, 1],
            [1, 0, 0, -1],
            [0, 1, 1, 0],
            [0, -1, -1, 0],
        ];
        let mut seen = Vec::new();
        for [a, b, c, d] in matrices {
            let orientation = from_display_matrix(&[a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]);
            assert!(!seen.contains(&orientation));
            seen.push(orientation);
            // A step along x and one along y in a 3×3 picture, about its middle.
            for [x, y] in [[1, 0], [0, 1]] {
                let moved = place(orientation, [3, 3], [1 + x, 1 + y]);
                assert_eq!([moved[0] - 1, moved[1] - 1], [a * x + c * y, b * x + d * y], "{a} {b} {c} {d}");
            }
        }
        assert_eq!(from_display_matrix(&[0; 9]), Orientation::default());
    }

    #[test]
    fn exif_agrees_with_the_image_crate() {
        let size = [3, 2];
        let still = RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8, y as u8, 0]));
        for value in 1..=8 {
            let exif = image::metadata::Orientation::from_exif(value).unwrap();
            let mut turned = image::DynamicImage::ImageRgb8(still.clone());
            turned.apply_orientation(exif);
            let ours = from_code(value.into()).unwrap();
            assert_eq!([turned.width(), turned.height()], ours.apply_size([3, 2]));
            for (x, y, sample) in turned.to_rgb8().enumerate_pixels() {
                assert_eq!(
                    place(ours, size, [sample[0].into(), sample[1].into()]),
                    [x as i32, y as i32],
                    "EXIF {value}"
                );
            }
        }
    }
}
