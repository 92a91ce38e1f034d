//! A MAC address in the spelling of an example: its case, its separator and how many digits stand together.

use provd_proto::mac::Mac;

/// How a vendor writes MAC addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spelling {
    upper: bool,
    separator: Option<char>,
    group: usize,
}

impl Spelling {
    /// Reads an example such as `AABBCC`, `aa:bb:cc`, `AA-BB-CC` or `aabb.ccdd`; nothing if it shows no spelling.
    pub(super) fn of(example: &str) -> Option<Spelling> {
        let is_digit = |character: char| character.is_ascii_hexdigit();
        let separator = example.chars().find(|character| !is_digit(*character));
        let group = match separator {
            Some(separator) => example.find(separator)?,
            None => 12,
        };
        let groups_are_equal = separator.is_none_or(|separator| {
            example.split(separator).all(|digits| digits.len() == group && digits.chars().all(is_digit))
        });
        let lower = example.contains(|character: char| character.is_ascii_lowercase());
        let upper = example.contains(|character: char| character.is_ascii_uppercase());
        let shown = group > 0 && 12 % group == 0 && groups_are_equal && lower != upper;
        shown.then_some(Spelling { upper, separator, group })
    }

    /// Writes an address.
    pub(super) fn write(self, mac: Mac) -> String {
        let mut written = String::with_capacity(17);
        for (index, octet) in mac.octets().into_iter().enumerate() {
            let digits = if self.upper { format!("{octet:02X}") } else { format!("{octet:02x}") };
            for (half, digit) in digits.chars().enumerate() {
                let at = 2 * index + half;
                if let Some(separator) = self.separator.filter(|_| at > 0 && at % self.group == 0) {
                    written.push(separator);
                }
                written.push(digit);
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_shows_case_separator_and_grouping() {
        let mac: Mac = "00:08:5d:23:74:29".parse().unwrap();
        for (example, written) in [
            ("AABBCC", "00085D237429"),
            ("aabbcc", "00085d237429"),
            ("aa:bb:cc", "00:08:5d:23:74:29"),
            ("AA-BB-CC", "00-08-5D-23-74-29"),
            ("aabb.ccdd", "0008.5d23.7429"),
            ("AABBCC-DDEEFF", "00085D-237429"),
        ] {
            assert_eq!(
                Spelling::of(example).map(|spelling| spelling.write(mac)).as_deref(),
                Some(written),
                "{example}"
            );
        }
    }

    #[test]
    fn what_shows_no_spelling_is_refused() {
        for example in ["", "001122", "Aabb", "aabbc:ddeef", ":aa:bb", "aa:b", "aa::bb"] {
            assert_eq!(Spelling::of(example), None, "{example}");
        }
    }
}
