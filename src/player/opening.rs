//! A film that is opened by a thread of its own, so that whoever plays the one before goes on meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::contract::{Error, Next, SceneFacts, SceneSource};
use super::endings::Endings;
use crate::film::{Pass, Preview, SeekMode, Subtitles};
use crate::frame::{Chapter, Frame};
use crate::media::{Cached, TrackInfo, TrackKind};
use crate::memory::Recalled;
use crate::playlist::Entry;
use crate::time::Time;

/// What was opened has turned out to be.
pub enum Opened<F> {
    /// A film.
    Film(F),
    /// A list or a folder of these, and which of them comes first.
    List(Vec<Entry>, usize),
}

impl<F> From<F> for Opened<F> {
    fn from(film: F) -> Self {
        Self::Film(film)
    }
}

enum State<F> {
    Opening(Opener<F>),
    Open(F),
    /// It is no film; until that is told.
    List(Vec<Entry>, usize),
    /// Its failure has been told, or it is over.
    Over,
}

/// The thread that opens a film.
struct Opener<F> {
    /// `None` when nobody waits for the film any more: the thread lets go of it then.
    opened: Option<Receiver<Result<Opened<F>, Error>>>,
    thread: Option<JoinHandle<()>>,
}

impl<F> Drop for Opener<F> {
    fn drop(&mut self) {
        self.opened = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the opening of a film ended badly");
        }
    }
}

/// A film being opened, and then that film. Seeks that come early are carried out when it is open. Dropping it waits for nothing: its endings see to that.
pub struct Opening<F: Send + 'static> {
    state: State<F>,
    /// Ends it soon, also while it is being opened.
    stop: Box<dyn Fn()>,
    endings: Endings,
    sought: Option<(Time, SeekMode)>,
    epoch: u32,
    network_interval: Duration,
    /// Not told yet.
    failure: Option<Error>,
}

impl<F: Send + 'static> Opening<F> {
    /// Runs `open` on a thread of its own. `stop` makes that, and the film, end soon; called when this is dropped.
    pub fn new(
        open: impl FnOnce() -> Result<Opened<F>, Error> + Send + 'static,
        stop: impl Fn() + 'static,
        endings: &Endings,
    ) -> Result<Self, Error> {
        let (sender, opened) = channel();
        // A film that nobody waits for any more is dropped there, too.
        let thread = Builder::new().name("open".to_owned()).spawn(move || drop(sender.send(open())))?;
        let state = State::Opening(Opener { opened: Some(opened), thread: Some(thread) });
        Ok(Self {
            state,
            stop: Box::new(stop),
            endings: endings.clone(),
            sought: None,
            epoch: 0,
            network_interval: Duration::ZERO,
            failure: None,
        })
    }

    /// What is open already.
    pub fn done(opened: Opened<F>, stop: impl Fn() + 'static, endings: &Endings) -> Self {
        Self {
            state: match opened {
                Opened::Film(film) => State::Open(film),
                Opened::List(inside, first) => State::List(inside, first),
            },
            stop: Box::new(stop),
            endings: endings.clone(),
            sought: None,
            epoch: 0,
            network_interval: Duration::ZERO,
            failure: None,
        }
    }
}

impl<F: SceneSource + Send + 'static> Opening<F> {
    /// Takes the film once it is open, and carries out the last seek. None while it is not.
    fn film(&mut self) -> Option<Result<&mut F, Error>> {
        if let State::Opening(opener) = &self.state {
            let opened = match opener.opened.as_ref().map_or(Err(TryRecvError::Disconnected), Receiver::try_recv) {
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => Err("the film could not be opened".into()),
                Ok(opened) => opened,
            };
            let (state, failure) = match opened {
                Ok(Opened::List(inside, first)) => (State::List(inside, first), None),
                Ok(Opened::Film(mut film)) => {
                    // Only the last seek is carried out, but each counts.
                    film.set_network_interval(self.network_interval);
                    if let Some((time, mode)) = self.sought.take() {
                        while film.seek(time, mode) < self.epoch {}
                    }
                    (State::Open(film), None)
                }
                Err(error) => (State::Over, Some(error)),
            };
            self.endings.end(std::mem::replace(&mut self.state, state));
            if let Some(error) = failure {
                return Some(Err(error));
            }
        }
        match &mut self.state {
            State::Open(film) => Some(Ok(film)),
            _ => None,
        }
    }
}

