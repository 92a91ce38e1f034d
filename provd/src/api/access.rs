//! Who may come in: the holder of the administrator's token.
//!
//! Tokens are compared by their hashes in constant time and appear in no log. An address that keeps failing is answered
//! late, never locked out: somebody else may share it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::problem::Problem;

/// Header that carries the token.
const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
/// Failures within [`WINDOW`] that are answered at once.
const FREE_FAILURES: u32 = 10;
/// How long failures count.
const WINDOW: Duration = Duration::from_secs(10);
/// How late further failures are answered.
const DELAY: Duration = Duration::from_millis(200);
/// Answers held back at the same time. Beyond that they are given at once: guessing costs the guesser, not the server.
const HELD_BACK: usize = 64;
/// Addresses whose failures are counted at the same time.
const ADDRESSES: usize = 1024;

/// The token's hash, and who failed to state it lately.
pub(super) struct Access {
    /// Nothing for an empty token, which nobody can state.
    hash: Option<[u8; 32]>,
    /// Guards counters; never held across a wait.
    failures: Mutex<HashMap<IpAddr, Failures>>,
    held_back: Semaphore,
}

struct Failures {
    since: Instant,
    count: u32,
}

impl Access {
    /// Lets in whoever states this token.
    pub(super) fn new(token: &str) -> Access {
        Access {
            hash: (!token.is_empty()).then(|| Sha256::digest(token).into()),
            failures: Mutex::default(),
            held_back: Semaphore::new(HELD_BACK),
        }
    }

    /// Lets the sender of these headers in, or holds the refusal back for a moment.
    pub(super) async fn check(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Result<(), Problem> {
        if headers.get(TOKEN).is_some_and(|token| self.is_token(token.as_bytes())) {
            return Ok(());
        }
        if peer.is_some_and(|peer| self.failed_too_often(peer))
            && let Ok(_held_back) = self.held_back.try_acquire()
        {
            sleep(DELAY).await;
        }
        Err(Problem::Unauthorized)
    }

    fn is_token(&self, presented: &[u8]) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.hash.is_some_and(|hash| hash.ct_eq(&presented).into())
    }

    /// Counts a failure.
    fn failed_too_often(&self, peer: IpAddr) -> bool {
        let now = Instant::now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ADDRESSES {
            failures.retain(|_, failures| now.duration_since(failures.since) < WINDOW);
        }
        // More addresses than that within seconds are no neighbour's typing errors.
        if failures.len() >= ADDRESSES && !failures.contains_key(&peer) {
            return true;
        }
        let entry = failures.entry(peer).or_insert(Failures { since: now, count: 0 });
        if now.duration_since(entry.since) >= WINDOW {
            *entry = Failures { since: now, count: 0 };
        }
        entry.count = entry.count.saturating_add(1);
        entry.count > FREE_FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_token(token: &str) -> HeaderMap {
        HeaderMap::from_iter([(TOKEN, token.parse().unwrap())])
    }

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test]
    async fn only_the_token_opens() {
        let access = Access::new("secret");
        assert!(access.check(&with_token("secret"), None).await.is_ok());
        for headers in [HeaderMap::new(), with_token(""), with_token("Secret"), with_token("secret ")] {
            assert!(access.check(&headers, None).await.is_err());
        }
    }

    #[tokio::test]
    async fn an_empty_token_opens_nothing() {
        assert!(Access::new("").check(&with_token(""), None).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_failing_waits_and_nobody_else() {
        let access = Access::new("secret");
        let start = Instant::now();
        for _ in 0..FREE_FAILURES {
            assert!(access.check(&with_token("guess"), Some(peer(1))).await.is_err());
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(access.check(&with_token("guess"), Some(peer(1))).await.is_err());
        assert_eq!(start.elapsed(), DELAY);
        assert!(access.check(&with_token("guess"), Some(peer(2))).await.is_err());
        assert!(access.check(&with_token("secret"), Some(peer(1))).await.is_ok());
        assert_eq!(start.elapsed(), DELAY);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_forgotten() {
        let access = Access::new("secret");
        for _ in 0..FREE_FAILURES {
            assert!(!access.failed_too_often(peer(1)));
        }
        tokio::time::advance(WINDOW).await;
        assert!(!access.failed_too_often(peer(1)));
    }

    #[tokio::test]
    async fn the_count_of_addresses_is_bounded() {
        let access = Access::new("secret");
        for address in 0..2 * u32::try_from(ADDRESSES).unwrap() {
            access.failed_too_often(IpAddr::from(address.to_be_bytes()));
        }
        assert_eq!(access.failures.lock().unwrap().len(), ADDRESSES);
    }
}
