//! Scores of one pair and of one film, through the same chain as everything that is shown. One thread.

use std::path::Path;
use std::sync::Arc;

use super::flicker::{self, Change, Still};
use super::matcher;
use super::measures::{mean_absolute_error, order_error, psnr, rank_correlation, relative_error, ssim};
use super::pairs::{self, Pair, with_end};
use super::report::{DisparityScores, FilmScores, MethodScores, PairScores, RightViewScores};
use super::right_view::{self, Fit, RightViews};
use super::view::{Map, Reader, Samples};
use super::{EvalError, EvalOptions, Rival};
use crate::film::{Film, Scene, Step};
use crate::frame::Frame;
use crate::gpu::Gpu;
use crate::media::StopFlag;
use crate::net::Weights;
use crate::statistics::percentile;

/// Disparities from 1 pixel on count where they were matched: below, they are mostly noise, and AbsRel divides by them.
const LEAST_MATCHED: f32 = 1.0;

/// The names of what stands in every table.
const LEFT_AS_RIGHT: &str = "left as right";
const BEST_SHIFT: &str = "best global shift";
const RAMP: &str = "vertical ramp";

/// What scoring needs.
pub(super) struct Scoring<'a> {
    pub(super) gpu: &'a Gpu,
    pub(super) weights: &'a Arc<Weights>,
    pub(super) options: &'a EvalOptions,
    pub(super) stop: &'a StopFlag,
}

