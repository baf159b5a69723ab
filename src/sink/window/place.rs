//! How large a window is, and where it stands: mpv's `--geometry` and `--autofit`, and what was kept.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use winit::window::Window;

use crate::whole;

/// The part of the monitor that a new window covers at most, each way.
const SHARE: f64 = 0.8;

/// A length, in pixels or in percent of the monitor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// Pixels.
    Pixels(f64),
    /// Percent.
    Percent(f64),
}

impl Length {
    fn of(self, whole: f64) -> f64 {
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Percent(percent) => whole * percent / 100.0,
        }
    }
}

impl FromStr for Length {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=6).contains(&text.len());
            plain.then(|| text.parse::<f64>().ok()).flatten().ok_or(())
        };
        match text.strip_suffix('%') {
            Some(text) => number(text).map(Self::Percent),
            None => number(text).map(Self::Pixels),
        }
    }
}

/// `[W[xH]][{+-}X{+-}Y]`: a size, and where the window stands; `-` counts from the right and the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Geometry {
    /// Width and height; of one that is not given it is the film's shape that says.
    pub size: [Option<Length>; 2],
    /// Across and down, and whether that is counted from the far edge.
    pub place: Option<[(bool, Length); 2]>,
}

impl FromStr for Geometry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no geometry: write 1280x720, 50%, +100+50, or 1280x720-0+0");
        let at = text.find(['+', '-']).unwrap_or(text.len());
        let (size, place) = text.split_at(at);
        let size = parse_size(size).ok_or_else(wrong)?;
        let place = match place.is_empty() {
            true => None,
            false => {
                let middle = place[1..].find(['+', '-']).ok_or_else(wrong)? + 1;
                let read = |part: &str| part[1..].parse().ok().map(|length| (part.starts_with('-'), length));
                let (across, down) = place.split_at(middle);
                Some([read(across).ok_or_else(wrong)?, read(down).ok_or_else(wrong)?])
            }
        };
        if text.is_empty() { Err(wrong()) } else { Ok(Self { size, place }) }
    }
}

/// `W[xH]`, or nothing.
fn parse_size(text: &str) -> Option<[Option<Length>; 2]> {
    let length = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    match text.split_once('x') {
        Some((width, height)) => Some([length(width)?, length(height)?]),
        None => Some([length(text)?, None]),
    }
}

/// How a window was left, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Width and height.
    pub size: [u32; 2],
    /// Its upper left corner, where the window system says that.
    pub place: Option<[i32; 2]>,
}

/// How large a window is to be, and where.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Placement {
    /// What the viewer wants.
    pub geometry: Option<Geometry>,
    /// It is no larger than this.
    pub autofit: Option<Geometry>,
    /// The file that keeps how it was left, where nothing else is wanted.
    pub kept: Option<PathBuf>,
}

/// No file of ours is larger, in bytes.
const LARGEST: u64 = 4096;

impl Placement {
    /// How the window was left; nothing where that is not known or something else is wanted.
    pub(super) fn read(&self) -> Option<Kept> {
        let file = self.kept.as_ref().filter(|_| self.geometry.is_none() && self.autofit.is_none())?;
        let kept: Kept = serde_json::from_slice(&whole::read(file, LARGEST).ok()?).ok()?;
        let sizes = kept.size.iter().all(|side| (16..=16384).contains(side));
        let places = kept.place.is_none_or(|place| place.iter().all(|at| (-16384..=16384).contains(at)));
        (sizes && places).then_some(kept)
    }

    /// Keeps how `window` stands, unless it fills its screen.
    pub(super) fn keep(&self, window: &Window) {
        let Some(file) = &self.kept else { return };
        let size = window.inner_size();
        if window.fullscreen().is_some() || window.is_maximized() || size.width < 16 || size.height < 16 {
            return;
        }
        let place = window.outer_position().ok().map(|place| [place.x, place.y]);
        let kept = Kept { size: [size.width, size.height], place };
        let written = serde_json::to_vec(&kept).map(|bytes| whole::remember(file, &bytes));
        if let Ok(Err(error)) = written {
            tracing::debug!("how the window stood is not kept: {error}");
        }
    }

