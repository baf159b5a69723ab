//! Films in HLS whose sounds are renditions of their own: all are listed, the one that plays is read, and another one comes while the pictures go on.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/heard.rs"]
mod heard;
#[path = "common/nginx.rs"]
mod nginx;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deep3d::film::{Film, FilmOptions, Origin, Pace, SubtitleOptions};
use deep3d::gpu::{Gpu, GpuOptions, Headless};
use deep3d::location::Location;
use deep3d::media::subtitle::Fonts;
use deep3d::media::{SoundChoice, Source, SourceOptions, StopFlag, TrackChoice, TrackKind, TrackOptions};
use deep3d::net::Weights;
use deep3d::overlay::Area;
use deep3d::sink::Action;
use deep3d::time::Time;
use ffmpeg::ffmpeg;
use heard::{RATE, Room, noise, raw};
use nginx::Nginx;

const LENGTH: f64 = 20.0;

/// A server of pictures and of the noises of the seeds 1 to 3 in three languages, each in a list of pieces of its own.
fn serve() -> Nginx {
    let nginx = Nginx::start();
    let folder = tempfile::tempdir().unwrap();
    let sounds = [1, 2, 3].map(|seed| raw(folder.path(), &format!("noise{seed}"), &noise(seed, LENGTH)));
    let sounds = sounds.map(|path| format!("-f s16le -ar 48000 -ac 2 -i {}", path.display())).join(" ");
    let pieces = nginx.root().join("piece-%v-%d.ts");
    let map = "v:0,agroup:a a:0,agroup:a,language:eng,name:en,default:yes a:1,agroup:a,language:ger,name:de \
               a:2,agroup:a,language:fre,name:fr";
    // The map is one word with spaces in it.
    let mut run = std::process::Command::new("ffmpeg");
    run.args(["-nostdin", "-v", "error", "-y"]);
    let before = format!("-f lavfi -i testsrc=s=160x96:r=25:d={LENGTH} {sounds} -map 0:v -map 1:a -map 2:a -map 3:a");
    let coding = "-c:v libx264 -preset ultrafast -g 25 -bf 0 -c:a mp2 -b:a 192k -f hls -hls_time 1 -hls_list_size 0";
    run.args(before.split_whitespace()).args(coding.split_whitespace());
    run.args(["-master_pl_name", "film.m3u8", "-var_stream_map", map, "-hls_segment_filename"]);
    assert!(run.arg(pieces).arg(nginx.root().join("list-%v.m3u8")).status().unwrap().success());
    nginx
}

/// What FFmpeg makes of that rendition.
fn decoded(nginx: &Nginx, name: &str) -> Vec<[i16; 2]> {
    let mut run = std::process::Command::new("ffmpeg");
    run.args(["-nostdin", "-v", "error", "-i"]).arg(nginx.root().join(format!("list-{name}.m3u8")));
    let samples = run.args(["-f", "s16le", "-"]).output().unwrap().stdout;
    samples.chunks_exact(4).map(|b| [i16::from_le_bytes([b[0], b[1]]), i16::from_le_bytes([b[2], b[3]])]).collect()
}

/// The numbers of the pieces of a rendition that were asked for.
fn asked(nginx: &Nginx, name: &str) -> Vec<u32> {
    let piece = |line: &String| {
        let (_, rest) = line.split_once(&format!("/piece-{name}-"))?;
        rest.split('.').next()?.parse().ok()
    };
    nginx.asked().iter().filter_map(piece).collect()
}

