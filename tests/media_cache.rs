//! What was read of a film is gone to without reading it again; reading ahead stays within its bounds and ends with the film.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;
#[path = "common/range.rs"]
mod range;

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deep3d::location::Location;
use deep3d::media::{
    CacheOptions, MediaError, Memory, SoundChoice, SoundPackets, SoundRead, Source, SourceOptions, StopFlag,
    TrackOptions,
};
use deep3d::time::Time;

use decoded::*;

/// A server of one file, with ranges, that counts. It may halt at a byte, the first time that it comes there.
struct Server {
    address: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    bytes: AtomicUsize,
    halted: AtomicBool,
}

impl Server {
    fn start(path: &Path, halt: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let address = format!("http://{}/{name}", listener.local_addr().unwrap());
        let counts = Arc::<Counts>::default();
        let (counted, file) = (Arc::clone(&counts), Arc::new(fs::read(path).unwrap()));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (counts, file) = (Arc::clone(&counted), Arc::clone(&file));
                std::thread::spawn(move || drop(answer(stream.unwrap(), &file, halt, &counts)));
            }
        });
        Self { address, counts }
    }

    /// Requests, and bytes sent.
    fn counts(&self) -> (usize, usize) {
        (self.counts.requests.load(Ordering::SeqCst), self.counts.bytes.load(Ordering::SeqCst))
    }
}

fn answer(mut stream: TcpStream, file: &[u8], halt: Option<usize>, counts: &Counts) -> std::io::Result<()> {
    let (first, all) = (range::begin(&mut stream, file.len())?, file.len());
    counts.requests.fetch_add(1, Ordering::SeqCst);
    let mut at = first;
    while at < all {
        let halt = halt.filter(|halt| first < *halt && !counts.halted.load(Ordering::SeqCst));
        if halt.is_some_and(|halt| at >= halt) {
            counts.halted.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_secs(120));
        }
        let end = (at + 16_384).min(all).min(halt.unwrap_or(all));
        stream.write_all(&file[at..end])?;
        counts.bytes.fetch_add(end - at, Ordering::SeqCst);
        at = end;
    }
    Ok(())
}

/// Eight seconds with sound, a key frame each second.
fn film(name: &str) -> PathBuf {
    let coding = "-c:v libx264 -preset veryfast -g 25 -bf 2 -pix_fmt yuv420p -b:v 2M -c:a aac";
    clip(name, &format!("{} -f lavfi -i sine=f=440:d=8 {coding}", moving("320x240", "25", "8")))
}

const MUCH: CacheOptions = CacheOptions { seconds: None, ahead: Memory(150 << 20), behind: Memory(50 << 20) };

fn options(cache: CacheOptions) -> SourceOptions {
    SourceOptions { cache, sound: SoundChoice::Best, ..Default::default() }
}

fn seen(frames: &[deep3d::frame::Frame<deep3d::frame::Picture>]) -> Vec<(Time, Time, u64)> {
    frames.iter().map(|frame| (frame.pts, frame.duration, hash(&frame.data))).collect()
}

fn seconds(seconds: f64) -> Time {
    Time::from_seconds(seconds)
}

/// Which of all pictures is seen at `time`.
fn index_at(whole: &[(Time, Time, u64)], time: Time) -> usize {
    whole.iter().rposition(|(pts, ..)| *pts <= time).unwrap_or(0)
}

