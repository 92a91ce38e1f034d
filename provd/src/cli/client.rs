//! Talking to the server: one request at a time, JSON both ways, and what went wrong as a [`Failure`].

use std::error::Error as _;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::Value;

use super::connection::Connection;
use super::failure::Failure;
use crate::tls;

mod files;
mod tagged;
mod upload;

pub(super) use files::Received;

/// The media type of what is sent.
pub(super) const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";
/// Longest time until a connection is made.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// Longest time until a question is answered.
const READ_DEADLINE: Duration = Duration::from_secs(35);
/// Longest time until a change is done. One of a config configures all its heirs anew, which the server limits itself.
const CHANGE_DEADLINE: Duration = Duration::from_mins(11);

/// What phones are told of a file that is not there. The REST interface always names what is not.
const TOLD_TO_PHONES: &str = "Not found";

/// All but the unreserved characters of RFC 3986 §2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A server and the right to use it.
pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    /// Finds server and token. Nothing is sent yet.
    pub(super) fn new(connection: &Connection) -> Result<Client, Failure> {
        let http = tls::client()
            .map_err(|error| Failure::Usage(format!("TLS cannot be used: {error}")))?
            // The token is for this server alone.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_DEADLINE)
            .build()
            .map_err(|error| Failure::Usage(format!("no HTTP client could be made: {error}")))?;
        Ok(Client { http, url: connection.url()?, token: connection.token()? })
    }

    /// For what is not asked of the server itself.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A document. Paths begin after `/0.2`.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Failure> {
        let response = self.ask(Method::GET, path, None).await?;
        self.document(response).await
    }

    /// The bytes of a file.
    pub(super) async fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let response = self.ask(Method::GET, path, None).await?;
        Ok(response.bytes().await.map_err(|error| self.unreachable(&error))?.into())
    }

    /// Sends a document and takes one.
    pub(super) async fn post(&self, path: &str, document: &Value) -> Result<Value, Failure> {
        let response = self.ask(Method::POST, path, Some(document)).await?;
        self.document(response).await
    }

    /// Sends a document to which nothing is answered.
    pub(super) async fn post_only(&self, path: &str, document: &Value) -> Result<(), Failure> {
        self.ask(Method::POST, path, Some(document)).await.map(drop)
    }

    /// Has an operation begun. Gives its path, and what is said of it: nothing, or a document.
    pub(super) async fn begin(&self, path: &str, document: &Value) -> Result<(String, Value), Failure> {
        let response = self.ask(Method::POST, path, Some(document)).await?;
        let location = self.location(&response)?;
        let said = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        let location = location.ok_or_else(|| self.not_provd("it does not say where the operation is"))?;
        Ok((location, serde_json::from_slice(&said).unwrap_or(Value::Null)))
    }

    /// Replaces a document. Gives the path of the operation, if there is more to do than an answer can wait for.
    pub(super) async fn put(&self, path: &str, document: &Value) -> Result<Option<String>, Failure> {
        let response = self.ask(Method::PUT, path, Some(document)).await?;
        self.location(&response)
    }

    /// Deletes. Gives the path of the operation, if there is more to do than an answer can wait for.
    pub(super) async fn delete(&self, path: &str) -> Result<Option<String>, Failure> {
        let response = self.ask(Method::DELETE, path, None).await?;
        self.location(&response)
    }

    /// The path a `Location` leads to, as it is asked for here. Nothing is ever asked of another server.
    fn location(&self, response: &Response) -> Result<Option<String>, Failure> {
        let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
        let path = location.to_str().ok().and_then(|location| location.strip_prefix("/0.2/"));
        let path = path.ok_or_else(|| self.not_provd("its Location leads elsewhere"))?;
        Ok(Some(format!("/{path}")))
    }

    /// A stream of events, after the one with this id. It lasts as long as the server lets it.
    pub(super) async fn events(&self, path: &str, after: Option<&str>) -> Result<Response, Failure> {
        let request = self.http.get(format!("{}/0.2{path}", self.url)).header("Accept", "text/event-stream");
        let request = after.into_iter().fold(request, |request, id| request.header("Last-Event-ID", id));
        self.answer_to(request.header("X-Auth-Token", &self.token)).await
    }

    async fn ask(&self, method: Method, path: &str, document: Option<&Value>) -> Result<Response, Failure> {
        let deadline = if method == Method::GET { READ_DEADLINE } else { CHANGE_DEADLINE };
        let mut request = self.http.request(method, format!("{}/0.2{path}", self.url)).timeout(deadline);
        if let Some(document) = document {
            request = request.header("Content-Type", MEDIA_TYPE).body(document.to_string());
        }
        self.answer_to(request.header("X-Auth-Token", &self.token)).await
    }

    async fn answer_to(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        self.checked(response).await
    }

    async fn checked(&self, response: Response) -> Result<Response, Failure> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::UNAUTHORIZED {
            return Err(Failure::Unauthorized { url: self.url.clone() });
        }
        let is_page = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|media_type| media_type.as_bytes().starts_with(b"text/html"));
        if is_page {
            return Err(self.not_provd(format!("it shows a web page (HTTP status {})", status.as_u16())));
        }
        let said = response.text().await.map_err(|error| self.unreachable(&error))?;
        if status == StatusCode::NOT_FOUND && said.trim() == TOLD_TO_PHONES {
            return Err(self.not_provd("phones are served there, the REST interface has a port of its own"));
        }
        Err(Failure::refused(&said, status))
    }

    async fn document(&self, response: Response) -> Result<Value, Failure> {
        let bytes = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| self.not_provd(format!("the answer is no JSON: {error}")))
    }

    /// What gave away that another program answers.
    pub(super) fn not_provd(&self, why: impl Into<String>) -> Failure {
        Failure::NotProvd { url: self.url.clone(), why: why.into() }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        if error.is_builder() {
            return Failure::Usage(format!("`{}` is no URL, or the token is none", self.url));
        }
        let why = if error.is_timeout() { "it did not answer in time".to_owned() } else { innermost(error) };
        Failure::Unreachable { url: self.url.clone(), why }
    }
}

/// A piece of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The last cause: `Connection refused` says more than `error sending request`.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}
