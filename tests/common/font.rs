//! Made-up TrueType fonts: blocks for letters, and what may be wrong with such files.

fn short(bytes: &mut Vec<u8>, values: &[i32]) {
    values.iter().for_each(|value| bytes.extend((*value as u16).to_be_bytes()));
}

fn long(bytes: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| bytes.extend(value.to_be_bytes()));
}

/// A quadrangle of these corners.
fn quadrangle(corners: [[i32; 2]; 4]) -> Vec<u8> {
    let side = |axis: usize, most: bool| {
        let all = corners.iter().map(|corner| corner[axis]);
        if most { all.max().unwrap() } else { all.min().unwrap() }
    };
    let mut glyph = Vec::new();
    short(&mut glyph, &[1, side(0, false), side(1, false), side(0, true), side(1, true), 3, 0]);
    glyph.extend([1; 4]);
    for axis in [0, 1] {
        let mut at = 0;
        for corner in corners {
            short(&mut glyph, &[corner[axis] - at]);
            at = corner[axis];
        }
    }
    glyph
}

/// A glyph made of others.
#[allow(dead_code)]
pub(crate) fn composite(of: &[u16]) -> Vec<u8> {
    let mut glyph = Vec::new();
    short(&mut glyph, &[-1, 0, 0, 1000, 1000]);
    for (index, part) in of.iter().enumerate() {
        let more = if index + 1 < of.len() { 0x20 } else { 0 };
        short(&mut glyph, &[3 | more, i32::from(*part), 0, 0]);
    }
    glyph
}

/// Space to tilde: a high block and a low one by turns, each with a slanted side.
pub(crate) fn blocks() -> Vec<Vec<u8>> {
    let block = |letter: usize| {
        let top = if letter.is_multiple_of(2) { 700 } else { 400 };
        quadrangle([[50, 0], [50, top], [350 + 20 * (letter as i32 % 7), top], [550, 0]])
    };
    std::iter::once(quadrangle([[0, 0], [0, 1000], [500, 1000], [500, 0]])).chain((0..95).map(block)).collect()
}

/// The names in it, as pairs of their number and text.
pub(crate) fn names(family: &str) -> Vec<(u16, Vec<u8>)> {
    let wide: Vec<u8> = family.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let regular: Vec<u8> = "Regular".encode_utf16().flat_map(u16::to_be_bytes).collect();
    [(1, wide.clone()), (2, regular), (4, wide.clone()), (6, wide)].to_vec()
}

/// A font of these glyphs, the second of which is the space's, the next the exclamation mark's and so on.
pub(crate) fn font(glyphs: &[Vec<u8>], names: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let count = glyphs.len() as i32;
    let (mut glyf, mut loca) = (Vec::new(), Vec::new());
    for glyph in glyphs {
        long(&mut loca, &[glyf.len() as u32]);
        glyf.extend(glyph);
        glyf.resize(glyf.len().next_multiple_of(4), 0);
    }
    long(&mut loca, &[glyf.len() as u32]);
    let mut head = Vec::new();
    long(&mut head, &[0x1_0000, 0x1_0000, 0, 0x5F0F_3CF5]);
    short(&mut head, &[3, 1000]);
    head.extend([0; 16]);
    short(&mut head, &[0, -200, 1000, 1000, 0, 8, 2, 1, 0]);
    let mut hhea = Vec::new();
    long(&mut hhea, &[0x1_0000]);
    short(&mut hhea, &[800, -200, 0, 600, 0, 0, 600, 1, 0, 0, 0, 0, 0, 0, 0, count]);
    let mut maxp = Vec::new();
    long(&mut maxp, &[0x1_0000]);
    short(&mut maxp, &[count, 100, 10, 1000, 100, 2, 0, 0, 0, 0, 0, 0, 1000, 1000]);
    let mut hmtx = Vec::new();
    glyphs.iter().for_each(|_| short(&mut hmtx, &[600, 50]));
    let mut cmap = Vec::new();
    short(&mut cmap, &[0, 1, 3, 1, 0, 12]);
    short(&mut cmap, &[4, 32, 0, 4, 4, 1, 0, 0x7E, 0xFFFF, 0, 0x20, 0xFFFF, 1 - 0x20, 1, 0, 0]);
    let (mut name, mut texts): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
    short(&mut name, &[0, names.len() as i32, 6 + 12 * names.len() as i32]);
    for (number, text) in names {
        // Those that are the same lie in one place, as a file may have them.
        let at = texts.windows(text.len().max(1)).position(|place| place == text).unwrap_or(texts.len());
        short(&mut name, &[3, 1, 0x409, i32::from(*number), text.len() as i32, at as i32]);
        if at == texts.len() {
            texts.extend(text);
        }
    }
    name.extend(texts);
    let mut post = Vec::new();
    long(&mut post, &[0x3_0000, 0, 0, 0, 0, 0, 0, 0]);
    let tables: [(&[u8; 4], Vec<u8>); 9] = [
        (b"cmap", cmap),
        (b"glyf", glyf),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", hmtx),
        (b"loca", loca),
        (b"maxp", maxp),
        (b"name", name),
        (b"post", post),
    ];
    let mut file = Vec::new();
    long(&mut file, &[0x1_0000]);
    short(&mut file, &[tables.len() as i32, 128, 3, 16]);
    let mut at = 12 + 16 * tables.len();
    for (tag, table) in &tables {
        file.extend(*tag);
        long(&mut file, &[0, at as u32, table.len() as u32]);
        at += table.len().next_multiple_of(4);
    }
    for (_, table) in &tables {
        file.extend(table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}
