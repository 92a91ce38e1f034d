//! The last requests, to be read by whoever asks why. Those that were refused are kept apart, so that the many others do
//! not push them out.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::record::RequestRecord;

/// Requests that are kept of each kind: answered, and refused.
const KEPT: usize = 1_000;

/// The last requests. It lives as long as the server.
#[derive(Debug, Default)]
pub struct Journal {
    begun: AtomicU64,
    // Plain mutexes: held to add one or to copy, never while waiting.
    answered: Mutex<VecDeque<RequestRecord>>,
    refused: Mutex<VecDeque<RequestRecord>>,
}

impl Journal {
    /// The number of the next request.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn keep(&self, record: RequestRecord) {
        let mut kept = if record.outcome.is_refusal() { lock(&self.refused) } else { lock(&self.answered) };
        let oldest = if kept.len() >= KEPT { kept.pop_front() } else { None };
        kept.push_back(record);
        // Freed when nobody waits for the lock any more.
        drop(kept);
        drop(oldest);
    }

    /// All that are kept, newest first.
    pub fn requests(&self) -> Vec<RequestRecord> {
        let mut requests: Vec<_> = lock(&self.answered).iter().cloned().collect();
        requests.extend(lock(&self.refused).iter().cloned());
        requests.sort_by_key(|request| std::cmp::Reverse(request.id));
        requests
    }

    /// One, by its number.
    pub fn request(&self, id: u64) -> Option<RequestRecord> {
        let find = |kept: &Mutex<VecDeque<RequestRecord>>| {
            lock(kept).iter().find(|request| request.id == id).cloned()
        };
        find(&self.answered).or_else(|| find(&self.refused))
    }
}

fn lock(kept: &Mutex<VecDeque<RequestRecord>>) -> MutexGuard<'_, VecDeque<RequestRecord>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
