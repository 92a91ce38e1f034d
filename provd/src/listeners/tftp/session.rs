//! Carries one file to one client: a [`Transfer`] with a socket, a clock and the file itself.
//!
//! Packets of strangers to the socket are told so and change nothing (RFC 1350 §4).

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use thiserror::Error;
use tokio::io::ReadBuf;
use tokio::time::{Instant, sleep_until};

use super::options::Agreement;
use super::packet::{self, ClientError, ClientPacket, ErrorCode};
use super::settings::TftpSettings;
use super::slots::Slot;
use super::sockets::{TransferSocket, is_same};
use super::source::Source;
use super::transfer::{Step, Transfer, wire_number};
use super::volley::{Volley, cannot_be_cut};

/// Longer packets from a client are cut; what matters is in front.
const LONGEST_ANSWER: usize = 516;

/// Why a file did not arrive.
#[derive(Debug, Error)]
pub(super) enum SessionError {
    /// The client went silent.
    #[error("the client stopped answering")]
    Abandoned,
    /// The client sent an ERROR.
    #[error("the client refused it: error {} {:?}", .0.code, .0.message)]
    Refused(ClientError),
    /// The file could not be read to its end.
    #[error("cannot read the file")]
    Read(#[source] io::Error),
    /// The network failed on this side.
    #[error("cannot reach the client")]
    Network(#[source] io::Error),
}

/// One file on its way.
pub(super) struct Session<'a> {
    socket: TransferSocket,
    peer: SocketAddr,
    slot: &'a Slot,
    source: Source,
    agreement: Agreement,
    /// The packets being put together, kept for their allocation.
    volley: Volley,
    /// Whether the system may be given several at once, as far as is known.
    can_be_cut: bool,
}

impl<'a> Session<'a> {
    /// Prepares to send `source` to `peer` as agreed.
    pub(super) fn new(
        socket: TransferSocket,
        peer: SocketAddr,
        slot: &'a Slot,
        source: Source,
        agreement: Agreement,
    ) -> Session<'a> {
        Session { socket, peer, slot, source, agreement, volley: Volley::default(), can_be_cut: true }
    }

    /// The socket, when all is said.
    pub(super) fn into_socket(self) -> TransferSocket {
        self.socket
    }

    /// Sends the file; returns when its last block is acknowledged.
    pub(super) async fn run(&mut self, settings: &TftpSettings) -> Result<(), SessionError> {
        let length = self.source.length();
        let (mut transfer, mut step) = Transfer::begin(length, &self.agreement, settings, Instant::now());
        // One clock for all waits: to set it further ahead costs next to nothing, a new one for each wait does not.
        let mut deadline = pin!(sleep_until(transfer.deadline()));
        loop {
            self.expect_answer(&step);
            match step {
                Step::SendOptions => self.send(&packet::options(&self.agreement.accepted)).await?,
                Step::Send(blocks) => self.send_blocks(blocks).await?,
                Step::Wait => {}
                Step::Finished => return Ok(()),
                Step::Abandoned => return Err(SessionError::Abandoned),
            }
            if deadline.deadline() != transfer.deadline() {
                deadline.as_mut().reset(transfer.deadline());
            }
            step = tokio::select! {
                // The clock first: a client that never stops talking must not outlive its deadline by that.
                biased;
                () = deadline.as_mut() => transfer.on_deadline(Instant::now()),
                number = self.acknowledgement() => transfer.on_ack(number?, Instant::now()),
            };
        }
    }

    /// Where one packet is answered with one, all that matters from now on arrives after what is about to be sent.
    fn expect_answer(&self, step: &Step) {
        if self.agreement.window == 1 && matches!(step, Step::SendOptions | Step::Send(_)) {
            self.socket.await_news();
        }
    }

    async fn send_blocks(&mut self, blocks: RangeInclusive<u64>) -> Result<(), SessionError> {
        self.volley.clear();
        for number in blocks {
            let block = match self.source.block(number, self.agreement.block_size).await {
                Ok(block) => block,
                Err(error) => {
                    self.send(&packet::error(ErrorCode::Undefined, "Internal processing error")).await?;
                    return Err(SessionError::Read(error));
                }
            };
            self.volley.add(wire_number(number), &block);
            if self.volley.is_full() {
                self.send_volley().await?;
                self.volley.clear();
            }
        }
        self.send_volley().await
    }

    async fn send_volley(&mut self) -> Result<(), SessionError> {
        if self.can_be_cut && self.volley.is_several() {
            match self.volley.send(self.socket.socket(), self.peer).await {
                Ok(()) => return Ok(()),
                Err(error) if cannot_be_cut(&error) => self.can_be_cut = false,
                Err(error) => return Err(SessionError::Network(error)),
            }
        }
        for packet in self.volley.packets() {
            self.send(packet).await?;
        }
        Ok(())
    }

    /// Waits for the client to acknowledge something. Cancel-safe.
    async fn acknowledgement(&self) -> Result<u16, SessionError> {
        poll_fn(|context| self.poll_acknowledgement(context)).await
    }

    /// Polls, so that the buffer and what waits for the socket are no part of every transfer's task.
    fn poll_acknowledgement(&self, context: &mut Context<'_>) -> Poll<Result<u16, SessionError>> {
        let mut buffer = [MaybeUninit::uninit(); LONGEST_ANSWER];
        loop {
            let mut received = ReadBuf::uninit(&mut buffer);
            let sender = ready!(self.socket.socket().poll_recv_from(context, &mut received));
            let sender = sender.map_err(SessionError::Network)?;
            let parsed = ClientPacket::parse(received.filled());
            if !is_same(sender, self.peer) {
                self.turn_away(sender, matches!(parsed, Ok(ClientPacket::Error(_))));
                continue;
            }
            match parsed {
                Ok(ClientPacket::Ack(number)) => {
                    self.slot.mark_under_way();
                    return Poll::Ready(Ok(number));
                }
                Ok(ClientPacket::Error(error)) => return Poll::Ready(Err(SessionError::Refused(error))),
                Ok(ClientPacket::Request(_)) | Err(_) => {}
            }
        }
    }

    /// An ERROR is never answered with another: two servers would do so for ever. Nor is a client served before from the
    /// same socket: it may have begun another transfer since, and take the answer for a word about that one.
    fn turn_away(&self, sender: SocketAddr, sent_error: bool) {
        if !sent_error && !self.socket.has_served(sender) {
            // Losing this packet harms nobody.
            let words = packet::error(ErrorCode::UnknownTransferId, "Unknown transfer ID");
            let _ = self.socket.socket().try_send_to(&words, sender);
        }
    }

    async fn send(&self, packet: &[u8]) -> Result<(), SessionError> {
        let sent = poll_fn(|context| self.socket.socket().poll_send_to(context, packet, self.peer)).await;
        sent.map(|_| ()).map_err(SessionError::Network)
    }
}
