//! Who becomes a device, and whose record requests may change.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::file::SettingsError;
use crate::domain::policy::{AutoCreation, HttpAuthStrategy, NatNetworks, Retriever, Updater};

/// Flags about identification. Each is also an environment variable and a key of the configuration file.
#[derive(Debug, Clone, Default, Args)]
pub struct IdentificationArguments {
    /// How the device behind a request is found: `default` creates unknown ones, `approve` lets them wait for
    /// `provd device approve`, `secure` turns them away [default: default]
    #[arg(long, env = "PROVD_RETRIEVER", value_name = "POLICY")]
    pub retriever: Option<String>,
    /// What a request changes in the record of its device: `default` all it reveals, `secure` nothing [default: default]
    #[arg(long, env = "PROVD_UPDATER", value_name = "POLICY")]
    pub updater: Option<String>,
    /// Where phones are behind NAT, so that several may share one address: `true`, `false`, or networks such as
    /// `10.1.0.0/16,203.0.113.7` [default: false]
    #[arg(long, env = "PROVD_NAT", value_name = "NETWORKS", num_args = 0..=1, default_missing_value = "true")]
    pub nat: Option<String>,
    /// What phones must show over HTTP: `none`, or `url_key`, the parameter `provisioning_key` of their tenant as first part
    /// of each path [default: none]
    #[arg(long, env = "PROVD_HTTP_AUTH_STRATEGY", value_name = "STRATEGY")]
    pub http_auth_strategy: Option<String>,
    /// Devices that requests from one network (IPv4 /24, IPv6 /64) may create at once [default: 10000]
    #[arg(long, env = "PROVD_AUTO_CREATE_BURST", value_name = "N")]
    pub auto_create_burst: Option<u32>,
    /// How many more of them each network may create in a minute [default: 600]
    #[arg(long, env = "PROVD_AUTO_CREATE_PER_MINUTE", value_name = "N")]
    pub auto_create_per_minute: Option<u32>,
    /// Most devices of one network that requests created and no administrator has changed; beyond it they create none
    /// [default: 20000]
    #[arg(long, env = "PROVD_AUTO_CREATE_CEILING", value_name = "N")]
    pub auto_create_ceiling: Option<u32>,
    /// Hours after which a device that is known only by its address, and not seen any more, is deleted; 0 keeps it for
    /// ever [default: 24]
    #[arg(long, env = "PROVD_PROVISIONAL_HOURS", value_name = "HOURS")]
    pub provisional_hours: Option<u32>,
}

/// The table `[identification]` of the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentificationFile {
    retriever: Option<String>,
    updater: Option<String>,
    nat: Option<Nat>,
    #[serde(alias = "http-auth-strategy")]
    http_auth_strategy: Option<String>,
    #[serde(alias = "auto-create-burst")]
    auto_create_burst: Option<u32>,
    #[serde(alias = "auto-create-per-minute")]
    auto_create_per_minute: Option<u32>,
    #[serde(alias = "auto-create-ceiling")]
    auto_create_ceiling: Option<u32>,
    #[serde(alias = "provisional-hours")]
    provisional_hours: Option<u32>,
}

/// `true`, or `["10.1.0.0/16"]`, or the same as text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Nat {
    Everywhere(bool),
    Text(String),
    Networks(Vec<String>),
}

impl Nat {
    fn text(self) -> String {
        match self {
            Nat::Everywhere(everywhere) => everywhere.to_string(),
            Nat::Text(text) => text,
            Nat::Networks(networks) => networks.join(","),
        }
    }
}

/// Settings of identification, complete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentificationSettings {
    /// How the device behind a request is found.
    pub retriever: Retriever,
    /// What a request changes.
    pub updater: Updater,
    /// Where several phones may share one address.
    pub nat: NatNetworks,
    /// What phones must show over HTTP.
    pub http_auth_strategy: HttpAuthStrategy,
    /// How many devices requests may create.
    pub auto_creation: AutoCreation,
    /// How long a device known only by its address is kept without being seen; absent: for ever.
    pub provisional_for: Option<Duration>,
}

impl IdentificationSettings {
    pub(super) fn resolve(
        arguments: IdentificationArguments,
        file: IdentificationFile,
    ) -> Result<IdentificationSettings, SettingsError> {
        let usual = AutoCreation::default();
        let hours = arguments.provisional_hours.or(file.provisional_hours).unwrap_or(24);
        let nat = arguments.nat.or(file.nat.map(Nat::text));
        Ok(IdentificationSettings {
            retriever: parse("retriever", arguments.retriever.or(file.retriever))?,
            updater: parse("updater", arguments.updater.or(file.updater))?,
            nat: parse("nat", nat)?,
            http_auth_strategy: parse(
                "http_auth_strategy",
                arguments.http_auth_strategy.or(file.http_auth_strategy),
            )?,
            auto_creation: AutoCreation {
                burst: arguments.auto_create_burst.or(file.auto_create_burst).unwrap_or(usual.burst),
                per_minute: arguments
                    .auto_create_per_minute
                    .or(file.auto_create_per_minute)
                    .unwrap_or(usual.per_minute),
                ceiling: arguments.auto_create_ceiling.or(file.auto_create_ceiling).unwrap_or(usual.ceiling),
            },
            provisional_for: (hours > 0).then(|| Duration::from_hours(u64::from(hours))),
        })
    }
}

fn parse<T>(key: &'static str, text: Option<String>) -> Result<T, SettingsError>
where
    T: Default + std::str::FromStr<Err: std::fmt::Display>,
{
    let Some(text) = text else { return Ok(T::default()) };
    text.parse().map_err(|why: T::Err| SettingsError::Value { key, why: why.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(file: &str, retriever: Option<&str>) -> Result<IdentificationSettings, SettingsError> {
        let arguments = IdentificationArguments {
            retriever: retriever.map(str::to_owned),
            ..IdentificationArguments::default()
        };
        IdentificationSettings::resolve(arguments, toml::from_str(file).unwrap())
    }

    #[test]
    fn policies_come_from_flags_and_the_file() {
        let file = "retriever = 'secure'\nhttp-auth-strategy = 'url_key'\nnat = ['10.0.0.0/8']\nauto-create-ceiling = 5\nprovisional_hours = 0\n";
        let settings = resolve(file, Some("approve")).unwrap();
        assert_eq!((settings.retriever, settings.updater), (Retriever::Approve, Updater::Default));
        assert_eq!(settings.http_auth_strategy, HttpAuthStrategy::UrlKey);
        assert!(settings.nat.contains("10.1.2.3".parse().unwrap()));
        assert_eq!((settings.auto_creation.ceiling, settings.provisional_for), (5, None));
    }

    #[test]
    fn what_is_no_policy_is_named() {
        let error = resolve("updater = 'none'", None).unwrap_err().to_string();
        assert_eq!(error, "updater: `none`: expected default or secure");
    }
}
