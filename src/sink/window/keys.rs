//! What keys, mouse buttons and the wheel are called, as in mpv's input.conf.

use winit::event::{KeyEvent, MouseButton};
use winit::keyboard::{Key, ModifiersState, NamedKey};

/// The most notches at once.
const MOST: f32 = 20.0;

/// mpv's name of a pressed key. Shift is named only where the key has no upper case of its own.
pub(super) fn name(event: &KeyEvent, modifiers: ModifiersState) -> Option<String> {
    name_of(&event.logical_key, modifiers)
}

fn name_of(key: &Key, modifiers: ModifiersState) -> Option<String> {
    let (name, has_case) = match key {
        Key::Character(text) if text == "#" => ("SHARP", true),
        Key::Character(text) if text != " " => (text.as_str(), true),
        Key::Character(_) => ("SPACE", false),
        Key::Named(named) => (named_key(*named)?, false),
        _ => return None,
    };
    let shift = modifiers.shift_key() && !has_case;
    let held = [modifiers.control_key(), modifiers.alt_key(), modifiers.super_key(), shift];
    let held = MODIFIERS.into_iter().zip(held).filter(|(_, held)| *held).map(|(prefix, _)| prefix);
    Some(held.chain([name]).collect())
}

/// mpv's names of keys that have one.
const NAMED: &[(NamedKey, &str)] = &[
    (NamedKey::Space, "SPACE"),
    (NamedKey::Enter, "ENTER"),
    (NamedKey::Backspace, "BS"),
    (NamedKey::Delete, "DEL"),
    (NamedKey::Insert, "INS"),
    (NamedKey::Tab, "TAB"),
    (NamedKey::Escape, "ESC"),
    (NamedKey::ArrowLeft, "LEFT"),
    (NamedKey::ArrowRight, "RIGHT"),
    (NamedKey::ArrowUp, "UP"),
    (NamedKey::ArrowDown, "DOWN"),
    (NamedKey::PageUp, "PGUP"),
    (NamedKey::PageDown, "PGDWN"),
    (NamedKey::Home, "HOME"),
    (NamedKey::End, "END"),
    (NamedKey::PrintScreen, "PRINT"),
    (NamedKey::ContextMenu, "MENU"),
    (NamedKey::F1, "F1"),
    (NamedKey::F2, "F2"),
    (NamedKey::F3, "F3"),
    (NamedKey::F4, "F4"),
    (NamedKey::F5, "F5"),
    (NamedKey::F6, "F6"),
    (NamedKey::F7, "F7"),
    (NamedKey::F8, "F8"),
    (NamedKey::F9, "F9"),
    (NamedKey::F10, "F10"),
    (NamedKey::F11, "F11"),
    (NamedKey::F12, "F12"),
    (NamedKey::MediaPlayPause, "PLAYPAUSE"),
    (NamedKey::MediaPlay, "PLAY"),
    (NamedKey::MediaPause, "PAUSE"),
    (NamedKey::MediaStop, "STOP"),
    (NamedKey::MediaFastForward, "FORWARD"),
    (NamedKey::MediaRewind, "REWIND"),
    (NamedKey::MediaTrackNext, "NEXT"),
    (NamedKey::MediaTrackPrevious, "PREV"),
    (NamedKey::AudioVolumeUp, "VOLUME_UP"),
    (NamedKey::AudioVolumeDown, "VOLUME_DOWN"),
    (NamedKey::AudioVolumeMute, "MUTE"),
];

/// Its names of buttons and the wheel.
const MOUSE: [&str; 9] = [
    "MBTN_LEFT_DBL",
    "MBTN_MID",
    "MBTN_RIGHT",
    "MBTN_BACK",
    "MBTN_FORWARD",
    "WHEEL_UP",
    "WHEEL_DOWN",
    "WHEEL_LEFT",
    "WHEEL_RIGHT",
];

/// Its older names of them.
const OLDER: [(&str, &str); 12] = [
    ("MOUSE_BTN0_DBL", "MBTN_LEFT_DBL"),
    ("MOUSE_BTN1", "MBTN_MID"),
    ("MOUSE_BTN2", "MBTN_RIGHT"),
    ("MOUSE_BTN3", "WHEEL_UP"),
    ("MOUSE_BTN4", "WHEEL_DOWN"),
    ("MOUSE_BTN5", "WHEEL_LEFT"),
    ("MOUSE_BTN6", "WHEEL_RIGHT"),
    ("MOUSE_BTN7", "MBTN_BACK"),
    ("MOUSE_BTN8", "MBTN_FORWARD"),
    ("AXIS_UP", "WHEEL_UP"),
    ("AXIS_DOWN", "WHEEL_DOWN"),
    ("SPACEBAR", "SPACE"),
];

const MODIFIERS: [&str; 4] = ["Ctrl+", "Alt+", "Meta+", "Shift+"];

