//! Installed plugins: what they support, how they are, and starting one anew.
//!
//! That the plugin in a path exists was checked before.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};

use super::document::Document;
use super::links::links;
use super::problem::Problem;
use super::{ApiState, Routes, location, rfc_3339};
use crate::domain::plugin::{Crash, PluginStatus};
use crate::provisioning::plugins::PluginError;

const PLUGINS: &str = "/0.2/pg_mgr/plugins";

pub(super) fn routes() -> Routes {
    vec![
        ("/0.2/pg_mgr/states", get(states)),
        (PLUGINS, get(list)),
        ("/0.2/pg_mgr/plugins/{plugin}", get(show)),
        ("/0.2/pg_mgr/plugins/{plugin}/info", get(info)),
        ("/0.2/pg_mgr/plugins/{plugin}/state", get(state)),
        ("/0.2/pg_mgr/plugins/{plugin}/log", get(log)),
        ("/0.2/pg_mgr/plugins/{plugin}/restart", post(restart)),
    ]
}

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

async fn show(Path(plugin): Path<String>) -> Document {
    Document(links([("pg.info", format!("{}/info", location(PLUGINS, &plugin)))]))
}

async fn info(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document, Problem> {
    let status = status_of(&api, plugin).await?;
    Ok(Document(json!({"plugin_info": {
        "version": status.version,
        "description": status.description,
        "capabilities": status.capabilities,
    }})))
}

async fn states(State(api): State<ApiState>) -> Document {
    let states: Vec<Value> = api.administration.statuses().await.iter().map(describe).collect();
    Document(json!({ "states": states }))
}

async fn state(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document, Problem> {
    Ok(Document(describe(&status_of(&api, plugin).await?)))
}

async fn log(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document, Problem> {
    let lines = api.administration.log(&plugin).ok_or(PluginError::NotInstalled(plugin))?;
    Ok(Document(json!({ "lines": lines })))
}

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
