//! Settings of how phones are told to fetch their files again.
//!
//! The secret of an Asterisk manager is read from a file: it is neither on a command line nor shown.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use thiserror::Error;

/// Flags of `provd serve` about telling phones. Each is also an environment variable and a key of the table
/// `[synchronization]` of the configuration file, where `--synchronization` is `way`.
#[derive(Debug, Clone, Default, Args)]
pub struct SynchronizationArguments {
    /// How phones are told to fetch their files again: by a SIP NOTIFY of provd itself, by one of Asterisk, or not at
    /// all. Phones whose plugin calls their web server are called in any case [default: sip]
    #[arg(long, env = "PROVD_SYNCHRONIZATION", value_name = "WAY")]
    pub synchronization: Option<Way>,
    /// Transport of the SIP NOTIFY [default: udp]
    #[arg(long, env = "PROVD_SIP_TRANSPORT", value_name = "TRANSPORT")]
    pub sip_transport: Option<SipTransport>,
    /// Port on which phones listen for SIP [default: 5060, with tls 5061]
    #[arg(long, env = "PROVD_SIP_PORT", value_name = "PORT")]
    pub sip_port: Option<u16>,
    /// Who the SIP NOTIFY says it is from, HOST or USER@HOST. Phones that only listen to their registrar want its name
    /// here [default: provd at its own address]
    #[arg(long, env = "PROVD_SIP_FROM", value_name = "HOST")]
    pub sip_from: Option<String>,
    /// Verify the certificates of phones, of their SIP over TLS and of their web server, against those the system
    /// trusts. Most phones have one that they signed themselves and would not be told any more [default: false]
    #[arg(long, env = "PROVD_SIP_VERIFY_CERTIFICATES", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub sip_verify_certificates: Option<bool>,
    /// Where the manager interface (AMI) of Asterisk is, for `--synchronization ami` [default: 127.0.0.1:5038]
    #[arg(long, env = "PROVD_AMI", value_name = "HOST:PORT")]
    pub ami: Option<String>,
    /// User of manager.conf to log in as; `write = system` is enough for it
    #[arg(long, env = "PROVD_AMI_USERNAME", value_name = "NAME")]
    pub ami_username: Option<String>,
    /// File with the secret of that user, on one line
    #[arg(long, env = "PROVD_AMI_SECRET_FILE", value_name = "FILE")]
    pub ami_secret_file: Option<PathBuf>,
    /// Speak TLS with the manager interface. Its certificate must be one the system trusts; `SSL_CERT_FILE` names another
    /// file of trusted ones [default: false]
    #[arg(long, env = "PROVD_AMI_TLS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub ami_tls: Option<bool>,
}

/// The table `[synchronization]` of the configuration file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SynchronizationFile {
    /// `sip`, `ami` or `none`.
    #[serde(rename = "way")]
    pub synchronization: Option<Way>,
    /// `udp`, `tcp` or `tls`.
    #[serde(alias = "sip-transport")]
    pub sip_transport: Option<SipTransport>,
    /// Port of the phones.
    #[serde(alias = "sip-port")]
    pub sip_port: Option<u16>,
    /// HOST or USER@HOST.
    #[serde(alias = "sip-from")]
    pub sip_from: Option<String>,
    /// Whether certificates of phones are verified.
    #[serde(alias = "sip-verify-certificates")]
    pub sip_verify_certificates: Option<bool>,
    /// HOST:PORT.
    pub ami: Option<String>,
    /// User of manager.conf.
    #[serde(alias = "ami-username")]
    pub ami_username: Option<String>,
    /// File with its secret.
    #[serde(alias = "ami-secret-file")]
    pub ami_secret_file: Option<PathBuf>,
    /// Whether TLS is spoken with Asterisk.
    #[serde(alias = "ami-tls")]
    pub ami_tls: Option<bool>,
}

/// How a SIP NOTIFY reaches a phone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// provd sends it.
    #[default]
    Sip,
    /// Asterisk sends it.
    Ami,
    /// Not at all.
    None,
}

/// What SIP is spoken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SipTransport {
    /// Datagrams, sent again until they are answered.
    #[default]
    Udp,
    /// A connection.
    Tcp,
    /// A connection with TLS.
    Tls,
}

/// Settings of telling phones, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SynchronizationSettings {
    /// How a SIP NOTIFY reaches phones.
    pub notify: NotifySettings,
    /// Whether certificates of phones are verified.
    pub verify_certificates: bool,
    /// How long a connection to a phone, a call of its web server, or a conversation with Asterisk may take.
    pub deadline: Duration,
}

