//! Which of a film's audio tracks plays, and how that is told to the thread that makes sound of it.

use std::sync::Arc;
use std::thread::JoinHandle;

use super::FilmError;
use super::control::Control;
use super::desk::{Desk, Wish};
use super::sounds::{Playing, SoundOutput, Sounds};
use crate::media::{AudioTracks, SoundPackets, TrackInfo, TrackKind};
use crate::time::Time;

/// A film's sound.
pub(super) struct Audio {
    tracks: AudioTracks,
    list: Arc<[TrackInfo]>,
    desk: Arc<Desk>,
    /// The number of the track that plays.
    playing: Option<u32>,
}

impl Audio {
    /// Begins to decode `packets`, which are those of one of `tracks`, for `output`. What cannot be decoded is told, and the film plays without it.
    pub(super) fn start(
        tracks: AudioTracks,
        list: &Arc<[TrackInfo]>,
        packets: Option<SoundPackets>,
        (output, location): (SoundOutput, &str),
        control: &Control,
    ) -> Result<(Self, JoinHandle<()>), FilmError> {
        let (stream, desk) = (packets.as_ref().map(SoundPackets::stream), Arc::<Desk>::default());
        let playing = packets.and_then(|packets| Playing::new(packets, &output, location));
        desk.set_heard(playing.as_ref().map(Playing::number));
        let known = list.iter().find(|track| track.kind == TrackKind::Audio && Some(track.stream) == stream);
        let number = known.filter(|_| playing.is_some()).map(|track| track.number);
        let sounds = Sounds::new(playing, output, location.to_owned(), Arc::clone(&desk), control.clone());
        let thread = super::spawn("sounds", move || sounds.run())?;
        Ok((Self { tracks, list: Arc::clone(list), desk, playing: number }, thread))
    }

    /// The number of its way to the device.
    pub(super) fn heard(&self) -> Option<u32> {
        self.desk.heard()
    }

    /// The number of the track that plays.
    pub(super) fn playing(&self) -> Option<u32> {
        self.playing
    }

    /// Lets the track of that number play from film time `film` on, or none. False where there is no such track at hand.
    pub(super) fn choose(&mut self, number: Option<u32>, film: Time) -> bool {
        let is_it = |track: &&TrackInfo| track.kind == TrackKind::Audio && Some(track.number) == number;
        let wish = match self.list.iter().find(is_it) {
            Some(track) => match self.tracks.choose(track.stream, Some(film)) {
                Some(packets) => Wish::Track(Box::new(packets), film),
                None => return false,
            },
            None if number.is_some() => return false,
            None => Wish::Nothing,
        };
        self.playing = number;
        self.desk.tell(wish);
        true
    }
}
