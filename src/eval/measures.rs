//! The measures. Pure.
//!
//! Disparities come as two slices over the pixels that count, predicted and measured, larger is nearer. Pictures come as R'G'B'
//! samples, three a pixel, 0–255, of equal size. `docs/eval.md` defines them all in words.

use crate::statistics::{self, Ties, percentile};

/// Pixel pairs that [`order_error`] asks for.
const PAIRS: u32 = 50_000;

/// A pair counts where the measured disparities differ by more than this part of their 2nd-to-98th percentile range.
const LEAST: f64 = 0.08;

/// Spearman's rank correlation, −1 … 1, higher is better. 0 where there is nothing to correlate. Equal values keep their order: so do the measures that
/// these are to be compared with.
pub fn rank_correlation(predicted: &[f32], measured: &[f32]) -> f64 {
    statistics::rank_correlation(predicted, measured, Ties::InOrder)
}

/// SplitMix64: always the same numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * bound as u128) >> 64) as usize
    }
}

/// Share of random pixel pairs in the wrong order, a tie counting half; 0 … 1, lower is better. Pairs whose measured disparities hardly differ
/// do not count.
pub fn order_error(predicted: &[f32], measured: &[f32]) -> f64 {
    let count = measured.len().min(predicted.len());
    if count == 0 {
        return 0.5;
    }
    let mut sorted = measured.to_vec();
    sorted.sort_by(f32::total_cmp);
    let least = LEAST * (percentile(&sorted, 0.98) - percentile(&sorted, 0.02));
    let mut random = Random(0);
    let (mut wrong, mut pairs) = (0.0, 0_u32);
    for _ in 0..PAIRS {
        let (i, j) = (random.below(count), random.below(count));
        let difference = f64::from(measured[i]) - f64::from(measured[j]);
        if difference.abs() <= least {
            continue;
        }
        pairs += 1;
        let predicted = f64::from(predicted[i]) - f64::from(predicted[j]);
        if predicted == 0.0 {
            wrong += 0.5;
        } else if (predicted > 0.0) != (difference > 0.0) {
            wrong += 1.0;
        }
    }
    if pairs == 0 { 0.5 } else { wrong / f64::from(pairs) }
}

/// The scale and shift that bring `predicted` nearest to `measured` in the least-squares sense.
pub fn scale_and_shift(predicted: &[f32], measured: &[f32]) -> (f64, f64) {
    let count = measured.len().max(1) as f64;
    let mean = |values: &[f32]| values.iter().copied().map(f64::from).sum::<f64>() / count;
    let (mean_p, mean_m) = (mean(predicted), mean(measured));
    let (mut pm, mut pp) = (0.0, 0.0);
    for (p, m) in predicted.iter().zip(measured) {
        let p = f64::from(*p) - mean_p;
        pm += p * (f64::from(*m) - mean_m);
        pp += p * p;
    }
    let scale = if pp > 0.0 { pm / pp } else { 0.0 };
    (scale, mean_m - scale * mean_p)
}

/// AbsRel: mean |a·predicted + b − measured| ÷ measured after [`scale_and_shift`]. Lower is better.
pub fn relative_error(predicted: &[f32], measured: &[f32]) -> f64 {
    let (a, b) = scale_and_shift(predicted, measured);
    let error = |(p, m): (&f32, &f32)| {
        let measured = f64::from(*m);
        (a * f64::from(*p) + b - measured).abs() / measured.max(1e-6)
    };
    predicted.iter().zip(measured).map(error).sum::<f64>() / measured.len().max(1) as f64
}

/// Mean absolute error of the samples, 0 … 255, as the paper counts (Xie et al. 2016, §5.1).
pub fn mean_absolute_error(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len().max(1) as f64
}

/// Peak signal-to-noise ratio of the samples in dB; at most 100, which stands for equal.
pub fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    let mean = sum as f64 / a.len().max(1) as f64;
    if mean > 0.0 { (10.0 * (255.0 * 255.0 / mean).log10()).min(100.0) } else { 100.0 }
}

/// Rec. 709 luma of R'G'B' samples, 0 … 255.
pub(super) fn luma(samples: &[u8]) -> Vec<f32> {
    let luma = |s: &[u8]| 0.2126 * f32::from(s[0]) + 0.7152 * f32::from(s[1]) + 0.0722 * f32::from(s[2]);
    samples.chunks_exact(3).map(luma).collect()
}

