//! Monado, the OpenXR runtime, as a service of one test.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openxr as xr;
use tempfile::TempDir;

use crate::display::{Display, Screenshot};
use crate::remote::Remote;

/// What becomes of the frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compositor {
    /// Nothing: protocol only, at 20 Hz.
    Null,
    /// They are put into a window of an X server of the test's own: [`Monado::picture`].
    Window,
}

/// Head and hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Devices {
    /// A head that sways ±5 cm, and two still simple controllers.
    Simulated,
    /// They do what the test says: [`Monado::remote`].
    Remote,
}

/// The window that Monado draws both eyes into, the left one left.
pub(crate) const WINDOW: [u32; 2] = [640, 360];
pub(crate) const VALIDATION: &str = "XR_APILAYER_LUNARG_core_validation";
const PATIENCE: Duration = Duration::from_secs(60);

/// The service; ended with the test. One at a time: its clients find it by this process's environment, and a compositor wants
/// the processor for itself.
pub(crate) struct Monado {
    service: Child,
    display: Option<Display>,
    folder: TempDir,
    port: u16,
    runtime: PathBuf,
    driver: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

/// The first file of `folders` that begins with `name`.
fn find(folders: &[&str], name: &str) -> Option<PathBuf> {
    folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Monado {
    pub(crate) fn start(compositor: Compositor, devices: Devices) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = find(&["/usr/local/share/openxr/1", "/usr/share/openxr/1"], "openxr_monado")
            .expect("Monado is not installed: run these tests by ./x test-xr");
        let driver = find(&["/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"], "lvp_icd")
            .expect("lavapipe is not installed (Debian: apt install mesa-vulkan-drivers)");
        // The socket's path has to be short.
        let folder = tempfile::Builder::new().prefix("xr").rand_bytes(4).tempdir().unwrap();
        let port = free_port();
        let config = folder.path().join("monado");
        fs::create_dir(&config).unwrap();
        if devices == Devices::Remote {
            let text =
                format!(r#"{{"active": "remote", "remote": {{"version": 0, "port": {port}, "view_count": 2}}}}"#);
            fs::write(config.join("config_v0.json"), text).unwrap();
        }
        let display = (compositor == Compositor::Window).then(|| Display::start(WINDOW));
        let mut command = Command::new("monado-service");
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
            command.env_remove(variable);
        }
        match &display {
            Some(display) => command.env("XRT_COMPOSITOR_FORCE_XCB", "1").env("DISPLAY", display.name()),
            None => command.env("XRT_COMPOSITOR_NULL", "1"),
        };
        if devices == Devices::Simulated {
            command.env("SIMULATED_ENABLE", "1");
        }
        let log = File::create(folder.path().join("log")).unwrap();
        let service = command
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("XDG_CONFIG_HOME", folder.path())
            .env("VK_DRIVER_FILES", &driver)
            .env("XRT_NO_STDIN", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("monado-service did not start: run these tests by ./x test-xr");
        let mut monado = Self { service, display, folder, port, runtime, driver, _turn: turn };
        monado.wait_for_socket();
        for (name, value) in monado.environment() {
            // SAFETY: whoever reads the environment in this process is a client of Monado's, and those take turns.
            unsafe { std::env::set_var(name, value) };
        }
        monado
    }

    fn wait_for_socket(&mut self) {
        let (socket, end) = (self.folder.path().join("monado_comp_ipc"), Instant::now() + PATIENCE);
        while UnixStream::connect(&socket).is_err() {
            let ended = self.service.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "Monado did not start ({ended:?}):\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What a client's environment has to hold, a child process's for example.
    pub(crate) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("XDG_RUNTIME_DIR", self.folder.path().to_owned()),
            ("XR_RUNTIME_JSON", self.runtime.clone()),
            ("VK_DRIVER_FILES", self.driver.clone()),
            ("XR_CORE_VALIDATION_EXPORT_TYPE", "text".into()),
            ("XR_CORE_VALIDATION_FILE_NAME", self.complaints_file()),
        ]
    }

    /// OpenXR by the system's loader, for a client in this process.
    pub(crate) fn entry(&self) -> xr::Entry {
        // SAFETY: the system's loader is one.
        unsafe { xr::Entry::load(&()) }.expect("the OpenXR loader (Debian: apt install libopenxr-loader1)")
    }

    fn complaints_file(&self) -> PathBuf {
        self.folder.path().join("complaints")
    }

    /// What the core validation layer objects to, where a client has switched it on.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let text = fs::read_to_string(self.complaints_file()).expect("no client has switched the layer on");
        // It tells of its own coming and going, too.
        text.lines().filter(|line| !line.contains("[VALID_DEBUG")).map(str::to_owned).collect()
    }

    /// What the service has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// What the compositor's window shows.
    pub(crate) fn picture(&self) -> Screenshot {
        self.display.as_ref().expect("only Compositor::Window shows pictures").screenshot()
    }

    /// What one eye sees: 0 is the left one.
    pub(crate) fn eye(&self, index: u32) -> Screenshot {
        let [width, height] = WINDOW;
        self.picture().part([index * width / 2, 0], [width / 2, height])
    }

    /// Takes head and hands over.
    pub(crate) fn remote(&self) -> Remote {
        Remote::connect(self.port)
    }

    /// What kills the service at once, for those who cannot hold it.
    pub(crate) fn killer(&self) -> impl Fn() + use<> {
        let id = self.service.id();
        // The shell's own: not every system has the program.
        move || drop(Command::new("sh").args(["-c", &format!("kill -9 {id}")]).status())
    }

    /// Kills the service at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

impl Drop for Monado {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "Monado said:\n{}", self.log());
        }
    }
}
