//! How right the right view is around the silhouettes of near things, on scenes whose disparity is known exactly (`train/make_edges.py`).
//!
//! The whole of a view's error says little about edges, as they are few. So the error is counted inside a ring around each silhouette, and outside of
//! it. The definitions in words are in docs/eval.md.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::measures::scale_and_shift;
use super::pairs::{self, Pair, with_end};
use super::scoring::next_scene;
use super::view::{Map, Reader, Samples};
use super::{EvalError, EvalOptions};
use crate::film::Film;
use crate::gpu::{Buffer, Commands, Gpu, Image};
use crate::media::StopFlag;
use crate::media::encode::{EncodeError, StillOptions, write_picture};
use crate::net::Weights;
use crate::output::Outputs;
use crate::stage::comfort::{Mapping, Percentiles};
use crate::stage::stereo::{Source, SourceEye, Stereo, View};

/// Neighbours in a row whose disparities differ by more than this part of the width lie on two surfaces.
const JUMP: f32 = 0.002;
/// Pixels from a silhouette to the ring's rim.
const RING: i32 = 8;

/// Mean absolute errors of R'G'B' samples, 0 … 255, in parts of the right view.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EdgeErrors {
    /// How the view was made.
    pub method: &'static str,
    /// Inside of the ring.
    pub ring: f64,
    /// Of the ring, what the left eye sees, too.
    pub seen: f64,
    /// Of the ring, what it does not see.
    pub holes: f64,
    /// Outside of the ring.
    pub outside: f64,
}

/// The scores of one pair.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EdgeScores {
    /// Its name.
    pub name: String,
    /// Width and height.
    pub size: [u32; 2],
    /// Part of the picture that the ring takes.
    pub part: f64,
    /// Each method.
    pub methods: Vec<EdgeErrors>,
}

/// The scores of all pairs.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct EdgeReport {
    /// Version of this layout of keys.
    pub schema: u32,
    /// Which network.
    pub network: &'static str,
    /// The pairs, by name.
    pub pairs: Vec<EdgeScores>,
    /// The means over the pairs, for each method.
    pub mean: Vec<EdgeErrors>,
}

impl EdgeReport {
    /// For people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        for pair in &self.pairs {
            let [width, height] = pair.size;
            let _ = writeln!(text, "{} ({width}×{height}, ring {:.1} %)", pair.name, pair.part * 100.0);
            lines(&mut text, &pair.methods);
        }
        let _ = writeln!(text, "mean of {}", self.pairs.len());
        let _ = writeln!(text, "  {:38} {:>6} {:>6} {:>6} {:>8}", "right view by", "ring", "seen", "holes", "outside");
        lines(&mut text, &self.mean);
        text
    }
}

fn lines(text: &mut String, methods: &[EdgeErrors]) {
    for EdgeErrors { method, ring, seen, holes, outside } in methods {
        let _ = writeln!(text, "  {method:38} {ring:6.2} {seen:6.2} {holes:6.2} {outside:8.2}");
    }
}

/// Scores the pairs in the folder whose disparity is known; the right views are written to `pictures` as PNG where that is given.
pub fn run(
    gpu: &Gpu,
    weights: &Arc<Weights>,
    options: &EvalOptions,
    views: Option<&Views>,
    stop: &StopFlag,
) -> Result<EdgeReport, EvalError> {
    let mut report =
        EdgeReport { schema: 1, network: weights.metadata.network.name(), pairs: Vec::new(), mean: Vec::new() };
    for pair in pairs::find(&options.folder)?.pairs.iter().filter(|pair| pair.truth.is_some()) {
        report.pairs.push(score(gpu, weights, options, pair, views, stop)?);
    }
    let mean = |at: usize| {
        let of = |value: fn(&EdgeErrors) -> f64| {
            report.pairs.iter().map(|pair| value(&pair.methods[at])).sum::<f64>() / report.pairs.len() as f64
        };
        EdgeErrors {
            method: METHODS[at],
            ring: of(|errors| errors.ring),
            seen: of(|errors| errors.seen),
            holes: of(|errors| errors.holes),
            outside: of(|errors| errors.outside),
        }
    };
    if report.pairs.is_empty() {
        return Err(EvalError::NoTruth(options.folder.clone()));
    }
    report.mean = (0..METHODS.len()).map(mean).collect();
    Ok(report)
}

