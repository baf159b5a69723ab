//! All outputs of one command, asked for before its work: none of them is an input, and no two are one file.

use std::path::{Path, PathBuf};

use super::destination::Destination;
use super::found::{Found, Identity, folder_of, look};
use super::{OutputError, leftovers};
use crate::location::Location;

/// What one command reads and writes. Belongs to the thread that reads the command line.
#[derive(Debug, Default)]
pub struct Outputs {
    force: bool,
    inputs: Vec<(String, Destination)>,
    taken: Vec<(PathBuf, Destination)>,
}

impl Outputs {
    /// Of a command that has none yet; with `force` files that are there are replaced.
    pub fn new(force: bool) -> Self {
        Self { force, ..Self::default() }
    }

    /// Whether files that are there are replaced.
    pub fn force(&self) -> bool {
        self.force
    }

    /// Remembers what the command reads: it is never written.
    pub fn protect(&mut self, input: &Location) {
        // What is not there is no input that could be lost.
        if let Some(destination) =
            input.path().and_then(|path| Destination::of(path).ok()).filter(|destination| destination.file.is_some())
        {
            self.inputs.push((format!("'{input}'"), destination));
        }
    }

    /// Asks for `path` to be written, in a folder that is there.
    ///
    /// # Errors
    /// It must not be written: [`OutputError`] says why.
    pub fn take(&mut self, path: &Path) -> Result<(), OutputError> {
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(OutputError::NoFolder(folder.to_owned()));
        }
        match self.take_or_leave(path)? {
            true if !self.force => Err(OutputError::Exists(path.to_owned())),
            _ => Ok(()),
        }
    }

    /// The same for one that may be left as it is, in a folder that may have to be made; whether there is a file.
    ///
    /// # Errors
    /// As [`Outputs::take`], but for a file that is there.
    pub fn take_or_leave(&mut self, path: &Path) -> Result<bool, OutputError> {
        let found = look(path)?;
        let destination = Destination::of(path).map_err(|error| OutputError::from_io(path, &error))?;
        if let Some((input, _)) = self.inputs.iter().find(|(_, input)| input.is(&destination)) {
            return Err(OutputError::IsInput { output: path.to_owned(), input: input.clone() });
        }
        if let Some((other, _)) = self.taken.iter().find(|(_, other)| other.is(&destination)) {
            return Err(OutputError::Twice { first: other.clone(), second: path.to_owned() });
        }
        self.taken.push((path.to_owned(), destination));
        Ok(matches!(found, Found::File(_)))
    }

    /// Removes what killed runs have left in the folders of all that was asked for.
    pub fn sweep(&self) {
        let keep: Vec<Identity> = self.inputs.iter().filter_map(|(_, destination)| destination.file.clone()).collect();
        let mut folders: Vec<&PathBuf> = Vec::new();
        for (_, destination) in &self.taken {
            if !folders.contains(&&destination.folder) {
                leftovers::sweep(&destination.folder, &keep);
                folders.push(&destination.folder);
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn no_input_and_nothing_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["in put.mp4", "there.mp4"] {
            fs::write(at(name), name).unwrap();
        }
        fs::hard_link(at("in put.mp4"), at("hard.mp4")).unwrap();
        std::os::unix::fs::symlink("in put.mp4", at("soft.mp4")).unwrap();
        let mut outputs = Outputs::new(true);
        outputs.protect(&Location::of(format!("file://{}/in%20put.mp4", folder.path().display())));
        for name in ["in put.mp4", "hard.mp4", "soft.mp4"] {
            let error = outputs.take(&at(name)).unwrap_err();
            assert!(matches!(error, OutputError::IsInput { .. }) && error.is_usage(), "{name}: {error}");
        }
        outputs.take(&at("there.mp4")).unwrap();
        outputs.take(&at("new.mp4")).unwrap();
        fs::hard_link(at("there.mp4"), at("also there.mp4")).unwrap();
        for name in ["there.mp4", "new.mp4", "./new.mp4", "also there.mp4"] {
            assert!(matches!(outputs.take(&at(name)), Err(OutputError::Twice { .. })), "{name}");
        }
        assert!(matches!(outputs.take(&at("none/new.mp4")), Err(OutputError::NoFolder(_))));
        let mut unasked = Outputs::new(false);
        assert!(matches!(unasked.take(&at("there.mp4")), Err(OutputError::Exists(_))));
        assert!(unasked.take_or_leave(&at("hard.mp4")).unwrap());
        assert!(!unasked.take_or_leave(&at("none/new.mp4")).unwrap());
    }
}
