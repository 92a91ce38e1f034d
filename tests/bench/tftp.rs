//! A TFTP client for load: whole files (RFC 1350) with options (RFC 2347, 2348, 7440), and packets lost on purpose.
//!
//! It keeps no content, only counts it, and is slow to ask again, so that how a server recovers is seen and not how it does.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::net::UdpSocket;

/// How long nothing may come before the last packet is sent again: longer than servers wait before they do.
const RETRY: Duration = Duration::from_millis(1200);
const ATTEMPTS: usize = 4;
/// Room for the largest packet.
const PACKET: usize = 1500;

/// A file to get.
#[derive(Debug, Clone)]
pub(crate) struct Download {
    server: SocketAddr,
    from: Ipv4Addr,
    file: String,
    /// Bytes in a block.
    pub(crate) block: usize,
    /// Blocks that are acknowledged together.
    pub(crate) window: u16,
    /// One block in so many is lost on its way: always the same ones, each once, wherever they are in a window.
    pub(crate) lost_of: Option<u64>,
    /// After which time it is enough.
    pub(crate) enough: Option<Duration>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Got {
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// Whether that is all of it.
    pub(crate) is_whole: bool,
}

/// A transfer under way.
struct Transfer {
    block: usize,
    window: u16,
    /// Number of the next block, counted on beyond what the wire can say.
    expected: u64,
    in_window: u16,
    gap_told: bool,
    /// The block that was lost last.
    lost: u64,
    bytes: u64,
}

/// What to do about a packet.
enum Step {
    Acknowledge,
    Wait,
    Finish,
}

impl Download {
    /// With the block size of nearly all phones.
    pub(crate) fn new(server: SocketAddr, from: Ipv4Addr, file: &str) -> Download {
        Download { server, from, file: file.to_owned(), block: 1428, window: 1, lost_of: None, enough: None }
    }

    fn request(&self) -> Vec<u8> {
        let (block, window) = (self.block.to_string(), self.window.to_string());
        let mut words = vec![self.file.as_str(), "octet", "blksize", &block];
        if self.window > 1 {
            words.extend(["windowsize", &window]);
        }
        let mut packet = vec![0, 1];
        for word in words {
            packet.extend_from_slice(word.as_bytes());
            packet.push(0);
        }
        packet
    }

    /// Gets it, or as much of it as is enough. A refusal is an error; a server that falls silent is none.
    pub(crate) async fn fetch(&self) -> Result<Got> {
        let began = Instant::now();
        let socket = UdpSocket::bind(SocketAddr::from((self.from, 0))).await?;
        let mut last = self.request();
        socket.send_to(&last, self.server).await?;
        // An answer comes from another port than the one that was asked.
        let mut peer = self.server;
        let mut is_connected = false;
        let mut transfer =
            Transfer { block: 512, window: 1, expected: 1, in_window: 0, gap_told: false, lost: 0, bytes: 0 };
        let mut buffer = [0; PACKET];
        let mut silent = 0;
        loop {
            if self.enough.is_some_and(|enough| began.elapsed() > enough) {
                return Ok(Got { bytes: transfer.bytes, is_whole: false });
            }
            let Ok(received) = tokio::time::timeout(RETRY, socket.recv_from(&mut buffer)).await else {
                silent += 1;
                if silent == ATTEMPTS {
                    return Ok(Got { bytes: transfer.bytes, is_whole: false });
                }
                if is_connected {
                    socket.send(&last).await?
                } else {
                    socket.send_to(&last, peer).await?
                };
                continue;
            };
            let (length, from) = received?;
            silent = 0;
            if !is_connected {
                peer = from;
                socket.connect(peer).await?;
                is_connected = true;
            }
            let step = transfer.receive(&buffer[..length], self.lost_of)?;
            if !matches!(step, Step::Wait) {
                let [.., high, low] = (transfer.expected - 1).to_be_bytes();
                last = vec![0, 4, high, low];
                socket.send(&last).await?;
            }
            if matches!(step, Step::Finish) {
                return Ok(Got { bytes: transfer.bytes, is_whole: true });
            }
        }
    }
}

impl Transfer {
    fn receive(&mut self, packet: &[u8], lost_of: Option<u64>) -> Result<Step> {
        match packet {
            [0, 3, high, low, content @ ..] => {
                let is_next = self.is_next([*high, *low]);
                if is_next && self.lost != self.expected && lost_of.is_some_and(|of| self.is_unlucky(of)) {
                    self.lost = self.expected;
                    return Ok(Step::Wait);
                }
                Ok(self.block(is_next, content))
            }
            [0, 6, options @ ..] => {
                self.agree(&String::from_utf8_lossy(options));
                Ok(Step::Acknowledge)
            }
            [0, 5, _, code, message @ ..] => bail!("error {code}: {}", String::from_utf8_lossy(message)),
            _ => bail!("not understood: {packet:?}"),
        }
    }

    fn is_next(&self, number: [u8; 2]) -> bool {
        let [.., high, low] = self.expected.to_be_bytes();
        number == [high, low]
    }

    /// As if by chance, and the same for each server.
    fn is_unlucky(&self, of: u64) -> bool {
        let mixed = self.expected.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed ^ (mixed >> 32)).is_multiple_of(of)
    }

    fn block(&mut self, is_next: bool, content: &[u8]) -> Step {
        if !is_next {
            // RFC 7440 §4: said once, where the gap begins. A block that came twice needs no word.
            if self.window == 1 || self.gap_told {
                return Step::Wait;
            }
            self.gap_told = true;
            self.in_window = 0;
            return Step::Acknowledge;
        }
        self.gap_told = false;
        self.expected += 1;
        self.in_window += 1;
        self.bytes += content.len() as u64;
        if content.len() < self.block {
            return Step::Finish;
        }
        if self.in_window < self.window {
            return Step::Wait;
        }
        self.in_window = 0;
        Step::Acknowledge
    }

    fn agree(&mut self, options: &str) {
        let words: Vec<&str> = options.split('\0').collect();
        for pair in words.chunks_exact(2) {
            match pair[0].to_ascii_lowercase().as_str() {
                "blksize" => self.block = pair[1].parse().unwrap_or(self.block),
                "windowsize" => self.window = pair[1].parse().unwrap_or(self.window),
                _ => {}
            }
        }
    }
}