/// In the order of the table.
const METHODS: [&str; 5] = [
    "plain warp, network's disparity",
    "deep3d, network's disparity",
    "deep3d, true one at the network's size",
    "deep3d, true disparity",
    "plain warp, true disparity",
];
/// Their names in files.
const FILES: [&str; 5] = ["plain-network", "network", "small-truth", "truth", "plain-truth"];

fn score(
    gpu: &Gpu,
    weights: &Arc<Weights>,
    options: &EvalOptions,
    pair: &Pair,
    kept: Option<&Views>,
    stop: &StopFlag,
) -> Result<EdgeScores, EvalError> {
    let mut film = Film::open(gpu, weights, &pair.left, &options.film, stop.clone())?;
    let scene = next_scene(&mut film, stop)?.ok_or_else(|| EvalError::NoPicture(pair.left.clone()))?;
    let mut reader = Reader::new(gpu)?;
    let slot = scene.data.slot();
    let left = reader.picture(&slot.picture)?;
    let network = reader.nearness(&scene.data)?;
    let size = left.size;
    let same_size = |path: &Path, have| match have == size {
        true => Ok(()),
        false => Err(EvalError::Size { path: path.to_owned(), have, wanted: size }),
    };
    let right = pairs::read_picture(&pair.right)?;
    same_size(&pair.right, right.size)?;
    let truth = pair.truth.as_ref().ok_or_else(|| EvalError::NoTruth(options.folder.clone()))?;
    let (disparity, truth_size) = truth.read()?;
    same_size(&truth.path, truth_size)?;
    // Edges are looked for everywhere, so everything must be known.
    let values: Option<Vec<f32>> = disparity.into_iter().collect();
    let truth = Map { size, values: values.ok_or_else(|| EvalError::Gaps(truth.path.clone()))? };
    let zones = Zones::of(&truth);
    let full = network.resized(size);
    let (scale, shift) = scale_and_shift(&full.values, &truth.values);
    let fit = |nearness: f32| (f64::from(nearness) * scale.max(0.0) + shift) as f32;
    let (small, full) = (network.map(fit), full.map(fit));
    let truth_small = truth.resized(small.size);
    let views = [
        plain_warp(&left, &full),
        right_view(gpu, &mut reader, &slot.picture, &small)?,
        right_view(gpu, &mut reader, &slot.picture, &truth_small)?,
        right_view(gpu, &mut reader, &slot.picture, &truth)?,
        plain_warp(&left, &truth),
    ];
    if let Some(kept) = kept {
        for (view, name) in views.iter().zip(FILES).chain([(&right, "right"), (&left, "left")]) {
            kept.write(view, &pair.stem, name)?;
        }
    }
    let part = zones.of.iter().filter(|zone| matches!(zone, Zone::Seen | Zone::Hole)).count();
    Ok(EdgeScores {
        name: pair.name.clone(),
        size,
        part: part as f64 / zones.of.len().max(1) as f64,
        methods: METHODS.iter().zip(&views).map(|(method, view)| zones.errors(method, view, &right)).collect(),
    })
}

/// The folder that right views are kept in.
pub struct Views {
    folder: PathBuf,
    force: bool,
}

impl Views {
    /// Views of the pairs in `pairs`, kept in `folder`, which has to be there.
    ///
    /// # Errors
    /// A file is in the way of one of them, or is read by the same command.
    pub fn new(folder: &Path, pairs: &Path, mut outputs: Outputs) -> Result<Self, EvalError> {
        let pairs = pairs::find(pairs)?.pairs;
        for pair in &pairs {
            let truth = pair.truth.as_ref().map(|truth| &truth.path);
            [Some(&pair.left), Some(&pair.right), truth]
                .into_iter()
                .flatten()
                .for_each(|path| outputs.protect(&path.into()));
        }
        for pair in pairs.iter().filter(|pair| pair.truth.is_some()) {
            for name in FILES.into_iter().chain(["right", "left"]) {
                outputs.take(&view_path(folder, &pair.stem, name)).map_err(EncodeError::from)?;
            }
        }
        outputs.sweep();
        Ok(Self { folder: folder.to_owned(), force: outputs.force() })
    }

    fn write(&self, view: &Samples, stem: &OsStr, name: &str) -> Result<(), EvalError> {
        let rgba: Vec<u8> = view.values.chunks_exact(3).flat_map(|s| [s[0], s[1], s[2], 255]).collect();
        let still = StillOptions { force: self.force, ..StillOptions::default() };
        let path = view_path(&self.folder, stem, name);
        Ok(write_picture(&path, &rgba, view.size[0] as usize * 4, view.size, &still)?)
    }
}

