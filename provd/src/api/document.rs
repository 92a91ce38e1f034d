//! JSON documents on the wire: reading a body within its limits, writing one compactly in plain ASCII.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value};
use tokio::time::timeout;
use utoipa::ToSchema;

use super::negotiation::MEDIA_TYPE;
use super::problem::Problem;

/// Longest body that is read, in bytes.
pub(super) const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// Longest time a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// An answer's document.
#[derive(Debug)]
pub(super) struct Document<T = Value>(pub(super) T);

impl<T: Serialize> IntoResponse for Document<T> {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, MEDIA_TYPE)], ascii(&self.0)).into_response()
    }
}

/// The answer to a creation: 201, where it is, and its identifier.
#[derive(Debug)]
pub(super) struct Created {
    /// Absolute path of what was created, percent-encoded.
    pub(super) location: String,
    /// Its identifier.
    pub(super) id: String,
}

impl IntoResponse for Created {
    fn into_response(self) -> Response {
        let document = Document(Identified { id: self.id });
        (StatusCode::CREATED, [(header::LOCATION, self.location)], document).into_response()
    }
}

/// One thing by its identifier.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Identified {
    /// Its identifier.
    id: String,
}

/// A document a client sent.
#[derive(Debug)]
pub(super) struct Sent(Value);

impl Sent {
    /// The object under a key: `{"device": {…}}`.
    pub(super) fn object(mut self, key: &str) -> Result<Map<String, Value>, Problem> {
        match self.0.as_object_mut().and_then(|document| document.remove(key)) {
            Some(Value::Object(object)) => Ok(object),
            Some(_) => Err(Problem::Invalid(format!("{key}: expected an object"))),
            None => Err(missing(key)),
        }
    }

    /// The object under a key that may be absent, in a body that holds nothing else.
    pub(super) fn only_object(self, key: &str) -> Result<Option<Map<String, Value>>, Problem> {
        let Value::Object(mut document) = self.0 else {
            return Err(Problem::Invalid(format!("expected {{}} or {{\"{key}\": {{…}}}}")));
        };
        let found = document.shift_remove(key).unwrap_or_default();
        if let Some(other) = document.keys().next() {
            let other = other.escape_debug();
            return Err(Problem::Invalid(format!("there is no key `{other}` here, only {key}")));
        }
        match found {
            Value::Null => Ok(None),
            Value::Object(object) => Ok(Some(object)),
            _ => Err(Problem::Invalid(format!("{key}: expected an object"))),
        }
    }

    /// The text under `id`.
    pub(super) fn id(mut self) -> Result<String, Problem> {
        match self.0.as_object_mut().and_then(|document| document.remove("id")) {
            Some(Value::String(id)) => Ok(id),
            Some(_) => Err(Problem::Invalid("id: expected text".to_owned())),
            None => Err(missing("id")),
        }
    }
}

fn missing(key: &str) -> Problem {
    Problem::Invalid(format!("Missing \"{key}\" key"))
}

impl<S: Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Sent, Problem> {
        let bytes = read(request.into_body(), BODY_LIMIT, BODY_DEADLINE).await?;
        let document = serde_json::from_slice(&bytes)
            .map_err(|error| Problem::Invalid(format!("the body is not JSON: {error}")))?;
        Ok(Sent(document))
    }
}

/// Reads a body of so many bytes at most, which arrives in time.
pub(super) async fn read(body: Body, limit: usize, deadline: Duration) -> Result<Bytes, Problem> {
    // A length stated in advance needs no reading to be too much.
    if body.size_hint().lower() > limit as u64 {
        return Err(Problem::TooLarge(limit));
    }
    let Ok(outcome) = timeout(deadline, to_bytes(body, limit)).await else {
        return Err(Problem::TooSlow(deadline.as_secs()));
    };
    outcome.map_err(|error| {
        let error = error.into_inner();
        if error.is::<LengthLimitError>() {
            Problem::TooLarge(limit)
        } else {
            Problem::Invalid(format!("the body could not be read: {error}"))
        }
    })
}

/// Compact JSON in ASCII: old clients read bodies in whatever encoding they like.
pub(super) fn ascii(document: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Ascii);
    // A document serializes into memory without fail: its keys are text.
    let _ = document.serialize(&mut serializer);
    bytes
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.is_ascii() {
            return CompactFormatter.write_string_fragment(writer, fragment);
        }
        for character in fragment.chars() {
            if character.is_ascii() {
                write!(writer, "{character}")?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_compact_and_ascii() {
        let document = json!({"é": ["\u{1f4de}", "\"\n", null, 1.5], "a": {}});
        let expected = r#"{"\u00e9":["\ud83d\udcde","\"\n",null,1.5],"a":{}}"#;
        assert_eq!(String::from_utf8(ascii(&document)).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn any_text_survives_in_ascii(text: String) {
            let bytes = ascii(&json!(text));
            prop_assert!(bytes.is_ascii());
            prop_assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), json!(text));
        }
    }
}
