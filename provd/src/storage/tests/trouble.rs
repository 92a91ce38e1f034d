//! A database that has become unusable, or unreadable in one place, says so and goes on where it can.

use super::{Database, Fixture, transaction};
use crate::domain::device::Device;
use crate::domain::plugin::{Configuration, GeneratedFile};
use crate::provisioning::store::{DeviceChange, DeviceKey, Store as _, StoreError};

fn new(id: &str) -> DeviceChange {
    let device = Device { id: id.to_owned(), ..Device::default() };
    DeviceChange { device, ..DeviceChange::default() }
}

#[tokio::test]
async fn an_unreadable_record_is_named() {
    for (damage, why) in [
        ("update devices set mac = 'zz' where id = 'a'", "mac: `zz`"),
        ("update devices set ip = '1.2.3' where id = 'a'", "ip: invalid"),
        ("update devices set extra = '[1]' where id = 'a'", "invalid type"),
        ("update devices set extra = x'ff' where id = 'a'", "extra"),
    ] {
        let fixture = Fixture::new().await;
        for id in ["a", "b"] {
            fixture.database.change_device(new(id)).await.unwrap();
        }
        fixture.meddle(damage).await;
        let error = fixture.database.device("a").await.unwrap_err().to_string();
        assert!(
            error.starts_with("device `a` in the database cannot be read: ") && error.contains(why),
            "{error}"
        );
        assert!(fixture.database.device("b").await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_damaged_file_is_told_where_it_is_asked_for_and_hides_no_device() {
    let fixture = Fixture::new().await;
    let file = |path: &str| GeneratedFile {
        path: path.to_owned(),
        content: "x".into(),
        media_type: None,
        sensitive: false,
    };
    let mut change = new("a");
    change.device.info.sn = Some("1".to_owned());
    change.files = Some(Configuration { files: vec![file("good"), file("bad")], ..Configuration::default() });
    fixture.database.change_device(change).await.unwrap();
    fixture.meddle("update device_files set modified = 'yesterday' where path = 'bad'").await;
    assert_eq!(fixture.database.find_devices(&DeviceKey::Sn("1".to_owned())).await.unwrap().len(), 1);
    assert!(fixture.database.device_file("a", "good").await.unwrap().is_some());
    let error = fixture.database.device_file("a", "bad").await.unwrap_err().to_string();
    assert!(error.starts_with("file `bad` in the database cannot be read: "), "{error}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_changes_nothing() {
    let fixture = Fixture::new().await;
    fixture.meddle("pragma max_page_count = 1").await;
    let file = GeneratedFile {
        path: "a.cfg".to_owned(),
        content: vec![7; 1 << 20].into(),
        media_type: None,
        sensitive: false,
    };
    let files = Some(Configuration { files: vec![file], ..Configuration::default() });
    let error = fixture.database.change_device(DeviceChange { files, ..new("a") }).await.unwrap_err();
    assert!(error.to_string().contains("no space is left"), "{error}");
    assert_eq!(fixture.database.devices().await.unwrap(), []);

    // SQLite ended the transaction by itself; the next must not find the connection as if it had not.
    fixture.database.change_device(new("b")).await.unwrap();
}

#[tokio::test]
async fn a_lock_of_another_process_is_told_and_readers_go_on() {
    let fixture = Fixture::new().await;
    let other = Database::open(&fixture.path()).await.unwrap();
    let lock = transaction(&other).await;
    fixture.meddle("pragma busy_timeout = 0").await;
    let error = fixture.database.change_device(new("a")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(why) if why.contains("another process")), "{error}");
    assert_eq!(fixture.database.devices().await.unwrap(), []);
    drop(lock);
    other.close().await;
    fixture.database.change_device(new("a")).await.unwrap();
}