fn view_path(folder: &Path, stem: &OsStr, name: &str) -> PathBuf {
    folder.join(with_end(stem, &format!("-{name}.png")))
}

/// The right view of `picture` by the stereo stage, from a disparity in pixels (larger is nearer): left eye as source, no fades, no limits.
fn right_view(gpu: &Gpu, reader: &mut Reader, picture: &Arc<Image>, disparity: &Map) -> Result<Samples, EvalError> {
    let parallax: Vec<f32> = disparity.values.iter().map(|disparity| -disparity).collect();
    let percentiles = Percentiles::of(&parallax).unwrap_or(Percentiles { near: 0.0, far: 1.0 });
    let percent = 100.0 / picture.size()[0] as f32;
    let mapping = Mapping {
        gain: percent,
        min: parallax.iter().copied().fold(f32::INFINITY, f32::min) * percent,
        max: parallax.iter().copied().fold(f32::NEG_INFINITY, f32::max) * percent,
        front_fade: 0.0,
        behind_fade: 0.0,
        near: percentiles.near * percent,
        far: percentiles.far * percent,
        span: (percentiles.far - percentiles.near).max(1e-3),
        ..Mapping::FLAT
    };
    let disparity_buffer = Buffer::with_content(gpu, "disparity to score", bytemuck::cast_slice(&parallax))?;
    let source = Source { picture: Arc::clone(picture), disparity: disparity_buffer };
    let stereo = Stereo::new(gpu, &[source], disparity.size)?;
    let mut commands = Commands::new(gpu, "right view", 0)?;
    commands.record(|recorder| stereo.record(recorder, 0, &View { mapping, source_eye: SourceEye::Left }))?;
    gpu.wait(gpu.submit(&mut commands)?)?;
    Ok(reader.picture(stereo.right())?)
}

/// The simplest view: each pixel x of the right one is the left one's at x + d(x), read between pixels.
fn plain_warp(left: &Samples, disparity: &Map) -> Samples {
    let width = left.size[0] as usize;
    let pixel = |(at, d): (usize, &f32)| {
        let (row, x) = (at / width * width, at % width);
        let from = (x as f32 + d).clamp(0.0, width as f32 - 1.0);
        let (low, part) = (from as usize, from.fract());
        [0, 1, 2].map(|channel| {
            let sample = |x: usize| f32::from(left.values[(row + x.min(width - 1)) * 3 + channel]);
            (sample(low) + (sample(low + 1) - sample(low)) * part).round() as u8
        })
    };
    Samples { size: left.size, values: disparity.values.iter().enumerate().flat_map(pixel).collect() }
}

/// Where a pixel of the right view lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// In the ring; the left eye sees it.
    Seen,
    /// In the ring; it is hidden from the left eye.
    Hole,
    /// Beyond the ring.
    Outside,
    /// Beyond the left picture's sides.
    Beyond,
}

/// Of each pixel of the right view, row by row.
struct Zones {
    of: Vec<Zone>,
}

