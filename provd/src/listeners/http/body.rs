//! The bytes of an answer as hyper wants them: all at once from memory, chunk by chunk from disk, always of known length.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::task::JoinHandle;

use super::deadlines::Busy;
use crate::domain::answer::Content;
use crate::listeners::disk::DiskFile;

/// The body of a response.
#[derive(Debug)]
pub(super) struct AnswerBody {
    payload: Payload,
    /// Bytes still to come.
    left: u64,
    /// Keeps the connection busy until hyper has taken everything.
    busy: Option<Busy>,
}

#[derive(Debug)]
enum Payload {
    Memory(Bytes),
    Disk { file: DiskFile, offset: u64, reading: Option<JoinHandle<io::Result<Bytes>>> },
}

impl AnswerBody {
    /// These bytes.
    pub(super) fn from_bytes(bytes: impl Into<Bytes>) -> AnswerBody {
        let bytes = bytes.into();
        AnswerBody { left: bytes.len() as u64, payload: Payload::Memory(bytes), busy: None }
    }

    /// `length` bytes of a content from `first` on; less where the content ends before.
    pub(super) fn from_content(content: Content, first: u64, length: u64) -> AnswerBody {
        let left = length.min(content.length().saturating_sub(first));
        match content {
            Content::Bytes(bytes) => AnswerBody::from_bytes(slice(&bytes, first, left)),
            Content::OnDisk { file, length } => {
                let payload =
                    Payload::Disk { file: DiskFile::new(file, length), offset: first, reading: None };
                AnswerBody { payload, left, busy: None }
            }
        }
    }

    /// Bytes still to come.
    pub(super) fn length(&self) -> u64 {
        self.left
    }

    /// Has the connection count as busy until this body was taken.
    pub(super) fn keeping(mut self, busy: Busy) -> AnswerBody {
        self.busy = Some(busy);
        self
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let mut bytes = match ready!(this.payload.poll_next(context)) {
            Ok(bytes) => bytes,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        bytes.truncate(usize::try_from(this.left).unwrap_or(usize::MAX));
        this.left -= bytes.len() as u64;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

impl Payload {
    /// The next bytes, at least one. A file that has become shorter is an error, which makes hyper break the connection:
    /// the only way to tell a client that promised bytes will not come.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        match self {
            Payload::Memory(bytes) => Poll::Ready(Ok(std::mem::take(bytes))),
            Payload::Disk { file, offset, reading } => {
                let handle = reading.get_or_insert_with(|| file.read_chunk(*offset));
                let chunk = ready!(Pin::new(handle).poll(context));
                *reading = None;
                let chunk = chunk??;
                *offset += chunk.len() as u64;
                Poll::Ready(Ok(chunk))
            }
        }
    }
}

fn slice(bytes: &Bytes, first: u64, length: u64) -> Bytes {
    let first = usize::try_from(first).unwrap_or(usize::MAX).min(bytes.len());
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len() - first);
    bytes.slice(first..first + length)
}
