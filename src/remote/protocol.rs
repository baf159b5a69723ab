//! mpv's JSON protocol: lines taken to what they ask for, and what is answered.

use serde_json::{Map, Value, json};

use crate::control::{Command, CommandError};

/// The version of mpv's client interface that is spoken: 2.0.
const API: u64 = 2 << 16;

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// Commands for the player.
    Do(Vec<Command>),
    /// What a property is; as it is set, and not as JSON, where that is wanted.
    Get { name: String, as_text: bool },
    /// To be told whenever a property is another, under that number.
    Observe { id: u64, name: String, as_text: bool },
    /// To be told no more.
    Unobserve(u64),
    /// To be told of this event, or of `all`, or no more.
    Events { name: String, on: bool },
    /// Something that is known at once.
    Know(Value),
}

/// One line.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    /// What the answer is to carry, so that the program knows it; none where it wants none.
    pub(super) id: Option<Value>,
    pub(super) asked: Result<Asked, CommandError>,
}

const USAGE: CommandError = CommandError::Usage("{\"command\": [\"NAME\", ARGUMENT, …], \"request_id\": NUMBER}");

/// Reads a line: JSON, or a command as in `input.conf`, which is not answered. None where nothing stands in it.
pub(super) fn read(line: &str) -> Option<Line> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    if !line.starts_with('{') {
        return Some(Line { id: None, asked: Command::parse_line(line).map(Asked::Do) });
    }
    let read: Result<Map<String, Value>, _> = serde_json::from_str(line);
    let Ok(mut object) = read else { return Some(Line { id: Some(json!(0)), asked: Err(USAGE) }) };
    let id = object.remove("request_id").filter(|id| id.is_i64() || id.is_u64()).unwrap_or(json!(0));
    let asked = match object.remove("command") {
        Some(Value::Array(words)) => array(&words),
        Some(Value::String(line)) => Command::parse_line(&line).map(Asked::Do),
        _ => Err(USAGE),
    };
    Some(Line { id: Some(id), asked })
}

fn array(words: &[Value]) -> Result<Asked, CommandError> {
    let words: Vec<String> = words.iter().map(text).collect::<Option<_>>().ok_or(USAGE)?;
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let name = |name: &&str| (*name).to_owned();
    let number = |text: &str| text.parse().map_err(|_| CommandError::Usage("observe_property NUMBER NAME"));
    Ok(match &plain[..] {
        ["get_property", property] => Asked::Get { name: name(property), as_text: false },
        ["get_property_string", property] => Asked::Get { name: name(property), as_text: true },
        ["set_property" | "set_property_string", property, value] => {
            Asked::Do(vec![Command::parse(&["set", property, value].map(str::to_owned))?])
        }
        ["observe_property", id, property] => Asked::Observe { id: number(id)?, name: name(property), as_text: false },
        ["observe_property_string", id, property] => {
            Asked::Observe { id: number(id)?, name: name(property), as_text: true }
        }
        ["unobserve_property", id] => Asked::Unobserve(number(id)?),
        ["enable_event", event] => Asked::Events { name: name(event), on: true },
        ["disable_event", event] => Asked::Events { name: name(event), on: false },
        // Nothing is logged to programs.
        ["request_log_messages", _] => Asked::Know(Value::Null),
        ["client_name"] => Asked::Know(json!("ipc")),
        ["get_version"] => Asked::Know(json!(API)),
        ["get_time_us"] => Asked::Know(json!(microseconds())),
        _ => Asked::Do(vec![Command::parse(&words)?]),
    })
}

/// An argument as `input.conf` would write it.
fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    })
}

fn microseconds() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    u64::try_from(BEGAN.get_or_init(Instant::now).elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// The answer to a line, itself a line.
pub(super) fn answer(id: &Value, result: Result<Value, CommandError>) -> String {
    let answer = match result {
        Ok(data) => json!({"request_id": id, "error": "success", "data": data}),
        Err(error) => json!({"request_id": id, "error": word(&error), "message": error.to_string()}),
    };
    format!("{answer}\n")
}

/// mpv's words for what is wrong.
fn word(error: &CommandError) -> &'static str {
    match error {
        CommandError::NoProperty(_) => "property not found",
        CommandError::Unavailable(_) => "property unavailable",
        CommandError::ReadOnly(_) | CommandError::Value { .. } => "error accessing property",
        CommandError::NoCommand(_)
        | CommandError::NoEntry(_)
        | CommandError::Usage(_)
        | CommandError::Quotes
        | CommandError::Nothing => "invalid parameter",
    }
}

/// Something has happened.
pub(super) fn event(name: &str, more: Value) -> String {
    let mut event = json!({"event": name});
    if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
        event.extend(more);
    }
    format!("{event}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Asked, CommandError> {
        read(line).unwrap().asked
    }

    #[test]
    fn lines_are_read_as_mpv_reads_them() {
        let commands = |line| Ok(Asked::Do(Command::parse_line(line).unwrap()));
        assert_eq!(
            asked(r#"{"command": ["set_property", "pause", true], "request_id": 7}"#),
            commands("set pause yes")
        );
        assert_eq!(asked(r#"{"command": ["set_property", "volume", 55.5]}"#), commands("set volume 55.5"));
        assert_eq!(asked(r#"{"command": ["seek", -5, "exact"]}"#), commands("seek -5 exact"));
        assert_eq!(asked(r#"{"command": "seek 5; cycle pause"}"#), commands("seek 5; cycle pause"));
        assert_eq!(asked("cycle mute"), commands("cycle mute"));
        let get = |as_text| Ok(Asked::Get { name: "volume".to_owned(), as_text });
        assert_eq!(asked(r#"{"command": ["get_property", "volume"], "async": true}"#), get(false));
        assert_eq!(asked(r#"{"command": ["get_property_string", "volume"]}"#), get(true));
        assert_eq!(
            asked(r#"{"command": ["observe_property", 3, "time-pos"]}"#),
            Ok(Asked::Observe { id: 3, name: "time-pos".to_owned(), as_text: false })
        );
        assert_eq!(read(r#"{"command": ["client_name"], "request_id": 7}"#).unwrap().id, Some(json!(7)));
        assert_eq!(read(r#"{"command": ["client_name"]}"#).unwrap().id, Some(json!(0)));
        assert_eq!(read("cycle mute").unwrap().id, None);
        assert!(read("  ").is_none() && read("# a").is_none());
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_mpv() {
        let said = |line: &str| {
            let error = asked(line).unwrap_err();
            serde_json::from_str::<Value>(&answer(&json!(1), Err(error))).unwrap()["error"].as_str().unwrap().to_owned()
        };
        assert_eq!(said("{"), "invalid parameter");
        assert_eq!(said(r#"{"command": 5}"#), "invalid parameter");
        assert_eq!(said(r#"{"command": []}"#), "invalid parameter");
        assert_eq!(said(r#"{"command": [["seek"]]}"#), "invalid parameter");
        assert_eq!(said(r#"{"command": ["frobnicate"]}"#), "invalid parameter");
        assert_eq!(said(r#"{"command": ["set_property", "nothing", 1]}"#), "property not found");
        assert_eq!(said(r#"{"command": ["observe_property", "x", "volume"]}"#), "invalid parameter");
        assert!(asked(&("[".repeat(60_000))).is_err() && asked(&("{\"a\":".repeat(10_000))).is_err());
    }
}
