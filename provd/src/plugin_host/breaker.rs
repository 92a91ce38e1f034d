//! A circuit breaker: a plugin that fails again and again is left alone for a while, so that its phones are refused at
//! once and nobody else waits.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long it stays open before one call may try.
pub(super) const OPEN_FOR: Duration = Duration::from_secs(5);

/// Counts transport and deadline failures of one process.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    // Held for a comparison, never while waiting.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    opened: Option<Instant>,
}

impl Breaker {
    /// Whether a call may be made. Once open, one call in each [`OPEN_FOR`] is let through to try.
    pub(super) fn allows(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.opened {
            None => true,
            Some(opened) if opened.elapsed() >= OPEN_FOR => {
                state.opened = Some(Instant::now());
                true
            }
            Some(_) => false,
        }
    }

    /// Whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).opened.is_some()
    }

    /// A call was answered.
    pub(super) fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// A call failed in transport or by its deadline.
    pub(super) fn failed(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.opened = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_with_a_success() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.failed();
        }
        breaker.succeeded();
        assert!(breaker.allows());
        for _ in 0..FAILURES {
            breaker.failed();
        }
        assert!(!breaker.allows() && breaker.is_open());
        breaker.succeeded();
        assert!(breaker.allows());
    }
}
