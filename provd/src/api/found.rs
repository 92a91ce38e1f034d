//! Answering with the documents that are found. What fits into one page is sent whole; the rest follows as it is read, so
//! that no more than a page is in memory, however many there are and however slowly a client takes them.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Map, Value};

use super::ApiState;
use super::document::ascii;
use super::negotiation::MEDIA_TYPE;
use super::problem::Problem;
use crate::provisioning::find::{FindError, Findable, Query};

impl From<FindError> for Problem {
    fn from(error: FindError) -> Problem {
        match error {
            FindError::Store(error) => error.into(),
            FindError::Incomparable(error) => Problem::Invalid(format!("q: {error}")),
        }
    }
}

/// `{"name": […]}` of all documents that are found. An answer that fails when it has begun is broken off.
pub(super) async fn found<R: Findable>(
    api: &ApiState,
    name: &'static str,
    query: Query,
    describe: impl Fn(&R) -> Map<String, Value> + Send + Sync + 'static,
) -> Result<Response, Problem> {
    let mut finding = api.provisioning.find(query, Box::new(describe)).await?;
    let first = finding.next().await?;
    let mut text = format!("{{\"{name}\":[").into_bytes();
    let is_all = finding.is_over();
    push(&mut text, first, "");
    let content_type = [(header::CONTENT_TYPE, MEDIA_TYPE)];
    if is_all {
        text.extend_from_slice(b"]}");
        return Ok((content_type, text).into_response());
    }
    let rest = stream::try_unfold(Some((finding, text)), move |state| async move {
        let Some((mut finding, text)) = state else { return Ok(None) };
        let documents = finding.next().await.inspect_err(|error| {
            tracing::error!("A list of {name} was broken off: {error}");
        })?;
        if documents.is_empty() {
            return Ok(Some((Bytes::from([&text, b"]}".as_slice()].concat()), None)));
        }
        let mut next = Vec::new();
        push(&mut next, documents, ",");
        Ok::<_, FindError>(Some((Bytes::from(text), Some((finding, next)))))
    });
    Ok((content_type, Body::from_stream(rest)).into_response())
}

fn push(text: &mut Vec<u8>, documents: Vec<Map<String, Value>>, before: &str) {
    let mut separator = before;
    for document in documents {
        text.extend_from_slice(separator.as_bytes());
        text.append(&mut ascii(&document));
        separator = ",";
    }
}
