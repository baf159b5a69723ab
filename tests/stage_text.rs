//! Writing over a picture is found, from its first frame to its last, and nothing else is taken for it.
#![allow(clippy::unwrap_used, clippy::panic)]

use deep3d::frame::{Chroma, Colour, Orientation, OwnedPlanes, Picture, PixelFormat, Shape};
use deep3d::stage::glance::Glance;
use deep3d::stage::text::{Block, Text};

#[path = "common/letters.rs"]
mod letters;

const SIZE: [usize; 2] = [640, 360];
/// Frames that are seen ahead.
const AHEAD: u64 = 3;

fn hash(x: isize, y: isize) -> f32 {
    let mut z = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 32)) >> 40) as f32 / (1 << 24) as f32
}

/// Something like foliage: blobs and grain, seen from a camera at `x`, `y`.
fn foliage([left, top]: [f32; 2], seed: isize) -> Vec<u8> {
    let smooth = |x: f32, y: f32, unit: f32| {
        let (x, y) = (x / unit, y / unit);
        let (column, row) = (x.floor(), y.floor());
        let (u, v) = (x - column, y - row);
        let at = |dx: isize, dy: isize| hash(column as isize + dx + 1000 * seed, row as isize + dy);
        let upper = at(0, 0) * (1.0 - u) + at(1, 0) * u;
        let lower = at(0, 1) * (1.0 - u) + at(1, 1) * u;
        upper * (1.0 - v) + lower * v
    };
    let one = |at: usize| {
        let (x, y) = ((at % SIZE[0]) as f32 + left, (at / SIZE[0]) as f32 + top);
        (30.0 + 90.0 * smooth(x, y, 40.0) + 60.0 * smooth(x, y, 9.0) + 70.0 * smooth(x, y, 3.0)) as u8
    };
    (0..SIZE[0] * SIZE[1]).map(one).collect()
}

fn grey(light: Vec<u8>) -> Picture {
    picture(light, SIZE, Orientation::default())
}

fn picture(light: Vec<u8>, size: [usize; 2], orientation: Orientation) -> Picture {
    Picture {
        shape: Shape {
            size: size.map(|side| side as u32),
            format: PixelFormat { chroma: Chroma::Grey, depth: 8, shift: 0, semi_planar: false },
            colour: Colour::SRGB,
            sample_aspect: (1, 1),
            orientation,
        },
        planes: Box::new(OwnedPlanes(vec![(light, size[0])])),
    }
}

/// What is found over each frame of a film of `frames` pictures.
fn found(frames: u64, make: impl Fn(u64) -> Picture) -> Vec<Vec<Block>> {
    let mut text = Text::default();
    let mut all = Vec::new();
    for frame in 0..frames + AHEAD {
        if frame < frames {
            text.look(frame, &Glance::of(&make(frame)));
        }
        if frame >= AHEAD {
            all.push(text.blocks(frame - AHEAD).collect());
        }
    }
    all
}

/// Whether one of the blocks is around `text` written at `at`, and not much larger.
fn around(blocks: &[Block], at: [usize; 2], text: &str, stroke: usize) -> bool {
    let size = letters::size(text, stroke);
    blocks.iter().any(|block| {
        (0..2).all(|axis| {
            let (from, to) = (block.at[axis] as usize, (block.at[axis] + block.size[axis]) as usize);
            let more = 16 * stroke;
            from <= at[axis]
                && to >= at[axis] + size[axis]
                && from + more >= at[axis]
                && to <= at[axis] + size[axis] + more
        })
    })
}

/// From a frame's number to its brightness.
type Film<'a> = &'a dyn Fn(u64) -> Vec<u8>;

/// A camera that pans.
fn pan(frame: u64) -> Vec<u8> {
    foliage([frame as f32 * 2.7, frame as f32 * 0.4], 1)
}

/// One that stands, with grain.
fn stand(frame: u64) -> Vec<u8> {
    let grain = |(at, light): (usize, &u8)| light.saturating_add((hash(at as isize, frame as isize) * 5.0) as u8);
    foliage([0.0, 0.0], 2).iter().enumerate().map(grain).collect()
}

