//! Why a phone gets what it gets: the server's verdict first, then what it rests on.

use serde_json::Value;

use super::super::client::{Client, segment};
use super::super::columns::Columns;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::paint::section;
use super::super::request::{SUPPORTS, table_of as table_of_requests};
use super::super::table::{Mood, Style, cell, field, harmless, items, mood, pairs, table, text_of};
use super::files;
use super::remote_state;

pub(super) const HELP: &str = "\
Examples:
  provd device explain 00:08:5d:23:74:29
  provd request explain 4711   # one of the last requests it shows";

const PLUGINS: Columns =
    Columns { headings: &["PLUGIN", "STATE", "SUPPORT"], dispensable: &[], breaks: None };

pub(super) async fn explain(named: &str, client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(&format!("/dev_mgr/explain/{}", segment(named))).await?;
    let explanation = document.get("explanation");
    let explanation = explanation.ok_or_else(|| client.not_provd("it does not explain"))?;
    let text = render(explanation, style, jiff::Timestamp::now());
    Ok(Output::Document { document, text })
}

fn render(explanation: &Value, style: Style, now: jiff::Timestamp) -> String {
    let sentences: Vec<String> =
        items(explanation, "verdict").iter().map(|sentence| harmless(&text_of(sentence))).collect();
    let mut parts = vec![sentences.join("\n")];
    let mut part = |heading: &str, text: String| parts.push(section(style, heading, &text));
    part("Plugins", plugins(items(explanation, "plugins"), style));
    if explanation.get("known") != Some(&Value::Bool(false)) {
        part("Configs, later ones win", configs(items(explanation, "configs")));
        part("Files", files_of(explanation, style));
        let state = explanation.get("remote_state").unwrap_or(&Value::Null);
        part("What was seen of it", pairs(style, remote_state::rows(state, now)));
    }
    let requests = items(explanation, "requests");
    part("Last requests", table_of_requests(requests, style, "It did not ask since the server started."));
    parts.join("\n\n")
}

/// Those that support it best first.
fn plugins(plugins: &[Value], style: Style) -> String {
    let rank = |plugin: &&Value| {
        let support = field(plugin, "support");
        SUPPORTS.iter().position(|name| *name == support).unwrap_or(SUPPORTS.len())
    };
    let mut plugins: Vec<&Value> = plugins.iter().collect();
    plugins.sort_by_key(rank);
    let row = |plugin: &&Value| {
        let (state, support) = (field(plugin, "state"), field(plugin, "support"));
        let state_cell = if state == "ready" { mood(&state, Mood::Good) } else { mood(&state, Mood::Bad) };
        let support = if support.is_empty() { "not asked" } else { &support };
        vec![cell(&field(plugin, "id")), state_cell, cell(support)]
    };
    table(style, &PLUGINS, plugins.iter().map(row).collect(), "No plugins are installed.")
}

fn configs(configs: &[Value]) -> String {
    let ids: Vec<String> = configs.iter().map(|id| harmless(&text_of(id))).collect();
    if ids.is_empty() { "None.".to_owned() } else { ids.join(" → ") }
}

fn files_of(explanation: &Value, style: Style) -> String {
    let table = files::short_table(items(explanation, "files"), style);
    match field(explanation, "trigger") {
        trigger if trigger.is_empty() => table,
        trigger => format!("{table}\nThe fetch of {} proves that it is up to date.", harmless(&trigger)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(explanation: &Value) -> String {
        render(explanation, Style { width: None, colour: false }, "2026-03-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_verdict_comes_first() {
        let explanation = json!({
            "device": {"id": "a"}, "known": true, "verdict": ["It is served by p.", "It is configured."],
            "plugins": [{"id": "q", "state": "backoff", "support": null}, {"id": "p", "state": "ready", "support": "exact"}],
            "configs": ["base", "autoprov"], "files": [], "trigger": "Aastra/a.cfg",
            "remote_state": {"state": "expected", "files_revision": 1}, "requests": [],
        });
        let shown = shown(&explanation);
        assert!(
            shown.starts_with(
                "It is served by p.\nIt is configured.\n\nPlugins\nPLUGIN  STATE    SUPPORT\np  "
            ),
            "{shown}"
        );
        assert!(shown.contains("Configs, later ones win\nbase → autoprov\n"), "{shown}");
        assert!(shown.contains("The fetch of Aastra/a.cfg proves"), "{shown}");
        assert!(shown.ends_with("Last requests\nIt did not ask since the server started."), "{shown}");
    }

    #[test]
    fn of_a_stranger_there_is_less_to_tell() {
        let explanation = json!({"device": null, "known": false, "verdict": ["No device has this address."],
            "plugins": [], "configs": [], "files": [], "trigger": null, "remote_state": null, "requests": []});
        let shown = shown(&explanation);
        assert!(shown.starts_with("No device has this address.\n\nPlugins\n"), "{shown}");
        assert!(!shown.contains("Files") && !shown.contains("Configs"), "{shown}");
    }
}
