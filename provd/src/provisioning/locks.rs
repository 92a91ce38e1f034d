//! One lock per device: what happens to one phone happens in order, phones never wait for each other.
//!
//! A request knows a phone by a fact, the API by its record; both are keys here. Two keys of one device do not exclude
//! each other: what slips between them is caught by the revision of the record. A request whose change that befell takes
//! the key of the record too, to be the next; nobody takes another key after that one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Keys that are remembered after somebody has released them.
const REMEMBERED: usize = 1024;

/// All locks that somebody holds or waits for.
#[derive(Debug, Default)]
pub struct DeviceLocks {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    // A plain mutex: held only to look a key up, never while waiting.
    keys: Mutex<Keys>,
    /// How often a lock was released. Changes while the mutex is held, and is read without it.
    releases: AtomicUsize,
}

#[derive(Debug, Default)]
struct Keys {
    held: HashMap<String, Arc<AsyncMutex<()>>>,
    /// Digests of the keys that were released last, each at the number of its release.
    released: Vec<u64>,
}

/// Holds the lock of one key until dropped.
#[derive(Debug)]
pub struct DeviceGuard {
    key: String,
    shared: Arc<Shared>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl DeviceLocks {
    /// Waits for the lock of a key. Waiting is bounded by the deadlines of whoever holds it.
    pub async fn lock(&self, key: String) -> DeviceGuard {
        let lock = self.shared.keys().held.entry(key.clone()).or_default().clone();
        // Made before waiting, so that a cancelled wait cleans up as well.
        let mut guard = DeviceGuard { key, shared: self.shared.clone(), guard: None };
        guard.guard = Some(lock.lock_owned().await);
        guard
    }

    /// A moment to compare with, see [`DeviceGuard::is_first_since`].
    pub fn now(&self) -> usize {
        self.shared.releases.load(Ordering::Acquire)
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        self.shared.keys().held.len()
    }
}

impl Shared {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DeviceGuard {
    /// Whether nobody else has surely held this lock since that moment: what was read then of the phone still holds, as far
    /// as others change it under the same key.
    pub fn is_first_since(&self, moment: usize) -> bool {
        let keys = self.shared.keys();
        let now = self.shared.releases.load(Ordering::Acquire);
        let own = digest(&self.key);
        now - moment <= REMEMBERED
            && (moment..now).all(|number| keys.released.get(number % REMEMBERED) != Some(&own))
    }
}

impl Drop for DeviceGuard {
    fn drop(&mut self) {
        let mut keys = self.shared.keys();
        if let Some(guard) = self.guard.take() {
            let number = self.shared.releases.load(Ordering::Acquire);
            let own = digest(&self.key);
            match keys.released.get_mut(number % REMEMBERED) {
                Some(released) => *released = own,
                None => keys.released.push(own),
            }
            self.shared.releases.store(number + 1, Ordering::Release);
            drop(guard);
        }
        // The map's own reference is the last: nobody holds the lock, and nobody can begin to while the map is ours.
        if keys.held.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            keys.held.remove(&self.key);
        }
    }
}

fn digest(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
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

    #[tokio::test]
    async fn who_held_a_lock_meanwhile_is_remembered() {
        let locks = DeviceLocks::default();
        let moment = locks.now();
        drop(locks.lock("b".to_owned()).await);
        assert!(locks.lock("a".to_owned()).await.is_first_since(moment), "others are others");
        assert!(!locks.lock("a".to_owned()).await.is_first_since(moment));
        let moment = locks.now();
        assert!(locks.lock("a".to_owned()).await.is_first_since(moment));
        let moment = locks.now();
        for _ in 0..=REMEMBERED {
            drop(locks.lock("b".to_owned()).await);
        }
        assert!(!locks.lock("c".to_owned()).await.is_first_since(moment), "nobody knows");
    }
}
