//! Letters to be clicked, for who has no keyboard at hand.

use egui::{Rect, pos2, vec2};

use super::Browsing;
use crate::ui::pass::{Face, Pass};

const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm-."];
/// Height of a row.
const ROW: f32 = 46.0;
/// Widest a letter is.
const WIDEST: f32 = 64.0;

/// Its height in a body.
pub(super) fn height(body: Rect) -> f32 {
    (ROW * (ROWS.len() + 1) as f32).min(body.height() * 0.7)
}

pub(super) fn build(browsing: &mut Browsing, pass: &mut Pass<'_>, place: Rect) {
    let row = place.height() / (ROWS.len() + 1) as f32;
    let letter = (place.width() / 10.0).min(WIDEST);
    for (index, letters) in ROWS.iter().enumerate() {
        let width = letters.len() as f32 * letter;
        let left = place.center().x - width / 2.0;
        for (at, sign) in letters.chars().enumerate() {
            let corner = pos2(left + at as f32 * letter, place.min.y + index as f32 * row);
            let sign = sign.to_string();
            if pass.button(
                Rect::from_min_size(corner, vec2(letter, row)),
                format!("letter {sign}"),
                Face::Text(&sign),
                true,
            ) {
                browsing.type_letter(&sign);
            }
        }
    }
    let top = place.min.y + ROWS.len() as f32 * row;
    let mut left = place.center().x - 5.0 * letter;
    for (name, text, letters) in
        [("letter delete", "Delete", 3.0), ("letter blank", "Space", 4.0), ("letters done", "Done", 3.0)]
    {
        let rect = Rect::from_min_size(pos2(left, top), vec2(letters * letter, row));
        left += letters * letter;
        if pass.button(rect, name, Face::Text(text), true) {
            match name {
                "letter delete" => {
                    browsing.search.pop();
                }
                "letter blank" => browsing.type_letter(" "),
                _ => browsing.keyboard = false,
            }
        }
    }
}
