//! The files generated for a phone and those common to its plugin: listed, printed, or written out.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::super::client::{Client, segment};
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{Style, cell, field, harmless, is_true, size, table};
use super::save::{Folder, check_path};
use super::{Named, path_of};

pub(super) const HELP: &str = "\
Examples:
  provd device files 00085d237429
  provd device files 00085d237429 Aastra/00085D237429.cfg
  provd device files 00085d237429 --output /tmp/phone
  provd device files 00085d237429 --json | jq -r '.[].path'

Files that hold secrets are written so that only you can read them.";

const FILES: Columns = Columns {
    headings: &["PATH", "SIZE", "SHA256", "REVISION", "COMMON", "SECRET", "MODIFIED", "ETAG"],
    dispensable: &["ETAG", "MODIFIED", "SHA256", "REVISION", "SECRET", "COMMON", "SIZE"],
    breaks: None,
};

/// The same, among much else.
const FEWER: Columns = Columns {
    headings: &["PATH", "SIZE", "REVISION", "COMMON", "SECRET"],
    dispensable: &["REVISION", "SECRET", "COMMON", "SIZE"],
    breaks: None,
};

const NONE: &str = "No files are generated for this device.";

/// Digits of a digest that tell files apart.
const SHORT: usize = 12;

/// Which files, and where to.
#[derive(Debug, Args)]
pub(in crate::cli) struct Wanted {
    #[command(flatten)]
    named: Named,
    /// Print this file
    path: Option<String>,
    /// Write all files below this folder, which is made if need be; files that are there are replaced
    #[arg(long, value_name = "DIR", conflicts_with = "path")]
    output: Option<PathBuf>,
}

pub(super) async fn execute(wanted: &Wanted, client: &Client, style: Style) -> Result<Output, Failure> {
    let id = wanted.named.id(client).await?;
    if let Some(path) = &wanted.path {
        return Ok(Output::Bytes(content(&id, path, client).await?));
    }
    let mut document = client.get(&format!("{}/files", path_of(&id))).await?;
    let files = document.get_mut("files").map(Value::take);
    let Some(Value::Array(files)) = files else {
        return Err(client.not_provd("it lists no files"));
    };
    if let Some(folder) = &wanted.output {
        return write_out(&id, files, folder, client).await;
    }
    let text = render(&files, &FILES, style);
    Ok(Output::Document { document: files.into(), text })
}

/// A table of files that tells what matters most.
pub(super) fn short_table(files: &[Value], style: Style) -> String {
    render(files, &FEWER, style)
}

fn render(files: &[Value], columns: &Columns, style: Style) -> String {
    let row = |file| columns.headings.iter().map(|heading| cell(&value(file, heading))).collect();
    table(style, columns, files.iter().map(row).collect(), NONE)
}

fn value(file: &Value, heading: &str) -> String {
    let yes = |key| if is_true(file, key) { "yes" } else { "no" }.to_owned();
    match heading {
        "SIZE" => size(file.get("size").and_then(Value::as_u64).unwrap_or_default()),
        "SHA256" => field(file, "sha256").chars().take(SHORT).collect(),
        "COMMON" => yes("common"),
        "SECRET" => yes("sensitive"),
        heading => field(file, &heading.to_ascii_lowercase()),
    }
}

async fn content(id: &str, path: &str, client: &Client) -> Result<Vec<u8>, Failure> {
    let path: Vec<String> = path.split('/').map(segment).collect();
    client.bytes(&format!("{}/files/{}", path_of(id), path.join("/"))).await
}

/// Nothing is written before all paths are known to stay in the folder. Of two files with one path the phone gets the
/// first.
async fn write_out(
    id: &str,
    mut files: Vec<Value>,
    folder: &Path,
    client: &Client,
) -> Result<Output, Failure> {
    let mut paths: Vec<String> = Vec::new();
    files.retain(|file| {
        let path = field(file, "path");
        let is_first = !paths.contains(&path);
        paths.extend(is_first.then_some(path));
        is_first
    });
    let refused = |path: &str, why: String| Failure::File { path: folder.join(harmless(path)), why };
    for path in &paths {
        check_path(path).map_err(|why| refused(path, why))?;
    }
    let target = Folder::open(folder).map_err(|error| refused("", error.to_string()))?;
    let mut said = Vec::new();
    for (path, file) in paths.iter().zip(&mut files) {
        let bytes = content(id, path, client).await?;
        let is_secret = is_true(file, "sensitive");
        target.write(path, &bytes, is_secret).map_err(|error| refused(path, error.to_string()))?;
        let written = folder.join(path).display().to_string();
        said.push(format!("{}{}", harmless(&written), if is_secret { " (secret)" } else { "" }));
        if let Some(file) = file.as_object_mut() {
            file.insert("written".to_owned(), json!(written));
        }
    }
    let text = match said.len() {
        0 => NONE.to_owned(),
        1 => format!("Written: {}", said[0]),
        number => format!("{}\n{number} files are written.", said.join("\n")),
    };
    Ok(Output::Document { document: files.into(), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_tells_what_is_whose() {
        let files =
            [json!({"path": "Aastra/a.cfg", "size": 1536, "sha256": "0123456789abcdef", "revision": 3,
            "common": false, "sensitive": true, "modified": "2026-03-01T12:00:00Z", "etag": "e"})];
        let style = Style { width: None, colour: false };
        assert_eq!(short_table(&[], style), NONE);
        let shown = short_table(&files, style);
        let cells: Vec<&str> = shown.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(cells, ["Aastra/a.cfg", "1.5", "KiB", "3", "no", "yes"]);
        let line: Vec<String> = FILES.headings.iter().map(|heading| value(&files[0], heading)).collect();
        assert_eq!(
            line,
            ["Aastra/a.cfg", "1.5 KiB", "0123456789ab", "3", "no", "yes", "2026-03-01T12:00:00Z", "e"]
        );
    }
}
