//! What was committed reaches the file itself, without anybody closing the database.

use std::fs;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{Database, Fixture};
use crate::domain::device::Device;
use crate::provisioning::store::{DeviceChange, Store as _};

async fn add(fixture: &Fixture, id: &str) {
    let device = Device { id: id.to_owned(), ..Device::default() };
    fixture.database.change_device(DeviceChange { device, ..DeviceChange::default() }).await.unwrap();
}

/// Devices in the file, had its log been lost. While it is written it may not be possible to say.
async fn without_log(fixture: &Fixture) -> Option<usize> {
    let left = tempfile::tempdir().unwrap();
    let copy = left.path().join("provd.db");
    fs::copy(fixture.path(), &copy).unwrap();
    Some(Database::open(&copy).await.ok()?.devices().await.ok()?.len())
}

async fn reaches(fixture: &Fixture, devices: usize) {
    let reached = async {
        while without_log(fixture).await != Some(devices) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), reached).await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_soon_in_the_file() {
    let fixture = Fixture::new().await;
    add(&fixture, "a").await;
    reaches(&fixture, 1).await;
    // Again, and what comes in the midst of it too.
    for number in 0..200 {
        add(&fixture, &number.to_string()).await;
    }
    reaches(&fixture, 201).await;
}

#[tokio::test]
async fn whoever_reads_only_holds_it_up() {
    let fixture = Fixture::new().await;
    let held = fixture.busy().await;
    add(&fixture, "a").await;
    sleep(Duration::from_millis(1100)).await;
    assert_ne!(without_log(&fixture).await, Some(1), "nobody can flush");
    drop(held);
    reaches(&fixture, 1).await;
}
