//! The last requests of phones and DHCP servers, and the story of each: why it got what it got.
//!
//! Of what a phone sent, the path and the User-Agent are shown; never other headers, queries, or contents of files. A
//! tenant sees requests of devices it sees.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query, State};
use serde_json::{Map, Value, json};
use utoipa_axum::routes;

use super::devices::visible_among;
use super::document::Document;
use super::facts::facts;
use super::parameters::Parameters;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::mac::Mac;
use crate::domain::plugin::Support;
use crate::domain::request::RequestKind;
use crate::pipeline::{Outcome, RequestRecord, Steps, Tried};
use crate::provisioning::plugins::Vote;
use crate::provisioning::store::DeviceKey;

/// Requests that are given when nobody says how many.
const USUAL: usize = 50;
/// Most that are given at once: all there are.
const MOST: usize = 2_000;

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(show)]
}

#[utoipa::path(get, path = "/0.2/requests", tag = "requests")]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(sent): Query<Vec<(String, String)>>,
) -> Result<Document, Problem> {
    let parameters = Parameters::new(sent, &["limit", "device", "mac", "ip", "refused"])?;
    let limit = parameters.limit(USUAL, MOST)?;
    let device = parameters.text("device");
    let mac: Option<Mac> = parameters.parsed("mac", "a MAC address such as 00:08:5d:23:74:29")?;
    let ip: Option<IpAddr> = parameters.parsed("ip", "an IP address")?;
    let only_refused = parameters.flag("refused")?;
    let mut requests = api.journal.requests();
    requests.retain(|record| {
        device.is_none_or(|device| record.device.as_deref() == Some(device))
            && mac.is_none_or(|mac| is_of(record, mac))
            && ip.is_none_or(|ip| record.request.ip == ip)
            && (!only_refused || is_refused(record))
    });
    let requests = visible_requests(&api, &tenant, requests).await?;
    let requests: Vec<Value> = requests.iter().take(limit).map(|record| summary(record).into()).collect();
    Ok(Document(json!({ "requests": requests })))
}

#[utoipa::path(get, path = "/0.2/requests/{id}", tag = "requests")]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document, Problem> {
    let unknown =
        || Problem::NotFound(format!("there is no request {}, or none any more", id.escape_debug()));
    let record = id.parse().ok().and_then(|id| api.journal.request(id)).ok_or_else(unknown)?;
    let visible = visible_requests(&api, &tenant, vec![record]).await?;
    let record = visible.first().ok_or_else(unknown)?;
    Ok(Document(json!({"request": story(record)})))
}

/// Whether a phone with this MAC address sent a request.
pub(super) fn is_of(record: &RequestRecord, mac: Mac) -> bool {
    record.info.mac == Some(mac) || matches!(&record.request.kind, RequestKind::Dhcp(dhcp) if dhcp.mac == mac)
}

/// Whether a phone did not get what it asked for, or no record.
fn is_refused(record: &RequestRecord) -> bool {
    record.outcome.is_refusal() || record.identification.refusal.is_some()
}

async fn visible_requests(
    api: &ApiState,
    tenant: &Tenant,
    mut requests: Vec<Arc<RequestRecord>>,
) -> Result<Vec<Arc<RequestRecord>>, Problem> {
    if tenant.is_master() {
        return Ok(requests);
    }
    let devices: HashSet<&str> = requests.iter().filter_map(|record| record.device.as_deref()).collect();
    let visible = visible_among(api, tenant, devices).await?;
    requests.retain(|record| record.device.as_ref().is_some_and(|device| visible.contains(device)));
    Ok(requests)
}

/// What a list tells of a request.
pub(super) fn summary(record: &RequestRecord) -> Map<String, Value> {
    let Steps { extract, identify, serve } = record.steps;
    let summary = json!({
        "id": record.id,
        "at": rfc_3339(record.at),
        "protocol": record.request.kind.protocol(),
        "ip": record.request.ip,
        "path": record.request.kind.path(),
        "device": record.device,
        "plugin": record.route,
        "outcome": record.outcome.as_str(),
        "created": record.identification.created,
        "refusal": record.identification.refusal,
        "milliseconds": milliseconds(extract + identify + serve),
    });
    if let Value::Object(summary) = summary { summary } else { Map::new() }
}

fn story(record: &RequestRecord) -> Map<String, Value> {
    let (method, user_agent, vendor_class) = match &record.request.kind {
        RequestKind::Http(http) => (Some(&http.method), http.user_agent(), None),
        RequestKind::Tftp(_) => (None, None, None),
        RequestKind::Dhcp(dhcp) => (None, None, dhcp.vendor_class()),
    };
    let story = json!({
        "method": method,
        "user_agent": user_agent,
        "vendor_class": vendor_class,
        "votes": record.votes.iter().map(vote).collect::<Vec<_>>(),
        "heard": record.heard,
        "facts": facts(&record.info),
        "retrieval": record.identification.tried.iter().map(attempt).collect::<Vec<_>>(),
        "changes": record.identification.changes,
        "supports": record.identification.supports.iter().map(support).collect::<Vec<_>>(),
        "route": record.route,
        "file": file(&record.outcome),
        "steps": {
            "extract_ms": milliseconds(record.steps.extract),
            "identify_ms": milliseconds(record.steps.identify),
            "serve_ms": milliseconds(record.steps.serve),
        },
    });
    let mut document = summary(record);
    document.extend(story.as_object().cloned().unwrap_or_default());
    document
}

fn vote(vote: &Vote) -> Value {
    json!({"plugins": vote.plugins, "facts": facts(&vote.info)})
}

fn attempt((key, tried): &(DeviceKey, Tried)) -> Value {
    let (by, value) = match key {
        DeviceKey::Mac(mac) => ("mac", mac.to_string()),
        DeviceKey::Sn(sn) => ("sn", sn.clone()),
        DeviceKey::Uuid(uuid) => ("uuid", uuid.clone()),
        DeviceKey::Ip(ip) | DeviceKey::IpWithoutMac(ip) => ("ip", ip.to_string()),
    };
    let result = match tried {
        Tried::Nobody => "nobody".to_owned(),
        Tried::Found => "found".to_owned(),
        Tried::Ambiguous { having, fitting } => format!("{having} have it, {fitting} of them fit"),
    };
    json!({"by": by, "value": value, "result": result})
}

fn support((plugin, support): &(String, Option<Support>)) -> Value {
    json!({"plugin": plugin, "support": support.map(Support::as_str)})
}

fn file(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::File { length, etag } => json!({"length": length, "etag": etag}),
        _ => Value::Null,
    }
}

/// To the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
