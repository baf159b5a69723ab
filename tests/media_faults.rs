//! Films that went wrong in the wild, converted by the program: what it says, and what is in the file afterwards. tests/data/faults has the small ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/program.rs"]
mod program;
#[path = "common/written.rs"]
mod written;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tempfile::TempDir;
use written::{ffmpeg, probe, streams};

/// One conversion at a time: each takes both cores.
static ONE: Mutex<()> = Mutex::new(());

fn fault(name: &str) -> String {
    format!("{}/tests/data/faults/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Converts `input` into a new folder; the file and what was said.
fn convert(input: &str, output: &str, more: &[&str]) -> (TempDir, PathBuf, String) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(output);
    let usual = ["--network-size", "64x64", "--preset", "ultrafast"];
    let arguments = [&["convert", input, "-o", path.to_str().unwrap()][..], &usual, more].concat();
    let run = program::run(&arguments);
    let said = program::text(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{arguments:?}\n{said}");
    (folder, path, said)
}

fn seconds(value: &Value) -> f64 {
    value.as_str().unwrap_or("0").parse().unwrap()
}

/// Length of a film by its packets, and the latest beginning of a packet of each of its streams.
fn ends(path: &Path) -> Vec<f64> {
    let probed = probe(path, &["-show_packets", "-show_entries", "packet=stream_index,pts_time"]);
    let mut ends = vec![0.0_f64; probed["streams"].as_array().unwrap().len()];
    for packet in probed["packets"].as_array().unwrap() {
        let index = packet["stream_index"].as_u64().unwrap() as usize;
        ends[index] = ends[index].max(seconds(&packet["pts_time"]));
    }
    ends
}

fn pictures(path: &Path) -> u64 {
    let probed = probe(path, &["-select_streams", "v:0", "-count_packets"]);
    probed["streams"][0]["nb_read_packets"].as_str().unwrap().parse().unwrap()
}

/// The sound as a player gives it: 8,000 samples a second from film time zero on, gaps silent.
fn heard(path: &Path) -> Vec<i16> {
    let input = ["-i", path.to_str().unwrap(), "-map", "0:a", "-af", "aresample=8000:async=1:first_pts=0"];
    let raw = ffmpeg(&[&input[..], &["-ac", "1", "-f", "s16le", "-"]].concat());
    raw.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn codecs(path: &Path, kind: &str) -> Vec<String> {
    let probed = probe(path, &[]);
    streams(&probed, kind).iter().map(|stream| stream["codec_name"].as_str().unwrap().to_owned()).collect()
}

fn assert_says(said: &str, words: &[&str]) {
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in: {said}");
}

#[test]
fn a_track_that_the_container_or_an_encoder_refuses_never_ends_a_conversion() {
    for name in ["o.mp4", "o.m4v"] {
        let (_folder, path, _) = convert(&fault("flac2.mkv"), name, &[]);
        assert_eq!(codecs(&path, "audio"), ["flac"], "{name}");
        ffmpeg(&["-xerror", "-i", path.to_str().unwrap(), "-map", "0:a", "-f", "null", "-"]);
    }
    for name in ["o.mkv", "o.mp4"] {
        let (_folder, path, said) = convert(&fault("silentpid.ts"), name, &["--layout", "left"]);
        assert_eq!(codecs(&path, "audio"), ["aac"], "{name}");
        assert_says(&said, &["sound track 2", "left out", "no sound of it comes"]);
    }
    for layout in ["left", "sbs"] {
        let (_folder, path, said) = convert(&fault("mp3_11k.avi"), "o.mp4", &["--layout", layout]);
        assert_eq!(codecs(&path, "audio"), ["aac"], "{layout}");
        assert_says(&said, &["converted to aac"]);
    }
    let (_folder, path, said) = convert(&fault("amb.mp4"), "o.webm", &["--layout", "left", "--end", "0.4"]);
    let probed = probe(&path, &[]);
    let sound = streams(&probed, "audio")[0];
    assert_eq!((&sound["codec_name"], &sound["channels"]), (&"opus".into(), &4.into()), "{said}");
}

/// A Matroska film whose sound is Vorbis.
fn vorbis(folder: &Path) -> PathBuf {
    let path = folder.join("vorbis.mkv");
    let sources = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1"];
    ffmpeg(&[&sources[..], &["-c:v", "libx264", "-c:a", "libvorbis", path.to_str().unwrap()]].concat());
    path
}

#[test]
fn sound_without_its_headers_is_left_out_with_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let film = vorbis(folder.path());
    let mut bytes = fs::read(&film).unwrap();
    // CodecPrivate, the second of which is the sound's, under an id that nobody knows.
    let private: Vec<usize> = (0..bytes.len() - 1).filter(|at| bytes[*at..at + 2] == [0x63, 0xa2]).collect();
    bytes[private[1] + 1] = 0xa9;
    fs::write(&film, bytes).unwrap();
    for name in ["o.mkv", "o.mp4", "o.webm"] {
        let (_folder, path, said) = convert(film.to_str().unwrap(), name, &["--layout", "left", "--end", "0.4"]);
        assert_says(&said, &["sound track 1 (vorbis) is left out"]);
        assert_eq!((codecs(&path, "audio").len(), codecs(&path, "video").len()), (0, 1), "{name}");
    }
}

#[test]
fn of_an_hls_stream_one_variant_goes_along() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let sources = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1"];
    let maps = [
        "-map", "0:v", "-map", "1:a", "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "aac", "-s:v:1", "32x32",
    ];
    let hls = [
        "-f",
        "hls",
        "-hls_time",
        "1",
        "-hls_list_size",
        "0",
        "-master_pl_name",
        "master.m3u8",
        "-var_stream_map",
        "v:0,a:0 v:1,a:1",
    ];
    ffmpeg(&[&sources[..], &maps, &hls, &[&at("v%v.m3u8")]].concat());
    let (_folder, path, said) = convert(&at("master.m3u8"), "o.mkv", &["--layout", "left"]);
    assert_eq!((codecs(&path, "video").len(), codecs(&path, "audio").len()), (1, 1), "{said}");
    assert_eq!(probe(&path, &[])["streams"][0]["width"], 64);
    assert!(!said.contains("WARN"), "{said}");
}

#[test]
fn long_tags_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("long.mkv");
    let tags = folder.path().join("tags.txt");
    fs::write(&tags, format!(";FFMETADATA1\ntitle=kept\ncomment={}\n", "ö".repeat(300_000))).unwrap();
    let sources =
        ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=0.4", "-i", tags.to_str().unwrap(), "-map_metadata", "1"];
    ffmpeg(&[&sources[..], &["-c:v", "libx264", film.to_str().unwrap()]].concat());
    let (_folder, path, _) = convert(film.to_str().unwrap(), "o.mkv", &["--layout", "left"]);
    let probed = probe(&path, &[]);
    let tags = &probed["format"]["tags"];
    let comment = tags["COMMENT"].as_str().or(tags["comment"].as_str()).unwrap();
    assert_eq!((comment.len(), comment.chars().all(|c| c == 'ö')), (65_536, true));
    assert_eq!(tags["title"].as_str().or(tags["TITLE"].as_str()), Some("kept"));
}

