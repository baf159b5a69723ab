//! What is opened and what is not: playlists that name what they should not or have no end, servers that break off, pipes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/decoded.rs"]
mod decoded;
#[allow(dead_code)]
#[path = "common/program.rs"]
mod program;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deep3d::media::{MediaError, Source, SourceOptions, StopFlag};

use decoded::*;
use program::{deep3d, text};

const CODING: &str = "-c:v libx264 -preset veryfast -g 25 -pix_fmt yuv420p";

/// A folder with a film of three parts (`list.m3u8`), one part of one picture (`one.ts`), and the film enciphered (`secret.m3u8`).
fn films() -> PathBuf {
    let recipe = format!("{} {CODING} -f hls -hls_time 1 -hls_list_size 0", moving("64x64", "25", "3"));
    made("parts", &format!("{recipe} 1"), |draft| {
        fs::create_dir_all(draft.join("below")).unwrap();
        ffmpeg(&recipe, &draft.join("list.m3u8"));
        ffmpeg(&format!("{} {CODING}", moving("64x64", "25", "0.04")), &draft.join("one.ts"));
        fs::write(draft.join("key.bin"), [7; 16]).unwrap();
        let keys = draft.join("keys");
        fs::write(&keys, format!("key.bin\n{}\n", draft.join("key.bin").display())).unwrap();
        ffmpeg(&format!("{recipe} -hls_key_info_file {}", keys.display()), &draft.join("secret.m3u8"));
    })
}

fn opened(name: impl AsRef<std::ffi::OsStr>, stop: &StopFlag) -> Result<Source, MediaError> {
    Source::open(deep3d::location::Location::of(name), &SourceOptions { stop: stop.clone(), ..Default::default() })
}

fn refused(name: impl AsRef<std::ffi::OsStr>) -> MediaError {
    opened(name, &StopFlag::default()).err().expect("it was opened")
}

/// Pictures until the end or an error.
fn played(source: &mut Source) -> (usize, Option<MediaError>) {
    let mut count = 0;
    loop {
        match source.next() {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, None),
            Err(error) => return (count, Some(error)),
        }
    }
}

fn soon(limit: u64, began: Instant, what: &str) {
    assert!(began.elapsed() < Duration::from_secs(limit), "{what} took {:?}", began.elapsed());
}

fn list_of(parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("#EXTINF:1,\n{part}\n")).collect();
    format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n{parts}#EXT-X-ENDLIST\n")
}

#[test]
fn a_playlist_leads_to_files_beside_it() {
    let films = films();
    for name in ["list.m3u8", "secret.m3u8"] {
        assert_eq!(played(&mut opened(films.join(name), &StopFlag::default()).unwrap()), (75, None), "{name}");
    }
    let place = tempfile::tempdir_in(&films).unwrap();
    fs::create_dir(place.path().join("below")).unwrap();
    fs::copy(films.join("list0.ts"), place.path().join("below/0.ts")).unwrap();
    let part = films.join("list0.ts").display().to_string();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&part, place.path().join("link.ts")).unwrap();
    let list = place.path().join("list.m3u8");
    let open = |text: &str| {
        fs::write(&list, text).unwrap();
        opened(&list, &StopFlag::default())
    };
    assert_eq!(played(&mut open(&list_of(&["below/0.ts"])).unwrap()), (25, None));
    let own = list.display().to_string();
    assert_eq!(played(&mut open(&list_of(&[&own.replace("list.m3u8", "below/0.ts")])).unwrap()), (25, None));
    let key = |uri: &str| {
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=\"{uri}\"\n#EXTINF:1,\nbelow/0.ts\n")
    };
    let map =
        |uri: &str| format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI=\"{uri}\"\n#EXTINF:1,\nbelow/0.ts\n");
    let variant = |uri: &str| format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{uri}\n");
    let media = |uri: &str| {
        format!(
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",URI=\"{uri}\"\n#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\"\nnone.m3u8\n"
        )
    };
    let url = format!("file://{part}");
    for outside in [part.as_str(), "../list0.ts", "link.ts", &url, "http://127.0.0.1:9/a.ts", "/etc/passwd.ts"] {
        for text in [list_of(&[outside]), key(outside), map(outside), variant(outside), media(outside)] {
            let began = Instant::now();
            let error = open(&text).err();
            assert!(matches!(error, Some(MediaError::Outside { .. })), "{text}: {error:?}");
            soon(5, began, outside);
        }
    }
    // FFmpeg itself refuses these in a playlist, before it asks.
    for strange in [
        "concat:below/0.ts",
        "subfile,,start,0,end,0,,:below/0.ts",
        "async:below/0.ts",
        "cache:below/0.ts",
        "pipe:0",
        "tcp://127.0.0.1:9",
    ] {
        assert!(open(&list_of(&[strange])).is_err(), "{strange}");
    }
    // The second part is met while playing.
    let (count, error) = played(&mut open(&list_of(&["below/0.ts", "../list1.ts"])).unwrap());
    assert!(count <= 25 && matches!(error, Some(MediaError::Outside { .. })), "{count}, {error:?}");
    fs::write(&list, "ffconcat version 1.0\nfile below/0.ts\n").unwrap();
    assert!(matches!(refused(&list), MediaError::List(_)));
    fs::write(&list, "<?xml version=\"1.0\"?>\n<MPD><BaseURL>/etc/</BaseURL></MPD>").unwrap();
    assert!(matches!(refused(&list), MediaError::Manifest(_)));
    fs::write(&list, "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 32\r\n")
        .unwrap();
    assert!(matches!(refused(&list), MediaError::Manifest(_)));
}

