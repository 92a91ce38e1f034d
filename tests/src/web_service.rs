//! A web service on this machine that a server under test asks, plain or over TLS. It can fall silent, and go away.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::serve::Listener;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A service that answers as long as it lives.
#[derive(Debug)]
pub struct WebService {
    address: SocketAddr,
    certificate: Option<String>,
    is_silent: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl WebService {
    /// Starts one that speaks plainly.
    pub fn plain(listener: TcpListener, routes: Router) -> Result<WebService> {
        let (address, is_silent, mut tasks) = (listener.local_addr()?, Arc::default(), JoinSet::new());
        let routes = hushable(routes, &is_silent);
        tasks.spawn(async move { drop(axum::serve(listener, routes).await) });
        Ok(WebService { address, certificate: None, is_silent, tasks })
    }

    /// Starts one that speaks TLS, with a certificate of its own.
    pub fn encrypted(listener: TcpListener, routes: Router) -> Result<WebService> {
        let certified =
            rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)?;
        let (address, is_silent, mut tasks) = (listener.local_addr()?, Arc::default(), JoinSet::new());
        let listener = Encrypted { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
        let routes = hushable(routes, &is_silent);
        tasks.spawn(async move { drop(axum::serve(listener, routes).await) });
        let certificate = BASE64_STANDARD.encode(certified.cert.der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
        Ok(WebService { address, certificate: Some(pem), is_silent, tasks })
    }

    /// A place for one.
    pub async fn listener() -> Result<TcpListener> {
        Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its certificate in PEM, if it speaks TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// Whether it hears and answers nothing.
    pub fn be_silent(&self, is_silent: bool) {
        self.is_silent.store(is_silent, Ordering::SeqCst);
    }

    /// Goes away: nobody listens there any more.
    pub async fn leave(&mut self) {
        self.tasks.shutdown().await;
    }
}

fn hushable(routes: Router, is_silent: &Arc<AtomicBool>) -> Router {
    routes.layer(from_fn_with_state(is_silent.clone(), answer))
}

async fn answer(State(is_silent): State<Arc<AtomicBool>>, request: Request, next: Next) -> Response {
    if is_silent.load(Ordering::SeqCst) {
        return std::future::pending().await;
    }
    next.run(request).await
}

struct Encrypted {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            // Whoever does not believe the certificate goes away.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
