//! A film as scenes and sound: threads ("decode", "film", "network", "sounds") and the rings between them and whoever shows the film.
//!
//! ```text
//! decode thread ──ring A: pictures, recorded depth──► film thread (upload, colour, flow, steady) ──ring B: scenes──► the caller
//!                                                         └ newest picture ─► network thread ─► disparity ┘
//! packets of the audio track ──► sound thread (decode, mix) ──ring S: samples──► the device
//! ```
//!
//! [`Film::open`] starts both; [`Film::scenes`] is ring B's receiving end and belongs to one thread; [`Control`] steers from anywhere.
//! Dropping the film stops and joins both threads.

#[cfg(feature = "media")]
mod audio;
// Without `media` nobody looks for files or draws.
#[cfg_attr(not(feature = "media"), allow(dead_code))]
mod beside;
mod chain;
mod control;
mod decode;
#[cfg(feature = "media")]
mod desk;
mod disparity;
mod estimate;
mod made_up;
mod messages;
mod motion;
mod network;
mod options;
mod origin;
mod pool;
#[cfg(feature = "media")]
mod preview;
mod recorded;
mod rhythm;
mod scene;
#[cfg(feature = "media")]
mod sounds;
#[cfg_attr(not(feature = "media"), allow(dead_code))]
mod subtitles;
mod thread;
#[cfg(feature = "media")]
mod titles;
mod waiting;
mod writing;

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

pub use beside::SubAuto;
#[cfg(feature = "media")]
use beside::{sound_files, subtitle_files, together};
pub use control::{Control, Pass, SeekMode};
pub use made_up::MadeUp;
pub use messages::Messages;
#[cfg(feature = "media")]
pub(crate) use network::scale_for;
pub(crate) use network::{comfort_for, input_options};
pub use options::{ChainOptions, NETWORK_AREA, Pace, SubtitleOptions};
pub use origin::Origin;
#[cfg(feature = "media")]
pub use preview::{Preview, Previews, small_picture};
pub use scene::{Layout, Planes, Scene, Slot};
pub use subtitles::{CueWanted, Seen, Subtitles};

use crate::depth_film::{Beside, DepthAt, DepthFilm, DepthFilmError, DepthMap, Scale};
use crate::frame::Frame;
use crate::gpu::{Gpu, GpuError};
use crate::location::Location;
#[cfg(feature = "media")]
use crate::media::ReplayGainOptions;
use crate::media::{
    Cache, CacheOptions, Cached, Deinterlacing, Info, MediaError, OtherTracks, Preroll, Reading, RemoteOptions,
    Rotation, SoundChoice, Source, SourceOptions, StopFlag, TrackOptions,
};
use crate::net::{NetError, Precision, Weights};
use crate::position::Position;
use crate::ring::{Latest, Receiver, ring};
#[cfg(feature = "media")]
use crate::sound::Sound;
use crate::stage::StageError;
#[cfg(feature = "media")]
use crate::time::Time;
#[cfg(feature = "media")]
use audio::Audio;
use decode::Pictures;
use disparity::DepthSource;
use recorded::Facts;
#[cfg(feature = "media")]
use sounds::SoundOutput;
use thread::FilmThread;
#[cfg(feature = "media")]
use titles::{Origins, Titles};

