//! What DHCP told of addresses whose client no plugin recognised: no reason to create a device, but when that address asks
//! for a file without saying who it is, its MAC address is known.

use std::net::IpAddr;
use std::time::Duration;

use moka::sync::Cache;

use crate::domain::device_info::DeviceInfo;

/// Leases that are remembered.
const LEASES: u64 = 100_000;
/// For how long, in the absence of anything better: the lease time is not always told.
const LIFETIME: Duration = Duration::from_hours(24);

/// Clients by their address.
#[derive(Debug)]
pub(super) struct Leases {
    clients: Cache<IpAddr, DeviceInfo>,
}

impl Default for Leases {
    fn default() -> Leases {
        Leases { clients: Cache::builder().max_capacity(LEASES).time_to_live(LIFETIME).build() }
    }
}

impl Leases {
    /// Remembers who has an address now.
    pub(super) fn remember(&self, info: &DeviceInfo) {
        if let Some(ip) = info.ip {
            self.clients.insert(ip, info.clone());
        }
    }

    /// Adds the MAC address that DHCP told of the address of a request, unless its facts say who it is, or contradict. The
    /// rest of what DHCP told is no news: a firmware version of then must not replace a later one.
    pub(super) fn complete(&self, info: &mut DeviceInfo) {
        let Some(ip) = info.ip.filter(|_| !info.has_identity()) else { return };
        if let Some(client) = self.clients.get(&ip).filter(|client| !client.contradicts(info)) {
            info.mac = client.mac;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ip: &str) -> DeviceInfo {
        DeviceInfo { ip: Some(ip.parse().unwrap()), ..DeviceInfo::default() }
    }

    #[test]
    fn a_request_without_identity_gets_that_of_its_address() {
        let leases = Leases::default();
        let mac = "00:0e:08:00:00:01".parse().ok();
        leases.remember(&DeviceInfo { mac, ..at("192.0.2.1") });
        let (mut known, mut unknown) = (at("192.0.2.1"), at("192.0.2.2"));
        leases.complete(&mut known);
        leases.complete(&mut unknown);
        assert_eq!((known.mac, unknown.mac), (mac, None));
        let mut other = DeviceInfo { mac: "00:0e:08:00:00:02".parse().ok(), ..at("192.0.2.1") };
        let stated = other.clone();
        leases.complete(&mut other);
        assert_eq!(other, stated);
    }
}
