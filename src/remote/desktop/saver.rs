//! The screen saver, which is held off while a film runs.

use std::time::{Duration, Instant};

use zbus::blocking::Connection;
use zbus::zvariant::{OwnedObjectPath, Value};

/// Who refused is asked again so much later.
const AGAIN: Duration = Duration::from_secs(60);
const REASON: &str = "a film is playing";
/// Of the portal: neither the screen goes dark nor the machine to sleep.
const SUSPEND_AND_IDLE: u32 = 4 | 8;

/// What holds it off.
#[derive(Debug)]
enum Held {
    /// What org.freedesktop.ScreenSaver wants to be told at its end.
    Cookie(u32),
    /// What the desktop's portal wants to be closed.
    Request(OwnedObjectPath),
}

/// The screen saver, on the session bus.
pub(super) struct Saver {
    bus: Connection,
    held: Option<Held>,
    refused: Option<Instant>,
}

impl Saver {
    pub(super) fn new(bus: &Connection) -> Self {
        Self { bus: bus.clone(), held: None, refused: None }
    }

    /// A film runs, or none does any more.
    pub(super) fn follow(&mut self, running: bool, now: Instant) {
        if running == self.held.is_some() || self.refused.is_some_and(|refused| running && now - refused < AGAIN) {
            return;
        }
        match self.held.take() {
            Some(held) => self.release(&held),
            None => {
                self.held =
                    self.hold().inspect_err(|error| tracing::debug!("the screen saver is not held off: {error}")).ok();
                self.refused = self.held.is_none().then_some(now);
            }
        }
    }

    fn hold(&self) -> zbus::Result<Held> {
        let (name, path) = ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver");
        match self.bus.call_method(Some(name), path, Some(name), "Inhibit", &("deep3d", REASON)) {
            Ok(answer) => Ok(Held::Cookie(answer.body().deserialize()?)),
            Err(_) => {
                let (name, path) = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop");
                let options = std::collections::HashMap::from([("reason", Value::from(REASON))]);
                let wanted = ("", SUSPEND_AND_IDLE, options);
                let answer = self.bus.call_method(
                    Some(name),
                    path,
                    Some("org.freedesktop.portal.Inhibit"),
                    "Inhibit",
                    &wanted,
                )?;
                Ok(Held::Request(answer.body().deserialize()?))
            }
        }
    }

    fn release(&self, held: &Held) {
        let done = match held {
            Held::Cookie(cookie) => {
                let (name, path) = ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver");
                self.bus.call_method(Some(name), path, Some(name), "UnInhibit", cookie)
            }
            Held::Request(path) => {
                let (name, interface) = ("org.freedesktop.portal.Desktop", "org.freedesktop.portal.Request");
                self.bus.call_method(Some(name), path, Some(interface), "Close", &())
            }
        };
        if let Err(error) = done {
            tracing::debug!("the screen saver is not let go: {error}");
        }
    }
}
