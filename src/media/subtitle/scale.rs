//! Pictures of few colours at the size at which they are shown.

use crate::overlay::Bitmap;

use super::cue::Picture;

/// `picture` on a canvas that is shown at `area`: bilinear where it grows, the mean where it shrinks.
pub(super) fn scaled(picture: &Picture, canvas: [u32; 2], area: [u32; 2]) -> Option<Bitmap> {
    let factor = [0, 1].map(|axis| f64::from(area[axis]) / f64::from(canvas[axis].max(1)));
    let edge = |axis: usize, at: f64| (at * factor[axis]).round().clamp(-32_768.0, 32_768.0) as i32;
    let from = [0, 1].map(|axis| edge(axis, f64::from(picture.at[axis])));
    let to = [0, 1].map(|axis| edge(axis, f64::from(picture.at[axis]) + f64::from(picture.size[axis])));
    let size = [0, 1].map(|axis| u32::try_from(to[axis] - from[axis]).unwrap_or(0));
    // What would be larger than what is shown is no subtitle.
    if size.contains(&0) || [0, 1].iter().any(|axis| size[*axis] > area[*axis].saturating_mul(2)) {
        return None;
    }
    let texel = |x: usize, y: usize| {
        let number = picture.pixels.get(y * picture.size[0] as usize + x).copied().unwrap_or(0);
        picture.colours.get(usize::from(number)).copied().unwrap_or([0; 4])
    };
    if size == picture.size {
        let all = (0..size[1] as usize).flat_map(|y| (0..size[0] as usize).flat_map(move |x| texel(x, y)));
        return Some(Bitmap { at: from, size, texels: all.collect() });
    }
    let weights = [0, 1].map(|axis| weights(picture.size[axis], size[axis]));
    let mut rows = vec![0f32; size[0] as usize * picture.size[1] as usize * 4];
    for y in 0..picture.size[1] as usize {
        for (x, taps) in weights[0].iter().enumerate() {
            let sum = &mut rows[(y * size[0] as usize + x) * 4..][..4];
            for (at, weight) in taps {
                sum.iter_mut().zip(texel(*at, y)).for_each(|(sum, value)| *sum += weight * f32::from(value));
            }
        }
    }
    let mut texels = Vec::with_capacity(size[0] as usize * size[1] as usize * 4);
    for taps in &weights[1] {
        for x in 0..size[0] as usize * 4 {
            let sum: f32 = taps.iter().map(|(at, weight)| weight * rows[at * size[0] as usize * 4 + x]).sum();
            texels.push(sum.round().clamp(0.0, 255.0) as u8);
        }
    }
    Some(Bitmap { at: from, size, texels })
}

/// For each pixel of `to` the pixels of `from` that it is made of, with their shares: a triangle as wide as needed.
fn weights(from: u32, to: u32) -> Vec<Vec<(usize, f32)>> {
    let step = f64::from(from) / f64::from(to.max(1));
    let reach = step.max(1.0);
    let taps = |place: u32| {
        let centre = (f64::from(place) + 0.5) * step - 0.5;
        let first = (centre - reach).floor().max(0.0) as u32;
        let last = ((centre + reach).ceil() as u32).min(from.saturating_sub(1));
        let weight = |at: u32| (1.0 - (f64::from(at) - centre).abs() / reach).max(0.0);
        let total: f64 = (first..=last).map(weight).sum::<f64>().max(1e-9);
        (first..=last)
            .map(|at| (at as usize, (weight(at) / total) as f32))
            .filter(|(_, weight)| *weight > 0.0)
            .collect()
    };
    (0..to).map(taps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(size: [u32; 2]) -> Picture {
        let pixels = (0..size[0] * size[1]).map(|at| (at % 2) as u8).collect();
        let colours = vec![[0, 0, 0, 0], [200, 100, 50, 200]];
        Picture { at: [10, 20], size, canvas: None, pixels, colours, forced: false }
    }

    #[test]
    fn pictures_have_the_size_at_which_they_are_shown() {
        let own = scaled(&picture([4, 3]), [100, 100], [100, 100]).unwrap();
        assert_eq!((own.at, own.size, &own.texels[4..8]), ([10, 20], [4, 3], &[200, 100, 50, 200][..]));
        let half = scaled(&picture([8, 6]), [100, 100], [50, 50]).unwrap();
        assert_eq!((half.at, half.size), ([5, 10], [4, 3]));
        assert!(half.texels[20..24].iter().zip([100u8, 50, 25, 100]).all(|(a, b)| a.abs_diff(b) <= 1), "{half:?}");
        let twice = scaled(&picture([4, 3]), [100, 100], [200, 200]).unwrap();
        assert_eq!((twice.at, twice.size), ([20, 40], [8, 6]));
        assert!(scaled(&picture([4, 3]), [1, 1], [100, 100]).is_none(), "larger than what is shown");
        assert!(scaled(&Picture { pixels: Vec::new(), ..picture([4, 3]) }, [100, 100], [150, 150]).is_some());
    }
}
