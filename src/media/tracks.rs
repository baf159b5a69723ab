//! The tracks of a film as a viewer chooses among them: what is known of each, and which one is wanted.

use std::str::FromStr;

use super::language::{Languages, language_name};
use crate::location::Location;

/// What a track is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Subtitles.
    Subtitle,
}

/// One track of a film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackInfo {
    /// What it is for.
    pub kind: TrackKind,
    /// Its number among those of its kind, counted from 1 as mpv counts them.
    pub number: u32,
    /// Which stream of its container it is.
    pub stream: usize,
    /// The file beside the film that it comes from; none where it is the film's own.
    pub outside: Option<String>,
    /// Its language, as the container writes it.
    pub language: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// FFmpeg's name of its coding (`aac`).
    pub codec: String,
    /// Its channels (`stereo`, `5.1`), or its size in samples (`1920×1080`).
    pub shape: Option<String>,
    /// The film's makers mean it to be taken where nobody chooses.
    pub default: bool,
    /// It has to be seen whatever is chosen: what is said in a foreign language.
    pub forced: bool,
    /// For who hears or sees badly: sounds told in words, pictures told aloud.
    pub impaired: bool,
    /// A picture that belongs to the film and not a film.
    pub cover: bool,
}

impl TrackInfo {
    /// It in a few words: language, title, coding, channels or size.
    pub fn describe(&self) -> String {
        let Self { language, title, codec, shape, outside, .. } = self;
        let language = language.as_deref().map(language_name);
        let coding = [Some(codec.as_str()), shape.as_deref()];
        let coding = coding.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let title = title.clone().or_else(|| outside.clone());
        let words = [language, title, Some(coding), self.cover.then(|| "cover".to_owned())];
        words.into_iter().flatten().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// Which track of a kind is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TrackChoice {
    /// The one that suits best.
    #[default]
    Auto,
    /// None.
    No,
    /// The one of this number.
    Number(u32),
}

impl FromStr for TrackChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Self::Auto),
            ("no", _) | (_, Ok(0)) => Ok(Self::No),
            (_, Ok(number)) => Ok(Self::Number(number)),
            (_, Err(_)) => Err(format!("'{text}' is no track: write its number, auto or no")),
        }
    }
}

/// Which tracks are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrackOptions {
    /// Which pictures.
    pub video: TrackChoice,
    /// Which sound.
    pub audio: TrackChoice,
    /// In which languages sound is wanted.
    pub audio_languages: Languages,
    /// Files with sound for it, which goes before its own.
    pub audio_files: Vec<Location>,
}

impl TrackOptions {
    /// The audio track among `tracks` that is wanted.
    pub fn audio<'a>(&self, tracks: &'a [TrackInfo]) -> Option<&'a TrackInfo> {
        let mut tracks = tracks.iter().filter(|track| track.kind == TrackKind::Audio);
        match self.audio {
            TrackChoice::No => None,
            TrackChoice::Number(number) => tracks.find(|track| track.number == number),
            TrackChoice::Auto => best_track(tracks, &self.audio_languages, &Languages::of_system()),
        }
    }
}

impl TrackOptions {
    /// The numbers of the audio tracks among `tracks` that do not go along where a film is written: all but the one that is chosen, if one is.
    pub fn left_out(&self, tracks: &[TrackInfo]) -> Vec<u32> {
        if self.audio == TrackChoice::Auto && self.audio_languages.is_empty() {
            return Vec::new();
        }
        let kept = self.audio(tracks).map(|track| track.number);
        let sounds = tracks.iter().filter(|track| track.kind == TrackKind::Audio);
        sounds.map(|track| track.number).filter(|number| Some(*number) != kept).collect()
    }
}

/// Which of the tracks of one kind suits best where nobody has said a number: as in mpv one from a file beside the film, one in a language that was asked
/// for, one that is marked as the default, one in the system's language, one for everybody, one that is no
/// cover, the first.
pub fn best_track<'a>(
    tracks: impl IntoIterator<Item = &'a TrackInfo>,
    asked: &Languages,
    system: &Languages,
) -> Option<&'a TrackInfo> {
    let worth = |track: &&TrackInfo| {
        let language = track.language.as_deref();
        let (asked, system) = (asked.rank(language), if asked.is_empty() { system.rank(language) } else { 0 });
        // FFmpeg knows nothing of a sound that it has not found.
        let known = track.kind != TrackKind::Audio || track.shape.is_some();
        (
            known,
            track.outside.is_some(),
            asked,
            track.default,
            system,
            !track.impaired,
            !track.cover,
            std::cmp::Reverse(track.number),
        )
    };
    tracks.into_iter().max_by_key(worth)
}

/// Which subtitle track is shown where nobody has said a number, as in mpv: one from a file beside the film, one in a language that was asked for, one that
/// is marked as the default, one that has to be seen in the system's language. Often none.
pub fn best_subtitle<'a>(
    tracks: impl IntoIterator<Item = &'a TrackInfo>,
    asked: &Languages,
    system: &Languages,
) -> Option<&'a TrackInfo> {
    let is_wanted = |track: &&TrackInfo| {
        let language = track.language.as_deref();
        let told = track.forced && (language.is_none() || system.rank(language) > 0);
        track.outside.is_some() || asked.rank(language) > 0 || track.default || told
    };
    best_track(tracks.into_iter().filter(is_wanted), asked, system)
}

