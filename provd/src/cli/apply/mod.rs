//! `provd apply`: configs and devices become what files say, once somebody has seen what that changes.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::EXIT_CODES;
use super::client::{Client, Received};
use super::connection::Connection;
use super::failure::Failure;
use super::import::report::{changes_something, refusal, summary};
use super::import::{JSON_LINES, finish, inner};
use super::output::Output;
use super::table::{Style, field, harmless, items};
use declared::Declared;

mod declared;
mod difference;
mod files;

const HELP: &str = "\
Examples:
  provd apply -f site.toml
  provd apply -f configs/ -f phones.yaml --dry-run
  provd apply -f site.json --yes

A file is TOML, JSON or YAML and holds `configs` and `devices`, each a list of
documents as REST has them; a folder stands for all such files right in it:

  [[configs]]
  id = \"base\"
  parent_ids = []
  raw_config = { ntp_enabled = true, ntp_ip = \"192.0.2.1\" }

  [[devices]]
  mac = \"00:08:5d:23:74:29\"
  config = \"base\"

A config becomes exactly what its file says. A device keeps what its file does
not state. What no file names stays as it is. All of it is stored, or nothing.";

/// Warnings that are shown.
const WARNINGS: usize = 50;

/// `provd apply`
#[derive(Debug, Args)]
#[command(after_help = format!("{HELP}\n\n{EXIT_CODES}\n\nIt ends with 1 as well if all is stored, but phones cannot be configured."))]
pub struct ApplyCommand {
    #[command(flatten)]
    pub(super) connection: Connection,
    #[command(flatten)]
    pub(super) wanted: Wanted,
}

/// What to apply, and how.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// A file, or a folder with files
    #[arg(long = "file", short, value_name = "FILE|DIR", required = true)]
    files: Vec<PathBuf>,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    /// Only show what would change; ends with 5 if anything would
    #[arg(long, visible_alias = "diff", conflicts_with = "yes")]
    dry_run: bool,

    /// Do not wait until the phones are configured
    #[arg(long)]
    no_wait: bool,
}

pub(super) async fn execute(wanted: &Wanted, client: &Client, style: Style) -> Result<Output, Failure> {
    let declared = files::read(&wanted.files)?;
    let trial = send(&declared, true, client).await?;
    let report = inner(&trial.document);
    if !changes_something(report) {
        let text = warned(report, &declared, &format!("Nothing changes. {}", summary(report)));
        return Ok(Output::Document { document: trial.document, text });
    }
    let shown = warned(report, &declared, &difference::text(report, &declared, client, style).await?);
    let sum = summary(report);
    if wanted.dry_run {
        let output = Output::Document { text: shown, document: trial.document };
        return Err(Failure::WouldChange { output: Box::new(output), why: sum });
    }
    if !wanted.yes {
        ask(&format!("{shown}\n\n{sum}"))?;
    }
    let received = send(&declared, false, client).await?;
    let text = outcome(&trial.document, &received.document);
    let text = warned(inner(&received.document), &declared, &text);
    finish(received, text, wanted.no_wait, client).await
}

/// Sends what files declare. If anything is wrong with it, that is told by file.
async fn send(declared: &[Declared], dry_run: bool, client: &Client) -> Result<Received, Failure> {
    let lines: String = declared.iter().map(Declared::line).collect();
    let received = client.send_file(&format!("/import?dry_run={dry_run}"), JSON_LINES, lines.into()).await?;
    if !received.is_refused {
        return Ok(received);
    }
    let text = reasons(items(inner(&received.document), "errors"), declared);
    let why = refusal(&received.document, "what is to be applied");
    Err(Failure::in_part(Output::Document { document: received.document, text }, why))
}

/// Text below what is possible, but perhaps not meant.
fn warned(report: &Value, declared: &[Declared], text: &str) -> String {
    let warnings = items(report, "warnings");
    let more = match warnings.len().saturating_sub(WARNINGS) {
        0 => String::new(),
        more => format!("\nand {more} more (--json shows them)"),
    };
    match reasons(&warnings[..warnings.len().min(WARNINGS)], declared) {
        reasons if reasons.is_empty() => text.to_owned(),
        reasons => format!("Perhaps not meant:\n{reasons}{more}\n\n{text}"),
    }
}

fn reasons(remarks: &[Value], declared: &[Declared]) -> String {
    let reason = |remark: &Value| match declared::at(declared, remark) {
        Some(declared) => harmless(&format!("{declared}: {}", field(remark, "reason"))),
        None => harmless(&field(remark, "reason")),
    };
    remarks.iter().map(reason).collect::<Vec<_>>().join("\n")
}

/// Shows what is about to happen, and waits for a yes.
fn ask(shown: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::Usage(
            "nobody can be asked without a terminal: say --yes to apply it, or --dry-run to see it"
                .to_owned(),
        ));
    }
    let mut stderr = io::stderr();
    write!(stderr, "{shown}\n\nApply this? [y/N] ").and_then(|()| stderr.flush()).map_err(Failure::Output)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Failure::Output)?;
    if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(Failure::Usage("nothing is applied".to_owned()))
}

/// What was done. If it is not what was shown, because somebody else changed something meanwhile, that is said.
fn outcome(shown: &Value, done: &Value) -> String {
    let sum = summary(inner(done));
    let changes = |document: &Value| -> Vec<Value> {
        let what =
            |change: &Value| Value::from_iter(["line", "action", "changes"].map(|key| change[key].clone()));
        items(inner(document), "changes").iter().map(what).collect()
    };
    if changes(shown) == changes(done) {
        return sum;
    }
    format!(
        "{sum} Somebody else changed something meanwhile, so it is not quite what was shown: see `provd audit`."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn device(place: usize) -> Declared {
        Declared { file: "site.toml".into(), kind: "device", place, document: Map::new() }
    }

    #[test]
    fn what_is_perhaps_not_meant_is_said() {
        let warnings = |count: usize| -> Vec<Value> {
            (1..=count)
                .map(|line| json!({"line": line, "reason": "the plugin\u{7} is not installed"}))
                .collect()
        };
        let declared: Vec<Declared> = (1..=60).map(device).collect();
        let said = |count| warned(&json!({"warnings": warnings(count)}), &declared, "Updated 1 device.");
        assert_eq!(said(0), "Updated 1 device.");
        let one =
            "Perhaps not meant:\nsite.toml: device 1: the plugin\\u{7} is not installed\n\nUpdated 1 device.";
        assert_eq!(said(1), one);
        assert!(said(60).ends_with("\nand 10 more (--json shows them)\n\nUpdated 1 device."), "{}", said(60));
    }
}
