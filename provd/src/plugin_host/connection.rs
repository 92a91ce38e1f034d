//! The gRPC channel to one plugin process: over its Unix socket, with its token, bounded in size and watched.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use provd_proto::v1::plugin_client::PluginClient;
use provd_proto::{MAX_MESSAGE_BYTES, TOKEN_METADATA_KEY};
use tokio::net::UnixStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;

/// Longest socket path: the kernel's limit is 107 bytes, and runtimes of other languages are known to be off by a few.
pub(super) const LONGEST_SOCKET_PATH: usize = 100;

/// Adds the plugin's token to every call.
#[derive(Debug, Clone)]
pub(super) struct Token(Option<MetadataValue<Ascii>>);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            request.metadata_mut().insert(TOKEN_METADATA_KEY, token.clone());
        }
        Ok(request)
    }
}

pub(super) type Authenticated = InterceptedService<Channel, Token>;

/// Stubs of both services of one process.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) plugin: PluginClient<Authenticated>,
    pub(super) health: HealthClient<Authenticated>,
    /// What both are stubs on.
    pub(super) channel: Authenticated,
}

impl Connection {
    /// Connects to a socket that somebody listens on already. Without a token nothing is answered.
    pub(super) async fn open(socket: &Path, token: Option<&str>) -> io::Result<Connection> {
        let socket: PathBuf = socket.to_owned();
        // The authority is what clients of all gRPC libraries send over Unix sockets; the path would not be a valid one.
        let channel = Endpoint::from_static("http://localhost")
            .connect_timeout(Duration::from_secs(2))
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .connect_with_connector(tower::service_fn(move |_: Uri| {
                let socket = socket.clone();
                async move { UnixStream::connect(socket).await.map(TokioIo::new) }
            }))
            .await
            .map_err(io::Error::other)?;
        let token = token.map(str::parse).transpose().map_err(io::Error::other)?;
        let channel = InterceptedService::new(channel, Token(token));
        let plugin = PluginClient::new(channel.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        Ok(Connection { plugin, health: HealthClient::new(channel.clone()), channel })
    }
}
