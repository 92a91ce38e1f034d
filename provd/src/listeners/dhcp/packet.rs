//! From an IPv4 packet to what a DHCP client says of itself (RFC 2131).
//!
//! Of interest is who is about to use which address. A client says so when it requests a lease (it names the address it was
//! offered, had before its restart, or renews) and when it only informs itself. A DISCOVER may name an address, but as a
//! wish that is often not granted; a DECLINE or RELEASE names one that is not used.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use thiserror::Error;

use crate::domain::dhcp_options;
use crate::domain::mac::Mac;

/// Port of DHCP servers and relays.
pub(super) const SERVER_PORT: u16 = 67;
/// The protocol number of UDP.
const UDP: u8 = 17;
/// Fields before the options, and the cookie that says that there are options (RFC 2131 §2 and 3).
const FIXED: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Options: the address a client wants, and what kind of message this is.
const REQUESTED_ADDRESS: u8 = 50;
const MESSAGE_TYPE: u8 = 53;
/// Kinds of messages.
const REQUEST: u8 = 3;
const INFORM: u8 = 8;

/// The packet holds no DHCP message of a client on Ethernet, or a broken one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no sound DHCP message")]
pub(super) struct NotDhcp;

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// The address it is about to use.
    pub(super) ip: Ipv4Addr,
    /// Itself.
    pub(super) mac: Mac,
    /// Options by code.
    pub(super) options: BTreeMap<u8, Vec<u8>>,
}

/// Reads an IPv4 packet. Nothing comes of a sound message that does not say which address will be used.
pub(super) fn read(packet: &[u8]) -> Result<Option<Heard>, NotDhcp> {
    let message = datagram(packet).ok_or(NotDhcp)?;
    let (fixed, rest) = message.split_at_checked(FIXED).ok_or(NotDhcp)?;
    let options = rest.strip_prefix(&COOKIE).ok_or(NotDhcp)?;
    // A request by a client on Ethernet: its address has six octets.
    if fixed[..3] != [1, 1, 6] {
        return Err(NotDhcp);
    }
    let mac = Mac::from_octets(array(&fixed[28..])?).ok_or(NotDhcp)?;
    let options = dhcp_options::read(options, &fixed[108..], &fixed[44..108]).ok_or(NotDhcp)?;
    let own = Ipv4Addr::from(array::<4>(&fixed[12..])?);
    Ok(address(own, &options)?.filter(|ip| is_of_a_host(*ip)).map(|ip| Heard { ip, mac, options }))
}

/// The payload of a whole UDP datagram to servers.
fn datagram(packet: &[u8]) -> Option<&[u8]> {
    let first = *packet.first()?;
    let header = usize::from(first & 0xf) * 4;
    let total = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
    let fragment = u16::from_be_bytes([*packet.get(6)?, *packet.get(7)?]) & 0x3fff;
    if first >> 4 != 4 || header < 20 || fragment != 0 || *packet.get(9)? != UDP {
        return None;
    }
    // Short packets are padded on Ethernet, so the lengths in the headers count. Checksums are left alone: where client and
    // server are on one machine, nobody has filled them in.
    let datagram = packet.get(header..total)?;
    let length = usize::from(u16::from_be_bytes([*datagram.get(4)?, *datagram.get(5)?]));
    let to = u16::from_be_bytes([*datagram.get(2)?, *datagram.get(3)?]);
    if to == SERVER_PORT { datagram.get(8..length) } else { None }
}

