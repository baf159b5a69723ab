//! Nobody who shows pictures waits: a list of films under the viewer's hands, in a loop as sinks have it, on a thread that must not wait.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/range.rs"]
mod range;

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ash::vk;
use deep3d::eyes::{Eyes, Place, Settings};
use deep3d::film::{FilmOptions, Origin, Pace, Scene};
use deep3d::gpu::testing::WatchedGpu;
use deep3d::gpu::{Commands, Gpu, GpuError, Image, ImageOptions, Point, Prompt, Recorder};
use deep3d::location::Location;
use deep3d::net::Weights;
use deep3d::player::{Error, Films, Painter, Player, PlayerOptions};
use deep3d::sink::Adjustments;
use deep3d::sink::layout::Target;
use deep3d::sink::{Action, Canvas, Layout};
use deep3d::stage::comfort;
use deep3d::stage::stereo::SourceEye;
use deep3d::time::Time;

const BUNNY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bigbuckbunny.mp4");
const BIKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/bikes.mp4");
/// From what the viewer does to the player's new state, in 99 of 100 cases.
const PROMPTLY: Duration = Duration::from_millis(50);

/// So many seconds of `film`, of `size`, 24 pictures a second.
fn clip(path: &Path, film: &str, size: &str, seconds: &str) {
    let filter = format!("fps=24,scale={size},setsar=1");
    let coding = ["-c:v", "libx264", "-preset", "veryfast", "-g", "12", "-b:v", "3M", "-pix_fmt", "yuv420p", "-an"];
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-loglevel", "error", "-y", "-stream_loop", "9", "-i", film, "-vf", &filter, "-t", seconds]);
    assert!(ffmpeg.args(coding).arg(path).status().unwrap().success(), "./x setup test");
}

struct EyesPainter {
    eyes: Eyes,
    settings: Settings,
}

impl Painter<Scene> for EyesPainter {
    fn paint(&mut self, recorder: &mut Recorder<'_>, scene: &Scene, canvas: &Canvas) -> Result<(), Error> {
        let place = Place::Window(canvas.origin);
        Ok(self.eyes.record(recorder, scene, &self.settings, &canvas.image, place, 0)?)
    }

    fn paint_eyes(&mut self, recorder: &mut Recorder<'_>, scene: &Scene, eyes: [&Arc<Image>; 2]) -> Result<(), Error> {
        Ok(self.eyes.record_eyes(recorder, scene, &self.settings, eyes)?)
    }

    fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Layout(by) => self.settings.layout = self.settings.layout.step(by, Target::Window),
            Action::Meter => self.eyes.set_metered(true),
            _ => return false,
        }
        true
    }

    fn describe(&self) -> String {
        self.settings.layout.to_string()
    }
}

/// A picture that came to be seen.
#[derive(Debug, Clone)]
struct Seen {
    at: Instant,
    film: String,
    epoch: u32,
    pts: Time,
    duration: Time,
}

/// A window without a display.
struct Sink<'a> {
    gpu: &'a Gpu,
    player: Player<Films>,
    painter: EyesPainter,
    commands: Commands,
    canvas: Canvas,
    point: Point,
    due: bool,
    finished: bool,
    seen: Vec<Seen>,
    /// How long each turn took: what the viewer does in the meantime waits for its end.
    turns: Vec<Duration>,
}

fn canvas(gpu: &Gpu, size: [u32; 2]) -> Canvas {
    let options = ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 };
    Canvas { image: Image::new(gpu, "canvas", options).unwrap(), origin: [0, 0] }
}

impl<'a> Sink<'a> {
    fn new(gpu: &'a Gpu, inputs: &[Location]) -> Self {
        let origin = Origin::Network(Arc::new(Weights::built_in().unwrap()));
        let options =
            FilmOptions { network_area: 128 * 64, keep_planes: true, pace: Pace::Live, ..FilmOptions::default() };
        let films = Films::new(gpu, origin, inputs.to_vec(), options).unwrap();
        let settings = Settings {
            layout: Layout::Sbs,
            comfort: comfort::Settings::default(),
            swap_eyes: false,
            flat: false,
            source_eye: SourceEye::Centre,
            selection: false,
            adjustments: Adjustments::default(),
        };
        Self {
            gpu,
            player: Player::new(films, PlayerOptions::default()),
            painter: EyesPainter { eyes: Eyes::new(gpu), settings },
            commands: Commands::new(gpu, "sink", 0).unwrap(),
            canvas: canvas(gpu, [640, 360]),
            point: Point::default(),
            due: false,
            finished: false,
            seen: Vec::new(),
            turns: Vec::new(),
        }
    }

