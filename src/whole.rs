//! Files that are there whole or not at all: written under another name beside the final one, then renamed. From any thread.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Files being written by this process, so that two of them never have one name.
static PARTS: AtomicU64 = AtomicU64::new(0);

/// Writes `contents` to `file` and replaces what is there; its folder has to exist. What fails leaves nothing behind and `file` as it was.
///
/// # Errors
/// The file system's.
pub fn write(file: &Path, contents: &[u8]) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.part", std::process::id(), PARTS.fetch_add(1, Ordering::Relaxed)));
    let half = file.with_file_name(name);
    let written = File::create_new(&half).and_then(|mut part| {
        part.write_all(contents)?;
        part.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&half, file));
    if renamed.is_err() {
        // Whatever failed is what the user must hear of, not that the remains could not be removed.
        fs::remove_file(&half).ok();
    }
    renamed
}
