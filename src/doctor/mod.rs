//! `deep3d doctor`: what this machine has, what is missing, and the cure. Starts nothing: no session, no window, no device.

#[cfg(feature = "media")]
mod films;
#[cfg(not(feature = "media"))]
#[path = "without.rs"]
mod films;

use std::fmt::Write as _;

use ash::vk;

use crate::gpu;

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
    findings.extend(films::findings());
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
                        "{index}: {} ({}), Vulkan {}, driver {}, {}, {}",
                        facts.name,
                        kind(facts.kind),
                        facts.api,
                        facts.driver,
                        queue(facts.network_queue),
                        display(facts.present_wait)
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

fn queue(of_its_own: bool) -> &'static str {
    if of_its_own { "a queue of its own for the network" } else { "one queue for pictures and network" }
}

fn display(tells: bool) -> &'static str {
    if tells { "tells when a picture is seen" } else { "does not tell when a picture is seen" }
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
