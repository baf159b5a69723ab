//! Pictures made up on the way: for measuring without a film. A moving texture without end, 24 a second, 8-bit 4:2:0.

use std::sync::Arc;
use std::time::Instant;

use crate::frame::{
    Chroma, ChromaSite, Colour, Frame, Gamut, Matrix, Orientation, Picture, PixelFormat, Planes, Primaries, Range,
    Shape, Transfer,
};
use crate::media::Info;
use crate::time::Time;
use crate::trace::{Stage, Trace};

const RATE: u32 = 24;

const FORMAT: PixelFormat = PixelFormat { chroma: Chroma::C420, depth: 8, shift: 0, semi_planar: false };

const COLOUR: Colour = Colour {
    matrix: Matrix::Bt709,
    primaries: Primaries::Bt709,
    transfer: Transfer::Sdr,
    range: Range::Limited,
    site: ChromaSite::Left,
    peak: None,
    gamut: Gamut::Srgb,
};

/// One texture, wider than the picture, of which each frame shows another part.
pub struct MadeUp {
    size: [u32; 2],
    luma: Arc<Vec<u8>>,
    chroma: Arc<Vec<u8>>,
    count: u64,
    given: u64,
    epoch: u32,
}

/// A window into the texture.
struct Part {
    luma: Arc<Vec<u8>>,
    chroma: Arc<Vec<u8>>,
    shift: usize,
    pitch: usize,
}

impl Planes for Part {
    fn plane(&self, index: usize) -> (&[u8], usize) {
        match index {
            0 => (&self.luma[self.shift..], self.pitch),
            1 | 2 => (&self.chroma[self.shift / 2..], self.pitch / 2),
            _ => (&[], 0),
        }
    }
}

impl MadeUp {
    /// Pictures of `size` (width and height, even).
    pub fn new(size: [u32; 2]) -> Self {
        let size = size.map(|side| (side & !1).max(2));
        let texture = |width: usize, height: usize, low: usize, range: usize| {
            // Squares of several sizes over each other: edges everywhere, and more of them towards the bottom.
            let value = |x: usize, y: usize| ((x ^ y) + ((x / 8) ^ (y / 8)) * 8 + (x / 64 * 40) + y) % range + low;
            Arc::new((0..height).flat_map(|y| (0..width).map(move |x| value(x, y) as u8)).collect())
        };
        let [pitch, rows] = [2 * size[0] as usize, size[1] as usize];
        Self {
            size,
            luma: texture(pitch, rows, 16, 220),
            chroma: texture(pitch / 2, rows / 2, 64, 128),
            count: 0,
            given: 0,
            epoch: 0,
        }
    }

    pub(super) fn info(size: [u32; 2]) -> Info {
        Info {
            location: "made-up pictures".to_owned(),
            container: "none".to_owned(),
            codec: "none".to_owned(),
            size,
            display_size: size,
            sample_aspect: (1, 1),
            orientation: Orientation::default(),
            format: FORMAT,
            colour: COLOUR,
            frame_rate: Some((RATE, 1)),
            time_base: (1, RATE as i32),
            duration: None,
            start_offset: Time::ZERO,
            is_still: false,
            sound_only: false,
            can_seek: true,
            interlaced: false,
            stereo: None,
            audio_tracks: 0,
            subtitle_tracks: 0,
            chapters: Arc::default(),
            tracks: Arc::default(),
            video_track: None,
        }
    }

    pub(super) fn seek(&mut self, time: Time, epoch: u32) {
        self.count = u64::try_from(time.to_ticks(1, RATE as i32)).unwrap_or(0);
        self.given = 0;
        self.epoch = epoch;
    }

    /// The next picture.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Frame<Picture> {
        let began = Instant::now();
        let mut trace = Trace::default();
        let shift = (self.count * 4 % u64::from(self.size[0])) as usize;
        let planes = Part {
            luma: Arc::clone(&self.luma),
            chroma: Arc::clone(&self.chroma),
            shift,
            pitch: 2 * self.size[0] as usize,
        };
        let data = Picture {
            shape: Shape {
                size: self.size,
                format: FORMAT,
                colour: COLOUR,
                sample_aspect: (1, 1),
                orientation: Orientation::default(),
            },
            planes: Box::new(planes),
        };
        let pts = Time::from_ticks(self.count as i64, 1, RATE as i32);
        let id = self.given;
        self.count += 1;
        self.given += 1;
        trace.stamp(Stage::Decode, began.elapsed());
        Frame { id, pts, duration: Time::from_ticks(1, 1, RATE as i32), epoch: self.epoch, trace, data }
    }
}
