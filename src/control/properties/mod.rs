//! The properties, by mpv's names where mpv has them, one file for each thing that they tell of.

mod depth;
mod film;
mod picture;
mod sound;
mod subtitles;
mod time;
mod tracks;

use serde_json::{Value, json};

use super::CommandError;
use super::property::{Property, told};
use crate::time::Time;

const TABLES: [&[Property]; 8] = [
    film::PROPERTIES,
    time::PROPERTIES,
    sound::PROPERTIES,
    tracks::PROPERTIES,
    subtitles::PROPERTIES,
    picture::PROPERTIES,
    depth::PROPERTIES,
    PROGRAM,
];

/// Of the program.
const PROGRAM: &[Property] = &[
    told("mpv-version", |_| Some(json!(concat!("deep3d ", env!("CARGO_PKG_VERSION"))))),
    told("deep3d-version", |_| Some(json!(env!("CARGO_PKG_VERSION")))),
    told("property-list", |_| Some(all().map(|property| property.name).collect())),
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Property> {
    TABLES.into_iter().flatten()
}

/// The property of that name.
///
/// # Errors
/// There is none.
pub fn find(name: &str) -> Result<&'static Property, CommandError> {
    // mpv's names of options are properties, too.
    let name = name.strip_prefix("options/").unwrap_or(name);
    let found = all().find(|property| property.name == name);
    found.ok_or_else(|| CommandError::NoProperty(name.to_owned()))
}

fn seconds(time: Time) -> Value {
    json!(time.seconds())
}

fn milliseconds(seconds: f64) -> i32 {
    (seconds * 1000.0).round() as i32
}
