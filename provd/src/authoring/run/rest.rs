//! The server that is tried with, as it is asked over its REST interface.

use std::io;
use std::path::Path;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::tls;

/// The media type of what is sent.
const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";
/// Longest time until a connection is made.
const CONNECT: Duration = Duration::from_secs(5);

/// A server on this machine, and the right to use it.
pub(super) struct Rest {
    client: reqwest::Client,
    base: String,
    token: String,
    /// Where phones ask.
    pub(super) http: String,
    pub(super) tftp: String,
}

impl Rest {
    /// Of the server that keeps its things in this folder; nothing before it listens.
    pub(super) fn of_server_in(data: &Path) -> io::Result<Option<Rest>> {
        let Ok(listening) = std::fs::read(data.join("listening.json")) else { return Ok(None) };
        let listening: Value = serde_json::from_slice(&listening)?;
        let address = |of: &str| listening.get(of).and_then(Value::as_str).unwrap_or_default().to_owned();
        let client = tls::client().map_err(io::Error::other)?.connect_timeout(CONNECT).build();
        Ok(Some(Rest {
            client: client.map_err(io::Error::other)?,
            base: format!("http://{}/0.2", address("api")),
            token: std::fs::read_to_string(data.join("admin.token"))?.trim().to_owned(),
            http: address("http"),
            tftp: address("tftp"),
        }))
    }

    /// A document; nothing if there is none.
    pub(super) async fn get(&self, path: &str) -> Option<Value> {
        serde_json::from_slice(&self.bytes(path).await?).ok()
    }

    /// A file; nothing if there is none.
    pub(super) async fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let answer =
            self.client.get(format!("{}{path}", self.base)).header("X-Auth-Token", &self.token).send();
        let answer = answer.await.ok()?.error_for_status().ok()?;
        Some(answer.bytes().await.ok()?.into())
    }

    /// Events as they happen, after one of them.
    pub(super) async fn events(&self, after: Option<&str>) -> reqwest::Result<Response> {
        let request = self.client.get(format!("{}/events", self.base)).header("X-Auth-Token", &self.token);
        let request = after.into_iter().fold(request, |request, id| request.header("Last-Event-ID", id));
        request.send().await?.error_for_status()
    }

    /// Has a plugin installed as it is in its folder now. Also what could not be installed before.
    pub(super) async fn install(&self, id: &str) -> Result<(), String> {
        let is_there = self.get(&format!("/pg_mgr/plugins/{id}/state")).await.is_some();
        let what = if is_there { "upgrade" } else { "install" };
        let answer = self
            .client
            .post(format!("{}/pg_mgr/install/{what}", self.base))
            .header("X-Auth-Token", &self.token)
            .header("Content-Type", MEDIA_TYPE)
            .body(json!({ "id": id }).to_string())
            .send();
        let answer = answer.await.map_err(|error| error.to_string())?;
        if answer.status() == StatusCode::CREATED || answer.status().is_success() {
            return Ok(());
        }
        let said = answer.text().await.map_err(|error| error.to_string())?;
        let details: Option<Value> = serde_json::from_str(&said).ok();
        let detail = details.as_ref().and_then(|details| details.get("detail")?.as_str());
        Err(detail.unwrap_or(&said).to_owned())
    }
}
