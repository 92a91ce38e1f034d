//! Telling phones to fetch their files again: one, as 0.2 has it, or many that are selected.

use std::collections::HashSet;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::devices::visible;
use super::document::{Document, Identified, Sent};
use super::find::selector;
use super::operations::{begun, of};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, openapi};
use crate::domain::device::Device;
use crate::domain::remote_state::Currency;
use crate::domain::selector::Selector;
use crate::provisioning::ProvisioningError;
use crate::provisioning::synchronization::Pace;

/// Most phones that are told at the same time.
const MOST_AT_ONCE: usize = 1_000;
/// Longest pause between groups, in seconds.
const LONGEST_PAUSE: f64 = 3_600.0;

pub(super) fn routes() -> Routes {
    vec![
        routes!(one),
        of("/0.2/dev_mgr/synchronize/{number}"),
        routes!(many),
        of("/0.2/dev_mgr/synchronizations/{number}"),
    ]
}

/// Have one phone fetch its files again.
///
/// `Location` is the operation that tells it.
#[utoipa::path(
    post, path = "/0.2/dev_mgr/synchronize", tag = "devices",
    request_body = Identified,
    responses((status = 201), (status = 404)),
)]
async fn one(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    sent: Sent,
) -> Result<impl IntoResponse, Problem> {
    let device = visible(&api, &tenant, sent.id()?).await?;
    let running = api.provisioning.synchronize_device(&device.id).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, begun(&api, &tenant, &running))]))
}

/// Have many phones fetch their files again.
///
/// `Location` is the operation that tells them.
#[utoipa::path(
    post, path = "/0.2/dev_mgr/synchronizations", tag = "devices",
    request_body = openapi::Synchronizations,
    responses((status = 201, body = Counted), (status = 404)),
)]
async fn many(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    sent: Sent,
) -> Result<impl IntoResponse, Problem> {
    let (selection, pace) = read(sent.object("synchronization")?)?;
    let devices = select(&api, &tenant, selection).await?;
    let count = devices.len();
    let running = api.provisioning.synchronize_many(devices, pace);
    let location = [(header::LOCATION, begun(&api, &tenant, &running))];
    Ok((StatusCode::CREATED, location, Document(Counted { devices: count })))
}

/// Whom an order is about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SynchronizationCount)]
struct Counted {
    /// How many devices were selected.
    devices: usize,
}

/// Which of the devices a tenant sees. All that is stated must hold.
#[derive(Debug, Default)]
struct Selection {
    ids: Option<HashSet<String>>,
    plugin: Option<String>,
    matching: Option<Selector>,
    outdated: bool,
}

fn read(mut document: Map<String, Value>) -> Result<(Selection, Pace), Problem> {
    let usual = Pace::default();
    let selection = Selection {
        ids: take(&mut document, "ids", "a list of device ids")?,
        plugin: take(&mut document, "plugin", "the id of a plugin")?,
        // An empty one selects every phone, which is to be said in so many words.
        matching: take(&mut document, "where", "a selector")?
            .filter(|selector: &Value| selector.as_object().is_none_or(|keys| !keys.is_empty()))
            .map(|sent| selector("where", sent))
            .transpose()?,
        outdated: take(&mut document, "outdated", "true or false")?.unwrap_or(false),
    };
    let all = take(&mut document, "all", "true or false")?.unwrap_or(false);
    let pace = Pace {
        at_once: take_at_once(&mut document)?.unwrap_or(usual.at_once),
        pause: take_pause(&mut document)?.unwrap_or(usual.pause),
        halt_after: take(&mut document, "halt_after", "a number of failures from 0")?,
    };
    if let Some(key) = document.keys().next() {
        return Err(invalid(
            key,
            "no such key; there are ids, plugin, where, outdated, all, at_once, pause, halt_after",
        ));
    }
    if !all && selection.is_everything() {
        return Err(Problem::Invalid(
            "synchronization: expected at least one of ids, plugin, where, outdated and all: true".to_owned(),
        ));
    }
    Ok((selection, pace))
}

impl Selection {
    fn is_everything(&self) -> bool {
        self.ids.is_none() && self.plugin.is_none() && self.matching.is_none() && !self.outdated
    }

    fn selects(&self, tenant: &Tenant, device: &Device) -> Result<bool, Problem> {
        let is_named = self.ids.as_ref().is_none_or(|ids| ids.contains(&device.id))
            && (self.plugin.is_none() || self.plugin == device.plugin);
        match &self.matching {
            Some(selector) if is_named => selector
                .matches(&tenant.document_of(device))
                .map_err(|error| Problem::Invalid(format!("where: {error}"))),
            _ => Ok(is_named),
        }
    }
}

async fn select(api: &ApiState, tenant: &Tenant, selection: Selection) -> Result<Vec<String>, Problem> {
    let mut devices = api.provisioning.store().devices().await?;
    devices.retain(|device| tenant.sees(device));
    let known: HashSet<&str> = devices.iter().map(|device| device.id.as_str()).collect();
    if let Some(unknown) = selection.ids.iter().flatten().find(|id| !known.contains(id.as_str())) {
        return Err(ProvisioningError::NoSuchDevice(unknown.clone()).into());
    }
    let mut selected = Vec::new();
    for device in devices {
        if selection.selects(tenant, &device)? {
            selected.push(device);
        }
    }
    if selection.outdated {
        let presences = api.provisioning.presences().await?;
        selected.retain(|device| Currency::of(device, presences.get(&device.id)).is_outdated());
    }
    Ok(selected.into_iter().map(|device| device.id).collect())
}

fn take_at_once(document: &mut Map<String, Value>) -> Result<Option<usize>, Problem> {
    let expected = format!("a number from 1 to {MOST_AT_ONCE}");
    match take(document, "at_once", &expected)? {
        Some(at_once) if !(1..=MOST_AT_ONCE).contains(&at_once) => Err(invalid("at_once", &expected)),
        at_once => Ok(at_once),
    }
}

fn take_pause(document: &mut Map<String, Value>) -> Result<Option<Duration>, Problem> {
    let expected = format!("seconds from 0 to {LONGEST_PAUSE}");
    match take(document, "pause", &expected)? {
        Some(pause) if !(0.0..=LONGEST_PAUSE).contains(&pause) => Err(invalid("pause", &expected)),
        pause => Ok(pause.map(Duration::from_secs_f64)),
    }
}

/// Takes a value out of the document; null is absent.
fn take<T: DeserializeOwned>(
    document: &mut Map<String, Value>,
    key: &str,
    expected: &str,
) -> Result<Option<T>, Problem> {
    let value = document.shift_remove(key).unwrap_or_default();
    serde_json::from_value(value).map_err(|_| invalid(key, expected))
}

fn invalid(key: &str, expected: &str) -> Problem {
    Problem::Invalid(format!("synchronization.{}: expected {expected}", key.escape_debug()))
}
