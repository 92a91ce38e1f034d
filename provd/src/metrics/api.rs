//! Requests of administrators and their programs, by route and status.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::histogram::Histogram;
use super::page::Page;

/// Methods that are counted apart; any program can make up others.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Method, route and status.
type Answer = (&'static str, String, u16);

/// The instruments of the REST interface.
#[derive(Debug)]
pub struct ApiMetrics {
    // A plain mutex: administrators are few, and it is held for an addition.
    answers: Mutex<BTreeMap<Answer, u64>>,
    durations: Histogram,
}

impl Default for ApiMetrics {
    fn default() -> ApiMetrics {
        ApiMetrics { answers: Mutex::default(), durations: Histogram::of_calls() }
    }
}

impl ApiMetrics {
    /// Counts a request that was answered. `route` is the pattern of its path, with names instead of identifiers; empty if
    /// there is none.
    pub fn answered(&self, method: &str, route: &str, status: u16, time: Duration) {
        let method = METHODS.into_iter().find(|name| *name == method).unwrap_or("other");
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers.entry((method, route.to_owned(), status)).or_default() += 1;
        drop(answers);
        self.durations.took(time);
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answers: Vec<_> = answers
            .iter()
            .map(|((method, route, status), count)| (*method, route, status.to_string(), count))
            .collect();
        let samples = answers.iter().map(|(method, route, status, count)| {
            ([("method", *method), ("route", route.as_str()), ("status", status.as_str())], **count)
        });
        page.counters("provd_api_requests_total", "Requests of the REST interface.", samples)?;
        let help =
            "Time until a request of the REST interface was answered; streams count to their beginning.";
        page.histogram("provd_api_request_duration_seconds", help, &self.durations)
    }
}
