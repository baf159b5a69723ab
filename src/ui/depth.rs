//! The pane of the 3D settings, and in a window the choice of the layout.

use clap::ValueEnum;
use egui::{Align2, Rect, vec2};

use super::Pane;
use super::model::DepthModel;
use super::pass::{BUTTON, DIM, Face, Pass, SLIDER, Slider};
use crate::sink::Action;
use crate::sink::layout::{Layout, Target};

/// Width of the pane, without its margin.
const WIDTH: f32 = 356.0;
/// Height of a layout in the list.
const LINE: f32 = 29.0;

/// How a layout is called.
fn name(layout: Layout) -> &'static str {
    match layout {
        Layout::Sbs => "side by side",
        Layout::HalfSbs => "half side by side",
        Layout::Tab => "top and bottom",
        Layout::HalfTab => "half top and bottom",
        Layout::Anaglyph => "red-cyan",
        Layout::AnaglyphGreenMagenta => "green-magenta",
        Layout::AnaglyphAmberBlue => "amber-blue",
        Layout::AnaglyphGrey => "red-cyan, grey",
        Layout::Rows => "rows",
        Layout::Columns => "columns",
        Layout::Checkerboard => "checkerboard",
        Layout::Left => "left eye",
        Layout::Right => "right eye",
        Layout::Depth => "depth",
        Layout::Layers => "layers",
        Layout::Wiggle => "wiggle",
    }
}

/// The pane above `bar`, at its right end.
pub(super) fn build(pass: &mut Pass<'_>, bar: Rect, depth: &DepthModel, pane: &mut Pane) {
    let layouts = *pane == Pane::Layouts && !pass.is_in_headset();
    let choices: Vec<_> = Layout::value_variants().iter().copied().filter(|it| it.allows(Target::Window)).collect();
    let rows = if pass.is_in_headset() { 2.0 } else { 3.0 };
    let height = match layouts {
        true => choices.len().div_ceil(2) as f32 * LINE,
        false => 2.0 * SLIDER + rows * BUTTON + 4.0,
    };
    let inner = pass.pane(bar, vec2(WIDTH, height));
    if layouts {
        for (index, layout) in choices.into_iter().enumerate() {
            let (column, row) = ((index % 2) as f32, (index / 2) as f32);
            let size = vec2(inner.width() / 2.0, LINE);
            let rect = Rect::from_min_size(inner.min + vec2(column * size.x, row * size.y), size);
            if pass.button(rect, layout.name(), Face::Text(name(layout)), layout == depth.layout) {
                pass.actions.push(Action::SetLayout(layout));
                *pane = Pane::Depth;
            }
        }
        return;
    }
    let row = |y: f32, height: f32| Rect::from_min_size(inner.min + vec2(0.0, y), vec2(inner.width(), height));
    let strength = Slider {
        marks: &[(0.8, "soft"), (1.5, "film"), (2.5, "strong")],
        ..Slider::new("Depth", depth.strength, [0.0, 3.0], 0.1)
    };
    if let Some(wanted) = pass.slider(row(0.0, SLIDER), &strength, &format!("{:.1} %", depth.strength)) {
        pass.actions.push(Action::SetStrength((wanted * 20.0).round() / 20.0));
    }
    let convergence = Slider {
        marks: &[(0.0, "the farthest"), (1.0, "the nearest")],
        ..Slider::new("On the screen", depth.convergence, [0.0, 1.0], 0.05)
    };
    if let Some(wanted) = pass.slider(row(SLIDER, SLIDER), &convergence, &format!("{:.2}", depth.convergence)) {
        pass.actions.push(Action::SetConvergence((wanted * 100.0).round() / 100.0));
    }
    let (left, right) = row(2.0 * SLIDER + 4.0, BUTTON).split_left_right_at_fraction(0.5);
    if pass.button(left, "automatic", Face::Text("By the shot"), depth.automatic) {
        pass.actions.push(Action::AutomaticDepth);
    }
    if pass.button(right, "meter", Face::Text("Comfort meter"), depth.metered) {
        pass.actions.push(Action::Meter);
    }
    let buttons = row(2.0 * SLIDER + 4.0 + BUTTON, BUTTON);
    let (left, right) = buttons.split_left_right_at_fraction(0.5);
    if pass.button(left, "flat", Face::Text("In 3D"), !depth.flat) {
        pass.actions.push(Action::Flat);
    }
    if pass.button(right, "swap eyes", Face::Text("Swap eyes"), depth.swap_eyes) {
        pass.actions.push(Action::SwapEyes);
    }
    if !pass.is_in_headset() {
        let line = row(2.0 * SLIDER + 4.0 + 2.0 * BUTTON, BUTTON);
        let (word, choice) = line.split_left_right_at_fraction(0.3);
        pass.text(word.left_center(), Align2::LEFT_CENTER, "Layout", 15.0, DIM);
        if pass.button(choice, "layout", Face::Text(name(depth.layout)), false) {
            *pane = Pane::Layouts;
        }
    }
}
