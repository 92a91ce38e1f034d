//! What another version of a plugin changes for its phones, as it was found out before it takes over.

use serde_json::Value;

use super::super::output::Output;
use super::super::table::{field, harmless, items};

/// Adds what was found to how the operation ended.
pub(super) fn with_findings(ended: Output) -> Output {
    let Output::Document { document, mut text } = ended else { return ended };
    if let Some(findings) = document.get("findings") {
        text.push('\n');
        text.push_str(&render(findings));
    }
    Output::Document { document, text }
}

fn render(findings: &Value) -> String {
    let count = |key| field(findings, key);
    let mut lines = vec![format!(
        "Version {}: of {} phones {} get other files, {} the same, {} cannot be configured, {} now can.",
        harmless(&count("version")),
        count("devices"),
        count("changed"),
        count("same"),
        count("lost"),
        count("mended"),
    )];
    let changes = items(findings, "changes");
    for change in changes {
        let device = harmless(&field(change, "device"));
        for file in items(change, "files") {
            lines.push(format!("{device}: {} {}", harmless(&field(file, "path")), field(file, "change")));
            lines.extend(field(file, "diff").lines().map(|line| format!("  {}", harmless(line))));
        }
    }
    let all = findings.get("changed").and_then(Value::as_u64).unwrap_or(0);
    let more = all.saturating_sub(changes.len() as u64);
    if more > 0 {
        lines.push(format!("and {more} more phones"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn changes_are_shown_and_the_rest_is_counted() {
        let file = json!({"path": "a.cfg", "change": "changed", "diff": "-x\n+y\n"});
        let findings = json!({"version": "2", "devices": 3, "same": 1, "changed": 2, "lost": 0, "mended": 0,
            "changes": [{"device": "d", "files": [file]}]});
        let shown = render(&findings);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1..], ["d: a.cfg changed", "  -x", "  +y", "and 1 more phones"]);
        assert!(
            lines[0].starts_with("Version 2: of 3 phones 2 get other files, 1 the same, 0 cannot"),
            "{shown}"
        );
    }
}
