//! Commands as mpv writes them, and what is to be done for one.

use std::time::Duration;

use super::expand::expand;
use super::listed;
use super::seek::{self, Seek};
use super::shot::{Shot, ShotOf};
use super::{CommandError, Status, properties, property, words};
use crate::playlist::Change;
use crate::sink::Action;

/// One command, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    verb: Verb,
    quiet: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Verb {
    Act(Action),
    Ignore,
    Seek(Seek),
    Set { name: String, value: String },
    Add { name: String, by: f64 },
    Multiply { name: String, by: f64 },
    Cycle { name: String, step: i32 },
    CycleValues { name: String, values: Vec<String> },
    List(Change),
    ShowText { text: String, time: Option<Duration> },
    PrintText(String),
    Press(String),
    Screenshot(Shot),
}

/// What is to be done for a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Done {
    /// This, or nothing.
    Act(Option<Action>),
    /// This, to the list.
    List(Change),
    /// The viewer is to read this, for so long.
    Show(String, Option<Duration>),
    /// The terminal is to say this.
    Print(String),
    /// A picture is to be taken.
    Screenshot(Shot),
    /// What is bound to this key.
    Press(String),
}

/// Words before a command that change what is seen of it, or how it is waited for; here each is carried out at once and in order.
const PREFIXES: [&str; 10] = [
    "osd-auto",
    "no-osd",
    "osd-bar",
    "osd-msg",
    "osd-msg-bar",
    "raw",
    "expand-properties",
    "repeatable",
    "async",
    "sync",
];

/// Commands of one word.
const PLAIN: &[(&str, Action)] = &[
    ("ab-loop", Action::AbLoop),
    ("automatic-depth", Action::AutomaticDepth),
    ("browse", Action::Browse),
    ("delete-watch-later-config", Action::Forget),
    ("frame-back-step", Action::StepBack),
    ("frame-step", Action::Step),
    ("panel", Action::Panel),
    ("quit-watch-later", Action::QuitWatchLater),
    ("raise", Action::Raise),
    ("recentre", Action::Recentre),
    ("show-progress", Action::ShowProgress),
    ("write-watch-later-config", Action::Remember),
];

impl Command {
    /// All commands of a line of `input.conf`, without the key.
    ///
    /// # Errors
    /// Something in it is not understood: nothing of it is to be done.
    pub fn parse_line(line: &str) -> Result<Vec<Self>, CommandError> {
        let all = words::commands(line)?;
        if all.is_empty() {
            return Err(CommandError::Nothing);
        }
        all.iter().map(|words| Self::parse(words)).collect()
    }

