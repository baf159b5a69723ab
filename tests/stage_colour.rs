//! Decoded films through upload and colour, against ffmpeg's own PNGs; HDR against an independent computation in `f64`.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "common/ffmpeg.rs"]
mod ffmpeg;
mod stage_support;

use deep3d::frame::{
    Chroma, Colour as Meaning, Matrix, Orientation, OwnedPlanes, Picture, PixelFormat, Primaries, Range, Shape,
    Transfer,
};
use deep3d::gpu::Gpu;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::media::{Source, SourceOptions};
use deep3d::stage::colour::Colour;
use deep3d::stage::upload::Upload;
use ffmpeg::ffmpeg;
use stage_support::*;

fn shown(gpu: &Gpu, picture: &Picture) -> Vec<u8> {
    let upload = Upload::new(gpu, &picture.shape, 1).unwrap();
    let image = Colour::picture(gpu, &upload).unwrap();
    let colour = Colour::new(gpu, &upload, std::slice::from_ref(&image)).unwrap();
    upload.put(0, picture).unwrap();
    run(gpu, |recorder| {
        upload.record(recorder, 0)?;
        colour.record(recorder, 0, 0)
    });
    pixels(gpu, &image)
}

/// ffmpeg's conversion with chroma interpolated from where it lies. By default ffmpeg takes all chroma for JPEG's (between columns), repeats it
/// for each pair of pixels and rounds coarsely: on colourful films that alone is 38 dB away from what the samples mean.
fn conversion(format: &str, range: &str) -> String {
    let subsampled = format.contains("42") || format == "nv12";
    let across = if range == "pc" && subsampled { 128 } else { 0 };
    let down = if format.contains("420") || format == "nv12" { ":in_v_chr_pos=128" } else { "" };
    format!("scale=in_h_chr_pos={across}{down}:flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp,format=gbrp")
}

#[test]
fn decoded_frames_agree_with_ffmpegs_own_pngs() {
    let gpu = WatchedGpu::new().unwrap();
    let folder = folder("stage-colour");
    // Pixel format, size, matrix, range.
    let cases = [
        ("yuv420p", [320, 180], "bt709", "tv"),
        ("yuv420p", [321, 181], "smpte170m", "tv"),
        ("yuv420p", [320, 180], "bt709", "pc"),
        ("yuv422p", [322, 180], "bt709", "tv"),
        ("yuv444p", [319, 177], "bt709", "tv"),
        ("yuv444p", [320, 180], "fcc", "tv"),
        ("yuv444p", [320, 180], "smpte240m", "pc"),
        ("yuv420p10le", [320, 180], "bt2020nc", "tv"),
        ("yuv422p10le", [320, 180], "bt709", "pc"),
        ("yuv444p12le", [320, 180], "bt2020nc", "tv"),
        ("nv12", [320, 180], "bt709", "tv"),
        ("nv12", [321, 179], "smpte170m", "tv"),
        ("gray", [320, 180], "bt709", "pc"),
        ("gbrp", [320, 180], "gbr", "pc"),
    ];
    for (index, (format, size, matrix, range)) in cases.into_iter().enumerate() {
        let clip = folder.join(format!("{index}.mkv"));
        let whole = folder.join(format!("{index}-even.mkv"));
        // Raw samples, so that nothing but the conversion is compared; with soft edges.
        let tags = if matrix == "gbr" {
            String::new()
        } else {
            format!("-colorspace {matrix} -color_primaries bt709 -color_trc bt709 -color_range {range}")
        };
        let codec = if format == "nv12" { "rawvideo" } else { "ffv1" };
        let scale = match matrix {
            "gbr" => String::new(),
            "bt2020nc" => format!("scale=out_color_matrix=bt2020:out_range={range},"),
            _ => format!("scale=out_color_matrix={matrix}:out_range={range},"),
        };
        // ffmpeg spreads the chroma of odd sizes over the picture a little too wide; so the odd clip is cut out of an even one that has the
        // same chroma samples, and ffmpeg converts that.
        let [width, height]: [u32; 2] = size;
        let (even_width, even_height) = (width.next_multiple_of(2), height.next_multiple_of(2));
        ffmpeg(
            &format!(
                "-f lavfi -i testsrc2=size={even_width}x{even_height},format=gbrp,gblur=sigma=2.5 -frames:v 1 -vf {scale}format={format} -c:v {codec} {tags}"
            ),
            &whole,
        );
        let crop = format!("crop={width}:{height}:0:0:exact=1");
        ffmpeg(&format!("-i {} -vf {crop} -c:v {codec} {tags}", whole.display()), &clip);
        let still = folder.join(format!("{index}.png"));
        ffmpeg(&format!("-i {} -vf {},{crop} -frames:v 1", whole.display(), conversion(format, range)), &still);
        let theirs = image::open(&still).unwrap().to_rgba8();
        let mut source = Source::open(&clip, &SourceOptions::default()).unwrap();
        let frame = source.next().unwrap().unwrap();
        let ours = shown(&gpu, &frame.data);
        let psnr = psnr(&ours, theirs.as_raw());
        println!("{format} {size:?} {matrix} {range}: {psnr:.1} dB, {:?}", frame.data);
        assert!(psnr >= 45.0, "{format} {size:?} {matrix} {range}: {psnr:.1} dB");
    }
}

