//! Who may do what: permissions, the patterns that grant them, and the holder of a token.
//!
//! A permission is words joined by dots: `provd.dev_mgr.devices.read`. Nothing here knows how a token is checked, nor what
//! a permission guards.

mod permissions;
mod token;

use uuid::Uuid;

pub use permissions::{InvalidPermissions, NotCovered, Permissions};
pub use token::{InvalidName, RegisteredTenant, Token, check_name};

/// Whoever showed a token that is good for what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Name of the token or its user, for the audit.
    pub name: String,
    /// The tenant it belongs to, whose devices it acts on unless a request names another.
    pub tenant: Uuid,
    /// What the token grants, as far as it is known here: what its holder may grant others. Empty where it is not known.
    pub permissions: Permissions,
}

/// What a request must be permitted to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// The same for every tenant: `provd.dev_mgr.devices.read`.
    Plain(String),
    /// Another for each tenant, whose UUID stands between the two: `provd.configure`, `locale.read`.
    OfTenant(&'static str, String),
}

impl Permission {
    /// Its words, in the name of a tenant.
    pub fn of(&self, tenant: Uuid) -> String {
        match self {
            Permission::Plain(words) => words.clone(),
            Permission::OfTenant(before, after) => format!("{before}.{tenant}.{after}"),
        }
    }
}
