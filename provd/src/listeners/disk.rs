//! Pieces of a file that is being sent: at once where the kernel has them in memory, otherwise read where blocking is
//! allowed.
//!
//! A file is never read whole, and never past the length it had when it was opened: a file that has become shorter since
//! is an error, so that what a phone receives is what it was promised or visibly cut off.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use rustix::io::{ReadWriteFlags, preadv2};
use tokio::task::{self, JoinHandle};

/// An open file and the length that was promised for it.
#[derive(Debug)]
pub(super) struct DiskFile {
    file: Arc<File>,
    length: u64,
    /// Bytes read at once.
    chunk: usize,
    /// What was read last. When nobody else holds it any more its memory takes the next chunk.
    last: Bytes,
}

impl DiskFile {
    /// A file opened for reading that had `length` bytes then, to be read in pieces of `chunk` bytes.
    pub(super) fn new(file: File, length: u64, chunk: usize) -> DiskFile {
        DiskFile { file: Arc::new(file), length, chunk, last: Bytes::new() }
    }

    /// A chunk from `offset` without waiting for a disk; shorter only at the promised end.
    ///
    /// Nothing where the kernel has not all of it in memory, where the file system cannot tell, and where the file has
    /// become shorter; [`DiskFile::read_chunk`] finds out which.
    pub(super) fn cached_chunk(&mut self, offset: u64) -> Option<Bytes> {
        let mut buffer = self.buffer(offset);
        let slices = &mut [IoSliceMut::new(&mut buffer)];
        let read = preadv2(&*self.file, slices, offset, ReadWriteFlags::NOWAIT);
        self.last = buffer.freeze();
        read.is_ok_and(|read| read == self.last.len()).then(|| self.last.clone())
    }

    /// Starts reading a chunk from `offset`, which is shorter only at the promised end.
    ///
    /// Gives [`io::ErrorKind::UnexpectedEof`] when the file has become shorter than promised.
    pub(super) fn read_chunk(&mut self, offset: u64) -> JoinHandle<io::Result<Bytes>> {
        let file = Arc::clone(&self.file);
        let mut buffer = self.buffer(offset);
        task::spawn_blocking(move || {
            file.read_exact_at(&mut buffer, offset)?;
            Ok(buffer.freeze())
        })
    }

    /// The promised length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Room for the chunk at `offset`, if possible where the last one was.
    fn buffer(&mut self, offset: u64) -> BytesMut {
        let left = self.length.saturating_sub(offset);
        let size = usize::try_from(left).map_or(self.chunk, |left| left.min(self.chunk));
        match std::mem::take(&mut self.last).try_into_mut() {
            Ok(mut buffer) if buffer.len() >= size => {
                buffer.truncate(size);
                buffer
            }
            _ => BytesMut::zeroed(size),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::listeners::fake_handler::bytes_of;

    const CHUNK: usize = 64 * 1024;

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[tokio::test]
    async fn chunks_end_where_the_file_was_promised_to_end() {
        let bytes = bytes_of(CHUNK + 10);
        let mut file = DiskFile::new(file_of(&bytes), bytes.len() as u64 - 1, CHUNK);
        assert_eq!(file.read_chunk(0).await.unwrap().unwrap(), &bytes[..CHUNK]);
        assert_eq!(file.read_chunk(CHUNK as u64).await.unwrap().unwrap(), &bytes[CHUNK..CHUNK + 9]);
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_is_an_error() {
        let mut file = DiskFile::new(file_of(b"short"), 100, CHUNK);
        assert_eq!(file.cached_chunk(0), None);
        let error = file.read_chunk(0).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn what_the_kernel_has_in_memory_is_the_same() {
        let bytes = bytes_of(3 * CHUNK + 10);
        let mut file = DiskFile::new(file_of(&bytes), bytes.len() as u64, CHUNK);
        for offset in [0, CHUNK, 2 * CHUNK, 3 * CHUNK, 17] {
            // A file system may have nothing to give without waiting.
            let Some(chunk) = file.cached_chunk(offset as u64) else { continue };
            assert_eq!(chunk, &bytes[offset..bytes.len().min(offset + CHUNK)]);
        }
    }

    #[tokio::test]
    async fn a_chunk_that_is_still_held_is_not_written_over() {
        let bytes = bytes_of(2 * CHUNK);
        let mut file = DiskFile::new(file_of(&bytes), bytes.len() as u64, CHUNK);
        let first = file.cached_chunk(0);
        let second = file.cached_chunk(CHUNK as u64);
        let third = file.read_chunk(7).await.unwrap().unwrap();
        assert!(first.is_none_or(|first| first == bytes[..CHUNK]));
        assert!(second.is_none_or(|second| second == bytes[CHUNK..]));
        assert_eq!(third, &bytes[7..CHUNK + 7]);
    }
}
