//! Selectors of REST 0.2: which documents are looked for, by what they hold.
//!
//! A selector is read once, with words for what is wrong with it, and then compared with any number of documents. How a
//! database may find those documents sooner is not known here.

mod equality;
mod invalid;
mod reading;

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Map, Value};
use thiserror::Error;

pub use equality::equal;
pub use invalid::InvalidSelector;

use equality::{canonical, compare};
use invalid::Shown;

/// What a document must hold: all of these conditions. Without any, every document is meant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selector {
    conditions: Vec<Condition>,
}

/// What the values that a document offers for a key must be: all of these tests.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Dotted, to descend through objects.
    pub key: String,
    /// At least one.
    pub tests: Vec<Test>,
}

/// One test of the values that a document offers for a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Some value is equal: the operand is plain.
    Equals(Value),
    /// `$ne`: no value is equal.
    Differs(Value),
    /// `$in`: some value is among these.
    In(Members),
    /// `$nin`: no value is among these.
    NotIn(Members),
    /// `$contains`: some text has this part, some list this member, or some object this key.
    Contains(Value),
    /// `$gt`, `$ge`, `$lt`, `$le`: some value compares so. The operand is a number, true, false or text.
    Compares(Comparison, Value),
    /// `$exists`: whether there is a value at all.
    Exists(bool),
}

/// How a value must compare with an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `$gt`
    Greater,
    /// `$ge`
    GreaterOrEqual,
    /// `$lt`
    Less,
    /// `$le`
    LessOrEqual,
}

impl Comparison {
    fn admits(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
        }
    }
}

/// The values of a list, found without looking at each.
#[derive(Debug, Clone, PartialEq)]
pub struct Members {
    values: Vec<Value>,
    canonical: HashSet<String>,
}

impl Members {
    fn new(values: Vec<Value>) -> Members {
        let canonical = values.iter().map(canonical).collect();
        Members { values, canonical }
    }

    /// The values, as they were listed.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    fn have(&self, value: &Value) -> bool {
        self.canonical.contains(&canonical(value))
    }
}

/// A number was to be compared with text in a document that fits otherwise.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("`{}`: a document holds {holds}, which cannot be compared with {operand}", Shown(key))]
pub struct Incomparable {
    key: String,
    holds: &'static str,
    operand: &'static str,
}

impl Selector {
    /// What must hold, all of it.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Whether [`Selector::matches`] may fail.
    pub fn may_be_incomparable(&self) -> bool {
        let tests = self.conditions.iter().flat_map(|condition| &condition.tests);
        tests.into_iter().any(|test| matches!(test, Test::Compares(..)))
    }

    /// The same without what is said of a key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Selector {
        self.conditions.retain(|condition| condition.key != key);
        self
    }

    /// Whether a document is meant. It fails only for one that fits in all other respects: so it does not matter which
    /// condition is looked at first, or by whom.
    pub fn matches(&self, document: &Map<String, Value>) -> Result<bool, Incomparable> {
        let mut incomparable = None;
        for Condition { key, tests } in &self.conditions {
            let values = offered(document, key);
            for test in tests {
                match test.holds(&values) {
                    Ok(true) => {}
                    Ok(false) => return Ok(false),
                    Err((holds, operand)) => {
                        incomparable = Some(Incomparable { key: key.clone(), holds, operand });
                    }
                }
            }
        }
        incomparable.map_or(Ok(true), Err)
    }
}

impl Test {
    fn holds(&self, values: &[&Value]) -> Result<bool, (&'static str, &'static str)> {
        Ok(match self {
            Test::Equals(operand) => values.iter().any(|value| equal(value, operand)),
            Test::Differs(operand) => !values.iter().any(|value| equal(value, operand)),
            Test::In(members) => values.iter().any(|value| members.have(value)),
            Test::NotIn(members) => !values.iter().any(|value| members.have(value)),
            Test::Contains(operand) => values.iter().any(|value| contains(value, operand)),
            Test::Exists(wanted) => values.is_empty() != *wanted,
            Test::Compares(comparison, operand) => return compares(values, *comparison, operand),
        })
    }
}

/// Whether some value compares so. A number and text do not compare; what is neither never does, without being an error.
fn compares(
    values: &[&Value],
    comparison: Comparison,
    operand: &Value,
) -> Result<bool, (&'static str, &'static str)> {
    let mut incomparable = None;
    for value in values {
        match compare(value, operand) {
            Some(ordering) if comparison.admits(ordering) => return Ok(true),
            None if value.is_string() => incomparable = Some(("text", "a number")),
            None if value.is_number() || value.is_boolean() => incomparable = Some(("a number", "text")),
            _ => {}
        }
    }
    incomparable.map_or(Ok(false), Err)
}

fn contains(value: &Value, operand: &Value) -> bool {
    match (value, operand) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::Array(list), member) => list.iter().any(|value| equal(value, member)),
        (Value::Object(object), Value::String(key)) => object.contains_key(key),
        _ => false,
    }
}

/// The values that a document offers for a key. Only the last part of the key looks into the objects of a list too.
fn offered<'a>(document: &'a Map<String, Value>, key: &str) -> Vec<&'a Value> {
    let Some((path, last)) = key.rsplit_once('.') else {
        return document.get(key).into_iter().collect();
    };
    match beneath(document, path) {
        Some(Value::Object(object)) => object.get(last).into_iter().collect(),
        Some(Value::Array(list)) => list.iter().filter_map(|item| item.as_object()?.get(last)).collect(),
        _ => Vec::new(),
    }
}

/// The value at a dotted path through objects.
pub fn beneath<'a>(document: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let first = document.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.as_object()?.get(part))
}

#[cfg(test)]
mod tests;
