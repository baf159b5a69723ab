//! Films over a network: HTTP, HLS and RTSP from servers of this test, and stopping whatever is waited for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;

use std::fs;
use std::io::{BufRead, Read, Write};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use deep3d::media::{CacheOptions, MediaError, Memory, RemoteOptions, Source, SourceOptions, StopFlag};
use deep3d::time::Time;

use decoded::*;

/// A server on this machine: files by name, with ranges; `/stall` never answers, `/slow.mkv` stops in the middle, and what begins with `/halted` does so
/// until it may go on.
struct Server {
    address: String,
    goes_on: Arc<AtomicBool>,
    _thread: std::thread::JoinHandle<()>,
}

impl Server {
    fn start(files: Vec<(&'static str, Vec<u8>)>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let files = Arc::new(files);
        let goes_on = Arc::new(AtomicBool::new(false));
        let halted = Arc::clone(&goes_on);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (files, goes_on) = (Arc::clone(&files), Arc::clone(&halted));
                std::thread::spawn(move || drop(Self::answer(stream.unwrap(), &files, &goes_on)));
            }
        });
        Self { address, goes_on, _thread: thread }
    }

    fn answer(
        mut stream: std::net::TcpStream,
        files: &[(&'static str, Vec<u8>)],
        goes_on: &AtomicBool,
    ) -> std::io::Result<()> {
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte)?;
            request.push(byte[0]);
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        if path == "/stall" {
            std::thread::sleep(Duration::from_secs(60));
        }
        let Some((_, bytes)) = files.iter().find(|(name, _)| path == *name) else {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let range = request.to_ascii_lowercase().split("range: bytes=").nth(1).map(str::to_owned);
        let from = range.and_then(|range| range.split('-').next()?.parse().ok()).unwrap_or(0_usize).min(bytes.len());
        let status = if from > 0 { "206 Partial Content" } else { "200 OK" };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{}/{}\r\nAccept-Ranges: bytes\r\nConnection: close\r\n\r\n",
            bytes.len() - from,
            bytes.len() - 1,
            bytes.len()
        )?;
        let halt = bytes.len() * 3 / 4;
        if path.starts_with("/halted") && from < halt {
            stream.write_all(&bytes[from..halt])?;
            while !goes_on.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
            }
            return stream.write_all(&bytes[halt..]);
        }
        if path == "/slow.mkv" {
            stream.write_all(&bytes[from..bytes.len() / 2])?;
            std::thread::sleep(Duration::from_secs(60));
        }
        stream.write_all(&bytes[from..])
    }

    fn open(&self, path: &str, stop: &StopFlag) -> Result<Source, MediaError> {
        Source::open(format!("{}{path}", self.address), &SourceOptions { stop: stop.clone(), ..Default::default() })
    }
}

#[test]
fn films_come_over_http_and_hls() {
    let coding = "-c:v libx264 -preset veryfast -g 25 -pix_fmt yuv420p";
    let film = clip("net.mp4", &format!("{} {coding}", moving("160x96", "25", "3")));
    let mut files = vec![("/net.mp4", fs::read(&film).unwrap())];
    let recipe = format!("{} {coding} -f hls -hls_time 1 -hls_list_size 0", moving("160x96", "25", "3"));
    let folder = made("hls", &recipe, |draft| {
        fs::create_dir(draft).unwrap();
        ffmpeg(&recipe, &draft.join("list.m3u8"));
    });
    for name in ["/list.m3u8", "/list0.ts", "/list1.ts", "/list2.ts"] {
        files.push((name, fs::read(folder.join(&name[1..])).unwrap()));
    }
    files.push(("/page.html", b"<html>no film</html>".to_vec()));
    let server = Server::start(files);
    let expected: Vec<_> = all(&mut open(&film)).iter().map(|frame| (frame.pts, hash(&frame.data))).collect();
    let mut source = server.open("/net.mp4", &StopFlag::default()).unwrap();
    let seen = |source: &mut Source| all(source).iter().map(|f| (f.pts, hash(&f.data))).collect::<Vec<_>>();
    assert!(seen(&mut source) == expected);
    source.seek(expected[40].0, 1).unwrap();
    assert!(seen(&mut source) == expected[40..]);

    let mut source = server.open("/list.m3u8", &StopFlag::default()).unwrap();
    assert_eq!(source.info().container, "hls");
    assert_near(source.info().duration.unwrap(), 3000.0, "length");
    let played = seen(&mut source);
    assert_eq!(played.len(), 75);
    assert_near(played[74].0, 2960.0, "the last picture");
    source.seek(played[60].0, 1).unwrap();
    assert!(seen(&mut source) == played[60..]);

    let error = server.open("/none.mp4", &StopFlag::default()).err().unwrap().to_string();
    assert!(error.contains("404") && error.contains("check the address"), "{error}");
    let error = server.open("/page.html", &StopFlag::default()).err().unwrap().to_string();
    assert!(error.contains("no film or picture"), "{error}");
    let refused = Source::open("http://127.0.0.1:1/film.mp4", &SourceOptions::default()).err().unwrap();
    assert!(matches!(refused, MediaError::Network { .. }), "{refused}");
}