#[test]
fn what_was_read_is_gone_to_without_reading() {
    for name in ["cached.mkv", "cached.mp4", "cached.ts"] {
        let path = film(name);
        let whole = seen(&all(&mut open(&path)));
        let server = Server::start(&path, None);
        let mut source = Source::open(server.address.clone(), &options(MUCH)).unwrap();
        let mut sound = source.take_sound().unwrap();
        let (base, origin) = (sound.time_base(), sound.origin());
        assert!(seen(&all(&mut source)) == whole, "{name}");
        let before = server.counts();
        assert!(before.1 >= fs::metadata(&path).unwrap().len() as usize, "{name}: {before:?}");
        let cached = source.cache().unwrap().look();
        let range = cached.range.unwrap();
        assert!(range.0 < seconds(0.1) && range.1 > seconds(7.8) && cached.to_end, "{name}: {cached:?}");
        assert!(cached.bytes_behind > 500_000 && cached.ahead == Time::ZERO, "{name}: {cached:?}");
        for (epoch, at) in (1..).zip([5.02, 0.5, 7.9, 0.0, 3.0, 2.96, 6.4]) {
            source.seek(seconds(at), epoch).unwrap();
            let first = index_at(&whole, seconds(at));
            let frames: Vec<_> = (0..3).map_while(|_| source.next().unwrap()).collect();
            assert!(seen(&frames) == whole[first..(first + 3).min(whole.len())], "{name}: {at}");
            // The sound follows from before the target, in its epoch.
            let heard = loop {
                match sound.next(Duration::from_secs(5)) {
                    SoundRead::Packet { packet, epoch: of } if of == epoch => {
                        break Time::from_ticks(packet.pts().unwrap(), base.0, base.1) - origin;
                    }
                    SoundRead::Yet | SoundRead::Over => panic!("{name}: nothing is heard at {at}"),
                    _ => {}
                }
            };
            assert!(heard <= seconds(at) && heard > seconds(at - 1.2), "{name}: {heard} for {at}");
        }
        assert_eq!(server.counts(), before, "{name}");
    }
}

/// The pictures and the sound of `span` seconds from `at` on, after a seek there.
fn from(
    source: &mut Source,
    sound: &mut SoundPackets,
    (at, span): (f64, f64),
    epoch: u32,
) -> (Vec<(Time, Time, u64)>, Vec<i64>) {
    source.seek(seconds(at), epoch).unwrap();
    let mut pictures: Vec<(Time, Time, u64)> = Vec::new();
    while pictures.last().is_none_or(|(pts, ..)| *pts < seconds(at + span)) {
        pictures.extend(seen(&[source.next().unwrap().unwrap()]));
    }
    let (base, origin) = (sound.time_base(), sound.origin());
    let mut heard = Vec::new();
    loop {
        match sound.next(Duration::from_secs(5)) {
            SoundRead::Packet { packet, epoch: of } if of == epoch => {
                let time = Time::from_ticks(packet.pts().unwrap(), base.0, base.1) - origin;
                // It begins a second sooner, to a packet.
                heard.extend(packet.pts().filter(|_| time > seconds(at - 0.9)));
                if time > seconds(at + span - 0.1) {
                    return (pictures, heard);
                }
            }
            SoundRead::Yet | SoundRead::Over => panic!("nothing is heard at {at}"),
            _ => {}
        }
    }
}

#[test]
fn a_part_that_was_left_is_gone_back_to_without_reading_and_goes_on_where_it_ended() {
    let coding = "-c:v libx264 -preset veryfast -g 25 -bf 2 -pix_fmt yuv420p -b:v 1M -c:a aac";
    for name in ["parts.mkv", "parts.mp4"] {
        let path = clip(name, &format!("{} -f lavfi -i sine=f=440:d=40 {coding}", moving("320x240", "25", "40")));
        let whole = seen(&all(&mut open(&path)));
        let server = Server::start(&path, None);
        let cache = CacheOptions { seconds: Some(seconds(2.0)), ..MUCH };
        let mut source = Source::open(server.address.clone(), &options(cache)).unwrap();
        let mut sound = source.take_sound().unwrap();
        let places = [0.0, 20.0, 31.0];
        let mut epochs = 1..;
        let mut go = |source: &mut Source, sound: &mut SoundPackets, at: f64, span: f64| {
            let (pictures, heard) = from(source, sound, (at, span), epochs.next().unwrap());
            let first = index_at(&whole, seconds(at));
            assert!(pictures == whole[first..first + pictures.len()], "{name}: {at}");
            heard
        };
        // More is seen of each place than is gone back to, so that decoding and reading ahead of it find all at hand.
        let first: Vec<_> = places.iter().map(|at| go(&mut source, &mut sound, *at, 4.0)).collect();
        let idle = Instant::now() + Duration::from_secs(10);
        while source.cache().unwrap().look().ahead < seconds(2.0) && Instant::now() < idle {
            std::thread::sleep(Duration::from_millis(10));
        }
        let before = server.counts();
        for (at, heard) in [(20.0, &first[1]), (0.0, &first[0]), (31.0, &first[2]), (20.0, &first[1])] {
            let again = go(&mut source, &mut sound, at, 1.5);
            assert_eq!(again, heard[..again.len()], "{name}: the sound at {at}");
            assert_eq!(server.counts(), before, "{name}: {at}");
        }
        // On and on from there: nothing is missing, and nothing comes twice.
        let second = |source: &mut Source| seen(&(0..150).map(|_| source.next().unwrap().unwrap()).collect::<Vec<_>>());
        source.seek(seconds(20.0), 100).unwrap();
        let start = index_at(&whole, seconds(20.0));
        assert!(second(&mut source) == whole[start..start + 150], "{name}: it goes on");
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last| *last < first[1][0] + 5 * i64::from(sound.time_base().1)) {
            match sound.next(Duration::from_secs(5)) {
                SoundRead::Packet { packet, epoch: 100 } => heard.push(packet.pts().unwrap()),
                SoundRead::Yet | SoundRead::Over => panic!("{name}: its sound ends"),
                _ => {}
            }
        }
        let steps: Vec<i64> = heard.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let usual = 1024 * i64::from(sound.time_base().1) / 44_100;
        assert!(steps.iter().all(|step| (step - usual).abs() <= usual / 20 + 1), "{name}: {steps:?}");
    }
}