/// BT.2390 and its surroundings, written from the recommendations alone, in `f64`.
mod recommended {
    pub(super) fn pq_eotf(e: f64) -> f64 {
        let (m1, m2) = (2610.0 / 16384.0, 2523.0 / 4096.0 * 128.0);
        let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 4096.0 * 32.0, 2392.0 / 4096.0 * 32.0);
        let p = e.powf(1.0 / m2);
        10_000.0 * ((p - c1).max(0.0) / (c2 - c3 * p)).powf(1.0 / m1)
    }

    /// By bisection: it shares nothing with the formula under test.
    pub(super) fn pq_inverse(light: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if pq_eotf(middle) < light { low = middle } else { high = middle }
        }
        low
    }

    pub(super) fn eetf(light: f64, peak: f64) -> f64 {
        let top = pq_inverse(peak);
        let max_lum = pq_inverse(203.0) / top;
        let e1 = (pq_inverse(light) / top).min(1.0);
        let ks = 1.5 * max_lum - 0.5;
        let e2 = if e1 < ks || max_lum >= 1.0 {
            e1
        } else {
            let t = (e1 - ks) / (1.0 - ks);
            (2.0 * t.powi(3) - 3.0 * t.powi(2) + 1.0) * ks
                + (t.powi(3) - 2.0 * t.powi(2) + t) * (1.0 - ks)
                + (-2.0 * t.powi(3) + 3.0 * t.powi(2)) * max_lum
        };
        pq_eotf(e2 * top)
    }

    pub(super) fn hlg_display(e: [f64; 3]) -> [f64; 3] {
        let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
        let scene = e.map(|v| if v <= 0.5 { v * v / 3.0 } else { (((v - c) / a).exp() + b) / 12.0 });
        let y = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
        scene.map(|v| 1000.0 * y.powf(0.2) * v)
    }

    /// BT.2020 light in cd/m² → encoded BT.709, 0..=1.
    pub(super) fn sdr(light: [f64; 3], peak: f64) -> [f64; 3] {
        let brightest = light[0].max(light[1]).max(light[2]);
        let scale = if brightest > 0.0 { eetf(brightest, peak) / brightest / 203.0 } else { 0.0 };
        // BT.2087's matrix the other way round, to six digits.
        let matrix = [
            [1.660_491, -0.587_641, -0.072_850],
            [-0.124_550, 1.132_900, -0.008_349],
            [-0.018_151, -0.100_579, 1.118_730],
        ];
        matrix.map(|row: [f64; 3]| {
            let linear = (row[0] * light[0] + row[1] * light[1] + row[2] * light[2]) * scale;
            linear.clamp(0.0, 1.0).powf(1.0 / 2.4)
        })
    }
}

