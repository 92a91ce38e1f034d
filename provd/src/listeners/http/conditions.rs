//! Conditional requests (RFC 9110 §13): whether a client's copy is still good.
//!
//! Pure. A phone that asks with the validators it was given learns in a few bytes that nothing changed.

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE};

use crate::domain::metadata::Metadata;

/// Whether the client's copy is the current one: by `If-None-Match`, or where that is absent by `If-Modified-Since`.
pub(super) fn copy_is_current(file: &Metadata, headers: &HeaderMap) -> bool {
    if headers.contains_key(IF_NONE_MATCH) {
        return headers.get_all(IF_NONE_MATCH).iter().any(|value| is_listed(file, value));
    }
    date(headers, &IF_MODIFIED_SINCE).is_some_and(|since| modified_second(file) <= since)
}

/// Whether a part may be sent to a client that wants the rest of its copy: without `If-Range` always, with it only
/// when the copy is byte for byte the current file.
pub(super) fn part_fits_copy(file: &Metadata, headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(IF_RANGE) else { return true };
    if file.entity_tag.as_ref() == Some(value) {
        return true;
    }
    date(headers, &IF_RANGE).is_some_and(|date| modified_second(file) == date)
}

/// Compared weakly, as §13.1.2 wants. Tags that contain a comma are not ours, so cutting there is harmless.
fn is_listed(file: &Metadata, tags: &HeaderValue) -> bool {
    tags.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).any(|tag| {
        let opaque = tag.strip_prefix(b"W/").unwrap_or(tag);
        tag == b"*" || file.entity_tag.as_ref().is_some_and(|own| own.as_bytes() == opaque)
    })
}

/// Dates in HTTP have no fractions.
fn modified_second(file: &Metadata) -> httpdate::HttpDate {
    file.modified.into()
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

    fn file() -> Metadata {
        Metadata::new(None, "v1", modified())
    }

    fn current(pairs: &[(HeaderName, &'static str)]) -> bool {
        copy_is_current(&file(), &headers(pairs))
    }

    fn part_fits(value: &'static str) -> bool {
        part_fits_copy(&file(), &headers(&[(IF_RANGE, value)]))
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
        assert!(part_fits_copy(&file(), &HeaderMap::new()));
        assert!(part_fits("\"v1\"") && part_fits(MODIFIED));
        for value in ["W/\"v1\"", "\"v2\"", BEFORE, AFTER, "v1"] {
            assert!(!part_fits(value), "{value}");
        }
    }
}
