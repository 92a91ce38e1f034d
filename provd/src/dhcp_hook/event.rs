//! What happened to a lease, as the REST interface wants to be told.
//!
//! Pure: neither where it comes from nor how it gets there is known here. Only Ethernet is spoken of, for a MAC address is
//! what a phone is found by.

use std::net::IpAddr;

use provd_proto::mac::{InvalidMac, Mac};
use serde_json::json;
use thiserror::Error;

/// Code of the vendor class identifier (RFC 2132 §9.13).
const VENDOR_CLASS: u8 = 60;

/// What a DHCP server said that is no event.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum NoEvent {
    /// Something without which nothing can be told.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Not one of the words that this server has for what happened.
    #[error("`{0}` is nothing that happens to a lease; expected {1}")]
    Happening(String, &'static str),
    /// The address is none.
    #[error("`{0}` is not an IP address")]
    Ip(String),
    /// The hardware address is none of Ethernet.
    #[error(transparent)]
    Mac(#[from] InvalidMac),
    /// An option is not spelled as one.
    #[error(
        "`{0}` is not an option: expected three decimal digits and bytes in hexadecimal, as in 06043.69.73"
    )]
    Option(String),
}

/// What happened to the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    /// Given, or given for longer.
    Commit,
    /// Given back.
    Release,
    /// Run out.
    Expiry,
}

/// What happened to which lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) happening: Happening,
    pub(super) ip: IpAddr,
    pub(super) mac: Mac,
    /// Options of the client: three decimal digits, then bytes in hexadecimal with dots between them.
    pub(super) options: Vec<String>,
}

impl Event {
    /// The body of the request that tells of it. A client that no plugin knows is not to become a device.
    pub(super) fn body(&self) -> String {
        let op = match self.happening {
            Happening::Commit => "commit",
            Happening::Release => "release",
            Happening::Expiry => "expiry",
        };
        let info = json!({
            "op": op, "ip": self.ip.to_string(), "mac": self.mac.to_string(), "options": self.options,
            "only_phones": true,
        });
        json!({ "dhcp_info": info }).to_string()
    }
}

pub(super) fn parse_ip(text: &str) -> Result<IpAddr, NoEvent> {
    text.parse().map_err(|_| NoEvent::Ip(shortened(text)))
}

/// An option that is spelled as it is to be sent. One that holds no bytes says nothing.
pub(super) fn parse_option(text: &str) -> Result<Option<String>, NoEvent> {
    let wrong = || NoEvent::Option(shortened(text));
    let (code, bytes) = text.split_at_checked(3).ok_or_else(wrong)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_digit()) && code.parse::<u8>().is_ok();
    let is_byte =
        |digits: &str| matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    match bytes {
        "" if is_code => Ok(None),
        bytes if is_code && bytes.split('.').all(is_byte) => Ok(Some(text.to_owned())),
        _ => Err(wrong()),
    }
}

/// The option that says of which make a client is.
pub(super) fn vendor_class(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{VENDOR_CLASS:03}{}", bytes.join("."))
}

/// Enough of a wrong value to recognise it, and nothing a terminal would obey.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(64).filter(|character| !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_event_is_told_as_the_interface_wants_it() {
        let event = Event {
            happening: Happening::Commit,
            ip: "192.0.2.7".parse().unwrap(),
            mac: "0:8:5d:23:74:29".parse().unwrap(),
            options: vec![vendor_class(b"Cisco")],
        };
        assert_eq!(
            event.body(),
            r#"{"dhcp_info":{"op":"commit","ip":"192.0.2.7","mac":"00:08:5d:23:74:29","options":["06043.69.73.63.6f"],"only_phones":true}}"#
        );
    }

    #[test]
    fn an_option_is_kept_as_it_is_or_refused() {
        assert_eq!(parse_option("06043.69.0"), Ok(Some("06043.69.0".to_owned())));
        assert_eq!(parse_option("060"), Ok(None));
        for wrong in ["", "06", "060.", "06043..69", "256", "2560a", "060123", "é60", "+6043", "060zz"] {
            assert_eq!(parse_option(wrong), Err(NoEvent::Option(wrong.to_owned())), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_option_or_none(text in ".*", bytes in prop::collection::vec(any::<u8>(), 1..40)) {
            let _ = parse_option(&text);
            let spelled = vendor_class(&bytes);
            prop_assert_eq!(parse_option(&spelled), Ok(Some(spelled)));
        }
    }
}