#[test]
fn another_rendition_is_heard_where_the_first_one_was_and_pictures_go_on() {
    let nginx = serve();
    let mut room = Room::new(&[PathBuf::from(nginx.url("film.m3u8"))]);
    room.play_to(2.0);
    let tracks = room.player.tracks();
    let sounds: Vec<_> = tracks.iter().filter(|track| track.kind == TrackKind::Audio).map(|t| t.describe()).collect();
    let told = ["English", "German", "French"].iter().enumerate();
    let told: Vec<_> = told.map(|(at, language)| format!("{language}, audio_{}, mp2 stereo", at + 1)).collect();
    assert_eq!((sounds, room.player.playing(TrackKind::Audio)), (told, Some(1)));
    let switched = room.heard().len();
    room.act(Action::CycleTrack(TrackKind::Audio, 1));
    let said = room.player.message(Instant::now()).unwrap().text;
    assert_eq!(said, "audio track 2 of 3: German, audio_2, mp2 stereo");
    let [first, second] = ["en", "de"].map(|name| decoded(&nginx, name));
    let until = Instant::now() + Duration::from_secs(20);
    let there = loop {
        room.play(0.1);
        if let Some(found) = heard::find(&room.heard()[switched..], &second) {
            break found;
        }
        assert!(Instant::now() < until, "it is never heard");
    };
    // Each lies where it belongs, and the first one is heard until the other is there.
    let heard = room.heard();
    let begun = heard::find(&heard[..switched], &first).expect("the first one is heard");
    let off = (there.place + switched as i64 - there.source as i64) - (begun.place - begun.source as i64);
    assert!(off.abs() < RATE / 50, "the second one lies {off} frames off");
    let silent = heard[switched..switched + there.place as usize].iter().rev().take_while(|frame| frame[0] == 0.0);
    let silent = silent.count();
    assert!(silent < RATE as usize / 3, "{silent} frames of silence before it");
    room.assert_even(0.25);
    // It goes along, forward and back.
    for to in [14.0, 5.0] {
        let sought = room.heard().len();
        room.act(Action::SeekTo(Time::from_seconds(to)));
        room.play_to(to + 0.6);
        let near = ((to - 0.5) * RATE as f64) as usize;
        let found = heard::find(&room.heard()[sought..], &second[near..near + RATE as usize]).expect("it is heard");
        let at = (near + found.source) as f64 / RATE as f64;
        // It lies a little beside the pictures, as coded.
        assert!((at - to).abs() < 0.05, "it goes on at {at} instead of {to}");
    }
    // The first one is at hand still, and what nobody has chosen was looked at alone.
    let back = room.heard().len();
    room.act(Action::SetTrack(TrackKind::Audio, Some(1)));
    room.play(0.6);
    assert!(heard::find(&room.heard()[back..], &first).is_some_and(|found| found.place < RATE / 2));
    assert!(asked(&nginx, "de").len() > 5 && asked(&nginx, "fr").iter().all(|piece| *piece < 2));
}

#[test]
fn the_rendition_in_the_language_that_is_wanted_is_the_one_that_is_read() {
    let nginx = serve();
    let wanted = TrackOptions { audio_languages: "de".parse().unwrap(), ..TrackOptions::default() };
    let options = SourceOptions { sound: SoundChoice::Best, wanted, ..SourceOptions::default() };
    let mut source = Source::open(nginx.url("film.m3u8").as_str(), &options).unwrap();
    assert_eq!(source.take_sound().map(|sound| sound.number()), Some(2));
    while source.next().unwrap().is_some() {}
    assert!(asked(&nginx, "de").contains(&19) && asked(&nginx, "0").contains(&19));
    for spared in ["en", "fr"] {
        assert!(asked(&nginx, spared).iter().all(|piece| *piece < 2), "{spared}: {:?}", asked(&nginx, spared));
    }
    let tracks = source.audio_tracks().unwrap();
    assert_eq!([1, 2, 3].map(|number| tracks.is_closed(number)), [true, false, true]);
}

#[test]
fn each_sound_of_a_file_or_a_stream_beside_a_film_can_be_chosen() {
    let nginx = serve();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let sounds = [4, 5].map(|seed| raw(folder.path(), &format!("noise{seed}"), &noise(seed, LENGTH)));
    let [first, second] = sounds.map(|path| format!("-f s16le -ar 48000 -ac 2 -i {}", path.display()));
    let picture = format!("-f lavfi -i testsrc=s=160x96:r=25:d={LENGTH} -c:v libx264 -preset ultrafast");
    ffmpeg(&picture, &at("film.mkv"));
    ffmpeg(&format!("{first} {second} -map 0 -map 1 -c:a flac"), &at("two.mka"));
    let audio_files = vec![Location::of(nginx.url("film.m3u8")), Location::of(at("two.mka"))];
    // The German one, which is not the one that is opened to look at them.
    let wanted = TrackOptions { audio: TrackChoice::Number(2), audio_files, ..TrackOptions::default() };
    let mut room = Room::with(&[at("film.mkv")], |film, _| film.wanted = wanted);
    room.play_to(1.0);
    assert_eq!(room.player.tracks().iter().filter(|track| track.kind == TrackKind::Audio).count(), 5);
    assert!(heard::find(&room.heard(), &decoded(&nginx, "de")).is_some(), "the German one is heard from the beginning");
    for (number, sound) in
        [(3, decoded(&nginx, "fr")), (5, noise(5, LENGTH)), (4, noise(4, LENGTH)), (1, decoded(&nginx, "en"))]
    {
        let switched = room.heard().len();
        room.act(Action::SetTrack(TrackKind::Audio, Some(number)));
        let until = Instant::now() + Duration::from_secs(20);
        let found = loop {
            room.play(0.1);
            if let Some(found) = heard::find(&room.heard()[switched..], &sound) {
                break found.source as f64 / RATE as f64;
            }
            assert!(Instant::now() < until, "sound {number} is never heard");
        };
        let position = room.player.position(Instant::now()).seconds();
        assert!((position - 1.0..position + 0.1).contains(&found), "sound {number}: {found} is heard at {position}");
    }
}

