//! What a process uses, as Linux and the program itself tell it.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

/// One column of the figures.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// Fails the run if it grows; the others explain those.
    pub(crate) counts: bool,
}

/// What is measured. `heaps` is that part of `rss` which lies in the heaps of malloc: the first one and the arenas of the threads.
pub(crate) const MEASURES: [Measure; 6] = [
    Measure { name: "rss", unit: "MiB", counts: true },
    Measure { name: "pss", unit: "MiB", counts: true },
    Measure { name: "heaps", unit: "MiB", counts: false },
    Measure { name: "gpu", unit: "MiB", counts: true },
    Measure { name: "descriptors", unit: "", counts: true },
    Measure { name: "threads", unit: "", counts: true },
];

/// One row of them.
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    pub(crate) values: [f64; MEASURES.len()],
}

/// glibc's arenas begin at multiples of this.
const ARENA: u64 = 64 << 20;

impl Sample {
    /// Of process `id`, whose log holds what it uses of the GPU's memory.
    pub(crate) fn take(id: u32, time: Duration, log: &Path) -> io::Result<Self> {
        let process = Path::new("/proc").join(id.to_string());
        let status = fs::read_to_string(process.join("status"))?;
        let maps = fs::read_to_string(process.join("smaps"))?;
        let mebibytes = |kibibytes: f64| kibibytes / 1024.0;
        let values = [
            mebibytes(number(&status, "VmRSS:")),
            mebibytes(maps.lines().filter_map(|line| value(line, "Pss:")).sum()),
            mebibytes(heaps(&maps)),
            gpu_memory(log)? / f64::from(1 << 20),
            fs::read_dir(process.join("fd"))?.count() as f64,
            number(&status, "Threads:"),
        ];
        Ok(Self { seconds: time.as_secs_f64(), values })
    }

    /// As the table has it.
    pub(crate) fn line(&self) -> String {
        let values = self.values.map(|value| format!("{value:.2}"));
        format!("{:.1},{}", self.seconds, values.join(","))
    }
}

fn value(line: &str, name: &str) -> Option<f64> {
    line.strip_prefix(name)?.split_whitespace().next()?.parse().ok()
}

fn number(text: &str, name: &str) -> f64 {
    text.lines().find_map(|line| value(line, name)).unwrap_or(0.0)
}

/// KiB in memory of the first heap and of what begins where only an arena begins.
fn heaps(maps: &str) -> f64 {
    let (mut sum, mut inside) = (0.0, false);
    for line in maps.lines() {
        // 7f0000000000-7f0000021000 rw-p 00000000 00:00 0 [heap]
        let mut words = line.split_whitespace();
        let range = words.next().and_then(|word| word.split_once('-'));
        if let Some(start) = range.and_then(|(start, _)| u64::from_str_radix(start, 16).ok()) {
            let (rights, name) = (words.next().unwrap_or(""), words.nth(3));
            inside = name == Some("[heap]") || (name.is_none() && rights == "rw-p" && start.is_multiple_of(ARENA));
        } else if let (true, Some(rss)) = (inside, value(line, "Rss:")) {
            sum += rss;
        }
    }
    sum
}

/// Bytes in use by the last word on it in the log.
fn gpu_memory(log: &Path) -> io::Result<f64> {
    let mut file = fs::File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(1 << 16)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let end = String::from_utf8_lossy(&end);
    let last =
        end.lines().rev().find_map(|line| line.rsplit_once("GPU memory in use: ")?.1.split(' ').next()?.parse().ok());
    Ok(last.unwrap_or(0.0))
}