    /// The size for what is `size` large itself, on a monitor of `room`.
    pub(super) fn size(&self, size: [u32; 2], room: Option<[u32; 2]>, kept: Option<Kept>) -> [u32; 2] {
        let monitor = room.unwrap_or([1280, 720]).map(f64::from);
        let natural = size.map(|side| f64::from(side.max(16)));
        let shape = natural[0] / natural[1];
        let at_least = |size: [f64; 2]| size.map(|side| (side.round() as u32).clamp(16, 16384));
        let lengths =
            |geometry: Geometry| [0, 1].map(|side| geometry.size[side].map(|length| length.of(monitor[side])));
        if let Some(size) = self.geometry.map(lengths) {
            match size {
                [Some(width), Some(height)] => return at_least([width, height]),
                [Some(width), None] => return at_least([width, width / shape]),
                [None, Some(height)] => return at_least([height * shape, height]),
                [None, None] => {}
            }
        }
        if let Some([width, height]) = self.autofit.map(lengths) {
            let scale = [width.map(|width| width / natural[0]), height.map(|height| height / natural[1])];
            let scale = scale.into_iter().flatten().fold(f64::INFINITY, f64::min);
            if scale.is_finite() {
                return at_least(natural.map(|side| side * scale));
            }
        }
        if let Some(kept) = kept {
            // As much of the screen as then, in the shape of this film.
            let area = kept.size.map(f64::from);
            let scale = (area[0] * area[1] / (natural[0] * natural[1])).sqrt();
            let scale = scale.min(monitor[0] / natural[0]).min(monitor[1] / natural[1]);
            return at_least(natural.map(|side| side * scale));
        }
        fitted(size, room)
    }

    /// Where a window of `size` stands on a monitor of `room` whose corner is `origin`; nothing where the window system may say that.
    pub(super) fn place(
        &self,
        size: [u32; 2],
        room: [u32; 2],
        origin: [i32; 2],
        kept: Option<Kept>,
    ) -> Option<[i32; 2]> {
        match self.geometry.and_then(|geometry| geometry.place) {
            Some(place) => Some([0, 1].map(|side| {
                let (far, length) = place[side];
                let free = f64::from(room[side]) - f64::from(size[side]);
                let at = length.of(free);
                origin[side] + (if far { free - at } else { at }).round() as i32
            })),
            None => kept.and_then(|kept| kept.place),
        }
    }
}

/// `size`, made smaller in its own shape until it covers at most [`SHARE`] of `room`.
fn fitted(size: [u32; 2], room: Option<[u32; 2]>) -> [u32; 2] {
    let [width, height] = size.map(|side| f64::from(side.max(16)));
    let [across, down] = room.unwrap_or([1280, 720]).map(|side| f64::from(side) * SHARE);
    let scale = (across / width).min(down / height).min(1.0);
    [width, height].map(|side| ((side * scale).round() as u32).max(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_window_keeps_the_shape_and_leaves_room() {
        assert_eq!(fitted([1280, 360], Some([1920, 1080])), [1280, 360]);
        assert_eq!(fitted([3840, 1080], Some([1920, 1080])), [1536, 432]);
        assert_eq!(fitted([1080, 3840], Some([1920, 1080])), [243, 864]);
        assert_eq!(fitted([0, 0], None), [16, 16]);
        assert_eq!(fitted([7680, 2160], None), [1024, 288]);
    }

    #[test]
    fn geometries_are_mpvs() {
        let of = |text: &str| {
            let placement = Placement { geometry: Some(text.parse().unwrap()), ..Placement::default() };
            let size = placement.size([1600, 800], Some([1000, 500]), None);
            (size, placement.place(size, [1000, 500], [10, 20], None))
        };
        assert_eq!(of("400x100"), ([400, 100], None));
        assert_eq!(of("50%"), ([500, 250], None));
        assert_eq!(of("x100"), ([200, 100], None));
        assert_eq!(of("200x100+30+40"), ([200, 100], Some([40, 60])));
        assert_eq!(of("200x100-30-40"), ([200, 100], Some([780, 380])));
        assert_eq!(of("200x100+50%+50%"), ([200, 100], Some([410, 220])));
        assert_eq!(of("+0+0").1, Some([10, 20]));
        for wrong in ["", "x+1", "+1", "1x2x3", "a", "1e9", "-", "+1+", "12345678", "50%%"] {
            assert!(wrong.parse::<Geometry>().is_err(), "{wrong}");
        }
        let fit = |text: &str| {
            Placement { autofit: Some(text.parse().unwrap()), ..Placement::default() }.size(
                [1600, 800],
                Some([1000, 500]),
                None,
            )
        };
        assert_eq!((fit("400x400"), fit("50%x20%"), fit("800")), ([400, 200], [200, 100], [800, 400]));
    }

    #[test]
    fn a_window_covers_as_much_as_it_was_left_with() {
        let kept = Kept { size: [800, 200], place: Some([5, 6]) };
        let placement = Placement::default();
        assert_eq!(placement.size([1000, 1000], Some([1920, 1080]), Some(kept)), [400, 400]);
        assert_eq!(
            placement.size([100, 1000], Some([1920, 400]), Some(kept)),
            [40, 400],
            "no more than there is room for"
        );
        assert_eq!(placement.place([400, 400], [1920, 1080], [0, 0], Some(kept)), Some([5, 6]));
    }
}
