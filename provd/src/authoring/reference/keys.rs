//! A schema as tables: one of the keys at the top, one of each table below them.

use std::fmt::Write as _;

use serde_json::Value;

use super::{cell, code};

/// Writes all tables of a schema.
pub(super) fn write(schema: &Value, page: &mut String) {
    write_table("Head", schema, page);
    write_below(schema, "", page);
}

/// The tables below this one, each followed by those below it.
fn write_below(schema: &Value, above: &str, page: &mut String) {
    for (name, key) in properties(schema) {
        let Some(table) = table_of(key) else { continue };
        let path = format!("{above}{name}");
        let heading = if table == key { format!("`[{path}]`") } else { format!("`[[{path}]]`") };
        write_table(&heading, &described(key, table), page);
        write_below(table, &format!("{path}."), page);
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

/// The table with keys of its own that a key holds, alone or in a list. Where nothing is said of the keys they are only names.
fn table_of(key: &Value) -> Option<&Value> {
    let is_said =
        |(_, key): (&String, &Value)| [key, &key["items"]].iter().any(|at| at["description"].is_string());
    [key, &key["items"]].into_iter().find(|table| properties(table).any(is_said))
}

/// A table with what is said of it, be it said of the list.
fn described(key: &Value, table: &Value) -> Value {
    let mut table = table.clone();
    if table["description"].is_null() {
        table["description"] = key["description"].clone();
    }
    table
}

fn write_table(heading: &str, schema: &Value, page: &mut String) {
    let _ = write!(page, "\n### {heading}\n\n");
    if let Some(what) = schema["description"].as_str() {
        let _ = write!(page, "{}\n\n", what.replace('\n', " "));
    }
    page.push_str("| Key | Holds | Default | Meaning |\n|---|---|---|---|\n");
    let needed = schema["required"].as_array();
    for (name, key) in properties(schema).filter(|(_, key)| table_of(key).is_none()) {
        let is_needed = needed.is_some_and(|needed| needed.contains(&Value::from(name.as_str())));
        let default = if is_needed { "needed".to_owned() } else { default(&key["default"]) };
        let what = key["description"].as_str().unwrap_or_default();
        let _ = writeln!(page, "| `{name}` | {} | {default} | {} |", cell(&holds(key)), cell(what));
    }
}

/// A default that is worth saying: neither empty nor absent.
fn default(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => code(text),
        Value::Bool(_) | Value::Number(_) => code(&value.to_string()),
        _ => "–".to_owned(),
    }
}

fn holds(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().filter_map(Value::as_str).map(code).collect();
        return words.join(", ");
    }
    if let Some(alternatives) = schema["anyOf"].as_array() {
        return alternatives.iter().map(holds).collect::<Vec<_>>().join(" or ");
    }
    match schema["type"].as_str() {
        Some("string") => "text".to_owned(),
        Some("integer") => "a whole number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => format!("a list, each item {}", holds(&schema["items"])),
        Some("object") => table_holds(schema),
        _ => "anything".to_owned(),
    }
}

fn table_holds(schema: &Value) -> String {
    let names: Vec<String> = properties(schema).map(|(name, _)| code(name)).collect();
    match (properties(schema).next(), &schema["additionalProperties"]) {
        (Some((_, value)), _) => format!("a table of {}, each {}", names.join(", "), holds(value)),
        (None, values @ Value::Object(_)) => format!("a table, each value {}", holds(values)),
        (None, _) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_says_what_it_holds() {
        let option = json!({"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "boolean"}}]});
        assert_eq!(holds(&option), "text or a table, each value true or false");
        assert_eq!(
            holds(&json!({"type": "array", "items": {"enum": ["sip", "sccp"]}})),
            "a list, each item `sip`, `sccp`"
        );
    }

    #[test]
    fn tables_follow_the_one_they_are_in() {
        let inner = json!({"type": "object", "properties": {"deep": {"type": "integer", "default": 0, "description": "Down."}}});
        let list = json!({"type": "array", "description": "Many.", "items": inner});
        let schema = json!({"required": ["a"], "properties": {
            "a": {"type": "string", "description": "One | two."}, "list": list,
        }});
        let mut page = String::new();
        write(&schema, &mut page);
        assert!(
            page.contains("| `a` | text | needed | One \\| two. |\n\n### `[[list]]`\n\nMany.\n\n"),
            "{page}"
        );
        assert!(page.ends_with("| `deep` | a whole number | `0` | Down. |\n"), "{page}");
    }
}
