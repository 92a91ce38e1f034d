//! A file of devices and configs coming in: checked whole, stored whole or not at all.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::{Document, read};
use super::negotiation::{CSV, type_of};
use super::operations::begun;
use super::parameters::Parameters;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes};
use crate::domain::audit::Actor;
use crate::domain::device::Device;
use crate::domain::interchange::{Format, Kind};
use crate::provisioning::import::{Import, Ownership, Report};

/// Where files come in.
pub(super) const IMPORT: &str = "/0.2/import";
/// Longest time until a file is stored, with its way here. All of 100,000 devices are checked and written one by one.
pub(super) const DEADLINE: Duration = Duration::from_mins(10);
/// Longest file, in bytes: some 200,000 devices.
const FILE_LIMIT: usize = 64 * 1024 * 1024;
/// Longest time a file may take to arrive.
const ARRIVAL: Duration = Duration::from_mins(5);

pub(super) fn routes() -> Routes {
    vec![routes!(import)]
}

/// What became of a file.
#[derive(Serialize, ToSchema)]
struct Imported {
    import: Report,
}

/// Import devices and configs.
///
/// All of the file is checked first, and every line with an error is told; then all of it is stored, or nothing. A device
/// that exists keeps what its line does not state; a config that exists is replaced. Devices are found by their `id` or,
/// where a line has none, by their MAC address. New ones belong to the tenant of the request, or to one below it that the
/// line names. What is to be configured then is the operation that `Location` leads to.
#[utoipa::path(
    post, path = "/0.2/import", tag = "import",
    params(
        ("dry_run" = Option<bool>, Query, description = "Only check, and say what would change"),
        ("kind" = Option<String>, Query, description = "`devices` or `configs`: what the rows of a table are; of lines of JSON only these are taken"),
        ("mode" = Option<String>, Query, description = "`create`: only what is new; `update`: only what exists; `upsert`, unless stated: either"),
    ),
    request_body(
        content(
            (String = "application/jsonl", example = "{\"device\": {\"mac\": \"00:08:5d:23:74:29\", \"config\": \"desk\"}}\n"),
            (String = "text/csv", example = "mac,config\n00:08:5d:23:74:29,desk\n"),
        ),
    ),
    responses(
        (status = 200, description = "Nothing is to be configured, or it was but a trial", body = Imported),
        (status = 201, description = "It is stored; `Location` is the operation that configures", body = Imported),
        (status = 400, description = "Something is wrong with the file: nothing is stored", body = Imported),
    ),
)]
async fn import(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Query(sent): Query<Vec<(String, String)>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let parameters = Parameters::new(sent, &["dry_run", "kind", "mode"])?;
    let import = Import {
        format: format(&headers, kind(&parameters)?)?,
        mode: parameters.parsed("mode", "create, update or upsert")?.unwrap_or_default(),
        dry_run: parameters.flag("dry_run")?,
        file: read(body, FILE_LIMIT, ARRIVAL).await?,
        actor,
        owner: Arc::new(tenant.clone()),
    };
    let (report, running) = api.provisioning.import(&import).await?;
    let is_refused = report.is_refused();
    let document = Document(Imported { import: report });
    Ok(match running {
        _ if is_refused => (StatusCode::BAD_REQUEST, document).into_response(),
        None => document.into_response(),
        Some(running) => {
            let location = begun(&api, &tenant, &running);
            (StatusCode::CREATED, [(header::LOCATION, location)], document).into_response()
        }
    })
}

fn format(headers: &HeaderMap, kind: Option<Kind>) -> Result<Format, Problem> {
    match (type_of(headers), kind) {
        (CSV, Some(kind)) => Ok(Format::Table(kind)),
        (CSV, None) => Err(Problem::Invalid("kind: say what the rows are, devices or configs".to_owned())),
        (_, kind) => Ok(Format::JsonLines(kind)),
    }
}

/// Which documents are meant, if only some are.
pub(super) fn kind(parameters: &Parameters) -> Result<Option<Kind>, Problem> {
    match parameters.text("kind") {
        None | Some("all") => Ok(None),
        Some("devices") => Ok(Some(Kind::Device)),
        Some("configs") => Ok(Some(Kind::Config)),
        Some(other) => {
            let other = other.escape_debug();
            Err(Problem::Invalid(format!("kind: `{other}`: expected devices, configs or all")))
        }
    }
}

impl Ownership for Tenant {
    fn may_update(&self, stored: &Device) -> bool {
        Tenant::may_update(self, stored)
    }

    fn owner_of_new(&self, sent: &Device) -> Option<String> {
        let is_elsewhere = sent.tenant_uuid.is_some() && self.sees(sent) && !self.is_new(sent);
        if is_elsewhere { sent.tenant_uuid.clone() } else { self.as_owner() }
    }

    fn owner_after(&self, stored: &Device, sent: &Device) -> Result<Option<String>, String> {
        Tenant::owner_after(self, stored, sent).map_err(|problem| problem.to_string())
    }
}
