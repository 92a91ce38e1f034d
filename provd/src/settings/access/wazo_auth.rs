//! The table `[access.wazo_auth]`: where the wazo-auth service is, and who provd is to it.
//!
//! Secrets are read from files when the server starts, except a token, which somebody else renews: its file is read again
//! and again.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{SettingsError, seconds, wrong};

/// The keys of the table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WazoAuthFile {
    host: Option<String>,
    port: Option<u16>,
    prefix: Option<String>,
    https: Option<bool>,
    #[serde(alias = "ca-file")]
    ca_file: Option<PathBuf>,
    username: Option<String>,
    #[serde(alias = "password-file")]
    password_file: Option<PathBuf>,
    #[serde(alias = "key-file")]
    key_file: Option<PathBuf>,
    #[serde(alias = "token-file")]
    token_file: Option<PathBuf>,
    #[serde(alias = "timeout-seconds")]
    timeout_seconds: Option<u64>,
    #[serde(alias = "cache-seconds")]
    cache_seconds: Option<u64>,
}

/// Settings of checking tokens by wazo-auth, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WazoAuthSettings {
    /// Its REST interface 0.1: `http://localhost:9497/0.1/`, with a trailing slash.
    pub base: Url,
    /// PEM file of the certificates believed of it; absent: those the system trusts.
    pub ca_file: Option<PathBuf>,
    /// Who provd is to it.
    pub service: Service,
    /// How long a check may take.
    pub deadline: Duration,
    /// How long a token that was found good is believed without asking again, at most a minute.
    pub cache_for: Duration,
}

/// Who provd is to wazo-auth. SECRET: the password is not shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Service {
    /// A service that logs in.
    Login {
        /// Its name.
        username: String,
        /// Its password.
        password: String,
    },
    /// Whoever the token in this file belongs to. Somebody else renews it.
    TokenFile(PathBuf),
}

impl WazoAuthSettings {
    pub(super) fn resolve(file: WazoAuthFile) -> Result<WazoAuthSettings, SettingsError> {
        Ok(WazoAuthSettings {
            base: base(&file)?,
            service: service(&file)?,
            ca_file: file.ca_file,
            deadline: seconds("access.wazo_auth.timeout_seconds", file.timeout_seconds, 5, 1..=25)?,
            cache_for: seconds("access.wazo_auth.cache_seconds", file.cache_seconds, 10, 0..=60)?,
        })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Service::Login { username, .. } => {
                formatter.debug_struct("Login").field("username", username).finish_non_exhaustive()
            }
            Service::TokenFile(path) => formatter.debug_tuple("TokenFile").field(path).finish(),
        }
    }
}

fn base(file: &WazoAuthFile) -> Result<Url, SettingsError> {
    let scheme = if file.https.unwrap_or(false) { "https" } else { "http" };
    let host = file.host.as_deref().unwrap_or("localhost");
    let bracketed =
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.into() };
    let port = file.port.unwrap_or(9497);
    let url = Url::parse(&format!("{scheme}://{bracketed}:{port}")).ok();
    let is_host = |url: &Url| url.path() == "/" && url.username().is_empty() && url.query().is_none();
    let mut url = url
        .filter(is_host)
        .ok_or_else(|| wrong("access.wazo_auth.host", format!("`{host}`: expected the name of a host")))?;
    let prefix = file.prefix.as_deref().unwrap_or_default().trim_matches('/');
    url.set_path(&if prefix.is_empty() { "0.1/".to_owned() } else { format!("{prefix}/0.1/") });
    Ok(url)
}

/// Exactly one of the three ways to say it.
fn service(file: &WazoAuthFile) -> Result<Service, SettingsError> {
    match (&file.username, &file.password_file, &file.key_file, &file.token_file) {
        (Some(username), Some(path), None, None) => {
            Ok(Service::Login { username: username.clone(), password: password(path)? })
        }
        (None, None, Some(path), None) => key(path),
        (None, None, None, Some(path)) => Ok(Service::TokenFile(path.clone())),
        _ => Err(wrong(
            "access.wazo_auth",
            "say who provd is to wazo-auth, in one way: by username and password_file, by key_file, or by \
             token_file",
        )),
    }
}