#[test]
fn captions_stand_from_their_first_frame_to_their_last() {
    let text = "THE CAT IS ON THE ROAD";
    for (name, scene, text, stroke, at) in [
        ("a pan", pan as fn(u64) -> Vec<u8>, text, 2, [150, 310]),
        ("a camera that stands", stand, text, 2, [150, 310]),
        ("a large title", pan, "MOONSTONE", 5, [150, 150]),
        ("small writing", pan, text, 1, [40, 20]),
    ] {
        let blocks = found(30, |frame| {
            let mut light = scene(frame);
            if (8..22).contains(&frame) {
                letters::write(&mut light, SIZE[0], at.map(|at| at as isize), text, stroke, 235);
            }
            grey(light)
        });
        for (frame, blocks) in blocks.iter().enumerate() {
            let expected = (8..22).contains(&frame);
            assert_eq!(around(blocks, at, text, stroke), expected, "{name}, frame {frame}: {blocks:?}");
            assert!(expected || blocks.is_empty(), "{name}, frame {frame}: {blocks:?}");
        }
    }
}

#[test]
fn a_logo_stands_across_cuts() {
    let blocks = found(40, |frame| {
        let mut light = foliage([frame as f32 * 1.9, 0.0], frame as isize / 10);
        letters::write(&mut light, SIZE[0], [520, 24], "MIRROR", 2, 220);
        grey(light)
    });
    let first = blocks[0].first().unwrap().number;
    for (frame, blocks) in blocks.iter().enumerate() {
        assert!(around(blocks, [520, 24], "MIRROR", 2), "frame {frame}: {blocks:?}");
        assert!(blocks.iter().any(|block| block.number == first), "frame {frame}: {blocks:?}");
    }
}

#[test]
fn whatever_the_samples_and_however_turned() {
    let (text, at) = ("HELLO AND BRAND", [120, 40]);
    let scene = |frame: u64| {
        let mut light = pan(frame);
        letters::write(&mut light, SIZE[0], at.map(|at| at as isize), text, 2, 200);
        light
    };
    // Ten bits in the upper end of sixteen.
    let deep = found(6, |frame| {
        let bytes = scene(frame).iter().flat_map(|light| (u16::from(*light) << 8).to_le_bytes()).collect();
        let format = PixelFormat { chroma: Chroma::Grey, depth: 10, shift: 6, semi_planar: false };
        let grey = grey(Vec::new());
        Picture { shape: Shape { format, ..grey.shape }, planes: Box::new(OwnedPlanes(vec![(bytes, 2 * SIZE[0])])) }
    });
    assert!(around(&deep[1], at, text, 2), "{:?}", deep[1]);
    assert_eq!(deep, found(6, |frame| grey(scene(frame))));
    // Coded on its side: the picture is turned clockwise to be seen.
    let turned = found(6, |frame| {
        let seen = scene(frame);
        let coded = (0..SIZE[0] * SIZE[1]).map(|place| {
            let (x, y) = (place % SIZE[1], place / SIZE[1]);
            seen[x * SIZE[0] + (SIZE[0] - 1 - y)]
        });
        picture(coded.collect(), [SIZE[1], SIZE[0]], Orientation { mirror: false, quarter_turns: 1 })
    });
    assert!(around(&turned[1], at, text, 2), "{:?}", turned[1]);
    // Twice as large.
    let large = found(6, |frame| {
        let small = scene(frame);
        let double = (0..4 * SIZE[0] * SIZE[1]).map(|place| {
            let (x, y) = (place % (2 * SIZE[0]), place / (2 * SIZE[0]));
            small[y / 2 * SIZE[0] + x / 2]
        });
        picture(double.collect(), SIZE.map(|side| 2 * side), Orientation::default())
    });
    assert!(around(&large[1], at.map(|at| 2 * at), text, 4), "{:?}", large[1]);
}

