//! The parts of `plugin.toml` that are for others to act on: the core's synchronisation, and the DHCP server.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// `[synchronize]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SynchronizeEntry {
    pub(crate) sip_notify: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Spanned<String>>,
    pub(crate) http: Option<HttpEntry>,
    pub(crate) unsupported: Option<String>,
}

/// `synchronize.http`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpEntry {
    pub(crate) method: Option<Spanned<String>>,
    pub(crate) url: Spanned<String>,
    pub(crate) body: Option<Spanned<String>>,
    pub(crate) content_type: Option<Spanned<String>>,
    pub(crate) username: Option<Spanned<String>>,
    pub(crate) password: Option<Spanned<String>>,
}

/// `[[dhcp]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DhcpEntry {
    #[serde(default)]
    pub(crate) vendor_classes: Vec<String>,
    #[serde(default)]
    pub(crate) vendor_class_prefixes: Vec<String>,
    #[serde(default)]
    pub(crate) mac_prefixes: Vec<Spanned<String>>,
    pub(crate) options: BTreeMap<String, Spanned<OptionEntry>>,
}

/// The value of a DHCP option: text, or sub-options by their code.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected text, or a table of sub-options")]
pub(crate) enum OptionEntry {
    Text(String),
    SubOptions(BTreeMap<String, SubOptionEntry>),
}

/// The value of a sub-option.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected text, true or false")]
pub(crate) enum SubOptionEntry {
    Text(String),
    Boolean(bool),
}
