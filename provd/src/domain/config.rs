//! Configs: nodes of an inheritance graph that carry raw configs, and how they merge.
//!
//! What the parameters in a raw config mean is `raw_config`'s business.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};
use thiserror::Error;

/// One node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Unique, stable.
    pub id: String,
    /// Parents in order: later ones win over earlier ones. May name configs that do not exist.
    pub parent_ids: Vec<String>,
    /// Its own parameters.
    pub raw_config: Map<String, Value>,
    /// `autocreate`: template for devices that requests create.
    pub role: Option<String>,
    /// Deleted when its last device leaves it.
    pub transient: bool,
    /// Whether it may be deleted; absent means yes.
    pub deletable: Option<bool>,
    /// Everything else: `label`, `X_type`, …
    pub extra: Map<String, Value>,
    /// Counts the changes of the record; set by the store.
    pub revision: i64,
}

/// Some configs by their ids.
pub type Configs = BTreeMap<String, Config>;

/// Value of [`Config::role`] of the template for automatic configs.
pub const ROLE_AUTOCREATE: &str = "autocreate";

/// A document that is no config.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidConfig {
    /// `parent_ids` is missing or no list of texts.
    #[error("parent_ids: expected a list of config ids")]
    ParentIds,
    /// `raw_config` is missing or no object.
    #[error("raw_config: expected an object")]
    RawConfig,
    /// A key that must be text holds something else.
    #[error("{0}: expected text or null")]
    NotText(&'static str),
    /// A key that must be true or false holds something else.
    #[error("{0}: expected true or false")]
    NotBool(&'static str),
}

impl Config {
    /// Reads a document.
    pub fn from_document(mut document: Map<String, Value>) -> Result<Config, InvalidConfig> {
        let Some(Value::Array(parents)) = document.shift_remove("parent_ids") else {
            return Err(InvalidConfig::ParentIds);
        };
        let parent_ids = parents
            .into_iter()
            .map(|parent| match parent {
                Value::String(id) => Ok(id),
                _ => Err(InvalidConfig::ParentIds),
            })
            .collect::<Result<_, _>>()?;
        let Some(Value::Object(raw_config)) = document.shift_remove("raw_config") else {
            return Err(InvalidConfig::RawConfig);
        };
        document.shift_remove("revision");
        let config = Config {
            id: take_text(&mut document, "id")?.unwrap_or_default(),
            parent_ids,
            raw_config,
            role: take_text(&mut document, "role")?,
            transient: take_bool(&mut document, "transient")?.unwrap_or(false),
            deletable: take_bool(&mut document, "deletable")?,
            extra: document,
            revision: 0,
        };
        Ok(config.without_nulls_of_device_configs())
    }

    /// In configs of `X_type` device a null means "not stated": it is dropped at every depth of objects.
    fn without_nulls_of_device_configs(mut self) -> Config {
        fn strip(object: &mut Map<String, Value>) {
            object.retain(|_, value| !value.is_null());
            object.values_mut().filter_map(Value::as_object_mut).for_each(strip);
        }
        if self.extra.get("X_type").and_then(Value::as_str) == Some("device") {
            strip(&mut self.raw_config);
        }
        self
    }

    /// The document.
    pub fn to_document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("id".to_owned(), self.id.clone().into());
        document.insert("parent_ids".to_owned(), self.parent_ids.clone().into());
        document.insert("raw_config".to_owned(), self.raw_config.clone().into());
        if let Some(role) = &self.role {
            document.insert("role".to_owned(), role.clone().into());
        }
        if self.transient {
            document.insert("transient".to_owned(), true.into());
        }
        if let Some(deletable) = self.deletable {
            document.insert("deletable".to_owned(), deletable.into());
        }
        document.extend(self.extra.clone());
        document
    }

    /// The config a device created by a request gets: a child of this template with a copy of its parameters, gone when
    /// the device leaves it.
    #[must_use]
    pub fn autocreated(&self, id: String) -> Config {
        Config {
            id,
            parent_ids: vec![self.id.clone()],
            raw_config: self.raw_config.clone(),
            transient: true,
            ..Config::default()
        }
    }
}

fn take_text(document: &mut Map<String, Value>, key: &'static str) -> Result<Option<String>, InvalidConfig> {
    match document.shift_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then_some(text)),
        Some(_) => Err(InvalidConfig::NotText(key)),
    }
}

fn take_bool(document: &mut Map<String, Value>, key: &'static str) -> Result<Option<bool>, InvalidConfig> {
    match document.shift_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(value)),
        Some(_) => Err(InvalidConfig::NotBool(key)),
    }
}

