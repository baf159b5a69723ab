//! What goes to a terminal or a log: a line is one line, and nothing in it steers the terminal. Names, metadata and the words of libraries come from
//! files that nobody vouches for.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// A line of more characters is cut.
const LONGEST: usize = 1000;

/// `text` with escapes for what would steer a terminal: control characters (`\n`, `\u{1b}`) and those that turn the direction of writing.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// [`escaped`], and cut where it is very long.
pub fn line(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", escaped(&text[..end]))),
        None => escaped(text),
    }
}

/// Lines of our own making, each as [`line()`].
pub fn lines(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for part in text.split_inclusive('\n') {
        let whole = part.strip_suffix('\n');
        safe.push_str(&line(whole.unwrap_or(part)));
        safe.push_str(if whole.is_some() { "\n" } else { "" });
    }
    safe
}

/// JSON as it is, with its own escapes for what would steer a terminal: within strings they mean the same.
pub fn json(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c != '\n' && steers(c);
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            // Writing to a string does not fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Says `text`, which is [`line()`]d, on stderr. Where nobody can be told, nobody is.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{}", line(text));
}

/// Writes a file's name to stdout: as it is, for the program that reads it, or escaped, for people at a terminal.
///
/// # Errors
/// Stdout does not take it.
pub fn write_path(path: &Path) -> io::Result<()> {
    let mut stdout = io::stdout();
    if stdout.is_terminal() {
        return writeln!(stdout, "{}", escaped(&path.to_string_lossy()));
    }
    stdout.write_all(&[path.as_os_str().as_encoded_bytes(), b"\n"].concat())
}

/// Control characters (C0, DEL, C1), separators of lines, and marks that turn the direction of writing (Unicode's Bidi_Control).
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, wanted) in [
            ("plain é 日本", "plain é 日本"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\x1b[31mred\x07\x7f", "\\u{1b}[31mred\\u{7}\\u{7f}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("gpj.\u{202e}exe\u{2066}\u{2028}", "gpj.\\u{202e}exe\\u{2066}\\u{2028}"),
        ] {
            assert_eq!(escaped(text), wanted);
        }
        assert_eq!(lines("a\x1b\nb\n"), "a\\u{1b}\nb\n");
        assert_eq!(json("{\n \"\u{202e}\u{85}\"}"), "{\n \"\\u202e\\u0085\"}");
    }

    #[test]
    fn long_lines_are_cut() {
        let long = line(&"é".repeat(5000)).chars().count();
        assert_eq!((long, line(&"é".repeat(1000)).chars().count()), (1001, 1000));
    }
}
