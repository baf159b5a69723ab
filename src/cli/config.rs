//! The user's settings: options of every command in a file, and sets of them by name.

use std::ffi::OsString;
use std::io::{self, ErrorKind};

use clap::builder::Arg;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::folders;

/// Options that only the command line has.
const OWN: [&str; 5] = ["profile", "no-config", "list-options", "help", "version"];

/// One option of the file.
#[derive(Debug, Clone, PartialEq)]
struct Setting {
    name: String,
    value: Value,
    /// Counted from 1.
    line: usize,
    /// It stands where options of one command stand.
    for_one: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Flag(bool),
    Words(Vec<String>),
}

/// A command line with the file's settings in it, and what is wrong with the file.
pub(super) struct Completed {
    pub(super) arguments: Vec<OsString>,
    pub(super) faults: Vec<String>,
}

/// Puts what `config.toml` says behind the name of the command, as far as the command line does not say otherwise.
pub(super) fn complete(command: &Command, arguments: Vec<OsString>) -> Completed {
    let unchanged = |arguments| Completed { arguments, faults: Vec::new() };
    // What is wrong with the command line is told by who reads it for good.
    let Ok(given) = command.clone().try_get_matches_from(&arguments) else { return unchanged(arguments) };
    let Some((name, given)) = given.subcommand() else { return unchanged(arguments) };
    if given.get_flag("no_config") {
        return unchanged(arguments);
    }
    let Some(file) = folders::settings().map(|folder| folder.join("config.toml")) else { return unchanged(arguments) };
    let profiles: Vec<String> = given.get_many("profile").unwrap_or_default().cloned().collect();
    let text = match folders::read_settings(&file) {
        Ok(text) => text,
        Err(error) => {
            let faults = told(&error, &profiles).into_iter().map(|fault| format!("{}: {fault}", file.display()));
            return Completed { arguments, faults: faults.collect() };
        }
    };
    let (settings, mut faults) = read(&text, name, &profiles);
    let line = CommandLine { command, name, given, arguments: &arguments };
    let words = line.take(&settings, &mut faults);
    let at =
        arguments.windows(2).position(|pair| pair[1] == name && pair[0] != "--profile").map_or(1, |before| before + 2);
    let mut completed = arguments.clone();
    completed.splice(at..at, words);
    let faults = faults.into_iter().map(|fault| format!("{}: {fault}", file.display())).collect();
    Completed { arguments: completed, faults }
}

/// A file that is not there is none unless something in it is wanted.
fn told(error: &io::Error, profiles: &[String]) -> Vec<String> {
    match error.kind() {
        ErrorKind::NotFound => profiles.iter().map(|profile| format!("there is no profile '{profile}'")).collect(),
        _ => vec![format!("{error}; it is left out")],
    }
}

/// The settings for the command of that name, those that go before others last, and what is wrong with the file.
fn read(text: &str, command: &str, profiles: &[String]) -> (Vec<Setting>, Vec<String>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    // One line may be wrong in several ways, and what was made of it is nothing that anybody meant.
    let mut wrong = Vec::new();
    let mut faults = Vec::new();
    for error in &errors {
        let line = line(error.span().map_or(0, |span| span.start));
        if !wrong.contains(&line) {
            wrong.push(line);
            faults.push(format!("line {line}: {}", error.message()));
        }
    }
    let (mut settings, table) = (Vec::new(), table.get_ref());
    let mut take = |table: &DeTable<'_>, for_one: bool, faults: &mut Vec<String>| {
        for (key, value) in table {
            let line = line(key.span().start);
            match value_of(value) {
                _ if wrong.contains(&line) => {}
                Some(value) => settings.push(Setting { name: key.get_ref().to_string(), value, line, for_one }),
                None if !for_one && matches!(value.get_ref(), DeValue::Table(_)) => {}
                None => faults.push(format!("line {line}: '{}' is no option's value", key.get_ref())),
            }
        }
    };
    take(table, false, &mut faults);
    if let Some(DeValue::Table(own)) = table.get(command).map(Spanned::get_ref) {
        take(own, true, &mut faults);
    }
    for profile in profiles {
        let all = match table.get("profile").map(Spanned::get_ref) {
            Some(DeValue::Table(all)) => all.get(profile.as_str()),
            _ => None,
        };
        match all.map(Spanned::get_ref) {
            Some(DeValue::Table(profile)) => take(profile, false, &mut faults),
            _ => faults.push(format!("there is no profile '{profile}'")),
        }
    }
    (settings, faults)
}

