//! Networks between provd and a phone: one that loses what is sent first, one that encrypts.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Loses the first datagrams to the phone, then passes on all. Ends with the value.
pub(crate) struct Lossy {
    pub(crate) port: u16,
    seen: Arc<AtomicUsize>,
    _tasks: JoinSet<Result<()>>,
}

impl Lossy {
    pub(crate) async fn before(phone: u16, lost: usize) -> Result<Lossy> {
        let near = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let far = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        far.connect((Ipv4Addr::LOCALHOST, phone)).await?;
        let (port, seen) = (near.local_addr()?.port(), Arc::new(AtomicUsize::new(0)));
        let count = seen.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let (mut there, mut back) = ([0; 4096], [0; 4096]);
            let mut provd: Option<SocketAddr> = None;
            loop {
                tokio::select! {
                    sent = near.recv_from(&mut there) => {
                        let (length, from) = sent?;
                        provd = Some(from);
                        if count.fetch_add(1, Ordering::SeqCst) >= lost {
                            far.send(&there[..length]).await?;
                        }
                    }
                    answered = far.recv(&mut back), if provd.is_some() => {
                        let (length, provd) = (answered?, provd.unwrap_or(near.local_addr()?));
                        near.send_to(&back[..length], provd).await?;
                    }
                }
            }
        });
        Ok(Lossy { port, seen, _tasks: tasks })
    }

    /// Datagrams to the phone, lost ones included.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

/// Takes TLS from whom it speaks with and passes on what is in it. Ends with the value.
pub(crate) struct Encrypted {
    pub(crate) port: u16,
    _tasks: JoinSet<Result<()>>,
}

impl Encrypted {
    /// With a certificate that nobody vouches for, as phones have it.
    pub(crate) async fn before(port: u16) -> Result<Encrypted> {
        let certified = rcgen::generate_simple_self_signed(vec!["phone.example.org".to_owned()])?;
        let key =
            PrivateKeyDer::try_from(certified.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let own = listener.local_addr()?.port();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                // One who does not like the certificate hangs up.
                let Ok(mut near) = acceptor.accept(stream).await else { continue };
                let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
        Ok(Encrypted { port: own, _tasks: tasks })
    }
}
