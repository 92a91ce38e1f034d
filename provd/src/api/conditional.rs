//! Conditional requests (RFC 9110 §13) on single documents: which state of it a client means, and whether it is that.
//!
//! What is decided here is true of the record that was read. That it is still true when something is written is up to the
//! use case, which is given that record to compare.

use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::problem::Problem;

/// Bytes of the digest that a tag shows: they tell apart records of one identifier and revision, of which one was deleted.
const DIGEST: usize = 4;

/// The state of a document: its revision, and a digest of what a client sees of it. `"7-1f3a9c20"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ETag(String);

impl ETag {
    /// The state of a document as clients get it.
    pub(super) fn of(revision: i64, document: &Map<String, Value>) -> ETag {
        let digest = Sha256::digest(Value::Object(document.clone()).to_string());
        ETag(format!("\"{revision}-{}\"", hex::encode(&digest[..DIGEST])))
    }

    /// As the header has it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which states a client means.
#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// Any there is.
    Any,
    /// These, as they were sent.
    Listed(Vec<String>),
}

/// What a request says of the state of the document it is about.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    matching: Option<Tags>,
    none_matching: Option<Tags>,
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Conditions, Problem> {
        Conditions::of(&parts.headers)
    }
}

impl Conditions {
    fn of(headers: &HeaderMap) -> Result<Conditions, Problem> {
        Ok(Conditions { matching: tags(headers, &IF_MATCH)?, none_matching: tags(headers, &IF_NONE_MATCH)? })
    }

    /// Whether a change of this record may go on, and which record must still be there when it is made; nothing if any may.
    /// `what` is how a client knows it.
    pub(super) fn expected<'a, T>(
        &self,
        tag: &ETag,
        record: &'a T,
        what: impl Display,
    ) -> Result<Option<&'a T>, Problem> {
        let is_meant = match &self.matching {
            None | Some(Tags::Any) => true,
            Some(Tags::Listed(tags)) => tags.contains(&tag.0),
        };
        if !is_meant || self.excludes(tag) {
            return Err(Problem::PreconditionFailed(what.to_string()));
        }
        let is_certain = matches!(self.matching, Some(Tags::Listed(_))) || self.none_matching.is_some();
        Ok(is_certain.then_some(record))
    }

    /// The document with its tag, or that the client has it already.
    pub(super) fn answer(&self, tag: &ETag, document: impl IntoResponse) -> Response {
        let tagged = [(ETAG, tag.0.clone())];
        if self.excludes(tag) {
            return (StatusCode::NOT_MODIFIED, tagged).into_response();
        }
        (tagged, document).into_response()
    }

    /// For `If-None-Match` a weak tag is as good as a strong one (RFC 9110 §13.1.2).
    fn excludes(&self, tag: &ETag) -> bool {
        match &self.none_matching {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Listed(tags)) => {
                tags.iter().any(|listed| listed.strip_prefix("W/").unwrap_or(listed) == tag.as_str())
            }
        }
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    let mut values = headers.get_all(name).iter().peekable();
    if values.peek().is_none() {
        return Ok(None);
    }
    let mut listed = Vec::new();
    for value in values {
        let text = value.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Some(Tags::Any));
        }
        let tags = list(text).ok_or_else(|| {
            Problem::Invalid(format!("{name}: expected the ETag of an answer with its quotes, or *"))
        })?;
        listed.extend(tags);
    }
    Ok(Some(Tags::Listed(listed)))
}

/// The tags of a list. A comma within quotes belongs to its tag.
fn list(text: &str) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if rest.is_empty() {
            return (!tags.is_empty()).then_some(tags);
        }
        let opaque = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let end = rest.len() - opaque.len() + opaque.find('"')? + 1;
        tags.push(rest[..end].to_owned());
        rest = &rest[end..];
        if !rest.is_empty() && !rest.starts_with([',', ' ', '\t']) {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tag() -> ETag {
        ETag("\"7-1f3a9c20\"".to_owned())
    }

    fn conditions(name: &str, values: &[&str]) -> Result<Conditions, Problem> {
        let header = |value: &&str| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        Conditions::of(&values.iter().map(header).collect())
    }

    #[test]
    fn a_change_goes_on_only_from_a_state_that_is_meant() {
        let changed = "the config `a` was changed since it was read: read it again, then repeat the change";
        for (values, outcome) in [
            (&[] as &[&str], Ok(None)),
            (&["*"], Ok(None)),
            (&["\"7-1f3a9c20\""], Ok(Some(()))),
            (&["\"a,b\", \"7-1f3a9c20\""], Ok(Some(()))),
            (&["\"6\"", "\"7-1f3a9c20\""], Ok(Some(()))),
            (&["\"7\""], Err(changed.to_owned())),
            (&["W/\"7-1f3a9c20\""], Err(changed.to_owned())),
        ] {
            let conditions = conditions("if-match", values).unwrap();
            let expected = conditions.expected(&tag(), &(), "the config `a`").map(Option::<&()>::copied);
            assert_eq!(expected.map_err(|problem| problem.to_string()), outcome, "{values:?}");
        }
    }

    #[test]
    fn who_has_a_document_is_not_sent_it_again() {
        for (value, status) in [
            ("\"7-1f3a9c20\"", 304),
            ("W/\"7-1f3a9c20\"", 304),
            ("\"6\",\"7-1f3a9c20\"", 304),
            ("*", 304),
            ("\"6\"", 200),
        ] {
            let conditions = conditions("if-none-match", &[value]).unwrap();
            let answer = conditions.answer(&tag(), "the document");
            let sent = answer.headers()[ETAG].to_str().unwrap();
            assert_eq!((answer.status().as_u16(), sent), (status, tag().as_str()), "{value}");
            assert_eq!(conditions.expected(&tag(), &(), "").is_err(), status == 304);
        }
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for value in ["7", "", "\"7", "\"7\" x", "\"7\"\"8\"", "w/\"7\"", ","] {
            assert!(matches!(conditions("if-match", &[value]), Err(Problem::Invalid(_))), "{value}");
        }
    }

    #[test]
    fn equal_revisions_of_different_documents_have_different_tags() {
        let of = |document: Value| ETag::of(1, document.as_object().unwrap());
        assert_eq!(of(json!({"id": "a"})), of(json!({"id": "a"})));
        assert_ne!(of(json!({"id": "a"})), of(json!({"id": "a", "mac": "00:08:5d:00:00:01"})));
    }
}
