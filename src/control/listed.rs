//! The list in words: mpv's commands that change it, and how it is told.

use serde_json::{Map, Value, json};

use super::{CommandError, Status};
use crate::location::Location;
use crate::playlist::{Change, Entry, How, Loop, Part, Place};
use crate::sink::Action;
use crate::time::Time;

/// Entries that are told to a reader at most: those around the one that plays.
const READABLE: usize = 15;

/// The command `name` with these words behind it.
///
/// # Errors
/// It is not understood.
pub(super) fn command(name: &str, words: &[&str]) -> Result<Change, CommandError> {
    let usage = || CommandError::Usage(usage(name));
    let index = |word: &str| word.parse::<usize>().map_err(|_| usage());
    Ok(match (name, words) {
        ("loadfile", [file, rest @ ..]) => {
            let (how, part) = loading(rest).ok_or_else(usage)?;
            Change::Add(vec![Entry { part, ..Entry::new(Location::of(*file)) }], how)
        }
        ("loadlist", [file, rest @ ..]) => {
            let (how, part) = loading(rest).ok_or_else(usage)?;
            Change::Add(vec![Entry { part, ..Entry::list(Location::of(*file)) }], how)
        }
        ("stop", []) => Change::Stop { keep: false },
        ("stop", ["keep-playlist"]) => Change::Stop { keep: true },
        ("playlist-next", []) | ("playlist-next", ["weak"]) => Change::Step { by: 1, force: false },
        ("playlist-next", ["force"]) => Change::Step { by: 1, force: true },
        ("playlist-prev", []) | ("playlist-prev", ["weak"]) => Change::Step { by: -1, force: false },
        ("playlist-prev", ["force"]) => Change::Step { by: -1, force: true },
        ("playlist-play-index", ["current"]) => Change::PlayAgain,
        ("playlist-play-index", ["none"]) => Change::Stop { keep: true },
        ("playlist-play-index", [place]) => Change::Play(index(place)?),
        ("playlist-clear", []) => Change::Clear,
        ("playlist-remove", ["current"]) => Change::Remove(None),
        ("playlist-remove", [place]) => Change::Remove(Some(index(place)?)),
        ("playlist-move", [from, to]) => Change::Move { from: index(from)?, to: index(to)? },
        ("playlist-shuffle", []) => Change::Shuffle(true),
        ("playlist-unshuffle", []) => Change::Shuffle(false),
        _ => return Err(usage()),
    })
}

fn usage(name: &str) -> &'static str {
    match name {
        "loadfile" => {
            "loadfile FILE|URL [replace|append|append-play|insert-next|insert-next-play|insert-at|insert-at-play [PLACE] [start=TIME,end=TIME,length=TIME]]"
        }
        "loadlist" => {
            "loadlist FILE [replace|append|append-play|insert-next|insert-next-play|insert-at|insert-at-play [PLACE]]"
        }
        "stop" => "stop [keep-playlist]",
        "playlist-next" => "playlist-next [weak|force]",
        "playlist-prev" => "playlist-prev [weak|force]",
        "playlist-play-index" => "playlist-play-index NUMBER|current|none",
        "playlist-clear" => "playlist-clear",
        "playlist-remove" => "playlist-remove NUMBER|current",
        "playlist-move" => "playlist-move NUMBER NUMBER",
        "playlist-shuffle" => "playlist-shuffle",
        "playlist-unshuffle" => "playlist-unshuffle",
        _ => "playlist-next, -prev, -play-index, -clear, -remove, -move, -shuffle or -unshuffle",
    }
}

/// How entries are added, where to, and what of them is played: mpv's words behind a name. Older scripts leave the place out.
fn loading(words: &[&str]) -> Option<(How, Part)> {
    let (how, rest) = words.split_first().unwrap_or((&"replace", &[]));
    let (at, rest) = match rest.split_first() {
        Some((place, rest)) if place.parse::<i64>().is_ok() => (place.parse::<usize>().ok(), rest),
        _ => (None, rest),
    };
    let (place, play) = match *how {
        "replace" => (Place::Instead, true),
        "append" => (Place::End, false),
        "append-play" => (Place::End, true),
        "insert-next" => (Place::Next, false),
        "insert-next-play" => (Place::Next, true),
        "insert-at" => (Place::At(at?), false),
        "insert-at-play" => (Place::At(at?), true),
        _ => return None,
    };
    let part = match rest {
        [] => Part::default(),
        [options] => part(options)?,
        _ => return None,
    };
    Some((How { place, play }, part))
}

/// `start=10,length=5`; other options of a file are not known.
fn part(options: &str) -> Option<Part> {
    let mut part = Part::default();
    for option in options.split(',').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=')?;
        match name {
            "start" => part.start = Some(value.parse().ok()?),
            "end" => part.end = Some(value.parse().ok()?),
            "length" => {
                let seconds = value.parse().ok().filter(|length| *length > 0.0)?;
                part.length = Some(Time::from_seconds(seconds));
            }
            _ => return None,
        }
    }
    Some(part)
}

