//! Which key does what: mpv's keys where mpv has them, and ours beside them. This table is the only place; help and README are made of it, and
//! `input.conf` goes over it.

use std::collections::HashMap;

use super::Command;

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys, named as mpv's input.conf names them.
    pub keys: &'static [&'static str],
    /// What they do, as input.conf says it.
    pub command: &'static str,
    /// The same in words, as the README says it.
    pub text: &'static str,
}

const fn bind(keys: &'static [&'static str], command: &'static str, text: &'static str) -> Binding {
    Binding { keys, command, text }
}

/// All keys and mouse buttons.
pub const BINDINGS: &[Binding] = &[
    bind(&["SPACE", "p", "PLAYPAUSE", "PLAY", "PAUSE", "MBTN_RIGHT"], "cycle pause", "pause, go on"),
    bind(&["RIGHT"], "seek 5", "seek forward 5 seconds"),
    bind(&["LEFT"], "seek -5", "seek back 5 seconds"),
    bind(&["UP", "FORWARD"], "seek 60", "seek forward a minute"),
    bind(&["DOWN", "REWIND"], "seek -60", "seek back a minute"),
    bind(&["Shift+RIGHT"], "seek 1 exact", "seek forward a second"),
    bind(&["Shift+LEFT"], "seek -1 exact", "seek back a second"),
    bind(&["Shift+UP"], "seek 5 exact", "seek forward 5 seconds, exactly whatever `--hr-seek` says"),
    bind(&["Shift+DOWN"], "seek -5 exact", "seek back 5 seconds, likewise"),
    bind(&["Shift+PGUP"], "seek 600", "seek forward 10 minutes"),
    bind(&["Shift+PGDWN"], "seek -600", "seek back 10 minutes"),
    bind(&["WHEEL_RIGHT"], "seek 10", "seek forward 10 seconds"),
    bind(&["WHEEL_LEFT"], "seek -10", "seek back 10 seconds"),
    bind(&["HOME"], "seek 0 absolute", "seek to the beginning"),
    bind(&["PGUP", "@"], "add chapter 1", "next chapter"),
    bind(&["PGDWN", "!"], "add chapter -1", "beginning of this chapter, or previous chapter"),
    bind(&["Shift+BS"], "revert-seek", "undo the last seek, or go to the place marked"),
    bind(&["Ctrl+Shift+BS"], "revert-seek mark", "mark this place for that"),
    bind(&["l"], "ab-loop", "set the beginning of an A-B loop, its end, clear it"),
    bind(&["L"], "cycle loop-file", "repeat this file, or no longer"),
    bind(&["."], "frame-step", "next frame"),
    bind(&[","], "frame-back-step", "previous frame"),
    bind(&[">", "ENTER", "NEXT", "MBTN_FORWARD"], "playlist-next", "next file"),
    bind(&["<", "PREV", "MBTN_BACK"], "playlist-prev", "previous file"),
    bind(&["0", "*", "VOLUME_UP", "WHEEL_UP"], "add volume 2", "louder"),
    bind(&["9", "/", "VOLUME_DOWN", "WHEEL_DOWN"], "add volume -2", "quieter"),
    bind(&["m", "MUTE"], "cycle mute", "mute, or no longer"),
    bind(&["n"], "cycle night", "night mode: what is loud quieter, what is quiet louder"),
    bind(&["_"], "cycle video", "next video track"),
    bind(&["SHARP"], "cycle audio", "next audio track, or none"),
    bind(&["j"], "cycle sub", "next subtitle track, or none"),
    bind(&["J"], "cycle sub down", "previous subtitle track, or none"),
    bind(&["v"], "cycle sub-visibility", "show or hide subtitles"),
    bind(&["Alt+v"], "cycle secondary-sub-visibility", "show or hide the second subtitles"),
    bind(&["u"], "cycle-values sub-ass-override force scale", "your style for scripts, or their own"),
    bind(&["Ctrl+RIGHT"], "no-osd sub-seek 1", "to the next subtitle"),
    bind(&["Ctrl+LEFT"], "no-osd sub-seek -1", "to the subtitle before"),
    bind(&["Ctrl+Shift+RIGHT"], "sub-step 1", "subtitles so much sooner that the next one begins now"),
    bind(&["Ctrl+Shift+LEFT"], "sub-step -1", "subtitles so much later that the one before begins now"),
    bind(&["z"], "add sub-delay -0.1", "subtitles 0.1 seconds sooner"),
    bind(&["Z", "x"], "add sub-delay 0.1", "subtitles 0.1 seconds later"),
    bind(&["r"], "add sub-pos -1", "subtitles higher"),
    bind(&["R", "t"], "add sub-pos 1", "subtitles lower"),
    bind(&["F"], "add sub-scale -0.1", "smaller subtitles"),
    bind(&["G"], "add sub-scale 0.1", "larger subtitles"),
    bind(&["Ctrl++"], "add audio-delay 0.1", "sound 0.1 seconds later"),
    bind(&["Ctrl+-"], "add audio-delay -0.1", "sound 0.1 seconds sooner"),
    bind(&["]"], "multiply speed 1.1", "a tenth faster"),
    bind(&["["], "multiply speed 1/1.1", "a tenth slower"),
    bind(&["}"], "multiply speed 2.0", "twice as fast"),
    bind(&["{"], "multiply speed 0.5", "half as fast"),
    bind(&["BS"], "set speed 1.0", "at the film's own speed"),
    bind(&["f", "F11", "MBTN_LEFT_DBL"], "cycle fullscreen", "full screen"),
    bind(&["ESC"], "set fullscreen no", "leave full screen"),
    bind(&["T"], "cycle ontop", "keep the window on top of others, or no longer"),
    bind(&["d"], "cycle deinterlace", "make interlaced pictures whole, or no longer"),
    bind(&["1"], "add contrast -1", "less contrast"),
    bind(&["2"], "add contrast 1", "more contrast"),
    bind(&["3"], "add brightness -1", "darker"),
    bind(&["4"], "add brightness 1", "brighter"),
    bind(&["5"], "add gamma -1", "the middle between black and white darker"),
    bind(&["6"], "add gamma 1", "the middle brighter"),
    bind(&["7"], "add saturation -1", "less colour"),
    bind(&["8"], "add saturation 1", "more colour"),
    bind(&["w"], "add panscan -0.1", "less of the black bars covered"),
    bind(&["W", "e"], "add panscan 0.1", "black bars covered by a larger picture"),
    bind(&["Alt+LEFT"], "add video-pan-x 0.1", "the picture to the right"),
    bind(&["Alt+RIGHT"], "add video-pan-x -0.1", "the picture to the left"),
    bind(&["Alt+UP"], "add video-pan-y 0.1", "the picture down"),
    bind(&["Alt+DOWN"], "add video-pan-y -0.1", "the picture up"),
    bind(&["Alt++"], "add video-zoom 0.1", "a larger picture"),
    bind(&["Alt+-"], "add video-zoom -0.1", "a smaller picture"),
    bind(
        &["Alt+BS"],
        "set video-zoom 0; set video-pan-x 0; set video-pan-y 0",
        "the picture as large, and where, it was",
    ),
    bind(
        &["A"],
        "cycle-values video-aspect-override 16:9 4:3 2.35:1 -1",
        "another aspect: 16:9, 4:3, 2.35:1, the film's own",
    ),
    bind(&["y"], "cycle layout", "next layout"),
    bind(&["Y"], "cycle layout down", "previous layout"),
    bind(&["H"], "add strength 0.1", "more depth"),
    bind(&["h"], "add strength -0.1", "less depth"),
    bind(&["C"], "add convergence 0.05", "everything farther away (nearer things on the screen)"),
    bind(&["c"], "add convergence -0.05", "everything nearer (farther things on the screen)"),
    bind(&["a"], "automatic-depth", "as much depth as each shot asks for"),
    bind(&["M"], "cycle meter", "show or hide the comfort meter"),
    bind(&["X"], "cycle swap-eyes", "swap the eyes"),
    bind(&["D"], "cycle 2d", "2D, 3D"),
    bind(
        &["i"],
        "script-binding stats/display-stats",
        "show statistics for 4 seconds: frames, passes of the network, ages and times",
    ),
    bind(&["I"], "script-binding stats/display-stats-toggle", "show or hide statistics"),
    bind(&["o", "P"], "show-progress", "tell the time over the picture, and how much of the film that is"),
    bind(&["O"], "no-osd cycle-values osd-level 3 1", "tell them always, or no longer"),
    bind(&["s"], "screenshot", "write both eyes' picture to a file"),
    bind(&["S"], "screenshot video", "the same without subtitles"),
    bind(&["Ctrl+s"], "screenshot window", "write what the window shows to a file"),
    bind(&["TAB"], "panel", "show or hide the panel"),
    bind(&["B"], "browse", "show or hide the browser: choose what to play"),
    bind(&["F8"], "show-text ${playlist} 4000", "show the list"),
    bind(&["F9"], "show-text ${track-list} 4000", "show the tracks"),
    bind(&["Q"], "quit-watch-later", "quit, and go on here the next time, whatever `--save-position-on-quit` says"),
    bind(&["q", "STOP", "Ctrl+w", "Ctrl+c"], "quit", "quit"),
];

