//! Whole files to the server, and from it.

use std::io::Write;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use super::{CHANGE_DEADLINE, Client, innermost};
use crate::cli::failure::Failure;

/// Longest time until an export begins, and between two pieces of it. The columns of a table are known only when all rows
/// were seen.
const PIECE_DEADLINE: Duration = Duration::from_mins(1);

/// What became of a file that was sent.
#[derive(Debug)]
pub(in crate::cli) struct Received {
    /// Whether anything was wrong with it.
    pub(in crate::cli) is_refused: bool,
    /// What the server says of it, line by line.
    pub(in crate::cli) document: Value,
    /// The operation that follows.
    pub(in crate::cli) operation: Option<String>,
}

impl Client {
    /// Sends a file. That lines of it are wrong is no failure here: the document says which.
    pub(in crate::cli) async fn send_file(
        &self,
        path: &str,
        media_type: &str,
        file: Vec<u8>,
    ) -> Result<Received, Failure> {
        let request = self.http.post(format!("{}/0.2{path}", self.url)).timeout(CHANGE_DEADLINE);
        let request = request.header(CONTENT_TYPE, media_type).header("X-Auth-Token", &self.token).body(file);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status != StatusCode::BAD_REQUEST {
            let response = self.checked(response).await?;
            let operation = self.location(&response)?;
            return Ok(Received { is_refused: false, document: self.document(response).await?, operation });
        }
        let said = response.text().await.map_err(|error| self.unreachable(&error))?;
        match serde_json::from_str::<Value>(&said) {
            Ok(document) if document.get("import").is_some() => {
                Ok(Received { is_refused: true, document, operation: None })
            }
            _ => Err(Failure::refused(&said, status)),
        }
    }

    /// Sends a package and its signature. Gives the operation that installs it.
    pub(in crate::cli) async fn send_package(
        &self,
        path: &str,
        package: Vec<u8>,
        signature: Option<Vec<u8>>,
    ) -> Result<String, Failure> {
        let request = self.http.post(format!("{}/0.2{path}", self.url)).timeout(CHANGE_DEADLINE);
        let request = request.header(CONTENT_TYPE, "application/gzip").header("X-Auth-Token", &self.token);
        let signature = signature.map(|signature| BASE64_STANDARD.encode(signature));
        let request = signature.iter().fold(request, |request, sent| request.header("Provd-Signature", sent));
        let response = request.body(package).send().await.map_err(|error| self.unreachable(&error))?;
        let response = self.checked(response).await?;
        self.location(&response)?.ok_or_else(|| self.not_provd("it says not where the operation is"))
    }

    /// Writes a file of the server's as it comes. Gives how many bytes it has.
    pub(in crate::cli) async fn receive_file(
        &self,
        path: &str,
        into: &mut (dyn Write + Send),
    ) -> Result<u64, Failure> {
        let request = self.http.get(format!("{}/0.2{path}", self.url));
        let began = self.answer_to(request.header("X-Auth-Token", &self.token));
        let mut response = self.in_time(began).await??;
        let mut bytes = 0;
        while let Some(piece) = self.in_time(self.piece(&mut response)).await?? {
            into.write_all(&piece).map_err(Failure::Output)?;
            bytes += piece.len() as u64;
        }
        Ok(bytes)
    }

    async fn piece(&self, response: &mut Response) -> Result<Option<Vec<u8>>, Failure> {
        let piece = response.chunk().await.map_err(|error| Failure::Unreachable {
            url: self.url.clone(),
            why: format!("the file was broken off, its log says why: {}", innermost(&error)),
        })?;
        Ok(piece.map(Vec::from))
    }

    async fn in_time<T>(&self, awaited: impl Future<Output = T>) -> Result<T, Failure> {
        let late =
            |_| Failure::Unreachable { url: self.url.clone(), why: "it did not answer in time".to_owned() };
        timeout(PIECE_DEADLINE, awaited).await.map_err(late)
    }
}
