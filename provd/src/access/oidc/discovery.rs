//! Where the keys of a provider are, and the keys (OpenID Connect Discovery 1.0, section 4).
//!
//! They are asked for anew when a token names one that is not known, and every few minutes, so that what the provider
//! withdraws is not believed for long. While it is away its last keys are believed for an hour at most.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use jsonwebtoken::Header;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use super::super::Refusal;
use super::super::answers::{Answer, Answers};
use super::super::http::{HttpClient, TrustError};
use super::keys::KeySet;
use crate::settings::access::{OidcSettings, is_protected};

/// How long keys are believed without asking for them again.
const FRESH_FOR: Duration = Duration::from_mins(10);
/// How long they are believed if the provider gives no others.
const LAST_FOR: Duration = Duration::from_hours(1);
/// How often old ones are asked for again meanwhile.
const RETRY_AFTER: Duration = Duration::from_mins(1);
/// How often they are asked for at most, whatever tokens name: anybody can make such.
const ASKED_EVERY: Duration = Duration::from_secs(5);

/// A provider, and what it said of its keys.
pub(super) struct Provider {
    asking: Arc<Asking>,
    keys: Answers<(), Arc<KeySet>>,
    /// Guards the last keys it gave; never held across a wait.
    last: Mutex<Option<Last>>,
}

struct Last {
    keys: Arc<KeySet>,
    since: Instant,
    asked_again: Instant,
}

struct Asking {
    http: HttpClient,
    issuer: String,
    discovery: Url,
}

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Provider {
    pub(super) fn new(settings: &OidcSettings) -> Result<Provider, TrustError> {
        let asking = Asking {
            http: HttpClient::new(settings.ca_file.as_deref())?,
            issuer: settings.issuer.clone(),
            discovery: settings.discovery.clone(),
        };
        let keys = Answers::new(1, ASKED_EVERY, &settings.issuer, settings.deadline);
        Ok(Provider { asking: Arc::new(asking), keys, last: Mutex::default() })
    }

    /// Keys among which is that of a token, unless the provider knows none.
    pub(super) async fn keys_for(&self, header: &Header) -> Result<Arc<KeySet>, Refusal> {
        let (last, is_due) = self.last();
        let last = last.filter(|keys| keys.find(header).is_some());
        match last {
            Some(keys) if !is_due => Ok(keys),
            Some(keys) => Ok(self.ask().await.unwrap_or(keys)),
            None => self.ask().await,
        }
    }

    /// The last keys, if they may be believed, and whether they should be asked for again.
    fn last(&self) -> (Option<Arc<KeySet>>, bool) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = last.as_mut().filter(|last| last.since.elapsed() < LAST_FOR) else {
            return (None, true);
        };
        // Others go on with the old ones while one asks.
        let is_due = last.since.elapsed() >= FRESH_FOR && last.asked_again.elapsed() >= RETRY_AFTER;
        if is_due {
            last.asked_again = Instant::now();
        }
        (Some(last.keys.clone()), is_due)
    }

    async fn ask(&self) -> Result<Arc<KeySet>, Refusal> {
        let (asking, begun) = (self.asking.clone(), Instant::now());
        let ask = || async move {
            let value = Arc::new(asking.keys().await?);
            Ok(Answer { value, for_time: ASKED_EVERY })
        };
        let keys = self.keys.get((), ask).await?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !last.as_ref().is_some_and(|last| Arc::ptr_eq(&last.keys, &keys)) {
            *last = Some(Last { keys: keys.clone(), since: begun, asked_again: begun });
        }
        Ok(keys)
    }
}

impl Asking {
    async fn keys(&self) -> Result<KeySet, Refusal> {
        let configuration: Configuration = self.get(&self.discovery).await?;
        if configuration.issuer != self.issuer {
            let theirs = configuration.issuer.escape_debug();
            return Err(self.silent(&format!("calls itself `{theirs}`: set issuer of [access.oidc] to that")));
        }
        let url = Url::parse(&configuration.jwks_uri).ok().filter(is_protected);
        let url = url.ok_or_else(|| self.silent("offers its keys where anybody could change them"))?;
        let keys: KeySet = self.get(&url).await?;
        if keys.is_empty() {
            return Err(self.silent("has no key that could sign tokens"));
        }
        Ok(keys)
    }

    async fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, Refusal> {
        let mut request = Request::new(Full::default());
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answered = self.http.send(url, request).await.map_err(|error| self.silent(&error.to_string()))?;
        if answered.status != StatusCode::OK {
            return Err(self.silent(&format!("answers {} when asked for {}", answered.status, url.path())));
        }
        let unreadable = |error| format!("answers {} with what is not understood: {error}", url.path());
        serde_json::from_slice(&answered.body).map_err(|error| self.silent(&unreadable(error)))
    }

    fn silent(&self, why: &str) -> Refusal {
        Refusal::Unavailable(format!("the OpenID provider {} {why}", self.issuer))
    }
}
