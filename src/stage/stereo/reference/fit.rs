//! Where the disparity map has an edge, and how colour tells its two sides apart: `shaders/{fit,blend}.comp`.

use super::{Scene, Texel, dot, index, places, smoothstep};

/// `shaders/edge.glsl`.
pub(super) const FLAT: f32 = 0.05;

/// How much of a pixel of this colour is the surface in front.
pub(super) fn front_share((a, b): Model, colour: [f32; 3], least: f32, most: f32) -> f32 {
    const STEEP: f32 = 4.0;
    const MIDDLE: f32 = 0.55;
    let value = (dot(a, colour) + b - least) / (most - least);
    ((MIDDLE - value) * STEEP + 0.5).clamp(0.0, 1.0)
}

/// What disparity a colour has: a · colour + b.
pub(super) type Model = ([f32; 3], f32);

/// Disparities around a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) least: f32,
    pub(super) most: f32,
    /// How far these are two surfaces, 0 … 1.
    pub(super) told: f32,
    pub(super) own: f32,
}

impl Range {
    /// Of one surface.
    pub(super) fn single(own: f32) -> Self {
        Self { least: own, most: own, told: 0.0, own }
    }
}

/// The model of one window, and the variance that it leaves.
pub(super) struct Fit {
    model: Model,
    left: f32,
    least: f32,
    most: f32,
    edge: f32,
}

pub(super) fn fit(guide: &[Texel], small: [u32; 2]) -> Vec<Fit> {
    const REACH: i32 = 2;
    const AROUND: i32 = 3;
    const FAR: i32 = 5;
    const SLOPE: f32 = 0.02;
    const STEP: f32 = 0.05;
    const GUESSED: f32 = 0.45;
    const TOLD: f32 = 0.7;
    const NOISE: f32 = 1e-4;
    let one = |[x, y]: [i32; 2]| {
        let (own_colour, own) = guide[index([x, y], small)];
        let window = |reach: i32| (-reach..=reach).flat_map(move |dy| (-reach..=reach).map(move |dx| [dx, dy]));
        let sample = |[dx, dy]: [i32; 2]| {
            let (colour, d) = guide[index([x + dx, y + dy], small)];
            ([0, 1, 2].map(|c| colour[c] - own_colour[c]), d - own)
        };
        let around = window(AROUND).map(|by| sample(by).1);
        let (least, most) = around.fold((0.0f32, 0.0f32), |(least, most), d| (least.min(d), most.max(d)));
        let (left, edge) = (0.0, 0.0);
        let flat = Fit { model: ([0.0; 3], own), left, least: own + least, most: own + most, edge };
        if most - least <= FLAT {
            return flat;
        }
        let samples: Vec<Texel> = window(REACH).map(sample).collect();
        let mean = |value: &dyn Fn(&Texel) -> f32| samples.iter().map(value).sum::<f32>() / samples.len() as f32;
        let colour = [0, 1, 2].map(|c| mean(&|(colour, _)| colour[c]));
        let middle = mean(&|(_, d)| *d);
        let with = [0, 1, 2].map(|c| mean(&|(colour, d)| colour[c] * d) - colour[c] * middle);
        let matrix = [0, 1, 2].map(|i| {
            [0, 1, 2].map(|j| {
                let noise = if i == j { NOISE } else { 0.0 };
                mean(&|(colour, _)| colour[i] * colour[j]) - colour[i] * colour[j] + noise
            })
        });
        // The inverse, by cofactors: cyclic indices give their signs.
        let cofactor = |i: usize, j: usize| {
            let at = |i: usize, j: usize| matrix[i % 3][j % 3];
            at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1)
        };
        let determinant: f32 = (0..3).map(|j| matrix[0][j] * cofactor(0, j)).sum();
        let a = [0, 1, 2].map(|i| (0..3).map(|j| cofactor(i, j) * with[j]).sum::<f32>() / determinant.max(1e-20));
        let b = middle - dot(a, colour) + own - dot(a, own_colour);
        let all = (mean(&|(_, d)| d * d) - middle * middle).max(1e-6);
        let left = (all - dot(a, with)).max(0.0);
        let count = ((FAR + 1) * (FAR + 1)) as f32;
        let coarse = window(FAR).filter(|by| by.iter().all(|by| by % 2 != 0));
        let plane = coarse.fold([0.0; 4], |sums: [f32; 4], [dx, dy]| {
            let d = sample([dx, dy]).1;
            let terms = [d, d * d, d * dx as f32, d * dy as f32];
            [0, 1, 2, 3].map(|i| sums[i] + terms[i] / count)
        });
        let variance = (plane[1] - plane[0] * plane[0]).max(1e-6);
        let spread = (FAR * (FAR + 2)) as f32 / 3.0;
        let bent = 1.0 - (plane[2] * plane[2] + plane[3] * plane[3]) / (spread * variance);
        let edge = smoothstep(SLOPE, STEP, bent) * smoothstep(GUESSED, TOLD, 1.0 - left / all);
        Fit { model: (a, b), left, edge, ..flat }
    };
    places(small).map(one).collect()
}

