//! The database: how long statements and transactions take, how many changes wait, and what need not be read.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::histogram::Histogram;
use super::page::Page;
use super::usage::CacheUsage;

/// The instruments of the database.
#[derive(Debug)]
pub struct StorageMetrics {
    /// From asking for a connection to giving it back.
    reads: Histogram,
    /// Whole transactions.
    transactions: Histogram,
    /// Changes that are committed together.
    batches: Histogram,
    /// From handing in a change to its beginning.
    waits: Histogram,
    waiting: AtomicU64,
    /// Transactions that could not be done at all: disk full, I/O error, locked.
    failures: AtomicU64,
    /// Devices by a fact.
    pub devices: CacheUsage,
    /// Configs.
    pub configs: CacheUsage,
    /// Generated files.
    pub files: CacheUsage,
}

impl Default for StorageMetrics {
    fn default() -> StorageMetrics {
        StorageMetrics {
            reads: Histogram::of_calls(),
            transactions: Histogram::of_calls(),
            batches: Histogram::of_sizes(),
            waits: Histogram::of_calls(),
            waiting: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            devices: CacheUsage::default(),
            configs: CacheUsage::default(),
            files: CacheUsage::default(),
        }
    }
}

impl StorageMetrics {
    /// A reading that began at a moment is over.
    pub fn has_read(&self, began: Instant) {
        self.reads.took(began.elapsed());
    }

    /// A transaction of so many changes, begun at a moment, is over. `failed`: nothing can be written.
    pub fn has_written(&self, began: Instant, changes: usize, failed: bool) {
        self.transactions.took(began.elapsed());
        self.batches.record(changes as u64);
        self.failures.fetch_add(u64::from(failed), Ordering::Relaxed);
    }

    /// How many readings are over.
    #[cfg(test)]
    pub(crate) fn readings(&self) -> u64 {
        self.reads.read().1
    }

    /// A change waits for its turn until this is dropped.
    pub fn waits(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting { metrics: self, since: Instant::now() }
    }

    pub(super) fn caches(&self) -> [(&'static str, &CacheUsage); 3] {
        [("device", &self.devices), ("config", &self.configs), ("file", &self.files)]
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        page.histogram(
            "provd_database_read_duration_seconds",
            "Time of a reading, waiting for a connection included.",
            &self.reads,
        )?;
        page.histogram(
            "provd_database_write_duration_seconds",
            "Time of a transaction, all changes in it together.",
            &self.transactions,
        )?;
        page.histogram("provd_database_write_batch_size", "Changes in a transaction.", &self.batches)?;
        page.histogram(
            "provd_database_write_wait_seconds",
            "Time a change waited for its transaction to begin.",
            &self.waits,
        )?;
        let waiting = self.waiting.load(Ordering::Relaxed);
        page.gauge("provd_database_writes_waiting", "Changes that wait for their turn.", &waiting)?;
        let failures = self.failures.load(Ordering::Relaxed);
        page.counter("provd_database_write_failures_total", "Transactions that could not be done.", &failures)
    }
}

/// A change that waits.
#[derive(Debug)]
pub struct Waiting<'a> {
    metrics: &'a StorageMetrics,
    since: Instant,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.metrics.waiting.fetch_sub(1, Ordering::Relaxed);
        self.metrics.waits.took(self.since.elapsed());
    }
}
