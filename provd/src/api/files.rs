//! The files generated for a device, by themselves or in common, as an administrator reads them: with their secrets.

use std::collections::HashSet;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderName, HeaderValue};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
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

#[utoipa::path(get, path = "/0.2/dev_mgr/devices/{id}/files", tag = "devices")]
async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document, Problem> {
    let device = visible(&api, &tenant, id).await?;
    Ok(Document(json!({"files": describe_all(&api, &device).await?})))
}

/// The files of a device, then those its plugin serves to all in common, less those it has itself.
pub(super) async fn describe_all(api: &ApiState, device: &Device) -> Result<Vec<Value>, StoreError> {
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

fn describe(stored: &StoredFile, common: bool) -> Value {
    json!({
        "path": stored.file.path,
        "size": stored.file.content.len(),
        "sha256": sha256(&stored.file.content),
        "revision": stored.revision,
        "common": common,
        "etag": stored.etag,
        "modified": rfc_3339(stored.modified),
        "sensitive": stored.file.sensitive,
    })
}

/// 64 hexadecimal digits, as `sha256sum` prints them.
pub(super) fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

#[utoipa::path(get, path = "/0.2/dev_mgr/devices/{id}/files/{*path}", tag = "devices")]
async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path((id, path)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let StoredFile { file, etag, .. } = stored(&api, &device, &path).await?.ok_or_else(|| {
        Problem::NotFound(format!("no file {} was generated for this device", path.escape_debug()))
    })?;
    let media_type = file.media_type.unwrap_or_else(|| {
        mime_guess::from_path(&file.path).first_or_octet_stream().essence_str().to_owned()
    });
    let headers = [(CONTENT_TYPE, media_type), (ETAG, format!("\"{etag}\""))];
    Ok(([NOT_KEPT], headers, file.content))
}

async fn stored(api: &ApiState, device: &Device, path: &str) -> Result<Option<StoredFile>, StoreError> {
    let (store, path) = (api.provisioning.store(), canonical_path(path));
    match (store.device_file(&device.id, &path).await?, &device.plugin) {
        (None, Some(plugin)) => store.common_file(plugin, &path).await,
        (own, _) => Ok(own),
    }
}
