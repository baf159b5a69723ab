//! Options that several commands share, checked while they are read.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::film::LOOK_AHEAD;
#[cfg(feature = "media")]
use crate::frame::Gamut;
use crate::location::Location;
use crate::media::{Background, HeaderField, HlsBitrate, Memory, PageOptions, Reading, RemoteOptions};
use crate::net::{Network, Precision};
#[cfg(feature = "media")]
use crate::position::Position;
use crate::sink::Layout;
use crate::stage::comfort::{Convergence, Strength};
#[cfg(feature = "media")]
use crate::time::Time;

/// From a film to its picture: what playing, converting and measuring have in common.
#[derive(Debug, Clone, Args)]
pub struct SceneOptions {
    /// How the two eyes are arranged
    #[arg(long, default_value = "sbs", value_name = "LAYOUT")]
    pub layout: Layout,
    /// How much depth.
    #[command(flatten)]
    pub picture: PictureOptions,
    /// Which network, on which GPU.
    #[command(flatten)]
    pub network: NetworkOptions,
    /// What stands for the network.
    #[command(flatten)]
    pub kept: KeptOptions,
    /// How pictures are read.
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// How servers are spoken to.
    #[command(flatten)]
    pub remote: RemoteArguments,
    /// How far the threads run ahead.
    #[command(flatten)]
    pub queues: QueueOptions,
}

/// How pictures are read.
#[derive(Debug, Clone, Copy, Args)]
pub struct ReadingOptions {
    /// What shows where a picture is transparent: #rrggbb, black, white, grey, …
    #[arg(long, value_name = "COLOUR", default_value = "black")]
    pub background: Background,
    /// The most memory that one picture with all its copies may take; a film's decoder takes as many of them as its codec needs
    #[arg(long, value_name = "SIZE", default_value = "1G")]
    pub max_memory: Memory,
}

impl ReadingOptions {
    /// In sRGB.
    pub(super) fn reading(self) -> Reading {
        Reading { background: self.background, most_memory: self.max_memory, ..Reading::default() }
    }
}

/// How servers are spoken to.
#[derive(Debug, Clone, Args)]
pub struct RemoteArguments {
    /// Whether a server must prove who it is (https, tls, rtsps)
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no)]
    pub tls_verify: bool,
    /// A file of certificates (PEM) to trust besides the system's
    #[arg(long, value_name = "FILE")]
    pub tls_ca_file: Option<PathBuf>,
    /// What this program calls itself to web servers
    #[arg(long, value_name = "NAME")]
    pub user_agent: Option<String>,
    /// The page that leads to the film, for web servers that ask
    #[arg(long, value_name = "URL")]
    pub referrer: Option<String>,
    /// Further header fields for web servers, 'Name: value', separated by commas
    #[arg(long = "http-header-fields", value_name = "FIELDS", value_delimiter = ',')]
    pub header_fields: Vec<HeaderField>,
    /// How long a server may send nothing before it is given up
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = timeout)]
    pub network_timeout: Duration,
    /// Which variant of a film in HLS or DASH: min, max, or the best of at most so many bits a second
    #[arg(long, value_name = "min|max|RATE", default_value = "max")]
    pub hls_bitrate: HlsBitrate,
    /// Whether the film in a web page is looked for with yt-dlp, where that is installed
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no)]
    pub ytdl: bool,
    /// Which format is asked of yt-dlp; picture and sound may lie apart
    #[arg(long, value_name = "FORMAT", default_value_t = PageOptions::default().format)]
    pub ytdl_format: String,
    /// The program that is run as yt-dlp
    #[arg(long, value_name = "PROGRAM", default_value_os_t = PageOptions::default().program)]
    pub ytdl_path: PathBuf,
}

impl RemoteArguments {
    pub(super) fn options(&self) -> RemoteOptions {
        RemoteOptions {
            tls_verify: self.tls_verify,
            tls_ca_file: self.tls_ca_file.clone(),
            user_agent: self.user_agent.clone(),
            referrer: self.referrer.clone(),
            header_fields: self.header_fields.clone(),
            timeout: self.network_timeout,
            hls_bitrate: self.hls_bitrate,
            page: self.ytdl.then(|| PageOptions { program: self.ytdl_path.clone(), format: self.ytdl_format.clone() }),
        }
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("'{text}' is no number of seconds"))?;
    let allowed = (0.1..=86_400.0).contains(&seconds);
    if allowed { Ok(Duration::from_secs_f64(seconds)) } else { Err("it is from 0.1 to 86400 seconds".to_owned()) }
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("'{other}' is neither yes nor no")),
    }
}

