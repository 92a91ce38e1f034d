//! One read request from its arrival to the last packet of its answer.

use std::error::Error as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tracing::{debug, info, warn};

use super::options::agree;
use super::packet::{self, Direction, ErrorCode, TransferRequest};
use super::session::{Session, SessionError};
use super::settings::TftpSettings;
use super::slots::{Slot, Superseded};
use super::sockets::{Sockets, send_once};
use super::source::Source;
use crate::domain::answer::{Answer, ServedFile};
use crate::domain::request::{Request, RequestKind, TftpRequest};
use crate::pipeline::RequestHandler;

/// A read request and everything needed to answer it.
pub(super) struct Exchange {
    /// Decides on the answer.
    pub(super) handler: Arc<dyn RequestHandler>,
    /// Limits and patience.
    pub(super) settings: Arc<TftpSettings>,
    /// What to send from.
    pub(super) sockets: Arc<Sockets>,
    /// Known to be a read in octet mode.
    pub(super) request: Arc<TransferRequest>,
    /// Who asked.
    pub(super) peer: SocketAddr,
    /// The address that was asked.
    pub(super) local: Option<IpAddr>,
    /// The right to take up resources.
    pub(super) slot: Slot,
}

impl Exchange {
    /// Answers the request, unless the client starts over before that is done.
    pub(super) async fn run(self, superseded: Superseded) {
        tokio::select! {
            biased;
            () = superseded => debug!(peer = %self.peer, "the client started over"),
            () = self.answer() => {}
        }
    }

    async fn answer(&self) {
        let refusal = match self.handler.handle(self.question()).await {
            Answer::File(file) => {
                let outcome = self.send(file).await;
                self.tell(outcome);
                return;
            }
            Answer::NotFound => packet::error(ErrorCode::FileNotFound, "File not found"),
            Answer::Forbidden => packet::error(ErrorCode::AccessViolation, "Access violation"),
            Answer::Unavailable { .. } => {
                packet::error(ErrorCode::Undefined, "Service unavailable, try again")
            }
            Answer::Failed => packet::error(ErrorCode::Undefined, "Internal processing error"),
            Answer::Nothing => return,
        };
        if let Err(error) = send_once(self.local, self.peer, &refusal) {
            debug!(request = %self.question(), %error, "cannot send a TFTP error");
        }
    }

    fn question(&self) -> Request {
        let filename = self.request.filename.clone();
        Request { ip: self.peer.ip(), kind: RequestKind::Tftp(TftpRequest { filename }) }
    }

    async fn send(&self, file: ServedFile) -> Result<(), SessionError> {
        let socket = self.sockets.lend(self.local, self.peer).map_err(SessionError::Network)?;
        let length = file.content.length();
        let agreement = agree(&self.request.options, length, self.peer.ip(), &self.settings);
        let source = Source::new(file.content);
        Session::new(&socket, self.peer, &self.slot, source, agreement).run(&self.settings).await?;
        self.sockets.give_back(socket);
        Ok(())
    }

    /// Only a file that cannot be read is this machine's fault; anybody can make the rest happen with forged requests.
    fn tell(&self, outcome: Result<(), SessionError>) {
        let Err(error) = outcome else {
            debug!(request = %self.question(), "sent over TFTP");
            return;
        };
        let cause = error.source().map(ToString::to_string);
        let request = self.question();
        if matches!(error, SessionError::Read(_)) {
            warn!(%request, %error, cause, "TFTP transfer failed");
        } else {
            info!(%request, %error, cause, "TFTP transfer ended early");
        }
    }
}

/// Why a request is turned down before anybody is asked, if it is.
pub(super) fn objection(request: &TransferRequest) -> Option<&'static str> {
    if request.direction == Direction::Write {
        return Some("Writing is not supported");
    }
    (!request.mode.eq_ignore_ascii_case("octet")).then_some("Only octet mode is served")
}
