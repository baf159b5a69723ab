//! Messages over the picture, and the thread that draws them. Whoever shows pictures takes what is there and never waits.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
#[cfg(feature = "media")]
use std::thread::Builder;

use super::subtitles::Seen;
#[cfg(feature = "media")]
use crate::media::subtitle::Captions;
use crate::overlay::{Area, Overlay, Told};
#[cfg(feature = "media")]
use crate::time::Time;

#[derive(Default)]
struct Board {
    told: Told,
    /// How the last picture was seen.
    area: Option<Area>,
    /// What was drawn last, for what is told and for which area.
    done: Option<(Told, Area, Arc<Overlay>)>,
    /// There is a thread that draws.
    is_running: bool,
    /// Nobody will ask any more.
    over: bool,
}

#[derive(Default)]
struct Desk {
    board: Mutex<Board>,
    asked: Condvar,
}

impl Desk {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The messages over one sink's pictures. The thread ends with it.
#[derive(Default)]
pub struct Messages(Arc<Desk>);

impl Messages {
    /// From now on that is to be seen, or nothing.
    pub fn set(&self, told: Option<&Told>) {
        let mut board = self.0.board();
        board.told = told.cloned().unwrap_or_default();
        if !board.is_running && !board.over {
            board.is_running = true;
            self.begin(&mut board);
        }
        self.0.asked.notify_one();
    }

    #[cfg(feature = "media")]
    fn begin(&self, board: &mut Board) {
        let desk = Arc::clone(&self.0);
        if let Err(error) = Builder::new().name("messages".to_owned()).spawn(move || draw(&desk)) {
            tracing::warn!("there will be no messages over the picture: {error}");
            board.over = true;
        }
    }

    #[cfg(not(feature = "media"))]
    fn begin(&self, board: &mut Board) {
        board.over = true;
    }

    /// What is seen of them over a picture that is shown so. Never waits.
    pub fn look(&self, area: Area) -> Option<Seen> {
        let mut board = self.0.board();
        board.area = Some(area);
        if board.told == Told::default() || board.over {
            return None;
        }
        let Board { told, done, .. } = &*board;
        let done = done.as_ref().filter(|(_, drawn_for, _)| *drawn_for == area);
        let is_coming = done.is_none_or(|(drawn, ..)| drawn != told);
        if is_coming {
            self.0.asked.notify_one();
        }
        // One that it takes the place of is seen meanwhile.
        done.map(|(_, _, overlay)| Seen { overlay: Arc::clone(overlay), is_coming })
            .or_else(|| Some(Seen { overlay: Arc::default(), is_coming: true }))
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.0.board().over = true;
        self.0.asked.notify_one();
    }
}

/// The thread.
#[cfg(feature = "media")]
fn draw(desk: &Desk) {
    /// Fonts are looked up before the first message comes.
    const FIRST: (&str, Area) = ("Volume: 100%", Area { size: [640, 360], aspect: 16.0 / 9.0 });
    let mut captions = Captions::default();
    captions.draw(FIRST.0, FIRST.1);
    let mut number = 0;
    loop {
        let mut board = desk.board();
        let (told, area) = loop {
            if board.over {
                return;
            }
            let Board { told, area, done, .. } = &*board;
            let is_done = |area| done.as_ref().is_some_and(|(drawn, known, _)| (drawn, *known) == (told, area));
            let nothing = *told == Told::default();
            match *area {
                Some(area) if !nothing && !is_done(area) => break (told.clone(), area),
                _ => {}
            }
            if nothing {
                board.done = None;
            }
            board = desk.asked.wait(board).unwrap_or_else(PoisonError::into_inner);
        };
        drop(board);
        let mut bitmaps = if told.text.is_empty() { Vec::new() } else { captions.draw(&told.text, area) };
        bitmaps.extend(told.bar.map(|bar| bar.bitmap(area)));
        // Each finds its depth for itself.
        number += 1;
        let cue = Time::from_nanoseconds(number);
        let overlay = Arc::new(Overlay { area: area.size, bitmaps, cues: vec![(cue, cue)] });
        desk.board().done = Some((told, area, overlay));
    }
}

#[cfg(feature = "media")]
#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::overlay::Bar;

    const AREA: Area = Area { size: [640, 360], aspect: 16.0 / 9.0 };

    fn wait(messages: &Messages, area: Area) -> Arc<Overlay> {
        let began = Instant::now();
        loop {
            match messages.look(area) {
                Some(Seen { overlay, is_coming: false }) => return overlay,
                _ if began.elapsed() > Duration::from_secs(30) => panic!("it is not drawn"),
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    #[test]
    fn a_message_is_drawn_for_each_size_at_which_it_is_seen_and_once() {
        let messages = Messages::default();
        assert!(messages.look(AREA).is_none());
        let told = |text: &str, bar| Told { text: text.to_owned(), bar };
        messages.set(Some(&told("Speed: 1.10", None)));
        let first = wait(&messages, AREA);
        assert!(!first.bitmaps.is_empty() && first.area == AREA.size);
        messages.set(Some(&told("Speed: 1.10", None)));
        assert!(Arc::ptr_eq(&wait(&messages, AREA), &first));
        let other = wait(&messages, Area { size: [1280, 720], ..AREA });
        assert!(other.area == [1280, 720] && other.cues != first.cues);
        let bar = Bar { share: 0.5, mark: None };
        messages.set(Some(&told("", Some(bar))));
        assert_eq!(wait(&messages, AREA).bitmaps, [bar.bitmap(AREA)]);
        messages.set(Some(&told("Volume: 50%", Some(bar))));
        assert_eq!(wait(&messages, AREA).bitmaps.len(), 2);
        messages.set(None);
        assert!(messages.look(AREA).is_none());
        let desk = Arc::downgrade(&messages.0);
        drop(messages);
        let began = Instant::now();
        while desk.upgrade().is_some() {
            assert!(began.elapsed() < Duration::from_secs(30), "the thread ends");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