    /// Carries out `action`, brings everything up to now, and paints what is due.
    fn turn(&mut self, action: Option<Action>) {
        let began = Instant::now();
        let prompt = Prompt::begin();
        if let Some(action) = action {
            self.player.act(action, began);
            self.due |= self.painter.act(action);
        }
        let tick = self.player.tick(began);
        if let Some(shown) = self.player.shown().filter(|_| tick.repaint) {
            let (film, at) = (self.player.name(), Instant::now());
            self.seen.push(Seen { at, film, epoch: shown.epoch, pts: shown.pts, duration: shown.duration });
        }
        self.due |= tick.repaint;
        self.finished = tick.finished;
        if self.due
            && self.gpu.reached(self.point).unwrap()
            && let Some(shown) = self.player.shown()
        {
            let (painter, canvas) = (&mut self.painter, &self.canvas);
            let paint = |recorder: &mut Recorder<'_>| {
                painter.paint(recorder, &shown.data, canvas).unwrap();
                Ok(())
            };
            self.commands.record::<GpuError>(paint).unwrap();
            self.point = self.gpu.submit(&mut self.commands).unwrap();
            self.due = false;
        }
        drop(prompt);
        self.turns.push(began.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }

    fn run_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < Duration::from_secs(90), "waited in vain for {what}: {:?}", self.seen.last());
            self.turn(None);
        }
    }

    fn run(&mut self, seconds: f32) {
        let until = Instant::now() + Duration::from_secs_f32(seconds);
        self.run_until("nothing", |_| Instant::now() > until);
    }

    fn resize(&mut self, size: [u32; 2]) {
        let _prompt = Prompt::begin();
        self.canvas = canvas(self.gpu, size);
        self.due = true;
    }

    fn last(&self) -> Seen {
        self.seen.last().unwrap().clone()
    }

    /// 99 of 100 turns are over so soon.
    fn assert_prompt(&mut self) {
        self.turns.sort();
        let at = |share: f64| self.turns[((self.turns.len() - 1) as f64 * share) as usize];
        println!("{} turns: p50 {:?}, p99 {:?}, longest {:?}", self.turns.len(), at(0.5), at(0.99), at(1.0));
        assert!(at(0.99) <= PROMPTLY, "p99 {:?}", at(0.99));
    }
}

/// Objections to what keeps the thread waiting end the test with the GPU.
#[test]
fn whatever_the_viewer_does_nothing_is_waited_for() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let films = ["one.mp4", "two.mp4", "three.mp4"].map(|name| folder.path().join(name));
    clip(&films[0], BUNNY, "640:360", "20");
    clip(&films[1], BIKES, "480:270", "20");
    clip(&films[2], BUNNY, "320:180", "1");
    let mut sink = Sink::new(&gpu, &films.map(Location::from));
    sink.run_until("the first picture", |sink| !sink.seen.is_empty());
    // Every layout, with the comfort meter, in other sizes.
    for size in [[800, 450], [640, 480], [320, 180], [1280, 400]] {
        sink.resize(size);
        sink.turn(Some(Action::Meter));
        for _ in 0..5 {
            sink.turn(Some(Action::Layout(1)));
            sink.run(0.12);
        }
    }
    // From one film to another while the first is at work, and to and fro in it.
    for action in [Action::File(1), Action::Seek(5), Action::Pause, Action::Step, Action::StepBack, Action::Pause] {
        sink.turn(Some(action));
        sink.run(0.5);
    }
    sink.run_until("the second film", |sink| sink.last().film == "two.mp4");
    for _ in 0..6 {
        sink.turn(Some(Action::File(-1)));
        sink.run(0.1);
        sink.turn(Some(Action::File(1)));
        sink.run(0.1);
    }
    sink.turn(Some(Action::SeekTo(Time::from_seconds(19.0))));
    sink.run_until("the end of all", |sink| sink.finished);
    assert_eq!(sink.last().film, "three.mp4");
    sink.assert_prompt();
}

#[test]
fn a_film_follows_another_without_a_gap() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let films = ["one.mp4", "two.mp4"].map(|name| folder.path().join(name));
    clip(&films[0], BUNNY, "320:180", "8");
    clip(&films[1], BIKES, "480:270", "1");
    let mut sink = Sink::new(&gpu, &films.map(Location::from));
    sink.run_until("the second film", |sink| sink.finished);
    let second = sink.seen.iter().position(|seen| seen.film == "two.mp4").unwrap();
    let (before, after) = (&sink.seen[second - 1], &sink.seen[second]);
    let gap = (after.at - before.at).saturating_sub(Duration::from_secs_f64(before.duration.seconds()));
    println!("{gap:?} between two films; GPU memory {} MB", gpu.peak_memory() >> 20);
    assert!(gap < Duration::from_millis(100), "{gap:?} between {before:?} and {after:?}");
    sink.assert_prompt();
}

