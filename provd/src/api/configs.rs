//! Configs: their documents, and what they amount to with all they inherit.

use axum::Extension;
use axum::extract::{Path, Query, State};
use serde_json::json;
use utoipa_axum::routes;

use super::document::{Created, Document, Sent};
use super::find::Find;
use super::operations::{Changed, soon};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location};
use crate::domain::audit::Actor;
use crate::domain::config::Config;
use crate::provisioning::ProvisioningError;

pub(super) fn routes() -> Routes {
    vec![routes!(list, create), routes!(show, update, delete), routes!(raw)]
}

#[utoipa::path(get, path = "/0.2/cfg_mgr/configs", tag = "configs")]
async fn list(
    State(api): State<ApiState>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Document, Problem> {
    let find = Find::new(&parameters)?;
    let configs = api.provisioning.store().configs().await?;
    Ok(Document(json!({"configs": find.apply(configs.iter().map(Config::to_document))})))
}

#[utoipa::path(post, path = "/0.2/cfg_mgr/configs", tag = "configs")]
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

#[utoipa::path(get, path = "/0.2/cfg_mgr/configs/{id}", tag = "configs")]
async fn show(State(api): State<ApiState>, Path(id): Path<String>) -> Result<Document, Problem> {
    let config = stored(&api, id).await?;
    Ok(Document(json!({"config": config.to_document()})))
}

/// Devices that inherit from it are configured anew: if that takes long, `Location` says where to see how far it is.
#[utoipa::path(put, path = "/0.2/cfg_mgr/configs/{id}", tag = "configs")]
async fn update(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<Changed, Problem> {
    let stored = stored(&api, id).await?;
    let mut config = Config::from_document(sent.object("config")?)?;
    config.id = stored.id;
    let (_, running) = api.provisioning.update_config(config, &actor).await?;
    Ok(Changed(soon(&api, &tenant, running).await))
}

#[utoipa::path(delete, path = "/0.2/cfg_mgr/configs/{id}", tag = "configs")]
async fn delete(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Changed, Problem> {
    let running = api.provisioning.delete_config(&id, &actor).await?;
    Ok(Changed(soon(&api, &tenant, running).await))
}

#[utoipa::path(get, path = "/0.2/cfg_mgr/configs/{id}/raw", tag = "configs")]
async fn raw(State(api): State<ApiState>, Path(id): Path<String>) -> Result<Document, Problem> {
    let merged = api.provisioning.merged_raw_config(&id).await?;
    let merged = merged.ok_or(ProvisioningError::NoSuchConfig(id))?;
    Ok(Document(json!({"raw_config": merged})))
}

/// The answer to the creation of a config.
pub(super) fn created(config: Config) -> Created {
    Created { location: location("/0.2/cfg_mgr/configs", &config.id), id: config.id }
}

async fn stored(api: &ApiState, id: String) -> Result<Config, Problem> {
    let config = api.provisioning.store().config(&id).await?;
    Ok(config.ok_or(ProvisioningError::NoSuchConfig(id))?)
}
