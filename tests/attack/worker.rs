//! A process that lets the library loose on one changed film after another: open, decode, seek, copy its tracks. No GPU.

use std::fs;
use std::io::{BufRead, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use deep3d::frame::Picture;
use deep3d::media::encode::{FilmEncoder, PixelOrder, Preset, TrackSource, VideoOptions};
use deep3d::media::{Info, MediaError, Source, SourceOptions};
use deep3d::time::Time;
use rustix::fs::inotify;
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::corpus::{self, Film};
use crate::mutate::{self, CANARY, PORT};
use crate::random::Random;
use crate::said;
use crate::subtitles;

/// All that one case may have in memory at once. The films are small: it is what their headers claim that asks for much.
pub(crate) const MEMORY: u64 = 1536 << 20;
/// Beyond this no more is given at all.
const ADDRESSES: u64 = 8 << 30;
/// Pictures that are decoded of a film, and how long that may go on.
const PICTURES: usize = 24;
const DECODING: Duration = Duration::from_secs(2);
/// Decoding that took so long waited for more of a playlist that may still grow, and would do so again and again.
const WAITED: Duration = Duration::from_secs(10);
/// The side of the pictures that are written beside the copied tracks.
const SIDE: u32 = 64;

/// What a panic said; each is a finding.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Reads a case's number from each line of standard input, or the path of a file, and says on standard output what came of it.
pub(crate) fn run(seed: u64, folder: PathBuf) {
    setrlimit(Resource::As, Rlimit { current: Some(ADDRESSES), maximum: Some(ADDRESSES) }).unwrap();
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).unwrap();
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string().replace('\n', " ");
        PANICS.lock().unwrap().push(text);
    }));
    let corpus = corpus::all(&corpus::folder());
    let texts = subtitles::all(&corpus::folder());
    let mut room = Room::new(folder);
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        if let Some(Ok(case)) = line.strip_prefix(subtitles::PREFIX).map(str::parse) {
            let (_, files) = subtitles::case(&texts, seed, case);
            room.attack(&files, subtitles::MEMORY, |case| subtitles::run(&case.input), Random::new(!seed, 0));
            continue;
        }
        if let Some(film) = texts.iter().find(|film| line.strip_prefix("subtitles/") == Some(&film.name)) {
            room.attack(&film.files, subtitles::MEMORY, |case| subtitles::run(&case.input), Random::new(!seed, 0));
            continue;
        }
        match line.parse::<u64>() {
            Ok(case) => {
                let (_, files) = mutate::case(&corpus, seed, case);
                room.attack(&files, MEMORY, Case::run, Random::new(!seed, case));
            }
            Err(_) => {
                let files = read(Path::new(&line), &corpus);
                room.attack(&files, MEMORY, Case::run, Random::new(!seed, 0));
            }
        }
    }
}

/// A file, a folder of files whose first by name is opened, or a film of the corpus by its name.
fn read(path: &Path, corpus: &[Film]) -> Vec<(String, Vec<u8>)> {
    if let Some(film) = corpus.iter().find(|film| Path::new(&film.name) == path) {
        return film.files.clone();
    }
    crate::saved::read(path)
}

/// Says how far a case has come; a crash is told by the last line.
pub(crate) fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", line.replace('\n', " ")).unwrap();
    stdout.flush().unwrap();
}

/// Where the cases take place, and what watches over them.
struct Room {
    folder: PathBuf,
    canary: PathBuf,
    /// Hears when the canary is opened.
    watch: rustix::fd::OwnedFd,
    /// Hears when something connects.
    listener: TcpListener,
}

impl Room {
    /// In a folder that is removed by whoever started this process: it may be killed.
    fn new(folder: PathBuf) -> Self {
        let canary = folder.join("canary.ts");
        // A film, so that whoever opens it goes on and reads it.
        fs::copy(corpus::folder().join("h264.ts"), &canary).unwrap();
        let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        inotify::add_watch(&watch, &canary, inotify::WatchFlags::OPEN).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let room = Self { folder, canary, watch, listener };
        drop(fs::File::open(&room.canary).unwrap());
        assert!(room.canary_was_opened(), "opening is not heard of");
        room
    }

    fn canary_was_opened(&self) -> bool {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 512];
        let mut reader = inotify::Reader::new(&self.watch, &mut buffer);
        let mut opened = false;
        while reader.next().is_ok() {
            opened = true;
        }
        opened
    }

    /// One case: what was found goes to standard output, at last a line with its outcome.
    fn attack(
        &mut self,
        files: &[(String, Vec<u8>)],
        memory: u64,
        run: impl FnOnce(&mut Case) -> &'static str,
        random: Random,
    ) {
        let (inputs, outputs) = (self.folder.join("in"), self.folder.join("out"));
        for folder in [&inputs, &outputs] {
            let _ = fs::remove_dir_all(folder);
            fs::create_dir(folder).unwrap();
        }
        let port = self.listener.local_addr().unwrap().port().to_string();
        for (name, bytes) in files {
            let bytes = replaced(&replaced(bytes, CANARY, &self.canary.to_string_lossy()), PORT, &port);
            fs::write(inputs.join(name), bytes).unwrap();
        }
        // From here on the greatest amount of memory counts anew.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let began = Instant::now();
        let mut case = Case { input: inputs.join(&files[0].0), outputs, random };
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&mut case)));
        let outcome = outcome.unwrap_or("panicked");
        for panic in PANICS.lock().unwrap().drain(..) {
            say(&format!("found\tpanic\t{panic}"));
        }
        let most = memory_most();
        if most > memory >> 10 {
            say(&format!("found\tmemory\t{} MiB at once", most >> 10));
        }
        if self.canary_was_opened() {
            say("found\topened\ta file that does not lie beside it was opened");
        }
        while self.listener.accept().is_ok() {
            say("found\tconnected\ta local file led to a connection");
        }
        case.look_for_leftovers();
        say(&format!("done\t{outcome}\t{}\t{}", began.elapsed().as_millis(), most >> 10));
    }
}

