//! A client of REST 0.2 as existing systems have it: the same paths, query strings, headers and bodies, and the same way
//! from a `Location` to an operation.
//!
//! It knows nothing beyond 0.2, and gives documents as they are.

mod configs;
mod devices;
mod listing;
mod operations;
mod params;
mod plugins;

use anyhow::Result;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, Url};
use serde_json::Value;
use thiserror::Error;

pub use configs::Configs;
pub use devices::Devices;
pub use listing::{Direction, Listing};
pub use operations::{InvalidOperation, Operation, OperationInProgress, parse_operation};
pub use params::Params;
pub use plugins::Plugins;

use crate::{Api, PATIENCE};

/// The type of every body.
const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";

/// Why a call did not succeed.
#[derive(Debug, Error)]
pub enum ClientError {
    /// 503: this client treats it apart.
    #[error("provd is not available: {0}")]
    Unavailable(String),
    /// Any other error, with its status and text.
    #[error("status {status}: {text}")]
    Refused {
        /// The status.
        status: u16,
        /// What the body says.
        text: String,
    },
    /// There was no answer.
    #[error(transparent)]
    Transport(#[from] reqwest::Error),
    /// A success that this client does not understand.
    #[error("not understood: {0}")]
    NotUnderstood(String),
    /// The text of an operation is none.
    #[error(transparent)]
    Operation(#[from] InvalidOperation),
}

/// A client for one server.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    tenant: Option<String>,
}

/// The calls below one path, and the tenant in whose name they are made.
#[derive(Debug, Clone)]
struct Resource {
    client: Client,
    base: String,
}

/// An answer that is no error.
struct Answer {
    location: Option<String>,
    text: String,
}

impl Answer {
    fn json(&self) -> Result<Value, ClientError> {
        serde_json::from_str(&self.text).map_err(|_| ClientError::NotUnderstood(self.text.clone()))
    }

    /// What is under a key of the document.
    fn under(&self, key: &str) -> Result<Value, ClientError> {
        let mut document = self.json()?;
        let found = document.get_mut(key).map(Value::take);
        found.ok_or_else(|| ClientError::NotUnderstood(self.text.clone()))
    }
}

impl Client {
    /// A client with the administrator's token.
    pub fn new(api: &Api) -> Result<Client> {
        let http = provd::tls::client()?.timeout(PATIENCE).build()?;
        let (base, token) = (format!("{}/0.2", api.base()), api.token().to_owned());
        Ok(Client { http, base, token, tenant: None })
    }

    /// The same, in the name of a tenant.
    #[must_use]
    pub fn of_tenant(&self, tenant: &str) -> Client {
        Client { tenant: Some(tenant.to_owned()), ..self.clone() }
    }

    /// The same, with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Client {
        Client { token: token.to_owned(), ..self.clone() }
    }

    /// Whether there is a server, whatever it says.
    pub async fn is_server_reachable(&self) -> bool {
        self.http.head(&self.base).header("X-Auth-Token", &self.token).send().await.is_ok()
    }

    /// `GET /status`
    pub async fn status(&self) -> Result<Value, ClientError> {
        self.resource("status").get("", &[]).await?.json()
    }

    /// Calls about configs.
    pub fn configs(&self) -> Configs {
        Configs::new(self.resource("cfg_mgr"))
    }

    /// Calls about devices.
    pub fn devices(&self) -> Devices {
        Devices::new(self.resource("dev_mgr"))
    }

    /// Calls about parameters of the server.
    pub fn params(&self) -> Params {
        Params::new(self.resource("configure"))
    }

    /// Calls about plugins.
    pub fn plugins(&self) -> Plugins {
        Plugins::new(self.resource("pg_mgr"))
    }

    fn resource(&self, name: &str) -> Resource {
        Resource { client: self.clone(), base: format!("{}/{name}", self.base) }
    }
}

impl Resource {
    async fn get(&self, path: &str, parameters: &[(String, String)]) -> Result<Answer, ClientError> {
        self.send(Method::GET, path, parameters, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Answer, ClientError> {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    async fn put(&self, path: &str, body: &Value) -> Result<(), ClientError> {
        self.send(Method::PUT, path, &[], Some(body)).await.map(drop)
    }

    async fn delete(&self, path: &str) -> Result<(), ClientError> {
        self.send(Method::DELETE, path, &[], None).await.map(drop)
    }

    /// Begins an operation, and looks at it for the first time.
    async fn begin(&self, path: &str, body: &Value) -> Result<OperationInProgress, ClientError> {
        let answer = self.post(path, body).await?;
        let location = answer.location.ok_or_else(|| ClientError::NotUnderstood("no Location".to_owned()))?;
        OperationInProgress::at(self.clone(), &location).await
    }

    /// The type of the body is stated whether there is one or not, as existing clients do.
    async fn send(
        &self,
        method: Method,
        path: &str,
        parameters: &[(String, String)],
        body: Option<&Value>,
    ) -> Result<Answer, ClientError> {
        let mut url = Url::parse(&format!("{}{path}", self.base))
            .map_err(|error| ClientError::NotUnderstood(format!("{}{path}: {error}", self.base)))?;
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let mut request = self.client.http.request(method, url).header("X-Auth-Token", &self.client.token);
        request = request.header(CONTENT_TYPE, MEDIA_TYPE);
        if let Some(tenant) = &self.client.tenant {
            request = request.header("Wazo-Tenant", tenant);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        answer(request.send().await?).await
    }
}

async fn answer(response: reqwest::Response) -> Result<Answer, ClientError> {
    let status = response.status();
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = response.text().await?;
    match status.as_u16() {
        503 => Err(ClientError::Unavailable(text)),
        status if status >= 400 => Err(ClientError::Refused { status, text }),
        _ => Ok(Answer { location, text }),
    }
}
