//! Errors as documents for programs (RFC 9457), wherever that breaks no client of 0.2.
//!
//! Which errors there are and what they say is the business of those who make them: here the finished answer is put into
//! another shape.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::routes_of_0_2;

/// The media type of problem details.
pub(in crate::api) const MEDIA_TYPE: &str = "application/problem+json";

/// Longest text of an error that is put into another shape, in bytes.
const LONGEST: usize = 1 << 20;

/// Why a request was not done.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProblemDetails {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The words of the status.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong, and what to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// What is wrong with the parts of a document that was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(inline)]
    errors: Vec<Part>,
}

/// What is wrong with one part of a document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::api) struct Part {
    /// Where: `raw_config.sip_lines.1.proxy_port`.
    pub(in crate::api) path: String,
    /// What: `70000 is not a port (1 to 65535)`.
    pub(in crate::api) reason: String,
}

/// What goes with an answer until it is put into its shape.
#[derive(Debug, Clone)]
pub(super) struct Parts(pub(super) Vec<Part>);

/// Puts errors into the shape their client understands.
pub(in crate::api) async fn shape(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let is_beyond = path.is_some_and(|path| !routes_of_0_2::contain(path.as_str()));
    let wanted = is_beyond || names_problem_details(request.headers());
    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if wanted && is_error && is_text(&response) { described(response).await } else { response }
}

fn names_problem_details(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges = ranges.flat_map(|value| value.split(',')).filter_map(|range| range.split(';').next());
    ranges.any(|range| range.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

fn is_text(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

async fn described(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let text = to_bytes(body, LONGEST).await.unwrap_or_default();
    let Parts(errors) = head.extensions.remove().unwrap_or(Parts(Vec::new()));
    let details = details(head.status, String::from_utf8_lossy(&text).trim(), errors);
    head.headers.remove(CONTENT_LENGTH);
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Response::from_parts(head, Json(details).into_response().into_body())
}

fn details(status: StatusCode, detail: &str, errors: Vec<Part>) -> ProblemDetails {
    ProblemDetails {
        kind: "about:blank",
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: detail.to_owned(),
        errors,
    }
}
