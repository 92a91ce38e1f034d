//! The receive loop: takes datagrams, turns away what is not a read request, and gives each of the others a task.
//!
//! The loop itself never waits for the pipeline, a disk or a client.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, trace, warn};

use super::exchange::{Exchange, objection};
use super::inbox::Inbox;
use super::packet::{self, ClientPacket, ErrorCode, PacketError, TransferRequest};
use super::settings::TftpSettings;
use super::slots::{Claim, Slots};
use super::sockets::{REST, Sockets, send_once};
use crate::listeners::refusals::Refusals;
use crate::pipeline::RequestHandler;

/// Pause after the socket failed, so that a lasting failure does not take a whole processor.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves TFTP read requests until `shutdown`, then lets transfers end within
/// [`drain_timeout`](TftpSettings::drain_timeout).
///
/// How long `handler` may take is the handler's own business; a request that waits for it holds up no other.
/// Fails only when the socket cannot be used at all.
pub async fn serve(
    socket: UdpSocket,
    handler: Arc<dyn RequestHandler>,
    settings: TftpSettings,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let mut inbox = Inbox::new(socket)?;
    let mut server = Server::new(handler, settings);
    let mut cleaning = interval(REST);
    cleaning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = pin!(shutdown.cancelled());
    loop {
        tokio::select! {
            () = &mut stopping => break,
            _ = cleaning.tick() => server.clean_up(),
            arrival = inbox.receive() => match arrival {
                Ok(arrival) => {
                    server.forget_ended();
                    for datagram in arrival.datagrams() {
                        server.receive(datagram, arrival.peer, arrival.local);
                    }
                }
                Err(error) => {
                    warn!(%error, "cannot receive TFTP requests");
                    sleep(PAUSE_AFTER_FAILURE).await;
                }
            },
        }
    }
    drop(inbox);
    server.drain().await;
    Ok(())
}

struct Server {
    handler: Arc<dyn RequestHandler>,
    settings: Arc<TftpSettings>,
    slots: Arc<Slots>,
    sockets: Arc<Sockets>,
    exchanges: JoinSet<()>,
    overload: Refusals,
    unsendable: Refusals,
}

impl Server {
    fn new(handler: Arc<dyn RequestHandler>, settings: TftpSettings) -> Server {
        Server {
            handler,
            slots: Arc::new(Slots::new(&settings)),
            settings: Arc::new(settings),
            sockets: Arc::default(),
            exchanges: JoinSet::new(),
            overload: Refusals::default(),
            unsendable: Refusals::default(),
        }
    }

    /// Whatever is not a request is ignored, lest a forged sender address make this server talk to a stranger.
    fn receive(&mut self, datagram: &[u8], peer: SocketAddr, local: Option<IpAddr>) {
        match ClientPacket::parse(datagram) {
            Ok(ClientPacket::Request(request)) => match objection(&request) {
                None => self.begin(request, peer, local),
                Some(words) => self.refuse(ErrorCode::Undefined, words, peer, local),
            },
            Err(error @ PacketError::MalformedRequest(_)) => {
                self.refuse(ErrorCode::IllegalOperation, &error.to_string(), peer, local);
            }
            Ok(_) | Err(PacketError::NotFromClient) => trace!(%peer, "not a TFTP request"),
        }
    }

    fn begin(&mut self, request: TransferRequest, peer: SocketAddr, local: Option<IpAddr>) {
        let request = Arc::new(request);
        let (slot, superseded) = match self.slots.claim(peer, &request) {
            Claim::Granted(slot, superseded) => (slot, superseded),
            Claim::Repeated => return,
            Claim::Full => {
                if let Some(count) = self.overload.count() {
                    warn!(count, %peer, "too many TFTP transfers: requests dropped, the latest from this client");
                }
                return;
            }
        };
        let handler = Arc::clone(&self.handler);
        let settings = Arc::clone(&self.settings);
        let sockets = Arc::clone(&self.sockets);
        let exchange = Exchange { handler, settings, sockets, request, peer, local, slot };
        self.exchanges.spawn(exchange.run(superseded));
    }

    /// Lets go of what ended, which is done now and then: to be woken for each would cost as much as a part of a transfer.
    fn forget_ended(&mut self) {
        while let Some(ended) = self.exchanges.try_join_next() {
            report(ended);
        }
    }

    fn clean_up(&mut self) {
        self.forget_ended();
        self.sockets.close_unneeded();
    }

    fn refuse(&self, code: ErrorCode, words: &str, peer: SocketAddr, local: Option<IpAddr>) {
        debug!(%peer, words, "TFTP request refused");
        if let Err(error) = send_once(local, peer, &packet::error(code, words))
            && let Some(count) = self.unsendable.count()
        {
            warn!(count, %peer, %error, "cannot send TFTP errors, the latest to this client");
        }
    }

    async fn drain(mut self) {
        let ended = timeout(self.settings.drain_timeout, async {
            while let Some(ended) = self.exchanges.join_next().await {
                report(ended);
            }
        });
        if ended.await.is_err() {
            warn!(transfers = self.exchanges.len(), "TFTP transfers cut off at shutdown");
            self.exchanges.shutdown().await;
        }
    }
}

/// An exchange has no result; only a panic inside is worth a word.
fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        warn!(%error, "a TFTP exchange broke off");
    }
}
