//! A device of the other server as a line for import, and as this server is to show it afterwards.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::documents::Document;

/// Keys that hold text, or nothing.
const TEXTS: [&str; 11] = [
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
    "remote_state_sip_username",
];
/// What a server says of a device by itself.
const SERVERS: [&str; 5] = ["configured", "is_new", "last_error", "last_error_at", "revision"];
const TENANT: &str = "tenant_uuid";

/// The tenants of the other server that are the master tenant here.
#[derive(Debug, Default)]
pub(super) struct Masters(Vec<String>);

impl Masters {
    /// The tenant that is said to be it, or those that new devices have: a device is new as long as it belongs to nobody else.
    pub(super) fn of(stated: Option<Uuid>, devices: &[Document]) -> Masters {
        if let Some(stated) = stated {
            return Masters(vec![stated.to_string()]);
        }
        let mut masters = Vec::new();
        for device in devices.iter().filter(|device| device.content.get("is_new") == Some(&Value::Bool(true)))
        {
            let tenant = device.content.get(TENANT).and_then(Value::as_str).map(str::to_lowercase);
            masters.extend(tenant.filter(|tenant| !masters.contains(tenant)));
        }
        Masters(masters)
    }

    /// Whether a tenant is it.
    pub(super) fn has(&self, tenant: &str) -> bool {
        self.0.contains(&tenant.to_lowercase())
    }
}

/// A device in the words of this server.
#[derive(Debug)]
pub(super) struct MappedDevice {
    /// What REST shows of it afterwards, but for what a server says by itself. The tenant is there unless it is the master.
    pub(super) shown: Map<String, Value>,
    /// Whether it was configured there.
    pub(super) was_configured: bool,
    /// What is said otherwise.
    pub(super) changes: Vec<String>,
}

/// Says a device in the words of this server.
pub(super) fn map(document: &Document, masters: &Masters) -> MappedDevice {
    let mut shown = document.content.clone();
    let mut changes = Vec::new();
    let was_configured = shown.get("configured") == Some(&Value::Bool(true));
    for key in SERVERS {
        shown.shift_remove(key);
    }
    for key in TEXTS.into_iter().filter(|key| document.content.contains_key(*key)) {
        match &document.content[key] {
            Value::Number(number) => {
                shown.insert(key.to_owned(), number.to_string().into());
                changes.push(format!("{key}: a number becomes text"));
            }
            Value::Null => {
                shown.shift_remove(key);
                changes.push(format!("{key}: null is said by leaving it out"));
            }
            Value::String(text) if text.is_empty() => {
                shown.shift_remove(key);
                changes.push(format!("{key}: empty text is said by leaving it out"));
            }
            _ => {}
        }
    }
    let tenant = document.content.get(TENANT).and_then(Value::as_str).unwrap_or_default();
    if tenant.is_empty() || masters.has(tenant) {
        shown.shift_remove(TENANT);
    }
    if tenant.is_empty() {
        changes.push(format!("{TENANT}: without one it is the master tenant's"));
    }
    MappedDevice { shown, was_configured, changes }
}

impl MappedDevice {
    /// As a line for import states it. What is known there no more is taken away here.
    pub(super) fn line(&self) -> Map<String, Value> {
        let mut line = self.shown.clone();
        for key in TEXTS {
            line.entry(key).or_insert(Value::Null);
        }
        line.entry(TENANT).or_insert_with(|| Uuid::nil().to_string().into());
        line
    }

    /// Keys in which the document of this server says something else.
    pub(super) fn differences(&self, here: &Map<String, Value>) -> Vec<String> {
        let is_new = here.get("is_new") == Some(&Value::Bool(true));
        let mut own = here.clone();
        for key in SERVERS {
            own.shift_remove(key);
        }
        if is_new {
            own.shift_remove(TENANT);
        }
        super::comparison::differing_keys(&self.shown, &own)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(content: Value) -> Document {
        let Value::Object(content) = content else { panic!("not an object") };
        Document { id: "d".to_owned(), content }
    }

    const MASTER: &str = "5e2f4ea1-0000-4000-8000-000000000001";

    #[test]
    fn what_the_other_server_says_by_itself_is_left_out() {
        let device = document(json!({"id": "d", "configured": true, "is_new": true, "tenant_uuid": MASTER,
            "mac": null, "ip": "", "version": 3, "description": null, "options": null, "X_a": [null]}));
        let masters = Masters::of(None, std::slice::from_ref(&device));
        let mapped = map(&device, &masters);
        let shown = json!({"id": "d", "version": "3", "description": null, "options": null, "X_a": [null]});
        assert_eq!(Value::Object(mapped.shown.clone()), shown);
        assert!(mapped.was_configured);
        let said = ["mac: null is said", "ip: empty text", "version: a number"];
        assert!(said.iter().all(|said| mapped.changes.iter().any(|change| change.starts_with(said))));
        let line = mapped.line();
        assert_eq!((&line["mac"], &line["plugin"]), (&Value::Null, &Value::Null));
        assert_eq!(line["tenant_uuid"], Uuid::nil().to_string());
    }

    #[test]
    fn the_master_tenant_is_the_one_of_new_devices_unless_stated() {
        let new = document(json!({"is_new": true, "tenant_uuid": MASTER.to_uppercase()}));
        let old = document(json!({"is_new": false, "tenant_uuid": "other"}));
        let found = Masters::of(None, &[old, new]);
        assert!(found.has(MASTER) && !found.has("other"));
        let stated = Masters::of(Some(Uuid::from_u128(7)), &[]);
        assert!(stated.has(&Uuid::from_u128(7).to_string()) && !stated.has(MASTER));
    }

    #[test]
    fn a_tenant_stays_what_it_was() {
        let mapped = map(&document(json!({"id": "d", "tenant_uuid": "other"})), &Masters::default());
        assert_eq!(mapped.line()["tenant_uuid"], "other");
        let here = |tenant: &str, is_new: bool| {
            let Value::Object(here) =
                json!({"id": "d", "tenant_uuid": tenant, "is_new": is_new, "configured": false})
            else {
                panic!("not an object")
            };
            mapped.differences(&here)
        };
        assert!(here("other", false).is_empty());
        assert_eq!(here(MASTER, true), ["tenant_uuid"]);
    }
}
