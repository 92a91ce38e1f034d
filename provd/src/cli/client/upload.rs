//! A large file to the server, as it is read.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::Body;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use super::Client;
use crate::cli::failure::Failure;

/// Longest time a file may take.
const DEADLINE: Duration = Duration::from_hours(2);
/// Bytes read at a time.
const PIECE: usize = 1 << 18;

impl Client {
    /// Sends a file, and tells how many bytes of it went.
    pub(in crate::cli) async fn upload(
        &self,
        path: &str,
        file: &Path,
        watching: impl Fn(u64) + Send + 'static,
    ) -> Result<Value, Failure> {
        let unreadable =
            |error: std::io::Error| Failure::File { path: file.to_owned(), why: error.to_string() };
        let opened = File::open(file).await.map_err(unreadable)?;
        let length = opened.metadata().await.map_err(unreadable)?.len();
        let pieces = ReaderStream::with_capacity(opened, PIECE).inspect(move |piece| {
            watching(piece.as_ref().map_or(0, |piece| piece.len() as u64));
        });
        let request = self.http.post(format!("{}/0.2{path}", self.url)).timeout(DEADLINE);
        let request = request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, length);
        let request = request.header("X-Auth-Token", &self.token).body(Body::wrap_stream(pieces));
        let response = self.answer_to(request).await?;
        self.document(response).await
    }
}
