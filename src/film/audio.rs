//! Which of a film's audio tracks plays, and how that is told to the thread that makes sound of it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::JoinHandle;

use super::FilmError;
use super::control::Control;
use super::desk::{Desk, Wish};
use super::sounds::{Playing, SoundOutput, Sounds};
use crate::media::{AudioTracks, MediaError, SoundPackets};
use crate::time::Time;

/// A film's sound.
pub(super) struct Audio {
    tracks: AudioTracks,
    desk: Arc<Desk>,
    /// The number of the track that plays.
    playing: Option<u32>,
    coming: Option<Coming>,
}

/// A track that will play as soon as it is open.
struct Coming {
    number: u32,
    opened: Receiver<Result<(), MediaError>>,
}

impl Audio {
    /// Begins to decode `packets`, which are those of one of `tracks`, for `output`. What cannot be decoded is told, and the film plays without it.
    pub(super) fn start(
        tracks: AudioTracks,
        packets: Option<SoundPackets>,
        output: SoundOutput,
        control: &Control,
    ) -> Result<(Self, JoinHandle<()>), FilmError> {
        let (number, desk) = (packets.as_ref().map(SoundPackets::number), Arc::<Desk>::default());
        let playing = packets.and_then(|packets| Playing::new(packets, &output));
        desk.set_heard(playing.as_ref().map(Playing::number));
        let number = number.filter(|_| playing.is_some());
        let sounds = Sounds::new(playing, output, Arc::clone(&desk), control.clone());
        let thread = super::spawn("sounds", move || sounds.run())?;
        Ok((Self { tracks, desk, playing: number, coming: None }, thread))
    }

    /// The number of its way to the device.
    pub(super) fn heard(&self) -> Option<u32> {
        self.desk.heard()
    }

    /// The number of the track that plays, or will soon.
    pub(super) fn playing(&self) -> Option<u32> {
        self.coming.as_ref().map(|coming| coming.number).or(self.playing)
    }

    /// Begins to open the track of that number, where that has to be done before it plays: a thread that does it, while the one before plays on.
    pub(super) fn open(&mut self, number: u32) -> Option<Result<JoinHandle<()>, FilmError>> {
        if !self.tracks.is_closed(number) {
            return None;
        }
        let (tracks, (sender, opened)) = (self.tracks.clone(), channel());
        self.coming = Some(Coming { number, opened });
        // Whoever has chosen another one by then does not listen.
        Some(super::spawn("open", move || drop(sender.send(tracks.open(number)))))
    }

    /// Lets what has been opened play, from film time `film` on. True while something is being opened.
    pub(super) fn mind(&mut self, film: Time) -> bool {
        let Some(Coming { number, opened }) = &self.coming else { return false };
        let (number, opened) = (*number, opened.try_recv());
        match opened {
            Err(TryRecvError::Empty) => return true,
            Ok(Ok(())) => {
                self.choose(Some(number), film);
            }
            Ok(Err(error)) => tracing::warn!("{error}; the film goes on with the sound before"),
            Err(TryRecvError::Disconnected) => {}
        }
        self.coming = None;
        false
    }

    /// Lets the track of that number play from film time `film` on, or none. False where there is no such track at hand.
    pub(super) fn choose(&mut self, number: Option<u32>, film: Time) -> bool {
        self.coming = None;
        let wish = match number.map(|number| self.tracks.choose(number, Some(film))) {
            Some(Some(packets)) => Wish::Track(Box::new(packets), film),
            Some(None) => return false,
            None => Wish::Nothing,
        };
        self.playing = number;
        self.desk.tell(wish);
        true
    }
}
