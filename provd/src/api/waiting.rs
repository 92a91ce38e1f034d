//! Unknown devices that wait for an administrator: the list, letting one in, taking one off.
//!
//! They belong to nobody yet, so only the master tenant sees them.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa_axum::routes;

use super::devices::DEVICES;
use super::document::{Created, Document, Sent};
use super::facts::facts;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location, rfc_3339};
use crate::domain::audit::Actor;
use crate::domain::waiting::WaitingDevice;

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(dismiss), routes!(approve)]
}

#[utoipa::path(get, path = "/0.2/dev_mgr/waiting", tag = "devices")]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
) -> Result<Document, Problem> {
    let waiting = if tenant.is_master() { api.provisioning.waiting_devices().await? } else { Vec::new() };
    Ok(Document(json!({"waiting": waiting.iter().map(describe).collect::<Vec<_>>()})))
}

fn describe(waiting: &WaitingDevice) -> Map<String, Value> {
    let mut document = Map::from_iter([("id".to_owned(), waiting.id.clone().into())]);
    document.extend(facts(&waiting.info));
    document.insert("first_seen".to_owned(), rfc_3339(waiting.first_seen).into());
    document.insert("last_seen".to_owned(), rfc_3339(waiting.last_seen).into());
    document
}

/// The body may be any JSON; it says nothing.
#[utoipa::path(post, path = "/0.2/dev_mgr/waiting/{id}/approve", tag = "devices")]
async fn approve(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    _: Sent,
) -> Result<Created, Problem> {
    if !tenant.is_master() {
        return Err(not_waiting(&id));
    }
    let device = api.provisioning.approve(&id, &actor).await?;
    Ok(Created { location: location(DEVICES, &device.id), id: device.id })
}

/// If it asks again it is back.
#[utoipa::path(delete, path = "/0.2/dev_mgr/waiting/{id}", tag = "devices")]
async fn dismiss(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if !tenant.is_master() || !api.provisioning.dismiss(&id).await? {
        return Err(not_waiting(&id));
    }
    Ok(StatusCode::NO_CONTENT)
}

fn not_waiting(id: &str) -> Problem {
    Problem::NotFound(format!("no device `{}` waits for approval", id.escape_debug()))
}
