//! The size that a picture's header claims, for the codings whose decoders are FFmpeg's: before they are started.

/// Width and height, where the header of this coding has them in its place.
pub(super) fn size(codec: &str, bytes: &[u8]) -> Option<[u32; 2]> {
    let big = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let little = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let short = |at: usize| Some(u32::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)));
    let behind = |mark: &[u8]| {
        let head = bytes.get(..bytes.len().min(1 << 16))?;
        Some(head.windows(mark.len()).position(|window| window == mark)? + mark.len())
    };
    match codec {
        "psd" => Some([big(18)?, big(14)?]),
        "dds" => Some([little(16)?, little(12)?]),
        "qoi" | "sunrast" => Some([big(4)?, big(8)?]),
        "sgi" => Some([short(6)?, short(8)?]),
        "dpx" if bytes.starts_with(b"SDPX") => Some([big(772)?, big(776)?]),
        "dpx" => Some([little(772)?, little(776)?]),
        "jpeg2000" if bytes.starts_with(b"\xff\x4f\xff\x51") => {
            Some([big(8)?.saturating_sub(big(16)?), big(12)?.saturating_sub(big(20)?)])
        }
        "jpeg2000" => {
            let at = behind(b"ihdr")?;
            Some([big(at + 4)?, big(at)?])
        }
        "exr" => {
            let at = behind(b"dataWindow\0box2i\0\x10\0\0\0")?;
            let side = |axis: usize| Some(little(at + 8 + axis)?.wrapping_sub(little(at + axis)?).wrapping_add(1));
            Some([side(0)?, side(4)?])
        }
        "jpegxl" if bytes.starts_with(b"\xff\x0a") => jpeg_xl(bytes.get(2..)?),
        "jpegxl" => jpeg_xl(bytes.get(behind(b"jxlc\xff\x0a").or_else(|| Some(behind(b"jxlp")? + 6))?..)?),
        _ => None,
    }
}

/// JPEG XL's header of the size (ISO/IEC 18181-1), lower bits first.
fn jpeg_xl(bytes: &[u8]) -> Option<[u32; 2]> {
    let mut at = 0;
    let mut take = |count: usize| {
        let bits: Option<Vec<u64>> =
            (at..at + count).map(|bit| bytes.get(bit / 8).map(|byte| u64::from(byte >> (bit % 8) & 1))).collect();
        at += count;
        Some(bits?.iter().rev().fold(0, |all, bit| all << 1 | bit))
    };
    let small = take(1)? == 1;
    let side = |take: &mut dyn FnMut(usize) -> Option<u64>| {
        if small {
            return Some((take(5)? + 1) * 8);
        }
        let length = [9, 13, 18, 30][take(2)? as usize];
        Some(take(length)? + 1)
    };
    let height = side(&mut take)?;
    let width = match take(3)? {
        0 => side(&mut take)?,
        ratio => {
            let (across, down) = [(1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1)][ratio as usize - 1];
            height * across / down
        }
    };
    Some([u32::try_from(width).ok()?, u32::try_from(height).ok()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_claim_sizes() {
        let psd = b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x07\0\0\0\x09";
        assert_eq!(size("psd", psd), Some([9, 7]));
        assert_eq!(size("dds", b"DDS \x7c\0\0\0\x07\x10\0\0\x07\0\0\0\x09\0\0\0"), Some([9, 7]));
        let box2i = b"dataWindow\0box2i\0\x10\0\0\0\x02\0\0\0\xff\xff\xff\xff\x04\0\0\0\x05\0\0\0";
        assert_eq!(size("exr", box2i), Some([3, 7]));
        assert_eq!(size("exr", &box2i[..30]), None);
        assert_eq!(size("jpeg2000", b"\0\0\0\x0cjP  \r\n\x87\nihdr\0\0\0\x07\0\0\0\x09"), Some([9, 7]));
        // 64×64 in the short form; 10×300 in the long one.
        assert_eq!(size("jpegxl", b"\xff\x0a\x4f\0"), Some([64, 64]));
        // Not small; nine bits of height; no ratio; nine bits of width.
        let bits = (299_u64 << 3) | (9 << 17);
        assert_eq!(size("jpegxl", &[&b"\xff\x0a"[..], &bits.to_le_bytes()].concat()), Some([10, 300]));
        assert_eq!((size("jpegxl", b"\xff\x0a"), size("png", psd)), (None, None));
    }
}
