//! Where the facts of a device come from, and so which of two that contradict each other is to be believed.

use serde::{Deserialize, Serialize};

use super::request::{Request, RequestKind};

/// Who stated a fact; a later one outweighs an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nobody knows.
    #[default]
    Unknown,
    /// The name of a file that was asked for: phones ask for files of their relatives too.
    FileName,
    /// The phone itself, by its User-Agent or DHCP vendor class.
    Phone,
    /// An administrator: no phone contradicts.
    Administrator,
}

impl Source {
    /// What the facts of a request rest on.
    pub fn of(request: &Request) -> Source {
        match &request.kind {
            RequestKind::Dhcp(_) => Source::Phone,
            RequestKind::Http(http) if http.user_agent().is_some() => Source::Phone,
            RequestKind::Http(_) | RequestKind::Tftp(_) => Source::FileName,
        }
    }
}

/// Where what is known of a device comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// Who stated the vendor.
    pub vendor: Source,
    /// Who stated the model.
    pub model: Source,
    /// Whether an administrator chose the plugin: then it stays, whatever the phone turns out to be.
    pub plugin_assigned: bool,
}
