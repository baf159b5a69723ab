//! Which key does what: mpv's keys where mpv has them, and ours beside them. This table is the only place; help and README are made of it.

use winit::event::{KeyEvent, MouseButton};
use winit::keyboard::{Key, ModifiersState, NamedKey};

use crate::media::TrackKind;
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

/// The most notches at once.
const MOST: f32 = 20.0;

/// All keys and mouse buttons.
pub const BINDINGS: &[Binding] = &[
    bind(&["SPACE", "p", "PLAYPAUSE", "PLAY", "PAUSE", "MBTN_RIGHT"], Action::Pause, "pause, go on"),
    bind(&["RIGHT"], Action::Seek(5), "seek forward 5 seconds"),
    bind(&["LEFT"], Action::Seek(-5), "seek back 5 seconds"),
    bind(&["UP", "FORWARD"], Action::Seek(60), "seek forward a minute"),
    bind(&["DOWN", "REWIND"], Action::Seek(-60), "seek back a minute"),
    bind(&["Shift+RIGHT"], Action::SeekExact(1), "seek forward a second"),
    bind(&["Shift+LEFT"], Action::SeekExact(-1), "seek back a second"),
    bind(&["Shift+UP"], Action::SeekExact(5), "seek forward 5 seconds, exactly whatever `--hr-seek` says"),
    bind(&["Shift+DOWN"], Action::SeekExact(-5), "seek back 5 seconds, likewise"),
    bind(&["Shift+PGUP"], Action::Seek(600), "seek forward 10 minutes"),
    bind(&["Shift+PGDWN"], Action::Seek(-600), "seek back 10 minutes"),
    bind(&["WHEEL_RIGHT"], Action::Seek(10), "seek forward 10 seconds"),
    bind(&["WHEEL_LEFT"], Action::Seek(-10), "seek back 10 seconds"),
    bind(&["HOME"], Action::SeekStart, "seek to the beginning"),
    bind(&["PGUP", "@"], Action::Chapter(1), "next chapter"),
    bind(&["PGDWN", "!"], Action::Chapter(-1), "beginning of this chapter, or previous chapter"),
    bind(&["Shift+BS"], Action::UndoSeek, "undo the last seek, or go to the place marked"),
    bind(&["Ctrl+Shift+BS"], Action::MarkSeek, "mark this place for that"),
    bind(&["l"], Action::AbLoop, "set the beginning of an A-B loop, its end, clear it"),
    bind(&["L"], Action::LoopFile, "repeat this file, or no longer"),
    bind(&["."], Action::Step, "next frame"),
    bind(&[","], Action::StepBack, "previous frame"),
    bind(&[">", "ENTER", "NEXT", "MBTN_FORWARD"], Action::File(1), "next file"),
    bind(&["<", "PREV", "MBTN_BACK"], Action::File(-1), "previous file"),
    bind(&["0", "*", "VOLUME_UP", "WHEEL_UP"], Action::Volume(2), "louder"),
    bind(&["9", "/", "VOLUME_DOWN", "WHEEL_DOWN"], Action::Volume(-2), "quieter"),
    bind(&["m", "MUTE"], Action::Mute, "mute, or no longer"),
    bind(&["n"], Action::Night, "night mode: what is loud quieter, what is quiet louder"),
    bind(&["_"], Action::CycleTrack(TrackKind::Video, 1), "next video track"),
    bind(&["SHARP"], Action::CycleTrack(TrackKind::Audio, 1), "next audio track, or none"),
    bind(&["j"], Action::CycleTrack(TrackKind::Subtitle, 1), "next subtitle track, or none"),
    bind(&["J"], Action::CycleTrack(TrackKind::Subtitle, -1), "previous subtitle track, or none"),
    bind(&["v"], Action::SubVisibility, "show or hide subtitles"),
    bind(&["z"], Action::SubDelay(-100), "subtitles 0.1 seconds sooner"),
    bind(&["Z", "x"], Action::SubDelay(100), "subtitles 0.1 seconds later"),
    bind(&["r"], Action::SubPosition(-1), "subtitles higher"),
    bind(&["R", "t"], Action::SubPosition(1), "subtitles lower"),
    bind(&["F"], Action::SubScale(-1), "smaller subtitles"),
    bind(&["G"], Action::SubScale(1), "larger subtitles"),
    bind(&["Ctrl++"], Action::AudioDelay(100), "sound 0.1 seconds later"),
    bind(&["Ctrl+-"], Action::AudioDelay(-100), "sound 0.1 seconds sooner"),
    bind(&["]"], Action::Speed(1.1), "a tenth faster"),
    bind(&["["], Action::Speed(1.0 / 1.1), "a tenth slower"),
    bind(&["}"], Action::Speed(2.0), "twice as fast"),
    bind(&["{"], Action::Speed(0.5), "half as fast"),
    bind(&["BS"], Action::NormalSpeed, "at the film's own speed"),
    bind(&["f", "F11", "MBTN_LEFT_DBL"], Action::FullScreen, "full screen"),
    bind(&["ESC"], Action::LeaveFullScreen, "leave full screen"),
    bind(&["T"], Action::OnTop, "keep the window on top of others, or no longer"),
    bind(&["d"], Action::Deinterlace, "make interlaced pictures whole, or no longer"),
    bind(&["y"], Action::Layout(1), "next layout"),
    bind(&["Y"], Action::Layout(-1), "previous layout"),
    bind(&["H"], Action::Strength(1), "more depth"),
    bind(&["h"], Action::Strength(-1), "less depth"),
    bind(&["C"], Action::Convergence(1), "everything farther away (nearer things on the screen)"),
    bind(&["c"], Action::Convergence(-1), "everything nearer (farther things on the screen)"),
    bind(&["a"], Action::AutomaticDepth, "as much depth as each shot asks for"),
    bind(&["M"], Action::Meter, "show or hide the comfort meter"),
    bind(&["X"], Action::SwapEyes, "swap the eyes"),
    bind(&["D"], Action::Flat, "2D, 3D"),
    bind(
        &["i"],
        Action::ShowStatistics,
        "show statistics for 4 seconds: frames, passes of the network, ages and times",
    ),
    bind(&["I"], Action::Statistics, "show or hide statistics"),
    bind(&["o", "P"], Action::ShowProgress, "show the panel for a while"),
    bind(&["TAB"], Action::Panel, "show or hide the panel"),
    bind(&["q", "Q", "STOP", "Ctrl+w", "Ctrl+c"], Action::Quit, "quit"),
];

