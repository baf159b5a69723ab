//! Temporary files of runs that were killed: found and removed by the next that writes into their folder.
//!
//! Who writes a [`PendingFile`](super::PendingFile) holds a lock on it, which the system takes back when the process ends, however it ends. A process
//! number would not tell: it is used again, and on a network's folder it may be another machine's.

use std::path::Path;

use super::found::Identity;

/// Removes what killed runs have left in `folder`, but none of `keep`. What cannot be removed stays.
#[cfg(unix)]
pub(super) fn sweep(folder: &Path, keep: &[Identity]) {
    use super::found::{identity, identity_of};
    use std::fs::{self, OpenOptions};
    use std::os::unix::fs::OpenOptionsExt;

    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| is_ours(entry.file_name().as_encoded_bytes())) {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // Between looking and opening it may have become a pipe, which would not open before somebody writes.
        let opened =
            OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW).open(&path);
        let Ok(file) = opened else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let Ok(metadata) = file.metadata() else { continue };
        let own = identity_of(&metadata);
        // Its writer may have ended meanwhile and another have begun under its name.
        let same = identity(&path).is_ok_and(|there| there == own);
        if same && metadata.is_file() && !keep.contains(&own) && fs::remove_file(&path).is_ok() {
            tracing::info!("removed '{}', which a run that was killed has left", path.display());
        }
    }
}

/// Without locks that FFmpeg could write beside, nobody knows whether a writer is gone.
#[cfg(not(unix))]
pub(super) fn sweep(_: &Path, _: &[Identity]) {}

/// Whether a name is one that only [`PendingFile`](super::PendingFile) gives: `.NAME.PID-N.part`.
#[cfg(unix)]
fn is_ours(name: &[u8]) -> bool {
    let number = |digits: &[u8]| !digits.is_empty() && digits.len() <= 10 && digits.iter().all(u8::is_ascii_digit);
    let middle = name.strip_prefix(b".").and_then(|rest| rest.strip_suffix(b".part"));
    let numbers = middle.and_then(|middle| {
        let dot = middle.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0)?;
        let numbers = &middle[dot + 1..];
        let dash = numbers.iter().position(|byte| *byte == b'-')?;
        Some((&numbers[..dash], &numbers[dash + 1..]))
    });
    // PendingFile writes no zero in front and counts to 99.
    numbers.is_some_and(|(process, attempt)| {
        number(process) && process[0] != b'0' && number(attempt) && attempt.len() <= 2
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::PendingFile;
    use super::super::found::identity;
    use super::*;
    use std::fs;

    #[test]
    fn only_what_killed_runs_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let left = [".a.mkv.123-0.part", ".deep3d-7.99-12.part", ".b.99-1.part"];
        let others = [
            "a.mkv.123-0.part",
            ".a.mkv.123-0",
            ".a.mkv.123-0.part2",
            ".a.mkv.123.part",
            ".a.mkv.x-0.part",
            ".a.mkv.0-0.part",
            ".123-0.part",
            ".a.mkv.123-0-1.part",
            ".a.mkv.123-100.part",
            "film.part",
        ];
        for name in left.iter().chain(&others).chain(&[".input.5-0.part"]) {
            fs::write(at(name), "x").unwrap();
        }
        fs::create_dir(at(".folder.1-0.part")).unwrap();
        std::os::unix::fs::symlink(at("film.part"), at(".link.1-0.part")).unwrap();
        let written = PendingFile::create(&at("now.mkv"), false).unwrap();
        sweep(folder.path(), &[identity(&at(".input.5-0.part")).unwrap()]);
        assert!(left.iter().all(|name| !at(name).exists()));
        assert!(others.iter().all(|name| at(name).exists()));
        assert!(at(".folder.1-0.part").is_dir() && at(".link.1-0.part").is_symlink());
        assert!(at(".input.5-0.part").exists(), "an input");
        assert!(written.temporary().exists(), "its writer lives");
        written.commit().unwrap();
        assert!(at("now.mkv").exists());
    }
}