#[test]
fn sound_that_lies_elsewhere_is_gone_to_without_reading_as_well() {
    let path = film("cached.mkv");
    let sound = clip("cached.flac", "-f lavfi -i anoisesrc=r=48000:d=8:seed=1 -c:a flac");
    let server = Server::start(&sound, None);
    let audio_files = vec![Location::of(&server.address)];
    let wanted = TrackOptions { audio_files, ..TrackOptions::default() };
    let mut source = Source::open(&path, &SourceOptions { wanted, ..options(MUCH) }).unwrap();
    let mut packets = source.take_sound().unwrap();
    assert_eq!((packets.number(), source.info().audio_tracks), (2, 2));
    while !matches!(packets.next(Duration::from_secs(5)), SoundRead::End { .. }) {}
    let before = server.counts();
    assert!(before.1 >= fs::metadata(&sound).unwrap().len() as usize, "{before:?}");
    for (epoch, at) in (1..).zip([5.02, 0.5, 7.9, 0.0, 3.0]) {
        source.seek(seconds(at), epoch).unwrap();
        assert!(source.next().unwrap().is_some());
        let (base, origin) = (packets.time_base(), packets.origin());
        let heard = loop {
            match packets.next(Duration::from_secs(5)) {
                SoundRead::Packet { packet, epoch: of } if of == epoch => {
                    break Time::from_ticks(packet.pts().unwrap(), base.0, base.1) - origin;
                }
                SoundRead::Yet | SoundRead::Over => panic!("nothing is heard at {at}"),
                _ => {}
            }
        };
        assert!(heard <= seconds(at) && heard > seconds(at - 1.2), "{heard} for {at}");
    }
    assert_eq!(server.counts(), before);
}

#[test]
fn a_cache_makes_no_other_pictures() {
    for name in ["cached.mkv", "cached.mp4", "cached.ts"] {
        let path = film(name);
        let whole = seen(&all(&mut open(&path)));
        let small = CacheOptions { behind: Memory(300_000), ..MUCH };
        for cache in [MUCH, small, CacheOptions { seconds: Some(seconds(0.2)), ..small }, CacheOptions::NOTHING] {
            let mut source = Source::open(&path, &options(cache)).unwrap();
            drop(source.take_sound());
            let mut order: Vec<usize> = (0..whole.len()).step_by(9).chain([whole.len() - 1, 1]).collect();
            order.sort_by_key(|index| (index * 37) % 101);
            for (epoch, index) in (1..).zip(order) {
                let (pts, duration, _) = whole[index];
                let late = if epoch % 2 == 0 { Time::ZERO } else { duration - Time::from_nanoseconds(1_000_000) };
                source.seek(pts + late, epoch).unwrap();
                let frames: Vec<_> = (0..2).map_while(|_| source.next().unwrap()).collect();
                assert!(frames.iter().all(|frame| frame.epoch == epoch));
                assert!(seen(&frames) == whole[index..(index + 2).min(whole.len())], "{name}, {cache:?}: {pts}");
            }
        }
    }
}

