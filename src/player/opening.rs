//! A film that is opened by a thread of its own, so that whoever plays the one before goes on meanwhile.

use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::Builder;

use super::contract::{Error, Next, SceneSource};
use crate::film::Preview;
use crate::frame::Frame;
use crate::time::Time;

enum State<F> {
    Opening(Receiver<Result<F, Error>>),
    Open(F),
    /// Its failure has been told.
    Failed,
}

/// A film being opened, and then that film. Seeks that come early are carried out when it is open.
pub struct Opening<F> {
    state: State<F>,
    /// Ends a slow opening that nobody waits for any more.
    stop: Box<dyn Fn()>,
    sought: Option<Time>,
    epoch: u32,
}

impl<F: SceneSource + Send + 'static> Opening<F> {
    /// Runs `open` on a thread of its own. `stop` makes it end soon; called when this is dropped while `open` is still running.
    pub fn new(
        open: impl FnOnce() -> Result<F, Error> + Send + 'static,
        stop: impl Fn() + 'static,
    ) -> Result<Self, Error> {
        let (sender, receiver) = channel();
        // A film that nobody waits for any more is dropped there, too.
        Builder::new().name("open".to_owned()).spawn(move || drop(sender.send(open())))?;
        Ok(Self { state: State::Opening(receiver), stop: Box::new(stop), sought: None, epoch: 0 })
    }
}

impl<F: SceneSource> Opening<F> {
    /// A film that is open already.
    pub fn done(film: F) -> Self {
        Self { state: State::Open(film), stop: Box::new(|| ()), sought: None, epoch: 0 }
    }
}

impl<F: SceneSource> SceneSource for Opening<F> {
    type Scene = F::Scene;

    fn next(&mut self) -> Next<F::Scene> {
        if let State::Opening(receiver) = &self.state {
            let opened = match receiver.try_recv() {
                Err(TryRecvError::Empty) => return Next::Yet,
                Err(TryRecvError::Disconnected) => Err("the film could not be opened".into()),
                Ok(opened) => opened,
            };
            match opened {
                Ok(mut film) => {
                    // Only the last seek is carried out, but each counts.
                    if let Some(time) = self.sought.take() {
                        while film.seek(time) < self.epoch {}
                    }
                    self.state = State::Open(film);
                }
                Err(error) => {
                    self.state = State::Failed;
                    return Next::Failed(self.epoch, error);
                }
            }
        }
        match &mut self.state {
            State::Open(film) => film.next(),
            _ => Next::Yet,
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

    fn seek(&mut self, time: Time) -> u32 {
        match &mut self.state {
            State::Open(film) => film.seek(time),
            _ => {
                self.sought = Some(time);
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

    fn duration(&self) -> Option<Time> {
        if let State::Open(film) = &self.state { film.duration() } else { None }
    }

    fn preview(&mut self, time: Option<Time>) -> Option<Preview> {
        if let State::Open(film) = &mut self.state { film.preview(time) } else { None }
    }

    fn size(&self) -> Option<[u32; 2]> {
        if let State::Open(film) = &self.state { film.size() } else { None }
    }

    fn frame_rate(&self) -> Option<f64> {
        if let State::Open(film) = &self.state { film.frame_rate() } else { None }
    }
}

impl<F> Drop for Opening<F> {
    fn drop(&mut self) {
        if let State::Opening(_) = self.state {
            (self.stop)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
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
        fn seek(&mut self, time: Time) -> u32 {
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
        let mut opening = Opening::new(move || Ok(opened.recv().map(|()| film)?), || panic!("it was open")).unwrap();
        assert!(matches!(opening.next(), Next::Yet));
        assert_eq!((opening.seek(Time::from_seconds(1.0)), opening.seek(Time::from_seconds(2.0))), (1, 2));
        open.send(()).unwrap();
        let epoch = wait_for(|| if let Next::End(epoch) = opening.next() { Some(epoch) } else { None });
        assert_eq!((epoch, opening.duration()), (2, Some(Time::from_seconds(3.0))));
    }

    #[test]
    fn failures_are_told_once_and_nobody_waits_for_an_opening_that_is_dropped() {
        let mut opening = Opening::<Still>::new(|| Err("no such file".into()), || ()).unwrap();
        let text =
            wait_for(|| if let Next::Failed(0, error) = opening.next() { Some(error.to_string()) } else { None });
        assert_eq!(text, "no such file");
        assert!(matches!(opening.next(), Next::Yet));

        let (open, opened) = channel::<()>();
        let dropped = Arc::new(AtomicBool::new(false));
        let film = Still(0, Arc::clone(&dropped));
        let stop = move || open.send(()).unwrap();
        drop(Opening::new(move || Ok(opened.recv().map(|()| film)?), stop).unwrap());
        wait_for(|| dropped.load(Ordering::Acquire).then_some(()));
    }
}
