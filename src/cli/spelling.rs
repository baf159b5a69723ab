//! Command lines as people write them who know mpv: `deep3d film.mkv`, `--mute`, `--mute=no`, `--mute no`, `--no-mute`.

use std::ffi::OsString;

use clap::builder::Arg;
use clap::{ArgAction, Command};

use super::options::yes_or_no;

/// Makes every option that is given or not one that takes `yes` and `no` as well, and of an option that is given several times the last count.
pub(super) fn with_values(command: Command) -> Command {
    let command = command.args_override_self(true).mut_args(with_value);
    command.mut_subcommands(with_values)
}

fn with_value(option: Arg) -> Arg {
    let is_flag = matches!(option.get_action(), ArgAction::SetTrue) && !option.is_global_set();
    if !is_flag && !is_yes_or_no(&option) {
        return option;
    }
    let option = option.num_args(0..=1).require_equals(true).default_missing_value("yes");
    if !is_flag {
        return option;
    }
    let option = option.action(ArgAction::Set).value_parser(yes_or_no).value_name("yes|no");
    if option.get_default_values().is_empty() { option.default_value("no").hide_default_value(true) } else { option }
}

/// The words as the command line has them: films alone are played, `--no-NAME` is `--NAME=no` where no option is called so, and `yes` and `no` behind a
/// flag belong to it.
pub(super) fn plain(command: &Command, mut words: Vec<OsString>) -> Vec<OsString> {
    if let Some(at) = first_of_a_command(command, &words)
        && command.find_subcommand("play").is_some()
    {
        let names = |word: &OsString| word == "help" || command.get_subcommands().any(|own| word == own.get_name());
        if !words.get(at).is_none_or(names) {
            words.insert(at, "play".into());
        }
    }
    let Some(own) = words.iter().find_map(|word| command.find_subcommand(word)) else { return words };
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    for word in &mut words[..end] {
        if let Some(name) = word.to_str().and_then(|word| word.strip_prefix("--no-"))
            && !has(own, &format!("no-{name}"))
            && has(own, name)
        {
            *word = format!("--{name}=no").into();
        }
    }
    let is_flag = |word: &OsString| {
        let name = word.to_str().and_then(|word| word.strip_prefix("--"));
        name.is_some_and(|name| option(own, name).is_some_and(is_yes_or_no))
    };
    let mut at = 1;
    while at + 1 < words.len() && words[at] != "--" {
        if is_flag(&words[at]) && (words[at + 1] == "yes" || words[at + 1] == "no") {
            let value = words.remove(at + 1);
            words[at].push("=");
            words[at].push(value);
        }
        at += 1;
    }
    words
}

/// Where the command's name stands, or what is no option of all commands; none where those ask for nothing but help or the version.
fn first_of_a_command(command: &Command, words: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = words.get(at).and_then(|word| word.to_str()) {
        match word {
            "-h" | "--help" | "-V" | "--version" => return None,
            _ if word.starts_with("-v") && word[1..].bytes().all(|letter| letter == b'v') => {}
            "-q" => {}
            _ => {
                let name = word.strip_prefix("--").and_then(|word| word.split('=').next());
                let option =
                    command.get_arguments().find(|option| option.get_long().is_some_and(|long| Some(long) == name));
                let Some(option) = option else { return Some(at) };
                if option.get_action().takes_values() && !word.contains('=') {
                    at += 1;
                }
            }
        }
        at += 1;
    }
    Some(at)
}

fn option<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|option| {
        option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    })
}

fn has(command: &Command, name: &str) -> bool {
    option(command, name).is_some()
}

fn is_yes_or_no(option: &Arg) -> bool {
    option.get_value_names().is_some_and(|names| names.len() == 1 && names[0] == "yes|no")
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, arg};

    use super::*;

    fn program() -> Command {
        let play = Command::new("play")
            .arg(arg!([film] ... "films"))
            .arg(arg!(--mute "silent"))
            .arg(arg!(--"no-sub" "none"))
            .arg(arg!(--sub <FILE> "some"))
            .arg(arg!(--volume <NUMBER> "loud").alias("vol"));
        let program = Command::new("deep3d").arg(arg!(--profile <NAME> "set").global(true));
        with_values(
            program.arg(arg!(-q --quiet "silent").global(true)).subcommand(play).subcommand(Command::new("doctor")),
        )
    }

    fn written(line: &str) -> String {
        let words = line.split_whitespace().map(OsString::from).collect();
        let plain = plain(&program(), words);
        plain.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn films_alone_are_played() {
        assert_eq!(written("deep3d film.mkv"), "deep3d play film.mkv");
        assert_eq!(
            written("deep3d --profile night -q --mute film.mkv"),
            "deep3d --profile night -q play --mute film.mkv"
        );
        assert_eq!(written("deep3d --profile=night -- film.mkv"), "deep3d --profile=night play -- film.mkv");
        for same in [
            "deep3d",
            "deep3d --help",
            "deep3d -q --version",
            "deep3d doctor",
            "deep3d -vv help play",
            "deep3d play doctor",
        ] {
            assert_eq!(written(same), same);
        }
    }

    #[test]
    fn no_before_an_option_is_its_no() {
        assert_eq!(written("deep3d play --no-mute film.mkv"), "deep3d play --mute=no film.mkv");
        assert_eq!(written("deep3d play --no-vol"), "deep3d play --vol=no");
        for same in ["deep3d play --no-sub", "deep3d play --no-film", "deep3d play -- --no-mute"] {
            assert_eq!(written(same), same);
        }
    }

    #[test]
    fn flags_take_yes_and_no_and_the_last_counts() {
        let muted = |line: &str| {
            let matches = program().try_get_matches_from(line.split_whitespace())?;
            Ok::<_, clap::Error>(*matches.subcommand_matches("play").unwrap().get_one::<bool>("mute").unwrap())
        };
        for (line, is) in [
            ("deep3d play", false),
            ("deep3d play --mute film.mkv", true),
            ("deep3d play --mute=no", false),
            ("deep3d play --mute --mute=no", false),
            ("deep3d play --mute=no --mute=yes", true),
        ] {
            assert_eq!(muted(line).unwrap(), is, "{line}");
        }
        assert!(muted("deep3d play --mute=perhaps").is_err());
    }

    #[test]
    fn every_flag_of_the_program_takes_yes_and_no_in_every_way() {
        let command = with_values(crate::cli::Cli::command());
        let mut flags = 0;
        for own in command.get_subcommands() {
            for option in own.get_arguments().filter(|option| is_yes_or_no(option)) {
                let name = option.get_long().unwrap();
                for (line, value) in [
                    (format!("--{name}"), true),
                    (format!("--{name} yes"), true),
                    (format!("--{name} no"), false),
                    (format!("--{name}=no"), false),
                    (format!("--{name} --{name}=no"), false),
                ] {
                    let line = format!("deep3d {} {line}", own.get_name());
                    let words = plain(&command, line.split_whitespace().map(OsString::from).collect());
                    // Whatever else the command needs.
                    let matches = command.clone().ignore_errors(true).get_matches_from(words);
                    let matches = matches.subcommand_matches(own.get_name()).unwrap();
                    let read = matches.get_raw(option.get_id().as_str()).unwrap().next().unwrap();
                    assert_eq!(read, if value { "yes" } else { "no" }, "{line}");
                }
                flags += 1;
            }
        }
        assert!(flags > 20, "{flags}");
    }
}
