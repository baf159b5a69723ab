//! The comfort meter: how much of the picture has which parallax, in % of the width and in degrees, between the limits.

use egui::{Align2, Color32, Rect, Stroke, pos2, vec2};

use super::model::MeterModel;
use super::pass::{BRIGHT, DIM, Pass, TRACK};
use crate::stage::comfort::Chosen;
use crate::stage::comfort::meter::{CLASS, parallax_of};

/// Width and height of the meter.
const SIZE: [f32; 2] = [380.0, 176.0];
/// Between its edge and what is in it.
const MARGIN: f32 = 12.0;
/// Least and greatest parallax shown whatever there is, in % of the width.
const RANGE: [f32; 2] = [-1.5, 2.5];
/// Behind what is beyond a limit.
const BEYOND: Color32 = Color32::from_rgba_premultiplied(70, 70, 70, 90);

/// At the upper left corner of `size` points.
pub(super) fn build(pass: &mut Pass<'_>, size: [f32; 2], meter: &MeterModel) {
    let width = SIZE[0].min(size[0] - 28.0).max(120.0);
    let whole = Rect::from_min_size(pos2(14.0, 14.0), vec2(width, SIZE[1]));
    pass.shade(whole);
    let inner = whole.shrink(MARGIN);
    let [near, far] = meter.ends;
    let most = meter.limits.behind.min(4.0).max(far + 0.3);
    let (least, most) = (RANGE[0].min(near - 0.3).max(-4.5), RANGE[1].min(most + 0.4).max(far + 0.3).min(7.5));
    let graph = Rect::from_min_max(inner.min + vec2(0.0, 44.0), pos2(inner.max.x, inner.max.y - 34.0));
    let x = |p: f32| graph.min.x + graph.width() * ((p - least) / (most - least)).clamp(0.0, 1.0);
    let shown = pass.ui.painter().with_clip_rect(whole);

    let words = match meter.chosen {
        Some(Chosen { strength, convergence, .. }) => {
            format!("{near:+.2} … {far:+.2} %   strength {strength:.2} %, on the screen {convergence:.2}")
        }
        None => "2D".to_owned(),
    };
    pass.text(inner.min, Align2::LEFT_TOP, &words, 14.0, BRIGHT);
    let [outside, measured] = meter.seconds;
    let (words, colour) = match meter.is_outside {
        true => (format!("OUTSIDE the limits, {outside:.1} of {measured:.0} s"), BRIGHT),
        false => (format!("outside the limits {outside:.1} of {measured:.0} s"), DIM),
    };
    pass.text(inner.min + vec2(0.0, 20.0), Align2::LEFT_TOP, &words, 14.0, colour);

    // What is beyond the limits, then the histogram: roots, so that small parts are seen, too.
    let (front, behind) = (x(meter.limits.front), x(meter.limits.behind));
    shown.rect_filled(Rect::from_min_max(graph.min, pos2(front, graph.max.y)), 0.0, BEYOND);
    if meter.limits.behind < most {
        shown.rect_filled(Rect::from_min_max(pos2(behind, graph.min.y), graph.max), 0.0, BEYOND);
    }
    let largest = meter.classes.iter().copied().fold(1e-6, f32::max);
    for (class, part) in meter.classes.iter().enumerate().filter(|(_, part)| **part > 0.0) {
        let (from, height) = (parallax_of(class), (part / largest).sqrt() * graph.height());
        let bar = Rect::from_min_max(pos2(x(from), graph.max.y - height), pos2(x(from + CLASS), graph.max.y));
        shown.rect_filled(bar, 0.0, BRIGHT);
    }
    shown.line_segment([graph.left_bottom(), graph.right_bottom()], Stroke::new(1.0, TRACK));
    // The screen, the limits, and what is looked at.
    let upright = |at: f32, width: f32, colour: Color32| {
        shown.line_segment([pos2(at, graph.min.y), pos2(at, graph.max.y + 4.0)], Stroke::new(width, colour));
    };
    upright(x(0.0), 1.0, DIM);
    upright(front, 2.0, DIM);
    if meter.limits.behind < most {
        upright(behind, 2.0, DIM);
    } else {
        let words = format!("limit {:+.1} % »", meter.limits.behind);
        pass.text(graph.right_top(), Align2::RIGHT_TOP, &words, 12.0, DIM);
    }
    if let Some(chosen) = meter.chosen {
        let at = pos2(x(chosen.attended), graph.min.y);
        shown.circle_filled(at, 4.0, BRIGHT);
    }
    let mut at = least.ceil();
    while at <= most {
        let (place, degrees) = (pos2(x(at), graph.max.y + 5.0), meter.viewing.degrees(at));
        let [percent, degrees] = match at == 0.0 {
            true => ["screen".to_owned(), "0°".to_owned()],
            false => [format!("{at:+.0} %"), format!("{degrees:+.2}°")],
        };
        pass.text(place, Align2::CENTER_TOP, &percent, 12.0, DIM);
        pass.text(place + vec2(0.0, 14.0), Align2::CENTER_TOP, &degrees, 12.0, DIM);
        at += 1.0;
    }
}
