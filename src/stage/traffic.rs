//! Bytes that the stages move for one picture, counted from the sizes and formats of what they read and write: to be set beside measured
//! times and a device's bandwidth. Pure.
//!
//! A kernel counts with everything it needs of its inputs once, and with everything it writes once: what has to cross the memory's wires
//! where caches answer all repeated reads. Kernels that run over lists alone count with the parts of a picture that films have listed.

use crate::frame::Shape;

/// Bytes of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Read.
    pub read: u64,
    /// Written.
    pub written: u64,
}

impl Traffic {
    /// Both ways together.
    pub const fn bytes(self) -> u64 {
        self.read + self.written
    }

    /// Of several kernels.
    fn sum(kernels: &[[u64; 2]]) -> Self {
        let sum = |which: usize| kernels.iter().map(|kernel| kernel[which]).sum();
        Self { read: sum(0), written: sum(1) }
    }
}

/// The stages around the network, for one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTraffic {
    /// Decoded planes across to the GPU's own memory; nothing where memory is shared.
    pub upload: Traffic,
    /// Planes to the picture.
    pub colour: Traffic,
    /// The picture to the network's input.
    pub input: Traffic,
    /// Picture and disparity to both eyes.
    pub stereo: Traffic,
}

const RGBA8: u64 = 4;
const RGBA32F: u64 = 16;
const R32F: u64 = 4;
const R32UI: u64 = 4;
const RG32UI: u64 = 8;

/// One of so many runs of pixels is near an edge of the disparity map (measured: 8 … 22 %, the mean 15 %; at twice and three times the size as many).
const NEAR_EDGES: u64 = 6;
/// Something else than one even surface lands on one of so many of an eye's runs (measured: 3 … 13 %, the mean 9 %).
const ROUGH: u64 = 8;
/// One of so many of an eye's pixels is mixed or in a hole (measured: 0.6 … 2 %, the mean 1.2 %; more at larger sizes).
const MIXED: u64 = 24;

/// Of a film of `shape`, with a network that sees `network` and gives a disparity of `disparity` (width and height).
pub fn of(shape: &Shape, network: [u32; 2], disparity: [u32; 2], unified_memory: bool) -> StageTraffic {
    let area = |[width, height]: [u32; 2]| u64::from(width) * u64::from(height);
    let size = shape.turned_size();
    let (pixels, small) = (area(size), area(disparity));
    let plane = |index| area(shape.format.plane_size(index, shape.size)) * shape.format.sample_bytes() as u64;
    let planes: u64 = (0..shape.format.planes()).map(plane).sum();
    let picture = pixels * RGBA8;
    // `guide` takes up to 4 × 4 pixels a place.
    let taps: u64 =
        [0, 1].map(|axis| u64::from(size[axis].div_ceil(disparity[axis].max(1)).clamp(1, 4))).iter().product();
    let sampled = (small * taps * RGBA8).min(picture);
    let runs = u64::from(size[0].div_ceil(super::stereo::RUN)) * u64::from(size[1]);
    let (surfaces, bounds, listed) = (pixels * R32UI, runs * R32UI, pixels * R32UI);
    // Of each eye.
    let list = [bounds, runs * RG32UI / ROUGH];
    let edges = [(picture + surfaces + runs * RG32UI) / ROUGH, picture / ROUGH + listed / MIXED];
    let mixed = [(picture + surfaces + bounds + listed) / MIXED, picture / MIXED];
    StageTraffic {
        upload: if unified_memory { Traffic::default() } else { Traffic::sum(&[[planes, planes]]) },
        colour: Traffic::sum(&[[planes, picture]]),
        input: Traffic::sum(&[[picture, area(network) * RGBA32F]]),
        stereo: Traffic::sum(&[
            // guide; fit; blend, whose pixels at edges do not count; upsample
            [sampled + small * R32F, small * RGBA32F],
            [small * RGBA32F, small * 2 * RGBA32F],
            [small * 3 * RGBA32F, small * (2 * RGBA32F + R32UI)],
            [small * R32UI, surfaces + bounds + runs * R32UI / NEAR_EDGES],
            // matte, trim, settle
            [(picture + runs * R32UI) / NEAR_EDGES + small * 2 * RGBA32F, surfaces / NEAR_EDGES],
            [(surfaces + runs * R32UI) / NEAR_EDGES, surfaces / NEAR_EDGES],
            [(surfaces + runs * R32UI) / NEAR_EDGES, (surfaces + bounds) / NEAR_EDGES],
            // warp, for both eyes
            [picture + surfaces, 2 * picture],
            list,
            list,
            edges,
            edges,
            mixed,
            mixed,
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Chroma, Colour, PixelFormat};

    fn shape(size: [u32; 2], depth: u32) -> Shape {
        let format = PixelFormat { chroma: Chroma::C420, depth, shift: 0, semi_planar: false };
        Shape { size, format, colour: Colour::SRGB, sample_aspect: (1, 1), orientation: Default::default() }
    }

    #[test]
    fn bytes_are_those_counted_by_hand() {
        let traffic = of(&shape([1920, 1080], 8), [320, 192], [160, 96], false);
        let pixels = 1920 * 1080;
        assert_eq!(traffic.upload, Traffic { read: pixels * 3 / 2, written: pixels * 3 / 2 });
        assert_eq!(traffic.colour, Traffic { read: pixels * 3 / 2, written: pixels * 4 });
        assert_eq!(traffic.input, Traffic { read: pixels * 4, written: 320 * 192 * 16 });
        // A pixel: upsample 4, both eyes 4 + 4 + 2 × 4; near edges 8 + 8 + 8; twice 12 on rough runs and 4 + 16 where it is mixed. A run of 8: 4 and
        // twice 4 of bounds; near edges 4 written, 3 × 4 read and 4 of bounds; twice 8 + 8 on rough runs; a run's share of mixed ones 4.
        // A place of the map: 16 samples of 4 and the disparity, 16 out; 16 in, 32 out; 48 in, 36 out; 4 in; 32 in.
        let runs = pixels / 8;
        let expected = pixels * (4 + 16)
            + pixels * 24 / 6
            + 2 * (pixels * 12 / 8 + pixels * 20 / 24)
            + runs * (4 + 8)
            + runs * (4 + 12 + 4) / 6
            + 2 * (runs * 16 / 8 + runs * 4 / 24)
            + 160 * 96 * (64 + 20 + 48 + 84 + 4 + 32);
        assert_eq!(traffic.stereo.bytes(), expected);
    }

    #[test]
    fn deeper_samples_count_twice_and_shared_memory_needs_no_copy() {
        let [eight, ten] = [8, 10].map(|depth| of(&shape([642, 358], depth), [320, 192], [160, 96], true));
        assert_eq!(eight.upload, Traffic::default());
        assert_eq!(ten.colour.read, 2 * eight.colour.read);
        assert_eq!(ten.stereo, eight.stereo);
        // A map as large as the picture: each place looks at one pixel.
        let traffic = of(&shape([64, 32], 8), [64, 32], [64, 32], true);
        let without_a_map =
            |size: [u32; 2]| of(&shape(size, 8), [320, 192], [1, 1], true).stereo.bytes() - (16 * 4 + 188);
        assert_eq!(traffic.stereo.bytes(), without_a_map([64, 32]) + 64 * 32 * (4 + 188));
        // What an eye cannot do without at 3840×2160, and half as much again.
        assert!(without_a_map([3840, 2160]) < 3840 * 2160 * 32);
    }
}