/// What each key does now.
#[derive(Debug, Clone, PartialEq)]
pub struct Bindings(HashMap<String, Vec<Command>>);

impl Default for Bindings {
    /// Those of the table.
    fn default() -> Self {
        let bound = BINDINGS.iter().flat_map(|binding| binding.keys.iter().map(|key| (*key, binding.command)));
        // A test reads all of them.
        let read = |(key, command): (&str, &str)| Some((key.to_owned(), Command::parse_line(command).ok()?));
        Self(bound.filter_map(read).collect())
    }
}

impl Bindings {
    /// Without any.
    pub fn none() -> Self {
        Self(HashMap::new())
    }

    /// From now on this key does that.
    pub(super) fn bind(&mut self, key: String, commands: Vec<Command>) {
        self.0.insert(key, commands);
    }

    /// What the key or button of this name does, as [`name`](crate::sink::window::keys) has it.
    pub fn commands(&self, key: &str) -> &[Command] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_bound_once_to_what_is_understood() {
        let all: Vec<_> = BINDINGS.iter().flat_map(|binding| binding.keys).collect();
        let bindings = Bindings::default();
        for (index, key) in all.iter().enumerate() {
            assert!(!all[..index].contains(key), "{key} is bound twice");
            assert!(!bindings.commands(key).is_empty(), "{key}");
        }
        for binding in BINDINGS {
            assert!(Command::parse_line(binding.command).is_ok(), "{}", binding.command);
        }
    }
}
