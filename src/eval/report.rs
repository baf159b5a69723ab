//! What was found, as a table and as JSON (schema 1, documented in docs/eval.md).

use std::fmt::Write as _;

use serde::Serialize;

/// The report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of this layout of keys.
    pub schema: u32,
    /// Version of deep3d.
    pub deep3d: &'static str,
    /// Which network.
    pub network: &'static str,
    /// Its input size area, pixels.
    pub network_area: u32,
    /// The pairs, by name.
    pub pairs: Vec<PairScores>,
    /// The means over the pairs that count, for each method.
    pub mean: Vec<MethodScores>,
    /// The films, by name.
    pub films: Vec<FilmScores>,
}

/// One pair.
#[derive(Debug, Serialize)]
pub struct PairScores {
    /// Its name.
    pub name: String,
    /// Width and height.
    pub size: [u32; 2],
    /// `measured`, or `matched` where the fixed matcher had to find the disparity.
    pub truth: &'static str,
    /// Pixels whose disparity is known.
    pub known: usize,
    /// Whether it counts in the means.
    pub counted: bool,
    /// Each method, the baselines first.
    pub methods: Vec<MethodScores>,
}

/// One method.
#[derive(Debug, Clone, Serialize)]
pub struct MethodScores {
    /// Its name.
    pub name: String,
    /// Its disparity's scores; none for those that have none.
    pub disparity: Option<DisparityScores>,
    /// Its right view's.
    pub right_view: RightViewScores,
}

/// How good a disparity is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DisparityScores {
    /// Spearman's, −1 … 1.
    pub rank_correlation: f64,
    /// 0 … 1.
    pub order_error: f64,
    /// AbsRel.
    pub relative_error: f64,
}

/// How good a right view is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RightViewScores {
    /// Mean absolute error, 0 … 255.
    pub mean_absolute_error: f64,
    /// dB.
    pub psnr: f64,
    /// −1 … 1.
    pub ssim: f64,
    /// The fitted parallax of the nearest (2nd percentile), % of the width.
    pub near: Option<f64>,
    /// Of the farthest (98th).
    pub far: Option<f64>,
}

/// One film.
#[derive(Debug, Serialize)]
pub struct FilmScores {
    /// Its file name.
    pub name: String,
    /// Pairs of frames compared.
    pub compared: usize,
    /// Pairs passed over: cuts, and frames in which hardly anything was found again.
    pub passed_over: usize,
    /// Mean flicker, a part of the disparity's span.
    pub flicker: f64,
    /// Its 95th percentile over the frames.
    pub flicker_p95: f64,
    /// Mean part of the picture that could be compared.
    pub part: f64,
    /// Edges of the disparity on things that move.
    pub edges: usize,
    /// Their mean sharpness: 1 is a step from one value to the next.
    pub sharpness: f64,
}

/// The mean of each method over `pairs` that count; methods are known by name, and only those that every counted pair has are given.
pub fn means(pairs: &[PairScores]) -> Vec<MethodScores> {
    let counted: Vec<_> = pairs.iter().filter(|pair| pair.counted).collect();
    let names: Vec<_> =
        counted.first().map(|pair| pair.methods.iter().map(|method| method.name.clone()).collect()).unwrap_or_default();
    names.into_iter().filter_map(|name: String| mean(&counted, name)).collect()
}

fn mean(pairs: &[&PairScores], name: String) -> Option<MethodScores> {
    let of = |pair: &&PairScores| pair.methods.iter().find(|method| method.name == name).cloned();
    let methods: Vec<MethodScores> = pairs.iter().map(of).collect::<Option<_>>()?;
    let mean = |value: &dyn Fn(&MethodScores) -> f64| methods.iter().map(value).sum::<f64>() / methods.len() as f64;
    let disparities: Option<Vec<DisparityScores>> = methods.iter().map(|method| method.disparity).collect();
    let disparity = disparities.map(|all| {
        let mean = |value: fn(&DisparityScores) -> f64| all.iter().map(value).sum::<f64>() / all.len() as f64;
        DisparityScores {
            rank_correlation: mean(|scores| scores.rank_correlation),
            order_error: mean(|scores| scores.order_error),
            relative_error: mean(|scores| scores.relative_error),
        }
    });
    let right_view = RightViewScores {
        mean_absolute_error: mean(&|method| method.right_view.mean_absolute_error),
        psnr: mean(&|method| method.right_view.psnr),
        ssim: mean(&|method| method.right_view.ssim),
        near: None,
        far: None,
    };
    Some(MethodScores { name, disparity, right_view })
}

