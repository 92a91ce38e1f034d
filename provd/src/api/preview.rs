//! What a device would get from another config, or were it configured now, and how that differs from what it has.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::{Map, Value};
use similar::TextDiff;
use utoipa::ToSchema;
use utoipa::openapi::Object;
use utoipa_axum::routes;

use super::devices::visible;
use super::document::{Document, Sent};
use super::files::{NOT_KEPT, sha256};
use super::openapi::words;
use super::problem::Problem;
use super::tenant::Tenant;
use super::{ApiState, Routes};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::plugin::{GeneratedFile, StoredFile};
use crate::provisioning::Preview;

/// How long the shortest differences of all files are looked for. After that they may be longer than need be.
const DEADLINE: Duration = Duration::from_millis(500);

pub(super) fn routes() -> Routes {
    vec![routes!(preview)]
}

/// What a device would get.
///
/// From another config, or from changes to the one it has, or were it configured now. Nothing is stored.
#[utoipa::path(
    post, path = "/0.2/dev_mgr/devices/{id}/preview", tag = "devices",
    request_body = Order,
    responses((status = 200, body = Answer)),
)]
async fn preview(
    State(api): State<ApiState>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
    sent: Sent,
) -> Result<impl IntoResponse, Problem> {
    let device = visible(&api, &tenant, id).await?;
    let config = match sent.only_object("config")? {
        Some(document) => Some(completed(&api, &device, document).await?),
        None => None,
    };
    let preview = api.provisioning.preview_device(&device.id, config).await?;
    Ok(([NOT_KEPT], Document(Answer { preview: describe(&preview) })))
}

/// A document without parents changes the config the device has; any other stands in its place.
async fn completed(api: &ApiState, device: &Device, sent: Map<String, Value>) -> Result<Config, Problem> {
    if sent.contains_key("parent_ids") {
        return Ok(Config::from_document(sent)?);
    }
    let stored = match &device.config {
        Some(id) => api.provisioning.store().config(id).await?,
        None => None,
    };
    let mut document = stored.map_or_else(|| Config::default().to_document(), |config| config.to_document());
    document.extend(sent);
    Ok(Config::from_document(document)?)
}

/// Of which config a preview is.
#[derive(Debug, ToSchema)]
#[schema(as = PreviewOrder)]
#[expect(dead_code, reason = "it describes a body that is read key by key")]
struct Order {
    /// With `parent_ids` a config in place of the device's; without them changes to its keys. Absent: the config it has.
    config: Option<Map<String, Value>>,
}

/// What a device would get.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewOfDevice)]
struct Answer {
    preview: Described,
}

/// The files of a preview.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
struct Described {
    /// Why there would be none.
    error: Option<String>,
    /// Every file there would be, then those that would be gone.
    files: Vec<Difference>,
}

/// How a file would differ from the one there is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewFile)]
struct Difference {
    /// Relative.
    path: Option<String>,
    #[schema(schema_with = changes)]
    change: &'static str,
    /// In bytes; of a removed file that it has now.
    size: usize,
    /// 64 hexadecimal digits; of a removed file those it has now.
    sha256: String,
    /// Whether it holds secrets.
    sensitive: bool,
    /// What it would hold; null if it is binary, or would be gone.
    content: Option<String>,
    /// As `diff -u` has it; null if it is binary, or the same.
    diff: Option<String>,
}

fn changes() -> Object {
    words("What would happen to it.", &["same", "changed", "added", "removed"])
}

fn describe(preview: &Preview) -> Described {
    match &preview.generated {
        Err(why) => Described { error: Some(why.clone()), files: Vec::new() },
        Ok(configuration) => Described { error: None, files: compare(&preview.stored, &configuration.files) },
    }
}

/// Every file there would be, then those that would be gone.
fn compare(stored: &[StoredFile], generated: &[GeneratedFile]) -> Vec<Difference> {
    let deadline = Instant::now() + DEADLINE;
    let by_path = |file: &GeneratedFile| canonical_path(&file.path);
    let mut stored: BTreeMap<_, _> =
        stored.iter().map(|stored| (by_path(&stored.file), &stored.file)).collect();
    // Of two files at one path the later counts, as it does when they are stored.
    let generated: BTreeMap<_, _> = generated.iter().map(|file| (by_path(file), file)).collect();
    let mut files = Vec::new();
    for (path, file) in generated {
        let before = stored.remove(&path);
        let change = match before {
            None => "added",
            Some(before) if before.content == file.content => "same",
            Some(_) => "changed",
        };
        files.push(difference(change, before, Some(file), deadline));
    }
    files.extend(stored.into_values().map(|before| difference("removed", Some(before), None, deadline)));
    files
}

