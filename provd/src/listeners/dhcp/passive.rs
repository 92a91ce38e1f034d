//! Listening to DHCP clients beside whatever server gives them their leases, on this machine or on its network.
//!
//! A packet socket needs no port, so it does not stand in the way of a DHCP server. It is read-only by nature: nothing is
//! ever answered. Whoever may send broadcasts can make clients up, as with DHCP itself; so only what a plugin recognises
//! becomes a device.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use rustix::io::Errno;
use rustix::net::netdevice::name_to_index;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::filter;
use super::packet::{self, Heard};
use crate::domain::answer::Answer;
use crate::domain::mac::Mac;
use crate::domain::request::{DhcpRequest, Request, RequestKind};
use crate::listeners::refusals::Refusals;
use crate::pipeline::RequestHandler;

/// IPv4, as Ethernet numbers it.
const IPV4: u16 = 0x0800;
/// Longest packet that is read; a DHCP message fills one of 1,500 bytes at most.
const LONGEST: usize = 4096;
/// How long a client is not heard again that says the same.
const REPETITION: Duration = Duration::from_mins(1);
/// How many clients are remembered for that.
const REMEMBERED: u64 = 10_000;
/// Clients that are handled at the same time.
const MOST_AT_ONCE: usize = 64;
/// Longest time one may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// Longest time to finish when the server ends.
const DRAIN: Duration = Duration::from_secs(5);
/// Pause after the socket failed, so that a lasting failure does not take a whole processor.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// An open ear for DHCP clients.
#[derive(Debug)]
pub struct PassiveDhcp {
    /// A packet socket. To the runtime any socket of datagrams is like another, as long as no addresses are asked for.
    socket: UdpSocket,
}

impl PassiveDhcp {
    /// Opens it on all network interfaces, or on those named, with commas between them. To be called within a runtime.
    ///
    /// An interface is known by its number from now on: one that is removed and made again is not heard. Fails without the
    /// capability `CAP_NET_RAW`, and says what to do about it.
    pub fn open(interfaces: Option<&str>) -> io::Result<PassiveDhcp> {
        let protocol = Protocol::from(i32::from(IPV4.to_be()));
        let socket =
            Socket::new(Domain::PACKET, Type::DGRAM.nonblocking(), Some(protocol)).map_err(explain)?;
        let names = interfaces.into_iter().flat_map(|names| names.split(',')).map(str::trim);
        let interfaces = names.map(|name| index(&socket, name)).collect::<io::Result<Vec<u32>>>()?;
        filter::attach(&socket, &interfaces)?;
        let socket = std::net::UdpSocket::from(OwnedFd::from(socket));
        Ok(PassiveDhcp { socket: UdpSocket::from_std(socket)? })
    }
}

fn index(socket: &Socket, name: &str) -> io::Result<u32> {
    name_to_index(socket, name).map_err(|error| match error {
        Errno::NODEV => io::Error::new(
            io::ErrorKind::NotFound,
            format!("there is no network interface `{}`", name.escape_debug()),
        ),
        error => error.into(),
    })
}

fn explain(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return error;
    }
    let program = std::env::current_exe().unwrap_or_default();
    let why = format!(
        "hearing DHCP clients needs the capability CAP_NET_RAW: run `sudo setcap \
         cap_net_raw,cap_net_bind_service=+ep {}`, or as a service with AmbientCapabilities=CAP_NET_RAW",
        program.display()
    );
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// Tells `handler` of each client that is about to use an address, until `shutdown`.
///
/// A client that repeats itself within a minute is not told of again, unless telling of it failed.
pub async fn serve(passive: PassiveDhcp, handler: Arc<dyn RequestHandler>, shutdown: CancellationToken) {
    let mut listener = Listener::new(handler);
    let mut buffer = vec![0; LONGEST];
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = listener.tasks.join_next() => report(ended),
            received = passive.socket.recv(&mut buffer) => match received {
                Ok(length) => listener.hear(&buffer[..length]),
                Err(error) => {
                    warn!(%error, "cannot hear DHCP clients");
                    sleep(PAUSE_AFTER_FAILURE).await;
                }
            },
        }
    }
    drop(passive);
    listener.drain().await;
}

/// What a client said. The vendor class is part of it: some phones send another one after they have started up.
type Said = (Mac, Ipv4Addr, Option<Vec<u8>>);

