//! Whom provd talks to, and how what goes wrong with them is told.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::provisioning::synchronizer::SynchronizationError;

/// `the phone at 192.0.2.7`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party(String);

impl Party {
    pub(super) fn phone(ip: IpAddr) -> Party {
        Party(format!("the phone at {ip}"))
    }

    pub(super) fn web_server(host: &str) -> Party {
        Party(format!("the web server of the phone at {host}"))
    }

    pub(super) fn asterisk(address: &str) -> Party {
        Party(format!("the Asterisk manager at {address}"))
    }

    pub(super) fn refused(&self, why: impl fmt::Display) -> SynchronizationError {
        SynchronizationError::Refused { whom: self.0.clone(), why: why.to_string() }
    }

    pub(super) fn unreachable(&self, why: impl fmt::Display) -> SynchronizationError {
        SynchronizationError::Unreachable { whom: self.0.clone(), why: why.to_string() }
    }

    pub(super) fn no_answer(&self, waited: Duration) -> SynchronizationError {
        let seconds = waited.as_millis().div_ceil(1000);
        SynchronizationError::NoAnswer {
            whom: self.0.clone(),
            seconds: u64::try_from(seconds).unwrap_or(u64::MAX),
        }
    }

    /// Waits no longer than allowed.
    pub(super) async fn within<T>(
        &self,
        deadline: Duration,
        what: impl Future<Output = Result<T, SynchronizationError>>,
    ) -> Result<T, SynchronizationError> {
        tokio::time::timeout(deadline, what).await.unwrap_or_else(|_| Err(self.no_answer(deadline)))
    }

    /// A connection that broke.
    pub(super) fn broken(&self, error: &io::Error) -> SynchronizationError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.unreachable("it closed the connection without an answer"),
            _ => self.unreachable(error),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
