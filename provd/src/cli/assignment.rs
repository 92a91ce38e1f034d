//! `KEY=VALUE` as the command line has it: where in a document, and what.

use std::str::FromStr;

use serde_json::{Map, Value};

/// A value for a key; dots in the key lead into objects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assignment {
    /// `raw.sip_lines.1.username`
    pub(super) key: String,
    /// As it was written.
    pub(super) value: String,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Assignment, String> {
        let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
        check_key(key)?;
        Ok(Assignment { key: key.to_owned(), value: value.to_owned() })
    }
}

/// A key with dots, as `--unset` takes it.
pub(super) fn parse_key(text: &str) -> Result<String, String> {
    check_key(text).map(|()| text.to_owned())
}

fn check_key(key: &str) -> Result<(), String> {
    if key.split('.').any(str::is_empty) {
        return Err(format!(
            "`{key}` is no key: expected names with dots between them, as in options.switchboard"
        ));
    }
    Ok(())
}

/// The value of a text: the JSON it is, else the text itself.
///
/// A number counts only if it reads back as it was written, so that version `1.10` and password `1e5` stay what they are.
pub(super) fn value_of(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) if number.to_string() != text => text.into(),
        Ok(value) => value,
        Err(_) => text.into(),
    }
}

/// Puts a value where a key leads, making objects on the way. Fails where something that is no object is in the way.
pub(super) fn set(document: &mut Map<String, Value>, key: &str, value: Value) -> Result<(), String> {
    let Some((first, rest)) = key.split_once('.') else {
        document.insert(key.to_owned(), value);
        return Ok(());
    };
    match document.entry(first).or_insert_with(|| Value::Object(Map::new())) {
        Value::Object(below) => set(below, rest, value),
        below @ Value::Null => {
            *below = Value::Object(Map::new());
            below.as_object_mut().map_or(Ok(()), |below| set(below, rest, value))
        }
        _ => Err(format!("`{first}` is no object, so it has no `{rest}`")),
    }
}

/// Removes what is where a key leads, if anything is.
pub(super) fn unset(document: &mut Map<String, Value>, key: &str) {
    match key.split_once('.') {
        None => drop(document.shift_remove(key)),
        Some((first, rest)) => {
            if let Some(Value::Object(below)) = document.get_mut(first) {
                unset(below, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_checked() {
        let sound: Assignment = "a.b=c=d".parse().unwrap();
        assert_eq!((sound.key.as_str(), sound.value.as_str()), ("a.b", "c=d"));
        for wrong in ["", "a", "=b", "a.=b", ".a=b", "a..b=c"] {
            assert!(wrong.parse::<Assignment>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_json_where_nothing_is_lost() {
        for (text, value) in [
            ("true", json!(true)),
            ("5060", json!(5060)),
            ("\"5060\"", json!("5060")),
            ("{\"a\": [1]}", json!({"a": [1]})),
            ("null", json!(null)),
            ("1.10", json!("1.10")),
            ("1e5", json!("1e5")),
            ("007", json!("007")),
            ("12345678901234567890123", json!("12345678901234567890123")),
            ("secret", json!("secret")),
            ("", json!("")),
        ] {
            assert_eq!(value_of(text), value, "{text}");
        }
    }

    #[test]
    fn dots_lead_into_objects() {
        let mut document = json!({"a": {"b": 1}, "c": 2, "n": null}).as_object().unwrap().clone();
        set(&mut document, "a.d.e", json!(3)).unwrap();
        set(&mut document, "n.x", json!(4)).unwrap();
        assert!(set(&mut document, "c.d", json!(5)).unwrap_err().contains("`c` is no object"));
        unset(&mut document, "a.b");
        unset(&mut document, "c.missing.at.all");
        assert_eq!(Value::Object(document), json!({"a": {"d": {"e": 3}}, "c": 2, "n": {"x": 4}}));
    }
}
