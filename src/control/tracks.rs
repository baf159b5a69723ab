//! The tracks in words, for a reader.

use super::Status;
use crate::media::{TrackInfo, TrackKind};

/// A line for each: whether it plays, the option that chooses it, and its description.
pub(super) fn shown(status: &Status) -> String {
    status.tracks.iter().map(|track| line(track, status)).collect::<Vec<_>>().join("\n")
}

fn line(track: &TrackInfo, status: &Status) -> String {
    let mark = if status.playing(track.kind) == Some(track.number) { "●" } else { "○" };
    let (kind, option) = match track.kind {
        TrackKind::Video => ("Video", "vid"),
        TrackKind::Audio => ("Audio", "aid"),
        TrackKind::Subtitle => ("Subs", "sid"),
    };
    format!("{mark} {kind} --{option}={}: {}", track.number, track.describe())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_track_has_a_line() {
        let track = |kind, number| TrackInfo {
            kind,
            number,
            stream: 0,
            outside: None,
            language: None,
            title: Some("A".to_owned()),
            codec: "aac".to_owned(),
            shape: None,
            default: false,
            forced: false,
            impaired: false,
            cover: false,
        };
        let tracks = vec![track(TrackKind::Video, 1), track(TrackKind::Audio, 1), track(TrackKind::Audio, 2)];
        let status = Status { tracks: tracks.into(), playing: [Some(1), Some(2), None], ..Status::default() };
        let described = status.tracks[0].describe();
        assert!(described.contains("aac"), "{described}");
        let told = format!("● Video --vid=1: {described}\n○ Audio --aid=1: {described}\n● Audio --aid=2: {described}");
        assert_eq!(shown(&status), told);
    }
}
