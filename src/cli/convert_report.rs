//! What `deep3d convert` tells of its files: on stdout, at the end, and in `--report`.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::convert::Outcome;
use crate::convert::plan::Job;
use crate::output::OutputError;
use crate::stage::comfort::tally::Comforts;
use crate::terminal;
use crate::whole;

/// What `--report` writes (its keys: docs/comfort.md), and whether stdout took it all.
#[derive(Debug, Serialize)]
pub(super) struct ConvertReport {
    schema: u32,
    deep3d: &'static str,
    files: Vec<File>,
    /// Jobs whose end was told.
    #[serde(skip)]
    done: usize,
    #[serde(skip)]
    pub(super) stdout: io::Result<()>,
}

#[derive(Debug, Serialize)]
struct File {
    input: String,
    #[serde(serialize_with = "lossily")]
    output: PathBuf,
    result: Result,
    error: Option<String>,
    comfort: Option<Comforts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Result {
    Made,
    MadeBefore,
    InTheWay,
    Failed,
}

/// A path as text, with U+FFFD for what is none.
fn lossily<S: Serializer>(path: &Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

impl Default for ConvertReport {
    fn default() -> Self {
        Self { schema: 1, deep3d: env!("CARGO_PKG_VERSION"), files: Vec::new(), done: 0, stdout: Ok(()) }
    }
}

impl ConvertReport {
    /// Takes what became of a job, and prints the name of a file that is there now.
    pub(super) fn add(&mut self, job: &Job, outcome: Outcome) {
        let mut output = &job.output;
        self.done += usize::from(!matches!(outcome, Outcome::Depth));
        let (result, error, comfort) = match outcome {
            Outcome::Depth => {
                output = job.depth.as_ref().unwrap_or(output);
                (Result::Made, None, None)
            }
            Outcome::Made(comfort) => (Result::Made, None, comfort),
            Outcome::MadeBefore => (Result::MadeBefore, None, None),
            Outcome::InTheWay => (Result::InTheWay, Some(OutputError::Exists(output.clone()).to_string()), None),
            Outcome::Failed(error) => (Result::Failed, Some(error.to_string()), None),
        };
        if result == Result::Made {
            if self.stdout.is_ok() {
                self.stdout = terminal::write_path(output);
            }
            // A still has no length that anything could be outside of the limits for.
            if let Some(comfort) = comfort.as_ref().filter(|comfort| comfort.seconds > 0.0)
                && tracing::enabled!(tracing::Level::WARN)
            {
                comfort.lines().lines().for_each(terminal::say);
            }
        }
        self.files.push(File { input: job.input.to_string(), output: output.clone(), result, error, comfort });
    }

    fn count(&self, result: Result) -> usize {
        self.files.iter().filter(|file| file.result == result).count()
    }

    /// How many files were asked for and could not be made.
    pub(super) fn missing(&self) -> usize {
        self.count(Result::InTheWay) + self.count(Result::Failed)
    }

    /// For the end of several: how many files are there, and why others are not.
    pub(super) fn tell_all(&self) {
        if self.missing() == 0 && !tracing::enabled!(tracing::Level::WARN) {
            return;
        }
        let [made, before, in_the_way, failed] =
            [Result::Made, Result::MadeBefore, Result::InTheWay, Result::Failed].map(|result| self.count(result));
        terminal::say(&format!(
            "{made} converted, {before} there already from the same settings, {in_the_way} skipped, {failed} failed"
        ));
        for file in &self.files {
            let Some(error) = &file.error else { continue };
            let what = if file.result == Result::InTheWay { "skipped" } else { "failed" };
            // Most errors begin with the name.
            let name = if error.contains(&file.input) { String::new() } else { format!("{}: ", file.input) };
            terminal::say(&format!("  {what}: {name}{error}"));
        }
    }

    /// What there is to say when the program is ended in the middle of its work on `outputs`; which of them was in work, none if
    /// all are there. The empty name: the last was done, but others are missing.
    pub(super) fn last_words(&self, outputs: &[PathBuf], file: Option<&Path>, force: bool) -> Option<PathBuf> {
        let all = self.done == outputs.len() && self.missing() == 0;
        if outputs.len() > 1 {
            self.tell_all();
        } else if !all {
            self.files.iter().for_each(|file| terminal::say(&format!("'{}' is whole", file.output.display())));
        }
        if let Some(Err(error)) = file.map(|file| self.write(file, force)) {
            terminal::say(&format!("deep3d: {error}"));
        }
        (!all).then(|| outputs.get(self.done).cloned().unwrap_or_default())
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// As [`whole::write`].
    pub(super) fn write(&self, file: &Path, force: bool) -> std::result::Result<(), OutputError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| OutputError::from_io(file, &error.into()))?;
        whole::write(file, terminal::json(&text).as_bytes(), force)
    }
}