fn value_of(value: &Spanned<DeValue<'_>>) -> Option<Value> {
    let word = |value: &DeValue<'_>| {
        Some(match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            _ => return None,
        })
    };
    Some(match value.get_ref() {
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Array(values) => {
            Value::Words(values.iter().map(|value| word(value.get_ref())).collect::<Option<_>>()?)
        }
        other => Value::Words(vec![word(other)?]),
    })
}

/// What the user has said.
struct CommandLine<'a> {
    command: &'a Command,
    name: &'a str,
    given: &'a ArgMatches,
    arguments: &'a [OsString],
}

impl CommandLine<'_> {
    /// The settings as words, as far as the command takes them and the user has said nothing else.
    fn take(&self, settings: &[Setting], faults: &mut Vec<String>) -> Vec<OsString> {
        let mut words: Vec<(&str, Vec<OsString>)> = Vec::new();
        let Some(own) = self.command.find_subcommand(self.name) else { return Vec::new() };
        for setting in settings {
            let Setting { name, value, line, for_one } = setting;
            let Some(option) = option(own, name) else {
                let others = || self.command.get_subcommands().any(|other| option_of(other, name));
                if *for_one || !others() {
                    faults.push(format!("line {line}: there is no option '{name}' of {}", self.name));
                }
                continue;
            };
            if self.says_otherwise(own, option) {
                continue;
            }
            let setting = as_words(name, value, option);
            match self.refuses(&setting) {
                Some(reason) => faults.push(format!("line {line}: {reason}")),
                None => {
                    words.retain(|(other, _)| other != name);
                    words.push((name, setting));
                }
            }
        }
        words.into_iter().flat_map(|(_, words)| words).collect()
    }

    fn has(&self, option: &Arg) -> bool {
        self.given.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine)
    }

    /// Whether the option, or one that excludes it, stands on the command line.
    fn says_otherwise(&self, own: &Command, option: &Arg) -> bool {
        let excludes = |one: &Arg, other: &Arg| {
            own.get_arg_conflicts_with(one).iter().any(|conflict| conflict.get_id() == other.get_id())
        };
        let mut given = own.get_arguments().filter(|other| self.has(other));
        self.has(option) || given.any(|other| excludes(option, other) || excludes(other, option))
    }

    /// Why the command does not take these words, in one line.
    fn refuses(&self, words: &[OsString]) -> Option<String> {
        let program = self.arguments.first().cloned().unwrap_or_default();
        let rest = self.arguments.iter().skip_while(|argument| *argument != self.name).skip(1);
        let all: Vec<OsString> =
            [program, self.name.into()].into_iter().chain(words.iter().cloned()).chain(rest.cloned()).collect();
        let error = self.command.clone().try_get_matches_from(all).err()?;
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        Some(first.trim_start_matches("error: ").to_owned())
    }
}

fn option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let mut options = command.get_arguments();
    options.find(|option| option.get_long() == Some(name) && !OWN.contains(&name))
}

fn option_of(command: &Command, name: &str) -> bool {
    option(command, name).is_some()
}

