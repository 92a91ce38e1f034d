//! Devices: their documents, and having one configured anew.

use std::collections::HashSet;

use axum::Extension;
use axum::extract::{Path, Query as Parameters, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use utoipa_axum::routes;

use super::conditional::{Conditions, ETag};
use super::document::{Created, Document, Identified, Sent};
use super::find::{first, query};
use super::found::found;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location, openapi};
use crate::domain::audit::Actor;
use crate::domain::device::Device;
use crate::provisioning::ProvisioningError;
use crate::provisioning::find::Query;

/// Where devices are.
pub(super) const DEVICES: &str = "/0.2/dev_mgr/devices";

pub(super) fn routes() -> Routes {
    vec![routes!(list, create), routes!(show, update, delete), routes!(reconfigure)]
}

/// Devices.
#[utoipa::path(
    get, path = "/0.2/dev_mgr/devices", tag = "devices",
    params(
        openapi::Finding,
        ("recurse" = Option<String>, Query, description = "`true`: with those of all descendants of the tenant"),
    ),
    responses((status = 200, body = openapi::DeviceList)),
)]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Parameters(parameters): Parameters<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let recurse = first(&parameters, "recurse").is_some_and(|value| matches!(value, "true" | "True"));
    let query = query(&parameters)?;
    // The request's tenant decides, whatever a selector says of it.
    let selector = query.selector.without("tenant_uuid");
    let query = Query { selector, owners: tenant.owners(recurse), ..query };
    found(&api, "devices", query, move |device: &Device| tenant.document_of(device)).await
}

/// Create a device.
///
/// It belongs to the tenant of the request, whatever the document says.
#[utoipa::path(
    post, path = "/0.2/dev_mgr/devices", tag = "devices",
    request_body = openapi::DeviceDocument,
    responses((status = 201, body = Identified)),
)]
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

/// A device.
#[utoipa::path(
    get, path = "/0.2/dev_mgr/devices/{id}", tag = "devices",
    params(openapi::IfNoneMatch),
    responses((status = 200, body = openapi::DeviceDocument), (status = 304)),
)]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let device = visible(&api, &tenant, id).await?;
    Ok(conditions.answer(&tag_of(&tenant, &device), Document(json!({"device": tenant.document_of(&device)}))))
}

/// Replace a device.
///
/// A new one becomes the tenant's own; any other goes to the tenant the
/// document names, if the request covers that, or stays.
#[utoipa::path(
    put, path = "/0.2/dev_mgr/devices/{id}", tag = "devices",
    params(openapi::IfMatch),
    request_body = openapi::DeviceDocument,
    responses((status = 204), (status = 412)),
)]
async fn update(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    conditions: Conditions,
    sent: Sent,
) -> Result<StatusCode, Problem> {
    let stored = api.provisioning.store().device(&id).await?.filter(|device| tenant.may_update(device));
    let stored = stored.ok_or(ProvisioningError::NoSuchDevice(id))?;
    let mut device = Device::from_document(sent.object("device")?)?;
    device.tenant_uuid = tenant.owner_after(&stored, &device)?;
    device.id.clone_from(&stored.id);
    let expected = conditions.expected(
        &tag_of(&tenant, &stored),
        &stored,
        format_args!("the device `{}`", stored.id),
    )?;
    api.provisioning.update_device(device, expected, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a device.
#[utoipa::path(
    delete, path = "/0.2/dev_mgr/devices/{id}", tag = "devices",
    params(openapi::IfMatch),
    responses((status = 204), (status = 412)),
)]
async fn delete(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    conditions: Conditions,
) -> Result<StatusCode, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let expected = conditions.expected(
        &tag_of(&tenant, &device),
        &device,
        format_args!("the device `{}`", device.id),
    )?;
    api.provisioning.delete_device(&device.id, expected, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Configure a device anew.
///
/// Done even if the plugin refuses: the device's `last_error` says why. An unknown device is the body's fault, not the
/// path's.
#[utoipa::path(
    post, path = "/0.2/dev_mgr/reconfigure", tag = "devices",
    request_body = Identified,
    responses((status = 204)),
)]
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

fn tag_of(tenant: &Tenant, device: &Device) -> ETag {
    ETag::of(device.revision, &tenant.document_of(device))
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
