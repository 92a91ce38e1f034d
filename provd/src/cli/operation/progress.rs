//! The bar that shows how far an operation is, on the terminal that errors go to. Without a terminal there is none.

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use serde_json::Value;

use super::super::table::{field, harmless, items, size};

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

    /// Shows how far an operation is, or the part of it that goes on.
    pub(super) fn show(&self, operation: &Value) {
        let part = items(operation, "parts").iter().find(|part| field(part, "state") == "progress");
        self.0.set_message(format!("{}{}", message(operation), part.map(told).unwrap_or_default()));
        let number = |key: &str| part.unwrap_or(operation).get(key).and_then(Value::as_u64);
        match number("end").filter(|end| *end > 0) {
            Some(end) => {
                if self.0.length().is_none() {
                    self.0.set_style(style(COUNTED));
                }
                self.0.set_length(end);
            }
            None if self.0.length().is_some() => {
                self.0.set_style(style(UNCOUNTED));
                self.0.unset_length();
            }
            None => {}
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

/// What goes on, and how much of it is done: parts that count, count bytes.
fn told(part: &Value) -> String {
    let counted = part.get("current").and_then(Value::as_u64).map(|current| format!(" {}", size(current)));
    format!(", {}{}", harmless(&field(part, "label")), counted.unwrap_or_default())
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
        let parts = json!([{"label": "download", "state": "success", "current": 9, "end": 9},
            {"label": "unpack", "state": "progress", "current": 1024, "end": 4096}]);
        progress.show(&json!({"number": 7, "what": "install", "parts": parts}));
        assert_eq!((progress.0.length(), progress.0.position()), (Some(4096), 1024));
        assert_eq!(progress.0.message(), "Operation 7: install, unpack 1.0 KiB");
        progress.show(&json!({"number": 7, "what": "install"}));
        assert_eq!(progress.0.length(), None);
    }
}
