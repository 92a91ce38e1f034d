//! The process side of the contract: a plugin on a Unix socket, with health beside it, for one caller only, until its
//! lifeline breaks.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use provd_proto::MAX_MESSAGE_BYTES;
use provd_proto::v1::plugin_server::PluginServer;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::service::InterceptorLayer;
use tonic::transport::Server as Transport;

use crate::environment::{Environment, EnvironmentError};
use crate::{Plugin, logging};
use authentication::Caller;
use calls::Calls;

mod authentication;
mod calls;
mod drain;
mod lifeline;

/// How long calls that run may still take when the process is told to end.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// Threads that answer calls. One can be busy while the other answers health.
const WORKERS: usize = 2;

/// Threads for work that occupies a processor.
const BLOCKING_THREADS: usize = 4;

/// Why a plugin could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The process was not started as a plugin: print this and exit with status 2.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The socket cannot be bound.
    #[error("cannot bind {}: {cause}", socket.display())]
    Bind {
        /// The path provd chose.
        socket: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The process cannot wait for its end.
    #[error("cannot wait for the end of stdin and for SIGTERM: {0}")]
    Lifeline(io::Error),
    /// The gRPC server failed.
    #[error("serving failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// The runtime a plugin needs: small, and able to answer health while it renders.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
}

/// Serves a plugin as provd started it: binds the socket it chose, and returns when provd is gone (stdin ends) or asks
/// for it (SIGTERM).
pub async fn serve(plugin: impl Plugin) -> Result<(), ServeError> {
    let environment = Environment::from_process()?;
    serve_in(environment, plugin).await
}

/// The same in an environment that was already read.
pub(crate) async fn serve_in(environment: Environment, plugin: impl Plugin) -> Result<(), ServeError> {
    logging::start();
    let lifeline = lifeline::of_process().map_err(ServeError::Lifeline)?;
    let listener = UnixListener::bind(&environment.socket)
        .map_err(|cause| ServeError::Bind { socket: environment.socket.clone(), cause })?;
    tracing::info!(plugin = environment.id, "serving");
    Server::new(plugin, environment.token).run(listener, lifeline).await
}

/// A plugin with the token of its caller.
pub struct Server<P> {
    plugin: P,
    caller: Caller,
}

impl<P: Plugin> Server<P> {
    /// A plugin that answers only calls that carry this token.
    pub fn new(plugin: P, token: String) -> Server<P> {
        Server { plugin, caller: Caller::new(token) }
    }

    /// Serves on a bound socket until the lifeline ends; calls that run then have 5 s to finish.
    pub async fn run(
        self,
        listener: UnixListener,
        lifeline: impl Future<Output = ()> + Send,
    ) -> Result<(), ServeError> {
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_serving::<PluginServer<Calls<P>>>().await;
        let calls = PluginServer::new(Calls::new(self.plugin, health))
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let caller = self.caller;
        let (ending, ended) = tokio::sync::oneshot::channel::<()>();
        let server = Transport::builder()
            .layer(InterceptorLayer::new(move |request| caller.admit(request)))
            .add_service(health_service)
            .add_service(calls)
            .serve_with_incoming_shutdown(UnixListenerStream::new(listener), async {
                // A sender that is dropped ends the server as well.
                let _ = ended.await;
            });
        let mut server = std::pin::pin!(server);
        tokio::select! {
            result = &mut server => return Ok(result?),
            () = lifeline => {}
        }
        tracing::info!("ending");
        drop(ending);
        if let Ok(result) = tokio::time::timeout(SHUTDOWN_LIMIT, server).await {
            return Ok(result?);
        }
        tracing::warn!("calls still ran {} s after the end was asked for", SHUTDOWN_LIMIT.as_secs());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
