//! Configs: their documents, and what they amount to with all they inherit.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde_json::json;
use utoipa_axum::routes;

use super::conditional::{Conditions, ETag};
use super::document::{Created, Document, Identified, Sent};
use super::find::query;
use super::found::found;
use super::operations::{Changed, soon};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location, openapi};
use crate::domain::audit::Actor;
use crate::domain::config::Config;
use crate::provisioning::ProvisioningError;

pub(super) fn routes() -> Routes {
    vec![routes!(list, create), routes!(show, update, delete), routes!(raw)]
}

/// Configs.
#[utoipa::path(
    get, path = "/0.2/cfg_mgr/configs", tag = "configs",
    params(openapi::Finding),
    responses((status = 200, body = openapi::ConfigList)),
)]
async fn list(
    State(api): State<ApiState>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    found(&api, "configs", query(&parameters)?, Config::to_document).await
}

/// Create a config.
#[utoipa::path(
    post, path = "/0.2/cfg_mgr/configs", tag = "configs",
    request_body = openapi::ConfigDocument,
    responses((status = 201, body = Identified)),
)]
async fn create(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    sent: Sent,
) -> Result<Created, Problem> {
    let config = Config::from_document(sent.object("config")?)?;
    let (config, running) = api.provisioning.insert_config(config, &actor).await?;
    soon(&api, &tenant, running).await;
    Ok(created(config))
}

/// A config.
#[utoipa::path(
    get, path = "/0.2/cfg_mgr/configs/{id}", tag = "configs",
    params(openapi::IfNoneMatch),
    responses((status = 200, body = openapi::ConfigDocument), (status = 304)),
)]
async fn show(
    State(api): State<ApiState>,
    Path(id): Path<String>,
    conditions: Conditions,
) -> Result<Response, Problem> {
    let config = stored(&api, id).await?;
    Ok(conditions.answer(&tag_of(&config), Document(json!({"config": config.to_document()}))))
}

/// Replace a config.
///
/// Devices that inherit from it are configured anew: if that takes long, `Location` says where to see how far it is.
#[utoipa::path(
    put, path = "/0.2/cfg_mgr/configs/{id}", tag = "configs",
    params(openapi::IfMatch),
    request_body = openapi::ConfigDocument,
    responses((status = 204), (status = 412)),
)]
async fn update(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    conditions: Conditions,
    sent: Sent,
) -> Result<Changed, Problem> {
    let stored = stored(&api, id).await?;
    let mut config = Config::from_document(sent.object("config")?)?;
    config.id.clone_from(&stored.id);
    let expected =
        conditions.expected(&tag_of(&stored), &stored, format_args!("the config `{}`", stored.id))?;
    let (_, running) = api.provisioning.update_config(config, expected, &actor).await?;
    Ok(Changed(soon(&api, &tenant, running).await))
}

/// Delete a config.
///
/// Devices that inherit from it are configured anew: if that takes long, `Location` says where to see how far it is. 403
/// if its `deletable` is false.
#[utoipa::path(
    delete, path = "/0.2/cfg_mgr/configs/{id}", tag = "configs",
    params(openapi::IfMatch),
    responses((status = 204), (status = 403), (status = 412)),
)]
async fn delete(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    conditions: Conditions,
) -> Result<Changed, Problem> {
    let stored = stored(&api, id).await?;
    let expected =
        conditions.expected(&tag_of(&stored), &stored, format_args!("the config `{}`", stored.id))?;
    let running = api.provisioning.delete_config(&stored.id, expected, &actor).await?;
    Ok(Changed(soon(&api, &tenant, running).await))
}

/// What a config amounts to with all it inherits.
#[utoipa::path(
    get, path = "/0.2/cfg_mgr/configs/{id}/raw", tag = "configs",
    responses((status = 200, body = openapi::RawConfigDocument)),
)]
async fn raw(State(api): State<ApiState>, Path(id): Path<String>) -> Result<Document, Problem> {
    let merged = api.provisioning.merged_raw_config(&id).await?;
    let merged = merged.ok_or(ProvisioningError::NoSuchConfig(id))?;
    Ok(Document(json!({"raw_config": merged})))
}

/// The answer to the creation of a config.
pub(super) fn created(config: Config) -> Created {
    Created { location: location("/0.2/cfg_mgr/configs", &config.id), id: config.id }
}

fn tag_of(config: &Config) -> ETag {
    ETag::of(config.revision, &config.to_document())
}

async fn stored(api: &ApiState, id: String) -> Result<Config, Problem> {
    let config = api.provisioning.store().config(&id).await?;
    Ok(Arc::unwrap_or_clone(config.ok_or(ProvisioningError::NoSuchConfig(id))?))
}
