//! Finds the system's libass, which draws subtitles; FFmpeg is found by its own crate.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "media")]
    if let Err(error) = pkg_config::Config::new().atleast_version("0.15.1").probe("libass") {
        println!("cargo::error=libass (libass-dev on Debian and Ubuntu) is missing, which draws subtitles: {error}");
    }
}
