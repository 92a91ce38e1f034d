//! Unknown devices that wait for an administrator: the list, letting one in, taking one off.
//!
//! They belong to nobody yet, so only the master tenant sees them.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::devices::DEVICES;
use super::document::{Created, Document, Identified, Sent};
use super::facts::{Facts, facts};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location, rfc_3339};
use crate::domain::audit::Actor;
use crate::domain::waiting::WaitingDevice;

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(dismiss), routes!(approve)]
}

/// Unknown devices that wait for approval.
///
/// They belong to nobody yet: only the master tenant sees any.
#[utoipa::path(get, path = "/0.2/dev_mgr/waiting", tag = "devices", responses((status = 200, body = Listed)))]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
) -> Result<Document<Listed>, Problem> {
    let waiting = if tenant.is_master() { api.provisioning.waiting_devices().await? } else { Vec::new() };
    Ok(Document(Listed { waiting: waiting.into_iter().map(describe).collect() }))
}

/// Devices that wait for approval.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingDevices)]
struct Listed {
    waiting: Vec<Described>,
}

/// A device that asked, and has no record yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingDevice)]
struct Described {
    /// Identifier its record will have.
    id: String,
    #[serde(flatten)]
    facts: Facts,
    /// When it first asked.
    #[schema(format = DateTime)]
    first_seen: Option<String>,
    /// When it last asked; exact to a minute.
    #[schema(format = DateTime)]
    last_seen: Option<String>,
}

fn describe(waiting: WaitingDevice) -> Described {
    Described {
        facts: facts(&waiting.info),
        id: waiting.id,
        first_seen: rfc_3339(waiting.first_seen),
        last_seen: rfc_3339(waiting.last_seen),
    }
}

/// Let a waiting device in.
///
/// It gets a record, a plugin and a config, as if it had been let in at once. The body may be any JSON; it says nothing.
#[utoipa::path(
    post, path = "/0.2/dev_mgr/waiting/{id}/approve", tag = "devices",
    request_body = serde_json::Value,
    responses((status = 201, body = Identified)),
)]
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

/// Take a device off the list.
///
/// If it asks again it is back.
#[utoipa::path(delete, path = "/0.2/dev_mgr/waiting/{id}", tag = "devices", responses((status = 204)))]
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
