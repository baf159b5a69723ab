//! An X server that belongs to one test, with the least of a window manager, and pictures of what it shows.
#![allow(dead_code)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use image::RgbImage;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt, EventMask, InputFocus, PropMode, Window,
};
use x11rb::wrapper::ConnectionExt as _;

/// The server; ended with the test.
pub(crate) struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// Starts one with a screen of `size` on a number that nobody else uses.
    pub(crate) fn start(size: [u32; 2]) -> Self {
        let screen = format!("{}x{}x24", size[0], size[1]);
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the window tests need Xvfb (Debian: apt install xvfb)");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let display = Self { server, name: format!(":{}", number.trim()) };
        assert!(number.trim().parse::<u32>().is_ok(), "Xvfb did not start");
        let (name, [width, height]) = (display.name.clone(), size);
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // The connection breaks when the server ends: that is the thread's end, too.
            let _ = manage(&name, [width as i32, height as i32], || {
                let _ = ready.send(());
            });
        });
        is_ready.recv_timeout(Duration::from_secs(20)).expect("the test's window manager did not start");
        display
    }

    /// What DISPLAY is to be.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs xdotool and gives what it says.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> String {
        let done = Command::new("xdotool").args(arguments).env("DISPLAY", &self.name).output();
        let done = done.expect("the window tests press keys with xdotool (Debian: apt install xdotool)");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// The window that process `id` shows, when there is one.
    pub(crate) fn window(&self, id: u32) -> Option<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--pid", &id.to_string()]);
        found.lines().last().map(str::to_owned)
    }

    /// A window's width and height in pixels.
    pub(crate) fn window_size(&self, window: &str) -> [u32; 2] {
        let shell = self.xdotool(&["getwindowgeometry", "--shell", window]);
        let value = |name| {
            let line = shell.lines().find_map(|line: &str| line.strip_prefix(name));
            line.and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        [value("WIDTH="), value("HEIGHT=")]
    }

    /// What the screen shows.
    pub(crate) fn screenshot(&self) -> Screenshot {
        let done = Command::new("import").args(["-window", "root", "ppm:-"]).env("DISPLAY", &self.name).output();
        let done = done.expect("the window tests look by ImageMagick's import (Debian: apt install imagemagick)");
        assert!(done.status.success(), "import: {}", String::from_utf8_lossy(&done.stderr));
        Screenshot(image::load_from_memory_with_format(&done.stdout, image::ImageFormat::Pnm).unwrap().to_rgb8())
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Maps windows where they want to be, gives them the keys, and makes them full screen when they ask for it.
fn manage(name: &str, screen: [i32; 2], ready: impl FnOnce()) -> Result<(), Box<dyn std::error::Error>> {
    let (connection, number) = x11rb::connect(Some(name))?;
    let root = connection.setup().roots[number].root;
    let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
    let attributes = ChangeWindowAttributesAux::new().event_mask(mask);
    connection.change_window_attributes(root, &attributes)?.check()?;
    let atom = |name: &str| -> Result<u32, Box<dyn std::error::Error>> {
        Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    };
    let (state, full) = (atom("_NET_WM_STATE")?, atom("_NET_WM_STATE_FULLSCREEN")?);
    let mut before = None;
    let mut set_full = |window: Window, wanted: bool| -> Result<(), Box<dyn std::error::Error>> {
        let place = connection.get_geometry(window)?.reply()?;
        let [width, height] = if wanted {
            before.get_or_insert([place.width.into(), place.height.into()]);
            screen
        } else {
            before.take().unwrap_or([place.width.into(), place.height.into()])
        };
        let place = ConfigureWindowAux::new().x(0).y(0).width(width as u32).height(height as u32);
        connection.configure_window(window, &place)?;
        let states: &[u32] = if wanted { &[full] } else { &[] };
        connection.change_property32(PropMode::REPLACE, window, state, AtomEnum::ATOM, states)?;
        Ok(())
    };
    connection.flush()?;
    ready();
    loop {
        match connection.wait_for_event()? {
            Event::MapRequest(event) => {
                let states = connection.get_property(false, event.window, state, AtomEnum::ATOM, 0, 16)?.reply()?;
                if states.value32().is_some_and(|mut states| states.any(|state| state == full)) {
                    set_full(event.window, true)?;
                }
                connection.map_window(event.window)?;
                connection.set_input_focus(InputFocus::PARENT, event.window, x11rb::CURRENT_TIME)?;
            }
            Event::ConfigureRequest(event) => {
                connection.configure_window(event.window, &ConfigureWindowAux::from_configure_request(&event))?;
            }
            Event::ClientMessage(event) if event.type_ == state => {
                let [action, first, second, ..] = event.data.as_data32();
                if first == full || second == full {
                    set_full(event.window, action == 1)?;
                }
            }
            _ => {}
        }
        connection.flush()?;
    }
}

/// A picture, 8 bits a channel.
#[derive(Clone)]
pub(crate) struct Screenshot(pub(crate) RgbImage);

impl Screenshot {
    pub(crate) fn size(&self) -> [u32; 2] {
        [self.0.width(), self.0.height()]
    }

    /// The rectangle of `size` at `at`, as far as there is one.
    pub(crate) fn part(&self, at: [u32; 2], size: [u32; 2]) -> Self {
        Self(image::imageops::crop_imm(&self.0, at[0], at[1], size[0], size[1]).to_image())
    }

    /// Mean of all samples.
    pub(crate) fn mean(&self) -> f64 {
        let samples = self.0.as_raw();
        samples.iter().map(|sample| f64::from(*sample)).sum::<f64>() / samples.len().max(1) as f64
    }

    fn errors<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = f64> + 'a {
        assert_eq!(self.size(), other.size());
        self.0.as_raw().iter().zip(other.0.as_raw()).map(|(one, other)| f64::from(*one) - f64::from(*other))
    }

    /// Mean difference of the samples; 255 for pictures of different sizes.
    pub(crate) fn difference(&self, other: &Self) -> f64 {
        if self.size() != other.size() {
            return 255.0;
        }
        self.errors(other).map(f64::abs).sum::<f64>() / self.0.as_raw().len().max(1) as f64
    }

    /// Likeness in dB.
    pub(crate) fn psnr(&self, other: &Self) -> f64 {
        let square = self.errors(other).map(|error| error * error).sum::<f64>() / self.0.as_raw().len() as f64;
        10.0 * (255.0 * 255.0 / square.max(1e-9)).log10()
    }

    /// How far each part of this picture lies more to the right in `other`, in pixels up to `most`; parts without marks are left out.
    pub(crate) fn shifts(&self, other: &Self, most: u32) -> Vec<i32> {
        const BLOCK: u32 = 40;
        let [width, height] = self.size();
        let mut shifts = Vec::new();
        for y in (0..height / BLOCK).map(|row| row * BLOCK) {
            for x in (0..width / BLOCK).map(|column| column * BLOCK) {
                if x < most || x + BLOCK + most > width {
                    continue;
                }
                let here = self.part([x, y], [BLOCK, BLOCK]);
                let apart =
                    |shift: i32| here.difference(&other.part([x.saturating_add_signed(shift), y], [BLOCK, BLOCK]));
                let most = most as i32;
                let differences: Vec<_> = (-most..=most).map(|shift| (shift, apart(shift))).collect();
                let best = differences.iter().min_by(|one, other| one.1.total_cmp(&other.1)).unwrap();
                // A part that fits as well elsewhere says nothing.
                let elsewhere = differences.iter().filter(|(shift, _)| (shift - best.0).abs() > 2);
                if elsewhere.map(|(_, difference)| *difference).fold(f64::INFINITY, f64::min) > best.1 * 2.0 + 2.0 {
                    shifts.push(best.0);
                }
            }
        }
        shifts
    }
}
