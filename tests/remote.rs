//! How servers are spoken to: certificates, header fields, and which variant of a film is taken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deep3d::media::{HlsBitrate, MediaError, PageOptions, RemoteOptions, Source, SourceOptions, StopFlag};
use ffmpeg::ffmpeg;

fn open(location: &str, remote: RemoteOptions) -> Result<Source, MediaError> {
    Source::open(location, &SourceOptions { remote: Arc::new(remote), ..SourceOptions::default() })
}

/// OpenSSL's server of the files in a folder, ended with the test.
struct SecureServer(Child);

impl SecureServer {
    fn start(folder: &Path, port: u16) -> Self {
        let child = Command::new("openssl")
            .args(["s_server", "-quiet", "-WWW", "-cert", "cert.pem", "-key", "key.pem", "-accept", &port.to_string()])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is needed: ./x test installs it");
        let server = Self(child);
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("openssl's server does not start");
    }
}

impl Drop for SecureServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A certificate for `name` that is signed by nobody else.
fn certificate(folder: &Path, name: &str) {
    let subject = format!("subjectAltName=DNS:{name}");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", &subject])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl is needed: ./x test installs it");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn servers_must_prove_who_they_are() {
    for (name, is_right) in [("localhost", true), ("elsewhere.example", false)] {
        let folder = tempfile::tempdir().unwrap();
        certificate(folder.path(), name);
        ffmpeg("-f lavfi -i testsrc2=s=64x36:r=5:d=1 -c:v ffv1", &folder.path().join("film.mkv"));
        let port = free_port();
        let _server = SecureServer::start(folder.path(), port);
        let url = format!("https://localhost:{port}/film.mkv");
        let authority = || Some(folder.path().join("cert.pem"));

        let error = open(&url, RemoteOptions::default()).err().unwrap();
        assert!(matches!(error, MediaError::Certificate { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("--tls-ca-file") && text.contains("--tls-verify no") && !text.contains('\n'), "{text}");

        // OpenSSL's server serves one after the other.
        let trusted = open(&url, RemoteOptions { tls_ca_file: authority(), ..RemoteOptions::default() }).map(drop);
        assert_eq!(trusted.is_ok(), is_right, "{name}: {trusted:?}");
        let anyway = open(&url, RemoteOptions { tls_verify: false, ..RemoteOptions::default() });
        assert_eq!(anyway.unwrap().info().size, [64, 36]);
    }
}

#[test]
fn requests_carry_what_they_are_told_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/film.mkv", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        request
    });
    let remote = RemoteOptions {
        user_agent: Some("deep3d-test/1".to_owned()),
        referrer: Some("http://example.org/page".to_owned()),
        header_fields: ["X-One: 1", "X-Two: two words"].map(|field| field.parse().unwrap()).into(),
        ..RemoteOptions::default()
    };
    assert!(open(&url, remote).is_err());
    let request = served.join().unwrap();
    for wanted in ["User-Agent: deep3d-test/1", "Referer: http://example.org/page", "X-One: 1", "X-Two: two words"] {
        assert!(request.iter().any(|line| line == wanted), "{wanted} is missing in {request:?}");
    }
}

#[test]
fn the_variant_of_a_film_is_chosen_by_its_bit_rate() {
    let folder = tempfile::tempdir().unwrap();
    let mut master = String::from("#EXTM3U\n");
    for (name, size, rate) in [("low", "64x36", 100_000), ("high", "256x144", 900_000), ("middle", "128x72", 400_000)] {
        let inputs = format!("-f lavfi -i testsrc2=s={size}:r=10:d=2 -f lavfi -i sine=d=2");
        let coding = "-c:v libx264 -preset ultrafast -c:a aac -f hls -hls_time 1 -hls_list_size 0";
        ffmpeg(&format!("{inputs} {coding}"), &folder.path().join(format!("{name}.m3u8")));
        master += &format!("#EXT-X-STREAM-INF:BANDWIDTH={rate},RESOLUTION={size}\n{name}.m3u8\n");
    }
    let path = folder.path().join("master.m3u8");
    fs::write(&path, master).unwrap();
    for (wanted, size) in [
        (HlsBitrate::Max, [256, 144]),
        (HlsBitrate::Min, [64, 36]),
        (HlsBitrate::AtMost(500_000), [128, 72]),
        (HlsBitrate::AtMost(1), [64, 36]),
    ] {
        let remote = RemoteOptions { hls_bitrate: wanted, ..RemoteOptions::default() };
        let mut source = open(path.to_str().unwrap(), remote).unwrap();
        assert_eq!(source.info().size, size, "{wanted:?}");
        let count = std::iter::from_fn(|| source.next().unwrap()).count();
        assert_eq!(count, 20, "{wanted:?}");
    }
}