#[test]
fn stopping_ends_whatever_is_waited_for() {
    let film =
        clip("slow.mkv", &format!("{} -c:v libx264 -g 5 -pix_fmt yuv420p -b:v 4M", moving("320x240", "25", "4")));
    let server = Server::start(vec![("/slow.mkv", fs::read(film).unwrap())]);
    let stop_soon = |stop: &StopFlag| {
        let stop = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            stop.stop();
        });
    };
    let stop = StopFlag::default();
    stop_soon(&stop);
    let began = Instant::now();
    assert_eq!(server.open("/stall", &stop).err(), Some(MediaError::Stopped));
    assert!(began.elapsed() < Duration::from_secs(2), "opening: {:?}", began.elapsed());

    let stop = StopFlag::default();
    let mut source = server.open("/slow.mkv", &stop).unwrap();
    stop_soon(&stop);
    let began = Instant::now();
    let mut count = 0;
    let end = loop {
        match source.next() {
            Ok(Some(_)) => count += 1,
            other => break other.err(),
        }
    };
    assert_eq!(end, Some(MediaError::Stopped));
    assert!(count > 5 && began.elapsed() < Duration::from_secs(2), "reading: {count} in {:?}", began.elapsed());
    assert_eq!(server.open("/slow.mkv", &stop).err(), Some(MediaError::Stopped));
}

/// Pictures until reading is interrupted by the thread that `raise`s `flag` meanwhile.
fn interrupted(name: &str, source: &mut Source, flag: &StopFlag) -> usize {
    let raised = flag.clone();
    let raiser = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(700));
        raised.interrupt();
        Instant::now()
    });
    let mut count = 0;
    let end = loop {
        match source.next() {
            Ok(Some(_)) => count += 1,
            other => break other.err(),
        }
    };
    let took = raiser.join().unwrap().elapsed();
    assert!(
        end == Some(MediaError::Interrupted) && took < Duration::from_millis(500),
        "{name}: {count} pictures, {end:?}, {took:?}"
    );
    count
}

#[test]
fn an_interrupted_wait_is_followed_by_a_seek_as_if_nothing_had_been() {
    let coding = "-c:v libx264 -preset veryfast -g 25 -pix_fmt yuv420p -b:v 4M";
    let film = |name: &str, seconds: &str, more: &str| {
        fs::read(clip(name, &format!("{} {coding} {more}", moving("320x240", "25", seconds)))).unwrap()
    };
    let recipe = format!("{} {coding} -f hls -hls_time 1 -hls_list_size 0", moving("320x240", "25", "4"));
    let folder = made("halted", &recipe, |draft| {
        fs::create_dir(draft).unwrap();
        ffmpeg(&recipe, &draft.join("list.m3u8"));
    });
    let part = |name: &str| fs::read(folder.join(name)).unwrap();
    let list = String::from_utf8(part("list.m3u8")).unwrap().replace("list2.ts", "halted.ts");
    let mut parts = vec![("/list.m3u8", list.into_bytes()), ("/halted.ts", part("list2.ts"))];
    parts.extend(["/list0.ts", "/list1.ts", "/list3.ts"].map(|name| (name, part(&name[1..]))));
    let films = [
        ("/halted.mkv", vec![("/halted.mkv", film("halted.mkv", "4", ""))]),
        ("/halted.mp4", vec![("/halted.mp4", film("halted.mp4", "4", "-movflags +faststart"))]),
        // The first seconds of these are read for their rate.
        ("/halted.ts", vec![("/halted.ts", film("halted.ts", "16", ""))]),
        ("/list.m3u8", parts),
    ];
    for (name, files) in films {
        let seen = |source: &mut Source| all(source).iter().map(|f| (f.pts, hash(&f.data))).collect::<Vec<_>>();
        let flag = StopFlag::default();
        let server = Server::start(files);
        let mut source = server.open(name, &flag).unwrap();
        let count = interrupted(name, &mut source, &flag);
        server.goes_on.store(true, Ordering::Relaxed);
        flag.resume();
        source.seek(Time::ZERO, 1).unwrap();
        let whole = seen(&mut server.open(name, &StopFlag::default()).unwrap());
        assert!(seen(&mut source) == whole && whole.len() >= 100, "{name}: {} pictures", whole.len());
        assert!((20..whole.len()).contains(&count), "{name}: {count} pictures before");
        source.seek(whole[60].0, 2).unwrap();
        assert!(seen(&mut source) == whole[60..], "{name}");
    }
}

