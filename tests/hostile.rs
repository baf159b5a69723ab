//! Servers that are slow, stand still, break off, send elsewhere and lie, while a film plays from them with its sound: it goes on by itself or ends with one
//! sentence, and meanwhile the viewer's keys are followed at once.
#![cfg(feature = "media")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use deep3d::control::{Done, Keyboard};
use deep3d::film::{FilmOptions, Origin, Pace};
use deep3d::gpu::{Gpu, GpuOptions, Headless};
use deep3d::location::Location;
use deep3d::net::Weights;
use deep3d::player::{Films, Player, PlayerOptions};
use deep3d::sound::{FakeDevice, Format, Sound};
use ffmpeg::ffmpeg;

/// From a key to the player's new state, in 99 of 100 cases.
const PROMPTLY: Duration = Duration::from_millis(50);
const STEREO: Format = Format { rate: 48_000, channels: 2 };
const SECONDS: f64 = 8.0;

/// How a server misbehaves.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    /// Sends more slowly than the film is watched.
    Throttles,
    /// Sends nothing for so many seconds, whoever asks, from the middle on.
    Stalls(f64),
    /// Breaks off five times.
    Resets,
    /// Sends elsewhere, twice, each time that it is asked; and breaks off once.
    Redirects,
    /// Says that there is twice as much as there is.
    SaysMore,
    /// Says that there is half of what there is.
    SaysLess,
    /// Does not say how much there is, and knows no ranges.
    SaysNothing,
    /// Breaks off in the middle and is not there any more.
    Vanishes,
}

/// What one server knows.
struct Served {
    mode: Mode,
    film: Vec<u8>,
    /// When it stood still for the first time, or went away.
    stood: Mutex<Option<Instant>>,
}

fn serve(mode: Mode, film: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/0/film.mkv", listener.local_addr().unwrap());
    let served = Arc::new(Served { mode, film, stood: Mutex::default() });
    thread::spawn(move || {
        for stream in listener.incoming() {
            let served = Arc::clone(&served);
            thread::spawn(move || drop(answer(&stream.unwrap(), &served)));
        }
    });
    address
}

/// A request up to its last byte: a connection that ends before all was read ends with an error on the other side.
fn request(mut stream: &TcpStream) -> std::io::Result<String> {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r") {
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&request).into_owned())
}

