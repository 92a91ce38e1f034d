//! A config of the other server as a line for import, which is also how this server shows it afterwards.

use serde_json::{Map, Value};

use super::documents::Document;

/// A config in the words of this server.
#[derive(Debug)]
pub(super) struct MappedConfig {
    pub(super) shown: Map<String, Value>,
    /// What is said otherwise.
    pub(super) changes: Vec<String>,
}

/// Says a config in the words of this server.
pub(super) fn map(document: &Document) -> MappedConfig {
    let mut shown = document.content.clone();
    let mut changes = Vec::new();
    if shown.get("X_type").and_then(Value::as_str) == Some("device") && without_nulls(&mut shown) {
        changes.push("null is said by leaving parameters out, as X_type is device".to_owned());
    }
    for key in ["role", "transient"] {
        let is_nothing = match shown.get(key) {
            Some(Value::Null | Value::Bool(false)) => true,
            Some(Value::String(text)) => text.is_empty(),
            _ => false,
        };
        if is_nothing {
            shown.shift_remove(key);
            changes.push(format!("{key}: null and false are said by leaving it out"));
        }
    }
    if shown.get("deletable").is_some_and(Value::is_null) {
        shown.insert("deletable".to_owned(), false.into());
        changes.push("deletable: null becomes false".to_owned());
    }
    MappedConfig { shown, changes }
}

/// Takes nulls out of objects, at any depth, but not out of lists. Says whether there were any.
fn without_nulls(object: &mut Map<String, Value>) -> bool {
    let before = object.len();
    object.retain(|_, value| !value.is_null());
    let had_some = object.len() < before;
    object.values_mut().fold(had_some, |had_some, value| match value {
        Value::Object(below) => without_nulls(below) || had_some,
        _ => had_some,
    })
}

impl MappedConfig {
    /// The configs it inherits from.
    pub(super) fn parents(&self) -> impl Iterator<Item = &str> {
        let parents = self.shown.get("parent_ids").and_then(Value::as_array);
        parents.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether new phones get a copy of it.
    pub(super) fn is_template(&self) -> bool {
        self.shown.get("role").is_some_and(|role| role == "autocreate")
    }

    /// Keys in which the document of this server says something else.
    pub(super) fn differences(&self, here: &Map<String, Value>) -> Vec<String> {
        super::comparison::differing_keys(&self.shown, here)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mapped(content: Value) -> MappedConfig {
        let Value::Object(content) = content else { panic!("not an object") };
        map(&Document { id: "c".to_owned(), content })
    }

    #[test]
    fn what_means_nothing_is_left_out() {
        let raw_config = json!({"a": null, "b": {"c": null, "d": [null]}});
        let device =
            mapped(json!({"id": "c", "X_type": "device", "raw_config": raw_config, "transient": false}));
        assert_eq!(
            Value::Object(device.shown),
            json!({"id": "c", "X_type": "device", "raw_config": {"b": {"d": [null]}}})
        );
        assert_eq!(device.changes.len(), 2, "{:?}", device.changes);
        let other = mapped(json!({"id": "c", "raw_config": raw_config, "role": null, "deletable": null}));
        assert_eq!(
            Value::Object(other.shown),
            json!({"id": "c", "raw_config": raw_config, "deletable": false})
        );
    }

    #[test]
    fn what_differs_is_named_by_its_key() {
        let config = mapped(json!({"id": "c", "parent_ids": ["a"], "raw_config": {"x": 1}}));
        assert_eq!(config.parents().collect::<Vec<_>>(), ["a"]);
        let Value::Object(here) =
            json!({"id": "c", "parent_ids": ["a"], "raw_config": {"x": 2}, "label": ""})
        else {
            panic!("not an object")
        };
        assert_eq!(config.differences(&here), ["label", "raw_config"]);
    }
}
