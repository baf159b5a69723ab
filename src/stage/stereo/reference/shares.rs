//! Which surfaces each pixel of the picture shows, and how much of them: `shaders/{upsample,matte,trim}.comp`.

use super::fit::{Model, Range, front_share};
use super::{Scene, index, mix, places};
use crate::stage::bars::Crop;
use crate::stage::stereo::Numbers;
use crate::stage::stereo::surfaces::{NOTHING, RIM, Surfaces};

pub(super) fn upsample(scene: &Scene<'_>, model: &[Model], range: &[Range], numbers: &Numbers) -> Vec<Surfaces> {
    let Crop { at, size: seen } = scene.crop;
    let one = |here: [i32; 2]| {
        let inside = [0, 1].map(|axis| here[axis] - at[axis] as i32);
        if (0..2).any(|axis| !(0..seen[axis] as i32).contains(&inside[axis])) {
            return Surfaces::single(0.0);
        }
        let place = [0, 1].map(|axis| (inside[axis] as f32 + 0.5) * scene.small[axis] as f32 / seen[axis] as f32 - 0.5);
        let base = place.map(f32::floor);
        let part = [0, 1].map(|axis| place[axis] - base[axis]);
        let corner = |dx: i32, dy: i32| index([base[0] as i32 + dx, base[1] as i32 + dy], scene.small);
        let corners = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
        let between = |value: &dyn Fn(usize) -> f32| {
            let [a, b, c, d] = corners.map(value);
            mix(mix(a, b, part[0]), mix(c, d, part[0]), part[1])
        };
        let [least, most] = [between(&|at| range[at].least), between(&|at| range[at].most)];
        let (own, told) = (between(&|at| range[at].own), between(&|at| range[at].told));
        let (mut near, mut far, mut share) = (own, own, 1.0);
        if told > 0.0 {
            let line = ([0, 1, 2].map(|c| between(&|at| model[at].0[c])), between(&|at| model[at].1));
            share = front_share(line, scene.calm_colour(here), least, most);
            (near, far) = (mix(near, least, told), mix(far, most, told));
        }
        let side = inside[0].min(seen[0] as i32 - 1 - inside[0]) as f32;
        let shown = |chosen: f32| {
            let p = (numbers.gain * chosen + numbers.offset).clamp(numbers.low, numbers.high);
            let t = (side / if p < 0.0 { numbers.front_fade } else { numbers.behind_fade }).clamp(0.0, 1.0);
            p * t * t * (3.0 - 2.0 * t)
        };
        Surfaces { near: shown(near), far: shown(far), share }.kept(numbers.unit)
    };
    places(scene.size).map(one).collect()
}

pub(super) fn trim(raw: &[Surfaces], size: [u32; 2], rim: u32, unit: f32) -> Vec<Surfaces> {
    const ISLAND: i32 = 2;
    let rim = rim as i32;
    let one = |[x, y]: [i32; 2]| {
        let own = raw[index([x, y], size)];
        if own.is_single() {
            return Surfaces::single(own.parallax());
        }
        let front = own.share >= 0.5;
        let [left, right, above, below] = [[-1, 0], [1, 0], [0, -1], [0, 1]].map(|way| {
            let is_other = |steps: &i32| {
                let other = raw[index([x + steps * way[0], y + steps * way[1]], size)];
                !other.is_single() && (other.share >= 0.5) != front
            };
            (1..=rim).find(is_other)
        });
        let within = |found: Option<i32>| found.is_some_and(|steps| steps <= ISLAND);
        let share = if !front && ((left.is_some() && right.is_some()) || (above.is_some() && below.is_some())) {
            1.0
        } else if front && [left, right, above, below].into_iter().all(within) {
            0.0
        } else if own.share < NOTHING {
            if left.is_some() || right.is_some() { RIM } else { 0.0 }
        } else {
            own.share
        };
        Surfaces { share, ..own }.kept(unit)
    };
    places(size).map(one).collect()
}