/// How far the choice by `model` holds together around a place.
fn coherence(scene: &Scene<'_>, here: [i32; 2], model: Model, least: f32, most: f32) -> f32 {
    const SAMPLES: usize = 8;
    const PLACES: f32 = 2.5;
    let seen = scene.crop.size;
    let step = [0, 1].map(|axis| seen[axis] as f32 / scene.small[axis] as f32);
    let first = [0, 1].map(|axis| (here[axis] as f32 + 0.5 - 0.5 * PLACES) * step[axis]);
    let place = |axis: usize, sample: usize| {
        let at = first[axis] + (sample as f32 + 0.5) * PLACES / SAMPLES as f32 * step[axis];
        scene.crop.at[axis] as i32 + (at as i32).clamp(0, seen[axis] as i32 - 1)
    };
    let row = |y: usize| {
        std::array::from_fn(|x| front_share(model, scene.mean_of_four([place(0, x), place(1, y)]), least, most))
    };
    let shares: [[f32; SAMPLES]; SAMPLES] = std::array::from_fn(row);
    let unsure: f32 = shares.iter().flatten().map(|share| 4.0 * share * (1.0 - share)).sum();
    let along: f32 = shares.iter().flat_map(|row| row.windows(2)).map(|pair| (pair[1] - pair[0]).abs()).sum();
    let down: f32 =
        shares.windows(2).flat_map(|rows| rows[0].iter().zip(&rows[1])).map(|(one, other)| (other - one).abs()).sum();
    let unsure = unsure / (SAMPLES * SAMPLES) as f32;
    let rough = (along + down) / (2 * SAMPLES * (SAMPLES - 1)) as f32;
    (1.0 - smoothstep(0.25, 0.5, unsure)) * (1.0 - smoothstep(0.18, 0.3, rough))
}

/// `gain` is in parts of the picture's width.
pub(super) fn blend(scene: &Scene<'_>, fits: &[Fit], guide: &[Texel], gain: f32) -> (Vec<Model>, Vec<Range>) {
    const LEFT: f32 = 1e-3;
    const SEEN: f32 = 0.0005;
    let one = |[x, y]: [i32; 2]| {
        let (mut sum, mut weights, mut edges) = (([0.0; 3], 0.0), 0.0, 0.0);
        for at in (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| index([x + dx, y + dy], scene.small))) {
            let Fit { model: (a, b), left, edge, .. } = fits[at];
            let weight = LEFT / (LEFT + left);
            sum = ([0, 1, 2].map(|c| sum.0[c] + weight * a[c]), sum.1 + weight * b);
            weights += weight;
            edges += edge / 9.0;
        }
        let model = (sum.0.map(|a| a / weights), sum.1 / weights);
        let at = index([x, y], scene.small);
        let Fit { least, most, .. } = fits[at];
        let span = most - least;
        let told = edges * ((span - FLAT) / FLAT).clamp(0.0, 1.0);
        let told = told * (told * span * gain / SEEN - 1.0).clamp(0.0, 1.0);
        let told = if told > 0.0 { told * coherence(scene, [x, y], model, least, most) } else { 0.0 };
        (model, Range { least, most, told, own: guide[at].1 })
    };
    places(scene.small).map(one).unzip()
}
