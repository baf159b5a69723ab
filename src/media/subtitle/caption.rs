//! Messages over the picture: lines at its upper left corner, drawn by libass as mpv draws its own.

use super::drawing::Drawing;
use super::header::styled;
use crate::overlay::{Area, Bitmap};
use crate::subtitle::{Settings, Style};
use crate::time::Time;

/// Whom libass writes lines for: a script of FFmpeg's usual size.
const HEAD: &[u8] = b"PlayResX: 384\nPlayResY: 288\n";
/// mpv's size of letters and distance from the edges, in pixels of a picture 720 pixels high.
const SIZE: f64 = 30.0;
const MARGIN: u32 = 16;
/// How long a line is there as libass sees it.
const LONG: Time = Time::from_nanoseconds(1_000_000_000);

/// Draws messages. One thread owns it.
pub struct Captions {
    /// None where libass does not start.
    drawing: Option<Drawing>,
    settings: Settings,
}

impl Default for Captions {
    fn default() -> Self {
        let style = Style { size: SIZE, margin: MARGIN, ..Style::default() };
        Self { drawing: Drawing::new(&[], &styled(HEAD, &style), &[]), settings: Settings::default() }
    }
}

impl Captions {
    /// `text`, each line of it in one.
    pub fn draw(&mut self, text: &str, area: Area) -> Vec<Bitmap> {
        let Some(drawing) = &mut self.drawing else { return Vec::new() };
        drawing.clear();
        drawing.add(0, &format!("0,Default,,0,0,0,,{{\\an7}}{}", escaped(text)), Time::ZERO, LONG);
        drawing.draw(Time::ZERO, area, area.size, &self.settings, true).unwrap_or_default()
    }
}

/// As a script has to write `text` for it to be seen as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '{' => escaped.push_str("\\{"),
            // What comes after it stays as it is.
            '\\' => escaped.push_str("\\\u{2060}"),
            '\n' => escaped.push_str("\\N"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Area = Area { size: [1280, 720], aspect: 16.0 / 9.0 };

    /// Left, top, right and bottom of what is drawn.
    fn sides(bitmaps: &[Bitmap]) -> [i32; 4] {
        bitmaps.iter().fold([i32::MAX, i32::MAX, 0, 0], |[left, top, right, bottom], bitmap| {
            let [x, y] = bitmap.at;
            [left.min(x), top.min(y), right.max(x + bitmap.size[0] as i32), bottom.max(y + bitmap.size[1] as i32)]
        })
    }

    #[test]
    fn a_message_stands_in_the_upper_left_corner() {
        let mut captions = Captions::default();
        let one = sides(&captions.draw("Volume: 98%", AREA));
        assert!((8..30).contains(&one[0]) && (8..40).contains(&one[1]), "{one:?}");
        assert!((80..300).contains(&one[2]) && one[3] < 60, "{one:?}");
        let two = sides(&captions.draw("Volume: 98%\nSub delay: 100 ms", AREA));
        assert!(two[3] > one[3] + 15 && two[2] > one[2], "{two:?}");
        assert!(captions.draw("", AREA).is_empty());
        // Of a half layout it is as high, and half as wide.
        let half = sides(&captions.draw("Volume: 98%", Area { size: [640, 720], ..AREA }));
        assert!((half[3] - one[3]).abs() < 4 && (half[2] * 2 - one[2]).abs() < 24, "{half:?} {one:?}");
    }

    #[test]
    fn nothing_in_a_message_is_a_command() {
        let mut captions = Captions::default();
        let plain = sides(&captions.draw("a film", AREA));
        for text in ["{\\fs90}a film", "a \\N film", "{a film}"] {
            let [left, top, right, bottom] = sides(&captions.draw(text, AREA));
            assert!(left >= 8 && top >= 8 && bottom < plain[3] + 10 && right > plain[2], "{text}");
        }
    }
}
