//! The listener on as many threads as there are processors. Each has a socket of its own on the same port, among which the
//! kernel divides the connections, and each serves its connections from beginning to end: no request waits to be handed
//! from one thread to another, which costs more than to answer it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::available_parallelism;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::server::{Connections, accept_until};
use super::settings::HttpSettings;
use crate::pipeline::RequestHandler;

/// More threads than this take no more from the network.
const MOST: usize = 16;

/// As many connections as the kernel lets wait for each thread.
const BACKLOG: i32 = 4096;

/// Sockets of one port, not yet served.
#[derive(Debug)]
pub struct Sockets {
    sockets: Vec<std::net::TcpListener>,
    address: SocketAddr,
}

impl Sockets {
    /// Binds one for each processor.
    ///
    /// # Errors
    ///
    /// The address is in use, by whatever program, or is none of this machine's.
    pub fn bind(address: SocketAddr) -> io::Result<Sockets> {
        // Sockets that share a port would share it with those of another server of the same user too. One that does not
        // share finds out whether there is any.
        drop(socket(address, false)?);
        let first = socket(address, true)?;
        let address = first.local_addr()?;
        let threads = available_parallelism().map_or(1, usize::from).min(MOST);
        let others = (1..threads).map(|_| socket(address, true));
        let sockets = std::iter::once(Ok(first)).chain(others).collect::<io::Result<_>>()?;
        Ok(Sockets { sockets, address })
    }

    /// Where they listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn socket(address: SocketAddr, shares_port: bool) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shares_port)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Serves HTTP/1.0 and 1.1 until `shutdown`, then lets requests end within
/// [`drain_timeout`](HttpSettings::drain_timeout).
pub async fn serve(
    sockets: Sockets,
    handler: Arc<dyn RequestHandler>,
    settings: HttpSettings,
    shutdown: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(settings.max_connections));
    let settings = Arc::new(settings);
    let mut running = Vec::new();
    for (number, socket) in sockets.sockets.into_iter().enumerate() {
        let connections = Connections {
            handler: handler.clone(),
            settings: settings.clone(),
            places: places.clone(),
            // Of its own, so that connections of different threads do not meet in it.
            shutdown: shutdown.child_token(),
        };
        let (ends, ended) = oneshot::channel();
        let serve = move || {
            if let Err(error) = serve_on_this_thread(socket, connections) {
                error!(%error, "a thread of the HTTP listener ended");
            }
            // Nobody waits for it once the server has ended.
            let _ = ends.send(());
        };
        match std::thread::Builder::new().name(format!("http-{number}")).spawn(serve) {
            Ok(_) => running.push(ended),
            Err(error) => error!(%error, "a thread of the HTTP listener cannot start"),
        }
    }
    for ended in running {
        // A thread that panicked has ended too.
        let _ = ended.await;
    }
}

fn serve_on_this_thread(socket: std::net::TcpListener, connections: Connections) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // A task of its own: a runtime is told with a system call that what it blocks on may go on, and nobody is told of a task.
    runtime.block_on(async {
        let serving = tokio::spawn(accept_until(TcpListener::from_std(socket)?, connections));
        serving.await.map_err(io::Error::other)
    })
}
