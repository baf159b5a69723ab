//! The thread that makes filters: as the head turns, new ones for the loudspeakers that are elsewhere now.

use std::sync::Arc;
use std::thread::{self, Builder};
use std::time::Duration;

use sofar::reader::Filter;
use sofar::render::FilterPublisher;

use super::Room;
use super::directions::Directions;
use super::ears::Ears;
use crate::sound::error::SoundError;

/// How often it is looked where the head is: no display shows it more often by much.
const LOOK: Duration = Duration::from_millis(8);
/// A loudspeaker that has moved by less than this, as the length between directions, is where it was: a third of a degree.
const STILL: f32 = 0.006;

/// Begins to make filters for as long as there is one who takes them. `made` are those that have been.
pub(super) fn begin(
    room: Room,
    ears: Arc<Ears>,
    publishers: [FilterPublisher; 7],
    made: Directions,
) -> Result<(), SoundError> {
    let work = move || turn(&room, &ears, publishers, made);
    let begun = Builder::new().name("room".to_owned()).spawn(work);
    begun.map(drop).map_err(|error| SoundError::Thread(error.to_string()))
}

fn turn(room: &Room, ears: &Ears, mut publishers: [FilterPublisher; 7], mut made: Directions) {
    let mut filter = Filter::new(ears.taps());
    while publishers.iter().all(FilterPublisher::is_connected) {
        let wanted = room.directions();
        for ((publisher, wanted), made) in publishers.iter_mut().zip(wanted.0).zip(&mut made.0) {
            let moved: f32 = wanted.iter().zip(&*made).map(|(now, before)| (now - before).powi(2)).sum();
            if moved > STILL * STILL {
                *made = wanted;
                ears.filter(wanted, &mut filter);
                if let Err(error) = publisher.publish_filter(&filter) {
                    tracing::debug!("a filter of the room was not taken: {error}");
                }
            }
            publisher.reclaim();
        }
        thread::sleep(LOOK);
    }
}
