//! What phones were last seen to do, and whether they have the configuration they should have.

use axum::Extension;
use axum::extract::{Path, Query, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::routes;

use super::devices::visible;
use super::document::Document;
use super::openapi::words;
use super::parameters::Parameters;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::device::Device;
use crate::domain::remote_state::{Currency, Presence};

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(show)]
}

/// What all phones were last seen to do.
#[utoipa::path(
    get, path = "/0.2/dev_mgr/remote_states", tag = "devices",
    params(("outdated" = Option<bool>, Query, description = "Only those that run something else than what they should")),
    responses((status = 200, body = Listed)),
)]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(sent): Query<Vec<(String, String)>>,
) -> Result<Document<Listed>, Problem> {
    let only_outdated = Parameters::new(sent, &["outdated"])?.flag("outdated")?;
    let devices = api.provisioning.store().devices().await?;
    let presences = api.provisioning.presences().await?;
    let remote_states = devices
        .iter()
        .filter(|device| tenant.sees(device))
        .map(|device| (device, presences.get(&device.id)))
        .filter(|(device, presence)| !only_outdated || Currency::of(device, *presence).is_outdated())
        .map(|(device, presence)| describe(device, presence))
        .collect();
    Ok(Document(Listed { remote_states }))
}

/// What a phone was last seen to do.
#[utoipa::path(
    get, path = "/0.2/dev_mgr/devices/{id}/remote_state", tag = "devices",
    responses((status = 200, body = Shown)),
)]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document<Shown>, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let presence = api.provisioning.presence(&device.id).await?;
    Ok(Document(Shown { remote_state: describe(&device, presence.as_ref()) }))
}

/// The states of devices.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemoteStates)]
struct Listed {
    remote_states: Vec<Described>,
}

/// The state of one device.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemoteStateOfDevice)]
struct Shown {
    remote_state: Described,
}

/// What a phone was last seen to do, and whether it has what it should.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemoteState)]
pub(super) struct Described {
    /// Identifier of the device.
    device: String,
    #[schema(schema_with = states)]
    state: &'static str,
    /// Counts the changes of what its generated files hold.
    files_revision: i64,
    /// The revision whose trigger file it last fetched.
    fetched_revision: Option<i64>,
    /// When it did.
    #[schema(format = DateTime)]
    fetched_at: Option<String>,
    /// When it last asked for anything.
    #[schema(format = DateTime)]
    last_seen: Option<String>,
    /// What it asked.
    #[schema(example = "HTTP /Aastra/aastra.cfg")]
    last_request: Option<String>,
    /// What it was answered.
    #[schema(example = "file")]
    last_answer: Option<String>,
}

fn states() -> Object {
    words(
        "`expected`: never seen. `contacted`: has asked, but not for its configuration. `outdated`: runs an earlier one.",
        &["not_configured", "expected", "contacted", "outdated", "current"],
    )
}

/// The state of one device.
pub(super) fn describe(device: &Device, presence: Option<&Presence>) -> Described {
    Described {
        device: device.id.clone(),
        state: Currency::of(device, presence).as_str(),
        files_revision: device.files_revision,
        fetched_revision: presence.and_then(|presence| presence.fetched_revision),
        fetched_at: presence.and_then(|presence| presence.fetched_at).and_then(rfc_3339),
        last_seen: presence.and_then(|presence| rfc_3339(presence.last_seen)),
        last_request: presence.map(|presence| presence.last_request.clone()),
        last_answer: presence.map(|presence| presence.last_answer.clone()),
    }
}
