//! The table `[access.oidc]`: whose tokens are believed, and what their claims mean here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use url::{Host, Url};

use super::{SettingsError, seconds, wrong};
use crate::domain::access::Permissions;

/// The keys of the table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OidcFile {
    issuer: Option<String>,
    audience: Option<Audience>,
    #[serde(alias = "permissions-claim")]
    permissions_claim: Option<String>,
    #[serde(default)]
    permissions: BTreeMap<String, Vec<String>>,
    #[serde(alias = "tenant-claim")]
    tenant_claim: Option<String>,
    #[serde(alias = "tenantless-is-master")]
    tenantless_is_master: Option<bool>,
    #[serde(alias = "ca-file")]
    ca_file: Option<PathBuf>,
    #[serde(alias = "leeway-seconds")]
    leeway_seconds: Option<u64>,
    #[serde(alias = "timeout-seconds")]
    timeout_seconds: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Settings of checking the tokens of an OpenID provider, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// The provider, as its tokens name it.
    pub issuer: String,
    /// Where it says what it offers (OpenID Connect Discovery 1.0, section 4).
    pub discovery: Url,
    /// Of these audiences a token must name one.
    pub audience: Vec<String>,
    /// The claim that says what the holder may do: `scope`, `realm_access.roles`.
    pub permissions_claim: String,
    /// What each of its values grants.
    pub permissions: BTreeMap<String, Vec<String>>,
    /// The claim with the UUID of the holder's tenant.
    pub tenant_claim: Option<String>,
    /// Whether a token without that claim belongs to the master tenant.
    pub tenantless_is_master: bool,
    /// PEM file of the certificates believed of the provider; absent: those the system trusts.
    pub ca_file: Option<PathBuf>,
    /// By how much the clocks of the two may differ.
    pub leeway: Duration,
    /// How long the provider may take to give its keys.
    pub deadline: Duration,
}

impl OidcSettings {
    pub(super) fn resolve(file: OidcFile) -> Result<OidcSettings, SettingsError> {
        let issuer = file.issuer.ok_or_else(|| {
            wrong("access.oidc.issuer", "expected the URL of the provider, as its tokens name it in `iss`")
        })?;
        let settings = OidcSettings {
            discovery: discovery(&issuer)?,
            issuer,
            audience: audience(file.audience)?,
            permissions_claim: claim(
                "access.oidc.permissions_claim",
                file.permissions_claim.unwrap_or_else(|| "scope".to_owned()),
            )?,
            permissions: permissions(file.permissions)?,
            tenant_claim: file
                .tenant_claim
                .map(|name| claim("access.oidc.tenant_claim", name))
                .transpose()?,
            tenantless_is_master: file.tenantless_is_master.unwrap_or(false),
            ca_file: file.ca_file,
            leeway: seconds("access.oidc.leeway_seconds", file.leeway_seconds, 30, 0..=300)?,
            deadline: seconds("access.oidc.timeout_seconds", file.timeout_seconds, 5, 1..=25)?,
        };
        if settings.tenant_claim.is_none() && !settings.tenantless_is_master {
            let why =
                "name the claim with the tenant, or set tenantless_is_master = true: nobody would get in";
            return Err(wrong("access.oidc.tenant_claim", why));
        }
        Ok(settings)
    }
}

/// The provider's keys decide who comes in: they are taken over TLS, or from this machine.
fn discovery(issuer: &str) -> Result<Url, SettingsError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let url = Url::parse(&url)
        .ok()
        .filter(|url| is_protected(url) && url.username().is_empty() && !issuer.contains(['?', '#']));
    url.ok_or_else(|| {
        let why = format!("`{issuer}`: expected https://HOST[:PORT][/PATH], or http:// on this machine");
        wrong("access.oidc.issuer", why)
    })
}

/// Whether what comes from there can be nobody else's.
pub fn is_protected(url: &Url) -> bool {
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_local)
}

fn audience(audience: Option<Audience>) -> Result<Vec<String>, SettingsError> {
    let audience = match audience {
        Some(Audience::One(one)) => vec![one],
        Some(Audience::Several(several)) => several,
        None => Vec::new(),
    };
    if audience.is_empty() || audience.iter().any(String::is_empty) {
        let why = "expected what the provider puts into `aud` of tokens for provd, a text or several";
        return Err(wrong("access.oidc.audience", why));
    }
    Ok(audience)
}

fn claim(key: &'static str, name: String) -> Result<String, SettingsError> {
    if name.is_empty() {
        return Err(wrong(key, "expected the name of a claim, such as realm_access.roles"));
    }
    Ok(name)
}

fn permissions(
    permissions: BTreeMap<String, Vec<String>>,
) -> Result<BTreeMap<String, Vec<String>>, SettingsError> {
    const KEY: &str = "access.oidc.permissions";
    if permissions.is_empty() {
        let why = "say what each value of permissions_claim grants, such as admin = [\"provd.#\"]";
        return Err(wrong(KEY, why));
    }
    for (value, patterns) in &permissions {
        // One that only denies makes sense beside others that grant.
        let beside_others: Vec<&str> = patterns.iter().map(String::as_str).chain(["#"]).collect();
        Permissions::parse(&beside_others).map_err(|error| wrong(KEY, format!("{value}: {error}")))?;
    }
    Ok(permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = "issuer = 'https://id.example.org/realms/phones'\naudience = 'provd'\n\
        tenant_claim = 'tenant'\npermissions.admin = ['provd.#']\n";

    fn resolve(file: &str) -> Result<OidcSettings, String> {
        OidcSettings::resolve(toml::from_str(file).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_issuer_says_where_it_is_asked() {
        let settings = resolve(COMPLETE).unwrap();
        let discovery = "https://id.example.org/realms/phones/.well-known/openid-configuration";
        assert_eq!(settings.discovery.as_str(), discovery);
        assert_eq!((settings.permissions_claim.as_str(), settings.leeway.as_secs()), ("scope", 30));
        assert_eq!(settings.audience, ["provd"]);
    }

    #[test]
    fn keys_are_not_taken_from_where_anybody_could_change_them() {
        for issuer in
            ["http://127.0.0.1:80", "http://localhost/a/", "http://[::1]", "https://id.example.org/"]
        {
            assert!(discovery(issuer).is_ok(), "{issuer}");
        }
        for issuer in
            ["http://id.example.org", "id.example.org", "https://a?b", "https://a#b", "https://u@a", ""]
        {
            assert!(discovery(issuer).is_err(), "{issuer}");
        }
    }

    #[test]
    fn what_nobody_could_come_in_by_is_named() {
        for (without, named) in [
            ("issuer", "access.oidc.issuer: expected the URL"),
            ("audience", "access.oidc.audience: expected"),
            ("tenant_claim", "tenantless_is_master"),
            ("permissions", "such as admin = [\"provd.#\"]"),
        ] {
            let lines: Vec<_> = COMPLETE.lines().filter(|line| !line.starts_with(without)).collect();
            let error = resolve(&lines.join("\n")).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
        let error = resolve(&format!("{COMPLETE}permissions.reader = ['provd..read']")).unwrap_err();
        assert!(error.contains("reader: `provd..read`"), "{error}");
        assert!(resolve(&format!("{COMPLETE}permissions.no-tokens = ['!provd.tokens.#']")).is_ok());
    }
}
