//! The test pattern: tells its viewer which eye sees what, and how much parallax the eyes take. Pure; any thread.
//!
//! Above, a large L that only the left eye sees and a large R that only the right one sees. Below, a staircase of posts, each with its parallax
//! in % of the width written on it: negative ones stand in front of the screen, positive ones behind. A grid on the screen plane lies behind all of it.
//!
//! For the layouts that show depth instead of eyes there are the same posts as parallax and as planes.

use crate::stage::comfort::Mapping;
use crate::stage::stereo::layers::{self, PlaneStack};

mod glyphs;

/// Parallax of the posts in % of the width.
pub const STAIRS: [f32; 7] = [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0];

/// Planes of the pattern, from the nearest post to the farthest.
const PLANES: u32 = 12;

/// From where it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eye {
    /// The left eye.
    Left,
    /// Between the eyes, where nothing is shifted and neither letter is seen.
    Centre,
    /// The right eye.
    Right,
}

impl Eye {
    /// The part of the parallax that things are shifted by.
    fn share(self) -> f32 {
        match self {
            Self::Left => -0.5,
            Self::Centre => 0.0,
            Self::Right => 0.5,
        }
    }

    /// Its letter, and where that stands as a part of the width.
    fn letter(self) -> Option<(&'static str, f32)> {
        match self {
            Self::Left => Some(("L", 0.3)),
            Self::Centre => None,
            Self::Right => Some(("R", 0.7)),
        }
    }
}

const BACKGROUND: [u8; 3] = [40, 44, 52];
const GRID: [u8; 3] = [70, 76, 88];
const LETTER: [u8; 3] = [240, 240, 240];
const POST: [u8; 3] = [210, 150, 60];
const INK: [u8; 3] = [20, 20, 20];

/// A post as `eye` sees it, all in pixels.
struct Post {
    parallax: f32,
    centre: f32,
    half: f32,
    top: f32,
    bottom: f32,
}

impl Post {
    fn all([width, height]: [f32; 2], eye: Eye) -> impl Iterator<Item = Self> {
        STAIRS.iter().enumerate().map(move |(index, &parallax)| Self {
            parallax,
            centre: width * (index as f32 + 1.0) / (STAIRS.len() as f32 + 1.0) + eye.share() * parallax / 100.0 * width,
            half: width * 0.045,
            top: height * 0.6,
            bottom: height * 0.92,
        })
    }

    fn covers(&self, [x, y]: [f32; 2]) -> bool {
        (x - self.centre).abs() <= self.half && (self.top..self.bottom).contains(&y)
    }

    /// Its colour there: its label or its wood.
    fn colour(&self, [x, y]: [f32; 2]) -> [u8; 3] {
        let text = if self.parallax > 0.0 { format!("+{}", self.parallax) } else { self.parallax.to_string() };
        let dots = glyphs::size(&text);
        let scale = (self.half * 1.7 / dots[0]).min((self.bottom - self.top) * 0.0375);
        let corner = [self.centre - dots[0] * scale / 2.0, (self.top + self.bottom) / 2.0 - dots[1] * scale / 2.0];
        let ink = y >= corner[1] && glyphs::covers(&text, (x - corner[0]) / scale, (y - corner[1]) / scale);
        if ink { INK } else { POST }
    }
}

/// The middles of all pixels, row by row.
fn middles([width, height]: [u32; 2]) -> impl Iterator<Item = [f32; 2]> {
    (0..height).flat_map(move |row| (0..width).map(move |column| [column as f32 + 0.5, row as f32 + 0.5]))
}

