//! Files, pipes and standard input.

use std::ffi::c_int;
use std::fs::{File, Metadata};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom};
use std::path::Path;

use ffmpeg_next::ffi;

use super::stream::Bytes;
use crate::media::error::MediaError;
use crate::media::interrupt::Watch;
use crate::whole;

/// Opens what lies at a path. Never waits: a pipe may still be without a writer.
pub(super) fn open(path: &Path, watch: &Watch) -> Result<Box<dyn Bytes>, MediaError> {
    let fail = |error| MediaError::from_io(path, &error);
    let file = whole::open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    of(file, &metadata, path.display().to_string(), watch).map_err(fail)?
}

/// Opens standard input, from where it stands.
pub(super) fn standard_input(watch: &Watch) -> Result<Box<dyn Bytes>, MediaError> {
    let name = "standard input";
    let opened = own_input().and_then(|file| {
        let metadata = file.metadata()?;
        of(file, &metadata, name.to_owned(), watch)
    });
    opened.map_err(|error| MediaError::from_io(Path::new(name), &error))?
}

fn of(
    mut file: File,
    metadata: &Metadata,
    name: String,
    watch: &Watch,
) -> io::Result<Result<Box<dyn Bytes>, MediaError>> {
    if metadata.is_dir() {
        return Ok(Err(MediaError::Directory(name)));
    }
    if file.is_terminal() {
        return Ok(Err(MediaError::Terminal(name)));
    }
    if metadata.is_file() || is_block_device(metadata) {
        let first = file.stream_position()?;
        return Ok(Ok(Box::new(Whole { file, first, place: 0 })));
    }
    Ok(Ok(Box::new(Pipe { file, name, begun: false, watch: watch.clone() })))
}

#[cfg(unix)]
fn own_input() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn own_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

#[cfg(unix)]
fn is_block_device(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_block_device(_metadata: &Metadata) -> bool {
    false
}

fn code(error: &io::Error) -> c_int {
    ffi::AVERROR(error.raw_os_error().filter(|code| *code > 0).unwrap_or(ffi::EIO))
}

/// A file, from `first` on. The file's own place stays as it is: whoever shares it is not disturbed.
struct Whole {
    file: File,
    first: u64,
    place: u64,
}

impl Whole {
    #[cfg(unix)]
    fn read_at(&self, buffer: &mut [u8], place: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buffer, place)
    }

    #[cfg(windows)]
    fn read_at(&self, buffer: &mut [u8], place: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buffer, place)
    }
}

impl Bytes for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, c_int> {
        loop {
            match self.read_at(buffer, self.first + self.place) {
                Ok(count) => {
                    self.place += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(code(&error)),
            }
        }
    }

    fn seek(&mut self, place: u64) -> Result<(), c_int> {
        // Beyond 2^63 there is nothing, and no system reads there.
        if i64::try_from(place.saturating_add(self.first)).is_err() {
            return Err(ffi::AVERROR(ffi::EINVAL));
        }
        self.place = place;
        Ok(())
    }

    fn size(&mut self) -> Option<u64> {
        let metadata = self.file.metadata().ok()?;
        let end = if metadata.is_file() { metadata.len() } else { self.file.seek(SeekFrom::End(0)).ok()? };
        Some(end.saturating_sub(self.first))
    }

    fn can_seek(&self) -> bool {
        true
    }
}

/// What comes once and cannot be gone back in. Waiting for it ends when the watch says so.
struct Pipe {
    file: File,
    name: String,
    begun: bool,
    watch: Watch,
}

impl Pipe {
    /// Whether something (or the end) has come.
    #[cfg(unix)]
    fn is_ready(&self) -> io::Result<bool> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let tick = Timespec { tv_sec: 0, tv_nsec: crate::media::interrupt::TICK.subsec_nanos().into() };
        let mut asked = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut asked, Some(&tick)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Here a read waits for ever.
    #[cfg(not(unix))]
    fn is_ready(&self) -> io::Result<bool> {
        Ok(true)
    }
}

impl Bytes for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, c_int> {
        loop {
            if self.watch.must_end() {
                return Err(ffi::AVERROR_EXIT);
            }
            let result = match self.is_ready() {
                Ok(true) => self.file.read(buffer),
                Ok(false) => continue,
                Err(error) => Err(error),
            };
            match result {
                Ok(0) if !self.begun => {
                    self.watch.refuse(MediaError::Empty(self.name.clone()));
                    return Ok(0);
                }
                Ok(count) => {
                    self.begun = true;
                    return Ok(count);
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Err(code(&error)),
            }
        }
    }

    fn seek(&mut self, _place: u64) -> Result<(), c_int> {
        Err(ffi::AVERROR(ffi::ESPIPE))
    }

    fn size(&mut self) -> Option<u64> {
        None
    }

    fn can_seek(&self) -> bool {
        false
    }
}
