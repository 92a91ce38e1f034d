//! What DHCP told of addresses whose client no plugin recognised: no reason to create a device, but when that address asks
//! for a file without saying who it is, its MAC address is known.

use std::net::IpAddr;
use std::time::Duration;

use moka::sync::Cache;

use crate::domain::device_info::DeviceInfo;
use crate::domain::mac::Mac;

/// Leases that are remembered.
const LEASES: u64 = 100_000;
/// For how long, in the absence of anything better: the lease time is not always told.
const LIFETIME: Duration = Duration::from_hours(24);

/// Clients by their address.
#[derive(Debug)]
pub(super) struct Leases {
    clients: Cache<IpAddr, DeviceInfo>,
    /// Where each client is: it has left any other address.
    addresses: Cache<Mac, IpAddr>,
}

impl Default for Leases {
    fn default() -> Leases {
        Leases {
            clients: Cache::builder().max_capacity(LEASES).time_to_live(LIFETIME).build(),
            addresses: Cache::builder().max_capacity(LEASES).time_to_live(LIFETIME).build(),
        }
    }
}

impl Leases {
    /// Remembers who has an address now.
    pub(super) fn remember(&self, info: &DeviceInfo) {
        let (Some(ip), Some(mac)) = (info.ip, info.mac) else { return };
        if let Some(left) = self.addresses.get(&mac).filter(|left| *left != ip) {
            self.clients.invalidate(&left);
        }
        self.addresses.insert(mac, ip);
        self.clients.insert(ip, info.clone());
    }

    /// Adds the MAC address that DHCP told of the address of a request to its facts, unless they say nothing at all, which
    /// a browser there would, say who it is, or contradict. The rest of what DHCP told is no news: a firmware version of
    /// then must not replace a later one.
    pub(super) fn complete(&self, info: &mut DeviceInfo) {
        let Some(ip) = info.ip.filter(|_| info.says_more_than_address() && !info.has_identity()) else {
            return;
        };
        if let Some(client) = self.clients.get(&ip).filter(|client| !client.contradicts(info)) {
            info.mac = client.mac;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: &str = "00:0e:08:00:00:01";

    fn phone_at(ip: &str) -> DeviceInfo {
        let vendor = Some("Linksys".to_owned());
        DeviceInfo { ip: Some(ip.parse().unwrap()), vendor, ..DeviceInfo::default() }
    }

    fn client_at(ip: &str) -> DeviceInfo {
        DeviceInfo { mac: MAC.parse().ok(), vendor: None, ..phone_at(ip) }
    }

    fn completed(leases: &Leases, info: &DeviceInfo) -> DeviceInfo {
        let mut info = info.clone();
        leases.complete(&mut info);
        info
    }

    #[test]
    fn a_phone_without_identity_gets_that_of_its_address() {
        let leases = Leases::default();
        leases.remember(&client_at("192.0.2.1"));
        assert_eq!(completed(&leases, &phone_at("192.0.2.1")).mac, MAC.parse().ok());
        assert_eq!(completed(&leases, &phone_at("192.0.2.2")).mac, None);
        let other = DeviceInfo { mac: "00:0e:08:00:00:02".parse().ok(), ..phone_at("192.0.2.1") };
        assert_eq!(completed(&leases, &other), other);
        let browser = DeviceInfo { vendor: None, ..phone_at("192.0.2.1") };
        assert_eq!(completed(&leases, &browser), browser);
    }

    #[test]
    fn a_client_that_moved_has_left_its_address() {
        let leases = Leases::default();
        leases.remember(&client_at("192.0.2.1"));
        leases.remember(&client_at("192.0.2.6"));
        assert_eq!(completed(&leases, &phone_at("192.0.2.1")).mac, None);
        assert_eq!(completed(&leases, &phone_at("192.0.2.6")).mac, MAC.parse().ok());
    }
}