/// What an RTSP server does when it has been asked to play.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Plays,
    /// The same, over the connection itself.
    PlaysInIt,
    /// Sends nothing for three seconds, from the seventh one on.
    Stalls,
    /// Ends everything after six seconds.
    Closes,
    /// The same, and is there again three seconds later, with other pictures from their beginning on.
    Returns,
}

/// A server of one live film: it takes UDP only, or TCP where `then` says so, and lets ffmpeg send the packets.
fn rtsp_server(then: Then) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        serve_rtsp(&listener, then);
        drop(listener);
        if then == Then::Returns {
            std::thread::sleep(Duration::from_secs(3));
            let listener = std::net::TcpListener::bind(address).unwrap();
            // A client may give up the first that it tries.
            while !serve_rtsp(&listener, Then::Plays) {}
        }
    });
    format!("rtsp://{address}/live")
}

/// Serves one connection: whether it came so far that something was played.
fn serve_rtsp(listener: &std::net::TcpListener, then: Then) -> bool {
    let (stream, _) = listener.accept().unwrap();
    let mut played = false;
    let mut sender: Option<std::process::Child> = None;
    let mut port = String::new();
    let packets = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut lines = std::io::BufReader::new(stream.try_clone().unwrap()).lines();
    loop {
        let request: Vec<String> = lines.by_ref().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let Some(first) = request.first() else { break };
        let field = |name: &str| {
            let line = request.iter().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned()).unwrap_or_default()
        };
        let mut status = "200 OK";
        let (mut more, mut body) = (String::new(), "");
        match first.split(' ').next() {
            Some("DESCRIBE") => {
                more = "Content-Type: application/sdp\r\n".to_owned();
                body = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=live\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video 0 RTP/AVP 32\r\na=control:track\r\n";
            }
            Some("SETUP") if then == Then::PlaysInIt && !field("Transport:").contains("TCP") => {
                status = "461 Unsupported Transport";
            }
            Some("SETUP") if then == Then::PlaysInIt => {
                let packets = packets.try_clone().unwrap();
                port = packets.local_addr().unwrap().port().to_string();
                let mut stream = stream.try_clone().unwrap();
                std::thread::spawn(move || {
                    let mut packet = [0; 2048];
                    while let Ok(length) = packets.recv(&mut packet[4..]) {
                        packet[..4].copy_from_slice(&[b'$', 0, (length >> 8) as u8, length as u8]);
                        if stream.write_all(&packet[..4 + length]).is_err() {
                            return;
                        }
                    }
                });
                more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n".to_owned();
            }
            Some("SETUP") if field("Transport:").contains("TCP") => status = "461 Unsupported Transport",
            Some("SETUP") => {
                let transport = field("Transport:");
                let ports = transport.split("client_port=").nth(1).unwrap();
                port = ports.split(['-', ';']).next().unwrap().to_owned();
                more = format!("Transport: {transport};server_port=6970-6971\r\n");
            }
            Some("PLAY") => {
                played = true;
                let arguments = format!("-re {} -c:v mpeg2video -g 5 -f rtp", moving("64x64", "25", "30"));
                let run = Command::new("ffmpeg")
                    .args(["-nostdin", "-v", "quiet"])
                    .args(arguments.split_whitespace())
                    .arg(format!("rtp://127.0.0.1:{port}"))
                    .stdout(std::process::Stdio::null())
                    .spawn();
                let mut run = run.unwrap();
                let seconds = |count| std::thread::sleep(Duration::from_secs(count));
                match then {
                    Then::Plays | Then::PlaysInIt => sender = Some(run),
                    Then::Stalls => {
                        let id = run.id().to_string();
                        sender = Some(run);
                        std::thread::spawn(move || {
                            seconds(6);
                            Command::new("kill").args(["-STOP", &id]).status().unwrap();
                            seconds(3);
                            Command::new("kill").args(["-CONT", &id]).status().unwrap();
                        });
                    }
                    Then::Closes | Then::Returns => {
                        let stream = stream.try_clone().unwrap();
                        std::thread::spawn(move || {
                            seconds(6);
                            run.kill().unwrap();
                            run.wait().unwrap();
                            stream.shutdown(std::net::Shutdown::Both).unwrap();
                        });
                    }
                }
            }
            _ => {}
        }
        let length = body.len();
        let answer = format!(
            "RTSP/1.0 {status}\r\nCSeq: {}\r\nSession: 1\r\n{more}Content-Length: {length}\r\n\r\n{body}",
            field("CSeq:")
        );
        if (&stream).write_all(answer.as_bytes()).is_err() {
            break;
        }
    }
    if let Some(mut sender) = sender {
        sender.kill().unwrap();
        sender.wait().unwrap();
    }
    played
}

