//! What is done to them: each case is a film of the corpus, changed as its number says.

use crate::corpus::Film;
use crate::random::Random;

/// Stands for a file that nothing may open; the worker puts its path there.
pub(crate) const CANARY: &str = "@CANARY@";
/// Stands for a port that nothing may connect to.
pub(crate) const PORT: &str = "@PORT@";

/// Numbers that lengths and counts are confused by.
const NUMBERS: &[u64] = &[
    0,
    1,
    2,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    u64::MAX,
    1 << 62,
];

/// Lines that a playlist would rather not have.
const LINES: &[&str] = &[
    "@CANARY@",
    "file://@CANARY@",
    "file '@CANARY@'",
    "file 'file:@CANARY@'",
    "subfile,,start,0,end,0,,:@CANARY@",
    "concat:@CANARY@|@CANARY@",
    "crypto:@CANARY@",
    "../../../../../../../../../..@CANARY@",
    "http://127.0.0.1:@PORT@/x.ts",
    "tcp://127.0.0.1:@PORT@",
    "file 'http://127.0.0.1:@PORT@/x.ts'",
    "#EXT-X-MAP:URI=\"@CANARY@\"",
    "#EXT-X-KEY:METHOD=AES-128,URI=\"@CANARY@\"",
    "#EXT-X-KEY:METHOD=AES-128,URI=\"http://127.0.0.1:@PORT@/key\"",
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"@CANARY@\"",
    "#EXT-X-STREAM-INF:BANDWIDTH=1\n@CANARY@",
    "#EXTINF:1e308,",
    "#EXTINF:-1,",
    "#EXT-X-TARGETDURATION:99999999999999999999",
    "#EXT-X-MEDIA-SEQUENCE:18446744073709551615",
    "#EXT-X-BYTERANGE:99999999999999@99999999999999",
    "#EXT-X-DISCONTINUITY",
    "duration -1e300",
    "inpoint 1e300",
    "outpoint 0",
    "stream",
    "exact_stream_id 0x1e0",
    "<BaseURL>@CANARY@</BaseURL>",
    "<BaseURL>http://127.0.0.1:@PORT@/x.mp4</BaseURL>",
    "\u{1b}]0;title\u{7}\u{1b}[31m",
];

/// The film of case `case`: its number in the corpus and its files, changed.
pub(crate) fn case(corpus: &[Film], seed: u64, case: u64) -> (usize, Vec<(String, Vec<u8>)>) {
    let mut random = Random::new(seed, case);
    let chosen = random.below(corpus.len());
    let mut files = corpus[chosen].files.clone();
    let which = if random.one_in(3) { random.below(files.len()) } else { 0 };
    let text = is_text(&files[which].1);
    for _ in 0..=random.below(4) {
        let bytes = &mut files[which].1;
        if text && !random.one_in(4) {
            change_text(bytes, &files_names(corpus, chosen), &mut random);
        } else {
            change(bytes, corpus, &mut random);
        }
    }
    (chosen, files)
}

fn files_names(corpus: &[Film], chosen: usize) -> Vec<String> {
    corpus[chosen].files.iter().map(|file| file.0.clone()).collect()
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.len() < 10_000 && bytes.iter().all(|byte| matches!(byte, b'\n' | b'\r' | b'\t' | 32..=126))
}

/// A place, more often near one of the ends, where headers and indexes are.
fn place(length: usize, random: &mut Random) -> usize {
    let near = length.min(2048);
    match random.below(4) {
        0 => random.below(near),
        1 => length - 1 - random.below(near),
        _ => random.below(length),
    }
    .min(length.saturating_sub(1))
}

/// A stretch that begins at a place.
fn stretch(length: usize, most: usize, random: &mut Random) -> std::ops::Range<usize> {
    let start = place(length, random);
    let count = 1 + random.below(most);
    start..(start + count).min(length)
}

