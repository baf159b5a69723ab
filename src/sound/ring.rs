//! Ring S: sound on its way to the device, in pieces that know their film time. Nobody waits for a lock in it, and nothing is allocated after [`ring`].

use std::sync::Arc;

use ringbuf::traits::{Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::format::Format;
use super::message::{Command, Piece, Report};
use super::outlet::Outlet;
use super::settings::Settings;

/// How much sound waits for the device at most, in seconds: what is changed before the ring (speed) is heard so much later.
const DEPTH: f64 = 0.4;
/// Pieces, commands and reports that may wait.
const PIECES: usize = 512;

/// The end that sound goes in.
pub(super) struct Inlet {
    pub(super) format: Format,
    /// Its channels become loudspeakers.
    pub(super) in_room: bool,
    samples: HeapProd<f32>,
    pieces: HeapProd<Piece>,
}

impl Inlet {
    /// Puts interleaved samples in, as many frames as there is room for; says how many.
    pub(super) fn push(&mut self, piece: Piece, samples: &[f32]) -> usize {
        let channels = usize::from(self.format.channels.max(1));
        let frames = (samples.len() / channels).min(self.samples.vacant_len() / channels);
        if frames == 0 || self.pieces.is_full() {
            return 0;
        }
        // The samples first: whoever finds the piece finds them, too.
        self.samples.push_slice(&samples[..frames * channels]);
        // There is room, as nobody else puts pieces in.
        let _ = self.pieces.try_push(Piece { frames, ..piece });
        frames
    }
}

/// The end that whoever plays the film holds.
pub(super) struct Steering {
    pub(super) commands: HeapProd<Command>,
    pub(super) reports: HeapCons<Report>,
    pub(super) format: Format,
    /// How many commands have been given.
    pub(super) sent: u64,
}

/// A ring for a device that wants `format`: where sound goes in, what steers it, and what the device is filled from.
pub(super) fn ring(format: Format, settings: &Arc<Settings>) -> (Inlet, Steering, Outlet) {
    let channels = usize::from(format.channels.max(1));
    let (samples_in, samples) = HeapRb::new(format.frames(DEPTH).max(1) * channels).split();
    let (pieces_in, pieces) = HeapRb::new(PIECES).split();
    let (commands_in, commands) = HeapRb::new(PIECES).split();
    let (reports, reports_out) = HeapRb::new(PIECES).split();
    let inlet = Inlet { format, in_room: false, samples: samples_in, pieces: pieces_in };
    let steering = Steering { commands: commands_in, reports: reports_out, format, sent: 0 };
    (inlet, steering, Outlet::new(format, samples, pieces, commands, reports, Arc::clone(settings)))
}