#[test]
fn playlists_have_an_end() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/faults/h_self.mp4");
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = place.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let master = |name: &str| format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{name}\n");
    file("b.m3u8", &master("a.m3u8"));
    let began = Instant::now();
    for path in [
        own,
        file("a.m3u8", &master("b.m3u8")),
        file("variants.m3u8", &format!("#EXTM3U\n{}", "#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n".repeat(100_000))),
        file("parts.m3u8", &list_of(&vec!["a.ts"; 1_500_000])),
    ] {
        let error = refused(&path);
        assert!(matches!(error, MediaError::Endless(_)), "{}: {error}", path.display());
        soon(10, began, &path.display().to_string());
    }
    let error = refused(file("self.m3u8", &list_of(&["self.m3u8"])));
    assert!(matches!(error, MediaError::Unknown(_) | MediaError::Text(_)), "{error}");
    let missing = refused(file("missing.m3u8", &list_of(&["0.ts"])));
    assert!(matches!(missing, MediaError::Unreadable { .. }), "{missing}");
    soon(10, began, "all");
}

#[test]
fn a_long_film_may_have_many_parts() {
    let films = films();
    let list = films.join("many.m3u8");
    // More than may be opened at one go.
    fs::write(&list, list_of(&vec!["one.ts"; 1200])).unwrap();
    assert_eq!(played(&mut opened(&list, &StopFlag::default()).unwrap()), (1200, None));
}

/// What a server answers: the path, the first byte that is asked for, the connection.
type Answer = dyn Fn(&str, u64, &mut TcpStream) -> std::io::Result<()> + Send + Sync;

struct Server {
    address: String,
    /// When connections came.
    times: Arc<Mutex<Vec<Instant>>>,
}

impl Server {
    fn start(answer: Box<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (times, answer) = (Arc::<Mutex<Vec<Instant>>>::default(), Arc::new(answer));
        let seen = Arc::clone(&times);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, mut stream) = (Arc::clone(&answer), stream.unwrap());
                seen.lock().unwrap().push(Instant::now());
                std::thread::spawn(move || {
                    let mut request = Vec::new();
                    let mut byte = [0];
                    while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                        request.push(byte[0]);
                    }
                    let request = String::from_utf8_lossy(&request).to_lowercase();
                    let path = request.split(' ').nth(1).unwrap_or_default();
                    let first =
                        request.split("range: bytes=").nth(1).and_then(|range| range.split('-').next()?.parse().ok());
                    drop(answer(path, first.unwrap_or(0), &mut stream));
                });
            }
        });
        Self { address, times }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn connections(&self) -> usize {
        self.times.lock().unwrap().len()
    }
}

