//! Fonts that come with subtitles: looked through before libass has them, as a small file may ask for any amount of time or memory.

use std::sync::Arc;

use crate::media::Font;

/// Fonts of one film: the largest releases attach some hundred.
const MOST: usize = 256;
/// Tables of a font; theirs have far fewer.
const MOST_TABLES: usize = 256;
/// Faces in one file.
const MOST_FACES: usize = 64;
/// Bytes of all the names in a font: each is read, and many may lie in the same place.
const MOST_NAMES: usize = 1 << 20;
/// Glyphs that one is made of, by whatever detour: those of real fonts are made of less than twenty.
const MOST_PARTS: u64 = 256;

/// Those that can be used. Clones are the same ones.
#[derive(Clone, Default)]
pub struct Fonts(Arc<[Font]>);

impl Fonts {
    /// Of those that come with the film, or file, `location`; which ones are left out is told.
    pub fn of(fonts: Vec<Font>, location: &str) -> Self {
        let mut kept = Vec::new();
        for font in fonts {
            let reason = if kept.len() >= MOST { Some("there are too many") } else { fault(&font.bytes) };
            match reason {
                Some(reason) => {
                    let name = crate::terminal::line(&font.name);
                    tracing::warn!("{location}: the font {name} that comes with the subtitles is left out: {reason}");
                    if kept.len() >= MOST {
                        break;
                    }
                }
                None => kept.push(font),
            }
        }
        Self(kept.into())
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Font] {
        &self.0
    }
}

const DAMAGED: &str = "it is damaged, or no TrueType or OpenType font";

/// Why a font is not to be used: it is no OpenType or TrueType font whose tables lie inside of it (others may be unpacked to any size), or a bomb.
fn fault(bytes: &[u8]) -> Option<&'static str> {
    let face = |at: usize| Face::of(bytes, at).map_or(Some(DAMAGED), |face| face.fault());
    match bytes.get(..4) {
        Some([0, 1, 0, 0] | b"OTTO" | b"true") => face(0),
        Some(b"ttcf") => {
            let count = number(bytes, 8, 4).filter(|count| (1..=MOST_FACES).contains(count));
            let Some(count) = count else { return Some(DAMAGED) };
            (0..count).find_map(|index| number(bytes, 12 + index * 4, 4).map_or(Some(DAMAGED), face))
        }
        _ => Some(DAMAGED),
    }
}

fn number(bytes: &[u8], at: usize, count: usize) -> Option<usize> {
    let part = bytes.get(at..at.checked_add(count)?)?;
    Some(part.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

/// The tables of one face.
struct Face<'a>(Vec<([u8; 4], &'a [u8])>);

impl<'a> Face<'a> {
    /// That whose tables are listed at `at`. None where one does not lie inside of the file.
    fn of(bytes: &'a [u8], at: usize) -> Option<Self> {
        let count = number(bytes, at.checked_add(4)?, 2).filter(|count| (1..=MOST_TABLES).contains(count))?;
        let table = |index: usize| {
            let record = at.checked_add(12 + index * 16)?;
            let tag = bytes.get(record..record.checked_add(4)?)?.try_into().ok()?;
            let from = number(bytes, record + 8, 4)?;
            Some((tag, bytes.get(from..from.checked_add(number(bytes, record + 12, 4)?)?)?))
        };
        (0..count).map(table).collect::<Option<_>>().map(Self)
    }

