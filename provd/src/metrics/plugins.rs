//! What plugins are asked, how long they take, how often they fail, and what need not be asked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::histogram::Histogram;
use super::page::Page;
use super::usage::CacheUsage;
use crate::domain::plugin::{PluginState, PluginStatus};
use crate::domain::sandbox::SandboxLevel;

const STATES: [PluginState; 7] = [
    PluginState::Starting,
    PluginState::Ready,
    PluginState::Degraded,
    PluginState::Draining,
    PluginState::Stopped,
    PluginState::Backoff,
    PluginState::Quarantined,
];

const LEVELS: [SandboxLevel; 3] = [SandboxLevel::Full, SandboxLevel::Partial, SandboxLevel::Off];

/// The calls that serve phones and administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Who asks.
    Extract,
    /// How well it supports a phone.
    Associate,
    /// Files of all devices.
    ConfigureCommon,
    /// Files of a device.
    Configure,
    /// Forget a device.
    Deconfigure,
    /// How a phone is told to fetch its files.
    Synchronize,
    /// What a request is answered.
    ServeFile,
}

const CALLS: [(Call, &str); 7] = [
    (Call::Extract, "extract"),
    (Call::Associate, "associate"),
    (Call::ConfigureCommon, "configure_common"),
    (Call::Configure, "configure"),
    (Call::Deconfigure, "deconfigure"),
    (Call::Synchronize, "synchronize"),
    (Call::ServeFile, "serve_file"),
];

/// The instruments of one plugin, over all of its processes.
#[derive(Debug)]
pub struct PluginCalls {
    /// Calls that were made.
    pub calls: AtomicU64,
    /// Calls that failed: deadlines, transport, errors that blame the plugin.
    pub failures: AtomicU64,
    /// Calls that were not made, because too many failed or were under way.
    pub refused: AtomicU64,
    /// Ends of its process that nobody asked for.
    pub crashes: AtomicU64,
    durations: [Histogram; CALLS.len()],
}

impl Default for PluginCalls {
    fn default() -> PluginCalls {
        PluginCalls {
            calls: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            crashes: AtomicU64::new(0),
            durations: CALLS.map(|_| Histogram::of_calls()),
        }
    }
}

impl PluginCalls {
    /// Records how long a call took, whatever came of it.
    pub fn answered(&self, call: Call, time: Duration) {
        let durations = CALLS.iter().zip(&self.durations);
        if let Some((_, histogram)) = durations.into_iter().find(|((candidate, _), _)| *candidate == call) {
            histogram.took(time);
        }
    }

    /// The time that 99 of 100 calls did not exceed, as near as the ranges of the histograms tell.
    pub fn p99(&self) -> Option<Duration> {
        Histogram::quantile(&self.durations, 0.99)
    }
}

/// The instruments of all plugins.
#[derive(Debug, Default)]
pub struct PluginMetrics {
    // Written when a plugin is installed; whoever calls it holds its instruments.
    plugins: RwLock<BTreeMap<String, Arc<PluginCalls>>>,
    /// What all plugins together said of requests.
    pub votes: CacheUsage,
    /// What plugins said that they serve.
    pub answers: CacheUsage,
}

/// Which of a plugin's counters is meant.
type Count = fn(&PluginCalls) -> &AtomicU64;

impl PluginMetrics {
    /// The instruments of an installed plugin.
    pub fn of(&self, plugin: &str) -> Arc<PluginCalls> {
        let mut plugins = self.plugins.write().unwrap_or_else(PoisonError::into_inner);
        plugins.entry(plugin.to_owned()).or_default().clone()
    }

    pub(super) fn caches(&self) -> [(&'static str, &CacheUsage); 2] {
        [("vote", &self.votes), ("answer", &self.answers)]
    }

    pub(super) fn write(&self, page: &mut Page<'_>, statuses: &[PluginStatus]) -> fmt::Result {
        write_statuses(page, statuses)?;
        let plugins = self.plugins.read().unwrap_or_else(PoisonError::into_inner);
        let families: [(&str, &str, Count); 4] = [
            ("provd_plugin_calls_total", "Calls of a plugin.", |calls| &calls.calls),
            (
                "provd_plugin_call_failures_total",
                "Calls that a plugin did not answer as it should.",
                |calls| &calls.failures,
            ),
            (
                "provd_plugin_calls_refused_total",
                "Calls not made: too many failed, or were under way.",
                |calls| &calls.refused,
            ),
            ("provd_plugin_crashes_total", "Ends of a plugin's process that nobody asked for.", |calls| {
                &calls.crashes
            }),
        ];
        for (name, help, count) in families {
            let samples = plugins
                .iter()
                .map(|(plugin, calls)| ([("plugin", plugin.as_str())], count(calls).load(Ordering::Relaxed)));
            page.counters(name, help, samples)?;
        }
        let durations = plugins.iter().flat_map(|(plugin, calls)| {
            let used = CALLS.iter().zip(&calls.durations).filter(|(_, histogram)| !histogram.is_empty());
            used.map(|((_, call), histogram)| ([("plugin", plugin.as_str()), ("call", *call)], histogram))
        });
        page.histograms(
            "provd_plugin_call_duration_seconds",
            "Time until a plugin answered a call.",
            durations,
        )
    }
}

fn write_statuses(page: &mut Page<'_>, statuses: &[PluginStatus]) -> fmt::Result {
    let states = statuses.iter().flat_map(|status| {
        STATES.iter().map(|state| {
            let labels = [("plugin", status.id.as_str()), ("state", state.as_str())];
            (labels, u64::from(*state == status.state))
        })
    });
    page.gauges("provd_plugin_state", "1 for the state a plugin is in, 0 for all others.", states)?;
    let starts = statuses.iter().map(|status| ([("plugin", status.id.as_str())], status.starts));
    page.counters("provd_plugin_starts_total", "Processes started for a plugin.", starts)?;
    let sandboxes =
        statuses.iter().filter_map(|status| Some((status.id.as_str(), status.sandbox.as_ref()?.level)));
    let levels = sandboxes.flat_map(|(plugin, level)| {
        LEVELS
            .iter()
            .map(move |other| ([("plugin", plugin), ("level", other.as_str())], u64::from(*other == level)))
    });
    page.gauges("provd_plugin_sandbox", "1 for how complete the walls around a plugin are, else 0.", levels)?;
    let memory =
        statuses.iter().filter_map(|status| Some(([("plugin", status.id.as_str())], status.resident_bytes?)));
    page.gauges("provd_plugin_resident_memory_bytes", "Resident memory of a plugin's process.", memory)
}
