//! Who changed what, and when.
//!
//! Of the audit a tenant reads what is about devices it sees.

use std::collections::HashSet;
use std::time::SystemTime;

use axum::Extension;
use axum::extract::{Query, State};
use jiff::Timestamp;
use serde_json::{Value, json};
use utoipa_axum::routes;

use super::devices::visible_among;
use super::document::Document;
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
const KINDS: [&str; 2] = [DEVICE, "config"];

pub(super) fn routes() -> Routes {
    vec![routes!(list)]
}

#[utoipa::path(get, path = "/0.2/audit", tag = "audit")]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(sent): Query<Vec<(String, String)>>,
) -> Result<Document, Problem> {
    let parameters = Parameters::new(sent, &["kind", "subject", "actor", "since", "limit"])?;
    let filter = filter(&parameters)?;
    let entries = if tenant.is_master() {
        api.provisioning.store().audit(&filter).await?
    } else {
        of_tenant(&api, &tenant, filter).await?
    };
    Ok(Document(json!({"audit": entries.iter().map(describe).collect::<Vec<_>>()})))
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

fn describe(entry: &AuditEntry) -> Value {
    json!({
        "at": rfc_3339(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "kind": entry.kind,
        "subject": entry.subject,
        "changes": entry.changes,
    })
}