fn answer(mut stream: &TcpStream, served: &Served) -> std::io::Result<()> {
    let request = request(stream)?;
    let connection = stream;
    let end = || {
        let mut rest: &TcpStream = connection;
        rest.read_exact(&mut [0])
    };
    let film = &served.film;
    if served.mode == Mode::Redirects && !request.contains(" /2/") {
        let next = if request.contains(" /0/") { 1 } else { 2 };
        end()?;
        return write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: /{next}/film.mkv\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    if served.mode == Mode::Vanishes && served.stood.lock().unwrap().is_some() {
        return Ok(());
    }
    let lower = request.to_lowercase();
    let range = lower.split("range: bytes=").nth(1);
    let from = range.and_then(|range| range.split('-').next()?.parse().ok()).unwrap_or(0_usize);
    let said = match served.mode {
        Mode::SaysMore => film.len() * 2,
        Mode::SaysLess => film.len() / 2,
        _ => film.len(),
    };
    if served.mode == Mode::SaysNothing {
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        end()?;
        return stream.write_all(film);
    }
    if from > 0 && from >= film.len() {
        end()?;
        return write!(stream, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{}/{said}\r\nAccept-Ranges: bytes\r\n\
         Connection: close\r\n\r\n",
        said - from.min(said),
        said - 1,
    )?;
    let pieces = 100;
    let size = film.len().div_ceil(pieces);
    for (index, piece) in film.chunks(size).enumerate() {
        let begin = (index * size).max(from);
        if begin >= index * size + piece.len() {
            continue;
        }
        match served.mode {
            // So much of the film's time takes the whole.
            Mode::Throttles => thread::sleep(Duration::from_secs_f64(SECONDS * 2.0 / pieces as f64)),
            Mode::Stalls(seconds) if index == pieces / 2 => {
                let stood = *served.stood.lock().unwrap().get_or_insert_with(Instant::now);
                thread::sleep(Duration::from_secs_f64(seconds).saturating_sub(stood.elapsed()));
            }
            Mode::Resets if index > from / size && index.is_multiple_of(pieces / 6) => return Ok(()),
            Mode::Redirects if index == pieces / 2 && from == 0 => return Ok(()),
            Mode::Vanishes if index == pieces / 2 => {
                *served.stood.lock().unwrap() = Some(Instant::now());
                return Ok(());
            }
            // What was sent just before a connection breaks off may not come.
            Mode::Vanishes => thread::sleep(Duration::from_millis(20)),
            _ => {}
        }
        stream.write_all(&piece[begin - index * size..])?;
    }
    end()
}

/// What became of a film.
#[derive(Debug, Default)]
struct Played {
    /// How far film time came, in seconds.
    reached: f64,
    /// How long it stood for what had yet to come.
    stood: f64,
    /// How long the viewer had paused it, while it did not stand for that.
    paused: f64,
    failures: Vec<String>,
    /// Frames that the device was given and that were not silent.
    heard: u64,
    /// From each key to the player's new state.
    keys: Vec<Duration>,
    finished: bool,
}

/// A viewer who presses keys, ever different ones: when each was pressed.
fn viewer(over: Arc<AtomicBool>) -> Receiver<(&'static str, Instant)> {
    let (sender, pressed) = channel();
    thread::spawn(move || {
        let keys = ["9", "m", "0", "SPACE", "SPACE", "m", "Ctrl++", "9", "Ctrl+-", "0", "]", "BS", "L", "L"];
        for number in 0_usize.. {
            thread::sleep(Duration::from_millis(17 + (number * 29 % 67) as u64));
            if over.load(Ordering::Relaxed) || sender.send((keys[number % keys.len()], Instant::now())).is_err() {
                return;
            }
        }
    });
    pressed
}

/// A device in real time; what it was given that was not silent is counted.
fn listen(device: FakeDevice, over: Arc<AtomicBool>, heard: Arc<AtomicU64>) {
    thread::spawn(move || {
        let (began, mut given) = (Instant::now(), 0);
        while !over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(10));
            let wanted = (began.elapsed().as_secs_f64() * 48_000.0) as usize - given;
            given += wanted;
            if let Some(samples) = device.ask(wanted, Instant::now(), Duration::from_millis(50)) {
                let loud = samples.chunks(2).filter(|frame| frame[0].abs() > 1e-6).count();
                heard.fetch_add(loud as u64, Ordering::Relaxed);
            }
        }
    });
}

/// What a key changes, in one word.
fn state<P: deep3d::player::Playlist>(player: &Player<P>) -> String {
    format!("{:?} {} {} {}", player.sound_levels(), player.speed(), player.is_paused(), player.loop_file())
}

/// A player of the film at `url`, and the device that it is heard by.
fn film(gpu: &Gpu, url: &str) -> (Player<Films>, FakeDevice) {
    let device = FakeDevice::new(STEREO);
    let sound = Sound::new(device.output(), None).unwrap();
    let film =
        FilmOptions { pace: Pace::Live, network_area: 64 * 64, sound: Some(sound.clone()), ..FilmOptions::default() };
    let origin = Origin::Network(Arc::new(Weights::built_in().unwrap()));
    let films = Films::new(gpu, origin, vec![Location::of(url)], film).unwrap();
    (Player::new(films, PlayerOptions { sound: Some(sound), ..PlayerOptions::default() }), device)
}

