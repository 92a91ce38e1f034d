//! Whose packages of plugins are installed, and where they come from.

use clap::Args;
use serde::Deserialize;

use super::file::SettingsError;
use crate::packages::{Address, Channel, InvalidRepository, Repository, TrustedKey};

/// Flags about packages. Each is also an environment variable and a key of the configuration file.
#[derive(Debug, Clone, Default, Args)]
pub struct PackageArguments {
    /// Public key (`RW…`, of `provd plugin key` or minisign) whose packages may be installed; several with commas between
    /// them [default: none]
    #[arg(long, env = "PROVD_TRUSTED_KEYS", value_name = "KEY", value_delimiter = ',')]
    pub trusted_keys: Vec<String>,
    /// URL of a repository of packages, of which stable versions are offered; several with commas between them. The
    /// configuration file can say more of each, as `[[packages.repository]]` with `url`, `channel` and `trusted_keys`
    /// [default: none]
    #[arg(long = "repository", env = "PROVD_REPOSITORIES", value_name = "URL", value_delimiter = ',')]
    pub repositories: Vec<String>,
    /// Also install packages that nobody trusted has signed: whoever may install plugins may then run any program
    /// [default: false]
    #[arg(long, env = "PROVD_ALLOW_UNSIGNED", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub allow_unsigned: Option<bool>,
}

/// The table `[packages]` of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackagesFile {
    #[serde(alias = "trusted-keys")]
    trusted_keys: Option<Vec<String>>,
    #[serde(alias = "allow-unsigned")]
    allow_unsigned: Option<bool>,
    #[serde(default)]
    repository: Vec<RepositoryEntry>,
}

/// A table `[[packages.repository]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RepositoryEntry {
    url: String,
    #[serde(default)]
    channel: Channel,
    #[serde(default, alias = "trusted-keys")]
    trusted_keys: Vec<String>,
}

/// Whose packages are installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageSettings {
    /// Whose signature counts.
    pub trusted: Vec<TrustedKey>,
    /// Whether none is needed.
    pub allow_unsigned: bool,
    /// Where packages come from.
    pub repositories: Vec<Repository>,
}

impl PackageSettings {
    pub(super) fn resolve(
        arguments: PackageArguments,
        file: PackagesFile,
    ) -> Result<PackageSettings, SettingsError> {
        let keys = if arguments.trusted_keys.is_empty() {
            file.trusted_keys.unwrap_or_default()
        } else {
            arguments.trusted_keys
        };
        let entries = if arguments.repositories.is_empty() {
            file.repository
        } else {
            arguments.repositories.into_iter().map(RepositoryEntry::of).collect()
        };
        Ok(PackageSettings {
            trusted: parse(keys)?,
            allow_unsigned: arguments.allow_unsigned.or(file.allow_unsigned).unwrap_or(false),
            repositories: entries.into_iter().map(RepositoryEntry::resolve).collect::<Result<_, _>>()?,
        })
    }
}

impl RepositoryEntry {
    fn of(url: String) -> RepositoryEntry {
        RepositoryEntry { url, channel: Channel::default(), trusted_keys: Vec::new() }
    }

    fn resolve(self) -> Result<Repository, SettingsError> {
        // Not the URL itself: a password may be in it.
        let wrong =
            |error: InvalidRepository| SettingsError::Value { key: "repository", why: error.to_string() };
        let address: Address = self.url.parse().map_err(wrong)?;
        Ok(Repository { address, channel: self.channel, keys: parse(self.trusted_keys)? })
    }
}

fn parse(keys: Vec<String>) -> Result<Vec<TrustedKey>, SettingsError> {
    let parsed = keys.into_iter().map(|key| {
        TrustedKey::parse(&key)
            .map_err(|error| SettingsError::Value { key: "trusted_keys", why: format!("`{key}`: {error}") })
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::SigningKey;

    #[test]
    fn flags_win_over_the_file_and_nobody_is_trusted_by_default() {
        let (flag, file) =
            (SigningKey::generate().unwrap().public(), SigningKey::generate().unwrap().public());
        let written =
            || toml::from_str(&format!("trusted-keys = ['{}']\nallow-unsigned = true", file.text())).unwrap();
        let resolved = PackageSettings::resolve(PackageArguments::default(), written()).unwrap();
        assert_eq!(
            resolved,
            PackageSettings { trusted: vec![file.clone()], allow_unsigned: true, repositories: vec![] }
        );
        let arguments = PackageArguments {
            trusted_keys: vec![flag.text()],
            allow_unsigned: Some(false),
            ..PackageArguments::default()
        };
        let resolved = PackageSettings::resolve(arguments, written()).unwrap();
        assert_eq!(resolved, PackageSettings { trusted: vec![flag], ..PackageSettings::default() });
        let nothing = PackageSettings::resolve(PackageArguments::default(), PackagesFile::default()).unwrap();
        assert_eq!(nothing, PackageSettings::default());
    }

    #[test]
    fn what_is_no_key_is_named() {
        let arguments =
            PackageArguments { trusted_keys: vec!["RWx".to_owned()], ..PackageArguments::default() };
        let error = PackageSettings::resolve(arguments, PackagesFile::default()).unwrap_err().to_string();
        assert!(error.starts_with("trusted_keys: `RWx`: expected a public key"), "{error}");
    }

    #[test]
    fn a_repository_has_a_channel_and_keys_of_its_own() {
        let key = SigningKey::generate().unwrap().public();
        let written = format!(
            "[[repository]]\nurl = 'https://h/a'\nchannel = 'testing'\ntrusted_keys = ['{}']\n[[repository]]\nurl = 'http://h'",
            key.text()
        );
        let file = || toml::from_str(&written).unwrap();
        let resolved = PackageSettings::resolve(PackageArguments::default(), file()).unwrap().repositories;
        let own = |url: &str, channel, keys| Repository { address: url.parse().unwrap(), channel, keys };
        let plain = own("http://h/", Channel::Stable, vec![]);
        assert_eq!(resolved, [own("https://h/a/", Channel::Testing, vec![key]), plain.clone()]);
        let flag = |url: &str| PackageArguments {
            repositories: vec![url.to_owned()],
            ..PackageArguments::default()
        };
        assert_eq!(PackageSettings::resolve(flag("http://h"), file()).unwrap().repositories, [plain]);
        let error = PackageSettings::resolve(flag("ftp://u:secret@h"), PackagesFile::default())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("repository: expected a URL") && !error.contains("secret"), "{error}");
    }
}