#[test]
fn channels_that_get_fewer_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("surround.mkv");
    let sound = "aevalsrc=0.1*sin(500*t)|0|0|0|0|0|0|0:c=7.1:s=37800:d=0.6";
    let picture = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=0.6", "-f", "lavfi", "-i", sound];
    ffmpeg(&[&picture[..], &["-c:v", "libx264", "-c:a", "pcm_s16le", film.to_str().unwrap()]].concat());
    let (_folder, path, said) = convert(film.to_str().unwrap(), "o.mp4", &["--layout", "left"]);
    assert_says(&said, &["from 7.1 to 5.1"]);
    let probed = probe(&path, &[]);
    assert_eq!(
        (&streams(&probed, "audio")[0]["channels"], codecs(&path, "audio")),
        (&6.into(), vec!["aac".to_owned()])
    );
    let (_folder, path, said) = convert(film.to_str().unwrap(), "o.webm", &["--layout", "left", "--end", "0.3"]);
    assert!(!said.contains("7.1"), "{said}");
    assert_eq!(streams(&probe(&path, &[]), "audio")[0]["channels"], 8);
}

#[test]
fn only_tracks_of_the_picture_s_programme_go_along() {
    let (_folder, path, said) = convert(&fault("mpts_clocks.ts"), "o.mkv", &["--layout", "left"]);
    let ends = ends(&path);
    assert!(ends.len() == 2 && ends.iter().all(|end| (2.8..3.1).contains(end)), "{ends:?}");
    assert_says(&said, &["2 tracks of other programmes are left out"]);
}