/// The track after the one of that number (or before, where `step` is negative) among those of `kind` that are no covers; none beyond the last, and
/// the first again after none.
pub fn next_track(tracks: &[TrackInfo], kind: TrackKind, now: Option<u32>, step: i32) -> Option<&TrackInfo> {
    let all: Vec<&TrackInfo> = tracks.iter().filter(|track| track.kind == kind && !track.cover).collect();
    let place = now.and_then(|now| all.iter().position(|track| track.number == now));
    let places = all.len() + 1;
    // The last place is that of none.
    let from = place.unwrap_or(all.len()) as i64;
    let to = (from + i64::from(step)).rem_euclid(places as i64);
    usize::try_from(to).ok().and_then(|to| all.get(to).copied())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn track(kind: TrackKind, number: u32, language: &str) -> TrackInfo {
        TrackInfo {
            kind,
            number,
            stream: number as usize,
            outside: None,
            language: Some(language.to_owned()).filter(|language| !language.is_empty()),
            title: None,
            codec: "aac".to_owned(),
            shape: Some("stereo".to_owned()),
            default: false,
            forced: false,
            impaired: false,
            cover: false,
        }
    }

    #[test]
    fn the_best_track_is_mpvs() {
        let audio = |number, language| track(TrackKind::Audio, number, language);
        let mut tracks = vec![audio(1, "eng"), audio(2, "ger"), audio(3, "fre"), audio(4, "")];
        let chosen = |tracks: &[TrackInfo], asked: &str, system: &str| {
            best_track(tracks, &asked.parse().unwrap(), &system.parse().unwrap()).map(|track| track.number)
        };
        assert_eq!(chosen(&[], "", ""), None);
        assert_eq!((chosen(&tracks, "", ""), chosen(&tracks, "jpn", "")), (Some(1), Some(1)));
        assert_eq!((chosen(&tracks, "fr,de", ""), chosen(&tracks, "", "de-DE")), (Some(3), Some(2)));
        tracks[2].default = true;
        assert_eq!(chosen(&tracks, "", "de"), Some(3), "what its makers mean goes before the system");
        assert_eq!((chosen(&tracks, "de", ""), chosen(&tracks, "jpn", "de")), (Some(2), Some(3)));
        tracks[3].outside = Some("comment.mka".to_owned());
        assert_eq!(chosen(&tracks, "de", ""), Some(4), "who names a file wants to hear it");
    }

    #[test]
    fn subtitles_are_shown_where_somebody_means_them() {
        let subtitle = |number, language| track(TrackKind::Subtitle, number, language);
        let mut tracks = vec![subtitle(1, "eng"), subtitle(2, "ger"), subtitle(3, "fre")];
        let chosen = |tracks: &[TrackInfo], asked: &str| {
            best_subtitle(tracks, &asked.parse().unwrap(), &"de".parse().unwrap()).map(|track| track.number)
        };
        assert_eq!((chosen(&tracks, ""), chosen(&tracks, "fr"), chosen(&tracks, "jpn")), (None, Some(3), None));
        (tracks[0].forced, tracks[1].forced) = (true, true);
        assert_eq!(chosen(&tracks, ""), Some(2), "of those that have to be seen that in the viewer's language");
        tracks[2].default = true;
        assert_eq!((chosen(&tracks, ""), chosen(&tracks, "en")), (Some(3), Some(1)));
        tracks[0].outside = Some("a.srt".to_owned());
        assert_eq!(chosen(&tracks, "fr"), Some(1));
    }

    #[test]
    fn tracks_are_gone_through_in_a_circle_with_none_in_it() {
        let mut tracks: Vec<_> = (1..=3).map(|number| track(TrackKind::Video, number, "")).collect();
        tracks.push(track(TrackKind::Audio, 1, ""));
        tracks[1].cover = true;
        let next = |kind, now, step| next_track(&tracks, kind, now, step).map(|track| track.number);
        let video = TrackKind::Video;
        assert_eq!([next(video, Some(1), 1), next(video, Some(3), 1), next(video, None, 1)], [Some(3), None, Some(1)]);
        assert_eq!([next(video, Some(1), -1), next(video, None, -1)], [None, Some(3)]);
        assert_eq!(next(TrackKind::Audio, Some(1), 1), None);
        assert_eq!(next(TrackKind::Subtitle, None, 1), None);
    }

    #[test]
    fn a_track_is_told_in_a_few_words() {
        let mut track = track(TrackKind::Audio, 1, "ger");
        assert_eq!(track.describe(), "German, aac stereo");
        (track.title, track.shape) = (Some("Director".to_owned()), None);
        assert_eq!(track.describe(), "German, Director, aac");
        assert_eq!(
            ["auto", "no", "0", "3"].map(str::parse),
            [Ok(TrackChoice::Auto), Ok(TrackChoice::No), Ok(TrackChoice::No), Ok(TrackChoice::Number(3))]
        );
        assert!("-1".parse::<TrackChoice>().is_err());
    }
}
