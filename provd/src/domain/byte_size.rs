//! Amounts of memory as people write them: `512 MiB`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use thiserror::Error;

const UNITS: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// An amount of memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

/// Text that is no amount of memory.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`{0}`: expected a whole number and KiB, MiB or GiB, such as `512 MiB`")]
pub struct InvalidByteSize(String);

impl FromStr for ByteSize {
    type Err = InvalidByteSize;

    fn from_str(text: &str) -> Result<ByteSize, InvalidByteSize> {
        let sized = |(unit, bytes): (&str, u64)| {
            let count: u64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
            count.checked_mul(bytes).filter(|size| *size > 0).map(ByteSize)
        };
        UNITS.into_iter().find_map(sized).ok_or_else(|| InvalidByteSize(text.to_owned()))
    }
}

/// In the largest unit that says it without a remainder.
impl fmt::Display for ByteSize {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match UNITS.iter().rev().find(|(_, bytes)| self.0.is_multiple_of(*bytes)) {
            Some((unit, bytes)) => write!(formatter, "{} {unit}", self.0 / bytes),
            None => write!(formatter, "{} bytes", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_its_unit() {
        for (text, bytes) in [("512 MiB", 512 << 20), ("2GiB", 2 << 30), ("64 KiB", 64 << 10)] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!(size, ByteSize(bytes), "{text}");
            assert_eq!(size.to_string().parse(), Ok(size));
        }
        for text in ["", "512", "0 MiB", "-1 MiB", "1 MB", "MiB", "1.5 GiB", "99999999999999999 GiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
