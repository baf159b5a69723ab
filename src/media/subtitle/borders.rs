//! Borders of scripts, kept within bounds: libass draws each letter as large as its border asks for, which may take gigabytes and seconds.

use std::borrow::Cow;

/// Borders are no wider than this part of a script's height: wider ones cover what they are around.
const WIDEST: f64 = 0.25;
/// A script's height where it does not say, as libass takes it.
const USUAL: f64 = 288.0;
/// Where the width stands in a style, unless the line in front of the styles says.
const PLACE: usize = 16;

/// How wide a border may be in a script with this head.
pub(super) fn widest(head: &[u8]) -> f64 {
    let head = String::from_utf8_lossy(head);
    let height = head.lines().find_map(|line| line.trim().strip_prefix("PlayResY:")?.trim().parse::<f64>().ok());
    height.filter(|height| *height > 0.0).unwrap_or(USUAL) * WIDEST
}

/// The head of a script with its styles' borders within bounds.
pub(super) fn bounded_head(head: &[u8], widest: f64) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let (mut bounded, mut place) = (String::with_capacity(head.len()), PLACE);
    for line in head.split_inclusive('\n') {
        let text = line.trim_start();
        if let Some(names) = text.strip_prefix("Format:")
            && let Some(found) = names.split(',').position(|name| name.trim().eq_ignore_ascii_case("outline"))
        {
            place = found;
        }
        let fields: Vec<&str> = line.split(',').collect();
        let is_wide = |field: &&str| field.trim().parse::<f64>().is_ok_and(|width| width > widest);
        if text.starts_with("Style:") && fields.get(place).is_some_and(is_wide) {
            let rest = fields.get(place + 1..).unwrap_or_default();
            let new: Vec<&str> = fields.get(..place).unwrap_or_default().to_vec();
            let width = format!("{widest}");
            bounded.push_str(&[&new[..], &[width.as_str()], rest].concat().join(","));
            if rest.is_empty() {
                bounded.push('\n');
            }
        } else {
            bounded.push_str(line);
        }
    }
    bounded.into_bytes()
}

/// A line with its borders within bounds.
pub(super) fn bounded(line: &str, widest: f64) -> Cow<'_, str> {
    let (mut bounded, mut done) = (String::new(), 0);
    for (at, tag) in line.match_indices("bord") {
        let before = line.get(..at).unwrap_or_default();
        let is_tag = before.ends_with('\\') || before.ends_with("\\x") || before.ends_with("\\y");
        let from = at + tag.len();
        let rest = line.get(from..).unwrap_or_default();
        let width = rest.trim_start_matches([' ', '\t', '(']);
        let start = from + rest.len() - width.len();
        let length = width.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(width.len());
        let number = width.get(..length).unwrap_or_default();
        // As C reads it, the longest part that is a number.
        let value = (1..=number.len().min(40)).rev().find_map(|end| number.get(..end)?.parse::<f64>().ok());
        if is_tag && start >= done && value.is_some_and(|value| value > widest) {
            bounded.push_str(line.get(done..start).unwrap_or_default());
            bounded.push_str(&format!("{widest}"));
            done = start + length;
        }
    }
    if done == 0 {
        return Cow::Borrowed(line);
    }
    bounded.push_str(line.get(done..).unwrap_or_default());
    Cow::Owned(bounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_no_wider_than_they_may_be() {
        let head = b"[Script Info]\nPlayResY: 360\n[V4+ Styles]\nFormat: Name, Outline, Shadow\nStyle: A,3,1\nStyle: B,91,1\nStyle: C,1e300\n";
        assert_eq!((widest(head), widest(b"PlayResY: 0\n"), widest(b"")), (90.0, 72.0, 72.0));
        let expected = "[Script Info]\nPlayResY: 360\n[V4+ Styles]\nFormat: Name, Outline, Shadow\nStyle: A,3,1\nStyle: B,90,1\nStyle: C,90\n";
        assert_eq!(String::from_utf8(bounded_head(head, 90.0)).unwrap(), expected);
        for (line, expected) in [
            ("{\\bord3\\xbord9}plain", "{\\bord3\\xbord9}plain"),
            ("{\\bord9999}wide", "{\\bord90}wide"),
            ("{\\t(0,9,\\xbord 1e9\\ybord(91.5)x)}ä", "{\\t(0,9,\\xbord 90\\ybord(90)x)}ä"),
            ("{\\bord1e}9999 bord9999 \\bord", "{\\bord1e}9999 bord9999 \\bord"),
            ("{\\bord+91-5\\bord-400", "{\\bord90\\bord-400"),
        ] {
            assert_eq!(bounded(line, 90.0), expected);
        }
    }
}
