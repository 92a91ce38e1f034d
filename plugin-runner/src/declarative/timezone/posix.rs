//! The POSIX TZ string with the extensions of RFC 9636 §3.3.2: `CET-1CEST,M3.5.0,M10.5.0/3`.
//!
//! The form that counts 29 February (`n` without `J`) is read only up to the day where both counts agree; the database
//! does not use it for anything else.

use std::str::FromStr;

/// How a zone's clocks go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Seconds east of UTC outside daylight saving time.
    pub(crate) offset: i32,
    /// When and how far clocks are moved; nothing if they are not.
    pub(crate) dst: Option<Dst>,
}

/// Daylight saving time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dst {
    /// Seconds that clocks are ahead, more than 0.
    pub(crate) save: i32,
    /// When it starts.
    pub(crate) start: Change,
    /// When it ends.
    pub(crate) end: Change,
}

/// A moment at which clocks are moved, every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// The day.
    pub(crate) day: Day,
    /// Seconds of wall clock after the day's midnight; may be negative or more than a day.
    pub(crate) time: i32,
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// A weekday of a month.
    OfMonth {
        /// 1 to 12.
        month: u8,
        /// 1 to 5, 5 being the last.
        week: u8,
        /// 0 to 6, Sunday being 0.
        weekday: u8,
    },
    /// 1 to 365, 29 February never being counted.
    OfYear(u16),
}

/// The text is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidRule;

const HOUR: i32 = 3600;
const DAY: i32 = 24 * HOUR;

impl FromStr for Rule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Rule, InvalidRule> {
        let mut reader = Reader { rest: text };
        let rule = reader.rule().filter(|_| reader.rest.is_empty());
        rule.ok_or(InvalidRule)
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn rule(&mut self) -> Option<Rule> {
        self.abbreviation()?;
        let offset = -self.time(24)?;
        if self.rest.is_empty() {
            return Some(Rule { offset, dst: None });
        }
        self.abbreviation()?;
        let shifted = if self.rest.starts_with(',') { offset + HOUR } else { -self.time(24)? };
        let save = shifted - offset;
        let (start, end) = (self.change()?, self.change()?);
        if lasts_all_year(start, end, save) {
            return Some(Rule { offset: shifted, dst: None });
        }
        if save < 0 {
            // Winter time as the exception, as in Dublin: to phones summer time is. Both changes keep their wall clock.
            let dst = Dst { save: -save, start: end, end: start };
            return Some(Rule { offset: shifted, dst: Some(dst) });
        }
        Some(Rule { offset, dst: Some(Dst { save, start, end }) })
    }

    /// Letters, or anything in angle brackets.
    fn abbreviation(&mut self) -> Option<&'a str> {
        if let Some(quoted) = self.rest.strip_prefix('<') {
            let (name, rest) = quoted.split_once('>')?;
            self.rest = rest;
            return Some(name);
        }
        let length = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        (length >= 3).then(|| self.split(length))
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    fn time(&mut self, most_hours: i32) -> Option<i32> {
        let sign = if self.accept('-') { -1 } else { 1 };
        if sign == 1 {
            self.accept('+');
        }
        let mut seconds = self.number(0, most_hours)? * HOUR;
        for unit in [60, 1] {
            if !self.accept(':') {
                break;
            }
            seconds += self.number(0, 59)? * unit;
        }
        Some(sign * seconds)
    }

    fn change(&mut self) -> Option<Change> {
        if !self.accept(',') {
            return None;
        }
        let day = self.day()?;
        let time = if self.accept('/') { self.time(167)? } else { 2 * HOUR };
        Some(Change { day, time })
    }