    /// One command of its words.
    ///
    /// # Errors
    /// It is not understood.
    pub fn parse(words: &[String]) -> Result<Self, CommandError> {
        let prefixes = words.iter().take_while(|word| PREFIXES.contains(&word.as_str())).count();
        let quiet = words[..prefixes].iter().any(|word| word == "no-osd");
        let (name, rest) = words[prefixes..].split_first().ok_or(CommandError::Nothing)?;
        // mpv's older names have underscores.
        let name = name.replace('_', "-");
        if let Some((_, action)) = PLAIN.iter().find(|(plain, _)| *plain == name) {
            return Ok(Self { verb: Verb::Act(*action), quiet });
        }
        let texts: Vec<&str> = rest.iter().map(String::as_str).collect();
        let verb = match (name.as_str(), &texts[..]) {
            ("ignore", _) => Verb::Ignore,
            ("quit", [] | [_]) => Verb::Act(Action::Quit),
            ("seek", _) => Verb::Seek(Seek::parse(rest)?),
            ("revert-seek", []) => Verb::Act(Action::UndoSeek),
            ("revert-seek", ["mark" | "mark-permanent"]) => Verb::Act(Action::MarkSeek),
            ("revert-seek", _) => return Err(CommandError::Usage("revert-seek [mark]")),
            ("stop" | "loadfile" | "loadlist", _) => Verb::List(listed::command(&name, &texts)?),
            (list, _) if list.starts_with("playlist-") => Verb::List(listed::command(&name, &texts)?),
            ("script-binding", ["stats/display-stats"]) => Verb::Act(Action::ShowStatistics),
            ("script-binding", ["stats/display-stats-toggle"]) => Verb::Act(Action::Statistics),
            ("set", [name, value]) => Verb::Set { name: known(name)?, value: (*value).to_owned() },
            ("add", [name]) => Verb::Add { name: known(name)?, by: 1.0 },
            ("add", [name, by]) => Verb::Add { name: known(name)?, by: number(by, "add PROPERTY [NUMBER]")? },
            ("multiply", [name, by]) => {
                Verb::Multiply { name: known(name)?, by: number(by, "multiply PROPERTY NUMBER")? }
            }
            ("cycle", [name]) => Verb::Cycle { name: known(name)?, step: 1 },
            ("cycle", [name, way]) => Verb::Cycle { name: known(name)?, step: way_of(way)? },
            ("cycle-values", values) => cycle_values(values)?,
            ("screenshot", flags) if flags.len() < 2 => Verb::Screenshot(Shot { of: shot_of(flags)?, file: None }),
            ("screenshot-to-file", [file, flags @ ..]) if flags.len() < 2 => {
                Verb::Screenshot(Shot { of: shot_of(flags)?, file: Some((*file).to_owned()) })
            }
            ("sub-seek", words) => cue(words, Action::SubSeek, "sub-seek COUNT [primary|secondary]")?,
            ("sub-step", words) => cue(words, Action::SubStep, "sub-step COUNT [primary|secondary]")?,
            ("show-text", [text, rest @ ..]) if rest.len() < 3 => {
                Verb::ShowText { text: (*text).to_owned(), time: rest.first().and_then(|time| shown_for(time)) }
            }
            ("keypress" | "keydown", [key]) => Verb::Press((*key).to_owned()),
            // A key that is let go does nothing.
            ("keyup", [] | [_]) => Verb::Ignore,
            ("print-text", [text]) => Verb::PrintText((*text).to_owned()),
            _ => return Err(usage(&name)),
        };
        Ok(Self { verb, quiet })
    }

    /// What is to be done for it as things stand.
    ///
    /// # Errors
    /// It cannot be done now.
    pub fn resolve(&self, status: &Status) -> Result<Done, CommandError> {
        let action = match &self.verb {
            Verb::Act(action) => Some(*action),
            Verb::Ignore => None,
            Verb::Seek(seek) => Some(seek.resolve(status)?),
            Verb::Set { name, value } => properties::find(name)?.set(value, status)?,
            Verb::Add { name, by } => properties::find(name)?.add(*by, status)?,
            Verb::Multiply { name, by } => properties::find(name)?.multiply(*by, status)?,
            Verb::Cycle { name, step } => properties::find(name)?.cycle(*step, status)?,
            Verb::CycleValues { name, values } => {
                let property = properties::find(name)?;
                let now = property.text(status);
                let same = |value: &String| {
                    let numbers = property::ratio_of(value).zip(now.as_deref().and_then(property::number_of));
                    now.as_deref() == Some(value) || numbers.is_some_and(|(one, other)| (one - other).abs() < 1e-4)
                };
                let next = values.iter().position(same).map_or(0, |at| (at + 1) % values.len());
                property.set(&values[next], status)?
            }
            Verb::List(change) => return Ok(Done::List(change.clone())),
            Verb::ShowText { text, time } => return Ok(Done::Show(expand(text, status), *time)),
            Verb::PrintText(text) => return Ok(Done::Print(expand(text, status))),
            Verb::Screenshot(Shot { of, file }) => {
                let file = file.as_deref().map(|file| expand(file, status));
                return Ok(Done::Screenshot(Shot { of: *of, file }));
            }
            Verb::Press(key) => return Ok(Done::Press(key.clone())),
        };
        Ok(Done::Act(action))
    }

    /// The key that it presses, if it does nothing else.
    pub fn key(&self) -> Option<&str> {
        if let Verb::Press(key) = &self.verb { Some(key) } else { None }
    }

    /// Whether the viewer is not to be told what it has changed.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether it is done again and again while its key is held down.
    pub fn repeats(&self) -> bool {
        match &self.verb {
            Verb::Act(action) => {
                matches!(action, Action::Step | Action::StepBack | Action::SubSeek(..) | Action::SubStep(..))
            }
            Verb::Seek(_) | Verb::Add { .. } | Verb::Multiply { .. } => true,
            _ => false,
        }
    }
}

