//! The few signs that the test pattern needs, as 5×7 dots.

/// Rows of a sign from the top, the left dot in bit 4.
fn rows(sign: char) -> [u8; 7] {
    match sign {
        'L' => [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        'R' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00010, 0b00100, 0b01000, 0b11111],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '+' => [0b00000, 0b00100, 0b00100, 0b11111, 0b00100, 0b00100, 0b00000],
        '-' => [0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000],
        '.' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100],
        _ => [0; 7],
    }
}

/// Width and height of `text` in dots, one column between signs.
pub(super) fn size(text: &str) -> [f32; 2] {
    [(text.chars().count() * 6).saturating_sub(1) as f32, 7.0]
}

/// Whether `text` covers the place (`x`, `y`), in dots from its upper left corner.
pub(super) fn covers(text: &str, x: f32, y: f32) -> bool {
    if x < 0.0 || !(0.0..7.0).contains(&y) {
        return false;
    }
    let (column, dot) = (x as usize / 6, x as usize % 6);
    text.chars().nth(column).is_some_and(|sign| dot < 5 && rows(sign)[y as usize] >> (4 - dot) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_where_they_should_be() {
        let draw = |text: &str| -> Vec<String> {
            let width = size(text)[0] as usize;
            (0..7)
                .map(|y| (0..width).map(|x| if covers(text, x as f32, y as f32) { '#' } else { ' ' }).collect())
                .collect()
        };
        let lines = draw("LR");
        assert_eq!(lines[0], "#     #### ");
        assert_eq!(lines[6], "##### #   #");
    }
}
