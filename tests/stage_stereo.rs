//! Both eyes of made-up scenes whose disparity is known exactly.
#![allow(clippy::unwrap_used)]

#[path = "common/letters.rs"]
mod letters;
mod stage_support;

use deep3d::gpu::Gpu;
use deep3d::gpu::testing::WatchedGpu;
use deep3d::stage::comfort::Mapping;
use deep3d::stage::plates::{Plate, Plates};
use deep3d::stage::stereo::{Source, SourceEye, Stereo, View};
use stage_support::*;

const SIZE: [u32; 2] = [640, 360];
const SMALL: [u32; 2] = [160, 96];

/// Both eyes, and the parallax.
fn eyes(gpu: &Gpu, picture: &[u8], disparity: &[f32], small: [u32; 2], view: &View) -> ([Vec<u8>; 2], Vec<f32>) {
    let source = Source { picture: image(gpu, picture, SIZE), disparity: floats(gpu, disparity) };
    let stereo = Stereo::new(gpu, &[source], small).unwrap();
    run(gpu, |recorder| stereo.record(recorder, 0, view));
    ([pixels(gpu, stereo.left()), pixels(gpu, stereo.right())], parallax(gpu, &stereo, &view.mapping))
}

/// Raw disparity is parallax in pixels of a picture `SIZE` wide, from −limit to limit.
fn in_pixels(limit: f32, source_eye: SourceEye) -> View {
    let percent = 100.0 / SIZE[0] as f32;
    let mapping = Mapping {
        gain: percent,
        min: -limit * percent,
        max: limit * percent,
        near: -limit * percent,
        far: limit * percent,
        span: 2.0 * limit,
        ..Mapping::FLAT
    };
    View { mapping, source_eye }
}

fn at(pixels: &[u8], x: i32, y: i32) -> [u8; 3] {
    let index = ((y * SIZE[0] as i32 + x) * 4) as usize;
    [pixels[index], pixels[index + 1], pixels[index + 2]]
}

/// A red textured square (columns 240..400, rows 100..260) 8 px in front of a blue textured wall 8 px behind the screen.
const SQUARE: [std::ops::Range<i32>; 2] = [240..400, 100..260];

fn square_scene(small: [u32; 2]) -> (Vec<u8>, Vec<f32>) {
    let mut numbers = Numbers(4);
    let mut picture = Vec::new();
    for y in 0..SIZE[1] as i32 {
        for x in 0..SIZE[0] as i32 {
            let texture = 140 + (numbers.bits() % 100) as u8;
            let square = SQUARE[0].contains(&x) && SQUARE[1].contains(&y);
            picture.extend(if square { [texture, 30, 10, 255] } else { [10, 60, texture, 255] });
        }
    }
    let mut disparity = Vec::new();
    for y in 0..small[1] {
        for x in 0..small[0] {
            let place = [0, 1].map(|axis| ([x, y][axis] as f32 + 0.5) * SIZE[axis] as f32 / small[axis] as f32);
            let square = SQUARE[0].contains(&(place[0] as i32)) && SQUARE[1].contains(&(place[1] as i32));
            disparity.push(if square { -8.0 } else { 8.0 });
        }
    }
    (picture, disparity)
}

/// What a pixel shows: the square, the wall, or a mixture of both.
fn kind(pixel: [u8; 3]) -> char {
    match pixel {
        [r, _, b] if r > 130 && b < 40 => 's',
        [r, _, b] if b > 130 && r < 40 => 'w',
        _ => 'x',
    }
}

