//! A film as scenes: two threads, "decode" and "film", and the rings between them and whoever shows the film.
//!
//! ```text
//! decode thread ──ring A: pictures, kept depth──► film thread (upload, colour, network, steady) ──ring B: scenes──► the caller
//! ```
//!
//! [`Film::open`] starts both; [`Film::scenes`] is ring B's receiving end and belongs to one thread; [`Control`] steers from anywhere.
//! Dropping the film stops and joins both threads.

mod chain;
mod control;
mod decode;
mod disparity;
mod estimate;
mod kept;
mod made_up;
mod motion;
mod origin;
mod pool;
#[cfg(feature = "media")]
mod preview;
mod scene;
mod writing;

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

pub use chain::{ChainOptions, NETWORK_AREA};
pub use control::Control;
#[cfg(feature = "media")]
pub(crate) use estimate::scale_for;
pub(crate) use estimate::{comfort_for, input_options};
pub use made_up::MadeUp;
pub use origin::Origin;
#[cfg(feature = "media")]
pub use preview::{Preview, Previews};
pub use scene::{Layout, Planes, Scene, Slot};

use crate::depth_film::{Beside, DepthAt, DepthFilm, DepthFilmError};
use crate::frame::{Frame, Picture};
use crate::gpu::{Gpu, GpuError};
use crate::location::Location;
use crate::media::{Info, MediaError, OtherTracks, Reading, Source, SourceOptions, StopFlag};
use crate::net::{NetError, Precision, Weights};
use crate::ring::{Receiver, Sender, ring};
use crate::stage::StageError;
use crate::stage::bars::Bars;
use crate::stage::glance::Glance;
use crate::time::{Position, Time};
use chain::Chain;
use decode::{Decoded, Pictures};
use disparity::Means;
use kept::Facts;

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
    /// Up to where they are wanted; scenes come beyond it.
    pub end: Option<Position>,
    /// All scenes have the size of the first; pictures of another are fitted into it.
    pub one_size: bool,
    /// How its pictures are read.
    pub reading: Reading,
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
            end: None,
            one_size: false,
            reading: Reading::default(),
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

