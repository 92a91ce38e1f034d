//! What a DHCP server tells of a lease, from its JSON document to a [`Request`].
//!
//! Pure: whoever carries the document here, and hands the request on, is somebody else. A lease that ends is no request.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Map, Value};
use thiserror::Error;

use crate::domain::mac::InvalidMac;
use crate::domain::request::{DhcpRequest, Request, RequestKind};

/// A document that tells of no lease.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidDhcpInfo {
    /// A key that must be text is absent or holds something else.
    #[error("{0}: expected text")]
    NotText(&'static str),
    /// A key that may only be true or false holds something else.
    #[error("{0}: expected true or false")]
    NotFlag(&'static str),
    /// `op` is none of those a DHCP server has.
    #[error("op: expected commit, release or expiry, not `{0}`")]
    Operation(String),
    /// `ip` is none.
    #[error("ip: `{0}` is not an IPv4 or IPv6 address")]
    Ip(String),
    /// `mac` is none.
    #[error("mac: {0}")]
    Mac(#[from] InvalidMac),
    /// `options` is absent or no list of texts.
    #[error("options: expected a list of texts")]
    NotOptions,
    /// An option is not spelled as one.
    #[error(
        "options: expected three decimal digits up to 255 and bytes in hexadecimal, as in 06043.69, not `{0}`"
    )]
    Option(String),
}

/// Reads `{"op", "ip", "mac", "options"}`, and `"only_phones"` if it is there. Nothing comes of a lease that was released or
/// expired.
///
/// The address may be in any form that `inet_aton` takes, the MAC address in any usual spelling; an option is its code
/// in three decimal digits, then bytes in hexadecimal with dots between them. Of a repeated option the last counts.
pub fn parse(info: &Map<String, Value>) -> Result<Option<Request>, InvalidDhcpInfo> {
    let operation = text(info, "op")?;
    let address = text(info, "ip")?;
    let ip = parse_ip(address).ok_or_else(|| InvalidDhcpInfo::Ip(shortened(address)))?;
    match operation {
        "commit" => {
            let mac = text(info, "mac")?.parse()?;
            let kind = RequestKind::Dhcp(DhcpRequest {
                mac,
                options: parse_options(info.get("options"))?,
                only_phones: flag(info, "only_phones")?,
            });
            Ok(Some(Request { ip, kind }))
        }
        "release" | "expiry" => Ok(None),
        other => Err(InvalidDhcpInfo::Operation(shortened(other))),
    }
}

fn text<'a>(info: &'a Map<String, Value>, key: &'static str) -> Result<&'a str, InvalidDhcpInfo> {
    info.get(key).and_then(Value::as_str).ok_or(InvalidDhcpInfo::NotText(key))
}

fn flag(info: &Map<String, Value>, key: &'static str) -> Result<bool, InvalidDhcpInfo> {
    match info.get(key) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or(InvalidDhcpInfo::NotFlag(key)),
    }
}

fn parse_options(options: Option<&Value>) -> Result<BTreeMap<u8, Vec<u8>>, InvalidDhcpInfo> {
    let options = options.and_then(Value::as_array).ok_or(InvalidDhcpInfo::NotOptions)?;
    options
        .iter()
        .map(|option| {
            let option = option.as_str().ok_or(InvalidDhcpInfo::NotOptions)?;
            parse_option(option).ok_or_else(|| InvalidDhcpInfo::Option(shortened(option)))
        })
        .collect()
}

fn parse_option(option: &str) -> Option<(u8, Vec<u8>)> {
    let (code, bytes) = option.split_at_checked(3)?;
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let bytes = bytes.split('.').map(parse_byte).collect::<Option<_>>()?;
    Some((code.parse().ok()?, bytes))
}

/// One or two hexadecimal digits: DHCP servers leave leading zeros out.
fn parse_byte(digits: &str) -> Option<u8> {
    let spelled = matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if spelled { u8::from_str_radix(digits, 16).ok() } else { None }
}

fn parse_ip(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse().ok().map(|ip: IpAddr| ip.to_canonical());
    }
    parse_inet_aton(text).map(IpAddr::V4)
}

/// One to four numbers, the last of which fills all bytes that are left: `10.1` is `10.0.0.1` (POSIX `inet_addr`).
fn parse_inet_aton(text: &str) -> Option<Ipv4Addr> {
    let numbers = text.split('.').map(parse_number).collect::<Option<Vec<u32>>>()?;
    let (last, leading) = numbers.split_last()?;
    let bytes_left = 4_usize.checked_sub(leading.len()).filter(|left| *left > 0)?;
    if bytes_left < 4 && *last >> (8 * bytes_left) != 0 {
        return None;
    }
    let mut address = *last;
    for (position, number) in leading.iter().enumerate() {
        address |= u32::from(u8::try_from(*number).ok()?) << (24 - 8 * position);
    }
    Some(Ipv4Addr::from(address))
}

/// Decimal, octal after `0`, hexadecimal after `0x`, as in C.
fn parse_number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    // `from_str_radix` would take a sign.
    if digits.chars().all(|digit| digit.is_digit(radix)) {
        u32::from_str_radix(digits, radix).ok()
    } else {
        None
    }
}