impl Report {
    /// The table.
    pub fn table(&self) -> String {
        let mut text = String::new();
        if !self.pairs.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{:34} {:>6} {:>6} {:>6}   {:>6} {:>6} {:>6}",
                "", "rank ↑", "order↓", "AbsRel↓", "MAE ↓", "PSNR ↑", "SSIM ↑"
            );
        }
        for pair in &self.pairs {
            let counted = if pair.counted { "" } else { ", not counted" };
            let [width, height] = pair.size;
            let _ = writeln!(text, "{} ({width}×{height}, {}{counted})", pair.name, pair.truth);
            pair.methods.iter().for_each(|method| line(&mut text, method));
        }
        if !self.mean.is_empty() {
            let _ = writeln!(text, "mean of {}", self.pairs.iter().filter(|pair| pair.counted).count());
            self.mean.iter().for_each(|method| line(&mut text, method));
        }
        if !self.films.is_empty() {
            let _ = writeln!(
                text,
                "flicker, % of the span: mean, 95th percentile; frames compared, passed over; part of the picture; sharpness of moving edges"
            );
        }
        for film in &self.films {
            let FilmScores { name, compared, passed_over, flicker, flicker_p95, part, edges, sharpness } = film;
            let (mean, high, part) = (flicker * 100.0, flicker_p95 * 100.0, part * 100.0);
            let _ = writeln!(
                text,
                "  {name:32} {mean:6.2} {high:6.2}   {compared:6} {passed_over:6}   {part:3.0} %   {sharpness:5.3} of {edges}"
            );
        }
        text
    }
}

fn line(text: &mut String, method: &MethodScores) {
    let _ = match method.disparity {
        Some(DisparityScores { rank_correlation, order_error, relative_error }) => {
            write!(text, "  {:32} {rank_correlation:6.3} {order_error:6.3} {relative_error:6.3}", method.name)
        }
        None => write!(text, "  {:32} {:>6} {:>6} {:>6}", method.name, "–", "–", "–"),
    };
    let RightViewScores { mean_absolute_error, psnr, ssim, near, far } = method.right_view;
    let _ = write!(text, "   {mean_absolute_error:6.2} {psnr:6.2} {ssim:6.3}");
    let _ = match (near, far) {
        (Some(near), Some(far)) => writeln!(text, "   {near:+.2} … {far:+.2} %"),
        _ => writeln!(text),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, counted: bool, psnr: f64) -> PairScores {
        let right_view =
            RightViewScores { mean_absolute_error: 1.0, psnr, ssim: 0.5, near: Some(-1.0), far: Some(1.0) };
        let disparity = Some(DisparityScores { rank_correlation: psnr / 100.0, order_error: 0.1, relative_error: 0.2 });
        let methods = vec![
            MethodScores { name: "left as right".into(), disparity: None, right_view },
            MethodScores { name: "deep3d".into(), disparity, right_view },
        ];
        PairScores { name: name.into(), size: [4, 2], truth: "measured", known: 8, counted, methods }
    }

    #[test]
    fn means_are_over_what_counts() {
        let pairs = vec![pair("a", true, 20.0), pair("b", false, 90.0), pair("c", true, 30.0)];
        let means = means(&pairs);
        assert_eq!(means.len(), 2);
        assert!(means[0].disparity.is_none() && means[0].right_view.psnr == 25.0);
        assert!((means[1].disparity.unwrap().rank_correlation - 0.25).abs() < 1e-12);
        let report = Report {
            schema: 1,
            deep3d: "0",
            network: "deep3d",
            network_area: 1,
            mean: means,
            pairs,
            films: Vec::new(),
        };
        let table = report.table();
        assert!(table.contains("mean of 2") && table.contains("not counted"), "{table}");
    }
}
