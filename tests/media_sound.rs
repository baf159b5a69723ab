//! The packets of the sound that plays: all of them, once, in order, of the right epoch.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use deep3d::media::{SoundChoice, SoundPackets, SoundRead, Source, SourceOptions};
use deep3d::position::Position;
use deep3d::time::Time;

use decoded::*;

const BUNNY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4");

/// A packet's time in ticks and its size.
type Entry = (i64, usize);

/// One run of packets without a seek.
#[derive(Debug, Default, Clone)]
struct Run {
    /// None before the first seek.
    target: Option<Time>,
    epoch: u32,
    packets: Vec<Entry>,
    ended: bool,
}

fn open_with_sound(path: &Path, start: Option<Position>) -> (Source, SoundPackets) {
    let options = SourceOptions { sound: SoundChoice::Best, start, ..Default::default() };
    let mut source = Source::open(path, &options).unwrap();
    let sound = source.take_sound().unwrap();
    assert!(source.take_sound().is_none());
    (source, sound)
}

/// Takes all that comes until the source is gone.
fn listen(mut sound: SoundPackets) -> JoinHandle<Vec<Run>> {
    std::thread::spawn(move || {
        let mut runs = vec![Run::default()];
        loop {
            match sound.next(Duration::from_millis(50)) {
                SoundRead::Packet { packet, epoch } => {
                    let run = runs.last_mut().unwrap();
                    assert_eq!(epoch, run.epoch);
                    run.packets.push((packet.pts().unwrap(), packet.size()));
                }
                SoundRead::Sought { epoch, target } => {
                    runs.push(Run { target: Some(target), epoch, ..Run::default() });
                }
                SoundRead::End { epoch } => {
                    let run = runs.last_mut().unwrap();
                    assert_eq!((epoch, std::mem::replace(&mut run.ended, true)), (run.epoch, false));
                }
                SoundRead::Yet => {}
                SoundRead::Over => return runs,
            }
        }
    })
}

/// What ffprobe finds in the audio track `index`.
fn probed(path: &Path, index: usize) -> Vec<Entry> {
    let which = format!("a:{index}");
    let arguments = ["-v", "error", "-select_streams", &which, "-show_entries", "packet=pts,size", "-of", "csv=p=0"];
    let run = Command::new("ffprobe").args(arguments).arg(path).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let entry = |line: &str| {
        let mut fields = line.split(',');
        (fields.next().unwrap().parse().unwrap(), fields.next().unwrap().parse().unwrap())
    };
    text.lines().filter(|line| !line.is_empty()).map(entry).collect()
}

/// Twelve seconds with two sounds, the second of which is the default one, and subtitles, in `name`.
fn rich(name: &str) -> PathBuf {
    let cues = made("cues.srt", "cues of sounds 1", |draft| {
        std::fs::write(draft, "1\n00:00:01,000 --> 00:00:02,000\none\n\n2\n00:00:09,000 --> 00:00:11,000\ntwo\n")
            .unwrap();
    });
    let text = if name.ends_with("mp4") { "mov_text" } else { "srt" };
    clip(
        name,
        &format!(
            "{} -f lavfi -i sine=f=440:r=48000:d=12 -f lavfi -i sine=f=660:r=44100:d=12 -i {} -map 0:v -map 1:a -map 2:a -map 3:s \
             -c:v libx264 -preset veryfast -g 50 -pix_fmt yuv420p -c:a aac -c:s {text} -disposition:a:0 0 -disposition:a:1 default",
            moving("160x90", "25", "12"),
            cues.display()
        ),
    )
}

/// Films with sound, and which of their audio tracks plays.
fn films() -> Vec<(PathBuf, usize)> {
    let own = ["rich.mkv", "rich.mp4"].map(|name| (rich(name), 1));
    let stream = "-f lavfi -i sine=d=8 -c:v libx264 -preset veryfast -g 50 -pix_fmt yuv420p -c:a mp2";
    let stream = clip("sound.ts", &format!("{} {stream}", moving("160x90", "25", "8")));
    own.into_iter().chain([(stream, 0), (PathBuf::from(BUNNY), 0)]).collect()
}

