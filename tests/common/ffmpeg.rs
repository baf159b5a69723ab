//! The `ffmpeg` program for tests.

use std::path::Path;
use std::process::Command;

/// Runs it with `arguments`, split at spaces, and `output` behind them.
pub(crate) fn ffmpeg(arguments: &str, output: &Path) {
    let run = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments.split_whitespace())
        .arg(output)
        .output()
        .expect("the ffmpeg program is needed: ./x test installs it");
    assert!(run.status.success(), "ffmpeg {arguments}: {}", String::from_utf8_lossy(&run.stderr));
}
