//! Why a phone gets what it gets: everything that is known of one, gathered, and judged in sentences.

mod verdict;

use axum::Extension;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::document::Document;
use super::problem::Problem;
use super::tenant::{Tenant, document_of};
use super::{ApiState, Routes, files, remote_states, requests};
use crate::domain::config::order;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::mac::Mac;
use crate::domain::plugin::{PluginState, PluginStatus, Support};
use crate::pipeline::RequestRecord;
use crate::provisioning::Choice;
use crate::provisioning::store::{DeviceKey, StoreError};
use utoipa_axum::routes;
use verdict::{Known, Unknown};

/// How many of its last requests are shown.
const REQUESTS: usize = 10;

pub(super) fn routes() -> Routes {
    vec![routes!(explain)]
}

#[utoipa::path(get, path = "/0.2/dev_mgr/explain/{id}", tag = "devices")]
async fn explain(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document, Problem> {
    let mac: Option<Mac> = id.parse().ok();
    let explanation = match (find(&api, &tenant, &id, mac).await?, mac) {
        (Some(device), _) => of_device(&api, &tenant, &device).await?,
        // What is nobody's yet is the master tenant's.
        (None, Some(mac)) if tenant.is_master() => of_stranger(&api, mac).await?,
        (None, _) => {
            let id = id.escape_debug();
            return Err(Problem::NotFound(format!(
                "there is no device with the id or the MAC address `{id}`"
            )));
        }
    };
    Ok(Document(json!({ "explanation": explanation })))
}

/// By its identifier, else as the pipeline does: the oldest with the MAC address.
async fn find(
    api: &ApiState,
    tenant: &Tenant,
    id: &str,
    mac: Option<Mac>,
) -> Result<Option<Device>, StoreError> {
    let store = api.provisioning.store();
    let by_id = store.device(id).await?;
    let device = match (by_id, mac) {
        (None, Some(mac)) => store.find_devices(&DeviceKey::Mac(mac)).await?.into_iter().next(),
        (by_id, _) => by_id,
    };
    Ok(device.filter(|device| tenant.sees(device)))
}

async fn of_device(api: &ApiState, tenant: &Tenant, device: &Device) -> Result<Value, Problem> {
    let statuses = api.administration.statuses().await;
    let choice = api.provisioning.associate(&device.info).await;
    let configs = configs_of(api, device).await?;
    let presence = api.provisioning.presence(&device.id).await?;
    let namesake = namesake(api, tenant, device).await?;
    let verdict = verdict::of_device(&Known {
        device,
        plugins: &statuses,
        choice: &choice,
        configs: &configs,
        presence: presence.as_ref(),
        namesake: namesake.as_deref(),
    });
    let is_its = |record: &RequestRecord| {
        record.device.as_ref() == Some(&device.id)
            || (record.device.is_none() && device.info.mac.is_some_and(|mac| requests::is_of(record, mac)))
    };
    Ok(json!({
        "device": document_of(device),
        "known": true,
        "verdict": verdict,
        "plugins": plugins(&statuses, &choice),
        "configs": configs,
        "files": files::describe_all(api, device).await?,
        "trigger": device.trigger_path,
        "remote_state": remote_states::describe(device, presence.as_ref()),
        "requests": last_requests(api, is_its),
    }))
}

async fn of_stranger(api: &ApiState, mac: Mac) -> Result<Value, Problem> {
    let statuses = api.administration.statuses().await;
    let waiting = api.provisioning.waiting_devices().await?;
    let waiting = waiting.into_iter().find(|waiting| waiting.info.mac == Some(mac));
    let is_its = |record: &RequestRecord| requests::is_of(record, mac);
    let last = api.journal.requests().into_iter().find(|record| is_its(record));
    let told = waiting.as_ref().map(|waiting| &waiting.info).or(last.as_ref().map(|record| &record.info));
    let info = DeviceInfo { mac: Some(mac), ..told.cloned().unwrap_or_default() };
    let choice = api.provisioning.associate(&info).await;
    let config = api.provisioning.autocreate(&info).await?;
    let verdict = verdict::of_stranger(&Unknown {
        info: &info,
        retriever: api.retriever,
        waiting: waiting.as_ref(),
        refusal: last.as_ref().and_then(|record| record.identification.refusal.as_deref()),
        choice: &choice,
        hinting: &hinting(api, mac),
        template: config.as_ref().and_then(|config| config.parent_ids.first()).map(String::as_str),
    });
    Ok(json!({
        "device": null,
        "known": false,
        "verdict": verdict,
        "plugins": plugins(&statuses, &choice),
        "configs": [],
        "files": [],
        "trigger": null,
        "remote_state": null,
        "requests": last_requests(api, is_its),
    }))
}

/// In the order they apply.
async fn configs_of(api: &ApiState, device: &Device) -> Result<Vec<String>, StoreError> {
    let Some(config) = &device.config else { return Ok(Vec::new()) };
    let lineage = api.provisioning.store().lineage(config).await?;
    Ok(order(config, &lineage).into_iter().map(|config| config.id.clone()).collect())
}

/// An older device with the same MAC address, if the tenant sees it: requests are taken for its.
async fn namesake(api: &ApiState, tenant: &Tenant, device: &Device) -> Result<Option<String>, StoreError> {
    let Some(mac) = device.info.mac else { return Ok(None) };
    let oldest = api.provisioning.store().find_devices(&DeviceKey::Mac(mac)).await?.into_iter().next();
    Ok(oldest.filter(|oldest| oldest.id != device.id && tenant.sees(oldest)).map(|oldest| oldest.id))
}

/// Plugins that say of phones with such a MAC address what a DHCP server is to tell them.
fn hinting(api: &ApiState, mac: Mac) -> Vec<String> {
    let octets = mac.octets();
    let hints = api.administration.dhcp_hints().into_iter();
    hints
        .filter(|(_, hints)| {
            let prefixes = hints.iter().flatten().flat_map(|hint| &hint.mac_prefixes);
            prefixes.into_iter().any(|prefix| octets.starts_with(prefix.octets()))
        })
        .map(|(plugin, _)| plugin)
        .collect()
}

fn plugins(statuses: &[PluginStatus], choice: &Choice) -> Vec<Value> {
    let describe = |status: &PluginStatus| {
        let support = said_by(status, choice).map(Support::as_str);
        json!({"id": status.id, "state": status.state, "support": support})
    };
    statuses.iter().map(describe).collect()
}

/// How well a plugin said it supports a phone. One that does not run counts as supporting nothing, but said nothing.
fn said_by(status: &PluginStatus, choice: &Choice) -> Option<Support> {
    let runs = matches!(status.state, PluginState::Ready | PluginState::Degraded | PluginState::Draining);
    let (_, said) = choice.supports.iter().find(|(plugin, _)| *plugin == status.id)?;
    said.filter(|said| runs || *said != Support::None)
}

fn last_requests(api: &ApiState, is_its: impl Fn(&RequestRecord) -> bool) -> Vec<Map<String, Value>> {
    let requests = api.journal.requests();
    requests
        .iter()
        .filter(|record| is_its(record))
        .take(REQUESTS)
        .map(|record| requests::summary(record))
        .collect()
}
