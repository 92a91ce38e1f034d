//! Installed plugins: what they support, how they are, and starting one anew.
//!
//! That the plugin in a path exists was checked before.

use std::collections::BTreeMap;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::document::Document;
use super::links::{Links, links};
use super::openapi::words;
use super::plugin_packages::base as packages_at;
use super::problem::Problem;
use super::{ApiState, Routes, location, rfc_3339};
use crate::domain::plugin::{Crash, PluginState, PluginStatus};
use crate::domain::sandbox::{MissingWall, Need, SandboxLevel, SandboxStatus};
use crate::provisioning::plugins::PluginError;

const PLUGINS: &str = "/0.2/pg_mgr/plugins";

pub(super) fn routes() -> Routes {
    vec![
        routes!(states),
        routes!(list),
        routes!(show),
        routes!(info),
        routes!(state),
        routes!(log),
        routes!(restart),
    ]
}

/// Installed plugins.
#[utoipa::path(get, path = "/0.2/pg_mgr/plugins", tag = "plugins", responses((status = 200, body = Listed)))]
async fn list(State(api): State<ApiState>) -> Document<Listed> {
    let plugins = api
        .administration
        .statuses()
        .await
        .into_iter()
        .map(|status| {
            let href = location(PLUGINS, &status.id);
            (status.id, links([("pg.plugin", href)]))
        })
        .collect();
    Document(Listed { plugins })
}

/// Where to go from a plugin.
#[utoipa::path(get, path = "/0.2/pg_mgr/plugins/{plugin}", tag = "plugins", responses((status = 200, body = Links)))]
async fn show(State(api): State<ApiState>, Path(plugin): Path<String>) -> Document<Links> {
    let packages = api.firmware.packages(&plugin).await;
    let install = packages.is_ok_and(|packages| !packages.is_empty()).then(|| packages_at(&plugin));
    let info = ("pg.info", format!("{}/info", location(PLUGINS, &plugin)));
    Document(links(std::iter::once(info).chain(install.map(|href| ("srv.install", href)))))
}

/// What a plugin is, and what it supports.
#[utoipa::path(
    get, path = "/0.2/pg_mgr/plugins/{plugin}/info", tag = "plugins",
    responses((status = 200, body = Informed)),
)]
async fn info(
    State(api): State<ApiState>,
    Path(plugin): Path<String>,
) -> Result<Document<Informed>, Problem> {
    let PluginStatus { version, description, capabilities, .. } = status_of(&api, plugin).await?;
    Ok(Document(Informed { plugin_info: Info { version, description, capabilities } }))
}

/// How all plugins are.
#[utoipa::path(get, path = "/0.2/pg_mgr/states", tag = "plugins", responses((status = 200, body = States)))]
async fn states(State(api): State<ApiState>) -> Document<States> {
    Document(States { states: api.administration.statuses().await.into_iter().map(describe).collect() })
}

/// How a plugin is.
#[utoipa::path(
    get, path = "/0.2/pg_mgr/plugins/{plugin}/state", tag = "plugins",
    responses((status = 200, body = Described)),
)]
async fn state(
    State(api): State<ApiState>,
    Path(plugin): Path<String>,
) -> Result<Document<Described>, Problem> {
    Ok(Document(describe(status_of(&api, plugin).await?)))
}

/// The last lines a plugin logged.
///
/// The oldest first; with `after` only those that came since.
#[utoipa::path(
    get, path = "/0.2/pg_mgr/plugins/{plugin}/log", tag = "plugins",
    params(After),
    responses((status = 200, body = Log)),
)]
async fn log(
    State(api): State<ApiState>,
    Path(plugin): Path<String>,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Document<Log>, Problem> {
    let Query(After { after }) = after.map_err(|error| Problem::Invalid(error.body_text()))?;
    let log = api.administration.log(&plugin, after).ok_or(PluginError::NotInstalled(plugin))?;
    Ok(Document(Log { lines: log.lines, end: log.end }))
}

/// Which lines of a log are known already.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct After {
    /// The `end` of the answer before; 0 if absent.
    #[serde(default)]
    after: u64,
}

/// Start a plugin anew.
///
/// Its new process starts beside the old one, which is asked until the new one is ready. This also ends a quarantine.
/// The body may be any JSON; it says nothing.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/plugins/{plugin}/restart", tag = "plugins",
    request_body = Value,
    responses(
        (status = 200, body = Described),
        (status = 502),
    ),
)]
async fn restart(
    State(api): State<ApiState>,
    Path(plugin): Path<String>,
) -> Result<Document<Described>, Problem> {
    tracing::info!("An administrator restarts plugin {plugin}");
    Ok(Document(describe(api.administration.restart(&plugin).await?)))
}

