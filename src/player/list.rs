//! The films to play, in order: each is opened with what the list was made with, and let go of without anybody waiting for it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::contract::{Error, Next, Playlist, SceneFacts, SceneSource};
use super::endings::Endings;
use super::memory::MemoryOptions;
use super::opening::{Opened, Opening};
use crate::eyes::Kernels;
use crate::film::{Film, FilmOptions, Origin, Pass, Preview, Previews, Scene, SeekMode, Step, Subtitles};
use crate::frame::{Chapter, Frame};
use crate::gpu::Gpu;
use crate::location::Location;
use crate::media::{Cached, Rotation, StopFlag, TrackChoice, TrackInfo, TrackKind};
use crate::memory::Recalled;
use crate::playlist::{Entry, Unfolding, unfold};
use crate::ring::Empty;
use crate::time::Time;

/// Films on one GPU.
pub struct Films {
    gpu: Gpu,
    origin: Origin,
    inputs: Vec<Entry>,
    options: FilmOptions,
    unfolding: Unfolding,
    /// The numbers of those that have been opened.
    opened: HashSet<u64>,
    /// A film has been waited for: the first.
    begun: bool,
    /// One that was opened before its time.
    ahead: Option<Ahead>,
    endings: Endings,
    kernels: Arc<Kernels>,
    memory: Option<MemoryOptions>,
}

/// A film that is opened before its time.
struct Ahead {
    entry: Arc<Entry>,
    film: Opening<PlayedFilm>,
    /// Its time has come: what can be read only once is opened then.
    turn: Sender<()>,
}

/// When a film may be opened.
enum Turn {
    Now,
    /// What can be read only once, when this says so.
    Later(Receiver<()>),
    /// It was opened before: what can be read only once has been read.
    Again,
}

impl Turn {
    /// Waits for it, where it has to be waited for.
    fn wait(self, input: &Location) -> Result<(), Error> {
        match self {
            Self::Now => Ok(()),
            Self::Later(_) | Self::Again if input.can_be_reopened() => Ok(()),
            Self::Later(turn) => Ok(turn.recv()?),
            Self::Again => Err(format!("{input}: it can be read only once: give a file to play it again").into()),
        }
    }
}

impl Films {
    /// Of `inputs` at first, whose depth comes from `origin`.
    pub fn new(
        gpu: &Gpu,
        origin: Origin,
        inputs: impl IntoIterator<Item = impl Into<Entry>>,
        options: FilmOptions,
    ) -> Result<Self, Error> {
        let (gpu, endings) = (gpu.clone(), Endings::new()?);
        let kernels = Arc::new(Kernels::make_ahead(&gpu)?);
        let inputs = inputs.into_iter().map(Into::into).collect();
        let (unfolding, opened) = (Unfolding::default(), HashSet::new());
        Ok(Self {
            gpu,
            origin,
            inputs,
            options,
            unfolding,
            opened,
            begun: false,
            ahead: None,
            endings,
            kernels,
            memory: None,
        })
    }

    /// The same, each film as it is remembered.
    #[must_use]
    pub fn remembered(self, memory: Option<MemoryOptions>) -> Self {
        Self { memory, ..self }
    }

    /// The same, with folders read so.
    #[must_use]
    pub fn unfolding(self, unfolding: Unfolding) -> Self {
        Self { unfolding, ..self }
    }

