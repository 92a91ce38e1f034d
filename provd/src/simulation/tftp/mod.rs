//! A phone's TFTP: reading a file (RFC 1350), with options (RFC 2347 to 2349) where the family has any.
//!
//! What is lost is asked for again, what comes twice counts once, and every wait has an end.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::boot::End;
use super::verdict::{Answer, Received, Wrong};
use packet::{Packet, acknowledgement, error, read_request};

mod packet;
#[cfg(test)]
mod tests;

/// How long a packet may be on its way before the last one is sent again.
const RETRY: Duration = Duration::from_secs(1);
/// How often a packet is sent.
const ATTEMPTS: u32 = 8;
/// Bytes in a block unless both sides agree on another number.
const BLOCK: usize = 512;
/// Largest packet: that of the largest block (RFC 2348).
const LARGEST: usize = 65464 + 4;
/// When to ask again if the server says that it cannot answer now. TFTP has no word for it.
const AGAIN: Duration = Duration::from_secs(2);
const TRY_AGAIN: &str = "try again";
/// Error codes (RFC 1350 §5).
const UNDEFINED: u16 = 0;
const UNKNOWN_TRANSFER: u16 = 5;
const REFUSED_OPTIONS: u16 = 8;

/// A transfer under way.
struct Transfer {
    socket: UdpSocket,
    /// The server, with port of this transfer once it has one.
    peer: SocketAddr,
    has_begun: bool,
    buffer: Vec<u8>,
    /// What to send again.
    last: Vec<u8>,
    retry: Duration,
}

/// Asks for a file, from an address, so many times as if no answer could be waited for.
pub(super) async fn get(
    server: SocketAddr,
    from: Option<IpAddr>,
    file: &str,
    options: &[(String, String)],
    times: u32,
) -> Result<Answer, Wrong> {
    let any = if server.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
    let socket = UdpSocket::bind((from.unwrap_or(any), 0)).await.map_err(Wrong::NoSocket)?;
    let stated = options.iter().find(|(name, _)| name.eq_ignore_ascii_case("blksize"));
    let block = stated.and_then(|(_, size)| size.parse().ok()).unwrap_or(BLOCK).max(BLOCK);
    let mut transfer = Transfer {
        socket,
        peer: server,
        has_begun: false,
        // One byte more, so that a packet that is too long is told from one that fits.
        buffer: vec![0; (block + 5).min(LARGEST)],
        last: read_request(file, options),
        retry: RETRY,
    };
    for _ in 1..times {
        transfer.tell(&transfer.last).await?;
    }
    transfer.receive(options).await
}

impl Transfer {
    async fn receive(&mut self, asked: &[(String, String)]) -> Result<Answer, Wrong> {
        let (mut file, mut block_size, mut expected_length) = (Received::default(), BLOCK, None);
        let mut next: u16 = 1;
        loop {
            match self.converse().await? {
                Packet::Error { code, message } => return Ok(refused(code, &message)),
                Packet::Options(agreed) if next == 1 && file.length() == 0 => {
                    if !agreed
                        .iter()
                        .all(|(name, _)| asked.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)))
                    {
                        self.tell(&error(REFUSED_OPTIONS, "not asked for")).await?;
                        return Err(Wrong::Nonsense("option that was asked for"));
                    }
                    block_size = number(&agreed, "blksize")?.unwrap_or(block_size);
                    expected_length = number(&agreed, "tsize")?;
                    self.last = acknowledgement(0);
                }
                Packet::Data { number, bytes } if number == next => {
                    if bytes.len() > block_size {
                        return Err(Wrong::Nonsense("block of the size agreed on"));
                    }
                    let is_last = bytes.len() < block_size;
                    file.take(&bytes);
                    self.last = acknowledgement(number);
                    if is_last {
                        self.tell(&self.last).await?;
                        return finished(file, expected_length);
                    }
                    next = next.wrapping_add(1);
                }
                // One that came already: the server has not heard that, so it is told again.
                Packet::Data { .. } | Packet::Options(_) => {}
            }
        }
    }

    /// Sends the last packet, again and again if need be, until one comes back.
    async fn converse(&mut self) -> Result<Packet, Wrong> {
        for _ in 0..ATTEMPTS {
            self.tell(&self.last).await?;
            let end = Instant::now() + self.retry;
            while let Ok(received) = timeout_at(end, self.socket.recv_from(&mut self.buffer)).await {
                let (length, from) = received.map_err(Wrong::NoConnection)?;
                if !self.is_peer(from) {
                    // A stray packet must not end the transfer (RFC 1350 §4).
                    let _ = self.socket.send_to(&error(UNKNOWN_TRANSFER, "unknown transfer"), from).await;
                    continue;
                }
                return Packet::read(&self.buffer[..length]).ok_or(Wrong::Nonsense("TFTP"));
            }
        }
        Err(Wrong::Silence(u64::from(ATTEMPTS) * self.retry.as_secs()))
    }

    /// The first packet comes from the port that the transfer has from then on.
    fn is_peer(&mut self, from: SocketAddr) -> bool {
        if self.has_begun {
            return from == self.peer;
        }
        self.has_begun = from.ip() == self.peer.ip();
        if self.has_begun {
            self.peer = from;
        }
        self.has_begun
    }

    async fn tell(&self, packet: &[u8]) -> Result<(), Wrong> {
        self.socket.send_to(packet, self.peer).await.map(drop).map_err(Wrong::NoConnection)
    }
}

fn refused(code: u16, message: &str) -> Answer {
    let again = (code == UNDEFINED && message.contains(TRY_AGAIN)).then_some(AGAIN);
    Answer { end: End::TftpError(code), file: Received::default(), again }
}

fn finished(file: Received, expected: Option<usize>) -> Result<Answer, Wrong> {
    match expected.map(|expected| expected as u64) {
        Some(expected) if expected != file.length() => Err(Wrong::Cut { length: file.length(), expected }),
        _ => Ok(Answer { end: End::File, file, again: None }),
    }
}

fn number(options: &[(String, String)], name: &str) -> Result<Option<usize>, Wrong> {
    let Some((_, value)) = options.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)) else {
        return Ok(None);
    };
    value.parse().map(Some).map_err(|_| Wrong::Nonsense("number in an option"))
}