fn difference(
    change: &'static str,
    before: Option<&GeneratedFile>,
    after: Option<&GeneratedFile>,
    deadline: Instant,
) -> Difference {
    let file = after.or(before);
    let content = file.map_or(&[] as &[u8], |file| &file.content);
    Difference {
        path: file.map(|file| file.path.clone()),
        change,
        size: content.len(),
        sha256: sha256(content),
        sensitive: file.is_some_and(|file| file.sensitive),
        content: after.and_then(text).map(str::to_owned),
        diff: if change == "same" { None } else { unified(before, after, deadline) },
    }
}

/// As `diff -u` and `git` have it; nothing where one of the two is binary.
fn unified(
    before: Option<&GeneratedFile>,
    after: Option<&GeneratedFile>,
    deadline: Instant,
) -> Option<String> {
    let side = |file: Option<&GeneratedFile>, prefix: &str| match file {
        Some(file) => Some((text(file)?.to_owned(), format!("{prefix}/{}", file.path))),
        None => Some((String::new(), "/dev/null".to_owned())),
    };
    let ((old, old_name), (new, new_name)) = (side(before, "a")?, side(after, "b")?);
    let diff = TextDiff::configure().deadline(deadline).diff_lines(&old, &new);
    Some(diff.unified_diff().header(&old_name, &new_name).to_string())
}

fn text(file: &GeneratedFile) -> Option<&str> {
    std::str::from_utf8(&file.content).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use serde_json::json;

    use super::*;

    fn file(path: &str, content: &[u8]) -> GeneratedFile {
        let content = bytes::Bytes::copy_from_slice(content);
        GeneratedFile { path: path.to_owned(), content, media_type: None, sensitive: false }
    }

    fn compared(stored: &[(&str, &[u8])], generated: &[(&str, &[u8])]) -> Vec<Value> {
        let stored: Vec<_> = stored
            .iter()
            .map(|(path, content)| StoredFile {
                file: file(path, content),
                etag: String::new(),
                modified: SystemTime::UNIX_EPOCH,
                revision: 1,
            })
            .collect();
        let generated: Vec<_> = generated.iter().map(|(path, content)| file(path, content)).collect();
        let files = compare(&stored, &generated);
        files.iter().map(|file| json!(file)).collect()
    }

    fn changes(files: &[Value]) -> Vec<(&str, &str)> {
        files.iter().map(|file| (file["path"].as_str().unwrap(), file["change"].as_str().unwrap())).collect()
    }

    #[test]
    fn files_are_the_same_changed_added_or_removed() {
        let files = compared(
            &[("a", b"1\n"), ("b", b"2\n"), ("d", b"4\n")],
            &[("c", b"3\n"), ("b", b"22\n"), ("a", b"1\n")],
        );
        assert_eq!(changes(&files), [("a", "same"), ("b", "changed"), ("c", "added"), ("d", "removed")]);
        assert_eq!((&files[0]["content"], &files[0]["diff"]), (&json!("1\n"), &Value::Null));
        assert_eq!(files[1]["diff"], "--- a/b\n+++ b/b\n@@ -1 +1 @@\n-2\n+22\n");
        assert_eq!(files[2]["diff"], "--- /dev/null\n+++ b/c\n@@ -0,0 +1 @@\n+3\n");
        assert_eq!(files[3]["diff"], "--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-4\n");
        assert_eq!((&files[3]["content"], &files[3]["size"]), (&Value::Null, &json!(2)));
    }

    #[test]
    fn one_file_may_be_spelled_in_two_ways() {
        let files = compared(&[("00085D237429.cfg", b"1")], &[("/00-08-5d-23-74-29.cfg", b"1")]);
        assert_eq!(changes(&files), [("/00-08-5d-23-74-29.cfg", "same")]);
    }

    #[test]
    fn what_is_binary_has_no_text() {
        let files = compared(&[("a", b"text"), ("b", b"\0")], &[("a", b"\xff"), ("b", b"\x01\0")]);
        for file in files {
            assert_eq!(
                (&file["change"], &file["content"], &file["diff"]),
                (&json!("changed"), &Value::Null, &Value::Null)
            );
        }
    }
}
