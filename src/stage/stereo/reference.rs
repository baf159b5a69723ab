//! The stereo kernels in plain Rust: `shaders/{guide,refine,upsample,median,widen,warp}.comp`.

use super::plates::PlatePush;
use super::{Numbers, View, soft_edge};
use crate::stage::bars::Crop;

/// A scene in main memory.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// RGBA, 8 bits each, tight rows.
    pub picture: &'a [u8],
    /// Width and height of the picture.
    pub size: [u32; 2],
    /// Raw disparity, row by row, more is farther.
    pub disparity: &'a [f32],
    /// Width and height of the disparity.
    pub small: [u32; 2],
    /// What of the picture the disparity is of.
    pub crop: Crop,
}

impl Scene<'_> {
    fn colour(&self, x: i32, y: i32) -> [f32; 3] {
        let at = (y as usize * self.size[0] as usize + x as usize) * 4;
        [0, 1, 2].map(|channel| f32::from(self.picture[at + channel]) / 255.0)
    }
}

/// Left and right eye, RGBA, and the parallax of each source pixel in pixels.
pub fn stereo(scene: &Scene<'_>, view: &View) -> ([Vec<u8>; 2], Vec<f32>) {
    let numbers = Numbers::new(&view.mapping, scene.size[0], scene.crop.size[0]);
    let (guide, trust) = guide(scene, &numbers);
    let refined = refine(&guide, &trust, scene.small);
    let parallax = upsample(scene, &refined, &numbers);
    let mut parallax = median(&median(&parallax, scene.size, [1, 0]), scene.size, [0, 1]);
    for plate in PlatePush::all(&view.mapping, scene.size, scene.crop) {
        plate.lay(&mut parallax);
    }
    let flat = view.mapping.is_flat();
    let widened = widen(&parallax, scene.size);
    let eye = |share: f32| warp(scene, &widened, &numbers, if flat { 0.0 } else { share });
    (view.source_eye.shares().map(eye), parallax)
}

/// Colour and disparity in parts of the span.
type Texel = ([f32; 3], f32);

fn places([width, height]: [u32; 2]) -> impl Iterator<Item = [i32; 2]> {
    (0..height as i32).flat_map(move |y| (0..width as i32).map(move |x| [x, y]))
}

fn index([x, y]: [i32; 2], [width, height]: [u32; 2]) -> usize {
    y.clamp(0, height as i32 - 1) as usize * width as usize + x.clamp(0, width as i32 - 1) as usize
}

fn guide(scene: &Scene<'_>, numbers: &Numbers) -> (Vec<Texel>, Vec<f32>) {
    let step = [0, 1].map(|axis| scene.crop.size[axis] as f32 / scene.small[axis] as f32);
    let taps = step.map(|step| (step.ceil() as i32).clamp(1, 4));
    let at = |place| {
        let d = scene.disparity[index(place, scene.small)] * numbers.scale;
        if d.abs() < 1e6 { d } else { 0.0 }
    };
    places(scene.small)
        .map(|[x, y]| {
            let mut sum = [0.0; 3];
            for row in 0..taps[1] {
                for column in 0..taps[0] {
                    let place = |here: i32, tap: i32, axis: usize| {
                        let place = (here as f32 + (tap as f32 + 0.5) / taps[axis] as f32) * step[axis];
                        scene.crop.at[axis] as i32 + (place as i32).min(scene.crop.size[axis] as i32 - 1)
                    };
                    let colour = scene.colour(place(x, column, 0), place(y, row, 1));
                    sum.iter_mut().zip(colour).for_each(|(sum, v)| *sum += v);
                }
            }
            let around = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| at([x + dx, y + dy])));
            let (low, high) = around.fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), d| (l.min(d), h.max(d)));
            let change = (high - low) / 0.08;
            ((sum.map(|v| v / (taps[0] * taps[1]) as f32), at([x, y])), 1.0 / (1.0 + change * change))
        })
        .unzip()
}

fn alike(one: [f32; 3], other: [f32; 3]) -> f32 {
    let apart: f32 = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
    let share = 0.003 / (0.003 + apart);
    share * share + 1e-6
}

