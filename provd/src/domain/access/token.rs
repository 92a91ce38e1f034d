//! What is kept of a token that this server made, and of a tenant that was registered here.

use std::fmt;
use std::time::SystemTime;

use thiserror::Error;
use uuid::Uuid;

use super::Permissions;

/// Longest name of a token or tenant, in bytes.
const LONGEST_NAME: usize = 100;

/// A name that cannot be one.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "name: expected 1 to {LONGEST_NAME} bytes without control characters, and without spaces around them"
)]
pub struct InvalidName;

/// Checks the name of a token or tenant: people read it in lists and in the audit.
pub fn check_name(name: &str) -> Result<(), InvalidName> {
    let sound = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.trim() == name
        && !name.contains(char::is_control);
    if sound { Ok(()) } else { Err(InvalidName) }
}

/// A token of this server. The text that its holder shows is not part of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Unique; 32 hexadecimal digits.
    pub id: String,
    /// Unique; who or what holds it.
    pub name: String,
    /// SHA-256 of its text. That has 256 random bits: who has the hash finds it no sooner than who guesses, so a slow hash
    /// would protect nothing.
    pub hash: [u8; 32],
    /// What it grants.
    pub permissions: Permissions,
    /// The tenant it belongs to; absent: the master tenant.
    pub tenant: Option<Uuid>,
    /// When it was made.
    pub created: SystemTime,
    /// From when on it is good for nothing; absent: never.
    pub expires: Option<SystemTime>,
    /// When it was last shown, to the minute.
    pub last_used: Option<SystemTime>,
}

/// Shows no hash: it has no business in a log.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A tenant that administrators told this server of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredTenant {
    /// Unique; never that of the master tenant.
    pub uuid: Uuid,
    /// For people.
    pub name: String,
    /// The tenant it is below; absent: the master tenant.
    pub parent: Option<Uuid>,
}
