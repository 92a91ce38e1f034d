//! What came of checks: for people as it happens, and for programs as a whole.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use super::catalogue::Check;
use super::{Checked, Finding};

/// What came of all plugins of a folder.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) plugins: Vec<PluginReport>,
}

/// What came of one plugin.
#[derive(Debug)]
pub(super) struct PluginReport {
    id: String,
    version: String,
    checks: Vec<(&'static str, Value)>,
}

impl PluginReport {
    pub(super) fn new(id: &str, version: &str) -> PluginReport {
        PluginReport { id: id.to_owned(), version: version.to_owned(), checks: Vec::new() }
    }

    /// Notes what came of a check, and gives it in a line.
    pub(super) fn add(&mut self, check: &Check, outcome: Checked) -> String {
        let (verdict, evidence) = match outcome {
            Ok(evidence) => ("pass", evidence),
            Err(Finding::Failed(why)) => ("fail", why),
            Err(Finding::Skipped(why)) => ("skip", why),
        };
        let Check { id, demands, contract, .. } = check;
        self.checks.push((
            verdict,
            json!({"id": id, "verdict": verdict, "evidence": evidence, "demands": demands, "contract": contract}),
        ));
        let evidence = evidence.replace('\n', "\n        ");
        match verdict {
            "fail" => format!("  FAIL  {id}: {evidence}\n        {contract}: {demands}"),
            _ => format!("  {verdict}  {id}: {evidence}"),
        }
    }

    fn document(&self) -> Value {
        let checks: Vec<&Value> = self.checks.iter().map(|(_, check)| check).collect();
        json!({"id": self.id, "version": self.version, "checks": checks})
    }
}

impl Report {
    /// Whether something passed, and nothing failed.
    pub(super) fn is_good(&self) -> bool {
        self.count("fail") == 0 && self.count("pass") > 0
    }

    fn count(&self, verdict: &str) -> usize {
        let all = self.plugins.iter().flat_map(|plugin| &plugin.checks);
        all.filter(|(is, _)| *is == verdict).count()
    }

    /// For programs.
    pub(super) fn document(&self) -> Value {
        let plugins: Vec<Value> = self.plugins.iter().map(PluginReport::document).collect();
        let [passed, failed, skipped] = ["pass", "fail", "skip"].map(|verdict| self.count(verdict));
        json!({"plugins": plugins, "passed": passed, "failed": failed, "skipped": skipped})
    }

    /// The end of what people read, or all that programs do.
    pub(super) fn print(&self, json: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if json {
            return writeln!(out, "{:#}", self.document());
        }
        let [passed, failed, skipped] = ["pass", "fail", "skip"].map(|verdict| self.count(verdict));
        let verdict = if self.is_good() { "keeps the contract" } else { "does not keep the contract" };
        writeln!(out, "It {verdict}: {passed} passed, {failed} failed, {skipped} skipped.")
    }
}
