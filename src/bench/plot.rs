//! Figures over the time in which they were measured, as a picture for people: a strip for each, one below the other, each with its own scale.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::figures::Figures;

/// Width of the picture in pixels.
const WIDTH: u32 = 1000;
/// Height of a strip, of what stands above all, and of the axis below all.
const STRIP: u32 = 120;
const TOP: u32 = 52;
const BOTTOM: u32 = 36;
/// Above a strip, for its name and figures.
const CAPTION: u32 = 24;
/// Beside the strips, for the numbers of their scales.
const LEFT: u32 = 64;
/// So many steps along the axis of time are told apart: of more samples the shortest and the longest of each step are drawn.
const STEPS: usize = 900;

const DOTS: RGBColor = RGBColor(31, 119, 180);
const P50: RGBColor = RGBColor(44, 120, 44);
const P95: RGBColor = RGBColor(214, 39, 40);
const GREY: RGBColor = RGBColor(90, 90, 90);

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[error("the plot could not be drawn: {0}")]
pub struct PlotError(String);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An SVG of those of `strips`, by name, that have samples, below `title`.
pub(super) fn svg(title: &str, strips: &[(&str, &Figures)]) -> Result<String, PlotError> {
    let strips: Vec<_> = strips.iter().filter(|(_, figures)| !figures.samples.is_empty()).collect();
    let mut text = String::new();
    let height = TOP + STRIP * strips.len() as u32 + BOTTOM;
    let root = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
    let failed = |error: &dyn std::fmt::Display| PlotError(error.to_string());
    root.fill(&WHITE).map_err(|error| failed(&error))?;
    // XML has no words for control characters.
    let title = title.replace(char::is_control, "\u{fffd}");
    let words = [
        (title.as_str(), 16, (LEFT, 8), BLACK),
        ("milliseconds over seconds; a dot for each sample, lines at", 12, (LEFT, 30), GREY),
        ("p50", 12, (LEFT + 312, 30), P50),
        ("p95", 12, (LEFT + 342, 30), P95),
    ];
    for (words, size, (x, y), colour) in words {
        let style = ("sans-serif", size).into_font().color(&colour);
        root.draw(&Text::new(words, (x as i32, y), style)).map_err(|error| failed(&error))?;
    }
    let end = strips.iter().flat_map(|(_, figures)| &figures.at).copied().fold(1e-3, f64::max);
    let (_, below) = root.split_vertically(TOP);
    for (index, (name, figures)) in strips.iter().enumerate() {
        let last = index + 1 == strips.len();
        let from = STRIP * index as u32;
        let to = from + STRIP + if last { BOTTOM } else { 0 };
        let area = below.clone().shrink((0u32, from), (WIDTH, to - from));
        strip(&area, name, figures, end, last).map_err(|error| failed(&error))?;
    }
    root.present().map_err(|error| failed(&error))?;
    drop((root, below));
    Ok(text)
}

/// One strip; the `last` one has the axis of time, which ends at `end` seconds.
fn strip(
    area: &Area<'_>,
    name: &str,
    figures: &Figures,
    end: f64,
    last: bool,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let [p50, p95, p99, max] = figures.shown();
    let most = figures.samples.iter().copied().filter(|sample| sample.is_finite()).fold(1e-4, f64::max) * 1e3;
    let caption = format!("{name}: p50 {p50}, p95 {p95}, p99 {p99}, max {max}");
    area.draw(&Text::new(caption, (LEFT as i32, 6), ("sans-serif", 13)))?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(CAPTION)
        .margin_right(16)
        .set_label_area_size(LabelAreaPosition::Left, LEFT)
        .set_label_area_size(LabelAreaPosition::Bottom, if last { BOTTOM } else { 8 })
        .build_cartesian_2d(0.0..end, 0.0..most * 1.1)?;
    let digits = if most < 1.0 { 2 } else { usize::from(most < 20.0) };
    let shown = |value: &f64| format!("{value:.digits$}");
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(TRANSPARENT).bold_line_style(GREY.mix(0.2)).axis_style(GREY);
    mesh.y_labels(3).y_label_formatter(&shown).label_style(("sans-serif", 11, &GREY));
    let seconds = |value: &f64| if end < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    mesh.x_labels(if last { 10 } else { 0 }).x_label_formatter(&seconds);
    if last {
        mesh.x_desc("seconds").axis_desc_style(("sans-serif", 12, &GREY));
    }
    mesh.draw()?;
    let dots = thinned(&figures.at, &figures.samples, end);
    chart.draw_series(LineSeries::new(dots.iter().copied(), DOTS.mix(0.35)))?;
    chart.draw_series(dots.iter().map(|dot| Circle::new(*dot, 2, DOTS.filled())))?;
    for (value, colour) in [(figures.p50, P50), (figures.p95, P95)] {
        if let Some(value) = value {
            chart.draw_series(LineSeries::new([(0.0, value * 1e3), (end, value * 1e3)], colour))?;
        }
    }
    Ok(())
}

