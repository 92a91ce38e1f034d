//! Firmware of all plugins: what there is, which phones it is for, and vendors' files that come in. Installing and removing
//! is done where 0.2 has it, below each plugin.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::document::Document;
use super::plugin_packages::{base, described, locale};
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::audit::Actor;
use crate::domain::device::Device;
use crate::provisioning::firmware::{FirmwareFile, FirmwarePackage, InstalledFirmware};

/// Where vendors' files come in.
pub(super) const FILES: &str = "/0.2/firmware/files";
/// Longest time a file may be on its way here.
pub(super) const DEADLINE: Duration = Duration::from_hours(2);

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(show), routes!(files, import)]
}

/// Firmware of all plugins.
///
/// What is offered, what is installed, and which versions its phones have now, as far as the token may see them.
#[utoipa::path(get, path = "/0.2/firmware", tag = "firmware", responses((status = 200, body = Listed)))]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
) -> Result<Document<Listed>, Problem> {
    let locale = locale(&api);
    let mut phones: BTreeMap<String, Vec<Device>> = BTreeMap::new();
    let mut packages = Vec::new();
    for package in api.firmware.all_packages().await {
        // A package that names no models is for nobody in particular.
        if !package.models.is_empty() && !phones.contains_key(&package.plugin) {
            phones.insert(package.plugin.clone(), phones_of(&api, &tenant, &package.plugin).await?);
        }
        let phones = phones.get(&package.plugin).map(Vec::as_slice).unwrap_or_default();
        packages.push(describe(package, phones, locale.as_deref()));
    }
    Ok(Document(Listed { packages }))
}

/// A package of a plugin.
///
/// With the vendor's files it is made of, and where phones find what.
#[utoipa::path(
    get, path = "/0.2/firmware/{plugin}/{package}", tag = "firmware",
    responses((status = 200, body = Shown), (status = 502)),
)]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path((plugin, id)): Path<(String, String)>,
) -> Result<Document<Shown>, Problem> {
    let packages = api.firmware.packages(&plugin).await?;
    let package = packages.into_iter().find(|package| package.id == id).ok_or_else(|| {
        Problem::NotFound(format!("the plugin {plugin} has no package {}", id.escape_debug()))
    })?;
    let phones = phones_of(&api, &tenant, &plugin).await?;
    let devices = phones.iter().filter(|phone| package.is_for(phone));
    let devices = devices.map(|phone| (phone.id.clone(), phone.info.version.clone())).collect();
    let files = package.files.iter().map(describe_file).collect();
    let paths = package.installed.iter().flat_map(|installed| installed.paths.clone()).collect();
    let package = describe(package, &phones, locale(&api).as_deref());
    Ok(Document(Shown { package, files, paths, devices }))
}

/// Vendors' files that packages are made of.
///
/// Those that are not here can be brought along.
#[utoipa::path(get, path = "/0.2/firmware/files", tag = "firmware", responses((status = 200, body = ListedFiles)))]
async fn files(State(api): State<ApiState>) -> Document<ListedFiles> {
    let mut files: BTreeMap<String, NeededFile> = BTreeMap::new();
    for package in api.firmware.all_packages().await {
        for file in &package.files {
            let described = describe_file(file);
            let digest = described.sha256.clone().or(described.sha1.clone()).unwrap_or_default();
            let needed = files.entry(digest).or_insert(NeededFile { file: described, packages: Vec::new() });
            needed.packages.push(Name { plugin: package.plugin.clone(), id: package.id.clone() });
        }
    }
    Document(ListedFiles { files: files.into_values().collect() })
}

/// Bring along a vendor's file.
///
/// It is taken if a package of an installed plugin is made of a file with its digest, whatever it is called, and is not
/// downloaded then. That is for files whose link has died, and for servers that cannot download.
#[utoipa::path(
    post, path = "/0.2/firmware/files", tag = "firmware",
    request_body(content(([u8] = "application/octet-stream"))),
    responses(
        (status = 201, description = "It is here", body = Imported),
        (status = 400, description = "Nobody needs it, or it could not be stored", body = String),
    ),
)]
async fn import(
    State(api): State<ApiState>,
    Extension(actor): Extension<Actor>,
    body: Body,
) -> Result<(StatusCode, Document<Imported>), Problem> {
    let content = body.into_data_stream().map_err(|error| format!("the file broke off: {error}")).boxed();
    let taken = api.firmware.import(content).await?;
    tracing::info!("A vendor's file was brought along by {actor}");
    let name = |(plugin, id)| Name { plugin, id };
    let packages = taken.packages.into_iter().map(name).collect();
    let file = ImportedFile { size: taken.size, sha256: taken.sha256, packages };
    Ok((StatusCode::CREATED, Document(Imported { file })))
}

