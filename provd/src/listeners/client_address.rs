//! Which phone is asking: the socket's peer, or what trusted proxies say of it.
//!
//! Only the entries that trusted proxies appended to `X-Forwarded-For` are believed; a phone can write whatever it
//! likes to the left of them.

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

/// Why no address could be told.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("X-Forwarded-For says {entry:?} where an IP address was expected")]
pub(super) struct ForwardedError {
    entry: String,
}

/// A peer as a phone's address: an IPv4 address that arrived on an IPv6 socket is shown as IPv4.
pub(super) fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::new(ip.into(), peer.port()),
        IpAddr::V6(_) => peer,
    }
}

/// The address of the phone behind `trusted_proxies` proxies.
///
/// `forwarded` are the values of all `X-Forwarded-For` headers in the order received. Each proxy appends the address it
/// was asked from, so the phone's is the `trusted_proxies`-th from the right, or the leftmost when fewer are there.
/// Without trusted proxies, or without the header, it is the peer's.
pub(super) fn behind_proxies<'a>(
    peer: IpAddr,
    forwarded: impl Iterator<Item = &'a str>,
    trusted_proxies: usize,
) -> Result<IpAddr, ForwardedError> {
    if trusted_proxies == 0 {
        return Ok(peer.to_canonical());
    }
    let entries: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    if entries.is_empty() {
        return Ok(peer.to_canonical());
    }
    let entry = entries[entries.len().saturating_sub(trusted_proxies)].trim();
    parse_entry(entry).map(|ip| ip.to_canonical()).ok_or_else(|| ForwardedError { entry: shortened(entry) })
}

/// Proxies write `192.0.2.1`, `192.0.2.1:5060`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:5060`, some in quotes.
fn parse_entry(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(entry);
    if let Ok(ip) = bare.parse() {
        return Some(ip);
    }
    if let Ok(address) = bare.parse::<SocketAddr>() {
        return Some(address.ip());
    }
    bare.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Enough of a wrong entry to recognise it in a log.
fn shortened(entry: &str) -> String {
    entry.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(forwarded: &[&str], trusted_proxies: usize) -> Result<String, ForwardedError> {
        let peer = "198.51.100.9".parse().unwrap();
        behind_proxies(peer, forwarded.iter().copied(), trusted_proxies).map(|ip| ip.to_string())
    }

    #[test]
    fn without_trusted_proxies_the_header_is_not_believed() {
        assert_eq!(told(&["192.0.2.1"], 0).unwrap(), "198.51.100.9");
    }

    #[test]
    fn without_the_header_it_is_the_peer() {
        assert_eq!(told(&[], 2).unwrap(), "198.51.100.9");
    }

    #[test]
    fn entries_count_from_the_right_over_all_headers() {
        let headers = ["192.0.2.1, 192.0.2.2", "192.0.2.3"];
        assert_eq!(told(&headers, 1).unwrap(), "192.0.2.3");
        assert_eq!(told(&headers, 2).unwrap(), "192.0.2.2");
        assert_eq!(told(&headers, 3).unwrap(), "192.0.2.1");
        assert_eq!(told(&headers, 9).unwrap(), "192.0.2.1");
    }

    #[test]
    fn entries_may_have_ports_brackets_and_quotes() {
        for (entry, ip) in [
            ("192.0.2.1:5060", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:5060", "2001:db8::1"),
            ("\"[2001:db8::1]:5060\"", "2001:db8::1"),
            ("\"192.0.2.1\"", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(told(&[entry], 1).unwrap(), ip, "{entry}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_named() {
        for entry in ["", "unknown", "192.0.2.1:port", "[2001:db8::1", "\""] {
            let error = told(&[entry], 1).unwrap_err();
            assert!(error.to_string().contains(&format!("{entry:?}")), "{error}");
        }
    }

    #[test]
    fn an_ipv4_peer_of_an_ipv6_socket_is_shown_as_ipv4() {
        let mapped = "[::ffff:192.0.2.7]:69".parse().unwrap();
        assert_eq!(canonical(mapped).to_string(), "192.0.2.7:69");
        let real = "[2001:db8::7]:69".parse().unwrap();
        assert_eq!(canonical(real), real);
    }
}
