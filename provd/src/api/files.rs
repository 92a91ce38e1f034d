//! The files a plugin generated for a device, as an administrator previews them: with their secrets.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Value, json};

use super::devices::visible;
use super::document::Document;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes, rfc_3339};
use crate::domain::mac::canonical_path;
use crate::domain::plugin::StoredFile;

pub(super) fn routes() -> Routes {
    vec![
        ("/0.2/dev_mgr/devices/{id}/files", get(list)),
        ("/0.2/dev_mgr/devices/{id}/files/{*path}", get(show)),
    ]
}

async fn list(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Result<Document, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let files = api.provisioning.store().device_files(&device.id).await?;
    Ok(Document(json!({"files": files.iter().map(describe).collect::<Vec<_>>()})))
}

fn describe(stored: &StoredFile) -> Value {
    json!({
        "path": stored.file.path,
        "size": stored.file.content.len(),
        "etag": stored.etag,
        "modified": rfc_3339(stored.modified),
        "sensitive": stored.file.sensitive,
    })
}

async fn show(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path((id, path)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let stored = api.provisioning.store().device_file(&device.id, &canonical_path(&path)).await?;
    let StoredFile { file, etag, .. } = stored.ok_or_else(|| {
        Problem::NotFound(format!("no file {} was generated for this device", path.escape_debug()))
    })?;
    let media_type = file.media_type.unwrap_or_else(|| {
        mime_guess::from_path(&file.path).first_or_octet_stream().essence_str().to_owned()
    });
    // It may hold passwords: nothing between here and the administrator is to keep it.
    let headers =
        [(CONTENT_TYPE, media_type), (ETAG, format!("\"{etag}\"")), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((headers, file.content))
}