    fn table(&self, tag: &[u8; 4]) -> &'a [u8] {
        self.0.iter().find(|(own, _)| own == tag).map_or(&[], |(_, bytes)| bytes)
    }

    fn fault(&self) -> Option<&'static str> {
        let name = self.table(b"name");
        let count = number(name, 2, 2).unwrap_or(0);
        let bytes: usize = (0..count).filter_map(|index| number(name, 6 + index * 12 + 8, 2)).sum();
        if bytes > MOST_NAMES {
            return Some("its names are longer than any");
        }
        (!self.glyphs_are_bounded()).then_some("its glyphs are made of too many others")
    }

    /// Whether no glyph is made of more than [`MOST_PARTS`] others, nor of itself.
    fn glyphs_are_bounded(&self) -> bool {
        let (loca, glyf) = (self.table(b"loca"), self.table(b"glyf"));
        let wide = number(self.table(b"head"), 50, 2) != Some(0);
        let place = |glyph: usize| match wide {
            true => number(loca, glyph * 4, 4),
            false => number(loca, glyph * 2, 2).map(|half| half * 2),
        };
        let parts = |glyph: usize| {
            let bytes =
                place(glyph).zip(place(glyph + 1)).and_then(|(from, to)| glyf.get(from..to)).unwrap_or_default();
            components(bytes)
        };
        let count = loca.len() / if wide { 4 } else { 2 };
        // Of each glyph how many it is made of, itself among them; 0 where that is not known yet.
        let mut sums = vec![0_u64; count];
        let mut open: Vec<(usize, Vec<usize>, u64)> = Vec::new();
        for first in 0..count.saturating_sub(1) {
            if sums[first] == 0 {
                open.push((first, parts(first), 1));
            }
            while let Some((glyph, rest, sum)) = open.last_mut() {
                match rest.last().map(|part| (*part, sums.get(*part).copied())) {
                    None => {
                        sums[*glyph] = *sum;
                        open.pop();
                    }
                    // One that is not there is left out.
                    Some((_, None)) => drop(rest.pop()),
                    Some((_, Some(known))) if known > 0 => {
                        rest.pop();
                        *sum += known;
                        if *sum > MOST_PARTS {
                            return false;
                        }
                    }
                    Some((part, Some(_))) => {
                        if open.iter().any(|(other, ..)| *other == part) || open.len() as u64 > MOST_PARTS {
                            return false;
                        }
                        open.push((part, parts(part), 1));
                    }
                }
            }
        }
        true
    }
}

/// The glyphs that a glyph of a `glyf` table is made of.
fn components(glyph: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    if number(glyph, 0, 2).is_none_or(|contours| contours < 0x8000) {
        return found;
    }
    let mut at = 10;
    while let (Some(flags), Some(part)) = (number(glyph, at, 2), number(glyph, at + 2, 2)) {
        found.push(part);
        let places = if flags & 1 != 0 { 4 } else { 2 };
        let scales = [(0x08, 2), (0x40, 4), (0x80, 8)].into_iter().find(|(flag, _)| flags & flag != 0);
        at += 4 + places + scales.map_or(0, |(_, bytes)| bytes);
        if flags & 0x20 == 0 || found.len() as u64 > MOST_PARTS {
            break;
        }
    }
    found
}

/// Takes the fonts out of the head of a script: libass would use them as they are.
pub(super) fn in_script(head: &[u8]) -> (Vec<u8>, Vec<Font>) {
    let (mut rest, mut fonts, mut inside) = (Vec::with_capacity(head.len()), Vec::new(), false);
    let mut font: Option<(String, Vec<u8>)> = None;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii();
        if is_section(text) {
            inside = text.eq_ignore_ascii_case(b"[Fonts]") || text.eq_ignore_ascii_case(b"[Graphics]");
        }
        if !inside {
            rest.extend_from_slice(line);
            continue;
        }
        if text.len() > 9 && text[..9].eq_ignore_ascii_case(b"fontname:") {
            fonts.extend(font.take().map(decoded));
            font = Some((String::from_utf8_lossy(text[9..].trim_ascii()).into_owned(), Vec::new()));
        } else if let Some((_, letters)) = &mut font {
            letters.extend_from_slice(text);
        }
        // One more, so that it is told.
        fonts.truncate(MOST + 1);
    }
    fonts.extend(font.map(decoded));
    (rest, fonts)
}

/// Letters of a font may make a line that looks like a section's.
fn is_section(text: &[u8]) -> bool {
    let known: [&[u8]; 6] = [b"[Script Info]", b"[V4 Styles]", b"[V4+ Styles]", b"[Events]", b"[Fonts]", b"[Graphics]"];
    known.iter().any(|known| text.eq_ignore_ascii_case(known))
}

/// Four letters are three bytes, six bits each from 33 on.
fn decoded((name, letters): (String, Vec<u8>)) -> Font {
    let mut bytes = Vec::with_capacity(letters.len() / 4 * 3 + 2);
    for four in letters.chunks(4) {
        let value = four.iter().fold(0_u32, |value, letter| value << 6 | u32::from(letter.wrapping_sub(33) & 63));
        let value = value << (6 * (4 - four.len()));
        bytes.extend_from_slice(&value.to_be_bytes()[1..four.len()]);
    }
    Font { name, bytes }
}
