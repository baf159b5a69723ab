//! One eye's picture from the surfaces of each pixel: `shaders/{warp,warp_edges,warp_mixed}.comp`.

use super::{Scene, index, mix, places};
use crate::stage::stereo::surfaces::{ABSENT, APART, NOTHING, Surfaces};

const SQUEEZED: f32 = 0.25;
const STRETCHED: f32 = 3.0;

/// The rows of a picture with their surfaces.
pub(super) struct Rows<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) surfaces: &'a [Surfaces],
    /// Pixels within which a surface is looked for that is seen behind another.
    pub(super) reach: i32,
}

/// A search for what lands on a pixel from one surface: the nearest, and where in the row it comes from.
struct Search {
    p: f32,
    t: f32,
    joined_before: bool,
    best: Option<(f32, f32)>,
}

impl Search {
    fn new(p: f32, t: f32) -> Self {
        Self { p, t, joined_before: true, best: None }
    }

    fn offer(&mut self, p: f32, from: f32) {
        if self.best.is_none_or(|(best, _)| p < best) {
            self.best = Some((p, from));
        }
    }

    fn step(&mut self, x: f32, [p_next, t_next]: [f32; 2]) {
        let gap = t_next - self.t;
        let joined = (SQUEEZED..=STRETCHED).contains(&gap);
        if joined && self.t <= 0.0 && t_next > 0.0 {
            let part = -self.t / gap;
            self.offer(mix(self.p, p_next, part), x + part);
        }
        let end = (!joined && self.t <= 0.0 && self.t > -0.5) || (!self.joined_before && self.t > 0.0 && self.t <= 0.5);
        if end {
            self.offer(self.p, x);
        }
        self.joined_before = joined;
        (self.p, self.t) = (p_next, t_next);
    }
}

