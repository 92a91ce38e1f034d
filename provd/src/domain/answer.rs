//! What a phone is given. The pipeline decides it, listeners put it into their protocol's words.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::metadata::Metadata;

/// The outcome of one request.
#[derive(Debug)]
pub enum Answer {
    /// A file to send.
    File(ServedFile),
    /// Nobody knows such a file for this phone: HTTP 404, TFTP error 1.
    NotFound,
    /// It exists, but not for this phone: HTTP 403, TFTP error 2.
    Forbidden,
    /// The plugin that would know is unwell: HTTP 503 with Retry-After, TFTP error 0.
    Unavailable {
        /// When asking again may help.
        retry_after: Duration,
    },
    /// Something failed that should not have: HTTP 500, TFTP error 0. Details are in the log.
    Failed,
    /// Nothing is sent back, as to a DHCP server.
    Nothing,
}

impl Answer {
    /// `file`, `not found`, `forbidden`, `unavailable`, `failed` or `nothing`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Answer::File(_) => "file",
            Answer::NotFound => "not found",
            Answer::Forbidden => "forbidden",
            Answer::Unavailable { .. } => "unavailable",
            Answer::Failed => "failed",
            Answer::Nothing => "nothing",
        }
    }
}

/// A file and what HTTP says of it.
#[derive(Debug)]
pub struct ServedFile {
    /// The bytes.
    pub content: Content,
    /// What they are.
    pub metadata: Arc<Metadata>,
}

/// Where the bytes are.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// In an open file, to be read from its beginning.
    OnDisk {
        /// Opened for reading.
        file: File,
        /// Its size in bytes when opened.
        length: u64,
    },
}

impl Content {
    /// Size in bytes.
    pub fn length(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::OnDisk { length, .. } => *length,
        }
    }
}