/// Plays it to its end.
fn play(gpu: &Gpu, url: &str, patience: Duration) -> Played {
    let (over, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (mut player, device) = film(gpu, url);
    listen(device, Arc::clone(&over), Arc::clone(&heard));
    let pressed = viewer(Arc::clone(&over));
    let mut keyboard = Keyboard::default();
    let (mut played, began, mut last) = (Played::default(), Instant::now(), Instant::now());
    while began.elapsed() < patience {
        let now = Instant::now();
        let tick = player.tick(now);
        let passed = (now - last).as_secs_f64();
        played.stood += if player.buffering().is_some() { passed } else { 0.0 };
        played.paused += if player.is_paused() && player.buffering().is_none() { passed } else { 0.0 };
        last = now;
        played.reached = played.reached.max(player.position(now).seconds());
        if tick.finished {
            played.finished = true;
            break;
        }
        // As a window's loop: a key wakes it.
        let wake = tick.wake.unwrap_or(now + Duration::from_millis(50)).saturating_duration_since(Instant::now());
        match pressed.recv_timeout(wake.min(Duration::from_millis(50))) {
            Ok((key, at)) => {
                let before = state(&player);
                let Done::Act(action) = keyboard.press(key, false)[0].resolve(&player.status(now)).unwrap() else {
                    panic!()
                };
                player.act(action.unwrap(), Instant::now());
                assert!(key == "BS" || before != state(&player), "{key} changes nothing");
                played.keys.push(at.elapsed());
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
    over.store(true, Ordering::Relaxed);
    played.failures = player.take_failures().into_iter().map(|(_, error)| error.to_string()).collect();
    played.heard = heard.load(Ordering::Relaxed);
    played
}

/// How long a stall lasts: longer in `./x test-long`.
fn stall() -> f64 {
    std::env::var("DEEP3D_STALL").map_or(9.0, |seconds| seconds.parse().unwrap())
}

#[test]
fn a_film_survives_its_server_or_ends_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mkv");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc2=s=160x96:r=12:d={SECONDS} -f lavfi -i anoisesrc=d={SECONDS}:a=0.3:r=48000 -ac 2 \
             -c:v libx264 -preset veryfast -g 12 -pix_fmt yuv420p -b:v 1M -c:a flac"
        ),
        &path,
    );
    let film = std::fs::read(&path).unwrap();
    let gpu = Gpu::new(&Headless, &GpuOptions::default()).unwrap();
    // How far it comes, how long it stands at least, and what is said.
    let cases = [
        (Mode::Throttles, 7.8, 1.0, None),
        (Mode::Stalls(stall()), 7.8, stall() - 8.0, None),
        (Mode::Resets, 7.8, 0.0, None),
        (Mode::Redirects, 7.8, 0.0, None),
        (Mode::SaysMore, 7.8, 0.0, Some("again and again")),
        (Mode::SaysLess, 3.0, 0.0, None),
        (Mode::SaysNothing, 7.8, 0.0, None),
        (Mode::Vanishes, 3.0, 0.0, Some("again and again")),
    ];
    let mut keys = Vec::new();
    for together in cases.chunks(4) {
        let runs: Vec<_> = together
            .iter()
            .map(|(mode, ..)| {
                let (gpu, url) = (gpu.clone(), serve(*mode, film.clone()));
                let patience = Duration::from_secs_f64(60.0 + stall());
                thread::spawn(move || play(&gpu, &url, patience))
            })
            .collect();
        for ((mode, reaches, stands, said), run) in together.iter().zip(runs) {
            let played = run.join().unwrap();
            let Played { reached, stood, paused, heard, failures, .. } = &played;
            // Of a long stall a part goes by while the viewer has paused.
            let stood = stood + if matches!(mode, Mode::Stalls(_)) { *paused } else { 0.0 };
            println!("{mode:?}: {reached:.1} s, stood {stood:.1} s, heard {heard} frames, {failures:?}");
            assert!(
                played.finished && reached >= reaches && stood >= *stands,
                "{mode:?}: {reached} s, stood {stood} s"
            );
            assert_eq!(failures.len(), usize::from(said.is_some()), "{mode:?}: {failures:?}");
            let told = said.is_none_or(|said| failures[0].contains(said) && !failures[0].contains('\n'));
            assert!(told, "{mode:?}: {failures:?}");
            // The viewer mutes a part of it and changes the speed a little.
            assert!(*heard as f64 > reached * 48_000.0 * 0.4, "{mode:?}: {heard} frames of sound");
            keys.extend(played.keys);
        }
    }
    keys.sort();
    let at = |share: f64| keys[((keys.len() - 1) as f64 * share) as usize];
    println!("{} keys: p50 {:?}, p99 {:?}, longest {:?}", keys.len(), at(0.5), at(0.99), at(1.0));
    assert!(keys.len() > 500 && at(0.99) <= PROMPTLY, "p99 {:?}", at(0.99));
}

/// A live stream in pieces of a second, the newest twenty of which are offered; from the eleventh to the twenty-third second nobody is answered.
fn serve_live(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/live.m3u8", listener.local_addr().unwrap());
    let (began, stall) = (Instant::now(), 11.0..23.0);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, folder, stall) = (stream.unwrap(), folder.clone(), stall.clone());
            thread::spawn(move || {
                let asked = request(&stream).unwrap_or_default();
                let (mut answer, now) = (&stream, began.elapsed().as_secs_f64());
                let _ = answer.read_exact(&mut [0]);
                if stall.contains(&now) {
                    thread::sleep(Duration::from_secs_f64(stall.end - now));
                }
                let name = asked.split([' ', '/']).nth(2).unwrap_or_default().to_owned();
                let first = began.elapsed().as_secs();
                let body = if name == "live.m3u8" {
                    let pieces = (first..first + 20).map(|piece| format!("#EXTINF:1.0,\npiece{piece}.ts\n"));
                    let head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1";
                    format!("{head}\n#EXT-X-MEDIA-SEQUENCE:{first}\n{}", pieces.collect::<String>()).into_bytes()
                } else {
                    std::fs::read(folder.join(&name)).unwrap_or_default()
                };
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = answer.write_all(&[head.into_bytes(), body].concat());
            });
        }
    });
    address
}

