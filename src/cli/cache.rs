//! How much of a film is read ahead and kept.

use clap::Args;

use super::options::yes_or_no;
use crate::media::{CacheOptions, Memory};
use crate::player::{CachePause, LiveDelay};
use crate::time::Time;

/// How much of a film is read ahead and kept, as mpv's options say it.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct CacheArguments {
    /// How far to read ahead; 1 second of files and, over a network, as much as --demuxer-max-bytes allows, unless said
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    cache_secs: Option<Time>,
    /// The most memory that what is read ahead may take
    #[arg(long, value_name = "SIZE", default_value = "150MiB")]
    demuxer_max_bytes: Memory,
    /// The most memory for what was seen and is kept, so that seeking back reads nothing; 0 keeps nothing
    #[arg(long, value_name = "SIZE", default_value = "50MiB", value_parser = memory_or_none)]
    demuxer_max_back_bytes: Memory,
    /// Whether to pause where a film comes more slowly than it is watched
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no)]
    cache_pause: bool,
    /// How much has to be at hand before it then goes on
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "1")]
    cache_pause_wait: Time,
    /// Whether a live stream's delay is kept as it was at first, or grows with each stall
    #[arg(long, value_enum, default_value = "hold")]
    pub(super) live_delay: LiveDelay,
}

impl CacheArguments {
    pub(super) fn options(self) -> CacheOptions {
        CacheOptions { seconds: self.cache_secs, ahead: self.demuxer_max_bytes, behind: self.demuxer_max_back_bytes }
    }

    pub(super) fn pause(self) -> CachePause {
        CachePause { pause: self.cache_pause, wait: self.cache_pause_wait }
    }
}

fn seconds(text: &str) -> Result<Time, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("'{text}' is no number of seconds"))?;
    let allowed = (0.0..=1e6).contains(&seconds);
    if allowed { Ok(Time::from_seconds(seconds)) } else { Err("it is from 0 to 1000000 seconds".to_owned()) }
}

fn memory_or_none(text: &str) -> Result<Memory, String> {
    if text == "0" { Ok(Memory(0)) } else { text.parse() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_sizes_are_checked() {
        assert_eq!(seconds("2.5"), Ok(Time::from_seconds(2.5)));
        assert_eq!((memory_or_none("0"), memory_or_none("50MiB")), (Ok(Memory(0)), Ok(Memory(50 << 20))));
        assert!(["-1", "nan", "much", "1e9"].into_iter().all(|wrong| seconds(wrong).is_err()));
        assert!(memory_or_none("1").is_err());
    }
}
