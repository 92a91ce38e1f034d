//! The sockets that transfers are made from, each with a port of its own (RFC 1350 §4).
//!
//! To open, watch and close one costs as much as to send a small file. So a socket whose client got its file serves
//! others afterwards, but never the same endpoint twice: whatever arrives on a socket from its present client belongs to
//! the present transfer, however late the network delivers what was sent during an earlier one.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket as StdSocket};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::listeners::client_address::canonical;

/// After so many clients a socket is closed, so that ports change and the list of who was served stays short.
const MOST_CLIENTS: usize = 32;

/// Sockets kept open without a transfer, for each local address.
const MOST_RESTING: usize = 512;

/// For how long. Nobody reads what arrives on them.
pub(super) const REST: Duration = Duration::from_secs(5);

/// Sockets that wait for their next client.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    /// By the address they are bound to, without the port; those that wait longest in front. Never locked across a wait.
    resting: Mutex<HashMap<SocketAddr, VecDeque<Resting>>>,
}

#[derive(Debug)]
struct Resting {
    since: Instant,
    socket: TransferSocket,
}

/// A socket with a port of its own, lent to one transfer.
#[derive(Debug)]
pub(super) struct TransferSocket {
    socket: UdpSocket,
    bound: SocketAddr,
    /// Who was served, the present client last.
    clients: Vec<SocketAddr>,
}

impl Sockets {
    /// A socket that answers `peer` from the address that it asked.
    pub(super) fn lend(&self, local: Option<IpAddr>, peer: SocketAddr) -> io::Result<TransferSocket> {
        let bound = reply_address(local, peer);
        let mut socket = match self.rested(bound, peer) {
            Some(socket) => socket,
            None => TransferSocket::open(bound)?,
        };
        socket.clients.push(peer);
        Ok(socket)
    }

    /// Takes back a socket whose client has nothing more to say. One that may still hear from a transfer that ended
    /// otherwise is to be dropped instead.
    pub(super) fn give_back(&self, socket: TransferSocket) {
        if socket.clients.len() == MOST_CLIENTS {
            return;
        }
        let mut resting = self.resting();
        let resting = resting.entry(socket.bound).or_default();
        if resting.len() < MOST_RESTING {
            resting.push_back(Resting { since: Instant::now(), socket });
        }
    }

    /// Closes those that nobody needed for a while.
    pub(super) fn close_unneeded(&self) {
        self.resting().retain(|_, resting| {
            while resting.pop_front_if(|socket| socket.since.elapsed() >= REST).is_some() {}
            !resting.is_empty()
        });
    }

    fn rested(&self, bound: SocketAddr, peer: SocketAddr) -> Option<TransferSocket> {
        let mut resting = self.resting();
        let longest = resting.get_mut(&bound)?.pop_front_if(|longest| !longest.socket.has_served(peer));
        longest.map(|longest| longest.socket)
    }

    fn resting(&self) -> MutexGuard<'_, HashMap<SocketAddr, VecDeque<Resting>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TransferSocket {
    fn open(bound: SocketAddr) -> io::Result<TransferSocket> {
        let socket = StdSocket::bind(bound)?;
        socket.set_nonblocking(true)?;
        Ok(TransferSocket { socket: UdpSocket::from_std(socket)?, bound, clients: Vec::new() })
    }

    /// The socket itself.
    pub(super) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Waits for what arrives from now on, where otherwise the runtime would first ask the system whether there is
    /// something left to read, which there hardly ever is. What there is will be read with the next arrival.
    pub(super) fn await_news(&self) {
        let nothing = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
        // The error is the message: it makes the runtime forget that the socket was readable.
        let _ = self.socket.try_io(Interest::READABLE, nothing);
    }

    /// Whether the endpoint is its client, or was.
    pub(super) fn has_served(&self, endpoint: SocketAddr) -> bool {
        self.clients.iter().any(|client| is_same(*client, endpoint))
    }
}

/// Sends one packet from a fresh port.
pub(super) fn send_once(local: Option<IpAddr>, peer: SocketAddr, packet: &[u8]) -> io::Result<()> {
    let socket = StdSocket::bind(reply_address(local, peer))?;
    socket.set_nonblocking(true)?;
    socket.send_to(packet, peer).map(|_| ())
}

/// Whether two addresses are of the same endpoint, of which one may be written as IPv6 for being seen by such a socket.
pub(super) fn is_same(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && canonical(one).ip() == canonical(other).ip()
}

/// Where to bind: to the address that was asked, and any port.
fn reply_address(local: Option<IpAddr>, peer: SocketAddr) -> SocketAddr {
    let mut address = match peer {
        SocketAddr::V4(_) => SocketAddr::from(([0; 4], 0)),
        SocketAddr::V6(_) => SocketAddr::from(([0; 16], 0)),
    };
    if let Some(local) = local.filter(|local| local.is_ipv4() == peer.is_ipv4()) {
        address.set_ip(local);
    }
    if let (SocketAddr::V6(address), SocketAddr::V6(peer)) = (&mut address, peer) {
        // A link-local address means nothing without its interface, which is the one the client is on.
        address.set_scope_id(peer.scope_id());
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn port(socket: &TransferSocket) -> u16 {
        socket.socket().local_addr().unwrap().port()
    }

    #[tokio::test]
    async fn replies_leave_from_the_address_that_was_asked() {
        let sockets = Sockets::default();
        let local = "127.0.0.3".parse().unwrap();
        let socket = sockets.lend(Some(local), client(1)).unwrap();
        assert_eq!(socket.socket().local_addr().unwrap().ip(), local);
        sockets.give_back(socket);
        let socket = sockets.lend(None, client(2)).unwrap();
        assert!(socket.socket().local_addr().unwrap().ip().is_unspecified());
    }

    #[tokio::test]
    async fn transfers_at_the_same_time_have_ports_of_their_own() {
        let sockets = Sockets::default();
        let first = sockets.lend(None, client(1)).unwrap();
        let second = sockets.lend(None, client(2)).unwrap();
        assert_ne!(port(&first), port(&second));
    }

    #[tokio::test]
    async fn a_socket_serves_one_client_after_the_other_and_none_twice() {
        let sockets = Sockets::default();
        let first = sockets.lend(None, client(1)).unwrap();
        let number = port(&first);
        sockets.give_back(first);
        let again = sockets.lend(None, client(1)).unwrap();
        assert_ne!(port(&again), number);
        let other = sockets.lend(None, client(2)).unwrap();
        assert_eq!(port(&other), number);
        assert!(other.has_served(client(1)) && !other.has_served(client(3)));
    }

    #[tokio::test]
    async fn a_port_is_not_kept_for_ever() {
        let sockets = Sockets::default();
        for number in 1_u16.. {
            let socket = sockets.lend(None, client(number)).unwrap();
            let is_last = socket.clients.len() == MOST_CLIENTS;
            sockets.give_back(socket);
            if is_last {
                break;
            }
        }
        assert!(sockets.resting().values().all(VecDeque::is_empty));
    }
}
