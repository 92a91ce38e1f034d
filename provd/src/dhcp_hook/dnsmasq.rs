//! What dnsmasq hands over to its `dhcp-script`: `add|old|del MAC IP [NAME]`, the rest as environment variables.
//!
//! Other things that it calls the same script for (files it sent, neighbours it saw) are no leases and pass silently.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::event::{Event, Happening, NoEvent, parse_ip, shortened, vendor_class};

/// Reads one call.
///
/// `old` is a lease that is told of again: dnsmasq was started, or the lease was renewed. After a start the vendor class is
/// not known to it any more.
pub(super) fn read(
    arguments: &[String],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<Event>, NoEvent> {
    let happening = match arguments.first().map(String::as_str) {
        Some("add" | "old") => Happening::Commit,
        Some("del") => Happening::Expiry,
        Some("tftp" | "arp-add" | "arp-del" | "init" | "relay-snoop") => return Ok(Vec::new()),
        Some(other) => return Err(NoEvent::Happening(shortened(other), "add, old or del")),
        None => return Err(NoEvent::Missing("what happened (add, old or del)")),
    };
    let hardware = arguments.get(1).ok_or(NoEvent::Missing("the MAC address"))?;
    let ip = parse_ip(arguments.get(2).ok_or(NoEvent::Missing("the IP address"))?)?;
    if ip.is_ipv6() || is_other_network(hardware) {
        return Ok(Vec::new());
    }
    let class = variable("DNSMASQ_VENDOR_CLASS").map(OsString::into_vec).filter(|class| !class.is_empty());
    let options = class.map(|class| vendor_class(&class)).into_iter().collect();
    Ok(vec![Event { happening, ip, mac: hardware.parse()?, options }])
}

/// Hardware other than Ethernet has its type in front: `06-01:23:45:67:89:ab`.
fn is_other_network(hardware: &str) -> bool {
    hardware.contains('-') && hardware.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(line: &str, class: &str) -> Result<Vec<Event>, NoEvent> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words, |name| (name == "DNSMASQ_VENDOR_CLASS").then(|| class.into()))
    }

    #[test]
    fn a_lease_is_read() {
        let events = read_words("add 00:1b:54:aa:bb:cc 192.0.2.106 SEP001B54AABBCC", "Ci").unwrap();
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.happening, event.ip.to_string()), (Happening::Commit, "192.0.2.106".to_owned()));
        assert_eq!(event.options, ["06043.69"]);
        let events = read_words("del 00:1b:54:aa:bb:cc 192.0.2.106", "").unwrap();
        assert_eq!((events[0].happening, events[0].options.len()), (Happening::Expiry, 0));
    }

    #[test]
    fn what_is_no_lease_of_a_phone_passes_silently() {
        for line in [
            "tftp 1024 192.0.2.106 /srv/tftp/file",
            "arp-add 00:1b:54:aa:bb:cc 192.0.2.106",
            "add 06-01:23:45:67:89:ab 192.0.2.106",
            "add 00:01:00:01:2a:2b:2c:2d 2001:db8::7 host",
        ] {
            assert_eq!(read_words(line, "Ci"), Ok(Vec::new()), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("", "what happened"),
            ("frobnicate", "`frobnicate`"),
            ("add", "MAC address"),
            ("add 00:1b:54:aa:bb:cc", "IP address"),
            ("add 00:1b:54:aa:bb:cc here", "`here`"),
            ("add somebody 192.0.2.106", "`somebody`"),
        ] {
            let error = read_words(line, "").unwrap_err().to_string();
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