/// Enough of a wrong value to recognise it.
fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(document: &Value) -> Result<Option<Request>, InvalidDhcpInfo> {
        parse(document.as_object().unwrap())
    }

    fn commit(ip: &str, mac: &str, options: &[&str]) -> Result<Request, InvalidDhcpInfo> {
        read(&json!({"op": "commit", "ip": ip, "mac": mac, "options": options})).map(Option::unwrap)
    }

    #[test]
    fn a_commit_is_a_request() {
        let request = commit("192.0.2.7", "0:8:5d:23:74:29", &["06043.69.0", "012a"]).unwrap();
        assert_eq!(request.ip.to_string(), "192.0.2.7");
        let RequestKind::Dhcp(dhcp) = request.kind else { panic!("not DHCP") };
        assert_eq!(dhcp.mac.to_string(), "00:08:5d:23:74:29");
        assert_eq!(dhcp.vendor_class().as_deref(), Some("Ci"));
        assert_eq!(dhcp.options[&12], [0x0a]);
    }

    #[test]
    fn a_server_of_more_than_phones_can_say_so() {
        let tell = |only_phones: Value| {
            read(&json!({
                "op": "commit", "ip": "192.0.2.7", "mac": "00:08:5d:23:74:29", "options": [], "only_phones": only_phones,
            }))
        };
        for stated in [true, false] {
            let RequestKind::Dhcp(dhcp) = tell(json!(stated)).unwrap().unwrap().kind else {
                panic!("not DHCP")
            };
            assert_eq!(dhcp.only_phones, stated);
        }
        assert_eq!(tell(json!("yes")), Err(InvalidDhcpInfo::NotFlag("only_phones")));
        let request = commit("192.0.2.7", "00:08:5d:23:74:29", &[]).unwrap();
        assert!(matches!(request.kind, RequestKind::Dhcp(DhcpRequest { only_phones: false, .. })));
    }

    #[test]
    fn the_end_of_a_lease_is_no_request() {
        for op in ["release", "expiry"] {
            assert_eq!(read(&json!({"op": op, "ip": "192.0.2.7"})), Ok(None));
        }
    }

    #[test]
    fn addresses_take_the_forms_of_inet_aton() {
        for (text, ip) in [
            ("10.1", "10.0.0.1"),
            ("10.1.258", "10.1.1.2"),
            ("3221225991", "192.0.2.7"),
            ("0xc0.0.02.07", "192.0.2.7"),
            ("2001:DB8::7", "2001:db8::7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(commit(text, "00:08:5d:23:74:29", &[]).unwrap().ip.to_string(), ip, "{text}");
        }
        for text in
            ["", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "1.+2", "08", "0x", "4294967296", "a.b", "1..2", " 1"]
        {
            let error = commit(text, "00:08:5d:23:74:29", &[]).unwrap_err();
            assert_eq!(error, InvalidDhcpInfo::Ip(text.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mac = "00:08:5d:23:74:29";
        for option in
            ["", "060", "060.", "06043.", "6043", "2560a", "060123", "060g", "06043,69", "é60", "+6043"]
        {
            let error = commit("192.0.2.7", mac, &[option]).unwrap_err();
            assert_eq!(error, InvalidDhcpInfo::Option(option.to_owned()));
        }
        let refused = |document| read(&document).unwrap_err();
        assert_eq!(refused(json!({"ip": "192.0.2.7"})), InvalidDhcpInfo::NotText("op"));
        assert_eq!(refused(json!({"op": "release", "ip": 7})), InvalidDhcpInfo::NotText("ip"));
        assert_eq!(
            refused(json!({"op": "offer", "ip": "192.0.2.7"})),
            InvalidDhcpInfo::Operation("offer".to_owned())
        );
        assert_eq!(refused(json!({"op": "commit", "ip": "192.0.2.7"})), InvalidDhcpInfo::NotText("mac"));
        let without_options = json!({"op": "commit", "ip": "192.0.2.7", "mac": mac});
        assert_eq!(refused(without_options), InvalidDhcpInfo::NotOptions);
        assert!(commit("192.0.2.7", "xx", &[]).unwrap_err().to_string().starts_with("mac: `xx`"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(op in "commit|release|.*", ip in ".*", mac in ".*", option in ".*") {
            let _ = read(&json!({"op": op, "ip": ip, "mac": mac, "options": [option]}));
        }

        #[test]
        fn options_survive_with_and_without_leading_zeros(
            options in prop::collection::btree_map(any::<u8>(), prop::collection::vec(any::<u8>(), 1..40), 0..8),
            padded: bool,
        ) {
            let byte = |byte: &u8| if padded { format!("{byte:02X}") } else { format!("{byte:x}") };
            let spelled: Vec<String> = options
                .iter()
                .map(|(code, bytes)| format!("{code:03}{}", bytes.iter().map(byte).collect::<Vec<_>>().join(".")))
                .collect();
            let spelled: Vec<&str> = spelled.iter().map(String::as_str).collect();
            let request = commit("192.0.2.7", "00:08:5d:23:74:29", &spelled).unwrap();
            let RequestKind::Dhcp(dhcp) = request.kind else { panic!("not DHCP") };
            prop_assert_eq!(dhcp.options, options);
        }

        #[test]
        fn every_ipv4_address_is_read_in_long_and_short_form(bits: u32) {
            let long = Ipv4Addr::from(bits);
            prop_assert_eq!(parse_ip(&long.to_string()), Some(IpAddr::V4(long)));
            prop_assert_eq!(parse_ip(&bits.to_string()), Some(IpAddr::V4(long)));
            prop_assert_eq!(parse_ip(&format!("{bits:#x}")), Some(IpAddr::V4(long)));
        }
    }
}
