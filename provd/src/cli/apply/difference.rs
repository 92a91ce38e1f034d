//! What applying changes, value by value, with the secret ones hidden.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::declared::{self, Declared};
use crate::cli::client::{Client, segment};
use crate::cli::failure::Failure;
use crate::cli::paint::{Paint, paint};
use crate::cli::table::{Style, field, harmless, items, leaves, text_of};

/// What is shown of a value that may be secret.
const HIDDEN: &str = "(hidden)";

/// Pieces of names whose values are never shown.
const SECRET: [&str; 5] = ["password", "secret", "token", "_key", "pin"];

/// Every config and device that changes, with its values before and after.
pub(super) async fn text(
    report: &Value,
    declared: &[Declared],
    client: &Client,
    style: Style,
) -> Result<String, Failure> {
    let mut parts = Vec::new();
    for change in items(report, "changes").iter().filter(|change| field(change, "action") != "unchanged") {
        let Some(declared) = declared::at(declared, change) else { continue };
        let before = match field(change, "action").as_str() {
            "update" => stored(change, client).await?,
            _ => Map::new(),
        };
        let keys: Vec<String> = items(change, "changes").iter().map(key_of).collect();
        let lines = lines(&before, &declared.document, &keys, style);
        let heading = harmless(&format!("{} {}d ({declared})", name(change), field(change, "action")));
        parts.push([vec![paint(style, Paint::Strong, &heading)], lines].concat().join("\n"));
    }
    let untold = report["created"].as_object().into_iter().chain(report["updated"].as_object());
    let all: u64 = untold.flat_map(Map::values).filter_map(Value::as_u64).sum();
    if all > parts.len() as u64 {
        parts.push(format!("and {} more", all - parts.len() as u64));
    }
    Ok(parts.join("\n\n"))
}

fn name(change: &Value) -> String {
    let id = field(change, "id");
    format!("{} {}", field(change, "kind"), if id.is_empty() { "without id" } else { &id })
}

async fn stored(change: &Value, client: &Client) -> Result<Map<String, Value>, Failure> {
    let kind = field(change, "kind");
    let collection = if kind == "device" { "/dev_mgr/devices" } else { "/cfg_mgr/configs" };
    let mut document = client.get(&format!("{collection}/{}", segment(&field(change, "id")))).await?;
    match document.get_mut(&kind).map(Value::take) {
        Some(Value::Object(document)) => Ok(document),
        _ => Err(client.not_provd(format!("it shows no {kind}"))),
    }
}

/// The key that a change names: `model: 6730i → 6731i`, `raw_config.ntp_ip`.
fn key_of(change: &Value) -> String {
    text_of(change).split(": ").next().unwrap_or_default().to_owned()
}

/// What is under these keys before and after, where it is not the same.
fn lines(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    keys: &[String],
    style: Style,
) -> Vec<String> {
    let (before, after) = (values(before, keys), values(after, keys));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut lines = Vec::new();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new {
            continue;
        }
        let line = |sign: &str, value: &String| {
            let value = if is_secret(name) { HIDDEN } else { value };
            harmless(&format!("  {sign} {name} = {value}")).replace('\n', "\\n")
        };
        lines.extend(old.map(|value| paint(style, Paint::Red, &line("-", value))));
        lines.extend(new.map(|value| paint(style, Paint::Green, &line("+", value))));
    }
    lines
}

fn values(document: &Map<String, Value>, keys: &[String]) -> BTreeMap<String, String> {
    let is_meant = |name: &str| {
        keys.iter().any(|key| {
            name.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    leaves(document, "").into_iter().filter(|(name, _)| is_meant(name)).collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    fn shown(before: &Value, after: &Value, keys: &[&str]) -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        lines(before.as_object().unwrap(), after.as_object().unwrap(), &keys, PIPE)
    }

    #[test]
    fn what_changes_is_shown_and_what_is_secret_is_not() {
        let before =
            json!({"raw_config": {"ntp_ip": "a", "sip_lines": {"1": {"username": "u", "password": "p"}}}});
        let after =
            json!({"raw_config": {"ntp_ip": "b", "sip_lines": {"1": {"username": "u", "password": "q"}}}});
        assert_eq!(
            shown(&before, &after, &["raw_config.ntp_ip", "raw_config.sip_lines"]),
            [
                "  - raw_config.ntp_ip = a",
                "  + raw_config.ntp_ip = b",
                "  - raw_config.sip_lines.1.password = (hidden)",
                "  + raw_config.sip_lines.1.password = (hidden)",
            ]
        );
    }

    #[test]
    fn only_what_a_server_says_changes_is_shown() {
        let before = json!({"mac": "00:08:5d:23:74:29", "ip": "192.0.2.1"});
        let after = json!({"mac": "0008.5d23.7429", "model": "6731i"});
        assert_eq!(shown(&before, &after, &["model"]), ["  + model = 6731i"]);
    }

    #[test]
    fn a_terminal_is_kept_from_what_a_value_says() {
        let after = json!({"description": "a\nb\u{1b}[2J"});
        assert_eq!(shown(&json!({}), &after, &["description"]), ["  + description = a\\nb\\u{1b}[2J"]);
    }
}
