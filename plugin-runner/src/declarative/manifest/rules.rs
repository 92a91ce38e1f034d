//! The parts of `plugin.toml` that match requests and facts.

use std::collections::BTreeMap;

use provd_proto::v1::Support;
use serde::Deserialize;
use toml::Spanned;

use crate::declarative::facts::Fact;

/// `[[extract]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtractEntry {
    pub(crate) kind: Kind,
    pub(crate) path: Option<Spanned<String>>,
    pub(crate) query: Option<Spanned<String>>,
    pub(crate) user_agent: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Spanned<String>>,
    pub(crate) filename: Option<Spanned<String>>,
    pub(crate) vendor_class: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) options: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) facts: BTreeMap<Fact, Spanned<String>>,
}

/// The listener a request came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Http,
    Tftp,
    Dhcp,
}

/// `[association]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssociationEntry {
    #[serde(default)]
    pub(crate) other_model: SupportLevel,
    #[serde(default)]
    pub(crate) no_model: SupportLevel,
    #[serde(default)]
    pub(crate) rules: Vec<Spanned<AssociationRuleEntry>>,
}

/// One of `association.rules`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssociationRuleEntry {
    pub(crate) model: Option<Spanned<String>>,
    pub(crate) version: Option<Spanned<String>>,
    pub(crate) support: SupportLevel,
}

/// A word for a level of support.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SupportLevel {
    None,
    Improbable,
    #[default]
    Unknown,
    Probable,
    Incomplete,
    Complete,
    Exact,
}

impl From<SupportLevel> for Support {
    fn from(level: SupportLevel) -> Support {
        match level {
            SupportLevel::None => Support::None,
            SupportLevel::Improbable => Support::Improbable,
            SupportLevel::Unknown => Support::Unknown,
            SupportLevel::Probable => Support::Probable,
            SupportLevel::Incomplete => Support::Incomplete,
            SupportLevel::Complete => Support::Complete,
            SupportLevel::Exact => Support::Exact,
        }
    }
}

/// `[[rewrite]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewriteEntry {
    pub(crate) kind: Option<Spanned<Kind>>,
    pub(crate) path: Spanned<String>,
    pub(crate) to: Spanned<String>,
}
