//! The right view from the left picture and a disparity, with the one scale and shift that bring it nearest to the real one. One thread.

use std::sync::Arc;

use super::EvalError;
use super::measures::{luma, psnr, scale_and_shift};
use super::view::{Map, Reader, Samples};
use crate::gpu::{Buffer, Commands, Gpu, Image};
use crate::stage::comfort::{Mapping, Percentiles};
use crate::stage::stereo::{Source, SourceEye, Stereo, View};

/// A fit begins with steps this long, in % of the width, and ends below [`LAST_STEP`].
const FIRST_STEP: f32 = 1.0;
const LAST_STEP: f32 = 0.06;
/// No depth lies beyond this parallax, in % of the width.
const FARTHEST: f32 = 30.0;
/// Global shifts tried, in % of the width.
const SHIFTS: [f32; 2] = [-20.0, 8.0];
/// The fit looks no farther beyond the 2nd and 98th percentile than this part of what lies between them.
const OUTLIERS: f32 = 0.5;

/// Where a fit put the disparity's 2nd and 98th percentile, as parallax in % of the width (negative is in front).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Of the nearest.
    pub near: f32,
    /// Of the farthest.
    pub far: f32,
}

/// Makes right views of one left picture.
pub struct RightViews {
    gpu: Gpu,
    reader: Reader,
    commands: Commands,
    stereo: Stereo,
    /// Least and greatest of each source's disparity, in units of its percentiles' distance.
    ranges: Vec<[f32; 2]>,
}

impl RightViews {
    /// For the picture `left` and several disparities (larger is nearer), which are brought to `size`.
    pub fn new(gpu: &Gpu, left: &Arc<Image>, nearness: &[&Map], size: [u32; 2]) -> Result<Self, EvalError> {
        let mut sources = Vec::new();
        let mut ranges = Vec::new();
        for map in nearness {
            let raw = map.resized(size).map(|nearness| -nearness);
            let percentiles = Percentiles::of(&raw.values).unwrap_or(Percentiles { near: 0.0, far: 1.0 });
            let span = percentiles.far - percentiles.near;
            let unit = |value: f32| {
                if span > 0.0 { ((value - percentiles.near) / span).clamp(-OUTLIERS, 1.0 + OUTLIERS) } else { 0.5 }
            };
            let raw = raw.map(unit);
            let least = raw.values.iter().copied().fold(f32::INFINITY, f32::min);
            let most = raw.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            ranges.push([least, most]);
            let disparity = Buffer::with_content(gpu, "disparity to score", bytemuck::cast_slice(&raw.values))?;
            sources.push(Source { picture: Arc::clone(left), disparity });
        }
        let stereo = Stereo::new(gpu, &sources, size)?;
        let commands = Commands::new(gpu, "right view", 0)?;
        Ok(Self { gpu: gpu.clone(), reader: Reader::new(gpu)?, commands, stereo, ranges })
    }

    /// The right eye's picture by disparity number `source`.
    pub fn render(&mut self, source: usize, fit: Fit) -> Result<Samples, EvalError> {
        // A gain of nothing would mean 2D.
        let gain = (fit.far - fit.near).max(1e-4);
        let [least, most] = self.ranges.get(source).copied().unwrap_or([0.0, 1.0]);
        let mapping = Mapping {
            gain,
            offset: fit.near,
            min: fit.near + gain * least,
            max: fit.near + gain * most,
            front_fade: 0.0,
            behind_fade: 0.0,
            near: fit.near,
            far: fit.far,
            span: 1.0,
            ..Mapping::FLAT
        };
        let view = View { mapping, source_eye: SourceEye::Left };
        self.commands.record(|recorder| self.stereo.record(recorder, source, &view))?;
        self.gpu.wait(self.gpu.submit(&mut self.commands)?)?;
        Ok(self.reader.picture(self.stereo.right())?)
    }

    /// The fit whose right view has the highest PSNR against `right`, found by walking from each of `starts`, and that view. Only walking tells: the
    /// better start may lead to the lower hill.
    pub fn fit(&mut self, source: usize, right: &Samples, starts: &[Fit]) -> Result<(Fit, Samples), EvalError> {
        let mut best: Option<(f64, Fit, Samples)> = None;
        for start in starts {
            let found = self.walk(source, right, *start)?;
            if best.as_ref().is_none_or(|best| found.0 > best.0) {
                best = Some(found);
            }
        }
        best.map(|(_, fit, view)| (fit, view)).ok_or(EvalError::NoStart)
    }

