//! From an HTTP request to [`Request`]; what cannot become one is refused here.

use std::borrow::Cow;
use std::net::IpAddr;

use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};
use thiserror::Error;

use super::target::{self, TargetError};
use crate::domain::headers::Headers;
use crate::domain::request::{HttpRequest, Request, RequestKind};
use crate::listeners::client_address::{self, ForwardedError};

/// Longest request target in bytes. RFC 9110 §4.1 recommends to support 8000.
const LONGEST_TARGET: usize = 8192;

/// Why a request is refused before anybody is asked.
#[derive(Debug, Error)]
pub(super) enum RequestError {
    /// Neither GET nor HEAD.
    #[error("only GET and HEAD are served")]
    Method,
    /// The target is longer than anything a phone asks for.
    #[error("the request target is longer than {LONGEST_TARGET} bytes")]
    TargetTooLong,
    /// The target is not a path or a URL.
    #[error("the request target must begin with a slash")]
    TargetForm,
    /// The path leads elsewhere.
    #[error(transparent)]
    Path(#[from] TargetError),
    /// A proxy does not say which phone is asking.
    #[error(transparent)]
    ClientAddress(#[from] ForwardedError),
}

impl RequestError {
    /// The status that says so.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            RequestError::Method => StatusCode::METHOD_NOT_ALLOWED,
            RequestError::TargetTooLong => StatusCode::URI_TOO_LONG,
            RequestError::TargetForm | RequestError::Path(_) | RequestError::ClientAddress(_) => {
                StatusCode::BAD_REQUEST
            }
        }
    }
}

/// Makes a domain request of what `peer` sent.
pub(super) fn from_http(
    parts: &Parts,
    peer: IpAddr,
    trusted_proxies: usize,
) -> Result<Request, RequestError> {
    let method = match parts.method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        _ => return Err(RequestError::Method),
    };
    let path = target::normalize(raw_path(parts)?)?;
    let headers = decode_headers(&parts.headers);
    let forwarded = headers.iter().filter(|(name, _)| *name == "x-forwarded-for").map(|(_, value)| value);
    let ip = client_address::behind_proxies(peer, forwarded, trusted_proxies)?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let http = HttpRequest { method, path, query, headers };
    Ok(Request { ip, kind: RequestKind::Http(http) })
}

/// The path as sent: of `/path` itself, and of the absolute form that clients send to what they take for a proxy.
fn raw_path(parts: &Parts) -> Result<&str, RequestError> {
    let path = parts.uri.path();
    if path.len() + parts.uri.query().map_or(0, str::len) > LONGEST_TARGET {
        return Err(RequestError::TargetTooLong);
    }
    if path.starts_with('/') || parts.uri.scheme().is_some() {
        return Ok(path);
    }
    Err(RequestError::TargetForm)
}

fn decode_headers(headers: &HeaderMap) -> Headers {
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut decoded = Headers::with_capacity(headers.len(), bytes);
    headers.iter().for_each(|(name, value)| decoded.push(name.as_str(), &decode(value)));
    decoded
}

/// UTF-8, or else Latin-1, in which every byte is a character.
fn decode(value: &HeaderValue) -> Cow<'_, str> {
    match str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, target: &str) -> Parts {
        hyper::Request::builder().method(method).uri(target).body(()).unwrap().into_parts().0
    }

    fn made(parts: &Parts) -> Result<HttpRequest, RequestError> {
        match from_http(parts, "192.0.2.1".parse().unwrap(), 0)?.kind {
            RequestKind::Http(http) => Ok(http),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn path_and_query_are_told_apart() {
        let http = made(&parts("GET", "/Aastra//a%20b.cfg?mac=00%3A11&x")).unwrap();
        assert_eq!((http.path.as_str(), http.query.as_str()), ("/Aastra/a b.cfg", "mac=00%3A11&x"));
    }

    #[test]
    fn an_absolute_target_counts_by_its_path() {
        assert_eq!(made(&parts("HEAD", "http://prov.example/a.cfg")).unwrap().path, "/a.cfg");
        assert_eq!(made(&parts("GET", "http://prov.example")).unwrap().path, "/");
        for target in ["*", "prov.example:80"] {
            assert!(matches!(made(&parts("GET", target)), Err(RequestError::TargetForm)), "{target}");
        }
    }

    #[test]
    fn header_values_are_utf8_or_latin1() {
        let mut parts = parts("GET", "/");
        parts.headers.insert("User-Agent", HeaderValue::from_bytes("tél".as_bytes()).unwrap());
        parts.headers.insert("X-Name", HeaderValue::from_bytes(b"t\xe9l").unwrap());
        let http = made(&parts).unwrap();
        assert_eq!(http.user_agent(), Some("tél"));
        assert_eq!(http.header("x-name"), Some("tél"));
    }

    #[test]
    fn refusals_have_a_status() {
        let long = format!("/{}", "a".repeat(9000));
        for (method, target, status) in [
            ("POST", "/", 405),
            ("OPTIONS", "*", 405),
            ("GET", long.as_str(), 414),
            ("GET", "/../a", 400),
            ("GET", "/%00", 400),
        ] {
            assert_eq!(made(&parts(method, target)).unwrap_err().status(), status, "{method} {target}");
        }
    }
}
