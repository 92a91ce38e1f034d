//! How often what is kept in memory was of use.

use std::sync::atomic::{AtomicU64, Ordering};

/// Hits and misses of one cache.
#[derive(Debug, Default)]
pub struct CacheUsage {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl CacheUsage {
    /// Counts a look. Gives back whether it was a hit.
    pub fn looked(&self, hit: bool) -> bool {
        let count = if hit { &self.hits } else { &self.misses };
        count.fetch_add(1, Ordering::Relaxed);
        hit
    }

    /// Hits, and misses.
    pub(super) fn read(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }
}