/// The address a message names as used, if it does.
fn address(own: Ipv4Addr, options: &BTreeMap<u8, Vec<u8>>) -> Result<Option<Ipv4Addr>, NotDhcp> {
    match options.get(&MESSAGE_TYPE).map(Vec::as_slice) {
        Some([REQUEST]) => match options.get(&REQUESTED_ADDRESS) {
            // Selecting, or rebooting with a lease.
            Some(wanted) => Ok(Some(Ipv4Addr::from(array::<4>(wanted)?))),
            // Renewing.
            None => Ok(Some(own)),
        },
        Some([INFORM]) => Ok(Some(own)),
        Some([_]) => Ok(None),
        _ => Err(NotDhcp),
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], NotDhcp> {
    bytes.first_chunk().copied().ok_or(NotDhcp)
}

fn is_of_a_host(ip: Ipv4Addr) -> bool {
    !(ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() || ip.is_loopback())
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLIENT: [u8; 6] = [0, 8, 0x5d, 1, 2, 3];

    /// A broadcast of a client, in an IPv4 packet.
    fn packet(own: [u8; 4], options: &[u8]) -> Vec<u8> {
        let mut message = vec![0; FIXED];
        message[..3].copy_from_slice(&[1, 1, 6]);
        message[12..16].copy_from_slice(&own);
        message[28..34].copy_from_slice(&CLIENT);
        message.extend(COOKIE);
        message.extend(options);
        let length = |more: usize| u16::try_from(message.len() + more).unwrap().to_be_bytes();
        let mut packet = vec![0x45, 0];
        packet.extend(length(28));
        packet.extend([0, 0, 0, 0, 64, UDP, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 68, 0, 67]);
        packet.extend(length(8));
        packet.extend([0, 0]);
        packet.extend(message);
        packet
    }

    /// A client that requests `192.0.2.<last>`.
    pub(in super::super) fn request(last: u8, vendor_class: &[u8]) -> Vec<u8> {
        let mut options = vec![53, 1, REQUEST, 50, 4, 192, 0, 2, last, 60];
        options.push(u8::try_from(vendor_class.len()).unwrap());
        options.extend(vendor_class);
        packet([0; 4], &options)
    }

    fn heard(own: [u8; 4], options: &[u8]) -> Option<String> {
        read(&packet(own, options)).unwrap().map(|heard| heard.ip.to_string())
    }

    #[test]
    fn a_request_names_the_address_that_will_be_used() {
        let heard = read(&request(7, b"Ci")).unwrap().unwrap();
        assert_eq!((heard.ip, heard.mac.octets()), (Ipv4Addr::new(192, 0, 2, 7), CLIENT));
        assert_eq!(heard.options[&60], b"Ci");
    }

    #[test]
    fn a_client_that_renews_or_informs_itself_uses_its_own_address() {
        for kind in [REQUEST, INFORM] {
            assert_eq!(heard([192, 0, 2, 8], &[53, 1, kind]).as_deref(), Some("192.0.2.8"));
            assert_eq!(heard([0; 4], &[53, 1, kind]), None);
        }
    }

    #[test]
    fn wishes_and_farewells_say_nothing() {
        for kind in [1, 4, 7] {
            assert_eq!(heard([192, 0, 2, 8], &[53, 1, kind, 50, 4, 192, 0, 2, 7]), None);
        }
        for wanted in [[0; 4], [255; 4], [224, 0, 0, 1], [127, 0, 0, 1]] {
            let [a, b, c, d] = wanted;
            assert_eq!(heard([0; 4], &[53, 1, REQUEST, 50, 4, a, b, c, d]), None);
        }
    }

    #[test]
    fn padding_of_the_frame_is_no_part_of_the_message() {
        let mut padded = packet([192, 0, 2, 8], &[53, 1, INFORM]);
        // Taken for options, it would run over the end.
        padded.extend([60, 9]);
        assert!(read(&padded).unwrap().is_some());
    }

    #[test]
    fn what_is_not_a_clients_message_is_refused() {
        let sound = packet([192, 0, 2, 8], &[53, 1, INFORM]);
        // Version, header length, fragment, protocol, port, direction, medium, length of the address, cookie.
        for (place, value) in
            [(0, 0x65), (0, 0x44), (6, 0x20), (9, 6), (23, 68), (28, 2), (29, 6), (30, 8), (264, 0)]
        {
            let mut broken = sound.clone();
            broken[place] = value;
            assert_eq!(read(&broken), Err(NotDhcp), "{value} at {place}");
        }
        assert_eq!(read(&sound[..sound.len() - 1]), Err(NotDhcp));
        assert_eq!(read(&packet([192, 0, 2, 8], &[60, 1, b'x'])), Err(NotDhcp));
        assert_eq!(read(&packet([0; 4], &[53, 1, REQUEST, 50, 2, 1, 2])), Err(NotDhcp));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
            let _ = read(&bytes);
            let _ = read(&packet([192, 0, 2, 8], &bytes));
        }

        #[test]
        fn a_packet_that_was_cut_or_changed_is_read_or_refused(
            place in 0_usize..275, value: u8, end in 0_usize..275,
        ) {
            let mut packet = packet([192, 0, 2, 8], &[53, 1, INFORM]);
            packet[place.min(270)] = value;
            packet.truncate(end);
            let _ = read(&packet);
        }
    }
}
