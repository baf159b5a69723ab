//! What a picture may take is found out before it is taken: pictures that claim to be huge, and bombs beside small ones, each in a process whose
//! peak is looked at.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use deep3d::media::{Memory, Reading, Source, SourceOptions};
use flate2::{Compression, write::ZlibEncoder};

/// What the pictures here may take.
const MOST: u64 = 64 << 20;
/// What a process with FFmpeg takes anyway, with room.
const PROGRAM: u64 = 48 << 20;

/// Says which file the process that a test starts is to open.
const FILE: &str = "DEEP3D_TEST_FILE";

/// Not a test of its own: what the others start.
/// A file of `bytes` is opened, within what one picture may take.
fn assert_opens_within(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    let (told, peak) = open(&path);
    println!("{name}: {} MiB, {told}", peak >> 20);
    assert_eq!(told, "opened", "{name}");
    assert!(peak < PROGRAM + MOST, "{name}: {} MiB", peak >> 20);
}

#[test]
fn opens_what_it_is_told_to() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let reading = Reading { most_memory: Memory(MOST), ..Reading::default() };
    let told = match Source::open(PathBuf::from(path), &SourceOptions { reading, ..SourceOptions::default() }) {
        Ok(mut source) => source.next().map_or_else(|error| error.to_string(), |_| "opened".to_owned()),
        Err(error) => error.to_string(),
    };
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("\npeak {}\ntold {told}", peak.trim().trim_end_matches(" kB"));
}

/// Opens the file in a process of its own: what that said, and its peak in bytes.
fn open(path: &Path) -> (String, u64) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "opens_what_it_is_told_to", "--nocapture"]).env(FILE, path);
    let output = child.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
    let (told, peak) = (line("told "), line("peak "));
    let (Some(told), Some(peak)) = (told, peak) else {
        panic!("{path:?}: {text}\n{}", String::from_utf8_lossy(&output.stderr))
    };
    (told, peak.parse::<u64>().unwrap() * 1024)
}

fn packed(bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 16];
    (0..bytes >> 16).for_each(|_| encoder.write_all(&zeros).unwrap());
    encoder.finish().unwrap()
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let covered = [kind, body].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&covered);
    [&(body.len() as u32).to_be_bytes()[..], &covered, &crc.sum().to_be_bytes()].concat()
}

/// A PNG of grey with `bits` a sample, other chunks before its picture, and `rows` bytes of samples.
fn png(size: [u32; 2], bits: u8, before: &[Vec<u8>], rows: usize) -> Vec<u8> {
    png_of(0, size, bits, before, rows)
}

/// The same of any of PNG's kinds of colours.
fn png_of(colour: u8, size: [u32; 2], bits: u8, before: &[Vec<u8>], rows: usize) -> Vec<u8> {
    let header = [&size[0].to_be_bytes()[..], &size[1].to_be_bytes(), &[bits, colour, 0, 0, 0]].concat();
    let parts = [
        vec![b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header)],
        before.to_vec(),
        vec![chunk(b"IDAT", &packed(rows)), chunk(b"IEND", b"")],
    ];
    parts.concat().concat()
}

fn small_png(before: &[Vec<u8>]) -> Vec<u8> {
    // 1 filter byte and 255 samples a row.
    png([255, 256], 8, before, 1 << 16)
}

/// A TIFF in one strip of deflated zeros.
fn tiff(size: [u32; 2], bits: u32, length: usize) -> Vec<u8> {
    let strip = packed(length);
    let entries: [(u16, u32); 9] = [
        (256, size[0]),
        (257, size[1]),
        (258, bits),
        (259, 8),
        (262, 1),
        (273, 8 + 2 + 9 * 12 + 4),
        (277, 1),
        (278, size[1]),
        (279, strip.len() as u32),
    ];
    let mut bytes = b"II*\0\x08\0\0\0\x09\0".to_vec();
    for (tag, value) in entries {
        bytes.extend(
            [&tag.to_le_bytes()[..], &4_u16.to_le_bytes(), &1_u32.to_le_bytes(), &value.to_le_bytes()].concat(),
        );
    }
    bytes.extend([0; 4]);
    bytes.extend(strip);
    bytes
}

