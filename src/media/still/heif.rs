//! The boxes of AVIF and HEIC (ISO/IEC 23008-12): which pictures there are, where their bytes lie, how the whole is to be seen.

use std::io::{Read, Seek, SeekFrom};

use super::profile::{Colours, LARGEST};
use crate::frame::Orientation;

/// The longest box of facts that is read: those of phones have some kilobytes.
const LONGEST: u64 = 4 << 20;
/// The most items, properties or pieces of one kind.
const MOST: usize = 4096;

/// A coded picture: whole, a tile, or a plane of alpha.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Item {
    id: u32,
    kind: [u8; 4],
    /// Offset and length in the file, or in the box of data (`idat`) among the facts.
    pieces: Vec<(Construction, u64, u64)>,
    /// Numbers of its properties, in the order in which they apply.
    properties: Vec<usize>,
}

/// Where an item's offsets count from (ISO/IEC 14496-12: `construction_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Construction {
    FileOffset,
    IdatOffset,
}

#[derive(Debug, Clone, PartialEq)]
enum Property {
    Size([u32; 2]),
    /// Quarter turns against the clock.
    Turn(u8),
    /// 0: upside down, 1: left for right.
    Mirror(u8),
    Icc(Colours),
    Codes(Codes),
    Config(&'static str, Vec<u8>),
    Auxiliary(Vec<u8>),
    Other,
}

/// Code points of ITU-T H.273, as the file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codes {
    pub(super) primaries: u8,
    pub(super) transfer: u8,
    pub(super) matrix: u8,
    pub(super) full_range: bool,
}

/// One item that a decoder can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Coded {
    /// FFmpeg's name of the coding.
    pub(super) codec: &'static str,
    /// Its parameter sets, as FFmpeg takes them.
    pub(super) config: Vec<u8>,
    pub(super) size: [u32; 2],
    pieces: Vec<(Construction, u64, u64)>,
}

/// A picture of one piece or of tiles, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tiled {
    pub(super) size: [u32; 2],
    pub(super) columns: u32,
    pub(super) tiles: Vec<Coded>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub(super) picture: Tiled,
    pub(super) alpha: Option<Tiled>,
    pub(super) premultiplied: bool,
    pub(super) orientation: Orientation,
    pub(super) icc: Option<Colours>,
    pub(super) codes: Option<Codes>,
    data: Vec<u8>,
}

/// Big-endian numbers one after the other.
struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, bytes: usize) -> Option<u64> {
        Some(self.take(bytes)?.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.number(2).map(|number| number as u16)
    }

    fn u32(&mut self) -> Option<u32> {
        self.number(4).map(|number| number as u32)
    }

    /// The next box: its kind and what is in it.
    fn next_box(&mut self) -> Option<([u8; 4], Numbers<'a>)> {
        let (size, kind) = (self.u32()?, self.take(4)?.try_into().ok()?);
        let length = match size {
            0 => self.0.len(),
            1 => usize::try_from(self.number(8)?.checked_sub(16)?).ok()?,
            size => (size as usize).checked_sub(8)?,
        };
        Some((kind, Numbers(self.take(length)?)))
    }

    fn boxes(mut self) -> impl Iterator<Item = ([u8; 4], Numbers<'a>)> {
        std::iter::from_fn(move || self.next_box()).take(MOST)
    }

    /// Version and flags of a full box.
    fn version(&mut self) -> Option<(u8, u32)> {
        let word = self.u32()?;
        Some(((word >> 24) as u8, word & 0xff_ffff))
    }
}

/// Everything in the box of facts, by its numbers.
#[derive(Default)]
struct Table {
    primary: u32,
    items: Vec<Item>,
    properties: Vec<Property>,
    /// Kind, from, to.
    references: Vec<([u8; 4], u32, Vec<u32>)>,
    data: Vec<u8>,
}

impl Facts {
    /// Reads them; none where there are none, or none that make sense.
    pub(super) fn read(file: &mut (impl Read + Seek)) -> Option<Self> {
        let mut table = Table::default();
        table.fill(&facts_box(file)?)?;
        table.facts()
    }

    /// The bytes of one item, `most` at most.
    pub(super) fn bytes(&self, item: &Coded, file: &mut (impl Read + Seek), most: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for (construction, offset, length) in &item.pieces {
            if (bytes.len() as u64).checked_add(*length)? > most {
                return None;
            }
            match construction {
                Construction::FileOffset => {
                    file.seek(SeekFrom::Start(*offset)).ok()?;
                    let read = file.take(*length).read_to_end(&mut bytes).ok()?;
                    (read as u64 == *length).then_some(())?;
                }
                Construction::IdatOffset => {
                    let start = usize::try_from(*offset).ok()?;
                    bytes.extend_from_slice(self.data.get(start..start.checked_add(usize::try_from(*length).ok()?)?)?);
                }
            }
        }
        Some(bytes)
    }
}