#[test]
fn a_live_stream_is_as_near_to_its_newest_after_a_stall_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let pieces = folder.path().join("piece%d.ts");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc2=s=160x96:r=12:d=60 -f lavfi -i sine=d=60 -c:v libx264 -preset veryfast -g 12 \
             -sc_threshold 0 -pix_fmt yuv420p -c:a aac -f hls -hls_time 1 -hls_list_size 0 -hls_segment_filename {}",
            pieces.display()
        ),
        &folder.path().join("all.m3u8"),
    );
    let gpu = Gpu::new(&Headless, &GpuOptions::default()).unwrap();
    let began = Instant::now();
    let url = serve_live(folder.path().to_owned());
    let (mut film, device) = film(&gpu, &url);
    let over = Arc::new(AtomicBool::new(false));
    listen(device, Arc::clone(&over), Arc::default());
    let mut delays = Vec::new();
    let mut stood = 0;
    while began.elapsed() < Duration::from_secs(33) {
        let tick = film.tick(Instant::now());
        assert!(!tick.finished, "{:?}", film.take_failures());
        stood += u32::from(film.buffering().is_some());
        if let Some(delay) = film.live_delay() {
            delays.push((began.elapsed().as_secs_f64(), delay.seconds()));
        }
        thread::sleep(Duration::from_millis(20));
    }
    over.store(true, Ordering::Relaxed);
    let within = |from: f64, to: f64| {
        let mut delays: Vec<f64> = delays.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, it)| *it).collect();
        delays.sort_by(f64::total_cmp);
        delays.get(delays.len() / 2).copied().unwrap_or_else(|| panic!("nothing is known from {from} to {to}"))
    };
    let (before, stalled, after) = (within(8.0, 11.0), within(21.0, 23.0), within(28.0, 33.0));
    println!(
        "{before:.2} s behind before the stall, {stalled:.2} s at its end, {after:.2} s later; stood {stood} looks"
    );
    assert!(stood > 20 && stalled > before + 4.0, "it did not stall: {stood}, {before} and {stalled}");
    // A second more, so that it may not happen again.
    assert!(after < before + 2.0, "{before} s behind before the stall, {after} s afterwards");
}
