//! What a picture of the screen is called: mpv's templates.

use std::path::{Component, Path, PathBuf};

use crate::control::{Sought, Status};

/// The longest name of a file, in bytes, without its number and ending.
const LONGEST: usize = 200;
/// What some file system takes for something else.
const UNSAFE: &str = "/\\:?<>|*\"";

/// A part of a template.
enum Part {
    Text(String),
    /// The number, with so many digits; the lowest that is free where that is wanted.
    Number {
        digits: usize,
        lowest: bool,
    },
}

/// A template, read for a film as it stands: a name but for its number.
pub(super) struct Name(Vec<Part>);

/// Why a template makes no name.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NameError {
    /// A letter behind `%` that means nothing.
    #[error("'{0}' is no template: after a percent sign stands n, f, F, x, X, p, P, w, t, {{ or another percent sign")]
    Unknown(String),
    /// It makes nothing.
    #[error("'{0}' makes no name")]
    Empty(String),
}

/// `text` as a part of a file's name.
fn safe(text: &str) -> String {
    let letters = text.chars().map(|letter| if letter.is_control() || UNSAFE.contains(letter) { '_' } else { letter });
    letters.collect()
}

/// The folder of the film; none where it lies in no folder.
fn folder(status: &Status) -> Option<&Path> {
    let path = Path::new(&status.path);
    let in_folder = !status.path.contains("://") && status.path != "-";
    path.parent().filter(|_| in_folder)
}

/// What stands up to the brace that ends it, and what follows.
fn braced(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('{')?.split_once('}')
}

impl Name {
    /// Reads `template` for the film that `status` tells of.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn read(template: &str, status: &Status) -> Result<Self, NameError> {
        let unknown = || NameError::Unknown(template.to_owned());
        let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), template);
        while let Some((before, after)) = rest.split_once('%') {
            text += before;
            let lowest = after.starts_with('#');
            let after = after.strip_prefix('#').unwrap_or(after);
            let digits = after.strip_prefix('0').and_then(|after| after.chars().next()?.to_digit(10));
            let (digits, after) = match digits {
                Some(digits) => (Some(digits as usize), &after[2..]),
                None => (None, after),
            };
            let letter = after.chars().next().ok_or_else(unknown)?;
            if (lowest || digits.is_some()) && letter != 'n' {
                return Err(unknown());
            }
            rest = &after[letter.len_utf8()..];
            match letter {
                '%' => text.push('%'),
                'n' => {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                    parts.push(Part::Number { digits: digits.unwrap_or(4), lowest });
                }
                'x' => text += &folder(status).map_or_else(String::new, |folder| folder.display().to_string()),
                'X' => {
                    let (instead, after) = braced(rest).ok_or_else(unknown)?;
                    text += &folder(status).map_or_else(|| instead.to_owned(), |folder| folder.display().to_string());
                    rest = after;
                }
                '{' => {
                    let (property, after) = braced(after).ok_or_else(unknown)?;
                    text += &safe(&value(property, status));
                    rest = after;
                }
                'w' | 't' => {
                    let kind = rest.chars().next().ok_or_else(unknown)?;
                    rest = &rest[kind.len_utf8()..];
                    let told = if letter == 'w' { part_of(status, kind) } else { date(kind) };
                    text += &safe(&told.ok_or_else(unknown)?);
                }
                _ => text += &safe(&of_film(status, letter).ok_or_else(unknown)?),
            }
        }
        parts.push(Part::Text(text + rest));
        let name = Self(parts);
        let path = name.path(1);
        match Path::new(&path).file_name().filter(|_| !path.ends_with('/')) {
            Some(_) => Ok(name),
            None => Err(NameError::Empty(template.to_owned())),
        }
    }

    /// Whether there is a number in it, and the lowest is wanted.
    pub(super) fn number(&self) -> Option<bool> {
        self.0.iter().find_map(|part| match part {
            Part::Number { lowest, .. } => Some(*lowest),
            Part::Text(_) => None,
        })
    }

    fn path(&self, number: u32) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Number { digits, .. } => format!("{number:0digits$}"),
        };
        self.0.iter().map(part).collect()
    }

    /// The name with that number.
    pub(super) fn of(&self, number: u32) -> PathBuf {
        let path = self.path(number);
        let path = Path::new(&path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(shortened(&name))
    }
}

/// A name that file systems take.
fn shortened(name: &str) -> &str {
    let end = name.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= LONGEST).last();
    &name[..end.unwrap_or(0)]
}

