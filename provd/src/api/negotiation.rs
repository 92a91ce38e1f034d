//! The one media type, and which requests must name it.
//!
//! Clients of 0.2 rely on the letter of these rules: no quality values, no parameters, no other case.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};

use super::problem::Problem;

/// The media type of all documents.
pub(super) const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";

/// Checks what a request accepts, or sends.
pub(super) fn check(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    match *method {
        Method::GET | Method::HEAD if !accepts(headers) => Err(Problem::NotAcceptable),
        Method::POST | Method::PUT if !sends(headers) => Err(Problem::UnsupportedMediaType),
        _ => Ok(()),
    }
}

fn accepts(headers: &HeaderMap) -> bool {
    if !headers.contains_key(ACCEPT) {
        return true;
    }
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|range| [MEDIA_TYPE, "application/*", "*/*"].contains(&range.trim()))
}

fn sends(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes() == MEDIA_TYPE.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &axum::http::HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn reading_looks_at_accept() {
        for (values, accepted) in [
            (&[] as &[&str], true),
            (&["*/*"], true),
            (&["text/html, application/*;q=0.1"], true),
            (&["text/html", MEDIA_TYPE], true),
            (&["application/vnd.proformatique.provd+json;q=0"], true),
            (&["application/json"], false),
            (&["Application/vnd.proformatique.provd+json"], false),
            (&[""], false),
        ] {
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(check(&method, &headers(&ACCEPT, values)).is_ok(), accepted, "{values:?}");
            }
        }
    }

    #[test]
    fn writing_looks_at_content_type_only() {
        for (values, accepted) in [
            (&[] as &[&str], false),
            (&[MEDIA_TYPE], true),
            (&["application/json"], false),
            (&["application/vnd.proformatique.provd+json; charset=utf-8"], false),
        ] {
            for method in [Method::POST, Method::PUT] {
                let mut sent = headers(&CONTENT_TYPE, values);
                sent.insert(ACCEPT, "text/html".parse().unwrap());
                assert_eq!(check(&method, &sent).is_ok(), accepted, "{values:?}");
            }
            assert!(check(&Method::DELETE, &headers(&ACCEPT, &["text/html"])).is_ok());
        }
    }
}
