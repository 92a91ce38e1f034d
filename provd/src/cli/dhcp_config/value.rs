//! What stands in an option: placeholders replaced, in the data type that its code has.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::advertised::Advertised;
use crate::domain::dhcp::{OptionCode, OptionValue, SubOptionValue};

/// Longest value of an option, in bytes (RFC 2132 §2).
const LONGEST: usize = 255;

/// The value of an option, at most 255 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    /// Text, sent as it is.
    Text(String),
    /// IPv4 addresses; at least one.
    Addresses(Vec<Ipv4Addr>),
    /// Sub-options, encoded; and what they mean, for a comment.
    SubOptions {
        /// Code, length and value of each.
        bytes: Vec<u8>,
        /// `2 = "http://…", 3 = false`
        meaning: String,
    },
}

impl Value {
    /// The value a hint states. An error says why no DHCP server can hand it out.
    pub(super) fn resolve(code: OptionCode, stated: &OptionValue, own: &Advertised) -> Result<Value, String> {
        if code.belongs_to_protocol() || has_a_type_of_its_own(code.number()) {
            return Err("neither text nor addresses fit into this option".to_owned());
        }
        let value = match stated {
            OptionValue::SubOptions(_) if holds_addresses(code.number()) => {
                return Err("it takes IPv4 addresses, not sub-options".to_owned());
            }
            OptionValue::SubOptions(stated) => sub_options(stated, own)?,
            OptionValue::Text(text) if holds_addresses(code.number()) => addresses(&own.fill(text.as_str()))?,
            OptionValue::Text(text) => Value::Text(own.fill(text.as_str())),
        };
        let length = value.bytes().len();
        if length > LONGEST { Err(format!("{length} bytes, an option holds {LONGEST}")) } else { Ok(value) }
    }

    /// In words, for a comment.
    pub(super) fn meaning(&self, code: u8) -> String {
        match self {
            Value::Text(text) => format!("Option {code}: {text}"),
            Value::Addresses(addresses) => {
                let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                format!("Option {code}: {}", addresses.join(", "))
            }
            Value::SubOptions { meaning, .. } => format!("Option {code}: sub-options {meaning}"),
        }
    }

    /// As it is sent.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Value::Text(text) => text.as_bytes().to_vec(),
            Value::Addresses(addresses) => addresses.iter().flat_map(Ipv4Addr::octets).collect(),
            Value::SubOptions { bytes, .. } => bytes.clone(),
        }
    }
}

fn addresses(text: &str) -> Result<Value, String> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    let addresses: Result<Vec<Ipv4Addr>, _> = parts.map(str::parse).collect();
    match addresses {
        Ok(addresses) if !addresses.is_empty() => Ok(Value::Addresses(addresses)),
        _ => Err(format!("it takes IPv4 addresses, which `{text}` is not; say the TFTP address with --tftp")),
    }
}

fn sub_options(stated: &BTreeMap<OptionCode, SubOptionValue>, own: &Advertised) -> Result<Value, String> {
    let (mut bytes, mut meaning) = (Vec::new(), Vec::new());
    for (code, value) in stated {
        let (encoded, shown) = match value {
            SubOptionValue::Text(text) => {
                let text = own.fill(text.as_str());
                let shown = format!("\"{text}\"");
                (text.into_bytes(), shown)
            }
            SubOptionValue::Boolean(flag) => (vec![u8::from(*flag)], flag.to_string()),
        };
        let length =
            u8::try_from(encoded.len()).map_err(|_| format!("sub-option {} is too long", code.number()))?;
        bytes.extend([code.number(), length]);
        bytes.extend(encoded);
        meaning.push(format!("{} = {shown}", code.number()));
    }
    Ok(Value::SubOptions { bytes, meaning: meaning.join(", ") })
}

/// Options that hold addresses (RFC 2132; 85: RFC 2241; 138: RFC 5417; 150: RFC 5859).
pub(super) fn holds_addresses(code: u8) -> bool {
    matches!(code, 3..=11 | 41 | 42 | 44 | 45 | 48 | 49 | 65 | 68..=76 | 85 | 138 | 150)
}

/// Options that hold numbers, flags, masks, names in the form of DNS, or several such things.
fn has_a_type_of_its_own(code: u8) -> bool {
    matches!(
        code,
        1 | 2 | 13 | 16 | 19..=39 | 46 | 63 | 78..=81 | 83 | 88 | 89 | 91..=94 | 97 | 99 | 108 | 112 | 116 | 117
            | 119..=125 | 136 | 139..=141 | 144..=146 | 212 | 220 | 221
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(code: u8, stated: &str) -> Result<Value, String> {
        let own = Advertised { http: "http://h".into(), tftp: "192.0.2.1".into(), strange_tftp_port: None };
        let stated: OptionValue = serde_json::from_str(stated).unwrap();
        Value::resolve(u32::from(code).try_into().unwrap(), &stated, &own)
    }

    #[test]
    fn the_code_says_what_the_text_becomes() {
        assert_eq!(resolve(66, r#""{tftp}""#), Ok(Value::Text("192.0.2.1".into())));
        let two = vec![Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
        assert_eq!(resolve(150, r#""{tftp}, 192.0.2.2""#), Ok(Value::Addresses(two)));
        let value = resolve(43, r#"{"2": "{http}", "3": false, "52": true}"#).unwrap();
        assert_eq!(value.bytes(), b"\x02\x08http://h\x03\x01\x00\x34\x01\x01");
        let Value::SubOptions { meaning, .. } = value else { panic!("{value:?}") };
        assert_eq!(meaning, r#"2 = "http://h", 3 = false, 52 = true"#);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert!(resolve(150, r#""pbx""#).unwrap_err().contains("`pbx`"));
        assert!(resolve(53, r#""x""#).is_err() && resolve(121, r#""x""#).is_err());
        let long = format!(r#""{}""#, "{http}".repeat(42));
        assert!(resolve(66, &long).unwrap_err().starts_with("336 bytes"));
        assert!(resolve(43, &format!(r#"{{"1": {long}}}"#)).is_err());
    }
}
