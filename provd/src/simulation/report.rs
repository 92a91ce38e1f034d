//! What came of it all: a table for people, a document for programs. Neither holds a secret.

use std::io::{self, IsTerminal as _};

use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::run::Ended;
use super::tally::{StepTally, Tally, percentile};

/// A boot that begins later than this, in seconds, means that this machine cannot keep the rate.
const LATE: f64 = 0.25;

/// What there is to say.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) tally: &'a Tally,
    pub(super) ended: Ended,
    pub(super) phones: u64,
    pub(super) seed: u64,
    /// Boots that were to be.
    pub(super) planned: u64,
    pub(super) had_accounts: bool,
}

impl Report<'_> {
    /// Whether everything was asked, and every answer was right.
    pub(super) fn is_right(&self) -> bool {
        self.tally.right == self.planned && self.tally.sum().1 == 0
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut parts = vec![self.table()];
        parts.extend(self.tally.wrong.iter().map(|sample| self.wrong(sample)));
        if self.tally.unshown > 0 {
            parts.push(format!("… and {} more of other kinds", self.tally.unshown));
        }
        parts.push(self.sentences());
        parts.join("\n\n")
    }

    fn wrong(&self, sample: &super::tally::Sample) -> String {
        let step = &self.tally.steps[sample.place];
        let times = if sample.times == 1 { "once".to_owned() } else { format!("{} times", sample.times) };
        format!(
            "{} {}, {times}: {}\n  first   phone {} ({}, {})\n  expected {}\n  came     {}",
            step.family,
            step.step,
            sample.reason,
            sample.number,
            sample.model,
            sample.mac,
            sample.expected,
            sample.came
        )
    }

    fn sentences(&self) -> String {
        let (sent, failed) = self.tally.sum();
        let seconds = self.ended.after.as_secs_f64();
        let mut text = format!(
            "{} of {} boots were right: {sent} requests in {seconds:.1} s, {:.1} a second, {failed} failed.",
            self.tally.right,
            self.planned,
            self.per_second()
        );
        if self.ended.was_interrupted {
            text.push_str("\nIt was interrupted: what was under way is not counted.");
        }
        if self.lateness() > LATE {
            let late = format!("{:.1} s late", self.lateness());
            text.push_str("\nThis machine could not keep the rate: a boot began ");
            text.push_str(&late);
            text.push_str(". Times include that.");
        }
        if !self.had_accounts {
            text.push_str(
                "\nThe phones may now be devices of the server: they have no accounts of ours (--accounts).",
            );
        }
        text
    }

    fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if !io::stdout().is_terminal() {
            table.force_no_tty();
        }
        table.set_header([
            "FAMILY", "STEP", "SENT", "RIGHT", "FAILED", "LATER", "P50 MS", "P90 MS", "P99 MS", "MAX MS",
            "BYTES",
        ]);
        table.add_rows(self.shown().map(row));
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if index > 1 {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    /// Steps that were taken.
    fn shown(&self) -> impl Iterator<Item = &StepTally> {
        self.tally.steps.iter().filter(|step| step.sent > 0)
    }

    #[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
    fn per_second(&self) -> f64 {
        self.tally.sum().0 as f64 / self.ended.after.as_secs_f64().max(0.001)
    }

    fn lateness(&self) -> f64 {
        self.tally.latest.as_secs_f64()
    }

    /// For programs.
    pub(super) fn document(&self) -> Value {
        let (sent, failed) = self.tally.sum();
        let times = self.tally.times();
        let wrong = self.tally.wrong.iter().map(|sample| {
            let step = &self.tally.steps[sample.place];
            json!({
                "family": step.family, "step": step.step, "reason": sample.reason, "count": sample.times,
                "phone": sample.number, "mac": sample.mac, "model": sample.model,
                "expected": sample.expected, "came": sample.came,
            })
        });
        json!({"simulation": {
            "right": self.is_right(), "interrupted": self.ended.was_interrupted,
            "phones": self.phones, "seed": self.seed, "accounts": self.had_accounts,
            "boots": {"planned": self.planned, "done": self.tally.boots, "right": self.tally.right},
            "seconds": self.ended.after.as_secs_f64(),
            "requests": sent, "failed": failed, "reasons": self.tally.reasons(), "later": self.tally.later(),
            "milliseconds": milliseconds(|percent| percentile(times.as_ref(), percent)),
            "requests_per_second": self.per_second(),
            "latest_start_seconds": self.lateness(),
            "steps": self.shown().map(step).collect::<Vec<_>>(),
            "wrong": wrong.collect::<Vec<_>>(), "wrong_not_shown": self.tally.unshown,
        }})
    }
}

fn row(step: &StepTally) -> Vec<Cell> {
    let time = |percent| Cell::new(format!("{:.1}", step.percentile(percent)));
    let failed: u64 = step.failed.values().sum();
    vec![
        Cell::new(&step.family),
        Cell::new(&step.step),
        Cell::new(step.sent),
        Cell::new(step.right),
        Cell::new(failed),
        Cell::new(step.later),
        time(50.0),
        time(90.0),
        time(99.0),
        time(100.0),
        Cell::new(step.bytes),
    ]
}

fn step(step: &StepTally) -> Value {
    json!({
        "family": step.family, "step": step.step, "sent": step.sent, "right": step.right, "failed": step.failed,
        "later": step.later, "bytes": step.bytes,
        "milliseconds": milliseconds(|percent| step.percentile(percent)),
    })
}

/// What the table has of times.
fn milliseconds(percentile: impl Fn(f64) -> f64) -> Value {
    json!({
        "p50": percentile(50.0), "p90": percentile(90.0), "p99": percentile(99.0), "max": percentile(100.0),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::simulation::boot::End;
    use crate::simulation::fleet::tests::fleet;
    use crate::simulation::tally::Observation;
    use crate::simulation::verdict::Wrong;

    #[test]
    fn what_was_wrong_is_said_with_what_was_expected_and_without_secrets() {
        let fleet = fleet("aastra", 2);
        let mut tally = Tally::new(fleet.families());
        let phone = fleet.phone(0).unwrap();
        let last = phone.kind.steps.len() - 1;
        for verdict in [Ok(()), Err(Wrong::Foreign(1)), Err(Wrong::End(End::Status(500)))] {
            let time = Duration::from_millis(5);
            tally.count(&phone, last, Observation { time, bytes: 1, later: 0, verdict });
        }
        let ended = Ended { after: Duration::from_secs(2), was_interrupted: false };
        let report = Report { tally: &tally, ended, phones: 2, seed: 0, planned: 2, had_accounts: true };
        let text = report.text();
        for part in [
            "HTTP /Aastra/{MAC}.cfg",
            "another phone's account",
            "came     a file with the account of phone 1",
            "expected a file of its own with `sip line1 user name: {username}`",
            "0 of 2 boots were right: 3 requests in 2.0 s, 1.5 a second, 2 failed.",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let document = report.document();
        assert!(!text.contains(&phone.secret) && !document.to_string().contains(&phone.secret));
        assert_eq!(document["simulation"]["steps"][0]["failed"]["status 500"], 1);
        assert_eq!(document["simulation"]["reasons"]["status 500"], 1);
        assert!(document["simulation"]["milliseconds"]["max"].as_f64().unwrap() >= 5.0);
        assert!(!report.is_right());
    }
}
