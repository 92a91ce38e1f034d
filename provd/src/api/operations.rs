//! Operations: work that goes on after its request was answered, to be looked at and forgotten.
//!
//! A tenant sees those begun in its name, and of their failures those of devices it sees.

use std::time::Duration;

use axum::Extension;
use axum::extract::{MatchedPath, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::timeout;
use utoipa_axum::router::UtoipaMethodRouter;
use utoipa_axum::routes;

use super::devices::visible_among;
use super::document::Document;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::operation::Operation;
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

#[utoipa::path(get, path = "/0.2/operations/{number}", tag = "operations")]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    path: MatchedPath,
    Path(number): Path<String>,
) -> Result<Document, Problem> {
    let operation = find(&api, &tenant, collection_of(&path), &number)?;
    Ok(Document(describe(&api, &tenant, operation).await?))
}

/// The work goes on.
#[utoipa::path(delete, path = "/0.2/operations/{number}", tag = "operations")]
async fn forget(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    path: MatchedPath,
    Path(number): Path<String>,
) -> Result<StatusCode, Problem> {
    let operation = find(&api, &tenant, collection_of(&path), &number)?;
    api.provisioning.operations().forget(operation.number);
    Ok(StatusCode::NO_CONTENT)
}

fn collection_of(path: &MatchedPath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(collection, _)| collection)
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

#[utoipa::path(get, path = "/0.2/operations", tag = "operations")]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
) -> Result<Document, Problem> {
    let mut operations = Vec::new();
    for operation in api.provisioning.operations().all() {
        if is_visible(&api, &tenant, &operation) {
            operations.push(describe(&api, &tenant, operation).await?);
        }
    }
    Ok(Document(json!({ "operations": operations })))
}

fn find(api: &ApiState, tenant: &Tenant, collection: &str, number: &str) -> Result<Operation, Problem> {
    let running = number.parse().ok().and_then(|number| api.provisioning.operations().get(number));
    let operation = running.map(|running| running.borrow().clone());
    operation
        .filter(|operation| collection == OPERATIONS || operation.collection == collection)
        .filter(|operation| is_visible(api, tenant, operation))
        .ok_or_else(|| Problem::NotFound(format!("there is no operation {} here", number.escape_debug())))
}

fn is_visible(api: &ApiState, tenant: &Tenant, operation: &Operation) -> bool {
    tenant.is_master() || api.provisioning.operations().tenant_of(operation.number) == tenant.as_owner()
}

fn path_of(operation: &Operation) -> String {
    format!("{}/{}", operation.collection, operation.number)
}

/// `status` is the text existing clients parse; the rest is for everybody else.
async fn describe(api: &ApiState, tenant: &Tenant, mut operation: Operation) -> Result<Value, Problem> {
    if !tenant.is_master() {
        // A config may have heirs that are other tenants' devices.
        let devices = operation.failures.iter().map(|(device, _)| device.as_str()).collect();
        let visible = visible_among(api, tenant, devices).await?;
        operation.failures.retain(|(device, _)| visible.contains(device));
    }
    let failures = operation.failures.iter();
    Ok(json!({
        "number": operation.number,
        "path": path_of(&operation),
        "what": operation.what,
        "status": operation.progress.to_string(),
        "state": operation.progress.stage.as_str(),
        "current": operation.progress.current,
        "end": operation.progress.end,
        "reason": operation.reason,
        "failed": operation.failed,
        "failures": failures.map(|(device, why)| json!({"device": device, "reason": why})).collect::<Vec<_>>(),
        "began": rfc_3339(operation.began),
        "ended": operation.ended.and_then(rfc_3339),
    }))
}
