//! Calls of the web servers of phones.
//!
//! On hyper's connection rather than on a whole client: one request, on a connection that is closed after it, without
//! proxies and cookies. A redirection is followed on the same host only; credentials are given when asked for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, LOCATION, USER_AGENT, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use reqwest::Url;

use super::connecting::connect;
use super::digest::{Authorized, Credentials, authorize};
use super::party::Party;
use super::tls::Tls;
use crate::provisioning::synchronizer::SynchronizationError;

/// Most of an answer that is read, in bytes. Phones act once they have answered; what they show is nobody's business.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Most redirections that are followed.
const MOST_REDIRECTIONS: usize = 3;

/// What a plugin wants to be called.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) content_type: Option<&'a str>,
    pub(super) body: &'a [u8],
    pub(super) credentials: Option<&'a Credentials>,
}

/// Calls phones.
pub(super) struct Http {
    deadline: Duration,
    tls: Arc<Tls>,
}

/// One request of a call; redirections and challenges change it.
struct Page {
    method: Method,
    url: Url,
    content_type: Option<String>,
    body: Bytes,
    authorization: Option<String>,
}

impl Http {
    pub(super) fn new(deadline: Duration, tls: Arc<Tls>) -> Http {
        Http { deadline, tls }
    }

    /// Makes a call; anything but success in the end is a refusal.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<String, SynchronizationError> {
        let defective =
            |what| SynchronizationError::NotPossible(format!("the plugin asks for a {what} that is none"));
        let url = Url::parse(call.url).map_err(|_| defective("URL"))?;
        let page = Page {
            method: call.method.parse().map_err(|_| defective("method"))?,
            content_type: call.content_type.map(ToOwned::to_owned),
            body: Bytes::copy_from_slice(call.body),
            authorization: None,
            url,
        };
        let phone = Party::web_server(page.host());
        phone.within(self.deadline, self.follow(&phone, page, call.credentials)).await
    }

    async fn follow(
        &self,
        phone: &Party,
        mut page: Page,
        credentials: Option<&Credentials>,
    ) -> Result<String, SynchronizationError> {
        let mut redirections = 0;
        loop {
            let response = self.exchange(phone, &page).await?;
            let status = response.status();
            if status == StatusCode::UNAUTHORIZED && page.authorization.is_none() {
                page.authorization = credentials.and_then(|known| page.authorize(response.headers(), known));
                if page.authorization.is_some() {
                    continue;
                }
                return Err(
                    phone.refused(format_args!("{status} (the plugin gave no password that answers it)"))
                );
            }
            if status.is_success() {
                return Ok(format!("{phone} answered {status}"));
            }
            let Some(location) = response.headers().get(LOCATION).filter(|_| status.is_redirection()) else {
                return Err(phone.refused(status));
            };
            redirections += 1;
            if redirections > MOST_REDIRECTIONS {
                return Err(phone.refused("it redirects again and again"));
            }
            let location = location.to_str().unwrap_or_default();
            page = page.redirected(status, location).map_err(|why| phone.refused(why))?;
        }
    }

    async fn exchange(&self, phone: &Party, page: &Page) -> Result<Response<()>, SynchronizationError> {
        let host = page.host();
        let is_tls = page.url.scheme() == "https";
        let address = (host, page.url.port_or_known_default().unwrap_or(80));
        let connection = connect(phone, address, is_tls.then_some((&*self.tls, host))).await?;
        let request = page.request().map_err(|error| {
            SynchronizationError::NotPossible(format!("the plugin asks for what is no request: {error}"))
        })?;
        // The servers of phones compare names of headers by their letters.
        let handshake =
            http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(connection.stream));
        let (mut sender, connection) = handshake.await.map_err(|error| phone.unreachable(error))?;
        let answered = async {
            let response = sender.send_request(request).await.map_err(|error| phone.unreachable(error))?;
            let (parts, body) = response.into_parts();
            // One that reboots at once cuts its answer short.
            let _ = Limited::new(body, LONGEST_ANSWER).collect().await;
            Ok(Response::from_parts(parts, ()))
        };
        let driven = async {
            let _ = connection.await;
            std::future::pending().await
        };
        tokio::select! {
            response = answered => response,
            never = driven => never,
        }
    }
}

impl Page {
    /// Without the brackets of an IPv6 address.
    fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// Path and query.
    fn target(&self) -> String {
        let path = self.url.path();
        self.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        let host = self.url.host_str().unwrap_or_default();
        let authority = self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(self.target())
            .header(HOST, authority)
            .header(USER_AGENT, concat!("provd/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close");
        if let Some(media_type) = &self.content_type {
            request = request.header(CONTENT_TYPE, media_type);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.body(Full::new(self.body.clone()))
    }

    fn authorize(&self, headers: &HeaderMap, credentials: &Credentials) -> Option<String> {
        let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let uri = self.target();
        authorize(challenges, Authorized { method: self.method.as_str(), uri: &uri }, credentials, true)
    }

    /// Where it goes on. Only what the phone itself serves is asked, and never less protected than before.
    fn redirected(self, status: StatusCode, location: &str) -> Result<Page, String> {
        let url = self.url.join(location).ok().filter(|url| {
            let protected =
                url.scheme() == "https" || (url.scheme() == "http" && self.url.scheme() == "http");
            protected && url.host_str() == self.url.host_str() && url.username().is_empty()
        });
        let url = url.ok_or_else(|| format!("{status} (it redirects to somewhere else)"))?;
        let same_request = matches!(status.as_u16(), 307 | 308) || self.method == Method::GET;
        if same_request {
            return Ok(Page { url, authorization: None, ..self });
        }
        Ok(Page { method: Method::GET, url, content_type: None, body: Bytes::new(), authorization: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(url: &str) -> Page {
        Page {
            method: Method::POST,
            url: url.parse().unwrap(),
            content_type: Some("text/plain".to_owned()),
            body: Bytes::from("Reboot"),
            authorization: Some("Basic x".to_owned()),
        }
    }

    #[test]
    fn a_redirection_stays_with_the_phone() {
        let to = |location| page("http://192.0.2.7/a?b").redirected(StatusCode::FOUND, location);
        let next = to("/c?d").unwrap();
        assert_eq!((next.target().as_str(), next.method, next.body.len()), ("/c?d", Method::GET, 0));
        assert_eq!(next.authorization, None, "a digest is of one target only");
        assert_eq!(to("https://192.0.2.7/").unwrap().url.scheme(), "https");
        for elsewhere in
            ["http://192.0.2.8/", "//example.org/", "ftp://192.0.2.7/", "http://:", "http://a@192.0.2.7/"]
        {
            assert!(to(elsewhere).is_err(), "{elsewhere}");
        }
        let downgrade = page("https://192.0.2.7/").redirected(StatusCode::FOUND, "http://192.0.2.7/");
        assert!(downgrade.is_err());
        let again = page("http://[::1]:8080/").redirected(StatusCode::TEMPORARY_REDIRECT, "/b").unwrap();
        assert_eq!((again.method.as_str(), again.host(), again.body.len()), ("POST", "::1", 6));
    }

    #[test]
    fn a_request_says_what_phones_need() {
        let request = page("http://[::1]:8080/a%20b?c=d").request().unwrap();
        assert_eq!(request.headers()[HOST], "[::1]:8080");
        assert_eq!(request.uri(), "/a%20b?c=d");
        assert_eq!(request.headers()[CONTENT_TYPE], "text/plain");
    }
}
