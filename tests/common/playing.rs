//! The program with a window that shows a grey film of 640 × 360, both eyes side by side.
#![allow(dead_code)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::display::Display;

const START: Duration = Duration::from_secs(180);
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// The program with its window; ended with the test.
pub(crate) struct Playing<'a> {
    pub(crate) display: &'a Display,
    program: Child,
    window: String,
}

impl<'a> Playing<'a> {
    /// Plays with these arguments, until a bright picture is there.
    pub(crate) fn start(display: &'a Display, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
        command.env("DEEP3D_CONFIG_DIR", env!("CARGO_TARGET_TMPDIR"));
        command
            .args([
                "play",
                "--quality",
                "full",
                "--resume-playback=no",
                "--save-position-on-quit=no",
                "--keep-window=no",
            ])
            .args(arguments);
        command.env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR")).env("DEEP3D_VALIDATION", "1");
        command.env_remove("WAYLAND_DISPLAY").env("DISPLAY", display.name()).env("PULSE_SERVER", "/nowhere");
        let program = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut playing = Self { display, program, window: String::new() };
        playing.wait(START, "the window", |playing| {
            playing.window = playing.display.window(playing.program.id())?;
            Some(())
        });
        playing
            .wait(START, "the first picture", |playing| playing.greys().iter().all(|grey| *grey > 100.0).then_some(()));
        playing
    }

    pub(crate) fn wait<T>(
        &mut self,
        patience: Duration,
        what: &str,
        mut look: impl FnMut(&mut Self) -> Option<T>,
    ) -> T {
        let begin = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(self.program.try_wait().unwrap().is_none(), "the program has ended");
            assert!(begin.elapsed() < patience, "waited in vain for {what}; the title is {:?}", self.title());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    pub(crate) fn title(&self) -> String {
        self.display.xdotool(&["getwindowname", &self.window])
    }

    pub(crate) fn title_with(&mut self, part: &str) {
        self.wait(SOON, part, |playing| playing.title().contains(part).then_some(()));
    }

    /// How bright each eye's picture is where a sign would stand, beside its letters.
    pub(crate) fn greys(&self) -> [f64; 2] {
        let shot = self.display.screenshot();
        [320, 960].map(|middle| shot.part([middle - 80, 164], [16, 8]).mean())
    }

    pub(crate) fn sign(&mut self, what: &str, is_there: bool) {
        self.wait(SOON, what, |playing| playing.greys().iter().all(|grey| (*grey < 60.0) == is_there).then_some(()));
    }

    pub(crate) fn key(&self, key: &str) {
        self.display.xdotool(&["key", key]);
    }

    /// How many pixels of letters there are in each eye's picture, in the rows from..to and left of `right`.
    pub(crate) fn letters(&self, [from, to]: [u32; 2], right: u32) -> [usize; 2] {
        let shot = self.display.screenshot();
        [0, 640].map(|left| {
            let part = shot.part([left, from], [right, to - from]);
            part.0.pixels().filter(|pixel| pixel.0.iter().all(|value| *value > 220)).count()
        })
    }

    /// A message at the upper left corner of each eye's picture, or none.
    pub(crate) fn message(&mut self, what: &str, is_there: bool) {
        self.wait(SOON, what, |playing| {
            playing.letters([0, 50], 320).iter().all(|count| (*count > 60) == is_there).then_some(())
        });
    }
}

impl Drop for Playing<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