/// Structural similarity of the lumas (Wang et al. 2004): Gaussian window of σ = 1.5 px over 11×11, K₁ = 0.01, K₂ = 0.03, mean over the
/// places where the window fits. −1 … 1, 1 is equal.
pub fn ssim(a: &[u8], b: &[u8], [width, height]: [u32; 2]) -> f64 {
    const RADIUS: usize = 5;
    let [width, height] = [width as usize, height as usize];
    if width <= 2 * RADIUS || height <= 2 * RADIUS {
        return f64::NAN;
    }
    let mut window = [0.0_f32; 2 * RADIUS + 1];
    for (at, weight) in window.iter_mut().enumerate() {
        *weight = (-(at as f32 - RADIUS as f32).powi(2) / (2.0 * 1.5 * 1.5)).exp();
    }
    let sum: f32 = window.iter().sum();
    window.iter_mut().for_each(|weight| *weight /= sum);
    let smooth = |values: &[f32]| -> Vec<f32> {
        let inner = width - 2 * RADIUS;
        let along = |row: &[f32]| -> Vec<f32> {
            row.windows(window.len()).map(|part| part.iter().zip(&window).map(|(v, w)| v * w).sum()).collect()
        };
        let rows: Vec<Vec<f32>> = values.chunks_exact(width).map(along).collect();
        let down = |y: usize| {
            let rows = &rows;
            let window = &window;
            (0..inner).map(move |x| (0..window.len()).map(|at| rows[y + at][x] * window[at]).sum::<f32>())
        };
        (0..height - 2 * RADIUS).flat_map(down).collect()
    };
    let (a, b) = (luma(a), luma(b));
    let product = |a: &[f32], b: &[f32]| -> Vec<f32> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
    let (mean_a, mean_b) = (smooth(&a), smooth(&b));
    let (aa, bb, ab) = (smooth(&product(&a, &a)), smooth(&product(&b, &b)), smooth(&product(&a, &b)));
    let (c1, c2) = ((0.01_f64 * 255.0).powi(2), (0.03_f64 * 255.0).powi(2));
    let mut total = 0.0;
    for at in 0..mean_a.len() {
        let [ma, mb, aa, bb, ab] = [mean_a[at], mean_b[at], aa[at], bb[at], ab[at]].map(f64::from);
        let (variance_a, variance_b, covariance) = (aa - ma * ma, bb - mb * mb, ab - ma * mb);
        total += (2.0 * ma * mb + c1) * (2.0 * covariance + c2)
            / ((ma * ma + mb * mb + c1) * (variance_a + variance_b + c2));
    }
    total / mean_a.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(count: usize) -> Vec<f32> {
        (0..count).map(|value| value as f32 + 1.0).collect()
    }

    #[test]
    fn order_error_counts_wrong_pairs_and_half_of_ties() {
        let measured = ramp(1000);
        let down: Vec<f32> = measured.iter().map(|value| -value).collect();
        assert_eq!(order_error(&measured, &measured), 0.0);
        assert_eq!(order_error(&down, &measured), 1.0);
        assert_eq!(order_error(&[7.0; 1000], &measured), 0.5);
        // Two halves in the right order, in the wrong one within: of the pairs further apart than t, those of one half are wrong.
        let halves: Vec<f32> = (0..1000).map(|v| if v < 500 { -v as f32 } else { 5000.0 - v as f32 }).collect();
        let t: f64 = 0.08 * 0.96;
        let expected = 0.5 * (1.0 - 2.0 * t).powi(2) / (1.0 - t).powi(2);
        assert!((order_error(&halves, &measured) - expected).abs() < 0.02, "{}", order_error(&halves, &measured));
    }

    #[test]
    fn relative_error_is_free_in_scale_and_shift() {
        let measured = ramp(500);
        let moved: Vec<f32> = measured.iter().map(|value| 0.25 * value - 80.0).collect();
        assert!(relative_error(&moved, &measured) < 1e-4);
        let (a, b) = scale_and_shift(&moved, &measured);
        assert!((a - 4.0).abs() < 1e-4 && (b - 320.0).abs() < 1e-2);
        // A constant fits the mean, 2: |2 − 1| / 1 and |2 − 3| / 3.
        assert!((relative_error(&[5.0, 5.0], &[1.0, 3.0]) - (1.0 + 1.0 / 3.0) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn pictures_are_compared_sample_by_sample() {
        let (a, b) = ([10, 20, 30, 40, 50, 60], [10, 22, 30, 36, 50, 60]);
        assert!((mean_absolute_error(&a, &b) - 1.0).abs() < 1e-12);
        assert!((psnr(&a, &b) - 10.0 * (65025.0_f64 / (20.0 / 6.0)).log10()).abs() < 1e-9);
        assert_eq!(psnr(&a, &a), 100.0);
    }

    #[test]
    fn structure_counts_for_similarity() {
        let size = [64, 48];
        let picture: Vec<u8> = (0..64 * 48).flat_map(|at| [((at * 37) % 251) as u8; 3]).collect();
        let brighter: Vec<u8> = picture.iter().map(|value| value.saturating_add(10)).collect();
        let flat = vec![125; picture.len()];
        assert!((ssim(&picture, &picture, size) - 1.0).abs() < 1e-6);
        let (light, none) = (ssim(&picture, &brighter, size), ssim(&picture, &flat, size));
        assert!(light > 0.95 && light < 1.0 && none < 0.1, "{light} {none}");
    }
}
