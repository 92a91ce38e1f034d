//! Who checks the tokens of the REST interface, besides this server itself.

mod oidc;
mod wazo_auth;

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::file::SettingsError;
use oidc::OidcFile;
use wazo_auth::WazoAuthFile;

pub use oidc::{OidcSettings, is_protected};
pub use wazo_auth::{Service, WazoAuthSettings};

/// Flags about access. Each is also an environment variable and a key of the configuration file.
#[derive(Debug, Clone, Default, Args)]
pub struct AccessArguments {
    /// Who checks tokens that are not of this server: `own` nobody, `wazo-auth` a wazo-auth service, `oidc` an OpenID
    /// provider [default: own]
    #[arg(long, env = "PROVD_VERIFIER", value_name = "WHO")]
    pub verifier: Option<String>,
}

/// The table `[access]` of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessFile {
    verifier: Option<String>,
    #[serde(default, alias = "wazo-auth")]
    wazo_auth: WazoAuthFile,
    #[serde(default)]
    oidc: OidcFile,
}

/// Settings of access, complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessSettings {
    /// Who checks tokens that are not of this server.
    pub verifier: VerifierSettings,
}

/// Who checks tokens that are not of this server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum VerifierSettings {
    /// Nobody: there are no others.
    #[default]
    Own,
    /// A wazo-auth service, `[access.wazo_auth]`.
    WazoAuth(WazoAuthSettings),
    /// An OpenID provider, `[access.oidc]`.
    Oidc(OidcSettings),
}

/// How it is called.
#[derive(Debug, Clone, Copy, Default)]
enum VerifierKind {
    #[default]
    Own,
    WazoAuth,
    Oidc,
}

impl FromStr for VerifierKind {
    type Err = String;

    fn from_str(text: &str) -> Result<VerifierKind, String> {
        match text {
            "own" => Ok(VerifierKind::Own),
            "wazo-auth" | "wazo_auth" => Ok(VerifierKind::WazoAuth),
            "oidc" => Ok(VerifierKind::Oidc),
            _ => Err(format!("`{text}`: expected own, wazo-auth or oidc")),
        }
    }
}

impl AccessSettings {
    pub(super) fn resolve(
        arguments: AccessArguments,
        file: AccessFile,
    ) -> Result<AccessSettings, SettingsError> {
        let verifier = arguments.verifier.or(file.verifier).map(|text| text.parse()).transpose();
        let verifier = verifier.map_err(|why| SettingsError::Value { key: "verifier", why })?;
        let verifier = match verifier.unwrap_or_default() {
            VerifierKind::Own => VerifierSettings::Own,
            VerifierKind::WazoAuth => VerifierSettings::WazoAuth(WazoAuthSettings::resolve(file.wazo_auth)?),
            VerifierKind::Oidc => VerifierSettings::Oidc(OidcSettings::resolve(file.oidc)?),
        };
        Ok(AccessSettings { verifier })
    }
}

fn wrong(key: &'static str, why: impl Into<String>) -> SettingsError {
    SettingsError::Value { key, why: why.into() }
}

fn seconds(
    key: &'static str,
    seconds: Option<u64>,
    usual: u64,
    range: RangeInclusive<u64>,
) -> Result<Duration, SettingsError> {
    let seconds = seconds.unwrap_or(usual);
    if !range.contains(&seconds) {
        return Err(wrong(key, format!("{seconds}: expected {} to {}", range.start(), range.end())));
    }
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(flag: Option<&str>, file: &str) -> Result<AccessSettings, SettingsError> {
        let arguments = AccessArguments { verifier: flag.map(str::to_owned) };
        AccessSettings::resolve(arguments, toml::from_str(file).unwrap())
    }

    #[test]
    fn the_flag_wins_over_the_file_and_own_tokens_are_usual() {
        let verifier = |flag, file| resolve(flag, file).unwrap().verifier;
        assert_eq!(verifier(None, ""), VerifierSettings::Own);
        let wazo_auth = "verifier = 'wazo-auth'\n[wazo_auth]\ntoken_file = 'token'";
        assert!(matches!(verifier(None, wazo_auth), VerifierSettings::WazoAuth(_)));
        assert_eq!(verifier(Some("own"), wazo_auth), VerifierSettings::Own);
        assert!(resolve(None, "verifier = 'oidc'").unwrap_err().to_string().contains("access.oidc.issuer"));
    }

    #[test]
    fn what_is_no_verifier_is_named() {
        let error = resolve(Some("ldap"), "").unwrap_err().to_string();
        assert_eq!(error, "verifier: `ldap`: expected own, wazo-auth or oidc");
    }
}
