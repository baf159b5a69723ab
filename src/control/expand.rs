//! Texts with properties in them, as mpv writes them.

use super::{Sought, Status};

/// How deep one may stand in another.
const DEEPEST: u32 = 8;
/// How long one is at most, in bytes: of a text without closing braces no more is looked through again and again.
const LONGEST: usize = 4096;

/// `text` with what properties are now in it: `${name}` for a reader and `${=name}` as it is set, `${name:instead of what has no value}`,
/// `${?name:only with a value}`, `${!name:only without}`; `$$` is a dollar, and behind `$>` all is as it stands.
pub(super) fn expand(text: &str, status: &Status) -> String {
    inside(text, status, DEEPEST)
}

fn inside(text: &str, status: &Status, deeper: u32) -> String {
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('$') {
        expanded += before;
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some(raw) = rest.strip_prefix('>') {
            return expanded + raw;
        } else if let Some((one, after)) = rest.strip_prefix('{').filter(|_| deeper > 0).and_then(braced) {
            expanded += &value(one, status, deeper - 1);
            rest = after;
        } else {
            expanded.push('$');
        }
    }
    expanded + rest
}

/// What stands before the brace that belongs to the one before `text`, and what behind it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, letter) in text.char_indices().take_while(|(at, _)| *at < LONGEST) {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

fn value(one: &str, status: &Status, deeper: u32) -> String {
    let (name, instead) = one.split_once(':').map_or((one, None), |(name, instead)| (name, Some(instead)));
    let sign = name.chars().next().filter(|sign| "?!=".contains(*sign));
    let property = Sought::find(name.trim_start_matches(['?', '!', '='])).ok();
    let value = property.as_ref().and_then(|property| match sign {
        Some('=') => property.text(status),
        _ => property.shown(status),
    });
    let instead = || instead.map(|instead| inside(instead, status, deeper));
    match (sign, value) {
        (Some('?'), Some(_)) | (Some('!'), None) => instead().unwrap_or_default(),
        (Some('?'), None) | (Some('!'), Some(_)) => String::new(),
        (_, Some(value)) => value,
        (_, None) => instead().unwrap_or_else(|| "(unavailable)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn properties_stand_for_what_they_are() {
        let status =
            Status { position: Time::from_seconds(75.5), volume: 80.0, name: "a $ film".into(), ..Status::default() };
        let expand = |text: &str| expand(text, &status);
        assert_eq!(expand("${filename}: ${time-pos} = ${=time-pos}"), "a $ film: 00:01:15 = 75.500000");
        assert_eq!(expand("$$5 ${volume} ${nothing} $x ${"), "$5 80 (unavailable) $x ${");
        assert_eq!(
            expand("${duration:no end, ${volume}}${?duration: known}${!duration: unknown}"),
            "no end, 80 unknown"
        );
        assert_eq!(expand("a $> ${volume}"), "a  ${volume}");
        let deep = "${nothing:".repeat(6000);
        let closed = deep.clone() + &"}".repeat(6000);
        assert!(expand(&closed).len() > closed.len() - 100, "what is nested without end is not followed");
        assert_eq!(expand(&deep), deep);
    }
}