fn known(name: &str) -> Result<String, CommandError> {
    properties::find(name).map(|property| property.name.to_owned())
}

fn number(text: &str, usage: &'static str) -> Result<f64, CommandError> {
    property::number_of(text).ok_or(CommandError::Usage(usage))
}

fn way_of(text: &str) -> Result<i32, CommandError> {
    match text {
        "up" => Ok(1),
        "down" => Ok(-1),
        _ => match property::number_of(text) {
            Some(number) if number != 0.0 => Ok(number.signum() as i32),
            _ => Err(CommandError::Usage("cycle PROPERTY [up|down]")),
        },
    }
}

fn shot_of(flags: &[&str]) -> Result<ShotOf, CommandError> {
    let mut of = ShotOf::default();
    for flag in flags.iter().flat_map(|flags| flags.split('+')) {
        of = match flag {
            "subtitles" => ShotOf::Subtitles,
            "video" => ShotOf::Video,
            "window" => ShotOf::Window,
            "single" => of,
            _ => return Err(CommandError::Usage("screenshot [subtitles|video|window]")),
        };
    }
    Ok(of)
}

fn cue(words: &[&str], action: fn(i32, bool) -> Action, usage: &'static str) -> Result<Verb, CommandError> {
    let wrong = CommandError::Usage(usage);
    let (skip, second) = match words {
        [skip] | [skip, "primary"] => (skip, false),
        [skip, "secondary"] => (skip, true),
        _ => return Err(wrong),
    };
    skip.parse().map(|skip| Verb::Act(action(skip, second))).map_err(|_| wrong)
}

fn cycle_values(words: &[&str]) -> Result<Verb, CommandError> {
    let usage = CommandError::Usage("cycle-values [!reverse] PROPERTY VALUE [VALUE …]");
    let (reverse, words) = match words {
        ["!reverse", rest @ ..] => (true, rest),
        all => (false, all),
    };
    let [name, values @ ..] = words else { return Err(usage) };
    if values.is_empty() {
        return Err(usage);
    }
    let mut values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    if reverse {
        values.reverse();
    }
    Ok(Verb::CycleValues { name: known(name)?, values })
}

/// Milliseconds; `-` and `-1` are as long as usual.
fn shown_for(text: &str) -> Option<Duration> {
    let milliseconds: f64 = text.parse().ok().filter(|time| (0.0..=3_600_000.0).contains(time))?;
    Some(Duration::from_secs_f64(milliseconds / 1000.0))
}

