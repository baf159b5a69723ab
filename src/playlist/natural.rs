//! Names in the order in which people count: `film 2` before `film 10`.

use std::cmp::Ordering;

/// Compares names byte by byte, numbers in them by their value, small letters as capitals; what is the same then, exactly.
pub fn by_nature(one: &[u8], other: &[u8]) -> Ordering {
    let (mut left, mut right) = (one, other);
    loop {
        let (Some(a), Some(b)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len()).then_with(|| one.cmp(other));
        };
        if a.is_ascii_digit() && b.is_ascii_digit() {
            let (number, rest) = number(left);
            let (other_number, other_rest) = self::number(right);
            // Of two without leading zeros the longer is the larger.
            let order = number.len().cmp(&other_number.len()).then_with(|| number.cmp(other_number));
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (rest, other_rest);
            continue;
        }
        match a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase()) {
            Ordering::Equal => (left, right) = (&left[1..], &right[1..]),
            order => return order,
        }
    }
}

/// The digits at the beginning, without leading zeros, and what follows.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_and_large_letters_do_not() {
        let mut names = [
            "b.mkv",
            "a10.mkv",
            "A2.mkv",
            "a2b.mkv",
            "a02.mkv",
            "a.mkv",
            "",
            "ä.mkv",
            "10",
            "9",
            "99999999999999999999",
        ];
        names.sort_by(|one, other| by_nature(one.as_bytes(), other.as_bytes()));
        assert_eq!(
            names,
            [
                "",
                "9",
                "10",
                "99999999999999999999",
                "a.mkv",
                "A2.mkv",
                "a02.mkv",
                "a2b.mkv",
                "a10.mkv",
                "b.mkv",
                "ä.mkv"
            ]
        );
        // An order: of all triples.
        for a in names {
            for b in names {
                assert_eq!(by_nature(a.as_bytes(), b.as_bytes()), by_nature(b.as_bytes(), a.as_bytes()).reverse());
            }
        }
    }
}
