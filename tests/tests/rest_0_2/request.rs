//! Requests as clients of 0.2 write them, and ones that no client should write.

use std::fmt;

use anyhow::{Context as _, Result};
use provd_tests::Api;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Url};
use serde_json::Value;

/// The one media type of the interface.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";
/// What the token is in.
const TOKEN: &str = "X-Auth-Token";
/// Characters of an answer that are shown.
const SHOWN: usize = 400;

/// One request. Unless something else is said it carries the administrator's token, and its body the right type.
#[derive(Clone)]
pub(crate) struct Request {
    method: &'static str,
    /// Below `/0.2`, unless it begins with that, or with `//`, which stands for the root.
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    is_anonymous: bool,
}

/// Any method, without a body.
pub(crate) fn request(method: &'static str, path: impl Into<String>) -> Request {
    Request { method, path: path.into(), headers: Vec::new(), body: None, is_anonymous: false }
}

/// Reads.
pub(crate) fn get(path: impl Into<String>) -> Request {
    request("GET", path)
}

/// Reads, with parameters.
pub(crate) fn query(path: &str, parameters: &[(&str, &str)]) -> Request {
    let url = Url::parse_with_params("http://provd/", parameters);
    let query = url.ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default();
    get(format!("{path}?{query}"))
}

/// Creates, or does.
pub(crate) fn post(path: impl Into<String>, body: &Value) -> Request {
    request("POST", path).body(body.to_string())
}

/// Replaces.
pub(crate) fn put(path: impl Into<String>, body: &Value) -> Request {
    request("PUT", path).body(body.to_string())
}

/// Deletes.
pub(crate) fn delete(path: impl Into<String>) -> Request {
    request("DELETE", path)
}

impl Request {
    /// With a body of the right type, whatever it holds.
    pub(crate) fn body(mut self, body: impl Into<String>) -> Request {
        self.body = Some(body.into());
        self.header("Content-Type", MEDIA_TYPE)
    }

    /// With a header, instead of the one of that name.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Request {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Without the type of its body.
    pub(crate) fn untyped(mut self) -> Request {
        self.headers.retain(|(name, _)| *name != "Content-Type");
        self
    }

    /// Without a token.
    pub(crate) fn anonymous(mut self) -> Request {
        self.is_anonymous = true;
        self
    }

    /// With another token.
    pub(crate) fn token(self, token: &str) -> Request {
        self.anonymous().header(TOKEN, token)
    }

    /// In the name of a tenant.
    pub(crate) fn tenant(self, tenant: &str) -> Request {
        self.header("Wazo-Tenant", tenant)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, full(&self.path))?;
        for (name, value) in self.headers.iter().filter(|(name, _)| *name != TOKEN) {
            write!(f, " [{name}: {value}]")?;
        }
        let body: String = self.body.as_deref().unwrap_or_default().chars().take(SHOWN).collect();
        write!(f, " {body}")
    }
}

fn full(path: &str) -> String {
    match path.strip_prefix("//") {
        Some(path) => format!("/{path}"),
        None if path.starts_with("/0.2") => path.to_owned(),
        None => format!("/0.2{path}"),
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body, or null if it is no JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The answer to a success; any other is an error.
    pub(crate) fn ok(self) -> Result<Answer> {
        anyhow::ensure!((200..300).contains(&self.status), "{self}");
        Ok(self)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for name in ["content-type", "location", "allow"] {
            if let Some(value) = self.headers.get(name) {
                write!(f, " [{name}: {}]", value.to_str().unwrap_or("?"))?;
            }
        }
        write!(f, " {}", self.text.chars().take(SHOWN).collect::<String>().trim_end())
    }
}

/// Who sends them.
pub(crate) struct Requester {
    client: Client,
    base: String,
    token: String,
}

impl Requester {
    pub(crate) fn new(api: &Api) -> Result<Requester> {
        let client = provd::tls::client()?.timeout(provd_tests::PATIENCE).build()?;
        Ok(Requester { client, base: api.base().to_owned(), token: api.token().to_owned() })
    }

    pub(crate) async fn send(&self, request: &Request) -> Result<Answer> {
        let url = format!("{}{}", self.base, full(&request.path));
        let mut sent = self.client.request(Method::from_bytes(request.method.as_bytes())?, url);
        if !request.is_anonymous {
            sent = sent.header(TOKEN, &self.token);
        }
        for (name, value) in &request.headers {
            sent = sent.header(*name, value);
        }
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let response = sent.send().await.with_context(|| request.to_string())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await.with_context(|| request.to_string())? })
    }
}