/// What is in the file's box `meta`.
fn facts_box(file: &mut (impl Read + Seek)) -> Option<Vec<u8>> {
    for _ in 0..64 {
        let mut head = [0; 16];
        file.read_exact(&mut head[..8]).ok()?;
        let mut size = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let mut used = 8;
        if size == 1 {
            file.read_exact(&mut head[8..]).ok()?;
            size = u64::from_be_bytes(head[8..].try_into().ok()?);
            used = 16;
        }
        let length = size.checked_sub(used)?;
        if &head[4..8] == b"meta" {
            let mut bytes = Vec::new();
            file.take(length.min(LONGEST)).read_to_end(&mut bytes).ok()?;
            return (bytes.len() as u64 == length).then_some(bytes);
        }
        file.seek(SeekFrom::Current(i64::try_from(length).ok()?)).ok()?;
    }
    None
}

impl Table {
    fn item(&mut self, id: u32) -> Option<&mut Item> {
        if let Some(at) = self.items.iter().position(|item| item.id == id) {
            return self.items.get_mut(at);
        }
        if self.items.len() >= MOST {
            return None;
        }
        self.items.push(Item { id, ..Item::default() });
        self.items.last_mut()
    }

    fn fill(&mut self, meta: &[u8]) -> Option<()> {
        let mut meta = Numbers(meta);
        meta.version()?;
        for (kind, mut body) in meta.boxes() {
            match &kind {
                b"pitm" => {
                    let (version, _) = body.version()?;
                    self.primary = body.number(if version == 0 { 2 } else { 4 })? as u32;
                }
                b"iinf" => {
                    let (version, _) = body.version()?;
                    body.number(if version == 0 { 2 } else { 4 })?;
                    for (_, mut entry) in body.boxes().filter(|(kind, _)| kind == b"infe") {
                        let (version, _) = entry.version()?;
                        if version >= 2 {
                            let id = entry.number(if version == 2 { 2 } else { 4 })? as u32;
                            entry.u16()?;
                            self.item(id)?.kind = entry.take(4)?.try_into().ok()?;
                        }
                    }
                }
                b"iloc" => self.places(body)?,
                b"iref" => {
                    let width = if body.version()?.0 == 0 { 2 } else { 4 };
                    for (kind, mut entry) in body.boxes() {
                        let (from, count) = (entry.number(width)? as u32, usize::from(entry.u16()?));
                        let to: Option<_> = (0..count).map(|_| entry.number(width).map(|id| id as u32)).collect();
                        self.references.push((kind, from, to?));
                    }
                }
                b"iprp" => {
                    for (kind, body) in body.boxes() {
                        match &kind {
                            b"ipco" => {
                                self.properties = body.boxes().map(|(kind, body)| property(kind, body)).collect();
                            }
                            b"ipma" => self.associations(body)?,
                            _ => {}
                        }
                    }
                }
                b"idat" => self.data = body.0.to_vec(),
                _ => {}
            }
        }
        Some(())
    }

    fn places(&mut self, mut body: Numbers<'_>) -> Option<()> {
        let (version, _) = body.version()?;
        let widths = body.u16()?;
        let [offset, length, base, index] = [12, 8, 4, 0].map(|shift| usize::from(widths >> shift & 0xf));
        let count = body.number(if version < 2 { 2 } else { 4 })?.min(MOST as u64);
        for _ in 0..count {
            let id = body.number(if version < 2 { 2 } else { 4 })? as u32;
            let method = if version > 0 { body.u16()? & 0xf } else { 0 };
            body.u16()?;
            let start = body.number(base)?;
            let mut pieces = Vec::new();
            for _ in 0..body.u16()? {
                if version > 0 {
                    body.number(index)?;
                }
                let offset = start.checked_add(body.number(offset)?)?;
                let construction = if method == 1 { Construction::IdatOffset } else { Construction::FileOffset };
                pieces.push((construction, offset, body.number(length)?));
            }
            if method < 2 {
                self.item(id)?.pieces = pieces;
            }
        }
        Some(())
    }

    fn associations(&mut self, mut body: Numbers<'_>) -> Option<()> {
        let (version, flags) = body.version()?;
        for _ in 0..body.u32()?.min(MOST as u32) {
            let id = body.number(if version == 0 { 2 } else { 4 })? as u32;
            let count = usize::from(body.u8()?);
            let numbers: Option<Vec<usize>> = (0..count)
                .map(|_| match flags & 1 {
                    0 => body.u8().map(|number| usize::from(number & 0x7f)),
                    _ => body.u16().map(|number| usize::from(number & 0x7fff)),
                })
                .collect();
            self.item(id)?.properties = numbers?;
        }
        Some(())
    }