#[test]
fn of_a_variant_that_is_not_shown_no_more_than_its_beginning_is_read() {
    let nginx = Nginx::start();
    let map = "v:0,a:0,name:high v:1,a:1,name:low";
    let mut run = std::process::Command::new("ffmpeg");
    run.args(["-nostdin", "-v", "error", "-y"]);
    let before = "-f lavfi -i testsrc2=s=320x180:r=25:d=10 -f lavfi -i sine=d=10 -map 0:v -map 1:a -map 0:v -map 1:a";
    let coding =
        "-c:v libx264 -preset ultrafast -g 25 -b:v:0 900k -b:v:1 200k -s:v:1 160x90 -c:a aac -f hls -hls_time 1";
    run.args(before.split_whitespace()).args(coding.split_whitespace());
    run.args(["-hls_list_size", "0", "-master_pl_name", "film.m3u8", "-var_stream_map", map, "-hls_segment_filename"]);
    run.arg(nginx.root().join("piece-%v-%d.ts")).arg(nginx.root().join("list-%v.m3u8"));
    assert!(run.status().unwrap().success());
    let options = SourceOptions { sound: SoundChoice::Best, ..SourceOptions::default() };
    let mut source = Source::open(nginx.url("film.m3u8").as_str(), &options).unwrap();
    assert_eq!((source.info().size, source.take_sound().map(|sound| sound.number())), ([320, 180], Some(1)));
    while source.next().unwrap().is_some() {}
    assert!(asked(&nginx, "high").contains(&9));
    assert!(asked(&nginx, "low").iter().all(|piece| *piece < 2), "{:?}", asked(&nginx, "low"));
}

/// A server of pictures of 10 s whose clock begins at 1.4 s, with subtitles in lists of 40 pieces of 5 s: `de` in film time, `en` in pieces whose times begin
/// anew in each and belong to the pictures' clock, `fr` that are not there.
fn serve_subtitles() -> Nginx {
    let nginx = Nginx::start();
    let coding = "-c:v libx264 -preset ultrafast -g 25 -f hls -hls_time 1 -hls_list_size 0";
    ffmpeg(&format!("-f lavfi -i testsrc=s=160x96:r=25:d=10 {coding}"), &nginx.root().join("picture.m3u8"));
    let mut master = "#EXTM3U\n".to_owned();
    for (language, default) in [("de", "YES"), ("en", "NO"), ("fr", "NO")] {
        master += &format!(
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"In {language}\",LANGUAGE=\"{language}\",DEFAULT={default},URI=\"subs/{language}.m3u8\"\n"
        );
    }
    master += "#EXT-X-STREAM-INF:BANDWIDTH=100000,SUBTITLES=\"s\"\npicture.m3u8\n";
    std::fs::write(nginx.root().join("film.m3u8"), master).unwrap();
    let folder = nginx.root().join("subs");
    std::fs::create_dir(&folder).unwrap();
    for language in ["de", "en"] {
        let mut list = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n".to_owned();
        for number in 0..40 {
            list += &format!("#EXTINF:5,\n{language}-{number}.vtt\n");
            let begins = 5 * number;
            let piece = match language {
                "de" => format!("WEBVTT\n\n{}.000 --> {}.000\nZeile {number}\n", clock(begins + 1), clock(begins + 2)),
                _ => {
                    // Past the end of the clock's 33 bits it is the same.
                    let ticks = (1_u64 << 33) * (number % 2) + (begins + 3) * 90_000 + 126_000;
                    let map = format!("X-TIMESTAMP-MAP=MPEGTS:{ticks},LOCAL:00:00:10.000");
                    format!(
                        "WEBVTT\n{map}\n\nSTYLE\n::cue {{ color: red }}\n\n00:10.000 --> 00:11.000\nLine {number}\n"
                    )
                }
            };
            std::fs::write(folder.join(format!("{language}-{number}.vtt")), piece).unwrap();
        }
        std::fs::write(folder.join(format!("{language}.m3u8")), list + "#EXT-X-ENDLIST\n").unwrap();
    }
    nginx
}

fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// The numbers of the pieces of subtitles that were asked for, in their order.
fn subtitles_asked(nginx: &Nginx, language: &str) -> Vec<u32> {
    let piece = |line: &String| line.split_once(&format!("/subs/{language}-"))?.1.split('.').next()?.parse().ok();
    nginx.asked().iter().filter_map(piece).collect()
}