impl<F: SceneSource + Send + 'static> Opening<F> {
    /// Whether it is known to be no film but a list.
    pub fn is_list(&self) -> bool {
        matches!(self.state, State::List(..))
    }

    /// The number of the way that its sound goes to the device, if it is open and has some.
    pub fn sound_when_open(&mut self) -> Option<u32> {
        match self.film()? {
            Ok(film) => film.sound(),
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }
}

impl<F: SceneSource + Send + 'static> SceneSource for Opening<F> {
    type Scene = F::Scene;

    fn next(&mut self) -> Next<F::Scene> {
        if let Some(error) = self.failure.take() {
            return Next::Failed(self.epoch, error);
        }
        match self.film() {
            Some(Ok(film)) => film.next(),
            Some(Err(error)) => Next::Failed(self.epoch, error),
            None => Next::Yet,
        }
    }

    fn take_list(&mut self) -> Option<(Vec<Entry>, usize)> {
        if let Some(Err(error)) = self.film() {
            self.failure = Some(error);
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::List(inside, first) => Some((inside, first)),
            other => {
                self.state = other;
                None
            }
        }
    }

    fn facts(&self, scene: &F::Scene) -> SceneFacts {
        match &self.state {
            State::Open(film) => film.facts(scene),
            _ => SceneFacts::default(),
        }
    }

    fn take_passes(&mut self) -> Vec<Pass> {
        match &mut self.state {
            State::Open(film) => film.take_passes(),
            _ => Vec::new(),
        }
    }

    fn set_network_interval(&mut self, interval: Duration) {
        self.network_interval = interval;
        if let State::Open(film) = &mut self.state {
            film.set_network_interval(interval);
        }
    }

    fn set_network_rests(&mut self, rests: bool) {
        if let State::Open(film) = &mut self.state {
            film.set_network_rests(rests);
        }
    }

    fn once_more(&mut self) -> Option<Frame<F::Scene>> {
        match &mut self.state {
            State::Open(film) => film.once_more(),
            _ => None,
        }
    }

    fn is_unfinished(&self, scene: &F::Scene) -> bool {
        match &self.state {
            State::Open(film) => film.is_unfinished(scene),
            _ => false,
        }
    }

    fn is_ready(&self, scene: &F::Scene) -> Result<bool, Error> {
        match &self.state {
            State::Open(film) => film.is_ready(scene),
            _ => Ok(false),
        }
    }

    fn seek(&mut self, time: Time, mode: SeekMode) -> u32 {
        match &mut self.state {
            State::Open(film) => film.seek(time, mode),
            _ => {
                self.sought = Some((time, mode));
                self.epoch += 1;
                self.epoch
            }
        }
    }

    fn set_now(&mut self, now: Option<Time>) {
        if let State::Open(film) = &mut self.state {
            film.set_now(now);
        }
    }

    fn set_idle(&mut self, share: f64) {
        if let State::Open(film) = &mut self.state {
            film.set_idle(share);
        }
    }

    fn cached(&self) -> Option<Cached> {
        if let State::Open(film) = &self.state { film.cached() } else { None }
    }

    fn duration(&self) -> Option<Time> {
        if let State::Open(film) = &self.state { film.duration() } else { None }
    }

    fn chapters(&self) -> Arc<[Chapter]> {
        if let State::Open(film) = &self.state { film.chapters() } else { Arc::default() }
    }

    fn preview(&mut self, time: Option<Time>) -> Option<Preview> {
        if let State::Open(film) = &mut self.state { film.preview(time) } else { None }
    }

    fn size(&self) -> Option<[u32; 2]> {
        if let State::Open(film) = &self.state { film.size() } else { None }
    }

    fn coded_size(&self) -> Option<[u32; 2]> {
        if let State::Open(film) = &self.state { film.coded_size() } else { None }
    }

    fn frame_rate(&self) -> Option<f64> {
        if let State::Open(film) = &self.state { film.frame_rate() } else { None }
    }

    fn recalled(&self) -> Option<Arc<Recalled>> {
        if let State::Open(film) = &self.state { film.recalled() } else { None }
    }

    fn sound(&self) -> Option<u32> {
        if let State::Open(film) = &self.state { film.sound() } else { None }
    }

    fn tracks(&self) -> Arc<[TrackInfo]> {
        if let State::Open(film) = &self.state { film.tracks() } else { Arc::default() }
    }

    fn playing(&self, kind: TrackKind) -> Option<u32> {
        if let State::Open(film) = &self.state { film.playing(kind) } else { None }
    }

    fn subtitles(&self) -> Option<&Subtitles> {
        if let State::Open(film) = &self.state { film.subtitles() } else { None }
    }

    fn choose(&mut self, kind: TrackKind, number: Option<u32>, time: Time) -> bool {
        if let State::Open(film) = &mut self.state { film.choose(kind, number, time) } else { false }
    }

    fn mind(&mut self, time: Time) -> bool {
        if let State::Open(film) = &mut self.state { film.mind(time) } else { false }
    }
}

