//! The signs on buttons, drawn: no font has all of them.

use egui::{Color32, Painter, Pos2, Shape, Stroke, pos2, vec2};

/// A sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Icon {
    Play,
    Pause,
    Previous,
    Next,
    FullScreen,
    LeaveFullScreen,
    Screen,
    Recentre,
    Tracks,
    Sound,
    Muted,
    Quit,
    Up,
    Search,
    Recent,
    Folder,
    Film,
    Note,
    Picture,
}

/// Draws `icon` around `centre`, some 20 points wide.
pub(super) fn draw(painter: &Painter, icon: Icon, centre: Pos2, colour: Color32) {
    let at = |x: f32, y: f32| pos2(centre.x + x, centre.y + y);
    let stroke = Stroke::new(2.0, colour);
    let polygon = |points: &[(f32, f32)]| {
        let points = points.iter().map(|(x, y)| at(*x, *y)).collect();
        painter.add(Shape::convex_polygon(points, colour, Stroke::NONE));
    };
    let line = |points: &[(f32, f32)]| {
        painter.add(Shape::line(points.iter().map(|(x, y)| at(*x, *y)).collect(), stroke));
    };
    match icon {
        Icon::Play => polygon(&[(-7.0, -10.0), (11.0, 0.0), (-7.0, 10.0)]),
        Icon::Pause => {
            polygon(&[(-8.0, -10.0), (-2.5, -10.0), (-2.5, 10.0), (-8.0, 10.0)]);
            polygon(&[(2.5, -10.0), (8.0, -10.0), (8.0, 10.0), (2.5, 10.0)]);
        }
        Icon::Previous => {
            polygon(&[(7.0, -7.5), (-5.0, 0.0), (7.0, 7.5)]);
            polygon(&[(-7.5, -7.5), (-5.0, -7.5), (-5.0, 7.5), (-7.5, 7.5)]);
        }
        Icon::Next => {
            polygon(&[(-7.0, -7.5), (5.0, 0.0), (-7.0, 7.5)]);
            polygon(&[(5.0, -7.5), (7.5, -7.5), (7.5, 7.5), (5.0, 7.5)]);
        }
        Icon::FullScreen | Icon::LeaveFullScreen => {
            // Four corners; their arms reach inwards from the corner, or outwards from a corner farther in.
            let (corner, arm) = if icon == Icon::FullScreen { (8.5, -5.0) } else { (3.5, 5.0) };
            for (x, y) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                let [h, v] = [corner * x, corner * y];
                line(&[(h + arm * x, v), (h, v), (h, v + arm * y)]);
            }
        }
        Icon::Screen => {
            // A curved screen, seen from in front.
            line(&[(-10.0, -7.0), (0.0, -4.5), (10.0, -7.0), (10.0, 7.0), (0.0, 4.5), (-10.0, 7.0), (-10.0, -7.0)]);
        }
        Icon::Recentre => {
            painter.circle_stroke(centre, 6.5, stroke);
            painter.circle_filled(centre, 2.0, colour);
            for (x, y) in [(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)] {
                painter.line_segment([centre + vec2(x, y) * 6.5, centre + vec2(x, y) * 10.5], stroke);
            }
        }
        Icon::Tracks => {
            // A list, of which one is marked.
            for (row, y) in [-6.5, 0.0, 6.5].into_iter().enumerate() {
                line(&[(-3.0, y), (10.0, y)]);
                painter.circle_filled(at(-8.0, y), if row == 1 { 3.0 } else { 1.5 }, colour);
            }
        }
        Icon::Sound | Icon::Muted => {
            polygon(&[(-10.0, -3.5), (-6.0, -3.5), (-6.0, 3.5), (-10.0, 3.5)]);
            polygon(&[(-6.0, -3.5), (-0.5, -8.5), (-0.5, 8.5), (-6.0, 3.5)]);
            if icon == Icon::Muted {
                line(&[(3.0, -4.0), (10.0, 4.0)]);
                line(&[(10.0, -4.0), (3.0, 4.0)]);
            } else {
                // Two waves that spread.
                for radius in [5.0, 9.5_f32] {
                    let arc = (-4..=4).map(|step| 0.22 * step as f32).map(|turn| (turn.cos(), turn.sin()));
                    line(&arc.map(|(x, y)| (radius * x, radius * y)).collect::<Vec<_>>());
                }
            }
        }
        Icon::Up => {
            line(&[(0.0, 8.0), (0.0, -8.0)]);
            line(&[(-6.0, -2.0), (0.0, -8.0), (6.0, -2.0)]);
        }
        Icon::Search => {
            painter.circle_stroke(at(-1.5, -1.5), 5.5, stroke);
            line(&[(2.5, 2.5), (7.5, 7.5)]);
        }
        Icon::Recent => {
            painter.circle_stroke(centre, 7.5, stroke);
            line(&[(0.0, -4.5), (0.0, 0.0), (3.5, 2.0)]);
        }
        Icon::Folder => {
            let outline = [(-9.0, 7.0), (-9.0, -6.0), (-3.5, -6.0), (-1.5, -3.5), (9.0, -3.5), (9.0, 7.0)];
            let points = outline.iter().map(|(x, y)| at(*x, *y)).collect();
            painter.add(Shape::closed_line(points, stroke));
        }
        Icon::Film => {
            let frame = [(-9.0, -7.0), (9.0, -7.0), (9.0, 7.0), (-9.0, 7.0)];
            painter.add(Shape::closed_line(frame.iter().map(|(x, y)| at(*x, *y)).collect(), stroke));
            polygon(&[(-3.0, -4.0), (4.5, 0.0), (-3.0, 4.0)]);
        }
        Icon::Note => {
            painter.circle_filled(at(-4.0, 6.0), 3.2, colour);
            line(&[(-1.2, 6.0), (-1.2, -8.0), (6.0, -5.5), (6.0, -1.5)]);
        }
        Icon::Picture => {
            let frame = [(-9.0, -7.0), (9.0, -7.0), (9.0, 7.0), (-9.0, 7.0)];
            painter.add(Shape::closed_line(frame.iter().map(|(x, y)| at(*x, *y)).collect(), stroke));
            line(&[(-8.0, 5.0), (-3.0, -1.0), (0.5, 2.5), (3.5, -0.5), (8.0, 5.0)]);
            painter.circle_filled(at(4.5, -3.5), 1.6, colour);
        }
        Icon::Quit => {
            line(&[(-7.0, -7.0), (7.0, 7.0)]);
            line(&[(7.0, -7.0), (-7.0, 7.0)]);
        }
    }
}
