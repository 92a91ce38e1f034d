//! How much a TFTP client may ask for, and how patient the server is.

use std::time::Duration;

/// Settings of a TFTP listener.
#[derive(Debug, Clone)]
pub struct TftpSettings {
    /// Largest block in octets of file (RFC 2348), 8 to 65464. It is meant for IPv4: IPv6 clients get 20 less, as their
    /// header is that much longer. The default just fits an Ethernet frame.
    pub max_block_size: u16,
    /// Most blocks in flight (RFC 7440).
    pub max_window: u16,
    /// Most octets in flight, which also bounds what one transfer can make this machine send without an answer.
    pub max_window_bytes: usize,
    /// Wait before sending again, unless the client asked for another one (RFC 2349). Doubles from one try to the next.
    pub first_wait: Duration,
    /// Where the doubling ends.
    pub longest_wait: Duration,
    /// How often a packet is sent again before the transfer is abandoned.
    pub max_retries: u32,
    /// Transfers at the same time; requests beyond it are dropped, and the phone asks again.
    pub max_transfers: usize,
    /// The same for one address. Many phones can share one behind NAT.
    pub max_transfers_per_client: usize,
    /// How long transfers may go on after the listener was told to stop.
    pub drain_timeout: Duration,
}

impl Default for TftpSettings {
    fn default() -> TftpSettings {
        TftpSettings {
            max_block_size: 1468,
            max_window: 16,
            max_window_bytes: 128 * 1024,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(8),
            max_retries: 5,
            max_transfers: 4096,
            max_transfers_per_client: 64,
            drain_timeout: Duration::from_secs(10),
        }
    }
}
