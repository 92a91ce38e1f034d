//! A document a line, each wrapped in what it is of.

use serde_json::Value;

use super::{Kind, Line};

/// The documents of a text.
pub(super) fn read(text: &str, only: Option<Kind>) -> impl Iterator<Item = Line> + Send + '_ {
    let lines = (1..).zip(text.split('\n')).filter(|(_, line)| !line.trim().is_empty());
    lines.map(move |(number, line)| of_line(number, line, only))
}

fn of_line(number: u64, line: &str, only: Option<Kind>) -> Line {
    let wrapped = match serde_json::from_str(line) {
        Ok(Value::Object(wrapped)) => wrapped,
        Ok(_) => return Line::wrong(number, only, EXPECTED),
        Err(error) => {
            return Line::wrong(number, only, format!("this is not JSON, at character {}", error.column()));
        }
    };
    let mut entries = wrapped.into_iter();
    let (kind, document) = match (entries.next(), entries.next()) {
        (Some((key, Value::Object(document))), None) if key == Kind::Device.as_str() => {
            (Kind::Device, document)
        }
        (Some((key, Value::Object(document))), None) if key == Kind::Config.as_str() => {
            (Kind::Config, document)
        }
        _ => return Line::wrong(number, only, EXPECTED),
    };
    if only.is_some_and(|only| only != kind) {
        return Line::wrong(
            number,
            Some(kind),
            format!("only another kind than {} was asked for", kind.as_str()),
        );
    }
    Line { number, kind: Some(kind), document: Ok(document) }
}

const EXPECTED: &str = "expected {\"device\": {…}} or {\"config\": {…}}";
