//! The bar that shows how far an operation is, on the terminal that errors go to. Without a terminal there is none.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use serde_json::Value;

use super::super::table::{field, harmless};

const COUNTED: &str = "[{bar:30}] {pos}/{len} {elapsed} {wide_msg}";
const UNCOUNTED: &str = "{spinner} {elapsed} {wide_msg}";

/// A bar. Gone from the terminal when dropped.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar of which nothing is known yet.
    pub(super) fn new() -> Progress {
        let bar = ProgressBar::no_length().with_finish(ProgressFinish::AndClear);
        Progress(bar.with_style(style(UNCOUNTED)))
    }

    /// Shows how far an operation is.
    pub(super) fn show(&self, operation: &Value) {
        self.0.set_message(message(operation));
        let number = |key: &str| operation.get(key).and_then(Value::as_u64);
        if let Some(end) = number("end").filter(|end| *end > 0) {
            if self.0.length().is_none() {
                self.0.set_style(style(COUNTED));
            }
            self.0.set_length(end);
        }
        self.0.set_position(number("current").unwrap_or(0));
        self.0.tick();
    }
}

/// What is done, how to look at it again, and how many devices went wrong so far.
fn message(operation: &Value) -> String {
    let what = harmless(&field(operation, "what")).replace('\n', " ");
    let failed = match operation.get("failed").and_then(Value::as_u64) {
        None | Some(0) => String::new(),
        Some(failed) => format!(", {failed} failed"),
    };
    format!("Operation {}: {what}{failed}", field(operation, "number"))
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates_are_sound() {
        for template in [COUNTED, UNCOUNTED] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn a_bar_follows_its_operation() {
        let progress = Progress(ProgressBar::hidden());
        progress.show(&json!({"number": 7, "what": "configure\ndevices", "current": null, "end": null}));
        assert_eq!((progress.0.length(), progress.0.position()), (None, 0));
        progress.show(&json!({"number": 7, "what": "configure", "current": 3, "end": 20, "failed": 2}));
        assert_eq!((progress.0.length(), progress.0.position()), (Some(20), 3));
        assert_eq!(progress.0.message(), "Operation 7: configure, 2 failed");
    }
}
