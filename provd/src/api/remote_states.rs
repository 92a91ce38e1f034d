//! What phones were last seen to do, and whether they have the configuration they should have.

use axum::Extension;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};
use utoipa_axum::routes;

use super::devices::visible;
use super::document::Document;
use super::parameters::Parameters;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::device::Device;
use crate::domain::remote_state::{Currency, Presence};

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(show)]
}

#[utoipa::path(get, path = "/0.2/dev_mgr/remote_states", tag = "devices")]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(sent): Query<Vec<(String, String)>>,
) -> Result<Document, Problem> {
    let only_outdated = Parameters::new(sent, &["outdated"])?.flag("outdated")?;
    let devices = api.provisioning.store().devices().await?;
    let presences = api.provisioning.presences().await?;
    let states: Vec<Value> = devices
        .iter()
        .filter(|device| tenant.sees(device))
        .map(|device| (device, presences.get(&device.id)))
        .filter(|(device, presence)| !only_outdated || Currency::of(device, *presence).is_outdated())
        .map(|(device, presence)| describe(device, presence))
        .collect();
    Ok(Document(json!({ "remote_states": states })))
}

#[utoipa::path(get, path = "/0.2/dev_mgr/devices/{id}/remote_state", tag = "devices")]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let presence = api.provisioning.presence(&device.id).await?;
    Ok(Document(json!({"remote_state": describe(&device, presence.as_ref())})))
}

/// The state of one device.
pub(super) fn describe(device: &Device, presence: Option<&Presence>) -> Value {
    json!({
        "device": device.id,
        "state": Currency::of(device, presence).as_str(),
        "files_revision": device.files_revision,
        "fetched_revision": presence.and_then(|presence| presence.fetched_revision),
        "fetched_at": presence.and_then(|presence| presence.fetched_at).and_then(rfc_3339),
        "last_seen": presence.and_then(|presence| rfc_3339(presence.last_seen)),
        "last_request": presence.map(|presence| &presence.last_request),
        "last_answer": presence.map(|presence| &presence.last_answer),
    })
}
