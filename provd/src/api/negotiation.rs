//! Media types: the one of all documents, those of the few routes that have others, and which requests must name them.
//!
//! Clients of 0.2 rely on the letter of these rules: no quality values, no other case, and no parameters but of types that
//! 0.2 does not have.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};

use super::problem::Problem;

/// The media type of all documents.
pub(super) const MEDIA_TYPE: &str = "application/vnd.proformatique.provd+json";
/// Tables, RFC 4180.
pub(super) const CSV: &str = "text/csv";
/// A package.
const GZIP: &str = "application/gzip";
/// The same, for who cannot say so.
const BYTES: &str = "application/octet-stream";
/// A document a line.
pub(super) const JSON_LINES: &str = "application/jsonl";

/// What all routes give, and take, unless they are special.
const USUAL: &[&str] = &[MEDIA_TYPE];

/// A route whose answers, or the bodies it takes, are of other types.
struct Special {
    path: &'static str,
    gives: &'static [&'static str],
    takes: &'static [&'static str],
}

const SPECIAL: [Special; 6] = [
    Special { path: "/0.2/import", gives: USUAL, takes: &[JSON_LINES, CSV] },
    Special { path: "/0.2/pg_mgr/install/package", gives: USUAL, takes: &[GZIP, BYTES] },
    Special { path: "/0.2/firmware/files", gives: USUAL, takes: &[BYTES] },
    Special { path: "/0.2/export", gives: &[JSON_LINES, CSV], takes: USUAL },
    Special { path: "/0.2/events", gives: &["text/event-stream"], takes: USUAL },
    Special { path: "/metrics", gives: &["text/plain", "application/openmetrics-text"], takes: USUAL },
];

/// Checks what a request accepts, or sends.
pub(super) fn check(method: &Method, path: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let special = SPECIAL.iter().find(|special| special.path == path);
    let gives = special.map_or(USUAL, |special| special.gives);
    let takes = special.map_or(USUAL, |special| special.takes);
    match *method {
        Method::GET | Method::HEAD if !accepts(headers, gives) => Err(Problem::NotAcceptable(gives)),
        Method::POST | Method::PUT if !sends(headers, takes) => Err(Problem::UnsupportedMediaType(takes)),
        _ => Ok(()),
    }
}

/// The type of a body without its parameters.
pub(super) fn type_of(headers: &HeaderMap) -> &str {
    let stated = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    stated.split(';').next().unwrap_or_default().trim()
}

fn accepts(headers: &HeaderMap, gives: &[&str]) -> bool {
    if !headers.contains_key(ACCEPT) {
        return true;
    }
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges = ranges.flat_map(|value| value.split(',')).filter_map(|range| range.split(';').next());
    ranges.any(|range| {
        let range = range.trim();
        let kind = range.strip_suffix('*').filter(|kind| kind.ends_with('/'));
        range == "*/*"
            || gives.iter().any(|gives| *gives == range || kind.is_some_and(|kind| gives.starts_with(kind)))
    })
}

fn sends(headers: &HeaderMap, takes: &[&str]) -> bool {
    match takes {
        [only] => headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes() == only.as_bytes()),
        takes => takes.contains(&type_of(headers)),
    }
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
            (&["application/problem+json, application/vnd.proformatique.provd+json"], true),
            (&["application/problem+json"], false),
            (&["text/*"], false),
            (&["application/json"], false),
            (&["Application/vnd.proformatique.provd+json"], false),
            (&[""], false),
        ] {
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(check(&method, "/0.2", &headers(&ACCEPT, values)).is_ok(), accepted, "{values:?}");
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
                assert_eq!(check(&method, "/0.2", &sent).is_ok(), accepted, "{values:?}");
            }
            assert!(check(&Method::DELETE, "/0.2", &headers(&ACCEPT, &["text/html"])).is_ok());
        }
    }

    #[test]
    fn some_routes_have_types_of_their_own() {
        for (path, accept, accepted) in [
            ("/0.2/export", "text/csv", true),
            ("/0.2/export", "text/*", true),
            ("/0.2/export", "application/*", true),
            ("/0.2/export", MEDIA_TYPE, false),
            ("/0.2/events", "text/event-stream", true),
        ] {
            let accepts = headers(&ACCEPT, &[accept]);
            assert_eq!(check(&Method::GET, path, &accepts).is_ok(), accepted, "{path} {accept}");
        }
        for (kind, accepted) in
            [("text/csv; charset=utf-8", true), ("application/jsonl", true), (MEDIA_TYPE, false)]
        {
            let sends = headers(&CONTENT_TYPE, &[kind]);
            assert_eq!(check(&Method::POST, "/0.2/import", &sends).is_ok(), accepted, "{kind}");
        }
    }
}
