//! What can be wrong with a film or picture that is read. Each text is one sentence with the cure, for the user.

use std::ffi::c_char;
use std::io;
use std::path::Path;

use ffmpeg_next::ffi;

use super::version::text;

/// Why a film or picture cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// Nothing of this name.
    #[error("{0}: there is no such file; check the spelling and the folder")]
    NotFound(String),
    /// A folder.
    #[error("{0}: this is a folder; give a film or a picture inside it")]
    Directory(String),
    /// Not readable for this user.
    #[error("{0}: permission denied; make the file readable for you (chmod +r)")]
    Permission(String),
    /// The file system refuses.
    #[error("{location}: cannot be read ({reason}); check the disk or copy the file again")]
    Unreadable {
        /// The file.
        location: String,
        /// What the system says.
        reason: String,
    },
    /// No bytes.
    #[error("{0}: the file is empty; copy or download it again")]
    Empty(String),
    /// Plain text, whatever its name says.
    #[error("{0}: this is text, not a film or a picture; check that it is the right file")]
    Text(String),
    /// No container or picture format that is known.
    #[error(
        "{0}: this is no film or picture that FFmpeg knows, or it is damaged from the start; check that it is the right file"
    )]
    Unknown(String),
    /// Begins well, but what stands at the end is missing.
    #[error("{0}: the file is cut short (its index, which stands at the end, is missing); copy or download it again")]
    Truncated(String),
    /// A picture that cannot be decoded.
    #[error("{location}: the picture is damaged or cut short ({reason}); copy or download it again")]
    DamagedPicture {
        /// The file.
        location: String,
        /// What the decoder says.
        reason: String,
    },
    /// Sound only, or nothing at all.
    #[error("{location}: there is no video track in it ({tracks}); give a film or a picture")]
    NoVideo {
        /// The file.
        location: String,
        /// What there is instead.
        tracks: String,
    },
    /// Sound was all that was wanted.
    #[error("{0}: there is no sound in it: name a file with sound")]
    NoSound(String),
    /// No decoder in this build of FFmpeg.
    #[error(
        "{location}: its video is '{codec}', which this FFmpeg ({ffmpeg}) cannot decode; convert it, or install a fuller FFmpeg"
    )]
    UnsupportedCodec {
        /// The file.
        location: String,
        /// FFmpeg's name of the coding.
        codec: String,
        /// FFmpeg's version.
        ffmpeg: String,
    },
    /// A picture in a layout that cannot be shown.
    #[error(
        "{location}: pictures of the kind '{format}' cannot be read; convert the file, for instance to jpg or to H.264"
    )]
    UnsupportedFormat {
        /// The file.
        location: String,
        /// The kind.
        format: String,
    },
    /// A video track, but nothing comes out of it.
    #[error("{0}: not one picture of its video track can be decoded; the file is damaged: copy or download it again")]
    NoPictures(String),
    /// A decoder that takes no sample of it, by its own word because of sizes or numbers that it may not have.
    #[error(
        "{0}: not one picture can be decoded: they claim to be larger than they may be, or make no sense; make them smaller first, allow more with --max-memory, or check the file"
    )]
    Refused(String),
    /// Beyond the limits that guard against files made to fill the memory.
    #[error("{location}: {width}×{height} is too large (at most {limit}×{limit}); make it smaller first")]
    TooLarge {
        /// The file.
        location: String,
        /// Width in samples.
        width: u32,
        /// Height in samples.
        height: u32,
        /// The largest side allowed.
        limit: u32,
    },
    /// The system gave no thread.
    #[error("{location}: no thread could be started to read it ({reason}); close other programs")]
    Thread {
        /// The film.
        location: String,
        /// What the system says.
        reason: String,
    },
    /// A pipe whose tracks are not interleaved.
    #[error(
        "{0}: its sound and its pictures lie too far apart to be read in one go; interleave them first (ffmpeg -i IN -c copy OUT.mkv)"
    )]
    TooFarApart(String),
    /// One picture would take more memory than is allowed.
    #[error(
        "{location}: a picture of {width}×{height} takes {} MiB of memory, more than the {} MiB that one may take; make it smaller first, or allow more with --max-memory",
        .needed.div_ceil(1 << 20), .most >> 20
    )]
    Memory {
        /// The file or URL.
        location: String,
        /// Width in samples.
        width: u32,
        /// Height in samples.
        height: u32,
        /// Bytes that it would take, with all copies.
        needed: u64,
        /// Bytes that are allowed.
        most: u64,
    },
    /// The other end does not answer as it should.
    #[error("{location}: {reason}; check the address and the network, then try again")]
    Network {
        /// The URL.
        location: String,
        /// What went wrong.
        reason: String,
    },
    /// A page whose film is not found.
    #[error("{location}: {reason}")]
    Page {
        /// The page's URL.
        location: String,
        /// Why not, and the cure.
        reason: String,
    },
    /// The server does not prove who it is.
    #[error(
        "{location}: the server's certificate is not trusted ({reason}): it may not be who it says it is; name its authority with --tls-ca-file FILE, or trust it all the same with --tls-verify no"
    )]
    Certificate {
        /// The URL.
        location: String,
        /// What FFmpeg says.
        reason: String,
    },
    /// An address of a kind that is not read.
    #[error("{0}: addresses of this kind are not read; http, https, rtsp, rtsps, rtp, udp, tcp and tls are")]
    Address(String),
    /// A file that names what is not beside it.
    #[error(
        "{location}: it names {named}, and a file may only name files in its own folder; give that file or address itself"
    )]
    Outside {
        /// The file.
        location: String,
        /// What it names.
        named: String,
    },
    /// An address that names what is none.
    #[error("{location}: it names {named}, and what comes over the network may only name addresses; do not trust it")]
    LeadsAway {
        /// The URL.
        location: String,
        /// What it names.
        named: String,
    },
    /// A playlist without end.
    #[error("{0}: its playlists name one another or more than any film has; give one that names a film's parts")]
    Endless(String),
    /// A list of files for FFmpeg.
    #[error("{0}: this is a list of files for FFmpeg; give the files one by one, or join them with ffmpeg first")]
    List(String),
    /// A DASH manifest or an SDP description in a file.
    #[error("{0}: this file (DASH or SDP) names addresses, which a file may not; give its own address (https://…)")]
    Manifest(String),
    /// An MP4 whose index comes last, from where one cannot go back.
    #[error(
        "{0}: its index (moov) stands at the end, and one cannot go back here; save it as a file first, or write it with ffmpeg's -movflags +faststart"
    )]
    IndexBehind(String),
    /// Somebody's keyboard.
    #[error("{0}: this is a terminal, not a film; give a file's name, or a film by < or |")]
    Terminal(String),
    /// The source cannot go to another place.
    #[error("{0}: this source cannot be searched (a live stream, or a server without ranges); play it from the start")]
    CannotSeek(String),
    /// A start counted from the end of something whose length is unknown, or at a chapter that it has not.
    #[error("{0}: its length is unknown, or it has no such chapter: give the time from the start")]
    UnknownPlace(String),
    /// Stopped by [`StopFlag`](super::StopFlag): nothing is wrong.
    #[error("stopped")]
    Stopped,
    /// Interrupted by [`StopFlag::interrupt`](super::StopFlag::interrupt): nothing is wrong.
    #[error("interrupted")]
    Interrupted,
    /// Anything else from FFmpeg.
    #[error("{location}: {action} failed ({reason}); check the file, or try another FFmpeg")]
    Ffmpeg {
        /// The file or URL.
        location: String,
        /// What was being done.
        action: &'static str,
        /// What FFmpeg says.
        reason: String,
    },
}

