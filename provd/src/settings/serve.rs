//! Settings of `provd serve`: what the command line and the environment say, over what the configuration file says.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::access::{AccessArguments, AccessSettings};
use super::file::{File, SettingsError};
use super::identification::{IdentificationArguments, IdentificationSettings};
use super::packages::{PackageArguments, PackageSettings};
use super::sandbox::{self, SandboxArguments};
use super::synchronization::{SynchronizationArguments, SynchronizationSettings};
use crate::domain::sandbox::SandboxPolicy;

/// Flags of `provd serve`. Each is also an environment variable and a key of the configuration file.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArguments {
    /// Folder for the database, plugins, overrides and the administrator's token [default: ./provd-data]
    #[arg(long, env = "PROVD_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address on which phones ask over HTTP; port 0 takes a free one [default: 0.0.0.0:8667]
    #[arg(long, env = "PROVD_HTTP", value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// Address on which phones ask over TFTP [default: 0.0.0.0:69, or port 6969 where that is not permitted]
    #[arg(long, env = "PROVD_TFTP", value_name = "ADDR")]
    pub tftp: Option<SocketAddr>,
    /// Address of the REST API [default: 127.0.0.1:8666]
    #[arg(long, env = "PROVD_API", value_name = "ADDR")]
    pub api: Option<SocketAddr>,
    /// Folder of plugin families to install from [default: those inside this program]
    #[arg(long, env = "PROVD_PLUGINS", value_name = "DIR")]
    pub plugins: Option<PathBuf>,
    /// Python interpreter for plugins that are written in Python, with gRPC, and for those of wazo-provd with Jinja2 and Twisted
    /// [default: /usr/bin/python3, or python3 in PATH]
    #[arg(long, env = "PROVD_PYTHON", value_name = "PROGRAM")]
    pub python: Option<PathBuf>,
    /// What plugins of wazo-provd have to themselves: `plugin`, a process each; or `family`, one for all variants of a family,
    /// which takes less memory and fails as one [default: plugin]
    #[arg(long, env = "PROVD_ISOLATION", value_name = "WHICH")]
    pub isolation: Option<Isolation>,
    /// How many proxies stand before the HTTP listener; that many X-Forwarded-For entries are believed [default: 0]
    #[arg(long, env = "PROVD_TRUSTED_PROXIES", value_name = "N")]
    pub trusted_proxies: Option<usize>,
    /// URL under which phones reach this server [default: the address of this machine and the HTTP port]
    #[arg(long, env = "PROVD_ADVERTISED_URL", value_name = "URL")]
    pub advertised_url: Option<String>,
    /// Learn MAC addresses, addresses and vendor classes from what DHCP clients broadcast: `true`, `false`, or network
    /// interfaces such as `eth1,eth2`; needs the capability `CAP_NET_RAW` [default: false]
    #[arg(long, env = "PROVD_DHCP_LISTEN", value_name = "INTERFACE", num_args = 0..=1, default_missing_value = "true")]
    pub dhcp_listen: Option<String>,
    /// Days for which it is kept who changed what [default: 365]
    #[arg(long, env = "PROVD_AUDIT_DAYS", value_name = "DAYS")]
    pub audit_days: Option<u32>,
    /// Identification.
    #[command(flatten)]
    pub identification: IdentificationArguments,
    /// Synchronisation.
    #[command(flatten)]
    pub synchronization: SynchronizationArguments,
    /// Access.
    #[command(flatten)]
    pub access: AccessArguments,
    /// Packages.
    #[command(flatten)]
    pub packages: PackageArguments,
    /// Walls around plugins.
    #[command(flatten)]
    pub sandbox: SandboxArguments,
    /// Configuration file (TOML) with the flags above as keys, `data_dir = "/var/lib/provd"`; those from --retriever to
    /// --provisional-hours in the table `[identification]`, those after them in `[synchronization]`, the first as `way`,
    /// those from --verifier on in `[access]`, those from --trusted-keys on in `[packages]`, and those from --sandbox on in
    /// `[sandbox]`, the first as `mode`, the others without `sandbox_`
    #[arg(long, env = "PROVD_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Settings of a server, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Folder for everything that is kept.
    pub data_dir: PathBuf,
    /// HTTP listener.
    pub http: SocketAddr,
    /// TFTP listener; absent: port 69, or 6969 where that is not permitted.
    pub tftp: Option<SocketAddr>,
    /// REST API.
    pub api: SocketAddr,
    /// Families to install; absent: those inside the program.
    pub plugins: Option<PathBuf>,
    /// Python interpreter; absent: that of the system.
    pub python: Option<PathBuf>,
    /// What plugins of wazo-provd have to themselves.
    pub isolation: Isolation,
    /// Proxies before the HTTP listener.
    pub trusted_proxies: usize,
    /// URL under which phones reach the server, without a trailing slash; absent: found out.
    pub advertised_url: Option<String>,
    /// Where DHCP clients are listened to.
    pub dhcp_listen: DhcpListen,
    /// How long audit entries are kept.
    pub audit_for: Duration,
    /// Who becomes a device.
    pub identification: IdentificationSettings,
    /// How phones are told to fetch their files again.
    pub synchronization: SynchronizationSettings,
    /// Who checks tokens.
    pub access: AccessSettings,
    /// Whose packages of plugins are installed.
    pub packages: PackageSettings,
    /// What plugins are kept from.
    pub sandbox: SandboxPolicy,
}

