//! SIP NOTIFYs that provd sends itself, each in one transaction of its own.
//!
//! Own code, for it is one request outside of any dialog and its answer: the stacks that could be had bring endpoints,
//! dialogs and tasks that live as long as the program. What is not spoken here: registration, dialogs, DNS (a phone is
//! known by its address), and INVITE.

mod head;
mod refusal;
mod request;
mod response;
mod transaction;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;

use super::connecting::connect;
use super::digest::{Authorized, authorize};
use super::party::Party;
use super::tls::Tls;
use crate::domain::synchronization::SynchronizationTarget;
use crate::provisioning::synchronizer::SynchronizationError;
use crate::settings::synchronization::{SipSettings, SipTransport};
use request::{Notify, Written};
use response::Response;
use transaction::{Framed, NoAnswer, over_connection, over_datagrams};

/// Sends NOTIFYs.
pub(super) struct Sip {
    settings: SipSettings,
    /// How long opening a connection may take.
    deadline: Duration,
    tls: Arc<Tls>,
}

impl Sip {
    pub(super) fn new(settings: SipSettings, deadline: Duration, tls: Arc<Tls>) -> Sip {
        Sip { settings, deadline, tls }
    }

    /// Sends one and waits for its answer; answers a challenge once.
    pub(super) async fn notify(
        &self,
        target: &SynchronizationTarget,
        event: &str,
        headers: &[(String, String)],
    ) -> Result<String, SynchronizationError> {
        let Some(ip) = target.ip else {
            let why = "the address of the phone is not known: it can be told once it asked for a file";
            return Err(SynchronizationError::NoTarget(why.to_owned()));
        };
        let phone = Party::phone(ip);
        let (mut channel, local) = self.open(&phone, ip).await?;
        let user = target.username.as_deref().or(target.peer.as_deref());
        let notify = Notify::new(&self.settings, local, (user, ip), (event, headers));
        let mut response = self.exchange(&phone, &mut channel, &notify.write(1, None)).await?;
        let answer = answer(&response, &notify.uri, target);
        let authorized = answer.is_some();
        if let Some((name, value)) = answer {
            response = self.exchange(&phone, &mut channel, &notify.write(2, Some((name, &value)))).await?;
        }
        match response.status {
            200..300 => Ok(format!("{phone} answered {}", response.in_words())),
            _ => Err(phone.refused(refusal::explain(&response, event, authorized))),
        }
    }

    async fn open(&self, phone: &Party, ip: IpAddr) -> Result<(Channel, SocketAddr), SynchronizationError> {
        let address = SocketAddr::new(ip, self.settings.port);
        let host = ip.to_string();
        let tls = match self.settings.transport {
            SipTransport::Udp => {
                let socket = socket(address).await.and_then(|socket| Ok((socket.local_addr()?, socket)));
                let (local, socket) = socket.map_err(|error| phone.unreachable(error))?;
                return Ok((Channel::Datagrams(socket), local));
            }
            SipTransport::Tcp => None,
            SipTransport::Tls => Some((&*self.tls, host.as_str())),
        };
        let connection = phone.within(self.deadline, connect(phone, address, tls)).await?;
        Ok((Channel::Connection(Framed::new(connection.stream)), connection.local))
    }

    async fn exchange(
        &self,
        phone: &Party,
        channel: &mut Channel,
        request: &Written,
    ) -> Result<Response, SynchronizationError> {
        let timers = self.settings.timers;
        let outcome = match channel {
            Channel::Datagrams(socket) => over_datagrams(socket, request, timers).await,
            Channel::Connection(connection) => over_connection(connection, request, timers).await,
        };
        outcome.map_err(|error| match error {
            NoAnswer::Silence => phone.no_answer(timers.f),
            NoAnswer::Broken(error) => phone.broken(&error),
        })
    }
}

/// What a request goes through.
enum Channel {
    Datagrams(UdpSocket),
    Connection(Framed),
}

/// A socket connected to the phone: its own address is then known, and the network tells it when nobody listens there.
async fn socket(phone: SocketAddr) -> std::io::Result<UdpSocket> {
    let any: IpAddr =
        if phone.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(phone).await?;
    Ok(socket)
}

/// The header that answers a challenge, if there is one and it can be answered.
fn answer(response: &Response, uri: &str, target: &SynchronizationTarget) -> Option<(&'static str, String)> {
    let (header, challenges) = response.challenges()?;
    let request = Authorized { method: "NOTIFY", uri };
    let value = authorize(challenges, request, target.credentials.as_ref()?, false)?;
    Some((header, value))
}
