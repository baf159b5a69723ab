//! A line of commands taken to words, by mpv's rules: spaces part words, `;` parts commands, `#` begins a comment.

use std::iter::Peekable;
use std::str::Chars;

use super::CommandError;

/// The commands of a line, each as its words.
///
/// `"…"` is read with the escapes of C, `'…'` as it stands, and so is `` `X…X` ``, where X is any character.
///
/// # Errors
/// A quotation without its end.
pub(super) fn commands(line: &str) -> Result<Vec<Vec<String>>, CommandError> {
    let (mut all, mut words) = (Vec::new(), Vec::new());
    let mut rest = line.chars().peekable();
    loop {
        while rest.next_if(|letter| letter.is_whitespace()).is_some() {}
        match rest.peek() {
            None | Some('#') => break,
            Some(';') => {
                rest.next();
                all.push(std::mem::take(&mut words));
            }
            Some(_) => words.push(word(&mut rest)?),
        }
    }
    all.push(words);
    all.retain(|words| !words.is_empty());
    Ok(all)
}

fn word(rest: &mut Peekable<Chars<'_>>) -> Result<String, CommandError> {
    if rest.next_if_eq(&'"').is_some() {
        return escaped(rest);
    }
    let end = if rest.next_if_eq(&'\'').is_some() {
        '\''
    } else if rest.next_if_eq(&'`').is_some() {
        rest.next().ok_or(CommandError::Quotes)?
    } else {
        return Ok(plain(rest));
    };
    let mut word = String::new();
    while let Some(letter) = rest.next() {
        // What ends a quotation of one's own choice is followed by another backtick.
        if letter == end && (end == '\'' || rest.next_if_eq(&'`').is_some()) {
            return Ok(word);
        }
        word.push(letter);
    }
    Err(CommandError::Quotes)
}

fn plain(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut word = String::new();
    while let Some(letter) = rest.next_if(|letter| !letter.is_whitespace() && !";#".contains(*letter)) {
        word.push(letter);
    }
    word
}

/// Up to the quotation mark that ends it.
fn escaped(rest: &mut Peekable<Chars<'_>>) -> Result<String, CommandError> {
    let mut word = String::new();
    loop {
        match rest.next().ok_or(CommandError::Quotes)? {
            '"' => return Ok(word),
            '\\' => match rest.next().ok_or(CommandError::Quotes)? {
                'n' => word.push('\n'),
                't' => word.push('\t'),
                'r' => word.push('\r'),
                'e' => word.push('\u{1b}'),
                'x' => word.extend(code(rest, 2)),
                'u' => word.extend(code(rest, 4)),
                other => word.push(other),
            },
            other => word.push(other),
        }
    }
}

/// The character of so many hexadecimal digits.
fn code(rest: &mut Peekable<Chars<'_>>, digits: usize) -> Option<char> {
    let text: String = (0..digits).map_while(|_| rest.next_if(char::is_ascii_hexdigit)).collect();
    u32::from_str_radix(&text, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_mpv_reads_them() {
        let read = |line: &str| commands(line).unwrap();
        assert_eq!(read("seek 5"), [["seek", "5"]]);
        assert_eq!(
            read("  cycle  pause ; seek -5 exact # back"),
            [vec!["cycle", "pause"], vec!["seek", "-5", "exact"]]
        );
        let quoted = read(r#"show-text "a \"b\" \\ \n\x41é" 'c;\n' `-d "'`-` e#f"#);
        assert_eq!(quoted, [["show-text", "a \"b\" \\ \nAé", "c;\\n", "d \"'`", "e"]]);
        assert_eq!(read("# nothing"), Vec::<Vec<String>>::new());
        assert_eq!(read(";;"), Vec::<Vec<String>>::new());
        for wrong in ["show-text \"a", "show-text 'a", "show-text `", "show-text `-a", "show-text \"\\"] {
            assert_eq!(commands(wrong), Err(CommandError::Quotes), "{wrong}");
        }
    }
}
