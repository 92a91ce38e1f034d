//! The configuration file: the flags of `provd serve` as keys, with `-` or `_`. An unknown key is an error that names it and its line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::access::AccessFile;
use super::identification::IdentificationFile;
use super::packages::PackagesFile;
use super::sandbox::SandboxFile;
use super::serve::Isolation;
use super::synchronization::{SynchronizationFile, SynchronizationSettingsError};

/// Settings that cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read: {cause}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The file is not understood.
    #[error("the configuration file {path}: {cause}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with line and key.
        cause: Box<toml::de::Error>,
    },
    /// A value means nothing.
    #[error("{key}: {why}")]
    Value {
        /// Which flag or key.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Phones cannot be told as the settings say.
    #[error(transparent)]
    Synchronization(#[from] SynchronizationSettingsError),
    /// Phones cannot use the URL.
    #[error("the advertised URL `{0}` is none: expected http://HOST[:PORT][/PATH]")]
    AdvertisedUrl(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(alias = "data-dir")]
    pub(super) data_dir: Option<PathBuf>,
    pub(super) http: Option<SocketAddr>,
    pub(super) tftp: Option<SocketAddr>,
    pub(super) api: Option<SocketAddr>,
    pub(super) plugins: Option<PathBuf>,
    pub(super) python: Option<PathBuf>,
    pub(super) isolation: Option<Isolation>,
    #[serde(alias = "trusted-proxies")]
    pub(super) trusted_proxies: Option<usize>,
    #[serde(alias = "advertised-url")]
    pub(super) advertised_url: Option<String>,
    #[serde(alias = "dhcp-listen")]
    pub(super) dhcp_listen: Option<String>,
    #[serde(alias = "audit-days")]
    pub(super) audit_days: Option<u32>,
    #[serde(default)]
    pub(super) access: AccessFile,
    #[serde(default)]
    pub(super) identification: IdentificationFile,
    #[serde(default)]
    pub(super) synchronization: SynchronizationFile,
    #[serde(default)]
    pub(super) packages: PackagesFile,
    #[serde(default)]
    pub(super) sandbox: SandboxFile,
}

impl File {
    pub(super) fn read(path: &Path) -> Result<File, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| SettingsError::Unreadable { path: path.to_owned(), cause })?;
        toml::from_str(&text)
            .map_err(|cause| SettingsError::Invalid { path: path.to_owned(), cause: Box::new(cause) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("provd.toml");
        std::fs::write(&path, "audit_days = 1\nhtpp = '127.0.0.1:1'\n").unwrap();
        let error = File::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("htpp"), "{error}");
    }
}
