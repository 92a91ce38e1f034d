//! Connections to phones and to Asterisk: TCP, and TLS on it. Every one has a deadline, which its caller holds.

use std::net::SocketAddr;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs};

use super::party::Party;
use super::tls::Tls;
use crate::provisioning::synchronizer::SynchronizationError;

/// What bytes go through.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// An open connection.
pub(super) struct Connection {
    pub(super) stream: Box<dyn ByteStream>,
    /// Our own end.
    pub(super) local: SocketAddr,
    /// Theirs.
    pub(super) remote: SocketAddr,
}

/// Opens one; with TLS if a name for its certificate is given.
pub(super) async fn connect(
    party: &Party,
    address: impl ToSocketAddrs,
    tls: Option<(&Tls, &str)>,
) -> Result<Connection, SynchronizationError> {
    let tcp = TcpStream::connect(address).await.map_err(|error| party.unreachable(error))?;
    let ends = tcp.set_nodelay(true).and_then(|()| Ok((tcp.local_addr()?, tcp.peer_addr()?)));
    let (local, remote) = ends.map_err(|error| party.unreachable(error))?;
    let Some((tls, name)) = tls else {
        return Ok(Connection { stream: Box::new(tcp), local, remote });
    };
    let connector = tls.connector().map_err(SynchronizationError::NotPossible)?;
    let name = ServerName::try_from(name.to_owned())
        .map_err(|_| SynchronizationError::NotPossible(format!("`{name}` cannot have a certificate")))?;
    let handshake = connector.connect(name, tcp).await;
    let stream = handshake.map_err(|error| party.unreachable(format_args!("no TLS with it: {error}")))?;
    Ok(Connection { stream: Box::new(stream), local, remote })
}