#[test]
fn a_square_before_a_wall_is_cut_out_exactly() {
    let gpu = WatchedGpu::new().unwrap();
    // The second map is coarser and lies across the square's edges.
    for small in [SMALL, [100, 60]] {
        let (picture, disparity) = square_scene(small);
        for source_eye in [SourceEye::Centre, SourceEye::Left] {
            let (both, _) = eyes(&gpu, &picture, &disparity, small, &in_pixels(8.0, source_eye));
            for (eye, share) in both.iter().zip(source_eye.shares()) {
                let shift = |p: f32| (share * p) as i32;
                let (square, wall) = (shift(-8.0), shift(8.0));
                let edges = SQUARE[0].start + square..SQUARE[0].end + square;
                // Away from the corners, where the coarse map rounds them.
                for y in SQUARE[1].start + 10..SQUARE[1].end - 10 {
                    for x in 60..SIZE[0] as i32 - 60 {
                        let pixel = at(eye, x, y);
                        let expected = if edges.contains(&x) { 's' } else { 'w' };
                        let near_edge = (x - edges.start).abs() <= 1 || (x - edges.end).abs() <= 1;
                        assert!(
                            kind(pixel) == expected || near_edge,
                            "{small:?} {source_eye:?} {share} at {x} {y}: {pixel:?} is not '{expected}'"
                        );
                        // What is seen of both is the source's, moved by whole pixels; holes may be anything of the wall.
                        // So may its pixels right beside the square: in films they would be mixtures.
                        let rim = if small == SMALL { 2 } else { 3 };
                        let hole =
                            !edges.contains(&x) && (SQUARE[0].start - rim..SQUARE[0].end + rim).contains(&(x - wall));
                        let beside = (x - edges.start).abs() <= 2 || (x - edges.end).abs() <= 2;
                        if !hole && !beside {
                            let from = x - if edges.contains(&x) { square } else { wall };
                            assert_eq!(pixel, at(&picture, from, y), "{small:?} {source_eye:?} {share} at {x} {y}");
                        }
                    }
                    let mixed = (60..SIZE[0] as i32 - 60).filter(|x| kind(at(eye, *x, y)) == 'x').count();
                    assert!(mixed <= 2, "{small:?} {source_eye:?} {share}: {mixed} mixed pixels in row {y}");
                }
            }
        }
    }
}

#[test]
fn what_is_behind_moves_right_in_the_right_eye() {
    let gpu = WatchedGpu::new().unwrap();
    let mut picture = [20, 20, 20, 255].repeat((SIZE[0] * SIZE[1]) as usize);
    let dot = (180 * SIZE[0] as usize + 320) * 4;
    picture[dot..dot + 3].fill(250);
    let place = |eye: &[u8]| (0..SIZE[0] as i32).find(|x| at(eye, *x, 180)[0] > 200);
    for (p, source_eye, expected) in [
        (6.0, SourceEye::Centre, [317, 323]),
        (-6.0, SourceEye::Centre, [323, 317]),
        (6.0, SourceEye::Left, [320, 326]),
        (-6.0, SourceEye::Left, [320, 314]),
    ] {
        let disparity = vec![p; (SMALL[0] * SMALL[1]) as usize];
        let ([left, right], parallax) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(8.0, source_eye));
        assert_eq!([place(&left), place(&right)], expected.map(Some), "p = {p} px, {source_eye:?}");
        assert!((parallax[dot / 4] - p).abs() < 1e-3);
    }
}

#[test]
fn half_pixels_are_read_between() {
    let gpu = WatchedGpu::new().unwrap();
    // A ramp of 4 steps a pixel: moved by a quarter pixel it is one step off everywhere.
    let picture: Vec<u8> =
        (0..SIZE[1]).flat_map(|_| (0..SIZE[0]).flat_map(|x| [((x * 4) % 256) as u8, 0, 0, 255])).collect();
    let disparity = vec![0.5; (SMALL[0] * SMALL[1]) as usize];
    let ([_, right], _) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(8.0, SourceEye::Centre));
    for x in 130..190 {
        let expected = i32::from(at(&picture, x, 50)[0]) - 1;
        assert_eq!(i32::from(at(&right, x, 50)[0]), expected, "{x}");
    }
}