#[test]
fn all_packets_come_once_and_in_order() {
    for (path, index) in films() {
        let (mut source, sound) = open_with_sound(&path, None);
        let (base, origin) = (sound.time_base(), sound.origin());
        let listener = listen(sound);
        let pictures = all(&mut source);
        assert!(pictures.len() >= 20, "{}", path.display());
        std::thread::sleep(Duration::from_millis(200));
        drop(source);
        let runs = listener.join().unwrap();
        let expected = probed(&path, index);
        assert_eq!((runs.len(), runs[0].ended), (1, true), "{}", path.display());
        assert!(expected.len() > 20 && runs[0].packets == expected, "{}: {runs:?}", path.display());
        // Film time: within half a second of the pictures, at both ends.
        let time = |entry: &Entry| Time::from_ticks(entry.0, base.0, base.1) - origin;
        let near = |a: Time, b: Time| (a - b).seconds().abs() < 0.5;
        assert!(near(time(&expected[0]), pictures[0].pts), "{}", path.display());
        assert!(near(time(expected.last().unwrap()), pictures.last().unwrap().pts), "{}", path.display());
    }
}

#[test]
fn after_a_seek_packets_follow_from_before_its_target_on() {
    for (path, index) in films() {
        let name = path.display();
        let (mut source, sound) = open_with_sound(&path, Some("2".parse().unwrap()));
        let (base, origin) = (sound.time_base(), sound.origin());
        let listener = listen(sound);
        let length = source.info().duration.unwrap();
        let begin = Time::from_seconds(2.0);
        let shares = [0.61, 0.08, 0.75, 0.0, 0.46, 0.463, 0.733];
        let targets: Vec<_> = shares.map(|share| Time::from_seconds(length.seconds() * share)).to_vec();
        let targets = [&[begin], &targets[..]].concat();
        for (epoch, target) in (0..).zip(&targets) {
            if epoch > 0 {
                source.seek(*target, epoch).unwrap();
            }
            for _ in 0..12 {
                assert_eq!(source.next().unwrap().unwrap().epoch, epoch);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        while source.next().unwrap().is_some() {}
        std::thread::sleep(Duration::from_millis(100));
        drop(source);
        let runs = listener.join().unwrap();
        let expected = probed(&path, index);
        let time = |entry: &Entry| Time::from_ticks(entry.0, base.0, base.1) - origin;
        for run in runs.iter().filter(|run| !run.packets.is_empty()) {
            let at = expected.iter().position(|entry| *entry == run.packets[0]).unwrap();
            assert!(run.packets == expected[at..at + run.packets.len()], "{name}: {run:?}");
        }
        // Of each seek, the run that was not begun anew.
        for (epoch, target) in (0..).zip(targets) {
            let run = runs.iter().rfind(|run| run.epoch == epoch).unwrap();
            assert_eq!(run.target, Some(target), "{name}");
            let first = time(run.packets.first().unwrap_or_else(|| panic!("{name}: nothing at {target}")));
            // Where the film's beginning is not nearer, a decoder has something to run up.
            let latest = (target - Time::from_seconds(0.1)).max(time(&expected[0]));
            assert!(first <= latest && first > target - Time::from_seconds(5.0), "{name}: {first} for {target}");
        }
        let last = runs.last().unwrap();
        assert!(last.ended && last.packets.last() == expected.last(), "{name}: {last:?}");
    }
}

#[test]
fn pictures_wait_for_nobody_who_listens_or_not() {
    let path = rich("rich.mkv");
    // Nobody takes it; somebody has it and takes nothing.
    let options = SourceOptions { sound: SoundChoice::Best, ..Default::default() };
    assert_eq!(all(&mut Source::open(&path, &options).unwrap()).len(), 300);
    let (mut source, mut sound) = open_with_sound(&path, None);
    assert_eq!(all(&mut source).len(), 300);
    // What waited is still to be had, and then the end is waited for as long as said.
    let mut count = 0;
    while let SoundRead::Packet { .. } = sound.next(Duration::ZERO) {
        count += 1;
    }
    assert_eq!(count, probed(&path, 1).len());
    let began = Instant::now();
    assert!(matches!(sound.next(Duration::from_millis(60)), SoundRead::Yet));
    assert!(began.elapsed() >= Duration::from_millis(60), "{:?}", began.elapsed());
    drop(source);
    assert!(matches!(sound.next(Duration::from_secs(60)), SoundRead::Over));
    // Of a film without sound there is none.
    let silent = clip("silent.mkv", &format!("{} -c:v libx264 -pix_fmt yuv420p", moving("64x64", "25", "1")));
    assert!(Source::open(silent, &options).unwrap().take_sound().is_none());
}
