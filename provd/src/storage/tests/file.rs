//! The file outlives the process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::{Database, Fixture, transaction};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::plugin::{Configuration, GeneratedFile};
use crate::provisioning::store::{AuditFilter, ConfigChange, DeviceChange, Store as _, StoreError};
use crate::storage::change;

async fn add(database: &Database, id: &str) -> Device {
    let device = Device { id: id.to_owned(), ..Device::default() };
    database.change_device(DeviceChange { device, ..DeviceChange::default() }).await.unwrap()
}

#[tokio::test]
async fn only_the_owner_can_read_the_file_and_its_log() {
    let fixture = Fixture::new().await;
    add(&fixture.database, "a").await;
    for name in ["provd.db", "provd.db-wal", "provd.db-shm"] {
        let mode = fs::metadata(fixture.directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn closing_writes_the_log_back_and_the_next_start_finds_everything() {
    let fixture = Fixture::new().await;
    let stored = add(&fixture.database, "a").await;
    fixture.database.close().await;
    assert!(!fixture.directory.path().join("provd.db-wal").exists());
    let refused = fixture.database.device("a").await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(why) if why.contains("the server stops")));

    let reopened = Database::open(&fixture.path()).await.unwrap();
    assert_eq!(reopened.device("a").await.unwrap(), Some(stored));
}

/// What a killed process leaves is the file and the log as they are in the middle of its work.
#[tokio::test]
async fn a_killed_process_loses_nothing_it_committed() {
    let fixture = Fixture::new().await;
    let stored = add(&fixture.database, "a").await;
    let _held = fixture.busy().await;
    let mut uncommitted = transaction(&fixture.database).await;
    sqlx::query("delete from devices").execute(&mut *uncommitted).await.unwrap();

    let left = tempfile::tempdir().unwrap();
    for name in ["provd.db", "provd.db-wal"] {
        fs::copy(fixture.directory.path().join(name), left.path().join(name)).unwrap();
    }
    let reopened = Database::open(&left.path().join("provd.db")).await.unwrap();
    assert_eq!(reopened.devices().await.unwrap(), [stored]);
}

#[tokio::test]
async fn an_unfinished_change_survives_reopening() {
    let fixture = Fixture::new().await;
    let config = Config { id: "base".to_owned(), ..Config::default() };
    let change = ConfigChange { unfinished: Some("change".to_owned()), audit: Vec::new() };
    fixture.database.put_config(&config, change).await.unwrap();
    fixture.database.close().await;
    let reopened = Database::open(&fixture.path()).await.unwrap();
    assert_eq!(reopened.unfinished_changes().await.unwrap(), [("change".to_owned(), "base".to_owned())]);
}

/// A new phone with a config of its own and two files, which together are more than SQLite keeps in memory.
fn phone(number: usize, bytes: usize) -> DeviceChange {
    let file = |name: &str| GeneratedFile {
        path: format!("{number}.{name}"),
        content: vec![b'x'; bytes].into(),
        media_type: None,
        sensitive: true,
    };
    let config = Config { id: format!("config {number}"), ..Config::default() };
    let device = Device { id: number.to_string(), config: Some(config.id.clone()), ..Device::default() };
    let files = Configuration { files: vec![file("a"), file("b")], ..Configuration::default() };
    let audit = vec![AuditEntry::device(&Actor::Server, "created", &device.id, Vec::new())];
    DeviceChange { device, new_config: Some(config), files: Some(files), audit, ..DeviceChange::default() }
}

/// Opens what a process would find that starts with the file as it is and so much of the log.
async fn after_a_crash(fixture: &Fixture, log: usize) -> (TempDir, Database) {
    let left = tempfile::tempdir().unwrap();
    fs::copy(fixture.path(), left.path().join("provd.db")).unwrap();
    let mut bytes = fs::read(fixture.directory.path().join("provd.db-wal")).unwrap();
    bytes.truncate(log);
    fs::write(left.path().join("provd.db-wal"), bytes).unwrap();
    let database = Database::open(&left.path().join("provd.db")).await.unwrap();
    (left, database)
}

/// How many phones are stored, each of them whole.
async fn whole_phones(database: &Database) -> usize {
    let devices = database.devices().await.unwrap();
    for device in &devices {
        assert_eq!(database.device_files(&device.id).await.unwrap().len(), 2);
    }
    assert_eq!(database.configs().await.unwrap().len(), devices.len());
    let all = AuditFilter { limit: 100, ..AuditFilter::default() };
    assert_eq!(database.audit(&all).await.unwrap().len(), devices.len());
    devices.len()
}

/// All statements are done, much of what they wrote is in the log already, and only the commit is missing.
#[tokio::test]
async fn a_process_killed_before_its_commit_leaves_nothing_of_the_change() {
    let fixture = Fixture::new().await;
    fixture.database.change_device(phone(1, 10)).await.unwrap();
    fixture.meddle("pragma cache_size = 10").await;
    let _held = fixture.busy().await;
    let log = fixture.directory.path().join("provd.db-wal");
    let before = fs::metadata(&log).unwrap().len();
    let mut uncommitted = transaction(&fixture.database).await;
    change::apply(&mut uncommitted, &phone(2, 1 << 20)).await.unwrap();
    assert!(fs::metadata(&log).unwrap().len() > before + (1 << 20));
    let (_left, reopened) = after_a_crash(&fixture, usize::MAX).await;
    assert_eq!(whole_phones(&reopened).await, 1);
}

/// After a loss of power any part of the log may not have reached the disk.
#[tokio::test]
async fn a_log_that_ends_anywhere_leaves_whole_changes() {
    let fixture = Fixture::new().await;
    fixture.meddle("pragma wal_checkpoint(truncate)").await;
    let _held = fixture.busy().await;
    for number in 0..4 {
        fixture.database.change_device(phone(number, 5000)).await.unwrap();
    }
    let log = fs::metadata(fixture.directory.path().join("provd.db-wal")).unwrap().len();
    let log = usize::try_from(log).unwrap();
    let mut last = 0;
    // A step is no multiple of a page, so that pages are cut off at every place.
    for end in (0..log).step_by(7001).chain([log]) {
        let (_left, reopened) = after_a_crash(&fixture, end).await;
        let found = whole_phones(&reopened).await;
        assert!(last <= found, "{found} with {end} bytes, {last} with fewer");
        last = found;
    }
    assert_eq!(last, 4);
}

#[tokio::test]
async fn a_change_that_is_given_up_half_way_is_rolled_back_and_blocks_nobody() {
    let fixture = Fixture::new().await;
    add(&fixture.database, "a").await;
    let mut abandoned = transaction(&fixture.database).await;
    sqlx::query("delete from devices").execute(&mut *abandoned).await.unwrap();
    drop(abandoned);
    add(&fixture.database, "b").await;
    assert_eq!(fixture.database.devices().await.unwrap().len(), 2);
}

#[tokio::test]
async fn readers_cannot_write() {
    let fixture = Fixture::new().await;
    let mut reader = fixture.database.read().await.unwrap();
    let refused = sqlx::query("delete from devices").execute(&mut *reader).await.unwrap_err();
    assert!(refused.to_string().contains("readonly"), "{refused}");
}
