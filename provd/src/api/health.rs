//! Whether the server lives, and whether it can serve phones: for load balancers, orchestrators and supervisors.
//!
//! Anybody may ask, so nothing is told but the names of what is not as it should be, and it is looked at once a second at
//! most.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{ApiState, Routes};
use crate::domain::plugin::{PluginState, PluginStatus};

/// How long the database may take to answer.
const DATABASE_DEADLINE: Duration = Duration::from_secs(1);
/// How old an answer may be.
const AGE: Duration = Duration::from_secs(1);
/// Bytes that must be free on the disk: less, and the next phones find nothing can be stored.
const SPACE: u64 = 32 << 20;

pub(super) fn routes() -> Routes {
    vec![routes!(live), routes!(ready)]
}

/// Whether the process answers.
#[derive(Debug, Serialize, ToSchema)]
struct Liveness {
    /// Always `alive`.
    status: &'static str,
}

/// Whether phones can be served.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Readiness {
    /// `ready` or `not ready`.
    status: &'static str,
    checks: BTreeMap<&'static str, Check>,
}

/// One thing that was looked at.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Check {
    /// Whether it is as it should be.
    ok: bool,
    /// Listeners that ended, or plugins in their first start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
    /// Plugins that will not be started again before an administrator says so. The others serve their phones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quarantined: Vec<String>,
}

/// Whether the server lives.
///
/// It does if it answers.
#[utoipa::path(get, path = "/health/live", tag = "server", responses((status = 200, body = Liveness, content_type = "application/json")))]
async fn live() -> Json<Liveness> {
    Json(Liveness { status: "alive" })
}

/// Whether the server can serve phones.
///
/// Its database answers, its listeners serve, its plugins are past their first start, and its disk can be written.
#[utoipa::path(
    get, path = "/health/ready", tag = "server",
    responses(
        (status = 200, body = Readiness, content_type = "application/json", description = "It can"),
        (status = 503, body = Readiness, content_type = "application/json", description = "It cannot now"),
    ),
)]
async fn ready(State(api): State<ApiState>) -> (StatusCode, Json<Arc<Readiness>>) {
    let readiness = readiness(&api).await;
    let is_ready = readiness.checks.values().all(|check| check.ok);
    (if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(readiness))
}

async fn readiness(api: &ApiState) -> Arc<Readiness> {
    // Held while looking, so that many who ask are answered with one look.
    let mut last = api.monitoring.readiness.lock().await;
    if let Some((at, readiness)) = &*last
        && at.elapsed() < AGE
    {
        return readiness.clone();
    }
    let checks = BTreeMap::from([
        ("database", database(api).await),
        ("listeners", listeners(api)),
        ("plugins", plugins(&api.administration.overview())),
        ("disk", disk(api.monitoring.data_dir.as_deref())),
    ]);
    let status = if checks.values().all(|check| check.ok) { "ready" } else { "not ready" };
    let readiness = Arc::new(Readiness { status, checks });
    *last = Some((Instant::now(), readiness.clone()));
    readiness
}

/// Any parameter will do: it is read from the file, never from memory.
async fn database(api: &ApiState) -> Check {
    let read = timeout(DATABASE_DEADLINE, api.provisioning.store().parameter("base_raw_config")).await;
    Check { ok: matches!(read, Ok(Ok(_))), ..Check::default() }
}

fn listeners(api: &ApiState) -> Check {
    let missing: Vec<String> = api.monitoring.listeners.ended().into_iter().map(str::to_owned).collect();
    Check { ok: missing.is_empty(), missing, ..Check::default() }
}

/// One that crashed later is started again by itself; its phones are served what is there.
fn plugins(statuses: &[PluginStatus]) -> Check {
    let named = |is_meant: fn(&PluginStatus) -> bool| -> Vec<String> {
        statuses.iter().filter(|status| is_meant(status)).map(|status| status.id.clone()).collect()
    };
    let missing = named(|status| status.state == PluginState::Starting && status.starts <= 1);
    let quarantined = named(|status| status.state == PluginState::Quarantined);
    let all_quarantined = !statuses.is_empty() && quarantined.len() == statuses.len();
    Check { ok: missing.is_empty() && !all_quarantined, missing, quarantined }
}

fn disk(data_dir: Option<&Path>) -> Check {
    let is_writable = |data_dir: &Path| {
        let disk = statvfs(data_dir).ok()?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let writable = !disk.f_flag.contains(StatVfsMountFlags::RDONLY);
        Some(writable && free >= SPACE && access(data_dir, Access::WRITE_OK).is_ok())
    };
    Check { ok: data_dir.is_none_or(|data_dir| is_writable(data_dir).unwrap_or(false)), ..Check::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(id: &str, state: PluginState, starts: u64) -> PluginStatus {
        PluginStatus {
            id: id.to_owned(),
            version: String::new(),
            description: String::new(),
            state,
            reason: None,
            pid: None,
            ready_since: None,
            starts,
            resident_bytes: None,
            p99: None,
            previous_version: None,
            calls: 0,
            failures: 0,
            capabilities: serde_json::Map::new(),
            sandbox: None,
            crashes: Vec::new(),
        }
    }

    #[test]
    fn plugins_are_waited_for_once_and_one_that_is_lost_is_named() {
        let ready = plugin("a", PluginState::Ready, 1);
        let lost = plugin("b", PluginState::Quarantined, 5);
        assert!(plugins(&[]).ok && plugins(&[ready.clone(), plugin("c", PluginState::Starting, 2)]).ok);
        let starting = plugins(&[ready.clone(), plugin("c", PluginState::Starting, 1)]);
        assert!(!starting.ok && starting.missing == ["c"]);
        let without_one = plugins(&[ready, lost.clone()]);
        assert!(without_one.ok && without_one.quarantined == ["b"]);
        assert!(!plugins(&[lost]).ok);
    }

    #[test]
    fn a_disk_that_is_not_there_cannot_be_written() {
        assert!(disk(None).ok && disk(Some(&std::env::temp_dir())).ok);
        assert!(!disk(Some(Path::new("/nonexistent"))).ok && !disk(Some(Path::new("/proc"))).ok);
    }
}
