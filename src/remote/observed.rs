//! What one program wants to be told by itself: properties, and events.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::limits::MOST_OBSERVED;
use super::protocol::event;
use crate::control::{CommandError, Sought, Status};

struct Observed {
    id: u64,
    property: Sought,
    as_text: bool,
    /// What the program knows; none before it was told for the first time.
    told: Option<Option<Value>>,
}

/// Events that there are.
const EVENTS: [&str; 7] = ["start-file", "file-loaded", "end-file", "idle", "seek", "playback-restart", "shutdown"];

/// What one program wants to be told, and what it has been told.
#[derive(Default)]
pub(super) struct Telling {
    observed: Vec<Observed>,
    /// Events that it does not want.
    off: HashSet<String>,
    before: Option<Arc<Status>>,
}

/// What a property is, for a program.
pub(super) fn value(property: &Sought, as_text: bool, status: &Status) -> Option<Value> {
    if as_text { property.text(status).map(Value::String) } else { property.read(status) }
}

impl Telling {
    pub(super) fn observe(&mut self, id: u64, name: &str, as_text: bool) -> Result<(), CommandError> {
        let property = Sought::find(name)?;
        if self.observed.len() >= MOST_OBSERVED {
            return Err(CommandError::Usage("observe_property for at most 256 properties"));
        }
        self.observed.push(Observed { id, property, as_text, told: None });
        Ok(())
    }

    pub(super) fn unobserve(&mut self, id: u64) {
        self.observed.retain(|observed| observed.id != id);
    }

    pub(super) fn set_event(&mut self, name: &str, on: bool) -> Result<(), CommandError> {
        let names: Vec<&str> = EVENTS.into_iter().filter(|known| name == "all" || name == *known).collect();
        if names.is_empty() && name != "property-change" {
            return Err(CommandError::Usage("enable_event NAME|all"));
        }
        for name in names {
            if on {
                self.off.remove(name)
            } else {
                self.off.insert(name.to_owned())
            };
        }
        Ok(())
    }

    /// Lines about all that has changed since the last time.
    pub(super) fn news(&mut self, status: &Arc<Status>) -> String {
        let mut lines = String::new();
        let before = self.before.replace(Arc::clone(status));
        // It may be long, and is seldom another.
        let same_list = before
            .as_ref()
            .is_some_and(|before| Arc::ptr_eq(&before.list, &status.list) && before.index == status.index);
        if let Some(before) = before {
            for (name, more) in happened(&before, status) {
                if !self.off.contains(name) {
                    lines += &event(name, more);
                }
            }
        }
        for observed in &mut self.observed {
            if same_list && observed.told.is_some() && observed.property.is_list() {
                continue;
            }
            let now = value(&observed.property, observed.as_text, status);
            if observed.told.as_ref() != Some(&now) {
                let mut more = json!({"id": observed.id, "name": observed.property.name()});
                if let Some(now) = &now {
                    more["data"] = now.clone();
                }
                lines += &event("property-change", more);
                observed.told = Some(now);
            }
        }
        lines
    }

    /// The last line.
    pub(super) fn farewell(&self) -> Option<String> {
        (!self.off.contains("shutdown")).then(|| event("shutdown", Value::Null))
    }
}

/// The events between two moments, in order.
fn happened(before: &Status, now: &Status) -> Vec<(&'static str, Value)> {
    let mut events = Vec::new();
    if before.opened != now.opened {
        if !before.idle {
            events.push(("end-file", json!({"reason": "eof", "playlist_entry_id": before.entry()})));
        }
        events.push(("start-file", json!({"playlist_entry_id": now.entry()})));
        if !now.seeking {
            events.push(("file-loaded", Value::Null));
            events.push(("playback-restart", Value::Null));
        }
        return events;
    }
    if now.idle {
        if !before.idle {
            events.push(("end-file", json!({"reason": "eof", "playlist_entry_id": before.entry()})));
            events.push(("idle", Value::Null));
        }
        return events;
    }
    if before.epoch != now.epoch {
        events.push(("seek", Value::Null));
        if !now.seeking {
            events.push(("playback-restart", Value::Null));
        }
    } else if before.seeking && !now.seeking {
        // The first picture of a film, or that of a place sought.
        if now.epoch == 0 {
            events.push(("file-loaded", Value::Null));
        }
        events.push(("playback-restart", Value::Null));
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playlist::Entry;

    #[test]
    fn only_what_has_changed_is_told() {
        let told = |telling: &mut Telling, status: Status| -> Vec<String> {
            telling.news(&Arc::new(status)).lines().map(str::to_owned).collect()
        };
        let mut telling = Telling::default();
        telling.observe(1, "volume", false).unwrap();
        telling.observe(2, "duration", true).unwrap();
        assert!(telling.observe(3, "nothing", false).is_err());
        let status = Status { volume: 50.0, seeking: true, ..Status::default() };
        assert_eq!(
            told(&mut telling, status.clone()),
            [
                r#"{"data":50.0,"event":"property-change","id":1,"name":"volume"}"#,
                r#"{"event":"property-change","id":2,"name":"duration"}"#
            ]
        );
        assert!(told(&mut telling, status.clone()).is_empty());
        let loaded = Status { seeking: false, ..status };
        assert_eq!(
            told(&mut telling, loaded.clone()),
            [r#"{"event":"file-loaded"}"#, r#"{"event":"playback-restart"}"#]
        );
        let sought = Status { epoch: 3, seeking: false, volume: 60.0, ..loaded };
        assert_eq!(
            told(&mut telling, sought.clone()),
            [
                r#"{"event":"seek"}"#,
                r#"{"event":"playback-restart"}"#,
                r#"{"data":60.0,"event":"property-change","id":1,"name":"volume"}"#
            ]
        );
        telling.unobserve(1);
        telling.set_event("end-file", false).unwrap();
        assert!(telling.set_event("party", false).is_err());
        let list = Arc::new(vec![Arc::new(Entry { id: 4, ..Entry::new("a") })]);
        let next = Status { opened: 1, seeking: true, volume: 70.0, list, index: Some(0), ..sought };
        assert_eq!(told(&mut telling, next), [r#"{"event":"start-file","playlist_entry_id":4}"#]);
        assert_eq!((0..300).filter(|id| telling.observe(*id, "volume", false).is_ok()).count(), MOST_OBSERVED - 1);
    }
}
