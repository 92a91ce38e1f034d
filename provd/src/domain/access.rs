//! Who may do what: permissions, the patterns that grant them, and the holder of a token.
//!
//! A permission is words joined by dots: `provd.dev_mgr.devices.read`. In a pattern `*` stands for one word and `#` for any
//! number of them. Nothing here knows how a token is checked.

use uuid::Uuid;

/// Whoever showed a token that is good for what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Name of the token or its user, for the audit.
    pub name: String,
    /// The tenant it belongs to, whose devices it acts on unless a request names another.
    pub tenant: Uuid,
}
