//! `provd plugin`: how the plugins are, and which there are.

mod findings;
mod indexing;
mod installation;
mod logs;
mod offers;
mod packaging;
mod source;

use clap::{Args, Subcommand};
use comfy_table::Cell;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::columns::Columns;
use super::connection::Connection;
use super::failure::Failure;
use super::moment::since;
use super::output::Output;
use super::table::{Mood, Style, cell, field, harmless, mood, pairs, size, table};
use crate::authoring::arguments::AuthoringCommand;
use installation::{Change, Wanted};
use logs::Logs;
use packaging::PackingAction;
pub(super) use packaging::execute as pack;

const EXAMPLES: &str = "\
Examples:
  provd plugin list
  provd plugin show aastra-3.2.2.1136
  provd plugin logs -f aastra-3.2.2.1136
  provd plugin restart aastra-3.2.2.1136
  provd plugin update && provd plugin available
  provd plugin upgrade aastra-3.2.2.1136 --dry-run
  provd plugin upgrade aastra-3.2.2.1136
  provd plugin rollback aastra-3.2.2.1136
  provd plugin uninstall aastra-2.6.0.2019";

const LIST: Columns = Columns {
    headings: &[
        "ID", "VERSION", "STATE", "PID", "UPTIME", "STARTS", "MEMORY", "CALLS", "FAILURES", "P99", "CRASHES",
        "REASON",
    ],
    dispensable: &["FAILURES", "CALLS", "STARTS", "P99", "MEMORY", "UPTIME", "VERSION", "PID", "CRASHES"],
    breaks: Some("REASON"),
};

/// `provd plugin`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct PluginCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: Action,
}

/// What is asked of a server; and what needs none: files, or a plugin's own process.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    #[command(flatten)]
    Server(PluginAction),
    #[command(flatten)]
    Authoring(AuthoringCommand),
    #[command(flatten)]
    Packing(PackingAction),
}

#[derive(Debug, Subcommand)]
pub(super) enum PluginAction {
    /// List all plugins and how they are
    List,
    /// Show how one plugin is, and how its process ended the last times
    Show {
        /// Its id
        id: String,
    },
    /// Replace the process of a plugin without losing a request; lifts a quarantine; if its templates changed, its phones
    /// are configured anew
    Restart {
        /// Its id
        id: String,
    },
    /// List all installed plugins with what they are for
    Installed,
    /// Ask all repositories which plugins they offer
    Update,
    /// List plugins that can be installed, and newer versions of those that are, and where they would come from
    Available,
    /// Install a plugin, and configure the phones that name it
    Install(Wanted),
    /// Replace a plugin by the version that is offered, without losing a request, and configure its phones anew; a version
    /// that does not start, or cannot configure the phones, changes nothing
    Upgrade(Change),
    /// Return to the version of a plugin that ran before; it stays until the next upgrade
    Rollback(Change),
    /// Remove a plugin, for good; its phones are not configured any more
    Uninstall {
        /// Its id
        id: String,
    },
    /// Print the last log lines of a plugin
    Logs(Logs),
}

pub(super) async fn execute(action: PluginAction, client: &Client, style: Style) -> Result<Output, Failure> {
    match action {
        PluginAction::List => list(client, style).await,
        PluginAction::Show { id } => {
            let document = client.get(&path_of(&id, "state")).await?;
            let text = render(&document, style);
            Ok(Output::Document { document, text })
        }
        PluginAction::Restart { id } => restart(&id, client).await,
        PluginAction::Installed => installation::installed(client, style).await,
        PluginAction::Update => offers::update(client).await,
        PluginAction::Available => offers::available(client, style).await,
        PluginAction::Install(wanted) => installation::install(&wanted, client).await,
        PluginAction::Upgrade(change) => installation::change("upgrade", &change, client).await,
        PluginAction::Rollback(change) => installation::change("rollback", &change, client).await,
        PluginAction::Uninstall { id } => installation::uninstall(&id, client).await,
        PluginAction::Logs(wanted) => logs::execute(&wanted, client).await,
    }
}

