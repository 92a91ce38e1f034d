//! The packets of a window, which are sent together: in one system call where the system can cut them apart (`UDP_SEGMENT`,
//! Linux 4.18), else one by one.
//!
//! It cannot where a packet is longer than the frames of the interface, nor on every interface.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::packet;

/// Packets that the system cuts apart at most.
const MOST: usize = 64;
/// Bytes it takes at once, with room for all headers below 64 KiB.
const LONGEST: usize = 65_000;

/// Blocks behind each other, as packets of which only the last may be shorter than the first.
#[derive(Debug, Default)]
pub(super) struct Volley {
    bytes: Vec<u8>,
    /// Length of the first packet.
    each: u16,
    count: usize,
}

impl Volley {
    /// Begins another.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }

    /// Adds a block. Only the last of a file is shorter than those before it.
    pub(super) fn add(&mut self, number: u16, block: &[u8]) {
        packet::add_data(&mut self.bytes, number, block);
        if self.count == 0 {
            self.each = u16::try_from(self.bytes.len()).unwrap_or(u16::MAX);
        }
        self.count += 1;
    }

    /// Whether another block is for another volley.
    pub(super) fn is_full(&self) -> bool {
        self.count == MOST || self.bytes.len() + usize::from(self.each) > LONGEST
    }

    /// Whether there is more than one packet.
    pub(super) fn is_several(&self) -> bool {
        self.count > 1
    }

    /// One after the other.
    pub(super) fn packets(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(usize::from(self.each).max(1))
    }

    /// Sends all at once.
    pub(super) async fn send(&self, socket: &UdpSocket, peer: SocketAddr) -> io::Result<()> {
        let peer = SockaddrStorage::from(peer);
        let send = || {
            let cut = [ControlMessage::UdpGsoSegments(&self.each)];
            let bytes = [IoSlice::new(&self.bytes)];
            sendmsg(socket.as_raw_fd(), &bytes, &cut, MsgFlags::MSG_DONTWAIT, Some(&peer))?;
            Ok(())
        };
        socket.async_io(Interest::WRITABLE, send).await
    }
}

/// Whether this is how the system says that it cannot cut packets apart here.
pub(super) fn cannot_be_cut(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(
        errno,
        Some(Errno::EINVAL | Errno::EIO | Errno::EMSGSIZE | Errno::EOPNOTSUPP | Errno::ENOPROTOOPT)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volley(blocks: u16, last: usize) -> Volley {
        let mut volley = Volley::default();
        for number in 1..blocks {
            volley.add(number, &[7; 1000]);
        }
        volley.add(blocks, &vec![8; last]);
        volley
    }

    #[tokio::test]
    async fn what_is_sent_together_arrives_as_packets() {
        for (ours, theirs) in [("127.0.0.1:0", "127.0.0.1:0"), ("[::1]:0", "[::1]:0")] {
            let sender = UdpSocket::bind(ours).await.unwrap();
            let receiver = UdpSocket::bind(theirs).await.unwrap();
            for (blocks, last) in [(16, 1000), (3, 20), (2, 0)] {
                let sent = volley(blocks, last);
                sent.send(&sender, receiver.local_addr().unwrap()).await.unwrap();
                let mut buffer = [0; 2000];
                for packet in sent.packets() {
                    let length = receiver.recv(&mut buffer).await.unwrap();
                    assert_eq!(&buffer[..length], packet);
                }
                assert_eq!(sent.packets().count(), usize::from(blocks));
            }
        }
    }

    #[test]
    fn no_volley_is_longer_than_the_system_takes() {
        let mut short = Volley::default();
        let mut long = Volley::default();
        for number in 0.. {
            if short.is_full() && long.is_full() {
                break;
            }
            if !short.is_full() {
                short.add(number, &[1; 8]);
            }
            if !long.is_full() {
                long.add(number, &vec![1; 65_464]);
            }
        }
        assert_eq!((short.count, long.count), (MOST, 1));
        assert!(!long.is_several());
    }

    #[tokio::test]
    async fn a_system_that_cannot_says_so() {
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut sent = volley(2, 1000);
        // More packets than it takes.
        sent.each = 1;
        let error = sent.send(&sender, sender.local_addr().unwrap()).await.unwrap_err();
        assert!(cannot_be_cut(&error), "{error}");
    }
}