/// Samples as dots, seconds and milliseconds: all of them, or of each of many steps of time up to `end` the shortest and the longest.
fn thinned(at: &[f64], samples: &[f64], end: f64) -> Vec<(f64, f64)> {
    let dots = at.iter().zip(samples).filter(|(at, sample)| at.is_finite() && sample.is_finite());
    let dots: Vec<(f64, f64)> = dots.map(|(at, sample)| (*at, sample * 1e3)).collect();
    if dots.len() <= 2 * STEPS {
        return dots;
    }
    let step = |dot: &(f64, f64)| ((dot.0 / end * STEPS as f64) as usize).min(STEPS - 1);
    let mut kept = Vec::with_capacity(2 * STEPS);
    for group in dots.chunk_by(|one, other| step(one) == step(other)) {
        let order = |one: &&(f64, f64), other: &&(f64, f64)| one.1.total_cmp(&other.1);
        kept.extend(group.iter().min_by(order).into_iter().chain(group.iter().max_by(order)));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(samples: Vec<f64>) -> Figures {
        let at = (0..samples.len()).map(|index| index as f64 / 24.0).collect();
        Figures { p50: Some(0.02), p95: Some(0.05), p99: Some(0.05), max: Some(0.07), samples, at }
    }

    #[test]
    fn each_strip_that_has_samples_is_drawn() {
        let (some, none) = (figures(vec![0.02, 0.07, 0.03]), Figures::default());
        let text = svg("a <film> & \u{1b}[31m", &[("latency", &some), ("decode", &none), ("network", &some)]).unwrap();
        assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
        assert!(text.contains("a &lt;film&gt; &amp; \u{fffd}[31m") && !text.contains('\u{1b}'), "{text}");
        assert!(
            text.contains("latency: p50 20.00, p95 50.00") && text.contains("network: ") && !text.contains("decode")
        );
        // Two strips of three dots.
        assert_eq!(text.matches("<circle").count(), 6);
        assert!(text.contains("height=\"328\""), "{}", &text[..200]);
    }

    #[test]
    fn nothing_measured_and_nonsense_are_drawn_without_harm() {
        for strange in [vec![], vec![0.0], vec![f64::NAN, f64::INFINITY, 0.01], vec![1e9; 3]] {
            let text = svg("", &[("x", &figures(strange.clone()))]).unwrap();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{strange:?}: {text}");
        }
    }

    #[test]
    fn of_many_samples_the_longest_is_still_seen() {
        let mut samples = vec![0.02; 50_000];
        samples[33_333] = 0.5;
        let many = figures(samples);
        let dots = thinned(&many.at, &many.samples, 50_000.0 / 24.0);
        assert!(dots.len() <= 2 * STEPS && dots.is_sorted_by(|one, other| one.0 <= other.0));
        assert_eq!(dots.iter().filter(|dot| dot.1 == 500.0).count(), 1);
        assert_eq!(dots.iter().map(|dot| dot.1).fold(f64::MAX, f64::min), 20.0);
    }
}
