//! Reading devices.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{add, at_address, delete, delete_config, device, discovered, ids, micros, object, using};
use crate::domain::device::{Device, Failure};
use crate::domain::device_info::DeviceInfo;
use crate::domain::provenance::{Provenance, Source};
use crate::provisioning::store::{DeviceKey, Store};

fn full() -> Device {
    let text = |value: &str| Some(value.to_owned());
    Device {
        id: "a b".to_owned(),
        info: DeviceInfo {
            ip: Some("2001:db8::1".parse().unwrap()),
            mac: Some("00085D237429".parse().unwrap()),
            sn: text("SN'1"),
            uuid: text("0b1c2d3e-0000-4000-8000-000000000001"),
            vendor: text("Aastra"),
            model: text("6731i"),
            version: text("3.2.2.1136"),
        },
        plugin: text("aastra-3.2.2.1136"),
        config: text("autoprov1"),
        configured: true,
        last_error: Some(Failure {
            reason: "template: line 3".to_owned(),
            at: micros(1_700_000_000_123_456),
        }),
        added: text("auto"),
        tenant_uuid: text("0b1c2d3e-0000-4000-8000-000000000002"),
        remote_state_sip_username: text("ap12345678"),
        trigger_path: text("Aastra/a.cfg"),
        provenance: Provenance { vendor: Source::Phone, model: Source::Administrator, plugin_assigned: true },
        origin: text("2001:db8::/64"),
        extra: object(
            json!({"zeta": {"b": 1, "a": [null, 1.5]}, "options": {"switchboard": true}, "alpha": "é"}),
        ),
        ..Device::default()
    }
}

pub(super) async fn every_field_survives(store: Arc<dyn Store>) {
    let stored = add(&store, full()).await;
    assert_eq!(stored, Device { created: stored.created, files_revision: 1, revision: 1, ..full() });
    let read = store.device("a b").await.unwrap().unwrap();
    assert_eq!(read, stored);
    assert_eq!(read.extra.keys().collect::<Vec<_>>(), ["zeta", "options", "alpha"]);

    let bare = Device { revision: 1, files_revision: 1, ..device("a b") };
    add(&store, bare.clone()).await;
    let expected = Device { revision: 2, created: stored.created, ..bare };
    assert_eq!(store.device("a b").await.unwrap().unwrap(), expected);
}

pub(super) async fn the_time_of_creation_stays(store: Arc<dyn Store>) {
    let before = SystemTime::now() - Duration::from_micros(1);
    let created = add(&store, Device { created: Some(micros(1)), ..device("a") }).await.created;
    assert!(created.is_some_and(|created| before < created && created <= SystemTime::now()));
    let forgetful = Device { created: None, revision: 1, ..device("a") };
    assert_eq!(add(&store, forgetful).await.created, created);
    assert_eq!(store.device("a").await.unwrap().unwrap().created, created);
}

pub(super) async fn what_networks_created_is_counted(store: Arc<dyn Store>) {
    let network = "192.0.2.0/24";
    add(&store, discovered("a", "192.0.2.1")).await;
    let touched = add(&store, discovered("b", "192.0.2.2")).await;
    add(&store, Device { origin: Some("198.51.100.0/24".to_owned()), ..device("elsewhere") }).await;
    add(&store, at_address("administered", "192.0.2.3")).await;
    assert_eq!(store.count_created(network).await.unwrap(), 2);
    add(&store, Device { origin: None, ..touched }).await;
    assert_eq!(store.count_created(network).await.unwrap(), 1);
    assert!(delete(&store, "a").await);
    assert_eq!(store.count_created(network).await.unwrap(), 0);
}

pub(super) async fn each_fact_finds(store: Arc<dyn Store>) {
    add(&store, device("other")).await;
    let stored = add(&store, full()).await;
    let info = full().info;
    for key in [
        DeviceKey::Mac(info.mac.unwrap()),
        DeviceKey::Sn(info.sn.unwrap()),
        DeviceKey::Uuid(info.uuid.unwrap()),
        DeviceKey::Ip(info.ip.unwrap()),
    ] {
        assert_eq!(store.find_devices(&key).await.unwrap(), [Arc::new(stored.clone())], "{key:?}");
    }
    assert_eq!(store.find_devices(&DeviceKey::Sn("other".to_owned())).await.unwrap(), []);
}

pub(super) async fn oldest_come_first(store: Arc<dyn Store>) {
    for id in ["c", "a", "b"] {
        add(&store, at_address(id, "192.0.2.1")).await;
    }
    add(&store, Device { revision: 1, ..at_address("c", "192.0.2.1") }).await;
    assert_eq!(ids(&store).await, ["c", "a", "b"]);
    let found = store.find_devices(&DeviceKey::Ip("192.0.2.1".parse().unwrap())).await.unwrap();
    assert_eq!(found.iter().map(|device| device.id.as_str()).collect::<Vec<_>>(), ["c", "a", "b"]);
}

pub(super) async fn users_of_configs_and_plugins_are_found(store: Arc<dyn Store>) {
    for number in 0..1200 {
        add(&store, using(&format!("d{number}"), &format!("c{number}"))).await;
    }
    add(&store, Device { plugin: Some("p".to_owned()), ..using("last", "c7") }).await;
    assert_eq!(store.devices_of_plugin("p").await.unwrap(), ["last"]);
    let of_plugin =
        |id: &str| Device { id: id.to_owned(), plugin: Some("p".to_owned()), ..Device::default() };
    add(&store, Device { configured: true, config: Some("c7".to_owned()), ..of_plugin("configured") }).await;
    add(&store, of_plugin("without config")).await;
    assert_eq!(store.unconfigured_devices_of_plugin("p").await.unwrap(), ["last"]);
    assert_eq!(
        store.devices_of_configs(&["c7".to_owned(), "missing".to_owned()]).await.unwrap(),
        ["d7", "last", "configured"]
    );
    let all: Vec<_> = (0..1200).map(|number| format!("c{number}")).collect();
    assert_eq!(store.devices_of_configs(&all).await.unwrap().len(), 1202);
    assert!(store.devices_of_configs(&[]).await.unwrap().is_empty());
}

pub(super) async fn what_is_not_there_is_nothing(store: Arc<dyn Store>) {
    assert_eq!(store.device("x").await.unwrap(), None);
    assert_eq!(store.devices().await.unwrap(), []);
    assert!(store.devices_of_plugin("x").await.unwrap().is_empty());
    assert!(!delete(&store, "x").await);
    assert_eq!(store.device_file("x", "x").await.unwrap(), None);
    assert_eq!(store.device_files("x").await.unwrap(), []);
    assert_eq!(store.config("x").await.unwrap(), None);
    assert!(store.lineage("x").await.unwrap().is_empty());
    assert!(!delete_config(&store, "x").await);
}