fn password(path: &Path) -> Result<String, SettingsError> {
    let text = read("access.wazo_auth.password_file", path)?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() || password.contains(char::is_control) {
        let why = format!("{} must hold the password, on one line", path.display());
        return Err(wrong("access.wazo_auth.password_file", why));
    }
    Ok(password.to_owned())
}

/// The file that wazo-auth's installation writes for each service, in YAML.
fn key(path: &Path) -> Result<Service, SettingsError> {
    #[derive(Deserialize)]
    struct Key {
        service_id: String,
        service_key: String,
    }
    let text = read("access.wazo_auth.key_file", path)?;
    // The error's own words may quote what is in the file.
    let Key { service_id, service_key } = serde_saphyr::from_str(&text).map_err(|_| {
        let why = format!("{} must hold the lines `service_id: …` and `service_key: …`", path.display());
        wrong("access.wazo_auth.key_file", why)
    })?;
    Ok(Service::Login { username: service_id, password: service_key })
}

fn read(key: &'static str, path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path)
        .map_err(|cause| wrong(key, format!("{} cannot be read: {cause}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(file: &str) -> Result<WazoAuthSettings, String> {
        WazoAuthSettings::resolve(toml::from_str(file).unwrap()).map_err(|error| error.to_string())
    }

    fn with_file(content: &str, settings: impl Fn(&str) -> String) -> Result<WazoAuthSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        resolve(&settings(path.to_str().unwrap()))
    }

    #[test]
    fn a_key_file_of_wazo_is_understood_and_its_key_not_shown() {
        for content in [
            "service_id: provd\nservice_key: sesame\n",
            "# For provd\nservice_key: 'sesame'\nservice_id: \"provd\"\nmore: 1",
        ] {
            let settings = with_file(content, |path| format!("key_file = '{path}'")).unwrap();
            assert!(!format!("{settings:?}").contains("sesame"));
            let login = Service::Login { username: "provd".to_owned(), password: "sesame".to_owned() };
            assert_eq!(settings.service, login);
            assert_eq!(settings.base.as_str(), "http://localhost:9497/0.1/");
        }
        let error = with_file("service_id: provd", |path| format!("key_file = '{path}'")).unwrap_err();
        assert!(error.contains("service_key: …"), "{error}");
    }

    #[test]
    fn a_host_may_be_an_address_behind_a_prefix() {
        let base =
            |more: &str| resolve(&format!("token_file = 'token'\n{more}")).map(|it| it.base.to_string());
        assert_eq!(base("host = '::1'\nprefix = '/api/auth/'").unwrap(), "http://[::1]:9497/api/auth/0.1/");
        assert_eq!(base("host = 'pbx'\nhttps = true\nport = 443").unwrap(), "https://pbx/0.1/");
        for host in ["", "a/b", "user@pbx", "a b", "pbx?x"] {
            assert!(base(&format!("host = '{host}'")).unwrap_err().contains("name of a host"), "{host}");
        }
    }

    #[test]
    fn who_provd_is_must_be_said_in_one_way() {
        for file in ["", "username = 'provd'", "token_file = 'a'\nkey_file = 'b'"] {
            assert!(resolve(file).unwrap_err().contains("in one way"), "{file}");
        }
        let named = |path: &str| format!("username = 'provd'\npassword_file = '{path}'");
        assert!(with_file("sesame\n", named).is_ok());
        assert!(with_file("two\nlines", named).unwrap_err().contains("on one line"));
    }

    #[test]
    fn what_was_found_good_is_believed_for_a_minute_at_most() {
        let error = resolve("token_file = 'a'\ncache_seconds = 61").unwrap_err();
        assert_eq!(error, "access.wazo_auth.cache_seconds: 61: expected 0 to 60");
    }
}
