//! What of a frame's disparity the rules of comfort look at: its range, and where the viewer looks.

use crate::stage::cut::Fingerprint;

/// The part of a frame's raw disparity that counts: what is nearer or farther than all but 2 % of it is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// The 2nd percentile.
    pub near: f32,
    /// The 98th percentile.
    pub far: f32,
}

/// Classes of disparity that are told apart.
const BINS: usize = 1024;

/// How disparities are spread between their least and their greatest.
struct Spread {
    low: f32,
    width: f32,
    bins: [f32; BINS],
    whole: f32,
}

impl Spread {
    /// Of `disparity` with a weight for each; values that are no numbers are passed over. `None` where there is none.
    fn of(disparity: &[f32], weight: impl Fn(usize) -> f32) -> Option<Self> {
        let finite = || disparity.iter().copied().enumerate().filter(|(_, d)| d.is_finite());
        let ends = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), (_, d)| (low.min(d), high.max(d)));
        let (low, high) = ends;
        if low > high {
            return None;
        }
        let width = (high - low) / BINS as f32;
        let mut spread = Self { low, width, bins: [0.0; BINS], whole: 0.0 };
        if width > 0.0 && width.is_finite() {
            for (at, d) in finite() {
                spread.bins[(((d - low) / width) as usize).min(BINS - 1)] += weight(at);
            }
            spread.whole = spread.bins.iter().sum();
        }
        Some(spread)
    }

    /// The disparity below which lies `share` of the weight. Inside a class the values are taken to be spread evenly.
    fn percentile(&self, share: f32) -> f32 {
        let wanted = share * self.whole;
        let mut below = 0.0;
        for (bin, number) in self.bins.iter().copied().enumerate() {
            if below + number >= wanted && number > 0.0 {
                return self.low + (bin as f32 + (wanted - below) / number) * self.width;
            }
            below += number;
        }
        self.low
    }
}

impl Percentiles {
    /// Of a map of raw disparity; values that are no numbers are passed over. `None` for a map without any.
    pub fn of(disparity: &[f32]) -> Option<Self> {
        let spread = Spread::of(disparity, |_| 1.0)?;
        Some(Self { near: spread.percentile(0.02), far: spread.percentile(0.98) })
    }
}

/// A frame's raw disparity in a few numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Depths {
    /// Its range.
    pub range: Percentiles,
    /// The disparity of what the viewer looks at, taken to be the median of what lies near the middle and is in focus: of films it is known that
    /// viewers' eyes stay close to the middle and on what is sharp (Tatler 2007; Mital, Smith, Hill and Henderson 2011).
    pub attended: f32,
    /// How much of what is looked at lies in the nearest third of the range, 0..=1: much in close-ups, little in wide shots.
    pub close: f32,
}

/// Deviations of the place that is looked at, as parts of the picture's width and height, and its middle.
const AROUND: [f32; 2] = [0.22, 0.26];
const MIDDLE: [f32; 2] = [0.5, 0.46];
/// Detail (mean difference of neighbouring samples) that counts as much as plain places do by themselves.
const DETAIL: f32 = 0.01;

impl Depths {
    /// Of a map of raw disparity of `size` (width, height). `print` tells where the picture shows detail: it is asked for the place `[across, down]`,
    /// 0..=1 each, of what the disparity is of. `None` for a map without numbers.
    pub fn of(disparity: &[f32], size: [u32; 2], detail: impl Fn([f32; 2]) -> f32) -> Option<Self> {
        let range = Percentiles::of(disparity)?;
        let [width, height] = size.map(|side| side.max(1) as usize);
        let weight = |at: usize| {
            let place = [(at % width) as f32 / width as f32, (at / width) as f32 / height as f32];
            let off = [0, 1].map(|axis| (place[axis] - MIDDLE[axis]) / AROUND[axis]);
            let sharp = (detail(place) / DETAIL).clamp(0.0, 4.0);
            (-0.5 * (off[0] * off[0] + off[1] * off[1])).exp() * (1.0 + sharp)
        };
        let looked_at = Spread::of(disparity, weight)?;
        let attended = looked_at.percentile(0.5).clamp(range.near, range.far);
        let third = range.near + (range.far - range.near) / 3.0;
        let mut close = 0.0;
        for (bin, number) in looked_at.bins.iter().enumerate() {
            if looked_at.low + (bin as f32 + 0.5) * looked_at.width < third {
                close += number;
            }
        }
        Some(Self { range, attended, close: close / looked_at.whole.max(1e-9) })
    }

