//! What an administrator decides about identification: who is looked for, who is created, whose record is kept true.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use thiserror::Error;

/// How the device behind a request is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Retriever {
    /// By MAC address, serial number, UUID, address; an unknown one is created.
    #[default]
    Default,
    /// By MAC address, serial number, address; an unknown one stays unknown.
    Secure,
    /// As by default, but an unknown one waits until an administrator approves it.
    Approve,
}

/// What a request changes in a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Updater {
    /// Everything it reveals.
    #[default]
    Default,
    /// Nothing.
    Secure,
}

/// What phones must show over HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpAuthStrategy {
    /// Nothing.
    #[default]
    None,
    /// The provisioning key of a tenant, as first part of each path.
    UrlKey,
}

/// How many devices requests from one network may create. A network is an IPv4 /24 or an IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoCreation {
    /// So many at once, after a quiet time.
    pub burst: u32,
    /// And so many more each minute.
    pub per_minute: u32,
    /// But never more than so many that no administrator has changed.
    pub ceiling: u32,
}

/// A whole site may come up at once after a power cut, behind one address even; a scan should end soon.
impl Default for AutoCreation {
    fn default() -> AutoCreation {
        AutoCreation { burst: 10_000, per_minute: 600, ceiling: 20_000 }
    }
}

/// Networks whose phones are behind NAT: several may have one address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NatNetworks(Vec<IpNet>);

/// Text that names no policy or network.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`{text}`: expected {expected}")]
pub struct InvalidPolicy {
    text: String,
    expected: &'static str,
}

fn invalid(text: &str, expected: &'static str) -> InvalidPolicy {
    InvalidPolicy { text: text.to_owned(), expected }
}

impl FromStr for Retriever {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Retriever, InvalidPolicy> {
        match text {
            "default" => Ok(Retriever::Default),
            "secure" => Ok(Retriever::Secure),
            "approve" => Ok(Retriever::Approve),
            _ => Err(invalid(text, "default, secure or approve")),
        }
    }
}

impl FromStr for Updater {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<Updater, InvalidPolicy> {
        match text {
            "default" => Ok(Updater::Default),
            "secure" => Ok(Updater::Secure),
            _ => Err(invalid(text, "default or secure")),
        }
    }
}

impl FromStr for HttpAuthStrategy {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<HttpAuthStrategy, InvalidPolicy> {
        match text {
            "none" => Ok(HttpAuthStrategy::None),
            "url_key" => Ok(HttpAuthStrategy::UrlKey),
            _ => Err(invalid(text, "none or url_key")),
        }
    }
}

impl NatNetworks {
    /// Whether all phones may share addresses.
    pub fn is_everywhere(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0 && network.addr().is_ipv4())
    }

    /// Whether phones at this address may share it.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&ip))
    }
}

/// `true`, `false`, or networks and addresses separated by commas: `10.1.0.0/16,203.0.113.7`.
impl FromStr for NatNetworks {
    type Err = InvalidPolicy;

    fn from_str(text: &str) -> Result<NatNetworks, InvalidPolicy> {
        let everywhere = || vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
        match text.trim() {
            "true" => return Ok(NatNetworks(everywhere())),
            "false" | "" => return Ok(NatNetworks::default()),
            _ => {}
        }
        let network = |part: &str| {
            let address = || part.parse::<IpAddr>().map(IpNet::from);
            part.parse()
                .or_else(|_| address())
                .map_err(|_| invalid(part, "true, false, or networks such as 10.1.0.0/16,203.0.113.7"))
        };
        text.split(',').map(|part| network(part.trim())).collect::<Result<_, _>>().map(NatNetworks)
    }
}

impl fmt::Display for NatNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

/// The network an address belongs to where devices are counted: `192.0.2.0/24`, `2001:db8::/64`.
pub fn network_of(ip: IpAddr) -> String {
    let length = if ip.is_ipv4() { 24 } else { 64 };
    IpNet::new(ip, length).map_or_else(|_| ip.to_string(), |network| network.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nat_is_everywhere_nowhere_or_in_networks() {
        let nat = |text: &str, ip: &str| text.parse::<NatNetworks>().unwrap().contains(ip.parse().unwrap());
        assert!(nat("true", "192.0.2.1") && nat("true", "2001:db8::1") && !nat("false", "192.0.2.1"));
        let some = "10.1.0.0/16, 203.0.113.7,2001:db8::/32";
        assert!(nat(some, "10.1.2.3") && nat(some, "203.0.113.7") && nat(some, "2001:db8::1"));
        assert!(!nat(some, "10.2.0.1") && !nat(some, "203.0.113.8"));
        let error = "10.1/16".parse::<NatNetworks>().unwrap_err().to_string();
        assert!(error.contains("10.1/16") && error.contains("10.1.0.0/16"), "{error}");
    }

    #[test]
    fn a_network_is_what_one_site_has() {
        assert_eq!(network_of("192.0.2.77".parse().unwrap()), "192.0.2.0/24");
        assert_eq!(network_of("2001:db8::1:2:3:4".parse().unwrap()), "2001:db8::/64");
    }
}