    fn walk(&mut self, source: usize, right: &Samples, start: Fit) -> Result<(f64, Fit, Samples), EvalError> {
        let mut try_fit = |fit: Fit| -> Result<(f64, Fit, Samples), EvalError> {
            let view = self.render(source, fit)?;
            Ok((psnr(&view.values, &right.values), fit, view))
        };
        let bounded = |fit: Fit| {
            let near = fit.near.clamp(-FARTHEST, FARTHEST);
            // A disparity that helps only upside down does not help.
            Fit { near, far: fit.far.clamp(near, FARTHEST) }
        };
        let mut best = try_fit(bounded(start))?;
        let mut step = FIRST_STEP;
        while step >= LAST_STEP {
            let Fit { near, far } = best.1;
            let mut moved = false;
            for [by_near, by_far] in [[1.0, 1.0], [-1.0, -1.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]] {
                let fit = bounded(Fit { near: near + by_near * step, far: far + by_far * step });
                if fit == best.1 {
                    continue;
                }
                let found = try_fit(fit)?;
                if found.0 > best.0 {
                    best = found;
                    moved = true;
                    break;
                }
            }
            if !moved {
                step /= 2.0;
            }
        }
        Ok(best)
    }
}

/// The fit that a disparity known for some pixels asks for: least squares, in % of a picture `width` pixels wide. `predicted` and `measured` are
/// of the same pixels; `percentiles` are those of the whole prediction (2nd, 98th; larger is nearer).
pub fn start(predicted: &[f32], measured: &[f32], [far, near]: [f32; 2], width: u32) -> Fit {
    let (scale, shift) = scale_and_shift(predicted, measured);
    let percent = |nearness: f32| -((scale.max(0.0) * f64::from(nearness) + shift) * 100.0 / f64::from(width)) as f32;
    Fit { near: percent(near), far: percent(far) }
}

/// `left` as a whole moved by `shift` pixels to the right, its edges repeated.
pub fn shifted(left: &Samples, shift: f32) -> Samples {
    let width = left.size[0] as usize;
    let row = |row: &[u8]| -> Vec<u8> {
        let last = width as f32 - 1.0;
        let sample = |x: usize, channel: usize| {
            let from = (x as f32 - shift).clamp(0.0, last);
            let (low, part) = (from as usize, from.fract());
            let at = |x: usize| f32::from(row[x.min(width - 1) * 3 + channel]);
            (at(low) + (at(low + 1) - at(low)) * part).round() as u8
        };
        (0..width * 3).map(|at| sample(at / 3, at % 3)).collect()
    };
    Samples { size: left.size, values: left.values.chunks_exact(width * 3).flat_map(row).collect() }
}

/// The global shift with the highest PSNR, in pixels, to a quarter of one.
pub fn best_shift(left: &Samples, right: &Samples) -> f32 {
    let [width, height] = left.size.map(|side| side as usize);
    let (a, b) = (luma(&left.values), luma(&right.values));
    let error = |shift: i32, every: usize| {
        let mut sum = 0.0_f64;
        for y in (0..height).step_by(every) {
            let (a, b) = (&a[y * width..][..width], &b[y * width..][..width]);
            for (x, b) in b.iter().enumerate() {
                let from = (x as i32 - shift).clamp(0, width as i32 - 1) as usize;
                sum += f64::from((a[from] - b).powi(2));
            }
        }
        sum
    };
    let [first, last] = SHIFTS.map(|percent| (percent / 100.0 * width as f32).round() as i32);
    let coarse = (first..=last).min_by(|x, y| error(*x, 4).total_cmp(&error(*y, 4))).unwrap_or(0);
    let quarters = (-4..=4).map(|quarter| coarse as f32 + quarter as f32 / 4.0);
    let score = |shift: &f32| psnr(&shifted(left, *shift).values, &right.values);
    quarters.max_by(|x, y| score(x).total_cmp(&score(y))).unwrap_or(coarse as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_picture_is_moved_back() {
        let size = [200, 40];
        let left = Samples { size, values: (0..200 * 40 * 3).map(|at| ((at / 3 * 7919) % 241) as u8).collect() };
        for shift in [-17.0, 0.0, 6.0] {
            assert_eq!(best_shift(&left, &shifted(&left, shift)), shift);
        }
        assert!((best_shift(&left, &shifted(&left, 3.5)) - 3.5).abs() < 0.26);
    }

    #[test]
    fn least_squares_give_a_start() {
        // Disparity 2·n + 10 pixels of 400: nearness 0 … 20 is 10 … 50 px in front, −2.5 … −12.5 %.
        let predicted: Vec<f32> = (0..=20).map(|n| n as f32).collect();
        let measured: Vec<f32> = predicted.iter().map(|n| 2.0 * n + 10.0).collect();
        let fit = start(&predicted, &measured, [0.0, 20.0], 400);
        assert!((fit.near + 12.5).abs() < 1e-4 && (fit.far + 2.5).abs() < 1e-4, "{fit:?}");
        // Upside down is no better than nothing.
        let fit = start(&predicted.iter().map(|n| -n).collect::<Vec<_>>(), &measured, [-20.0, 0.0], 400);
        assert_eq!(fit.near, fit.far);
    }
}