/// How much depth, and for whom.
#[derive(Debug, Clone, Args)]
pub struct PictureOptions {
    /// How much depth: auto as each shot asks for; soft, film, strong; or the parallax a shot spans, in % of the picture's width
    #[arg(long, default_value = "auto", value_name = "auto|soft|film|strong|PERCENT", value_parser = strength)]
    pub strength: Strength,
    /// What lies on the screen plane: auto what is looked at, 0 the farthest, 1 the nearest
    #[arg(long, default_value = "auto", value_name = "auto|0..1", value_parser = convergence)]
    pub convergence: Convergence,
    /// Exchange the eyes
    #[arg(long)]
    pub swap_eyes: bool,
    /// Width of the picture where it is watched, in metres: parallax never makes the eyes diverge
    #[arg(long, default_value_t = 1.0, value_name = "METRES", value_parser = metres)]
    pub screen_width: f32,
    /// From how far it is watched, in metres; 1.5 times its width where not given
    #[arg(long, value_name = "METRES", value_parser = metres)]
    pub screen_distance: Option<f32>,
    /// Which eye sees the source: none of them (half the shift for each) or the left one
    #[arg(long, value_enum)]
    pub source_eye: Option<SourceEye>,
    /// How the other eye is made; selection belongs to deep3d-2016 and is its default
    #[arg(long, value_enum)]
    pub render: Option<Render>,
}

/// Whose picture is the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceEye {
    /// Half the shift to each eye
    Centre,
    /// The left eye sees the source as it is
    Left,
}

/// How pictures for the eyes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Render {
    /// Moving pixels by the disparity, holes filled from behind
    Warp,
    /// The original's sum over all planes
    Selection,
}

/// Which network, with which weights, on which GPU.
#[derive(Debug, Clone, Args)]
pub struct NetworkOptions {
    /// The network; without it the one that the weights belong to
    #[arg(long, value_name = "deep3d|deep3d-2016", value_parser = network)]
    pub network: Option<Network>,
    /// A weights file (.safetensors) instead of the built-in weights
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Pixels that the network sees, as WxH or a count: its sides are made to fit the film
    #[arg(long, value_name = "WxH", value_parser = area, default_value = "384x160")]
    pub network_size: u32,
    /// How the network's numbers are stored; auto is half precision on a GPU that has it
    #[arg(long, value_name = "auto|single|half", default_value = "auto")]
    pub precision: Precision,
    /// The GPU: a number from `deep3d doctor` or part of its name
    #[arg(long, value_name = "GPU")]
    pub gpu: Option<String>,
}

/// Depth that was made before.
#[derive(Debug, Clone, Args)]
pub struct KeptOptions {
    /// A film of depth to use instead of the network: what --save-depth wrote, or one made by hand (docs/depth.md)
    #[arg(long, value_name = "FILE", value_parser = location(), conflicts_with_all = ["weights", "network", "raw"])]
    pub depth: Option<Location>,
    /// Use it although the film's pictures (or, of one made by hand, the length) are others
    #[arg(long, requires = "depth")]
    pub depth_anyway: bool,
}

/// How far the threads run ahead of each other.
#[derive(Debug, Clone, Copy, Args)]
pub struct QueueOptions {
    /// Decoded pictures that may wait for the network
    #[arg(long, default_value_t = 4, value_name = "FRAMES", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub decode_ahead: u8,
    /// Frames after it that each frame's depth is made with, for steadiness and to find cuts (0 for live streams)
    #[arg(long, default_value_t = LOOK_AHEAD as u8, value_name = "FRAMES", value_parser = clap::value_parser!(u8).range(0..=8))]
    pub look_ahead: u8,
    /// Take each frame's depth as the network gives it, unfiltered over time: to compare
    #[arg(long)]
    pub raw: bool,
    /// Finished scenes that may wait to be shown
    #[arg(long, default_value_t = 3, value_name = "FRAMES", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub scene_ahead: u8,
}

