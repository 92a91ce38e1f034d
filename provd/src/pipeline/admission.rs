//! How many devices requests may create: a rate and a ceiling for each network they come from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
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
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// Whether a device may be created.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admitted {
    /// Yes, for this network.
    To(String),
    /// Not now; perhaps after this time.
    Later(Duration),
    /// Not before an administrator has looked at those that are there.
    Full(String),
}

impl Admission {
    pub(super) fn new(limits: AutoCreation) -> Admission {
        Admission { limits, buckets: Mutex::default() }
    }

    /// Asks for the creation of one device by a request from an address, and counts it.
    pub(super) async fn ask(&self, ip: IpAddr, store: &dyn Store) -> Result<Admitted, StoreError> {
        let network = network_of(ip);
        if store.count_created(&network).await? >= u64::from(self.limits.ceiling) {
            return Ok(Admitted::Full(network));
        }
        Ok(self.take(network, Instant::now()))
    }

    fn take(&self, network: String, now: Instant) -> Admitted {
        let per_second = f64::from(self.limits.per_minute) / 60.0;
        let full = f64::from(self.limits.burst.max(1));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= NETWORKS && !buckets.contains_key(&network) {
            forget_quietest(&mut buckets);
        }
        let bucket = buckets.entry(network.clone()).or_insert(Bucket { left: full, at: now });
        bucket.left = (bucket.left + per_second * now.duration_since(bucket.at).as_secs_f64()).min(full);
        bucket.at = now;
        if bucket.left < 1.0 {
            let wait = if per_second > 0.0 { (1.0 - bucket.left) / per_second } else { 3600.0 };
            return Admitted::Later(Duration::from_secs_f64(wait.ceil().clamp(1.0, 3600.0)));
        }
        bucket.left -= 1.0;
        Admitted::To(network)
    }
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
        assert_eq!((ask(0), ask(0)), (Admitted::To(network.clone()), Admitted::To(network.clone())));
        assert_eq!(ask(0), Admitted::Later(Duration::from_secs(1)));
        assert_eq!(ask(1), Admitted::To(network.clone()));
        assert_eq!(ask(1), Admitted::Later(Duration::from_secs(1)));
        let elsewhere = admission.take("198.51.100.0/24".to_owned(), now);
        assert_eq!(elsewhere, Admitted::To("198.51.100.0/24".to_owned()));
    }

    #[test]
    fn the_memory_of_rates_is_bounded() {
        let admission = Admission::new(AutoCreation::default());
        let now = Instant::now();
        for number in 0..NETWORKS * 2 {
            admission.take(number.to_string(), now + Duration::from_millis(number as u64));
        }
        assert!(admission.buckets.lock().unwrap().len() <= NETWORKS);
    }
}