fn jpeg(code: u8) -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff".to_vec();
    bytes.extend([code, 0, 17, 8, 0xff, 0xff, 0xff, 0xff, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    bytes.extend(b"\xff\xda\0\x0c\x03\x01\0\x02\0\x03\0\0\x3f\0");
    bytes.extend([0; 64]);
    bytes
}

fn webp(side: u32) -> Vec<u8> {
    let [a, b, c, _] = (side - 1).to_le_bytes();
    let mut body = b"WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    body.extend([a, b, c, a, b, c]);
    body.extend(b"VP8L\x10\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0\0\0\0");
    [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
}

fn exr(side: i32) -> Vec<u8> {
    let mut bytes = b"\x76\x2f\x31\x01\x02\0\0\0".to_vec();
    let mut attribute = |name: &[u8], kind: &[u8], value: &[u8]| {
        bytes.extend([name, b"\0", kind, b"\0", &(value.len() as u32).to_le_bytes(), value].concat());
    };
    let channel =
        |name: u8| [&[name, 0][..], &2_i32.to_le_bytes(), &[0; 4], &1_i32.to_le_bytes(), &1_i32.to_le_bytes()].concat();
    attribute(b"channels", b"chlist", &[channel(b'B'), channel(b'G'), channel(b'R'), vec![0]].concat());
    attribute(b"compression", b"compression", &[0]);
    let window = [0, 0, side - 1, side - 1].map(i32::to_le_bytes).concat();
    attribute(b"dataWindow", b"box2i", &window);
    attribute(b"displayWindow", b"box2i", &window);
    attribute(b"lineOrder", b"lineOrder", &[0]);
    attribute(b"pixelAspectRatio", b"float", &1_f32.to_le_bytes());
    attribute(b"screenWindowCenter", b"v2f", &[0; 8]);
    attribute(b"screenWindowWidth", b"float", &1_f32.to_le_bytes());
    bytes.extend([0; 4096]);
    bytes
}

fn jpeg2000(side: u32) -> Vec<u8> {
    let mut siz = vec![0, 0];
    for value in [side, side, 0, 0, side, side, 0, 0] {
        siz.extend(value.to_be_bytes());
    }
    siz.extend([0, 3, 7, 1, 1, 7, 1, 1, 7, 1, 1]);
    let cod = [0, 0, 0, 1, 0, 5, 4, 4, 0, 1];
    let qcd = [0x40, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8];
    let mut bytes = vec![0xff, 0x4f];
    for (mark, body) in [(0x51, &siz[..]), (0x52, &cod), (0x5c, &qcd)] {
        bytes.extend([0xff, mark]);
        bytes.extend((body.len() as u16 + 2).to_be_bytes());
        bytes.extend(body);
    }
    bytes.extend([0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 14, 0, 1, 0xff, 0x93]);
    bytes.extend([0x80; 64]);
    bytes.extend([0xff, 0xd9]);
    bytes
}

fn avif(side: u32) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/orientation/1.avif");
    let mut bytes = fs::read(path).unwrap();
    let size = bytes.windows(4).position(|four| four == b"ispe").unwrap() + 8;
    bytes[size..size + 4].copy_from_slice(&side.to_be_bytes());
    bytes[size + 4..size + 8].copy_from_slice(&side.to_be_bytes());
    bytes
}

#[test]
fn pictures_that_claim_to_be_huge_are_refused_before_memory_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let side = 16_000_u32;
    let [low, high, ..] = side.to_le_bytes();
    let gif = |side: u16| {
        [&b"GIF89a"[..], &side.to_le_bytes(), &side.to_le_bytes(), &[0x80, 0, 0, 0, 0, 0, 9, 9, 9]].concat()
    };
    let frame = [&b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"[..]; 2].concat();
    let moving = chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    let psd = [&b"8BPS\0\x01\0\0\0\0\0\0\0\x03"[..], &side.to_be_bytes(), &side.to_be_bytes(), &[0, 8, 0, 3], &[0; 64]]
        .concat();
    let dds = {
        let mut header =
            [&b"DDS \x7c\0\0\0\x07\x10\0\0"[..], &side.to_le_bytes(), &side.to_le_bytes(), &[0; 56]].concat();
        header.extend(b"\x20\0\0\0\x04\0\0\0DXT1");
        header.resize(256, 0);
        header
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("huge.gif", [gif(65_535), frame[..15].to_vec(), b";".to_vec()].concat()),
        ("wide.gif", [gif(16_000), frame.clone(), b";".to_vec()].concat()),
        ("grey16.png", png([side, side], 16, &[], 2 << 20)),
        ("wide.png", png([65_535, 65_535], 8, &[], 1 << 16)),
        ("moving.png", png([side, side], 8, &[moving], 1 << 16)),
        ("strip.tiff", tiff([side, side], 16, 512 << 20)),
        ("plain.jpg", jpeg(0xc0)),
        ("progressive.jpg", jpeg(0xc2)),
        ("wide.webp", webp(16_000)),
        (
            "wide.bmp",
            [
                &b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"[..],
                &[low, high, 0, 0, low, high, 0, 0, 1, 0, 24, 0],
                &[0; 64],
            ]
            .concat(),
        ),
        ("wide.tga", [&[0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, low, high, low, high, 24, 0][..], &[0; 64]].concat()),
        ("wide.ppm", b"P6 16000 16000 255\n...".to_vec()),
        ("wide.pgm", b"P5 16000 16000 65535\n...".to_vec()),
        ("wide.psd", psd),
        ("wide.dds", dds),
        ("wide.exr", exr(16_000)),
        ("wide.j2k", jpeg2000(side)),
        ("wide.qoi", [&b"qoif"[..], &side.to_be_bytes(), &side.to_be_bytes(), &[3, 0], &[0xfe; 64]].concat()),
        // A size of 2^30 in JPEG XL's bits.
        ("wide.jxl", [&b"\xff\x0a\xfe\xff\xff\xff\x0f\0"[..], &[0x5a; 64]].concat()),
        ("wide.avif", avif(16_000)),
    ];
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (told, peak) = open(&path);
        println!("{name}: {} MiB, {told}", peak >> 20);
        assert!(told != "opened", "{name}");
        assert!(peak < PROGRAM + (16 << 20), "{name}: {} MiB; {told}", peak >> 20);
        assert!(["--max-memory", "too large"].iter().any(|word| told.contains(word)), "{name}: {told}");
    }
}

