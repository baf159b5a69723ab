//! What a viewer turns about the pictures: their colours, and which part of them is seen where. Plain values, with mpv's names and ranges.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

/// What is turned by a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Adjust {
    /// Light added to all, in % of white.
    Brightness,
    /// Light multiplied, in % more.
    Contrast,
    /// Colour, in % more.
    Saturation,
    /// Colours turned: 100 is half round.
    Hue,
    /// The middle made lighter: 100 is a gamma of 8.
    Gamma,
    /// Part of the black bars that the picture is enlarged over.
    Panscan,
    /// The picture enlarged by a power of 2.
    Zoom,
    /// The picture moved to the right, in parts of its width as it is seen.
    PanX,
    /// The picture moved down, in parts of its height.
    PanY,
    /// Width to height of the whole picture; the film's own where it is not positive.
    Aspect,
}

impl Adjust {
    /// The least and the most that it may be.
    pub const fn range(self) -> [f64; 2] {
        match self {
            Self::Brightness | Self::Contrast | Self::Saturation | Self::Hue | Self::Gamma => [-100.0, 100.0],
            Self::Panscan => [0.0, 1.0],
            Self::Zoom => [-20.0, 20.0],
            Self::PanX | Self::PanY => [-3.0, 3.0],
            Self::Aspect => [-1.0, 10.0],
        }
    }
}

/// A part of the picture in its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// Width and height.
    pub size: [u32; 2],
    /// Upper left corner; in the middle where it is not told.
    pub at: Option<[u32; 2]>,
}

impl FromStr for Part {
    type Err = String;

    /// `WxH`, or `WxH+X+Y`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no part of a picture: write WxH or WxH+X+Y, in pixels");
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
        let mut parts = text.split('+');
        let (width, height) = parts.next().and_then(|size| size.split_once('x')).ok_or_else(wrong)?;
        let size = [number(width)?, number(height)?];
        let at = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(x), Some(y), None) => Some([number(x)?, number(y)?]),
            _ => return Err(wrong()),
        };
        if size.contains(&0) { Err(wrong()) } else { Ok(Self { size, at }) }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.size[0], self.size[1])?;
        self.at.map_or(Ok(()), |[x, y]| write!(f, "+{x}+{y}"))
    }
}

/// What the viewer has turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjustments {
    brightness: i32,
    contrast: i32,
    saturation: i32,
    hue: i32,
    gamma: i32,
    panscan: f64,
    zoom: f64,
    pan: [f64; 2],
    aspect: f64,
    /// The part that is seen.
    pub crop: Option<Part>,
}

impl Default for Adjustments {
    /// Nothing.
    fn default() -> Self {
        Self {
            brightness: 0,
            contrast: 0,
            saturation: 0,
            hue: 0,
            gamma: 0,
            panscan: 0.0,
            zoom: 0.0,
            pan: [0.0; 2],
            aspect: -1.0,
            crop: None,
        }
    }
}

/// What becomes of colours: R'G'B' times `matrix`, plus `offset`, between black and white to the power of `exponent`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colours {
    /// Rows R, G, B.
    pub matrix: [[f32; 3]; 3],
    /// For each of them.
    pub offset: f32,
    /// Of each of them.
    pub exponent: f32,
}

/// Which place of a picture is seen at which of a result: `origin + (place + 0.5) · step`, in the picture's pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// What is seen at the result's upper left corner.
    pub origin: [f32; 2],
    /// Pixels of the picture in one of the result.
    pub step: [f32; 2],
}

impl Adjustments {
    /// What one of them is.
    pub fn get(&self, which: Adjust) -> f64 {
        match which {
            Adjust::Brightness => self.brightness.into(),
            Adjust::Contrast => self.contrast.into(),
            Adjust::Saturation => self.saturation.into(),
            Adjust::Hue => self.hue.into(),
            Adjust::Gamma => self.gamma.into(),
            Adjust::Panscan => self.panscan,
            Adjust::Zoom => self.zoom,
            Adjust::PanX => self.pan[0],
            Adjust::PanY => self.pan[1],
            Adjust::Aspect => self.aspect,
        }
    }

    /// The same, of which that part is seen, or all.
    pub fn with_crop(self, crop: Option<Part>) -> Self {
        Self { crop, ..self }
    }

    /// Makes one of them `to`, within its range.
    pub fn set(&mut self, which: Adjust, to: f64) {
        let [least, most] = which.range();
        let to = if to.is_finite() { to.clamp(least, most) } else { return };
        let whole = to.round() as i32;
        match which {
            Adjust::Brightness => self.brightness = whole,
            Adjust::Contrast => self.contrast = whole,
            Adjust::Saturation => self.saturation = whole,
            Adjust::Hue => self.hue = whole,
            Adjust::Gamma => self.gamma = whole,
            Adjust::Panscan => self.panscan = to,
            Adjust::Zoom => self.zoom = to,
            Adjust::PanX => self.pan[0] = to,
            Adjust::PanY => self.pan[1] = to,
            Adjust::Aspect => self.aspect = to,
        }
    }

