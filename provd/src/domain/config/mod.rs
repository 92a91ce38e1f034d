//! Configs: nodes of an inheritance graph that carry raw configs, and their JSON documents.
//!
//! Every key of a document survives. How configs merge is `merge`'s business, what the parameters in a raw config mean
//! `raw_config`'s.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use thiserror::Error;

use super::raw_config::{self, Problems, lenient_bool, near_miss};

mod merge;

pub use merge::{merge, order};

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

/// Keys that mean something to provd.
const KEYS: [&str; 6] = ["id", "parent_ids", "raw_config", "role", "transient", "deletable"];

/// Parents a config may name: each is a row of its own, and is looked for whenever something is configured.
const MOST_PARENTS: usize = 1_000;

/// A document that is no config.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidConfig {
    /// `parent_ids` is missing or no list of texts.
    #[error("parent_ids: expected a list of config ids")]
    ParentIds,
    /// It has very many parents.
    #[error("parent_ids: more than {MOST_PARENTS}")]
    TooManyParents,
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
        if document.get("X_type").and_then(Value::as_str) == Some("device") {
            without_nulls(&mut document);
        }
        let Some(Value::Array(parents)) = document.shift_remove("parent_ids") else {
            return Err(InvalidConfig::ParentIds);
        };
        if parents.len() > MOST_PARENTS {
            return Err(InvalidConfig::TooManyParents);
        }
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
        let is_null = document.get("deletable").is_some_and(Value::is_null);
        Ok(Config {
            id: take_text(&mut document, "id")?.unwrap_or_default(),
            parent_ids,
            raw_config,
            role: take_text(&mut document, "role")?,
            transient: take_bool(&mut document, "transient")?.unwrap_or(false),
            // Stated to be nothing is false, as 0.2 has it.
            deletable: take_bool(&mut document, "deletable")?.or(is_null.then_some(false)),
            extra: document,
            revision: 0,
        })
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

    /// What is allowed in this config and probably not meant. Any key is kept, but one that is nearly that of provd is
    /// more likely a slip.
    pub fn warnings(&self) -> Problems {
        let mut warnings = raw_config::warnings(&self.raw_config).beneath("raw_config");
        for key in self.extra.keys() {
            if let Some(meant) = near_miss(key, KEYS) {
                warnings.add(key, format!("unknown, and kept; did you mean {meant}?"));
            }
        }
        warnings
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

/// In configs of `X_type` device a null means "not stated": it is dropped at every depth of objects.
fn without_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
    object.values_mut().filter_map(Value::as_object_mut).for_each(without_nulls);
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
        Some(value) => lenient_bool(&value).map(Some).ok_or(InvalidConfig::NotBool(key)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: Value) -> Result<Config, InvalidConfig> {
        let Value::Object(document) = document else { panic!("not an object") };
        Config::from_document(document)
    }

    #[test]
    fn a_document_survives_reading_and_writing() {
        let document = json!({"id": "a", "parent_ids": ["b"], "raw_config": {"x": null}, "role": "autocreate",
            "transient": true, "deletable": false, "label": [1, null], "X_type": "registrar"});
        assert_eq!(Value::Object(read(document.clone()).unwrap().to_document()), document);
    }

    #[test]
    fn nulls_leave_the_objects_of_device_configs_and_stay_in_lists() {
        let raw_config = json!({"a": null, "b": {"c": null, "d": [null, {"e": null}]}});
        let config =
            |kind| read(json!({"parent_ids": [], "raw_config": raw_config, "X_type": kind})).unwrap();
        let stated = |kind| {
            read(json!({"parent_ids": [], "raw_config": {}, "X_type": kind, "deletable": null})).unwrap()
        };
        assert_eq!((stated("device").deletable, stated("registrar").deletable), (None, Some(false)));
        assert_eq!(Value::Object(config("device").raw_config), json!({"b": {"d": [null, {"e": null}]}}));
        assert_eq!(Value::Object(config("registrar").raw_config), raw_config);
    }

    #[test]
    fn true_and_false_have_other_names_too() {
        let config =
            read(json!({"parent_ids": [], "raw_config": {}, "transient": "yes", "deletable": 0})).unwrap();
        assert_eq!((config.transient, config.deletable), (true, Some(false)));
        let refused = read(json!({"parent_ids": [], "raw_config": {}, "deletable": "perhaps"}));
        assert_eq!(refused.unwrap_err(), InvalidConfig::NotBool("deletable"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(read(json!({"raw_config": {}})).unwrap_err(), InvalidConfig::ParentIds);
        assert_eq!(read(json!({"parent_ids": [1], "raw_config": {}})).unwrap_err(), InvalidConfig::ParentIds);
        assert_eq!(read(json!({"parent_ids": []})).unwrap_err(), InvalidConfig::RawConfig);
        let crowd = json!({"parent_ids": vec!["a"; 1_001], "raw_config": {}});
        assert_eq!(read(crowd).unwrap_err(), InvalidConfig::TooManyParents);
        let role = json!({"parent_ids": [], "raw_config": {}, "role": 1});
        assert_eq!(read(role).unwrap_err(), InvalidConfig::NotText("role"));
    }

    #[test]
    fn keys_of_ones_own_are_kept_and_slips_are_told() {
        let document = json!({"parent_ids": [], "raw_config": {}, "raw_confg": {}, "parent_id": [],
            "X_type": "device", "label": "", "displayname": "", "configdevice": "", "proxy_main": ""});
        assert_eq!(
            read(document).unwrap().warnings().to_string(),
            "raw_confg: unknown, and kept; did you mean raw_config?; parent_id: unknown, and kept; did you mean parent_ids?"
        );
    }
}
