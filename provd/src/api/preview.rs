//! What a device would get from another config, or were it configured now, and how that differs from what it has.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use similar::TextDiff;
use utoipa_axum::routes;

use super::devices::visible;
use super::document::{Document, Sent};
use super::files::{NOT_KEPT, sha256};
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

#[utoipa::path(post, path = "/0.2/dev_mgr/devices/{id}/preview", tag = "devices")]
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
    Ok(([NOT_KEPT], Document(json!({"preview": describe(&preview)}))))
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
    let mut document = stored.unwrap_or_default().to_document();
    document.extend(sent);
    Ok(Config::from_document(document)?)
}

fn describe(preview: &Preview) -> Value {
    match &preview.generated {
        Err(why) => json!({"error": why, "files": []}),
        Ok(configuration) => json!({"error": null, "files": compare(&preview.stored, &configuration.files)}),
    }
}

/// Every file there would be, then those that would be gone.
fn compare(stored: &[StoredFile], generated: &[GeneratedFile]) -> Vec<Value> {
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

/// Of a removed file size and digest are those it has now.
fn difference(
    change: &str,
    before: Option<&GeneratedFile>,
    after: Option<&GeneratedFile>,
    deadline: Instant,
) -> Value {
    let file = after.or(before);
    let content = file.map_or(&[] as &[u8], |file| &file.content);
    json!({
        "path": file.map(|file| &file.path),
        "change": change,
        "size": content.len(),
        "sha256": sha256(content),
        "sensitive": file.is_some_and(|file| file.sensitive),
        "content": after.and_then(text),
        "diff": if change == "same" { None } else { unified(before, after, deadline) },
    })
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
        compare(&stored, &generated)
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