/// The parameters of a config with all it inherits, on top of `base`; nothing if `start` is not in `configs`.
///
/// Depth first: each parent in order, its ancestors before it, then the own parameters; later wins. Objects merge,
/// everything else replaces, null too. Each config applies once, where it is first met, which breaks cycles and decides
/// diamonds. Parents that do not exist are skipped.
pub fn merge(base: &Map<String, Value>, start: &str, configs: &Configs) -> Option<Map<String, Value>> {
    /// What is still to be done, the next last: a chain of configs may be longer than a stack of calls.
    enum Step<'a> {
        Visit(&'a Config),
        Apply(&'a Config),
    }
    let mut merged = base.clone();
    let mut met = HashSet::new();
    let mut steps = vec![Step::Visit(configs.get(start)?)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Visit(config) if met.insert(&config.id) => {
                steps.push(Step::Apply(config));
                let parents = config.parent_ids.iter().rev().filter_map(|id| configs.get(id));
                steps.extend(parents.map(Step::Visit));
            }
            Step::Visit(_) => {}
            Step::Apply(config) => overlay(&mut merged, &config.raw_config),
        }
    }
    Some(merged)
}

fn overlay(below: &mut Map<String, Value>, above: &Map<String, Value>) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph(nodes: &[(&str, &[&str], Value)]) -> Configs {
        let node = |(id, parents, raw): &(&str, &[&str], Value)| {
            let document = json!({"id": id, "parent_ids": parents, "raw_config": raw});
            Config::from_document(document.as_object().unwrap().clone()).unwrap()
        };
        nodes.iter().map(|entry| (entry.0.to_owned(), node(entry))).collect()
    }

    fn merged(start: &str, nodes: &[(&str, &[&str], Value)]) -> Value {
        Value::Object(merge(&Map::new(), start, &graph(nodes)).unwrap())
    }

    #[test]
    fn later_parents_win_and_the_config_itself_wins_over_all() {
        let nodes: &[(&str, &[&str], Value)] = &[
            ("a", &[], json!({"x": 1, "y": 1, "z": 1})),
            ("b", &[], json!({"y": 2, "z": 2})),
            ("c", &["a", "missing", "b"], json!({"z": 3})),
        ];
        assert_eq!(merged("c", nodes), json!({"x": 1, "y": 2, "z": 3}));
    }

    #[test]
    fn objects_merge_and_everything_else_replaces() {
        let nodes: &[(&str, &[&str], Value)] = &[
            ("a", &[], json!({"lines": {"1": {"u": "a", "p": "x"}}, "list": [1, 2], "n": 1})),
            ("b", &["a"], json!({"lines": {"1": {"u": "b"}}, "list": [3], "n": null})),
        ];
        assert_eq!(merged("b", nodes), json!({"lines": {"1": {"u": "b", "p": "x"}}, "list": [3], "n": null}));
    }

    #[test]
    fn a_diamond_applies_its_top_once_and_a_cycle_ends() {
        let nodes: &[(&str, &[&str], Value)] = &[
            ("top", &["bottom"], json!({"x": "top"})),
            ("left", &["top"], json!({"x": "left"})),
            ("right", &["top"], json!({})),
            ("bottom", &["left", "right"], json!({})),
        ];
        assert_eq!(merged("bottom", nodes), json!({"x": "left"}));
    }

    #[test]
    fn a_long_chain_ends_at_its_end() {
        let node = |number: u32| Config {
            id: number.to_string(),
            parent_ids: vec![(number + 1).to_string()],
            raw_config: Map::from_iter([("n".to_owned(), number.into())]),
            ..Config::default()
        };
        let chain: Configs = (0..100_000).map(|number| (number.to_string(), node(number))).collect();
        assert_eq!(merge(&Map::new(), "0", &chain).unwrap()["n"], 0);
    }

    #[test]
    fn nulls_leave_device_configs() {
        let document = json!({"parent_ids": [], "raw_config": {"a": null, "b": {"c": null, "d": [null]}}, "X_type": "device"});
        let config = Config::from_document(document.as_object().unwrap().clone()).unwrap();
        assert_eq!(Value::Object(config.raw_config), json!({"b": {"d": [null]}}));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let read =
            |document: Value| Config::from_document(document.as_object().unwrap().clone()).unwrap_err();
        assert_eq!(read(json!({"raw_config": {}})), InvalidConfig::ParentIds);
        assert_eq!(read(json!({"parent_ids": []})), InvalidConfig::RawConfig);
    }
}
