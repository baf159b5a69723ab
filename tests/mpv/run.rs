//! Does what the rows say to both programs, and compares.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::display::Display;
use crate::player::{Player, Which};
use crate::rows::{Done, ROWS, Row, Verdict};

const SCREEN: [u32; 2] = [800, 600];
const BOTH: [Which; 2] = [Which::Mpv, Which::Deep3d];
/// What plays while keys are pressed.
const LIST: [&str; 4] = ["--pause", "film.mkv", "second.mkv", "third.mkv"];
/// How everything stands before each row. What one of the programs does not have is left out.
const BEFORE: &[(&str, &str)] = &[
    ("pause", "yes"),
    ("speed", "1"),
    ("volume", "50"),
    ("mute", "no"),
    ("fullscreen", "no"),
    ("ontop", "no"),
    ("loop-file", "no"),
    ("aid", "1"),
    ("sid", "1"),
    ("vid", "1"),
    ("sub-visibility", "yes"),
    ("secondary-sub-visibility", "yes"),
    ("sub-delay", "0"),
    ("sub-pos", "100"),
    ("sub-scale", "1"),
    ("audio-delay", "0"),
    ("osd-level", "1"),
    ("contrast", "0"),
    ("brightness", "0"),
    ("gamma", "0"),
    ("saturation", "0"),
    ("panscan", "0"),
    ("video-zoom", "0"),
    ("video-pan-x", "0"),
    ("video-pan-y", "0"),
    ("time-pos", "27"),
];
/// Messages over the picture are gone by then.
const QUIET: Duration = Duration::from_millis(2200);
const END: Duration = Duration::from_secs(60);

/// All rows that are chosen; gives what is not as they say.
pub(crate) fn all(folder: &Path, chosen: impl Fn(&Row) -> bool) -> Vec<String> {
    let displays = BOTH.map(|_| Display::start(SCREEN));
    let mut runs = Runs { folder, displays: &displays, plain: None };
    let mut wrong = Vec::new();
    for row in ROWS.iter().filter(|row| chosen(row)) {
        let fault = runs.judge(row);
        let fault = fault.map(|fault| format!("{} ({}): {fault}", row.how, row.what));
        println!(
            "{}",
            fault.as_deref().map_or_else(|| format!("ok  {}: {}", row.how, row.what), |fault| format!("NOT {fault}"))
        );
        wrong.extend(fault);
    }
    wrong
}

struct Runs<'a> {
    folder: &'a Path,
    displays: &'a [Display; 2],
    /// What a start without options gives, of the properties that were asked for.
    plain: Option<[Player<'a>; 2]>,
}

impl<'a> Runs<'a> {
    /// What is wrong with a row, if anything.
    fn judge(&mut self, row: &Row) -> Option<String> {
        let seen = match row.done {
            Done::Steps(steps) => self.stepped(row, steps),
            Done::Started(given) => self.started(row, given, &[]),
            Done::StartedThen(given, steps) => self.started(row, given, steps),
            Done::Ended(given) => BOTH.iter().map(|which| ended(*which, self.folder, given)).collect(),
        };
        let seen = match seen {
            Ok(seen) => seen,
            Err(_) if matches!(row.verdict, Verdict::Missing) => return None,
            Err(fault) => return Some(fault),
        };
        let [mpv, ours] = [&seen[0], &seen[1]];
        let same = mpv.len() == ours.len() && mpv.iter().zip(ours).all(|(one, other)| alike(one, other));
        match row.verdict {
            Verdict::Same if !same => {
                Some(format!("{:?} is {} in mpv and {} here", row.looked, json!(mpv), json!(ours)))
            }
            Verdict::Different(_) | Verdict::Missing if same => {
                Some(format!("{:?} is {} in both", row.looked, json!(mpv)))
            }
            _ => None,
        }
    }