fn as_words(name: &str, value: &Value, option: &Arg) -> Vec<OsString> {
    let with = |value: &str| OsString::from(format!("--{name}={value}"));
    let takes = option.get_action().takes_values();
    match value {
        Value::Flag(flag) if takes => vec![with(if *flag { "yes" } else { "no" })],
        Value::Flag(true) => vec![format!("--{name}").into()],
        Value::Flag(false) => Vec::new(),
        Value::Words(values) => values.iter().map(|value| with(value)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use clap::{ArgAction, arg};

    use super::*;

    fn program() -> Command {
        let play = Command::new("play")
            .arg(arg!([film] "a film"))
            .arg(arg!(--volume <NUMBER> "loud").value_parser(clap::value_parser!(u8)))
            .arg(arg!(--"sub-file" <FILE> "cues").action(ArgAction::Append))
            .arg(arg!(--mute "silent"))
            .arg(arg!(--cache <WORD> "yes or no"))
            .arg(arg!(--depth <FILE> "kept").conflicts_with("weights"))
            .arg(arg!(--weights <FILE> "a network"));
        let convert = Command::new("convert").arg(arg!(--quality <NUMBER> "good"));
        Command::new("deep3d").subcommand(play).subcommand(convert)
    }

    fn taken(text: &str, arguments: &[&str], profiles: &[&str]) -> (String, Vec<String>) {
        let arguments: Vec<OsString> =
            ["deep3d", "play"].into_iter().chain(arguments.iter().copied()).map(OsString::from).collect();
        let (command, profiles) = (program(), profiles.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        let given = command.clone().try_get_matches_from(&arguments).unwrap();
        let given = given.subcommand_matches("play").unwrap();
        let (settings, mut faults) = read(text, "play", &profiles);
        let line = CommandLine { command: &command, name: "play", given, arguments: &arguments };
        let words = line.take(&settings, &mut faults);
        (words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" "), faults)
    }

    #[test]
    fn what_stands_nearer_to_the_user_goes_first() {
        let text = "volume = 50\nquality = 9\n[play]\nvolume = 60\n[convert]\nquality = 3\n[profile.loud]\nvolume = 90\nmute = true\n";
        assert_eq!(taken(text, &[], &[]), ("--volume=60".to_owned(), vec![]));
        assert_eq!(taken(text, &[], &["loud"]), ("--mute --volume=90".to_owned(), vec![]));
        assert_eq!(taken(text, &["--volume", "10"], &["loud"]), ("--mute".to_owned(), vec![]));
        assert_eq!(taken(text, &[], &["quiet"]).1, ["there is no profile 'quiet'"]);
    }

    #[test]
    fn values_are_written_as_the_command_line_has_them() {
        let text = "mute = false\ncache = true\nsub-file = [\"a.srt\", \"b c.srt\"]\nweights = \"w\"";
        assert_eq!(taken(text, &[], &[]).0, "--cache=yes --sub-file=a.srt --sub-file=b c.srt --weights=w");
        let (words, faults) = taken(text, &["--depth", "kept.mkv", "film.mkv"], &[]);
        assert_eq!(words, "--cache=yes --sub-file=a.srt --sub-file=b c.srt", "--depth excludes --weights");
        assert!(faults.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_works() {
        let text = "volume = 50\nvolumn = 3\nmute = = 1\ncache = 2024-01-01\nhelp = true\n[play]\nquality = 1\nvolume = \"loud\"\ndepth = \"x\"\n";
        let (words, faults) = taken(text, &[], &[]);
        assert_eq!(words, "--volume=50 --depth=x");
        assert_eq!(faults.len(), 6, "{faults:?}");
        for part in [
            "line 3: ",
            "line 4: 'cache' is no option's value",
            "line 2: there is no option 'volumn' of play",
            "line 5: there is no option 'help' of play",
            "line 7: there is no option 'quality' of play",
            "line 8: invalid value 'loud' for '--volume <NUMBER>'",
        ] {
            assert!(faults.iter().any(|fault| fault.starts_with(part)), "{part}: {faults:?}");
        }
    }
    #[test]
    fn a_thousand_changed_files_end_nothing() {
        let whole = "volume = 40\nsub-file = [\"a.srt\", 'b']\n[play]\ncache = true\n[profile.loud]\nmute = true\nvolume = 1_0\n";
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let mut whole_ones = 0;
        for _ in 0..1000 {
            let mut bytes = whole.as_bytes().to_vec();
            for _ in 0..1 + random() % 6 {
                let at = random() % bytes.len().max(1);
                match random() % 4 {
                    0 if !bytes.is_empty() => bytes[at] = random() as u8,
                    1 if !bytes.is_empty() => drop(bytes.remove(at)),
                    0..=2 => bytes.insert(at, b"[]{}=\"'\n.#,"[random() % 11]),
                    _ => bytes.truncate(at + 1),
                }
            }
            let (words, _) = taken(&String::from_utf8_lossy(&bytes), &["film.mkv"], &["loud"]);
            whole_ones += usize::from(words.contains("--volume=10"));
        }
        assert!((50..950).contains(&whole_ones), "{whole_ones} files kept their last line");
        let deep = format!("volume = {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(taken(&deep, &[], &[]).0, "");
    }
}
