//! What an operation that ended is to its administrator: done, or failed, and with which devices.

use serde_json::Value;

use super::super::failure::Failure;
use super::super::output::Output;
use super::super::table::{field, harmless, items};

/// Failures of single devices that are shown; the others are only counted.
const SHOWN: usize = 20;

/// Whether an operation that ended did not do all it should.
pub(in crate::cli) fn has_failed(operation: &Value) -> bool {
    field(operation, "state") == "fail"
}

/// Success, or why not and with which devices.
pub(in crate::cli) fn outcome(operation: Value) -> Result<Output, Failure> {
    let what = harmless(&field(&operation, "what"));
    let reason = harmless(&field(&operation, "reason"));
    let failures = failures_of(&operation);
    if has_failed(&operation) {
        let why = [vec![format!("{what}: {reason}")], failures].concat().join("\n");
        return Err(Failure::in_part(Output::Document { document: operation, text: String::new() }, why));
    }
    let text = if reason.is_empty() { format!("{what}: done.") } else { format!("{what}: {reason}.") };
    Ok(Output::Document { document: operation, text })
}

/// A line for each of the first devices that went wrong, and one that counts the others.
pub(in crate::cli) fn failures_of(operation: &Value) -> Vec<String> {
    let failures = items(operation, "failures");
    let pairs: Vec<_> =
        failures.iter().map(|failure| (field(failure, "device"), field(failure, "reason"))).collect();
    let all = operation.get("failed").and_then(Value::as_u64).and_then(|all| usize::try_from(all).ok());
    failure_lines(&pairs, all.unwrap_or(pairs.len()))
}

/// The same of devices and reasons known otherwise; `all` is how many there are.
pub(in crate::cli) fn failure_lines(failures: &[(String, String)], all: usize) -> Vec<String> {
    let line = |(device, reason): &(String, String)| format!("  {}: {}", harmless(device), harmless(reason));
    let mut lines: Vec<String> = failures.iter().take(SHOWN).map(line).collect();
    if all > lines.len() && !lines.is_empty() {
        lines.push(format!("  and {} more", all - lines.len()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn success_is_told_in_the_servers_words() {
        for (reason, text) in
            [(json!("3 phones were told"), "sync: 3 phones were told."), (json!(null), "sync: done.")]
        {
            let operation = json!({"what": "sync", "state": "success", "reason": reason, "failures": []});
            let Ok(Output::Document { text: said, document }) = outcome(operation.clone()) else { panic!() };
            assert_eq!((said.as_str(), document), (text, operation));
        }
    }

    #[test]
    fn a_failure_names_devices_and_counts_the_rest() {
        let failures: Vec<_> =
            (0..30).map(|number| json!({"device": format!("d{number}"), "reason": "no line\u{7}"})).collect();
        let operation = json!({"what": "sync", "state": "fail", "reason": "40 of 50 phones could not be told",
            "failed": 40, "failures": failures});
        let failure = outcome(operation).unwrap_err();
        let said = failure.to_string();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!((failure.exit_code(), lines.len()), (1, 22));
        assert_eq!(lines[0], "sync: 40 of 50 phones could not be told");
        assert_eq!((lines[1], lines[21]), ("  d0: no line\\u{7}", "  and 20 more"));
    }
}