#[test]
fn lines_at_the_sides_stay_straight_and_the_frame_whole() {
    let gpu = WatchedGpu::new().unwrap();
    let mut picture = [120, 120, 120, 255].repeat((SIZE[0] * SIZE[1]) as usize);
    for y in 0..SIZE[1] as usize {
        for x in [3, SIZE[0] as usize - 4] {
            let index = (y * SIZE[0] as usize + x) * 4;
            picture[index..index + 3].copy_from_slice(&[255, 255, 255]);
        }
        for x in [0, SIZE[0] as usize - 1] {
            let index = (y * SIZE[0] as usize + x) * 4;
            picture[index..index + 3].copy_from_slice(&[0, 0, 0]);
        }
    }
    // Depth goes wildly from row to row.
    let disparity: Vec<f32> = (0..SMALL[1])
        .flat_map(|y| vec![if (y / 8).is_multiple_of(2) { -6.4 } else { 8.0 }; SMALL[0] as usize])
        .collect();
    let (both, _) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(8.0, SourceEye::Centre));
    for eye in &both {
        for y in 0..SIZE[1] as i32 {
            for (side, line) in [(0, 3), (SIZE[0] as i32 - 1, SIZE[0] as i32 - 4)] {
                assert_eq!(at(eye, side, y), [0, 0, 0], "the frame's own column at row {y}");
                // The line's centre of mass stays within a fifth of a pixel.
                let (mut mass, mut moment) = (0.0, 0.0);
                for x in line - 2..=line + 2 {
                    let light = f64::from(at(eye, x, y)[0].saturating_sub(120));
                    mass += light;
                    moment += light * f64::from(x - line);
                }
                assert!(mass > 60.0 && (moment / mass).abs() < 0.2, "line at {line}, row {y}: {}", moment / mass);
            }
        }
    }
}

#[test]
fn without_depth_both_eyes_are_the_source() {
    let gpu = WatchedGpu::new().unwrap();
    let (picture, disparity) = square_scene(SMALL);
    let view = View { mapping: Mapping::FLAT, source_eye: SourceEye::Centre };
    let ([left, right], _) = eyes(&gpu, &picture, &disparity, SMALL, &view);
    assert!(left == picture && right == picture);
    let ([left, right], _) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(8.0, SourceEye::Left));
    assert!(left == picture && right != picture);
    // Nor does anything stay of the depth that was shown before.
    let source = Source { picture: image(&gpu, &picture, SIZE), disparity: floats(&gpu, &disparity) };
    let stereo = Stereo::new(&gpu, &[source], SMALL).unwrap();
    for (view, is_source) in [(in_pixels(8.0, SourceEye::Centre), false), (view, true)] {
        run(&gpu, |recorder| stereo.record(recorder, 0, &view));
        for eye in [stereo.left(), stereo.right()] {
            assert_eq!(pixels(&gpu, eye) == picture, is_source);
        }
    }
}

#[test]
fn soft_disparity_becomes_sharp_where_the_picture_is() {
    let gpu = WatchedGpu::new().unwrap();
    let (picture, sharp) = square_scene(SMALL);
    // As networks give it: the step is spread over five places.
    let [width, height] = SMALL.map(|side| side as i32);
    let soft: Vec<f32> = (0..width * height)
        .map(|i| {
            let (x, y) = (i % width, i / width);
            let around = (-2..=2).flat_map(|dy| (-2..=2).map(move |dx| (dx, dy)));
            around
                .map(|(dx, dy)| sharp[((y + dy).clamp(0, height - 1) * width + (x + dx).clamp(0, width - 1)) as usize])
                .sum::<f32>()
                / 25.0
        })
        .collect();
    let (_, parallax) = eyes(&gpu, &picture, &soft, SMALL, &in_pixels(8.0, SourceEye::Centre));
    for y in SQUARE[1].start + 16..SQUARE[1].end - 16 {
        for x in 100..540 {
            let p = parallax[(y * SIZE[0] as i32 + x) as usize];
            let expected = if SQUARE[0].contains(&x) { -8.0 } else { 8.0 };
            // The colour of a pixel at the edge itself is taken with its neighbour's.
            let edge = [SQUARE[0].start - 1, SQUARE[0].start, SQUARE[0].end - 1, SQUARE[0].end].contains(&x);
            assert!(edge || (p - expected).abs() < 2.0, "{x} {y}: {p} for {expected}");
        }
    }
}

/// Red before a wall of broad blue and green waves; a disc whose outline is soft, and how much of each pixel it is.
fn disc(x: f32, y: f32) -> f32 {
    let from_middle = ((x - 320.0).powi(2) + (y - 180.0).powi(2)).sqrt();
    ((70.0 - from_middle) / 2.5 + 0.5).clamp(0.0, 1.0)
}

