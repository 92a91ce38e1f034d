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

/// Bytes read from a disk at once, and held for a client that is slow to take them.
const CHUNK: usize = 64 * 1024;

/// So many chunks may follow each other without a wait; then others have their turn.
const MOST_IN_A_ROW: u32 = 16;

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
    Disk(DiskPayload),
}

#[derive(Debug)]
struct DiskPayload {
    file: DiskFile,
    offset: u64,
    /// A chunk that the kernel did not have in memory.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    /// Chunks that needed no wait since the last that did.
    in_a_row: u32,
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
                let file = DiskFile::new(file, length, CHUNK);
                let payload = DiskPayload { file, offset: first, reading: None, in_a_row: 0 };
                AnswerBody { payload: Payload::Disk(payload), left, busy: None }
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
            Payload::Disk(disk) => disk.poll_next(context),
        }
    }
}

impl DiskPayload {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let chunk = ready!(self.poll_chunk(context))?;
        self.offset += chunk.len() as u64;
        Poll::Ready(Ok(chunk))
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if self.reading.is_none() {
            if self.in_a_row == MOST_IN_A_ROW {
                self.in_a_row = 0;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if let Some(chunk) = self.file.cached_chunk(self.offset) {
                self.in_a_row += 1;
                return Poll::Ready(Ok(chunk));
            }
        }
        let reading = self.reading.get_or_insert_with(|| self.file.read_chunk(self.offset));
        let chunk = ready!(Pin::new(reading).poll(context));
        self.reading = None;
        self.in_a_row = 0;
        Poll::Ready(chunk?)
    }
}

fn slice(bytes: &Bytes, first: u64, length: u64) -> Bytes {
    let first = usize::try_from(first).unwrap_or(usize::MAX).min(bytes.len());
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len() - first);
    bytes.slice(first..first + length)
}
