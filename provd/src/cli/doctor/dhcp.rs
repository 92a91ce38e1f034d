//! Whether the DHCP server of a network leads phones here: it is asked as a phone of each family would ask it.
//!
//! The question is a DHCPINFORM (RFC 2131 §3.4), which takes no lease: "I have an address, what else should I know?"

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::super::dhcp_config::{Expected, Shown};
use super::finding::Finding;
use crate::domain::dhcp_options;

const ABOUT: &str = "DHCP";

/// Ports of DHCP clients and servers.
const CLIENT_PORT: u16 = 68;
const SERVER_PORT: u16 = 67;
/// Longest time until a server answers.
const DEADLINE: Duration = Duration::from_secs(3);
/// Fields before the options, and the cookie that says that there are options (RFC 2131 §2 and 3).
const FIXED: usize = 236;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Kinds of messages, and who answers whom.
const INFORM: u8 = 8;
const ACK: u8 = 5;
const REPLY: u8 = 2;
/// Hardware address of a question that no family has: of the range for local use.
const NOBODY: [u8; 6] = [2, 0, 0, 0, 0, 1];

/// Asks what each class of phones gets. Blocks for three seconds for each that gets no answer, but ends at the first.
pub(super) fn look(interface: &str, expected: &[Expected]) -> Vec<Finding> {
    let line = match Line::open(interface) {
        Ok(line) => line,
        Err(error) => return vec![closed(interface, &error)],
    };
    let mut findings = Vec::new();
    for class in expected {
        match line.ask(class) {
            Ok(options) => findings.push(judge(class, &options)),
            Err(error) => {
                findings.push(silent(interface, &error));
                break;
            }
        }
    }
    findings
}

fn closed(interface: &str, error: &io::Error) -> Finding {
    let advice = match error.kind() {
        ErrorKind::PermissionDenied => "run this as root: asking a DHCP server takes port 68",
        ErrorKind::AddrInUse => "a DHCP client of this machine holds port 68: ask from another machine",
        _ => "name an interface in the phones' network that has an IPv4 address: `ip -4 address` shows them",
    };
    Finding::skipped(ABOUT, format!("nobody could be asked on {interface}: {error}"), advice)
}

fn silent(interface: &str, error: &io::Error) -> Finding {
    let why = match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!("within {} seconds", DEADLINE.as_secs()),
        _ => format!("({error})"),
    };
    Finding::wrong(
        ABOUT,
        format!("no DHCP server answers on {interface} {why}"),
        "is one running there, is it authoritative for this subnet, and does it let DHCPINFORM pass? A server on this \
         very machine does not hear it: ask from another one",
    )
}

fn judge(class: &Expected, given: &BTreeMap<u8, Vec<u8>>) -> Finding {
    let differs = |code: &u8, wanted: &[u8]| given.get(code).is_none_or(|value| !is_same(value, wanted));
    let wrong: Vec<String> = class
        .options
        .iter()
        .filter(|(code, (wanted, _))| differs(code, wanted))
        .map(|(code, (_, meaning))| match given.get(code) {
            Some(value) => format!("{meaning} is wanted, not {}", value.escape_ascii()),
            None => format!("{meaning} is missing"),
        })
        .collect();
    let who = &class.name;
    if wrong.is_empty() {
        return Finding::sound(ABOUT, format!("leads {who} here"));
    }
    Finding::wrong(
        ABOUT,
        format!("does not lead {who} here: {}", wrong.join("; ")),
        "include what `provd dhcp-config --server isc|kea|dnsmasq` writes, and restart the DHCP server",
    )
}

/// dnsmasq ends text with a NUL byte.
fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    given == wanted || given.strip_suffix(&[0]) == Some(wanted)
}

/// A socket where answers to DHCP clients arrive, on one interface.
struct Line {
    socket: UdpSocket,
    own: Ipv4Addr,
}

impl Line {
    fn open(interface: &str) -> io::Result<Line> {
        let own = address_of(interface)?;
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_broadcast(true)?;
        socket.bind_device(Some(interface.as_bytes()))?;
        socket.bind(&SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), CLIENT_PORT).into())?;
        Ok(Line { socket: socket.into(), own })
    }

    /// The options that a phone of this class is given.
    fn ask(&self, class: &Expected) -> io::Result<BTreeMap<u8, Vec<u8>>> {
        let transaction: [u8; 4] = rand::random();
        let question = question(self.own, transaction, class);
        self.socket.send_to(&question, (Ipv4Addr::BROADCAST, SERVER_PORT))?;
        let end = Instant::now() + DEADLINE;
        let mut answer = [0; 1500];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.socket.set_read_timeout(Some(left))?;
            let length = self.socket.recv(&mut answer)?;
            if let Some(options) = read(&answer[..length], transaction) {
                return Ok(options);
            }
        }
    }
}