async fn list(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get("/pg_mgr/states").await?;
    let states = document.get("states").and_then(Value::as_array);
    let states = states.ok_or_else(|| client.not_provd("it lists no states of plugins"))?;
    let text = render_list(states, style);
    Ok(Output::Document { document, text })
}

fn render_list(states: &[Value], style: Style) -> String {
    let row = |status: &Value| {
        vec![
            cell(&field(status, "id")),
            cell(&field(status, "version")),
            state(status),
            cell(&field(status, "pid")),
            cell(&since(&field(status, "ready_since"), Timestamp::now())),
            cell(&field(status, "starts")),
            cell(&memory(status)),
            cell(&field(status, "calls")),
            cell(&field(status, "failures")),
            cell(&p99(status)),
            cell(&crashes(status).len().to_string()),
            cell(&field(status, "reason")),
        ]
    };
    table(style, &LIST, states.iter().map(row).collect(), "No plugins are installed.")
}

fn render(status: &Value, style: Style) -> String {
    let plain = |key| cell(&field(status, key));
    let mut rows = vec![
        ("Plugin", plain("id")),
        ("Version", plain("version")),
        ("Description", plain("description")),
        ("State", state(status)),
    ];
    if status.get("reason").is_some_and(Value::is_string) {
        rows.push(("Reason", plain("reason")));
    }
    let runs = !field(status, "pid").is_empty();
    if runs {
        rows.extend([("Process", plain("pid")), ("Ready since", plain("ready_since"))]);
    }
    rows.push(("Starts", plain("starts")));
    if runs {
        rows.push(("Memory", cell(&memory(status))));
    }
    if let Some(sandbox) = status.get("sandbox").filter(|sandbox| sandbox.is_object()) {
        rows.push(("Sandbox", walls(sandbox)));
    }
    rows.push(("Calls", cell(&format!("{}, {} failed", field(status, "calls"), field(status, "failures")))));
    rows.extend(hints(status));
    let mut shown = pairs(style, rows);
    for crash in crashes(status) {
        let (at, reason) = (harmless(&field(crash, "at")), harmless(&field(crash, "reason")));
        shown.extend(["\n\nCrash at ", &at, ": ", &reason]);
        for line in lines(crash.get("log")) {
            shown.extend(["\n  ", &line]);
        }
    }
    shown
}

/// What is worth knowing where there is something.
fn hints(status: &Value) -> Vec<(&'static str, Cell)> {
    let id = field(status, "id");
    let mut rows = Vec::new();
    if !p99(status).is_empty() {
        rows.push(("P99", cell(&format!("{}: 99 of 100 calls took no longer", p99(status)))));
    }
    let before = field(status, "previous_version");
    if !before.is_empty() {
        rows.push(("Before", cell(&format!("{before}: `provd plugin rollback {id}` returns to it"))));
    }
    if field(status, "state") == "quarantined" {
        let way_out = format!("mend what the reason says, then `provd plugin restart {id}`, or upgrade it");
        rows.push(("Way out", cell(&way_out)));
    }
    rows
}

async fn restart(id: &str, client: &Client) -> Result<Output, Failure> {
    let document = client.post(&path_of(id, "restart"), &json!({})).await?;
    let text = format!(
        "Plugin {id} is {}, process {}. If its templates changed, its phones are configured anew.",
        field(&document, "state"),
        field(&document, "pid")
    );
    Ok(Output::Document { document, text })
}

fn state(status: &Value) -> Cell {
    let state = field(status, "state");
    let is = match state.as_str() {
        "ready" => Mood::Good,
        "quarantined" | "backoff" => Mood::Bad,
        _ => Mood::Doubtful,
    };
    mood(&state, is)
}

/// `partial; missing: signals; granted: processes`
fn walls(sandbox: &Value) -> Cell {
    let level = field(sandbox, "level");
    let mut said = vec![level.clone()];
    for (key, words) in [
        ("missing", "missing"),
        ("granted", "granted"),
        ("denied", "not granted, see [sandbox] of the settings"),
    ] {
        let named = lines(sandbox.get(key));
        if !named.is_empty() {
            said.push(format!("{words}: {}", named.join(", ")));
        }
    }
    mood(&said.join("; "), if level == "full" { Mood::Good } else { Mood::Doubtful })
}

