//! One lock per device: what happens to one phone happens in order, phones never wait for each other.
//!
//! A request knows a phone by a fact, the API by its record; both are keys here. Two keys of one device do not exclude
//! each other: what slips between them is caught by the revision of the record. A request whose change that befell takes
//! the key of the record too, to be the next; nobody takes another key after that one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

type Locks = Arc<Mutex<HashMap<String, Arc<AsyncMutex<()>>>>>;

/// All locks that somebody holds or waits for.
#[derive(Debug, Default)]
pub struct DeviceLocks {
    // A plain mutex: held only to look a key up, never while waiting.
    held: Locks,
}

/// Holds the lock of one key until dropped.
#[derive(Debug)]
pub struct DeviceGuard {
    key: String,
    locks: Locks,
    guard: Option<OwnedMutexGuard<()>>,
}

impl DeviceLocks {
    /// Waits for the lock of a key. Waiting is bounded by the deadlines of whoever holds it.
    pub async fn lock(&self, key: String) -> DeviceGuard {
        let lock = {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.entry(key.clone()).or_default().clone()
        };
        // Made before waiting, so that a cancelled wait cleans up as well.
        let mut guard = DeviceGuard { key, locks: self.held.clone(), guard: None };
        guard.guard = Some(lock.lock_owned().await);
        guard
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        self.held.lock().unwrap().len()
    }
}

impl Drop for DeviceGuard {
    fn drop(&mut self) {
        let mut held = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.guard.take());
        // The map's own reference is the last: nobody holds the lock, and nobody can begin to while the map is ours.
        if held.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            held.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn one_key_excludes_and_leaves_nothing_behind() {
        let locks = Arc::new(DeviceLocks::default());
        let inside = Arc::new(AtomicUsize::new(0));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (locks, inside) = (locks.clone(), inside.clone());
            tasks.spawn(async move {
                let _guard = locks.lock("a".to_owned()).await;
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
            });
        }
        tasks.join_all().await;
        assert_eq!(locks.count(), 0);
    }

    #[tokio::test]
    async fn a_cancelled_wait_leaves_nothing_behind() {
        let locks = DeviceLocks::default();
        let held = locks.lock("a".to_owned()).await;
        tokio::select! {
            biased;
            _ = locks.lock("a".to_owned()) => panic!("locked twice"),
            () = tokio::task::yield_now() => {}
        }
        drop(held);
        assert_eq!(locks.count(), 0);
    }
}
