//! The table: what is done to both programs, what is looked at, and whether they do the same.

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Keys,
    Mouse,
    Options,
    Files,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Done {
    /// Keys and clicks (as [`Player::act`](crate::player::Player::act) has them), while a film stands at 27 s.
    Steps(&'static [&'static str]),
    /// A start with these arguments.
    Started(&'static [&'static str]),
    /// A start with these arguments, and then what is done.
    StartedThen(&'static [&'static str], &'static [&'static str]),
    /// A start with these arguments that ends by itself.
    Ended(&'static [&'static str]),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    Same,
    /// On purpose, and why.
    Different(&'static str),
    /// It is not there yet.
    Missing,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) section: Section,
    /// Keys, options, files as a reader writes them.
    pub(crate) how: &'static str,
    pub(crate) what: &'static str,
    pub(crate) done: Done,
    /// Properties of mpv's, and `picture` (it is another), `window-size`, `window-title`, `ended`.
    pub(crate) looked: &'static [&'static str],
    pub(crate) verdict: Verdict,
}

impl Row {
    pub(crate) fn text(&self) -> String {
        format!("{} {}", self.how, self.what)
    }

    const fn missing(mut self) -> Self {
        self.verdict = Verdict::Missing;
        self
    }

    const fn but(mut self, why: &'static str) -> Self {
        self.verdict = Verdict::Different(why);
        self
    }
}

const fn key(
    how: &'static str,
    what: &'static str,
    steps: &'static [&'static str],
    looked: &'static [&'static str],
) -> Row {
    Row { section: Section::Keys, how, what, done: Done::Steps(steps), looked, verdict: Verdict::Same }
}

const fn mouse(
    how: &'static str,
    what: &'static str,
    steps: &'static [&'static str],
    looked: &'static [&'static str],
) -> Row {
    Row { section: Section::Mouse, how, what, done: Done::Steps(steps), looked, verdict: Verdict::Same }
}

const fn option(
    how: &'static str,
    what: &'static str,
    given: &'static [&'static str],
    looked: &'static [&'static str],
) -> Row {
    Row { section: Section::Options, how, what, done: Done::Started(given), looked, verdict: Verdict::Same }
}

const fn file(
    how: &'static str,
    what: &'static str,
    given: &'static [&'static str],
    looked: &'static [&'static str],
) -> Row {
    Row { section: Section::Files, how, what, done: Done::Started(given), looked, verdict: Verdict::Same }
}

const fn ended(section: Section, how: &'static str, what: &'static str, given: &'static [&'static str]) -> Row {
    Row { section, how, what, done: Done::Ended(given), looked: &[], verdict: Verdict::Same }
}

const CODES: &str = "it ends with 1 where anything failed, as all of this program's commands do; 2 is wrong usage";