/// What the key or button of this name does.
pub fn action(name: &str) -> Option<Action> {
    BINDINGS.iter().find(|binding| binding.keys.contains(&name)).map(|binding| binding.action)
}

/// Whether holding the key down repeats the action.
pub(super) fn repeats(action: Action) -> bool {
    matches!(
        action,
        Action::Seek(_)
            | Action::SeekExact(_)
            | Action::Step
            | Action::StepBack
            | Action::Volume(_)
            | Action::Speed(_)
            | Action::AudioDelay(_)
            | Action::SubDelay(_)
            | Action::SubPosition(_)
            | Action::SubScale(_)
            | Action::Strength(_)
            | Action::Convergence(_)
    )
}

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
    let held = [
        (modifiers.control_key(), "Ctrl+"),
        (modifiers.alt_key(), "Alt+"),
        (modifiers.super_key(), "Meta+"),
        (shift, "Shift+"),
    ];
    Some(held.into_iter().filter(|(held, _)| *held).map(|(_, prefix)| prefix).chain([name]).collect())
}

/// mpv's name of a key that has one.
fn named_key(key: NamedKey) -> Option<&'static str> {
    Some(match key {
        NamedKey::Space => "SPACE",
        NamedKey::Enter => "ENTER",
        NamedKey::Backspace => "BS",
        NamedKey::ArrowLeft => "LEFT",
        NamedKey::ArrowRight => "RIGHT",
        NamedKey::ArrowUp => "UP",
        NamedKey::ArrowDown => "DOWN",
        NamedKey::PageUp => "PGUP",
        NamedKey::PageDown => "PGDWN",
        NamedKey::Home => "HOME",
        NamedKey::Escape => "ESC",
        NamedKey::F11 => "F11",
        NamedKey::Tab => "TAB",
        NamedKey::MediaPlayPause => "PLAYPAUSE",
        NamedKey::MediaPlay => "PLAY",
        NamedKey::MediaPause => "PAUSE",
        NamedKey::MediaStop => "STOP",
        NamedKey::MediaFastForward => "FORWARD",
        NamedKey::MediaRewind => "REWIND",
        NamedKey::AudioVolumeUp => "VOLUME_UP",
        NamedKey::AudioVolumeDown => "VOLUME_DOWN",
        NamedKey::AudioVolumeMute => "MUTE",
        NamedKey::MediaTrackNext => "NEXT",
        NamedKey::MediaTrackPrevious => "PREV",
        _ => return None,
    })
}

/// mpv's name of a mouse button that does something by itself.
pub(super) fn button_name(button: MouseButton) -> Option<&'static str> {
    Some(match button {
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
    fn no_key_is_bound_twice() {
        let all: Vec<_> = BINDINGS.iter().flat_map(|binding| binding.keys).collect();
        for (index, key) in all.iter().enumerate() {
            assert!(!all[..index].contains(key), "{key} is bound twice");
            assert!(action(key).is_some());
        }
        assert_eq!(action("SPACE"), Some(Action::Pause));
        assert_eq!((action("y"), action("Y")), (Some(Action::Layout(1)), Some(Action::Layout(-1))));
    }

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
        assert!(["WHEEL_UP", "WHEEL_DOWN", "WHEEL_LEFT", "WHEEL_RIGHT"].into_iter().all(|name| action(name).is_some()));
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
    }
}
