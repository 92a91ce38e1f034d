//! Installed plugins: what they support, how they are, and starting one anew.
//!
//! That the plugin in a path exists was checked before.

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};
use utoipa_axum::routes;

use super::document::Document;
use super::links::links;
use super::problem::Problem;
use super::{ApiState, Routes, location, rfc_3339};
use crate::domain::plugin::{Crash, PluginStatus};
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

#[utoipa::path(get, path = "/0.2/pg_mgr/plugins", tag = "plugins")]
async fn list(State(api): State<ApiState>) -> Document {
    let plugins: Map<String, Value> = api
        .administration
        .statuses()
        .await
        .into_iter()
        .map(|status| {
            let href = location(PLUGINS, &status.id);
            (status.id, links([("pg.plugin", href)]))
        })
        .collect();
    Document(json!({ "plugins": plugins }))
}

#[utoipa::path(get, path = "/0.2/pg_mgr/plugins/{plugin}", tag = "plugins")]
async fn show(Path(plugin): Path<String>) -> Document {
    Document(links([("pg.info", format!("{}/info", location(PLUGINS, &plugin)))]))
}

#[utoipa::path(get, path = "/0.2/pg_mgr/plugins/{plugin}/info", tag = "plugins")]
async fn info(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document, Problem> {
    let status = status_of(&api, plugin).await?;
    Ok(Document(json!({"plugin_info": {
        "version": status.version,
        "description": status.description,
        "capabilities": status.capabilities,
    }})))
}

#[utoipa::path(get, path = "/0.2/pg_mgr/states", tag = "plugins")]
async fn states(State(api): State<ApiState>) -> Document {
    let states: Vec<Value> = api.administration.statuses().await.iter().map(describe).collect();
    Document(json!({ "states": states }))
}

#[utoipa::path(get, path = "/0.2/pg_mgr/plugins/{plugin}/state", tag = "plugins")]
async fn state(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document, Problem> {
    Ok(Document(describe(&status_of(&api, plugin).await?)))
}

#[utoipa::path(get, path = "/0.2/pg_mgr/plugins/{plugin}/log", tag = "plugins")]
async fn log(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document, Problem> {
    let lines = api.administration.log(&plugin).ok_or(PluginError::NotInstalled(plugin))?;
    Ok(Document(json!({ "lines": lines })))
}

#[utoipa::path(post, path = "/0.2/pg_mgr/plugins/{plugin}/restart", tag = "plugins")]
async fn restart(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document, Problem> {
    tracing::info!("An administrator restarts plugin {plugin}");
    Ok(Document(describe(&api.administration.restart(&plugin).await?)))
}

async fn status_of(api: &ApiState, plugin: String) -> Result<PluginStatus, Problem> {
    let status = api.administration.status(&plugin).await;
    Ok(status.ok_or(PluginError::NotInstalled(plugin))?)
}

fn describe(status: &PluginStatus) -> Value {
    json!({
        "id": status.id,
        "version": status.version,
        "description": status.description,
        "state": status.state,
        "reason": status.reason,
        "pid": status.pid,
        "ready_since": status.ready_since.and_then(rfc_3339),
        "starts": status.starts,
        "resident_bytes": status.resident_bytes,
        "calls": status.calls,
        "failures": status.failures,
        "capabilities": status.capabilities,
        "crashes": status.crashes.iter().map(describe_crash).collect::<Vec<_>>(),
    })
}

fn describe_crash(crash: &Crash) -> Value {
    json!({"at": rfc_3339(crash.at), "reason": crash.reason, "log": crash.log})
}