#[test]
fn a_live_film_is_connected_to_again_when_its_server_was_away() {
    let remote = Arc::new(RemoteOptions { timeout: Duration::from_secs(20), ..RemoteOptions::default() });
    let options = SourceOptions { remote, ..SourceOptions::default() };
    let mut source = Source::open(rtsp_server(Then::Returns), &options).unwrap();
    let (began, mut longest, mut frames) = (Instant::now(), Duration::ZERO, Vec::new());
    let mut cut = 0;
    // The server sends for six seconds, is away for three, and what comes after that is the film's, too.
    while frames.len() < 250 {
        let asked = Instant::now();
        let frame = source.next().unwrap().expect("it goes on");
        if asked.elapsed() > longest {
            (longest, cut) = (asked.elapsed(), frames.len());
        }
        frames.push(frame.pts);
        assert!(began.elapsed() < Duration::from_secs(60), "{} pictures", frames.len());
    }
    assert!(longest > Duration::from_secs(2), "it did not break off: {longest:?}");
    assert!((40..220).contains(&cut), "it broke off after {cut} pictures");
    let steps: Vec<f64> = frames.windows(2).map(|pair| (pair[1] - pair[0]).seconds()).collect();
    assert!(steps.iter().all(|step| (0.0..2.0).contains(step)), "film time goes on: {steps:?}");
}

