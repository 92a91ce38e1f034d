//! How many phones boot in a time, and when each is due. Pure.

use std::str::FromStr;
use std::time::Duration;

/// Boots in a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate(f64);

/// Most boots in a second: more than one machine can play.
const FASTEST: f64 = 100_000.0;
/// Fewest: one in a day.
const SLOWEST: f64 = 1.0 / 86_400.0;

impl FromStr for Rate {
    type Err = String;

    /// Reads `50/s`, `600/m`, `1000/h`, or a number alone, which is per second.
    fn from_str(text: &str) -> Result<Rate, String> {
        let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
        let seconds = match unit.trim() {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err("expected a rate such as 50/s, 600/m or 1000/h".to_owned()),
        };
        let number: f64 = number.trim().parse().map_err(|_| "expected a rate such as 50/s".to_owned())?;
        Rate::checked(number / seconds)
    }
}

impl Rate {
    /// So that all of so many phones boot within a time.
    #[expect(clippy::cast_precision_loss, reason = "there are a million phones at most")]
    pub(super) fn within(phones: u64, time: Duration) -> Result<Rate, String> {
        Rate::checked(phones as f64 / time.as_secs_f64())
    }

    fn checked(rate: f64) -> Result<Rate, String> {
        if (SLOWEST..=FASTEST).contains(&rate) {
            Ok(Rate(rate))
        } else {
            Err(format!("expected a rate between one in a day and {FASTEST}/s"))
        }
    }
}

/// Reads `90s`, `10m` or `2h`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time such as 90s, 10m or 2h, 30 days at most".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = text[..text.len() - 1].trim().parse().map_err(|_| wrong())?;
    let seconds = number * seconds;
    (seconds > 0.0 && seconds <= 30.0 * 86_400.0).then(|| Duration::from_secs_f64(seconds)).ok_or_else(wrong)
}

/// When which boot begins. Boots come whether or not earlier ones are done, as phones do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    rate: Rate,
    boots: u64,
}

impl Schedule {
    /// Each phone a number of times.
    pub(super) fn rounds(rate: Rate, phones: u64, rounds: u64) -> Schedule {
        Schedule { rate, boots: phones.saturating_mul(rounds) }
    }

    /// As many as fit into a time, and at least one.
    pub(super) fn lasting(rate: Rate, duration: Duration) -> Schedule {
        let boots = Duration::try_from_secs_f64(rate.0 * duration.as_secs_f64()).unwrap_or(Duration::MAX);
        Schedule { rate, boots: boots.as_secs().max(1) }
    }

    /// How many there are.
    pub(super) fn boots(self) -> u64 {
        self.boots
    }

    /// When one is due, from the beginning on. Beyond the end nothing is.
    #[expect(clippy::cast_precision_loss, reason = "there are a million phones at most, and not 2^52 boots")]
    pub(super) fn due(self, number: u64) -> Option<Duration> {
        let due = || Duration::try_from_secs_f64(number as f64 / self.rate.0).unwrap_or(Duration::MAX);
        (number < self.boots).then(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn a_rate_has_a_unit() {
        assert_eq!(
            (rate("50/s"), rate("50"), rate("60/m"), rate("0.5")),
            (Rate(50.0), Rate(50.0), Rate(1.0), Rate(0.5))
        );
        for wrong in ["", "/s", "0/s", "-1", "5/d", "nan", "inf", "1000000/s", "5 s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn all_phones_boot_within_a_time() {
        assert_eq!(Rate::within(10_000, Duration::from_mins(2)), Ok(Rate(10_000.0 / 120.0)));
        assert!(Rate::within(1_000_000, Duration::from_secs(1)).is_err());
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["", "s", "90", "0s", "-1m", "10d", "5é", "1000h", "nans"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn boots_are_due_at_even_distances_whatever_becomes_of_them() {
        let schedule = Schedule::rounds(rate("50/s"), 100, 2);
        assert_eq!(schedule.boots(), 200);
        assert_eq!(schedule.due(0), Some(Duration::ZERO));
        assert_eq!(schedule.due(199), Some(Duration::from_millis(3980)));
        assert_eq!(schedule.due(200), None);
        assert_eq!(Schedule::lasting(rate("2/s"), Duration::from_mins(1)).boots(), 120);
        assert_eq!(Schedule::lasting(rate("1/h"), Duration::from_secs(1)).boots(), 1);
    }
}
