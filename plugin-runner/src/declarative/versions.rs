//! Firmware versions: their order, and ranges of them.
//!
//! Vendors agree on nothing but that versions have parts. Runs of digits are compared as numbers, runs of letters
//! without regard to case, everything between them separates. Nothing here knows Semantic Versioning.

use std::cmp::Ordering;
use std::str::FromStr;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Word(String),
    /// Digits without leading zeros, the shorter the smaller.
    Number(usize, String),
}

fn parts(version: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.chars().next() {
        let kind = |c: char| (c.is_ascii_digit(), c.is_alphabetic());
        let end = rest.find(|c: char| kind(c) != kind(first)).unwrap_or(rest.len());
        let (run, remainder) = rest.split_at(end);
        rest = remainder;
        if first.is_ascii_digit() {
            let digits = run.trim_start_matches('0');
            parts.push(Part::Number(digits.len(), digits.to_owned()));
        } else if first.is_alphabetic() {
            parts.push(Part::Word(run.to_lowercase()));
        }
    }
    parts
}

/// Orders two versions: `3.9` before `3.10`, `3.2` before `3.2.0`, `9.4.2` before `9.4.2SR1`.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    parts(one).cmp(&parts(other))
}

/// Comparisons that must all hold, as in `>=3, <4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VersionRange(Vec<(Operator, String)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Longest first, so that `>=` is not read as `>`.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("=", Operator::Equal),
    (">", Operator::Greater),
    ("<", Operator::Less),
];

/// The text is no range of versions.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected comparisons such as `>=3, <4`, not `{0}`")]
pub(crate) struct InvalidRange(String);

impl FromStr for VersionRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<VersionRange, InvalidRange> {
        let comparison = |comparison: &str| {
            let (operator, version) = OPERATORS
                .iter()
                .find_map(|(sign, operator)| Some((*operator, comparison.strip_prefix(sign)?.trim())))?;
            let states_version = !parts(version).is_empty() && !version.contains(['=', '<', '>', '!', ' ']);
            states_version.then(|| (operator, version.to_owned()))
        };
        text.split(',')
            .map(|part| comparison(part.trim()))
            .collect::<Option<Vec<_>>>()
            .map(VersionRange)
            .ok_or_else(|| InvalidRange(text.to_owned()))
    }
}

impl VersionRange {
    /// Whether all comparisons hold for this version.
    pub(crate) fn contains(&self, version: &str) -> bool {
        self.0.iter().all(|(operator, bound)| {
            let order = compare(version, bound);
            match operator {
                Operator::Equal => order.is_eq(),
                Operator::NotEqual => order.is_ne(),
                Operator::Greater => order.is_gt(),
                Operator::GreaterOrEqual => order.is_ge(),
                Operator::Less => order.is_lt(),
                Operator::LessOrEqual => order.is_le(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_are_compared_part_by_part() {
        for (earlier, later) in [
            ("3.9", "3.10"),
            ("3.2", "3.2.0"),
            ("3.2.2.1136", "3.2.2.6038"),
            ("9.4.2", "9.4.2SR1"),
            ("9.4.2SR1", "9.4.2SR3"),
            ("11.0.1", "11-3-1-MSR2-6"),
            ("1.0.rc", "1.0.1"),
        ] {
            assert_eq!(compare(earlier, later), Ordering::Less, "{earlier} {later}");
            assert_eq!(compare(later, earlier), Ordering::Greater, "{later} {earlier}");
        }
        for (one, other) in [("04.01.13", "4.1.13"), ("11.3.1-MSR3", "11-3-1.msr3"), ("", ".")] {
            assert_eq!(compare(one, other), Ordering::Equal, "{one} {other}");
        }
    }

    #[test]
    fn ranges_are_comparisons_that_all_hold() {
        let range: VersionRange = ">=3, <4, != 3.3.1".parse().unwrap();
        assert!(range.contains("3") && range.contains("3.10"));
        assert!(!range.contains("3.3.1") && !range.contains("4") && !range.contains("2.6"));
        assert!("=1.2".parse::<VersionRange>().unwrap().contains("1.02"));
        assert!("<=1.2,>1".parse::<VersionRange>().unwrap().contains("1.1"));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "3", ">=", ">=3,", "~3", ">=3 <4", "=>3", "=.", ">=3;<4"] {
            assert_eq!(text.parse::<VersionRange>(), Err(InvalidRange(text.to_owned())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[0-9a-zA-Z.é-]{0,12}", b in "[0-9a-z.-]{0,12}", c in "[0-9a-z.-]{0,12}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
            prop_assert!(compare(&a, &a).is_eq());
        }
    }
}