async fn status_of(api: &ApiState, plugin: String) -> Result<PluginStatus, Problem> {
    let status = api.administration.status(&plugin).await;
    Ok(status.ok_or(PluginError::NotInstalled(plugin))?)
}

/// Plugins by their identifiers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plugins)]
struct Listed {
    plugins: BTreeMap<String, Links>,
}

/// What a plugin is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginInfoOfPlugin)]
struct Informed {
    plugin_info: Info,
}

/// What a plugin is, and what it supports.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginInfo)]
struct Info {
    /// Of the plugin itself, not of the phones' firmware.
    version: String,
    /// One line about it.
    description: String,
    /// What its models can do, by `Vendor, Model, Version`; empty while it never was ready.
    capabilities: Map<String, Value>,
}

/// How plugins are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginStates)]
struct States {
    states: Vec<Described>,
}

/// What a plugin logged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginLog)]
struct Log {
    lines: Vec<String>,
    /// How many there were in all since the server started.
    end: u64,
}

/// How a plugin is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginState)]
struct Described {
    /// `aastra-3.2.2.1136`
    id: String,
    /// Version of the plugin itself; the installed one as long as none is ready.
    version: String,
    /// One line about it.
    description: String,
    #[schema(schema_with = states_of_life)]
    state: PluginState,
    /// Why it is degraded, backing off or quarantined.
    reason: Option<String>,
    /// Its process, if one runs.
    pid: Option<u32>,
    /// Since when its process has been ready.
    #[schema(format = DateTime)]
    ready_since: Option<String>,
    /// Processes started for it since the server started.
    starts: u64,
    /// Resident memory of its process.
    resident_bytes: Option<u64>,
    /// Calls answered since the server started.
    calls: u64,
    /// Calls that failed: deadlines, transport, errors that blame the plugin.
    failures: u64,
    /// Seconds that 99 of 100 calls took at most, as near as the histogram of the metrics tells; null while there were none.
    p99_seconds: Option<f64>,
    /// The version to which one can return.
    previous_version: Option<String>,
    /// What its models can do, by `Vendor, Model, Version`; empty while it never was ready.
    capabilities: Map<String, Value>,
    /// The walls around its process, if one runs.
    sandbox: Option<Sandbox>,
    /// Recent crashes, newest first.
    crashes: Vec<DescribedCrash>,
}

fn states_of_life() -> Object {
    words(
        "Where it is in its life. `backoff`: crashed, will be started again. `quarantined`: will not, until it is restarted.",
        &["starting", "ready", "degraded", "draining", "stopped", "backoff", "quarantined"],
    )
}

/// The walls around a plugin's process.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginSandbox)]
struct Sandbox {
    /// How complete they are.
    #[schema(schema_with = levels)]
    level: SandboxLevel,
    /// Version of the kernel's Landlock interface; 0: it is not used.
    landlock: u32,
    /// Whether system calls are filtered.
    seccomp: bool,
    /// What this kernel lacks.
    #[schema(value_type = Vec<String>, example = json!(["signals"]))]
    missing: Vec<MissingWall>,
    /// What the plugin asks for and has.
    #[schema(value_type = Vec<String>, example = json!(["network"]))]
    granted: Vec<Need>,
    /// What it asks for and does not have; the setting of this name in `[sandbox]` grants it.
    #[schema(value_type = Vec<String>, example = json!(["memory"]))]
    denied: Vec<Need>,
}

fn levels() -> Object {
    words(
        "`full`: nothing is missing. `partial`: this kernel lacks something. `off`: there are none.",
        &["full", "partial", "off"],
    )
}

fn sandbox(status: SandboxStatus) -> Sandbox {
    let SandboxStatus { level, landlock, seccomp, missing, granted, denied } = status;
    Sandbox { level, landlock, seccomp, missing, granted, denied }
}

/// An end of a plugin's process that nobody asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PluginCrash)]
struct DescribedCrash {
    /// When it was noticed.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// How it ended.
    #[schema(example = "killed by SIGKILL")]
    reason: String,
    /// Its last log lines, oldest first.
    log: Vec<String>,
}

fn describe(status: PluginStatus) -> Described {
    Described {
        id: status.id,
        version: status.version,
        description: status.description,
        state: status.state,
        reason: status.reason,
        pid: status.pid,
        ready_since: status.ready_since.and_then(rfc_3339),
        starts: status.starts,
        resident_bytes: status.resident_bytes,
        calls: status.calls,
        failures: status.failures,
        p99_seconds: status.p99.map(|p99| p99.as_secs_f64()),
        previous_version: status.previous_version,
        capabilities: status.capabilities,
        sandbox: status.sandbox.map(sandbox),
        crashes: status.crashes.into_iter().map(describe_crash).collect(),
    }
}

fn describe_crash(Crash { at, reason, log }: Crash) -> DescribedCrash {
    DescribedCrash { at: rfc_3339(at), reason, log }
}
