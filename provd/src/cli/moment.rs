//! Moments in words people read, and those people write. On the wire they are RFC 3339, in UTC.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Words for so many seconds and more: the name of the unit, and its length in seconds.
const UNITS: [(&str, i64); 4] = [("days", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
/// After so many seconds the date says more.
const LONG_AGO: i64 = 60 * 86_400;

/// `3 min ago`; a date if that is longer ago than two months. What is no moment stays as it is.
pub(super) fn ago(moment: &str, now: Timestamp) -> String {
    let Ok(at) = moment.parse::<Timestamp>() else { return moment.to_owned() };
    let seconds = now.as_second() - at.as_second();
    match UNITS.into_iter().find(|(_, length)| seconds >= *length) {
        _ if seconds >= LONG_AGO => at.strftime("%Y-%m-%d").to_string(),
        _ if seconds < -1 => second(moment),
        Some(("days", length)) if seconds < 2 * length => "1 day ago".to_owned(),
        Some((unit, length)) => format!("{} {unit} ago", seconds / length),
        None => "just now".to_owned(),
    }
}

/// `3 min`: how long something has lasted. Nothing of what is no moment.
pub(super) fn since(moment: &str, now: Timestamp) -> String {
    let Ok(at) = moment.parse::<Timestamp>() else { return String::new() };
    let seconds = (now.as_second() - at.as_second()).max(0);
    let (unit, length) = UNITS.into_iter().find(|(_, length)| seconds >= *length).unwrap_or(("s", 1));
    format!("{} {unit}", seconds / length)
}

/// `3 min ago (2026-01-02 03:04:05 UTC)`. What is no moment stays as it is.
pub(super) fn ago_exactly(moment: &str, now: Timestamp) -> String {
    match moment.parse::<Timestamp>() {
        Ok(_) => format!("{} ({} UTC)", ago(moment, now), second(moment)),
        Err(_) => moment.to_owned(),
    }
}

/// `2026-01-02 03:04:05`, in UTC. What is no moment stays as it is.
pub(super) fn second(moment: &str) -> String {
    let at = moment.parse::<Timestamp>();
    at.map_or_else(|_| moment.to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// `03:04:05.678`, in UTC. What is no moment stays as it is.
pub(super) fn time_of_day(moment: &str) -> String {
    let at = moment.parse::<Timestamp>();
    at.map_or_else(|_| moment.to_owned(), |at| at.strftime("%H:%M:%S.%3f").to_string())
}

/// A moment as the command line takes it: RFC 3339, a date (from midnight UTC on), or how long ago (`90 min`, `2h`, `3d`).
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let midnight = |date: Date| Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
    if let Some(moment) = text.parse::<Date>().ok().and_then(midnight) {
        return Ok(moment);
    }
    let back = |span: Span| Some(now.to_zoned(TimeZone::UTC).checked_sub(span).ok()?.timestamp());
    text.parse::<Span>().ok().and_then(back).ok_or_else(|| {
        "expected a moment such as 2026-01-31T12:00:00Z, 2026-01-31, 90min, 2h or 3d".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_past_is_told_in_words() {
        for (moment, words) in [
            ("2026-03-01T11:59:59.900Z", "1 s ago"),
            ("2026-03-01T12:00:00.250Z", "just now"),
            ("2026-03-01T11:59:18Z", "42 s ago"),
            ("2026-03-01T11:57:01Z", "2 min ago"),
            ("2026-03-01T07:00:00Z", "5 h ago"),
            ("2026-02-28T12:00:00Z", "1 day ago"),
            ("2026-02-20T12:00:00Z", "9 days ago"),
            ("2025-12-24T12:00:00Z", "2025-12-24"),
            ("2026-03-01T12:10:00Z", "2026-03-01 12:10:00"),
            ("never", "never"),
            ("", ""),
        ] {
            assert_eq!(ago(moment, now()), words, "{moment}");
        }
        let exact = ago_exactly("2026-03-01T11:57:01.5Z", now());
        assert_eq!(exact, "2 min ago (2026-03-01 11:57:01 UTC)");
        assert_eq!(time_of_day("2026-03-01T11:57:01.5Z"), "11:57:01.500");
    }

    #[test]
    fn moments_may_be_written_as_people_do() {
        for (text, moment) in [
            ("2026-02-28T00:00:00+01:00", "2026-02-27T23:00:00Z"),
            ("2026-02-28", "2026-02-28T00:00:00Z"),
            ("90min", "2026-03-01T10:30:00Z"),
            ("2h", "2026-03-01T10:00:00Z"),
            ("3d", "2026-02-26T12:00:00Z"),
        ] {
            assert_eq!(parse(text, now()).unwrap().to_string(), moment, "{text}");
        }
        for wrong in ["", "yesterday", "2", "2026-02-31", "9999999999d"] {
            assert!(parse(wrong, now()).unwrap_err().contains("2h"), "{wrong}");
        }
    }
}