    /// Whether the picture lies elsewhere than as a whole in the middle.
    pub fn moves(&self) -> bool {
        self.panscan > 0.0 || self.zoom != 0.0 || self.pan != [0.0; 2]
    }

    /// Whether pictures are seen as they are, but for their aspect.
    pub fn leaves_as_it_is(&self) -> bool {
        let colours = [self.brightness, self.contrast, self.saturation, self.hue, self.gamma];
        colours == [0; 5] && self.crop.is_none() && !self.moves()
    }

    /// Upper left corner and size of what is seen of a picture of that size.
    pub fn seen(&self, picture: [u32; 2]) -> [[u32; 2]; 2] {
        let Some(Part { size, at }) = self.crop else { return [[0, 0], picture] };
        let size = [0, 1].map(|axis| size[axis].min(picture[axis]).max(1));
        let middle = [0, 1].map(|axis| (picture[axis].max(1) - size[axis]) / 2);
        let at = at.unwrap_or(middle);
        [[0, 1].map(|axis| at[axis].min(picture[axis].max(1) - size[axis])), size]
    }

    /// Width to height of a pixel of a picture of that size, which is `own` by itself.
    pub fn pixel_aspect(&self, [width, height]: [u32; 2], own: f64) -> f64 {
        let wanted = self.aspect * f64::from(height.max(1)) / f64::from(width.max(1));
        if self.aspect > 0.0 { wanted } else { own }
    }

    /// Width and height of a picture of that size, in square pixels, that has the aspect that is wanted: none of them less.
    pub fn shaped(&self, [width, height]: [u32; 2]) -> [u32; 2] {
        let by = self.pixel_aspect([width, height], 1.0);
        let larger = |side: u32, by: f64| (f64::from(side) * by).round().clamp(1.0, 65_536.0) as u32;
        if by >= 1.0 { [larger(width, by), height] } else { [width, larger(height, by.recip())] }
    }

    /// Where a picture of `aspect` lies in a space of the aspect `around`: upper left corner and size, in parts of the space.
    pub fn place(&self, aspect: f64, around: f64) -> [[f64; 2]; 2] {
        let whole = [(aspect / around).min(1.0), (around / aspect).min(1.0)];
        let fills = whole.map(f64::recip).into_iter().fold(1.0, f64::max);
        let scale = (1.0 + self.panscan * (fills - 1.0)) * self.zoom.exp2();
        let size = whole.map(|side| side * scale);
        [[0, 1].map(|axis| 0.5 + (self.pan[axis] - 0.5) * size[axis]), size]
    }

    /// What is seen at which place of a result of the size `result`, where `film`'s picture, made as one of `eye`'s size, lies in its `place`.
    pub fn window(&self, film: [u32; 2], eye: [u32; 2], result: [u32; 2], [at, size]: [[f64; 2]; 2]) -> Window {
        let [from, part] = self.seen(film);
        let axes = [0, 1].map(|axis| {
            let scale = f64::from(eye[axis]) / f64::from(film[axis].max(1));
            let (from, part) = (f64::from(from[axis]) * scale, f64::from(part[axis]) * scale);
            // So much of the picture lies in a part of the result.
            let whole = part / size[axis].max(1e-9);
            (from - at[axis] * whole, whole / f64::from(result[axis].max(1)))
        });
        Window { origin: axes.map(|(origin, _)| origin as f32), step: axes.map(|(_, step)| step as f32) }
    }

