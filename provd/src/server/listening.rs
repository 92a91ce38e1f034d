//! The sockets phones and administrators come through, and the address phones are told.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use socket2::SockRef;
use tokio::net::{TcpListener, UdpSocket};

use crate::listeners::dhcp::PassiveDhcp;
use crate::listeners::http;
use crate::settings::{DhcpListen, Settings};

/// TFTP's own port (RFC 1350), and the one used where that is not permitted.
const TFTP_PORT: u16 = 69;
const UNPRIVILEGED_TFTP_PORT: u16 = 6969;

/// Bytes of requests that may wait to be read, as far as the kernel permits (`net.core.rmem_max`): after a power cut
/// thousands of phones ask at once, and one whose request is lost asks again only after seconds.
const TFTP_RECEIVED: usize = 4 << 20;

/// Where the server listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) http: SocketAddr,
    pub(super) tftp: SocketAddr,
    pub(super) api: SocketAddr,
}

/// Bound sockets, not yet served.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) http: http::Sockets,
    pub(super) tftp: UdpSocket,
    pub(super) api: TcpListener,
    pub(super) addresses: Addresses,
}

impl Addresses {
    /// What `listening.json` holds.
    pub(super) fn document(&self) -> Value {
        json!({
            "http": self.http.to_string(),
            "tftp": self.tftp.to_string(),
            "api": self.api.to_string(),
            "pid": std::process::id(),
        })
    }
}

impl Listening {
    /// Binds everything, before anything else is done: an address in use is the most frequent mistake.
    pub(super) async fn bind(settings: &Settings) -> anyhow::Result<Listening> {
        let http = bound("HTTP", "--http", settings.http, http::Sockets::bind(settings.http))?;
        let api = bound("the REST API", "--api", settings.api, TcpListener::bind(settings.api).await)?;
        let tftp = udp(settings.tftp).await?;
        let received = SockRef::from(&tftp).set_recv_buffer_size(TFTP_RECEIVED);
        if let Err(error) = received {
            tracing::debug!("the TFTP socket keeps its receive buffer: {error}");
        }
        let addresses = Addresses { http: http.address(), tftp: tftp.local_addr()?, api: api.local_addr()? };
        Ok(Listening { http, tftp, api, addresses })
    }

    /// Host under which phones reach this machine.
    pub(super) fn advertised_host(&self) -> String {
        reachable(self.addresses.http.ip()).to_string()
    }

    /// The base raw config: how phones reach this server.
    pub(super) fn base_raw_config(&self, advertised_url: Option<&str>) -> Map<String, Value> {
        let port = self.addresses.http.port();
        let url = match advertised_url {
            Some(url) => url.to_owned(),
            None => format!("http://{}", SocketAddr::new(reachable(self.addresses.http.ip()), port)),
        };
        let parsed: Option<hyper::Uri> = url.parse().ok();
        let host = parsed
            .as_ref()
            .and_then(hyper::Uri::host)
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let default_port = if url.starts_with("https:") { 443 } else { 80 };
        let port = parsed.and_then(|uri| uri.port_u16()).unwrap_or(default_port);
        Map::from_iter([
            ("http_base_url".to_owned(), Value::from(url)),
            ("ip".to_owned(), Value::from(host)),
            ("http_port".to_owned(), Value::from(port)),
            ("tftp_port".to_owned(), Value::from(self.addresses.tftp.port())),
        ])
    }
}

/// Opens the listener for DHCP clients, if it is wanted.
pub(super) fn passive_dhcp(wanted: &DhcpListen) -> anyhow::Result<Option<PassiveDhcp>> {
    let interface = match wanted {
        DhcpListen::Nowhere => return Ok(None),
        DhcpListen::Everywhere => None,
        DhcpListen::Interface(name) => Some(name.as_str()),
    };
    PassiveDhcp::open(interface).map(Some).context("DHCP clients cannot be listened to (--dhcp-listen)")
}

fn bound<T>(what: &str, flag: &str, address: SocketAddr, bound: io::Result<T>) -> anyhow::Result<T> {
    bound.with_context(|| format!("{what} cannot listen on {address}; choose another address with {flag}"))
}

async fn udp(address: Option<SocketAddr>) -> anyhow::Result<UdpSocket> {
    let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let wanted = address.unwrap_or(SocketAddr::new(any, TFTP_PORT));
    match UdpSocket::bind(wanted).await {
        Err(error) if address.is_none() && error.kind() == io::ErrorKind::PermissionDenied => {
            let instead = SocketAddr::new(any, UNPRIVILEGED_TFTP_PORT);
            tracing::warn!(
                "TFTP listens on port {UNPRIVILEGED_TFTP_PORT}: port {TFTP_PORT}, which phones ask, is not permitted. \
                 Run `sudo setcap cap_net_bind_service=+ep {}`, or as a service with AmbientCapabilities",
                std::env::current_exe().unwrap_or_default().display()
            );
            let socket = UdpSocket::bind(instead).await;
            socket.with_context(|| {
                format!("TFTP cannot listen on {instead}; choose another address with --tftp")
            })
        }
        bound => bound
            .with_context(|| format!("TFTP cannot listen on {wanted}; choose another address with --tftp")),
    }
}

/// An address of this machine that phones can use: the one it listens on, or for all of them the one that the default
/// route leaves from. Connecting a UDP socket sends nothing; the address is one of documentation (RFC 5737).
fn reachable(listening: IpAddr) -> IpAddr {
    if !listening.is_unspecified() {
        return listening;
    }
    let find = || -> io::Result<IpAddr> {
        let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        Ok(socket.local_addr()?.ip())
    };
    find().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
