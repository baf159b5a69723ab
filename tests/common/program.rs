//! The program itself, as its tests start it.

use std::process::{Command, Output, Stdio};

pub(crate) fn deep3d() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deep3d"));
    command.env("DEEP3D_CONFIG_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env("DEEP3D_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env("DEEP3D_STATE_DIR", env!("CARGO_TARGET_TMPDIR"));
    command.env("DEEP3D_VALIDATION", "1").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    command
}

#[allow(dead_code)]
pub(crate) fn run(arguments: &[&str]) -> Output {
    deep3d().args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
