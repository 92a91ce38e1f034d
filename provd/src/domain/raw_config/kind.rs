//! What a parameter may hold, as types: a value of such a type exists only if the document's value is sound.
//!
//! Single values are `scalars`, which parameters there are is `parameters`. Here is how they are put together: an object
//! of parameters, a list, an object of entries by number.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::near_miss::near_miss;
use super::problem::{Path, Problems, Report};
use super::schema;

/// Greatest number of a line, priority or key. A plugin may go through all numbers up to the greatest.
pub(super) const MAX_NUMBER: u32 = 9999;

/// A type of values.
pub(super) trait Kind: Sized {
    /// In the words of an error and of the reference page: `a port (1 to 65535)`.
    fn describe() -> String;

    /// As JSON Schema. It lets through every value that is sound, and some that are not: words say the rest.
    fn schema() -> Value;

    /// Whether a value says no more than that there is none.
    fn states_nothing(value: &Value) -> bool {
        value.is_null()
    }

    /// Reads a value that states something; what is wrong with it is reported.
    fn read(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Self>;

    /// The value in the one form that plugins are given, where it may be stated in several.
    fn normal(_value: &Value) -> Option<Value> {
        None
    }
}

/// A type of single values, whose error needs nothing but the value.
pub(super) trait Scalar: Sized {
    /// See [`Kind::describe`].
    fn describe() -> String;

    /// See [`Kind::schema`]. Text, unless a type says otherwise.
    fn schema() -> Value {
        json!({"type": ["string", "null"]})
    }

    /// See [`Kind::states_nothing`].
    fn states_nothing(value: &Value) -> bool {
        value.is_null()
    }

    /// Reads a value that states something, or says what is wrong with it.
    fn parse(value: &Value) -> Result<Self, String>;

    /// See [`Kind::normal`].
    fn normal(_value: &Value) -> Option<Value> {
        None
    }
}

impl<T: Scalar> Kind for T {
    fn describe() -> String {
        T::describe()
    }

    fn schema() -> Value {
        T::schema()
    }

    fn states_nothing(value: &Value) -> bool {
        T::states_nothing(value)
    }

    fn read(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<T> {
        T::parse(value).map_err(|reason| report.problems.add(path, reason)).ok()
    }

    fn normal(value: &Value) -> Option<Value> {
        T::normal(value)
    }
}

impl<T: Scalar> Kind for Vec<T> {
    fn describe() -> String {
        format!("a list, each item {}", T::describe())
    }

    fn schema() -> Value {
        json!({"type": ["array", "null"], "items": T::schema()})
    }

    fn read(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Vec<T>> {
        let Value::Array(items) = value else {
            report.problems.add(path, format!("expected {}", Self::describe()));
            return None;
        };
        let read =
            |(position, item): (usize, &Value)| T::read(item, &path.then(&position.to_string()), report);
        Some(items.iter().enumerate().filter_map(read).collect())
    }
}

/// An object whose keys are parameters: the whole document, or an entry of it.
pub(super) trait Group: Sized {
    /// Its parameters.
    const TABLE: &'static [Parameter];

    /// Reads each parameter that the object states.
    fn read(object: &Map<String, Value>, at: Option<&Path<'_>>, report: &mut Report) -> Self;
}

/// A group of which there are many, each with its number.
pub(super) trait Entry: Group {
    /// What the number is of: `line`.
    const NUMBER: &'static str;

    /// Reports what an entry must state and does not.
    fn complete(&self, object: &Map<String, Value>, path: &Path<'_>, report: &mut Report);
}

/// One parameter of a group.
pub(super) struct Parameter {
    /// As documents call it.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) meaning: &'static str,
    /// See [`Kind::describe`].
    pub(super) describe: fn() -> String,
    /// See [`Kind::schema`].
    pub(super) schema: fn() -> Value,
    /// See [`Kind::normal`].
    pub(super) normal: fn(&Value) -> Option<Value>,
}

impl Parameter {
    pub(super) const fn of<K: Kind>(name: &'static str, meaning: &'static str) -> Parameter {
        Parameter { name, meaning, describe: K::describe, schema: K::schema, normal: K::normal }
    }
}

/// Reads one parameter of an object.
pub(super) fn field<K: Kind>(
    object: &Map<String, Value>,
    name: &str,
    at: Option<&Path<'_>>,
    report: &mut Report,
) -> Option<K> {
    let value = object.get(name).filter(|value| !K::states_nothing(value))?;
    let path = at.map_or_else(|| Path::top(name), |above| above.then(name));
    K::read(value, &path, report)
}

impl<E: Entry> Kind for BTreeMap<u32, E> {
    fn describe() -> String {
        format!("an object with {} numbers as keys", E::NUMBER)
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "propertyNames": {"pattern": "^[1-9][0-9]{0,3}$"},
            "additionalProperties": schema::of_group::<E>(),
        })
    }

    /// Objects merge, so null would have to take all entries of the parents away. Nobody expects that of it.
    fn states_nothing(_: &Value) -> bool {
        false
    }

    fn read(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<BTreeMap<u32, E>> {
        let Value::Object(entries) = value else {
            report.problems.add(path, format!("expected {}", Self::describe()));
            return None;
        };
        let read = |(key, value): (&String, &Value)| entry(key, value, &path.then(key), report);
        Some(entries.iter().filter_map(read).collect())
    }
}

fn entry<E: Entry>(key: &str, value: &Value, path: &Path<'_>, report: &mut Report) -> Option<(u32, E)> {
    let number = number(key);
    if number.is_none() {
        report.problems.add(path, format!("expected a {} number from 1 to {MAX_NUMBER} as key", E::NUMBER));
    }
    let Value::Object(object) = value else {
        report.problems.add(path, "expected an object");
        return None;
    };
    let entry = E::read(object, Some(path), report);
    entry.complete(object, path, report);
    if let Some(warnings) = &mut report.warnings {
        warn_of_slips::<E>(object, path, warnings);
    }
    Some((number?, entry))
}

fn warn_of_slips<G: Group>(object: &Map<String, Value>, path: &Path<'_>, warnings: &mut Problems) {
    for name in object.keys().filter(|name| !is_own(name) && !is_known::<G>(name)) {
        if let Some(meant) = near_miss(name, G::TABLE.iter().map(|known| known.name)) {
            warnings.add(path.then(name), format!("unknown, and kept; did you mean {meant}?"));
        }
    }
}

/// A number as a key states it. There is one way to write each, so that no two keys are the same number.
fn number(key: &str) -> Option<u32> {
    let number = key.parse().ok().filter(|number| (1..=MAX_NUMBER).contains(number))?;
    (key == number.to_string()).then_some(number)
}

/// Whether a parameter of this name belongs to the group.
pub(super) fn is_known<G: Group>(name: &str) -> bool {
    G::TABLE.iter().any(|known| known.name == name)
}

/// Whether a name is of those that everybody may use as they like.
pub(super) fn is_own(name: &str) -> bool {
    name.starts_with("X_") || name == "_comment"
}