/// What may be opened: a file's name of any bytes, an address, or `-`.
pub(super) fn location() -> impl TypedValueParser<Value = Location> {
    OsStringValueParser::new().map(Location::of)
}

pub(super) fn number(text: &str, range: std::ops::RangeInclusive<f32>, what: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    if range.contains(&value) { Ok(value) } else { Err(format!("{what} is from {} to {}", range.start(), range.end())) }
}

fn strength(text: &str) -> Result<Strength, String> {
    Ok(match text {
        "auto" => Strength::Auto,
        "soft" => Strength::SOFT,
        "film" => Strength::FILM,
        "strong" => Strength::STRONG,
        _ => {
            let what = "strength is auto, soft, film or strong; as a number, in percent of the width, it";
            Strength::Percent(number(text.strip_suffix('%').unwrap_or(text), 0.0..=5.0, what)?)
        }
    })
}

fn convergence(text: &str) -> Result<Convergence, String> {
    match text {
        "auto" => Ok(Convergence::Auto),
        _ => Ok(Convergence::At(number(text, 0.0..=1.0, "convergence is auto; as a number it")?)),
    }
}

fn metres(text: &str) -> Result<f32, String> {
    number(text, 0.05..=100.0, "it, in metres,")
}

/// A length of time, written as places are.
#[cfg(feature = "media")]
pub(super) fn length(text: &str) -> Result<Time, String> {
    match text.parse() {
        Ok(Position::FromStart(length)) if length > Time::ZERO => Ok(length),
        _ => Err(format!("'{text}' is no length: write seconds (90.5), mm:ss or hh:mm:ss")),
    }
}

fn network(text: &str) -> Result<Network, String> {
    [Network::Deep3d, Network::Deep3d2016]
        .into_iter()
        .find(|network| network.name() == text)
        .ok_or_else(|| format!("there is no network '{text}': deep3d or deep3d-2016"))
}

/// `--gamut`.
#[cfg(feature = "media")]
pub(super) fn gamut(text: &str) -> Result<Gamut, String> {
    match text {
        "srgb" => Ok(Gamut::Srgb),
        "display-p3" => Ok(Gamut::DisplayP3),
        _ => Err(format!("there is no gamut '{text}': srgb or display-p3")),
    }
}

/// `WxH`.
pub(super) fn size(text: &str) -> Result<[u32; 2], String> {
    let wrong = || format!("'{text}' is no size: write 1920x1080");
    let (width, height) = text.split_once(['x', '×']).ok_or_else(wrong)?;
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (16..=16384).contains(side)).ok_or_else(wrong);
    Ok([side(width)?, side(height)?])
}

/// `WxH` or a count of pixels.
fn area(text: &str) -> Result<u32, String> {
    let area = match text.parse::<u32>() {
        Ok(area) => area,
        Err(_) => size(text).map(|[width, height]| width.saturating_mul(height))?,
    };
    if (64 * 64..=2048 * 2048).contains(&area) {
        Ok(area)
    } else {
        Err("the network sees between 64x64 and 2048x2048 pixels".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_of_their_range_are_refused() {
        assert_eq!(strength("1.5%"), Ok(Strength::Percent(1.5)));
        assert_eq!((strength("auto"), strength("film")), (Ok(Strength::Auto), Ok(Strength::FILM)));
        assert!(["-1", "nan", "9", "much"].into_iter().all(|wrong| strength(wrong).is_err()));
        assert_eq!((convergence("auto"), convergence("1")), (Ok(Convergence::Auto), Ok(Convergence::At(1.0))));
        assert!(convergence("1.1").is_err() && metres("0").is_err());
        assert_eq!(size("640x360"), Ok([640, 360]));
        assert!(size("640").is_err() && size("0x9").is_err() && size("99999x9").is_err());
        assert_eq!(area("384x160"), Ok(61440));
        assert_eq!(area("61440"), Ok(61440));
        assert!(area("1").is_err());
    }
}
