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
use crate::domain::answer::Answer;
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
    #[expect(
        clippy::manual_async_fn,
        reason = "an async fn has room for its arguments twice, allocated and moved for each transfer"
    )]
    pub(super) fn run(self, superseded: Superseded) -> impl Future<Output = ()> + Send {
        async move {
            tokio::select! {
                biased;
                () = superseded => debug!(peer = %self.peer, "the client started over"),
                () = self.answer() => {}
            }
        }
    }

    async fn answer(&self) {
        let question = self.question();
        let answer = match self.handler.handle_at_once(&question) {
            Some(answer) => answer,
            None => self.handler.handle(question).await,
        };
        let mut session = match self.session(answer) {
            Ok(Some(session)) => session,
            Ok(None) => return,
            Err(error) => return self.tell(Err(error)),
        };
        let outcome = session.run(&self.settings).await;
        if outcome.is_ok() {
            self.sockets.give_back(session.into_socket());
        }
        self.tell(outcome);
    }

    fn question(&self) -> Request {
        let filename = self.request.filename.clone();
        Request { ip: self.peer.ip(), kind: RequestKind::Tftp(TftpRequest { filename }) }
    }

    /// What is left to do when the answer is known: to send a file, or nothing.
    fn session(&self, answer: Answer) -> Result<Option<Session<'_>>, SessionError> {
        match answer {
            Answer::File(file) => {
                let socket = self.sockets.lend(self.local, self.peer).map_err(SessionError::Network)?;
                let length = file.content.length();
                let agreement = agree(&self.request.options, length, self.peer.ip(), &self.settings);
                return Ok(Some(Session::new(
                    socket,
                    self.peer,
                    &self.slot,
                    Source::new(file.content),
                    agreement,
                )));
            }
            Answer::NotFound => self.refuse(ErrorCode::FileNotFound, "File not found"),
            Answer::Forbidden => self.refuse(ErrorCode::AccessViolation, "Access violation"),
            Answer::Unavailable { .. } => {
                self.refuse(ErrorCode::Undefined, "Service unavailable, try again");
            }
            Answer::Failed => self.refuse(ErrorCode::Undefined, "Internal processing error"),
            Answer::Nothing => {}
        }
        Ok(None)
    }

    fn refuse(&self, code: ErrorCode, words: &str) {
        if let Err(error) = send_once(self.local, self.peer, &packet::error(code, words)) {
            debug!(request = %self.question(), %error, "cannot send a TFTP error");
        }
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
