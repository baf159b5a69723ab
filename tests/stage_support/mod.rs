//! What the tests of the stages share: pictures made up, and pixels brought back from the GPU.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::Arc;

use ash::vk;
use deep3d::frame::{Chroma, Colour as Meaning, Orientation, OwnedPlanes, Picture, PixelFormat, Shape};
use deep3d::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Image, ImageOptions, Recorder};
use deep3d::stage::comfort::Mapping;
use deep3d::stage::stereo::{Stereo, parallax_of, unit_of};

/// A generator of even numbers in 0..1 (SplitMix64), the same on every machine.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// Records `work`, runs it and waits.
pub fn run(gpu: &Gpu, work: impl FnOnce(&mut Recorder<'_>) -> Result<(), GpuError>) {
    let mut commands = Commands::new(gpu, "test", 0).unwrap();
    commands.record(work).unwrap();
    gpu.wait(gpu.submit(&mut commands).unwrap()).unwrap();
}

/// An image of `size` that holds the RGBA `pixels`.
pub fn image(gpu: &Gpu, pixels: &[u8], size: [u32; 2]) -> Arc<Image> {
    let image = empty(gpu, size);
    let upload = Buffer::new(gpu, "pixels", pixels.len() as u64, BufferKind::Upload).unwrap();
    upload.write(0, pixels).unwrap();
    run(gpu, |recorder| recorder.copy_buffer_to_image(&upload, &image, 4));
    image
}

/// An RGBA image.
pub fn empty(gpu: &Gpu, size: [u32; 2]) -> Arc<Image> {
    Image::new(gpu, "image", ImageOptions { size, format: vk::Format::R8G8B8A8_UNORM, mips: 1 }).unwrap()
}

/// The RGBA pixels of `image`.
pub fn pixels(gpu: &Gpu, image: &Arc<Image>) -> Vec<u8> {
    let [width, height] = image.size();
    let back = Buffer::new(gpu, "back", u64::from(width) * u64::from(height) * 4, BufferKind::Readback).unwrap();
    run(gpu, |recorder| recorder.copy_image_to_buffer(image, &back, 4));
    back.read(<[u8]>::to_vec).unwrap()
}

/// A device buffer that holds `values`.
pub fn floats(gpu: &Gpu, values: &[f32]) -> Arc<Buffer> {
    Buffer::with_content(gpu, "floats", bytemuck::cast_slice(values)).unwrap()
}

/// The bytes of `buffer`.
pub fn bytes(gpu: &Gpu, buffer: &Arc<Buffer>) -> Vec<u8> {
    let back = Buffer::new(gpu, "back", buffer.bytes(), BufferKind::Readback).unwrap();
    run(gpu, |recorder| recorder.copy_buffer(buffer, 0, &back, 0, buffer.bytes()));
    back.read(<[u8]>::to_vec).unwrap()
}

/// The floats of `buffer`.
pub fn read_floats(gpu: &Gpu, buffer: &Arc<Buffer>) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(&bytes(gpu, buffer))
}

/// The parallax that `stereo` made under `mapping`, in pixels.
pub fn parallax(gpu: &Gpu, stereo: &Stereo, mapping: &Mapping) -> Vec<f32> {
    let words: Vec<u32> = bytemuck::pod_collect_to_vec(&bytes(gpu, stereo.parallax()));
    let unit = unit_of(mapping, stereo.size()[0]);
    words.into_iter().map(|word| parallax_of(word, unit)).collect()
}

/// A picture of `format` whose samples are any that the format can hold, with gaps between its rows.
pub fn random_picture(size: [u32; 2], format: PixelFormat, colour: Meaning, orientation: Orientation) -> Picture {
    let mut numbers = Numbers(u64::from(size[0]) << 32 | u64::from(size[1]));
    let planes = (0..format.planes())
        .map(|plane| {
            let [width, rows] = format.plane_size(plane, size).map(|side| side as usize);
            let stride = width * format.sample_bytes() + [0, 3, 8][plane] * format.sample_bytes();
            let mut bytes = vec![0xAA; stride * rows];
            for row in bytes.chunks_mut(stride) {
                for sample in row.chunks_mut(format.sample_bytes()).take(width) {
                    let code = (numbers.bits() as u32 & ((1 << format.depth) - 1)) << format.shift;
                    sample.copy_from_slice(&code.to_le_bytes()[..format.sample_bytes()]);
                }
            }
            bytes.truncate(stride * (rows - 1) + width * format.sample_bytes());
            (bytes, stride)
        })
        .collect();
    Picture {
        shape: Shape { size, format, colour, sample_aspect: (1, 1), orientation },
        planes: Box::new(OwnedPlanes(planes)),
    }
}

/// Eight bits, three planes.
pub const fn planar(chroma: Chroma) -> PixelFormat {
    PixelFormat { chroma, depth: 8, shift: 0, semi_planar: false }
}

/// RGBA pixels, soft enough to be filtered and coloured enough to show a swapped channel.
pub fn soft_pixels([width, height]: [u32; 2], seed: u64) -> Vec<u8> {
    let mut numbers = Numbers(seed);
    let phases: Vec<f32> = (0..12).map(|_| numbers.unit() * 6.3).collect();
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let p = &phases[channel * 4..];
                let (x, y) = (x as f32, y as f32);
                let wave = (x * 0.21 + y * 0.07 + p[0]).sin()
                    + (y * 0.17 - x * 0.05 + p[1]).sin()
                    + (x * 0.9 + p[2]).sin() * 0.4;
                pixels.push(((wave / 4.8 + 0.5) * 220.0 + numbers.unit() * 30.0) as u8);
            }
            pixels.push(255);
        }
    }
    pixels
}

/// A folder for this test's files.
pub fn folder(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Peak signal-to-noise ratio over R, G and B of two RGBA pictures, in dB.
pub fn psnr(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let colours = |pixels: &[u8]| -> Vec<f64> {
        pixels.chunks(4).flat_map(|pixel| pixel[..3].iter().map(|v| f64::from(*v))).collect()
    };
    let (one, other) = (colours(one), colours(other));
    let error: f64 = one.iter().zip(&other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / one.len() as f64;
    10.0 * (255.0 * 255.0 / error.max(1e-9)).log10()
}

/// The greatest difference of two byte strings.
pub fn farthest(one: &[u8], other: &[u8]) -> u8 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}
