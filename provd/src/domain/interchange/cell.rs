//! What the cells of a table stand for, by their column: text, or what the parameter of a phone holds.
//!
//! A cell that a spreadsheet could take for a formula is written with an apostrophe before it, and read without.

use std::sync::LazyLock;

use serde_json::Value;

use super::Kind;
use crate::domain::raw_config::{self, lenient_bool};

/// The parameters of phones as JSON Schema, which knows what each holds.
static PARAMETERS: LazyLock<Value> = LazyLock::new(raw_config::schema);

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What a cell stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Text,
    /// Text, unless it is JSON that reads back as it was written.
    Anything,
    Boolean,
    Number,
    /// Texts with commas between them, or a JSON list.
    List,
    Json,
}

impl Content {
    fn of(kind: Kind, path: &[String]) -> Content {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        match (kind, names.as_slice()) {
            (Kind::Device, ["options"]) | (Kind::Config, ["raw_config"]) => Content::Json,
            (Kind::Device, ["options", ..]) => Content::Anything,
            (Kind::Config, ["parent_ids"]) => Content::List,
            (Kind::Config, ["transient" | "deletable"]) => Content::Boolean,
            (Kind::Config, ["raw_config", names @ ..]) => Content::of_parameter(&PARAMETERS, names),
            _ => Content::Text,
        }
    }

    fn of_parameter(schema: &Value, names: &[&str]) -> Content {
        let Some((name, below)) = names.split_first() else { return Content::of_schema(schema) };
        let entry = schema.get("properties").and_then(|known| known.get(name));
        match entry.or_else(|| schema.get("additionalProperties").filter(|entries| entries.is_object())) {
            Some(schema) => Content::of_parameter(schema, below),
            None => Content::Text,
        }
    }

    fn of_schema(schema: &Value) -> Content {
        let kind = schema.get("type");
        let is = |name: &str| match kind {
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
            kind => kind.is_some_and(|kind| kind == name),
        };
        if is("boolean") {
            Content::Boolean
        } else if is("integer") {
            Content::Number
        } else if is("array") || is("object") {
            Content::Json
        } else {
            Content::Text
        }
    }
}

/// What the text in a cell stands for. Whether that is sound is for others to say: what is no number stays text.
pub(super) fn value_of(kind: Kind, path: &[String], cell: &str) -> Result<Value, String> {
    let text = without_apostrophe(cell);
    Ok(match Content::of(kind, path) {
        Content::Text => text.into(),
        Content::Anything => lossless(text),
        Content::Boolean => match lenient_bool(&text.trim().into()) {
            Some(value) => value.into(),
            None => text.into(),
        },
        Content::Number => text.trim().parse::<u64>().map_or_else(|_| text.into(), Value::from),
        Content::List if !text.trim_start().starts_with('[') => {
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()
        }
        Content::List | Content::Json => json(text)?,
    })
}

/// What the JSON in a cell stands for.
pub(super) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("expected JSON, and it is none at character {}", error.column()))
}

fn lossless(text: &str) -> Value {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return text.into() };
    let written = value.to_string();
    if written == text { value } else { text.into() }
}

/// A value as the text of a cell, if it reads back as this value.
pub(super) fn text_of(kind: Kind, path: &[String], value: &Value) -> Option<String> {
    let mut spellings = Vec::new();
    match value {
        Value::String(text) => spellings.push(text.clone()),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            spellings.extend(texts.map(|texts| texts.join(",")));
            spellings.push(value.to_string());
        }
        value => spellings.push(value.to_string()),
    }
    let reads_back =
        |cell: &String| !cell.is_empty() && value_of(kind, path, cell).is_ok_and(|read| read == *value);
    spellings.into_iter().map(with_apostrophe).find(reads_back)
}

fn with_apostrophe(text: String) -> String {
    if is_formula(&text) { format!("'{text}") } else { text }
}

fn without_apostrophe(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}

/// Whether a spreadsheet could calculate with it, apostrophes before it aside. Numbers of telephones are none.
fn is_formula(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    text.starts_with(FORMULA)
        && !text.chars().all(|character| character.is_ascii_digit() || "+- ./()".contains(character))
}
