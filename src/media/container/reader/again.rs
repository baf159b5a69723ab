//! What is opened once more while it plays. A live stream that breaks off (a camera that starts anew, a cable that was drawn) is connected to again, as web servers
//! are elsewhere; HLS of MP4 pieces is opened anew for each place that is sought, since FFmpeg loses its way in them.

use std::time::{Duration, Instant};

use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;

use super::{OPEN_LIMIT, Reader, choose_streams};
use crate::media::error::MediaError;
use crate::media::memory::find_tracks;
use crate::media::open::{Patience, open_input};
use crate::media::reading::Memory;
use crate::time::Time;

/// A live stream that sends nothing for so long is connected to again.
pub(super) const SILENCE: Duration = Duration::from_secs(15);
/// The libavformat (8.0 of FFmpeg) that finds its way in HLS of MP4 pieces after it was sent elsewhere.
const FINDS_ITS_WAY: u32 = 62;
/// So much sooner it begins then: playlists round the lengths of pieces.
const EARLIER: Time = Time::from_nanoseconds(250_000_000);
/// After a stream was connected to again packets are passed over up to one from which decoding can begin, but not more than these.
pub(super) const MOST_PASSED: u32 = 2000;

impl Reader {
    /// Whether it can be connected to again: what comes as it happens, by a protocol that has connections.
    pub(super) fn can_connect_again(&self) -> bool {
        self.facts.name == "rtsp" && self.facts.duration.is_none()
    }

    /// Connects again, ever more slowly, as long as a server may be silent, and less than a quarter of a minute: `error` where that does not help. What comes then
    /// goes on in film time where it broke off.
    pub(super) fn connect_again(&mut self, error: MediaError) -> Result<(), MediaError> {
        tracing::warn!("{error}: connecting again");
        let until = Instant::now() + self.timeout;
        let mut patience = Patience::default();
        while let Some(wait) = patience.next() {
            self.watch.allow(None);
            if !self.watch.wait(wait) {
                return Err(self.watch.end().unwrap_or(MediaError::Stopped));
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.watch.allow(Some(OPEN_LIMIT.min(left)));
            if let Some(input) = self.open_again(None) {
                self.input = input;
                self.passed = self.facts.has_pictures.then_some(0);
                tracing::info!("{}: connected again", self.location);
                return Ok(());
            }
            if let Some(end) = self.watch.end() {
                return Err(end);
            }
        }
        Err(error)
    }

    /// Whether FFmpeg loses its place in it when it is sent elsewhere.
    pub(super) fn loses_its_place(&self) -> bool {
        // SAFETY: a number.
        let finds_its_way = unsafe { ffi::avformat_version() } >> 16 >= FINDS_ITS_WAY;
        !finds_its_way && self.watch.has_headers() && self.facts.name == "hls"
    }

    /// Opens it anew, without what comes before `film` time.
    pub(super) fn open_from(&mut self, film: Time) -> Result<(), MediaError> {
        self.watch.allow(self.location.is_remote().then_some(OPEN_LIMIT.min(self.timeout)));
        match self.open_again(Some((film - EARLIER).seconds().max(0.0))) {
            Some(input) => {
                self.input = input;
                Ok(())
            }
            None if self.watch.is_stopped() => Err(MediaError::Stopped),
            None if self.watch.is_interrupted() => Err(MediaError::Interrupted),
            None => Err(self.watch.verdict().unwrap_or_else(|| MediaError::CannotSeek(self.location.to_string()))),
        }
    }

    /// The same once more, from so many seconds on; none where it cannot be had, or has other tracks.
    fn open_again(&self, from: Option<f64>) -> Option<Input> {
        let mut input = open_input(&self.location, &self.watch, &self.remote, from).ok()?;
        choose_streams(&mut input, &self.wanted);
        // SAFETY: the context is open.
        let code = unsafe { find_tracks(input.as_mut_ptr(), Memory::default()) };
        (code >= 0 && kinds(&input) == kinds(&self.input)).then_some(input)
    }
}

/// Of each track what it is and how it is coded.
fn kinds(input: &Input) -> Vec<(ffi::AVMediaType, ffi::AVCodecID)> {
    let kind = |stream: ffmpeg_next::format::stream::Stream<'_>| {
        // SAFETY: the parameters belong to the open context.
        let parameters = unsafe { &*(*stream.as_ptr()).codecpar };
        (parameters.codec_type, parameters.codec_id)
    };
    input.streams().map(kind).collect()
}
