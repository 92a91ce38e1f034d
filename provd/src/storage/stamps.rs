//! When what was last written, by stripe. An answer holds while nothing that it rests on was written since its reading
//! *began*: so a write makes no search for what it invalidates, and an answer that was read beside a write is never taken
//! for a later one.
//!
//! Stamps are set when a write is committed and before it is acknowledged. Only this process writes: its data directory is
//! locked.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::device::Device;
use crate::provisioning::basis::{Basis, Moment, STRIPES, Stripe};
use crate::provisioning::store::DeviceKey;

/// The stamps. A stamp is the number of the write that set it; writes count from 1.
#[derive(Debug)]
pub(super) struct Stamps {
    writes: AtomicU64,
    config_writes: AtomicU64,
    /// When everything was written.
    everything: AtomicU64,
    stripes: Box<[AtomicU64]>,
}

/// What a write changed of that which answers rest on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Touched {
    stripes: Vec<Stripe>,
    /// Whether configs were changed or deleted. New ones make no answer wrong: that a config is not there is not kept.
    configs: bool,
    /// Whatever there is.
    everything: bool,
}

/// Stamps what a write touched when it is over. Unless it says what that was, it was everything.
#[derive(Debug)]
pub(super) struct Write<'s> {
    stamps: &'s Stamps,
    touched: Touched,
}

impl Touched {
    /// No answer rests on it.
    pub(super) fn nothing() -> Touched {
        Touched::default()
    }

    /// Nobody knows.
    pub(super) fn everything() -> Touched {
        Touched { stripes: Vec::new(), configs: true, everything: true }
    }

    /// Configs were changed or deleted.
    pub(super) fn configs() -> Touched {
        Touched { configs: true, ..Touched::default() }
    }

    /// These alone.
    pub(super) fn one(stripe: Stripe) -> Touched {
        Touched { stripes: vec![stripe], ..Touched::default() }
    }

    /// A device as it is now. Answers that hold it as it was rest on its record too.
    pub(super) fn add_device(&mut self, device: &Device) {
        self.stripes.push(Stripe::of_device(&device.id));
        self.stripes.extend(DeviceKey::identities(&device.info).map(|key| Stripe::of_key(&key)));
        self.stripes.extend(device.info.ip.map(|ip| Stripe::of_key(&DeviceKey::Ip(ip))));
    }

    /// The record of a device that lost something, or is gone.
    pub(super) fn add_record(&mut self, id: &str) {
        self.stripes.push(Stripe::of_device(id));
    }

    /// Whether configs were changed or deleted too.
    pub(super) fn add_configs(&mut self, were_touched: bool) {
        self.configs |= were_touched;
    }

    /// What another write touched.
    pub(super) fn add(&mut self, other: Touched) {
        self.stripes.extend(other.stripes);
        self.configs |= other.configs;
        self.everything |= other.everything;
    }
}

impl Stamps {
    pub(super) fn new() -> Stamps {
        Stamps {
            writes: AtomicU64::new(0),
            config_writes: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Must be held by every write until it is committed or has failed.
    pub(super) fn write(&self) -> Write<'_> {
        Write { stamps: self, touched: Touched::everything() }
    }

    /// What is read from now on is as it is now, or later.
    pub(super) fn now(&self) -> Moment {
        Moment {
            writes: self.writes.load(Ordering::Acquire),
            config_writes: self.config_writes.load(Ordering::Acquire),
        }
    }

    /// How many writes there have been that changed or deleted configs.
    pub(super) fn config_writes(&self) -> u64 {
        self.config_writes.load(Ordering::Acquire)
    }

    /// Whether none of these was written since a moment.
    pub(super) fn hold(&self, since: u64, stripes: impl IntoIterator<Item = Stripe>) -> bool {
        let untouched = |stripe: Stripe| {
            self.stripes.get(stripe.number()).is_some_and(|stamp| stamp.load(Ordering::Acquire) <= since)
        };
        self.everything.load(Ordering::Acquire) <= since && stripes.into_iter().all(untouched)
    }

    /// Whether an answer still holds.
    pub(super) fn support(&self, basis: &Basis) -> bool {
        let configs = !basis.configs || self.config_writes() == basis.since.config_writes;
        configs && self.hold(basis.since.writes, basis.stripes.iter().copied())
    }

    fn stamp(&self, touched: &Touched) {
        if touched.configs {
            self.config_writes.fetch_add(1, Ordering::AcqRel);
        }
        if touched.stripes.is_empty() && !touched.everything {
            return;
        }
        let write = self.writes.fetch_add(1, Ordering::AcqRel) + 1;
        if touched.everything {
            self.everything.fetch_max(write, Ordering::AcqRel);
        }
        for stripe in &touched.stripes {
            if let Some(stamp) = self.stripes.get(stripe.number()) {
                stamp.fetch_max(write, Ordering::AcqRel);
            }
        }
    }
}

impl Write<'_> {
    /// Ends it, having touched just this.
    pub(super) fn touched(mut self, touched: Touched) {
        self.touched = touched;
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        self.stamps.stamp(&self.touched);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, ip: &str) -> Device {
        let mut device = Device { id: id.to_owned(), ..Device::default() };
        device.info.ip = ip.parse().ok();
        device
    }

    fn at(ip: &str) -> Stripe {
        Stripe::of_key(&DeviceKey::IpWithoutMac(ip.parse().unwrap()))
    }

    fn of(device: &Device) -> Touched {
        let mut touched = Touched::nothing();
        touched.add_device(device);
        touched
    }

    #[test]
    fn what_was_written_does_not_hold_and_the_rest_does() {
        let stamps = Stamps::new();
        let since = stamps.now().writes;
        stamps.write().touched(of(&device("a", "192.0.2.1")));
        assert!(!stamps.hold(since, [at("192.0.2.1")]));
        assert!(!stamps.hold(since, [at("192.0.2.2"), Stripe::of_device("a")]));
        assert!(stamps.hold(since, [at("192.0.2.2"), Stripe::of_device("b")]));
        assert!(stamps.hold(stamps.now().writes, [at("192.0.2.1")]));
    }

    #[test]
    fn what_is_read_while_it_is_written_does_not_hold() {
        let stamps = Stamps::new();
        let writing = stamps.write();
        let since = stamps.now().writes;
        writing.touched(of(&device("a", "192.0.2.1")));
        assert!(!stamps.hold(since, [at("192.0.2.1")]));
    }

    #[test]
    fn a_write_that_was_broken_off_may_have_touched_everything() {
        let stamps = Stamps::new();
        let basis = Basis { since: stamps.now(), stripes: [at("192.0.2.1")].into(), configs: false };
        assert!(stamps.support(&basis));
        drop(stamps.write());
        assert!(!stamps.support(&basis));
    }

    #[test]
    fn configs_are_apart() {
        let stamps = Stamps::new();
        let basis = |configs| Basis { since: stamps.now(), stripes: [at("192.0.2.1")].into(), configs };
        let (with, without) = (basis(true), basis(false));
        stamps.write().touched(Touched::configs());
        assert!(!stamps.support(&with) && stamps.support(&without));
        stamps.write().touched(Touched::nothing());
        assert!(stamps.support(&basis(true)) && stamps.support(&without));
    }
}
