//! How the token of a request is checked: against our own, a wazo-auth service, or an identity provider.
//!
//! It knows nothing of HTTP requests to us, nor what their permissions guard.

mod admission;
mod answers;
mod http;
mod issuing;
mod oidc;
mod registration;
mod revocation;
pub mod store;
mod tenants;
mod throttle;
mod tokens;
mod wazo_auth;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use async_trait::async_trait;
use thiserror::Error;
use uuid::Uuid;

use crate::domain::access::Principal;

pub use admission::{Access, Admitted, Asked, Scope};
pub use http::TrustError;
pub use issuing::{Issued, IssuingError, NewToken};
pub use oidc::Oidc;
pub use registration::{NewTenant, RegistrationError};
pub use revocation::Revocation;
pub use tenants::Tenants;
pub use wazo_auth::WazoAuth;

/// Why a token does not let its holder do what was asked.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The token is unknown or expired.
    #[error("the token is unknown or expired")]
    Unknown,
    /// The token is good, but does not grant this permission or tenant.
    #[error("the token does not grant {0}")]
    NotGranted(String),
    /// Whoever would know cannot be asked. Nobody is let in meanwhile.
    #[error("tokens cannot be checked: {0}")]
    Unavailable(String),
}

/// Whoever knows tokens.
#[async_trait]
pub trait Verifier: Send + Sync {
    /// The holder of a token that is good, whatever it grants: for permissions that name the holder's tenant.
    async fn holder(&self, token: &str) -> Result<Principal, Refusal>;

    /// The holder of a token that grants a permission such as `provd.dev_mgr.devices.read`.
    async fn verify(&self, token: &str, permission: &str) -> Result<Principal, Refusal>;

    /// The tenant to which what nobody has claimed belongs; all others are below it.
    async fn master_tenant(&self) -> Result<Uuid, Refusal>;

    /// A tenant and all below it, as far as the holder of this token may know.
    async fn tenants_below(&self, token: &str, tenant: Uuid) -> Result<HashSet<Uuid>, Refusal>;
}