/// A key's name as presses of it are told, however it is written; none where no keyboard or mouse here gives such a key.
pub fn canonical(written: &str) -> Option<String> {
    let mut held = [false; 4];
    let mut rest = written;
    while let Some((at, modifier)) = MODIFIERS.iter().enumerate().find(|(_, modifier)| {
        rest.len() > modifier.len()
            && rest.get(..modifier.len()).is_some_and(|start| start.eq_ignore_ascii_case(modifier))
    }) {
        held[at] = true;
        rest = &rest[modifier.len()..];
    }
    let mut letters = rest.chars();
    let key = match (letters.next()?, letters.next()) {
        (letter, None) if held[3] && letter.is_lowercase() => {
            held[3] = false;
            letter.to_uppercase().collect()
        }
        (letter, None) => letter.to_string(),
        _ => {
            let upper = rest.to_ascii_uppercase();
            let name = OLDER.iter().find(|(older, _)| *older == upper).map_or(upper.as_str(), |(_, name)| name);
            let named = NAMED.iter().map(|(_, name)| *name);
            let known = named.chain(MOUSE).chain(["SHARP"]).any(|known| known == name);
            known.then(|| name.to_owned())?
        }
    };
    let held = MODIFIERS.iter().zip(held).filter(|(_, held)| *held).map(|(modifier, _)| *modifier);
    Some(held.chain([key.as_str()]).collect())
}

fn named_key(key: NamedKey) -> Option<&'static str> {
    NAMED.iter().find(|(named, _)| *named == key).map(|(_, name)| *name)
}

/// mpv's name of a mouse button that does something by itself.
pub(super) fn button_name(button: MouseButton) -> Option<&'static str> {
    Some(match button {
        MouseButton::Middle => "MBTN_MID",
        MouseButton::Right => "MBTN_RIGHT",
        MouseButton::Back => "MBTN_BACK",
        MouseButton::Forward => "MBTN_FORWARD",
        _ => return None,
    })
}

/// A wheel's turning, of which whole notches count: what is left of one waits for the rest.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    rest: [f32; 2],
}

impl Wheel {
    /// mpv's names of the notches that it has turned by now, `across` to the right and `up`.
    pub(super) fn turn(&mut self, [across, up]: [f32; 2]) -> Vec<&'static str> {
        let names = [["WHEEL_RIGHT", "WHEEL_LEFT"], ["WHEEL_UP", "WHEEL_DOWN"]];
        let mut turned = Vec::new();
        for ((rest, by), [on, back]) in self.rest.iter_mut().zip([across, up]).zip(names) {
            // Whoever turns back does not want to go on first.
            *rest = if by.is_finite() && *rest * by >= 0.0 { *rest + by } else { by };
            *rest = if rest.is_finite() { rest.clamp(-MOST, MOST) } else { 0.0 };
            let name = if *rest > 0.0 { on } else { back };
            let notches = (rest.abs() + 1e-3).floor();
            *rest -= notches * rest.signum();
            turned.extend(std::iter::repeat_n(name, notches as usize));
        }
        turned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_counts_in_whole_notches() {
        let mut wheel = Wheel::default();
        assert_eq!(wheel.turn([0.0, 1.0]), ["WHEEL_UP"]);
        assert_eq!(wheel.turn([0.0, -2.0]), ["WHEEL_DOWN", "WHEEL_DOWN"]);
        // A touchpad's small steps add up, and turning back begins anew.
        let small: Vec<_> = (0..20).flat_map(|_| wheel.turn([0.15, 0.0])).collect();
        assert_eq!(small, ["WHEEL_RIGHT"; 3]);
        assert_eq!(wheel.turn([0.9, 0.0]), [""; 0]);
        assert_eq!(wheel.turn([-1.0, 0.0]), ["WHEEL_LEFT"]);
        assert_eq!(wheel.turn([f32::NAN, f32::INFINITY]), [""; 0]);
        assert_eq!(wheel.turn([0.0, 1.0]), ["WHEEL_UP"]);
    }

    #[test]
    fn keys_are_named_as_in_input_conf() {
        let name = |key, modifiers| name_of(&key, modifiers);
        let letter = |letter: &str| Key::Character(letter.into());
        let (none, shift, control) = (ModifiersState::empty(), ModifiersState::SHIFT, ModifiersState::CONTROL);
        assert_eq!(name(letter("l"), none).as_deref(), Some("l"));
        assert_eq!(name(letter("L"), shift).as_deref(), Some("L"), "a letter says by itself that shift is held");
        assert_eq!(name(letter("w"), control).as_deref(), Some("Ctrl+w"));
        assert_eq!(name(letter("+"), control | shift).as_deref(), Some("Ctrl++"));
        assert_eq!(name(letter(" "), ModifiersState::ALT).as_deref(), Some("Alt+SPACE"));
        assert_eq!(name(Key::Named(NamedKey::Backspace), control | shift).as_deref(), Some("Ctrl+Shift+BS"));
        assert_eq!(name(Key::Named(NamedKey::PageUp), shift).as_deref(), Some("Shift+PGUP"));
        assert_eq!(name(letter("#"), none).as_deref(), Some("SHARP"));
        assert_eq!(name(Key::Named(NamedKey::Shift), shift), None);
        for (_, named) in NAMED {
            assert_eq!(canonical(named).as_deref(), Some(*named));
        }
    }
}
