//! The one spelling of a MAC address that crosses the contract, and how every other spelling becomes it.
//!
//! Phones write addresses as `00085D237429`, `00-08-5d-23-74-29`, `0008.5d23.7429` or `0:8:5d:23:74:29`, in headers and
//! in the names of the files they ask for. Nothing here knows what a vendor prefix means.

use std::fmt;
use std::str::FromStr;

/// A MAC-48 address of one station: never all zeros, never broadcast. Displays as `00:08:5d:23:74:29`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; 6]);

/// The text is no MAC address of one station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidMac(pub String);

impl fmt::Display for InvalidMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a MAC address such as 00:08:5d:23:74:29", self.0)
    }
}

impl std::error::Error for InvalidMac {}

impl Mac {
    /// The address of these six octets; nothing if they are all zeros or broadcast, which phones send for "none".
    pub fn from_octets(octets: [u8; 6]) -> Option<Mac> {
        (octets != [0; 6] && octets != [0xff; 6]).then_some(Mac(octets))
    }

    /// The six octets.
    pub fn octets(self) -> [u8; 6] {
        self.0
    }
}

impl FromStr for Mac {
    type Err = InvalidMac;

    /// Reads six octets separated by `:`, `-` or `_` (leading zeros optional), three groups of four digits separated by
    /// `.`, or twelve digits in a row; upper or lower case.
    fn from_str(text: &str) -> Result<Mac, InvalidMac> {
        parse(text.as_bytes())
            .and_then(Mac::from_octets)
            .ok_or_else(|| InvalidMac(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for octet in self.0 {
            write!(f, "{separator}{octet:02x}")?;
            separator = ":";
        }
        Ok(())
    }
}

fn parse(text: &[u8]) -> Option<[u8; 6]> {
    match text.len() {
        12 => bare(text),
        14 if text[4] == b'.' && text[9] == b'.' => bare(&[&text[..4], &text[5..9], &text[10..]].concat()),
        11..=17 => separated(text),
        _ => None,
    }
}

fn bare(text: &[u8]) -> Option<[u8; 6]> {
    let mut octets = [0; 6];
    for (octet, digits) in octets.iter_mut().zip(text.chunks(2)) {
        *octet = digit(digits[0])? << 4 | digit(*digits.get(1)?)?;
    }
    Some(octets)
}

fn separated(text: &[u8]) -> Option<[u8; 6]> {
    let separator = *text.iter().find(|byte| b":-_".contains(byte))?;
    let mut groups = text.split(|byte| *byte == separator);
    let mut octets = [0; 6];
    for octet in &mut octets {
        *octet = match groups.next()? {
            [low] => digit(*low)?,
            [high, low] => digit(*high)? << 4 | digit(*low)?,
            _ => return None,
        };
    }
    groups.next().is_none().then_some(octets)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The form in which two paths name the same file for a phone: no leading slashes, and every MAC address in it, however
/// spelled, as twelve lower-case digits. `Aastra/00085D237429.cfg` and `/Aastra/00-08-5d-23-74-29.cfg` share it.
///
/// Everything that is not part of a MAC address keeps its case.
pub fn canonical_path(path: &str) -> String {
    let bytes = path.trim_start_matches('/').as_bytes();
    let mut canonical = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let inside_run = at > 0 && bytes[at - 1].is_ascii_hexdigit() && bytes[at].is_ascii_hexdigit();
        let found = if inside_run { None } else { mac_at(&bytes[at..]) };
        if let Some((octets, length)) = found {
            for octet in octets {
                canonical.extend([octet >> 4, octet & 0xf].map(|digit| DIGITS[usize::from(digit)]));
            }
            at += length;
        } else {
            canonical.push(bytes[at]);
            at += 1;
        }
    }
    // Only ASCII runs were replaced, by ASCII: what was UTF-8 still is.
    String::from_utf8(canonical).unwrap_or_default()
}

/// The MAC address these bytes begin with and its length in them, if no further digit follows it.
fn mac_at(bytes: &[u8]) -> Option<([u8; 6], usize)> {
    [17, 14, 12].into_iter().find_map(|length| {
        let candidate = bytes.get(..length)?;
        let ends = !bytes.get(length).is_some_and(u8::is_ascii_hexdigit);
        let whole = length != 17 || candidate.iter().filter(|byte| byte.is_ascii_hexdigit()).count() == 12;
        if ends && whole { parse(candidate).map(|octets| (octets, length)) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_one_address() {
        for text in [
            "00085d237429",
            "00085D237429",
            "00:08:5d:23:74:29",
            "00-08-5D-23-74-29",
            "00_08_5d_23_74_29",
            "0008.5d23.7429",
            "0:8:5d:23:74:29",
        ] {
            assert_eq!(text.parse::<Mac>().unwrap().to_string(), "00:08:5d:23:74:29", "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "000000000000",
            "ff:ff:ff:ff:ff:ff",
            "00:08:5d:23:74",
            "00:08:5d:23:74:29:1",
            "00-08:5d-23:74-29",
            "00085d23742g",
            "00 08 5d 23 74 29",
            "éééééé",
        ] {
            assert!(text.parse::<Mac>().is_err(), "{text}");
        }
    }

    #[test]
    fn paths_of_one_phone_share_a_form() {
        let canonical = "Aastra/00085d237429.cfg";
        for path in
            ["/Aastra/00085D237429.cfg", "Aastra/00-08-5d-23-74-29.cfg", "//Aastra/00:08:5D:23:74:29.cfg"]
        {
            assert_eq!(canonical_path(path), canonical, "{path}");
        }
        assert_eq!(canonical_path("SEP001B54112233.cnf.xml"), "SEP001b54112233.cnf.xml");
        assert_eq!(canonical_path("00085D237429-contacts.xml"), "00085d237429-contacts.xml");
        assert_eq!(canonical_path("/Répertoire/spa508G.cfg"), "Répertoire/spa508G.cfg");
    }

    #[test]
    fn longer_runs_of_digits_are_no_address() {
        assert_eq!(canonical_path("00085D237429AA.cfg"), "00085D237429AA.cfg");
        assert_eq!(canonical_path("A00085D237429.cfg"), "A00085D237429.cfg");
    }
}