impl<F: Send + 'static> Drop for Opening<F> {
    fn drop(&mut self) {
        (self.stop)();
        self.endings.end(std::mem::replace(&mut self.state, State::Over));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    struct Still(u32, Arc<AtomicBool>);

    impl SceneSource for Still {
        type Scene = ();
        fn next(&mut self) -> Next<()> {
            Next::End(self.0)
        }
        fn is_ready(&self, (): &()) -> Result<bool, Error> {
            Ok(true)
        }
        fn seek(&mut self, time: Time, _mode: SeekMode) -> u32 {
            assert_eq!(time, Time::from_seconds(2.0), "only the last seek counts");
            self.0 += 1;
            self.0
        }
        fn set_now(&mut self, _now: Option<Time>) {}
        fn duration(&self) -> Option<Time> {
            Some(Time::from_seconds(3.0))
        }
    }

    impl Drop for Still {
        fn drop(&mut self) {
            self.1.store(true, Ordering::Release);
        }
    }

    fn wait_for<T>(mut what: impl FnMut() -> Option<T>) -> T {
        for _ in 0..5000 {
            if let Some(value) = what() {
                return value;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("it did not come");
    }

    #[test]
    fn a_film_is_there_when_it_is_open_and_seeks_are_not_lost() {
        let (open, opened) = channel::<()>();
        let dropped = Arc::new(AtomicBool::new(false));
        let film = Still(0, Arc::clone(&dropped));
        let endings = Endings::new().unwrap();
        let open_film = move || Ok(opened.recv().map(|()| film.into())?);
        let mut opening = Opening::new(open_film, || (), &endings).unwrap();
        assert!(matches!(opening.next(), Next::Yet));
        let mut seek = |seconds| opening.seek(Time::from_seconds(seconds), SeekMode::Exact);
        assert_eq!((seek(1.0), seek(2.0)), (1, 2));
        open.send(()).unwrap();
        let epoch = wait_for(|| if let Next::End(epoch) = opening.next() { Some(epoch) } else { None });
        assert_eq!((epoch, opening.duration()), (2, Some(Time::from_seconds(3.0))));
        drop((opening, endings));
        assert!(dropped.load(Ordering::Acquire), "the end waits for it");
    }

    #[test]
    fn failures_are_told_once_and_nobody_waits_for_an_opening_that_is_dropped() {
        let endings = Endings::new().unwrap();
        let mut opening = Opening::<Still>::new(|| Err("no such file".into()), || (), &endings).unwrap();
        let text =
            wait_for(|| if let Next::Failed(0, error) = opening.next() { Some(error.to_string()) } else { None });
        assert_eq!(text, "no such file");
        assert!(matches!(opening.next(), Next::Yet));

        let (open, opened) = channel::<()>();
        let dropped = Arc::new(AtomicBool::new(false));
        let film = Still(0, Arc::clone(&dropped));
        let stop = move || open.send(()).unwrap();
        drop(Opening::new(move || Ok(opened.recv().map(|()| film.into())?), stop, &endings).unwrap());
        wait_for(|| dropped.load(Ordering::Acquire).then_some(()));
    }
}
