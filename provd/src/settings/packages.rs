//! Whose packages of plugins are installed.

use clap::Args;
use serde::Deserialize;

use super::file::SettingsError;
use crate::packages::TrustedKey;

/// Flags about packages. Each is also an environment variable and a key of the configuration file.
#[derive(Debug, Clone, Default, Args)]
pub struct PackageArguments {
    /// Public key (`RW…`, of `provd plugin key` or minisign) whose packages may be installed; several with commas between
    /// them [default: none]
    #[arg(long, env = "PROVD_TRUSTED_KEYS", value_name = "KEY", value_delimiter = ',')]
    pub trusted_keys: Vec<String>,
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
}

/// Whose packages are installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageSettings {
    /// Whose signature counts.
    pub trusted: Vec<TrustedKey>,
    /// Whether none is needed.
    pub allow_unsigned: bool,
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
        let wrong = |key: &str, why: &dyn std::fmt::Display| SettingsError::Value {
            key: "trusted_keys",
            why: format!("`{key}`: {why}"),
        };
        let trusted = keys.iter().map(|key| TrustedKey::parse(key).map_err(|error| wrong(key, &error)));
        Ok(PackageSettings {
            trusted: trusted.collect::<Result<_, _>>()?,
            allow_unsigned: arguments.allow_unsigned.or(file.allow_unsigned).unwrap_or(false),
        })
    }
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
        assert_eq!(resolved, PackageSettings { trusted: vec![file.clone()], allow_unsigned: true });
        let arguments = PackageArguments { trusted_keys: vec![flag.text()], allow_unsigned: Some(false) };
        let resolved = PackageSettings::resolve(arguments, written()).unwrap();
        assert_eq!(resolved, PackageSettings { trusted: vec![flag], allow_unsigned: false });
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
}
