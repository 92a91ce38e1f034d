//! The last requests of phones and DHCP servers, and the story of each: why it got what it got.
//!
//! Of what a phone sent, the path and the User-Agent are shown; never other headers, queries, or contents of files. A
//! tenant sees requests of devices it sees.

mod story;

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, Query, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::routes;

use super::devices::visible_among;
use super::document::Document;
use super::openapi::words;
use super::parameters::Parameters;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::mac::Mac;
use crate::domain::request::RequestKind;
use crate::pipeline::{RequestRecord, Steps};
use story::{Story, story};

/// Requests that are given when nobody says how many.
const USUAL: usize = 50;
/// Most that are given at once: all there are.
const MOST: usize = 2_000;

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(show)]
}

/// The last requests of phones and DHCP servers.
///
/// The newest first. A tenant sees requests of devices it sees.
#[utoipa::path(
    get, path = "/0.2/requests", tag = "requests",
    params(
        ("limit" = Option<usize>, Query, description = "At most so many, 50 unless stated, 2000 at most", minimum = 1),
        ("device" = Option<String>, Query, description = "Only those of the device with this identifier"),
        ("mac" = Option<String>, Query, description = "Only those of the phone with this MAC address, in any usual spelling"),
        ("ip" = Option<String>, Query, description = "Only those from this address"),
        ("refused" = Option<bool>, Query, description = "Only those that did not get what they asked for, or no record"),
    ),
    responses((status = 200, body = Listed)),
)]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(sent): Query<Vec<(String, String)>>,
) -> Result<Document<Listed>, Problem> {
    let parameters = Parameters::new(sent, &["limit", "device", "mac", "ip", "refused"])?;
    let limit = parameters.limit(USUAL, MOST)?;
    let device = parameters.text("device");
    let mac: Option<Mac> = parameters.parsed("mac", "a MAC address such as 00:08:5d:23:74:29")?;
    let ip: Option<IpAddr> = parameters.parsed("ip", "an IP address")?;
    let only_refused = parameters.flag("refused")?;
    let mut requests = api.journal.requests();
    requests.retain(|record| {
        device.is_none_or(|device| record.concluded.device.as_deref() == Some(device))
            && mac.is_none_or(|mac| is_of(record, mac))
            && ip.is_none_or(|ip| record.concluded.request.ip == ip)
            && (!only_refused || is_refused(record))
    });
    let requests = visible_requests(&api, &tenant, requests).await?;
    Ok(Document(Listed { requests: requests.iter().take(limit).map(summary).collect() }))
}

/// The story of a request: why it got what it got.
///
/// Of what a phone sent, the path and the User-Agent are shown; never other headers, queries, or contents of files.
#[utoipa::path(get, path = "/0.2/requests/{id}", tag = "requests", responses((status = 200, body = Shown)))]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document<Shown>, Problem> {
    let unknown =
        || Problem::NotFound(format!("there is no request {}, or none any more", id.escape_debug()));
    let record = id.parse().ok().and_then(|id| api.journal.request(id)).ok_or_else(unknown)?;
    let visible = visible_requests(&api, &tenant, vec![record]).await?;
    let record = visible.first().ok_or_else(unknown)?;
    Ok(Document(Shown { request: story(record) }))
}

/// Whether a phone with this MAC address sent a request.
pub(super) fn is_of(record: &RequestRecord, mac: Mac) -> bool {
    record.concluded.info.mac == Some(mac)
        || matches!(&record.concluded.request.kind, RequestKind::Dhcp(dhcp) if dhcp.mac == mac)
}

/// Whether a phone did not get what it asked for, or no record.
fn is_refused(record: &RequestRecord) -> bool {
    record.outcome.is_refusal() || record.concluded.identification.refusal.is_some()
}

async fn visible_requests(
    api: &ApiState,
    tenant: &Tenant,
    mut requests: Vec<RequestRecord>,
) -> Result<Vec<RequestRecord>, Problem> {
    if tenant.is_master() {
        return Ok(requests);
    }
    let devices: HashSet<&str> =
        requests.iter().filter_map(|record| record.concluded.device.as_deref()).collect();
    let visible = visible_among(api, tenant, devices).await?;
    requests.retain(|record| record.concluded.device.as_ref().is_some_and(|device| visible.contains(device)));
    Ok(requests)
}

/// Requests, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Requests)]
struct Listed {
    requests: Vec<Summary>,
}

/// One request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestById)]
struct Shown {
    request: Story,
}

/// What a list tells of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestSummary)]
pub(super) struct Summary {
    /// Counts the requests since the server started, from 1.
    id: u64,
    /// When it arrived.
    #[schema(format = DateTime)]
    at: Option<String>,
    #[schema(schema_with = protocols)]
    protocol: &'static str,
    /// Who asked.
    #[schema(value_type = String)]
    ip: IpAddr,
    /// What was asked; null for a lease.
    path: Option<String>,
    /// The device, if there is one.
    device: Option<String>,
    /// The plugin it was routed to.
    plugin: Option<String>,
    #[schema(schema_with = outcomes)]
    outcome: &'static str,
    /// Whether this request created the device.
    created: bool,
    /// Why the phone has no record although more than its address is known.
    refusal: Option<String>,
    /// How long it took.
    milliseconds: f64,
}

fn protocols() -> Object {
    words("How it was asked.", &["HTTP", "TFTP", "DHCP"])
}

fn outcomes() -> Object {
    words("What was answered.", &["file", "not found", "forbidden", "unavailable", "failed", "nothing"])
}

/// What a list tells of a request.
pub(super) fn summary(record: &RequestRecord) -> Summary {
    let Steps { extract, identify, serve } = record.steps;
    Summary {
        id: record.id,
        at: rfc_3339(record.at),
        protocol: record.concluded.request.kind.protocol(),
        ip: record.concluded.request.ip,
        path: record.concluded.request.kind.path().map(str::to_owned),
        device: record.concluded.device.clone(),
        plugin: record.concluded.route.clone(),
        outcome: record.outcome.as_str(),
        created: record.concluded.identification.created,
        refusal: record.concluded.identification.refusal.clone(),
        milliseconds: milliseconds(extract + identify + serve),
    }
}

/// To the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