/// What can end a film before its end.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// Reading or decoding.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The GPU.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The stages before and after the network.
    #[error(transparent)]
    Stage(#[from] StageError),
    /// The network or its weights.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The film of depth.
    #[error(transparent)]
    Depth(#[from] DepthFilmError),
    /// The network's thread is gone.
    #[error("the network's thread ended in mid-film: start again, and with -vv it says more")]
    NetworkEnded,
    /// The system gave no thread.
    #[error("no thread could be started: {0}; close other programs")]
    Thread(std::io::Error),
}

/// Frames that a scene waits for, unless told otherwise.
pub const LOOK_AHEAD: usize = 3;

/// How a film is opened.
#[derive(Debug, Clone)]
pub struct FilmOptions {
    /// Where to begin.
    pub start: Option<Position>,
    /// Pictures that may wait for the network (ring A).
    pub decode_ahead: usize,
    /// Scenes that may wait to be shown (ring B).
    pub scene_ahead: usize,
    /// Frames after it that a scene is made with, for cuts and steadiness; live streams are not looked ahead in. Each costs the memory of a scene.
    pub look_ahead: usize,
    /// Filter the disparity over time; without it each frame's is as the network gives it.
    pub steady: bool,
    /// Width × height for the network, in pixels.
    pub network_area: u32,
    /// In which precision the network runs.
    pub precision: Precision,
    /// Keep the planes with each scene, for `layers` and for the selection renderer.
    pub keep_planes: bool,
    /// The tracks beside the picture are wanted, too ([`Film::take_tracks`]).
    pub tracks: bool,
    /// Which tracks play.
    pub wanted: TrackOptions,
    /// Which files beside it are taken for its sound, behind those that are named.
    pub audio_auto: SubAuto,
    /// Up to where they are wanted; scenes come beyond it.
    pub end: Option<Position>,
    /// All scenes have the size of the first; pictures of another are fitted into it.
    pub one_size: bool,
    /// Which of its pictures are made whole from two fields.
    pub deinterlacing: Deinterlacing,
    /// How they are turned, besides what the film says.
    pub rotation: Rotation,
    /// How its pictures are read.
    pub reading: Reading,
    /// How much of it is read ahead and kept.
    pub cache: CacheOptions,
    /// How servers are spoken to.
    pub remote: Arc<RemoteOptions>,
    /// Where its sound goes; without it none is decoded.
    #[cfg(feature = "media")]
    pub sound: Option<Sound>,
    /// The subtitles that are laid over it; none without.
    pub subtitles: Option<SubtitleOptions>,
    /// How tracks of different loudness are made equally loud.
    #[cfg(feature = "media")]
    pub replay_gain: ReplayGainOptions,
    /// Whether each scene waits for its own pass of the network. A still does in any case, and so do films that keep their planes for each scene.
    pub pace: Pace,
}

impl Default for FilmOptions {
    fn default() -> Self {
        Self {
            start: None,
            decode_ahead: 4,
            scene_ahead: 3,
            look_ahead: LOOK_AHEAD,
            steady: true,
            network_area: NETWORK_AREA,
            precision: Precision::Auto,
            keep_planes: false,
            tracks: false,
            wanted: TrackOptions::default(),
            audio_auto: SubAuto::No,
            end: None,
            one_size: false,
            deinterlacing: Deinterlacing::default(),
            rotation: Rotation::default(),
            reading: Reading::default(),
            cache: CacheOptions::default(),
            remote: Arc::default(),
            #[cfg(feature = "media")]
            sound: None,
            subtitles: None,
            #[cfg(feature = "media")]
            replay_gain: ReplayGainOptions::default(),
            pace: Pace::Every,
        }
    }
}

/// What comes out of ring B.
// Scenes are by far the most of what comes, and a box for each would be made per frame.
#[allow(clippy::large_enum_variant)]
pub enum Step {
    /// The next scene.
    Scene(Frame<Scene>),
    /// The film is over. A seek still brings it back.
    End {
        /// The epoch that ended.
        epoch: u32,
    },
    /// The film cannot go on.
    Failed {
        /// The epoch in which it happened.
        epoch: u32,
        /// Why.
        error: FilmError,
    },
}

/// A film on its way through decoder and network. Dropping it waits for its threads.
pub struct Film {
    /// What is known of it.
    pub info: Info,
    /// Where the scenes come out.
    pub scenes: Receiver<Step>,
    again: Latest<Frame<Scene>>,
    tracks: Option<OtherTracks>,
    cache: Option<Cache>,
    #[cfg(feature = "media")]
    audio: Option<Audio>,
    subtitles: Option<Subtitles>,
    control: Control,
    threads: Vec<JoinHandle<()>>,
    gpu: Gpu,
}

impl Film {
    /// Opens what `location` names, with the weights of a network or a film of depth, and starts its threads. `stop` ends it, also a slow opening; the film never raises it.
    pub fn open(
        gpu: &Gpu,
        origin: impl Into<Origin>,
        location: impl Into<Location>,
        options: &FilmOptions,
        stop: StopFlag,
    ) -> Result<Self, FilmError> {
        let stop = stop.child();
        let location = location.into();
        let FilmOptions { start, end, tracks, one_size, reading, cache, .. } = *options;
        #[cfg(feature = "media")]
        let sound = if options.sound.is_some() { SoundChoice::Best } else { SoundChoice::None };
        #[cfg(not(feature = "media"))]
        let sound = SoundChoice::None;
        #[cfg_attr(not(feature = "media"), allow(unused_mut))]
        let mut wanted = options.wanted.clone();
        #[cfg(feature = "media")]
        wanted.audio_files.extend(sound_files(&location, options.audio_auto));
        let source_options = SourceOptions {
            start,
            end,
            tracks,
            sound,
            wanted,
            subtitles: options.subtitles.is_some(),
            preroll: options.subtitles.as_ref().map_or(Preroll::No, |options| options.preroll),
            patient: options.pace == Pace::Every,
            one_size,
            stop: stop.clone(),
            reading,
            cache,
            deinterlacing: options.deinterlacing.clone(),
            rotation: options.rotation.clone(),
            remote: Arc::clone(&options.remote),
            ..SourceOptions::default()
        };
        let mut source = Source::open(&location, &source_options)?;
        let tracks = source.take_tracks();
        let (info, cache) = (source.info().clone(), source.cache());
        let (depth_source, depth) = match origin.into() {
            _ if info.sound_only => (DepthSource::DepthFilm(Facts { size: FLAT, scale: Scale::HAND_MADE }), None),
            Origin::Network(weights) => (DepthSource::Network(weights), None),
            Origin::DepthFilm(file) => {
                let film = Beside { location: &location, info: &info, beginning: source.beginning() };
                let depth = DepthFilm::open(&file, &film, &stop.child())?;
                (DepthSource::DepthFilm(Facts { size: depth.size(), scale: depth.scale() }), Some(depth))
            }
        };
        #[cfg(feature = "media")]
        let (packets, audio) = (source.take_sound(), source.audio_tracks());
        #[cfg(feature = "media")]
        let origins = Origins {
            packets: source.take_subtitles(),
            renditions: source.take_renditions(),
            patient: options.pace == Pace::Every,
        };
        let mut film = Self::start(gpu, depth_source, Pictures::Source(Box::new(source)), depth, info, options, stop)?;
        (film.tracks, film.cache) = (tracks, cache);
        #[cfg(feature = "media")]
        if let (Some(tracks), Some(sound)) = (audio, &options.sound) {
            let output = SoundOutput { sound: sound.clone(), replay_gain: options.replay_gain };
            let (audio, thread) = Audio::start(tracks, packets, output, &film.control)?;
            film.threads.push(thread);
            film.audio = Some(audio);
        }
        #[cfg(feature = "media")]
        if let (Some(subtitles), Some(options), pace) = (&film.subtitles, &options.subtitles, options.pace) {
            let options = SubtitleOptions {
                files: together(&options.files, subtitle_files(&location, options.auto, &options.folders)),
                ..options.clone()
            };
            let titles = Titles::new(origins, &film.info, options, subtitles, &film.control);
            film.threads.push(spawn("subtitles", move || titles.run())?);
            // Files are read beside the film: only a huge one is not there at once.
            subtitles.wait_for_tracks(pace == Pace::Every);
        }
        Ok(film)
    }

    /// A film without end that needs no file: for measuring.
    pub fn made_up(
        gpu: &Gpu,
        weights: &Arc<Weights>,
        options: &FilmOptions,
        stop: StopFlag,
    ) -> Result<Self, FilmError> {
        let (depth_source, pictures) =
            (DepthSource::Network(Arc::clone(weights)), Pictures::MadeUp(MadeUp::new(MADE_UP)));
        Self::start(gpu, depth_source, pictures, None, MadeUp::info(MADE_UP), options, stop.child())
    }

    fn start(
        gpu: &Gpu,
        source: DepthSource,
        pictures: Pictures,
        depth: Option<DepthFilm>,
        info: Info,
        options: &FilmOptions,
        stop: StopFlag,
    ) -> Result<Self, FilmError> {
        let control = Control::new(stop);
        let map = || Arc::new(DepthMap { size: FLAT, values: vec![0.0; (FLAT[0] * FLAT[1]) as usize] });
        let flat = info.sound_only.then(|| DepthAt { map: map(), known: false });
        let (decoded_in, decoded_out) = ring(options.decode_ahead);
        let pace = if info.is_still { Pace::Every } else { options.pace };
        // Where no frame waits for the network, those that are ahead wait where its depth can still reach them, and not behind that.
        let (scenes_in, scenes_out) = ring(if pace == Pace::Live { 1 } else { options.scene_ahead });
        let again = Latest::default();
        // Besides those in the ring, one is being made and one is shown.
        let chain = ChainOptions {
            network_area: options.network_area,
            scenes: options.scene_ahead.max(1) + 2,
            precision: options.precision,
            look_ahead: if info.is_still || info.is_live() { 0 } else { options.look_ahead },
            steady: options.steady,
            keep_planes: options.keep_planes,
            pace,
            subtitles: options.subtitles.as_ref().filter(|_| !info.is_still).map(|options| {
                let stretch = options.stretch(info.frame_rate);
                Subtitles::new(options.settings.clone(), options.tracks(), stretch)
            }),
        };
        let subtitles = chain.subtitles.clone();
        let thread = FilmThread::new(gpu, source, chain, control.clone(), again.clone());
        let decode_control = control.clone();
        let threads = vec![
            spawn("decode", move || decode::run(pictures, (depth, flat), &decode_control, decoded_in))?,
            spawn("film", move || thread.run(decoded_out, scenes_in))?,
        ];
        Ok(Self {
            info,
            scenes: scenes_out,
            again,
            tracks: None,
            cache: None,
            #[cfg(feature = "media")]
            audio: None,
            subtitles,
            control,
            threads,
            gpu: gpu.clone(),
        })
    }

    /// The number of the way that its sound goes to the device; none where there is none.
    #[cfg(feature = "media")]
    pub fn sound(&self) -> Option<u32> {
        self.audio.as_ref()?.heard()
    }

    /// The number of the audio track that plays.
    #[cfg(feature = "media")]
    pub fn audio(&self) -> Option<u32> {
        self.audio.as_ref()?.playing()
    }

    /// Lets the audio track of that number play from film time `film` on, or none; the pictures go on. False where there is no such track at hand.
    #[cfg(feature = "media")]
    pub fn choose_audio(&mut self, number: Option<u32>, film: Time) -> bool {
        let Some(audio) = &mut self.audio else { return false };
        match number.and_then(|number| audio.open(number)) {
            None => audio.choose(number, film),
            Some(Ok(thread)) => {
                self.threads.push(thread);
                true
            }
            Some(Err(_)) => false,
        }
    }

    /// Lets an audio track that has been chosen and had to be opened first play, from film time `film` on. True while there is one.
    #[cfg(feature = "media")]
    pub fn mind_audio(&mut self, film: Time) -> bool {
        self.audio.as_mut().is_some_and(|audio| audio.mind(film))
    }

    /// Its subtitles, where they are wanted.
    pub fn subtitles(&self) -> Option<&Subtitles> {
        self.subtitles.as_ref()
    }

    /// The tracks beside the picture, once, where [`FilmOptions::tracks`] asked for them. Their packets come as scenes are taken.
    pub fn take_tracks(&mut self) -> Option<OtherTracks> {
        self.tracks.take()
    }

    /// What of it is at hand; nothing of stills. Never waits long.
    pub fn cached(&self) -> Option<Cached> {
        self.cache.as_ref().map(Cache::look)
    }

    /// A scene that was given before, with the depth that it lacked then or with more of it: for a picture that stands. Never waits.
    pub fn once_more(&self) -> Option<Frame<Scene>> {
        self.again.take()
    }

    /// The handle that steers it.
    pub fn control(&self) -> &Control {
        &self.control
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        self.control.stop();
        self.scenes.closer().close();
        self.gpu.note_wait("ending a film");
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a film thread ended badly");
            }
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, FilmError> {
    Builder::new().name(name.to_owned()).spawn(work).map_err(FilmError::Thread)
}

/// Width and height of the depth of what is flat.
const FLAT: [u32; 2] = [32, 18];
/// Width and height of the pictures of [`Film::made_up`].
const MADE_UP: [u32; 2] = [1280, 720];
