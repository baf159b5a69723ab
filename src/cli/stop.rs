//! Ctrl-C and SIGTERM: work is asked to end, and where it does not within a second, it is ended.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::media::StopFlag;
use crate::output;
use crate::terminal;

/// How long work may go on after it was asked to end: single steps (a large picture being decoded or coded, kernels being compiled, a server that does not
/// answer) take longer.
const PATIENCE: Duration = Duration::from_millis(800);
/// How long the thread that gave a file its name may take to say so.
const MOMENT: Duration = Duration::from_millis(200);
/// The exit code of what was interrupted.
pub(super) const INTERRUPTED: u8 = 130;

/// A flag that an interruption raises. Once it is dropped nothing is ended by force.
pub(super) struct Stop {
    flag: StopFlag,
    working: Arc<AtomicBool>,
}

impl Deref for Stop {
    type Target = StopFlag;

    fn deref(&self) -> &StopFlag {
        &self.flag
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.working.store(false, Ordering::Release);
    }
}

/// Asks work to end when there is an interruption, and waits for it.
#[cfg(feature = "media")]
pub(super) fn ask_on_interrupt() -> StopFlag {
    let stop = StopFlag::default();
    let raised = stop.clone();
    on_interrupt(move || raised.stop());
    stop
}

/// Asks work to end when there is an interruption. Where it has not ended soon, what is being written is given up, `last_words` are said, and the program ends:
/// well, if they find nothing missing. Otherwise they give what was in work, where nothing of it was there to be given up any more.
pub(super) fn stop_on_interrupt(last_words: impl Fn() -> Option<PathBuf> + Send + 'static) -> Stop {
    let stop = Stop { flag: StopFlag::default(), working: Arc::new(AtomicBool::new(true)) };
    let (flag, working) = (stop.flag.clone(), Arc::clone(&stop.working));
    on_interrupt(move || {
        flag.stop();
        std::thread::sleep(PATIENCE);
        let is_working = || working.load(Ordering::Acquire);
        if is_working() {
            let given_up = output::abandon();
            if given_up.is_empty() {
                // The last file may have got its name this moment: that is to be told first.
                std::thread::sleep(MOMENT);
            }
            if !is_working() {
                return;
            }
            let Some(in_work) = last_words() else { exit(0) };
            let given_up = if given_up.is_empty() { vec![in_work] } else { given_up };
            let names: Vec<String> = given_up
                .iter()
                .filter(|path| !path.as_os_str().is_empty())
                .map(|path| format!("'{}'", path.display()))
                .collect();
            let what =
                if names.is_empty() { String::new() } else { format!("; nothing of {} was kept", names.join(", ")) };
            terminal::say(&format!("deep3d: interrupted{what}"));
            exit(INTERRUPTED);
        }
    });
    stop
}

fn on_interrupt(handler: impl FnMut() + Send + 'static) {
    // Without the handler Ctrl-C still ends the program, only less tidily.
    if let Err(error) = ctrlc::set_handler(handler) {
        tracing::warn!("Ctrl-C will not be caught: {error}");
    }
}

/// Ends the program as it stands: other threads are at work with what an orderly end would take away beneath them.
#[cfg(unix)]
fn exit(code: u8) -> ! {
    signal_hook::low_level::exit(code.into())
}
#[cfg(not(unix))]
fn exit(code: u8) -> ! {
    std::process::exit(code.into())
}