#[test]
fn hdr_is_shown_as_the_recommendations_say() {
    let gpu = WatchedGpu::new().unwrap();
    // Greys over the whole range, then colours: G', B', R' codes of 10 bits in three planes.
    let mut codes: Vec<[u16; 3]> = (0..1024u16).map(|v| [v; 3]).collect();
    let mut numbers = Numbers(11);
    codes.extend((0..1024).map(|_| [0; 3].map(|_: u16| (numbers.unit() * 1023.0) as u16)));
    let size = [64, 32];
    let plane = |index: usize| (codes.iter().flat_map(|code| code[index].to_le_bytes()).collect(), 128);
    let format = PixelFormat { depth: 10, chroma: Chroma::C444, shift: 0, semi_planar: false };
    for (transfer, peak) in
        [(Transfer::Pq, None), (Transfer::Pq, Some(4000.0)), (Transfer::Pq, Some(100.0)), (Transfer::Hlg, None)]
    {
        let colour = Meaning { primaries: Primaries::Bt2020, transfer, peak, ..Meaning::SRGB };
        let planes = Box::new(OwnedPlanes(vec![plane(0), plane(1), plane(2)]));
        let picture = Picture {
            shape: Shape { size, format, colour, sample_aspect: (1, 1), orientation: Orientation::default() },
            planes,
        };
        let ours = shown(&gpu, &picture);
        for (code, ours) in codes.iter().zip(ours.chunks(4)) {
            let [g, b, r] = code.map(|v| f64::from(v) / 1023.0);
            let (light, peak) = match transfer {
                Transfer::Hlg => (recommended::hlg_display([r, g, b]), 1000.0),
                _ => ([r, g, b].map(recommended::pq_eotf), peak.map_or(1000.0, |peak| f64::from(peak).max(203.0))),
            };
            let expected = recommended::sdr(light, peak).map(|v| v * 255.0);
            for (ours, expected) in ours.iter().zip(expected) {
                let off = (f64::from(*ours) - expected).abs();
                assert!(off <= 1.0, "{transfer:?} {peak} {code:?}: {ours} for {expected:.2}");
            }
        }
    }
}

#[test]
fn hdr_white_and_black_are_where_they_belong() {
    // Marks that anyone can check by hand: the peak is white, half of 203 cd/m² is hardly bent, black is black.
    use recommended::eetf;
    assert!((eetf(1000.0, 1000.0) - 203.0).abs() < 0.01);
    assert!((eetf(60.0, 1000.0) - 60.0).abs() < 0.01);
    assert!(eetf(0.0, 1000.0) < 1e-6);
    assert!(eetf(203.0, 1000.0) > 130.0 && eetf(203.0, 1000.0) < 203.0);
}

#[test]
fn wide_sdr_reaches_the_same_colour_in_709() {
    let gpu = WatchedGpu::new().unwrap();
    // BT.709's red, written in BT.2020 SDR by BT.2087's matrix: 0.6274, 0.0691, 0.0164 of linear light.
    let code = [0.6274f64, 0.0691, 0.0164].map(|v| (v.powf(1.0 / 2.4) * 65535.0).round() as u16);
    let plane = |v: u16| (v.to_le_bytes().to_vec(), 2);
    let picture = Picture {
        shape: Shape {
            size: [1, 1],
            format: PixelFormat { depth: 16, chroma: Chroma::C444, shift: 0, semi_planar: false },
            colour: Meaning { primaries: Primaries::Bt2020, matrix: Matrix::Rgb, range: Range::Full, ..Meaning::SRGB },
            sample_aspect: (1, 1),
            orientation: Orientation::default(),
        },
        planes: Box::new(OwnedPlanes(vec![plane(code[1]), plane(code[2]), plane(code[0])])),
    };
    let ours = shown(&gpu, &picture);
    assert!(ours[0] >= 254 && ours[1] <= 12 && ours[2] <= 12, "{ours:?}");
}
