//! What a server says of a file, for people: how much changes, what would, and what is wrong with which line.

use serde_json::Value;

use super::inner;
use crate::cli::columns::Columns;
use crate::cli::table::{Style, cell, field, is_true, items, table, text_of};

/// Changes that are shown of a trial, and lines of each other table.
const SHOWN: usize = 50;

const CHANGES: Columns = Columns {
    headings: &["LINE", "KIND", "ID", "ACTION", "CHANGES"],
    dispensable: &["KIND", "LINE"],
    breaks: Some("CHANGES"),
};
const REMARKS: Columns = Columns {
    headings: &["LINE", "KIND", "ID", "REASON"],
    dispensable: &["KIND", "ID"],
    breaks: Some("REASON"),
};

/// All there is to say.
pub(in crate::cli) fn text(document: &Value, style: Style) -> String {
    let report = inner(document);
    let errors = items(report, "errors");
    let mut parts = Vec::new();
    if is_true(report, "dry_run") && errors.is_empty() {
        parts.extend(changes(report, style));
    }
    parts.extend(remarks(errors, count(report, "errors_in_all"), "", style));
    let warnings = items(report, "warnings");
    parts.extend(remarks(warnings, warnings.len() as u64, "Perhaps not meant:\n", style));
    if errors.is_empty() {
        parts.push(summary(report));
    }
    parts.join("\n\n")
}

/// Why nothing is stored.
pub(in crate::cli) fn refusal(document: &Value, file: &str) -> String {
    match count(inner(document), "errors_in_all") {
        1 => format!("{file}: something is wrong with one line: nothing is stored"),
        errors => format!("{file}: {errors} things are wrong: nothing is stored"),
    }
}

/// `Created 3 devices and 1 config; updated 2 devices; 5 devices are so already.`
pub(in crate::cli) fn summary(report: &Value) -> String {
    let (create, update) = if is_true(report, "dry_run") {
        ("It would create", "it would update")
    } else {
        ("Created", "updated")
    };
    let created = report.get("created").map(counted).unwrap_or_default();
    let updated = report.get("updated").map(counted).unwrap_or_default();
    let unchanged = report.get("unchanged").map(counted).unwrap_or_default();
    let mut parts = Vec::new();
    if !created.is_empty() {
        parts.push(format!("{create} {created}"));
    }
    if !updated.is_empty() {
        parts.push(format!("{update} {updated}"));
    }
    if !unchanged.is_empty() {
        parts.push(format!("as the file has it already: {unchanged}"));
    }
    let mut text = parts.join("; ");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    format!("{text}.")
}

/// Whether anything is new or changed.
pub(in crate::cli) fn changes_something(report: &Value) -> bool {
    ["created", "updated"].iter().any(|done| {
        let counts = report.get(*done);
        counts.is_some_and(|counts| count(counts, "devices") + count(counts, "configs") > 0)
    })
}

fn counted(counts: &Value) -> String {
    let of = |key: &str| match count(counts, key) {
        0 => None,
        1 => Some(format!("1 {}", key.trim_end_matches('s'))),
        number => Some(format!("{number} {key}")),
    };
    ["devices", "configs"].into_iter().filter_map(of).collect::<Vec<_>>().join(" and ")
}

fn count(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

fn changes(report: &Value, style: Style) -> Option<String> {
    let changed: Vec<&Value> =
        items(report, "changes").iter().filter(|change| field(change, "action") != "unchanged").collect();
    let row = |change: &&Value| {
        let texts: Vec<String> = items(change, "changes").iter().map(text_of).collect();
        let mut cells: Vec<_> = ["line", "kind", "id", "action"].map(|key| cell(&field(change, key))).into();
        cells.push(cell(&texts.join(", ")));
        cells
    };
    let rows: Vec<_> = changed.iter().take(SHOWN).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let all = count(&report["created"], "devices")
        + count(&report["created"], "configs")
        + count(&report["updated"], "devices")
        + count(&report["updated"], "configs");
    Some(and_more(table(style, &CHANGES, rows, ""), all))
}

fn remarks(remarks: &[Value], all: u64, heading: &str, style: Style) -> Option<String> {
    let row = |remark: &Value| ["line", "kind", "id", "reason"].map(|key| cell(&field(remark, key))).to_vec();
    let rows: Vec<_> = remarks.iter().take(SHOWN).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    Some(and_more(format!("{heading}{}", table(style, &REMARKS, rows, "")), all))
}

fn and_more(text: String, all: u64) -> String {
    match all.saturating_sub(SHOWN as u64) {
        0 => text,
        more => format!("{text}\nand {more} more (--json shows them)"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PIPE: Style = Style { width: None, colour: false };

    #[test]
    fn what_was_done_is_summed_up() {
        for (report, said) in [
            (
                json!({"created": {"devices": 3, "configs": 1}, "updated": {"devices": 1, "configs": 0}}),
                "Created 3 devices and 1 config; updated 1 device.",
            ),
            (json!({"updated": {"devices": 2, "configs": 0}}), "Updated 2 devices."),
            (
                json!({"dry_run": true, "unchanged": {"devices": 0, "configs": 2}}),
                "As the file has it already: 2 configs.",
            ),
        ] {
            assert_eq!(summary(&report), said);
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let errors: Vec<_> = (2..90)
            .map(|line| json!({"line": line, "kind": "device", "id": null, "reason": "mac: x"}))
            .collect();
        let document = json!({"import": {"errors": errors, "errors_in_all": 2000}});
        let text = text(&document, PIPE);
        assert!(text.starts_with("LINE  KIND    ID  REASON\n2     device      mac: x\n"), "{text}");
        assert!(text.ends_with("and 1950 more (--json shows them)"), "{text}");
        assert!(refusal(&document, "a.csv").starts_with("a.csv: 2000 things"));
    }
}
