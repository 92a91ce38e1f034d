//! Lists of packages.

use serde_json::{Value, json};

use super::super::client::Client;
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{Mood, Style, cell, field, is_true, items, mood, size, table};

const LIST: Columns = Columns {
    headings: &["PACKAGE", "VERSION", "INSTALLED", "SIZE", "MODELS", "PHONES", "DESCRIPTION"],
    dispensable: &["SIZE", "MODELS", "PHONES", "DESCRIPTION"],
    breaks: Some("DESCRIPTION"),
};

pub(super) async fn available(
    plugin: Option<&str>,
    client: &Client,
    style: Style,
) -> Result<Output, Failure> {
    let is_wanted = |package: &Value| package.get("version").is_some_and(Value::is_string);
    list(plugin, is_wanted, "No plugin has packages.", client, style).await
}

pub(super) async fn installed(
    plugin: Option<&str>,
    client: &Client,
    style: Style,
) -> Result<Output, Failure> {
    let is_wanted = |package: &Value| package.get("installed").is_some_and(Value::is_object);
    list(plugin, is_wanted, "No packages are installed.", client, style).await
}

async fn list(
    plugin: Option<&str>,
    is_wanted: impl Fn(&Value) -> bool,
    empty: &str,
    client: &Client,
    style: Style,
) -> Result<Output, Failure> {
    let document = client.get("/firmware").await?;
    if document.get("packages").is_none() {
        return Err(client.not_provd("it lists no firmware"));
    }
    let packages = items(&document, "packages").iter();
    let packages: Vec<Value> = packages
        .filter(|package| {
            is_wanted(package) && plugin.is_none_or(|plugin| field(package, "plugin") == plugin)
        })
        .cloned()
        .collect();
    let text = render(&packages, style, empty);
    Ok(Output::Document { document: json!({ "packages": packages }), text })
}

fn render(packages: &[Value], style: Style, empty: &str) -> String {
    let row = |package: &Value| {
        let bytes = package.get("size").and_then(Value::as_u64).unwrap_or(0);
        vec![
            cell(&format!("{}/{}", field(package, "plugin"), field(package, "id"))),
            cell(&field(package, "version")),
            installation(package),
            cell(&size(bytes)),
            cell(&texts(package, "models")),
            cell(&phones(package)),
            cell(&field(package, "description")),
        ]
    };
    table(style, &LIST, packages.iter().map(row).collect(), empty)
}

/// The version that is installed; it stands out if another is offered.
pub(super) fn installation(package: &Value) -> comfy_table::Cell {
    let installed = package.get("installed").unwrap_or(&Value::Null);
    let is = if is_true(installed, "current") { Mood::Good } else { Mood::Doubtful };
    mood(&field(installed, "version"), is)
}

/// `3.2.2 (10), 3.3.1 (2)`
pub(super) fn phones(package: &Value) -> String {
    let versions = package.get("phones").and_then(Value::as_object).into_iter().flatten();
    let one = |(version, count): (&String, &Value)| {
        let version = if version.is_empty() { "unknown" } else { version };
        format!("{version} ({count})")
    };
    versions.map(one).collect::<Vec<_>>().join(", ")
}

pub(super) fn texts(document: &Value, key: &str) -> String {
    items(document, key).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_tells_what_is_installed_and_what_phones_have() {
        let style = Style { width: None, colour: false };
        let package = json!({
            "plugin": "aastra-3.3", "id": "6731i-fw", "version": "3.3.1", "description": "Firmware",
            "installed": {"version": "3.2.2", "current": false}, "size": 2_097_152, "models": ["6731i", "6730i"],
            "phones": {"": 1, "3.2.2": 10},
        });
        let shown = render(&[package], style, "none");
        let lines: Vec<&str> = shown.lines().collect();
        let words: Vec<&str> = lines[1].split("  ").filter(|word| !word.is_empty()).map(str::trim).collect();
        assert_eq!(words[..3], ["aastra-3.3/6731i-fw", "3.3.1", "3.2.2"]);
        assert_eq!(words[4..], ["6731i, 6730i", "unknown (1), 3.2.2 (10)", "Firmware"]);
        assert_eq!(render(&[], style, "none"), "none");
    }
}