/// What a letter says of the film.
fn of_film(status: &Status, letter: char) -> Option<String> {
    let path = Path::new(&status.path);
    let words = |words: Option<&std::ffi::OsStr>| {
        words.map_or_else(|| status.name.clone(), |words| words.to_string_lossy().into_owned())
    };
    match letter {
        'f' => Some(words(path.file_name())),
        'F' => Some(words(path.file_stem())),
        'p' => Some(format!("{}:{}:{}", part_of(status, 'H')?, part_of(status, 'M')?, part_of(status, 'S')?)),
        'P' => Some(format!("{}.{}", of_film(status, 'p')?, part_of(status, 'T')?)),
        _ => None,
    }
}

/// A part of the time at which the film is.
fn part_of(status: &Status, kind: char) -> Option<String> {
    let milliseconds = status.position.nanoseconds().max(0) / 1_000_000;
    let seconds = milliseconds / 1000;
    Some(match kind {
        'H' => format!("{:02}", seconds / 3600),
        'h' => format!("{}", seconds / 3600),
        'M' => format!("{:02}", seconds / 60 % 60),
        'm' => format!("{}", seconds / 60),
        'S' => format!("{:02}", seconds % 60),
        's' => format!("{seconds}"),
        'f' => format!("{:.6}", status.position.seconds().max(0.0)),
        'T' => format!("{:03}", milliseconds % 1000),
        _ => return None,
    })
}

/// Today, or now, as `strftime` tells it.
fn date(kind: char) -> Option<String> {
    jiff::fmt::strtime::format(format!("%{kind}"), &jiff::Zoned::now()).ok()
}

/// The value of a property, or what is to stand instead.
fn value(property: &str, status: &Status) -> String {
    let (name, instead) = property.split_once(':').map_or((property, None), |(name, instead)| (name, Some(instead)));
    let value = Sought::find(name).ok().and_then(|property| property.text(status));
    value.or_else(|| instead.map(str::to_owned)).unwrap_or_else(|| "(unavailable)".to_owned())
}

/// Whether `path` stays in the folders that it names: none of them is the one above another.
pub(super) fn stays(path: &Path) -> bool {
    !path.components().any(|component| component == Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    fn status(path: &str) -> Status {
        let position = Time::from_seconds(3_723.045_6);
        Status { path: path.to_owned(), name: "name".to_owned(), position, volume: 80.0, ..Status::default() }
    }

    fn named(template: &str, path: &str) -> String {
        Name::read(template, &status(path)).unwrap().of(7).display().to_string()
    }

    #[test]
    fn templates_are_mpvs() {
        let of = |template| named(template, "/films/a film.mkv");
        assert_eq!(of("deep3d-shot%n"), "deep3d-shot0007");
        assert_eq!(of("%02n-%#n-%%"), "07-0007-%");
        assert_eq!(of("%f|%F"), "a film.mkv|a film");
        assert_eq!(of("%x/%F"), "/films/a film");
        assert_eq!(of("%X{elsewhere}/%F"), "/films/a film");
        assert_eq!(of("%p %P"), "01_02_03 01_02_03.045");
        assert_eq!(of("%wh %wm %ws %wf %wT"), "1 62 3723 3723.045600 045");
        assert_eq!(of("%{volume} %{nothing:no} %{nothing}"), "80.000000 no (unavailable)");
        let url = |template| named(template, "https://example.org/a/b.mp4?c=d");
        assert_eq!((url("%X{out}/%F").as_str(), url("a%x").as_str()), ("out/b", "a"));
        let year = of("%tY-%tm-%td");
        assert!(year.len() == 10 && year.starts_with("20"), "{year}");
        for wrong in ["%", "%q", "%0", "%0q", "%w", "%wq", "%X", "%{volume", "%#p", "%t"] {
            assert!(matches!(Name::read(wrong, &status("a")), Err(NameError::Unknown(_))), "{wrong}");
        }
        for wrong in ["", "folder/", "%x", ".."] {
            assert!(matches!(Name::read(wrong, &status("a")), Err(NameError::Empty(_))), "{wrong}");
        }
    }

    #[test]
    fn no_name_of_a_film_leads_elsewhere() {
        let of = |template: &str, name: &str| {
            Name::read(template, &Status { title: name.to_owned(), ..status("https://a/..") }).unwrap().of(1)
        };
        assert_eq!(of("%{media-title}-x", "../../etc/passwd"), Path::new(".._.._etc_passwd-x"));
        assert_eq!(of("%{media-title}-x", "a\n:b\\c"), Path::new("a__b_c-x"));
        let long = of("%{media-title}%n", &"ä".repeat(300));
        assert!(long.as_os_str().len() <= LONGEST);
        assert!(stays(Path::new("/a/b")) && stays(Path::new("a..b/c")) && !stays(Path::new("a/../b")));
    }
}
