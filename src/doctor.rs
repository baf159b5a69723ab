//! `deep3d doctor`: what this machine has, what is missing, and the cure. Starts nothing: no session, no window, no device.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ash::vk;

use crate::gpu;
use crate::media;

/// One line of the report.
struct Finding {
    /// Whether films can be played without it.
    verdict: Verdict,
    what: &'static str,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Something does less without it.
    Missing,
    /// Nothing plays without it.
    Fatal,
}

/// The report, and whether films can be played here.
pub struct Report {
    /// Lines for stdout.
    pub text: String,
    /// Nothing essential is missing.
    pub healthy: bool,
}

/// Looks at everything.
pub fn examine() -> Report {
    let mut findings = gpus();
    findings.extend(ffmpeg());
    findings.push(display());
    findings.push(openxr());
    let mut text = String::new();
    for finding in &findings {
        let mark = match finding.verdict {
            Verdict::Good => "ok     ",
            Verdict::Missing => "missing",
            Verdict::Fatal => "FATAL  ",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{mark}  {:<10} {}", finding.what, finding.text);
    }
    Report { text, healthy: findings.iter().all(|finding| finding.verdict != Verdict::Fatal) }
}

fn gpus() -> Vec<Finding> {
    let what = "GPU";
    match gpu::list() {
        Err(error) => vec![Finding { verdict: Verdict::Fatal, what, text: error.to_string() }],
        Ok(list) if list.is_empty() => {
            vec![Finding { verdict: Verdict::Fatal, what, text: gpu::GpuError::NoDevice.to_string() }]
        }
        Ok(list) => {
            let only_software = list.iter().all(|facts| facts.is_cpu);
            let mut findings: Vec<_> = list
                .iter()
                .enumerate()
                .map(|(index, facts)| Finding {
                    verdict: Verdict::Good,
                    what,
                    text: format!(
                        "{index}: {} ({}), Vulkan {}, driver {}",
                        facts.name,
                        kind(facts.kind),
                        facts.api,
                        facts.driver
                    ),
                })
                .collect();
            if only_software {
                let text = "only the CPU does Vulkan's work here: films will not play at full rate; install your GPU's Vulkan driver";
                findings.push(Finding { verdict: Verdict::Missing, what, text: text.to_owned() });
            }
            findings
        }
    }
}

fn kind(kind: vk::PhysicalDeviceType) -> &'static str {
    match kind {
        vk::PhysicalDeviceType::DISCRETE_GPU => "discrete",
        vk::PhysicalDeviceType::INTEGRATED_GPU => "integrated",
        vk::PhysicalDeviceType::VIRTUAL_GPU => "virtual",
        vk::PhysicalDeviceType::CPU => "CPU",
        _ => "other",
    }
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
    let read = std::fs::read(&manifest).ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
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
