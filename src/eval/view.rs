//! A scene read back from the GPU: what the measures look at. One thread.

use std::sync::Arc;

use image::imageops::FilterType;
use image::{ImageBuffer, Rgb, imageops};

use crate::film::Scene;
use crate::gpu::{Buffer, BufferKind, Commands, Gpu, GpuError, Image};
use crate::stage::bars::Crop;

/// Numbers in rows: a disparity, a mask, a luma.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// Width and height.
    pub size: [u32; 2],
    /// Row by row.
    pub values: Vec<f32>,
}

impl Map {
    /// The same at another size: linear between samples, averaged with a triangle where it gets smaller.
    ///
    /// The `image` crate's resize does not serve: it cuts numbers off at 0 and 1.
    pub fn resized(&self, size: [u32; 2]) -> Self {
        if self.size == size {
            return self.clone();
        }
        let [width, height] = self.size.map(|side| side as usize);
        let (columns, rows) = (weights(self.size[0], size[0]), weights(self.size[1], size[1]));
        let mut narrow = Vec::with_capacity(size[0] as usize * height);
        for row in self.values.chunks_exact(width.max(1)) {
            narrow.extend(columns.iter().map(|(first, weights)| {
                row[*first..].iter().zip(weights).map(|(value, weight)| value * weight).sum::<f32>()
            }));
        }
        let across = size[0] as usize;
        let mut values = Vec::with_capacity(across * size[1] as usize);
        for (first, weights) in &rows {
            let part = |(at, weight): (usize, &f32)| (&narrow[(first + at) * across..][..across], *weight);
            let parts: Vec<_> = weights.iter().enumerate().map(part).collect();
            values.extend((0..across).map(|x| parts.iter().map(|(row, weight)| row[x] * weight).sum::<f32>()));
        }
        Self { size, values }
    }

    /// Each value changed.
    pub fn map(mut self, change: impl Fn(f32) -> f32) -> Self {
        self.values.iter_mut().for_each(|value| *value = change(*value));
        self
    }
}

/// For each of `to` samples the first of `from` samples that it is made of, and their weights, which sum to 1.
fn weights(from: u32, to: u32) -> Vec<(usize, Vec<f32>)> {
    let step = f64::from(from) / f64::from(to.max(1));
    let reach = step.max(1.0);
    let of = |at: u32| {
        let middle = (f64::from(at) + 0.5) * step - 0.5;
        let first = ((middle - reach).floor() + 1.0).max(0.0) as usize;
        let last = ((middle + reach).ceil() - 1.0).clamp(first as f64, f64::from(from.max(1)) - 1.0) as usize;
        let weights: Vec<f64> = (first..=last).map(|at| (1.0 - (at as f64 - middle).abs() / reach).max(0.0)).collect();
        let sum: f64 = weights.iter().sum();
        (first, weights.into_iter().map(|weight| (weight / sum) as f32).collect())
    };
    (0..to).map(of).collect()
}

/// A picture: R'G'B', three samples a pixel, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    /// Width and height.
    pub size: [u32; 2],
    /// 3 × width × height.
    pub values: Vec<u8>,
}

impl Samples {
    /// What `crop` shows of it, which lies inside.
    pub fn cropped(&self, crop: Crop) -> Self {
        let row = |y: u32| ((y * self.size[0] + crop.at[0]) * 3) as usize;
        let rows = (crop.at[1]..crop.at[1] + crop.size[1]).map(row);
        let values = rows.flat_map(|at| &self.values[at..at + crop.size[0] as usize * 3]).copied().collect();
        Self { size: crop.size, values }
    }

    /// The same at another size, averaged where it gets smaller.
    pub fn resized(&self, [width, height]: [u32; 2]) -> Self {
        let values = match ImageBuffer::<Rgb<u8>, _>::from_raw(self.size[0], self.size[1], self.values.as_slice()) {
            Some(picture) => imageops::resize(&picture, width, height, FilterType::Triangle).into_raw(),
            None => vec![0; width as usize * height as usize * 3],
        };
        Self { size: [width, height], values }
    }
}

