//! The picture of a cover, as the container keeps it: one packet.

use ffmpeg_next::codec;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::packet::{Mut, Packet};

use crate::media::track::{self, Track};

/// A cover, not decoded.
pub(in crate::media) struct Cover {
    pub(in crate::media) packet: Packet,
    pub(in crate::media) parameters: codec::Parameters,
    pub(in crate::media) track: Track,
}

// SAFETY: the parameters are a copy that nothing else points to.
unsafe impl Send for Cover {}

impl Cover {
    /// The first of `input`, where it has one.
    pub(super) fn of(input: &mut Input) -> Option<Self> {
        let (mut packet, mut parameters) = (Packet::empty(), codec::Parameters::new());
        // SAFETY: the context is open; FFmpeg keeps that many valid pointers there; the packet is empty, and the copies are our own.
        let index = unsafe {
            let raw = &*input.as_ptr();
            let is_cover = |index: &usize| {
                let stream = &**raw.streams.add(*index);
                stream.disposition & ffi::AV_DISPOSITION_ATTACHED_PIC != 0 && stream.attached_pic.size > 0
            };
            let index = (0..raw.nb_streams as usize).find(is_cover)?;
            let stream = &**raw.streams.add(index);
            let packed = ffi::av_packet_ref(packet.as_mut_ptr(), &stream.attached_pic);
            let copied = ffi::avcodec_parameters_copy(parameters.as_mut_ptr(), stream.codecpar);
            (packed >= 0 && copied >= 0).then_some(index)?
        };
        let all = vec![true; input.nb_streams() as usize];
        Some(Self { packet, parameters, track: track::track(input, index, &all) })
    }
}
