//! Why a phone gets what it gets: everything that is known of one, gathered, and judged in sentences.

mod verdict;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::document::Document;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, files, openapi, remote_states, requests};
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

/// Why a phone gets what it gets.
///
/// Everything that is known of a device, or of a phone without one, and what follows from it in sentences.
#[utoipa::path(
    get, path = "/0.2/dev_mgr/explain/{id}", tag = "devices",
    params(("id" = String, Path, description = "Identifier of a device, or MAC address of a phone in any usual spelling")),
    responses((status = 200, body = Explained)),
)]
async fn explain(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document<Explained>, Problem> {
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
    Ok(Document(Explained { explanation }))
}

/// Why a phone gets what it gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplanationOfDevice)]
struct Explained {
    explanation: Explanation,
}

/// What is known of a phone, and what follows from it.
#[derive(Debug, Serialize, ToSchema)]
struct Explanation {
    /// Its record.
    #[schema(value_type = Option<openapi::Device>)]
    device: Option<Map<String, Value>>,
    /// Whether it has one.
    known: bool,
    /// What follows, in sentences.
    verdict: Vec<String>,
    /// What each installed plugin says about supporting it.
    plugins: Vec<Candidate>,
    /// Its config and all that this inherits from, in the order they apply.
    configs: Vec<String>,
    /// The files generated for it.
    files: Vec<files::Described>,
    /// Path of the file whose fetch proves that it is up to date.
    trigger: Option<String>,
    remote_state: Option<remote_states::Described>,
    /// Its last requests, the newest first.
    requests: Vec<requests::Summary>,
}

/// A plugin that may serve a phone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplanationPlugin)]
struct Candidate {
    /// Its identifier.
    id: String,
    /// Where it is in its life.
    state: &'static str,
    /// `none`, `improbable`, `unknown`, `probable`, `incomplete`, `complete` or `exact`; null if it cannot be asked.
    support: Option<&'static str>,
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
        (None, Some(mac)) => {
            let oldest = store.find_devices(&DeviceKey::Mac(mac)).await?.into_iter().next();
            oldest.map(Arc::unwrap_or_clone)
        }
        (by_id, _) => by_id,
    };
    Ok(device.filter(|device| tenant.sees(device)))
}

async fn of_device(api: &ApiState, tenant: &Tenant, device: &Device) -> Result<Explanation, Problem> {
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
        record.concluded.device.as_ref() == Some(&device.id)
            || (record.concluded.device.is_none()
                && device.info.mac.is_some_and(|mac| requests::is_of(record, mac)))
    };
    Ok(Explanation {
        device: Some(tenant.document_of(device)),
        known: true,
        verdict,
        plugins: plugins(&statuses, &choice),
        configs,
        files: files::describe_all(api, device).await?,
        trigger: device.trigger_path.clone(),
        remote_state: Some(remote_states::describe(device, presence.as_ref())),
        requests: last_requests(api, is_its),
    })
}

async fn of_stranger(api: &ApiState, mac: Mac) -> Result<Explanation, Problem> {
    let statuses = api.administration.statuses().await;
    let waiting = api.provisioning.waiting_devices().await?;
    let waiting = waiting.into_iter().find(|waiting| waiting.info.mac == Some(mac));
    let is_its = |record: &RequestRecord| requests::is_of(record, mac);
    let last = api.journal.requests().into_iter().find(|record| is_its(record));
    let told =
        waiting.as_ref().map(|waiting| &waiting.info).or(last.as_ref().map(|record| &record.concluded.info));
    let info = DeviceInfo { mac: Some(mac), ..told.cloned().unwrap_or_default() };
    let choice = api.provisioning.associate(&info).await;
    let config = api.provisioning.autocreate(&info).await?;
    let verdict = verdict::of_stranger(&Unknown {
        info: &info,
        retriever: api.retriever,
        waiting: waiting.as_ref(),
        refusal: last.as_ref().and_then(|record| record.concluded.identification.refusal.as_deref()),
        choice: &choice,
        hinting: &hinting(api, mac),
        template: config.as_ref().and_then(|config| config.parent_ids.first()).map(String::as_str),
    });
    Ok(Explanation {
        device: None,
        known: false,
        verdict,
        plugins: plugins(&statuses, &choice),
        configs: Vec::new(),
        files: Vec::new(),
        trigger: None,
        remote_state: None,
        requests: last_requests(api, is_its),
    })
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
    Ok(oldest.filter(|oldest| oldest.id != device.id && tenant.sees(oldest)).map(|oldest| oldest.id.clone()))
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

fn plugins(statuses: &[PluginStatus], choice: &Choice) -> Vec<Candidate> {
    let describe = |status: &PluginStatus| {
        let support = said_by(status, choice).map(Support::as_str);
        Candidate { id: status.id.clone(), state: status.state.as_str(), support }
    };
    statuses.iter().map(describe).collect()
}

/// How well a plugin said it supports a phone. One that does not run counts as supporting nothing, but said nothing.
fn said_by(status: &PluginStatus, choice: &Choice) -> Option<Support> {
    let runs = matches!(status.state, PluginState::Ready | PluginState::Degraded | PluginState::Draining);
    let (_, said) = choice.supports.iter().find(|(plugin, _)| *plugin == status.id)?;
    said.filter(|said| runs || *said != Support::None)
}

fn last_requests(api: &ApiState, is_its: impl Fn(&RequestRecord) -> bool) -> Vec<requests::Summary> {
    let requests = api.journal.requests();
    requests.iter().filter(|record| is_its(record)).take(REQUESTS).map(requests::summary).collect()
}
