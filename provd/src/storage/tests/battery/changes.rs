//! Changing devices, with all that comes with a change.

use std::sync::Arc;

use super::{
    add, at_address, change, config, configuration, delete, device, discovered, ids, put, transient, using,
};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::provisioning::store::{DeviceChange, DeviceKey, Store, StoreError};

pub(super) async fn revisions_count_from_one(store: Arc<dyn Store>) {
    let first = add(&store, device("a")).await;
    let second = add(&store, first.clone()).await;
    assert_eq!((first.revision, second.revision), (1, 2));
    assert_eq!(store.device("a").await.unwrap(), Some(second));
}

pub(super) async fn a_stale_revision_is_refused(store: Arc<dyn Store>) {
    let first = add(&store, device("a")).await;
    add(&store, first.clone()).await;
    let error = store.change_device(change(first)).await.unwrap_err();
    assert_eq!(error.to_string(), "device `a` was changed by somebody else at the same time");
    let gone = Device { revision: 4, ..device("gone") };
    assert!(matches!(store.change_device(change(gone)).await, Err(StoreError::Conflict(_))));
    assert_eq!(ids(&store).await, ["a"]);
}

pub(super) async fn a_taken_id_is_refused(store: Arc<dyn Store>) {
    let stored = add(&store, at_address("a", "192.0.2.1")).await;
    let error = store.change_device(change(device("a"))).await.unwrap_err();
    assert!(matches!(error, StoreError::Duplicate(id) if id == "a"));
    assert_eq!(store.device("a").await.unwrap(), Some(stored));
}

