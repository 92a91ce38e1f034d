//! What is stored: a tree of configs as telephony servers make them, phones below it, two files for each.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Result;
use provd::domain::audit::{Actor, AuditEntry};
use provd::domain::config::Config;
use provd::domain::device::Device;
use provd::domain::plugin::{Configuration, GeneratedFile};
use provd::domain::remote_state::Presence;
use provd::provisioning::store::{ConfigChange, DeviceChange, Store, StoreError};
use serde_json::json;

/// Each inherits from the one before.
const CONFIGS: [&str; 3] = ["base", "defaultconfigdevice", "autoprov"];

/// Bytes of the larger file of a phone.
const FILE_BYTES: usize = 4096;

fn config(id: &str, parents: &[&str]) -> Config {
    let raw_config = json!({"ntp_enabled": true, "ntp_ip": "192.0.2.1", "admin_password": "1234",
        "sip_lines": {"1": {"username": "1001", "password": "secret", "proxy_ip": "192.0.2.1"}}});
    Config {
        id: id.to_owned(),
        parent_ids: parents.iter().map(|&parent| parent.to_owned()).collect(),
        raw_config: raw_config.as_object().cloned().unwrap_or_default(),
        ..Config::default()
    }
}

/// Stores the configs all phones have in common.
pub(crate) async fn put_configs(store: &impl Store) -> Result<()> {
    let mut parents: Vec<&str> = Vec::new();
    for id in CONFIGS {
        store.put_config(&config(id, &parents), ConfigChange::default()).await?;
        parents = vec![id];
    }
    Ok(())
}

/// A phone nobody knew asks for the first time.
pub(crate) fn new_phone(number: usize) -> DeviceChange {
    let id = format!("{number:032x}");
    let own = Config { transient: true, ..config(&format!("auto{number}"), &["autoprov"]) };
    let mut device = Device { id: id.clone(), config: Some(own.id.clone()), ..Device::default() };
    device.plugin = Some("aastra-3.2.2.1136".to_owned());
    device.configured = true;
    device.origin = Some("192.0.2.0/24".to_owned());
    device.info.mac =
        format!("00:08:5d:{:02x}:{:02x}:{:02x}", number >> 16, number >> 8 & 255, number & 255).parse().ok();
    device.info.ip = format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255).parse().ok();
    device.info.vendor = Some("Aastra".to_owned());
    device.info.model = Some("6731i".to_owned());
    let entry = AuditEntry::device(&Actor::Server, "created", &id, vec!["vendor: Aastra".to_owned()]);
    let files = Some(files(number, 0));
    DeviceChange {
        device,
        files,
        new_config: Some(own),
        discovered: true,
        audit: vec![entry],
        ..DeviceChange::default()
    }
}

/// A known phone gets files that differ from those it had.
pub(crate) fn configured_anew(device: Device) -> DeviceChange {
    let number = usize::from_str_radix(&device.id, 16).unwrap_or_default();
    let files = Some(files(number, device.revision));
    DeviceChange { device, files, ..DeviceChange::default() }
}

fn files(number: usize, revision: i64) -> Configuration {
    let file = |path: String, bytes: usize| GeneratedFile {
        path,
        content: format!("# {number} {revision}\n{}", "x".repeat(bytes)).into(),
        media_type: Some("text/plain".to_owned()),
        sensitive: true,
    };
    let files = vec![
        file(format!("Aastra/{number:012x}.cfg"), FILE_BYTES),
        file(format!("Aastra/{number:012x}.txt"), FILE_BYTES / 4),
    ];
    Configuration { files, ..Configuration::default() }
}

/// Reads what files are generated from, as configuring does, and stores the change with that as its basis.
pub(crate) async fn configure(store: &Arc<dyn Store>, mut change: DeviceChange) -> Result<(), StoreError> {
    let config = match &change.new_config {
        Some(config) => config.parent_ids[0].clone(),
        None => change.device.config.clone().unwrap_or_default(),
    };
    let lineage = store.lineage(&config).await?;
    change.basis = lineage.into_values().map(|config| (config.id, config.revision)).collect();
    store.change_device(change).await?;
    Ok(())
}

/// What is noted of a phone that fetched its file.
pub(crate) fn presence(device: &Device) -> Presence {
    let now = SystemTime::now();
    Presence {
        device: device.id.clone(),
        last_seen: now,
        last_request: format!("HTTP /Aastra/{}.cfg", device.id),
        last_answer: "file".to_owned(),
        fetched_revision: Some(device.files_revision),
        fetched_at: Some(now),
    }
}
