//! Who changed what, and when.
//!
//! Of the audit a tenant reads what is about devices it sees.

use std::collections::HashSet;
use std::time::SystemTime;

use axum::Extension;
use axum::extract::{Query, State};
use jiff::Timestamp;
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
use crate::domain::audit::AuditEntry;
use crate::provisioning::store::AuditFilter;

/// Entries that are given when nobody says how many.
const USUAL: usize = 100;
/// Most entries that are given at once.
const MOST: u32 = 10_000;

/// What audit entries can be about.
const DEVICE: &str = "device";
const KINDS: [&str; 4] = [DEVICE, "config", "token", "tenant"];

pub(super) fn routes() -> Routes {
    vec![routes!(list)]
}

/// Changes of devices and configs.
///
/// The newest first, without values that could be secrets. A tenant reads what is about devices it sees.
#[utoipa::path(
    get, path = "/0.2/audit", tag = "audit",
    params(
        ("kind" = Option<String>, Query, description = "Only changes of such things: `device` or `config`"),
        ("subject" = Option<String>, Query, description = "Only changes of the thing with this identifier"),
        ("actor" = Option<String>, Query, description = "Only changes by this actor: `token admin`, `phone 192.0.2.7`, `server`"),
        ("since" = Option<String>, Query, description = "Only changes since this moment (RFC 3339)"),
        ("limit" = Option<u32>, Query, description = "At most so many, 100 unless stated, 10000 at most", minimum = 1),
    ),
    responses((status = 200, body = Listed)),
)]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(sent): Query<Vec<(String, String)>>,
) -> Result<Document<Listed>, Problem> {
    let parameters = Parameters::new(sent, &["kind", "subject", "actor", "since", "limit"])?;
    let filter = filter(&parameters)?;
    let entries = if tenant.is_master() {
        api.provisioning.store().audit(&filter).await?
    } else {
        of_tenant(&api, &tenant, filter).await?
    };
    Ok(Document(Listed { audit: entries.into_iter().map(describe).collect() }))
}

fn filter(parameters: &Parameters) -> Result<AuditFilter, Problem> {
    let kind = parameters.text("kind").map(str::to_owned);
    if kind.as_ref().is_some_and(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(Problem::Invalid(format!("kind: expected one of {}", KINDS.join(", "))));
    }
    let since: Option<Timestamp> = parameters.parsed("since", "a moment such as 2026-01-31T12:00:00Z")?;
    Ok(AuditFilter {
        kind,
        subject: parameters.text("subject").map(str::to_owned),
        actor: parameters.text("actor").map(str::to_owned),
        since: since.map(SystemTime::from),
        limit: u32::try_from(parameters.limit(USUAL, MOST as usize)?).unwrap_or(MOST),
    })
}

/// The newest entries there are, less those about anything but devices the tenant sees.
async fn of_tenant(api: &ApiState, tenant: &Tenant, filter: AuditFilter) -> Result<Vec<AuditEntry>, Problem> {
    let limit = filter.limit as usize;
    let mut entries = api.provisioning.store().audit(&AuditFilter { limit: MOST, ..filter }).await?;
    entries.retain(|entry| entry.kind == DEVICE);
    let subjects: HashSet<&str> = entries.iter().map(|entry| entry.subject.as_str()).collect();
    let visible = visible_among(api, tenant, subjects).await?;
    entries.retain(|entry| visible.contains(&entry.subject));
    entries.truncate(limit);
    Ok(entries)
}

/// Changes, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Audit)]
struct Listed {
    audit: Vec<Described>,
}

/// One change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct Described {
    /// When.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Who: `token admin`, `phone 192.0.2.7` or `server`.
    actor: String,
    /// What was done: `created`, `updated`, `deleted`, …
    action: String,
    #[schema(schema_with = kinds)]
    kind: String,
    /// Its identifier.
    subject: String,
    /// What changed of it, for people.
    #[schema(example = json!(["model: 6730i → 6731i", "raw_config.sip_lines"]))]
    changes: Vec<String>,
}

fn kinds() -> Object {
    words("What it was done to.", &KINDS)
}

fn describe(entry: AuditEntry) -> Described {
    Described {
        at: rfc_3339(entry.at),
        actor: entry.actor,
        action: entry.action,
        kind: entry.kind,
        subject: entry.subject,
        changes: entry.changes,
    }
}