fn whole(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(body)
}

/// The header of an answer to a range, and at most `count` bytes of it.
fn broken(stream: &mut TcpStream, body: &[u8], first: u64, count: usize) -> std::io::Result<()> {
    let rest = &body[body.len().min(first as usize)..];
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\nContent-Range: bytes {first}-{}/{}\r\nAccept-Ranges: bytes\r\nConnection: close\r\n\r\n",
        rest.len(),
        body.len() - 1,
        body.len()
    )?;
    stream.write_all(&rest[..rest.len().min(count)])
}

#[test]
fn what_comes_over_the_network_leads_to_addresses() {
    let films = films();
    let part = films.join("list0.ts").display().to_string();
    let lists: Vec<String> = [
        format!("file://{part}"),
        format!("file:{part}"),
        part.clone(),
        format!("crypto+file:{part}"),
        format!("crypto:{part}"),
    ]
    .iter()
    .flat_map(|outside| [list_of(&[outside]), format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{outside}\n")])
    .collect();
    let (count, bytes) = (lists.len(), fs::read(films.join("list0.ts")).unwrap());
    let server = Server::start(Box::new(move |path, _, stream| match path {
        "/good.m3u8" => whole(stream, list_of(&["part.ts"]).as_bytes()),
        "/part.ts" => whole(stream, &bytes),
        "/moved.ts" => write!(stream, "HTTP/1.1 302 Found\r\nLocation: file://{part}\r\nContent-Length: 0\r\n\r\n"),
        _ => match path[1..].split('.').next().and_then(|number| lists.get(number.parse::<usize>().ok()?)) {
            Some(list) => whole(stream, list.as_bytes()),
            None => write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        },
    }));
    assert_eq!(played(&mut opened(server.url("/good.m3u8"), &StopFlag::default()).unwrap()), (25, None));
    for number in 0..count {
        let error = refused(server.url(&format!("/{number}.m3u8")));
        // A bare path is one of the server's.
        assert!(
            matches!(error, MediaError::LeadsAway { .. } | MediaError::Network { .. } | MediaError::Unknown(_)),
            "{number}: {error}"
        );
    }
    assert!(matches!(refused(server.url("/0.m3u8")), MediaError::LeadsAway { .. }));
    assert!(matches!(refused(server.url("/moved.ts")), MediaError::Network { .. }));
    for address in
        ["ftp://127.0.0.1/a.mp4", "rtmp://127.0.0.1/a", "srt://127.0.0.1:1", "smb://h/a", "file://server/a.mp4"]
    {
        let error = refused(address);
        assert!(matches!(error, MediaError::Address(_)) && error.to_string().contains("http, https, rtsp"), "{error}");
    }
}

#[test]
fn a_broken_connection_is_made_again_where_it_broke() {
    let path = clip("flaky.mkv", &format!("{} {CODING} -b:v 3M -minrate 3M -bufsize 1M", moving("320x240", "25", "4")));
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() > 500_000, "{}", bytes.len());
    let server = Server::start(Box::new(move |_, first, stream| broken(stream, &bytes, first, 200_000)));
    let expected: Vec<_> = all(&mut open(&path)).iter().map(|frame| (frame.pts, hash(&frame.data))).collect();
    let mut source = opened(server.url("/a.mkv"), &StopFlag::default()).unwrap();
    let seen: Vec<_> = all(&mut source).iter().map(|frame| (frame.pts, hash(&frame.data))).collect();
    assert!(seen == expected);
    assert!((4..20).contains(&server.connections()), "{}", server.connections());
}

#[test]
fn connections_that_bring_nothing_become_rare() {
    let bytes = fs::read(clip("whole.mkv", &format!("{} {CODING}", moving("64x64", "25", "3")))).unwrap();
    let server = Server::start(Box::new(move |path, first, stream| match path {
        // A few bytes at a time, for ever.
        "/drips.mkv" => broken(stream, &bytes, first, 300),
        // Live, without a pause between two looks, and never anything new.
        "/live.m3u8" => whole(stream, b"#EXTM3U\n#EXT-X-TARGETDURATION:0\n#EXTINF:0,\npart.mkv\n"),
        _ => whole(stream, &bytes),
    }));
    let stopped_after = |seconds: u64, path: &str| {
        let (stop, before) = (StopFlag::default(), server.connections());
        let later = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds));
            later.stop();
        });
        let began = Instant::now();
        let error = opened(server.url(path), &stop).map_or_else(Some, |mut source| played(&mut source).1);
        assert_eq!(error, Some(MediaError::Stopped), "{path}");
        soon(seconds + 1, began, path);
        server.connections() - before
    };
    let count = stopped_after(3, "/drips.mkv");
    assert!((3..=6).contains(&count), "{count} in 3 s");
    let count = stopped_after(4, "/live.m3u8");
    assert!(count <= 105, "{count} in 4 s");
}