struct Listener {
    handler: Arc<dyn RequestHandler>,
    recent: Cache<Said, ()>,
    tasks: JoinSet<()>,
    unsound: Refusals,
    overload: Refusals,
}

impl Listener {
    fn new(handler: Arc<dyn RequestHandler>) -> Listener {
        let recent = Cache::builder().max_capacity(REMEMBERED).time_to_live(REPETITION).build();
        let (unsound, overload) = (Refusals::default(), Refusals::default());
        Listener { handler, recent, tasks: JoinSet::new(), unsound, overload }
    }

    /// Takes in one packet. Never waits.
    fn hear(&mut self, packet: &[u8]) {
        match packet::read(packet) {
            Ok(Some(heard)) => self.tell(heard),
            Ok(None) => {}
            Err(error) => {
                if let Some(count) = self.unsound.count() {
                    debug!("{count} packets to the port of DHCP servers: {error}");
                }
            }
        }
    }

    fn tell(&mut self, heard: Heard) {
        let Heard { ip, mac, options } = heard;
        let said = (mac, ip, options.get(&60).cloned());
        if self.recent.contains_key(&said) {
            return;
        }
        if self.tasks.len() >= MOST_AT_ONCE {
            if let Some(count) = self.overload.count() {
                warn!("{count} DHCP clients not heard: {MOST_AT_ONCE} are being handled");
            }
            return;
        }
        self.recent.insert(said.clone(), ());
        let kind = RequestKind::Dhcp(DhcpRequest { mac, options, only_phones: true });
        let (handler, recent) = (self.handler.clone(), self.recent.clone());
        self.tasks.spawn(async move {
            let answer = timeout(DEADLINE, handler.handle(Request { ip: ip.into(), kind })).await;
            if !matches!(answer, Ok(Answer::Nothing)) {
                recent.invalidate(&said);
            }
        });
    }

    async fn drain(mut self) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(DRAIN, all).await.is_err() {
            warn!("Not all DHCP clients were handled within {} s", DRAIN.as_secs());
        }
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        error!("A DHCP client could not be handled: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::super::packet::tests::request;
    use super::*;

    /// Keeps what it is told. Whoever is at 192.0.2.66 is not understood.
    #[derive(Default)]
    struct Recorder(Mutex<Vec<Request>>);

    #[async_trait]
    impl RequestHandler for Recorder {
        async fn handle(&self, request: Request) -> Answer {
            let fails = request.ip.to_string() == "192.0.2.66";
            self.0.lock().unwrap().push(request);
            if fails { Answer::Failed } else { Answer::Nothing }
        }
    }

    async fn told(packets: &[Vec<u8>]) -> Vec<Request> {
        let recorder = Arc::new(Recorder::default());
        let mut listener = Listener::new(recorder.clone());
        for packet in packets {
            listener.hear(packet);
            while listener.tasks.join_next().await.is_some() {}
        }
        listener.drain().await;
        std::mem::take(&mut *recorder.0.lock().unwrap())
    }

    #[tokio::test]
    async fn a_client_is_told_of_once() {
        let packets = [request(7, b"a"), request(7, b"a"), request(7, b"b"), request(8, b"a"), vec![0; 300]];
        let told = told(&packets).await;
        let ips: Vec<String> = told.iter().map(|request| request.ip.to_string()).collect();
        assert_eq!(ips, ["192.0.2.7", "192.0.2.7", "192.0.2.8"]);
        let RequestKind::Dhcp(dhcp) = &told[1].kind else { panic!("not DHCP") };
        assert_eq!((dhcp.vendor_class().as_deref(), dhcp.only_phones), (Some("b"), true));
    }

    #[tokio::test]
    async fn what_failed_is_told_again() {
        assert_eq!(told(&[request(66, b"a"), request(66, b"a")]).await.len(), 2);
    }

    #[tokio::test]
    async fn a_crowd_does_not_take_more_than_its_share() {
        let recorder = Arc::new(Recorder::default());
        let mut listener = Listener::new(recorder.clone());
        for last in 0..=255 {
            listener.hear(&request(last, b"a"));
        }
        assert_eq!(listener.tasks.len(), MOST_AT_ONCE);
        listener.drain().await;
    }
}
