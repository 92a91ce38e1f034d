//! What files a phone would get, beside those it has. Nothing is stored.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::super::assignment::{Assignment, parse_key};
use super::super::client::Client;
use super::super::config::{KIND, stored};
use super::super::document::Edits;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::paint::{Paint, file_line, paint};
use super::super::table::{Style, field, harmless, items, size};
use super::{Named, path_of};

pub(super) const HELP: &str = "\
FILE is a JSON document: a config as `provd config show ID --json` prints it, or
all parameters of one alone, with or without `raw_config` around them; then the
parents are those of the phone's own config.

Examples:
  provd device preview 00085d237429
  provd device preview 00085d237429 --set raw.vlan_enabled=true \\
      --set raw.vlan_id=7
  provd config show reception --json > changed.json   # and edit it
  provd device preview 00085d237429 --config changed.json

What is shown holds the secrets of the phone.";

/// What to show.
#[derive(Debug, Args)]
pub(in crate::cli) struct Previewed {
    #[command(flatten)]
    named: Named,
    /// With this config in place of the phone's own; - reads it from standard input
    #[arg(long, value_name = "FILE|-")]
    config: Option<PathBuf>,
    /// Set a key of the phone's own config, or of the one in the file; raw.NAME is a parameter
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Assignment>,
    /// Remove a key
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    unset: Vec<String>,
    /// Show all files from beginning to end, also those that stay the same
    #[arg(long)]
    full: bool,
}

pub(super) async fn preview(wanted: &Previewed, client: &Client, style: Style) -> Result<Output, Failure> {
    let id = wanted.named.id(client).await?;
    let (asked, taken_for) = question(&id, wanted, client).await?;
    let mut document = client.post(&format!("{}/preview", path_of(&id)), &asked).await?;
    let preview = document.get("preview").cloned();
    let preview = preview.ok_or_else(|| client.not_provd("it shows no preview"))?;
    let mut parts = Vec::new();
    if let (Some(what), Some(document)) = (taken_for, document.as_object_mut()) {
        document.insert("taken_for".to_owned(), what.into());
        parts.push(paint(style, Paint::Faint, &format!("The file is taken for {what}.")));
    }
    if let Some(why) = preview.get("error").and_then(Value::as_str) {
        let output = Output::Document { document, text: parts.concat() };
        let why = format!("device {id} could not be configured: {}", harmless(why));
        return Err(Failure::in_part(output, why));
    }
    parts.push(render(items(&preview, "files"), wanted.full, style));
    Ok(Output::Document { document, text: parts.join("\n\n") })
}

/// What to send, and what the file was taken for.
async fn question(
    id: &str,
    wanted: &Previewed,
    client: &Client,
) -> Result<(Value, Option<&'static str>), Failure> {
    let edits = Edits { file: wanted.config.clone(), set: wanted.set.clone(), unset: wanted.unset.clone() };
    let (mut config, taken_for) = match (edits.read(&KIND)?, &wanted.config) {
        (Some(file), Some(path)) => {
            let wrong = |why| Failure::File { path: path.clone(), why };
            let (config, what) = recognise(file).map_err(wrong)?;
            (config, Some(what))
        }
        _ if edits.is_empty() => return Ok((json!({}), None)),
        _ => (own_config(id, client).await?, None),
    };
    edits.apply(&mut config, &KIND)?;
    Ok((json!({ "config": config }), taken_for))
}

/// The config of a device as it was written.
async fn own_config(id: &str, client: &Client) -> Result<Map<String, Value>, Failure> {
    let device = client.get(&path_of(id)).await?;
    match field(&device["device"], "config") {
        config if config.is_empty() => Ok(Map::new()),
        config => stored(&config, client).await,
    }
}

/// What a file stands for: a config, or the parameters of one.
fn recognise(document: Map<String, Value>) -> Result<(Map<String, Value>, &'static str), String> {
    let only = |raw: Value| Map::from_iter([("raw_config".to_owned(), raw)]);
    let parents = document.contains_key("parent_ids");
    match document.get("raw_config") {
        Some(Value::Object(_)) if parents => Ok((document, "a config")),
        Some(raw @ Value::Object(_)) => {
            Ok((only(raw.clone()), "parameters, with the parents of the phone's config"))
        }
        Some(_) => Err("`raw_config`: expected an object".to_owned()),
        None if parents => Err("this has `parent_ids`, as a config, but no `raw_config`".to_owned()),
        None => Ok((only(document.into()), "parameters alone, with the parents of the phone's config")),
    }
}

fn render(files: &[Value], full: bool, style: Style) -> String {
    let mut shown: Vec<String> = files.iter().filter_map(|file| render_file(file, full, style)).collect();
    shown.push(summary(files));
    shown.join("\n\n")
}

