//! The page Prometheus reads, and the counting of what is asked here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa_axum::routes;

use super::problem::Problem;
use super::{ApiState, Routes};
use crate::domain::census::Census;
use crate::metrics::{MEDIA_TYPE, Observed};

/// Stands for plugins that devices name and nobody has installed: anybody who may change devices can make up names.
const NOT_INSTALLED: &str = "not installed";

pub(super) fn routes() -> Routes {
    vec![routes!(page)]
}

/// What is counted and timed, for Prometheus.
///
/// In its text format 0.0.4. What is there, and what to watch, is in the documentation on monitoring.
#[utoipa::path(
    get, path = "/metrics", tag = "server",
    responses((status = 200, body = String, content_type = "text/plain", description = "The metrics")),
)]
async fn page(State(api): State<ApiState>) -> Result<Response, Problem> {
    let plugins = api.administration.overview();
    let installed: BTreeSet<&str> = plugins.iter().map(|plugin| plugin.id.as_str()).collect();
    let census = api.monitoring.census().await.map(|census| Arc::new(bounded(&census, &installed)));
    let operations = api.provisioning.operations().running();
    let event_streams = api.provisioning.events().listeners() as u64;
    let page = api.monitoring.metrics.page(Observed { plugins, census, operations, event_streams });
    let page = page.map_err(|error| {
        tracing::error!("The metrics cannot be written: {error}");
        Problem::Failed
    })?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], page).into_response())
}

/// Devices by plugins that are installed, and the others together.
fn bounded(census: &Census, installed: &BTreeSet<&str>) -> Census {
    let mut devices: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for (plugin, configured, count) in &census.devices {
        let is_known = plugin.is_empty() || installed.contains(plugin.as_str());
        let plugin = if is_known { plugin } else { NOT_INSTALLED };
        *devices.entry((plugin, *configured)).or_default() += count;
    }
    let devices =
        devices.into_iter().map(|((plugin, configured), count)| (plugin.to_owned(), configured, count));
    Census { devices: devices.collect(), ..*census }
}

/// Counts each request by the pattern of its path. Where no route leads, all are one.
pub(super) async fn count(State(api): State<ApiState>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let status = response.status().as_u16();
    api.monitoring.metrics.api.answered(method.as_str(), route, status, began.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_plugins_are_counted_together() {
        let of = |plugin: &str, configured, count| (plugin.to_owned(), configured, count);
        let devices = vec![of("", false, 1), of("a", true, 2), of("b", false, 3), of("c", false, 4)];
        let census = Census { devices, unclaimed: 5, waiting: 6 };
        let bounded = bounded(&census, &BTreeSet::from(["a"]));
        assert_eq!(bounded.devices, [of("", false, 1), of("a", true, 2), of(NOT_INSTALLED, false, 7)]);
        assert_eq!((bounded.unclaimed, bounded.waiting), (5, 6));
    }
}
