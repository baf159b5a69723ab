//! The kernels in plain Rust: `shaders/{flow_guide,flow_small,flow_coarse,flow}.comp`.

use super::{Vector, blocks, coarse};

/// Brightness of four pixels: its own, two to the right, two down, and both.
pub type Packed = [u8; 4];

pub(in crate::stage) fn places([width, height]: [u32; 2]) -> impl Iterator<Item = [i32; 2]> {
    (0..height as i32).flat_map(move |y| (0..width as i32).map(move |x| [x, y]))
}

pub(in crate::stage) fn index([x, y]: [i32; 2], [width, height]: [u32; 2]) -> usize {
    y.clamp(0, height as i32 - 1) as usize * width as usize + x.clamp(0, width as i32 - 1) as usize
}

pub(in crate::stage) fn add(one: [i32; 2], other: [i32; 2]) -> [i32; 2] {
    [one[0] + other[0], one[1] + other[1]]
}

/// `flow_guide`: from the network's input (four `f32` a texel).
pub fn guide(input: &[f32], size: [u32; 2], weights: [f32; 4]) -> Vec<Packed> {
    let at = |place| {
        let texel = &input[index(place, size) * 4..];
        let light = texel[0] * weights[0] + texel[1] * weights[1] + texel[2] * weights[2] + weights[3];
        (light.clamp(0.0, 255.0) + 0.5) as u8
    };
    places(size).map(|here| [[0, 0], [2, 0], [0, 2], [2, 2]].map(|off| at(add(here, off)))).collect()
}

/// `flow_small`.
pub fn small(guide: &[Packed], size: [u32; 2]) -> Vec<Packed> {
    let cells = blocks(size);
    let four = |place| guide[index(place, size)].iter().map(|light| u32::from(*light)).sum::<u32>();
    let mean = |cell: [i32; 2]| {
        let corner = [0, 1].map(|axis| cell[axis].min(cells[axis] as i32 - 1) * 4);
        let sum: u32 = [[0, 0], [1, 0], [0, 1], [1, 1]].into_iter().map(|off| four(add(corner, off))).sum();
        ((sum + 8) / 16) as u8
    };
    places(cells).map(|here| [[0, 0], [1, 0], [0, 1], [1, 1]].map(|off| mean(add(here, off)))).collect()
}

pub(in crate::stage) fn apart(one: Packed, other: Packed) -> i32 {
    one.iter().zip(other).map(|(a, b)| i32::from(a.abs_diff(b))).sum()
}

/// `flow_coarse`, one way: from `now` to `other`, both small guides of `sizes`' blocks.
pub fn flow_coarse(now: &[Packed], other: &[Packed], size: [u32; 2]) -> Vec<Vector> {
    let cells = blocks(size);
    places(coarse(size))
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
pub fn flow(now: &[Packed], other: &[Packed], coarse: &[Vector], size: [u32; 2]) -> Vec<Vector> {
    let coarse_blocks = super::coarse(size);
    places(blocks(size))
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
                let [across, down, ..] = coarse[index(add([x / 2, y / 2], around), coarse_blocks)];
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
