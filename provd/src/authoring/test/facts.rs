//! The facts a plugin can state about a phone, by the words that cases use for them.

use std::collections::BTreeMap;

use provd_proto::v1::DeviceInfo;
use serde::Deserialize;

/// A kind of fact. The address is none of them: a server knows it from the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::authoring) enum Fact {
    Mac,
    Sn,
    Uuid,
    Vendor,
    Model,
    Version,
}

/// What is stated of a phone.
pub(in crate::authoring) type Facts = BTreeMap<Fact, String>;

impl Fact {
    /// All of them, in the order of the contract.
    pub(in crate::authoring) const ALL: [Fact; 6] =
        [Fact::Mac, Fact::Sn, Fact::Uuid, Fact::Vendor, Fact::Model, Fact::Version];

    /// The word for it.
    pub(in crate::authoring) fn name(self) -> &'static str {
        match self {
            Fact::Mac => "mac",
            Fact::Sn => "sn",
            Fact::Uuid => "uuid",
            Fact::Vendor => "vendor",
            Fact::Model => "model",
            Fact::Version => "version",
        }
    }

    /// The place of this fact in a message.
    pub(in crate::authoring) fn of(self, info: &mut DeviceInfo) -> &mut Option<String> {
        match self {
            Fact::Mac => &mut info.mac,
            Fact::Sn => &mut info.sn,
            Fact::Uuid => &mut info.uuid,
            Fact::Vendor => &mut info.vendor,
            Fact::Model => &mut info.model,
            Fact::Version => &mut info.version,
        }
    }
}

/// What a message states; the core takes an empty text for none.
pub(in crate::authoring) fn facts_of(mut info: DeviceInfo) -> Facts {
    let mut stated = |fact: Fact| Some((fact, fact.of(&mut info).take().filter(|text| !text.is_empty())?));
    Fact::ALL.into_iter().filter_map(&mut stated).collect()
}

/// The message that states them.
pub(in crate::authoring) fn info_of(facts: &Facts) -> DeviceInfo {
    let mut info = DeviceInfo::default();
    for (fact, value) in facts {
        *fact.of(&mut info) = Some(value.clone());
    }
    info
}

/// As a case states them: `{ vendor = "Aastra", model = "6731i" }`.
pub(in crate::authoring) fn written(facts: &Facts) -> String {
    let facts: Vec<String> =
        facts.iter().map(|(fact, value)| format!("{} = {}", fact.name(), quoted(value))).collect();
    if facts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", facts.join(", ")) }
}

/// A text in TOML.
pub(in crate::authoring) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
