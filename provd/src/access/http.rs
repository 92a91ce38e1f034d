//! A small client of HTTP/1.1, plain or over TLS, to ask services that know tokens.
//!
//! One request on a connection of its own, without redirections, proxies and cookies. Whoever asks holds the deadline. Neither
//! what is sent nor what is answered appears in an error.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, HOST, USER_AGENT};
use http::{HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use url::Url;

/// Longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;
/// Most requests at a time. Whoever shows ever new tokens must not have us flood the service.
const AT_A_TIME: usize = 32;

/// Why a service cannot be asked over TLS.
#[derive(Debug, Error)]
pub enum TrustError {
    /// The certificates to believe cannot be used.
    #[error("the certificates in {path} cannot be used: {why}")]
    CaFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no TLS to speak.
    #[error("TLS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

/// A service that gave no answer: why.
#[derive(Debug, Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

/// What a service answered.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Asks services.
pub(super) struct HttpClient {
    tls: TlsConnector,
    places: Semaphore,
}

impl HttpClient {
    /// Believes the certificates in this PEM file, or else those the system trusts.
    pub(super) fn new(ca_file: Option<&Path>) -> Result<HttpClient, TrustError> {
        let roots = if let Some(path) = ca_file {
            read(path).map_err(|why| TrustError::CaFile { path: path.to_owned(), why: why.to_string() })?
        } else {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(HttpClient { tls: TlsConnector::from(Arc::new(config)), places: Semaphore::new(AT_A_TIME) })
    }

    /// Sends a request to where `url` points; the URI of the request itself is not looked at.
    pub(super) async fn send(&self, url: &Url, request: Request<Full<Bytes>>) -> Result<Answered, NoAnswer> {
        let _place = self.places.acquire().await.map_err(|error| NoAnswer(error.to_string()))?;
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let tcp = TcpStream::connect((host, url.port_or_known_default().unwrap_or(80)))
            .await
            .map_err(|error| NoAnswer(format!("cannot be reached: {error}")))?;
        if url.scheme() != "https" {
            return exchange(tcp, addressed(request, url)?).await;
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| NoAnswer("has a name that no certificate can have".to_owned()))?;
        let tls = self.tls.connect(name, tcp).await;
        let tls = tls.map_err(|error| NoAnswer(format!("speaks no TLS that is believed: {error}")))?;
        exchange(tls, addressed(request, url)?).await
    }
}

fn read(path: &Path) -> Result<RootCertStore, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() {
        return Err("there is none in it; PEM is expected".into());
    }
    Ok(roots)
}

fn addressed(mut request: Request<Full<Bytes>>, url: &Url) -> Result<Request<Full<Bytes>>, NoAnswer> {
    let unsendable = |error: http::Error| NoAnswer(format!("cannot be asked this: {error}"));
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    *request.uri_mut() = target.parse::<Uri>().map_err(|error| unsendable(error.into()))?;
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let headers = request.headers_mut();
    let authority = HeaderValue::try_from(authority).map_err(|error| unsendable(error.into()))?;
    headers.insert(HOST, authority);
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("provd/", env!("CARGO_PKG_VERSION"))));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answered, NoAnswer> {
    let broken = |error: hyper::Error| NoAnswer(format!("broke off: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| NoAnswer(format!("gave no whole answer: {error}")))?.to_bytes();
        Ok(Answered { status: parts.status, body })
    };
    let driven = async {
        let _ = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        answered = answered => answered,
        never = driven => never,
    }
}