#[test]
fn subtitles_of_a_playlist_of_their_own_come_where_they_are_wanted() {
    let nginx = serve_subtitles();
    let options = SourceOptions { subtitles: true, ..SourceOptions::default() };
    let mut source = Source::open(nginx.url("film.m3u8").as_str(), &options).unwrap();
    assert!(source.info().start_offset > Time::from_seconds(1.3));
    let streamed = source.take_renditions().unwrap().open().unwrap();
    let told: Vec<_> = streamed.tracks.iter().map(|track| (track.describe(), track.default)).collect();
    let expected =
        [("German, In de, webvtt", true), ("English, In en, webvtt", false), ("French, In fr, webvtt", false)];
    assert_eq!(told, expected.map(|(words, default)| (words.to_owned(), default)));
    let fonts = Fonts::default();
    let mut tracks = [(); 3].map(|()| streamed.track(&fonts, [160, 96], "film").unwrap());
    // From the film's end on, and back: what is seen there comes first, and nothing twice.
    for (index, at) in [(0, 101.5), (1, 43.5), (1, 3.5), (2, 1.0)] {
        let at = Time::from_seconds(at);
        streamed.want([index].into_iter(), at);
        streamed.wait(index, at);
        let mut spans = Vec::new();
        while let Some((of, packet)) = streamed.take() {
            spans.extend(tracks[of].take(&packet).filter(|_| of == index));
        }
        let is_there = spans.iter().any(|(from, to)| *from <= at && at < *to);
        assert_eq!(is_there, index != 2, "{index}: {spans:?}");
        for (from, _) in spans {
            let wanted = [1.0, 3.0][index];
            assert!((from.seconds().rem_euclid(5.0) - wanted).abs() < 0.002, "{index}: {from}");
        }
    }
    drop(streamed);
    let german = subtitles_asked(&nginx, "de");
    assert!(german[0] == 20 && german.len() < 10, "{german:?}");
    let english = subtitles_asked(&nginx, "en");
    assert!(english[0] == 8 && english.len() < 20, "{english:?}");
    let unique: std::collections::BTreeSet<_> = english.iter().collect();
    assert_eq!(unique.len(), english.len(), "{english:?}");
}

#[test]
fn another_subtitle_rendition_is_shown_while_the_film_goes_on() {
    let nginx = serve_subtitles();
    let gpu =
        Gpu::new(&Headless, &GpuOptions { cache: Some(env!("CARGO_TARGET_TMPDIR").into()), ..GpuOptions::default() });
    let gpu = gpu.unwrap();
    let options = FilmOptions {
        pace: Pace::Live,
        network_area: 64 * 64,
        subtitles: Some(SubtitleOptions::default()),
        ..FilmOptions::default()
    };
    let origin = Origin::Network(Arc::new(Weights::built_in().unwrap()));
    let url = nginx.url("film.m3u8");
    let film = Film::open(&gpu, origin, url.as_str(), &options, StopFlag::default()).unwrap();
    let subtitles = film.subtitles().unwrap();
    let area = Area { size: [320, 180], aspect: 16.0 / 9.0 };
    // Who looks asks again, as each picture does.
    let shows = |at: f64, wanted: bool| {
        let until = Instant::now() + Duration::from_secs(20);
        while subtitles.wait(Time::from_seconds(at), area).bitmaps.is_empty() == wanted {
            assert!(Instant::now() < until, "at {at}: {wanted} is not seen");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    shows(6.5, true);
    shows(8.5, false);
    assert_eq!((subtitles.shown(), subtitles.tracks().len()), (Some(1), 3));
    assert!(subtitles_asked(&nginx, "en").is_empty());
    assert!(subtitles.choose(Some(2)));
    shows(8.5, true);
    shows(6.5, false);
    // One that cannot be had is nothing, and the film goes on.
    assert!(subtitles.choose(Some(3)));
    shows(8.5, false);
    assert!(subtitles.choose(Some(1)));
    shows(6.5, true);
    drop(film);
    // They are listed and chosen as other tracks are.
    let mut room = Room::with(&[PathBuf::from(nginx.url("film.m3u8"))], |film, _| film.subtitles = options.subtitles);
    room.play_to(0.3);
    let tracks = room.player.tracks();
    assert_eq!(tracks.iter().filter(|track| track.kind == TrackKind::Subtitle).count(), 3);
    room.act(Action::CycleTrack(TrackKind::Subtitle, 1));
    assert_eq!(room.player.playing(TrackKind::Subtitle), Some(2));
}
