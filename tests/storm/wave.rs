//! Phones that boot, as `provd simulate` plays them, and what became of them.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use provd_tests::{Home, provd_binary};
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

/// How much longer than planned it may take: accounts are made first, and phones that are told so come back for five minutes.
const PATIENCE: Duration = Duration::from_mins(20);

/// Some phones, none of which any other wave has.
#[derive(Debug)]
pub(crate) struct Wave {
    /// Which one it is: decides on its phones and their addresses.
    pub(crate) number: u8,
    pub(crate) phones: u64,
    pub(crate) within: Duration,
    pub(crate) tftp_share: u8,
    pub(crate) impatient: u8,
}

/// What `provd simulate` said.
#[derive(Debug)]
pub(crate) struct Outcome(pub(crate) Value);

impl Wave {
    /// Makes their accounts, and boots them.
    pub(crate) async fn play(&self, home: &Home) -> Result<Outcome> {
        let mut command = Command::new(provd_binary()?);
        command.args(["simulate", "--family", "all", "--accounts", "--keep", "--json"]);
        command.args(["--count", &self.phones.to_string(), "--seed", &self.number.to_string()]);
        command.args(["--within", &format!("{}s", self.within.as_secs())]);
        command.args(["--tftp-share", &self.tftp_share.to_string()]);
        command.args(["--impatient", &self.impatient.to_string()]);
        command.args(["--from", &format!("127.{}.0.0/16", self.number)]);
        command.arg("--data-dir").arg(home.data_dir()).stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(self.within + PATIENCE, command.output()).await.context("it does not end")??;
        let said = serde_json::from_slice::<Value>(&output.stdout);
        let mut said = said.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        Ok(Outcome(said["simulation"].take()))
    }
}

impl Outcome {
    /// Boots in which everything was right, out of so many.
    pub(crate) fn right(&self) -> (u64, u64) {
        (number(&self.0["boots"]["right"]), number(&self.0["boots"]["planned"]))
    }

    /// Files that were another phone's.
    pub(crate) fn foreign(&self) -> u64 {
        ["another phone's account", "another phone's file"]
            .iter()
            .map(|why| number(&self.0["reasons"][why]))
            .sum()
    }

    /// How often phones were told to come back later, but for those of one family.
    pub(crate) fn later(&self, excused: Option<&str>) -> u64 {
        let steps = self.0["steps"].as_array().into_iter().flatten();
        let counted = steps.filter(|step| excused.is_none_or(|family| step["family"] != family));
        counted.map(|step| number(&step["later"])).sum()
    }

    /// A time that so many did not exceed, in seconds: `p50`, `p99`, `max`.
    pub(crate) fn seconds(&self, which: &str) -> f64 {
        self.0["milliseconds"][which].as_f64().unwrap_or(f64::INFINITY) / 1e3
    }

    /// In a line.
    pub(crate) fn in_words(&self) -> String {
        let time = |which| format!("{:.0} ms", self.seconds(which) * 1e3);
        let text = format!(
            "{} requests in {:.0} s, {} failed, {} told to come back; p50 {}, p99 {}, max {}",
            self.0["requests"],
            self.0["seconds"].as_f64().unwrap_or_default(),
            self.0["failed"],
            self.0["later"],
            time("p50"),
            time("p99"),
            time("max")
        );
        let wrong = self.0["wrong"].as_array().into_iter().flatten().map(|wrong| {
            let part = |key: &str| wrong[key].as_str().unwrap_or_default();
            format!("{} {}, {} times: {}", part("family"), part("step"), wrong["count"], part("came"))
        });
        std::iter::once(text).chain(wrong).collect::<Vec<_>>().join("\n  ")
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}
