//! Whether a container takes a track: tried on a container in memory, header, first packet and end, so that no track can spoil the film.

use std::ptr::{self, NonNull};

use ffmpeg_next::Packet;
use ffmpeg_next::ffi::*;
use ffmpeg_next::packet::Mut;

use super::super::Container;
use super::super::mux::{Output, experimental};
use super::reason;

/// Writes a container that holds only the stream which `describe` fills in, with `first` in it, if there is one. The error is FFmpeg's reason.
pub(super) fn run(
    container: Container,
    describe: impl FnOnce(NonNull<AVStream>) -> bool,
    first: Option<(Packet, AVRational)>,
) -> Result<(), String> {
    let failed = |code: i32| if code < 0 { Err(reason(code)) } else { Ok(()) };
    let mut context = ptr::null_mut();
    // SAFETY: the names end with zero bytes.
    failed(unsafe {
        avformat_alloc_output_context2(&mut context, ptr::null(), container.muxer().as_ptr(), ptr::null())
    })?;
    let no_memory = || reason(AVERROR(ENOMEM));
    let output = Memory(Output::new(NonNull::new(context).ok_or_else(no_memory)?));
    let raw = output.0.raw();
    // SAFETY: the context is valid and has no output yet.
    failed(unsafe {
        experimental(raw);
        avio_open_dyn_buf(&mut (*raw).pb)
    })?;
    // SAFETY: the context is valid.
    let stream = NonNull::new(unsafe { avformat_new_stream(raw, ptr::null()) }).ok_or_else(no_memory)?;
    if !describe(stream) {
        return Err(no_memory());
    }
    // SAFETY: the stream is described.
    failed(unsafe { avformat_write_header(raw, ptr::null_mut()) })?;
    if let Some((mut packet, base)) = first {
        packet.set_pts(Some(0));
        packet.set_dts(Some(0));
        packet.set_stream(0);
        packet.set_position(-1);
        // SAFETY: the header is written; the muxer takes the packet over. The stream lives as long as the context.
        failed(unsafe {
            packet.rescale_ts(base, (*stream.as_ptr()).time_base);
            av_interleaved_write_frame(raw, packet.as_mut_ptr())
        })?;
    }
    // SAFETY: the header is written.
    failed(unsafe { av_write_trailer(raw) })
}

/// A context that writes into memory, which goes with it.
struct Memory(Output);

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the output is the dynamic buffer made above or null; its bytes are freed here, and the context no longer points to it.
        unsafe {
            let raw = self.0.raw();
            if !(*raw).pb.is_null() {
                let mut bytes = ptr::null_mut();
                avio_close_dyn_buf((*raw).pb, &mut bytes);
                av_free(bytes.cast());
                (*raw).pb = ptr::null_mut();
            }
        }
    }
}
