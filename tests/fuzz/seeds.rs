//! What the changes begin with, and words that the changes put in.

use std::fs;
use std::path::Path;

use deep3d::gpu::testing::write_pipelines;

/// Whole inputs of a target, and almost whole ones. The first is without a fault.
pub(crate) fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "weights" => vec![
            include_bytes!("../../assets/deep3d.safetensors").to_vec(),
            safetensors(r#"{"__metadata__":{"format":"1"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#, 8),
            safetensors(r#"{"a":{"dtype":"F16","shape":[0],"data_offsets":[0,0]}}"#, 0),
        ],
        "params" => vec![params(), params()[..40].to_vec()],
        "depth_tags" => {
            let print = "00".repeat(deep3d::stage::cut::Fingerprint::DIGEST);
            vec![
                format!("1\n-1.25\n1.0\n0.3\n12.500;1.500000:{print};2:{print}").into_bytes(),
                b"1\n-1e4\n1e4\n1e-6\n-".to_vec(),
                b"2\n0\n1\n0.25\n1e300;".to_vec(),
            ]
        }
        "depth_map" => {
            let samples: Vec<u8> = (0..=255).cycle().take(1200).collect();
            let shapes: [[u8; 7]; 4] =
                [[19, 9, 19, 9, 0, 0, 20], [9, 9, 3, 30, 65, 5, 20], [0, 0, 39, 39, 2, 7, 0], [31, 15, 8, 4, 7, 2, 64]];
            shapes.map(|shape| [&shape[..], &samples].concat()).into()
        }
        "dataset_state" => vec![
            br#"{"version":1,"origin":{"film":"a.mkv","film_bytes":12,"layout":"half-sbs","right_first":false,"every":1000000000,"width":640,"shard":4294967296},"shards":[10240,512],"next":{"time":5,"shot":2,"step":1,"counts":{"kept":3,"dropped":[0,0,0,0,0,0,0],"order":[1,0]}},"done":false}"#
                .to_vec(),
        ],
        "pipeline_cache" => {
            let words: [u32; 4] = [32, 1, 1, 2];
            let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            bytes.extend([4; 16]);
            bytes.extend([9; 100]);
            vec![write_pipelines(&bytes), bytes]
        }
        "screen" => vec![
            br#"{"width":5.5,"distance":3.0,"height":0.5,"tilt":-3.0,"curvature":0.2,"follow_head":true,"lying":false,"surroundings":"void"}"#
                .to_vec(),
            br#"{"width":1e39,"tilt":-0.0}"#.to_vec(),
        ],
        "names" => ["film.mkv", "-", "file:///a%20b/c%.mp4", "http://h.org:80/a b/\u{fc}.ts?x=/y#z", "file://localhost/%ff", "C://x"]
            .map(|name| name.as_bytes().to_vec())
            .into(),
        "options" => [
            &b"convert\0a.mkv\0-o\0b.mkv\0--layout\0half-sbs\0--start\x001:02:03.5\0--end\0-10\0--strength\x002.5"[..],
            b"play\0--loop\0a\0--convergence\x000.5\0--network-size\x0064x64\0--screen-width\x002",
            b"dataset\0x\0-o\0y\0--every\x001\0--width\x00100",
            b"1:02:03.25",
            b"-30",
            b"50%",
        ]
        .map(<[u8]>::to_vec)
        .into(),
        "still" => pictures(),
        _ => Vec::new(),
    }
}

/// What a change may put in.
pub(crate) fn words(target: &str) -> &'static [&'static [u8]] {
    match target {
        "weights" | "dataset_state" | "screen" => {
            &[b"[", b"{", b"}", b"null", b"-1", b"1e999", b"18446744073709551615", b"\"\\u0000\"", b"[[[[[[[[", b","]
        }
        "depth_tags" => &[b"NaN", b"inf", b"-", b"1e30", b"\n", b";", b":", b"\xff"],
        "names" => &[b"://", b"%", b"%00", b"/", b"?", b"#", b"file:", b"\0", b"\xff", b"http"],
        "options" => &[b"\0--", b"\0", b"-", b":", b"%", b"=", b"99999999999999999999", b"NaN", b"\xff", b"\0--help"],
        _ => &[],
    }
}

fn safetensors(header: &str, bytes: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; bytes]].concat()
}

/// Two arrays of the second version with their names.
fn params() -> Vec<u8> {
    let mut bytes = Vec::new();
    let long = |bytes: &mut Vec<u8>, value: u64| bytes.extend(value.to_le_bytes());
    let short = |bytes: &mut Vec<u8>, value: u32| bytes.extend(value.to_le_bytes());
    for value in [0x112, 0, 2] {
        long(&mut bytes, value);
    }
    for shape in [&[2_u64, 3][..], &[4]] {
        for value in [0xf993_fac9, 0, shape.len() as u32] {
            short(&mut bytes, value);
        }
        shape.iter().for_each(|side| long(&mut bytes, *side));
        // On the CPU, number 0, in single precision.
        for value in [1, 0, 0] {
            short(&mut bytes, value);
        }
        bytes.extend(vec![0; shape.iter().product::<u64>() as usize * 4]);
    }
    long(&mut bytes, 2);
    for name in ["arg:conv_weight", "aux:bn_moving_var"] {
        long(&mut bytes, name.len() as u64);
        bytes.extend(name.as_bytes());
    }
    bytes
}

/// Small pictures of the kinds that this program decodes itself, and those that were too much.
fn pictures() -> Vec<Vec<u8>> {
    let picture = image::RgbaImage::from_fn(12, 7, |x, y| image::Rgba([x as u8 * 20, y as u8 * 30, 99, 200]));
    let mut made = Vec::new();
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Pnm, Tga, Tiff, WebP};
    for format in [Png, Gif, Bmp, Jpeg, Pnm, Tga, Tiff, WebP] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = image::DynamicImage::ImageRgba8(picture.clone());
        let picture = if matches!(format, Jpeg | Pnm) { picture.to_rgb8().into() } else { picture };
        picture.write_to(&mut bytes, format).unwrap();
        made.push(bytes.into_inner());
    }
    let faults = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/faults");
    for name in ["p3.png", "sticker.gif", "sticker.png"] {
        made.push(fs::read(faults.join(name)).unwrap());
    }
    made
}
