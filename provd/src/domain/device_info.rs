//! Facts about a phone, as one request reveals them or as its record accumulates them.

use std::fmt;
use std::net::IpAddr;

use super::mac::Mac;

/// What is known of a phone. An absent field is a fact nobody has stated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct DeviceInfo {
    /// Address it was last seen at.
    pub ip: Option<IpAddr>,
    /// MAC address.
    pub mac: Option<Mac>,
    /// Serial number as the vendor prints it.
    pub sn: Option<String>,
    /// Lower-case hyphenated UUID; softphones carry one.
    pub uuid: Option<String>,
    /// `Aastra`
    pub vendor: Option<String>,
    /// `6731i`
    pub model: Option<String>,
    /// Firmware version, `3.2.2.1136`.
    pub version: Option<String>,
}

impl DeviceInfo {
    /// Whether something other than an address says which phone this is.
    pub fn has_identity(&self) -> bool {
        self.mac.is_some() || self.sn.is_some() || self.uuid.is_some()
    }

    /// Whether anything but the address is known.
    pub fn says_more_than_address(&self) -> bool {
        self.has_identity() || self.vendor.is_some() || self.model.is_some() || self.version.is_some()
    }

    /// Takes over each fact that is missing here.
    pub fn fill_from(&mut self, other: &DeviceInfo) {
        fn fill<T: Clone>(into: &mut Option<T>, from: Option<&T>) {
            if into.is_none() {
                *into = from.cloned();
            }
        }
        fill(&mut self.ip, other.ip.as_ref());
        fill(&mut self.mac, other.mac.as_ref());
        fill(&mut self.sn, other.sn.as_ref());
        fill(&mut self.uuid, other.uuid.as_ref());
        fill(&mut self.vendor, other.vendor.as_ref());
        fill(&mut self.model, other.model.as_ref());
        fill(&mut self.version, other.version.as_ref());
    }

    /// Whether a *known* MAC address, vendor or model here differs from one known there: then an equal address does not
    /// make them one phone.
    pub fn contradicts(&self, other: &DeviceInfo) -> bool {
        fn differ<T: PartialEq>(one: Option<&T>, two: Option<&T>) -> bool {
            matches!((one, two), (Some(one), Some(two)) if one != two)
        }
        differ(self.mac.as_ref(), other.mac.as_ref())
            || differ(self.vendor.as_ref(), other.vendor.as_ref())
            || differ(self.model.as_ref(), other.model.as_ref())
    }
}

/// One line for the log: `{vendor: Aastra, model: 6731i, …}`, unknown facts left out, what phones sent escaped.
impl fmt::Display for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [
            ("vendor", self.vendor.as_deref()),
            ("model", self.model.as_deref()),
            ("version", self.version.as_deref()),
            ("sn", self.sn.as_deref()),
            ("uuid", self.uuid.as_deref()),
        ];
        let mac = self.mac.map(|mac| mac.to_string());
        let ip = self.ip.map(|ip| ip.to_string());
        let addresses = [("mac", mac.as_deref()), ("ip", ip.as_deref())];
        let mut separator = "";
        f.write_str("{")?;
        for (name, value) in texts.into_iter().chain(addresses) {
            if let Some(value) = value {
                write!(f, "{separator}{name}: {}", value.escape_debug())?;
                separator = ", ";
            }
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(vendor: &str, mac: Option<&str>) -> DeviceInfo {
        DeviceInfo {
            vendor: Some(vendor.to_owned()),
            mac: mac.map(|mac| mac.parse().unwrap()),
            ..DeviceInfo::default()
        }
    }

    #[test]
    fn unknown_facts_contradict_nothing() {
        assert!(!info("Aastra", None).contradicts(&info("Aastra", Some("00:08:5d:00:00:01"))));
        assert!(info("Aastra", None).contradicts(&info("Cisco", None)));
    }

    #[test]
    fn filling_keeps_what_is_known() {
        let mut known = info("Aastra", None);
        known.fill_from(&info("Cisco", Some("00:08:5d:00:00:01")));
        assert_eq!(known, info("Aastra", Some("00:08:5d:00:00:01")));
        assert_eq!(known.to_string(), "{vendor: Aastra, mac: 00:08:5d:00:00:01}");
    }
}