/// The disc `moved` to the right over the wall, which is moved by `wall`.
fn disc_before_a_wall(x: f32, y: f32, moved: f32, wall: f32) -> [f32; 3] {
    let share = disc(x - moved, y);
    let wave = 0.5 + 0.5 * ((x - wall) / 7.0 + (y / 40.0).sin()).sin();
    let behind = [20.0, 60.0 + 150.0 * wave, 200.0 - 140.0 * wave];
    [0, 1, 2].map(|c| share * [220.0, 30.0, 20.0][c] + (1.0 - share) * behind[c])
}

#[test]
fn a_soft_outline_is_composed_over_what_is_behind_it_in_the_eye() {
    let gpu = WatchedGpu::new().unwrap();
    let pixels = || (0..SIZE[1]).flat_map(|y| (0..SIZE[0]).map(move |x| (x as f32, y as f32)));
    let painted = |[r, g, b]: [f32; 3]| [r, g, b].map(|v| v.round() as u8);
    let picture: Vec<u8> = pixels()
        .flat_map(|(x, y)| {
            let [r, g, b] = painted(disc_before_a_wall(x, y, 0.0, 0.0));
            [r, g, b, 255]
        })
        .collect();
    let parallax = |x: f32, y: f32| 8.0 - 16.0 * disc(x, y).round();
    // As a network would give it: four pixels a place, each the mean of its own.
    let disparity: Vec<f32> = (0..SMALL[1])
        .flat_map(|y| (0..SMALL[0]).map(move |x| (x, y)))
        .map(|(x, y)| {
            let [step_x, step_y] = [0, 1].map(|axis| SIZE[axis] as f32 / SMALL[axis] as f32);
            let inner = (0..4).flat_map(|v| (0..4).map(move |u| (u as f32, v as f32)));
            let at = |(u, v): (f32, f32)| {
                ((x as f32 + (u + 0.5) / 4.0) * step_x - 0.5, (y as f32 + (v + 0.5) / 4.0) * step_y - 0.5)
            };
            inner.map(at).map(|(x, y)| parallax(x, y)).sum::<f32>() / 16.0
        })
        .collect();
    let ([_, right], _) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(8.0, SourceEye::Left));
    let apart =
        |one: [u8; 3], other: [u8; 3]| one.iter().zip(other).map(|(a, b)| f32::from(a.abs_diff(b))).sum::<f32>() / 3.0;
    let (mut ours, mut plain, mut ring) = (0.0, 0.0, 0.0);
    let (mut mixed, mut unmoved, mut count) = (0.0, 0.0, 0.0);
    for (x, y) in pixels().filter(|(x, _)| (40.0..600.0).contains(x)) {
        let true_ = painted(disc_before_a_wall(x, y, -8.0, 8.0));
        let made = at(&right, x as i32, y as i32);
        let from_middle = ((x - 312.0).powi(2) + (y - 180.0).powi(2)).sqrt();
        if (from_middle - 70.0).abs() <= 8.0 {
            ours += apart(made, true_);
            plain += apart(at(&picture, (x - parallax(x, y)) as i32, y as i32), true_);
            ring += 1.0;
        }
        // Mixtures that cover a wall that was seen.
        let share = disc(x + 8.0, y);
        if (0.1..0.9).contains(&share) && x < 290.0 {
            mixed += apart(made, true_);
            unmoved += apart(at(&picture, x as i32 + 8, y as i32), true_);
            count += 1.0;
        }
    }
    let (ours, plain) = (ours / ring, plain / ring);
    let (mixed, unmoved) = (mixed / count, unmoved / count);
    println!("ring: {ours:.2}, plain {plain:.2}; mixtures: {mixed:.2}, carried with their old wall {unmoved:.2}");
    assert!(ours < 0.5 * plain, "{ours} around the outline, and {plain} by a plain warp");
    assert!(mixed < 0.7 * unmoved, "{mixed} of mixtures, and {unmoved} where the old wall is left in them");
}

