//! The head of a script for lines that bring no style of their own (srt, vtt, mov_text): the viewer's style.

use crate::subtitle::{Back, Justify, Rgba, Style};

/// What FFmpeg writes lines for that have no script.
const USUAL: [u32; 2] = [384, 288];

/// Width and height that a script is written for.
pub(super) fn size(head: &[u8]) -> [u32; 2] {
    let head = String::from_utf8_lossy(head);
    let number = |key: &str, usual: u32| {
        let found = head.lines().find_map(|line| line.trim().strip_prefix(key)?.trim().parse().ok());
        found.filter(|number| (16..=16_384).contains(number)).unwrap_or(usual)
    };
    [number("PlayResX:", USUAL[0]), number("PlayResY:", USUAL[1])]
}

/// What libass is told besides of such a head: what no style in a script can say.
pub(super) fn overrides(style: &Style) -> Vec<String> {
    let justify = match style.justify {
        Justify::Auto => None,
        Justify::Left => Some(1),
        Justify::Centre => Some(2),
        Justify::Right => Some(3),
    };
    let blur = (style.blur > 0.0).then(|| format!("Blur={:.3}", style.blur));
    blur.into_iter().chain(justify.map(|justify| format!("Justify={justify}"))).collect()
}

/// libass' numbers of what is behind letters.
pub(super) fn border_style(back: Back) -> u8 {
    match back {
        Back::Shadow => 1,
        Back::OpaqueBox => 3,
        Back::Box => 4,
    }
}

/// A head whose places are those of `given`, FFmpeg's own, in `style`.
pub(super) fn styled(given: &[u8], style: &Style) -> Vec<u8> {
    let [across, down] = size(given);
    // Lengths are those of a picture 720 pixels high.
    let scaled = |length: f64| length * f64::from(down) / 720.0;
    let flag = |set: bool| if set { -1 } else { 0 };
    // What ends a field or a line ends it.
    let font: String = style.font.chars().filter(|c| *c != ',' && !c.is_control()).collect();
    format!(
        "[Script Info]\nScriptType: v4.00+\nPlayResX: {across}\nPlayResY: {down}\nWrapStyle: 0\nScaledBorderAndShadow: yes\n\n\
         [V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
         Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
         Style: Default,{font},{size:.3},{colour},{colour},{border_colour},{back_colour},{bold},{italic},0,0,100,100,{spacing:.3},0,{back},{border:.3},{shadow:.3},{place},{side},{side},{margin},1\n\n\
         [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
        size = scaled(style.size),
        colour = colour(style.colour),
        border_colour = colour(style.border_colour),
        bold = flag(style.bold),
        italic = flag(style.italic),
        border = scaled(style.border),
        back_colour = colour(style.back_colour),
        back = border_style(style.back),
        shadow = scaled(style.shadow),
        spacing = scaled(style.spacing),
        // As on a keypad: 1 is the lower left.
        place = 5 + i32::from(style.align[0]) - 3 * i32::from(style.align[1]),
        side = scaled(f64::from(style.margin_side)).round(),
        margin = scaled(f64::from(style.margin)).round(),
    )
    .into_bytes()
}

/// As ASS writes colours: transparency, blue, green, red.
fn colour([red, green, blue, alpha]: Rgba) -> String {
    format!("&H{:02X}{blue:02X}{green:02X}{red:02X}", 255 - alpha)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_viewers_style_stands_in_the_head() {
        let style = Style { font: "A,B\nStyle: C".to_owned(), colour: [1, 2, 3, 255], ..Style::default() };
        let head = String::from_utf8(styled(b"[Script Info]\nPlayResX: 1000\nPlayResY: 1440\n", &style)).unwrap();
        assert!(head.contains("PlayResX: 1000\nPlayResY: 1440\n"), "{head}");
        assert!(head.contains("Style: Default,ABStyle: C,76.000,&H00030201,"), "{head}");
        assert!(String::from_utf8(styled(&[0xff, 0], &style)).unwrap().contains("PlayResY: 288\n"));
    }
}
