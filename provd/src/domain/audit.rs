//! Who changed what, and when. Entries name facts and keys, never values that could be secrets.

use std::fmt;
use std::net::IpAddr;
use std::time::SystemTime;

/// On whose behalf something is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Actor {
    /// The server itself: upkeep, what follows from another change.
    #[default]
    Server,
    /// A request of the API, with this name of its token.
    Token(String),
    /// The pipeline, because of what a phone or DHCP server at this address told.
    Phone(IpAddr),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Server => f.write_str("server"),
            Actor::Token(name) => write!(f, "token {name}"),
            Actor::Phone(ip) => write!(f, "phone {ip}"),
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: SystemTime,
    /// Who, as [`Actor`] is displayed.
    pub actor: String,
    /// What was done: `created`, `updated`, `deleted`, …
    pub action: String,
    /// What it was done to: `device`, `config`, `token` or `tenant`.
    pub kind: String,
    /// Its identifier.
    pub subject: String,
    /// What changed of it, for people: `model: 6730i → 6731i`, `raw_config.sip_lines`.
    pub changes: Vec<String>,
}

impl AuditEntry {
    /// An entry about a device, of now.
    pub fn device(actor: &Actor, action: &str, id: &str, changes: Vec<String>) -> AuditEntry {
        AuditEntry::new(actor, action, "device", id, changes)
    }

    /// An entry about a config, of now.
    pub fn config(actor: &Actor, action: &str, id: &str, changes: Vec<String>) -> AuditEntry {
        AuditEntry::new(actor, action, "config", id, changes)
    }

    /// An entry about a token of the API, of now. Its subject is never the token itself.
    pub fn token(actor: &Actor, action: &str, id: &str, changes: Vec<String>) -> AuditEntry {
        AuditEntry::new(actor, action, "token", id, changes)
    }

    /// An entry about a registered tenant, of now.
    pub fn tenant(actor: &Actor, action: &str, uuid: &str, changes: Vec<String>) -> AuditEntry {
        AuditEntry::new(actor, action, "tenant", uuid, changes)
    }

    fn new(actor: &Actor, action: &str, kind: &str, subject: &str, changes: Vec<String>) -> AuditEntry {
        AuditEntry {
            at: SystemTime::now(),
            actor: actor.to_string(),
            action: action.to_owned(),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            changes,
        }
    }
}
