//! Pieces of a file that is being sent, read where blocking is allowed.
//!
//! A file is never read whole, and never past the length it had when it was opened: a file that has become shorter since
//! is an error, so that what a phone receives is what it was promised or visibly cut off.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{self, JoinHandle};

/// Bytes read at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// An open file and the length that was promised for it.
#[derive(Debug)]
pub(super) struct DiskFile {
    file: Arc<File>,
    length: u64,
}

impl DiskFile {
    /// A file opened for reading that had `length` bytes then.
    pub(super) fn new(file: File, length: u64) -> DiskFile {
        DiskFile { file: Arc::new(file), length }
    }

    /// Starts reading up to [`CHUNK`] bytes from `offset`, fewer only at the promised end.
    ///
    /// Gives [`io::ErrorKind::UnexpectedEof`] when the file has become shorter than promised.
    pub(super) fn read_chunk(&self, offset: u64) -> JoinHandle<io::Result<Bytes>> {
        let file = Arc::clone(&self.file);
        let left = self.length.saturating_sub(offset);
        let size = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        task::spawn_blocking(move || {
            let mut chunk = vec![0; size];
            file.read_exact_at(&mut chunk, offset)?;
            Ok(chunk.into())
        })
    }

    /// The promised length in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::listeners::fake_handler::bytes_of;

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[tokio::test]
    async fn chunks_end_where_the_file_was_promised_to_end() {
        let bytes = bytes_of(CHUNK + 10);
        let file = DiskFile::new(file_of(&bytes), bytes.len() as u64 - 1);
        assert_eq!(file.read_chunk(0).await.unwrap().unwrap(), &bytes[..CHUNK]);
        assert_eq!(file.read_chunk(CHUNK as u64).await.unwrap().unwrap(), &bytes[CHUNK..CHUNK + 9]);
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_is_an_error() {
        let file = DiskFile::new(file_of(b"short"), 100);
        let error = file.read_chunk(0).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
