//! The parts of `plugin.toml` that match requests and facts.

use std::collections::BTreeMap;

use crate::declarative::spanned::Spanned;
use provd_proto::v1::Support;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::extraction::Fact;

/// A rule about who is asking. All of its conditions must match, and there is at least one. The first rule to state a fact
/// wins.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtractEntry {
    /// The kind of request it is about.
    pub(crate) kind: Kind,
    /// Regular expression on the decoded path with single slashes, `/Aastra/aastra.cfg`; `http` only.
    pub(crate) path: Option<Spanned<String>>,
    /// On the query string, still percent-encoded; `http` only.
    pub(crate) query: Option<Spanned<String>>,
    /// On the header `User-Agent`; `http` only.
    pub(crate) user_agent: Option<Spanned<String>>,
    /// On other headers, by their names in any case; `http` only.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Spanned<String>>,
    /// On the file name exactly as sent; `tftp` only.
    pub(crate) filename: Option<Spanned<String>>,
    /// On DHCP option 60 without trailing NUL bytes; `dhcp` only.
    pub(crate) vendor_class: Option<Spanned<String>>,
    /// On DHCP options by their codes, bytes decoded as ISO-8859-1; `dhcp` only.
    #[serde(default)]
    pub(crate) options: BTreeMap<String, Spanned<String>>,
    /// Facts it states, by template; the named groups of all expressions are the variables. Groups named like a fact state
    /// it where nothing is said here.
    #[serde(default)]
    pub(crate) facts: BTreeMap<Fact, Spanned<String>>,
}

/// The listener a request came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Http,
    Tftp,
    Dhcp,
}

/// How well a phone is supported, where that is not to be as usual.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssociationEntry {
    /// The vendor's, but no model of the target.
    #[serde(default)]
    pub(crate) other_model: SupportLevel,
    /// The vendor's, and the model is not known.
    #[serde(default)]
    pub(crate) no_model: SupportLevel,
    #[serde(default)]
    pub(crate) rules: Vec<Spanned<AssociationRuleEntry>>,
}

/// Tested before all that. A rule with both expressions needs both to match; what is not known does not match.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssociationRuleEntry {
    /// Regular expression on the model.
    pub(crate) model: Option<Spanned<String>>,
    /// Regular expression on the version.
    pub(crate) version: Option<Spanned<String>>,
    /// How well such a phone is supported.
    pub(crate) support: SupportLevel,
}

/// A word for a level of support.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
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

/// Another name for a path under which nothing is found. The first rule that matches is taken.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewriteEntry {
    /// `http` or `tftp`. Absent: both.
    pub(crate) kind: Option<Spanned<Kind>>,
    /// Regular expression on the path without leading slashes.
    pub(crate) path: Spanned<String>,
    /// What replaces the part that matched; `${name}` is a group.
    pub(crate) to: Spanned<String>,
}
