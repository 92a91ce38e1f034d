//! An administrator's program that speaks REST 0.2.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Method};
use serde_json::Value;

/// The one media type of the interface.
const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";
/// Longer than any answer takes: a plugin that is restarted may have to be killed first.
const DEADLINE: Duration = Duration::from_mins(1);

/// The interface of one server, with the right to everything.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    base: String,
    token: String,
}

/// An answer of the interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// The body if it is JSON, else null.
    pub body: Value,
    /// The body as it is.
    pub text: String,
    /// Where what was created is.
    pub location: Option<String>,
}

impl Reply {
    /// The body of a success; any other answer is an error.
    pub fn ok(self) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            bail!("status {}: {}", self.status, self.text);
        }
        Ok(self.body)
    }
}

impl Api {
    pub(crate) fn new(address: SocketAddr, token: String) -> Result<Api> {
        let client = provd::tls::client()?.timeout(DEADLINE).build()?;
        Ok(Api { client, base: format!("http://{address}"), token })
    }

    /// The same interface with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Api {
        Api { token: token.to_owned(), ..self.clone() }
    }

    /// The token that opens it. SECRET.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// `http://address:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.request(Method::GET, path, None).await
    }

    /// Creates, or does.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        self.request(Method::POST, path, Some(body)).await
    }

    /// Replaces.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Reply> {
        self.request(Method::PUT, path, Some(body)).await
    }

    /// Deletes.
    pub async fn delete(&self, path: &str) -> Result<Reply> {
        self.request(Method::DELETE, path, None).await
    }

    async fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply> {
        let what = format!("{method} {path}");
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.header("X-Auth-Token", &self.token);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string());
        }
        let response = request.send().await.with_context(|| what.clone())?;
        let status = response.status().as_u16();
        let location =
            response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let text = response.text().await.context(what)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Reply { status, body, text, location })
    }
}