/// Those the token may see.
async fn phones_of(api: &ApiState, tenant: &Tenant, plugin: &str) -> Result<Vec<Device>, Problem> {
    let mut phones = api.provisioning.phones_of_plugin(plugin).await?;
    phones.retain(|phone| tenant.sees(phone));
    Ok(phones)
}

/// All packages.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Firmware)]
struct Listed {
    packages: Vec<Described>,
}

/// A package and what it is made of.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirmwarePackageInFull)]
struct Shown {
    package: Described,
    /// The vendor's files it is made of; none if it is not offered any more.
    files: Vec<DescribedFile>,
    /// Paths that phones find it under.
    paths: Vec<String>,
    /// Phones it is for, and the version each has.
    devices: BTreeMap<String, Option<String>>,
}

/// Firmware or a language of phones.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirmwarePackage)]
struct Described {
    plugin: String,
    /// Identifier within the plugin.
    id: String,
    description: String,
    /// The version that can be installed; null if the plugin has it no more.
    version: Option<String>,
    /// What is installed of it; null if nothing is.
    installed: Option<DescribedInstallation>,
    /// Bytes of the vendor's files.
    size: u64,
    /// How many of them are to be downloaded.
    missing: u64,
    /// Packages that are installed with it.
    depends: Vec<String>,
    /// Models it is for; none if nobody says.
    models: Vec<String>,
    /// Hardware revisions it is for; none if nobody says.
    hardware: Vec<String>,
    /// How many phones it is for, by the version they have now; those that never told theirs have the empty one.
    phones: BTreeMap<String, u64>,
    /// Where it is installed and removed.
    #[schema(example = "/0.2/pg_mgr/plugins/aastra-3.2.2.1136/install")]
    href: String,
}

/// What is installed of a package.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstalledFirmware)]
struct DescribedInstallation {
    version: String,
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Whether somebody asked for it, and not only for a package that needs it.
    explicit: bool,
    /// Whether it is just what the plugin has now; else it can be upgraded, or is not offered any more.
    current: bool,
}

/// A vendor's file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirmwareFile)]
struct DescribedFile {
    name: String,
    url: String,
    /// In bytes; null if nobody says.
    size: Option<u64>,
    sha256: Option<String>,
    /// Where that is all the plugin states.
    sha1: Option<String>,
    /// Whether it is here.
    present: bool,
}

/// Vendors' files.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirmwareFiles)]
struct ListedFiles {
    files: Vec<NeededFile>,
}

/// A vendor's file, and who needs it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NeededFirmwareFile)]
struct NeededFile {
    #[serde(flatten)]
    file: DescribedFile,
    /// Packages that are made of it.
    packages: Vec<Name>,
}

/// What became of a file that was brought along.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedFirmware)]
struct Imported {
    file: ImportedFile,
}

/// A file that is here now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedFirmwareFile)]
struct ImportedFile {
    /// In bytes.
    size: u64,
    sha256: String,
    /// Packages that are made of it.
    packages: Vec<Name>,
}

/// A package by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirmwareName)]
struct Name {
    plugin: String,
    id: String,
}

fn describe(package: FirmwarePackage, phones: &[Device], locale: Option<&str>) -> Described {
    let mut versions: BTreeMap<String, u64> = BTreeMap::new();
    for phone in phones.iter().filter(|phone| package.is_for(phone)) {
        *versions.entry(phone.info.version.clone().unwrap_or_default()).or_default() += 1;
    }
    Described {
        description: described(&package, locale),
        size: package.size(),
        missing: package.missing(),
        href: base(&package.plugin),
        plugin: package.plugin,
        id: package.id,
        version: package.offered,
        installed: package.installed.map(describe_installation),
        depends: package.depends,
        models: package.models,
        hardware: package.hardware,
        phones: versions,
    }
}

fn describe_installation(installed: InstalledFirmware) -> DescribedInstallation {
    let InstalledFirmware { version, at, is_explicit, is_current, .. } = installed;
    DescribedInstallation { version, at: rfc_3339(at), explicit: is_explicit, current: is_current }
}

fn describe_file(file: &FirmwareFile) -> DescribedFile {
    let FirmwareFile { name, url, size, sha256, sha1, is_present } = file.clone();
    DescribedFile { name, url, size, sha256, sha1, present: is_present }
}
