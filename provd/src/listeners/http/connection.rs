//! One connection: hyper with this listener's limits, until the client, a deadline or a shutdown ends it.

use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::deadlines::{Activity, DeadlineStream};
use super::service::Service;
use super::settings::HttpSettings;
use crate::listeners::client_address::canonical;
use crate::pipeline::RequestHandler;

/// Request line and header fields together, in bytes; more is answered with 431.
const LARGEST_HEADER_SECTION: usize = 16 * 1024;

/// Bytes hyper may hold back while a client is slow to take them.
const BUFFER: usize = 64 * 1024;

/// Serves the requests of one connection. After `shutdown` the request that is being answered is the last.
pub(super) async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    handler: Arc<dyn RequestHandler>,
    settings: Arc<HttpSettings>,
    shutdown: CancellationToken,
) {
    // Answers leave at once; without it the last packet of one may wait for an acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "cannot set TCP_NODELAY");
    }
    let activity = Activity::default();
    let service = Arc::new(Service {
        handler,
        peer: canonical(peer).ip(),
        trusted_proxies: settings.trusted_proxies,
        activity: activity.clone(),
    });
    let stream = DeadlineStream::new(stream, activity, settings.header_timeout, settings.stall_timeout);
    let answer = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { service.answer(request).await }
    });
    let mut connection = std::pin::pin!(builder(&settings).serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%peer, %error, cause = std::error::Error::source(&error), "HTTP connection broke off");
    }
}

/// hyper's clock for headers also runs while a connection is idle, and serves as that deadline.
fn builder(settings: &HttpSettings) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(settings.idle_timeout)
        .max_header_size(LARGEST_HEADER_SECTION)
        .max_buf_size(BUFFER);
    builder
}
