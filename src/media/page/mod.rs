//! Pages that show a film: where the film itself is, yt-dlp knows, where it is installed.
//!
//! The program is run directly, never by a shell; the page's address stands behind `--`, and what it answers is checked before it is believed.

mod answer;
mod program;

use std::sync::Arc;

use super::error::MediaError;
use super::remote_options::{PageOptions, RemoteOptions};
use super::stop::StopFlag;
use answer::{Answer, Part};

/// Asks for the film itself without looking at the address first: `ytdl://https://…`, as in mpv.
const PREFIX: &str = "ytdl://";

/// The page that `url` asks about explicitly.
pub(super) fn named(url: &str) -> Option<&str> {
    let (scheme, page) = url.split_at_checked(PREFIX.len())?;
    scheme.eq_ignore_ascii_case(PREFIX).then_some(page)
}

/// A film in a page.
pub(super) struct Found {
    pub(super) film: Address,
    /// Its sound, where that lies elsewhere.
    pub(super) sound: Option<Address>,
}

/// An address, and how its server is spoken to.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) url: String,
    pub(super) remote: Arc<RemoteOptions>,
}

/// Looks for the film in the page at `url`. Takes as long as the program does, a minute at most; `stop` ends that.
pub(super) fn find(
    url: &str,
    page: &PageOptions,
    remote: &RemoteOptions,
    stop: &StopFlag,
) -> Result<Found, MediaError> {
    let fail = |reason: String| MediaError::Page { location: url.to_owned(), reason };
    let output = program::ask(url, page, stop).map_err(|failure| match failure {
        program::Failure::Stopped => MediaError::Stopped,
        other => fail(other.to_string()),
    })?;
    let Answer { film, sound } = Answer::read(&output).map_err(fail)?;
    tracing::debug!("the film is at {}, its sound at {:?}", film.url, sound.as_ref().map(|sound| &sound.url));
    // The program knows what these servers want to hear.
    let address = |Part { url, header_fields }| Address {
        url,
        remote: Arc::new(RemoteOptions { header_fields, page: None, ..remote.clone() }),
    };
    Ok(Found { film: address(film), sound: sound.map(address) })
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_page_is_asked_about_by_its_own_scheme() {
        assert_eq!(named("ytdl://https://example.org/watch?v=1"), Some("https://example.org/watch?v=1"));
        assert_eq!(named("YTDL://abc"), Some("abc"));
        assert!(named("https://example.org").is_none() && named("yt").is_none());
    }
}