pub(crate) fn change(bytes: &mut Vec<u8>, corpus: &[Film], random: &mut Random) {
    let length = bytes.len();
    if length == 0 {
        return;
    }
    match random.below(16) {
        0 | 1 => {
            for _ in 0..=random.below(16) {
                let at = place(length, random);
                bytes[at] ^= 1 << random.below(8);
            }
        }
        2 => {
            for at in stretch(length, 64, random) {
                bytes[at] = random.next() as u8;
            }
        }
        3 => {
            let most = length / 2 + 1;
            let range = stretch(length, most, random);
            bytes[range].fill(0);
        }
        4 => {
            let range = stretch(length, 256, random);
            bytes[range].fill(0xff);
        }
        5 => bytes.truncate(place(length, random)),
        6 => drop(bytes.drain(stretch(length, length / 4 + 1, random))),
        7 => {
            let copy = bytes[stretch(length, 4096, random)].to_vec();
            let at = place(length, random);
            let times = if random.one_in(20) { 100 } else { 1 };
            bytes.splice(at..at, copy.repeat(times));
        }
        8 => {
            let count = 1 + random.below(length / 4 + 1);
            let (one, other) = (random.below(length - count + 1), random.below(length - count + 1));
            for index in 0..count {
                bytes.swap(one + index, other + index);
            }
        }
        9 | 10 => put_number(bytes, place(length, random), random),
        11 | 12 => change_length(bytes, random),
        13 => change_name(bytes, random),
        14 => {
            let other = &corpus[random.below(corpus.len())].files[0].1;
            let (cut, from) = (place(length, random), random.below(other.len().max(1)));
            bytes.truncate(cut);
            bytes.extend_from_slice(&other[from.min(other.len())..]);
        }
        _ => {
            let at = place(length, random);
            bytes[at] = bytes[at].wrapping_add(if random.one_in(2) { 1 } else { 255 });
        }
    }
}

/// Writes a number that is hard to bear, of one to eight bytes, in either order.
fn put_number(bytes: &mut [u8], at: usize, random: &mut Random) {
    let count = random.of(&[1, 2, 3, 4, 4, 4, 8]).min(bytes.len() - at);
    let number = random.of(NUMBERS);
    let big = number.to_be_bytes();
    let small = number.to_le_bytes();
    let source = if random.one_in(3) { &small[..count] } else { &big[8 - count..] };
    bytes[at..at + count].copy_from_slice(source);
}

/// Finds what looks like the length of a part (a number before or behind four letters, or an EBML length) and changes it.
fn change_length(bytes: &mut [u8], random: &mut Random) {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | 0xa9);
    for _ in 0..256 {
        let at = place(bytes.len(), random);
        let Some(name) = bytes.get(at..at + 4) else { continue };
        if name.iter().all(letter) {
            let before = at.checked_sub(4);
            let field = if random.one_in(4) { Some(at + 4) } else { before };
            if let Some(field) = field.filter(|field| field + 4 <= bytes.len()) {
                let length = u32::from_be_bytes([bytes[field], bytes[field + 1], bytes[field + 2], bytes[field + 3]]);
                let changed = match random.below(5) {
                    0 => length.wrapping_add(1),
                    1 => length.wrapping_sub(1),
                    2 => length.wrapping_mul(2),
                    3 => length ^ (1 << random.below(32)),
                    _ => random.of(NUMBERS) as u32,
                };
                bytes[field..field + 4].copy_from_slice(&changed.to_be_bytes());
                return;
            }
        }
    }
    put_number(bytes, place(bytes.len(), random), random);
}

/// Puts what a terminal would obey into a text that stands in the file.
fn change_name(bytes: &mut [u8], random: &mut Random) {
    let starts: Vec<usize> = (0..bytes.len().saturating_sub(6))
        .filter(|at| bytes[*at..*at + 6].iter().all(u8::is_ascii_alphanumeric))
        .collect();
    let Some(start) = starts.get(random.below(starts.len())).copied() else { return };
    let hard: &[&[u8]] = &[
        b"\x1b[31m",
        b"\r\n\n",
        b"\x07\x08",
        b"\xff\xfe\xfd",
        b"%s%n%",
        b"\xe2\x80\xae",
        b"\0\0\0",
        b"../..",
        b"/etc/",
    ];
    let hard = random.of(hard);
    bytes[start..start + hard.len().min(6)].copy_from_slice(&hard[..hard.len().min(6)]);
}

fn change_text(bytes: &mut Vec<u8>, names: &[String], random: &mut Random) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = random.below(lines.len() + 1);
    match random.below(8) {
        0..=2 => lines.insert(at, random.of(LINES).to_owned()),
        3 => {
            if let Some(line) = lines.get_mut(at) {
                *line = random.of(LINES).to_owned();
            }
        }
        4 => {
            let name = &names[random.below(names.len())];
            let line = if random.one_in(2) { format!("file '{name}'") } else { name.clone() };
            lines.insert(at, line);
        }
        5 => {
            let count = random.of(&[2, 100, 3000]);
            if let Some(line) = lines.get(at).cloned() {
                lines.splice(at..at, std::iter::repeat_n(line, count));
            }
        }
        6 => {
            if at < lines.len() {
                lines.remove(at);
            }
        }
        _ => {
            let long = random.of(&["A", "../", "\u{1b}[2J", "%"]).repeat(random.of(&[10, 5000]));
            if let Some(line) = lines.get_mut(at) {
                line.push_str(&long);
            }
        }
    }
    *bytes = lines.join("\n").into_bytes();
    bytes.push(b'\n');
}