/// A film on its way through decoder and network.
pub struct Film {
    /// What is known of it.
    pub info: Info,
    /// Where the scenes come out.
    pub scenes: Receiver<Step>,
    tracks: Option<OtherTracks>,
    control: Control,
    threads: Vec<JoinHandle<()>>,
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
        let FilmOptions { start, end, tracks, one_size, reading, .. } = *options;
        let source_options =
            SourceOptions { start, end, tracks, one_size, stop: stop.clone(), reading, ..SourceOptions::default() };
        let mut source = Source::open(&location, &source_options)?;
        let tracks = source.take_tracks();
        let info = source.info().clone();
        let (means, depth) = match origin.into() {
            Origin::Network(weights) => (Means::Network(weights), None),
            Origin::DepthFilm(file) => {
                let film = Beside { location: &location, info: &info, beginning: source.beginning() };
                let depth = DepthFilm::open(&file, &film, &stop)?;
                (Means::DepthFilm(Facts { size: depth.size(), scale: depth.scale() }), Some(depth))
            }
        };
        let mut film = Self::start(gpu, means, Pictures::Source(Box::new(source)), depth, info, options, stop)?;
        film.tracks = tracks;
        Ok(film)
    }

    /// A film without end that needs no file: for measuring.
    pub fn made_up(
        gpu: &Gpu,
        weights: &Arc<Weights>,
        options: &FilmOptions,
        stop: StopFlag,
    ) -> Result<Self, FilmError> {
        let (means, pictures) = (Means::Network(Arc::clone(weights)), Pictures::MadeUp(MadeUp::new(MADE_UP)));
        Self::start(gpu, means, pictures, None, MadeUp::info(MADE_UP), options, stop.child())
    }

    fn start(
        gpu: &Gpu,
        means: Means,
        pictures: Pictures,
        depth: Option<DepthFilm>,
        info: Info,
        options: &FilmOptions,
        stop: StopFlag,
    ) -> Result<Self, FilmError> {
        let control = Control::new(stop);
        let (decoded_in, decoded_out) = ring(options.decode_ahead);
        let (scenes_in, scenes_out) = ring(options.scene_ahead);
        // Besides those in the ring, one is being made and one is shown.
        let chain = ChainOptions {
            network_area: options.network_area,
            scenes: options.scene_ahead.max(1) + 2,
            precision: options.precision,
            look_ahead: if info.is_still || info.is_live() { 0 } else { options.look_ahead },
            steady: options.steady,
            keep_planes: options.keep_planes,
        };
        let maker = Maker {
            gpu: gpu.clone(),
            means,
            options: chain,
            control: control.clone(),
            chain: None,
            spare: None,
            glance: Glance::default(),
            bars: Bars::default(),
            cost: Duration::ZERO,
            last_made: None,
        };
        let decode_control = control.clone();
        let threads = vec![
            spawn("decode", move || decode::run(pictures, depth, &decode_control, decoded_in))?,
            spawn("film", move || maker.run(decoded_out, scenes_in))?,
        ];
        Ok(Self { info, scenes: scenes_out, tracks: None, control, threads })
    }

    /// The tracks beside the picture, once, where [`FilmOptions::tracks`] asked for them. Their packets come as scenes are taken.
    pub fn take_tracks(&mut self) -> Option<OtherTracks> {
        self.tracks.take()
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

/// Width and height of the pictures of [`Film::made_up`].
const MADE_UP: [u32; 2] = [1280, 720];

/// The longest that a viewer sees nothing new when everything comes late.
const STARVED: Duration = Duration::from_millis(500);

/// How long the film thread waits for a free scene before it looks whether it should still make one.
const PATIENCE: Duration = Duration::from_millis(20);

/// The film thread.
struct Maker {
    gpu: Gpu,
    means: Means,
    options: ChainOptions,
    control: Control,
    chain: Option<Chain>,
    /// The one before, for films that change their aspect to and fro.
    spare: Option<Chain>,
    /// At the picture that has come last.
    glance: Glance,
    bars: Bars,
    /// What a scene costs, followed slowly.
    cost: Duration,
    last_made: Option<Instant>,
}

impl Maker {
    fn run(mut self, mut pictures: Receiver<Decoded>, mut scenes: Sender<Step>) {
        while let Ok(item) = pictures.receive(None) {
            if self.control.stopped() {
                return;
            }
            let (epoch, sent, last) = match item {
                Decoded::Picture(frame, depth) => (frame.epoch, self.add(frame, depth.as_ref(), &mut scenes), None),
                Decoded::End(epoch) => (epoch, self.give(true, &mut scenes), Some(Step::End { epoch })),
                Decoded::Failed(epoch, error) => {
                    (epoch, self.give(true, &mut scenes), Some(Step::Failed { epoch, error }))
                }
            };
            let last = match sent {
                Ok(true) => last,
                Ok(false) => return,
                Err(error) => Some(Step::Failed { epoch, error }),
            };
            if last.is_some_and(|step| scenes.send(step).is_err()) {
                return;
            }
        }
    }

    /// Sends `frame` through the network, unless nobody wants it any more, and on what it makes ready. False when nobody listens.
    fn add(
        &mut self,
        mut frame: Frame<Picture>,
        depth: Option<&DepthAt>,
        scenes: &mut Sender<Step>,
    ) -> Result<bool, FilmError> {
        if self.late(frame.pts, frame.duration) {
            self.control.count_dropped();
            return Ok(true);
        }
        self.glance.take(&frame.data);
        let crop = self.bars.look(&self.glance).turned(frame.data.shape.size, frame.data.shape.orientation);
        if self.chain.as_ref().is_some_and(|chain| !chain.fits(&frame.data, crop)) {
            if !self.give(true, scenes)? {
                return Ok(false);
            }
            std::mem::swap(&mut self.chain, &mut self.spare);
            if let (Some(chain), Some(before)) = (&mut self.chain, &self.spare)
                && chain.fits(&frame.data, crop)
            {
                chain.go_on(before);
            } else {
                self.chain = None;
            }
        }
        let mut chain = match self.chain.take() {
            Some(chain) => chain,
            None => {
                let mut chain = Chain::new(&self.gpu, &self.means, &frame.data.shape, crop, &self.options)?;
                if let Some(before) = &self.spare {
                    chain.go_on(before);
                }
                chain
            }
        };
        let result = loop {
            if frame.epoch != self.control.epoch() || self.control.stopped() {
                break Ok(());
            }
            match chain.add(frame, &self.glance, depth, PATIENCE) {
                Ok(Some(back)) => frame = back,
                Ok(None) => {
                    self.cost = (self.cost * 3 + chain.spent()) / 4;
                    break Ok(());
                }
                Err(error) => break Err(error),
            }
        };
        self.chain = Some(chain);
        result?;
        self.give(false, scenes)
    }

    /// Sends on the scenes that wait for nothing any more; `over`: no frame comes after them. False when nobody listens.
    fn give(&mut self, over: bool, scenes: &mut Sender<Step>) -> Result<bool, FilmError> {
        let Some(chain) = &mut self.chain else { return Ok(true) };
        while let Some(scene) = chain.give(over)? {
            // Of an epoch that is over nothing is wanted; its slot is needed.
            if scene.epoch != self.control.epoch() {
                continue;
            }
            self.last_made = Some(Instant::now());
            if scenes.send(Step::Scene(scene)).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the frame would be over before its scene could be shown; but something new is made now and then whatever the delay.
    fn late(&self, pts: Time, duration: Time) -> bool {
        let Some(now) = self.control.now() else { return false };
        let starved = self.last_made.is_none_or(|made| made.elapsed() > STARVED);
        // It is shown when those that it waits for have been made, too.
        let behind = self.chain.as_ref().map_or(0, Chain::delay) as u32 + 1;
        !starved && pts + duration < now + Time::from(self.cost * behind)
    }
}
