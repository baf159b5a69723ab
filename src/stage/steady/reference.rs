//! The kernels in plain Rust: `shaders/{steady_guide,steady_small,flow_coarse,flow,steady,steady_clean}.comp`.

use super::align::Align;
use super::{Past, Sizes, Tuning};

/// Brightness of four pixels: its own, two to the right, two down, and both.
pub type Packed = [u8; 4];

/// Movement of a block: columns, rows, cost, 0.
pub type Vector = [i32; 4];

fn places([width, height]: [u32; 2]) -> impl Iterator<Item = [i32; 2]> {
    (0..height as i32).flat_map(move |y| (0..width as i32).map(move |x| [x, y]))
}

fn index([x, y]: [i32; 2], [width, height]: [u32; 2]) -> usize {
    y.clamp(0, height as i32 - 1) as usize * width as usize + x.clamp(0, width as i32 - 1) as usize
}

fn add(one: [i32; 2], other: [i32; 2]) -> [i32; 2] {
    [one[0] + other[0], one[1] + other[1]]
}

/// `steady_guide`: from the network's input (four `f32` a texel).
pub fn guide(input: &[f32], size: [u32; 2], weights: [f32; 4]) -> Vec<Packed> {
    let at = |place| {
        let texel = &input[index(place, size) * 4..];
        let light = texel[0] * weights[0] + texel[1] * weights[1] + texel[2] * weights[2] + weights[3];
        (light.clamp(0.0, 255.0) + 0.5) as u8
    };
    places(size).map(|here| [[0, 0], [2, 0], [0, 2], [2, 2]].map(|off| at(add(here, off)))).collect()
}

/// `steady_small`.
pub fn small(guide: &[Packed], size: [u32; 2]) -> Vec<Packed> {
    let cells = size.map(|side| side.div_ceil(4));
    let four = |place| guide[index(place, size)].iter().map(|light| u32::from(*light)).sum::<u32>();
    let mean = |cell: [i32; 2]| {
        let corner = [0, 1].map(|axis| cell[axis].min(cells[axis] as i32 - 1) * 4);
        let sum: u32 = [[0, 0], [1, 0], [0, 1], [1, 1]].into_iter().map(|off| four(add(corner, off))).sum();
        ((sum + 8) / 16) as u8
    };
    places(cells).map(|here| [[0, 0], [1, 0], [0, 1], [1, 1]].map(|off| mean(add(here, off)))).collect()
}

fn apart(one: Packed, other: Packed) -> i32 {
    one.iter().zip(other).map(|(a, b)| i32::from(a.abs_diff(b))).sum()
}

/// `flow_coarse`, one way: from `now` to `other`, both small guides of `sizes`' blocks.
pub fn flow_coarse(now: &[Packed], other: &[Packed], sizes: &Sizes) -> Vec<Vector> {
    let cells = sizes.blocks();
    places(sizes.coarse())
        .map(|[x, y]| {
            let corner = [x * 2 - 1, y * 2 - 1];
            let mut best = [0, 0, i32::MAX, 0];
            for down in -4..=4 {
                for across in -4..=4 {
                    let cost: i32 = [[0, 0], [2, 0], [0, 2], [2, 2]]
                        .into_iter()
                        .map(|off| {
                            let here = add(corner, off);
                            apart(now[index(here, cells)], other[index(add(here, [across, down]), cells)])
                        })
                        .sum();
                    let cost = cost + 8 * (across.abs() + down.abs());
                    if cost < best[2] {
                        best = [across * 4, down * 4, cost, 0];
                    }
                }
            }
            best
        })
        .collect()
}

/// `flow`, one way: from `now` to `other`, both guides, by the `coarse` movements.
pub fn flow(now: &[Packed], other: &[Packed], coarse: &[Vector], sizes: &Sizes) -> Vec<Vector> {
    let (size, blocks) = (sizes.guide, sizes.coarse());
    places(sizes.blocks())
        .map(|[x, y]| {
            let corner = [x * 4 - 2, y * 4 - 2];
            let mut best = [0, 0, i32::MAX, 0];
            let attempt = |tried: [i32; 2], best: &mut Vector| {
                let cost: i32 = [[0, 0], [4, 0], [0, 4], [4, 4]]
                    .into_iter()
                    .map(|off| {
                        let here = add(corner, off);
                        apart(now[index(here, size)], other[index(add(here, tried), size)])
                    })
                    .sum();
                let cost = cost + 2 * (tried[0].abs() + tried[1].abs());
                if cost < best[2] {
                    *best = [tried[0], tried[1], cost, 0];
                }
            };
            attempt([0, 0], &mut best);
            let side = [(x & 1) * 2 - 1, (y & 1) * 2 - 1];
            for around in [[0, 0], [side[0], 0], [0, side[1]], side, [-side[0], -side[1]]] {
                let [across, down, ..] = coarse[index(add([x / 2, y / 2], around), blocks)];
                attempt([across, down], &mut best);
            }
            for step in [2, 1] {
                let middle = [best[0], best[1]];
                for off in (0..9).filter(|number| *number != 4).map(|number| [number % 3 - 1, number / 3 - 1]) {
                    attempt(add(middle, off.map(|v| v * step)), &mut best);
                }
            }
            best
        })
        .collect()
}

/// `steady_clean`.
pub fn clean(draft: &[f32], size: [u32; 2]) -> Vec<f32> {
    places(size)
        .map(|here| {
            let around = (0..9).filter(|around| *around != 4).map(|around| [around % 3 - 1, around / 3 - 1]);
            let mut values: Vec<f32> = around.map(|off| draft[index(add(here, off), size)]).collect();
            values.sort_by(f32::total_cmp);
            draft[index(here, size)].clamp(values[1], values[6])
        })
        .collect()
}