/// `shaders/cluster.glsl` over (weight, disparity).
fn choose(taps: &[(f32, f32)], plain: f32) -> f32 {
    let (weights, sum) = taps.iter().fold((0.0, 0.0), |(w, s), (weight, d)| (w + weight, s + weight * d));
    let middle = sum / weights;
    let mut groups = [[0.0f32; 3]; 2];
    for (weight, d) in taps {
        let group = &mut groups[usize::from(*d >= middle)];
        group[0] += weight;
        group[1] += weight * d;
        group[2] += weight * d * d;
    }
    let [near, far] = groups;
    if near[0] <= 0.0 || far[0] <= 0.0 {
        return (near[1] + far[1]) / (near[0] + far[0]);
    }
    let means = groups.map(|group| group[1] / group[0]);
    let spread = (near[2] - near[1] * means[0]).max(0.0) + (far[2] - far[1] * means[1]).max(0.0);
    let within = spread / (near[0] + far[0]) + 1e-4;
    let apart = means[1] - means[0];
    let t = ((apart * apart / within - 10.0) / 10.0).clamp(0.0, 1.0);
    let edge = t * t * (3.0 - 2.0 * t);
    plain + (means[usize::from(near[0] < far[0])] - plain) * edge
}

fn refine(guide: &[Texel], trust: &[f32], small: [u32; 2]) -> Vec<Texel> {
    const REACH: i32 = 3;
    places(small)
        .map(|[x, y]| {
            let (colour, own) = guide[index([x, y], small)];
            let mut taps = Vec::with_capacity(49);
            for dy in -REACH..=REACH {
                for dx in -REACH..=REACH {
                    let at = index([x + dx, y + dy], small);
                    let near = (-((dx * dx + dy * dy) as f32) / 6.0).exp2();
                    taps.push((near * alike(colour, guide[at].0) * trust[at], guide[at].1));
                }
            }
            (colour, choose(&taps, own))
        })
        .collect()
}

fn spline(f: f32) -> [f32; 4] {
    let (g, f2, f3) = (1.0 - f, f * f, f * f * f);
    [g * g * g, 3.0 * f3 - 6.0 * f2 + 4.0, -3.0 * f3 + 3.0 * f2 + 3.0 * f + 1.0, f3].map(|v| v / 6.0)
}

fn upsample(scene: &Scene<'_>, refined: &[Texel], numbers: &Numbers) -> Vec<f32> {
    places(scene.size)
        .map(|here| {
            let colour = scene.colour(here[0], here[1]);
            let Crop { at, size: seen } = scene.crop;
            let inside = [0, 1].map(|axis| here[axis] - at[axis] as i32);
            if (0..2).any(|axis| !(0..seen[axis] as i32).contains(&inside[axis])) {
                return 0.0;
            }
            let place =
                [0, 1].map(|axis| (inside[axis] as f32 + 0.5) * scene.small[axis] as f32 / seen[axis] as f32 - 0.5);
            let base = place.map(f32::floor);
            let [across, down] = [0, 1].map(|axis| spline(place[axis] - base[axis]));
            let mut taps = Vec::with_capacity(16);
            let mut plain = 0.0;
            for (row, down) in (-1..).zip(down) {
                for (column, across) in (-1..).zip(across) {
                    let (other, d) = refined[index([base[0] as i32 + column, base[1] as i32 + row], scene.small)];
                    plain += across * down * d;
                    taps.push((across * down * alike(colour, other), d));
                }
            }
            let p = (numbers.gain * choose(&taps, plain) + numbers.offset).clamp(numbers.low, numbers.high);
            let side = inside[0].min(seen[0] as i32 - 1 - inside[0]) as f32;
            let t = (side / if p < 0.0 { numbers.front_fade } else { numbers.behind_fade }).clamp(0.0, 1.0);
            p * t * t * (3.0 - 2.0 * t)
        })
        .collect()
}