#[test]
fn a_jump_of_the_clock_is_mended_for_all_tracks_alike() {
    for name in ["o.mkv", "o.mp4"] {
        let (_folder, path, _) = convert(&fault("joined.ts"), name, &["--layout", "left"]);
        let ends = ends(&path);
        assert!(ends.len() == 2 && ends.iter().all(|end| (3.85..4.1).contains(end)), "{name}: {ends:?}");
    }
}

#[test]
fn a_jump_back_keeps_sound_and_picture_together() {
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("part.ts");
    // A flash and a beep at one second.
    let flash = "color=black:s=64x64:r=25:d=2,geq=lum='if(eq(N,25),255,16)':cb=128:cr=128";
    let beep = "aevalsrc='if(between(t,1,1.04),0.8*sin(6000*t),0)':s=44100:d=2";
    ffmpeg(&[
        "-f",
        "lavfi",
        "-i",
        flash,
        "-f",
        "lavfi",
        "-i",
        beep,
        "-c:v",
        "libx264",
        "-bf",
        "0",
        "-c:a",
        "mp2",
        part.to_str().unwrap(),
    ]);
    let twice = folder.path().join("twice.ts");
    let bytes = fs::read(&part).unwrap();
    fs::write(&twice, [&bytes[..], &bytes[..]].concat()).unwrap();
    let (_folder, path, _) = convert(twice.to_str().unwrap(), "o.mkv", &["--layout", "left", "--source-eye", "left"]);
    let output = path.to_str().unwrap();
    let samples = heard(&path);
    let beeps: Vec<f64> =
        samples.iter().enumerate().filter(|(_, s)| s.unsigned_abs() > 4000).map(|(at, _)| at as f64 / 8000.0).collect();
    let grey = ffmpeg(&[
        "-i",
        output,
        "-map",
        "0:v",
        "-vf",
        "scale=1:1,format=gray",
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-",
    ]);
    let probed =
        probe(&path, &["-select_streams", "v:0", "-show_frames", "-show_entries", "frame=best_effort_timestamp_time"]);
    let times: Vec<f64> = probed["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| seconds(&frame["best_effort_timestamp_time"]))
        .collect();
    let flashes: Vec<f64> = times.iter().zip(&grey).filter(|(_, grey)| **grey > 100).map(|(time, _)| *time).collect();
    assert_eq!(flashes.len(), 2, "{grey:?}");
    for flash in flashes {
        assert!(beeps.iter().any(|beep| (beep - flash).abs() < 0.03), "{flash}: {beeps:?}");
    }
}

#[test]
fn a_counter_that_wraps_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("wrap.ts");
    // MPEG-TS counts 33 bits of 1/90000 s: the counter wraps after 1.7 of three seconds.
    let sources = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=3", "-f", "lavfi", "-i", "sine=d=3"];
    let coding = ["-c:v", "libx264", "-c:a", "mp2", "-output_ts_offset", "95440.6", film.to_str().unwrap()];
    ffmpeg(&[&sources[..], &coding].concat());
    let (_folder, path, _) = convert(film.to_str().unwrap(), "o.mkv", &["--layout", "left"]);
    let ends = ends(&path);
    assert!(ends.len() == 2 && ends.iter().all(|end| (2.8..3.1).contains(end)), "{ends:?}");
    assert_eq!(pictures(&path), 30);
}

