//! What a film's format fixes for the colour kernel, worked out once per format in `f64`.

use crate::frame::{Chroma, ChromaSite, Colour, Matrix, PixelFormat, Primaries, Range, Transfer};

/// Reference white of SDR in cd/m² (ITU-R BT.2408).
pub const REFERENCE_WHITE: f64 = 203.0;

/// Peak assumed for PQ films that name none, and HLG's nominal peak, in cd/m².
pub const NOMINAL_PEAK: f64 = 1000.0;

/// Which way the samples go to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// SDR of the very primaries that are wanted: nothing to do.
    Straight,
    /// SDR of other primaries: through linear light (gamma 2.4).
    Wide,
    /// PQ.
    Pq,
    /// HLG.
    Hlg,
}

/// The colour kernel's specialization constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColourConstants {
    /// 0 grey, 1 three planes, 2 two planes.
    pub chroma: u32,
    /// log2 of the subsampling.
    pub subsampled: [u32; 2],
    /// Bits the samples are shifted up by.
    pub sample_shift: u32,
    /// Place of the first chroma sample in luma samples.
    pub site: [f32; 2],
    /// R', G', B' rows of (first, second, third plane, constant), from sample codes.
    pub matrix: [[f32; 4]; 3],
    /// The way to light.
    pub curve: Curve,
    /// Linear light → the wanted gamut's primaries.
    pub primaries: [[f32; 3]; 3],
    /// PQ code of the film's peak.
    pub peak_code: f32,
    /// PQ code of the reference white over `peak_code`.
    pub white_share: f32,
}

impl ColourConstants {
    /// For samples of `format` that mean `colour`.
    pub fn new(format: PixelFormat, colour: &Colour) -> Self {
        let (x, y) = format.chroma.shifts();
        let site = match colour.site {
            ChromaSite::Left => [0.0, 0.5],
            ChromaSite::Centre => [0.5, 0.5],
            ChromaSite::TopLeft => [0.0, 0.0],
        };
        let curve = match (colour.transfer, colour.primaries) {
            (Transfer::Pq, _) => Curve::Pq,
            (Transfer::Hlg, _) => Curve::Hlg,
            (Transfer::Sdr, primaries) if primaries == colour.gamut.primaries() => Curve::Straight,
            (Transfer::Sdr, _) => Curve::Wide,
        };
        let peak = match colour.transfer {
            Transfer::Pq => colour.peak.map_or(NOMINAL_PEAK, f64::from),
            _ => NOMINAL_PEAK,
        };
        // Not-a-number and nonsense from a file become the bounds.
        let peak = if peak.is_finite() { peak.clamp(REFERENCE_WHITE, 10_000.0) } else { NOMINAL_PEAK };
        let peak_code = light_to_pq(peak);
        Self {
            chroma: match (format.chroma, format.semi_planar) {
                (Chroma::Grey, _) => 0,
                (_, false) => 1,
                (_, true) => 2,
            },
            subsampled: [x, y],
            sample_shift: format.shift,
            site,
            matrix: sample_matrix(format, colour).map(|row| row.map(|v| v as f32)),
            curve,
            primaries: between(colour.primaries, colour.gamut.primaries()).map(|row| row.map(|v| v as f32)),
            peak_code: peak_code as f32,
            white_share: (light_to_pq(REFERENCE_WHITE) / peak_code) as f32,
        }
    }

    /// As the kernel takes them, ids 0..=29.
    pub fn to_words(&self) -> Vec<u32> {
        let mut words = vec![
            self.chroma,
            self.subsampled[0],
            self.subsampled[1],
            self.sample_shift,
            self.site[0].to_bits(),
            self.site[1].to_bits(),
        ];
        words.extend(self.matrix.as_flattened().iter().map(|v| v.to_bits()));
        words.push(match self.curve {
            Curve::Straight => 0,
            Curve::Wide => 1,
            Curve::Pq => 2,
            Curve::Hlg => 3,
        });
        words.extend(self.primaries.as_flattened().iter().map(|v| v.to_bits()));
        words.extend([self.peak_code.to_bits(), self.white_share.to_bits()]);
        words
    }
}

/// PQ code (0..=1) of a light in cd/m² (SMPTE ST 2084).
fn light_to_pq(light: f64) -> f64 {
    let y = (light / 10_000.0).powf(0.159_301_757_812_5);
    ((0.835_937_5 + 18.851_562_5 * y) / (1.0 + 18.6875 * y)).powf(78.84375)
}