    /// Of a frame whose picture is known by `print`, which tells where it shows detail; `seen` says which part of the picture, as parts of its
    /// width and height (left, top, right, bottom), the disparity is of. `None` for `print` where the picture is turned.
    pub fn of_picture(disparity: &[f32], size: [u32; 2], print: Option<&Fingerprint>, seen: [f32; 4]) -> Option<Self> {
        let [left, top, right, bottom] = seen;
        let detail = |[across, down]: [f32; 2]| {
            print.map_or(0.0, |print| print.detail(left + (right - left) * across, top + (bottom - top) * down))
        };
        Self::of(disparity, size, detail)
    }

    /// Every disparity changed by `change`, which keeps their order.
    pub fn map(self, change: impl Fn(f32) -> f32) -> Self {
        let range = Percentiles { near: change(self.range.near), far: change(self.range.far) };
        Self { range, attended: change(self.attended), ..self }
    }

    /// `share` of the way to `other`.
    pub(super) fn towards(self, other: Self, share: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * share;
        Self {
            range: Percentiles {
                near: mix(self.range.near, other.range.near),
                far: mix(self.range.far, other.range.far),
            },
            attended: mix(self.attended, other.attended),
            close: mix(self.close, other.close),
        }
    }

    pub(super) fn is_finite(self) -> bool {
        [self.range.near, self.range.far, self.attended, self.close].into_iter().all(f32::is_finite)
    }
}

impl From<Percentiles> for Depths {
    /// Of a range alone: its middle is what is looked at.
    fn from(range: Percentiles) -> Self {
        Self { range, attended: 0.5 * (range.near + range.far), close: 1.0 / 3.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_an_even_spread() {
        let even: Vec<f32> = (0..10_000).map(|i| i as f32 / 100.0).collect();
        let Percentiles { near, far } = Percentiles::of(&even).unwrap();
        assert!((near - 2.0).abs() < 0.02 && (far - 98.0).abs() < 0.02, "{near} {far}");
        assert_eq!(Percentiles::of(&[f32::NAN, f32::INFINITY]), None);
        assert_eq!(Percentiles::of(&[]), None);
        assert_eq!(Percentiles::of(&[7.0, 7.0]), Some(Percentiles { near: 7.0, far: 7.0 }));
    }

    /// A figure (disparity 1) that takes a third of the width and all of the height at `left` (0..=1), before a ground at 10.
    fn figure(left: f32) -> Vec<f32> {
        let inside = |x: usize| (left..left + 0.33).contains(&(x as f32 / 96.0));
        (0..54).flat_map(|_| (0..96).map(move |x| if inside(x) { 1.0 } else { 10.0 })).collect()
    }

    #[test]
    fn what_stands_in_the_middle_is_looked_at() {
        let of = |map: &[f32], detail: fn([f32; 2]) -> f32| Depths::of(map, [96, 54], detail).unwrap();
        let middle = of(&figure(0.33), |_| 0.0);
        assert!((middle.attended - 1.0).abs() < 0.1 && middle.close > 0.5, "{middle:?}");
        let aside = of(&figure(0.0), |_| 0.0);
        assert!((aside.attended - 10.0).abs() < 0.1 && aside.close < 0.3, "{aside:?}");
        // Sharp before a blurred ground.
        let sharp = of(&figure(0.15), |[across, _]| if (0.15..0.48).contains(&across) { 0.05 } else { 0.0 });
        assert!((sharp.attended - 1.0).abs() < 0.1, "{sharp:?}");
        assert!((of(&figure(0.15), |_| 0.0).attended - 10.0).abs() < 0.1);
    }

    #[test]
    fn a_flat_map_is_looked_at_where_it_is() {
        let flat = Depths::of(&[3.0; 64], [8, 8], |_| 0.0).unwrap();
        assert_eq!((flat.attended, flat.range.near, flat.range.far), (3.0, 3.0, 3.0));
        assert_eq!(Depths::of(&[f32::NAN; 64], [8, 8], |_| 0.0), None);
    }
}