impl Scoring<'_> {
    fn open(&self, path: &Path) -> Result<Film, EvalError> {
        Ok(Film::open(self.gpu, self.weights, path, &self.options.film, self.stop.clone())?)
    }

    /// One pair, by every method.
    pub(super) fn pair(&self, pair: &Pair) -> Result<PairScores, EvalError> {
        let mut film = self.open(&pair.left)?;
        let scene = next_scene(&mut film, self.stop)?.ok_or_else(|| EvalError::NoPicture(pair.left.clone()))?;
        let mut reader = Reader::new(self.gpu)?;
        let slot = scene.data.slot();
        let left = reader.picture(&slot.picture)?;
        let own = reader.nearness(&scene.data)?;
        let same_size = |path: &Path, have: [u32; 2]| {
            let wanted = left.size;
            if have == wanted { Ok(()) } else { Err(EvalError::Size { path: path.to_owned(), have, wanted }) }
        };
        let right = pairs::read_picture(&pair.right)?;
        same_size(&pair.right, right.size)?;
        let (disparity, truth) = match &pair.truth {
            Some(truth) => {
                let (disparity, size) = truth.read()?;
                same_size(&truth.path, size)?;
                (disparity, "measured")
            }
            None => {
                let matched = matcher::stereo_match(&left.values, &right.values, left.size);
                (matched.into_iter().map(|d| d.filter(|d| *d >= LEAST_MATCHED)).collect(), "matched")
            }
        };
        let known: Vec<(usize, f32)> = disparity.iter().enumerate().filter_map(|(at, d)| Some((at, (*d)?))).collect();
        if known.len() < 2 {
            return Err(EvalError::NoDisparity { pair: pair.name.clone() });
        }
        let mut named = vec![(RAMP.to_owned(), ramp(own.size))];
        for Rival { name, folder } in &self.options.rivals {
            named.push((name.clone(), pairs::read_grey(&folder.join(with_end(&pair.stem, ".png")))?));
        }
        let small = own.size;
        named.push((self.weights.metadata.network.name().to_owned(), own));

        let width = left.size[0];
        let shift = right_view::best_shift(&left, &right);
        let percent = shift * 100.0 / width as f32;
        let mut methods = vec![
            MethodScores { name: LEFT_AS_RIGHT.to_owned(), disparity: None, right_view: compare(&left, &right, None) },
            MethodScores {
                name: BEST_SHIFT.to_owned(),
                disparity: None,
                right_view: compare(
                    &right_view::shifted(&left, shift),
                    &right,
                    Some(Fit { near: percent, far: percent }),
                ),
            },
        ];
        let maps: Vec<&Map> = named.iter().map(|(_, map)| map).collect();
        let mut views = RightViews::new(self.gpu, &slot.picture, &maps, small)?;
        let measured: Vec<f32> = known.iter().map(|(_, disparity)| *disparity).collect();
        for (source, (name, map)) in named.iter().enumerate() {
            if self.stop.is_stopped() {
                return Err(EvalError::Interrupted);
            }
            let full = map.resized(left.size);
            let predicted: Vec<f32> = known.iter().map(|(at, _)| full.values[*at]).collect();
            let mut sorted = map.values.clone();
            sorted.sort_by(f32::total_cmp);
            let percentiles = [0.02, 0.98].map(|share| percentile(&sorted, share) as f32);
            let starts =
                [right_view::start(&predicted, &measured, percentiles, width), Fit { near: percent, far: percent }];
            let (fit, view) = views.fit(source, &right, &starts)?;
            let disparity = DisparityScores {
                rank_correlation: rank_correlation(&predicted, &measured),
                order_error: order_error(&predicted, &measured),
                relative_error: relative_error(&predicted, &measured),
            };
            let right_view = compare(&view, &right, Some(fit));
            methods.push(MethodScores { name: name.clone(), disparity: Some(disparity), right_view });
        }
        Ok(PairScores {
            name: pair.name.clone(),
            size: left.size,
            truth,
            known: known.len(),
            counted: !self.options.uncounted.contains(&pair.name),
            methods,
        })
    }

    /// One film.
    pub(super) fn film(&self, path: &Path, name: String) -> Result<FilmScores, EvalError> {
        let mut film = self.open(path)?;
        let mut reader = Reader::new(self.gpu)?;
        let mut before: Option<Still> = None;
        let mut found: Vec<Change> = Vec::new();
        let mut passed_over = 0;
        for _ in 0..self.options.frames {
            let Some(scene) = next_scene(&mut film, self.stop)? else { break };
            let picture = reader.picture(&scene.data.slot().picture)?.cropped(scene.data.layout.crop);
            let still = Still::new(&picture, reader.nearness(&scene.data)?);
            if let Some(before) = before.take() {
                match flicker::between(&before, &still).filter(|_| !scene.data.is_cut()) {
                    Some(change) => found.push(change),
                    None => passed_over += 1,
                }
            }
            before = Some(still);
        }
        if before.is_none() {
            return Err(EvalError::NoPicture(path.to_owned()));
        }
        let compared = found.len();
        let mean = |value: fn(&Change) -> f64| found.iter().map(value).sum::<f64>() / compared.max(1) as f64;
        let mut sorted: Vec<f32> = found.iter().map(|change| change.flicker as f32).collect();
        sorted.sort_by(f32::total_cmp);
        let (flicker, part) = (mean(|change| change.flicker), mean(|change| change.part));
        let flicker_p95 = percentile(&sorted, 0.95);
        let edges: usize = found.iter().map(|change| change.edges.1).sum();
        let sharpness = found.iter().map(|change| change.edges.0).sum::<f64>() / edges.max(1) as f64;
        Ok(FilmScores { name, compared, passed_over, flicker, flicker_p95, part, edges, sharpness })
    }
}

fn compare(view: &Samples, right: &Samples, fit: Option<Fit>) -> RightViewScores {
    RightViewScores {
        mean_absolute_error: mean_absolute_error(&view.values, &right.values),
        psnr: psnr(&view.values, &right.values),
        ssim: ssim(&view.values, &right.values, right.size),
        near: fit.map(|fit| f64::from(fit.near)),
        far: fit.map(|fit| f64::from(fit.far)),
    }
}

/// Nearer towards the bottom, and nothing else.
fn ramp([width, height]: [u32; 2]) -> Map {
    let row = |y: u32| std::iter::repeat_n((y as f32 + 0.5) / height as f32, width as usize);
    Map { size: [width, height], values: (0..height).flat_map(row).collect() }
}

/// The next scene of a film, none at its end.
pub(super) fn next_scene(film: &mut Film, stop: &StopFlag) -> Result<Option<Frame<Scene>>, EvalError> {
    let step = film.scenes.receive(None);
    if stop.is_stopped() {
        return Err(EvalError::Interrupted);
    }
    match step {
        Ok(Step::Scene(scene)) => Ok(Some(scene)),
        Ok(Step::End { .. }) | Err(_) => Ok(None),
        Ok(Step::Failed { error, .. }) => Err(error.into()),
    }
}