/// Sample codes → R'G'B' in 0..=1, with the range taken off: rows of (first, second, third plane, constant).
fn sample_matrix(format: PixelFormat, colour: &Colour) -> [[f64; 4]; 3] {
    let unit = f64::from(1u32 << (format.depth.clamp(8, 16) - 8));
    let whole = 256.0 * unit - 1.0;
    let (luma, black, chroma) = match colour.range {
        Range::Limited => (1.0 / (219.0 * unit), 16.0 * unit, 1.0 / (224.0 * unit)),
        Range::Full => (1.0 / whole, 0.0, 1.0 / whole),
    };
    let middle = 128.0 * unit;
    if format.chroma == Chroma::Grey {
        return [[luma, 0.0, 0.0, -luma * black]; 3];
    }
    let from_weights = |red: f64, blue: f64| {
        let green = 1.0 - red - blue;
        [
            [1.0, 0.0, 2.0 - 2.0 * red],
            [1.0, -blue * (2.0 - 2.0 * blue) / green, -red * (2.0 - 2.0 * red) / green],
            [1.0, 2.0 - 2.0 * blue, 0.0],
        ]
    };
    let rows = match colour.matrix {
        Matrix::Rgb => {
            // Planes are G, B, R, all in luma's range.
            let offset = -luma * black;
            return [[0.0, 0.0, luma, offset], [luma, 0.0, 0.0, offset], [0.0, luma, 0.0, offset]];
        }
        Matrix::Bt601 => from_weights(0.299, 0.114),
        Matrix::Bt709 => from_weights(0.2126, 0.0722),
        Matrix::Bt2020 => from_weights(0.2627, 0.0593),
        Matrix::Smpte240m => from_weights(0.212, 0.087),
        Matrix::Fcc => from_weights(0.30, 0.11),
        // Planes are Y, Cg, Co.
        Matrix::YCgCo => [[1.0, -1.0, 1.0], [1.0, 1.0, 0.0], [1.0, -1.0, -1.0]],
    };
    rows.map(|[y, u, v]| [y * luma, u * chroma, v * chroma, -y * luma * black - (u + v) * chroma * middle])
}

type Matrix3 = [[f64; 3]; 3];

/// Linear light of the primaries `from` → that of `to` (all have the white D65).
fn between(from: Primaries, to: Primaries) -> Matrix3 {
    if from == to {
        return [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    }
    multiply(inverse(to_xyz(to)), to_xyz(from))
}

fn to_xyz(primaries: Primaries) -> Matrix3 {
    let chromaticities: [[f64; 2]; 3] = match primaries {
        Primaries::Bt709 => [[0.64, 0.33], [0.30, 0.60], [0.15, 0.06]],
        Primaries::Bt601Pal => [[0.64, 0.33], [0.29, 0.60], [0.15, 0.06]],
        Primaries::Bt601Ntsc => [[0.630, 0.340], [0.310, 0.595], [0.155, 0.070]],
        Primaries::Bt2020 => [[0.708, 0.292], [0.170, 0.797], [0.131, 0.046]],
        Primaries::DisplayP3 => [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]],
    };
    let xyz = |[x, y]: [f64; 2]| [x / y, 1.0, (1.0 - x - y) / y];
    let [red, green, blue] = chromaticities.map(xyz);
    let columns = [0, 1, 2].map(|row| [red[row], green[row], blue[row]]);
    let white = xyz([0.3127, 0.3290]);
    let scale = inverse(columns).map(|row| row[0] * white[0] + row[1] * white[1] + row[2] * white[2]);
    columns.map(|row| [row[0] * scale[0], row[1] * scale[1], row[2] * scale[2]])
}

fn multiply(a: Matrix3, b: Matrix3) -> Matrix3 {
    a.map(|row| [0, 1, 2].map(|column| row[0] * b[0][column] + row[1] * b[1][column] + row[2] * b[2][column]))
}

fn inverse(m: Matrix3) -> Matrix3 {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    let determinant = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Gamut;

    #[test]
    fn bt2020_to_709_is_the_published_matrix() {
        // ITU-R BT.2087-0, table 4's inverse direction, to its four digits.
        let published = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];
        let ours = between(Primaries::Bt2020, Primaries::Bt709);
        for (ours, published) in ours.as_flattened().iter().zip(published.as_flattened()) {
            assert!((ours - published).abs() < 1e-4, "{ours} for {published}");
        }
    }

    #[test]
    fn each_gamut_takes_its_own_colours_as_they_are() {
        let format = PixelFormat { chroma: Chroma::C444, depth: 8, shift: 0, semi_planar: false };
        let of = |primaries, gamut| ColourConstants::new(format, &Colour { primaries, gamut, ..Colour::SRGB });
        assert_eq!(of(Primaries::DisplayP3, Gamut::DisplayP3).curve, Curve::Straight);
        let narrow = of(Primaries::Bt709, Gamut::DisplayP3);
        assert_eq!(narrow.curve, Curve::Wide);
        // Published: sRGB's red in Display P3, linear.
        let red = narrow.primaries.map(|row| row[0]);
        assert!(red.iter().zip([0.8225, 0.0332, 0.0171]).all(|(ours, known)| (ours - known).abs() < 1e-3), "{red:?}");
    }

    #[test]
    fn white_stays_white() {
        let format = PixelFormat { chroma: Chroma::C420, depth: 10, shift: 0, semi_planar: false };
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020, Matrix::Smpte240m, Matrix::Fcc, Matrix::YCgCo] {
            for (range, white) in [(Range::Limited, 940.0), (Range::Full, 1023.0)] {
                let colour = Colour { matrix, range, ..Colour::SRGB };
                for row in sample_matrix(format, &colour) {
                    let value = row[0] * white + (row[1] + row[2]) * 512.0 + row[3];
                    assert!((value - 1.0).abs() < 1e-12, "{matrix:?} {range:?} {value}");
                }
            }
        }
    }
}
