//! What an answer that was read from the store rests on, so that whoever keeps the answer can ask whether it still holds
//! without reading again.
//!
//! What is stored is divided into stripes by hash. Two things in one stripe make an answer be read once more than needed,
//! and never once too few.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::store::DeviceKey;

/// How many stripes there are: with a hundred devices changed a second, one answer in forty is read again in vain.
pub const STRIPES: u16 = 4096;

/// Some of what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stripe(u16);

impl Stripe {
    /// Which devices have this fact.
    pub fn of_key(key: &DeviceKey) -> Stripe {
        match key {
            DeviceKey::Mac(mac) => Stripe::of(("mac", mac)),
            DeviceKey::Sn(sn) => Stripe::of(("sn", sn)),
            DeviceKey::Uuid(uuid) => Stripe::of(("uuid", uuid)),
            DeviceKey::Ip(ip) | DeviceKey::IpWithoutMac(ip) => Stripe::of(("ip", ip)),
        }
    }

    /// The record of a device, and the files generated for it.
    pub fn of_device(id: &str) -> Stripe {
        Stripe::of(("device", id))
    }

    /// The common files of a plugin.
    pub fn of_common_files(plugin: &str) -> Stripe {
        Stripe::of(("common files", plugin))
    }

    fn of(thing: impl Hash) -> Stripe {
        // With fixed keys: whoever makes others share a stripe has them read again, and nothing else.
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        Stripe(u16::try_from(hasher.finish() % u64::from(STRIPES)).unwrap_or_default())
    }

    /// Its number, below [`STRIPES`].
    pub fn number(self) -> usize {
        usize::from(self.0)
    }
}

/// A moment in the life of the store: what was written before it, and nothing that was written after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Writes of devices and files so far.
    pub writes: u64,
    /// Writes that changed or deleted configs so far.
    pub config_writes: u64,
}

/// What an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// When its reading began.
    pub since: Moment,
    /// What was read of devices and files.
    pub stripes: Box<[Stripe]>,
    /// Whether configs were read too.
    pub configs: bool,
}
