//! The table of all findings, and the same as a file that a later run can be compared with.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::finding::{Finding, Goal};

/// What an earlier run found.
#[derive(Debug, Default)]
pub(crate) struct Baseline(Vec<(String, f64)>);

impl Baseline {
    /// What `--json` wrote.
    pub(crate) fn read(path: &Path) -> Result<Baseline> {
        let text = fs::read(path).with_context(|| path.display().to_string())?;
        let document: Value = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
        let findings = document["findings"].as_array().context("no findings in it")?;
        let pair = |finding: &Value| Some((finding["case"].as_str()?.to_owned(), finding["value"].as_f64()?));
        Ok(Baseline(findings.iter().filter_map(pair).collect()))
    }

    /// How many times what it was then.
    fn ratio(&self, finding: &Finding) -> Option<f64> {
        let (_, before) = self.0.iter().find(|(case, _)| *case == finding.case)?;
        Some(finding.value()? / before)
    }
}

/// All of it.
pub(crate) fn document(machine: &Value, findings: &[Finding], baseline: Option<&Baseline>) -> Value {
    let one = |finding: &Finding| {
        let mut document = finding.to_json();
        if let Some(ratio) = baseline.and_then(|baseline| baseline.ratio(finding)) {
            document["of_baseline"] = json!(ratio);
        }
        document
    };
    json!({ "machine": machine, "findings": findings.iter().map(one).collect::<Vec<_>>() })
}

/// For people.
pub(crate) fn print(findings: &[Finding], baseline: Option<&Baseline>) {
    let mut rows = vec![["case", "goal", "result", "verdict", "then"].map(str::to_owned)];
    for finding in findings {
        let then = baseline.and_then(|baseline| baseline.ratio(finding));
        let then = then.map_or(String::new(), |ratio| format!("× {ratio:.2}"));
        let verdict = verdict(finding).to_owned();
        rows.push([finding.case.clone(), goal(finding.goal), result(finding), verdict, then]);
    }
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    if baseline.is_none() {
        widths[4] = 0;
        rows[0][4].clear();
    }
    let asides = std::iter::once("behind it").chain(findings.iter().map(|finding| finding.aside.as_str()));
    for (row, aside) in rows.iter().zip(asides) {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        println!("{}  {aside}", cells.collect::<Vec<_>>().join("  "));
    }
}

/// A number and what it is.
pub(crate) fn result(finding: &Finding) -> String {
    finding.value().map_or("–".to_owned(), |value| format!("{} {}", number(value), finding.unit))
}

/// What it should be.
pub(crate) fn goal(goal: Goal) -> String {
    match goal {
        Goal::AtLeast(least) => format!("≥ {}", number(least)),
        Goal::AtMost(most) => format!("≤ {}", number(most)),
        Goal::None => String::new(),
    }
}

fn verdict(finding: &Finding) -> &'static str {
    match finding.is_met() {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    }
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