/// How a SIP NOTIFY reaches phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifySettings {
    /// Sent by provd.
    Sip(SipSettings),
    /// Sent by Asterisk.
    Ami(AmiSettings),
    /// Not at all.
    None,
}

/// Settings of SIP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipSettings {
    /// What it is spoken over.
    pub transport: SipTransport,
    /// Port of the phones.
    pub port: u16,
    /// `host` or `user@host` of From and Contact; absent: provd at its own address.
    pub from: Option<String>,
    /// How often a NOTIFY is sent, and for how long.
    pub timers: SipTimers,
}

/// Timers of a transaction (RFC 3261, table 4). The defaults are those of the RFC; no flag changes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SipTimers {
    /// T1, the estimated round trip: a datagram is first sent again after it.
    pub t1: Duration,
    /// T2: the longest time between two datagrams.
    pub t2: Duration,
    /// Timer F: how long an answer is waited for.
    pub f: Duration,
}

/// Settings of the manager interface of Asterisk. SECRET: the secret is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AmiSettings {
    /// `HOST:PORT`
    pub address: String,
    /// User of manager.conf.
    pub username: String,
    /// Its secret.
    pub secret: String,
    /// Whether TLS is spoken.
    pub tls: bool,
}

/// Settings that cannot be used.
#[derive(Debug, Error)]
pub enum SynchronizationSettingsError {
    /// Asterisk lets nobody in without a name.
    #[error("synchronization by Asterisk needs a user of its manager.conf: set {0}")]
    Missing(&'static str),
    /// The secret cannot be read.
    #[error("the secret of the Asterisk manager cannot be read from {path}: {cause}")]
    Secret {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The secret would be other lines of the protocol.
    #[error("{0} must hold the secret of the Asterisk manager, on one line")]
    SecretForm(PathBuf),
    /// Not an address.
    #[error("the address `{0}` of the Asterisk manager is none: expected HOST:PORT")]
    Address(String),
    /// Not somebody.
    #[error("sip_from `{0}` is nobody: expected HOST or USER@HOST")]
    From(String),
    /// A name with control characters.
    #[error("ami_username is no name of a user")]
    Username,
}

impl SynchronizationSettings {
    /// Completes what the command line and the environment say by the configuration file and the defaults.
    pub fn resolve(
        arguments: SynchronizationArguments,
        file: SynchronizationFile,
    ) -> Result<SynchronizationSettings, SynchronizationSettingsError> {
        let notify = match arguments.synchronization.or(file.synchronization).unwrap_or_default() {
            Way::None => NotifySettings::None,
            Way::Sip => {
                let transport = arguments.sip_transport.or(file.sip_transport).unwrap_or_default();
                NotifySettings::Sip(SipSettings {
                    transport,
                    port: arguments.sip_port.or(file.sip_port).unwrap_or(transport.default_port()),
                    from: arguments.sip_from.or(file.sip_from).map(check_from).transpose()?,
                    timers: SipTimers::default(),
                })
            }
            Way::Ami => {
                let address = arguments.ami.or(file.ami).unwrap_or_else(|| "127.0.0.1:5038".to_owned());
                let username = arguments.ami_username.or(file.ami_username);
                let secret = arguments.ami_secret_file.or(file.ami_secret_file);
                NotifySettings::Ami(AmiSettings {
                    address: check_address(address)?,
                    username: check_username(username)?,
                    secret: read_secret(
                        &secret.ok_or(SynchronizationSettingsError::Missing("ami_secret_file"))?,
                    )?,
                    tls: arguments.ami_tls.or(file.ami_tls).unwrap_or(false),
                })
            }
        };
        let verify = arguments.sip_verify_certificates.or(file.sip_verify_certificates);
        Ok(SynchronizationSettings {
            notify,
            verify_certificates: verify.unwrap_or(false),
            ..SynchronizationSettings::default()
        })
    }
}

impl SipTransport {
    /// Where a phone listens if nobody said otherwise (RFC 3261, section 19.1.2).
    pub fn default_port(self) -> u16 {
        match self {
            SipTransport::Udp | SipTransport::Tcp => 5060,
            SipTransport::Tls => 5061,
        }
    }
}

impl Default for SynchronizationSettings {
    fn default() -> SynchronizationSettings {
        SynchronizationSettings {
            notify: NotifySettings::Sip(SipSettings::default()),
            verify_certificates: false,
            deadline: Duration::from_secs(10),
        }
    }
}

impl Default for SipSettings {
    fn default() -> SipSettings {
        let transport = SipTransport::default();
        SipSettings { transport, port: transport.default_port(), from: None, timers: SipTimers::default() }
    }
}

impl Default for SipTimers {
    fn default() -> SipTimers {
        let t1 = Duration::from_millis(500);
        SipTimers { t1, t2: Duration::from_secs(4), f: 64 * t1 }
    }
}

impl fmt::Debug for AmiSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AmiSettings")
            .field("address", &self.address)
            .field("username", &self.username)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// It becomes part of a URI in angle brackets.
fn check_from(from: String) -> Result<String, SynchronizationSettingsError> {
    let (user, host) = from.rsplit_once('@').unwrap_or(("provd", &from));
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-._~[]:+%".contains(character);
    if user.is_empty() || host.is_empty() || !from.chars().all(|c| is_plain(c) || c == '@') {
        return Err(SynchronizationSettingsError::From(from));
    }
    Ok(format!("{user}@{host}"))
}

fn check_address(address: String) -> Result<String, SynchronizationSettingsError> {
    match address.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(address),
        _ => Err(SynchronizationSettingsError::Address(address)),
    }
}

fn check_username(username: Option<String>) -> Result<String, SynchronizationSettingsError> {
    let username = username.ok_or(SynchronizationSettingsError::Missing("ami_username"))?;
    if username.is_empty() || username.contains(char::is_control) {
        return Err(SynchronizationSettingsError::Username);
    }
    Ok(username)
}

fn read_secret(path: &Path) -> Result<String, SynchronizationSettingsError> {
    let secret = std::fs::read_to_string(path)
        .map_err(|cause| SynchronizationSettingsError::Secret { path: path.to_owned(), cause })?;
    let secret = secret.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.contains(char::is_control) {
        return Err(SynchronizationSettingsError::SecretForm(path.to_owned()));
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ami(folder: &tempfile::TempDir, secret: &str) -> SynchronizationArguments {
        let path = folder.path().join("secret");
        std::fs::write(&path, secret).unwrap();
        SynchronizationArguments {
            synchronization: Some(Way::Ami),
            ami_username: Some("provd".to_owned()),
            ami_secret_file: Some(path),
            ..SynchronizationArguments::default()
        }
    }

    fn resolve(arguments: SynchronizationArguments) -> Result<SynchronizationSettings, String> {
        SynchronizationSettings::resolve(arguments, SynchronizationFile::default())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_any_word_phones_are_told_by_sip_over_udp() {
        assert_eq!(resolve(SynchronizationArguments::default()), Ok(SynchronizationSettings::default()));
        let timers = SipTimers::default();
        assert_eq!((timers.t1.as_millis(), timers.t2.as_secs(), timers.f.as_secs()), (500, 4, 32));
    }

    #[test]
    fn flags_win_over_the_file_and_tls_has_its_own_port() {
        let file = "sip_transport = 'tls'\nsip-from = 'pbx.example.org'\nway = 'none'";
        let file: SynchronizationFile = toml::from_str(file).unwrap();
        let arguments = SynchronizationArguments {
            synchronization: Some(Way::Sip),
            ..SynchronizationArguments::default()
        };
        let settings = SynchronizationSettings::resolve(arguments, file).unwrap();
        let NotifySettings::Sip(sip) = settings.notify else { panic!("not SIP") };
        assert_eq!((sip.transport, sip.port), (SipTransport::Tls, 5061));
        assert_eq!(sip.from.as_deref(), Some("provd@pbx.example.org"));
    }

    #[test]
    fn the_secret_of_asterisk_is_read_and_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let settings = resolve(ami(&folder, "sesame\n")).unwrap();
        assert!(!format!("{settings:?}").contains("sesame"));
        let NotifySettings::Ami(settings) = settings.notify else { panic!("not Asterisk") };
        assert_eq!((settings.secret.as_str(), settings.address.as_str()), ("sesame", "127.0.0.1:5038"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let complete = || ami(&folder, "sesame");
        let fails = |change: fn(&mut SynchronizationArguments)| {
            let mut arguments = complete();
            change(&mut arguments);
            resolve(arguments).unwrap_err()
        };
        assert!(fails(|arguments| arguments.ami_username = None).contains("set ami_username"));
        assert!(fails(|arguments| arguments.ami_secret_file = None).contains("set ami_secret_file"));
        assert!(fails(|arguments| arguments.ami_secret_file = Some("/none".into())).contains("/none"));
        assert!(fails(|arguments| arguments.ami = Some("asterisk".to_owned())).contains("HOST:PORT"));
        assert!(resolve(ami(&folder, "two\nlines")).unwrap_err().contains("on one line"));
        for from in ["", "@", "a b", "a>\r\nVia: b", "@host"] {
            assert!(check_from(from.to_owned()).is_err(), "{from:?}");
        }
    }
}
