//! Conditional requests (RFC 9110 §13): whether a client's copy is still good.
//!
//! Pure. A phone that asks with the validators it was given learns in a few bytes that nothing changed.

use std::time::SystemTime;

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE};

/// What identifies the bytes of a file.
#[derive(Debug)]
pub(super) struct Validators {
    /// Strong entity tag with its quotes; absent when the file has none fit for a header.
    pub(super) etag: Option<HeaderValue>,
    /// When the bytes last changed.
    pub(super) modified: SystemTime,
}

impl Validators {
    /// Puts the opaque `etag` in quotes, if it can be: RFC 9110 §8.8.3 allows no quotes or spaces inside.
    pub(super) fn new(etag: &str, modified: SystemTime) -> Validators {
        let fit = !etag.is_empty() && etag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        let etag = fit.then(|| HeaderValue::try_from(format!("\"{etag}\"")).ok()).flatten();
        Validators { etag, modified }
    }

    /// Whether the client's copy is the current one: by `If-None-Match`, or where that is absent by `If-Modified-Since`.
    pub(super) fn copy_is_current(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(IF_NONE_MATCH) {
            return headers.get_all(IF_NONE_MATCH).iter().any(|value| self.is_listed(value));
        }
        date(headers, &IF_MODIFIED_SINCE).is_some_and(|since| self.modified_second() <= since)
    }

    /// Whether a part may be sent to a client that wants the rest of its copy: without `If-Range` always, with it only
    /// when the copy is byte for byte the current file.
    pub(super) fn part_fits_copy(&self, headers: &HeaderMap) -> bool {
        let Some(value) = headers.get(IF_RANGE) else { return true };
        if self.etag.as_ref().is_some_and(|etag| etag == value) {
            return true;
        }
        date(headers, &IF_RANGE).is_some_and(|date| self.modified_second() == date)
    }

    /// For `Last-Modified`.
    pub(super) fn last_modified(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(httpdate::HttpDate::from(self.modified).to_string()).ok()
    }

    /// Compared weakly, as §13.1.2 wants. Tags that contain a comma are not ours, so cutting there is harmless.
    fn is_listed(&self, tags: &HeaderValue) -> bool {
        tags.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|tag| {
            let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
            tag == b"*" || self.etag.as_ref().is_some_and(|etag| etag.as_bytes() == opaque)
        })
    }

    /// Dates in HTTP have no fractions.
    fn modified_second(&self) -> httpdate::HttpDate {
        self.modified.into()
    }
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<httpdate::HttpDate> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listeners::fake_handler::modified;

    const MODIFIED: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
    const BEFORE: &str = "Tue, 14 Nov 2023 22:13:19 GMT";
    const AFTER: &str = "Wed, 15 Nov 2023 00:00:00 GMT";

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn current(pairs: &[(HeaderName, &'static str)]) -> bool {
        Validators::new("v1", modified()).copy_is_current(&headers(pairs))
    }

    fn part_fits(value: &'static str) -> bool {
        Validators::new("v1", modified()).part_fits_copy(&headers(&[(IF_RANGE, value)]))
    }

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        for tags in ["\"v1\"", "W/\"v1\"", "\"v0\", \"v1\"", "\"v0\",W/\"v1\" ,\"v2\"", "*"] {
            assert!(current(&[(IF_NONE_MATCH, tags)]), "{tags}");
        }
        for tags in ["", "\"v2\"", "v1", "\"v1", "W/\"v0\", \"v11\""] {
            assert!(!current(&[(IF_NONE_MATCH, tags)]), "{tags}");
        }
    }

    #[test]
    fn dates_are_compared_by_the_second() {
        assert!(current(&[(IF_MODIFIED_SINCE, MODIFIED)]));
        assert!(current(&[(IF_MODIFIED_SINCE, AFTER)]));
        assert!(!current(&[(IF_MODIFIED_SINCE, BEFORE)]));
        assert!(!current(&[(IF_MODIFIED_SINCE, "yesterday")]));
        assert!(!current(&[]));
    }

    #[test]
    fn a_tag_outweighs_a_date() {
        assert!(!current(&[(IF_NONE_MATCH, "\"v0\""), (IF_MODIFIED_SINCE, AFTER)]));
        assert!(current(&[(IF_NONE_MATCH, "\"v1\""), (IF_MODIFIED_SINCE, BEFORE)]));
    }

    #[test]
    fn a_part_needs_the_very_same_bytes() {
        assert!(Validators::new("v1", modified()).part_fits_copy(&HeaderMap::new()));
        assert!(part_fits("\"v1\"") && part_fits(MODIFIED));
        for value in ["W/\"v1\"", "\"v2\"", BEFORE, AFTER, "v1"] {
            assert!(!part_fits(value), "{value}");
        }
    }

    #[test]
    fn an_unfit_tag_is_left_out() {
        for etag in ["", "a\"b", "a b", "a\nb", "é"] {
            assert!(Validators::new(etag, modified()).etag.is_none(), "{etag:?}");
        }
    }
}