fn usage(name: &str) -> CommandError {
    CommandError::Usage(match name {
        "seek" => seek::USAGE,
        "quit" => "quit [CODE]",
        "script-binding" => "script-binding stats/display-stats[-toggle]",
        "set" => "set PROPERTY VALUE",
        "add" => "add PROPERTY [NUMBER]",
        "multiply" => "multiply PROPERTY NUMBER",
        "cycle" => "cycle PROPERTY [up|down]",
        "screenshot" => "screenshot [subtitles|video|window]",
        "screenshot-to-file" => "screenshot-to-file FILE [subtitles|video|window]",
        "show-text" => "show-text TEXT [MILLISECONDS [LEVEL]]",
        "print-text" => "print-text TEXT",
        "keypress" => "keypress KEY",
        "keydown" => "keydown KEY",
        "keyup" => "keyup [KEY]",
        _ => return CommandError::NoCommand(name.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::control::BINDINGS;
    use crate::media::TrackKind;
    use crate::playlist::Entry;
    use crate::sink::Layout;
    use crate::subtitle::Override;
    use crate::time::Time;
    use crate::ui::DepthModel;

    fn status() -> Status {
        let chapter = |start| crate::frame::Chapter { start: Time::from_seconds(start), name: String::new() };
        Status {
            list: Arc::new(["a", "b", "c"].map(|name| Arc::new(Entry::new(name))).into()),
            index: Some(1),
            position: Time::from_seconds(50.0),
            duration: Some(Time::from_seconds(200.0)),
            chapters: Arc::new([chapter(0.0), chapter(40.0), chapter(90.0)]),
            speed: 2.0,
            volume: 90.0,
            volume_max: 130.0,
            playing: [Some(1), Some(2), None],
            subtitles: Some(crate::subtitle::Settings::default()),
            adjustments: Some(crate::sink::Adjustments::default()),
            depth: Some(DepthModel { strength: 1.5, convergence: 0.5, ..DepthModel::default() }),
            ..Status::default()
        }
    }

    fn done(line: &str) -> Result<Vec<Done>, CommandError> {
        Command::parse_line(line)?.iter().map(|command| command.resolve(&status())).collect()
    }

    fn action(line: &str) -> Option<Action> {
        match done(line).as_deref() {
            Ok([Done::Act(action)]) => *action,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn commands_become_actions_by_how_things_stand() {
        let second = Time::from_seconds;
        for (line, wanted) in [
            ("cycle pause", Some(Action::Pause)),
            ("no-osd set pause yes", Some(Action::Pause)),
            ("set pause no", None),
            ("seek 5", Some(Action::Seek(5))),
            ("seek -1:30", Some(Action::Seek(-90))),
            ("seek 5 relative+exact", Some(Action::SeekExact(5))),
            ("seek 0.5", Some(Action::SeekTo(second(50.5)))),
            ("seek -0.5 exact", Some(Action::SeekExactTo(second(49.5)))),
            ("seek 5 keyframes", Some(Action::SeekKeyFrame(second(55.0)))),
            ("seek 1:15 absolute", Some(Action::SeekTo(second(75.0)))),
            ("seek -10 absolute+exact", Some(Action::SeekExactTo(second(190.0)))),
            ("seek 25 absolute-percent", Some(Action::SeekTo(second(50.0)))),
            ("seek -100 relative-percent", Some(Action::SeekTo(Time::ZERO))),
            ("set time-pos 12", Some(Action::SeekTo(second(12.0)))),
            ("set percent-pos 10", Some(Action::SeekTo(second(20.0)))),
            ("add chapter 1", Some(Action::Chapter(1))),
            ("set chapter 0", Some(Action::Chapter(-1))),
            ("set playlist-pos 0", Some(Action::File(-1))),
            ("set playlist-pos-1 3", Some(Action::File(1))),
            ("add volume -2", Some(Action::SetVolume(88.0))),
            ("set speed 1", Some(Action::Speed(0.5))),
            ("multiply speed 1/2", Some(Action::Speed(0.5))),
            ("multiply speed 100", Some(Action::Speed(2.0))),
            ("set audio-delay 0.25", Some(Action::AudioDelay(250))),
            ("add sub-delay -0.1", Some(Action::SubDelay(-100))),
            ("set sub-pos 90", Some(Action::SubPosition(-10))),
            ("set sub-scale 1.5", Some(Action::SubScale(5))),
            ("set aid no", Some(Action::SetTrack(TrackKind::Audio, None))),
            ("set aid 2", None),
            ("set sid 3", Some(Action::SetTrack(TrackKind::Subtitle, Some(3)))),
            ("cycle sub down", Some(Action::CycleTrack(TrackKind::Subtitle, -1))),
            ("set layout anaglyph", Some(Action::SetLayout(Layout::Anaglyph))),
            ("cycle layout", Some(Action::Layout(1))),
            ("cycle-values strength 1 1.5 2", Some(Action::SetStrength(2.0))),
            ("cycle-values !reverse strength 1 1.5 2", Some(Action::SetStrength(1.0))),
            ("cycle-values strength 3", Some(Action::SetStrength(3.0))),
            ("set convergence 0.25", Some(Action::SetConvergence(0.25))),
            ("set fullscreen no", None),
            ("set loop-file inf", Some(Action::SetLoopFile(None))),
            ("set loop-file no", None),
            ("cycle loop-file", Some(Action::SetLoopFile(None))),
            ("set loop-playlist 3", Some(Action::SetLoopPlaylist(Some(2)))),
            ("cycle-values shuffle yes no", Some(Action::Shuffle(true))),
            ("cycle-values osd-level 3 1", Some(Action::OsdLevel(3))),
            ("sub-seek -2", Some(Action::SubSeek(-2, false))),
            ("sub-step 1 secondary", Some(Action::SubStep(1, true))),
            ("set secondary-sid 3", Some(Action::SetSecondSub(Some(3)))),
            ("set secondary-sid no", None),
            ("cycle secondary-sid", Some(Action::CycleSecondSub(1))),
            ("cycle-values sub-ass-override force scale", Some(Action::SetSubOverride(Override::Force))),
            ("cycle sub-ass-override", Some(Action::SetSubOverride(Override::Scale))),
            ("cycle sub-ass-override down", Some(Action::SetSubOverride(Override::No))),
            ("set sub-speed 25/23.976", Some(Action::SubSpeed(25.0 / 23.976))),
        ] {
            assert_eq!(action(line), wanted, "{line}");
        }
        let shot = |of, file: Option<&str>| Ok(vec![Done::Screenshot(Shot { of, file: file.map(str::to_owned) })]);
        assert_eq!(done("screenshot"), shot(ShotOf::Subtitles, None));
        assert_eq!(done("async screenshot video+single"), shot(ShotOf::Video, None));
        assert_eq!(done("screenshot-to-file a-${volume}.png window"), shot(ShotOf::Window, Some("a-90.png")));
        assert!(done("screenshot each-frame").is_err() && done("screenshot-to-file").is_err());
        assert_eq!(
            done("show-text \"${volume:?} ${time-pos}\" 500; print-text x"),
            Ok(vec![
                Done::Show("90 00:00:50".to_owned(), Some(Duration::from_millis(500))),
                Done::Print("x".to_owned())
            ])
        );
    }

    #[test]
    fn what_no_osd_stands_before_is_not_told() {
        let quiet = |line| Command::parse_line(line).unwrap()[0].is_quiet();
        assert!(quiet("no-osd seek 5") && quiet("async no-osd show-progress"));
        assert!(!quiet("osd-msg seek 5") && !quiet("show-text no-osd"));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let said = |line| done(line).unwrap_err().to_string();
        assert_eq!(said("set duration 5"), "'duration' cannot be set");
        assert_eq!(said("set volume loud"), "'loud' is no value of 'volume': a number from 0 to 1000");
        assert_eq!(said("set volume nan"), "'nan' is no value of 'volume': a number from 0 to 1000");
        assert_eq!(said("set pause maybe"), "'maybe' is no value of 'pause': yes or no");
        assert!(said("set layout round").starts_with("'round' is no value of 'layout': sbs, half-sbs, "));
        assert_eq!(said("set playlist-pos 3"), "'playlist-pos' has no value now");
        assert_eq!(said("add nothing 1"), "there is no property 'nothing'");
        assert_eq!(said("set pause"), "it is written: set PROPERTY VALUE");
        assert_eq!(said("no-osd"), "there is no command");
        let flat = Status { depth: None, ..status() };
        let strength = Command::parse_line("set 2d yes").unwrap();
        assert_eq!(strength[0].resolve(&flat), Err(CommandError::Unavailable("2d".to_owned())));
    }

    #[test]
    fn every_key_of_the_table_does_something() {
        for binding in BINDINGS.iter().filter(|binding| binding.command != "set fullscreen no") {
            let done = done(binding.command).unwrap();
            assert!(!done.contains(&Done::Act(None)) && !done.is_empty(), "{}", binding.command);
        }
    }

    /// Words that a hostile client or file may put together.
    #[test]
    fn no_words_end_the_program() {
        let words = [
            "set",
            "add",
            "multiply",
            "cycle",
            "cycle-values",
            "seek",
            "show-text",
            "playlist-play-index",
            "playlist-move",
            "loadfile",
            "-",
            "1e308",
            "-1e308",
            "nan",
            "1/0",
            "${",
            "${time-pos:${volume}}",
            "$>",
            "9999999999999999999",
            "absolute",
            "exact",
            "relative-percent",
            "\"",
            "'",
            "`",
            ";",
            "é",
            "!reverse",
            "up",
            "yes",
            "no",
            "auto",
            "inf",
        ];
        let all: Vec<&str> = words.into_iter().chain(properties::all().map(|one| one.name)).collect();
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize
        };
        let (mut understood, statuses) = (0, [status(), Status::default()]);
        for _ in 0..20_000 {
            let line: Vec<&str> = (0..1 + random() % 5).map(|_| all[random() % all.len()]).collect();
            for command in Command::parse_line(&line.join(" ")).unwrap_or_default() {
                understood += statuses.iter().filter(|status| command.resolve(status).is_ok()).count();
            }
        }
        assert!(understood > 100, "{understood}");
    }
}