impl Rows<'_> {
    /// The eye that takes `share` of the parallax; what lands on x comes from x + `first` ..= x + `last`.
    pub(super) fn eye(&self, [first, last]: [i32; 2], share: f32) -> Vec<u8> {
        if share == 0.0 {
            return self.scene.picture.to_vec();
        }
        let mut eye = Vec::with_capacity(self.scene.picture.len());
        for here in places(self.scene.size) {
            let colour = self.seen(here, first..last, share);
            eye.extend(colour.map(|value| (value * 255.0).round_ties_even() as u8));
            eye.push(255);
        }
        eye
    }

    fn at(&self, x: i32, y: i32) -> Surfaces {
        self.surfaces[index([x, y], self.scene.size)]
    }

    fn last(&self) -> i32 {
        self.scene.size[0] as i32 - 1
    }

    fn colour(&self, x: i32, y: i32) -> [f32; 3] {
        self.scene.colour(x.clamp(0, self.last()), y)
    }

    fn colour_at(&self, x: f32, y: i32) -> [f32; 3] {
        let x = x.clamp(0.0, self.last() as f32);
        let left = x as i32;
        let (one, other) = (self.colour(left, y), self.colour(left + 1, y));
        [0, 1, 2].map(|c| mix(one[c], other[c], x - left as f32))
    }

    fn seen(&self, here: [i32; 2], range: std::ops::Range<i32>, share_of_eye: f32) -> [f32; 3] {
        let [x, y] = here;
        // As the bounds of the runs that are looked through, so that the same pixels count.
        let run = super::super::RUN as i32;
        let begin = x / run * run;
        let runs = [range.start, run - 1 + range.end].map(|by| (begin + by).clamp(0, self.last()) / run * run);
        let most = (runs[0]..runs[1] + run).map(|x| self.at(x, y).far).fold(f32::NEG_INFINITY, f32::max);
        let landing = |i: i32, p: f32| i as f32 + share_of_eye * p;

        let front = |x: i32| {
            let both = self.at(x, y);
            if both.is_single() || both.share >= NOTHING { both.near } else { ABSENT }
        };
        let p = front(x + range.start);
        let mut search = Search::new(p, landing(range.start, p));
        for i in range.clone() {
            let p = front(x + i + 1);
            search.step((x + i) as f32, [p, landing(i + 1, p)]);
        }
        let (mut share, mut colour) = (0.0, [0.0; 3]);
        if let Some((p, from)) = search.best {
            let from = from.clamp(0.0, self.last() as f32);
            let left = from as i32;
            let whole = |both: Surfaces| if both.is_single() { 1.0 } else { both.share };
            share = mix(whole(self.at(left, y)), whole(self.at(left + 1, y)), from - left as f32);
            colour = self.colour_at(from, y);
            let mixed = share <= 1.0 - NOTHING;
            match if mixed { self.bare_around(left, y, p, mix(p, most, 0.5), self.reach / 4) } else { None } {
                Some(bare) => {
                    const MOST: f32 = 1.0;
                    let (old, gain) = (self.colour(bare, y), ((1.0 - share) / share.max(1e-3)).min(MOST));
                    colour = [0, 1, 2].map(|c| (colour[c] + gain * (colour[c] - old[c])).clamp(0.0, 1.0));
                }
                None => share = 1.0,
            }
        }
        if share >= 1.0 {
            return colour;
        }
        let behind = self.behind(here, range, share_of_eye, most);
        [0, 1, 2].map(|c| mix(behind[c], colour[c], share))
    }

    /// What is seen where nothing is in front.
    fn behind(&self, [x, y]: [i32; 2], range: std::ops::Range<i32>, share_of_eye: f32, most: f32) -> [f32; 3] {
        let landing = |i: i32, p: f32| i as f32 + share_of_eye * p;
        let bare = |both: Surfaces| if both.is_bare() { both.far } else { ABSENT };
        let mut now = self.at(x + range.start, y);
        let mut search = Search::new(bare(now), landing(range.start, bare(now)));
        let (mut farthest, mut under) = (f32::NEG_INFINITY, x);
        for i in range {
            let next = self.at(x + i + 1, y);
            let passes = landing(i, now.far) <= 0.0 && landing(i + 1, next.far) > 0.0;
            if passes && now.far.max(next.far) > farthest {
                (farthest, under) = (now.far.max(next.far), x + i + i32::from(next.far > now.far));
            }
            search.step((x + i) as f32, [bare(next), landing(i + 1, bare(next))]);
            now = next;
        }
        if let Some((_, from)) = search.best {
            return self.colour_at(from, y);
        }
        let both = self.at(under, y);
        let bare = if both.is_bare() {
            Some(under.clamp(0, self.last()))
        } else {
            self.bare_around(under, y, both.near, mix(both.near, most, 0.5), self.reach)
        };
        let Some(bare) = bare else { return self.colour(under, y) };
        self.continued(bare, y, x as f32 - share_of_eye * self.at(bare, y).far - bare as f32)
    }

    fn bare_around(&self, x: i32, y: i32, p: f32, middle: f32, reach: i32) -> Option<i32> {
        let places = (0..=reach).flat_map(|i| [x - i, x + i]).map(|x| x.clamp(0, self.last()));
        places.into_iter().find(|x| {
            let both = self.at(*x, y);
            both.is_bare() && both.far > if both.is_single() { middle } else { p + APART }
        })
    }

    fn continued(&self, bare: i32, y: i32, depth: f32) -> [f32; 3] {
        const TAPS: i32 = 4;
        const ROWS: f32 = 0.33;
        const SLOPE: f32 = 2.0;
        let behind = self.at(bare, y).far - SLOPE;
        let rows = (depth.abs() * ROWS + 0.5) as i32;
        let (mut sum, mut count) = (self.colour(bare, y), 1.0);
        for tap in 1..=TAPS {
            let x = (bare as f32 - depth * tap as f32 / TAPS as f32 + 0.5) as i32;
            for row in -1..=1 {
                let there = (y + row * rows).clamp(0, self.scene.size[1] as i32 - 1);
                let found = self.at(x, there);
                if found.is_bare() && found.far >= behind {
                    let colour = self.colour(x, there);
                    sum = [0, 1, 2].map(|c| sum[c] + colour[c]);
                    count += 1.0;
                }
            }
        }
        sum.map(|value| value / count)
    }
}
