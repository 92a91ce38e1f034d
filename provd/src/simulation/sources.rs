//! The addresses phones ask from. On the machine's own loopback, or in a network that is routed to it, each has its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use ipnet::IpNet;

use super::Problem;

/// First of the second octets of loopback addresses that phones have: nobody listens there.
const LOOPBACK: u64 = 100;
/// How many second octets there are for phones.
const LOOPBACKS: u64 = 150;

/// Where phones are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sources {
    /// All have the address this machine has anyway.
    Shared,
    /// On the loopback interface, 254 in each /24.
    Loopback,
    /// One after the other in a network.
    Network(IpNet),
}

impl Sources {
    /// In the network that was wanted, else as it fits the servers.
    pub(super) fn choose(wanted: Option<IpNet>, servers: &[IpAddr]) -> Result<Sources, Problem> {
        let Some(network) = wanted else {
            let is_local = !servers.is_empty() && servers.iter().all(|ip| ip.is_ipv4() && ip.is_loopback());
            return Ok(if is_local { Sources::Loopback } else { Sources::Shared });
        };
        if servers.iter().any(|ip| ip.is_ipv4() != network.addr().is_ipv4()) {
            return Err(Problem::Usage(format!(
                "--from {network}: the server has an address of another kind"
            )));
        }
        let sources = Sources::Network(network);
        let first = sources.address(0).unwrap_or_else(|| network.addr());
        UdpSocket::bind((first, 0)).map_err(|error| {
            Problem::Usage(format!(
                "--from {network}: {first} is no address of this machine ({error}); `ip route add local {network} dev lo` \
                 makes all of them its own, and the server needs a route back"
            ))
        })?;
        Ok(sources)
    }

    /// The address of a phone, if it has its own. Where there are fewer addresses than phones, they begin again.
    pub(super) fn address(self, number: u64) -> Option<IpAddr> {
        match self {
            Sources::Shared => None,
            Sources::Loopback => {
                let (host, net) = (1 + number % 254, number / 254);
                let octet = |value: u64| u8::try_from(value).unwrap_or(u8::MAX);
                let second = LOOPBACK + net / 256 % LOOPBACKS;
                Some(Ipv4Addr::new(127, octet(second), octet(net % 256), octet(host)).into())
            }
            Sources::Network(IpNet::V4(network)) => {
                // The first and the last of a network are not a phone's.
                let hosts = (1u64 << (32 - network.prefix_len())).saturating_sub(2);
                let offset = if hosts == 0 { 0 } else { 1 + number % hosts };
                let bits = u64::from(network.network().to_bits()) + offset;
                Some(Ipv4Addr::from_bits(u32::try_from(bits).ok()?).into())
            }
            Sources::Network(IpNet::V6(network)) => {
                let last = network.hostmask().to_bits();
                let offset = if last == 0 { 0 } else { 1 + u128::from(number) % last };
                Some(Ipv6Addr::from_bits(network.network().to_bits() + offset).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn address(network: &str, number: u64) -> String {
        Sources::Network(network.parse().unwrap()).address(number).unwrap().to_string()
    }

    #[test]
    fn on_the_loopback_interface_each_phone_has_its_own() {
        let all: BTreeSet<IpAddr> =
            (0..100_000).filter_map(|number| Sources::Loopback.address(number)).collect();
        assert_eq!(all.len(), 100_000);
        assert!(all.iter().all(IpAddr::is_loopback));
        assert_eq!(Sources::Loopback.address(254).unwrap().to_string(), "127.100.1.1");
    }

    #[test]
    fn a_network_is_filled_and_begun_again() {
        assert_eq!(address("10.9.0.0/30", 0), "10.9.0.1");
        assert_eq!(address("10.9.0.0/30", 1), "10.9.0.2");
        assert_eq!(address("10.9.0.0/30", 2), "10.9.0.1");
        assert_eq!(address("10.9.0.7/32", 5), "10.9.0.7");
        assert_eq!(address("2001:db8::/64", 1), "2001:db8::2");
        assert_eq!(address("2001:db8::5/128", 1), "2001:db8::5");
    }

    #[test]
    fn only_a_server_on_this_machine_is_asked_from_its_loopback_interface() {
        let chosen = |servers: &[&str]| {
            let servers: Vec<IpAddr> = servers.iter().map(|ip| ip.parse().unwrap()).collect();
            Sources::choose(None, &servers).unwrap().address(0).is_some()
        };
        assert!(chosen(&["127.0.0.1", "127.0.0.1"]));
        assert!(!chosen(&["127.0.0.1", "192.0.2.1"]) && !chosen(&["::1"]) && !chosen(&[]));
        let error = Sources::choose(Some("192.0.2.0/24".parse().unwrap()), &[]).unwrap_err().to_string();
        assert!(error.contains("ip route add local 192.0.2.0/24"), "{error}");
    }
}
