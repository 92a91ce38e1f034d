//! Firmware and languages of one plugin: which packages it has, installing, upgrading and removing them, as 0.2 has it. A
//! plugin that has none has no such paths. What cannot be done is a 400, whatever the reason, as clients of 0.2 know it.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::{Document, Identified, Sent};
use super::installation::{Begun, begun};
use super::links::{Links, links};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, location, operations};
use crate::domain::audit::Actor;
use crate::domain::parameter::{LOCALE, Parameter};
use crate::provisioning::firmware::{FirmwareError, FirmwarePackage};

const PLUGINS: &str = "/0.2/pg_mgr/plugins";

pub(super) fn routes() -> Routes {
    vec![
        routes!(show),
        routes!(install),
        operations::of("/0.2/pg_mgr/plugins/{plugin}/install/install/{number}"),
        routes!(upgrade),
        operations::of("/0.2/pg_mgr/plugins/{plugin}/install/upgrade/{number}"),
        routes!(uninstall),
        routes!(installed),
        routes!(installable),
    ]
}

/// What can be done with the packages of a plugin.
#[utoipa::path(
    get, path = "/0.2/pg_mgr/plugins/{plugin}/install", tag = "firmware",
    responses((status = 200, body = Links), (status = 502)),
)]
async fn show(State(api): State<ApiState>, Path(plugin): Path<String>) -> Result<Document<Links>, Problem> {
    packages_of(&api, &plugin).await?;
    let at = |what: &str| format!("{}/{what}", base(&plugin));
    Ok(Document(links([
        ("srv.install.install", at("install")),
        ("srv.install.uninstall", at("uninstall")),
        ("srv.install.installed", at("installed")),
        ("srv.install.installable", at("installable")),
        ("srv.install.upgrade", at("upgrade")),
    ])))
}

/// Install a package of a plugin.
///
/// What is missing of the vendor's files is downloaded. Packages that it needs are installed first. `Location` is the operation.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/plugins/{plugin}/install/install", tag = "firmware",
    request_body = Identified, responses((status = 201), (status = 502)),
)]
async fn install(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(plugin): Path<String>,
    sent: Sent,
) -> Result<Begun, Problem> {
    change(&api, &tenant, &actor, &plugin, sent, false).await
}

/// Upgrade a package of a plugin to the version that the plugin has now.
///
/// Phones find the old one until the new one takes its place. `Location` is the operation.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/plugins/{plugin}/install/upgrade", tag = "firmware",
    request_body = Identified, responses((status = 201), (status = 502)),
)]
async fn upgrade(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(plugin): Path<String>,
    sent: Sent,
) -> Result<Begun, Problem> {
    change(&api, &tenant, &actor, &plugin, sent, true).await
}

async fn change(
    api: &ApiState,
    tenant: &Tenant,
    actor: &Actor,
    plugin: &str,
    sent: Sent,
    is_upgrade: bool,
) -> Result<Begun, Problem> {
    packages_of(api, plugin).await?;
    let package = sent.id()?;
    let step = if is_upgrade { "upgrade" } else { "install" };
    let collection = format!("{}/{step}", base(plugin));
    let firmware = api.firmware.clone();
    let running =
        api.provisioning.install_firmware(firmware, (plugin, &package), is_upgrade, collection).await?;
    tracing::info!("Package {package} of plugin {plugin}: {step} by {actor}");
    Ok(begun(api, tenant, &running))
}

/// Remove a package of a plugin.
///
/// With it go those that were only installed because it needs them, and the vendor's files that nobody needs any more.
#[utoipa::path(
    post, path = "/0.2/pg_mgr/plugins/{plugin}/install/uninstall", tag = "firmware",
    request_body = Identified, responses((status = 204), (status = 502)),
)]
async fn uninstall(
    State(api): State<ApiState>,
    Extension(actor): Extension<Actor>,
    Path(plugin): Path<String>,
    sent: Sent,
) -> Result<StatusCode, Problem> {
    packages_of(&api, &plugin).await?;
    let package = sent.id()?;
    api.firmware.uninstall(&plugin, &package).await?;
    tracing::info!("Package {package} of plugin {plugin} was removed by {actor}");
    Ok(StatusCode::NO_CONTENT)
}

/// Installed packages of a plugin.
#[utoipa::path(
    get, path = "/0.2/pg_mgr/plugins/{plugin}/install/installed", tag = "firmware",
    responses((status = 200, body = Packages), (status = 502)),
)]
async fn installed(
    State(api): State<ApiState>,
    Path(plugin): Path<String>,
) -> Result<Document<Packages>, Problem> {
    let packages = packages_of(&api, &plugin).await?;
    let locale = locale(&api);
    let describe = |package: FirmwarePackage| {
        let version = package.installed.as_ref()?.version.clone();
        let description = described(&package, locale.as_deref());
        Some((package.id, Package { version, description, dsize: None }))
    };
    Ok(Document(Packages { pkgs: packages.into_iter().filter_map(describe).collect() }))
}

/// Packages that a plugin has, installed or not.
#[utoipa::path(
    get, path = "/0.2/pg_mgr/plugins/{plugin}/install/installable", tag = "firmware",
    responses((status = 200, body = Packages), (status = 502)),
)]
async fn installable(
    State(api): State<ApiState>,
    Path(plugin): Path<String>,
) -> Result<Document<Packages>, Problem> {
    let packages = packages_of(&api, &plugin).await?;
    let locale = locale(&api);
    let describe = |package: FirmwarePackage| {
        let version = package.offered.clone()?;
        let (description, dsize) = (described(&package, locale.as_deref()), Some(package.size()));
        Some((package.id, Package { version, description, dsize }))
    };
    Ok(Document(Packages { pkgs: packages.into_iter().filter_map(describe).collect() }))
}

/// Packages by id.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirmwareByName)]
struct Packages {
    pkgs: BTreeMap<String, Package>,
}

/// A package, as programs for 0.2 know it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirmwareInBrief)]
struct Package {
    /// Its version.
    version: String,
    /// One line about it.
    description: String,
    /// Bytes of the vendor's files.
    #[serde(skip_serializing_if = "Option::is_none")]
    dsize: Option<u64>,
}

/// Where packages of a plugin are.
pub(super) fn base(plugin: &str) -> String {
    format!("{}/install", location(PLUGINS, plugin))
}

/// At least one.
async fn packages_of(api: &ApiState, plugin: &str) -> Result<Vec<FirmwarePackage>, Problem> {
    let packages = api.firmware.packages(plugin).await?;
    if packages.is_empty() {
        return Err(Problem::NotFound(format!("the plugin {} has no packages", plugin.escape_debug())));
    }
    Ok(packages)
}

/// In which language packages are described.
pub(super) fn locale(api: &ApiState) -> Option<String> {
    api.provisioning.parameter(Parameter::named(LOCALE)?, None)
}

/// The description in a language: of the very country, else of the language alone.
pub(super) fn described(package: &FirmwarePackage, locale: Option<&str>) -> String {
    let language = locale.and_then(|locale| locale.split('_').next());
    let found = [locale, language].into_iter().flatten().find_map(|name| package.descriptions.get(name));
    found.unwrap_or(&package.description).clone()
}

impl From<FirmwareError> for Problem {
    fn from(error: FirmwareError) -> Problem {
        match error {
            FirmwareError::Store(error) => error.into(),
            FirmwareError::Definition { .. } => Problem::Defective(error.to_string()),
            error => Problem::Invalid(error.to_string()),
        }
    }
}