#[test]
fn what_is_kept_stays_within_its_bounds() {
    let path = clip("large.mkv", &format!("{} -c:v rawvideo -pix_fmt yuv420p", moving("320x240", "25", "16")));
    let server = Server::start(&path, None);
    let cache = CacheOptions { seconds: None, ahead: Memory(4 << 20), behind: Memory(3 << 20) };
    let mut source = Source::open(server.address.clone(), &options(cache)).unwrap();
    let look = source.cache().unwrap();
    let picture = 320 * 240 * 3 / 2 + 4096;
    let mut most = (0, 0);
    for number in 0..400 {
        assert!(source.next().unwrap().is_some());
        if number % 50 == 20 {
            std::thread::sleep(Duration::from_millis(150));
            let full = look.look().bytes_ahead;
            assert!(full >= 3 << 20 || look.look().to_end, "{number}: {full}");
        }
        let now = look.look();
        most = (most.0.max(now.bytes_ahead), most.1.max(now.bytes_behind));
    }
    assert!(most.0 <= (4 << 20) + picture && most.1 <= 3 << 20, "{most:?}");
    assert!(most.1 > (3 << 20) - 2 * picture, "{most:?}");
    // A few seconds ahead, as said.
    let cache = CacheOptions { seconds: Some(seconds(2.0)), ..MUCH };
    let source = Source::open(server.address, &options(cache)).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    let ahead = source.cache().unwrap().look().ahead;
    assert!(ahead >= seconds(1.9) && ahead <= seconds(2.1), "{ahead}");
    // Of a file a second, unless said otherwise.
    let source = Source::open(&path, &options(CacheOptions::default())).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    let ahead = source.cache().unwrap().look().ahead;
    assert!(ahead >= seconds(0.9) && ahead <= seconds(1.1), "{ahead}");
}

/// Threads of this process that read films.
#[cfg(target_os = "linux")]
fn readers() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::io::Result<fs::DirEntry>| fs::read_to_string(task.unwrap().path().join("comm"));
    tasks.map(name).filter(|name| name.as_ref().is_ok_and(|name| name.trim() == "demux")).count()
}

#[test]
fn a_server_that_stalls_keeps_nobody_from_what_was_read() {
    let path = film("cached.mkv");
    let whole = seen(&all(&mut open(&path)));
    let length = fs::metadata(&path).unwrap().len() as usize;
    let server = Server::start(&path, Some(length / 2));
    let stop = StopFlag::default();
    let mut source =
        Source::open(server.address.clone(), &SourceOptions { stop: stop.clone(), ..options(MUCH) }).unwrap();
    let interrupt_soon = |after: u64| {
        let stop = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(after));
            stop.interrupt();
        })
    };
    let interrupter = interrupt_soon(1500);
    let mut count = 0;
    let end = loop {
        match source.next() {
            Ok(Some(_)) => count += 1,
            other => break other.err(),
        }
    };
    interrupter.join().unwrap();
    stop.resume();
    assert!(end == Some(MediaError::Interrupted) && (50..190).contains(&count), "{count}: {end:?}");
    // Behind: at once, and nothing is asked for.
    let before = server.counts();
    let began = Instant::now();
    source.seek(seconds(1.0), 1).unwrap();
    let picture = |source: &mut Source| seen(&[source.next().unwrap().unwrap()])[0];
    assert_eq!(picture(&mut source), whole[index_at(&whole, seconds(1.0))]);
    assert!(began.elapsed() < Duration::from_millis(700), "{:?}", began.elapsed());
    assert_eq!(server.counts(), before);
    // Ahead of what is there: what is waited for is given up, and the server asked again.
    let began = Instant::now();
    source.seek(seconds(7.0), 2).unwrap();
    assert_eq!(picture(&mut source), whole[index_at(&whole, seconds(7.0))]);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(server.counts().0 > before.0);
    // Both parts are at hand, and told.
    let ranges = source.cache().unwrap().look().ranges;
    assert!(
        matches!(ranges[..], [(from, to), (_, end)] if from < seconds(0.1) && to < seconds(5.0) && end > seconds(7.0)),
        "{ranges:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_reader_ends_with_its_film_whatever_it_waits_for() {
    let path = film("cached.mkv");
    let length = fs::metadata(&path).unwrap().len() as usize;
    let server = Server::start(&path, Some(length / 2));
    let source = Source::open(server.address.clone(), &options(MUCH)).unwrap();
    let until = Instant::now() + Duration::from_secs(5);
    while !server.counts.halted.load(Ordering::SeqCst) {
        assert!(Instant::now() < until, "nothing is read ahead");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(readers() >= 1);
    let began = Instant::now();
    drop(source);
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}
