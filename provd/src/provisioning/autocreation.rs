//! The config a device begins with: a copy of the template with the role `autocreate`, with credentials of its own.

use std::sync::LazyLock;

use rand::distr::{Alphanumeric, SampleString as _};
use regex::{Captures, Regex};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Provisioning;
use super::store::StoreError;
use crate::domain::config::{Config, ROLE_AUTOCREATE};
use crate::domain::device_info::DeviceInfo;

/// What stands in texts of the template for a value of the device's own. Compiled once: that takes longer than everything
/// else that is done to a new config.
static PLACEHOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$\{(?:(mac)|(id)|random:([1-9][0-9]?))\}").ok());

impl Provisioning {
    /// A config after the template, not stored yet; nothing without a template, or if the template states no line 1
    /// itself.
    ///
    /// In its texts `${mac}` becomes the MAC address in twelve digits (the identifier where it is unknown), `${id}` the
    /// identifier of the config, and `${random:24}` that many random letters and digits, so that no two phones need to
    /// share an account. A template without them gives all phones the same account, as it says.
    pub async fn autocreate(&self, info: &DeviceInfo) -> Result<Option<Config>, StoreError> {
        let Some(template) = self.store.config_with_role(ROLE_AUTOCREATE).await? else {
            return Ok(None);
        };
        if template.raw_config.get("sip_lines").and_then(|lines| lines.get("1")).is_none_or(Value::is_null) {
            tracing::warn!(
                "The config {} has the role autocreate, but no sip_lines.1: it is not used",
                template.id
            );
            return Ok(None);
        }
        let mut config = template.autocreated(format!("{}{}", template.id, Uuid::new_v4()));
        let mac = info.mac.map(|mac| mac.to_string().replace(':', ""));
        config.raw_config = personal(&config.raw_config, &config.id, mac.as_deref());
        Ok(Some(config))
    }
}

/// Where a merged raw config holds a placeholder for random text. It is filled in copies of the template alone: a config that
/// inherits from the template shares nothing but the placeholder.
pub(super) fn unfilled(raw_config: &Map<String, Value>) -> Option<String> {
    let lines = raw_config.get("sip_lines").and_then(Value::as_object)?;
    lines.iter().find_map(|(number, line)| {
        let (name, _) = line.as_object()?.iter().find(|(_, value)| is_placeholder(value))?;
        Some(format!("sip_lines.{number}.{name}"))
    })
}

fn is_placeholder(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("${random:"))
}

fn personal(raw_config: &Map<String, Value>, id: &str, mac: Option<&str>) -> Map<String, Value> {
    let Some(placeholder) = &*PLACEHOLDER else { return raw_config.clone() };
    let value = |found: &Captures<'_>| match (found.get(1), found.get(2), found.get(3)) {
        (Some(_), ..) => mac.unwrap_or(id).to_owned(),
        (_, Some(_), _) => id.to_owned(),
        (_, _, length) => {
            let length = length.and_then(|length| length.as_str().parse().ok()).unwrap_or(24);
            Alphanumeric.sample_string(&mut rand::rng(), length)
        }
    };
    let fill = |text: &str| placeholder.replace_all(text, value).into_owned();
    raw_config.iter().map(|(key, value)| (key.clone(), filled(value, &fill))).collect()
}

fn filled(value: &Value, fill: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) if text.contains("${") => Value::String(fill(text)),
        Value::Array(values) => values.iter().map(|value| filled(value, fill)).collect(),
        Value::Object(values) => {
            Value::Object(values.iter().map(|(key, value)| (key.clone(), filled(value, fill))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(username: &str, mac: Option<&str>) -> String {
        let raw = json!({"sip_lines": {"1": {"username": username, "number": 1}}});
        let made = personal(raw.as_object().unwrap(), "autoprov1", mac);
        made["sip_lines"]["1"]["username"].as_str().unwrap().to_owned()
    }

    #[test]
    fn placeholders_become_the_devices_own() {
        assert_eq!(line("p-${mac}", Some("00085d000001")), "p-00085d000001");
        assert_eq!(line("${mac}/${id}", None), "autoprov1/autoprov1");
        let (one, two) = (line("ap${random:12}", None), line("ap${random:12}", None));
        assert!(one != two && one.len() == 14 && one.chars().all(|c| c.is_ascii_alphanumeric()));
    }

    #[test]
    fn what_was_not_filled_is_found() {
        let raw = json!({"sip_lines": {"1": {"username": "a", "password": "x${random:9}"}}});
        assert_eq!(unfilled(raw.as_object().unwrap()).as_deref(), Some("sip_lines.1.password"));
        assert_eq!(unfilled(&personal(raw.as_object().unwrap(), "a", None)), None);
    }

    #[test]
    fn everything_else_stays() {
        assert_eq!(line("shared ${PSN} $mac", None), "shared ${PSN} $mac");
    }
}
