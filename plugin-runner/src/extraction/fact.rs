//! The facts a plugin can state about a phone, and the one spelling of each.

use provd_proto::mac::Mac;
use provd_proto::v1::DeviceInfo;
use schemars::JsonSchema;
use serde::Deserialize;

/// A kind of fact. The address is none of them: the core knows it from the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fact {
    Mac,
    Sn,
    Uuid,
    Vendor,
    Model,
    Version,
}

impl Fact {
    /// All of them, in the order of the contract.
    pub(crate) const ALL: [Fact; 6] =
        [Fact::Mac, Fact::Sn, Fact::Uuid, Fact::Vendor, Fact::Model, Fact::Version];

    /// The word for it in `plugin.toml` and in templates.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Fact::Mac => "mac",
            Fact::Sn => "sn",
            Fact::Uuid => "uuid",
            Fact::Vendor => "vendor",
            Fact::Model => "model",
            Fact::Version => "version",
        }
    }

    /// The word for it in a sentence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Fact::Mac => "MAC address",
            Fact::Sn => "serial number",
            Fact::Uuid => "UUID",
            Fact::Vendor => "vendor",
            Fact::Model => "model",
            Fact::Version => "firmware version",
        }
    }

    /// The place of this fact in a message.
    pub(crate) fn of(self, info: &mut DeviceInfo) -> &mut Option<String> {
        match self {
            Fact::Mac => &mut info.mac,
            Fact::Sn => &mut info.sn,
            Fact::Uuid => &mut info.uuid,
            Fact::Vendor => &mut info.vendor,
            Fact::Model => &mut info.model,
            Fact::Version => &mut info.version,
        }
    }

    /// What a message says of this fact.
    pub(crate) fn in_info(self, info: &DeviceInfo) -> Option<&str> {
        let stated = match self {
            Fact::Mac => &info.mac,
            Fact::Sn => &info.sn,
            Fact::Uuid => &info.uuid,
            Fact::Vendor => &info.vendor,
            Fact::Model => &info.model,
            Fact::Version => &info.version,
        };
        stated.as_deref()
    }

    /// The one spelling of a stated value; nothing if it is none, such as a MAC address of zeros.
    pub(crate) fn normalise(self, value: &str) -> Option<String> {
        match self {
            Fact::Mac => value.parse().ok().map(|mac: Mac| mac.to_string()),
            Fact::Uuid => uuid(value),
            Fact::Sn | Fact::Vendor | Fact::Model | Fact::Version => Some(value.to_owned()),
        }
    }
}

/// Thirty-two digits, with hyphens in the usual places or none at all (RFC 9562); nothing for the nil UUID.
fn uuid(text: &str) -> Option<String> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let hyphenated = text.len() == 36 && HYPHENS.iter().all(|at| text.as_bytes()[*at] == b'-');
    let digits: String = if hyphenated { text.replace('-', "") } else { text.to_owned() };
    let valid = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !valid || digits.bytes().all(|byte| byte == b'0') {
        return None;
    }
    let mut spelled = digits.to_ascii_lowercase();
    for at in HYPHENS {
        spelled.insert(at, '-');
    }
    Some(spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_one_spelling() {
        assert_eq!(Fact::Mac.normalise("00-08-5D-23-74-29").as_deref(), Some("00:08:5d:23:74:29"));
        assert_eq!(Fact::Mac.normalise("000000000000"), None);
        let uuid = Some("2a7c9f4e-0000-4000-8000-00000000abcd");
        assert_eq!(Fact::Uuid.normalise("2A7C9F4E-0000-4000-8000-00000000ABCD").as_deref(), uuid);
        assert_eq!(Fact::Uuid.normalise("2a7c9f4e00004000800000000000abcd").as_deref(), uuid);
        for none in [
            "",
            "2a7c9f4e",
            "00000000-0000-0000-0000-000000000000",
            "ééééééééééééééééé",
            "2a7c9f4e-0000-4000-8000-00000000abcg",
        ] {
            assert_eq!(Fact::Uuid.normalise(none), None, "{none}");
        }
        assert_eq!(Fact::Model.normalise("6731i").as_deref(), Some("6731i"));
    }
}
