//! The file outlives the process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Database, Fixture, transaction};
use crate::domain::device::Device;
use crate::provisioning::store::{DeviceChange, Store as _, StoreError};

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