fn memory(status: &Value) -> String {
    status.get("resident_bytes").and_then(Value::as_u64).map(size).unwrap_or_default()
}

fn p99(status: &Value) -> String {
    let seconds = status.get("p99_seconds").and_then(Value::as_f64);
    seconds.map(|seconds| format!("{} ms", (seconds * 10_000.0).round() / 10.0)).unwrap_or_default()
}

fn crashes(status: &Value) -> &[Value] {
    status.get("crashes").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn lines(log: Option<&Value>) -> Vec<String> {
    let lines = log.and_then(Value::as_array).map_or(&[] as &[_], Vec::as_slice);
    lines.iter().filter_map(Value::as_str).map(harmless).collect()
}

fn path_of(id: &str, what: &str) -> String {
    format!("/pg_mgr/plugins/{}/{what}", segment(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    fn status() -> Value {
        json!({
            "id": "aastra-3.2.2.1136", "version": "1.2", "description": "Aastra phones", "state": "backoff",
            "reason": "killed by SIGKILL", "pid": null, "ready_since": null, "starts": 2,
            "resident_bytes": null, "calls": 3, "failures": 1,
            "crashes": [{"at": "2023-11-14T22:13:20.250Z", "reason": "killed by SIGKILL", "log": ["one", "\u{1b}two"]}],
        })
    }

    #[test]
    fn a_crash_is_shown_with_its_last_words() {
        let shown = render(&status(), PIPE);
        assert!(
            shown.contains("State        backoff\nReason       killed by SIGKILL\nStarts       2\n"),
            "{shown}"
        );
        assert!(shown.contains("Calls        3, 1 failed"), "{shown}");
        let crash = "\n\nCrash at 2023-11-14T22:13:20.250Z: killed by SIGKILL\n  one\n  \\u{1b}two";
        assert!(shown.ends_with(crash), "{shown}");
    }

    #[test]
    fn a_running_process_is_shown() {
        let running = json!({"id": "a", "state": "ready", "pid": 7, "resident_bytes": 1024});
        let shown = render(&running, PIPE);
        assert!(shown.contains("Process      7\nReady since\n"), "{shown}");
        assert!(shown.contains("Memory       1.0 KiB\n"), "{shown}");
    }

    #[test]
    fn the_walls_are_one_line() {
        let sandbox =
            json!({"level": "partial", "missing": ["files", "signals"], "granted": [], "denied": ["memory"]});
        let shown = render(&json!({"id": "a", "state": "ready", "sandbox": sandbox}), PIPE);
        let line = "Sandbox      partial; missing: files, signals; not granted, see [sandbox] of the settings: memory\n";
        assert!(shown.contains(line), "{shown}");
    }

    #[test]
    fn a_reason_is_broken_but_no_id() {
        let id = "0123456789abcdef0123456789abcdef";
        let mut status = status();
        status["id"] = id.into();
        status["reason"] = "the process said that it speaks another version of the protocol".into();
        let shown = render_list(&[status.clone()], Style { width: Some(80), colour: false });
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].starts_with(&format!("{id}  ")) && lines.len() > 3, "{shown}");
        let (hidden, table) = lines.split_last().unwrap();
        assert!(table.iter().all(|line| line.len() <= 80), "{shown}");
        assert!(hidden.starts_with("Not shown: VERSION, "), "{shown}");
        let shown = render_list(&[status], Style { width: Some(200), colour: false });
        assert_eq!(shown.lines().count(), 2, "{shown}");
    }

    #[test]
    fn a_list_counts_crashes() {
        let shown = render_list(&[status()], PIPE);
        let cells: Vec<&str> = shown.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(
            cells,
            ["aastra-3.2.2.1136", "1.2", "backoff", "2", "3", "1", "1", "killed", "by", "SIGKILL"]
        );
        assert_eq!(render_list(&[], PIPE), "No plugins are installed.");
    }
}
