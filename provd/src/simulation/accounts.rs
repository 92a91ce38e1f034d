//! Accounts of the phones: made before they boot, and taken away when they are done.
//!
//! Only what is new is made, so nothing of a real phone is ever changed; and only what was made is removed.

use futures_util::{StreamExt as _, stream};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Problem;
use super::api::Api;
use super::boot::{Text, Values};
use super::fleet::{Fleet, Phone};

/// Phones that are made at once: the server reports ten thousand changes of one file, two for each.
const AT_ONCE: u64 = 2_000;
/// Removals under way at a time.
const REMOVALS: usize = 16;
/// Raw configs that those of the phones inherit from.
const PARENTS: [&str; 2] = ["base", "defaultconfigdevice"];

/// What was made.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    devices: Vec<String>,
    configs: Vec<String>,
}

impl Accounts {
    /// Makes accounts for all phones. What was made is there to be removed even if this fails, or is to stop: what is
    /// under way is waited for, as only its answer names the devices.
    pub(super) async fn make(
        &mut self,
        fleet: &Fleet,
        api: &Api,
        done: &watch::Sender<u64>,
        stop: &CancellationToken,
    ) -> Result<(), Problem> {
        let mut first = 0;
        while first < fleet.count() {
            let end = (first + AT_ONCE).min(fleet.count());
            let phones: Vec<Phone<'_>> = (first..end).filter_map(|number| fleet.phone(number)).collect();
            // They may be stored although the answer is lost.
            self.configs.extend(phones.iter().map(|phone| phone.username.clone()));
            let devices = api.import(phones.iter().map(lines).collect()).await?;
            self.devices.extend(devices);
            first = end;
            done.send_replace(first);
            if stop.is_cancelled() {
                return Err(Problem::Server("interrupted before any phone booted".to_owned()));
            }
        }
        Ok(())
    }

    /// Removes them. All are tried; the error is that of the first which stays.
    pub(super) async fn remove(self, api: &Api) -> Result<(), Problem> {
        let devices = self.devices.iter().map(|id| format!("/dev_mgr/devices/{id}")).collect();
        let configs = self.configs.iter().map(|id| format!("/cfg_mgr/configs/{id}")).collect();
        // A config without devices is removed without configuring any.
        let devices = remove_all(devices, api).await;
        devices.and(remove_all(configs, api).await)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.configs.is_empty()
    }
}

async fn remove_all(paths: Vec<String>, api: &Api) -> Result<(), Problem> {
    let removals = stream::iter(paths).map(|path| async move { api.remove(&path).await });
    let outcomes = removals.buffer_unordered(REMOVALS);
    outcomes.fold(Ok(()), |before, outcome| async { before.and(outcome) }).await
}

/// The config of a phone, and its device.
fn lines(phone: &Phone<'_>) -> String {
    let values = phone.values();
    let raw_config = filled_all(&phone.family.account, &values);
    let config = json!({"config": {"id": phone.username, "parent_ids": PARENTS, "raw_config": raw_config}});
    let mut device = json!({
        "mac": phone.mac.to_string(), "sn": phone.serial, "vendor": phone.family.vendor, "model": phone.kind.model,
        "version": phone.kind.version, "plugin": phone.kind.target, "config": phone.username,
        "description": "simulated",
    });
    if let Some(address) = phone.address {
        device["ip"] = json!(address);
    }
    format!("{config}\n{}\n", json!({ "device": device }))
}

fn filled_all(table: &Map<String, Value>, values: &Values<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.clone(), filled(value, values))).collect()
}

fn filled(value: &Value, values: &Values<'_>) -> Value {
    match value {
        // That it can be filled in was seen when the family was read.
        Value::String(text) => {
            Text::try_from(text.clone()).map_or_else(Value::from, |text| text.fill(values).into())
        }
        Value::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Value::Object(table) => filled_all(table, values).into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::fleet::tests::fleet;

    #[test]
    fn each_phone_has_a_config_and_a_device_of_its_own() {
        let fleet = fleet("all", 2);
        let phone = fleet.phone(1).unwrap();
        let lines = lines(&phone);
        let documents: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [config, device] = documents.as_slice() else { panic!("{lines}") };
        assert_eq!(config["config"]["id"], device["device"]["config"]);
        assert_eq!(device["device"]["mac"], phone.mac.to_string());
        assert!(config.to_string().contains(&phone.secret));
        assert!(!lines.contains("{secret}"));
    }
}
