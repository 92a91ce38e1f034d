//! The configs an empty database begins with, so that the first phone gets a working file without anybody's help.

use serde_json::{Map, Value, json};

use super::Provisioning;
use super::store::{ConfigChange, StoreError};
use crate::domain::config::{Config, ROLE_AUTOCREATE};

/// Parameter that says the configs were seeded: one that an administrator deleted does not come back.
const SEEDED: &str = "seeded";

impl Provisioning {
    /// Seeds an empty database: `base`, from which everything inherits, `defaultconfigdevice`, a template for devices,
    /// and `autoprov`, of which new phones get a copy with an account of their own until somebody provisions them. `pbx`
    /// is where they register.
    pub async fn seed(&self, pbx: &str) -> Result<(), StoreError> {
        if self.store.parameter(SEEDED).await?.is_some() {
            return Ok(());
        }
        for config in configs(pbx) {
            if self.store.config(&config.id).await?.is_none() {
                self.store.put_config(&config, ConfigChange::default()).await?;
            }
        }
        self.store.set_parameter(SEEDED, Some("true")).await
    }
}

fn configs(pbx: &str) -> [Config; 3] {
    let autoprov = json!({
        "sip_lines": {"1": {
            "username": "ap${random:12}", "password": "${random:24}", "display_name": "Autoprov", "number": "autoprov",
            "proxy_ip": pbx, "registrar_ip": pbx,
        }},
        "sccp_call_managers": {"1": {"ip": pbx}},
    });
    [
        config("base", &[], json!({}), "internal"),
        config("defaultconfigdevice", &[], json!({}), "device"),
        Config {
            role: Some(ROLE_AUTOCREATE.to_owned()),
            ..config("autoprov", &["base", "defaultconfigdevice"], autoprov, "internal")
        },
    ]
}

fn config(id: &str, parents: &[&str], raw_config: Value, kind: &str) -> Config {
    let raw_config = match raw_config {
        Value::Object(parameters) => parameters,
        _ => Map::new(),
    };
    Config {
        id: id.to_owned(),
        parent_ids: parents.iter().map(ToString::to_string).collect(),
        raw_config,
        deletable: Some(false),
        extra: Map::from_iter([("X_type".to_owned(), Value::from(kind))]),
        ..Config::default()
    }
}
