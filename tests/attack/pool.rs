//! Workers, two at a time: fed with cases, ended when they take too long, started again when they die.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// One case may take so long; most take a tenth of a second.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What went wrong in one case.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    pub(crate) case: String,
    pub(crate) kind: String,
    pub(crate) text: String,
}

/// What became of all cases.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// How many ended how.
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) findings: Vec<Finding>,
    /// What was said of films that have a name: the case and the words.
    pub(crate) said: Vec<(String, String)>,
    /// Milliseconds, and the case that took them.
    pub(crate) slowest: (u64, String),
    /// MiB, and the case that had them.
    pub(crate) largest: (u64, String),
}

impl Figures {
    pub(crate) fn count(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

/// Outcome, milliseconds, MiB.
type End = (String, u64, u64);

struct Worker {
    process: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
    /// The last lines on stderr.
    errors: Arc<Mutex<String>>,
    /// Where it works.
    _folder: TempDir,
}

impl Worker {
    fn start(seed: u64) -> Self {
        // In memory, where there is such a folder.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["worker", &seed.to_string()])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, answers) = channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let errors = Arc::new(Mutex::new(String::new()));
        let (stderr, kept) = (BufReader::new(process.stderr.take().unwrap()), Arc::clone(&errors));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut kept = kept.lock().unwrap();
                if kept.len() < 2000 {
                    kept.push_str(&line);
                    kept.push(' ');
                }
            }
        });
        let orders = process.stdin.take().unwrap();
        Self { process, orders, answers, errors, _folder: folder }
    }

    /// Lets it do one case. What it found, and its last word; without one it is dead.
    fn attack(&mut self, case: &str, said: &mut Vec<String>) -> (Vec<(String, String)>, Option<End>) {
        let (mut found, mut stage) = (Vec::new(), "start".to_owned());
        // It may have died between two cases, which the answers tell.
        let _ = writeln!(self.orders, "{case}");
        let mut patience = PATIENCE;
        let mut end = Instant::now() + patience;
        loop {
            match self.answers.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let words: Vec<&str> = line.splitn(4, '\t').collect();
                    match words[..] {
                        ["patience", seconds] => {
                            patience = Duration::from_secs(seconds.parse().unwrap_or(0));
                            end = Instant::now() + patience;
                        }
                        ["stage", name] => stage = name.to_owned(),
                        ["said", text] => said.push(format!("{stage}: {text}")),
                        ["found", kind, text] => found.push((kind.to_owned(), format!("{stage}: {text}"))),
                        ["done", outcome, time, memory] => {
                            let number = |text: &str| text.parse().unwrap_or(0);
                            return (found, Some((outcome.to_owned(), number(time), number(memory))));
                        }
                        _ => found.push(("worker".to_owned(), line)),
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    found.push(("hang".to_owned(), format!("{stage}: longer than {patience:?}")));
                    return (found, None);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.process.wait().unwrap();
                    // The thread that listens to stderr may be a moment behind.
                    std::thread::sleep(Duration::from_millis(50));
                    let errors = self.errors.lock().unwrap().clone();
                    found.push(("crash".to_owned(), format!("{stage}: {status} {errors}")));
                    return (found, None);
                }
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Lets two workers do `cases`.
pub(crate) fn attack(seed: u64, cases: &[String], tell: &(dyn Fn(u64) + Sync)) -> Figures {
    let figures = Mutex::new(Figures::default());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut worker = Worker::start(seed);
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    let mut said = Vec::new();
                    let (found, end) = worker.attack(case, &mut said);
                    let mut figures = figures.lock().unwrap();
                    if case.parse::<u64>().is_err() {
                        figures.said.extend(said.into_iter().map(|text| (case.clone(), text)));
                    }
                    for (kind, text) in found {
                        figures.findings.push(Finding { case: case.clone(), kind, text });
                    }
                    let outcome = match end {
                        Some((outcome, time, memory)) => {
                            figures.slowest = figures.slowest.clone().max((time, case.clone()));
                            figures.largest = figures.largest.clone().max((memory, case.clone()));
                            outcome
                        }
                        None => {
                            worker = Worker::start(seed);
                            "died".to_owned()
                        }
                    };
                    *figures.outcomes.entry(outcome).or_default() += 1;
                    tell(figures.count());
                }
            });
        }
    });
    figures.into_inner().unwrap()
}
