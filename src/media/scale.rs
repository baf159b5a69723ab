//! swscale, for pixel formats that the colour shader does not read: same size, same colours, another layout.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi::{self, AVPixelFormat};
use ffmpeg_next::frame::Video;

use crate::frame::{Colour, Matrix, Range};

/// A conversion that is kept as long as frames of the same kind come.
pub(super) struct Scaler {
    context: NonNull<ffi::SwsContext>,
    key: Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    size: [u32; 2],
    from: AVPixelFormat,
    to: AVPixelFormat,
    full_range: bool,
}

// SAFETY: a SwsContext belongs to no thread; it is used by one at a time through `&mut`.
unsafe impl Send for Scaler {}

impl Scaler {
    /// `frame` in the layout `to`, its samples' range kept. `slot` holds the conversion from one call to the next.
    pub(super) fn convert(
        slot: &mut Option<Self>,
        frame: &Video,
        from: AVPixelFormat,
        to: AVPixelFormat,
        full_range: bool,
    ) -> Result<Video, c_int> {
        let key = Key { size: [frame.width(), frame.height()], from, to, full_range };
        let mut scaler = match slot.take().filter(|scaler| scaler.key == key) {
            Some(scaler) => scaler,
            None => Self::new(key, ffi::SWS_BICUBIC)?,
        };
        let result = scaler.run(frame);
        *slot = Some(scaler);
        result
    }

    /// `frame`, whose samples mean `colour`, as full-range R'G'B' in the layout `to`.
    pub(super) fn to_rgb(
        frame: &Video,
        from: AVPixelFormat,
        colour: &Colour,
        to: AVPixelFormat,
    ) -> Result<Video, c_int> {
        let key = Key { size: [frame.width(), frame.height()], from, to, full_range: colour.range == Range::Full };
        // As the colour stage: coarser chroma is spread without the ringing of sharper filters.
        let mut scaler = Self::new(key, ffi::SWS_BILINEAR)?;
        let table = match colour.matrix {
            Matrix::Bt709 => ffi::SWS_CS_ITU709,
            Matrix::Bt2020 => ffi::SWS_CS_BT2020,
            Matrix::Smpte240m => ffi::SWS_CS_SMPTE240M,
            Matrix::Fcc => ffi::SWS_CS_FCC,
            Matrix::Rgb | Matrix::Bt601 | Matrix::YCgCo => ffi::SWS_CS_ITU601,
        };
        // SAFETY: the context is new and ours; the table is static.
        unsafe {
            let (table, range) = (ffi::sws_getCoefficients(table), c_int::from(key.full_range));
            ffi::sws_setColorspaceDetails(scaler.context.as_ptr(), table, range, table, 1, 0, 1 << 16, 1 << 16);
        }
        scaler.run(frame)
    }

    fn new(key: Key, filter: c_int) -> Result<Self, c_int> {
        let [width, height] = key.size.map(|side| side as c_int);
        let flags =
            filter | ffi::SWS_ACCURATE_RND | ffi::SWS_FULL_CHR_H_INT | ffi::SWS_FULL_CHR_H_INP | ffi::SWS_BITEXACT;
        let null = ptr::null_mut();
        // SAFETY: plain numbers; null for the parts that are not wanted.
        let context = unsafe {
            ffi::sws_getContext(width, height, key.from, width, height, key.to, flags, null, null, ptr::null())
        };
        let context = NonNull::new(context).ok_or(ffi::AVERROR(ffi::EINVAL))?;
        let range = c_int::from(key.full_range);
        // The same matrix and range on both sides: samples are moved, not changed.
        // SAFETY: the context is new and ours; the table is static.
        unsafe {
            let table = ffi::sws_getCoefficients(ffi::SWS_CS_DEFAULT);
            ffi::sws_setColorspaceDetails(context.as_ptr(), table, range, table, range, 0, 1 << 16, 1 << 16);
        }
        Ok(Self { context, key })
    }

    fn run(&mut self, frame: &Video) -> Result<Video, c_int> {
        let mut converted = blank(self.key.to, self.key.size)?;
        // SAFETY: both frames have the size and format that the context was made for, and all planes of them.
        let rows = unsafe {
            let (from, to) = (frame.as_ptr(), converted.as_mut_ptr());
            ffi::sws_scale(
                self.context.as_ptr(),
                (*from).data.as_ptr().cast::<*const u8>(),
                (*from).linesize.as_ptr(),
                0,
                (*from).height,
                (*to).data.as_ptr(),
                (*to).linesize.as_ptr(),
            )
        };
        if rows < 0 { Err(rows) } else { Ok(converted) }
    }
}

impl Drop for Scaler {
    fn drop(&mut self) {
        // SAFETY: ours, and not used afterwards.
        unsafe { ffi::sws_freeContext(self.context.as_ptr()) }
    }
}

/// A frame with memory of its own, rows from top to bottom.
pub(super) fn blank(format: AVPixelFormat, size: [u32; 2]) -> Result<Video, c_int> {
    let mut frame = Video::empty();
    // SAFETY: a new frame (null only without memory, which is looked at); FFmpeg checks the size.
    let code = unsafe {
        let pointer = frame.as_mut_ptr();
        if pointer.is_null() {
            return Err(ffi::AVERROR(ffi::ENOMEM));
        }
        (*pointer).format = format as c_int;
        (*pointer).width = size[0] as c_int;
        (*pointer).height = size[1] as c_int;
        ffi::av_frame_get_buffer(pointer, 0)
    };
    if code < 0 { Err(code) } else { Ok(frame) }
}
