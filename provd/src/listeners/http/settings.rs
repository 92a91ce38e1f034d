//! Whom an HTTP listener believes, and how patient it is.

use std::time::Duration;

/// Settings of an HTTP listener.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// How many proxies stand between phones and this listener; their `X-Forwarded-For` entries are believed. With 0
    /// the socket's peer is the phone.
    pub trusted_proxies: usize,
    /// From the first byte of a request to the end of its header section.
    pub header_timeout: Duration,
    /// How long a connection may stay open without a request.
    pub idle_timeout: Duration,
    /// How long a client may take nothing of an answer that is ready for it.
    pub stall_timeout: Duration,
    /// Connections at the same time; further ones wait in the kernel's queue.
    pub max_connections: usize,
    /// How long requests may go on after the listener was told to stop.
    pub drain_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> HttpSettings {
        HttpSettings {
            trusted_proxies: 0,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            stall_timeout: Duration::from_mins(1),
            max_connections: 8192,
            drain_timeout: Duration::from_secs(10),
        }
    }
}
