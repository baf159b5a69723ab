//! Pictures of what is seen, written to files: both eyes at the film's full size. Made and written by threads of their own.

mod name;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use clap::ValueEnum;
use name::{Name, stays};

pub use name::NameError;

use super::contract::{Error, Maker, Taken};
use crate::control::{Shot, Status};
use crate::media::encode::{EncodeError, PairFormat, StillFormat, StillOptions, write_pair, write_picture};
use crate::output::OutputError;

/// Pictures that are on their way at once.
const MOST: usize = 4;
/// So many numbers are tried.
const ATTEMPTS: u32 = 100_000;

/// The kinds of files, by their endings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ShotFormat {
    /// Left beside right, each sample as it is
    #[default]
    Png,
    /// The same, smaller
    #[value(alias = "jpeg")]
    Jpg,
    /// The same, smaller
    Webp,
    /// Right beside left, with a header that says so
    Jps,
    /// Two pictures in one file
    Mpo,
}

/// How pictures are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShotOptions {
    /// The kind of file.
    pub format: ShotFormat,
    /// What they are called, as mpv's `--screenshot-template` says it.
    pub template: String,
    /// Where they go where the template does not say it.
    pub folder: Option<PathBuf>,
    /// JPEG's quality, 1 to 100.
    pub quality: u8,
}

impl Default for ShotOptions {
    fn default() -> Self {
        Self { format: ShotFormat::default(), template: "deep3d-shot%n".to_owned(), folder: None, quality: 90 }
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
enum ShotError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("'{}' leads elsewhere: name a file without '..'", .0.display())]
    Elsewhere(PathBuf),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error("{0}: {1}; name another folder with --screenshot-directory")]
    Folder(String, std::io::Error),
    #[error("{0}")]
    Made(Error),
    #[error("'{}' is there for both eyes alone: take the window as .png", .0.display())]
    NoPair(PathBuf),
    #[error("there is no name left: empty the folder, or change --screenshot-template")]
    Full,
}

/// The pictures that are taken of one player.
pub(super) struct Shots {
    options: ShotOptions,
    /// The number that the next one has at least.
    next: u32,
    underway: Vec<JoinHandle<()>>,
    sender: Sender<Written>,
    written: Receiver<Written>,
}

/// What came of one, in words, and the number after its own.
struct Written {
    told: Result<String, String>,
    next: Option<u32>,
}

impl Shots {
    pub(super) fn new(options: ShotOptions) -> Self {
        let (sender, written) = channel();
        Self { options, next: 1, underway: Vec::new(), sender, written }
    }

    /// Whether one is on its way.
    pub(super) fn is_busy(&self) -> bool {
        !self.underway.is_empty()
    }

    /// Takes one: `make` makes it, and the film stands as `status` says. What is to be told at once.
    pub(super) fn take(&mut self, shot: &Shot, make: Maker, status: &Status) -> Option<String> {
        if self.underway.len() >= MOST {
            return Some("Screenshot: too many at once".to_owned());
        }
        let place = match self.place(shot, status) {
            Ok(place) => place,
            Err(error) => return Some(format!("Screenshot: {error}")),
        };
        // One that is taken before this is written has the number after it.
        self.next += u32::from(matches!(place, Place::Named { .. }));
        let (sender, quality) = (self.sender.clone(), self.options.quality);
        let work = move || {
            let written = make().map_err(ShotError::Made).and_then(|taken| place.write(&taken, quality));
            let next = written.as_ref().ok().and_then(|(_, number)| Some((*number)? + 1));
            let told = written.map(|(path, _)| path.display().to_string()).map_err(|error| error.to_string());
            // Nobody may be there any more.
            let _ = sender.send(Written { told, next });
        };
        match Builder::new().name("screenshot".to_owned()).spawn(work) {
            Ok(thread) => self.underway.push(thread),
            Err(error) => return Some(format!("Screenshot: {error}")),
        }
        None
    }

    /// What came of those that are done, to be told.
    pub(super) fn told(&mut self) -> Option<String> {
        let Ok(Written { told, next }) = self.written.try_recv() else {
            self.underway.retain(|thread| !thread.is_finished());
            return None;
        };
        self.next = self.next.max(next.unwrap_or(0));
        Some(match told {
            Ok(path) => format!("Screenshot: '{path}'"),
            Err(error) => {
                tracing::warn!("no screenshot was written: {error}");
                format!("Screenshot: {error}")
            }
        })
    }

    fn place(&self, shot: &Shot, status: &Status) -> Result<Place, ShotError> {
        if let Some(file) = &shot.file {
            let path = PathBuf::from(file);
            let known = path.extension().and_then(|ending| ending.to_str()).is_some_and(is_known);
            if !stays(&path) {
                return Err(ShotError::Elsewhere(path));
            }
            return match known {
                true => Ok(Place::File(path)),
                false => Err(EncodeError::UnknownExtension(path).into()),
            };
        }
        let name = Name::read(&self.options.template, status)?;
        let ending =
            self.options.format.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        Ok(Place::Named { name, folder: self.options.folder.clone(), ending, next: self.next })
    }
}

