//! What FFmpeg keeps beside tracks and frames, read out of its bytes: shapes of samples, display matrices, the brightest light.

/// A sample aspect as a fraction in its lowest terms; `None` for what no film has.
pub(super) fn believable_aspect(numerator: i32, denominator: i32) -> Option<(u32, u32)> {
    let (width, height) = (u32::try_from(numerator).ok()?, u32::try_from(denominator).ok()?);
    let ratio = f64::from(width) / f64::from(height);
    if !(1.0 / 16.0..=16.0).contains(&ratio) {
        return None;
    }
    let (mut a, mut b) = (width, height);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Some((width / a, height / a))
}

/// Nine numbers as FFmpeg stores a display matrix.
pub(super) fn matrix_of(bytes: &[u8]) -> Option<[i32; 9]> {
    let mut matrix = [0; 9];
    let mut words = bytes.chunks_exact(4);
    for value in &mut matrix {
        *value = i32::from_ne_bytes(words.next()?.try_into().ok()?);
    }
    Some(matrix)
}

/// MaxCLL out of an `AVContentLightMetadata`, which begins with it.
pub(super) fn content_level(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?))
}

/// The brightest light of the display in an `AVMasteringDisplayMetadata`: six primaries, two for white and the darkest light as fractions of two
/// ints come before it, and one int between it and whether it is told.
pub(super) fn mastering_level(bytes: &[u8]) -> Option<f64> {
    let word = |at: usize| Some(i32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (numerator, denominator, told) = (word(72)?, word(76)?, word(84)? != 0);
    (told && denominator != 0).then(|| f64::from(numerator) / f64::from(denominator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aspects_are_reduced_and_nonsense_is_not_believed() {
        assert_eq!(believable_aspect(64, 48), Some((4, 3)));
        assert_eq!(believable_aspect(0, 1), None);
        assert_eq!(believable_aspect(1, 0), None);
        assert_eq!(believable_aspect(-1, 1), None);
        assert_eq!(believable_aspect(i32::MAX, 1), None);
    }

    #[test]
    fn short_side_data_says_nothing() {
        assert_eq!(matrix_of(&[0; 35]), None);
        assert_eq!(content_level(&[1]), None);
        assert_eq!(mastering_level(&[0; 12]), None);
    }
}
