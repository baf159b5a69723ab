//! A property by its name, or a part of one: `playlist/0/filename`, `track-list/count`.

use serde_json::{Value, json};

use super::properties;
use super::property::{self, Property};
use super::{CommandError, Status};

/// What was asked for by name.
pub struct Sought {
    name: String,
    property: &'static Property,
    /// The way from there inwards.
    inside: Vec<String>,
}

impl Sought {
    /// Of that name.
    ///
    /// # Errors
    /// There is no such property. Whether it has such a part is known when it is read.
    pub fn find(name: &str) -> Result<Self, CommandError> {
        let outside = properties::find(name);
        let (property, inside) = match (outside, name.split_once('/')) {
            (Err(_), Some((first, rest))) => (properties::find(first)?, rest.split('/').map(str::to_owned).collect()),
            (found, _) => (found?, Vec::new()),
        };
        Ok(Self { name: name.to_owned(), property, inside })
    }

    /// As it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the list of films, or a part of that.
    pub fn is_list(&self) -> bool {
        self.property.name == "playlist"
    }

    /// What it is now; none where nothing is known of it.
    pub fn read(&self, status: &Status) -> Option<Value> {
        let mut value = self.property.read(status)?;
        for step in &self.inside {
            value = match value {
                Value::Array(items) if step == "count" => json!(items.len()),
                Value::Array(mut items) => {
                    let index = step.parse::<usize>().ok().filter(|index| *index < items.len())?;
                    items.swap_remove(index)
                }
                Value::Object(mut members) => members.remove(step)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The same as it is set.
    pub fn text(&self, status: &Status) -> Option<String> {
        self.read(status).map(property::written)
    }

    /// The same for a reader.
    pub(super) fn shown(&self, status: &Status) -> Option<String> {
        if self.inside.is_empty() { self.property.shown(status) } else { self.text(status) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::playlist::Entry;

    #[test]
    fn parts_of_lists_are_found() {
        let list = ["a", "b"].map(|name| Arc::new(Entry::new(name)));
        let status = Status { list: Arc::new(list.into()), index: Some(1), ..Status::default() };
        let read = |name: &str| Sought::find(name).unwrap().read(&status);
        assert_eq!(read("playlist/count"), Some(json!(2)));
        assert_eq!(read("playlist/0/filename"), Some(json!("a")));
        assert_eq!(read("playlist/1/current"), Some(json!(true)));
        for nothing in [
            "playlist/0/current",
            "playlist/2/filename",
            "playlist/x",
            "volume/0",
            "playlist/0/filename/0",
            "playlist/",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert!(Sought::find("nothing/0").is_err());
        assert_eq!(Sought::find("options/volume").unwrap().name(), "options/volume");
    }
}