/// Along `axis`; what lies outside repeats the edge.
fn median(parallax: &[f32], size: [u32; 2], axis: [i32; 2]) -> Vec<f32> {
    let one = |[x, y]: [i32; 2]| {
        let mut five = [-2, -1, 0, 1, 2].map(|i| parallax[index([x + i * axis[0], y + i * axis[1]], size)]);
        five.sort_by(f32::total_cmp);
        five[2]
    };
    places(size).map(one).collect()
}

fn widen(parallax: &[f32], size: [u32; 2]) -> Vec<f32> {
    const EDGE: f32 = 1.0;
    let reach = soft_edge(size[0]) as i32;
    let one = |[x, y]: [i32; 2]| {
        let p = parallax[index([x, y], size)];
        let around = (-reach..=reach).map(|dx| parallax[index([x + dx, y], size)]);
        let nearest = around.fold(p, f32::min);
        if p - nearest > EDGE { nearest } else { p }
    };
    places(size).map(one).collect()
}

fn warp(scene: &Scene<'_>, parallax: &[f32], numbers: &Numbers, share: f32) -> Vec<u8> {
    if share == 0.0 {
        return scene.picture.to_vec();
    }
    let [first, last] = numbers.reach(share);
    let mut eye = Vec::with_capacity(scene.size[0] as usize * scene.size[1] as usize * 4);
    for here in places(scene.size) {
        let from = origin(here, |x| parallax[index([x, here[1]], scene.size)], [first, last], share);
        let from = from.clamp(0.0, scene.size[0] as f32 - 1.0);
        let left = from as i32;
        let one = scene.colour(left, here[1]);
        let other = scene.colour((left + 1).min(scene.size[0] as i32 - 1), here[1]);
        let part = from - left as f32;
        eye.extend([0, 1, 2].map(|c| ((one[c] + (other[c] - one[c]) * part) * 255.0).round_ties_even() as u8));
        eye.push(255);
    }
    eye
}

/// Where in its source row the pixel `here` of an eye comes from.
fn origin(here: [i32; 2], parallax_at: impl Fn(i32) -> f32, [first, last]: [i32; 2], share: f32) -> f32 {
    const SQUEEZED: f32 = 0.25;
    const STRETCHED: f32 = 3.0;
    let mut p = parallax_at(here[0] + first);
    let mut t = first as f32 + share * p;
    let (mut p_before, mut joined_before) = (p, true);
    let (mut best, mut from) = (f32::INFINITY, here[0] as f32);
    // Parallax behind the hole, the pixel at its edge, and which way the surface behind goes on.
    let mut hole: Option<(f32, f32, f32)> = None;
    for i in first..last {
        let p_next = parallax_at(here[0] + i + 1);
        let t_next = (i + 1) as f32 + share * p_next;
        let gap = t_next - t;
        let joined = (SQUEEZED..=STRETCHED).contains(&gap);
        let x = (here[0] + i) as f32;
        if joined && t <= 0.0 && t_next > 0.0 {
            let part = -t / gap;
            let depth = p + (p_next - p) * part;
            if depth < best {
                (best, from) = (depth, x + part);
            }
        }
        let stray = !joined_before && !joined && (p_before - p) * (p - p_next) > 0.0;
        let end = (!joined && t <= 0.0 && t > -0.5) || (!joined_before && t > 0.0 && t <= 0.5);
        if end && !stray && p < best {
            (best, from) = (p, x);
        }
        let behind = p.max(p_next);
        if gap > STRETCHED && t < 0.0 && t_next > 0.0 && hole.is_none_or(|(farthest, ..)| behind > farthest) {
            hole = Some(if p_next > p { (behind, x + 1.0, 1.0) } else { (behind, x, -1.0) });
        }
        (p_before, joined_before) = (p, joined);
        (p, t) = (p_next, t_next);
    }
    if let (true, Some((behind, edge, inward))) = (best == f32::INFINITY, hole) {
        let edge = edge + inward;
        let there = here[0] as f32 - share * behind;
        from = edge + (there - edge).abs() * inward;
        if parallax_at((from + 0.5) as i32) < behind - 2.0 {
            from = edge;
        }
    }
    from
}
