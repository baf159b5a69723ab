//! Subtitle files beside a film: read whole, their encoding found, taken apart by FFmpeg.

use std::fs;
use std::io;
use std::path::Path;

use ffmpeg_next::packet::Packet;

use super::demuxer::{Demuxed, Demuxer};
use super::encoding::{Codepage, decoded};
use super::fonts::Fonts;
use super::track::Track;
use crate::media::{MediaError, StopFlag, init};
use crate::time::Time;
use crate::whole;

/// A file is no larger, in bytes: a film's text has less than one million, its pictures some ten.
const MOST_BYTES: u64 = 100 << 20;
/// Packets of one file, as many as a track has lines at most.
const MOST_PACKETS: usize = 1_000_000;
/// Files that begin so are not text: pictures (PGS), Matroska.
const BINARY: [&[u8]; 2] = [b"PG", &[0x1A, 0x45, 0xDF, 0xA3]];
/// A file that begins so has the times of a DVD's pictures, which lie beside it.
const LIST: &[u8] = b"# VobSub index file";

/// Why a subtitle file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// It is not there, or may not be read.
    #[error("{file}: it cannot be read ({reason})")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        reason: io::Error,
    },
    /// What is in it is of no use without the file that lies beside it.
    #[error("{0}: its pictures are missing: the file of the same name with the ending .sub has to lie beside it")]
    NoPictures(String),
    /// Nothing in it is a subtitle.
    #[error("{0}: no subtitles were found in it: name a file in SRT, WebVTT, ASS or another form of subtitles")]
    Nothing(String),
    /// FFmpeg cannot decode what is in it.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// A track of a subtitle file, read.
pub struct Outside {
    /// FFmpeg's name of its coding.
    pub codec: String,
    /// The encoding that its text had.
    pub encoding: &'static str,
    /// The language that the file says it is in.
    pub language: Option<String>,
    /// What the file calls it.
    pub title: Option<String>,
    demuxed: Demuxed,
    packets: Vec<Packet>,
    location: String,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for Outside {}

impl Outside {
    /// The track, over a film whose pictures have the size `film`.
    ///
    /// # Errors
    /// This FFmpeg cannot decode it.
    pub fn track(self, fonts: &Fonts, film: [u32; 2]) -> Result<Track, MediaError> {
        let coded = (self.demuxed.parameters, self.demuxed.time_base);
        Ok(Track::of(coded, Time::ZERO, fonts, film, &self.location)?.with(self.packets))
    }
}

/// Reads a subtitle file: the tracks in it, one at least. Where `stop` is raised it ends early.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read(path: &Path, codepage: Codepage, stop: &StopFlag) -> Result<Vec<Outside>, OutsideError> {
    read_for(None, path, codepage, stop)
}

/// The same, of a film with so many pictures in so many seconds: times may be told in pictures.
///
/// # Errors
/// As [`read`]'s.
pub fn read_for(
    rate: Option<(u32, u32)>,
    path: &Path,
    codepage: Codepage,
    stop: &StopFlag,
) -> Result<Vec<Outside>, OutsideError> {
    init();
    let file = path.display().to_string();
    let unreadable = |reason| OutsideError::Unreadable { file: file.clone(), reason };
    let bytes = whole::read(path, MOST_BYTES).map_err(unreadable)?;
    let (demuxer, encoding) = if bytes.starts_with(LIST) {
        let pictures = path.with_extension("sub");
        let size = fs::metadata(&pictures).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len());
        match size {
            None => return Err(OutsideError::NoPictures(file)),
            Some(size) if size > MOST_BYTES => {
                let reason = format!("{} is larger than {MOST_BYTES} bytes", pictures.display());
                return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, reason)));
            }
            Some(_) => (Demuxer::open_pair(path, &pictures), "none"),
        }
    } else if BINARY.iter().any(|begin| bytes.starts_with(begin)) {
        (Demuxer::open(bytes, None, stop), "none")
    } else {
        let (text, encoding) = decoded(&bytes, codepage);
        // FFmpeg looks for text; what is in it beyond a zero is none.
        let text = without_styles(&text.replace('\0', "")).into_bytes();
        drop(bytes);
        (Demuxer::open(text, rate, stop), encoding)
    };
    let demuxer = demuxer.ok_or_else(|| OutsideError::Nothing(file.clone()))?;
    let tracks = take(demuxer, &file, encoding, stop);
    if tracks.is_empty() { Err(OutsideError::Nothing(file)) } else { Ok(tracks) }
}

/// Text without the blocks of WebVTT that say how it looks: older FFmpeg sees the end of the file there.
pub(super) fn without_styles(text: &str) -> String {
    let is_web = text.trim_start_matches('\u{feff}').starts_with("WEBVTT");
    let (mut kept, mut inside, mut before) = (String::with_capacity(text.len()), false, "");
    for line in text.split_inclusive('\n') {
        let begins = before.trim().is_empty() && ["STYLE", "REGION"].contains(&line.trim_end());
        inside = is_web && (begins || inside && !line.trim().is_empty());
        if !inside {
            kept.push_str(line);
        }
        before = line;
    }
    kept
}

/// The tracks that `demuxer` gives packets of.
fn take(mut demuxer: Demuxer, location: &str, encoding: &'static str, stop: &StopFlag) -> Vec<Outside> {
    let mut tracks: Vec<_> = demuxer.tracks().into_iter().map(|demuxed| (demuxed, Vec::new())).collect();
    let mut count = 0;
    while let Some(packet) = demuxer.next().filter(|_| !stop.is_stopped()) {
        if count >= MOST_PACKETS {
            tracing::warn!("{location}: only the first {MOST_PACKETS} subtitles are shown: it has too many");
            break;
        }
        if let Some((_, packets)) = tracks.iter_mut().find(|(track, _)| track.stream == packet.stream()) {
            packets.push(packet);
            count += 1;
        }
    }
    let tracks = tracks.into_iter().filter(|(_, packets): &(_, Vec<_>)| !packets.is_empty());
    let outside = |(demuxed, packets): (Demuxed, _)| Outside {
        codec: demuxed.codec.clone(),
        encoding,
        language: demuxed.language.clone(),
        title: demuxed.title.clone(),
        demuxed,
        packets,
        location: location.to_owned(),
    };
    tracks.map(outside).collect()
}
