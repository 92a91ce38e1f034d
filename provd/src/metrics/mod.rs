//! What is counted and timed, and the page on which Prometheus reads it.
//!
//! Whoever does something holds the instrument for it, and records with a few atomic additions: for a request of a phone
//! nothing is allocated, and no lock is waited for. Labels are words of ours and identifiers of plugins, never anything a
//! phone or a client sent.

mod api;
mod histogram;
mod page;
mod plugins;
mod process;
mod requests;
mod storage;
mod usage;

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;

use crate::domain::census::Census;
use crate::domain::plugin::PluginStatus;

pub use api::ApiMetrics;
pub use histogram::Histogram;
pub use plugins::{Call, PluginCalls, PluginMetrics};
pub use requests::RequestMetrics;
pub use storage::StorageMetrics;
pub use usage::CacheUsage;

use page::Page;
use process::ProcessMetrics;

/// The media type of [`Metrics::page`]: the text format that every reader of Prometheus metrics knows.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All instruments of a server.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Of requests of phones and DHCP servers.
    pub requests: Arc<RequestMetrics>,
    /// Of what plugins are asked.
    pub plugins: Arc<PluginMetrics>,
    /// Of the database.
    pub storage: Arc<StorageMetrics>,
    /// Of the REST interface.
    pub api: Arc<ApiMetrics>,
}

/// What is not counted as it happens, but looked at when somebody asks.
#[derive(Debug, Default)]
pub struct Observed {
    /// How the plugins are.
    pub plugins: Vec<PluginStatus>,
    /// How many devices there are; absent: nobody could count them.
    pub census: Option<Arc<Census>>,
    /// Operations under way.
    pub operations: u64,
    /// Clients that are told of events.
    pub event_streams: u64,
}

impl Metrics {
    /// Everything, in the text format of Prometheus 0.0.4.
    ///
    /// # Errors
    ///
    /// None that is known: text is written into memory.
    pub fn page(&self, observed: Observed) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        let metrics = self.clone();
        registry.register_collector(Box::new(Scrape { metrics, observed, process: ProcessMetrics::read() }));
        let mut page = String::new();
        text::encode_registry(&mut page, &registry)?;
        Ok(page)
    }

    fn write_caches(&self, page: &mut Page<'_>) -> fmt::Result {
        let caches =
            self.storage.caches().into_iter().chain(self.plugins.caches()).chain(self.requests.caches());
        let readings: Vec<_> = caches.map(|(cache, usage)| ([("cache", cache)], usage.read())).collect();
        let hits = readings.iter().map(|(cache, (hits, _))| (*cache, *hits));
        page.counters("provd_cache_hits_total", "Looks into memory that found what they looked for.", hits)?;
        let misses = readings.iter().map(|(cache, (_, misses))| (*cache, *misses));
        page.counters("provd_cache_misses_total", "Looks into memory that did not.", misses)
    }
}

/// What one page shows.
#[derive(Debug)]
struct Scrape {
    metrics: Metrics,
    observed: Observed,
    process: ProcessMetrics,
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Scrape { metrics, observed, process } = self;
        let mut page = Page::new(encoder);
        let version = env!("CARGO_PKG_VERSION");
        page.gauges("provd_build_info", "The version that runs; always 1.", [([("version", version)], 1)])?;
        metrics.requests.write(&mut page)?;
        metrics.plugins.write(&mut page, &observed.plugins)?;
        metrics.storage.write(&mut page)?;
        metrics.write_caches(&mut page)?;
        metrics.api.write(&mut page)?;
        if let Some(census) = &observed.census {
            write_census(&mut page, census)?;
        }
        page.gauge("provd_operations_running", "Operations under way.", &observed.operations)?;
        page.gauge("provd_event_streams", "Clients that are told of events.", &observed.event_streams)?;
        process.write(&mut page)
    }
}

fn write_census(page: &mut Page<'_>, census: &Census) -> fmt::Result {
    let devices = census.devices.iter().map(|(plugin, configured, count)| {
        let configured = if *configured { "true" } else { "false" };
        ([("plugin", plugin.as_str()), ("configured", configured)], *count)
    });
    page.gauges("provd_devices", "Devices by plugin, and whether they are configured.", devices)?;
    page.gauge("provd_devices_new", "Devices that no tenant has claimed.", &census.unclaimed)?;
    page.gauge("provd_devices_waiting", "Unknown devices that wait to be approved.", &census.waiting)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_page_has_what_was_recorded_and_what_was_observed() {
        let metrics = Metrics::default();
        let times = [Duration::from_micros(40), Duration::from_micros(5), Duration::from_millis(3)];
        metrics.requests.answered("HTTP", Some("aastra-1"), "file", times);
        metrics.requests.answered("TFTP", None, "not found", times);
        metrics.plugins.of("aastra-1").answered(Call::Extract, Duration::from_millis(2));
        let devices = vec![("aastra-1".to_owned(), true, 7)];
        let census = Arc::new(Census { devices, unclaimed: 3, waiting: 0 });
        let page = metrics.page(Observed { census: Some(census), ..Observed::default() }).unwrap();
        for expected in [
            "# TYPE provd_requests_total counter",
            r#"provd_requests_total{protocol="HTTP",plugin="aastra-1",outcome="file"} 1"#,
            r#"provd_requests_total{protocol="TFTP",plugin="",outcome="not found"} 1"#,
            r#"provd_request_step_duration_seconds_bucket{le="0.0001",step="extract"} 2"#,
            r#"provd_request_duration_seconds_count{protocol="HTTP"} 1"#,
            r#"provd_plugin_call_duration_seconds_count{plugin="aastra-1",call="extract"} 1"#,
            r#"provd_devices{plugin="aastra-1",configured="true"} 7"#,
            "provd_devices_new 3",
            "process_resident_memory_bytes ",
        ] {
            assert!(page.contains(expected), "{expected} is not in\n{page}");
        }
    }
}
