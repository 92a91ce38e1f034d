//! Until when a token is good, as people write it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A moment (RFC 3339), or a date, which means its beginning in UTC.
pub(super) fn at(text: &str) -> Result<Timestamp, String> {
    let midnight = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let moment = text.parse().ok().or_else(|| text.parse().ok().and_then(midnight));
    moment.ok_or_else(|| {
        "expected a date such as 2027-01-31, or a moment such as 2027-01-31T12:00:00Z".to_owned()
    })
}

/// So long after now: `12h`, `90d`, `1y`.
pub(super) fn after(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let later = |span: Span| Some(now.to_zoned(TimeZone::UTC).checked_add(span).ok()?.timestamp());
    let moment = text.parse().ok().and_then(later).filter(|moment| *moment > now);
    moment.ok_or_else(|| "expected how long from now, such as 12h, 90d or 1y".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_may_be_written_as_people_do() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for (text, moment) in
            [("12h", "2026-03-02T00:00:00Z"), ("90d", "2026-05-30T12:00:00Z"), ("1y", "2027-03-01T12:00:00Z")]
        {
            assert_eq!(after(text, now).unwrap().to_string(), moment, "{text}");
        }
        for wrong in ["", "0d", "-1d", "90", "soon", "2027-01-31"] {
            assert!(after(wrong, now).is_err(), "{wrong}");
        }
        assert_eq!(at("2027-01-31").unwrap().to_string(), "2027-01-31T00:00:00Z");
        assert_eq!(at("2027-01-31T01:00:00+01:00").unwrap().to_string(), "2027-01-31T00:00:00Z");
        assert!(at("90d").is_err() && at("2027-02-30").is_err());
    }
}
