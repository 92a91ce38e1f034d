//! Part of a file (RFC 9110 §14): phones resume large downloads with it.
//!
//! Pure. Several ranges at once are answered with the whole file, which the RFC allows and every client understands.

/// What a `Range` header asks of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Portion {
    /// All of it; also when the header makes no sense, as the RFC wants.
    Whole,
    /// `first` to `last`, both included.
    Part {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte.
        last: u64,
    },
    /// Something behind its end.
    Unsatisfiable,
}

/// Reads a `Range` header for a file of `length` bytes.
pub(super) fn portion(range: &str, length: u64) -> Portion {
    let Some((unit, ranges)) = range.split_once('=') else { return Portion::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Portion::Whole;
    }
    let Some((first, last)) = ranges.trim().split_once('-') else { return Portion::Whole };
    match (offset(first), offset(last)) {
        (Some(first), None) if last.is_empty() => part(first, u64::MAX, length),
        (Some(first), Some(last)) if first <= last => part(first, last, length),
        (None, Some(suffix)) if first.is_empty() => match suffix {
            0 => Portion::Unsatisfiable,
            suffix => part(length.saturating_sub(suffix), u64::MAX, length),
        },
        _ => Portion::Whole,
    }
}

fn part(first: u64, last: u64, length: u64) -> Portion {
    if first >= length {
        return Portion::Unsatisfiable;
    }
    Portion::Part { first, last: last.min(length - 1) }
}

/// Digits only; more than 64 bits hold are as good as the largest number.
fn offset(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_range_is_a_part() {
        for (range, first, last) in [
            ("bytes=0-0", 0, 0),
            ("bytes=0-99", 0, 99),
            ("bytes=10-19", 10, 19),
            ("bytes=90-200", 90, 99),
            ("bytes=90-99999999999999999999999", 90, 99),
            ("bytes=90-", 90, 99),
            ("bytes=-10", 90, 99),
            ("bytes=-500", 0, 99),
            ("Bytes = 5-6 ", 5, 6),
        ] {
            assert_eq!(portion(range, 100), Portion::Part { first, last }, "{range}");
        }
    }

    #[test]
    fn nothing_is_behind_the_end() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(portion(range, 100), Portion::Unsatisfiable, "{range}");
        }
        assert_eq!(portion("bytes=0-", 0), Portion::Unsatisfiable);
        assert_eq!(portion("bytes=-5", 0), Portion::Unsatisfiable);
    }

    #[test]
    fn nonsense_and_several_ranges_are_the_whole_file() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=9-3",
            "bytes=+1-2",
            "lines=1-2",
            "bytes=0-1,5-6",
        ] {
            assert_eq!(portion(range, 100), Portion::Whole, "{range}");
        }
    }

    proptest! {
        #[test]
        fn a_part_is_within_the_file(range in "bytes=[0-9]{0,4}-[0-9]{0,4}|\\PC{0,20}", length in 0_u64..3000) {
            if let Portion::Part { first, last } = portion(&range, length) {
                prop_assert!(first <= last && last < length);
            }
        }
    }
}