#[test]
fn bombs_beside_a_small_picture_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = packed(512 << 20);
    let named = |name: &[u8], middle: &[u8]| [name, b"\0", middle, &bomb].concat();
    let cases = [
        ("profile.png", small_png(&[chunk(b"iCCP", &named(b"x", b"\0"))])),
        ("text.png", small_png(&[chunk(b"zTXt", &named(b"Raw profile type exif", b"\0"))])),
        ("xmp.png", small_png(&[chunk(b"iTXt", &named(b"XML:com.adobe.xmp", b"\x01\0\0\0"))])),
        ("long.png", png([255, 256], 8, &[], 512 << 20)),
        ("strip.tiff", tiff([256, 256], 8, 512 << 20)),
        ("plain.png", small_png(&[])),
    ];
    for (name, bytes) in cases {
        assert_opens_within(folder.path(), name, &bytes);
    }
}

#[test]
fn the_largest_allowed_picture_stays_within_what_it_may_take() {
    let folder = tempfile::tempdir().unwrap();
    let mut profile = ZlibEncoder::new(b"x\0\0".to_vec(), Compression::best());
    profile.write_all(&moxcms::ColorProfile::new_adobe_rgb().encode().unwrap()).unwrap();
    let profile = [chunk(b"iCCP", &profile.finish().unwrap())];
    let rows = |length: usize, count: usize| (length * count).next_multiple_of(1 << 16);
    for (name, bytes) in [
        ("grey.png", png([8191, 2048], 8, &[], rows(8192, 2048))),
        ("profile.png", png_of(2, [4095, 2700], 8, &profile, rows(1 + 3 * 4095, 2700))),
        ("deep.png", png_of(6, [2000, 2000], 16, &profile, rows(1 + 8 * 2000, 2000))),
        ("large.tiff", tiff([8192, 1024], 16, 8192 * 2048)),
    ] {
        assert_opens_within(folder.path(), name, &bytes);
    }
}
