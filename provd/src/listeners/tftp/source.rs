//! The file behind a transfer, given out by the block.
//!
//! Blocks are small and a file on disk is read in larger chunks, of which one is kept: enough for every block in flight
//! most of the time, and never more memory for a large file than for a small one.

use std::io;

use bytes::Bytes;

use crate::domain::answer::Content;
use crate::listeners::disk::DiskFile;

/// Bytes read from a disk at once.
const CHUNK: usize = 64 * 1024;

/// A file being sent.
#[derive(Debug)]
pub(super) enum Source {
    /// In memory.
    Memory(Bytes),
    /// On disk.
    Disk {
        /// The file.
        file: DiskFile,
        /// What was read of it last.
        chunk: Bytes,
        /// Where in the file that was.
        chunk_start: u64,
    },
}

impl Source {
    /// Makes blocks of an answer's content.
    pub(super) fn new(content: Content) -> Source {
        match content {
            Content::Bytes(bytes) => Source::Memory(bytes),
            Content::OnDisk { file, length } => {
                Source::Disk { file: DiskFile::new(file, length, CHUNK), chunk: Bytes::new(), chunk_start: 0 }
            }
        }
    }

    /// Octets in the whole file.
    pub(super) fn length(&self) -> u64 {
        match self {
            Source::Memory(bytes) => bytes.len() as u64,
            Source::Disk { file, .. } => file.length(),
        }
    }

    /// The block with this number, counted from 1; shorter than `block_size`, or empty, at the end.
    pub(super) async fn block(&mut self, number: u64, block_size: u16) -> io::Result<Bytes> {
        let start = number.saturating_sub(1) * u64::from(block_size);
        let end = (start + u64::from(block_size)).min(self.length());
        match self {
            _ if start >= end => Ok(Bytes::new()),
            Source::Memory(bytes) => slice(bytes, start, end),
            Source::Disk { file, chunk, chunk_start } => {
                if start < *chunk_start || end > *chunk_start + chunk.len() as u64 {
                    // Let go of first, so that its memory can be used again.
                    *chunk = Bytes::new();
                    *chunk = match file.cached_chunk(start) {
                        Some(cached) => cached,
                        None => file.read_chunk(start).await??,
                    };
                    *chunk_start = start;
                }
                slice(chunk, start - *chunk_start, end - *chunk_start)
            }
        }
    }
}

/// No block is longer than a chunk, so the chunk that begins with a block holds all of it.
const _: () = assert!(CHUNK >= u16::MAX as usize);

fn slice(bytes: &Bytes, start: u64, end: u64) -> io::Result<Bytes> {
    let start = usize::try_from(start).map_err(io::Error::other)?;
    let end = usize::try_from(end).map_err(io::Error::other)?;
    if end > bytes.len() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes.slice(start..end))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::listeners::fake_handler::bytes_of;

    #[tokio::test]
    async fn blocks_from_disk_and_memory_are_the_same() {
        let bytes = bytes_of(200_000);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let mut disk = Source::new(Content::OnDisk { file, length: bytes.len() as u64 });
        let mut memory = Source::new(Content::Bytes(bytes.clone().into()));
        for number in [1, 2, 140, 141, 1, 137, 136, 138, 100, 139] {
            let block = disk.block(number, 1468).await.unwrap();
            assert_eq!(block, memory.block(number, 1468).await.unwrap(), "{number}");
        }
        assert_eq!(disk.block(137, 1468).await.unwrap().len(), 200_000 - 136 * 1468);
        assert_eq!(disk.block(201, 1000).await.unwrap().len(), 0);
    }
}
