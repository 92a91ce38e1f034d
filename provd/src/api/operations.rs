//! Operations: work that goes on after its request was answered, to be looked at and forgotten.
//!
//! A tenant sees those begun in its name or below it, and of their failures those of devices it sees.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use super::devices::visible_among;
use super::document::Document;
use super::openapi::words;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::operation::{Operation, Progress};
use crate::provisioning::many::{OPERATIONS, Running, ended};

/// How long a change is waited for before it is answered. Existing clients give up after ten seconds.
const SOON: Duration = Duration::from_secs(5);

pub(super) fn routes() -> Routes {
    vec![routes!(list), of("/0.2/operations/{number}")]
}

/// Looks at an operation of a collection, and forgets it, at this path. [`OPERATIONS`] holds those of all collections.
pub(super) fn of(path: &str) -> UtoipaMethodRouter<ApiState> {
    let (schemas, mut documented, methods) = routes!(show, forget);
    documented.paths = documented.paths.into_values().map(|item| (path.to_owned(), item)).collect();
    (schemas, documented, methods)
}

/// How far an operation is.
///
/// Kept until it is deleted, also when it is over; the oldest give way when there are too many.
#[utoipa::path(get, path = "/0.2/operations/{number}", tag = "operations", responses((status = 200, body = Described)))]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    path: Uri,
) -> Result<Document<Described>, Problem> {
    let operation = find(&api, &tenant, &path)?;
    Ok(Document(describe(&api, &tenant, operation).await?))
}

/// Forget an operation.
///
/// The work goes on.
#[utoipa::path(delete, path = "/0.2/operations/{number}", tag = "operations", responses((status = 204)))]
async fn forget(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    path: Uri,
) -> Result<StatusCode, Problem> {
    let operation = find(&api, &tenant, &path)?;
    api.provisioning.operations().forget(operation.number);
    Ok(StatusCode::NO_CONTENT)
}

/// Notes in whose name an operation was begun. Gives its path.
pub(super) fn begun(api: &ApiState, tenant: &Tenant, running: &Running) -> String {
    let operation = running.borrow();
    if let Some(tenant) = tenant.as_owner() {
        api.provisioning.operations().entrust(operation.number, tenant);
    }
    path_of(&operation)
}

/// Waits for an operation for a moment. Gives its path if it goes on.
pub(super) async fn soon(api: &ApiState, tenant: &Tenant, running: Option<Running>) -> Option<String> {
    let running = running?;
    let path = begun(api, tenant, &running);
    timeout(SOON, ended(running)).await.is_err().then_some(path)
}

/// The answer to a change: 204, and where to see how far it is if it goes on.
#[derive(Debug)]
pub(super) struct Changed(pub(super) Option<String>);

impl IntoResponse for Changed {
    fn into_response(self) -> Response {
        match self.0 {
            Some(location) => (StatusCode::NO_CONTENT, [(header::LOCATION, location)]).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        }
    }
}

/// All operations.
///
/// A tenant sees those begun in its name.
#[utoipa::path(get, path = "/0.2/operations", tag = "operations", responses((status = 200, body = Listed)))]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
) -> Result<Document<Listed>, Problem> {
    let mut operations = Vec::new();
    for operation in api.provisioning.operations().all() {
        if is_visible(&api, &tenant, &operation) {
            operations.push(describe(&api, &tenant, operation).await?);
        }
    }
    Ok(Document(Listed { operations }))
}

/// The operation at a path, spelt as it was told.
fn find(api: &ApiState, tenant: &Tenant, path: &Uri) -> Result<Operation, Problem> {
    let (collection, number) = path.path().rsplit_once('/').unwrap_or_default();
    let running = number.parse().ok().and_then(|number| api.provisioning.operations().get(number));
    let operation = running.map(|running| running.borrow().clone());
    operation
        .filter(|operation| collection == OPERATIONS || operation.collection == collection)
        .filter(|operation| is_visible(api, tenant, operation))
        .ok_or_else(|| Problem::NotFound(format!("there is no operation {} here", number.escape_debug())))
}

fn is_visible(api: &ApiState, tenant: &Tenant, operation: &Operation) -> bool {
    tenant.answers_for(api.provisioning.operations().tenant_of(operation.number).as_deref())
}

fn path_of(operation: &Operation) -> String {
    format!("{}/{}", operation.collection, operation.number)
}

/// All operations, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operations)]
struct Listed {
    operations: Vec<Described>,
}

/// Work that goes on after its request was answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operation)]
struct Described {
    /// Counts all operations since the server started, from 1.
    number: u64,
    /// Where to look at it.
    path: String,
    /// What is done, for people.
    what: String,
    /// How far it is, as programs for 0.2 parse it: `[label|]state[;current[/end]]`, then its parts in parentheses.
    #[schema(example = "install|progress(download|progress;512/1162)")]
    status: String,
    #[schema(schema_with = stages)]
    state: &'static str,
    /// How much is done; null if it is not counted.
    current: Option<u64>,
    /// Of how much; null if nobody knows.
    end: Option<u64>,
    /// What it is made of, where that is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<DescribedPart>,
    /// Why it failed, or how it ended.
    reason: Option<String>,
    /// How many devices it failed for.
    failed: u64,
    /// The first of them.
    failures: Vec<DescribedFailure>,
    /// What it found out: of an upgrade what the version changes for its devices. Only the master tenant sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    findings: Option<Value>,
    /// When it began.
    #[schema(format = DateTime)]
    began: Option<String>,
    /// When it ended; null if it goes on.
    #[schema(format = DateTime)]
    ended: Option<String>,
}

fn stages() -> Object {
    words("Where it is.", &["waiting", "progress", "success", "fail"])
}

/// A part of an operation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperationPart)]
struct DescribedPart {
    /// One word.
    #[schema(example = "download")]
    label: String,
    #[schema(schema_with = stages)]
    state: &'static str,
    /// How much is done, of a download in bytes; null if it is not counted.
    current: Option<u64>,
    /// Of how much; null if nobody knows.
    end: Option<u64>,
}

impl From<Progress> for DescribedPart {
    fn from(Progress { label, stage, current, end, .. }: Progress) -> DescribedPart {
        DescribedPart { label: label.unwrap_or_default(), state: stage.as_str(), current, end }
    }
}

/// A device that an operation failed for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperationFailure)]
struct DescribedFailure {
    /// Its identifier.
    device: String,
    /// Why.
    reason: String,
}

async fn describe(api: &ApiState, tenant: &Tenant, mut operation: Operation) -> Result<Described, Problem> {
    if !tenant.is_master() {
        // A config may have heirs that are other tenants' devices.
        let devices = operation.failures.iter().map(|(device, _)| device.as_str()).collect();
        let visible = visible_among(api, tenant, devices).await?;
        operation.failures.retain(|(device, _)| visible.contains(device));
        operation.findings = None;
    }
    let failure = |(device, reason)| DescribedFailure { device, reason };
    Ok(Described {
        number: operation.number,
        path: path_of(&operation),
        what: operation.what,
        status: operation.progress.to_string(),
        state: operation.progress.stage.as_str(),
        current: operation.progress.current,
        end: operation.progress.end,
        parts: operation.progress.parts.into_iter().map(DescribedPart::from).collect(),
        reason: operation.reason,
        failed: operation.failed,
        failures: operation.failures.into_iter().map(failure).collect(),
        findings: operation.findings,
        began: rfc_3339(operation.began),
        ended: operation.ended.and_then(rfc_3339),
    })
}
