//! How the values in a row become ours and back. Whatever does not fit is an error that names the record.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::errors::corrupt;
use crate::provisioning::store::StoreError;

/// Reads a row into its type; `kind` and the text in the column `key` name the record if it does not fit.
pub(super) fn decode<R>(row: &SqliteRow, kind: &str, key: &str) -> Result<R, StoreError>
where
    R: for<'r> FromRow<'r, SqliteRow>,
{
    R::from_row(row).map_err(|why| {
        let name = row.try_get::<String, _>(key).unwrap_or_else(|_| "?".to_owned());
        corrupt(&format!("{kind} `{name}`"), why)
    })
}

/// Reads a column of JSON text.
pub(super) fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|why| corrupt(what, why))
}

/// JSON text for a column.
pub(super) fn to_json<T: Serialize>(value: &T, what: &str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|why| corrupt(what, why))
}

/// Microseconds since 1970; what does not fit into the column becomes the nearest time that does.
pub(super) fn to_micros(time: SystemTime) -> i64 {
    let clamped = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => clamped(since),
        Err(before) => -clamped(before.duration()),
    }
}

/// The time that many microseconds after 1970.
pub(super) fn from_micros(micros: i64, what: &str) -> Result<SystemTime, StoreError> {
    let distance = Duration::from_micros(micros.unsigned_abs());
    let time = if micros < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.ok_or_else(|| corrupt(what, format!("{micros} is no time")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_to_the_microsecond() {
        for micros in [0, 1, -1, 1_700_000_000_123_456, -1_700_000_000_123_456] {
            assert_eq!(to_micros(from_micros(micros, "it").unwrap()), micros);
        }
        assert_eq!(to_micros(UNIX_EPOCH + Duration::from_nanos(1_999)), 1);
    }
}
