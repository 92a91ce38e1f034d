//! Serving the interface on a bound socket until told to end: connections drain first, and changes under way.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::{ApiState, router};

/// Connections at the same time; further ones wait to be accepted.
const CONNECTIONS: usize = 1024;
/// Longest time a client may take to send the head of a request, or the next one.
const HEAD_DEADLINE: Duration = Duration::from_secs(30);
/// Longest time connections and changes may take to finish when the server ends.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);
/// How long accepting rests after it failed, as it does when file descriptors run out.
const REST: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, then for at most ten seconds what has begun.
pub async fn serve(listener: TcpListener, state: ApiState, shutdown: CancellationToken) {
    let changes = state.changes.clone();
    let provisioning = state.provisioning.clone();
    let router = router(state);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(converse(stream, peer, router.clone(), shutdown.clone()));
                }
                Err(error) => {
                    tracing::warn!("The API could not accept a connection: {error}");
                    sleep(REST).await;
                }
            },
        }
    }
    drop(listener);
    // Whoever is told of events would listen for ever.
    provisioning.events().close();
    changes.close();
    let drained = async {
        while connections.join_next().await.is_some() {}
        changes.wait().await;
    };
    if timeout(DRAIN_DEADLINE, drained).await.is_err() {
        tracing::warn!(
            "The API ends with {} connections and {} changes under way",
            connections.len(),
            changes.len()
        );
    }
}

async fn converse(stream: TcpStream, peer: SocketAddr, router: Router, shutdown: CancellationToken) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request);
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!("API: connection of {peer} ended: {error}");
    }
}
