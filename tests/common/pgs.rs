//! Subtitles that are pictures, as a Blu-ray has them (PGS), made up for tests. The format is that of FFmpeg's demuxer `sup`.

/// A segment: its kind and content, shown at `seconds`.
fn segment(seconds: f64, kind: u8, content: &[u8]) -> Vec<u8> {
    let ticks = ((seconds * 90_000.0) as u32).to_be_bytes();
    let length = (content.len() as u16).to_be_bytes();
    [&b"PG"[..], &ticks, &[0; 4], &[kind], &length, content].concat()
}

fn pair(a: usize, b: usize) -> [u8; 4] {
    let [[a, b], [c, d]] = [a, b].map(|value| (value as u16).to_be_bytes());
    [a, b, c, d]
}

/// A frame around a chequered field; 0 is not drawn, 1 to 3 are colours of the palette.
fn texel(x: usize, y: usize, [width, height]: [usize; 2]) -> u8 {
    match [x, y, width - 1 - x, height - 1 - y].into_iter().min() {
        Some(..3) => 1,
        Some(3..6) => 0,
        _ if (x / 10 + y / 10).is_multiple_of(2) => 2,
        _ => 3,
    }
}

/// A file with one picture of `size` at `at` on a screen of `screen` pixels, from 0.5 to 2 s and from 3 to 4.5 s.
pub(crate) fn pgs(screen: [usize; 2], at: [usize; 2], size: [usize; 2]) -> Vec<u8> {
    pgs_at(screen, at, size, &[(0.5, 2.0), (3.0, 4.5)])
}

/// The same, seen at these times.
pub(crate) fn pgs_at(screen: [usize; 2], at: [usize; 2], size: [usize; 2], times: &[(f64, f64)]) -> Vec<u8> {
    let mut runs = Vec::new();
    for y in 0..size[1] {
        let row: Vec<u8> = (0..size[0]).map(|x| texel(x, y, size)).collect();
        for run in row.chunk_by(|a, b| a == b) {
            let (length, colour) = (run.len() as u16, run[0]);
            let [high, low] = length.to_be_bytes();
            runs.extend([0, 0xC0 | high, low, colour]);
        }
        runs.extend([0, 0]);
    }
    // Number, Y, Cr, Cb, alpha.
    let palette = [0, 0, 1, 235, 128, 128, 255, 2, 81, 90, 240, 255, 3, 120, 160, 60, 128];
    let window = [&[1, 0][..], &pair(at[0], at[1]), &pair(size[0], size[1])].concat();
    let length = (runs.len() as u32 + 4).to_be_bytes();
    let object = [&[0, 0, 0, 0xC0][..], &length[1..], &pair(size[0], size[1]), &runs].concat();
    let composition = |number: u8, objects: u8| {
        let state = if objects > 0 { 0x80 } else { 0 };
        [&pair(screen[0], screen[1])[..], &[0x10, 0, number, state, 0, 0, objects]].concat()
    };
    let mut file = Vec::new();
    for (number, (from, to)) in times.iter().copied().enumerate() {
        let number = number as u8 * 2;
        let shown = [&composition(number, 1)[..], &[0, 0, 0, 0], &pair(at[0], at[1])].concat();
        for (kind, content) in
            [(0x16, &shown), (0x17, &window), (0x14, &palette.to_vec()), (0x15, &object), (0x80, &Vec::new())]
        {
            file.extend(segment(from, kind, content));
        }
        for (kind, content) in [(0x16, &composition(number + 1, 0)), (0x17, &window), (0x80, &Vec::new())] {
            file.extend(segment(to, kind, content));
        }
    }
    file
}
