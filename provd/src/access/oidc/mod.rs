//! Checking bearer tokens of an OpenID provider: JSON Web Tokens (RFC 7519) that it signed, for provd, and that have not
//! expired. The provider is asked for its keys only, so one of its tokens is good until it expires.
//!
//! What the claims mean here, the settings say. The tree of tenants is the one that is registered in provd.

mod claims;
mod discovery;
mod keys;
mod signature;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde_json::Value;
use uuid::Uuid;

use super::http::TrustError;
use super::tenants::Tenants;
use super::{Refusal, Verifier};
use crate::domain::access::Principal;
use crate::settings::access::OidcSettings;
use claims::Claims;
use discovery::Provider;
use keys::KeySet;

/// Longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 16 * 1024;
/// The tenant above all that are registered.
const MASTER_TENANT: Uuid = Uuid::nil();

/// An OpenID provider.
pub struct Oidc {
    provider: Provider,
    settings: OidcSettings,
    tenants: Arc<Tenants>,
}

impl Oidc {
    /// Prepares to ask; nothing is asked yet. `tenants` are those registered in provd.
    pub fn new(settings: OidcSettings, tenants: Arc<Tenants>) -> Result<Oidc, TrustError> {
        signature::install();
        Ok(Oidc { provider: Provider::new(&settings)?, settings, tenants })
    }

    async fn claims(&self, token: &str) -> Result<Claims<'_>, Refusal> {
        let refused = |why: &str| {
            tracing::debug!("A token was refused: {why}");
            Refusal::Unknown
        };
        if token.len() > LONGEST_TOKEN {
            return Err(refused("it is too long"));
        }
        let header = decode_header(token).map_err(|error| refused(reason(&error)))?;
        // RFC 7515, section 4.1.11: what must be understood is not.
        if header.crit.is_some() {
            return Err(refused("it has critical extensions"));
        }
        let keys = self.provider.keys_for(&header).await?;
        let document = self.open(token, &header, &keys).map_err(|error| refused(reason(&error)))?;
        Ok(Claims::new(document, &self.settings))
    }

    fn open(&self, token: &str, header: &Header, keys: &KeySet) -> Result<Value, Error> {
        let key = keys.find(header).ok_or(ErrorKind::InvalidSignature)?;
        let mut validation = Validation::new(header.alg);
        validation.leeway = self.settings.leeway.as_secs();
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&self.settings.audience);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        Ok(decode(token, key, &validation)?.claims)
    }
}

#[async_trait]
impl Verifier for Oidc {
    async fn holder(&self, token: &str) -> Result<Principal, Refusal> {
        self.claims(token).await?.principal()
    }

    async fn verify(&self, token: &str, permission: &str) -> Result<Principal, Refusal> {
        let principal = self.holder(token).await?;
        if principal.permissions.grant(permission) {
            Ok(principal)
        } else {
            Err(Refusal::NotGranted(permission.to_owned()))
        }
    }

    async fn master_tenant(&self) -> Result<Uuid, Refusal> {
        Ok(MASTER_TENANT)
    }

    async fn tenants_below(&self, token: &str, tenant: Uuid) -> Result<HashSet<Uuid>, Refusal> {
        let own = self.holder(token).await?.tenant;
        if own != MASTER_TENANT && !self.tenants.below(own).contains(&tenant) {
            return Err(Refusal::NotGranted(format!("anything of the tenant {tenant}")));
        }
        let mut below = self.tenants.below(tenant);
        if tenant == MASTER_TENANT {
            below.extend(self.tenants.all().into_iter().map(|tenant| tenant.uuid));
        }
        Ok(below)
    }
}

/// Why a token is refused, without anything of the token.
fn reason(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::ExpiredSignature => "it has expired",
        ErrorKind::ImmatureSignature => "it is not valid yet",
        ErrorKind::InvalidIssuer => "another provider issued it",
        ErrorKind::InvalidAudience => "it is not for provd: its audience is none of the settings",
        ErrorKind::InvalidSignature => "no key of the provider signed it",
        ErrorKind::MissingRequiredClaim(_) => "it lacks one of the claims exp, iss and aud",
        _ => "it is malformed, or signed by an algorithm that is not accepted",
    }
}
