//! What HTTP says of a file besides its bytes (RFC 9110 §8), worded once for all answers with the file.

use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderValue;

/// Representation metadata of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Absent: by the name asked for.
    pub media_type: Option<HeaderValue>,
    /// Opaque validator, without quotes. Changes exactly when the bytes do.
    pub etag: Arc<str>,
    /// The same as a strong entity tag (§8.8.3); absent where it is not fit for a header.
    pub entity_tag: Option<HeaderValue>,
    /// When the bytes last changed.
    pub modified: SystemTime,
    /// The same as a date of HTTP (§5.6.7), which has no fractions of a second.
    pub last_modified: Option<HeaderValue>,
}

impl Metadata {
    /// Of bytes that are known by `etag`. A media type that is no header value counts as none.
    pub fn new(media_type: Option<&str>, etag: &str, modified: SystemTime) -> Metadata {
        // No quotes or spaces inside.
        let fit = !etag.is_empty() && etag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        let date = httpdate::HttpDate::from(modified).to_string();
        Metadata {
            media_type: media_type.and_then(|media_type| HeaderValue::from_str(media_type).ok()),
            etag: etag.into(),
            entity_tag: fit.then(|| HeaderValue::try_from(format!("\"{etag}\"")).ok()).flatten(),
            modified,
            last_modified: HeaderValue::try_from(date).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn an_unfit_tag_is_left_out() {
        for etag in ["", "a\"b", "a b", "a\nb", "é"] {
            assert!(Metadata::new(None, etag, UNIX_EPOCH).entity_tag.is_none(), "{etag:?}");
        }
        assert_eq!(Metadata::new(None, "v1", UNIX_EPOCH).entity_tag.unwrap(), "\"v1\"");
    }

    #[test]
    fn a_media_type_that_is_no_header_value_counts_as_none() {
        assert_eq!(Metadata::new(Some("text/xml"), "v1", UNIX_EPOCH).media_type.unwrap(), "text/xml");
        assert_eq!(Metadata::new(Some("text\nxml"), "v1", UNIX_EPOCH).media_type, None);
    }
}