/// Who has a process to itself, of the plugins whose host can hold several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Each plugin.
    #[default]
    Plugin,
    /// Each family.
    Family,
}

/// Where DHCP clients are listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DhcpListen {
    /// Nowhere.
    Nowhere,
    /// On all network interfaces.
    Everywhere,
    /// On one.
    Interface(String),
}

impl DhcpListen {
    fn on(text: String) -> DhcpListen {
        match text.as_str() {
            "false" => DhcpListen::Nowhere,
            "true" => DhcpListen::Everywhere,
            _ => DhcpListen::Interface(text),
        }
    }
}

impl Settings {
    /// Completes what the command line and the environment say by the configuration file and the defaults.
    pub fn resolve(arguments: ServeArguments) -> Result<Settings, SettingsError> {
        let file = arguments.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let advertised_url = arguments.advertised_url.or(file.advertised_url);
        Ok(Settings {
            data_dir: arguments.data_dir.or(file.data_dir).unwrap_or_else(|| PathBuf::from("provd-data")),
            http: arguments.http.or(file.http).unwrap_or(SocketAddr::new(any, 8667)),
            tftp: arguments.tftp.or(file.tftp),
            api: arguments.api.or(file.api).unwrap_or(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 8666)),
            plugins: arguments.plugins.or(file.plugins),
            python: arguments.python.or(file.python),
            isolation: arguments.isolation.or(file.isolation).unwrap_or_default(),
            trusted_proxies: arguments.trusted_proxies.or(file.trusted_proxies).unwrap_or(0),
            advertised_url: advertised_url.map(|url| check_url(&url)).transpose()?,
            dhcp_listen: arguments
                .dhcp_listen
                .or(file.dhcp_listen)
                .map_or(DhcpListen::Nowhere, DhcpListen::on),
            audit_for: Duration::from_hours(
                24 * u64::from(arguments.audit_days.or(file.audit_days).unwrap_or(365)),
            ),
            identification: IdentificationSettings::resolve(arguments.identification, file.identification)?,
            synchronization: SynchronizationSettings::resolve(
                arguments.synchronization,
                file.synchronization,
            )?,
            access: AccessSettings::resolve(arguments.access, file.access)?,
            packages: PackageSettings::resolve(arguments.packages, file.packages)?,
            sandbox: sandbox::resolve(arguments.sandbox, file.sandbox)?,
        })
    }
}

/// Phones append a path to it: scheme and host are needed, a trailing slash is not.
fn check_url(url: &str) -> Result<String, SettingsError> {
    let parsed: Option<http::Uri> = url.parse().ok();
    let sound = parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none()
    });
    if sound {
        Ok(url.trim_end_matches('/').to_owned())
    } else {
        Err(SettingsError::AdvertisedUrl(url.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("provd.toml");
        std::fs::write(&config, "http = '127.0.0.1:1'\napi = '127.0.0.1:2'\n[identification]\nnat = true\n")
            .unwrap();
        let arguments = ServeArguments {
            config: Some(config),
            http: Some("127.0.0.1:9".parse().unwrap()),
            ..ServeArguments::default()
        };
        let settings = Settings::resolve(arguments).unwrap();
        assert_eq!((settings.http.port(), settings.api.port()), (9, 2));
        assert!(settings.identification.nat.contains("192.0.2.1".parse().unwrap()));
        assert_eq!((settings.tftp, settings.data_dir.to_str()), (None, Some("provd-data")));
    }

    #[test]
    fn an_advertised_url_must_be_one() {
        assert_eq!(check_url("http://pbx.example.org:8667/").unwrap(), "http://pbx.example.org:8667");
        assert_eq!(check_url("https://pbx/provisioning/key").unwrap(), "https://pbx/provisioning/key");
        for url in ["pbx", "ftp://pbx", "http://", "http://pbx/?a"] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }
}
