//! The program and its window, as the tests start, press and look at them.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::display::{Display, Screenshot};
use crate::{STATE, STILL_ROWS};

/// Starting takes long where the kernels are compiled for the CPU first.
pub(crate) const START: Duration = Duration::from_secs(180);
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The program, ended with the test.
pub(crate) struct Program(pub(crate) Child);

impl Program {
    pub(crate) fn start(display: Option<&Display>, arguments: &[&str]) -> Self {
        Self::start_with(display, arguments, Stdio::piped(), "")
    }

    /// The same with its stderr, and what is to be logged there besides warnings.
    pub(crate) fn start_with(display: Option<&Display>, arguments: &[&str], stderr: Stdio, log: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
        command.env("DEEP3D_CONFIG_DIR", env!("CARGO_TARGET_TMPDIR"));
        command.env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
        command.env("DEEP3D_STATE_DIR", STATE);
        if arguments.first() == Some(&"play") {
            let nothing_kept = ["--resume-playback=no", "--save-position-on-quit=no", "--keep-window=no"];
            command.arg("play").args(nothing_kept).args(&arguments[1..]);
        } else {
            command.args(arguments);
        }
        command.env("DEEP3D_VALIDATION", "1").stdout(Stdio::piped()).stderr(stderr);
        if !log.is_empty() {
            command.env("DEEP3D_LOG", format!("deep3d=warn,{log}"));
        }
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            command.env_remove(variable);
        }
        if let Some(display) = display {
            command.env("DISPLAY", display.name());
        }
        Self(command.spawn().unwrap())
    }

    /// Waits until the program has ended by itself; gives its status, stderr, and how long that took.
    pub(crate) fn end(mut self, patience: Duration) -> (ExitStatus, String, Duration) {
        let begin = Instant::now();
        while begin.elapsed() < patience {
            if let Some(status) = self.0.try_wait().unwrap() {
                let mut text = String::new();
                std::io::Read::read_to_string(&mut self.0.stderr.take().unwrap(), &mut text).unwrap();
                return (status, text, begin.elapsed());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the program did not end within {patience:?}");
    }

    /// Fails at once, with what the program has said, when it has ended too early.
    pub(crate) fn assert_alive(&mut self) {
        if let Some(status) = self.0.try_wait().unwrap() {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut self.0.stderr.take().unwrap(), &mut text).unwrap();
            panic!("the program has ended ({status}): {text}");
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A playing program and its window.
pub(crate) struct Playing<'a> {
    pub(crate) display: &'a Display,
    pub(crate) program: Program,
    pub(crate) window: String,
}

impl<'a> Playing<'a> {
    pub(crate) fn start(display: &'a Display, arguments: &[&str]) -> Self {
        Self::of(display, Program::start(Some(display), arguments))
    }

    pub(crate) fn of(display: &'a Display, mut program: Program) -> Self {
        let begin = Instant::now();
        loop {
            program.assert_alive();
            if let Some(window) = display.window(program.0.id()) {
                return Self { display, program, window };
            }
            assert!(begin.elapsed() < START, "no window came");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn wait<T>(
        &mut self,
        patience: Duration,
        what: &str,
        mut look: impl FnMut(&mut Self) -> Option<T>,
    ) -> T {
        let begin = Instant::now();
        loop {
            self.program.assert_alive();
            if let Some(found) = look(self) {
                return found;
            }
            assert!(begin.elapsed() < patience, "waited in vain for {what}; the title is {:?}", self.title());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    pub(crate) fn key(&self, key: &str) {
        self.display.xdotool(&["key", key]);
    }

    pub(crate) fn title(&self) -> String {
        self.display.xdotool(&["getwindowname", &self.window])
    }

    pub(crate) fn title_with(&mut self, part: &str) -> String {
        self.wait(SOON, part, |playing| Some(playing.title()).filter(|title| title.contains(part)))
    }

    pub(crate) fn size(&self) -> [u32; 2] {
        self.display.window_size(&self.window)
    }

    /// What the window shows.
    pub(crate) fn look(&self) -> Screenshot {
        let size = self.size();
        self.display.screenshot().part([0, 0], size)
    }

    /// What the window shows once it is another picture than `before`, and whole: X servers take a large picture in pieces.
    pub(crate) fn settled(&mut self, what: &str, before: &Screenshot) -> Screenshot {
        let mut last = self.look();
        self.wait(SOON, what, |playing| {
            let now = playing.look();
            let settled = now.difference(&last) == 0.0 && now.difference(before) > 0.0;
            last = now.clone();
            settled.then_some(now)
        })
    }

    /// The window's halves, of the rows that stand still, once `good` likes them.
    pub(crate) fn halves(
        &mut self,
        what: &str,
        good: impl Fn(&Screenshot, &Screenshot) -> bool,
    ) -> (Screenshot, Screenshot) {
        self.wait(SOON, what, |playing| {
            let whole = playing.look();
            let [width, _] = whole.size();
            let half = |x| whole.part([x, 0], [width / 2, STILL_ROWS]);
            let (left, right) = (half(0), half(width / 2));
            good(&left, &right).then_some((left, right))
        })
    }
}
