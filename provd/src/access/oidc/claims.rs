//! What the claims of a token mean here: who its holder is, in which tenant, and what he may do.

use serde_json::Value;
use uuid::Uuid;

use super::super::Refusal;
use crate::domain::access::{Permissions, Principal};
use crate::settings::access::OidcSettings;

/// Claims that say who the holder is, the best first: users have a name, programs an id.
const NAMES: [&str; 4] = ["preferred_username", "client_id", "azp", "sub"];
/// Most characters of such a name that are kept.
const LONGEST_NAME: usize = 128;
/// How such a name ends: people choose theirs, and the audit must not take one for the administrator or another token.
const OF_PROVIDER: &str = " (OpenID)";

/// The claims of a token that was found genuine.
pub(super) struct Claims<'a> {
    document: Value,
    settings: &'a OidcSettings,
}

impl Claims<'_> {
    pub(super) fn new(document: Value, settings: &OidcSettings) -> Claims<'_> {
        Claims { document, settings }
    }

    /// The holder.
    pub(super) fn principal(&self) -> Result<Principal, Refusal> {
        Ok(Principal { name: self.name(), tenant: self.tenant()?, permissions: self.permissions() })
    }

    fn name(&self) -> String {
        let name = NAMES.iter().find_map(|claim| self.document.get(claim)?.as_str());
        let name = name.unwrap_or("somebody").chars().filter(|character| !character.is_control());
        name.take(LONGEST_NAME).chain(OF_PROVIDER.chars()).collect()
    }

    /// A claim that is there must be understood: whose devices it is about is not guessed.
    fn tenant(&self) -> Result<Uuid, Refusal> {
        let claim = self.settings.tenant_claim.as_ref();
        match claim.and_then(|claim| find(&self.document, claim)) {
            None if self.settings.tenantless_is_master => Ok(super::MASTER_TENANT),
            found => {
                let uuid = found.and_then(Value::as_str).and_then(|text| Uuid::try_parse(text).ok());
                uuid.ok_or_else(|| Refusal::NotGranted("anything: its tenant is no UUID".to_owned()))
            }
        }
    }

    fn permissions(&self) -> Permissions {
        let patterns: Vec<&String> =
            self.values().filter_map(|value| self.settings.permissions.get(value)).flatten().collect();
        // Only such as grant nothing, or too many of them, are none.
        Permissions::parse(&patterns).unwrap_or_default()
    }

    /// A list, or words in one text as of `scope` (RFC 8693, section 4.2).
    fn values(&self) -> impl Iterator<Item = &str> {
        let found = find(&self.document, &self.settings.permissions_claim);
        let listed = found.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        listed.chain(found.and_then(Value::as_str).unwrap_or_default().split_ascii_whitespace())
    }
}

/// What a claim holds: one of just this name, or by the path `realm_access.roles`. Names may contain dots themselves.
fn find<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let document = document.as_object()?;
    let below = |(dot, _)| find(document.get(&path[..dot])?, &path[dot + 1..]);
    document.get(path).or_else(|| path.match_indices('.').find_map(below))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TENANT: &str = "5a7e0f5c-6b1d-4e8f-9d1e-000000000001";

    fn settings() -> OidcSettings {
        OidcSettings {
            issuer: "https://id.example.org".to_owned(),
            discovery: "https://id.example.org/".parse().unwrap(),
            audience: vec!["provd".to_owned()],
            permissions_claim: "realm_access.roles".to_owned(),
            permissions: [
                ("admin".to_owned(), vec!["provd.#".to_owned()]),
                ("reader".to_owned(), vec!["provd.#.read".to_owned()]),
                ("no-tokens".to_owned(), vec!["!provd.tokens.#".to_owned()]),
            ]
            .into(),
            tenant_claim: Some("tenant".to_owned()),
            tenantless_is_master: false,
            ca_file: None,
            leeway: std::time::Duration::ZERO,
            deadline: std::time::Duration::ZERO,
        }
    }

    fn permissions(settings: &OidcSettings, document: Value) -> Permissions {
        Claims::new(document, settings).permissions()
    }

    #[test]
    fn a_claim_is_found_by_its_name_or_its_path() {
        let document = json!({
            "https://id.example.org/roles": 1,
            "resource_access": {"my.client": {"roles": 2}},
            "a": {"b": {"c": 3}}, "a.b": {"d": 4},
        });
        for (path, found) in [
            ("https://id.example.org/roles", Some(1)),
            ("resource_access.my.client.roles", Some(2)),
            ("a.b.c", Some(3)),
            ("a.b.d", Some(4)),
            ("a.c", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(find(&document, path).and_then(Value::as_i64), found, "{path}");
        }
    }

    #[test]
    fn values_grant_what_the_settings_say_and_others_nothing() {
        let settings = settings();
        let of = |roles: Value| permissions(&settings, json!({"realm_access": {"roles": roles}}));
        assert!(of(json!(["reader", "other"])).grant("provd.dev_mgr.devices.read"));
        assert!(!of(json!(["reader"])).grant("provd.dev_mgr.devices.create"));
        assert!(!of(json!(["admin", "no-tokens"])).grant("provd.tokens.create"));
        for nothing in
            [json!(["no-tokens"]), json!(["provd.#"]), json!([]), json!(null), json!({"admin": true})]
        {
            assert_eq!(of(nothing), Permissions::default());
        }
    }

    #[test]
    fn scopes_are_words_of_one_text() {
        let settings = OidcSettings { permissions_claim: "scope".to_owned(), ..settings() };
        let granted = permissions(&settings, json!({"scope": "openid reader"}));
        assert!(granted.grant("provd.tenants.read") && !granted.grant("provd.tenants.delete"));
    }

    #[test]
    fn a_tenant_is_not_guessed() {
        let strict = settings();
        let lax = OidcSettings { tenantless_is_master: true, ..settings() };
        let tenant = |settings: &OidcSettings, document| Claims::new(document, settings).tenant();
        assert_eq!(tenant(&strict, json!({"tenant": TENANT})).unwrap().to_string(), TENANT);
        assert!(tenant(&strict, json!({})).is_err());
        assert_eq!(tenant(&lax, json!({})), Ok(Uuid::nil()));
        for wrong in [json!("acme"), json!(null), json!([TENANT])] {
            assert!(tenant(&lax, json!({"tenant": wrong})).is_err());
        }
    }

    #[test]
    fn the_holder_has_the_best_name_without_control_characters() {
        let settings = settings();
        let name = |document| Claims::new(document, &settings).name();
        assert_eq!(name(json!({"sub": "1", "preferred_username": "alice\n"})), "alice (OpenID)");
        assert_eq!(name(json!({"sub": "1"})), "1 (OpenID)");
        assert_eq!(name(json!({"sub": "admin"})), "admin (OpenID)");
        assert_eq!(name(json!({"sub": "a".repeat(1000)})).len(), LONGEST_NAME + OF_PROVIDER.len());
    }
}
