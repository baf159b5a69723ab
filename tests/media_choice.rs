//! The tracks of a film, listed, and those that are chosen among them: by number, by language, by what their makers mean, as mpv does it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;

use std::path::{Path, PathBuf};
use std::time::Duration;

use deep3d::media::{SoundChoice, SoundRead, Source, SourceOptions, TrackChoice, TrackInfo, TrackKind, TrackOptions};

/// Two sizes of pictures, three sounds of 300, 600 and 900 Hz, the last of which is the default, and a cover.
fn film(folder: &Path) -> PathBuf {
    let path = folder.join("film.mkv");
    let cover = folder.join("cover.png");
    ffmpeg::ffmpeg("-f lavfi -i color=red:s=64x64:d=0.04 -frames:v 1", &cover);
    let arguments = format!(
        "-f lavfi -i testsrc2=s=320x180:r=25:d=4 -f lavfi -i testsrc2=s=192x108:r=25:d=4 \
         -f lavfi -i sine=f=300:r=48000:d=4 -f lavfi -i sine=f=600:r=48000:d=4 -f lavfi -i sine=f=900:r=44100:d=4 \
         -map 0:v -map 1:v -map 2:a -map 3:a -map 4:a -c:v libx264 -preset ultrafast -g 25 -c:a:0 aac -c:a:1 ac3 \
         -ac:a:1 6 -c:a:2 flac -metadata:s:a:0 language=eng -metadata:s:a:1 language=ger -metadata:s:a:1 \
         title=Kommentar -metadata:s:a:2 language=fre -disposition:v:0 default -disposition:v:1 0 -disposition:a:0 0 \
         -disposition:a:1 0 -disposition:a:2 default -attach {} -metadata:s:t mimetype=image/png",
        cover.display()
    );
    ffmpeg::ffmpeg(&arguments, &path);
    path
}

fn open(path: &Path, wanted: TrackOptions) -> Source {
    Source::open(path, &SourceOptions { sound: SoundChoice::Best, wanted, ..Default::default() }).unwrap()
}

/// FFmpeg's name of the coding of the sound that plays.
fn heard(path: &Path, wanted: TrackOptions) -> Option<String> {
    let mut sound = open(path, wanted).take_sound()?;
    let name = sound.parameters().id().name().to_owned();
    assert!(!matches!(sound.next(Duration::from_secs(5)), SoundRead::Yet));
    Some(name)
}

#[test]
fn all_tracks_are_listed_with_what_is_known_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(&film(folder.path()), TrackOptions::default());
    let told = |track: &TrackInfo| (track.kind, track.number, track.describe(), track.default, track.cover);
    let tracks: Vec<_> = source.info().tracks.iter().map(told).collect();
    let track = |kind, number, text: &str, default, cover| (kind, number, text.to_owned(), default, cover);
    assert_eq!(
        tracks,
        [
            track(TrackKind::Video, 1, "h264 320×180", true, false),
            track(TrackKind::Video, 2, "h264 192×108", false, false),
            track(TrackKind::Audio, 1, "English, aac mono", false, false),
            track(TrackKind::Audio, 2, "German, Kommentar, ac3 5.1(side)", false, false),
            track(TrackKind::Audio, 3, "French, flac mono", true, false),
            track(TrackKind::Video, 3, "png 64×64, cover", false, true),
        ]
    );
}

#[test]
fn a_track_is_chosen_by_number_by_language_and_by_what_its_makers_mean() {
    let folder = tempfile::tempdir().unwrap();
    let film = film(folder.path());
    let audio = |audio| heard(&film, TrackOptions { audio, ..TrackOptions::default() });
    assert_eq!(audio(TrackChoice::Auto).as_deref(), Some("flac"));
    assert_eq!(audio(TrackChoice::Number(2)).as_deref(), Some("ac3"));
    assert_eq!((audio(TrackChoice::No), audio(TrackChoice::Number(4))), (None, None));
    let language =
        |text: &str| heard(&film, TrackOptions { audio_languages: text.parse().unwrap(), ..TrackOptions::default() });
    assert_eq!(language("jpn,de-DE,en").as_deref(), Some("ac3"));
    assert_eq!((language("eng").as_deref(), language("jpn").as_deref()), (Some("aac"), Some("flac")));
    let size = |video| {
        let mut source = open(&film, TrackOptions { video, ..TrackOptions::default() });
        let first = source.next().unwrap().unwrap();
        assert_eq!(first.data.shape.size, source.info().size);
        source.info().size
    };
    assert_eq!((size(TrackChoice::Auto), size(TrackChoice::Number(2))), ([320, 180], [192, 108]));
    // A cover is no film, and there is no fourth.
    assert_eq!((size(TrackChoice::Number(3)), size(TrackChoice::Number(4))), ([320, 180], [320, 180]));
}