/// What `eye` sees: width × height R8G8B8A8, row by row.
pub fn draw(size: [u32; 2], eye: Eye) -> Vec<u8> {
    let [width, height] = size.map(|side| side as f32);
    let posts: Vec<_> = Post::all([width, height], eye).collect();
    let cell = (width / 16.0).max(4.0);
    let line = (width / 960.0).max(1.0);
    let dot = height * 0.38 / 7.0;
    let letter = eye.letter().map(|(text, at)| {
        let [across, down] = glyphs::size(text).map(|dots| dots * dot);
        (text, [at * width - across / 2.0, height * 0.29 - down / 2.0])
    });
    let colour = |at @ [x, y]: [f32; 2]| {
        if let Some(post) = posts.iter().rfind(|post| post.covers(at)) {
            return post.colour(at);
        }
        match letter {
            Some((text, corner))
                if y >= corner[1] && glyphs::covers(text, (x - corner[0]) / dot, (y - corner[1]) / dot) =>
            {
                LETTER
            }
            _ if x % cell < line || y % cell < line => GRID,
            _ => BACKGROUND,
        }
    };
    let opaque = |[red, green, blue]: [u8; 3]| [red, green, blue, 255];
    middles(size).flat_map(|at| opaque(colour(at))).collect()
}

/// Parallax of the pattern seen from between the eyes, in % of the width: width × height, row by row.
pub fn parallax(size: [u32; 2]) -> Vec<f32> {
    let posts: Vec<_> = Post::all(size.map(|side| side as f32), Eye::Centre).collect();
    let at = |at: [f32; 2]| posts.iter().rfind(|post| post.covers(at)).map_or(0.0, |post| post.parallax);
    middles(size).map(at).collect()
}

/// The range of the stairs, as a mapping whose 8-bit depth pictures go from white to black over it.
pub fn mapping() -> Mapping {
    Mapping { near: STAIRS[0], far: STAIRS[STAIRS.len() - 1], ..Mapping::FLAT }
}

/// The plane that shows `parallax` (% of the width).
fn plane(parallax: f32) -> u32 {
    let Mapping { near, far, .. } = mapping();
    ((parallax - near) / (far - near) * (PLANES - 1) as f32).round() as u32
}

/// The pattern with its planes beside it: R8G8B8A8 of [`layers::layers_size`].
pub fn draw_layers(size: [u32; 2]) -> Vec<u8> {
    let stack = PlaneStack { size: size.map(|side| side.div_ceil(3)), first: 0, count: PLANES };
    let chosen = parallax(stack.size).into_iter().map(plane);
    let planes: Vec<f32> =
        chosen.flat_map(|chosen| (0..PLANES).map(move |plane| if plane == chosen { 1.0 } else { 0.0 })).collect();
    layers::reference(&draw(size, Eye::Centre), size, &planes, &stack)
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
        assert_eq!(whites(&draw(size, Eye::Centre), 0, 800), 0);
    }

    #[test]
    fn the_parallax_is_that_of_the_posts() {
        let size = [1600, 900];
        let (map, picture) = (parallax(size), draw(size, Eye::Centre));
        let row = 560 * 1600;
        for (index, wanted) in STAIRS.iter().enumerate() {
            let at = row + 1600 * (index + 1) / 8;
            assert_eq!(map[at], *wanted, "post {index}");
        }
        // Where the picture has a post, and nowhere else, the map may differ from the screen plane.
        let is_post = |pixel: &[u8]| pixel[..3] == POST || pixel[..3] == INK;
        assert!(map.iter().zip(picture.chunks_exact(4)).all(|(p, pixel)| *p == 0.0 || is_post(pixel)));
    }

    #[test]
    fn each_post_lies_in_a_plane_of_its_own() {
        let size = [960, 540];
        let picture = draw_layers(size);
        let [across, _] = layers::layers_size(size);
        let cell = size.map(|side| side.div_ceil(3));
        // The middle of each post, in each cell.
        let white = |cell_number: u32, post: u32| {
            let x = size[0] + cell_number % 4 * cell[0] + cell[0] * (post + 1) / 8;
            let y = cell_number / 4 * cell[1] + cell[1] * 3 / 4;
            picture[((y * across + x) * 4) as usize] == 255
        };
        for post in 0..STAIRS.len() as u32 {
            let there: Vec<u32> = (0..PLANES).filter(|plane| white(*plane, post)).collect();
            assert_eq!(there, [plane(STAIRS[post as usize])], "post {post}");
        }
        let mut planes = STAIRS.map(plane).to_vec();
        planes.dedup();
        assert_eq!(planes.len(), STAIRS.len());
    }
}
