//! What a listener had to refuse, told without flooding the log: a line now and then, with a count.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The least time between two lines.
const QUIET: Duration = Duration::from_secs(10);

/// Counts one kind of refusal.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// Guards a counter and a time; never held across a wait.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    untold: u64,
    told_at: Option<Instant>,
}

impl Refusals {
    /// Counts one. Gives how many there were since the last line when it is time for the next.
    pub(super) fn count(&self) -> Option<u64> {
        self.count_at(Instant::now())
    }

    fn count_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.untold += 1;
        if state.told_at.is_some_and(|told_at| now.saturating_duration_since(told_at) < QUIET) {
            return None;
        }
        state.told_at = Some(now);
        Some(std::mem::take(&mut state.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_rest_together() {
        let refusals = Refusals::default();
        let start = Instant::now();
        assert_eq!(refusals.count_at(start), Some(1));
        assert_eq!(refusals.count_at(start), None);
        assert_eq!(refusals.count_at(start + QUIET / 2), None);
        assert_eq!(refusals.count_at(start + QUIET), Some(3));
        assert_eq!(refusals.count_at(start + QUIET), None);
    }
}