impl Drop for Shots {
    /// What is begun is written.
    fn drop(&mut self) {
        for thread in self.underway.drain(..) {
            if thread.join().is_err() {
                tracing::error!("the writing of a screenshot ended badly");
            }
        }
    }
}

fn is_known(ending: &str) -> bool {
    PairFormat::from_extension(ending).is_some()
        || StillFormat::from_extension(ending).is_some_and(|format| format != StillFormat::Gif)
}

/// Where one goes.
enum Place {
    File(PathBuf),
    Named { name: Name, folder: Option<PathBuf>, ending: String, next: u32 },
}

impl Place {
    /// Writes it: where, and its number where it has one.
    fn write(&self, taken: &Taken, quality: u8) -> Result<(PathBuf, Option<u32>), ShotError> {
        let (name, folder, ending, next) = match self {
            Self::File(path) => return write(path, taken, quality).map(|()| (path.clone(), None)),
            Self::Named { name, folder, ending, next } => (name, folder, ending, *next),
        };
        let mut number = if name.number() == Some(true) { 1 } else { next };
        for _ in 0..ATTEMPTS {
            let mut file = name.of(number).into_os_string();
            file.push(".");
            file.push(ending);
            let path = folder.as_deref().unwrap_or(Path::new("")).join(file);
            if !stays(&path) {
                return Err(ShotError::Elsewhere(path));
            }
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder)
                    .map_err(|error| ShotError::Folder(folder.display().to_string(), error))?;
            }
            // A name that is taken is told by the attempt as well, after the picture was encoded.
            if name.number().is_some() && path.symlink_metadata().is_ok() {
                number += 1;
                continue;
            }
            match write(&path, taken, quality) {
                Err(ShotError::Encode(EncodeError::Output(OutputError::Exists(_)))) if name.number().is_some() => {
                    number += 1;
                }
                result => return result.map(|()| (path, name.number().map(|_| number))),
            }
        }
        Err(ShotError::Full)
    }
}

fn write(path: &Path, taken: &Taken, quality: u8) -> Result<(), ShotError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match PairFormat::from_extension(ending) {
        Some(_) if !taken.is_pair => Err(ShotError::NoPair(path.to_owned())),
        Some(format) => Ok(write_pair(path, format, &taken.samples, taken.size, quality)?),
        None => {
            let options = StillOptions { quality, ..StillOptions::default() };
            Ok(write_picture(path, &taken.samples, taken.size[0] as usize * 4, taken.size, &options)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn taken() -> Taken {
        Taken { samples: vec![99; 8 * 4 * 4], size: [8, 4], is_pair: true }
    }

    fn told(shots: &mut Shots) -> String {
        let began = Instant::now();
        loop {
            match shots.told() {
                Some(told) => return told,
                None => assert!(began.elapsed() < Duration::from_secs(30), "nothing came"),
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn each_gets_a_name_of_its_own_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("shot0002.png"), "kept").unwrap();
        let options = ShotOptions {
            template: "shot%n".to_owned(),
            folder: Some(folder.path().to_owned()),
            ..ShotOptions::default()
        };
        let mut shots = Shots::new(options.clone());
        let take = |shots: &mut Shots, file: Option<&str>| {
            let shot = Shot { file: file.map(str::to_owned), ..Shot::default() };
            shots.take(&shot, Box::new(|| Ok(taken())), &Status::default()).unwrap_or_else(|| told(shots))
        };
        for number in [1, 3, 4] {
            assert_eq!(
                take(&mut shots, None),
                format!("Screenshot: '{}'", at(&format!("shot000{number}.png")).display())
            );
        }
        std::fs::remove_file(at("shot0001.png")).unwrap();
        assert!(take(&mut shots, None).ends_with("shot0005.png'"), "numbers go on");
        let mut lowest = Shots::new(ShotOptions { template: "new/shot%#n".to_owned(), ..options.clone() });
        assert!(take(&mut lowest, None).ends_with("new/shot0001.png'"), "its folder is made");
        std::fs::remove_file(at("new/shot0001.png")).unwrap();
        assert!(take(&mut lowest, None).ends_with("new/shot0001.png'"));
        assert_eq!(std::fs::read(at("shot0002.png")).unwrap(), b"kept");
        // A file by its name.
        let file = at("one.mpo").display().to_string();
        assert!(take(&mut shots, Some(&file)).ends_with("one.mpo'"));
        assert!(take(&mut shots, Some(&file)).contains("--force") || take(&mut shots, Some(&file)).contains("exists"));
        assert!(take(&mut shots, Some("a/../b.png")).contains("leads elsewhere"));
        assert!(take(&mut shots, Some("b.exe")).contains("no extension"));
        let mut lost = Shots::new(ShotOptions { folder: Some(at("shot0002.png")), ..options.clone() });
        assert!(take(&mut lost, None).contains("--screenshot-directory"));
        let mut plain = Shots::new(ShotOptions { template: "shot".to_owned(), ..options });
        assert!(take(&mut plain, None).ends_with("shot.png'") && !take(&mut plain, None).ends_with("shot.png'"));
        while plain.is_busy() || shots.is_busy() {
            assert!(plain.told().is_none() && shots.told().is_none());
        }
    }
}
