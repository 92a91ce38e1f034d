//! One package: what it is made of, where phones find what, which phones it is for.

use serde_json::Value;

use super::super::client::Client;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{Style, cell, field, harmless, is_true, items, pairs, size};
use super::Name;
use super::list::{installation, phones, texts};

/// Phones that are shown one by one; the others are only counted.
const SHOWN: usize = 20;

pub(super) async fn show(package: &Name, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&package.path()).await?;
    let text = render(&document, style);
    Ok(Output::Document { document, text })
}

fn render(document: &Value, style: Style) -> String {
    let package = document.get("package").unwrap_or(&Value::Null);
    let bytes = |key| package.get(key).and_then(Value::as_u64).unwrap_or(0);
    let mut rows = vec![
        ("Package", cell(&format!("{}/{}", field(package, "plugin"), field(package, "id")))),
        ("Description", cell(&field(package, "description"))),
        ("Version", cell(&field(package, "version"))),
        ("Installed", installation(package)),
        ("Size", cell(&format!("{}, {} to be downloaded", size(bytes("size")), size(bytes("missing"))))),
    ];
    let more = [
        ("Needs", texts(package, "depends")),
        ("Models", texts(package, "models")),
        ("Hardware", texts(package, "hardware")),
        ("Phones now", phones(package)),
    ];
    let more = more.into_iter().filter(|(_, text)| !text.is_empty());
    rows.extend(more.map(|(name, text)| (name, cell(&text))));
    let mut shown = pairs(style, rows);
    let parts = [("Files", files(document)), ("Phones find", paths(document)), ("Phones", devices(document))];
    for (title, lines) in parts.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        shown = format!("{shown}\n\n{title}\n  {}", lines.join("\n  "));
    }
    shown
}

fn files(document: &Value) -> Vec<String> {
    items(document, "files").iter().map(file).collect()
}

/// A vendor's file on one line: its name, whether it is here, by what it is known, its link.
pub(super) fn file(file: &Value) -> String {
    let here = if is_true(file, "present") { "here" } else { "not here" };
    let digest = match (field(file, "sha256"), field(file, "sha1")) {
        (sha256, _) if !sha256.is_empty() => format!("SHA-256 {sha256}"),
        (_, sha1) => format!("SHA-1 {sha1}"),
    };
    harmless(&format!("{} ({here}, {digest}) {}", field(file, "name"), field(file, "url")))
}

fn paths(document: &Value) -> Vec<String> {
    items(document, "paths").iter().filter_map(Value::as_str).map(harmless).collect()
}

fn devices(document: &Value) -> Vec<String> {
    let devices: Vec<_> = document.get("devices").and_then(Value::as_object).into_iter().flatten().collect();
    let line = |(id, version): &(&String, &Value)| {
        harmless(&format!("{id}: {}", version.as_str().unwrap_or("version unknown")))
    };
    let mut lines: Vec<String> = devices.iter().take(SHOWN).map(line).collect();
    if devices.len() > SHOWN {
        lines.push(format!("and {} more", devices.len() - SHOWN));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_is_shown_with_its_files_and_phones() {
        let document = json!({
            "package": {"plugin": "p", "id": "fw", "version": "2", "installed": null, "size": 3, "missing": 3},
            "files": [{"name": "fw.zip", "present": false, "sha1": "aa", "url": "https://v/fw.zip"}],
            "paths": ["Aastra/6731i.st"], "devices": {"a": "1", "b": null},
        });
        let shown = render(&document, Style { width: None, colour: false });
        assert!(shown.contains("\n\nFiles\n  fw.zip (not here, SHA-1 aa) https://v/fw.zip\n"), "{shown}");
        assert!(
            shown.ends_with("Phones find\n  Aastra/6731i.st\n\nPhones\n  a: 1\n  b: version unknown"),
            "{shown}"
        );
    }
}
