//! From [`Answer`] to an HTTP response.
//!
//! Always with Content-Length and never chunked, never a redirect, never a request to authenticate: simple clients stumble
//! over each of them. What went wrong is said in a line of plain text.

use std::time::Duration;

use hyper::header::{
    ACCEPT_RANGES, ALLOW, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    LAST_MODIFIED, RANGE, RETRY_AFTER,
};
use hyper::{HeaderMap, Method, Response, StatusCode};

use super::body::AnswerBody;
use super::conditions;
use super::range::{Portion, portion};
use super::request::RequestError;
use crate::domain::answer::{Answer, ServedFile};
use crate::domain::metadata::Metadata;

/// The parts of a request that shape the answer to it.
#[derive(Debug)]
pub(super) struct Asked {
    /// GET or HEAD.
    pub(super) method: Method,
    /// Of files that have no media type of their own.
    pub(super) usual_type: HeaderValue,
    /// As received.
    pub(super) headers: HeaderMap,
}

/// Puts an answer into HTTP.
pub(super) fn respond(answer: Answer, asked: &Asked) -> Response<AnswerBody> {
    let mut response = match answer {
        Answer::File(file) => file_response(file, asked),
        Answer::NotFound => plain(StatusCode::NOT_FOUND, "Not found"),
        Answer::Forbidden => plain(StatusCode::FORBIDDEN, "Forbidden"),
        Answer::Unavailable { retry_after } => unavailable(retry_after),
        Answer::Failed => plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal processing error"),
        Answer::Nothing => with_status(StatusCode::NO_CONTENT, AnswerBody::from_bytes("")),
    };
    if asked.method == Method::HEAD {
        *response.body_mut() = AnswerBody::from_bytes("");
    }
    response
}

/// A line of text.
fn plain(status: StatusCode, text: impl AsRef<str>) -> Response<AnswerBody> {
    let mut response = sized(status, AnswerBody::from_bytes(format!("{}\n", text.as_ref())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// The refusal of a request that never became one.
pub(super) fn refuse(error: &RequestError) -> Response<AnswerBody> {
    let mut response = plain(error.status(), error.to_string());
    if matches!(error, RequestError::Method) {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

/// 503 with whole seconds, rounded up and at least one, until asking again may help.
fn unavailable(retry_after: Duration) -> Response<AnswerBody> {
    let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable, try again");
    response.headers_mut().insert(RETRY_AFTER, seconds.max(1).into());
    response
}

fn file_response(file: ServedFile, asked: &Asked) -> Response<AnswerBody> {
    let metadata = file.metadata.clone();
    let mut response = if conditions::copy_is_current(&metadata, &asked.headers) {
        with_status(StatusCode::NOT_MODIFIED, AnswerBody::from_bytes(""))
    } else {
        content_response(file, asked)
    };
    let headers = response.headers_mut();
    insert_some(headers, ETAG, metadata.entity_tag.clone());
    insert_some(headers, LAST_MODIFIED, metadata.last_modified.clone());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response
}

fn content_response(file: ServedFile, asked: &Asked) -> Response<AnswerBody> {
    let length = file.content.length();
    let mut response = match wanted(&file.metadata, asked, length) {
        Portion::Whole => sized(StatusCode::OK, AnswerBody::from_content(file.content, 0, length)),
        Portion::Part { first, last } => {
            let body = AnswerBody::from_content(file.content, first, last - first + 1);
            let mut response = sized(StatusCode::PARTIAL_CONTENT, body);
            let range = HeaderValue::try_from(format!("bytes {first}-{last}/{length}")).ok();
            insert_some(response.headers_mut(), CONTENT_RANGE, range);
            response
        }
        Portion::Unsatisfiable => {
            let mut response = plain(StatusCode::RANGE_NOT_SATISFIABLE, "The range is not within the file");
            let range = HeaderValue::try_from(format!("bytes */{length}")).ok();
            insert_some(response.headers_mut(), CONTENT_RANGE, range);
            return response;
        }
    };
    let media_type = file.metadata.media_type.as_ref().unwrap_or(&asked.usual_type);
    response.headers_mut().insert(CONTENT_TYPE, media_type.clone());
    response
}

/// Ranges have a meaning for GET alone (RFC 9110 §14.2).
fn wanted(metadata: &Metadata, asked: &Asked, length: u64) -> Portion {
    let range = asked.headers.get(RANGE).and_then(|range| range.to_str().ok());
    match range {
        Some(range)
            if asked.method == Method::GET && conditions::part_fits_copy(metadata, &asked.headers) =>
        {
            portion(range, length)
        }
        _ => Portion::Whole,
    }
}

/// The length is written here rather than left to hyper, which says none for HEAD.
fn sized(status: StatusCode, body: AnswerBody) -> Response<AnswerBody> {
    let length = body.length();
    let mut response = with_status(status, body);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

fn with_status(status: StatusCode, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn insert_some(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}
