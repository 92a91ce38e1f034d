//! `[needs]` of a `plugin.toml`: what a plugin asks for beyond what every plugin has. Whether it gets it is not decided here.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::domain::byte_size::ByteSize;
use crate::domain::sandbox::Needs;

/// What it asks for beyond what every plugin has. An administrator decides whether it gets it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NeedsEntry {
    /// TCP, UDP, and connecting to Unix sockets.
    #[serde(default)]
    network: bool,
    /// Processes of its own.
    #[serde(default)]
    processes: bool,
    /// The most memory it can make use of: a whole number and `KiB`, `MiB` or `GiB`.
    #[schemars(with = "Option<String>")]
    memory: Option<ByteSize>,
}

impl From<NeedsEntry> for Needs {
    fn from(NeedsEntry { network, processes, memory }: NeedsEntry) -> Needs {
        Needs { network, processes, memory }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::Manifest;

    const HEAD: &str = "api = 1\nversion = '1'\nid = 'a'\ncommand = ['a']\n";

    #[test]
    fn a_plugin_says_what_it_needs() {
        assert_eq!(Manifest::parse(HEAD).unwrap().needs, Needs::default());
        let text = format!("{HEAD}[needs]\nnetwork = true\nmemory = '2 GiB'");
        let needs = Needs { network: true, processes: false, memory: Some(ByteSize(2 << 30)) };
        assert_eq!(Manifest::parse(&text).unwrap().needs, needs);
    }

    #[test]
    fn an_unknown_need_is_named() {
        let why = Manifest::parse(&format!("{HEAD}[needs]\ncamera = true")).unwrap_err();
        assert!(why.contains("camera"), "{why}");
    }
}
