//! From a decoded `AVFrame` to a [`Picture`]: its planes are lent, not copied, wherever the colour shader reads them as they are.

use std::ffi::c_int;
use std::slice;

use ffmpeg_next::ffi::{self, AVPixelFormat};
use ffmpeg_next::frame::Video;

use super::alpha;
use super::format::{self, FormatSupport};
use super::reading::Background;
use super::scale::{Scaler, blank};
use crate::frame::{Colour, Orientation, Picture, PixelFormat, Planes, Range, Shape};

/// What is known of a frame besides its samples. Found before deinterlacing, which may lose it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    pub(super) colour: Colour,
    pub(super) sample_aspect: (u32, u32),
    pub(super) orientation: Orientation,
}

/// Makes pictures, what is transparent over the background; keeps the conversion of rare formats between them.
pub(super) struct PictureMaker {
    scaler: Option<Scaler>,
    background: Background,
}

impl PictureMaker {
    pub(super) fn new(background: Background) -> Self {
        Self { scaler: None, background }
    }

    /// The picture in `frame`; an FFmpeg code where it cannot be converted.
    pub(super) fn make(&mut self, frame: Video, look: Look) -> Result<Picture, c_int> {
        // SAFETY: the frame is alive.
        let number = unsafe { (*frame.as_ptr()).format };
        let unknown = ffi::AVERROR(ffi::EINVAL);
        let kind = format::checked(number).ok_or(unknown)?;
        let traits = format::traits(kind).ok_or(unknown)?;
        let (mut frame, layout) = match traits.support {
            FormatSupport::Direct(layout) => (upright(frame, kind, layout)?, layout),
            FormatSupport::Convert(to) => {
                let full = look.colour.range == Range::Full;
                let converted = Scaler::convert(&mut self.scaler, &frame, kind, to, full)?;
                match format::traits(to).ok_or(unknown)?.support {
                    FormatSupport::Direct(layout) => (converted, layout),
                    _ => return Err(unknown),
                }
            }
            FormatSupport::Unknown => return Err(unknown),
        };
        if traits.alpha {
            alpha::blend(&mut frame, layout, &look.colour, None, self.background)?;
        }
        let size = [frame.width(), frame.height()];
        let planes = Lent::new(frame, layout, size).ok_or(unknown)?;
        let Look { colour, sample_aspect, orientation } = look;
        Ok(Picture {
            shape: Shape { size, format: layout, colour, sample_aspect, orientation },
            planes: Box::new(planes),
        })
    }
}

/// A few decoders write rows from bottom to top; such frames are copied.
fn upright(frame: Video, kind: AVPixelFormat, layout: PixelFormat) -> Result<Video, c_int> {
    // SAFETY: the frame is alive.
    let strides = unsafe { (*frame.as_ptr()).linesize };
    if strides.iter().take(layout.planes()).all(|stride| *stride > 0) {
        return Ok(frame);
    }
    let mut copy = blank(kind, [frame.width(), frame.height()])?;
    // SAFETY: both have the same format and size, and memory for it.
    let code = unsafe { ffi::av_frame_copy(copy.as_mut_ptr(), frame.as_ptr()) };
    if code < 0 { Err(code) } else { Ok(copy) }
}

/// A frame's planes. The frame holds references to the decoder's buffers, which nobody writes to while they are held.
struct Lent {
    frame: Video,
    /// Bytes and stride of each plane.
    extents: [(usize, usize); 3],
}

impl Lent {
    /// `None` where a plane is missing or shorter than the picture.
    fn new(frame: Video, layout: PixelFormat, size: [u32; 2]) -> Option<Self> {
        let mut extents = [(0, 0); 3];
        for (index, extent) in extents.iter_mut().enumerate().take(layout.planes()) {
            let [width, height] = layout.plane_size(index, size).map(|side| side as usize);
            let row = width * layout.sample_bytes();
            // SAFETY: the frame is alive; there are eight entries.
            let (data, stride) = unsafe { ((*frame.as_ptr()).data[index], (*frame.as_ptr()).linesize[index]) };
            let stride = usize::try_from(stride).ok()?;
            if data.is_null() || stride < row || height == 0 {
                return None;
            }
            *extent = (stride * (height - 1) + row, stride);
        }
        Some(Self { frame, extents })
    }
}

impl Planes for Lent {
    fn plane(&self, index: usize) -> (&[u8], usize) {
        match self.extents.get(index) {
            Some(&(bytes, stride)) if bytes > 0 => {
                // SAFETY: FFmpeg keeps `height` rows of `stride` bytes there, as long as the frame lives; the extent ends with the last sample.
                (unsafe { slice::from_raw_parts((*self.frame.as_ptr()).data[index], bytes) }, stride)
            }
            _ => (&[], 0),
        }
    }
}
