//! A film of two shots.

use std::path::Path;
use std::process::Command;

/// Two shots of 36 frames each, 320×180, 24 a second, one after the other: the second begins at 1.5 s.
pub(crate) fn two_shots(path: &Path) {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let filter = "[0:v]fps=24,trim=end_frame=36,scale=320:180,setsar=1,setpts=N/24/TB[a];\
                  [1:v]fps=24,trim=end_frame=36,scale=320:180,setsar=1,setpts=N/24/TB[b];[a][b]concat=n=2";
    let status = Command::new("ffmpeg")
        .args(["-loglevel", "error", "-y", "-i"])
        .arg(assets.join("bigbuckbunny.mp4"))
        .arg("-i")
        .arg(assets.join("bikes.mp4"))
        .args(["-filter_complex", filter, "-an", "-c:v", "ffv1"])
        .arg(path)
        .status();
    assert!(status.unwrap().success(), "./x setup test");
}
