//! The test pattern: tells its viewer which eye sees what, and how much parallax the eyes take. Pure; any thread.
//!
//! Above, a large L that only the left eye sees and a large R that only the right one sees. Below, a staircase of posts, each with its parallax
//! in % of the width written on it: negative ones stand in front of the screen, positive ones behind. A grid on the screen plane lies behind all of it.

mod glyphs;

/// Parallax of the posts in % of the width.
pub const STAIRS: [f32; 7] = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0];

/// Which eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eye {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

const BACKGROUND: [u8; 3] = [40, 44, 52];
const GRID: [u8; 3] = [70, 76, 88];
const LETTER: [u8; 3] = [240, 240, 240];
const POST: [u8; 3] = [210, 150, 60];
const INK: [u8; 3] = [20, 20, 20];

/// The text on a post.
fn label(parallax: f32) -> String {
    if parallax > 0.0 { format!("+{parallax}") } else { parallax.to_string() }
}

/// What `eye` sees: width × height R8G8B8A8, row by row.
pub fn draw(size: [u32; 2], eye: Eye) -> Vec<u8> {
    let [width, height] = size.map(|side| side as f32);
    let mut picture = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    let letter = match eye {
        Eye::Left => ("L", 0.3),
        Eye::Right => ("R", 0.7),
    };
    let cell = (width / 16.0).max(4.0);
    let dot = height * 0.38 / 7.0;
    let [letter_width, letter_height] = glyphs::size(letter.0).map(|dots| dots * dot);
    let letter_at = [letter.1 * width - letter_width / 2.0, height * 0.29 - letter_height / 2.0];
    // Half the shift to each eye.
    let sign = if eye == Eye::Right { 0.5 } else { -0.5 };
    for row in 0..size[1] {
        for column in 0..size[0] {
            let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
            let line = (width / 960.0).max(1.0);
            let mut colour = if x % cell < line || y % cell < line { GRID } else { BACKGROUND };
            if glyphs::covers(letter.0, (x - letter_at[0]) / dot, (y - letter_at[1]) / dot) && y >= letter_at[1] {
                colour = LETTER;
            }
            for (index, parallax) in STAIRS.iter().enumerate() {
                let shift = sign * parallax / 100.0 * width;
                let centre = width * (index as f32 + 1.0) / (STAIRS.len() as f32 + 1.0) + shift;
                let (half, top, bottom) = (width * 0.045, height * 0.6, height * 0.92);
                if (x - centre).abs() > half || !(top..bottom).contains(&y) {
                    continue;
                }
                let text = label(*parallax);
                let dots = glyphs::size(&text);
                let scale = (half * 1.7 / dots[0]).min(height * 0.012);
                let corner = [centre - dots[0] * scale / 2.0, (top + bottom) / 2.0 - dots[1] * scale / 2.0];
                let ink = y >= corner[1] && glyphs::covers(&text, (x - corner[0]) / scale, (y - corner[1]) / scale);
                colour = if ink { INK } else { POST };
            }
            picture.extend_from_slice(&[colour[0], colour[1], colour[2], 255]);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First column of row `y` that shows a post's colour at or after `from`.
    fn post_from(picture: &[u8], width: usize, y: usize, from: usize) -> usize {
        (from..width).find(|x| picture[(y * width + x) * 4..][..3] == POST).unwrap()
    }

    #[test]
    fn posts_stand_the_right_number_of_pixels_apart() {
        let size = [1600, 900];
        let (left, right) = (draw(size, Eye::Left), draw(size, Eye::Right));
        let y = 560;
        for (index, parallax) in STAIRS.iter().enumerate() {
            let from = 1600 * (index + 1) / 8 - 100;
            let (l, r) = (post_from(&left, 1600, y, from), post_from(&right, 1600, y, from));
            assert_eq!((r as f32 - l as f32).round(), parallax / 100.0 * 1600.0, "post {parallax}");
        }
    }

    #[test]
    fn each_eye_sees_its_own_letter() {
        let size = [800, 450];
        let whites = |picture: &[u8], from: usize, to: usize| {
            (0..450 / 2)
                .flat_map(|y| (from..to).map(move |x| (y * 800 + x) * 4))
                .filter(|at| picture[*at..][..3] == LETTER)
                .count()
        };
        let (left, right) = (draw(size, Eye::Left), draw(size, Eye::Right));
        assert!(whites(&left, 0, 400) > 1000 && whites(&left, 400, 800) == 0);
        assert!(whites(&right, 400, 800) > 1000 && whites(&right, 0, 400) == 0);
    }
}
