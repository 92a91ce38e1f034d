//! What was last seen of phones, and of those that wait to be approved.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{add, at_address, delete, device, discovered, micros};
use crate::domain::device::Device;
use crate::domain::device_info::DeviceInfo;
use crate::domain::remote_state::Presence;
use crate::domain::waiting::WaitingDevice;
use crate::provisioning::store::Store;

/// A phone asked at this second of a time to come, when its device was there, and fetched this.
fn seen(device: &str, second: u64, fetched_revision: Option<i64>) -> Presence {
    let at = micros(4_000_000_000_000_000) + Duration::from_secs(second);
    Presence {
        device: device.to_owned(),
        last_seen: at,
        last_request: format!("HTTP /{second}.cfg"),
        last_answer: "file".to_owned(),
        fetched_revision,
        fetched_at: fetched_revision.map(|_| at),
    }
}

pub(super) async fn the_last_counts_and_what_was_fetched_stays(store: Arc<dyn Store>) {
    add(&store, device("a")).await;
    assert_eq!(store.presence("a").await.unwrap(), None);
    store.put_presences(vec![seen("a", 1, Some(4))]).await.unwrap();
    assert_eq!(store.presence("a").await.unwrap(), Some(seen("a", 1, Some(4))));

    store.put_presences(vec![seen("a", 2, None)]).await.unwrap();
    let fetched = seen("a", 1, Some(4));
    let expected = Presence {
        fetched_revision: fetched.fetched_revision,
        fetched_at: fetched.fetched_at,
        ..seen("a", 2, None)
    };
    assert_eq!(store.presences().await.unwrap(), [expected]);
    store.put_presences(vec![seen("a", 3, Some(5))]).await.unwrap();
    assert_eq!(store.presence("a").await.unwrap(), Some(seen("a", 3, Some(5))));
}

pub(super) async fn a_presence_goes_with_its_device(store: Arc<dyn Store>) {
    for id in ["a", "b"] {
        add(&store, device(id)).await;
    }
    store.put_presences(vec![seen("a", 1, None), seen("b", 1, None)]).await.unwrap();
    assert!(delete(&store, "a").await);
    assert_eq!(store.presence("a").await.unwrap(), None);
    // It was noted before the device went, and is written after.
    store.put_presences(vec![seen("a", 2, None), seen("b", 2, None)]).await.unwrap();
    assert_eq!(store.presences().await.unwrap(), [seen("b", 2, None)]);
}

pub(super) async fn a_presence_is_no_change_of_the_record(store: Arc<dyn Store>) {
    let stored = add(&store, device("a")).await;
    store.put_presences(vec![seen("a", 1, Some(1))]).await.unwrap();
    assert_eq!(store.device("a").await.unwrap(), Some(stored));
}

pub(super) async fn any_number_of_presences_is_written(store: Arc<dyn Store>) {
    store.put_presences(Vec::new()).await.unwrap();
    let mut presences = Vec::new();
    for number in 0..1200 {
        let id = format!("{number:04}");
        add(&store, device(&id)).await;
        presences.push(seen(&id, number, None));
    }
    store.put_presences(presences.clone()).await.unwrap();
    assert_eq!(store.presences().await.unwrap(), presences);
}

pub(super) async fn devices_known_by_nothing_but_an_address_expire(store: Arc<dyn Store>) {
    let with = |id: &str, info: fn(&mut DeviceInfo)| {
        let mut device = discovered(id, "192.0.2.1");
        info(&mut device.info);
        device
    };
    for device in [
        with("bare", |_| {}),
        with("of a known model", |info| info.model = Some("6731i".to_owned())),
        with("seen", |_| {}),
        with("with mac", |info| info.mac = "00:08:5d:00:00:01".parse().ok()),
        with("with sn", |info| info.sn = Some("1".to_owned())),
        with("with uuid", |info| info.uuid = Some("u".to_owned())),
        at_address("administered", "192.0.2.1"),
    ] {
        add(&store, device).await;
    }
    let touched = add(&store, with("touched", |_| {})).await;
    add(&store, described(&touched)).await;
    let expired = async |since| {
        let devices = store.expired_devices(since).await.unwrap();
        devices.into_iter().map(|device| device.id).collect::<Vec<_>>()
    };
    let created = store.device("touched").await.unwrap().unwrap().created.unwrap();
    let later = created + Duration::from_hours(2);
    assert!(expired(created - Duration::from_hours(1)).await.is_empty());
    let mut presence = seen("seen", 0, None);
    presence.last_seen = created + Duration::from_hours(3);
    store.put_presences(vec![presence]).await.unwrap();
    assert_eq!(expired(later).await, ["bare", "of a known model"]);
    assert_eq!(expired(later + Duration::from_hours(2)).await, ["bare", "of a known model", "seen"]);
}

/// A record after an administrator described it.
fn described(device: &Device) -> Device {
    let mut document = device.to_document();
    document.insert("description".to_owned(), "lobby".into());
    Device::from_document(document).unwrap().administered(device)
}

pub(super) async fn devices_that_wait_come_and_go(store: Arc<dyn Store>) {
    let waiting = |id: &str, second: u64| WaitingDevice {
        id: id.to_owned(),
        info: DeviceInfo {
            ip: Some("2001:db8::1".parse().unwrap()),
            mac: "00:08:5d:00:00:01".parse().ok(),
            sn: Some("sn".to_owned()),
            uuid: Some("uuid".to_owned()),
            vendor: Some("Aastra".to_owned()),
            model: None,
            version: Some("3.2".to_owned()),
        },
        first_seen: seen(id, 0, None).last_seen,
        last_seen: seen(id, second, None).last_seen,
    };
    assert_eq!(store.waiting_devices().await.unwrap(), []);
    for id in ["b", "a"] {
        store.put_waiting(&waiting(id, 1)).await.unwrap();
    }
    let again = WaitingDevice { first_seen: SystemTime::now(), ..waiting("b", 2) };
    store.put_waiting(&again).await.unwrap();
    assert_eq!(store.waiting_devices().await.unwrap(), [waiting("b", 2), waiting("a", 1)]);
    assert!(store.remove_waiting("b").await.unwrap());
    assert!(!store.remove_waiting("b").await.unwrap());
    assert_eq!(store.waiting_devices().await.unwrap(), [waiting("a", 1)]);
}