    /// What becomes of colours, as mpv does it: in BT.709's Y'CbCr.
    pub fn colours(&self) -> Colours {
        let parts = |value: i32| f64::from(value) / 100.0;
        let (contrast, saturation) = (1.0 + parts(self.contrast), 1.0 + parts(self.saturation));
        let (sin, cos) = (parts(self.hue) * PI).sin_cos();
        let turned = |[r, g, b]: [f64; 3]| {
            let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            let (blue, red) = ((b - luma) * saturation, (r - luma) * saturation);
            // Both in units of their own largest.
            let (cb, cr) = (blue / (2.0 * (1.0 - 0.0722)), red / (2.0 * (1.0 - 0.2126)));
            let (cb, cr) = (cos * cb + sin * cr, cos * cr - sin * cb);
            let (blue, red) = (cb * 2.0 * (1.0 - 0.0722), cr * 2.0 * (1.0 - 0.2126));
            let green = -(0.2126 * red + 0.0722 * blue) / 0.7152;
            [luma + red, luma + green, luma + blue].map(|value| value * contrast)
        };
        let columns = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(turned);
        Colours {
            matrix: [0, 1, 2].map(|row| [0, 1, 2].map(|column| columns[column][row] as f32)),
            offset: parts(self.brightness) as f32,
            exponent: (8.0_f64.ln() * parts(-self.gamma)).exp() as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(all: &[(Adjust, f64)]) -> Adjustments {
        let mut adjustments = Adjustments::default();
        all.iter().for_each(|(which, to)| adjustments.set(*which, *to));
        adjustments
    }

    #[test]
    fn values_stay_within_their_ranges() {
        let set =
            with(&[(Adjust::Contrast, 400.0), (Adjust::Zoom, -90.0), (Adjust::Hue, 2.6), (Adjust::PanX, f64::NAN)]);
        assert_eq!(
            [Adjust::Contrast, Adjust::Zoom, Adjust::Hue, Adjust::PanX].map(|of| set.get(of)),
            [100.0, -20.0, 3.0, 0.0]
        );
        assert!(Adjustments::default().leaves_as_it_is() && !set.leaves_as_it_is());
        assert!(with(&[(Adjust::Aspect, 2.0)]).leaves_as_it_is());
    }

    #[test]
    fn parts_are_written_as_in_mpv() {
        let part = |text: &str| text.parse::<Part>().ok().map(|part| (part.size, part.at));
        assert_eq!(part("640x360"), Some(([640, 360], None)));
        assert_eq!(part("640x360+10+20"), Some(([640, 360], Some([10, 20]))));
        for wrong in ["", "640", "640x", "0x9", "1x1+1", "1x1+1+1+1", "-1x2", "1x1+a+b"] {
            assert_eq!(part(wrong), None, "{wrong}");
        }
        let seen = |crop: &str| Adjustments { crop: crop.parse().ok(), ..Adjustments::default() }.seen([100, 50]);
        assert_eq!(seen("40x20"), [[30, 15], [40, 20]]);
        assert_eq!(seen("40x20+90+1"), [[60, 1], [40, 20]]);
        assert_eq!(seen("4000x20+0+0"), [[0, 0], [100, 20]]);
    }

    #[test]
    fn a_picture_is_enlarged_over_its_bars_and_moved() {
        // A wide picture in a square.
        assert_eq!(Adjustments::default().place(2.0, 1.0), [[0.0, 0.25], [1.0, 0.5]]);
        assert_eq!(with(&[(Adjust::Panscan, 1.0)]).place(2.0, 1.0), [[-0.5, 0.0], [2.0, 1.0]]);
        assert_eq!(with(&[(Adjust::Zoom, 1.0)]).place(1.0, 1.0), [[-0.5, -0.5], [2.0, 2.0]]);
        assert_eq!(with(&[(Adjust::PanX, 0.5)]).place(1.0, 1.0), [[0.5, 0.0], [1.0, 1.0]]);
        let window = with(&[(Adjust::Zoom, 1.0)]).window([100, 100], [50, 50], [200, 200], [[-0.5, -0.5], [2.0, 2.0]]);
        assert_eq!((window.origin, window.step), ([12.5, 12.5], [0.125, 0.125]));
        let part = Adjustments { crop: "50x20+10+30".parse().ok(), ..Adjustments::default() };
        let window = part.window([100, 100], [100, 100], [50, 20], [[0.0, 0.0], [1.0, 1.0]]);
        assert_eq!((window.origin, window.step), ([10.0, 30.0], [1.0, 1.0]));
        assert_eq!(with(&[(Adjust::Aspect, 2.0)]).pixel_aspect([100, 100], 1.0), 2.0);
        assert_eq!(Adjustments::default().pixel_aspect([100, 100], 1.5), 1.5);
        assert_eq!(with(&[(Adjust::Aspect, 2.0)]).shaped([640, 360]), [720, 360]);
        assert_eq!(with(&[(Adjust::Aspect, 1.0)]).shaped([640, 360]), [640, 640]);
        assert_eq!(Adjustments::default().shaped([640, 360]), [640, 360]);
    }

    #[test]
    fn colours_are_turned_as_in_mpv() {
        let near = |adjustments: Adjustments, from: [f32; 3], to: [f32; 3]| {
            let Colours { matrix, offset, exponent } = adjustments.colours();
            let made = matrix.map(|row| (0..3).map(|at| row[at] * from[at]).sum::<f32>() + offset);
            let made = made.map(|value| value.clamp(0.0, 1.0).powf(exponent));
            assert!(made.iter().zip(to).all(|(a, b)| (a - b).abs() < 1e-3), "{adjustments:?}: {made:?} and not {to:?}");
        };
        near(Adjustments::default(), [0.2, 0.5, 0.9], [0.2, 0.5, 0.9]);
        near(with(&[(Adjust::Brightness, 20.0)]), [0.2, 0.5, 0.9], [0.4, 0.7, 1.0]);
        near(with(&[(Adjust::Contrast, -50.0)]), [0.2, 0.5, 0.9], [0.1, 0.25, 0.45]);
        let grey = 0.2126 * 0.2 + 0.7152 * 0.5 + 0.0722 * 0.9;
        near(with(&[(Adjust::Saturation, -100.0)]), [0.2, 0.5, 0.9], [grey; 3]);
        near(with(&[(Adjust::Gamma, 100.0)]), [0.5; 3], [0.5_f32.powf(0.125); 3]);
        near(with(&[(Adjust::Gamma, -100.0)]), [0.5; 3], [0.5_f32.powi(8); 3]);
        // Half round blue is yellow of the same light, as far as there is such.
        near(with(&[(Adjust::Hue, 100.0)]), [0.4, 0.4, 0.5], [0.41444, 0.41444, 0.31444]);
        near(with(&[(Adjust::Hue, -100.0)]), [0.3; 3], [0.3; 3]);
    }
}
