//! How servers are spoken to: certificates, header fields, and which variant of a film is taken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use deep3d::media::{HlsBitrate, MediaError, RemoteOptions, Source, SourceOptions};
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
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Self(child);
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
