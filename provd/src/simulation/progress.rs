//! How far it is, on the terminal that errors go to. Without a terminal nothing is shown.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use super::tally::Tally;

const BOOTS: &str = "[{bar:30}] {pos}/{len} boots {elapsed} {wide_msg}";
const ACCOUNTS: &str = "[{bar:30}] {pos}/{len} {wide_msg}";

/// A bar. Gone from the terminal when dropped.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of boots.
    pub(super) fn boots(end: u64) -> Progress {
        Progress::new(end, BOOTS)
    }

    /// Of accounts that are made.
    pub(super) fn accounts(end: u64) -> Progress {
        let progress = Progress::new(end, ACCOUNTS);
        progress.0.set_message("accounts made");
        progress
    }

    fn new(end: u64, template: &str) -> Progress {
        let bar = ProgressBar::new(end).with_finish(ProgressFinish::AndClear);
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Progress(bar.with_style(style.progress_chars("=> ")))
    }

    pub(super) fn position(&self, done: u64) {
        self.0.set_position(done);
    }

    #[expect(clippy::cast_precision_loss, reason = "it is shown without digits")]
    pub(super) fn show(&self, tally: &Tally, elapsed: Duration) {
        let (sent, failed) = tally.sum();
        let per_second = sent as f64 / elapsed.as_secs_f64().max(0.001);
        self.0.set_position(tally.boots);
        self.0.set_message(format!("{sent} requests, {per_second:.0}/s, {failed} failed"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sound() {
        for template in [BOOTS, ACCOUNTS] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