#[test]
fn what_only_looks_like_writing_is_none() {
    let posts = |light: &mut [u8], left: isize, top: usize| {
        for y in top..top + 24 {
            for x in 0..60 {
                for off in 0..4 {
                    let x = left + 9 * x + off;
                    if (0..SIZE[0] as isize).contains(&x) {
                        light[y * SIZE[0] + x as usize] = 225;
                    }
                }
            }
        }
    };
    let with_sign = |mut light: Vec<u8>, x: isize, y: isize| {
        letters::write(&mut light, SIZE[0], [x, y], "TO THE BEACH", 2, 230);
        light
    };
    let films: [(&str, Film); 8] = [
        ("a pan", &pan),
        ("a camera that stands", &stand),
        ("noise", &|frame| {
            (0..SIZE[0] * SIZE[1]).map(|at| (hash(at as isize, frame as isize) * 255.0) as u8).collect()
        }),
        ("noise that stands", &|_| (0..SIZE[0] * SIZE[1]).map(|at| (hash(at as isize, 3) * 255.0) as u8).collect()),
        ("a railing", &|frame| {
            let mut light = stand(frame);
            posts(&mut light, 30, 200);
            light
        }),
        ("a railing in a pan", &|frame| {
            let mut light = pan(frame);
            posts(&mut light, 60 - (frame as f32 * 2.7) as isize, 200);
            light
        }),
        ("a sign in a pan", &|frame| with_sign(pan(frame), 200 - (frame as f32 * 2.7) as isize, 120)),
        ("a sign in a slow pan", &|frame| {
            let off = frame as f32 * 0.5;
            with_sign(foliage([off, 0.0], 4), 200 - off as isize, 120)
        }),
    ];
    for (name, film) in films {
        for (frame, blocks) in found(20, |frame| grey(film(frame))).iter().enumerate() {
            assert!(blocks.is_empty(), "{name}, frame {frame}: {blocks:?}");
        }
    }
}

#[test]
fn credits_roll_as_one() {
    let lines = ["DIRECTED", "ANNA LIND", "CAMERA", "TOM HALL", "SCENE", "MIA STONE", "SOLO", "BEN LEHAR"];
    let blocks = found(110, |frame| {
        let mut light = foliage([frame as f32 * 1.1, 0.0], 5);
        for (index, line) in lines.iter().enumerate() {
            let top = 365 + 24 * index as isize - (frame as f32 * 4.4 - 40.0).max(0.0) as isize / 2;
            letters::write(&mut light, SIZE[0], [240, top], line, 2, 230);
        }
        grey(light)
    });
    let rolling = |blocks: &[Block]| blocks.iter().any(|block| block.rolling);
    let first = blocks.iter().position(|blocks| rolling(blocks)).unwrap();
    // The first line is whole after fifteen frames.
    assert!(first < 35, "{first}");
    for (frame, blocks) in blocks.iter().enumerate().skip(first) {
        let [block] = blocks[..] else { panic!("frame {frame}: {blocks:?}") };
        assert!(block.rolling && block.at[1] == 0 && block.size[1] == 360, "frame {frame}: {block:?}");
        assert!(
            block.number == blocks[0].number && block.at[0] <= 240 && block.at[0] > 200,
            "frame {frame}: {block:?}"
        );
    }
    assert!(blocks[90][0].at[0] + blocks[90][0].size[0] >= 240 + 106);
    // A camera that goes down past signs is none.
    let tilt = found(60, |frame| {
        let mut light = foliage([0.0, frame as f32 * 2.0], 6);
        for index in 0..2 {
            letters::write(&mut light, SIZE[0], [240, 300 + 40 * index - 2 * frame as isize], lines[1], 2, 230);
        }
        grey(light)
    });
    assert!(tilt.iter().all(Vec::is_empty), "{:?}", tilt.iter().find(|blocks| !blocks.is_empty()));
}

#[test]
fn a_seek_forgets() {
    let mut text = Text::default();
    let scene = |frame: u64| {
        let mut light = pan(frame);
        letters::write(&mut light, SIZE[0], [150, 310], "THE CAT IS ON THE ROAD", 2, 235);
        grey(light)
    };
    (0..6).for_each(|frame| text.look(frame, &Glance::of(&scene(frame))));
    assert!(text.blocks(5).count() > 0);
    text.reset();
    text.look(6, &Glance::of(&scene(6)));
    assert_eq!(text.blocks(6).count(), 0);
    // Pictures of no size worth the name, and broken ones, are looked at without harm.
    for size in [[1, 1], [7, 3], [640, 1], [1, 640], [13, 2000]] {
        let glance = |light: Vec<u8>| Glance::of(&picture(light, size, Orientation::default()));
        (7..12).for_each(|frame| text.look(frame, &glance(vec![200; size[0] * size[1]])));
        (12..15).for_each(|frame| text.look(frame, &glance(Vec::new())));
    }
}