#[test]
fn a_ramp_stays_a_ramp() {
    let gpu = WatchedGpu::new().unwrap();
    // A steep floor: disparity goes evenly from far (above) to near (below). Edge-finding must not make stairs of it.
    let picture = soft_pixels(SIZE, 8);
    let floor = |v: f32| (8.0 - 16.0 * (v - 0.3) / 0.4).clamp(-8.0, 8.0);
    let disparity: Vec<f32> =
        (0..SMALL[1]).flat_map(|y| vec![floor((y as f32 + 0.5) / SMALL[1] as f32); SMALL[0] as usize]).collect();
    let (_, parallax) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(8.0, SourceEye::Centre));
    let worst = (SIZE[1] * 7 / 20..SIZE[1] * 13 / 20)
        .flat_map(|y| (100..540).map(move |x| (x, y)))
        .map(|(x, y)| (parallax[(y * SIZE[0] + x) as usize] - floor((y as f32 + 0.5) / SIZE[1] as f32)).abs())
        .fold(0.0, f32::max);
    println!("{worst:.3} px off the ramp");
    assert!(worst < 0.25, "{worst} px off the ramp");
}

#[test]
fn a_soft_map_tears_no_cracks_into_surfaces() {
    let gpu = WatchedGpu::new().unwrap();
    let edge = 400;
    let mut numbers = Numbers(11);
    let mut picture = Vec::new();
    for _ in 0..SIZE[1] {
        for x in 0..SIZE[0] as i32 {
            let texture = 140 + (numbers.bits() % 110) as u8;
            // Some of the wall's colour in the surface's texture, so that no colour tells the two apart everywhere.
            picture.extend(if x < edge { [texture, 30, 10 + texture / 12, 255] } else { [10, 60, texture, 255] });
        }
    }
    // From in front of the screen to behind it over sixteen places of the map, as an unsure network gives it.
    let place = |x: u32| (x as f32 + 0.5) * SIZE[0] as f32 / SMALL[0] as f32;
    let soft = |x: u32| ((place(x) - edge as f32) / 32.0).clamp(-1.0, 1.0) * 14.0;
    let disparity: Vec<f32> = (0..SMALL[1]).flat_map(|_| (0..SMALL[0]).map(soft)).collect();
    let (both, _) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(14.0, SourceEye::Centre));
    for (eye, name) in both.iter().zip(["left", "right"]) {
        let cracks: usize = (20..SIZE[1] as i32 - 20)
            .map(|y| {
                // Up to where the surface ends in this row.
                let end = (300..460).rev().find(|x| kind(at(eye, *x, y)) == 's').unwrap();
                (300..end).filter(|x| kind(at(eye, *x, y)) != 's').count()
            })
            .sum();
        assert!(cracks <= 4, "{cracks} pixels of the {name} eye's surface show something else");
    }
}

/// A textured picture whose colour and raw disparity go by the column.
fn columns(colour: impl Fn(i32, u8) -> [u8; 4], disparity: impl Fn(i32) -> f32) -> (Vec<u8>, Vec<f32>) {
    let mut numbers = Numbers(17);
    let across = || (0..SIZE[1]).flat_map(|_| 0..SIZE[0] as i32);
    let picture = across().flat_map(|x| colour(x, 140 + (numbers.bits() % 100) as u8)).collect();
    (picture, across().map(disparity).collect())
}

#[test]
fn a_thin_post_is_found_wherever_it_stands() {
    let gpu = WatchedGpu::new().unwrap();
    // Four pixels, in either half of the runs by which the bounds of parallax are kept.
    for from in [242, 250] {
        let post = from..from + 4;
        let colour = |x, texture| if post.contains(&x) { [texture, 30, 10, 255] } else { [10, 60, texture, 255] };
        let (picture, disparity) = columns(colour, |x| if post.contains(&x) { -8.0 } else { 8.0 });
        let (both, _) = eyes(&gpu, &picture, &disparity, SIZE, &in_pixels(8.0, SourceEye::Centre));
        for (eye, shift) in both.iter().zip([4, -4]) {
            for y in 0..SIZE[1] as i32 {
                assert!((from + 1..from + 3).all(|x| kind(at(eye, x + shift, y)) == 's'), "{from} {shift} row {y}");
            }
        }
    }
}

#[test]
fn a_single_column_between_two_surfaces_does_not_stand_in_the_hole() {
    let gpu = WatchedGpu::new().unwrap();
    let colour = |x, texture| match x {
        ..320 => [texture, 30, 10, 255],
        320 => [60, 250, 60, 255],
        _ => [10, 60, texture, 255],
    };
    let (picture, disparity) = columns(colour, |x| 8.0 * (x - 320).signum() as f32);
    let ([_, right], _) = eyes(&gpu, &picture, &disparity, SIZE, &in_pixels(8.0, SourceEye::Centre));
    // With a depth of its own the column would land in the middle of the hole.
    let stray = (0..SIZE[1] as i32).filter(|y| at(&right, 321, *y) == at(&picture, 321, *y)).count();
    assert!(stray < 36, "it does in {stray} rows");
}