/// What is behind `address` (`rtsp://…`), behind TLS by OpenSSL's server, whose certificate lies in `folder`: the address there, and the server.
fn behind_tls(address: &str, folder: &std::path::Path) -> (String, std::process::Child) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl is needed: ./x test installs it");
    assert!(made.status.success());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut server = Command::new("openssl")
        .args(["s_server", "-quiet", "-cert", "cert.pem", "-key", "key.pem", "-accept", &port.to_string()])
        .current_dir(folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "openssl's server does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    let (mut said, mut answers) = (server.stdout.take().unwrap(), server.stdin.take().unwrap());
    let host = address.trim_start_matches("rtsp://").trim_end_matches("/live");
    let stream = std::net::TcpStream::connect(host).unwrap();
    let mut requests = stream.try_clone().unwrap();
    std::thread::spawn(move || std::io::copy(&mut said, &mut requests));
    std::thread::spawn(move || {
        let (mut stream, mut buffer) = (stream, [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            if answers.write_all(&buffer[..count]).and_then(|()| answers.flush()).is_err() {
                return;
            }
        }
    });
    (format!("rtsps://localhost:{port}/live"), server)
}

#[test]
fn live_films_come_over_one_connection_and_over_one_that_is_secure() {
    let folder = tempfile::tempdir().unwrap();
    let plain = rtsp_server(Then::PlaysInIt);
    let (secure, mut server) = behind_tls(&rtsp_server(Then::PlaysInIt), folder.path());
    let told = |url: &str, certificate: Option<&str>| {
        let tls_ca_file = certificate.map(|name| folder.path().join(name));
        let remote = Arc::new(RemoteOptions { tls_ca_file, ..RemoteOptions::default() });
        Source::open(url, &SourceOptions { remote, ..SourceOptions::default() })
    };
    // FFmpeg's RTSP asks for no proof.
    let error = told(&secure, None).err().unwrap();
    assert!(matches!(error, MediaError::Certificate { .. }), "{error}");
    for (url, certificate) in [(plain, None), (secure, Some("cert.pem"))] {
        let mut source = told(&url, certificate).unwrap_or_else(|error| panic!("{url}: {error}"));
        let frames: Vec<_> = (0..20).map(|_| source.next().unwrap().unwrap().pts).collect();
        assert!(frames.windows(2).all(|pair| pair[0] < pair[1]), "{url}: {frames:?}");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn live_films_come_over_rtsp() {
    let stop = StopFlag::default();
    let options = SourceOptions { stop: stop.clone(), ..Default::default() };
    let mut source = Source::open(rtsp_server(Then::Plays), &options).unwrap();
    let info = source.info();
    assert_eq!((info.container.as_str(), info.size, info.duration), ("rtsp", [64, 64], None));
    let frames: Vec<_> = (0..20).map(|_| source.next().unwrap().unwrap()).collect();
    assert!(frames.windows(2).all(|pair| pair[0].pts < pair[1].pts));
    assert!(frames[0].pts < Time::from_seconds(2.0), "{}", frames[0].pts);
    assert!(matches!(source.seek(Time::ZERO, 1), Err(MediaError::CannotSeek(_))));
    stop.stop();
    assert_eq!(source.next().err(), Some(MediaError::Stopped));
}

#[test]
fn what_is_kept_of_a_live_film_can_be_gone_back_to() {
    let cache = CacheOptions { behind: Memory(8 << 20), ..CacheOptions::default() };
    let mut source = Source::open(rtsp_server(Then::Plays), &SourceOptions { cache, ..Default::default() }).unwrap();
    let frames: Vec<_> = (0..40).map(|_| source.next().unwrap().unwrap()).map(|f| (f.pts, hash(&f.data))).collect();
    let cached = source.cache().unwrap().look();
    assert!(cached.live && cached.bound && cached.range.unwrap().0 <= frames[1].0, "{cached:?}");
    source.seek(frames[17].0, 1).unwrap();
    let again: Vec<_> = (0..20).map(|_| source.next().unwrap().unwrap()).collect();
    assert!(again.iter().map(|f| (f.pts, hash(&f.data))).eq(frames[17..37].iter().copied()));
    assert_eq!(again[0].epoch, 1);
    // Before all that is kept it is the first of that.
    source.seek(Time::from_seconds(-100.0), 2).unwrap();
    assert!(source.next().unwrap().unwrap().pts <= frames[0].0);
}

#[test]
fn a_live_film_goes_on_after_a_stall_and_its_end_is_told() {
    let began = Instant::now();
    let mut source = Source::open(rtsp_server(Then::Stalls), &SourceOptions::default()).unwrap();
    let mut longest = Duration::ZERO;
    let mut frames = Vec::new();
    while began.elapsed() < Duration::from_secs(11) {
        let asked = Instant::now();
        frames.push(source.next().unwrap().unwrap().pts);
        longest = longest.max(asked.elapsed());
    }
    assert!(longest > Duration::from_secs(2), "it did not stall: {longest:?}");
    assert!(frames.len() > 100 && frames.windows(2).all(|pair| pair[0] < pair[1]), "{} pictures", frames.len());

    let remote = Arc::new(RemoteOptions { timeout: Duration::from_secs(4), ..RemoteOptions::default() });
    let mut source = Source::open(rtsp_server(Then::Closes), &SourceOptions { remote, ..Default::default() }).unwrap();
    let (mut count, began) = (0, Instant::now());
    let end = loop {
        match source.next() {
            Ok(Some(_)) => count += 1,
            other => break other.err(),
        }
    };
    println!("{count} pictures, {end:?} after {:?}", began.elapsed());
    let told = end.is_none_or(|error| matches!(error, MediaError::Network { .. }));
    assert!(count >= 25 && told && began.elapsed() < Duration::from_secs(20));
}
