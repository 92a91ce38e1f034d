//! `provd audit`: who changed what, and when.

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::Value;

use super::EXIT_CODES;
use super::client::{Client, segment};
use super::columns::Columns;
use super::connection::Connection;
use super::failure::Failure;
use super::moment::{parse, second};
use super::output::Output;
use super::table::{Style, cell, field, items, table, text_of};

const EXAMPLES: &str = "\
Examples:
  provd audit list
  provd audit list --kind config --since 2h
  provd audit list --subject 0123456789abcdef --since 2026-01-31 --json";

const LIST: Columns = Columns {
    headings: &["AT (UTC)", "ACTOR", "ACTION", "KIND", "SUBJECT", "CHANGES"],
    dispensable: &["KIND", "AT (UTC)"],
    breaks: Some("CHANGES"),
};

/// `provd audit`
#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct AuditCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(subcommand)]
    pub(super) action: AuditAction,
}

#[derive(Debug, Subcommand)]
pub(super) enum AuditAction {
    /// List changes of devices, configs, tokens and tenants, newest first; values that could be secrets are not kept
    List(Which),
}

/// Which changes.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Only those of devices, configs, tokens or tenants
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only those of the one with this id
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Only those made by this actor, spelled as the list shows it
    #[arg(long, value_name = "ACTOR")]
    actor: Option<String>,
    /// Only those after a moment (2026-01-31T12:00:00Z), a date, or of the last 90min, 2h or 3d
    #[arg(long, value_name = "WHEN", value_parser = |text: &str| parse(text, Timestamp::now()))]
    since: Option<Timestamp>,
    /// At most so many [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Device,
    Config,
    Token,
    Tenant,
}

impl Which {
    fn query(&self) -> String {
        let kind = self.kind.map(|kind| match kind {
            Kind::Device => "device".to_owned(),
            Kind::Config => "config".to_owned(),
            Kind::Token => "token".to_owned(),
            Kind::Tenant => "tenant".to_owned(),
        });
        let since = self.since.map(|since| since.to_string());
        let limit = self.limit.unwrap_or(100);
        let stated = [("kind", &kind), ("subject", &self.subject), ("actor", &self.actor), ("since", &since)];
        stated.iter().fold(format!("?limit={limit}"), |query, (name, value)| match value {
            Some(value) => format!("{query}&{name}={}", segment(value)),
            None => query,
        })
    }
}

pub(super) async fn execute(action: AuditAction, client: &Client, style: Style) -> Result<Output, Failure> {
    let AuditAction::List(which) = action;
    let document = client.get(&format!("/audit{}", which.query())).await?;
    let entries = document.get("audit").and_then(Value::as_array);
    let text = render(entries.ok_or_else(|| client.not_provd("it lists no changes"))?, style);
    Ok(Output::Document { document, text })
}

fn render(entries: &[Value], style: Style) -> String {
    let row = |entry: &Value| {
        let changes: Vec<String> = items(entry, "changes").iter().map(text_of).collect();
        let mut cells = vec![cell(&second(&field(entry, "at")))];
        cells.extend(["actor", "action", "kind", "subject"].map(|key| cell(&field(entry, key))));
        cells.push(cell(&changes.join("; ")));
        cells
    };
    table(style, &LIST, entries.iter().map(row).collect(), "No such changes are recorded.")
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        which: Which,
    }

    #[test]
    fn a_change_is_a_line() {
        let entries = [json!({"at": "2026-03-01T12:00:01.250Z", "actor": "token admin", "action": "updated",
            "kind": "device", "subject": "a", "changes": ["model: 6730i → 6731i", "options"]})];
        let shown = render(&entries, Style { width: None, colour: false });
        let line = shown.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(line, "2026-03-01 12:00:01 token admin updated device a model: 6730i → 6731i; options");
    }

    #[test]
    fn what_is_wanted_is_asked_for() {
        let arguments =
            ["audit", "--kind", "config", "--actor", "token admin", "--since", "2026-01-31", "--limit", "5"];
        let which = Cli::try_parse_from(arguments).unwrap().which;
        let expected = "?limit=5&kind=config&actor=token%20admin&since=2026-01-31T00%3A00%3A00Z";
        assert_eq!(which.query(), expected);
        for wrong in
            [["audit", "--kind", "plugin"], ["audit", "--since", "lately"], ["audit", "--limit", "0"]]
        {
            assert!(Cli::try_parse_from(wrong).is_err(), "{wrong:?}");
        }
    }
}