/// The place of what plays, or -1.
pub(super) fn place(status: &Status) -> i64 {
    status.index.map_or(-1, |index| index as i64)
}

/// What goes to the film of that number; nothing where there is none.
pub(super) fn file(status: &Status, to: f64) -> Option<Action> {
    let by = to.floor() as i64 - place(status);
    let there = to >= 0.0 && to < status.list.len() as f64;
    Some(Action::File(i32::try_from(by).ok()?)).filter(|_| there)
}

/// How often something begins again; `first` is the count of what does not.
pub(super) fn often(often: Loop, first: u32) -> Value {
    match often {
        Loop::No | Loop::Times(0) => json!(false),
        Loop::Times(times) => json!(times.saturating_add(first)),
        Loop::Endless => json!("inf"),
        Loop::Force => json!("force"),
    }
}

/// All of it, as mpv tells it.
pub(super) fn told(status: &Status) -> Value {
    let film = |(index, entry): (usize, &std::sync::Arc<Entry>)| {
        let mut film = Map::new();
        film.insert("filename".to_owned(), json!(entry.location.to_string()));
        film.insert("id".to_owned(), json!(entry.id));
        if let Some(title) = &entry.title {
            film.insert("title".to_owned(), json!(title));
        }
        if Some(index) == status.index {
            film.extend(["current", "playing"].map(|key| (key.to_owned(), json!(true))));
        }
        Value::Object(film)
    };
    status.list.iter().enumerate().map(film).collect()
}

/// What is around the one that plays, a line each.
pub(super) fn shown(status: &Status) -> String {
    let first = status.index.unwrap_or(0).saturating_sub(READABLE / 2);
    let first = first.min(status.list.len().saturating_sub(READABLE));
    let line = |(index, entry): (usize, &std::sync::Arc<Entry>)| {
        let mark = if Some(index) == status.index { "●" } else { "○" };
        format!("{mark} {}", entry.name())
    };
    let lines: Vec<_> = status.list.iter().enumerate().skip(first).take(READABLE).map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::Position;

    fn change(line: &str) -> Result<Change, CommandError> {
        let words: Vec<_> = line.split(' ').collect();
        command(words[0], &words[1..])
    }

    #[test]
    fn commands_are_read_as_mpv_reads_them() {
        let add = |name: &str, place, play| Ok(Change::Add(vec![Entry::new(name)], How { place, play }));
        for (line, wanted) in [
            ("loadfile a.mkv", add("a.mkv", Place::Instead, true)),
            ("loadfile a.mkv append", add("a.mkv", Place::End, false)),
            ("loadfile a.mkv append-play", add("a.mkv", Place::End, true)),
            ("loadfile a.mkv insert-next -1", add("a.mkv", Place::Next, false)),
            ("loadfile http://h/a insert-at-play 2", add("http://h/a", Place::At(2), true)),
            ("playlist-next force", Ok(Change::Step { by: 1, force: true })),
            ("playlist-prev", Ok(Change::Step { by: -1, force: false })),
            ("playlist-play-index 3", Ok(Change::Play(3))),
            ("playlist-play-index current", Ok(Change::PlayAgain)),
            ("playlist-remove current", Ok(Change::Remove(None))),
            ("playlist-move 3 0", Ok(Change::Move { from: 3, to: 0 })),
            ("stop keep-playlist", Ok(Change::Stop { keep: true })),
        ] {
            assert_eq!(change(line), wanted, "{line}");
        }
        let Ok(Change::Add(entries, _)) = change("loadlist a.txt append 0 start=1:00,length=5") else {
            panic!("not read")
        };
        let part = Part {
            start: Some(Position::FromStart(Time::from_seconds(60.0))),
            length: Some(Time::from_seconds(5.0)),
            ..Part::default()
        };
        assert_eq!((entries[0].part, entries[0].is_list), (part, true));
        for wrong in [
            "loadfile",
            "loadfile a sometimes",
            "loadfile a insert-at",
            "loadfile a append 0 volume=5",
            "playlist-remove",
            "playlist-move 1",
            "playlist-sing",
            "stop it",
        ] {
            assert!(matches!(change(wrong), Err(CommandError::Usage(_))), "{wrong}");
        }
    }

    #[test]
    fn the_list_is_told_with_what_plays_marked() {
        let named = Entry { id: 7, title: Some("A".to_owned()), ..Entry::new("/x/a.mkv") };
        let status = Status {
            list: std::sync::Arc::new(vec![std::sync::Arc::new(named), std::sync::Arc::new(Entry::new("b"))]),
            index: Some(0),
            ..Status::default()
        };
        let wanted = json!([{"filename": "/x/a.mkv", "id": 7, "title": "A", "current": true, "playing": true}, {"filename": "b", "id": 0}]);
        assert_eq!(told(&status), wanted);
        assert_eq!(shown(&status), "● A\n○ b");
        assert_eq!(place(&Status { index: None, ..status }), -1);
    }
}
