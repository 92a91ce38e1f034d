//! A phone that speaks TFTP (RFC 1350) with options (RFC 2347).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::net::UdpSocket;

use crate::within;

/// How long a packet may be on its way before it is sent again, and how often it is sent.
const RETRY: Duration = Duration::from_secs(5);
const ATTEMPTS: usize = 6;
/// Bytes in a block unless both sides agree on another number.
const BLOCK: usize = 512;

const READ_REQUEST: u8 = 1;
const DATA: u8 = 3;
const ERROR: u8 = 5;
const OPTIONS_ACKNOWLEDGED: u8 = 6;

/// A phone.
#[derive(Debug, Clone, Copy)]
pub struct TftpPhone {
    server: SocketAddr,
    address: Ipv4Addr,
}

/// A file that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its bytes.
    pub content: Vec<u8>,
    /// The options the server agreed to.
    pub options: BTreeMap<String, String>,
}

/// An error packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 1: file not found, 2: access violation, 0: see the message (RFC 1350 §5).
    pub code: u16,
    /// For people.
    pub message: String,
}

impl TftpPhone {
    pub(crate) fn new(server: SocketAddr, address: Ipv4Addr) -> TftpPhone {
        TftpPhone { server, address }
    }

    /// Asks for a file without options.
    pub async fn get(&self, filename: &str) -> Result<Result<Transfer, Refusal>> {
        self.get_with(filename, &[]).await
    }

    /// Asks for a file with options.
    pub async fn get_with(
        &self,
        filename: &str,
        options: &[(&str, &str)],
    ) -> Result<Result<Transfer, Refusal>> {
        let mut words = vec![filename, "octet"];
        words.extend(options.iter().flat_map(|(name, value)| [*name, *value]));
        let socket = self.socket().await?;
        let what = format!("TFTP {filename}");
        within(&what, receive(&socket, self.server, &request(READ_REQUEST, &words))).await?.context(what)
    }

    /// Sends a request of any kind, and gives the refusal that comes back; a transfer that begins is an error.
    pub async fn refused(&self, operation: u8, words: &[&str]) -> Result<Refusal> {
        let socket = self.socket().await?;
        let (packet, _) = converse(&socket, self.server, &request(operation, words)).await?;
        refusal(&packet).with_context(|| format!("not refused: {packet:?}"))
    }

    /// Sends any bytes and waits for nothing.
    pub async fn send_raw(&self, bytes: &[u8]) -> Result<()> {
        self.socket().await?.send_to(bytes, self.server).await?;
        Ok(())
    }

    async fn socket(&self) -> Result<UdpSocket> {
        Ok(UdpSocket::bind(SocketAddr::from((self.address, 0))).await?)
    }
}

fn request(operation: u8, words: &[&str]) -> Vec<u8> {
    let mut packet = vec![0, operation];
    for word in words {
        packet.extend_from_slice(word.as_bytes());
        packet.push(0);
    }
    packet
}

/// Receives a file block by block.
async fn receive(
    socket: &UdpSocket,
    server: SocketAddr,
    request: &[u8],
) -> Result<Result<Transfer, Refusal>> {
    let (mut packet, mut peer) = converse(socket, server, request).await?;
    let mut options = BTreeMap::new();
    if packet.starts_with(&[0, OPTIONS_ACKNOWLEDGED]) {
        options = acknowledged(&packet[2..])?;
        (packet, peer) = converse(socket, peer, &acknowledgement(0)).await?;
    }
    let block_size = options.get("blksize").map_or(Ok(BLOCK), |size| size.parse())?;
    let mut content = Vec::new();
    let mut expected: u16 = 1;
    loop {
        if let Some(refusal) = refusal(&packet) {
            return Ok(Err(refusal));
        }
        ensure!(packet.len() >= 4 && packet[..2] == [0, DATA], "not data: {packet:?}");
        let number = u16::from_be_bytes([packet[2], packet[3]]);
        if number == expected {
            content.extend_from_slice(&packet[4..]);
            if packet.len() - 4 < block_size {
                socket.send_to(&acknowledgement(number), peer).await?;
                return Ok(Ok(Transfer { content, options }));
            }
            expected = expected.wrapping_add(1);
        }
        // A block that came twice is acknowledged by the one before the expected.
        (packet, peer) = converse(socket, peer, &acknowledgement(expected.wrapping_sub(1))).await?;
    }
}

/// Sends a packet, again and again if need be, until one comes back.
async fn converse(socket: &UdpSocket, to: SocketAddr, packet: &[u8]) -> Result<(Vec<u8>, SocketAddr)> {
    let mut buffer = vec![0; 65536];
    for _ in 0..ATTEMPTS {
        socket.send_to(packet, to).await?;
        if let Ok(received) = tokio::time::timeout(RETRY, socket.recv_from(&mut buffer)).await {
            let (length, from) = received?;
            ensure!(from.ip() == to.ip(), "asked {to}, answered by {from}");
            buffer.truncate(length);
            return Ok((buffer, from));
        }
    }
    bail!("no packet in answer to {packet:?}")
}

fn acknowledgement(number: u16) -> [u8; 4] {
    let [high, low] = number.to_be_bytes();
    [0, 4, high, low]
}

fn acknowledged(packet: &[u8]) -> Result<BTreeMap<String, String>> {
    let words: Vec<String> =
        packet.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into()).collect();
    // The last word ends with a NUL, too: what follows it is empty.
    let pairs = words[..words.len() - 1].chunks(2);
    pairs
        .map(|pair| match pair {
            [name, value] => Ok((name.to_ascii_lowercase(), value.clone())),
            _ => bail!("an option without a value: {words:?}"),
        })
        .collect()
}

fn refusal(packet: &[u8]) -> Option<Refusal> {
    let [0, ERROR, high, low, message @ ..] = packet else { return None };
    let message = String::from_utf8_lossy(message).trim_end_matches('\0').to_owned();
    Some(Refusal { code: u16::from_be_bytes([*high, *low]), message })
}
