//! The kernels in plain Rust: `shaders/{steady,steady_clean,carry}.comp`.

use super::align::Align;
use super::{Past, Sizes, Tuning, over};
use crate::stage::flow::reference::{Packed, add, apart, index, places};
use crate::stage::flow::{Vector, blocks};

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
    aligned: &[Option<Align>],
    span: f32,
    sizes: &Sizes,
    tuning: &Tuning,
) -> Vec<f32> {
    let unit = span.max(1e-6).recip();
    let scale = [0, 1].map(|axis| sizes.guide[axis] as f32 / sizes.small[axis] as f32);
    let look = |frame: usize, place| frames[frame].guide[index(place, sizes.guide)];
    let vector = |frame: usize, way: usize, block: [i32; 2]| {
        let [across, down, ..] = frames[frame].flow[way][index(block, blocks(sizes.guide))];
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
    let stand_in = |at: usize| {
        if past != Past::None {
            return last[at];
        }
        let ahead = aligned.iter().enumerate().skip(1).find_map(|(step, align)| Some((step, (*align)?)));
        ahead.map_or(0.0, |(step, align)| {
            let value = frames[step + 1].raw[at];
            if value.abs() < 1e6 { align.apply(value) } else { 0.0 }
        })
    };
    places(sizes.small)
        .map(|here| {
            let own = frames[1].raw[index(here, sizes.small)];
            let own = if own.abs() < 1e6 { own } else { 0.0 };
            let (own, own_weight) = match aligned[0] {
                None => (stand_in(index(here, sizes.small)), 0.02),
                Some(_) if past == Past::Alone => (own, 0.02),
                Some(align) => (align.apply(own), 1.0),
            };
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
                Past::Known { frames } => {
                    let weight = over(weight, frames);
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
                if let Some(align) = align {
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
            let Some(align) = aligned[0].filter(|_| past != Past::Alone) else { return result };
            let around = (0..9).map(|around| index(add(here, [around % 3 - 1, around / 3 - 1]), sizes.small));
            let finite = |value: f32| if value.abs() < 1e6 { value } else { own };
            let values = around.map(|at| finite(align.apply(frames[1].raw[at])));
            let (low, high) = values.fold((own, own), |(low, high), value| (low.min(value), high.max(value)));
            let room = (0.03 + 0.3 * trusted * trusted) / unit;
            result.clamp(low - room, high + room)
        })
        .collect()
}

/// `carry`: `disparity` of the frame whose guide is `earlier`, carried to that of `guide`; `trail` leads from there to it.
pub fn carry(
    disparity: &[f32],
    guide: &[Packed],
    earlier: &[Packed],
    trail: &[Vector],
    sizes: &Sizes,
    tuning: &Tuning,
) -> Vec<f32> {
    let scale = [0, 1].map(|axis| sizes.guide[axis] as f32 / sizes.small[axis] as f32);
    let blocks = blocks(sizes.guide);
    let pixel = |at: [i32; 2]| [0, 1].map(|axis| (at[axis] as f32 * scale[axis] + 0.5) as i32);
    places(sizes.small)
        .map(|here| {
            let start = pixel(here);
            let own = guide[index(start, sizes.guide)];
            let then = |place: [i32; 2]| apart(own, earlier[index(place, sizes.guide)]);
            let (block, side) = (start.map(|v| v >> 2), start.map(|v| ((v >> 1) & 1) * 2 - 1));
            let mut best = (i32::MAX, [0, 0]);
            for candidate in 0..4 {
                let beside = add(block, [side[0] * (candidate & 1), side[1] * (candidate >> 1)]);
                let [across, down, ..] = trail[index(beside, blocks)];
                let cost = then(add(start, [across, down])) + if candidate > 0 { 4 } else { 0 };
                if cost < best.0 {
                    best = (cost, [across, down]);
                }
            }
            let place = [0, 1].map(|axis| here[axis] as f32 + best.1[axis] as f32 / scale[axis]);
            let low = place.map(f32::floor);
            let part = [place[0] - low[0], place[1] - low[1]];
            let mut sum = [0.0; 2];
            for tap in 0..4_u8 {
                let (right, lower) = (tap & 1 == 1, tap >> 1 == 1);
                let at = add(low.map(|v| v as i32), [i32::from(right), i32::from(lower)]);
                let at = [0, 1].map(|axis| at[axis].clamp(0, sizes.small[axis] as i32 - 1));
                let value = disparity[index(at, sizes.small)];
                let unlike = then(pixel(at)) as f32 * 0.25 / tuning.alike;
                let alike = 1.0 / (1.0 + unlike * unlike);
                let weight = if right { part[0] } else { 1.0 - part[0] } * if lower { part[1] } else { 1.0 - part[1] };
                if value.abs() < 1e6 {
                    let weight = (weight + 1e-4) * alike * alike;
                    sum = [sum[0] + weight, sum[1] + weight * value];
                }
            }
            if sum[0] > 0.0 { sum[1] / sum[0] } else { 0.0 }
        })
        .collect()
}
