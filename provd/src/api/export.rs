//! Devices and configs going out, as files that an import reads. They are written as they are read from the database, a
//! page at a time.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Map, Value};
use thiserror::Error;
use utoipa_axum::routes;

use super::find::selector;
use super::import::kind;
use super::negotiation::{CSV, JSON_LINES};
use super::parameters::Parameters;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::interchange::{Kind, TableColumns, TableError, json_line};
use crate::domain::selector::Selector;
use crate::provisioning::find::{FindError, Findable, Query as Finds};

/// What a device says of itself that is not stated, but follows.
const CONSEQUENCES: [&str; 4] = ["configured", "is_new", "last_error", "last_error_at"];

pub(super) fn routes() -> Routes {
    vec![routes!(export)]
}

/// What is exported, in the name of whom.
#[derive(Clone)]
struct Wanted {
    api: ApiState,
    tenant: Tenant,
    selector: Selector,
}

/// Why a file is broken off.
#[derive(Debug, Error)]
enum Broken {
    #[error(transparent)]
    Find(#[from] FindError),
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Documents, a page at a time.
type Pages = BoxStream<'static, Result<Vec<Map<String, Value>>, FindError>>;

/// Export devices and configs.
///
/// Passwords included. What is exported reads back as the same documents; configs come before devices. An answer that
/// cannot be finished is broken off.
#[utoipa::path(
    get, path = "/0.2/export", tag = "import",
    params(
        ("kind" = Option<String>, Query, description = "`devices`, `configs` or, unless stated, `all`; a table needs one of the first two"),
        ("format" = Option<String>, Query, description = "`csv` or, unless `Accept` says otherwise, `jsonl`"),
        ("q" = Option<String>, Query, description = "Only those that this selector matches, as JSON; needs a kind"),
    ),
    responses((status = 200, description = "The file", content((String = "application/jsonl"), (String = "text/csv")))),
)]
async fn export(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Query(sent): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::new(sent, &["kind", "format", "q"])?;
    let kind = kind(&parameters)?;
    let is_table = is_table(&parameters, &headers)?;
    let wanted = Wanted { api, tenant, selector: of_query(&parameters, kind)? };
    let (media_type, name, lines) = match (kind, is_table) {
        (Some(kind), true) => (CSV, format!("{}s.csv", kind.as_str()), wanted.table(kind).await?),
        (None, true) => {
            return Err(Problem::Invalid("kind: a table holds either devices or configs".to_owned()));
        }
        (Some(kind), false) => (JSON_LINES, format!("{}s.jsonl", kind.as_str()), wanted.lines(kind).await?),
        (None, false) => {
            let configs = wanted.lines(Kind::Config).await?;
            let devices = wanted.lines(Kind::Device).await?;
            (JSON_LINES, "provd.jsonl".to_owned(), configs.chain(devices).boxed())
        }
    };
    let lines = lines.inspect_err(|error| tracing::error!("An export was broken off: {error}"));
    let disposition = format!("attachment; filename=\"{name}\"");
    let head = [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((head, Body::from_stream(lines)).into_response())
}

fn is_table(parameters: &Parameters, headers: &HeaderMap) -> Result<bool, Problem> {
    match parameters.text("format") {
        Some("csv") => Ok(true),
        Some("jsonl") => Ok(false),
        None => {
            let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
            Ok(accepted.is_some_and(|accepted| accepted.trim_start().starts_with(CSV)))
        }
        Some(other) => {
            Err(Problem::Invalid(format!("format: `{}`: expected csv or jsonl", other.escape_debug())))
        }
    }
}

fn of_query(parameters: &Parameters, kind: Option<Kind>) -> Result<Selector, Problem> {
    let Some(text) = parameters.text("q") else { return Ok(Selector::default()) };
    if kind.is_none() {
        return Err(Problem::Invalid("q: say of what kind: kind=devices or kind=configs".to_owned()));
    }
    let sent = serde_json::from_str(text)
        .map_err(|error| Problem::Invalid(format!("q: this is not JSON: {error}")))?;
    selector("q", sent)
}

impl Wanted {
    async fn lines(&self, kind: Kind) -> Result<BoxStream<'static, Result<Bytes, Broken>>, Problem> {
        let text = move |documents: Vec<Map<String, Value>>| {
            Bytes::from(documents.iter().map(|document| json_line(kind, document)).collect::<String>())
        };
        Ok(self.pages(kind).await?.map_ok(text).err_into().boxed())
    }

    /// The columns depend on all documents, so these are read twice.
    async fn table(&self, kind: Kind) -> Result<BoxStream<'static, Result<Bytes, Broken>>, Problem> {
        let mut columns = TableColumns::new(kind);
        let mut pages = self.pages(kind).await?;
        while let Some(documents) = pages.try_next().await? {
            for document in &documents {
                columns.see(document);
            }
        }
        let header = columns.header().map(Bytes::from).map_err(Broken::from);
        let columns = Arc::new(columns);
        let rows = move |documents: Vec<Map<String, Value>>| {
            let mut rows = Vec::new();
            for document in documents {
                rows.append(&mut columns.row(&document)?);
            }
            Ok(Bytes::from(rows))
        };
        let rows = self.pages(kind).await?.map(move |documents| rows(documents?));
        Ok(stream::once(async { header }).chain(rows).boxed())
    }

    async fn pages(&self, kind: Kind) -> Result<Pages, Problem> {
        let tenant = self.tenant.clone();
        match kind {
            Kind::Config => self.found(Finds::default(), Config::to_document).await,
            Kind::Device => {
                let query = Finds { owners: tenant.owners(true), ..Finds::default() };
                let pages = self.found(query, move |device: &Device| tenant.document_of(device)).await?;
                Ok(pages.map_ok(|documents| documents.into_iter().map(stated).collect()).boxed())
            }
        }
    }

    /// What is wrong with a query is known before the answer begins.
    async fn found<R: Findable>(
        &self,
        query: Finds,
        describe: impl Fn(&R) -> Map<String, Value> + Send + Sync + 'static,
    ) -> Result<Pages, Problem> {
        let query = Finds { selector: self.selector.clone(), ..query };
        let mut finding = self.api.provisioning.find(query, Box::new(describe)).await?;
        let first = finding.next().await?;
        let rest = stream::try_unfold(finding, async |mut finding| {
            let documents = finding.next().await?;
            Ok((!documents.is_empty()).then_some((documents, finding)))
        });
        Ok(stream::once(async { Ok(first) }).chain(rest).boxed())
    }
}

/// A device's document without what follows from the rest. Nobody owns what is new.
fn stated(mut document: Map<String, Value>) -> Map<String, Value> {
    if document.get("is_new") == Some(&Value::Bool(true)) {
        document.shift_remove("tenant_uuid");
    }
    for key in CONSEQUENCES {
        document.shift_remove(key);
    }
    document
}
