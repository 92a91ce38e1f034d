//! What changed between two versions of a record, for the audit: facts of devices by their values, configs by the names of
//! their keys alone, for their values may be secrets.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::domain::config::Config;
use crate::domain::device::Device;

/// Keys of a device that say nothing new: its identifier, and what the server sets as a consequence of others.
const CONSEQUENCES: [&str; 5] = ["id", "configured", "last_error", "last_error_at", "is_new"];

/// Keys whose values are facts that anybody may read. All others are free, and may be secrets.
const FACTS: [&str; 12] = [
    "mac",
    "ip",
    "sn",
    "uuid",
    "vendor",
    "model",
    "version",
    "plugin",
    "config",
    "added",
    "tenant_uuid",
    "remote_state_sip_username",
];

/// What changed of a device: `model: 6730i → 6731i`; of free keys only which.
pub(crate) fn device_changes(before: &Device, after: &Device) -> Vec<String> {
    let (before, after) = (before.to_document(), after.to_document());
    let changed = changed_keys(&before, &after);
    let known = changed.into_iter().filter(|key| !CONSEQUENCES.contains(&key.as_str()));
    known.map(|key| describe(&key, before.get(&key), after.get(&key))).collect()
}

fn describe(key: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    match (before, after) {
        _ if !FACTS.contains(&key) => key.to_owned(),
        (None, Some(Value::String(after))) => format!("{key}: {after}"),
        (Some(Value::String(before)), None) => format!("{key}: {before} → none"),
        (Some(Value::String(before)), Some(Value::String(after))) => format!("{key}: {before} → {after}"),
        _ => key.to_owned(),
    }
}

/// Which keys of a config changed, those of its raw config each: `parent_ids`, `raw_config.sip_lines`.
pub(super) fn config_changes(before: &Config, after: &Config) -> Vec<String> {
    let without_raw = |config: &Config| {
        let mut document = config.to_document();
        document.shift_remove("raw_config");
        document
    };
    let own = changed_keys(&without_raw(before), &without_raw(after));
    let raw = changed_keys(&before.raw_config, &after.raw_config);
    own.into_iter().chain(raw.into_iter().map(|key| format!("raw_config.{key}"))).collect()
}

fn changed_keys(before: &Map<String, Value>, after: &Map<String, Value>) -> BTreeSet<String> {
    let keys = before.keys().chain(after.keys());
    keys.filter(|key| before.get(*key) != after.get(*key)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_are_shown_and_secrets_are_not() {
        let before = Device { plugin: Some("a".to_owned()), ..Device::default() };
        let mut after = Device { plugin: Some("b".to_owned()), configured: true, ..Device::default() };
        after.extra.insert("options".to_owned(), json!({"switchboard": true}));
        after.extra.insert("X_pin".to_owned(), json!("1234"));
        assert_eq!(device_changes(&before, &after), ["X_pin", "options", "plugin: a → b"]);
        let before = Config::default();
        let mut after = Config { role: Some("autocreate".to_owned()), ..Config::default() };
        after.raw_config.insert("admin_password".to_owned(), json!("1234"));
        assert_eq!(config_changes(&before, &after), ["role", "raw_config.admin_password"]);
    }
}
