//! The requests of wazo-auth's REST interface 0.1 that provd makes, one function each.
//!
//! Tokens are part of paths there: no path is in an error.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::super::Refusal;
use super::super::http::{Answered, HttpClient, TrustError};
use super::Asked;
use super::documents::{Data, TenantList, Token};
use crate::settings::access::WazoAuthSettings;

/// Speaks with one wazo-auth.
pub(super) struct Client {
    http: HttpClient,
    base: Url,
    name: String,
}

impl Client {
    pub(super) fn new(settings: &WazoAuthSettings) -> Result<Client, TrustError> {
        let base = settings.base.clone();
        let (host, port) = (base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or(0));
        let name = format!("wazo-auth at {host}:{port}");
        Ok(Client { http: HttpClient::new(settings.ca_file.as_deref())?, base, name })
    }

    /// What it is called in errors.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// `GET /token/{token}`
    pub(super) async fn holder(&self, token: &str, asked: &Asked) -> Result<Token, Refusal> {
        let mut url = self.url(&["token", token])?;
        match asked {
            Asked::Holder => {}
            Asked::Permission(permission) => drop(url.query_pairs_mut().append_pair("scope", permission)),
            Asked::Tenant(tenant) => drop(url.query_pairs_mut().append_pair("tenant", &tenant.to_string())),
        }
        let answered = self.send(&url, request(Method::GET)).await?;
        match answered.status {
            StatusCode::OK => Ok(self.read::<Data<Token>>(&answered)?.data),
            StatusCode::NOT_FOUND => Err(Refusal::Unknown),
            StatusCode::FORBIDDEN => Err(Refusal::NotGranted(match asked {
                Asked::Holder => "anything".to_owned(),
                Asked::Permission(permission) => permission.clone(),
                Asked::Tenant(tenant) => format!("anything of the tenant {tenant}"),
            })),
            status => Err(self.unexpected(status, "whose token this is")),
        }
    }

    /// `POST /token`: logs in for so many seconds. Nothing if name or password are wrong.
    pub(super) async fn log_in(
        &self,
        username: &str,
        password: &str,
        seconds: u64,
    ) -> Result<Option<Token>, Refusal> {
        let url = self.url(&["token"])?;
        let mut request = request(Method::POST);
        *request.body_mut() = Full::new(Bytes::from(json!({ "expiration": seconds }).to_string()));
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{username}:{password}")));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(AUTHORIZATION, self.value(&basic)?);
        let answered = self.send(&url, request).await?;
        match answered.status {
            StatusCode::OK => Ok(Some(self.read::<Data<Token>>(&answered)?.data)),
            StatusCode::UNAUTHORIZED => Ok(None),
            status => Err(self.unexpected(status, "for a token for provd itself")),
        }
    }

    /// `GET /tenants`: a tenant and all below it. Nothing if the token does not permit that, or is unknown.
    pub(super) async fn tenants(&self, token: &str, tenant: Uuid) -> Result<Option<TenantList>, Refusal> {
        let url = self.url(&["tenants"])?;
        let mut request = request(Method::GET);
        request.headers_mut().insert("X-Auth-Token", self.value(token)?);
        request.headers_mut().insert("Wazo-Tenant", self.value(&tenant.to_string())?);
        let answered = self.send(&url, request).await?;
        match answered.status {
            StatusCode::OK => Ok(Some(self.read(&answered)?)),
            StatusCode::UNAUTHORIZED => Ok(None),
            status => Err(self.unexpected(status, "for the tenants")),
        }
    }

    fn url(&self, path: &[&str]) -> Result<Url, Refusal> {
        let mut url = self.base.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => drop(segments.pop_if_empty().extend(path)),
            Err(()) => return Err(Refusal::Unavailable(format!("{} has no path", self.name))),
        }
        Ok(url)
    }

    async fn send(&self, url: &Url, request: Request<Full<Bytes>>) -> Result<Answered, Refusal> {
        let answered = self.http.send(url, request).await;
        answered.map_err(|error| Refusal::Unavailable(format!("{} {error}", self.name)))
    }

    fn read<'a, T: Deserialize<'a>>(&self, answered: &'a Answered) -> Result<T, Refusal> {
        serde_json::from_slice(&answered.body).map_err(|error| {
            // The error's own words may quote what was answered.
            let place = format!("line {}, column {}", error.line(), error.column());
            Refusal::Unavailable(format!("{} answers what is not understood ({place})", self.name))
        })
    }

    fn value(&self, text: &str) -> Result<HeaderValue, Refusal> {
        let mut value = HeaderValue::from_str(text).map_err(|_| {
            Refusal::Unavailable(format!("what provd shows {} is no value of a header", self.name))
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn unexpected(&self, status: StatusCode, asked: &str) -> Refusal {
        Refusal::Unavailable(format!("{} answers {status} when asked {asked}", self.name))
    }
}

fn request(method: Method) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.method_mut() = method;
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
    request
}