pub(super) async fn a_failed_change_leaves_nothing(store: Arc<dyn Store>) {
    add(&store, device("a")).await;
    let taken = DeviceChange { new_config: Some(transient("new")), ..change(at_address("a", "192.0.2.1")) };
    assert!(matches!(store.change_device(taken).await, Err(StoreError::Duplicate(id)) if id == "a"));
    assert_eq!(store.config("new").await.unwrap(), None);

    put(&store, &config("old", &[])).await;
    let taken = DeviceChange {
        new_config: Some(transient("old")),
        files: Some(configuration(&[("b.cfg", "")])),
        ..change(device("b"))
    };
    assert!(matches!(store.change_device(taken).await, Err(StoreError::Duplicate(id)) if id == "old"));
    assert_eq!(ids(&store).await, ["a"]);
    assert_eq!(store.device_files("b").await.unwrap(), []);

    let stale = DeviceChange {
        new_config: Some(transient("new")),
        files: Some(configuration(&[("a.cfg", "")])),
        ..change(Device { revision: 9, ..device("a") })
    };
    assert!(matches!(store.change_device(stale).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.config("new").await.unwrap(), None);
    assert_eq!(store.device_files("a").await.unwrap(), []);
}

pub(super) async fn an_address_is_taken_from_others(store: Arc<dyn Store>) {
    let loser = add(&store, at_address("a", "192.0.2.1")).await;
    let bystander = add(&store, at_address("b", "192.0.2.2")).await;
    add(&store, at_address("c", "192.0.2.1")).await;
    let taking = DeviceChange { takes_address: true, ..change(at_address("d", "192.0.2.1")) };
    let taker = store.change_device(taking).await.unwrap();

    let key = DeviceKey::Ip("192.0.2.1".parse().unwrap());
    assert_eq!(store.find_devices(&key).await.unwrap(), [Arc::new(taker)]);
    assert_eq!(
        store.device("a").await.unwrap(),
        Some(Device { info: DeviceInfo::default(), revision: 2, ..loser })
    );
    assert_eq!(store.device("b").await.unwrap(), Some(bystander));

    // Without an address there is none to take.
    let taking = DeviceChange { takes_address: true, ..change(device("e")) };
    assert_eq!(store.change_device(taking).await.unwrap().revision, 1);
}

/// A device `p` known by nothing but its address, with a file and a transient config.
async fn provisional(store: &Arc<dyn Store>) -> Device {
    let device = Device { config: Some("auto".to_owned()), ..discovered("p", "192.0.2.1") };
    let creating = DeviceChange {
        new_config: Some(transient("auto")),
        files: Some(configuration(&[("p.cfg", "p")])),
        ..change(device)
    };
    store.change_device(creating).await.unwrap()
}

pub(super) async fn a_provisional_device_is_absorbed(store: Arc<dyn Store>) {
    let absorbed = Some(provisional(&store).await);
    store.change_device(DeviceChange { absorbed, ..change(device("a")) }).await.unwrap();
    assert_eq!(ids(&store).await, ["a"]);
    assert_eq!(store.device_files("p").await.unwrap(), []);
    assert_eq!(store.config("auto").await.unwrap(), None);
}

pub(super) async fn a_device_that_moved_on_is_not_absorbed(store: Arc<dyn Store>) {
    let seen = provisional(&store).await;
    add(&store, seen.clone()).await;
    let refused = store.change_device(DeviceChange { absorbed: Some(seen), ..change(device("a")) }).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(ids(&store).await, ["p"]);
    assert_eq!(store.device_files("p").await.unwrap().len(), 1);
    assert!(store.config("auto").await.unwrap().is_some());
}

pub(super) async fn a_device_that_moved_on_is_not_deleted(store: Arc<dyn Store>) {
    let seen = provisional(&store).await;
    let moved = add(&store, seen.clone()).await;
    assert!(!store.delete_device("p", Some(seen.revision), Vec::new()).await.unwrap());
    assert_eq!(store.device_files("p").await.unwrap().len(), 1);
    assert!(store.delete_device("p", Some(moved.revision), Vec::new()).await.unwrap());
    assert_eq!(store.config("auto").await.unwrap(), None);
}

pub(super) async fn what_is_discovered_must_be_unknown(store: Arc<dyn Store>) {
    let mac = Some("00:08:5d:00:00:01".parse().unwrap());
    let with_mac = |id: &str| {
        let mut device = device(id);
        device.info.mac = mac;
        device
    };
    add(&store, with_mac("a")).await;
    let discovering = DeviceChange { discovered: true, ..change(with_mac("b")) };
    let refused = store.change_device(discovering).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    let discovering = DeviceChange { discovered: true, ..change(device("c")) };
    store.change_device(discovering).await.unwrap();
    assert_eq!(ids(&store).await, ["a", "c"]);
}

pub(super) async fn files_of_a_config_that_changed_meanwhile_are_refused(store: Arc<dyn Store>) {
    let first = put(&store, &config("base", &[])).await;
    let from = |basis: &[(&str, i64)]| DeviceChange {
        basis: basis.iter().map(|(id, revision)| ((*id).to_owned(), *revision)).collect(),
        ..change(device("a"))
    };
    put(&store, &Config { role: Some("r".to_owned()), ..first.clone() }).await;
    for stale in [from(&[("base", first.revision)]), from(&[("base", 2), ("base", 0)]), from(&[("later", 1)])]
    {
        let refused = store.change_device(stale).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    }
    let stored = store.change_device(from(&[("base", 2), ("missing", 0)])).await.unwrap();

    // These are more than one statement asks for.
    let basis = |revision: i64| {
        let missing = (0..20).map(|number| (format!("missing {number}"), 0));
        missing.chain([("base".to_owned(), revision)]).collect()
    };
    let stale = DeviceChange { basis: basis(1), ..change(stored.clone()) };
    let refused = store.change_device(stale).await.unwrap_err();
    assert_eq!(refused.to_string(), "config `base` was changed by somebody else at the same time");
    let from_many = DeviceChange { basis: basis(2), ..change(stored) };
    store.change_device(from_many).await.unwrap();
}

pub(super) async fn a_transient_config_goes_with_its_last_device(store: Arc<dyn Store>) {
    put(&store, &transient("t")).await;
    put(&store, &config("kept", &[])).await;
    for (id, config) in [("a", "t"), ("b", "t"), ("c", "kept")] {
        add(&store, using(id, config)).await;
    }
    for (id, there) in [("a", true), ("b", false)] {
        assert!(delete(&store, id).await);
        assert_eq!(store.config("t").await.unwrap().is_some(), there, "{id}");
    }
    assert!(delete(&store, "c").await);
    assert!(store.config("kept").await.unwrap().is_some());
}

pub(super) async fn a_config_that_is_left_goes_if_transient_and_unused(store: Arc<dyn Store>) {
    put(&store, &transient("t")).await;
    put(&store, &config("kept", &[])).await;
    let a = add(&store, using("a", "t")).await;
    let b = add(&store, using("b", "t")).await;
    let leave = |device: Device, config: &str, left: &str| DeviceChange {
        left_config: Some(left.to_owned()),
        ..change(Device { config: Some(config.to_owned()), ..device })
    };

    let a = store.change_device(leave(a, "kept", "t")).await.unwrap();
    assert!(store.config("t").await.unwrap().is_some());
    store.change_device(leave(b, "kept", "t")).await.unwrap();
    assert_eq!(store.config("t").await.unwrap(), None);
    store.change_device(leave(a, "elsewhere", "kept")).await.unwrap();
    assert!(store.config("kept").await.unwrap().is_some());
}

pub(super) async fn deleting_takes_files_and_transient_config(store: Arc<dyn Store>) {
    provisional(&store).await;
    assert!(delete(&store, "p").await);
    assert_eq!(store.device("p").await.unwrap(), None);
    assert_eq!(store.device_file("p", "p.cfg").await.unwrap(), None);
    assert_eq!(store.config("auto").await.unwrap(), None);
    assert!(!delete(&store, "p").await);

    // A new device of that name does not inherit anything.
    add(&store, device("p")).await;
    assert_eq!(store.device_files("p").await.unwrap(), []);
}
