//! The documents of wazo-auth's REST interface 0.1, as far as they are needed. SECRET: tokens.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::super::Refusal;
use crate::domain::access::{Permissions, Principal};

/// An envelope.
#[derive(Deserialize)]
pub(super) struct Data<T> {
    pub(super) data: T,
}

/// A token, and all that is known of it.
#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) token: String,
    auth_id: Option<String>,
    /// Without a zone.
    utc_expires_at: Option<String>,
    #[serde(default)]
    acl: Vec<String>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    tenant_uuid: Option<String>,
}

/// Tenants.
#[derive(Deserialize)]
pub(super) struct TenantList {
    items: Vec<Tenant>,
}

#[derive(Deserialize)]
struct Tenant {
    uuid: String,
}

impl TenantList {
    /// Their UUIDs.
    pub(super) fn uuids(&self) -> impl Iterator<Item = Uuid> {
        self.items.iter().filter_map(|tenant| Uuid::try_parse(&tenant.uuid).ok())
    }
}

impl Token {
    /// The tenant of its holder.
    pub(super) fn tenant(&self) -> Option<Uuid> {
        self.metadata.tenant_uuid.as_deref().and_then(|text| Uuid::try_parse(text).ok())
    }

    /// Who holds it, and how long still.
    pub(super) fn into_principal(self) -> Result<(Principal, Duration), Refusal> {
        let tenant = self.tenant();
        let tenant = tenant.ok_or_else(|| Refusal::NotGranted("anything: it has no tenant".to_owned()))?;
        let expires_in = self.expires_in();
        // More patterns than fit, or ones that are understood there only, let him grant others nothing.
        let permissions = Permissions::parse(&self.acl).unwrap_or_default();
        let name = self.auth_id.unwrap_or_else(|| format!("somebody of tenant {tenant}"));
        Ok((Principal { name, tenant, permissions }, expires_in))
    }

    /// Nothing if it has expired by our clock, or nobody said when it does: it is asked about again each time.
    fn expires_in(&self) -> Duration {
        let moment = self.utc_expires_at.as_ref().map(|text| format!("{}Z", text.trim_end_matches('Z')));
        let moment = moment.and_then(|text| text.parse::<Timestamp>().ok());
        moment
            .and_then(|moment| Duration::try_from(moment.duration_since(Timestamp::now())).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn token(changed: &Value) -> Token {
        let mut document = json!({
            "token": "secret",
            "auth_id": "e6b2b7a2-5f1c-4d3b-8c3b-000000000001",
            "utc_expires_at": "2999-01-01T00:00:00.123456",
            "acl": ["provd.#"],
            "metadata": {"tenant_uuid": "5a7e0f5c-6b1d-4e8f-9d1e-000000000001", "purpose": "user"},
            "session_uuid": "a",
        });
        for (key, value) in changed.as_object().unwrap() {
            document[key] = value.clone();
        }
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn the_holder_is_of_the_tenant_in_the_metadata() {
        let (principal, expires_in) = token(&json!({})).into_principal().unwrap();
        assert_eq!(principal.name, "e6b2b7a2-5f1c-4d3b-8c3b-000000000001");
        assert_eq!(principal.tenant.to_string(), "5a7e0f5c-6b1d-4e8f-9d1e-000000000001");
        assert!(principal.permissions.grant("provd.read") && expires_in > Duration::from_hours(1));
        let none = token(&json!({"metadata": {"tenant_uuid": null}})).into_principal();
        assert!(matches!(none, Err(Refusal::NotGranted(_))));
    }

    #[test]
    fn what_has_expired_or_may_have_is_not_believed_for_any_time() {
        for expires in [json!("2001-01-01T00:00:00"), json!("soon"), json!(null)] {
            let (_, expires_in) = token(&json!({"utc_expires_at": expires})).into_principal().unwrap();
            assert_eq!(expires_in, Duration::ZERO);
        }
        for expires in ["2999-01-01T00:00:00", "2999-01-01T00:00:00.5Z"] {
            assert!(token(&json!({"utc_expires_at": expires})).expires_in() > Duration::ZERO);
        }
    }

    #[test]
    fn patterns_that_are_none_here_grant_others_nothing() {
        let (principal, _) = token(&json!({"acl": ["#", ""]})).into_principal().unwrap();
        assert!(!principal.permissions.grant("provd.read"));
    }
}
