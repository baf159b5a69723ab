//! Which key does what: mpv's keys where mpv has them, and ours beside them. This table is the only place; help and README are made of it.

use winit::event::KeyEvent;
use winit::keyboard::{Key, ModifiersState, NamedKey};

use crate::sink::Action;

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys, named as mpv's input.conf names them.
    pub keys: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// The same in words, as the README says it.
    pub text: &'static str,
}

const fn bind(keys: &'static [&'static str], action: Action, text: &'static str) -> Binding {
    Binding { keys, action, text }
}

/// All keys and mouse buttons.
pub const BINDINGS: &[Binding] = &[
    bind(&["SPACE", "p", "PLAYPAUSE", "MBTN_RIGHT"], Action::Pause, "pause, go on"),
    bind(&["RIGHT"], Action::Seek(5), "5 seconds on"),
    bind(&["LEFT"], Action::Seek(-5), "5 seconds back"),
    bind(&["UP"], Action::Seek(60), "a minute on"),
    bind(&["DOWN"], Action::Seek(-60), "a minute back"),
    bind(&["Shift+RIGHT"], Action::Seek(1), "a second on"),
    bind(&["Shift+LEFT"], Action::Seek(-1), "a second back"),
    bind(&["HOME"], Action::SeekStart, "to the beginning"),
    bind(&["."], Action::Step, "one picture on"),
    bind(&[","], Action::StepBack, "one picture back"),
    bind(&[">"], Action::File(1), "next file"),
    bind(&["<"], Action::File(-1), "file before"),
    bind(&["f", "F11", "MBTN_LEFT_DBL"], Action::FullScreen, "full screen"),
    bind(&["ESC"], Action::LeaveFullScreen, "leave full screen"),
    bind(&["l"], Action::Layout(1), "next layout"),
    bind(&["L"], Action::Layout(-1), "layout before"),
    bind(&["T"], Action::Strength(1), "more depth"),
    bind(&["t"], Action::Strength(-1), "less depth"),
    bind(&["G"], Action::Convergence(1), "everything farther away (nearer things on the screen)"),
    bind(&["g"], Action::Convergence(-1), "everything nearer (farther things on the screen)"),
    bind(&["a"], Action::AutomaticDepth, "as much depth as each shot asks for"),
    bind(&["i"], Action::Meter, "the comfort meter appears or goes"),
    bind(&["I"], Action::Statistics, "statistics appear or go: pictures, passes of the network, ages and times"),
    bind(&["x"], Action::SwapEyes, "swap the eyes"),
    bind(&["d"], Action::Flat, "2D, 3D"),
    bind(&["TAB"], Action::Panel, "the panel appears or goes"),
    bind(&["q"], Action::Quit, "quit"),
];

/// What the key or button of this name does.
pub fn action(name: &str) -> Option<Action> {
    BINDINGS.iter().find(|binding| binding.keys.contains(&name)).map(|binding| binding.action)
}

/// Whether holding the key down repeats the action.
pub(super) fn repeats(action: Action) -> bool {
    matches!(action, Action::Seek(_) | Action::Step | Action::StepBack | Action::Strength(_) | Action::Convergence(_))
}

/// mpv's name of a pressed key. Shift is named only where the key has no upper case of its own; with Ctrl, Alt or Super nothing is bound.
pub(super) fn name(event: &KeyEvent, modifiers: ModifiersState) -> Option<String> {
    if modifiers.intersects(ModifiersState::CONTROL | ModifiersState::ALT | ModifiersState::SUPER) {
        return None;
    }
    let named = match &event.logical_key {
        Key::Character(text) if text == " " => "SPACE",
        Key::Character(text) => return Some(text.to_string()),
        Key::Named(named) => match named {
            NamedKey::Space => "SPACE",
            NamedKey::ArrowLeft => "LEFT",
            NamedKey::ArrowRight => "RIGHT",
            NamedKey::ArrowUp => "UP",
            NamedKey::ArrowDown => "DOWN",
            NamedKey::Home => "HOME",
            NamedKey::Escape => "ESC",
            NamedKey::F11 => "F11",
            NamedKey::Tab => "TAB",
            NamedKey::MediaPlayPause | NamedKey::MediaPlay | NamedKey::MediaPause => "PLAYPAUSE",
            _ => return None,
        },
        _ => return None,
    };
    Some(if modifiers.shift_key() { format!("Shift+{named}") } else { named.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_bound_twice() {
        let all: Vec<_> = BINDINGS.iter().flat_map(|binding| binding.keys).collect();
        for (index, key) in all.iter().enumerate() {
            assert!(!all[..index].contains(key), "{key} is bound twice");
            assert!(action(key).is_some());
        }
        assert_eq!(action("SPACE"), Some(Action::Pause));
        assert_eq!((action("l"), action("L")), (Some(Action::Layout(1)), Some(Action::Layout(-1))));
    }
}
