//! Requests of phones and DHCP servers: how many, what came of them, how long each step took.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use super::histogram::Histogram;
use super::page::Page;
use super::usage::CacheUsage;

/// As `RequestKind::protocol` spells them.
const PROTOCOLS: [&str; 3] = ["HTTP", "TFTP", "DHCP"];
/// As the journal spells them.
const OUTCOMES: [&str; 6] = ["file", "not found", "forbidden", "unavailable", "failed", "nothing"];
/// The steps that are timed.
const STEPS: [&str; 3] = ["extract", "identify", "serve"];

/// Requests of one plugin by protocol and outcome.
type Answers = [[AtomicU64; OUTCOMES.len()]; PROTOCOLS.len()];

/// The instruments of the request path.
#[derive(Debug)]
pub struct RequestMetrics {
    /// Of requests that were routed to no plugin.
    unrouted: Answers,
    // Written once for each plugin; held for two additions otherwise.
    routed: RwLock<HashMap<String, Answers>>,
    steps: [Histogram; STEPS.len()],
    /// All steps together, by protocol.
    whole: [Histogram; PROTOCOLS.len()],
    /// What was decided about requests.
    pub decisions: CacheUsage,
}

impl Default for RequestMetrics {
    fn default() -> RequestMetrics {
        RequestMetrics {
            unrouted: Answers::default(),
            routed: RwLock::default(),
            steps: STEPS.map(|_| Histogram::of_steps()),
            whole: PROTOCOLS.map(|_| Histogram::of_steps()),
            decisions: CacheUsage::default(),
        }
    }
}

impl RequestMetrics {
    /// Counts a request that was answered. `plugin` is the one it was routed to, which is an installed one: that bounds how
    /// many are counted apart. `steps`: who it is, what its record is, what is served.
    pub fn answered(&self, protocol: &str, plugin: Option<&str>, outcome: &str, steps: [Duration; 3]) {
        let protocol = PROTOCOLS.iter().position(|name| *name == protocol).unwrap_or_default();
        let outcome = OUTCOMES.iter().position(|name| *name == outcome).unwrap_or_default();
        match plugin {
            Some(plugin) => self.count_routed(plugin, protocol, outcome),
            None => count(&self.unrouted, protocol, outcome),
        }
        for (histogram, step) in self.steps.iter().zip(steps) {
            histogram.took(step);
        }
        if let Some(whole) = self.whole.get(protocol) {
            whole.took(steps.iter().sum());
        }
    }

    pub(super) fn caches(&self) -> [(&'static str, &CacheUsage); 1] {
        [("decision", &self.decisions)]
    }

    fn count_routed(&self, plugin: &str, protocol: usize, outcome: usize) {
        if let Some(answers) = self.routed.read().unwrap_or_else(PoisonError::into_inner).get(plugin) {
            return count(answers, protocol, outcome);
        }
        let mut routed = self.routed.write().unwrap_or_else(PoisonError::into_inner);
        count(routed.entry(plugin.to_owned()).or_default(), protocol, outcome);
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        let routed = self.routed.read().unwrap_or_else(PoisonError::into_inner);
        let all = routed.iter().map(|(plugin, answers)| (plugin.as_str(), answers));
        let samples =
            all.chain([("", &self.unrouted)]).flat_map(|(plugin, answers)| samples(plugin, answers));
        let help = "Requests of phones and DHCP servers by the plugin they were routed to, if any, and what they got.";
        page.counters("provd_requests_total", help, samples)?;
        let whole = PROTOCOLS.iter().zip(&self.whole);
        page.histograms(
            "provd_request_duration_seconds",
            "Time until the answer to a request was found.",
            whole.map(|(protocol, histogram)| ([("protocol", *protocol)], histogram)),
        )?;
        let steps = STEPS.iter().zip(&self.steps);
        page.histograms(
            "provd_request_step_duration_seconds",
            "Time of each step of a request: who asks, what its record is, what it is served.",
            steps.map(|(step, histogram)| ([("step", *step)], histogram)),
        )
    }
}

fn count(answers: &Answers, protocol: usize, outcome: usize) {
    if let Some(count) = answers.get(protocol).and_then(|outcomes| outcomes.get(outcome)) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Those that happened.
fn samples<'l>(
    plugin: &'l str,
    answers: &'l Answers,
) -> impl Iterator<Item = ([(&'l str, &'l str); 3], u64)> {
    PROTOCOLS.iter().zip(answers).flat_map(move |(protocol, outcomes)| {
        let counted =
            OUTCOMES.iter().zip(outcomes).map(|(outcome, count)| (outcome, count.load(Ordering::Relaxed)));
        counted.filter(|(_, count)| *count > 0).map(move |(outcome, count)| {
            ([("protocol", *protocol), ("plugin", plugin), ("outcome", *outcome)], count)
        })
    })
}
