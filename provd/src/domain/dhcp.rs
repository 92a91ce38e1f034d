//! What a DHCP server is to hand out so that phones of a family find this server: plugins hint, an administrator's DHCP
//! server obeys.
//!
//! A hint ends up in a configuration file that is not ours. So text is bounded and without control characters, and
//! whoever writes the file quotes all of it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest text, in bytes: what one option holds (RFC 2132 §2).
const LONGEST_TEXT: usize = 255;
/// Options by which client and server agree on a lease: none of a plugin's business (RFC 2131, 3046, 3118).
const OF_THE_PROTOCOL: [u8; 13] = [50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 61, 82, 90];

/// A hint that no DHCP server can follow.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidHint {
    /// Not the code of an option.
    #[error("option {0}: expected a code from 1 to 254")]
    Code(u32),
    /// An option of the protocol itself.
    #[error("option {0} is how client and server agree on a lease: no hint may set it")]
    OfTheProtocol(u8),
    /// Empty, too long, or with control characters.
    #[error("a text is empty, longer than {LONGEST_TEXT} bytes, or with control characters")]
    Text,
    /// Not the beginning of a MAC address.
    #[error("a MAC prefix is not one to six octets as in 00:08:5d")]
    MacPrefix,
    /// It does not say whom it is about.
    #[error("neither a vendor class nor a MAC prefix")]
    Nobody,
    /// Text and sub-options, or neither, or one sub-option twice.
    #[error("option {0}: expected either text, or sub-options with one value each")]
    Value(u8),
}

/// What to hand out to whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DhcpHint {
    /// Exact vendor class identifiers (option 60), without the NUL bytes some phones end them with.
    pub vendor_classes: Vec<HintText>,
    /// Prefixes of vendor class identifiers.
    pub vendor_class_prefixes: Vec<HintText>,
    /// Beginnings of MAC addresses, for clients that no vendor class tells anything about.
    pub mac_prefixes: Vec<MacPrefix>,
    /// What to hand out.
    pub options: BTreeMap<OptionCode, OptionValue>,
}

/// The code of an option or sub-option, 1 to 254. In documents it is a key, and so is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OptionCode(u8);

/// One to 255 bytes of text without control characters. `{http}` in it is the HTTP base URL, `{tftp}` the TFTP address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct HintText(String);

/// One to six leading octets of a MAC address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacPrefix(Vec<u8>);

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// A plain option.
    Text(HintText),
    /// An encapsulated option (RFC 2132 §8.4), by sub-option code.
    SubOptions(BTreeMap<OptionCode, SubOptionValue>),
}

/// The value of a sub-option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SubOptionValue {
    /// Text.
    Text(HintText),
    /// One byte, 0 or 1.
    Boolean(bool),
}

impl DhcpHint {
    /// Whether it says whom it is about, and leaves the protocol alone.
    pub fn check(&self) -> Result<(), InvalidHint> {
        if self.vendor_classes.is_empty()
            && self.vendor_class_prefixes.is_empty()
            && self.mac_prefixes.is_empty()
        {
            return Err(InvalidHint::Nobody);
        }
        match self.options.keys().find(|code| code.belongs_to_protocol()) {
            Some(code) => Err(InvalidHint::OfTheProtocol(code.0)),
            None => Ok(()),
        }
    }
}

impl OptionCode {
    /// The code as a number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether client and server agree on the lease by this option.
    pub fn belongs_to_protocol(self) -> bool {
        OF_THE_PROTOCOL.contains(&self.0)
    }
}

impl TryFrom<u32> for OptionCode {
    type Error = InvalidHint;

    fn try_from(code: u32) -> Result<OptionCode, InvalidHint> {
        match u8::try_from(code) {
            Ok(code @ 1..=254) => Ok(OptionCode(code)),
            _ => Err(InvalidHint::Code(code)),
        }
    }
}

impl TryFrom<String> for OptionCode {
    type Error = InvalidHint;

    fn try_from(code: String) -> Result<OptionCode, InvalidHint> {
        OptionCode::try_from(code.parse::<u32>().unwrap_or_default())
    }
}

impl From<OptionCode> for String {
    fn from(code: OptionCode) -> String {
        code.0.to_string()
    }
}

impl HintText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HintText {
    type Error = InvalidHint;

    fn try_from(text: String) -> Result<HintText, InvalidHint> {
        let fits = (1..=LONGEST_TEXT).contains(&text.len()) && !text.contains(char::is_control);
        if fits { Ok(HintText(text)) } else { Err(InvalidHint::Text) }
    }
}

impl MacPrefix {
    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for MacPrefix {
    type Error = InvalidHint;

    fn try_from(text: String) -> Result<MacPrefix, InvalidHint> {
        let octet = |digits: &str| {
            let spelled = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            spelled.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
        };
        let octets: Option<Vec<u8>> = text.split(':').map(octet).collect();
        octets.filter(|octets| octets.len() <= 6).map(MacPrefix).ok_or(InvalidHint::MacPrefix)
    }
}

impl From<MacPrefix> for String {
    fn from(prefix: MacPrefix) -> String {
        prefix.to_string()
    }
}

/// `00:08:5d`
impl fmt::Display for MacPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets: Vec<String> = self.0.iter().map(|octet| format!("{octet:02x}")).collect();
        f.write_str(&octets.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_survives_as_json() {
        let text = r#"{"vendor_classes":["AastraIPPhone6731i"],"vendor_class_prefixes":[],"mac_prefixes":["00:08:5d"],"options":{"43":{"2":"{http}/Aastra","3":false},"66":"{http}"}}"#;
        let hint: DhcpHint = serde_json::from_str(text).unwrap();
        assert_eq!(hint.check(), Ok(()));
        assert_eq!(hint.mac_prefixes[0].octets(), [0, 8, 0x5d]);
        assert_eq!(serde_json::to_string(&hint).unwrap(), text);
    }

    #[test]
    fn what_no_server_could_follow_is_refused() {
        for text in ["", "a\nb", "\0", "\u{85}", &"x".repeat(256)] {
            assert_eq!(HintText::try_from(text.to_owned()), Err(InvalidHint::Text), "{text:?}");
        }
        for prefix in ["", "0", "00:", "00:0g", "00-08-5d", "+0:08", "00:08:5d:00:00:00:00"] {
            assert_eq!(MacPrefix::try_from(prefix.to_owned()), Err(InvalidHint::MacPrefix), "{prefix}");
        }
        for code in [0, 255, 256, 65602] {
            assert_eq!(OptionCode::try_from(code), Err(InvalidHint::Code(code)));
        }
        assert!(serde_json::from_str::<OptionValue>(r#"{"0": true}"#).is_err());
    }

    #[test]
    fn a_hint_is_about_somebody_and_not_about_the_protocol() {
        let mut hint = DhcpHint::default();
        assert_eq!(hint.check(), Err(InvalidHint::Nobody));
        hint.mac_prefixes.push(MacPrefix::try_from("00".to_owned()).unwrap());
        let text = HintText::try_from("x".to_owned()).unwrap();
        hint.options.insert(OptionCode::try_from(54_u32).unwrap(), OptionValue::Text(text));
        assert_eq!(hint.check(), Err(InvalidHint::OfTheProtocol(54)));
    }
}
