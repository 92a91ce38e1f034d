//! One connection: hyper with this listener's limits, until the client, a deadline or a shutdown ends it.

use std::net::SocketAddr;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tracing::debug;

use super::deadlines::{Activity, DeadlineStream};
use super::server::Connections;
use super::service::Service;
use crate::listeners::client_address::canonical;

/// Request line and header fields together, in bytes; more is answered with 431.
const LARGEST_HEADER_SECTION: usize = 16 * 1024;

/// Bytes hyper may hold back while a client is slow to take them.
const BUFFER: usize = 64 * 1024;

/// Serves the requests of one connection. After the shutdown the request that is being answered is the last.
pub(super) async fn serve_connection(stream: TcpStream, peer: SocketAddr, connections: Connections) {
    let Connections { handler, settings, shutdown, .. } = connections;
    let activity = Activity::default();
    let service = Service {
        handler,
        peer: canonical(peer).ip(),
        trusted_proxies: settings.trusted_proxies,
        activity: activity.clone(),
    };
    let stream = DeadlineStream::new(stream, activity, &settings);
    let answer = service_fn(move |request| service.answer(request));
    let mut connection = std::pin::pin!(builder().serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        // First, so that whatever is answered from then on says that it is the last.
        biased;
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        ended = connection.as_mut() => ended,
    };
    if let Err(error) = ended {
        debug!(%peer, %error, cause = std::error::Error::source(&error), "HTTP connection broke off");
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_header_size(LARGEST_HEADER_SECTION).max_buf_size(BUFFER);
    builder
}