    fn day(&mut self) -> Option<Day> {
        if self.accept('J') {
            return Some(Day::OfYear(u16::try_from(self.number(1, 365)?).ok()?));
        }
        if !self.accept('M') {
            return Some(Day::OfYear(u16::try_from(self.number(0, 58)?).ok()? + 1));
        }
        let month = u8::try_from(self.number(1, 12)?).ok()?;
        let week = self.accept('.').then(|| self.number(1, 5))??;
        let weekday = self.accept('.').then(|| self.number(0, 6))??;
        Some(Day::OfMonth { month, week: u8::try_from(week).ok()?, weekday: u8::try_from(weekday).ok()? })
    }

    fn number(&mut self, least: i32, most: i32) -> Option<i32> {
        let length = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        if length > 3 {
            return None;
        }
        let number = self.split(length).parse().ok()?;
        (least..=most).contains(&number).then_some(number)
    }

    fn accept(&mut self, character: char) -> bool {
        let rest = self.rest.strip_prefix(character);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn split(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// A zone that keeps daylight saving time for ever is written as one whose daylight saving time ends when the next
/// begins.
fn lasts_all_year(start: Change, end: Change, save: i32) -> bool {
    start.day == Day::OfYear(1) && start.time == 0 && end.day == Day::OfYear(365) && end.time == DAY + save
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap()
    }

    #[test]
    fn every_form_of_a_day_is_read() {
        let dst = rule("<-03>3<-02>,M3.5.0/-2,J365/167:59:59").dst.unwrap();
        assert_eq!(dst.start, Change { day: Day::OfMonth { month: 3, week: 5, weekday: 0 }, time: -7200 });
        assert_eq!(dst.end, Change { day: Day::OfYear(365), time: 167 * 3600 + 3599 });
        assert_eq!(rule("AAA0BBB,10,J60").dst.unwrap().start.day, Day::OfYear(11));
    }

    #[test]
    fn offsets_are_west_of_utc_in_the_text() {
        assert_eq!(rule("EST5EDT,M3.2.0,M11.1.0").offset, -18000);
        assert_eq!(rule("<+0545>-5:45").offset, 20700);
        assert_eq!(rule("AAA+3BBB1:30,J1,J2").dst.unwrap().save, 5400);
    }

    #[test]
    fn daylight_saving_for_ever_is_an_offset() {
        assert_eq!(rule("EST5EDT,0/0,J365/25"), Rule { offset: -14400, dst: None });
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "CET",
            "CE-1",
            "CET-25",
            "CET-1CEST",
            "CET-1CEST,M3.5.0",
            "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,J0,J1",
            "CET-1CEST,59,J200",
            "CET-1 ",
            "<CET-1",
            "CET-1:60",
            "CET-1CEST,M3.5.0/168,M10.5.0",
            "CET-1CEST,M3.5.0,M10.5.0,",
            "é",
        ] {
            assert_eq!(text.parse::<Rule>(), Err(InvalidRule), "{text}");
        }
    }

    fn day() -> impl Strategy<Value = (String, Day)> {
        prop_oneof![
            (1..=12u8, 1..=5u8, 0..=6u8).prop_map(|(month, week, weekday)| {
                (format!("M{month}.{week}.{weekday}"), Day::OfMonth { month, week, weekday })
            }),
            (2..=364u16).prop_map(|day| (format!("J{day}"), Day::OfYear(day))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            west in -24..=24i32, minutes in 0..60i32, (first, start) in day(), (second, end) in day(), hour in -167..=167i32,
        ) {
            let text = format!("AAA{west}:{minutes:02}<+01>,{first}/{hour},{second}");
            let rule = rule(&text);
            let sign = if west < 0 { -1 } else { 1 };
            prop_assert_eq!(rule.offset, -(west * 3600 + sign * minutes * 60));
            let dst = rule.dst.unwrap();
            prop_assert_eq!(dst.start, Change { day: start, time: hour * 3600 });
            prop_assert_eq!(dst.end, Change { day: end, time: 7200 });
            prop_assert_eq!(dst.save, 3600);
        }

        #[test]
        fn no_text_panics(text in "[A-Z<>0-9+:,./MJ-]{0,30}") {
            let _ = text.parse::<Rule>();
        }
    }
}
