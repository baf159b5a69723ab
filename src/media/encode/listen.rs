//! Listens to sound that is copied: what cannot be decoded is damaged, and the user is to hear of it before the film is heard.

use ffmpeg_next::ffi::*;
use ffmpeg_next::packet::Ref;
use ffmpeg_next::{Frame, Packet};

use super::context::Context;
use super::damage::Damage;
use crate::time::Time;

/// A decoder whose sound nobody hears. It costs a hundredth of what the pictures do.
pub(super) struct Listener {
    decoder: Context,
    /// Whether anything was decoded: codecs that need a run-up refuse their first packets.
    begun: bool,
    damage: Damage,
}

impl Listener {
    /// None where this FFmpeg cannot decode it: then nothing is known.
    pub(super) fn new(parameters: &AVCodecParameters, base: AVRational) -> Option<Self> {
        let decoder = Context::decoder(parameters, base).ok()?;
        Some(Self { decoder, begun: false, damage: Damage::default() })
    }

    /// The next packet, at `time` of what is written.
    pub(super) fn hear(&mut self, packet: &Packet, time: Time) {
        // SAFETY: the decoder is open; the packet is only read.
        let mut code = unsafe { avcodec_send_packet(self.decoder.raw(), packet.as_ptr()) };
        let mut heard = false;
        while code >= 0 {
            // SAFETY: an empty frame, filled by the decoder.
            let mut frame = unsafe { Frame::empty() };
            // SAFETY: both are valid.
            code = unsafe { avcodec_receive_frame(self.decoder.raw(), frame.as_mut_ptr()) };
            heard |= code >= 0;
        }
        let waits = code == AVERROR(EAGAIN) || code == AVERROR_EOF;
        if !waits && self.begun {
            self.damage.note(time);
        }
        self.begun |= heard;
    }

    pub(super) fn damage(&self) -> Damage {
        self.damage
    }
}