    fn properties<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = &'a Property> {
        // They are counted from one.
        item.properties.iter().filter_map(|number| self.properties.get(number.checked_sub(1)?))
    }

    fn find(&self, id: u32) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    fn size(&self, item: &Item) -> Option<[u32; 2]> {
        self.properties(item).find_map(|property| match property {
            Property::Size(size) => Some(*size),
            _ => None,
        })
    }

    fn coded(&self, item: &Item) -> Option<Coded> {
        let config = self.properties(item).find_map(|property| match property {
            Property::Config(codec, bytes) => Some((*codec, bytes.clone())),
            _ => None,
        });
        let (codec, config) = config?;
        Some(Coded { codec, config, size: self.size(item)?, pieces: item.pieces.clone() })
    }

    fn tiled(&self, item: &Item) -> Option<Tiled> {
        if &item.kind != b"grid" {
            let coded = self.coded(item)?;
            return Some(Tiled { size: coded.size, columns: 1, tiles: vec![coded] });
        }
        let mut bytes = match item.pieces.as_slice() {
            [(Construction::IdatOffset, offset, _)] => Numbers(self.data.get(usize::try_from(*offset).ok()?..)?),
            // Nobody writes eight bytes anywhere else; the size stands in the properties as well, the rest is found by trying.
            _ => Numbers(&[]),
        };
        let (_, tiles) = self
            .references
            .iter()
            .map(|(kind, from, to)| ((kind, *from), to))
            .find(|(key, _)| *key == (b"dimg", item.id))?;
        let tiles: Option<Vec<_>> = tiles.iter().map(|id| self.coded(self.find(*id)?)).collect();
        let tiles = tiles.filter(|tiles| !tiles.is_empty())?;
        let size = self.size(item)?;
        let (rows, columns) = match (bytes.u8(), bytes.u8(), bytes.u8(), bytes.u8()) {
            (Some(_), Some(_), Some(rows), Some(columns)) => (u32::from(rows) + 1, u32::from(columns) + 1),
            _ => {
                let columns = size[0].div_ceil(tiles[0].size[0].max(1));
                (size[1].div_ceil(tiles[0].size[1].max(1)), columns)
            }
        };
        (u64::from(rows) * u64::from(columns) == tiles.len() as u64).then_some(Tiled { size, columns, tiles })
    }

    fn facts(self) -> Option<Facts> {
        let item = self.find(self.primary)?;
        let picture = self.tiled(item)?;
        let mut orientation = Orientation::default();
        let (mut icc, mut codes) = (None, None);
        for property in self.properties(item) {
            match property {
                Property::Turn(turns) => {
                    orientation.quarter_turns = (orientation.quarter_turns + 4 - (turns & 3)) % 4;
                }
                Property::Mirror(axis) => {
                    let half = if axis & 1 == 0 { 2 } else { 0 };
                    orientation.quarter_turns = (4 - orientation.quarter_turns + half) % 4;
                    orientation.mirror = !orientation.mirror;
                }
                Property::Icc(profile) => icc = icc.or_else(|| Some(profile.clone())),
                Property::Codes(points) => codes = codes.or(Some(*points)),
                _ => {}
            }
        }
        let is_alpha = |item: &Item| {
            self.properties(item).any(|property| matches!(property, Property::Auxiliary(kind) if is_alpha_name(kind)))
        };
        let belongs = |kind: &[u8; 4], from, to| {
            self.references.iter().any(|(known, one, others)| known == kind && *one == from && others.contains(&to))
        };
        let beside = |alpha: &&Item| is_alpha(alpha) && belongs(b"auxl", alpha.id, item.id);
        let alpha = self.items.iter().find(beside);
        let premultiplied = alpha.is_some_and(|alpha| belongs(b"prem", item.id, alpha.id));
        let alpha = alpha.and_then(|alpha| self.tiled(alpha));
        Some(Facts { picture, alpha, premultiplied, orientation, icc, codes, data: self.data })
    }
}

fn is_alpha_name(name: &[u8]) -> bool {
    name.starts_with(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha") || name.starts_with(b"urn:mpeg:hevc:2015:auxid:1")
}

fn property(kind: [u8; 4], mut body: Numbers<'_>) -> Property {
    let config = |codec, body: &Numbers<'_>| Some(Property::Config(codec, body.0.to_vec()));
    let read = match &kind {
        b"ispe" => body.version().and_then(|_| Some(Property::Size([body.u32()?, body.u32()?]))),
        b"irot" => body.u8().map(Property::Turn),
        b"imir" => body.u8().map(Property::Mirror),
        b"av1C" => config("av1", &body),
        b"hvcC" => config("hevc", &body),
        b"avcC" => config("h264", &body),
        b"auxC" => body.version().map(|_| Property::Auxiliary(body.0.to_vec())),
        b"colr" => colours(body),
        _ => None,
    };
    read.unwrap_or(Property::Other)
}

fn colours(mut body: Numbers<'_>) -> Option<Property> {
    match body.take(4)? {
        b"nclx" => {
            let [primaries, transfer, matrix] = [body.u16()?, body.u16()?, body.u16()?].map(|code| code.min(255) as u8);
            Some(Property::Codes(Codes { primaries, transfer, matrix, full_range: body.u8()? & 0x80 != 0 }))
        }
        b"prof" | b"rICC" if body.0.len() > LARGEST => Some(Property::Icc(Colours::Unreadable("it is too large"))),
        b"prof" | b"rICC" => Some(Property::Icc(Colours::Icc(body.0.to_vec()))),
        _ => None,
    }
}
