//! A package of a plugin coming in: installed without any repository, if somebody trusted signed it.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::{Document, read};
use super::problem::Problem;
use super::tenant::Tenant;
use super::terms::SentTerms;
use super::{ApiState, Routes, operations};
use crate::domain::audit::Actor;
use crate::provisioning::installation::{PlacedPlugin, SentPackage};

/// Where packages come in.
pub(super) const PACKAGE: &str = "/0.2/pg_mgr/install/package";
/// Longest time until a package is checked and in its place, with its way here.
pub(super) const DEADLINE: Duration = Duration::from_mins(6);
/// Largest package, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// Longest time it may take to arrive.
const ARRIVAL: Duration = Duration::from_mins(5);
/// Where its signature is.
const SIGNATURE: HeaderName = HeaderName::from_static("provd-signature");

pub(super) fn routes() -> Routes {
    vec![routes!(install)]
}

/// What is being installed.
#[derive(Serialize, ToSchema)]
struct Accepted {
    plugin: AcceptedPlugin,
}

/// A plugin that came in a package.
#[derive(Serialize, ToSchema)]
struct AcceptedPlugin {
    /// Its identifier.
    id: String,
    /// Its version.
    version: String,
}

/// Install the plugin of a package.
///
/// It takes the place of another version, which goes on answering until this one is ready; then its devices are configured.
/// The package must be signed by a key that the settings name, unless they allow unsigned ones. `Location` is the operation.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/install/package", tag = "plugins",
    params(SentTerms, ("Provd-Signature" = Option<String>, Header, description = "The signature of the package as minisign writes it, in base64")),
    request_body(content(([u8] = "application/octet-stream"), ([u8] = "application/gzip"))),
    responses(
        (status = 201, description = "It is what it says, and is being installed", body = Accepted),
        (status = 400, description = "It is no package, was changed, or nobody trusted signed it", body = String),
    ),
)]
async fn install(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    terms: SentTerms,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, [(HeaderName, String); 1], Document<Accepted>), Problem> {
    let signature = headers.get(SIGNATURE).map(|sent| signature(sent.as_bytes())).transpose()?;
    let bytes = read(body, LARGEST, ARRIVAL).await?;
    let package = SentPackage { bytes, signature };
    let (placed, running) =
        api.provisioning.install_package(api.administration.clone(), package, terms.into()).await?;
    let PlacedPlugin { id, version, .. } = placed;
    tracing::info!("Plugin {id} {version} is installed from a package by {actor}");
    let location = operations::begun(&api, &tenant, &running);
    let plugin = AcceptedPlugin { id, version };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Document(Accepted { plugin })))
}

fn signature(sent: &[u8]) -> Result<String, Problem> {
    let decoded = BASE64_STANDARD.decode(sent).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.ok_or_else(|| {
        Problem::Invalid("Provd-Signature: expected the file that minisign writes, in base64".to_owned())
    })
}
