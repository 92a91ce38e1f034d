//! Many records as one change.

use std::sync::Arc;

use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::provisioning::bulk::Bulk;
use crate::provisioning::store::{AuditFilter, ConfigChange, DeviceChange, Store, StoreError};

use super::{add, change, config, device, ids, put, using};
use crate::domain::audit::{Actor, AuditEntry};

fn bulk(devices: Vec<DeviceChange>) -> Arc<Bulk> {
    let unfinished = ConfigChange { unfinished: Some("mark".to_owned()), ..ConfigChange::default() };
    Arc::new(Bulk { configs: vec![(config("new", &["later"]), unfinished)], devices })
}

pub(super) async fn a_bulk_is_stored_whole(store: Arc<dyn Store>) {
    let old = add(&store, device("old")).await;
    let entry = AuditEntry::device(&Actor::Server, "created", "a", Vec::new());
    let created = DeviceChange { audit: vec![entry], ..change(using("a", "new")) };
    let updated = change(Device { config: Some("new".to_owned()), ..old });
    let stored = store.store_bulk(bulk(vec![created, updated])).await.unwrap();
    assert_eq!(stored.iter().map(|device| device.revision).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(store.devices_of_configs(&["new".to_owned()]).await.unwrap(), ["old", "a"]);
    assert_eq!(store.unfinished_changes().await.unwrap(), [("mark".to_owned(), "new".to_owned())]);
    let filter = AuditFilter { limit: 10, ..AuditFilter::default() };
    assert_eq!(store.audit(&filter).await.unwrap().len(), 1);
}

pub(super) async fn a_bulk_with_one_wrong_record_leaves_nothing(store: Arc<dyn Store>) {
    let old = add(&store, device("old")).await;
    let outdated = change(Device { revision: old.revision + 1, ..old });
    let conflict = store.store_bulk(bulk(vec![change(device("a")), outdated])).await;
    assert!(matches!(conflict, Err(StoreError::Conflict(_))), "{conflict:?}");
    let taken = store.store_bulk(bulk(vec![change(device("a")), change(device("old"))])).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(_))), "{taken:?}");
    put(&store, &config("new", &[])).await;
    let taken = store.store_bulk(bulk(vec![change(device("a"))])).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(_))), "{taken:?}");
    assert_eq!(ids(&store).await, ["old"]);
    assert_eq!(store.unfinished_changes().await.unwrap(), []);
}

pub(super) async fn many_devices_are_found_by_ids_and_addresses(store: Arc<dyn Store>) {
    let mac = "00:08:5d:00:00:01".parse().unwrap();
    let with_mac =
        |id: &str| Device { info: DeviceInfo { mac: Some(mac), ..DeviceInfo::default() }, ..device(id) };
    for device in [device("a"), with_mac("b"), with_mac("c"), device("d")] {
        add(&store, device).await;
    }
    let known = async |ids: &[&str], macs: &[_]| -> Vec<String> {
        let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        let known = store.known_devices(&ids, macs).await.unwrap();
        known.into_iter().map(|device| device.id).collect()
    };
    assert_eq!(known(&["d", "b", "nobody"], &[mac]).await, ["b", "c", "d"]);
    assert_eq!(known(&["a"], &[]).await, ["a"]);
    assert_eq!(known(&[], &[mac]).await, ["b", "c"]);
    assert_eq!(known(&[], &[]).await, [] as [&str; 0]);
}
