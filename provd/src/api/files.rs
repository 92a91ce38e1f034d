//! The files generated for a device, by themselves or in common, as an administrator reads them: with their secrets.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::devices::visible;
use super::document::Document;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::plugin::StoredFile;
use crate::provisioning::store::StoreError;

/// Contents may hold passwords: nothing between here and the administrator is to keep them.
pub(super) const NOT_KEPT: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));

pub(super) fn routes() -> Routes {
    vec![routes!(list), routes!(show)]
}

/// The files generated for a device.
///
/// Its own, then those its plugin serves to all in common, less those it has itself.
#[utoipa::path(
    get, path = "/0.2/dev_mgr/devices/{id}/files", tag = "devices",
    responses((status = 200, body = Listed)),
)]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document<Listed>, Problem> {
    let device = visible(&api, &tenant, id).await?;
    Ok(Document(Listed { files: describe_all(&api, &device).await? }))
}

/// The files of a device, then those its plugin serves to all in common, less those it has itself.
pub(super) async fn describe_all(api: &ApiState, device: &Device) -> Result<Vec<Described>, StoreError> {
    let store = api.provisioning.store();
    let own = store.device_files(&device.id).await?;
    let mut common = match &device.plugin {
        Some(plugin) => store.common_files(plugin).await?,
        None => Vec::new(),
    };
    let paths: HashSet<String> = own.iter().map(|stored| canonical_path(&stored.file.path)).collect();
    common.retain(|stored| !paths.contains(&canonical_path(&stored.file.path)));
    let own = own.iter().map(|stored| describe(stored, false));
    Ok(own.chain(common.iter().map(|stored| describe(stored, true))).collect())
}

/// Generated files.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GeneratedFiles)]
struct Listed {
    files: Vec<Described>,
}

/// A generated file, without its content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GeneratedFile)]
pub(super) struct Described {
    /// Relative.
    #[schema(example = "Aastra/00085D237429.cfg")]
    path: String,
    /// In bytes.
    size: usize,
    /// 64 hexadecimal digits.
    sha256: String,
    /// The `files_revision` of the device with which its content last changed; of common files how often it did.
    revision: i64,
    /// Whether all devices of the plugin have it.
    common: bool,
    /// Its validator for HTTP.
    etag: String,
    /// When its content last changed.
    #[schema(format = DateTime)]
    modified: Option<String>,
    /// Whether it holds secrets.
    sensitive: bool,
}

fn describe(stored: &StoredFile, common: bool) -> Described {
    Described {
        path: stored.file.path.clone(),
        size: stored.file.content.len(),
        sha256: sha256(&stored.file.content),
        revision: stored.revision,
        common,
        etag: stored.etag.clone(),
        modified: rfc_3339(stored.modified),
        sensitive: stored.file.sensitive,
    }
}

/// 64 hexadecimal digits, as `sha256sum` prints them.
pub(super) fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// The content of a file generated for a device.
///
/// As the phone gets it, with its secrets.
#[utoipa::path(
    get, path = "/0.2/dev_mgr/devices/{id}/files/{*path}", tag = "devices",
    params(
        ("id" = String, Path, description = "Identifier of the device"),
        ("path" = String, Path, description = "Path of the file, as the list has it"),
    ),
    responses((
        status = 200, description = "The file",
        content(
            ([u8] = "*/*"),
        ),
    )),
)]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path((id, path)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let stored = stored(&api, &device, &path).await?.ok_or_else(|| {
        Problem::NotFound(format!("no file {} was generated for this device", path.escape_debug()))
    })?;
    let file = &stored.file;
    let media_type = file.media_type.clone().unwrap_or_else(|| {
        mime_guess::from_path(&file.path).first_or_octet_stream().essence_str().to_owned()
    });
    let headers = [(CONTENT_TYPE, media_type), (ETAG, format!("\"{}\"", stored.etag))];
    Ok(([NOT_KEPT], headers, file.content.clone()))
}

async fn stored(api: &ApiState, device: &Device, path: &str) -> Result<Option<Arc<StoredFile>>, StoreError> {
    let (store, path) = (api.provisioning.store(), canonical_path(path));
    match (store.device_file(&device.id, &path).await?, &device.plugin) {
        (None, Some(plugin)) => store.common_file(plugin, &path).await,
        (own, _) => Ok(own),
    }
}
