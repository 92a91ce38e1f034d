//! `provd operation`: work that goes on after a change was answered. Following it is also what other commands do with
//! the operations they begin.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::Value;

use super::EXIT_CODES;
use super::client::Client;
use super::columns::Columns;
use super::connection::Connection;
use super::failure::Failure;
use super::moment::{ago, ago_exactly};
use super::output::Output;
use super::table::{Mood, Style, cell, field, items, mood, pairs, table};
pub(super) use ended::{failure_lines, failures_of, has_failed, outcome};
pub(super) use follow::follow;

mod ended;
mod follow;
mod progress;

const OPERATIONS: &str = "/operations";

const EXAMPLES: &str = "\
Examples:
  provd operation list
  provd operation show 7
  provd operation watch 7 && echo done";

const LIST: Columns = Columns {
    headings: &["NUMBER", "WHAT", "STATE", "DONE", "FAILED", "BEGAN", "ENDED", "REASON"],
    dispensable: &["ENDED", "REASON", "BEGAN", "FAILED", "DONE"],
    breaks: Some("REASON"),
};

/// `provd operation`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}\n\n`watch` ends with 1 if the operation fails. Ctrl-C ends watching, not the\noperation."))]
pub struct OperationCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: OperationAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum OperationAction {
    /// List operations that go on, and the last ones that ended
    List,
    /// Show how far one operation is, and what went wrong
    Show {
        /// Its number
        #[arg(value_name = "N")]
        number: u64,
    },
    /// Follow an operation until it ends
    Watch {
        /// Its number
        #[arg(value_name = "N")]
        number: u64,
    },
}

pub(super) async fn execute(
    action: OperationAction,
    client: &Client,
    style: Style,
) -> Result<Output, Failure> {
    match action {
        OperationAction::List => list(client, style).await,
        OperationAction::Show { number } => {
            let document = client.get(&format!("{OPERATIONS}/{number}")).await?;
            let text = render(&document, style, Timestamp::now());
            Ok(Output::Document { document, text })
        }
        OperationAction::Watch { number } => {
            outcome(follow(&format!("{OPERATIONS}/{number}"), client).await?)
        }
    }
}

/// How an operation is looked at later.
pub(super) fn number_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

async fn list(client: &Client, style: Style) -> Result<Output, Failure> {
    let document = client.get(OPERATIONS).await?;
    if document.get("operations").is_none() {
        return Err(client.not_provd("it lists no operations"));
    }
    let text = render_list(items(&document, "operations"), style, Timestamp::now());
    Ok(Output::Document { document, text })
}

fn render_list(operations: &[Value], style: Style, now: Timestamp) -> String {
    let row = |operation: &Value| {
        vec![
            cell(&field(operation, "number")),
            cell(&field(operation, "what")),
            state(operation),
            cell(&done(operation)),
            cell(&field(operation, "failed")),
            cell(&ago(&field(operation, "began"), now)),
            cell(&ago(&field(operation, "ended"), now)),
            cell(&field(operation, "reason")),
        ]
    };
    table(style, &LIST, operations.iter().map(row).collect(), "There are no operations.")
}

fn render(operation: &Value, style: Style, now: Timestamp) -> String {
    let mut rows = vec![
        ("Operation", cell(&field(operation, "number"))),
        ("What", cell(&field(operation, "what"))),
        ("State", state(operation)),
        ("Done", cell(&done(operation))),
        ("Failed", cell(&field(operation, "failed"))),
        ("Began", cell(&ago_exactly(&field(operation, "began"), now))),
    ];
    let ended = ago_exactly(&field(operation, "ended"), now);
    rows.extend(
        [("Ended", ended), ("Reason", field(operation, "reason"))]
            .into_iter()
            .filter_map(|(name, text)| (!text.is_empty()).then(|| (name, cell(&text)))),
    );
    let failures = failures_of(operation);
    let shown = pairs(style, rows);
    if failures.is_empty() { shown } else { format!("{shown}\n\n{}", failures.join("\n")) }
}

fn state(operation: &Value) -> comfy_table::Cell {
    let state = field(operation, "state");
    let is = match state.as_str() {
        "success" => Mood::Good,
        "fail" => Mood::Bad,
        _ => Mood::Doubtful,
    };
    mood(&state, is)
}

/// `3/20`, or as much as is known of it.
fn done(operation: &Value) -> String {
    let (current, end) = (field(operation, "current"), field(operation, "end"));
    if end.is_empty() { current } else { format!("{current}/{end}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn operation() -> Value {
        json!({
            "number": 7, "path": "/0.2/operations/7", "what": "configure devices of config base",
            "status": "fail;3/3", "state": "fail", "current": 3, "end": 3, "reason": "1 devices are not configured",
            "failed": 1, "failures": [{"device": "a", "reason": "no line"}],
            "began": "2026-03-01T11:58:00Z", "ended": "2026-03-01T11:59:00Z",
        })
    }

    #[test]
    fn a_list_tells_how_far_each_is() {
        let going_on = json!({"number": 8, "what": "synchronize device a", "state": "progress", "failed": 0,
            "began": "2026-03-01T12:00:00Z", "current": null, "end": null, "reason": null, "ended": null});
        let shown = render_list(&[operation(), going_on], PIPE, now());
        let lines: Vec<String> =
            shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines[0], "NUMBER WHAT STATE DONE FAILED BEGAN ENDED REASON");
        let first =
            "7 configure devices of config base fail 3/3 1 2 min ago 1 min ago 1 devices are not configured";
        assert_eq!(lines[1..], [first, "8 synchronize device a progress 0 just now"]);
        assert_eq!(render_list(&[], PIPE, now()), "There are no operations.");
    }

    #[test]
    fn one_is_shown_with_what_went_wrong() {
        let shown = render(&operation(), PIPE, now());
        assert!(shown.contains("Began      2 min ago (2026-03-01 11:58:00 UTC)\n"), "{shown}");
        assert!(shown.ends_with("Reason     1 devices are not configured\n\n  a: no line"), "{shown}");
    }
}