impl Zones {
    /// By the left picture's exact disparity in pixels.
    fn of(disparity: &Map) -> Self {
        let [width, height] = disparity.size.map(|side| side as i32);
        let jump = JUMP * width as f32;
        let mut zones = vec![Zone::Outside; disparity.values.len()];
        let mut silhouettes = Vec::new();
        for y in 0..height {
            let row = &disparity.values[(y * width) as usize..][..width as usize];
            let landing = |x: i32| (x as f32 - row[x as usize]).round() as i32;
            // The nearest disparity that lands on each pixel.
            let mut nearest = vec![f32::NEG_INFINITY; width as usize];
            let mut cover = |from: i32, to: i32, d: f32| {
                for x in from.max(0)..=to.min(width - 1) {
                    nearest[x as usize] = nearest[x as usize].max(d);
                }
            };
            for x in 0..width {
                let d = row[x as usize];
                let next = row[(x + 1).min(width - 1) as usize];
                let last = if (d - next).abs() <= jump { landing((x + 1).min(width - 1)) } else { landing(x) };
                cover(landing(x).min(last), landing(x).max(last), d);
            }
            let seen = |x: &usize| nearest[*x] > f32::NEG_INFINITY;
            let first = (0..width as usize).find(seen).unwrap_or(0);
            let last = (0..width as usize).rev().find(seen).unwrap_or(0);
            for (x, near) in nearest.iter().enumerate() {
                zones[(y * width) as usize + x] = match near.is_finite() {
                    _ if x < first || x > last => Zone::Beyond,
                    true => Zone::Outside,
                    false => Zone::Hole,
                };
            }
            for x in 0..width - 1 {
                let (d, next) = (row[x as usize], row[x as usize + 1]);
                let (near, at) = if d > next { (d, landing(x)) } else { (next, landing(x + 1)) };
                let visible = (0..width).contains(&at) && nearest[at as usize] <= near + jump;
                if (d - next).abs() > jump && visible {
                    silhouettes.push([at, y]);
                }
            }
        }
        let mut ring = vec![false; zones.len()];
        for [x, y] in silhouettes {
            for dy in -RING..=RING {
                let reach = f64::from(RING * RING - dy * dy).sqrt() as i32;
                if (0..height).contains(&(y + dy)) {
                    let (from, to) = ((x - reach).max(0), (x + reach).min(width - 1));
                    ring[((y + dy) * width + from) as usize..=((y + dy) * width + to) as usize].fill(true);
                }
            }
        }
        for (zone, ring) in zones.iter_mut().zip(ring) {
            *zone = match (*zone, ring) {
                (Zone::Outside, true) => Zone::Seen,
                (Zone::Hole, false) => Zone::Outside,
                (zone, _) => zone,
            };
        }
        Self { of: zones }
    }

    fn errors(&self, method: &'static str, view: &Samples, right: &Samples) -> EdgeErrors {
        let mean = |wanted: &[Zone]| {
            let (mut sum, mut count) = (0u64, 0u64);
            for (at, _) in self.of.iter().enumerate().filter(|(_, zone)| wanted.contains(zone)) {
                let samples = at * 3..at * 3 + 3;
                let differences = view.values[samples.clone()].iter().zip(&right.values[samples]);
                sum += differences.map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
                count += 3;
            }
            sum as f64 / count.max(1) as f64
        };
        EdgeErrors {
            method,
            ring: mean(&[Zone::Seen, Zone::Hole]),
            seen: mean(&[Zone::Seen]),
            holes: mean(&[Zone::Hole]),
            outside: mean(&[Zone::Outside]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of disparity 10 (columns 40 to 59) before a wall of disparity 2, `rows` high.
    fn block(rows: u32) -> Map {
        let value = |x: u32| if (40..60).contains(&x) { 10.0 } else { 2.0 };
        Map { size: [100, rows], values: (0..100 * rows).map(|at| value(at % 100)).collect() }
    }

    #[test]
    fn the_ring_lies_around_both_silhouettes_where_the_right_eye_sees_them() {
        let zones = Zones::of(&block(3)).of;
        let row: String = zones[100..200]
            .iter()
            .map(|zone| match zone {
                Zone::Seen => 's',
                Zone::Hole => 'h',
                Zone::Outside => '.',
                Zone::Beyond => 'x',
            })
            .collect();
        // The block is seen from 30 to 49, the wall behind it is uncovered from 50 to 57; the left picture ends at 97.
        let expected: String = (0..100)
            .map(|x| match x {
                50..=57 => 'h',
                22..=38 | 41..=49 => 's',
                98.. => 'x',
                _ => '.',
            })
            .collect();
        assert_eq!(row, expected);
    }

    #[test]
    fn errors_are_counted_where_they_are() {
        let zones = Zones::of(&block(1));
        let right = Samples { size: [100, 1], values: vec![100; 300] };
        let mut view = right.clone();
        view.values[52 * 3..53 * 3].fill(130);
        view.values[80 * 3] = 106;
        view.values[99 * 3] = 0;
        let errors = zones.errors("x", &view, &right);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(
            near(errors.holes, 30.0 / 8.0) && near(errors.seen, 0.0) && near(errors.ring, 30.0 / 34.0),
            "{errors:?}"
        );
        assert!(near(errors.outside, 2.0 / 64.0), "{errors:?}");
    }

    #[test]
    fn a_plain_warp_looks_by_its_own_disparity() {
        let left = Samples { size: [4, 1], values: (0..12).map(|at| at / 3 * 40).collect() };
        let view = plain_warp(&left, &Map { size: [4, 1], values: vec![1.0, 0.5, -1.0, 9.0] });
        assert_eq!(view.values.iter().step_by(3).copied().collect::<Vec<_>>(), [40, 60, 40, 120]);
    }
}