#[cfg(unix)]
mod pipes {
    use super::*;

    fn fifo(folder: &Path) -> PathBuf {
        let path = folder.join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    #[test]
    fn a_film_comes_through_a_pipe_once() {
        let film = clip("pipe.mkv", &format!("{} {CODING}", moving("160x96", "25", "3")));
        let place = tempfile::tempdir().unwrap();
        let pipe = fifo(place.path());
        let (bytes, name) = (fs::read(&film).unwrap(), pipe.clone());
        let writer = std::thread::spawn(move || {
            // Slowly, and first of all late.
            std::thread::sleep(Duration::from_millis(300));
            let mut pipe = File::options().write(true).open(name).unwrap();
            for piece in bytes.chunks(5000) {
                pipe.write_all(piece).unwrap();
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let mut source = opened(&pipe, &StopFlag::default()).unwrap();
        assert!(!source.info().can_seek);
        let hashes =
            |source: &mut Source| all(source).iter().map(|frame| (frame.pts, hash(&frame.data))).collect::<Vec<_>>();
        assert!(hashes(&mut source) == hashes(&mut open(&film)));
        writer.join().unwrap();
    }

    #[test]
    fn waiting_for_a_pipe_ends_with_a_stop() {
        let place = tempfile::tempdir().unwrap();
        let pipe = fifo(place.path());
        let film = fs::read(clip("pipe.mkv", &format!("{} {CODING}", moving("160x96", "25", "3")))).unwrap();
        for given in [None, Some(0), Some(1000), Some(film.len() / 2)] {
            // Somebody holds its other end and writes so much.
            let (name, piece) = (pipe.clone(), given.map(|given| film[..given].to_vec()));
            let (done, wait) = std::sync::mpsc::channel::<()>();
            let writer = piece.map(|piece| {
                std::thread::spawn(move || {
                    let mut pipe = File::options().write(true).open(name).unwrap();
                    drop(pipe.write_all(&piece));
                    let _ = wait.recv();
                })
            });
            let stop = StopFlag::default();
            let later = stop.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(500));
                later.stop();
            });
            let began = Instant::now();
            let error = opened(&pipe, &stop).map_or_else(Some, |mut source| played(&mut source).1);
            assert_eq!(error, Some(MediaError::Stopped), "{given:?}");
            soon(2, began, "stopping");
            drop(done);
            if let Some(writer) = writer {
                writer.join().unwrap();
            }
        }
    }

    #[test]
    fn what_a_pipe_cannot_give_is_told_at_once() {
        let recipe = format!("{} {CODING}", moving("64x64", "25", "3"));
        let late = fs::read(clip("index-last.mp4", &recipe)).unwrap();
        let place = tempfile::tempdir().unwrap();
        let pipe = fifo(place.path());
        let (name, (done, wait)) = (pipe.clone(), std::sync::mpsc::channel::<()>());
        let writer = std::thread::spawn(move || {
            let mut pipe = File::options().write(true).open(name).unwrap();
            // The index never comes.
            drop(pipe.write_all(&late[..200]));
            let _ = wait.recv();
        });
        let began = Instant::now();
        let error = refused(&pipe);
        assert!(matches!(error, MediaError::IndexBehind(_)) && error.to_string().contains("+faststart"), "{error}");
        drop(done);
        writer.join().unwrap();
        // Nothing beside a pipe is its own.
        let (name, films) = (pipe.clone(), films());
        let writer = std::thread::spawn(move || {
            let text = list_of(&[&films.join("list0.ts").display().to_string()]);
            fs::write(name, text).unwrap();
        });
        let error = refused(&pipe);
        assert!(matches!(error, MediaError::Outside { .. }), "{error}");
        writer.join().unwrap();
        for device in ["/dev/zero", "/dev/urandom"] {
            let error = refused(device);
            assert!(matches!(error, MediaError::Unknown(_)), "{device}: {error}");
        }
        assert_eq!(refused("/dev/null"), MediaError::Empty("/dev/null".to_owned()));
        soon(10, began, "all");
    }

    #[test]
    fn a_conversion_reads_a_pipe_once_and_ends_with_a_stop() {
        let film =
            clip("heard.mkv", &format!("{} -f lavfi -i sine=duration=1 {CODING} -c:a aac", moving("64x64", "25", "1")));
        let place = tempfile::tempdir().unwrap();
        let (pipe, made) = (fifo(place.path()), place.path().join("made.mkv"));
        let convert = || {
            let mut command = deep3d();
            command.args(["convert", "--network-size", "64x64"]).arg(&pipe).arg("-o").arg(&made);
            command.stderr(Stdio::piped()).spawn().unwrap()
        };
        let (name, bytes) = (pipe.clone(), fs::read(&film).unwrap());
        let writer = std::thread::spawn(move || fs::write(name, bytes).unwrap());
        let output = convert().wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        writer.join().unwrap();
        let source = open(&made);
        assert_eq!((source.info().audio_tracks, all(&mut { source }).len()), (1, 25));
        fs::remove_file(&made).unwrap();
        // Nobody writes.
        let run = convert();
        std::thread::sleep(Duration::from_millis(1500));
        assert!(std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
        let began = Instant::now();
        let output = run.wait_with_output().unwrap();
        soon(2, began, "stopping");
        assert!(!output.status.success() && text(&output.stderr).contains("nothing of"), "{}", text(&output.stderr));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "only the pipe");
    }

    #[test]
    fn a_sheet_shows_what_comes_once() {
        let film = clip("pipe.mkv", &format!("{} {CODING}", moving("160x96", "25", "3")));
        let place = tempfile::tempdir().unwrap();
        let sheet = place.path().join("sheet.png");
        let mut cat = std::process::Command::new("cat").arg(&film).stdout(Stdio::piped()).spawn().unwrap();
        let mut command = deep3d();
        command
            .args(["sheet", "--network-size", "64x64", "-", "-o"])
            .arg(&sheet)
            .stdin(Stdio::from(cat.stdout.take().unwrap()));
        let output = command.output().unwrap();
        drop(cat.wait());
        assert!(output.status.success() && sheet.is_file(), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("comes only once"), "{}", text(&output.stderr));
    }

    #[test]
    fn standard_input_is_a_film() {
        let film = clip("input.mp4", &format!("{} {CODING}", moving("64x64", "25", "1")));
        let play = |input: Stdio| {
            deep3d().args(["play", "--sink", "null", "--network-size", "64x64", "-"]).stdin(input).output().unwrap()
        };
        // A file is gone back and forth in, though it has no name: this one's index comes last.
        let output = play(Stdio::from(File::open(&film).unwrap()));
        assert!(output.status.success(), "{}", text(&output.stderr));
        let mut cat = std::process::Command::new("cat").arg(&film).stdout(Stdio::piped()).spawn().unwrap();
        let output = play(Stdio::from(cat.stdout.take().unwrap()));
        cat.wait().unwrap();
        assert!(!output.status.success() && text(&output.stderr).contains("+faststart"), "{}", text(&output.stderr));
        let output = play(Stdio::null());
        assert!(text(&output.stderr).contains("standard input: the file is empty"), "{}", text(&output.stderr));
    }
}
