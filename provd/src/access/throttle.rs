//! Answering late whoever keeps failing to show a good token. He is never locked out: somebody else may share his address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

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

/// Who failed lately.
pub(super) struct Throttle {
    /// Guards counters; never held across a wait.
    failures: Mutex<HashMap<IpAddr, Failures>>,
    held_back: Semaphore,
}

struct Failures {
    since: Instant,
    count: u32,
}

impl Default for Throttle {
    fn default() -> Throttle {
        Throttle { failures: Mutex::default(), held_back: Semaphore::new(HELD_BACK) }
    }
}

impl Throttle {
    /// Counts a failure, and waits if there were too many.
    pub(super) async fn failed(&self, peer: IpAddr) {
        if self.failed_too_often(peer)
            && let Ok(_held_back) = self.held_back.try_acquire()
        {
            sleep(DELAY).await;
        }
    }

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

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_failing_waits_and_nobody_else() {
        let throttle = Throttle::default();
        let start = Instant::now();
        for _ in 0..FREE_FAILURES {
            throttle.failed(peer(1)).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        throttle.failed(peer(1)).await;
        assert_eq!(start.elapsed(), DELAY);
        throttle.failed(peer(2)).await;
        assert_eq!(start.elapsed(), DELAY);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_forgotten() {
        let throttle = Throttle::default();
        for _ in 0..FREE_FAILURES {
            assert!(!throttle.failed_too_often(peer(1)));
        }
        tokio::time::advance(WINDOW).await;
        assert!(!throttle.failed_too_often(peer(1)));
    }

    #[tokio::test]
    async fn the_count_of_addresses_is_bounded() {
        let throttle = Throttle::default();
        for address in 0..2 * u32::try_from(ADDRESSES).unwrap() {
            throttle.failed_too_often(IpAddr::from(address.to_be_bytes()));
        }
        assert_eq!(throttle.failures.lock().unwrap().len(), ADDRESSES);
    }
}
