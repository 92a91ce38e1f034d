//! The parts of `plugin.toml` that are for others to act on: the core's synchronisation, and the DHCP server.

use std::collections::BTreeMap;

use crate::declarative::spanned::Spanned;
use schemars::JsonSchema;
use serde::Deserialize;

/// How a phone is told to fetch its files again: one of `sip_notify`, `http` and `unsupported`. Without it phones cannot be
/// told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SynchronizeEntry {
    /// By SIP NOTIFY (RFC 6665): template of the header `Event`.
    pub(crate) sip_notify: Option<Spanned<String>>,
    /// Templates of further headers of the NOTIFY.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Spanned<String>>,
    pub(crate) http: Option<HttpEntry>,
    /// Not at all, and why.
    pub(crate) unsupported: Option<String>,
}

/// By a call of the phone's web server. It needs a device whose address is known. All values but `method` are templates.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpEntry {
    /// The method. Absent: `GET`.
    pub(crate) method: Option<Spanned<String>>,
    /// What is called, `http://{{ device.ip }}/reboot`.
    pub(crate) url: Spanned<String>,
    /// Body of the request.
    pub(crate) body: Option<Spanned<String>>,
    /// Its media type.
    pub(crate) content_type: Option<Spanned<String>>,
    /// Who calls.
    pub(crate) username: Option<Spanned<String>>,
    /// The password of that name.
    pub(crate) password: Option<Spanned<String>>,
}

/// What a DHCP server must hand out to boot these phones.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DhcpEntry {
    /// Vendor classes (option 60) of these phones, whole.
    #[serde(default)]
    pub(crate) vendor_classes: Vec<String>,
    /// What their vendor classes begin with.
    #[serde(default)]
    pub(crate) vendor_class_prefixes: Vec<String>,
    /// What their MAC addresses begin with; for clients that state none of these classes.
    #[serde(default)]
    pub(crate) mac_prefixes: Vec<Spanned<String>>,
    /// Options by their codes: text, or a table of sub-options. In text `{http}` is provd's base URL for phones, `{tftp}` its
    /// TFTP address.
    pub(crate) options: BTreeMap<String, Spanned<OptionEntry>>,
}

/// The value of a DHCP option: text, or sub-options by their code.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected text, or a table of sub-options")]
pub(crate) enum OptionEntry {
    Text(String),
    SubOptions(BTreeMap<String, SubOptionEntry>),
}

/// The value of a sub-option.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected text, true or false")]
pub(crate) enum SubOptionEntry {
    Text(String),
    Boolean(bool),
}