    fn begin(&self, entry: &Entry, turn: Turn, wait: bool, options: FilmOptions) -> Result<Opening<PlayedFilm>, Error> {
        let (gpu, origin, entry, how) = (self.gpu.clone(), self.origin.clone(), entry.clone(), self.unfolding);
        let options = FilmOptions { start: entry.part.start.or(options.start), ..options };
        let stop = StopFlag::default();
        let stopped = stop.clone();
        let kernels = Arc::clone(&self.kernels);
        let memory = self.memory.clone();
        let open = move || {
            if let Some((inside, first)) = unfold(&entry, &how)? {
                return Ok(Opened::List(inside, first));
            }
            let input = &entry.location;
            turn.wait(input)?;
            let (options, recalled) = match memory {
                Some(memory) => memory.recall(input, options),
                None => (options, None),
            };
            let film = Film::open(&gpu, &origin, input, &options, stopped.clone())?;
            let previews = Previews::new(input, &film.info, options.reading, &stopped);
            let rotation = options.rotation;
            let turned = rotation.degrees();
            Ok(Opened::Film(PlayedFilm { gpu, film, previews, kernels, rotation, turned, recalled }))
        };
        let stop = move || stop.stop();
        match wait {
            true => open().map(|opened| Opening::done(opened, stop, &self.endings)),
            false => Opening::new(open, stop, &self.endings),
        }
    }
}

impl Playlist for Films {
    type Source = Opening<PlayedFilm>;

    fn entries(&self) -> Vec<Entry> {
        self.inputs.clone()
    }

    /// The first is waited for, so that a window has its size, and none is seen where it cannot be played. Later ones open while what is shown goes on.
    fn open(&mut self, entry: &Entry) -> Result<Opening<PlayedFilm>, Error> {
        if let Some(ahead) = self.ahead.take().filter(|ahead| *ahead.entry == *entry) {
            // Where it does not wait it does not listen either.
            let _ = ahead.turn.send(());
            self.opened.insert(entry.id);
            return Ok(ahead.film);
        }
        let turn = if self.opened.insert(entry.id) { Turn::Now } else { Turn::Again };
        let film = self.begin(entry, turn, !self.begun, self.options.clone())?;
        // A folder is read first, and then the first film of it is waited for.
        self.begun |= !film.is_list();
        Ok(film)
    }

    /// What can be read only once, or begins when it is connected to, is left alone until its time has come.
    fn prepare(&mut self, entry: Option<&Entry>) {
        let entry = entry.filter(|entry| {
            let input = &entry.location;
            *input != Location::Stdin && (!input.is_remote() || input.is_web())
        });
        if self.ahead.as_ref().map(|ahead| &*ahead.entry) == entry {
            return;
        }
        // Where it fails it is tried again in its turn, and that is told.
        self.ahead = entry.and_then(|entry| {
            let (turn, waits) = channel();
            let film = self.begin(entry, Turn::Later(waits), false, self.options.clone()).ok()?;
            Some(Ahead { entry: Arc::new(entry.clone()), film, turn })
        });
    }

    fn open_track(&mut self, entry: &Entry, video: u32, audio: Option<u32>) -> Result<Opening<PlayedFilm>, Error> {
        if entry.location == Location::Stdin {
            return Err(format!("{}: its pictures can be read only once", entry.location).into());
        }
        let mut options = self.options.clone();
        options.wanted.video = TrackChoice::Number(video);
        options.wanted.audio = audio.map_or(TrackChoice::No, TrackChoice::Number);
        self.begin(entry, Turn::Again, false, options)
    }

    fn next_sound(&mut self) -> Option<u32> {
        self.ahead.as_mut()?.film.sound_when_open()
    }
}

/// A film of a list, open.
pub struct PlayedFilm {
    gpu: Gpu,
    film: Film,
    previews: Option<Previews>,
    kernels: Arc<Kernels>,
    /// How pictures are turned, and how they were when it was opened.
    rotation: Rotation,
    turned: u16,
    recalled: Option<Arc<Recalled>>,
}

impl SceneSource for PlayedFilm {
    type Scene = Scene;

    fn next(&mut self) -> Next<Scene> {
        match self.film.scenes.try_receive() {
            Ok(Step::Scene(frame)) => Next::Scene(frame),
            Ok(Step::End { epoch }) => Next::End(epoch),
            Ok(Step::Failed { epoch, error }) => Next::Failed(epoch, error.into()),
            Err(Empty::Yet) => Next::Yet,
            Err(Empty::ForGood) => Next::End(self.film.control().epoch()),
        }
    }

