//! The accept loop: gives each connection a task, and never allows more of them than configured.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::connection::serve_connection;
use super::settings::HttpSettings;
use crate::listeners::refusals::Refusals;
use crate::pipeline::RequestHandler;

/// Pause after accepting failed for want of something, such as file descriptors, that only time brings back.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Serves HTTP/1.0 and 1.1 until `shutdown`, then lets requests end within
/// [`drain_timeout`](HttpSettings::drain_timeout).
///
/// How long `handler` may take is the handler's own business. When a client goes away before it is done, its future is
/// dropped.
pub async fn serve(
    listener: TcpListener,
    handler: Arc<dyn RequestHandler>,
    settings: HttpSettings,
    shutdown: CancellationToken,
) {
    let settings = Arc::new(settings);
    let (failures, overload) = (Refusals::default(), Refusals::default());
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = connections.join_next() => {
                report(ended);
                continue;
            }
            accepted = accept(&listener, &failures), if connections.len() < settings.max_connections => accepted,
        };
        let (handler, settings_of_it) = (Arc::clone(&handler), Arc::clone(&settings));
        connections.spawn(serve_connection(stream, peer, handler, settings_of_it, shutdown.clone()));
        if connections.len() >= settings.max_connections
            && let Some(times) = overload.count()
        {
            warn!(
                times,
                limit = settings.max_connections,
                "no more HTTP connections are accepted until one ends"
            );
        }
    }
    drop(listener);
    drain(connections, settings.drain_timeout).await;
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