fn replaced(bytes: &[u8], what: &str, by: &str) -> Vec<u8> {
    if !bytes.windows(what.len()).any(|window| window == what.as_bytes()) {
        return bytes.to_vec();
    }
    String::from_utf8_lossy(bytes).replace(what, by).into_bytes()
}

/// KiB that were in memory at most since the count began.
fn memory_most() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

struct Case {
    input: PathBuf,
    outputs: PathBuf,
    random: Random,
}

impl Case {
    fn run(&mut self) -> &'static str {
        if self.input.extension().is_some_and(|ending| ending == "m3u8") {
            // Without an end, a playlist may be one that still grows: more of it is waited for, 15 seconds each time.
            say("patience\t75");
        }
        say("stage\topen");
        let mut source = match Source::open(&self.input, &SourceOptions::default()) {
            Ok(source) => source,
            Err(error) => {
                judge(&error.to_string());
                return "refused";
            }
        };
        say("stage\tdecode");
        let mut outcome = "played";
        let began = Instant::now();
        if let Err(error) = decode(&mut source, PICTURES) {
            judge(&error.to_string());
            outcome = "broken off";
        }
        if began.elapsed() > WAITED {
            return "waited for more";
        }
        say("stage\tseek");
        match self.seek(&mut source) {
            Ok(()) => {}
            // Bare streams have no index, and only say so.
            Err(error @ MediaError::CannotSeek(_)) => judge(&error.to_string()),
            Err(error) => {
                judge(&error.to_string());
                outcome = "broken off";
            }
        }
        let info = source.info().clone();
        drop(source);
        if info.is_still {
            return outcome;
        }
        say("stage\tcopy");
        let name = ["out.mkv", "out.mp4", "out.mov"][self.random.below(3)];
        match copy_tracks(&self.input, &self.outputs.join(name), &info) {
            Ok(notes) => {
                notes.iter().for_each(|note| judge(note));
                fs::remove_file(self.outputs.join(name)).unwrap();
            }
            Err(error) => {
                judge(&error.to_string());
                outcome = "not copied";
            }
        }
        outcome
    }

    fn seek(&mut self, source: &mut Source) -> Result<(), MediaError> {
        let length = source.info().duration.map_or(2.0, Time::seconds);
        let began = Instant::now();
        for epoch in 1..5 {
            let part = [0.0, 0.3, 0.7, 0.99, 2.0, -1.0, 1e12][self.random.below(7)];
            let target = Time::from_seconds(length * part);
            if self.random.one_in(3) {
                source.seek_near(target, epoch)?;
            } else {
                source.seek_unless(target, epoch, &|| began.elapsed() > DECODING)?;
            }
            decode(source, 2)?;
        }
        Ok(())
    }

    /// Nothing is left of a film that could not be written, and nothing but the film of one that could.
    fn look_for_leftovers(&self) {
        for entry in fs::read_dir(&self.outputs).unwrap() {
            say(&format!("found\tleftover\t{}", entry.unwrap().file_name().to_string_lossy()));
        }
    }
}

/// What the user would be told: by way of the log or stderr, which escape what steers a terminal.
pub(crate) fn judge(text: &str) {
    say(&format!("said\t{}", text.escape_debug()));
    if let Err(fault) = said::sentence(&deep3d::terminal::line(text)) {
        say(&format!("found\twords\t{fault}: {}", text.escape_debug()));
    }
}

fn decode(source: &mut Source, most: usize) -> Result<(), MediaError> {
    let began = Instant::now();
    for _ in 0..most {
        let Some(frame) = source.next()? else { break };
        touch(&frame.data);
        if began.elapsed() > DECODING {
            break;
        }
    }
    Ok(())
}

/// Reads every row's ends: planes have to be as large as the picture says.
fn touch(picture: &Picture) {
    let mut sum = 0_u64;
    for index in 0..picture.shape.format.planes() {
        let [width, height] = picture.shape.format.plane_size(index, picture.shape.size).map(|side| side as usize);
        let row = width * picture.shape.format.sample_bytes();
        let (plane, stride) = picture.planes.plane(index);
        for y in 0..height {
            let row = &plane[y * stride..][..row];
            sum += u64::from(row[0]) + u64::from(row[row.len() - 1]);
        }
    }
    std::hint::black_box(sum);
}

/// The film's other tracks into a film of black pictures, as `convert` takes them along.
fn copy_tracks(input: &Path, output: &Path, info: &Info) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut source = Source::open(input, &SourceOptions { tracks: true, ..SourceOptions::default() })?;
    let tracks = source.take_tracks();
    decode(&mut source, usize::MAX)?;
    let video = VideoOptions {
        size: [SIDE, SIDE],
        order: PixelOrder::Rgba,
        sample_aspect: (1, 1),
        primaries: info.colour.primaries,
        full_chroma: false,
        stereo: None,
        codec: None,
        crf: None,
        preset: Preset::Ultrafast,
        time_base: info.time_base,
        frame_rate: None,
    };
    let tracks = TrackSource { tracks, ..TrackSource::default() };
    let mut film = FilmEncoder::create(output, &video, tracks, false)?;
    let black = vec![0; (SIDE * SIDE * 4) as usize];
    let length = Time::from_seconds(0.5);
    for index in 0..4 {
        film.write(&black, SIDE as usize * 4, Time::from_seconds(f64::from(index) * 0.5), length)?;
    }
    let notes = film.notes().to_vec();
    film.finish()?;
    Ok(notes)
}
