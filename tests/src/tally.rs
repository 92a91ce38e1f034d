//! What became of many requests.

/// Requests that were answered as expected, and what went wrong with the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests made.
    pub requests: usize,
    /// One line for each that failed, the first hundred.
    pub failures: Vec<String>,
}

impl Tally {
    const KEPT: usize = 100;

    /// Counts one request.
    pub(crate) fn count(&mut self, failure: Option<String>) {
        self.requests += 1;
        self.failures.extend(failure.filter(|_| self.failures.len() < Tally::KEPT));
    }
}
