//! What ISC dhcpd hands over: the arguments that its configuration gives to `execute()`, see `dhcp-eval(5)`.

use super::event::{Event, Happening, NoEvent, parse_ip, parse_option, shortened};

/// Reads `commit|release|expiry IP MAC [OPTION…]`. MAC addresses come without leading zeros.
pub(super) fn read(arguments: &[String]) -> Result<Vec<Event>, NoEvent> {
    let mut arguments = arguments.iter();
    let happening = match arguments.next().map(String::as_str) {
        Some("commit") => Happening::Commit,
        Some("release") => Happening::Release,
        Some("expiry") => Happening::Expiry,
        Some(other) => return Err(NoEvent::Happening(shortened(other), "commit, release or expiry")),
        None => return Err(NoEvent::Missing("what happened (commit, release or expiry)")),
    };
    let ip = parse_ip(arguments.next().ok_or(NoEvent::Missing("the IP address"))?)?;
    let mac = arguments.next().ok_or(NoEvent::Missing("the MAC address"))?.parse()?;
    let options: Result<Vec<_>, _> = arguments.map(|option| parse_option(option)).collect();
    Ok(vec![Event { happening, ip, mac, options: options?.into_iter().flatten().collect() }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(line: &str) -> Result<Vec<Event>, NoEvent> {
        read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_lease_is_read() {
        let events = read_words("commit 192.0.2.100 0:1b:54:aa:bb:cc 06043.69.0").unwrap();
        let [event] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!((event.happening, event.mac.to_string()), (Happening::Commit, "00:1b:54:aa:bb:cc".into()));
        assert_eq!(event.options, ["06043.69.0"]);
        let events = read_words("expiry 192.0.2.100 0:1b:54:aa:bb:cc").unwrap();
        assert_eq!((events[0].happening, events[0].options.len()), (Happening::Expiry, 0));
    }

    #[test]
    fn a_client_without_the_option_is_told_of_all_the_same() {
        assert!(read_words("commit 192.0.2.100 0:1b:54:aa:bb:cc 060").unwrap()[0].options.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("", "what happened"),
            ("offer 192.0.2.100 0:1b:54:aa:bb:cc", "`offer`"),
            ("commit", "IP address"),
            ("commit nowhere 0:1b:54:aa:bb:cc", "`nowhere`"),
            ("commit 192.0.2.100", "MAC address"),
            ("commit 192.0.2.100 0:0", "`0:0`"),
            ("commit 192.0.2.100 0:1b:54:aa:bb:cc Cisco", "`Cisco`"),
        ] {
            let error = read_words(line).unwrap_err().to_string();
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