/// What is kept of a frame.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// Raw disparity.
    pub raw: &'a [f32],
    /// Brightness.
    pub guide: &'a [Packed],
    /// Movement to the frame before, and from there to this one.
    pub flow: [&'a [Vector]; 2],
}

/// `steady` of `frames[1]`: `frames[0]` is the one before (whose result is `last`), those behind are ahead, each with its alignment in `aligned`.
pub fn steady(
    frames: &[Kept<'_>],
    last: &[f32],
    past: Past,
    aligned: &[Align],
    span: f32,
    sizes: &Sizes,
    tuning: &Tuning,
) -> Vec<f32> {
    let unit = span.max(1e-6).recip();
    let scale = [0, 1].map(|axis| sizes.guide[axis] as f32 / sizes.small[axis] as f32);
    let look = |frame: usize, place| frames[frame].guide[index(place, sizes.guide)];
    let vector = |frame: usize, way: usize, block: [i32; 2]| {
        let [across, down, ..] = frames[frame].flow[way][index(block, sizes.blocks())];
        [across, down]
    };
    let read = |map: &[f32], place: [f32; 2], align: Align, own: f32| {
        let low = place.map(f32::floor);
        let part = [place[0] - low[0], place[1] - low[1]];
        let mut sum = [0.0; 2];
        for tap in 0..4_u8 {
            let (right, lower) = (tap & 1 == 1, tap >> 1 == 1);
            let at = add(low.map(|v| v as i32), [i32::from(right), i32::from(lower)]);
            let value = align.apply(map[index(at, sizes.small)]);
            let weight = if right { part[0] } else { 1.0 - part[0] } * if lower { part[1] } else { 1.0 - part[1] };
            let off = (value - own) * unit / tuning.surface;
            let weight = weight / (1.0 + off * off);
            sum = [sum[0] + weight, sum[1] + weight * value];
        }
        sum[1] / sum[0].max(1e-9)
    };
    let follow = |to: usize, kept: usize, way: usize, own: Packed, place: &mut [i32; 2]| {
        let block = place.map(|v| v >> 2);
        let side = place.map(|v| ((v >> 1) & 1) * 2 - 1);
        let mut best = (i32::MAX, [0, 0]);
        for candidate in 0..4 {
            let tried = vector(kept, way, add(block, [side[0] * (candidate & 1), side[1] * (candidate >> 1)]));
            let cost = apart(own, look(to, add(*place, tried))) + if candidate > 0 { 4 } else { 0 };
            if cost < best.0 {
                best = (cost, tried);
            }
        }
        *place = add(*place, best.1);
        let back = add(best.1, vector(kept, 1 - way, place.map(|v| v >> 2)));
        let lost = (back[0].abs() + back[1].abs() - 1).max(0) as f32 * 0.5;
        let unlike = best.0 as f32 * 0.25 / tuning.alike;
        let alike = 1.0 / (1.0 + unlike * unlike);
        let inside = (0..2).all(|axis| (0..sizes.guide[axis] as i32).contains(&place[axis]));
        if inside { alike * alike / (1.0 + lost * lost) } else { 0.0 }
    };
    places(sizes.small)
        .map(|here| {
            let own = frames[1].raw[index(here, sizes.small)];
            let own = if own.abs() < 1e6 { own } else { 0.0 };
            let (own, own_weight) = if past == Past::Alone { (own, 0.02) } else { (aligned[0].apply(own), 1.0) };
            let start = [0, 1].map(|axis| (here[axis] as f32 * scale[axis] + 0.5) as i32);
            let picture = look(1, start);
            let from = |place: [i32; 2]| {
                [0, 1].map(|axis| here[axis] as f32 + (place[axis] - start[axis]) as f32 / scale[axis])
            };
            let mut said = vec![(own_weight, own)];
            let mut trusted = 0.0;
            let weight = if aligned.len() > 1 { tuning.past } else { tuning.past_alone };
            match past {
                Past::None => {}
                Past::Alone => said.push((weight, last[index(here, sizes.small)])),
                Past::Known => {
                    let mut place = start;
                    let believed = follow(0, 1, 0, picture, &mut place);
                    trusted = believed;
                    said.push((weight * believed, read(last, from(place), Align::NONE, own)));
                }
            }
            let (mut place, mut believed) = (start, tuning.ahead);
            for (step, align) in aligned.iter().enumerate().skip(1) {
                let frame = step + 1;
                believed *= follow(frame, frame, 1, picture, &mut place);
                if align.scale > 0.0 {
                    said.push((believed, read(frames[frame].raw, from(place), *align, own)));
                }
            }
            let mean = |said: &[(f32, f32)]| {
                let sum = said.iter().fold([0.0; 2], |sum, (weight, value)| [sum[0] + weight, sum[1] + weight * value]);
                sum[1] / sum[0]
            };
            let middle = mean(&said);
            for (weight, value) in &mut said {
                let off = (*value - middle) * unit / tuning.agree;
                *weight /= 1.0 + off * off;
            }
            let result = mean(&said);
            if past == Past::Alone {
                return result;
            }
            let around = (0..9).map(|around| index(add(here, [around % 3 - 1, around / 3 - 1]), sizes.small));
            let finite = |value: f32| if value.abs() < 1e6 { value } else { own };
            let values = around.map(|at| finite(aligned[0].apply(frames[1].raw[at])));
            let (low, high) = values.fold((own, own), |(low, high), value| (low.min(value), high.max(value)));
            let room = (0.03 + 0.3 * trusted * trusted) / unit;
            result.clamp(low - room, high + room)
        })
        .collect()
}