/// The IPv4 address this machine has on an interface: the one from which it would ask a neighbour there.
fn address_of(interface: &str) -> io::Result<Ipv4Addr> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.bind_device(Some(interface.as_bytes()))?;
    socket.set_broadcast(true)?;
    // Connecting a UDP socket sends nothing.
    socket.connect(&SocketAddr::new(Ipv4Addr::BROADCAST.into(), SERVER_PORT).into())?;
    let own = socket.local_addr()?.as_socket_ipv4().map(|address| *address.ip());
    own.filter(|own| !own.is_unspecified()).ok_or_else(|| ErrorKind::AddrNotAvailable.into())
}

fn question(own: Ipv4Addr, transaction: [u8; 4], class: &Expected) -> Vec<u8> {
    let mut message = vec![0; FIXED];
    message[..3].copy_from_slice(&[1, 1, 6]);
    message[4..8].copy_from_slice(&transaction);
    message[12..16].copy_from_slice(&own.octets());
    let mut hardware = NOBODY;
    if let Shown::MacPrefix(prefix) = &class.shown {
        hardware[..prefix.len()].copy_from_slice(prefix);
    }
    message[28..34].copy_from_slice(&hardware);
    message.extend(COOKIE);
    message.extend([53, 1, INFORM]);
    if let Shown::VendorClass(vendor_class) = &class.shown {
        push(&mut message, 60, vendor_class);
    }
    let wanted: Vec<u8> = class.options.keys().copied().collect();
    push(&mut message, 55, &wanted);
    message.push(255);
    message
}

fn push(message: &mut Vec<u8>, code: u8, value: &[u8]) {
    let value = &value[..value.len().min(255)];
    message.push(code);
    message.extend(u8::try_from(value.len()));
    message.extend(value);
}

/// The options of an answer to this question; nothing of any other message.
fn read(message: &[u8], transaction: [u8; 4]) -> Option<BTreeMap<u8, Vec<u8>>> {
    let (fixed, rest) = message.split_at_checked(FIXED)?;
    if fixed[0] != REPLY || fixed[4..8] != transaction {
        return None;
    }
    let options = dhcp_options::read(rest.strip_prefix(&COOKIE)?, &fixed[108..], &fixed[44..108])?;
    (options.get(&53).map(Vec::as_slice) == Some(&[ACK])).then_some(options)
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    fn class(shown: Shown) -> Expected {
        let options = BTreeMap::from([(66, (b"http://h".to_vec(), "Option 66: http://h".to_owned()))]);
        Expected { name: "provd-aastra".to_owned(), shown, options }
    }

    #[test]
    fn a_question_says_who_asks_and_what_for() {
        let own = Ipv4Addr::new(192, 0, 2, 7);
        let asked = question(own, [1, 2, 3, 4], &class(Shown::VendorClass(b"Aastra".to_vec())));
        assert_eq!((&asked[12..16], &asked[28..34]), (&own.octets()[..], &NOBODY[..]));
        assert!(asked.ends_with(b"\x35\x01\x08\x3c\x06Aastra\x37\x01\x42\xff"));
        let asked = question(own, [1, 2, 3, 4], &class(Shown::MacPrefix(vec![0, 8, 0x5d])));
        assert_eq!(asked[28..34], [0, 8, 0x5d, 0, 0, 1]);
    }

    #[test]
    fn only_the_answer_to_the_question_is_read() {
        let mut answer = vec![0; FIXED];
        answer[0] = REPLY;
        answer[4..8].copy_from_slice(&[1, 2, 3, 4]);
        answer.extend(COOKIE);
        answer.extend(b"\x35\x01\x05\x42\x01x\xff");
        assert_eq!(read(&answer, [1, 2, 3, 4]).unwrap()[&66], b"x");
        assert_eq!(read(&answer, [1, 2, 3, 5]), None);
        assert_eq!(read(&answer[..FIXED], [1, 2, 3, 4]), None);
    }

    #[test]
    fn what_is_given_is_compared_with_what_leads_here() {
        let aastra = class(Shown::VendorClass(b"Aastra".to_vec()));
        let verdict = |given: &[(u8, &[u8])]| {
            judge(&aastra, &given.iter().map(|(code, value)| (*code, value.to_vec())).collect()).verdict
        };
        assert_eq!(verdict(&[(66, b"http://h")]), Verdict::Sound);
        assert_eq!(verdict(&[(66, b"http://h\0")]), Verdict::Sound);
        assert_eq!(verdict(&[(66, b"http://other")]), Verdict::Wrong);
        assert_eq!(verdict(&[]), Verdict::Wrong);
    }

    #[test]
    fn an_interface_that_is_not_there_is_told() {
        let findings = look("nonexistent0", &[class(Shown::MacPrefix(vec![0]))]);
        assert_eq!(findings[0].verdict, Verdict::Skipped);
    }
}