#[test]
fn specks_get_no_depth_of_their_own() {
    let gpu = WatchedGpu::new().unwrap();
    // A surface with specks of the wall's colour, and a map that is soft between the two.
    let mut numbers = Numbers(23);
    let specks: Vec<bool> = (0..640 * 360).map(|_| numbers.bits().is_multiple_of(40)).collect();
    let mut picture = Vec::new();
    for (i, speck) in specks.iter().enumerate() {
        let wall = i % 640 >= 400 || *speck;
        picture.extend(if wall { [10, 60, 200, 255] } else { [200, 30, 10, 255] });
    }
    let soft = |x: u32| ((4.0 * x as f32 + 2.0 - 400.0) / 32.0).clamp(-1.0, 1.0) * 8.0;
    let disparity: Vec<f32> = (0..SMALL[1]).flat_map(|_| (0..SMALL[0]).map(soft)).collect();
    let (_, parallax) = eyes(&gpu, &picture, &disparity, SMALL, &in_pixels(8.0, SourceEye::Centre));
    let at = |x: usize, y: usize| parallax[y * 640 + x];
    // Away from both neighbours in the row, to the same side.
    let out = |x: usize, y: usize| {
        let (before, here, after) = (at(x - 1, y), at(x, y), at(x + 1, y));
        (here - here.clamp(before.min(after), before.max(after))).abs() > 0.5
    };
    let out = (0..360).flat_map(|y| (360..440).map(move |x| (x, y))).filter(|(x, y)| out(*x, *y)).count();
    println!("{out} specks");
    assert!(out <= 10, "{out} specks stand out");
}

#[test]
fn writing_on_a_plate_is_not_bent() {
    let gpu = WatchedGpu::new().unwrap();
    let (mut picture, disparity) = square_scene(SMALL);
    // White letters across the square's edge and the wall.
    let (mut light, at_pixel) = (vec![0; (SIZE[0] * SIZE[1]) as usize], [170, 170]);
    letters::write(&mut light, SIZE[0] as usize, at_pixel, "THE STONE", 3, 255);
    for (pixel, light) in picture.chunks_mut(4).zip(&light).filter(|(_, light)| **light > 0) {
        pixel[..3].fill(*light);
    }
    let [width, height] = letters::size("THE STONE", 3).map(|side| side as u32);
    let mut plates = Plates::default();
    // Ten pixels in front of the screen; the square lies eight in front of it.
    plates.push(Plate { at: [164, 164], size: [width + 12, height + 12], depth: -0.125, share: 1.0 });
    let bare = in_pixels(10.0, SourceEye::Centre);
    let unbent = |eye: &[u8], shift: i32| {
        let all = (164..164 + height as i32 + 12).flat_map(|y| (164..164 + width as i32 + 12).map(move |x| (x, y)));
        all.filter(|(x, y)| at(eye, x + shift, *y) != at(&picture, *x, *y)).count()
    };
    let mapping = bare.mapping;
    let pixels = |p: f32| p * 100.0 / SIZE[0] as f32;
    let (eyes_bare, _) = eyes(&gpu, &picture, &disparity, SMALL, &View { mapping, ..bare });
    assert!(unbent(&eyes_bare[0], 5) > 1000, "without a plate they are");
    let view = View { mapping: Mapping { plates: plates.between(pixels(-8.0), pixels(8.0)), ..mapping }, ..bare };
    let (both, parallax) = eyes(&gpu, &picture, &disparity, SMALL, &view);
    for y in 164..164 + height as usize + 12 {
        for x in 164..164 + width as usize + 12 {
            let p = parallax[y * SIZE[0] as usize + x];
            assert!((p + 10.0).abs() < 1e-3, "{x} {y}: {p}");
        }
    }
    assert_eq!([unbent(&both[0], 5), unbent(&both[1], -5)], [0, 0]);
}
