//! Tracks of different loudness, played equally loud.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/heard.rs"]
mod heard;

use deep3d::media::{ReplayGainMode, ReplayGainOptions, SoundChoice, Source, SourceOptions};
use heard::{Room, noise, raw};

#[test]
fn what_a_track_says_of_its_loudness_is_read_and_heard() {
    let folder = tempfile::tempdir().unwrap();
    let sound = raw(folder.path(), "noise", &noise(1, 3.0));
    let tags = "-metadata REPLAYGAIN_TRACK_GAIN=-6.02dB -metadata REPLAYGAIN_TRACK_PEAK=0.25 -metadata \
                REPLAYGAIN_ALBUM_GAIN=20dB";
    let path = folder.path().join("film.mkv");
    let arguments = format!(
        "-f lavfi -i testsrc=s=160x96:r=25:d=3 -f s16le -ar 48000 -ac 2 -i {} -c:v libx264 -preset ultrafast -c:a \
         pcm_s16le {tags}",
        sound.display()
    );
    ffmpeg::ffmpeg(&arguments, &path);
    let mut source = Source::open(&*path, &SourceOptions { sound: SoundChoice::Best, ..Default::default() }).unwrap();
    let told = source.take_sound().unwrap().replay_gain().expect("it says something");
    assert_eq!((told.track.decibels, told.track.peak, told.album.decibels), (-6.02, Some(0.25), 20.0));
    let loudness = |mode| {
        let mut room = Room::with(std::slice::from_ref(&path), |film, _| {
            film.replay_gain = ReplayGainOptions { mode, ..ReplayGainOptions::default() };
        });
        room.play_to(1.2);
        let heard = room.heard();
        let loud: Vec<f32> = heard.iter().map(|frame| frame[0].powi(2)).filter(|power| *power > 0.0).collect();
        // Without the first 0.1 s, in which it begins.
        let later = &loud[4800..];
        10.0 * (later.iter().sum::<f32>() / later.len() as f32).log10()
    };
    let [no, track, album] = [ReplayGainMode::No, ReplayGainMode::Track, ReplayGainMode::Album].map(loudness);
    assert!((track - no + 6.02).abs() < 0.2, "{no} and {track} dB");
    // The album's peak is not told: it is 1, and nothing gets louder than that.
    assert!((album - no).abs() < 0.2, "{no} and {album} dB");
}
