//! The list: clips and pictures of all kinds, and what is wrong with them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Name and what ffmpeg makes it of, after two made-up tracks of six seconds.
const MADE: &[(&str, &str)] = &[
    ("mpeg4.avi", "-c:v mpeg4 -c:a libmp3lame"),
    ("h264.mkv", "-c:v libx264 -preset veryfast -g 25 -c:a flac"),
    ("h264.mp4", "-c:v libx264 -preset veryfast -bf 3 -c:a aac"),
    ("hevc.mp4", "-c:v libx265 -preset ultrafast -x265-params log-level=error -an"),
    ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus"),
    ("ten-bits.mkv", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p10le -an"),
    ("mpeg2.ts", "-c:v mpeg2video -c:a mp2"),
    ("mpeg2.mpg", "-c:v mpeg2video -flags +ildct+ilme -c:a mp2"),
    ("theora.ogg", "-c:v libtheora -c:a libvorbis"),
    ("flash.flv", "-c:v flv -c:a libmp3lame -ar 44100"),
    ("windows.wmv", "-c:v wmv2 -c:a wmav2"),
    ("uncoded.y4m", "-t 1 -pix_fmt yuv422p -an"),
    ("moving.gif", "-t 2 -vf scale=160:90 -an"),
    ("moving.png", "-t 1 -f apng -plays 0 -vf scale=160:90 -an"),
    ("turned.mp4", "-c:v libx264 -preset ultrafast -vf scale=180:320 -an"),
    ("large.mp4", "-t 2 -c:v libx264 -preset ultrafast -vf scale=1920:1080 -an"),
    ("still.png", "-frames:v 1 -an"),
    ("still.jpg", "-frames:v 1 -an"),
    ("still.webp", "-frames:v 1 -an"),
    ("still.tiff", "-frames:v 1 -an"),
    ("still.bmp", "-frames:v 1 -an"),
];

/// Everything that is played, made in `folder` where it is not there yet.
pub(crate) fn all(folder: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(folder).unwrap();
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut films: Vec<PathBuf> =
        ["bigbuckbunny.mp4", "bikes.mp4"].map(|name| project.join("assets").join(name)).into();
    for (name, coding) in MADE {
        let film = folder.join(name);
        if !film.exists() {
            let inputs =
                "-f lavfi -i testsrc2=size=640x360:rate=25:duration=6 -f lavfi -i sine=frequency=440:duration=6";
            let made = Command::new("ffmpeg")
                .args(["-nostdin", "-v", "error", "-y"])
                .args(inputs.split(' '))
                .args(coding.split(' '))
                .arg(&film)
                .status();
            assert!(made.expect("ffmpeg makes the films (Debian: apt install ffmpeg)").success(), "ffmpeg: {name}");
        }
        films.push(film);
    }
    films.extend(faulty(folder));
    let faults = fs::read_dir(project.join("tests/data/faults")).unwrap().map(|entry| entry.unwrap().path());
    let mut faults: Vec<PathBuf> =
        faults.filter(|path| path.extension().is_some_and(|ending| ending != "py")).collect();
    faults.sort();
    films.extend(faults);
    films
}

/// What cannot be played, or not to its end.
fn faulty(folder: &Path) -> Vec<PathBuf> {
    let whole = fs::read(folder.join("h264.mp4")).unwrap();
    let stream = fs::read(folder.join("mpeg2.ts")).unwrap();
    let mut holes = stream.clone();
    let middle = holes.len() / 3..holes.len() / 2;
    holes[middle].fill(0);
    let made: [(&str, &[u8]); 5] = [
        ("empty.mp4", &[]),
        ("text.mkv", b"this is no film\n"),
        ("cut.mp4", &whole[..whole.len() / 2]),
        ("cut.ts", &stream[..stream.len() / 2]),
        ("holes.ts", &holes),
    ];
    let mut films = vec![folder.to_owned(), folder.join("missing.mkv")];
    for (name, bytes) in made {
        let film = folder.join(name);
        fs::write(&film, bytes).unwrap();
        films.push(film);
    }
    films
}
