//! Some of the phones, evenly among all of them: so many in a hundred. Pure.

use std::str::FromStr;

/// How many of a hundred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share(u64);

impl FromStr for Share {
    type Err = String;

    /// Reads `50%`, or the number alone.
    fn from_str(text: &str) -> Result<Share, String> {
        let number = text.strip_suffix('%').unwrap_or(text).trim();
        let number = number.parse().ok().filter(|number| *number <= 100);
        number.map(Share).ok_or_else(|| "expected a share such as 50%, at most 100%".to_owned())
    }
}

impl Share {
    /// How many of the phones before this one are among them.
    pub(super) fn before(self, number: u64) -> u64 {
        // In steps of a hundred, which no number of phones overflows.
        number / 100 * self.0 + number % 100 * self.0 / 100
    }

    /// Whether this phone is.
    pub(super) fn has(self, number: u64) -> bool {
        self.before(number.saturating_add(1)) > self.before(number)
    }

    pub(super) fn percent(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_is_a_number_with_or_without_its_sign() {
        assert_eq!(("50%".parse(), "7".parse(), "0".parse()), (Ok(Share(50)), Ok(Share(7)), Ok(Share(0))));
        for wrong in ["", "%", "101", "-1", "half", "1.5"] {
            assert!(wrong.parse::<Share>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn those_among_it_are_as_many_as_it_says(percent in 0..=100u64, hundreds in 1..20u64, first in 0..1000u64) {
            let share = Share(percent);
            let end = first + hundreds * 100;
            prop_assert_eq!((first..end).filter(|number| share.has(*number)).count() as u64, hundreds * percent);
            prop_assert_eq!(share.before(end), (0..end).filter(|number| share.has(*number)).count() as u64);
        }
    }
}
