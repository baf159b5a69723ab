//! Which subtitles are shown, two at once, a DVD's pair of files, and what becomes of the others when one is drawn into a file.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
#[path = "common/pgs.rs"]
mod pgs;
#[path = "common/program.rs"]
mod program;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use deep3d::media::StopFlag;
use deep3d::media::subtitle::{Codepage, Fonts, OutsideError, Renderer, Track, read, read_for};
use deep3d::overlay::{Area, Overlay};
use deep3d::subtitle::Settings;
use deep3d::time::Time;
use ffmpeg::ffmpeg;

const SIZE: [u32; 2] = [640, 360];
const AREA: Area = Area { size: SIZE, aspect: 640.0 / 360.0 };

fn tracks(path: &Path) -> Vec<Track> {
    let read = read(path, Codepage::Auto, &StopFlag::default()).unwrap();
    read.into_iter().map(|outside| outside.track(&Fonts::default(), SIZE).unwrap()).collect()
}

fn srt(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("1\n00:00:00,000 --> 00:00:09,000\n{text}\n")).unwrap();
    path
}

/// The middle of each bitmap, in parts of the height.
fn heights(overlay: &Overlay) -> Vec<f64> {
    let middle = |bitmap: &deep3d::overlay::Bitmap| f64::from(bitmap.at[1]) + f64::from(bitmap.size[1]) / 2.0;
    overlay.bitmaps.iter().map(|bitmap| middle(bitmap) / f64::from(SIZE[1])).collect()
}

#[test]
fn a_second_track_stands_at_the_upper_edge() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = tracks(&srt(folder.path(), "a.srt", "One")).remove(0);
    let mut second = tracks(&srt(folder.path(), "b.srt", "{\\an2}<i>Two</i>")).remove(0);
    let mut draw = |settings: &Settings| -> Arc<Overlay> {
        let shown = [Some(&mut first), Some(&mut second)];
        Renderer::default().draw(shown, Time::from_seconds(1.0), AREA, settings)
    };
    let both = heights(&draw(&Settings::default()));
    assert!(both.len() == 2 && both[0] > 0.8 && both[1] < 0.2, "{both:?}");
    let alone = heights(&draw(&Settings { visible: false, ..Settings::default() }));
    assert!(alone == [both[1]], "{alone:?}");
    let alone = heights(&draw(&Settings { second_visible: false, ..Settings::default() }));
    assert!(alone == [both[0]], "{alone:?}");
}

#[test]
fn times_are_multiplied_and_delayed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.srt");
    std::fs::write(&path, "1\n00:00:10,000 --> 00:00:20,000\nText\n").unwrap();
    let mut track = tracks(&path).remove(0);
    let settings = Settings { speed: 1.5, delay: Time::from_seconds(1.0), ..Settings::default() };
    let mut seen = |at: f64| {
        let drawn = Renderer::default().draw([Some(&mut track), None], Time::from_seconds(at), AREA, &settings);
        !drawn.bitmaps.is_empty()
    };
    assert_eq!([15.9, 16.1, 30.9, 31.1].map(&mut seen), [false, true, true, false]);
}

#[test]
fn times_told_in_pictures_are_those_of_the_film() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sub");
    let seen = |text: &str, rate| {
        std::fs::write(&path, text).unwrap();
        let read = read_for(rate, &path, Codepage::Auto, &StopFlag::default()).unwrap().remove(0);
        let mut track = read.track(&Fonts::default(), SIZE).unwrap();
        let mut seen = |at: f64| {
            let drawn =
                Renderer::default().draw([Some(&mut track), None], Time::from_seconds(at), AREA, &Settings::default());
            !drawn.bitmaps.is_empty()
        };
        [9.9, 10.1, 11.9, 12.1].map(&mut seen)
    };
    let line = "{500}{600}Text\n{2000}{2001}Later\n{3000}{3001}Last\n";
    assert_eq!(seen(line, Some((50, 1))), [false, true, true, false]);
    // The file says it itself.
    assert_eq!(seen(&format!("{{1}}{{1}}50\n{line}"), Some((25, 1))), [false, true, true, false]);
    assert_eq!(seen(line, None), [false; 4], "23.976 where nobody says it");
}

#[test]
fn a_small_gap_is_removed_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.srt");
    std::fs::write(&path, "1\n00:00:01,000 --> 00:00:02,000\nOne\n\n2\n00:00:02,200 --> 00:00:03,000\nTwo\n").unwrap();
    let mut track = tracks(&path).remove(0);
    let mut seen = |fix_timing: bool| {
        let settings = Settings { fix_timing, ..Settings::default() };
        let mut draw = |at: f64| {
            Renderer::default().draw([Some(&mut track), None], Time::from_seconds(at), AREA, &settings).bitmaps.clone()
        };
        let [one, gap, two] = [1.5, 2.1, 2.5].map(&mut draw);
        assert!(!one.is_empty() && one != two);
        (gap.is_empty(), gap == one)
    };
    assert_eq!((seen(false), seen(true)), ((true, false), (false, true)));
}

