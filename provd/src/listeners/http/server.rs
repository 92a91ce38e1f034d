//! The accept loop: gives each connection a task, and never allows more of them than configured.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::connection::serve_connection;
use super::settings::HttpSettings;
use crate::listeners::refusals::Refusals;
use crate::pipeline::RequestHandler;

/// Pause after accepting failed for want of something, such as file descriptors, that only time brings back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// What all connections of a listener have in common.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) handler: Arc<dyn RequestHandler>,
    pub(super) settings: Arc<HttpSettings>,
    /// For as many connections as there may be, of all threads together.
    pub(super) places: Arc<Semaphore>,
    pub(super) shutdown: CancellationToken,
}

/// Serves the connections of one socket until it is told to shut down, then lets requests end.
///
/// How long a request may take is the handler's own business. When a client goes away before it is answered, its future is
/// dropped.
pub(super) async fn accept_until(listener: TcpListener, connections: Connections) {
    let (settings, shutdown) = (connections.settings.clone(), connections.shutdown.clone());
    // Answers leave at once; without it the last packet of one may wait for an acknowledgement of the one before. What is
    // accepted here inherits it.
    if let Err(error) = SockRef::from(&listener).set_tcp_nodelay(true) {
        debug!(%error, "cannot set TCP_NODELAY");
    }
    let (failures, overload) = (Refusals::default(), Refusals::default());
    let mut running = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = running.join_next() => {
                report(ended);
                continue;
            }
            accepted = accept(&listener, &failures) => accepted,
        };
        // Taken when there is a connection for it: one that waits for connections has none that another thread could use.
        let place = tokio::select! {
            () = shutdown.cancelled() => break,
            place = place(&connections.places, &overload) => place,
        };
        let serving = serve_connection(stream, peer, connections.clone());
        running.spawn(async move {
            serving.await;
            drop(place);
        });
    }
    drop(listener);
    drain(running, settings.drain_timeout).await;
}

/// Waits for the place of one connection.
async fn place(places: &Arc<Semaphore>, overload: &Refusals) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = places.clone().try_acquire_owned() {
        return Some(place);
    }
    if let Some(times) = overload.count() {
        warn!(times, "HTTP connections wait: there are as many as there may be");
    }
    // It is never closed.
    places.clone().acquire_owned().await.ok()
}

/// Waits for the next connection, however often accepting one fails. Cancel-safe.
async fn accept(listener: &TcpListener, failures: &Refusals) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                if let Some(times) = failures.count() {
                    warn!(times, %error, "cannot accept HTTP connections");
                }
                sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
}

/// The client gave up before it was accepted, which says nothing about the next.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

async fn drain(mut connections: JoinSet<()>, drain_timeout: Duration) {
    let ended = timeout(drain_timeout, async {
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    });
    if ended.await.is_err() {
        warn!(connections = connections.len(), "HTTP connections cut off at shutdown");
        connections.shutdown().await;
    }
}

/// A connection has no result; only a panic inside is worth a word.
fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        warn!(%error, "the task of an HTTP connection broke off");
    }
}