#[test]
fn a_gap_in_the_sound_is_a_time_and_not_samples() {
    let (_folder, path, said) = convert(&fault("gap1.mkv"), "o.mp4", &["--layout", "left"]);
    assert_says(&said, &["converted to aac"]);
    let ends = ends(&path);
    assert!((ends[0] - 0.96).abs() < 0.05 && (3600.0..3602.0).contains(&ends[1]), "{ends:?}");
    // An hour of silence would be 155,000 packets.
    assert!(fs::metadata(&path).unwrap().len() < 200_000);
    let probed = probe(&path, &["-select_streams", "a:0", "-count_packets"]);
    let packets: u32 = probed["streams"][0]["nb_read_packets"].as_str().unwrap().parse().unwrap();
    assert!((35..60).contains(&packets), "{packets}");
}

#[test]
fn sound_that_begins_late_does_so_without_silence() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("late.mkv");
    let sources = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=9", "-itsoffset", "7", "-f", "lavfi", "-i", "sine=d=2"];
    ffmpeg(&[&sources[..], &["-c:v", "libx264", "-c:a", "pcm_s16le", film.to_str().unwrap()]].concat());
    for name in ["o.mp4", "o.webm"] {
        let (_folder, path, _) = convert(film.to_str().unwrap(), name, &["--layout", "left"]);
        let probed =
            probe(&path, &["-select_streams", "a:0", "-show_packets", "-show_entries", "packet=pts_time,size"]);
        let packets = probed["packets"].as_array().unwrap();
        // The run-up of the encoder may stand at the beginning.
        let begin = packets.iter().map(|packet| seconds(&packet["pts_time"])).find(|time| *time > 1.0).unwrap();
        assert!((begin - 7.0).abs() < 0.05 && packets.len() < 120, "{name}: {begin}, {}", packets.len());
        let loud = heard(&path).iter().position(|sample| sample.unsigned_abs() > 1000);
        let loud = loud.unwrap() as f64 / 8000.0;
        assert!((loud - 7.0).abs() < 0.03, "{name}: heard from {loud} on");
    }
}

#[test]
fn a_size_that_changes_in_mid_film_goes_on() {
    for (name, count) in [("resize.webm", 100), ("sizechange.ts", 100)] {
        let (folder, path, said) = convert(&fault(name), "o.mkv", &["--layout", "left"]);
        assert_eq!(pictures(&path), count, "{name}");
        assert_says(&said, &["size changes from", "fitted into the first"]);
        drop(folder);
    }
    let (_folder, path, _) =
        convert(&fault("sizechange.ts"), "o.mkv", &["--layout", "left", "--source-eye", "left", "--end", "2.2"]);
    // 96×160 in 160×96: black on both sides of a picture of 58×96.
    let last =
        ["-sseof", "-0.1", "-i", path.to_str().unwrap(), "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-"];
    let grey = ffmpeg(&last);
    assert_eq!(grey.len(), 160 * 96);
    let column = |x: usize| (0..96).map(|y| u32::from(grey[y * 160 + x])).sum::<u32>() / 96;
    assert!(column(10) < 4 && column(150) < 4 && column(80) > 20, "{} {} {}", column(10), column(80), column(150));
    let folder = tempfile::tempdir().unwrap();
    let depth = folder.path().join("d.mkv");
    let run = program::run(&[
        "convert",
        &fault("sizechange.ts"),
        "--save-depth",
        depth.to_str().unwrap(),
        "--network-size",
        "64x64",
    ]);
    assert_eq!(run.status.code(), Some(0), "{}", program::text(&run.stderr));
    assert_eq!(pictures(&depth), 100);
}

/// Eight seconds of film with sound, in `extension`.
fn film(folder: &Path, extension: &str) -> PathBuf {
    let path = folder.join(format!("film.{extension}"));
    let sources =
        ["-f", "lavfi", "-i", "testsrc2=s=192x108:r=10:d=8", "-f", "lavfi", "-i", "anoisesrc=d=8:a=0.2:seed=1"];
    let coding = match extension {
        "avi" => ["-c:v", "mpeg4", "-q:v", "3", "-c:a", "libmp3lame"],
        _ => ["-c:v", "libx264", "-crf", "10", "-c:a", "aac"],
    };
    ffmpeg(&[&sources[..], &["-g", "10", "-movflags", "+faststart"], &coding, &[path.to_str().unwrap()]].concat());
    path
}

