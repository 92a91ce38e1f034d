//! HTTP clients that speak TLS: which certificates they believe, and nothing else of what they do.
//!
//! All of them are made here, so that there is one implementation of TLS and one answer to who is believed: whoever the
//! system believes.

use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// A client over HTTP, plain or with TLS; by default without a deadline, and through the proxies of no environment.
///
/// # Errors
///
/// The implementation of TLS does not know its own protocol versions, which does not happen.
pub fn client() -> Result<ClientBuilder, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let agent = concat!("provd/", env!("CARGO_PKG_VERSION"));
    Ok(reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy().user_agent(agent))
}
