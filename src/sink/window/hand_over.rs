//! Handing pictures to the window system, on a thread of its own: where the GPU is the processor itself, that waits until the picture is drawn.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use ash::vk;

use super::display::{Display, Picture};
use super::error::WindowError;
use super::seen::{Seen, Sight, watch};

/// How often it is looked whether the display is waited for, where that has to end.
const LOOK: Duration = Duration::from_millis(1);

/// What the driver answered.
pub(super) type Answer = Result<bool, vk::Result>;

/// The thread, and the one picture that it may have. Meanwhile nobody else may use the chain, and who hands something to the queue waits.
pub(super) struct HandOver {
    /// `None` once it is to end.
    pictures: Option<Sender<Picture>>,
    answers: Receiver<Answer>,
    pending: bool,
    thread: Option<JoinHandle<()>>,
    /// The last picture's number.
    id: u64,
    sight: Sight,
}

impl HandOver {
    pub(super) fn new(display: Arc<dyn Display>) -> Result<Self, WindowError> {
        let (pictures, to_do) = channel::<Picture>();
        let (done, answers) = channel();
        let (watcher, sight) = watch(&display)?;
        let run = move || {
            for picture in to_do {
                let answer = display.present(&picture);
                if answer.is_ok() {
                    watcher.handed_over(picture, Instant::now());
                }
                if done.send(answer).is_err() {
                    return;
                }
            }
        };
        let thread = Builder::new().name("present".to_owned()).spawn(run).map_err(WindowError::no_thread)?;
        Ok(Self { pictures: Some(pictures), answers, pending: false, thread: Some(thread), id: 0, sight })
    }

    /// The number for the next picture.
    pub(super) fn next_id(&mut self) -> u64 {
        self.id += 1;
        self.id
    }

    /// Hands `picture` over; the one before has been answered.
    pub(super) fn give(&mut self, picture: Picture) {
        // A thread that has ended answers nothing, which `answer` tells.
        self.pending = self.pictures.as_ref().is_some_and(|pictures| pictures.send(picture).is_ok());
    }

    /// Whether a picture is on its way.
    pub(super) fn is_pending(&self) -> bool {
        self.pending
    }

    /// What became of the last picture, once. Never waits.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        if !self.pending {
            return None;
        }
        let answer = match self.answers.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(vk::Result::ERROR_UNKNOWN),
        };
        self.pending = false;
        Some(answer)
    }

    /// The next picture that is seen. Never waits.
    pub(super) fn seen(&self) -> Option<Seen> {
        self.sight.next()
    }

    /// Whether the display has yet to tell of a picture.
    pub(super) fn is_waiting(&self) -> bool {
        self.sight.is_waiting()
    }

    /// Whether nobody waits for a picture of the chain, so that it can be retired; sees to it that this is so soon. Never waits.
    pub(super) fn is_resting(&self) -> bool {
        self.sight.rest(self.id)
    }

    /// Waits until nothing is on its way, and nobody waits for the display: some milliseconds at most.
    pub(super) fn settle(&mut self) {
        if std::mem::take(&mut self.pending) {
            // What became of it does not matter any more.
            let _ = self.answers.recv();
        }
        while !self.is_resting() {
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for HandOver {
    fn drop(&mut self) {
        self.pictures = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that shows pictures ended badly");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::*;

    /// Shows pictures only when it is told to.
    #[derive(Default)]
    struct Fake {
        tells: bool,
        /// Pictures up to this number are seen.
        seen: AtomicU64,
        /// Waiting fails.
        broken: bool,
        waits: AtomicU64,
    }

    impl Display for Fake {
        fn present(&self, _picture: &Picture) -> Result<bool, vk::Result> {
            Ok(false)
        }

        fn tells(&self) -> bool {
            self.tells
        }

        fn wait(&self, picture: &Picture, timeout: Duration) -> Result<bool, vk::Result> {
            self.waits.fetch_add(1, Ordering::AcqRel);
            if self.broken {
                return Err(vk::Result::ERROR_OUT_OF_DATE_KHR);
            }
            if self.seen.load(Ordering::Acquire) < picture.id {
                std::thread::sleep(timeout);
            }
            Ok(self.seen.load(Ordering::Acquire) >= picture.id)
        }
    }

    fn start(fake: Fake) -> (Arc<Fake>, HandOver) {
        let fake = Arc::new(fake);
        let display: Arc<dyn Display> = Arc::clone(&fake) as _;
        (fake, HandOver::new(display).unwrap())
    }

    /// Hands the picture of painting `painting` over, and waits for the driver's answer.
    fn give(hand_over: &mut HandOver, painting: u64) -> Instant {
        let (chain, drawn) = (vk::SwapchainKHR::null(), vk::Semaphore::null());
        let id = hand_over.next_id();
        hand_over.give(Picture { chain, index: 0, drawn, id, painting });
        until(|| hand_over.answer()).unwrap();
        Instant::now()
    }

    fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "it never came");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_picture_is_seen_when_the_display_says_so_and_the_next_is_handed_over_meanwhile() {
        let (fake, mut hand_over) = start(Fake { tells: true, ..Fake::default() });
        give(&mut hand_over, 1);
        give(&mut hand_over, 2);
        assert!(hand_over.seen().is_none() && hand_over.is_waiting() && !hand_over.is_pending());
        std::thread::sleep(Duration::from_millis(20));
        let released = Instant::now();
        fake.seen.store(1, Ordering::Release);
        let seen = until(|| hand_over.seen());
        assert!(seen.painting == 1 && seen.at >= released);
        fake.seen.store(2, Ordering::Release);
        assert_eq!(until(|| hand_over.seen()).painting, 2);
        until(|| (!hand_over.is_waiting()).then_some(()));
    }

    #[test]
    fn a_display_that_does_not_tell_is_not_asked() {
        let (fake, mut hand_over) = start(Fake::default());
        let answered = give(&mut hand_over, 7);
        let seen = until(|| hand_over.seen());
        assert!(seen.painting == 7 && seen.at <= answered);
        assert_eq!(fake.waits.load(Ordering::Acquire), 0);
    }

    #[test]
    fn waiting_ends_at_once_where_the_chain_has_to_go() {
        let (_fake, mut hand_over) = start(Fake { tells: true, ..Fake::default() });
        let answered = give(&mut hand_over, 1);
        assert!(!hand_over.is_resting());
        let asked = Instant::now();
        hand_over.settle();
        // Far from the patience that a hidden window gets.
        assert!(asked.elapsed() < Duration::from_millis(100), "{:?}", asked.elapsed());
        let seen = hand_over.seen().unwrap();
        assert!(seen.at <= answered, "nobody saw it: the moment of handing over counts");
        // The next chain's pictures are waited for.
        give(&mut hand_over, 2);
        assert!(hand_over.is_waiting());
    }

    #[test]
    fn a_display_that_cannot_tell_after_all_or_never_shows_anything_holds_nobody_up() {
        let (fake, mut hand_over) = start(Fake { tells: true, broken: true, ..Fake::default() });
        let answered = give(&mut hand_over, 1);
        assert!(until(|| hand_over.seen()).at <= answered);
        assert_eq!(fake.waits.load(Ordering::Acquire), 1);
        // Hidden: all of them are told of about as soon as the first.
        let (_hidden, mut hand_over) = start(Fake { tells: true, ..Fake::default() });
        let began = Instant::now();
        for painting in 1..=6 {
            give(&mut hand_over, painting);
        }
        for painting in 1..=6 {
            assert_eq!(until(|| hand_over.seen()).painting, painting);
        }
        assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    }
}