impl MediaError {
    /// What the file system's answer means for `path`.
    pub(super) fn from_io(path: &Path, error: &io::Error) -> Self {
        let location = path.display().to_string();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound(location),
            io::ErrorKind::PermissionDenied => Self::Permission(location),
            io::ErrorKind::IsADirectory => Self::Directory(location),
            _ => Self::Unreadable { location, reason: error.to_string() },
        }
    }
}

/// FFmpeg's words for a negative return code.
pub(super) fn reason(code: i32) -> String {
    let spoken = match code {
        ffi::AVERROR_HTTP_BAD_REQUEST => Some("the server calls it a bad request (400)"),
        ffi::AVERROR_HTTP_UNAUTHORIZED => Some("the server wants a user name and password (401)"),
        ffi::AVERROR_HTTP_FORBIDDEN => Some("the server forbids access (403)"),
        ffi::AVERROR_HTTP_NOT_FOUND => Some("the server has nothing at this address (404)"),
        ffi::AVERROR_HTTP_OTHER_4XX => Some("the server refuses (4xx)"),
        ffi::AVERROR_HTTP_SERVER_ERROR => Some("the server has an error (5xx)"),
        ffi::AVERROR_PROTOCOL_NOT_FOUND => Some("this FFmpeg does not know the protocol"),
        _ => None,
    };
    spoken.map_or_else(|| ffmpegs_words(code), str::to_owned)
}

fn ffmpegs_words(code: i32) -> String {
    let mut buffer = [0 as c_char; ffi::AV_ERROR_MAX_STRING_SIZE];
    // SAFETY: the buffer is as long as said; FFmpeg ends the text with a zero also for codes that it does not know.
    unsafe { ffi::av_strerror(code, buffer.as_mut_ptr(), buffer.len()) };
    text(buffer.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_systems_answers_get_their_own_texts() {
        let path = Path::new("film.mkv");
        let made = |kind: io::ErrorKind| MediaError::from_io(path, &io::Error::from(kind)).to_string();
        assert!(made(io::ErrorKind::NotFound).contains("no such file"));
        assert!(made(io::ErrorKind::PermissionDenied).contains("chmod"));
        assert!(made(io::ErrorKind::IsADirectory).contains("folder"));
        assert!(made(io::ErrorKind::TimedOut).contains("copy the file again"));
    }

    #[test]
    fn the_servers_answers_are_put_in_words() {
        assert!(reason(ffi::AVERROR_HTTP_NOT_FOUND).contains("404"));
        assert!(!reason(ffi::AVERROR_INVALIDDATA).is_empty());
    }
}