    fn recalled(&self) -> Option<Arc<Recalled>> {
        self.recalled.clone()
    }

    fn facts(&self, scene: &Scene) -> SceneFacts {
        SceneFacts { depth_of: scene.depth_of(), shot: scene.shot() }
    }

    fn cached(&self) -> Option<Cached> {
        self.film.cached()
    }

    fn take_passes(&mut self) -> Vec<Pass> {
        self.film.control().take_passes()
    }

    fn set_network_interval(&mut self, interval: Duration) {
        self.film.control().set_network_interval(interval);
    }

    fn set_network_rests(&mut self, rests: bool) {
        self.film.control().set_network_rests(rests);
    }

    fn once_more(&mut self) -> Option<Frame<Scene>> {
        self.film.once_more()
    }

    fn is_unfinished(&self, scene: &Scene) -> bool {
        scene.is_unfinished()
    }

    fn is_ready(&self, scene: &Scene) -> Result<bool, Error> {
        let made = self.kernels.are_made().map_err(|error| error.to_string())?;
        Ok(made && scene.ready(&self.gpu)?)
    }

    fn seek(&mut self, time: Time, mode: SeekMode) -> u32 {
        self.film.control().seek(time, mode)
    }

    fn chapters(&self) -> Arc<[Chapter]> {
        Arc::clone(&self.film.info.chapters)
    }

    fn set_now(&mut self, now: Option<Time>) {
        self.film.control().set_now(now);
    }

    fn set_idle(&mut self, share: f64) {
        self.film.control().set_idle(share);
    }

    fn preview(&mut self, time: Option<Time>) -> Option<Preview> {
        let previews = self.previews.as_ref()?;
        previews.want(time);
        Some(previews.made())
    }

    fn duration(&self) -> Option<Time> {
        self.film.info.duration
    }

    fn size(&self) -> Option<[u32; 2]> {
        let [width, height] = self.film.info.display_size;
        let aside = !(self.rotation.degrees() + self.turned).is_multiple_of(180);
        Some(if aside { [height, width] } else { [width, height] })
    }

    fn coded_size(&self) -> Option<[u32; 2]> {
        Some(self.film.info.size)
    }

    fn frame_rate(&self) -> Option<f64> {
        self.film.info.frame_rate.map(|(pictures, seconds)| f64::from(pictures) / f64::from(seconds.max(1)))
    }

    fn sound(&self) -> Option<u32> {
        self.film.sound()
    }

    fn tracks(&self) -> Arc<[TrackInfo]> {
        let own = &self.film.info.tracks;
        let is_same = |track: &TrackInfo, own: &TrackInfo| (own.kind, own.number) == (track.kind, track.number);
        let elsewhere = |track: &&TrackInfo| !own.iter().any(|own| is_same(track, own));
        let all = self.film.subtitles().map(|subtitles| subtitles.tracks()).unwrap_or_default();
        if !all.iter().any(|track| elsewhere(&track)) {
            return Arc::clone(own);
        }
        // Those in the film, then those in playlists of their own, and those of files beside it.
        own.iter().chain(all.iter().filter(elsewhere)).cloned().collect()
    }

    fn playing(&self, kind: TrackKind) -> Option<u32> {
        match kind {
            TrackKind::Video => self.film.info.video_track,
            TrackKind::Audio => self.film.audio(),
            TrackKind::Subtitle => self.film.subtitles()?.shown(),
        }
    }

    fn subtitles(&self) -> Option<&Subtitles> {
        self.film.subtitles()
    }

    fn choose(&mut self, kind: TrackKind, number: Option<u32>, time: Time) -> bool {
        match (kind, self.film.subtitles()) {
            (TrackKind::Audio, _) => self.film.choose_audio(number, time),
            (TrackKind::Subtitle, Some(subtitles)) => subtitles.choose(number),
            _ => false,
        }
    }

    fn mind(&mut self, time: Time) -> bool {
        self.film.mind_audio(time)
    }
}
