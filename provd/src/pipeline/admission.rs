//! How many devices requests may create: a rate and a ceiling for each network they come from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::policy::{AutoCreation, network_of};
use crate::provisioning::store::{Store, StoreError};

/// Networks whose rates are remembered. Those that have been quiet for longest are as good as new.
const NETWORKS: usize = 10_000;

/// What each network may still do.
#[derive(Debug)]
pub(super) struct Admission {
    limits: AutoCreation,
    // A plain mutex: only devices that are created come here, and it is held for a look.
    buckets: Mutex<HashMap<String, Bucket>>,
    creations: Arc<Mutex<Creations>>,
}

/// What is known of how many devices were created, by network.
#[derive(Debug, Default)]
struct Creations {
    /// Those that are being created: they are not in the store yet, and count all the same.
    under_way: HashMap<String, u64>,
    /// How many there are at most: those that were stored when somebody counted them, and all that were permitted since. To
    /// count them takes longer the more there are; that some may be gone matters only when these become too many.
    at_most: HashMap<String, u64>,
    /// How many were permitted of all networks together, ever.
    permitted: u64,
}

/// The right to create one device, which counts until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    network: String,
    creations: Arc<Mutex<Creations>>,
}

impl Permit {
    /// Where the device is from.
    pub(super) fn network(&self) -> &str {
        &self.network
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let under_way = &mut lock(&self.creations).under_way;
        if let Some(count) = under_way.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.network);
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// Whether a device may be created.
#[derive(Debug)]
pub(super) enum Admitted {
    /// Yes, until the permit is dropped: to be held until the device is stored.
    Yes(Permit),
    /// Not now; perhaps after this time.
    Later(Duration),
    /// Not before an administrator has looked at those that are there.
    Full(String),
}

impl Admission {
    pub(super) fn new(limits: AutoCreation) -> Admission {
        Admission { limits, buckets: Mutex::default(), creations: Arc::default() }
    }

    /// Asks for the creation of one device by a request from an address, and counts it.
    pub(super) async fn ask(&self, ip: IpAddr, store: &dyn Store) -> Result<Admitted, StoreError> {
        let permit = self.permit(network_of(ip));
        if !self.is_surely_below_ceiling(&permit.network)
            && !self.is_below_ceiling(&permit.network, store).await?
        {
            return Ok(Admitted::Full(permit.network.clone()));
        }
        Ok(match self.take(permit.network.clone(), Instant::now()) {
            Ok(()) => Admitted::Yes(permit),
            Err(wait) => Admitted::Later(wait),
        })
    }

    /// A permit, counted.
    fn permit(&self, network: String) -> Permit {
        let mut creations = lock(&self.creations);
        creations.permitted += 1;
        *creations.under_way.entry(network.clone()).or_default() += 1;
        if let Some(count) = creations.at_most.get_mut(&network) {
            *count += 1;
        }
        Permit { network, creations: self.creations.clone() }
    }

    fn is_surely_below_ceiling(&self, network: &str) -> bool {
        let at_most = lock(&self.creations).at_most.get(network).copied();
        at_most.is_some_and(|count| count <= u64::from(self.limits.ceiling))
    }

    /// Counts what the store has, and those under way.
    async fn is_below_ceiling(&self, network: &str, store: &dyn Store) -> Result<bool, StoreError> {
        // Taken before the store is asked: one that is stored between the two counts twice, none not at all.
        let (under_way, permitted) = {
            let creations = lock(&self.creations);
            (creations.under_way.get(network).copied().unwrap_or_default(), creations.permitted)
        };
        let count = store.count_created(network).await? + under_way;
        let mut creations = lock(&self.creations);
        if creations.at_most.len() >= NETWORKS {
            creations.at_most.clear();
        }
        // Whatever was permitted meanwhile may be of this network.
        let at_most = count + (creations.permitted - permitted);
        creations.at_most.insert(network.to_owned(), at_most);
        Ok(count <= u64::from(self.limits.ceiling))
    }

    /// Takes one from what a network may still create, or says when there will be one.
    fn take(&self, network: String, now: Instant) -> Result<(), Duration> {
        let per_second = f64::from(self.limits.per_minute) / 60.0;
        let full = f64::from(self.limits.burst.max(1));
        let mut buckets = lock(&self.buckets);
        if buckets.len() >= NETWORKS && !buckets.contains_key(&network) {
            forget_quietest(&mut buckets);
        }
        let bucket = buckets.entry(network).or_insert(Bucket { left: full, at: now });
        bucket.left = (bucket.left + per_second * now.duration_since(bucket.at).as_secs_f64()).min(full);
        bucket.at = now;
        if bucket.left < 1.0 {
            let wait = if per_second > 0.0 { (1.0 - bucket.left) / per_second } else { 3600.0 };
            return Err(Duration::from_secs_f64(wait.ceil().clamp(1.0, 3600.0)));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Half of them, so that this is rarely done.
fn forget_quietest(buckets: &mut HashMap<String, Bucket>) {
    let mut times: Vec<Instant> = buckets.values().map(|bucket| bucket.at).collect();
    let middle = times.len() / 2;
    let (_, middle, _) = times.select_nth_unstable(middle);
    let middle = *middle;
    buckets.retain(|_, bucket| bucket.at > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_followed_by_a_rate() {
        let admission = Admission::new(AutoCreation { burst: 2, per_minute: 60, ceiling: 100 });
        let (network, now) = ("192.0.2.0/24".to_owned(), Instant::now());
        let ask = |seconds: u64| admission.take(network.clone(), now + Duration::from_secs(seconds));
        assert_eq!((ask(0), ask(0)), (Ok(()), Ok(())));
        assert_eq!(ask(0), Err(Duration::from_secs(1)));
        assert_eq!(ask(1), Ok(()));
        assert_eq!(ask(1), Err(Duration::from_secs(1)));
        assert_eq!(admission.take("198.51.100.0/24".to_owned(), now), Ok(()));
    }

    #[test]
    fn devices_under_way_count_until_they_are_stored() {
        let admission = Admission::new(AutoCreation::default());
        let permit = || admission.permit("192.0.2.0/24".to_owned());
        let count = || lock(&admission.creations).under_way.get("192.0.2.0/24").copied();
        let first = permit();
        assert_eq!(count(), Some(1));
        let second = permit();
        assert_eq!(count(), Some(2));
        drop(first);
        assert_eq!(count(), Some(1));
        drop(second);
        assert_eq!(count(), None);
    }

    #[test]
    fn the_memory_of_rates_is_bounded() {
        let admission = Admission::new(AutoCreation::default());
        let now = Instant::now();
        for number in 0..NETWORKS * 2 {
            let _ = admission.take(number.to_string(), now + Duration::from_millis(number as u64));
        }
        assert!(admission.buckets.lock().unwrap().len() <= NETWORKS);
    }
}