/// A server of one film that stops in its middle, the first time that it comes there.
fn stalling_server(film: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/film.mkv", listener.local_addr().unwrap());
    let (film, stalled) = (Arc::new(film), Arc::new(AtomicBool::new(false)));
    let answer = move |mut stream: TcpStream, film: &[u8], stalled: &AtomicBool| -> std::io::Result<()> {
        let (first, all) = (range::begin(&mut stream, film.len())?, film.len());
        let middle = all / 2;
        if first < middle {
            stream.write_all(&film[first..middle])?;
            if !stalled.swap(true, Ordering::Relaxed) {
                std::thread::sleep(Duration::from_secs(120));
            }
        }
        stream.write_all(&film[first.max(middle)..])
    };
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (film, stalled) = (Arc::clone(&film), Arc::clone(&stalled));
            std::thread::spawn(move || drop(answer(stream.unwrap(), &film, &stalled)));
        }
    });
    address
}

#[test]
fn a_server_that_stalls_keeps_nobody_from_going_elsewhere() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let film: PathBuf = folder.path().join("film.mkv");
    clip(&film, BIKES, "640:360", "12");
    let address = stalling_server(fs::read(film).unwrap());
    let mut sink = Sink::new(&gpu, &[Location::of(address)]);
    sink.run_until("pictures", |sink| sink.seen.len() > 20);
    // Nothing comes any more: pictures pause.
    sink.run_until("the stall", |sink| sink.last().at.elapsed() > Duration::from_millis(1500));
    let stalled = sink.last();
    assert!(stalled.pts < Time::from_seconds(10.0), "{stalled:?}");
    // The viewer pauses and goes on meanwhile, and goes elsewhere.
    for action in [Action::Pause, Action::Pause, Action::Seek(1), Action::SeekTo(Time::from_seconds(1.0))] {
        sink.turn(Some(action));
    }
    let sought = Instant::now();
    sink.run_until("the place sought", |sink| sink.last().epoch == stalled.epoch + 2);
    let took = sought.elapsed();
    println!("{took:?} from the seek to its picture");
    assert!(took < Duration::from_secs(3) && sink.last().pts <= Time::from_seconds(1.1), "{took:?}: {:?}", sink.last());
    sink.run_until("what stalled before", |sink| sink.last().pts > stalled.pts + Time::from_seconds(0.5));
    sink.assert_prompt();
}

/// A disk that does not answer for a while: what is read comes out of a pipe that nothing is put into meanwhile.
#[cfg(unix)]
#[test]
fn a_disk_that_stalls_makes_pictures_pause_and_nobody_wait() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [film, disk] = ["film.mkv", "disk.mkv"].map(|name| folder.path().join(name));
    clip(&film, BIKES, "640:360", "16");
    assert!(Command::new("mkfifo").arg(&disk).status().unwrap().success());
    let bytes = fs::read(film).unwrap();
    let (read, to) = (bytes.len() / 4, disk.clone());
    let disk_thread = std::thread::spawn(move || {
        let mut to = fs::File::options().write(true).open(to).unwrap();
        to.write_all(&bytes[..read]).unwrap();
        // Longer than what came lasts: all of it is read at once.
        std::thread::sleep(Duration::from_secs(10));
        to.write_all(&bytes[read..]).unwrap();
    });
    let mut sink = Sink::new(&gpu, &[Location::from(disk)]);
    sink.run_until("pictures", |sink| sink.seen.len() > 20);
    sink.run_until("the stall", |sink| sink.last().at.elapsed() > Duration::from_millis(1000));
    let stalled = sink.last();
    assert!(stalled.pts < Time::from_seconds(7.0), "{stalled:?}");
    // What the viewer wants meanwhile is so at once.
    sink.turns.clear();
    for turn in 0..200 {
        let before = sink.player.is_paused();
        let began = Instant::now();
        sink.turn(Some(Action::Pause));
        assert_ne!(sink.player.is_paused(), before, "turn {turn}");
        assert!(began.elapsed() < Duration::from_millis(200), "turn {turn}: {:?}", began.elapsed());
    }
    assert_eq!(sink.last().pts, stalled.pts, "it still stalls");
    sink.assert_prompt();
    // Film time has gone on, and pictures do.
    sink.run_until("what comes after it", |sink| sink.last().pts > stalled.pts + Time::from_seconds(3.0));
    sink.run_until("the end", |sink| sink.finished);
    disk_thread.join().unwrap();
}