const LIST: &str = "# VobSub index file, v7 (do not modify this line!)\nsize: 640x360\npalette: 000000, ffffff, ff0000, 00ff00, 0000ff, 808080, 404040, c0c0c0, 000000, ffffff, ff0000, 00ff00, 0000ff, 808080, 404040, c0c0c0\n";

#[test]
fn a_dvds_pair_of_files_has_several_languages() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("a.sup"), pgs::pgs([640, 360], [220, 280], [200, 60])).unwrap();
    ffmpeg(&format!("-i {} -map 0 -map 0 -c:s dvdsub -s 640x360 -f vob", at("a.sup").display()), &at("film.sub"));
    // Where each picture begins: packs of 2048 bytes whose stream is told behind the second header.
    let bytes = std::fs::read(at("film.sub")).unwrap();
    let mut list = LIST.to_owned();
    for (number, language) in [(0, "en"), (1, "de")] {
        list += &format!("\nid: {language}, index: {number}\n");
        let begins = |pack: &&usize| {
            let pack = &bytes[**pack..];
            let head = pack.windows(4).position(|four| four == [0, 0, 1, 0xBD]).map(|at| &pack[at..]);
            head.is_some_and(|head| head[7] & 0x80 != 0 && head[9 + usize::from(head[8])] == 0x20 + number)
        };
        let packs: Vec<usize> = (0..bytes.len()).step_by(2048).collect();
        for (place, time) in packs.iter().filter(begins).zip(["00:00:00:500", "00:00:03:000"]) {
            list += &format!("timestamp: {time}, filepos: {place:09x}\n");
        }
    }
    std::fs::write(at("film.idx"), list).unwrap();
    let languages = read(&at("film.idx"), Codepage::Auto, &StopFlag::default()).unwrap();
    let languages: Vec<_> = languages.iter().map(|track| (track.codec.as_str(), track.language.as_deref())).collect();
    assert_eq!(languages, [("dvd_subtitle", Some("en")), ("dvd_subtitle", Some("de"))]);
    for mut track in tracks(&at("film.idx")) {
        let mut seen = |at: f64| {
            let shown = [Some(&mut track), None];
            !Renderer::default().draw(shown, Time::from_seconds(at), AREA, &Settings::default()).bitmaps.is_empty()
        };
        assert_eq!([0.4, 0.8, 3.2].map(&mut seen), [false, true, true]);
    }
    std::fs::rename(at("film.sub"), at("other.sub")).unwrap();
    let error = read(&at("film.idx"), Codepage::Auto, &StopFlag::default()).err().unwrap();
    assert!(matches!(error, OutsideError::NoPictures(_)), "{error}");
}

/// Codec and language of the subtitle tracks in a file.
fn written(path: &Path) -> String {
    let run = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "s", "-of", "csv=p=0"])
        .args(["-show_entries", "stream=codec_name:stream_tags=language"])
        .arg(path)
        .output()
        .unwrap();
    program::text(&run.stdout)
}

#[test]
fn what_is_drawn_into_a_file_is_no_track_of_it_but_the_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (srt(folder.path(), "a.srt", "One"), srt(folder.path(), "b.srt", "Two"));
    let film = folder.path().join("film.mkv");
    let picture = "-f lavfi -i color=gray:s=128x64:r=5:d=1";
    let tracks = "-map 0 -map 1 -map 2 -c:v libx264 -c:s srt -metadata:s:s:0 language=eng -metadata:s:s:1 language=ger";
    ffmpeg(&format!("{picture} -i {} -i {} {tracks}", a.display(), b.display()), &film);
    let outside = format!("--sub-file={}", a.display());
    for (options, expected) in [
        (&["--burn-subtitles=2"][..], "subrip,eng\n"),
        (&["--burn-subtitles=1"], "subrip,ger\n"),
        // A file goes before them: both are copied.
        (&["--burn-subtitles", outside.as_str()], "subrip,eng\nsubrip,ger\n"),
        (&[], "subrip,eng\nsubrip,ger\n"),
    ] {
        let output = folder.path().join("out.mkv");
        let (input, name) = (film.display().to_string(), output.display().to_string());
        let usual = ["convert", "--force", "--network-size", "64x64", "--preset", "ultrafast", "-o", &name, &input];
        let run = program::run(&[&usual[..], options].concat());
        assert!(run.status.success(), "{}", program::text(&run.stderr));
        assert_eq!(written(&output), expected, "{options:?}");
    }
}
