//! What films need besides the GPU: FFmpeg, and somewhere to be seen.

use std::path::{Path, PathBuf};

use super::{Finding, Verdict};
use crate::media;
use crate::whole;

pub(super) fn findings() -> Vec<Finding> {
    let mut findings = ffmpeg();
    findings.extend([display(), openxr()]);
    findings
}

fn ffmpeg() -> Vec<Finding> {
    let facts = media::ffmpeg_version();
    let mut findings =
        vec![Finding { verdict: Verdict::Good, what: "FFmpeg", text: format!("{}, {}", facts.version, facts.licence) }];
    for (name, purpose) in
        [("libx264", "H.264 films"), ("libx265", "HEVC films"), ("libsvtav1", "AV1 films"), ("aac", "converted sound")]
    {
        if !media::encode::has_encoder(name) {
            let text = format!("no encoder {name}, so no {purpose} can be written: install an FFmpeg built with it");
            findings.push(Finding { verdict: Verdict::Missing, what: "FFmpeg", text });
        }
    }
    findings
}

fn display() -> Finding {
    let what = "display";
    if cfg!(not(target_os = "linux")) {
        return Finding { verdict: Verdict::Good, what, text: "the system's own".to_owned() };
    }
    let set =
        |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(|value| format!("{name}={value}"));
    match (set("WAYLAND_DISPLAY"), set("DISPLAY")) {
        (None, None) => Finding {
            verdict: Verdict::Missing,
            what,
            text: "none (neither WAYLAND_DISPLAY nor DISPLAY is set): `deep3d convert` works, `play` needs a desktop or --sink null".to_owned(),
        },
        (wayland, x11) => {
            let text = [wayland, x11].into_iter().flatten().collect::<Vec<_>>().join(", ");
            Finding { verdict: Verdict::Good, what, text }
        }
    }
}

/// Where the OpenXR loader looks for the active runtime (OpenXR loader specification, "OpenXR runtime discovery" on Linux).
fn runtime_manifests() -> Vec<PathBuf> {
    if let Some(path) = std::env::var_os("XR_RUNTIME_JSON").filter(|path| !path.is_empty()) {
        return vec![path.into()];
    }
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".config"));
    let configuration = std::env::var_os("XDG_CONFIG_HOME").filter(|path| !path.is_empty()).map(PathBuf::from).or(home);
    let system = ["/etc/xdg", "/etc", "/usr/local/etc"].map(PathBuf::from);
    configuration.into_iter().chain(system).map(|folder| folder.join("openxr/1/active_runtime.json")).collect()
}

fn openxr() -> Finding {
    let what = "OpenXR";
    let missing = |text: String| Finding { verdict: Verdict::Missing, what, text };
    let Some(manifest) = runtime_manifests().into_iter().find(|path| path.is_file()) else {
        return missing(
            "no runtime: for a headset install SteamVR, WiVRn or Monado and make it the active runtime".to_owned(),
        );
    };
    let shown = manifest.display();
    let read =
        whole::read(&manifest, 1 << 20).ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let Some(library) = read.as_ref().and_then(|json| json.pointer("/runtime/library_path")?.as_str()) else {
        return missing(format!("{shown} is no runtime manifest: install the runtime again"));
    };
    let name = read.as_ref().and_then(|json| json.pointer("/runtime/name")?.as_str()).unwrap_or("unnamed runtime");
    // A bare file name is looked up by the system's own linker; a path is relative to the manifest (which may be a link).
    let folder = manifest.canonicalize().ok().and_then(|path| path.parent().map(Path::to_path_buf)).unwrap_or_default();
    if library.contains('/') && !folder.join(library).is_file() {
        return missing(format!("{shown} names {library}, which is not there: install the runtime again"));
    }
    Finding { verdict: Verdict::Good, what, text: format!("{name} ({shown})") }
}