pub(crate) const ROWS: &[Row] = &[
    key("SPACE", "pause, play", &["space"], &["pause"]),
    key("p", "pause, play", &["p"], &["pause"]),
    key("→", "seek forward 5 seconds", &["Right"], &["time-pos"]),
    key("←", "seek back 5 seconds", &["Left"], &["time-pos"]),
    key("↑", "seek forward a minute", &["Down", "wait 800", "Up"], &["time-pos"]),
    key("↓", "seek back a minute", &["Down"], &["time-pos"]),
    key("Shift+→", "seek forward a second", &["shift+Right"], &["time-pos"]),
    key("Shift+←", "seek back a second", &["shift+Left"], &["time-pos"]),
    key("Shift+↑", "seek forward 5 seconds", &["shift+Up"], &["time-pos"]),
    key("Shift+↓", "seek back 5 seconds", &["shift+Down"], &["time-pos"]),
    key("Shift+PgDn", "seek back 10 minutes", &["shift+Next"], &["time-pos"]),
    key("PgUp", "next chapter", &["Prior"], &["time-pos", "chapter"]),
    key("PgDn", "beginning of the chapter", &["Next"], &["time-pos"]),
    key("PgDn twice", "previous chapter", &["Next", "wait 500", "Next"], &["time-pos", "chapter"]),
    key("Shift+BS", "undo a seek", &["Right", "wait 2500", "Right", "wait 500", "shift+BackSpace"], &["time-pos"]),
    key("Ctrl+→", "seek to the next subtitle", &["ctrl+Right"], &["time-pos"]),
    key("Ctrl+←", "seek to the previous subtitle", &["ctrl+Left"], &["time-pos"])
        .but("the one before that which is seen; mpv 0.35 goes back two from here"),
    key("Ctrl+Shift+→", "show the next subtitle now", &["ctrl+shift+Right"], &["sub-delay"]),
    key("]", "a tenth faster", &["bracketright"], &["speed"]),
    key("[", "a tenth slower", &["bracketleft"], &["speed"]),
    key("}", "twice as fast", &["braceright"], &["speed"]),
    key("{", "half as fast", &["braceleft"], &["speed"]),
    key("} BS", "normal speed again", &["braceright", "wait 300", "BackSpace", "bracketright"], &["speed"]),
    key(".", "next frame, and pause", &["space", "wait 300", "period", "m"], &["pause", "mute"]),
    key(". while paused", "next frame", &["period"], &["time-pos"]),
    key(",", "previous frame", &["comma"], &["time-pos"]),
    key("l", "beginning of an A-B loop", &["l"], &["ab-loop-a"]),
    key("L", "repeat the file", &["shift+l"], &["loop-file"]),
    key(">", "next file", &["greater"], &["playlist-pos", "filename"]),
    key("ENTER", "next file", &["Return"], &["playlist-pos", "filename"]),
    key(
        "> <",
        "previous file",
        &["greater", "wait 1500", "greater", "wait 1500", "less"],
        &["playlist-pos", "filename"],
    ),
    key("0", "louder", &["0"], &["volume"]),
    key("9", "quieter", &["9"], &["volume"]),
    key("*", "louder", &["asterisk"], &["volume"]),
    key("/", "quieter", &["slash"], &["volume"]),
    key("m", "mute", &["m"], &["mute"]),
    key("#", "next audio track", &["numbersign"], &["aid"]),
    key("j", "next subtitle track", &["j"], &["sid"]),
    key("J", "previous subtitle track", &["shift+j"], &["sid"]),
    key("_", "next video track, or none", &["underscore"], &["vid"]).but(
        "a film with one video track keeps it: 3D without a picture is nothing, and `--vid no` is there for sound",
    ),
    key("v", "hide subtitles", &["v"], &["sub-visibility"]),
    key("Alt+v", "hide the second subtitles", &["alt+v"], &["secondary-sub-visibility"]),
    key("u", "your style for scripts", &["u"], &["sub-ass-override"]),
    key("z", "subtitles sooner", &["z"], &["sub-delay"]),
    key("Z", "subtitles later", &["shift+z"], &["sub-delay"]),
    key("x", "subtitles later", &["x"], &["sub-delay"]),
    key("r", "subtitles higher", &["r"], &["sub-pos"]),
    key("r r R", "subtitles lower", &["r", "r", "wait 200", "shift+r"], &["sub-pos"]),
    key("F", "smaller subtitles", &["shift+f"], &["sub-scale"]),
    key("G", "larger subtitles", &["shift+g"], &["sub-scale"]),
    key("Ctrl++", "sound later", &["ctrl+plus"], &["audio-delay"]),
    key("Ctrl+-", "sound sooner", &["ctrl+minus"], &["audio-delay"]),
    key("f", "full screen", &["f"], &["fullscreen", "window-size"]),
    key("f Esc", "leave full screen", &["f", "wait 800", "Escape", "wait 500", "m"], &["fullscreen", "mute"]),
    key("T", "keep the window above others", &["shift+t"], &["ontop"]),
    key("d", "deinterlace", &["d"], &["deinterlace"]),
    key("1", "less contrast", &["1"], &["contrast"]),
    key("2", "more contrast", &["2"], &["contrast"]),
    key("3", "darker", &["3"], &["brightness"]),
    key("4", "brighter", &["4"], &["brightness"]),
    key("5", "less gamma", &["5"], &["gamma"]),
    key("6", "more gamma", &["6"], &["gamma"]),
    key("7", "less saturation", &["7"], &["saturation"]),
    key("8", "more saturation", &["8"], &["saturation"]),
    key("w", "less pan and scan", &["shift+w", "shift+w", "wait 200", "w"], &["panscan"]),
    key("W", "more pan and scan", &["shift+w"], &["panscan"]),
    key("Alt++", "zoom in", &["alt+plus"], &["video-zoom"]),
    key("Alt+-", "zoom out", &["alt+minus"], &["video-zoom"]),
    key("Alt+←", "move the picture", &["alt+Left"], &["video-pan-x"]),
    key("Alt+↑", "move the picture", &["alt+Up"], &["video-pan-y"]),
    key(
        "Alt+BS",
        "zoom and place as they were",
        &["alt+plus", "alt+Left", "wait 200", "alt+BackSpace", "1"],
        &["video-zoom", "video-pan-x", "contrast"],
    ),
    key("A", "another aspect", &["shift+a"], &["video-aspect-override"]),
    key("Alt+0", "half the size", &["alt+0"], &["window-size"]).missing(),
    key("Alt+2", "twice the size", &["alt+2"], &["window-size"]).missing(),
    key("i", "statistics for a while", &["i"], &["picture"]),
    key("I", "statistics", &["shift+i"], &["picture"]),
    key("o", "the time over the picture", &["o"], &["picture"]),
    key("P", "the time over the picture", &["shift+p"], &["picture"]),
    key("O", "always tell the time", &["shift+o"], &["osd-level"]),
    key("F8", "tell the list", &["F8"], &["picture"]),
    key("F9", "tell the tracks", &["F9"], &["picture"]),
    key("q", "quit", &["q"], &["ended"]),
    key("Q", "quit, and go on here next time", &["shift+q"], &["ended"]),
    mouse("right click", "pause, play", &["click 3"], &["pause"]),
    mouse("double click", "full screen", &["double 1"], &["fullscreen", "window-size"]),
    mouse("wheel up", "seek forward 10 seconds", &["click 4"], &["volume", "time-pos"])
        .but("louder, as newer mpv and VLC have it"),
    mouse("wheel to the right", "louder", &["click 7"], &["volume", "time-pos"])
        .but("seek forward 10 seconds, as newer mpv has it"),
    mouse("forward button", "next file", &["click 9"], &["playlist-pos"]),
    mouse("a move", "the controls come", &["move"], &["picture"]),
    option("--start=10", "begin there", &["--start=10", "film.mkv"], &["time-pos"]),
    option("--start=-10", "begin so long before the end", &["--start=-10", "film.mkv"], &["time-pos"]),
    option("--start=50%", "begin there", &["--start=50%", "film.mkv"], &["time-pos"]),
    option("--start=#2", "begin at a chapter", &["--start=#2", "film.mkv"], &["time-pos", "chapter"]),
    option("--pause", "begin paused", &["--pause", "film.mkv"], &["pause"]),
    option("--volume=30", "how loud", &["--volume=30", "film.mkv"], &["volume"]),
    option("--volume-max=200", "how loud at most", &["--volume-max=200", "film.mkv"], &["volume-max"]),
    option("--mute=yes", "mute", &["--mute=yes", "film.mkv"], &["mute"]),
    option("--no-audio", "no sound", &["--no-audio", "film.mkv"], &["aid"]),
    option("--aid=2", "which audio track", &["--aid=2", "film.mkv"], &["aid"]),
    option("--alang=fra", "which language", &["--alang=fra", "film.mkv"], &["aid"]),
    option("--no-video", "sound alone", &["--no-video", "film.mkv"], &["vid"]),
    option("--sid=no", "no subtitles", &["--sid=no", "film.mkv"], &["sid"]),
    option("--sid=2", "which subtitles", &["--sid=2", "film.mkv"], &["sid"]),
    option("--no-sub", "no subtitles", &["--no-sub", "film.mkv"], &["sid"]),
    option("--slang=fra", "which language", &["--slang=fra", "film.mkv"], &["sid"]),
    option("--secondary-sid=2", "second subtitles", &["--secondary-sid=2", "film.mkv"], &["secondary-sid"]),
    option("--sub-file=cues.srt", "subtitles from a file", &["--sub-file=cues.srt", "second.mkv"], &["sid"]),
    option("--audio-file=sound.ogg", "sound from a file", &["--audio-file=sound.ogg", "film.mkv"], &["aid"]),
    option("--sub-delay=1.5", "subtitles later", &["--sub-delay=1.5", "film.mkv"], &["sub-delay"]),
    option("--sub-scale=2", "larger subtitles", &["--sub-scale=2", "film.mkv"], &["sub-scale"]),
    option("--sub-pos=50", "where subtitles stand", &["--sub-pos=50", "film.mkv"], &["sub-pos"]),
    option("--sub-visibility=no", "hidden subtitles", &["--sub-visibility=no", "film.mkv"], &["sub-visibility"]),
    option("--audio-delay=0.5", "sound later", &["--audio-delay=0.5", "film.mkv"], &["audio-delay"]),
    option("--speed=2", "how fast", &["--speed=2", "film.mkv"], &["speed"]),
    option("--fs", "full screen", &["--fs", "film.mkv"], &["fullscreen", "window-size"]),
    option("--ontop", "above other windows", &["--ontop", "film.mkv"], &["ontop"]),
    option("--loop-file=inf", "repeat the file", &["--loop-file=inf", "film.mkv"], &["loop-file"]),
    option("--loop-file=3", "repeat the file so often", &["--loop-file=3", "film.mkv"], &["loop-file"]),
    option("--loop-playlist", "repeat the list", &["--loop-playlist", "film.mkv"], &["loop-playlist"]),
    option("--loop", "repeat the file", &["--loop", "film.mkv"], &["loop-file"])
        .but("the whole list, as `--loop-playlist`; a list of one file is the same"),
    option(
        "--ab-loop-a=5 --ab-loop-b=9",
        "an A-B loop",
        &["--ab-loop-a=5", "--ab-loop-b=9", "film.mkv"],
        &["ab-loop-a", "ab-loop-b"],
    ),
    option(
        "--playlist-start=1",
        "which file first",
        &["--playlist-start=1", "film.mkv", "second.mkv"],
        &["playlist-pos", "filename"],
    ),
    option("--osd-level=3", "what is told over the picture", &["--osd-level=3", "film.mkv"], &["osd-level", "picture"]),
    option("--no-osd-bar", "no bar", &["--no-osd-bar", "film.mkv"], &["osd-bar"]),
    option("--brightness=20", "brighter", &["--brightness=20", "film.mkv"], &["brightness"]),
    option("--saturation=-50", "paler", &["--saturation=-50", "film.mkv"], &["saturation"]),
    option("--video-zoom=1", "zoom", &["--video-zoom=1", "film.mkv"], &["video-zoom"]),
    option("--video-rotate=90", "turned", &["--video-rotate=90", "film.mkv"], &["window-size"]),
    option(
        "--video-aspect-override=1:1",
        "another aspect",
        &["--video-aspect-override=1:1", "film.mkv"],
        &["window-size"],
    ),
    option("--title=Hello", "the window's title", &["--title=Hello", "film.mkv"], &["window-title"]),
    option("--geometry=400x300", "the window's size", &["--geometry=400x300", "film.mkv"], &["window-size"]),
    option("--autofit=50%", "the window's largest size", &["--autofit=50%", "film.mkv"], &["window-size"]),
    option("--deinterlace=yes", "deinterlace", &["--deinterlace=yes", "film.mkv"], &["deinterlace"]),
    option(
        "--force-media-title=Hello",
        "what the film is called",
        &["--force-media-title=Hello", "film.mkv"],
        &["media-title"],
    ),
    option(
        "--end=0.5 --keep-open",
        "stand at the end",
        &["--start=59", "--keep-open", "--speed=4", "--no-pause", "film.mkv"],
        &["eof-reached", "playlist-pos"],
    ),
    option("--idle", "wait for a file", &["--idle", "--no-video"], &["idle-active"]),
    Row {
        section: Section::Options,
        how: "--input-conf=keys.conf",
        what: "keys from a file, of which one line is nonsense",
        done: Done::StartedThen(&["--input-conf=keys.conf", "film.mkv"], &["F5", "F6"]),
        looked: &["volume", "mute"],
        verdict: Verdict::Same,
    },
    ended(Section::Options, "--version", "which program this is", &["--version"]),
    ended(Section::Options, "--audio-device=help", "which sound devices there are", &["--audio-device=help"]),
    ended(Section::Options, "--list-options", "all options", &["--list-options"]),
    ended(Section::Options, "--length=0.4", "play so much", &["--no-pause", "--length=0.4", "film.mkv"]),
    ended(Section::Options, "--end=0.4", "play until then", &["--no-pause", "--end=0.4", "film.mkv"]),
    ended(Section::Options, "--nonsense", "an option there is not", &["--nonsense", "film.mkv"])
        .but("it ends with 2, as most programs do for wrong usage"),
    file(
        "film.mkv",
        "a film: how long, how large",
        &["film.mkv"],
        &["duration", "width", "height", "chapters", "filename", "path"],
    ),
    file("film.mkv second.mkv", "several", &["film.mkv", "second.mkv"], &["playlist-count", "playlist-pos"]),
    file("series/", "a folder, in the order of numbers", &["series"], &["playlist-count", "filename"]),
    file("list.m3u", "a list", &["list.m3u"], &["playlist-count", "filename", "media-title"]),
    file("list.pls", "a list", &["list.pls"], &["playlist-count", "filename"]),
    file("--playlist=list.txt", "a list of names", &["--playlist=list.txt"], &["playlist-count", "filename"]),
    file("beside/named.mkv", "subtitles of the same name", &["beside/named.mkv"], &["sid"]),
    file("sound.ogg", "sound alone", &["sound.ogg"], &["aid", "duration"]),
    file("wide.mkv", "pixels that are no squares", &["wide.mkv"], &["width", "dwidth", "window-size"]),
    file("photo.png", "a picture", &["photo.png"], &["width", "height"]),
    ended(Section::Files, "gone.mkv", "a file there is not", &["gone.mkv"]).but(CODES),
    ended(Section::Files, "nofilm.mkv", "a file that is no film", &["nofilm.mkv"]).but(CODES),
    ended(
        Section::Files,
        "nofilm.mkv film.mkv",
        "one of two is no film",
        &["--no-pause", "--length=0.4", "nofilm.mkv", "second.mkv"],
    )
    .but(CODES),
];
