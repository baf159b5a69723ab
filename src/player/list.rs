//! The films to play, in order: each is opened with what the list was made with, and let go of without anybody waiting for it.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::Duration;

use super::contract::{Error, Next, Playlist, SceneFacts, SceneSource};
use super::endings::Endings;
use super::opening::Opening;
use crate::eyes::Kernels;
use crate::film::{Film, FilmOptions, Origin, Pass, Preview, Previews, Scene, SeekMode, Step};
use crate::frame::{Chapter, Frame};
use crate::gpu::Gpu;
use crate::location::Location;
use crate::media::{Cached, StopFlag, TrackChoice, TrackInfo, TrackKind};
use crate::ring::Empty;
use crate::terminal;
use crate::time::Time;

/// A list of films on one GPU.
pub struct Films {
    gpu: Gpu,
    origin: Origin,
    inputs: Vec<Location>,
    options: FilmOptions,
    /// Which of them can be read more than once, as was found at the beginning: later a disk that does not answer would be waited for.
    again: Vec<bool>,
    /// Those that have been opened.
    opened: Vec<usize>,
    /// One that was opened before its time.
    ahead: Option<(usize, Opening<PlayedFilm>)>,
    endings: Endings,
    kernels: Arc<Kernels>,
}

impl Films {
    /// Of `inputs`, at least one, whose depth comes from `origin`.
    pub fn new(gpu: &Gpu, origin: Origin, inputs: Vec<Location>, options: FilmOptions) -> Result<Self, Error> {
        let (gpu, endings) = (gpu.clone(), Endings::new()?);
        let kernels = Arc::new(Kernels::make_ahead(&gpu)?);
        let again = inputs.iter().map(Location::can_be_reopened).collect();
        Ok(Self { gpu, origin, inputs, options, again, opened: Vec::new(), ahead: None, endings, kernels })
    }

    fn can_be_reopened(&self, index: usize) -> bool {
        self.again.get(index).copied().unwrap_or(false)
    }

    fn begin(&self, index: usize, wait: bool, options: &FilmOptions) -> Result<Opening<PlayedFilm>, Error> {
        let Some(input) = self.inputs.get(index).cloned() else { return Err("there is no such file".into()) };
        let (gpu, origin, options) = (self.gpu.clone(), self.origin.clone(), options.clone());
        let stop = StopFlag::default();
        let stopped = stop.clone();
        let kernels = Arc::clone(&self.kernels);
        let open = move || {
            let film = Film::open(&gpu, &origin, &input, &options, stopped.clone())?;
            let previews = Previews::new(&input, &film.info, options.reading, &stopped);
            Ok(PlayedFilm { gpu, film, previews, kernels })
        };
        let stop = move || stop.stop();
        match wait {
            true => open().map(|film| Opening::done(film, stop, &self.endings)),
            false => Opening::new(open, stop, &self.endings),
        }
    }
}

impl Playlist for Films {
    type Source = Opening<PlayedFilm>;

    fn count(&self) -> usize {
        self.inputs.len()
    }

    fn name(&self, index: usize) -> String {
        let Some(input) = self.inputs.get(index) else { return String::new() };
        let name = input.file_name().map_or_else(|| input.to_string().into(), OsStr::to_string_lossy);
        terminal::line(&name).into_owned()
    }

    fn path(&self, index: usize) -> String {
        self.inputs.get(index).map_or_else(String::new, Location::to_string)
    }

    /// The first is waited for, so that a window has its size, and none is seen where it cannot be played. Later ones open while what is shown goes on.
    fn open(&mut self, index: usize) -> Result<Opening<PlayedFilm>, Error> {
        if let Some((_, film)) = self.ahead.take().filter(|(ahead, _)| *ahead == index) {
            return Ok(film);
        }
        if self.opened.contains(&index) && !self.can_be_reopened(index) {
            let input = self.inputs.get(index).map_or_else(String::new, Location::to_string);
            return Err(format!("{input}: it can be read only once: give a file to play it again").into());
        }
        self.opened.push(index);
        self.begin(index, self.opened.len() == 1, &self.options)
    }

    /// What can be read only once, or begins when it is connected to, is left alone until its time has come.
    fn prepare(&mut self, index: Option<usize>) {
        let suits = |index: &usize| {
            let input = self.inputs.get(*index);
            self.can_be_reopened(*index) && input.is_some_and(|input| !input.is_remote() || input.is_web())
        };
        let index = index.filter(suits);
        if self.ahead.as_ref().map(|(ahead, _)| *ahead) == index {
            return;
        }
        // Where it fails it is tried again in its turn, and that is told.
        self.ahead = index.and_then(|index| Some((index, self.begin(index, false, &self.options).ok()?)));
    }

    fn open_track(&mut self, index: usize, video: u32, audio: Option<u32>) -> Result<Opening<PlayedFilm>, Error> {
        if !self.can_be_reopened(index) {
            return Err(format!("{}: its pictures can be read only once", self.name(index)).into());
        }
        let mut options = self.options.clone();
        options.wanted.video = TrackChoice::Number(video);
        options.wanted.audio = audio.map_or(TrackChoice::No, TrackChoice::Number);
        self.begin(index, false, &options)
    }

    fn next_sound(&mut self) -> Option<u32> {
        self.ahead.as_mut()?.1.sound_when_open()
    }
}

/// A film of a list, open.
pub struct PlayedFilm {
    gpu: Gpu,
    film: Film,
    previews: Option<Previews>,
    kernels: Arc<Kernels>,
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
        Some(self.film.info.display_size)
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
