//! Who changed what.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{add, at_address, change, config, delete, device, discovered, ids, micros};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::device::Device;
use crate::provisioning::store::{AuditFilter, ConfigChange, DeviceChange, Store, StoreError};

const ALL: AuditFilter = AuditFilter { kind: None, subject: None, actor: None, since: None, limit: 1000 };

fn moment(second: u64) -> SystemTime {
    micros(1_700_000_000_000_000) + Duration::from_secs(second)
}

fn entry(second: u64, actor: &Actor, subject: &str) -> AuditEntry {
    let changes = vec!["model: 6730i → 6731i".to_owned(), "options".to_owned()];
    AuditEntry { at: moment(second), ..AuditEntry::device(actor, "updated", subject, changes) }
}

/// Six changes, a second apart: of a device and a config in turn, by an administrator and a phone.
async fn six(store: &Arc<dyn Store>) -> Vec<AuditEntry> {
    let (ada, phone) = (Actor::Token("ada".to_owned()), Actor::Phone("192.0.2.1".parse().unwrap()));
    let mut device = device("x");
    let mut config = config("x", &[]);
    let mut entries = Vec::new();
    for second in [0, 2, 4] {
        let of_device = entry(second, if second == 0 { &ada } else { &phone }, "x");
        let of_config = AuditEntry { kind: "config".to_owned(), ..entry(second + 1, &ada, "x") };
        let audit = vec![of_device.clone()];
        device = store.change_device(DeviceChange { audit, ..change(device) }).await.unwrap();
        let audit = vec![of_config.clone()];
        config = store.put_config(&config, ConfigChange { audit, unfinished: None }).await.unwrap();
        entries.extend([of_device, of_config]);
    }
    entries.reverse();
    entries
}

pub(super) async fn the_newest_come_first(store: Arc<dyn Store>) {
    let all = six(&store).await;
    assert_eq!(store.audit(&ALL).await.unwrap(), all);
    assert_eq!(store.audit(&AuditFilter { limit: 2, ..ALL }).await.unwrap(), all[..2]);
    assert_eq!(store.audit(&AuditFilter::default()).await.unwrap(), []);
}

pub(super) async fn only_what_is_asked_for_is_given(store: Arc<dyn Store>) {
    let all = six(&store).await;
    let some = |text: &str| Some(text.to_owned());
    let asked = |filter: AuditFilter| {
        let store = store.clone();
        async move { store.audit(&filter).await.unwrap() }
    };
    let which =
        |keep: fn(&AuditEntry) -> bool| all.iter().filter(|entry| keep(entry)).cloned().collect::<Vec<_>>();
    assert_eq!(
        asked(AuditFilter { kind: some("device"), ..ALL }).await,
        which(|entry| entry.kind == "device")
    );
    assert_eq!(asked(AuditFilter { subject: some("x"), ..ALL }).await, all);
    assert_eq!(asked(AuditFilter { subject: some("y"), ..ALL }).await, []);
    assert_eq!(
        asked(AuditFilter { actor: some("token ada"), ..ALL }).await,
        which(|entry| entry.actor == "token ada")
    );
    assert_eq!(asked(AuditFilter { since: Some(moment(4)), ..ALL }).await, all[..2]);
    let combined = AuditFilter {
        kind: some("device"),
        subject: some("x"),
        actor: some("phone 192.0.2.1"),
        since: Some(moment(3)),
        limit: 5,
    };
    assert_eq!(asked(combined).await, all[1..2]);
}

pub(super) async fn what_is_old_or_too_much_is_forgotten(store: Arc<dyn Store>) {
    let all = six(&store).await;
    assert_eq!(store.purge_audit(moment(0), 100).await.unwrap(), 0);
    assert_eq!(store.purge_audit(moment(2), 100).await.unwrap(), 2);
    assert_eq!(store.audit(&ALL).await.unwrap(), all[..4]);
    assert_eq!(store.purge_audit(moment(0), 1).await.unwrap(), 3);
    assert_eq!(store.audit(&ALL).await.unwrap(), all[..1]);
    assert_eq!(store.purge_audit(moment(9), 100).await.unwrap(), 1);
    assert_eq!(store.purge_audit(moment(9), 100).await.unwrap(), 0);
}

pub(super) async fn thousands_are_forgotten_at_once(store: Arc<dyn Store>) {
    let audit = (0..2500).map(|second| entry(second, &Actor::Server, "x")).collect();
    store.change_device(DeviceChange { audit, ..change(device("x")) }).await.unwrap();
    assert_eq!(store.purge_audit(moment(0), 10).await.unwrap(), 2490);
    let left = store.audit(&ALL).await.unwrap();
    assert_eq!((left.len(), left[9].at), (10, moment(2490)));
}

pub(super) async fn what_did_not_happen_leaves_no_entry(store: Arc<dyn Store>) {
    let audit = || vec![entry(0, &Actor::Server, "x")];
    let stale = DeviceChange { audit: audit(), ..change(Device { revision: 3, ..device("x") }) };
    assert!(matches!(store.change_device(stale).await, Err(StoreError::Conflict(_))));
    assert!(!store.delete_device("x", None, audit()).await.unwrap());
    let change = ConfigChange { audit: audit(), unfinished: Some("change".to_owned()) };
    assert!(!store.delete_config("x", change).await.unwrap());
    assert_eq!(store.audit(&ALL).await.unwrap(), []);
    assert!(store.unfinished_changes().await.unwrap().is_empty());
}

pub(super) async fn deleting_leaves_its_entry_and_those_before(store: Arc<dyn Store>) {
    let audit = vec![entry(0, &Actor::Server, "x")];
    store.change_device(DeviceChange { audit, ..change(device("x")) }).await.unwrap();
    let deleted = AuditEntry { action: "deleted".to_owned(), ..entry(1, &Actor::Server, "x") };
    assert!(store.delete_device("x", None, vec![deleted.clone()]).await.unwrap());
    assert_eq!(store.audit(&ALL).await.unwrap(), [deleted, entry(0, &Actor::Server, "x")]);
    assert!(!delete(&store, "x").await);
}

pub(super) async fn who_loses_an_address_to_whom_is_told(store: Arc<dyn Store>) {
    let ip: IpAddr = "192.0.2.1".parse().unwrap();
    add(&store, at_address("loser", "192.0.2.1")).await;
    add(&store, discovered("provisional", "192.0.2.1")).await;
    let audit = vec![entry(0, &Actor::Phone(ip), "taker")];
    let taking = DeviceChange { takes_address: true, audit, ..change(at_address("taker", "192.0.2.1")) };
    store.change_device(taking).await.unwrap();
    assert_eq!(ids(&store).await, ["loser", "taker"]);
    let told: Vec<_> = store
        .audit(&ALL)
        .await
        .unwrap()
        .into_iter()
        .map(|entry| (entry.actor, entry.action, entry.subject, entry.changes.concat()))
        .collect();
    let of = |action: &str, subject: &str| {
        let why = "address 192.0.2.1 taken by taker";
        ("phone 192.0.2.1".to_owned(), action.to_owned(), subject.to_owned(), why.to_owned())
    };
    assert_eq!(told[..2], [of("updated", "loser"), of("deleted", "provisional")]);
    assert_eq!(told.len(), 3);
}
