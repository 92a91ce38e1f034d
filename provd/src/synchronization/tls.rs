//! What certificates are held to. Those of phones are self-signed, or their vendor's, and are believed unless the
//! settings say otherwise; that of an Asterisk manager is held to what the system trusts.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

/// A client of TLS 1.2 and 1.3, made when it is first needed.
#[derive(Default)]
pub(super) struct Tls {
    verifies: bool,
    connector: OnceLock<TlsConnector>,
}

impl Tls {
    pub(super) fn new(verifies: bool) -> Tls {
        Tls { verifies, connector: OnceLock::new() }
    }

    /// Fails where there is nothing to verify certificates with.
    pub(super) fn connector(&self) -> Result<TlsConnector, String> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector.clone());
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be used: {error}"))?;
        let config = if self.verifies {
            builder.with_root_certificates(trusted()?).with_no_client_auth()
        } else {
            let anything = Arc::new(Anything(provider));
            builder.dangerous().with_custom_certificate_verifier(anything).with_no_client_auth()
        };
        Ok(self.connector.get_or_init(|| TlsConnector::from(Arc::new(config))).clone())
    }
}

/// The certificates the system trusts, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
fn trusted() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut store = RootCertStore::empty();
    let (usable, _) = store.add_parsable_certificates(found.certs);
    if usable == 0 {
        return Err("no trusted certificates found to verify others with: install ca-certificates, or name \
                    them by SSL_CERT_FILE"
            .to_owned());
    }
    Ok(store)
}

/// Believes any certificate. Signatures are not looked at either: without a trusted certificate they prove nothing, and old
/// phones sign with keys that are no longer accepted.
#[derive(Debug)]
struct Anything(Arc<CryptoProvider>);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
