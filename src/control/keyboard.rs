//! Keys as they are pressed, and what is bound to them and to sequences of them.

use std::collections::VecDeque;

use super::input_conf::LONGEST;
use super::{Bindings, Command};

/// What the viewer's keys do.
#[derive(Debug, Clone, Default)]
pub struct Keyboard {
    bindings: Bindings,
    /// The keys pressed last.
    pressed: VecDeque<String>,
}

impl Keyboard {
    /// With these bindings.
    pub fn new(bindings: Bindings) -> Self {
        Self { bindings, pressed: VecDeque::new() }
    }

    /// The key or button of this name, as [`keys`](crate::sink::window::keys) names it, was pressed, or has been held down long enough to count once
    /// more. Gives what it does: of a key and the sequences that end with it, the longest that is bound.
    pub fn press(&mut self, key: &str, repeated: bool) -> Vec<Command> {
        if !repeated {
            self.pressed.push_back(key.to_owned());
            if self.pressed.len() > LONGEST {
                self.pressed.pop_front();
            }
        }
        let sequences = (0..self.pressed.len())
            .map(|first| self.pressed.iter().skip(first).map(String::as_str).collect::<Vec<_>>().join("-"));
        let bound = sequences.map(|sequence| self.bindings.commands(&sequence)).find(|commands| !commands.is_empty());
        let commands = bound.unwrap_or_default().iter();
        commands.filter(|command| !repeated || command.repeats()).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_goes_before_its_keys_and_only_some_keys_repeat() {
        let mut bindings = Bindings::default();
        assert_eq!(bindings.read("g-a-b show-text sequence\nb cycle pause\na ignore"), []);
        let mut keyboard = Keyboard::new(bindings);
        let line = |line| Command::parse_line(line).unwrap();
        assert_eq!(keyboard.press("b", false), line("cycle pause"));
        assert_eq!(keyboard.press("b", true), [], "a pause is not repeated");
        assert_eq!(keyboard.press("g", false), []);
        assert_eq!(keyboard.press("a", false), line("ignore"));
        assert_eq!(keyboard.press("b", false), line("show-text sequence"));
        assert_eq!(keyboard.press("b", false), line("cycle pause"));
        assert_eq!(keyboard.press("RIGHT", false), line("seek 5"));
        assert_eq!(keyboard.press("RIGHT", true), line("seek 5"));
        assert_eq!(keyboard.press("NEXT", false), line("playlist-next"));
        assert_eq!(keyboard.press("NEXT", true), [], "nobody wants to run through a list by leaning on a key");
    }
}
