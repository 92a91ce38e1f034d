//! What the use cases need to make a phone fetch its files again, stated without sockets. Implemented by
//! `synchronization`.

use async_trait::async_trait;
use thiserror::Error;

use crate::domain::synchronization::{SynchronizationMethod, SynchronizationTarget};

/// Why a phone was not told. The text is for administrators and holds no secrets.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum SynchronizationError {
    /// Nobody knows where to say it.
    #[error("{0}")]
    NoTarget(String),
    /// The settings do not allow it, or lack what is needed.
    #[error("{0}")]
    NotPossible(String),
    /// Nobody answered in time.
    #[error("{whom} did not answer within {seconds} s")]
    NoAnswer {
        /// `the phone at 192.0.2.7`, `the Asterisk manager at 127.0.0.1:5038`
        whom: String,
        /// How long was waited.
        seconds: u64,
    },
    /// It was refused.
    #[error("{whom} refused: {why}")]
    Refused {
        /// Who.
        whom: String,
        /// Its own words.
        why: String,
    },
    /// There is no connection.
    #[error("{whom} cannot be reached: {why}")]
    Unreachable {
        /// Who.
        whom: String,
        /// The operating system's words.
        why: String,
    },
}

/// Tells phones.
#[async_trait]
pub trait Synchronizer: Send + Sync {
    /// Tells one phone, and waits until that is acknowledged. Gives what was answered, for people:
    /// `the phone at 192.0.2.7 answered 200 OK`. That the phone then fetches anything is another matter.
    async fn synchronize(
        &self,
        target: &SynchronizationTarget,
        method: &SynchronizationMethod,
    ) -> Result<String, SynchronizationError>;
}