/// `1 changed, 2 same`
fn summary(files: &[Value]) -> String {
    let count = |change: &str| files.iter().filter(|file| field(file, "change") == change).count();
    let counted = ["changed", "added", "removed", "same"].map(|change| (count(change), change));
    let counted = counted.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = counted.map(|(count, change)| format!("{count} {change}")).collect();
    if parts.is_empty() { "No files.".to_owned() } else { parts.join(", ") }
}

fn render_file(file: &Value, full: bool, style: Style) -> Option<String> {
    let (path, change) = (harmless(&field(file, "path")), field(file, "change"));
    let bytes = file.get("size").and_then(Value::as_u64).unwrap_or_default();
    let heading = paint(style, Paint::Strong, &format!("{path}: {change}, {}", size(bytes)));
    let text = |key| file.get(key).and_then(Value::as_str);
    if full && let Some(content) = text("content") {
        let lines: Vec<String> = content.lines().map(|line| file_line(style, line)).collect();
        return Some([vec![heading], lines].concat().join("\n"));
    }
    match (change.as_str(), text("diff")) {
        ("same", _) if full => Some(heading),
        ("same", _) => None,
        (_, Some(diff)) => Some(format!("{heading}\n{}", coloured(diff, style))),
        (_, None) => Some(format!("{heading}\n{}", paint(style, Paint::Faint, "not text"))),
    }
}

/// A unified diff. The names of the files stand in its first two lines, before any hunk.
fn coloured(diff: &str, style: Style) -> String {
    let mut in_hunk = false;
    let mut line = |line: &str| {
        let shown = file_line(style, line);
        in_hunk |= line.starts_with("@@");
        match line.chars().next() {
            Some('@') => paint(style, Paint::Cyan, &shown),
            Some('+') if in_hunk => paint(style, Paint::Green, &shown),
            Some('-') if in_hunk => paint(style, Paint::Red, &shown),
            _ => shown,
        }
    };
    // Only `\n` ends a line: the `\r` of files with CRLF is part of it.
    diff.trim_end_matches('\n').split('\n').map(&mut line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "--- a/x.cfg\n+++ b/x.cfg\n@@ -1,2 +1,2 @@\n same\n--- old\n+++ new\n";

    fn files() -> [Value; 4] {
        [
            json!({"path": "x.cfg", "change": "changed", "size": 9, "content": "same\nnew", "diff": DIFF}),
            json!({"path": "y.cfg", "change": "same", "size": 2, "content": "y\n", "diff": null}),
            json!({"path": "logo", "change": "added", "size": 1536, "content": null, "diff": null}),
            json!({"path": "z.cfg", "change": "same", "size": 2, "content": "z\n", "diff": null}),
        ]
    }

    #[test]
    fn what_would_change_is_shown_and_the_rest_counted() {
        let shown = render(&files(), false, Style { width: None, colour: false });
        assert_eq!(
            shown,
            format!(
                "x.cfg: changed, 9 B\n{DIFF}\nlogo: added, 1.5 KiB\nnot text\n\n1 changed, 1 added, 2 same"
            )
        );
        assert_eq!(summary(&[]), "No files.");
    }

    #[test]
    fn a_diff_is_coloured_within_its_hunks() {
        let shown = coloured(DIFF, Style { width: Some(80), colour: true });
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[..2], ["--- a/x.cfg", "+++ b/x.cfg"]);
        assert_eq!(lines[4..], ["\u{1b}[31m--- old\u{1b}[0m", "\u{1b}[32m+++ new\u{1b}[0m"]);
    }

    #[test]
    fn all_files_are_shown_from_beginning_to_end_if_wanted() {
        let shown = render(&files(), true, Style { width: None, colour: false });
        assert!(
            shown.starts_with("x.cfg: changed, 9 B\nsame\nnew\n\ny.cfg: same, 2 B\ny\n\nlogo"),
            "{shown}"
        );
    }

    #[test]
    fn a_file_is_taken_for_what_its_keys_say() {
        let raw = json!({"vlan_id": 7});
        for (document, sent, what) in [
            (raw.clone(), json!({"raw_config": raw}), "parameters alone"),
            (json!({"raw_config": raw}), json!({"raw_config": raw}), "parameters, with"),
            (json!({"id": "a", "raw_config": raw}), json!({"raw_config": raw}), "parameters, with"),
            (
                json!({"parent_ids": ["b"], "raw_config": raw}),
                json!({"parent_ids": ["b"], "raw_config": raw}),
                "a config",
            ),
        ] {
            let (made, taken_for) = recognise(document.as_object().unwrap().clone()).unwrap();
            assert_eq!(Value::Object(made), sent);
            assert!(taken_for.starts_with(what), "{taken_for}");
        }
        for wrong in [json!({"raw_config": 1}), json!({"parent_ids": []})] {
            assert!(recognise(wrong.as_object().unwrap().clone()).unwrap_err().contains("raw_config"));
        }
    }
}