#[test]
fn what_could_not_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for extension in ["mkv", "mp4", "ts", "avi"] {
        let whole = film(folder.path(), extension);
        let (_folder, _, said) = convert(whole.to_str().unwrap(), "o.mkv", &["--layout", "left"]);
        assert!(!said.contains("WARN"), "{extension}: {said}");
        let bytes = fs::read(&whole).unwrap();
        let length = bytes.len();
        // A third of zeros in the middle.
        let mut zeros = bytes.clone();
        zeros[length * 4 / 10..length * 7 / 10].fill(0);
        let path = folder.path().join(format!("zeros.{extension}"));
        fs::write(&path, zeros).unwrap();
        let (_folder, output, said) = convert(path.to_str().unwrap(), "o.mkv", &["--layout", "left"]);
        assert_says(&said, &["WARN"]);
        let words = ["nothing can be read from", "cannot be decoded", "part of the file is missing"];
        assert!(words.iter().any(|word| said.contains(word)), "{extension}: {said}");
        // The sound that is copied is damaged, too, where the container counts on its index.
        assert!(extension != "mp4" || said.contains("are damaged in the source"), "{extension}: {said}");
        assert!(pictures(&output) >= 40, "{extension}: {}", pictures(&output));
        if extension == "ts" {
            continue; // It does not say how long it is.
        }
        let path = folder.path().join(format!("short.{extension}"));
        fs::write(&path, &bytes[..length * 6 / 10]).unwrap();
        let (_folder, _, said) = convert(path.to_str().unwrap(), "o.mkv", &["--layout", "left"]);
        assert_says(&said, &["it ends at 0:0", "although it says that it is 0:08.", "part of the file is missing"]);
    }
}

/// Answers the first connection with `body`; all others get half of it and a reset.
fn dying_server(body: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/film.ts", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (first, body) = (counted.fetch_add(1, Ordering::SeqCst) == 0, body.clone());
            std::thread::spawn(move || {
                answer(stream.unwrap(), if first { &body } else { &body[..body.len() / 2] }, body.len());
            });
        }
    });
    (address, connections)
}

fn answer(mut stream: TcpStream, body: &[u8], claimed: usize) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {claimed}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

#[test]
fn a_source_is_opened_once_whatever_is_made_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let whole = film(folder.path(), "ts");
    let (address, connections) = dying_server(fs::read(&whole).unwrap());
    let (_folder, path, _) = convert(&address, "o.mkv", &["--layout", "left"]);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    let ends = ends(&path);
    assert!(ends.len() == 2 && ends.iter().all(|end| *end > 7.8), "{ends:?}");
    // A pipe's bytes come once.
    let output = folder.path().join("piped.mkv");
    let input = fs::File::open(&whole).unwrap();
    let mut cat = std::process::Command::new("cat").stdin(input).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let piped = program::deep3d()
        .args(["convert", "-", "-o", output.to_str().unwrap(), "--network-size", "64x64", "--layout", "left"])
        .stdin(cat.stdout.take().unwrap())
        .output()
        .unwrap();
    cat.wait().unwrap();
    assert_eq!(piped.status.code(), Some(0), "{}", program::text(&piped.stderr));
    assert!(self::ends(&output).iter().all(|end| *end > 7.8));
}

#[test]
fn a_cover_is_kept_in_matroska() {
    let (_folder, path, said) = convert(&fault("cov.mkv"), "o.mkv", &["--layout", "left"]);
    assert!(!said.contains("WARN"), "{said}");
    let probed = probe(&path, &[]);
    let covers: Vec<&Value> =
        streams(&probed, "video").into_iter().filter(|s| s["disposition"]["attached_pic"] == 1).collect();
    assert_eq!(
        (covers.len(), &covers[0]["tags"]["filename"], &covers[0]["codec_name"]),
        (1, &"cover.jpg".into(), &"mjpeg".into())
    );
}
