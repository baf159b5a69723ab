//! How servers are spoken to, as mpv names it.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How servers are spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteOptions {
    /// A server must prove who it is where the address says https, tls or rtsps.
    pub tls_verify: bool,
    /// Certificates in PEM that are trusted besides the system's.
    pub tls_ca_file: Option<PathBuf>,
    /// What the program calls itself.
    pub user_agent: Option<String>,
    /// The page that leads to the film.
    pub referrer: Option<String>,
    /// Further header fields of HTTP.
    pub header_fields: Vec<HeaderField>,
    /// How long a server may send nothing before it is given up.
    pub timeout: Duration,
    /// Which of the variants of a film in HLS is chosen.
    pub hls_bitrate: HlsBitrate,
    /// How the film in a page is looked for; not at all where not given.
    pub page: Option<PageOptions>,
}

/// How the film in a page is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOptions {
    /// yt-dlp, or a program that answers like it.
    pub program: PathBuf,
    /// Which format is asked for, as yt-dlp writes it.
    pub format: String,
}

impl PageOptions {
    /// The best format that has picture and sound in one.
    #[cfg(feature = "media")]
    pub(super) const IN_ONE: &str = "best/bestvideo";
}

impl Default for PageOptions {
    /// The best picture and the best sound, wherever they lie: mpv's choice.
    fn default() -> Self {
        Self { program: "yt-dlp".into(), format: "bestvideo+bestaudio/best".to_owned() }
    }
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            tls_verify: true,
            tls_ca_file: None,
            user_agent: None,
            referrer: None,
            header_fields: Vec::new(),
            timeout: Duration::from_secs(60),
            hls_bitrate: HlsBitrate::default(),
            page: None,
        }
    }
}

/// `Name: value` in a request, in printable characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderField(pub(super) String);

impl FromStr for HeaderField {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.split_once(':').map_or("", |(name, _)| name);
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let sound = !name.is_empty() && name.bytes().all(token) && !text.chars().any(char::is_control);
        sound.then(|| Self(text.to_owned())).ok_or_else(|| format!("'{text}' is no header field: write 'Name: value'"))
    }
}

/// Which of the variants of a film is chosen, by the bits that they take a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HlsBitrate {
    /// The one with the least.
    Min,
    /// The one with the most.
    #[default]
    Max,
    /// The one with the most up to this, or the least where all have more.
    AtMost(u64),
}

impl FromStr for HlsBitrate {
    type Err = String;

    /// `min`, `max`, or bits a second.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "min" => Ok(Self::Min),
            "max" => Ok(Self::Max),
            number => number
                .parse()
                .map(Self::AtMost)
                .map_err(|_| format!("'{number}' is no bit rate: write min, max, or bits a second (3000000)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bit_rates_are_written_in_bits_a_second() {
        assert_eq!("3000000".parse(), Ok(HlsBitrate::AtMost(3_000_000)));
        assert_eq!("min".parse(), Ok(HlsBitrate::Min));
        assert!("3M".parse::<HlsBitrate>().is_err());
    }

    #[test]
    fn a_header_field_is_one_line_with_a_name() {
        assert!("X-Token: abc def".parse::<HeaderField>().is_ok());
        for wrong in ["", "abc", ": x", "A B: x", "A: x\r\nB: y", "Ä: x"] {
            assert!(wrong.parse::<HeaderField>().is_err(), "{wrong:?}");
        }
    }
}
