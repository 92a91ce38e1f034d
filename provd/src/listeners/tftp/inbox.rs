//! The socket that requests arrive on, and which of this machine's addresses each was sent to.
//!
//! A phone expects the answer from the address it asked. On a wildcard socket only the kernel's per-packet information
//! tells which one that was; without it a machine with several addresses answers from the wrong one.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use quinn_udp::{RecvMeta, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::listeners::client_address::canonical;

/// Holds the largest datagram, or as many as the kernel hands over joined together.
const BUFFER: usize = 65_536;

/// Receives requests.
#[derive(Debug)]
pub(super) struct Inbox {
    socket: UdpSocket,
    addressing: Addressing,
    buffer: Box<[u8]>,
}

/// How the address that was asked is known.
#[derive(Debug)]
enum Addressing {
    /// The socket is bound to it.
    Bound(IpAddr),
    /// The kernel says so with every packet.
    PerPacket(UdpSocketState),
}

/// One or more datagrams from one client.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    /// The client.
    pub(super) peer: SocketAddr,
    /// The address it asked, unless that cannot be answered from, such as a broadcast address.
    pub(super) local: Option<IpAddr>,
    bytes: &'a [u8],
    stride: usize,
}

impl Inbox {
    /// Begins to receive from a bound socket.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Inbox> {
        let bound = socket.local_addr()?.ip().to_canonical();
        let addressing = if bound.is_unspecified() {
            Addressing::PerPacket(UdpSocketState::new((&socket).into())?)
        } else {
            Addressing::Bound(bound)
        };
        Ok(Inbox { socket, addressing, buffer: vec![0; BUFFER].into() })
    }

    /// Waits for the next datagrams. Cancel-safe.
    pub(super) async fn receive(&mut self) -> io::Result<Arrival<'_>> {
        let Inbox { socket, addressing, buffer } = self;
        let (peer, local, length, stride) = match addressing {
            Addressing::Bound(local) => {
                let (length, peer) = socket.recv_from(buffer).await?;
                (peer, Some(*local), length, length)
            }
            Addressing::PerPacket(state) => {
                let meta = socket.async_io(Interest::READABLE, || receive_one(socket, state, buffer)).await?;
                (meta.addr, meta.dst_ip.and_then(answerable), meta.len, meta.stride)
            }
        };
        Ok(Arrival { peer: canonical(peer), local, bytes: &buffer[..length], stride })
    }
}

impl Arrival<'_> {
    /// The datagrams, in the order received.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(self.stride.max(1))
    }
}

fn receive_one(socket: &UdpSocket, state: &UdpSocketState, buffer: &mut [u8]) -> io::Result<RecvMeta> {
    let mut meta = RecvMeta::default();
    state.recv(socket.into(), &mut [IoSliceMut::new(buffer)], std::slice::from_mut(&mut meta))?;
    Ok(meta)
}

/// Some phones without an address of a server ask everybody; nobody can answer from such an address.
fn answerable(asked: IpAddr) -> Option<IpAddr> {
    let asked = asked.to_canonical();
    let broadcast = matches!(asked, IpAddr::V4(ip) if ip.is_broadcast());
    (!broadcast && !asked.is_multicast() && !asked.is_unspecified()).then_some(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn local_seen(
        bind: &str,
        send_to: &str,
        send_from: &str,
    ) -> (Option<IpAddr>, SocketAddr, SocketAddr) {
        let socket = UdpSocket::bind(bind).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut inbox = Inbox::new(socket).unwrap();
        let client = UdpSocket::bind(send_from).await.unwrap();
        client.send_to(b"hello", (send_to, port)).await.unwrap();
        let arrival = inbox.receive().await.unwrap();
        assert_eq!(arrival.datagrams().collect::<Vec<_>>(), [b"hello"]);
        (arrival.local, arrival.peer, client.local_addr().unwrap())
    }

    #[tokio::test]
    async fn a_wildcard_socket_knows_the_address_that_was_asked() {
        let (local, peer, client) = local_seen("0.0.0.0:0", "127.0.0.3", "127.0.0.1:0").await;
        assert_eq!(local, Some("127.0.0.3".parse().unwrap()));
        assert_eq!(peer, client);
    }

    #[tokio::test]
    async fn a_bound_socket_knows_its_address() {
        let (local, ..) = local_seen("127.0.0.2:0", "127.0.0.2", "127.0.0.1:0").await;
        assert_eq!(local, Some("127.0.0.2".parse().unwrap()));
    }

    #[test]
    fn nobody_answers_from_a_broadcast_address() {
        for address in ["255.255.255.255", "224.0.0.1", "ff02::1", "0.0.0.0"] {
            assert_eq!(answerable(address.parse().unwrap()), None, "{address}");
        }
        assert_eq!(answerable("::ffff:192.0.2.1".parse().unwrap()), Some("192.0.2.1".parse().unwrap()));
    }
}