/// A program that stands in for yt-dlp: `script` is what a shell does when it is run.
fn stand_in(folder: &Path, script: &str) -> PageOptions {
    let program = folder.join("yt-dlp");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    PageOptions { program, ..PageOptions::default() }
}

/// A server of a page and a film, and what it was asked.
fn site(film: Vec<u8>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let page = b"<!DOCTYPE html><html><body>Watch this film!</body></html>".to_vec();
            let body = if request.first().is_some_and(|line| line.contains("/film.mkv")) { &film } else { &page };
            heard.lock().unwrap().push(request.join("\n"));
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
        }
    });
    (address, asked)
}

#[test]
fn the_film_in_a_page_is_found_by_yt_dlp() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mkv");
    ffmpeg("-f lavfi -i testsrc2=s=64x36:r=5:d=1 -c:v ffv1", &film);
    let (address, asked) = site(fs::read(&film).unwrap());
    let page = |script: &str| RemoteOptions { page: Some(stand_in(folder.path(), script)), ..RemoteOptions::default() };
    let answer = format!(r#"{{"url": "{address}/film.mkv", "http_headers": {{"Referer": "{address}/page"}}}}"#);
    let (arguments, answers) = (folder.path().join("arguments"), folder.path().join("answers"));
    fs::write(&answers, answer).unwrap();
    let well = format!("printf '%s\\n' \"$@\" > '{}'; cat '{}'", arguments.display(), answers.display());

    // Whatever stands in an address, no shell reads it.
    let url = format!("{address}/watch?v=1;$(touch${{IFS}}{0})&x=`touch\t{0}`", folder.path().join("owned").display());
    let source = open(&url, page(&well)).unwrap();
    assert_eq!(source.info().size, [64, 36]);
    let told = fs::read_to_string(&arguments).unwrap();
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told[told.len() - 2..], ["--", &url.replace('\t', "%09")], "{told:?}");
    assert!(!folder.path().join("owned").exists());
    let last = asked.lock().unwrap().last().unwrap().clone();
    assert!(last.contains(&format!("Referer: {address}/page")), "{last}");
    // The page is looked at first, unless the address says that it is one.
    assert!(asked.lock().unwrap()[0].contains("/watch"));
    let before = asked.lock().unwrap().len();
    open(&format!("ytdl://{address}/watch"), page(&well)).unwrap();
    assert!(asked.lock().unwrap()[before..].iter().all(|request| request.contains("/film.mkv")));
    // A film is not asked about.
    fs::remove_file(&arguments).unwrap();
    open(&format!("{address}/film.mkv"), page(&well)).unwrap();
    assert!(!arguments.exists());
}

#[test]
fn a_page_without_a_film_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (address, _) = site(Vec::new());
    let url = format!("{address}/watch");
    let error = |page: PageOptions| {
        open(&url, RemoteOptions { page: Some(page), ..RemoteOptions::default() }).err().unwrap().to_string()
    };
    let cases = [
        ("echo 'WARNING: old' >&2; echo 'ERROR: Unsupported URL' >&2; exit 1", "yt-dlp says: Unsupported URL"),
        ("echo '{}'", "finds no film"),
        ("echo nonsense", "cannot be read"),
        (r#"echo '{"url": "file:///etc/passwd"}'"#, "not read"),
        ("yes", "without end"),
    ];
    for (script, words) in cases {
        let text = error(stand_in(folder.path(), script));
        assert!(text.contains(words) && text.starts_with(&url) && !text.contains('\n'), "{script}: {text}");
    }
    let missing = PageOptions { program: folder.path().join("none"), ..PageOptions::default() };
    assert!(error(missing).contains("--ytdl-path"));

    // One that never answers ends with the film.
    let (stop, began) = (StopFlag::default(), Instant::now());
    let page = Some(stand_in(folder.path(), "exec sleep 60"));
    let remote = Arc::new(RemoteOptions { page, ..RemoteOptions::default() });
    let options = SourceOptions { remote, stop: stop.clone(), ..SourceOptions::default() };
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(500));
        stop.stop();
    });
    assert!(matches!(Source::open(url.as_str(), &options), Err(MediaError::Stopped)));
    assert!(began.elapsed() < Duration::from_secs(3));
}
