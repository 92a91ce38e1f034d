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
    /// Devices that are being created, by network: they are not in the store yet, and count all the same.
    creating: Arc<Mutex<HashMap<String, u64>>>,
}

/// The right to create one device, which counts until it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    network: String,
    creating: Arc<Mutex<HashMap<String, u64>>>,
}

impl Permit {
    /// Where the device is from.
    pub(super) fn network(&self) -> &str {
        &self.network
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut creating = lock(&self.creating);
        if let Some(count) = creating.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                creating.remove(&self.network);
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
        Admission { limits, buckets: Mutex::default(), creating: Arc::default() }
    }

    /// Asks for the creation of one device by a request from an address, and counts it.
    pub(super) async fn ask(&self, ip: IpAddr, store: &dyn Store) -> Result<Admitted, StoreError> {
        // Counted before the store is asked: one that is stored between the two counts twice, none not at all.
        let (permit, creating) = self.permit(network_of(ip));
        if store.count_created(&permit.network).await? + creating > u64::from(self.limits.ceiling) {
            return Ok(Admitted::Full(permit.network.clone()));
        }
        Ok(match self.take(permit.network.clone(), Instant::now()) {
            Ok(()) => Admitted::Yes(permit),
            Err(wait) => Admitted::Later(wait),
        })
    }

    /// A permit, and how many there are of its network with it.
    fn permit(&self, network: String) -> (Permit, u64) {
        let mut creating = lock(&self.creating);
        let count = creating.entry(network.clone()).or_default();
        *count += 1;
        (Permit { network, creating: self.creating.clone() }, *count)
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
        let (first, one) = admission.permit("192.0.2.0/24".to_owned());
        let (_second, two) = admission.permit("192.0.2.0/24".to_owned());
        drop(first);
        let (_third, still_two) = admission.permit("192.0.2.0/24".to_owned());
        assert_eq!((one, two, still_two), (1, 2, 2));
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
