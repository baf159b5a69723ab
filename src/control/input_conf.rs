//! `input.conf`, as mpv reads it: a key and its commands a line, over what the table of keys has.

use super::{Bindings, Command, CommandError};
use crate::sink::window::keys;

/// Keys of a sequence at most.
pub(super) const LONGEST: usize = 4;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InputError {
    /// A key that no keyboard or mouse gives here.
    #[error("line {line}: there is no key '{key}'")]
    Key {
        /// Counted from 1.
        line: usize,
        /// As it is written.
        key: String,
    },
    /// A part of the input that is never on.
    #[error("line {line}: there is no section '{section}', only default")]
    Section {
        /// Counted from 1.
        line: usize,
        /// As it is written.
        section: String,
    },
    /// A command that is not understood.
    #[error("line {line}: {error}")]
    Command {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        error: CommandError,
    },
}

impl Bindings {
    /// Takes the lines of an `input.conf`; gives what is wrong with lines that were left out.
    pub fn read(&mut self, text: &str) -> Vec<InputError> {
        let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        lines.filter_map(|(index, line)| self.read_line(index + 1, line).err()).collect()
    }

    fn read_line(&mut self, line: usize, text: &str) -> Result<(), InputError> {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            return Ok(());
        }
        let (key, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let name = sequence(key).ok_or_else(|| InputError::Key { line, key: key.to_owned() })?;
        let mut rest = rest.trim_start();
        if let Some((section, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            if section != "default" {
                return Err(InputError::Section { line, section: section.to_owned() });
            }
            rest = after;
        }
        let commands = Command::parse_line(rest).map_err(|error| InputError::Command { line, error })?;
        self.bind(name, commands);
        Ok(())
    }
}

/// A key or a few of them in a row (`a-b-c`), as [`keys`] names them; none where one of them is unknown.
fn sequence(text: &str) -> Option<String> {
    let (mut names, mut rest) = (Vec::new(), text);
    loop {
        // A modifier or the key itself may be followed by a dash that is the key.
        let dash = rest.char_indices().skip(1).find(|(at, letter)| *letter == '-' && !rest[..*at].ends_with('+'));
        let (one, after) = match dash {
            Some((at, _)) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        names.push(keys::canonical(one)?);
        match after {
            Some(after) => rest = after,
            None => break,
        }
    }
    (names.len() <= LONGEST).then(|| names.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_however_they_are_written() {
        let read = [
            ("a", "a"),
            ("space", "SPACE"),
            ("ctrl+shift+left", "Ctrl+Shift+LEFT"),
            ("Shift+Ctrl+LEFT", "Ctrl+Shift+LEFT"),
            ("Alt+Meta+x", "Alt+Meta+x"),
            ("Shift+a", "A"),
            ("-", "-"),
            ("Ctrl+-", "Ctrl+-"),
            ("Ctrl++", "Ctrl++"),
            ("+", "+"),
            ("g-a-b", "g-a-b"),
            ("a--", "a--"),
            ("---", "---"),
            ("Ctrl+--x", "Ctrl+--x"),
            ("é", "é"),
            ("sharp", "SHARP"),
            ("f1", "F1"),
            ("MOUSE_BTN2", "MBTN_RIGHT"),
            ("AXIS_UP", "WHEEL_UP"),
        ];
        for (written, name) in read {
            assert_eq!(sequence(written).as_deref(), Some(name), "{written}");
        }
        for wrong in ["", "ab", "Hyper+a", "a-b-c-d-e", "Ctrl+", "a-", "GAMEPAD_ACTION_UP"] {
            assert_eq!(sequence(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named_and_the_rest_works() {
        let text = "\u{feff}# mine\n\nspace ignore\r\nb set pause yes; seek 0 absolute # from the beginning\nc frobnicate\nNOKEY quit\n\
                    d {encode} quit\ne {default} quit\nf\ng set nothing 1\nh show-text \"a\ni seek five\n  j cycle 2d";
        let mut bindings = Bindings::default();
        let errors: Vec<_> = bindings.read(text).iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                "line 5: there is no command 'frobnicate'",
                "line 6: there is no key 'NOKEY'",
                "line 7: there is no section 'encode', only default",
                "line 9: there is no command",
                "line 10: there is no property 'nothing'",
                "line 11: a quotation mark is missing",
                "line 12: it is written: seek TARGET [relative|absolute|relative-percent|absolute-percent][+exact|+keyframes]",
            ]
        );
        let commands = |line| Command::parse_line(line).unwrap();
        assert_eq!(bindings.commands("SPACE"), commands("ignore"));
        assert_eq!(bindings.commands("b"), commands("set pause yes; seek 0 absolute"));
        assert_eq!(bindings.commands("e"), commands("quit"));
        assert_eq!(bindings.commands("j"), commands("cycle 2d"));
        assert_eq!(
            bindings.commands("d"),
            Bindings::default().commands("d"),
            "a line that is left out changes nothing"
        );
    }
    #[test]
    fn a_thousand_changed_files_end_nothing() {
        let whole = "SPACE cycle pause\nCtrl+s set strength 2 ; show-text \"a ${volume} b\" 500\ng-a-- seek -5 exact # back\nUP {default} add volume 2\n";
        let mut state = 3_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let mut faults = 0;
        for _ in 0..1000 {
            let mut bytes = whole.as_bytes().to_vec();
            for _ in 0..1 + random() % 6 {
                let at = random() % bytes.len().max(1);
                match random() % 4 {
                    0 if !bytes.is_empty() => bytes[at] = random() as u8,
                    1 if !bytes.is_empty() => drop(bytes.remove(at)),
                    0..=2 => bytes.insert(at, b"-+;#\"'`{} \n"[random() % 11]),
                    _ => bytes.truncate(at + 1),
                }
            }
            faults += Bindings::default().read(&String::from_utf8_lossy(&bytes)).len();
        }
        assert!(faults > 300, "{faults}");
    }
}
