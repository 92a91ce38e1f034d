//! Devices: their documents, and having one configured anew.

use std::collections::HashSet;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde_json::json;
use utoipa_axum::routes;

use super::document::{Created, Document, Sent};
use super::find::Find;
use super::problem::Problem;
use super::tenant::{Tenant, document_of, is_new};
use super::{ApiState, Routes, location};
use crate::domain::audit::Actor;
use crate::domain::device::Device;
use crate::provisioning::ProvisioningError;

/// Where devices are.
pub(super) const DEVICES: &str = "/0.2/dev_mgr/devices";

pub(super) fn routes() -> Routes {
    vec![routes!(list, create), routes!(show, update, delete), routes!(reconfigure)]
}

#[utoipa::path(get, path = "/0.2/dev_mgr/devices", tag = "devices")]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Document, Problem> {
    let recurse = Find::first(&parameters, "recurse").is_some_and(|value| matches!(value, "true" | "True"));
    // The request's tenant decides, whatever a selector says of it.
    let find = Find::new(&parameters)?.without("tenant_uuid");
    let devices = api.provisioning.store().devices().await?;
    let visible = devices.iter().filter(|device| tenant.owns(device) || (recurse && tenant.sees(device)));
    Ok(Document(json!({"devices": find.apply(visible.map(document_of))})))
}

#[utoipa::path(post, path = "/0.2/dev_mgr/devices", tag = "devices")]
async fn create(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<Created, Problem> {
    let mut device = Device::from_document(sent.object("device")?)?;
    device.tenant_uuid = tenant.as_owner();
    let device = api.provisioning.insert_device(device, &actor).await?;
    Ok(Created { location: location(DEVICES, &device.id), id: device.id })
}

#[utoipa::path(get, path = "/0.2/dev_mgr/devices/{id}", tag = "devices")]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document, Problem> {
    let device = visible(&api, &tenant, id).await?;
    Ok(Document(json!({"device": document_of(&device)})))
}

/// Replaces a device. A new one becomes the tenant's own; any other goes to whom the document says, or stays.
#[utoipa::path(put, path = "/0.2/dev_mgr/devices/{id}", tag = "devices")]
async fn update(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<StatusCode, Problem> {
    let stored = api.provisioning.store().device(&id).await?.filter(|device| tenant.may_update(device));
    let stored = stored.ok_or(ProvisioningError::NoSuchDevice(id))?;
    let mut device = Device::from_document(sent.object("device")?)?;
    if is_new(&stored) {
        device.tenant_uuid = tenant.as_owner();
    } else if device.tenant_uuid.is_none() {
        device.tenant_uuid = stored.tenant_uuid;
    }
    device.id = stored.id;
    api.provisioning.update_device(device, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(delete, path = "/0.2/dev_mgr/devices/{id}", tag = "devices")]
async fn delete(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let device = visible(&api, &tenant, id).await?;
    api.provisioning.delete_device(&device.id, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Done even if the plugin refuses: the device's `last_error` says why. An unknown device is the body's fault, not the
/// path's.
#[utoipa::path(post, path = "/0.2/dev_mgr/reconfigure", tag = "devices")]
async fn reconfigure(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    sent: Sent,
) -> Result<StatusCode, Problem> {
    let outcome = async {
        let device = visible(&api, &tenant, sent.id()?).await?;
        Ok(api.provisioning.reconfigure_device(&device.id).await?)
    };
    match outcome.await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Problem::NotFound(why)) => Err(Problem::Invalid(why)),
        Err(problem) => Err(problem),
    }
}

/// A device the tenant sees. Others do not exist for it.
pub(super) async fn visible(api: &ApiState, tenant: &Tenant, id: String) -> Result<Device, Problem> {
    let device = api.provisioning.store().device(&id).await?.filter(|device| tenant.sees(device));
    Ok(device.ok_or(ProvisioningError::NoSuchDevice(id))?)
}

/// Those of some devices that the tenant sees.
pub(super) async fn visible_among(
    api: &ApiState,
    tenant: &Tenant,
    ids: HashSet<&str>,
) -> Result<HashSet<String>, Problem> {
    let mut visible = HashSet::new();
    for id in ids {
        let device = api.provisioning.store().device(id).await?;
        visible.extend(device.filter(|device| tenant.sees(device)).map(|device| device.id));
    }
    Ok(visible)
}
