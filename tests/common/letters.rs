//! Writing for pictures made up in tests: letters of 5×7 strokes.

const LETTERS: [(char, [u8; 7]); 14] = [
    ('A', [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11]),
    ('B', [0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e]),
    ('C', [0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e]),
    ('D', [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e]),
    ('E', [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f]),
    ('H', [0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11]),
    ('I', [0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e]),
    ('L', [0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f]),
    ('M', [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11]),
    ('N', [0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11]),
    ('O', [0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e]),
    ('R', [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11]),
    ('S', [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e]),
    ('T', [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04]),
];

/// Width and height of `text` with strokes `stroke` pixels wide.
pub(crate) fn size(text: &str, stroke: usize) -> [usize; 2] {
    [(text.chars().count() * 6 - 1) * stroke, 7 * stroke]
}

/// Writes `text` of brightness `light` with a dark outline into a grey picture `width` pixels wide; what lies outside is left out.
pub(crate) fn write(picture: &mut [u8], width: usize, at: [isize; 2], text: &str, stroke: usize, light: u8) {
    let height = (picture.len() / width) as isize;
    let edge = (stroke as isize + 1) / 2;
    for outline in [true, false] {
        for (index, letter) in text.chars().enumerate() {
            let Some((_, rows)) = LETTERS.iter().find(|(name, _)| *name == letter) else { continue };
            for (row, bits) in rows.iter().enumerate() {
                for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                    let left = at[0] + ((index * 6 + column) * stroke) as isize;
                    let top = at[1] + (row * stroke) as isize;
                    let around = if outline { edge } else { 0 };
                    let side = stroke as isize + around;
                    for y in (top - around..top + side).filter(|y| (0..height).contains(y)) {
                        for x in (left - around..left + side).filter(|x| (0..width as isize).contains(x)) {
                            picture[y as usize * width + x as usize] = if outline { 20 } else { light };
                        }
                    }
                }
            }
        }
    }
}