    /// The two programs that play the list, as they stand before a row.
    fn playing(&mut self) -> Result<&mut [Player<'a>; 2], String> {
        let usable = self.plain.as_mut().is_some_and(|players| {
            players
                .iter_mut()
                .all(|player| player.get("ended") == Value::Null && player.get("playlist-pos") == json!(0))
        });
        if !usable {
            self.plain = None;
            let list = LIST.map(str::to_owned);
            let start = |index: usize| Player::start(BOTH[index], &self.displays[index], self.folder, &list);
            self.plain = Some([start(0)?, start(1)?]);
        }
        let players = self.plain.as_mut().ok_or("no program")?;
        for player in players.iter_mut() {
            for (property, value) in BEFORE {
                player.ask(&json!(["set_property_string", property, value]));
            }
            let began = Instant::now();
            while player.get("seeking") == json!(true) && began.elapsed() < END {
                thread::sleep(Duration::from_millis(20));
            }
        }
        thread::sleep(Duration::from_millis(300));
        Ok(players)
    }

    fn stepped(&mut self, row: &Row, steps: &[&str]) -> Result<Vec<Vec<Value>>, String> {
        let players = self.playing()?;
        let mut seen = Vec::new();
        for player in players {
            seen.push(done(player, row, steps)?);
        }
        Ok(seen)
    }

    fn started(&mut self, row: &Row, given: &[&str], steps: &[&str]) -> Result<Vec<Vec<Value>>, String> {
        self.plain = None;
        let mut seen = Vec::new();
        for (index, which) in BOTH.into_iter().enumerate() {
            let mut arguments: Vec<_> = given.iter().map(|argument| (*argument).to_owned()).collect();
            if !given.iter().any(|argument| argument.ends_with("pause")) {
                arguments.insert(0, "--pause".to_owned());
            }
            let player = Player::start(which, &self.displays[index], self.folder, &arguments);
            let mut player = player.map_err(|fault| format!("{which:?}: {fault}"))?;
            if given.contains(&"--keep-open") {
                player.changed(row.looked, &player_before(row));
            }
            seen.push(if steps.is_empty() { player.all(row.looked) } else { done(&mut player, row, steps)? });
        }
        Ok(seen)
    }
}

/// What can be at the start of none.
fn player_before(row: &Row) -> Vec<Value> {
    row.looked.iter().map(|_| Value::Null).collect()
}

/// Does the steps, and gives what there is then; a program in which nothing has changed is told of.
fn done(player: &mut Player<'_>, row: &Row, steps: &[&str]) -> Result<Vec<Value>, String> {
    if row.looked.contains(&"picture") {
        thread::sleep(QUIET);
        let before = player.picture();
        player.act(steps);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(3) {
            if player.picture().difference(&before) > 0.02 {
                return Ok(vec![json!("another picture")]);
            }
        }
        return Err(format!("{:?}: the picture stays as it is", player.which));
    }
    let before = player.all(row.looked);
    player.act(steps);
    let now = player.changed(row.looked, &before);
    if now == before && matches!(row.verdict, Verdict::Same) {
        return Err(format!("{:?}: {:?} stays {}", player.which, row.looked, json!(before)));
    }
    Ok(now)
}

/// How it ends, and where it plays nothing, whether it says anything.
fn ended(which: Which, folder: &Path, given: &[&str]) -> Result<Vec<Value>, String> {
    let mut command = which.bare();
    let plays = given.iter().any(|argument| argument.ends_with(".mkv"));
    if plays {
        command.args(match which {
            Which::Mpv => ["--vo=null", "--ao=null"].as_slice(),
            Which::Deep3d => &["--sink=null", "--network-size=64x64"],
        });
    }
    let output = command.args(given).current_dir(folder).output().map_err(|error| error.to_string())?;
    // While mpv plays it writes the time to the terminal.
    let words = !plays && !output.stdout.is_empty();
    Ok(vec![json!(output.status.code()), json!(words)])
}

/// The same, but for what differs from machine to machine: a picture's duration in time, a pixel, how numbers are written.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or(f64::NAN), other.as_f64().unwrap_or(f64::NAN));
            (one - other).abs() <= 0.05 + 1e-3 * one.abs()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        _ => one == other,
    }
}