/// Reads images and buffers back.
pub struct Reader {
    gpu: Gpu,
    commands: Commands,
    buffer: Option<Arc<Buffer>>,
}

impl Reader {
    /// On `gpu`.
    pub fn new(gpu: &Gpu) -> Result<Self, GpuError> {
        Ok(Self { gpu: gpu.clone(), commands: Commands::new(gpu, "read back", 0)?, buffer: None })
    }

    fn buffer(&mut self, bytes: u64) -> Result<Arc<Buffer>, GpuError> {
        let buffer = match self.buffer.take().filter(|buffer| buffer.bytes() >= bytes) {
            Some(buffer) => buffer,
            None => Buffer::new(&self.gpu, "read back", bytes, BufferKind::Readback)?,
        };
        Ok(Arc::clone(self.buffer.insert(buffer)))
    }

    /// The colours of an R8G8B8A8_UNORM image.
    pub fn picture(&mut self, image: &Arc<Image>) -> Result<Samples, GpuError> {
        let size = image.size();
        let pixels = size[0] as usize * size[1] as usize;
        let buffer = self.buffer(pixels as u64 * 4)?;
        self.commands.record(|recorder| recorder.copy_image_to_buffer(image, &buffer, 4))?;
        self.gpu.wait(self.gpu.submit(&mut self.commands)?)?;
        let colours = |bytes: &[u8]| bytes.chunks_exact(4).take(pixels).flat_map(|s| [s[0], s[1], s[2]]).collect();
        Ok(Samples { size, values: buffer.read(colours)? })
    }

    /// How near each place of the scene is (minus the raw disparity), at the network's size.
    pub fn nearness(&mut self, scene: &Scene) -> Result<Map, GpuError> {
        let size = scene.layout.disparity_size;
        let count = size[0] as usize * size[1] as usize;
        let (disparity, buffer) = (Arc::clone(&scene.slot().disparity), self.buffer(count as u64 * 4)?);
        self.commands.record(|recorder| recorder.copy_buffer(&disparity, 0, &buffer, 0, count as u64 * 4))?;
        self.gpu.wait(self.gpu.submit(&mut self.commands)?)?;
        let number = |bytes: &[u8]| -f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Ok(Map { size, values: buffer.read(|bytes| bytes.chunks_exact(4).take(count).map(number).collect())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_outside_0_and_1_survive() {
        let map = Map { size: [2, 1], values: vec![-40.0, 70.0] };
        let larger = map.resized([4, 3]);
        assert_eq!(larger.values[..4], [-40.0, -12.5, 42.5, 70.0]);
        assert_eq!(larger.values[8..], larger.values[..4]);
        assert_eq!(map.resized([1, 1]).values, [15.0]);
    }

    #[test]
    fn a_crop_is_what_it_shows() {
        let samples = Samples { size: [3, 2], values: (0..18).collect() };
        let crop = samples.cropped(Crop { at: [1, 1], size: [2, 1] });
        assert_eq!(crop, Samples { size: [2, 1], values: (12..18).collect() });
    }

    #[test]
    fn a_ramp_stays_a_ramp_at_another_size() {
        let ramp =
            |width: u32| Map { size: [width, 2], values: (0..2 * width).map(|at| (at % width) as f32 + 0.5).collect() };
        let twice = ramp(16).resized([32, 4]);
        assert!(twice.values[2..30].iter().enumerate().all(|(at, v)| (v - (at as f32 + 2.5) / 2.0).abs() < 1e-4));
        let half = ramp(16).resized([8, 1]);
        assert!(half.values[1..7].iter().enumerate().all(|(at, v)| (v - (at as f32 + 1.5) * 2.0).abs() < 1e-4));
    }
}
