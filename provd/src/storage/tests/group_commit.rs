//! Changes that queue for the writer are committed together, and none notices the others.

use std::fs;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;

use super::{Database, Fixture, transaction};
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::provisioning::store::{DeviceChange, DeviceKey, Store as _, StoreError};

const PATIENCE: Duration = Duration::from_secs(10);

fn new(id: &str) -> DeviceChange {
    let mut device = Device { id: id.to_owned(), ..Device::default() };
    device.info.sn = Some(format!("sn-{id}"));
    DeviceChange { device, ..DeviceChange::default() }
}

/// Does these changes so that all of them queue while somebody else writes.
async fn together(database: &Database, changes: Vec<DeviceChange>) -> Vec<Result<Device, StoreError>> {
    let busy = transaction(database).await;
    let mut changes = Box::pin(join_all(changes.into_iter().map(|change| database.change_device(change))));
    assert!(poll!(&mut changes).is_pending());
    busy.rollback().await.unwrap();
    changes.await
}

#[tokio::test]
async fn each_has_the_outcome_it_would_have_alone() {
    let fixture = Fixture::new().await;
    let stored = fixture.database.change_device(new("stored")).await.unwrap();
    let stale = Device { revision: 9, ..stored.clone() };
    let with_taken_config =
        DeviceChange { new_config: Some(Config { id: "c".to_owned(), ..Config::default() }), ..new("never") };
    let changes = vec![
        new("a"),
        DeviceChange { device: stored, ..DeviceChange::default() },
        DeviceChange { device: stale, ..DeviceChange::default() },
        DeviceChange { new_config: with_taken_config.new_config.clone(), ..new("b") },
        new("a"),
        with_taken_config,
        DeviceChange {
            discovered: true,
            device: Device { id: "twin".to_owned(), ..new("b").device },
            ..new("")
        },
        new("c"),
    ];
    let outcomes = together(&fixture.database, changes).await;
    let outcomes: Vec<String> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(device) => format!("{} at {}", device.id, device.revision),
            Err(StoreError::Duplicate(id)) => format!("duplicate {id}"),
            Err(StoreError::Conflict(_)) => "conflict".to_owned(),
            Err(error) => panic!("{error}"),
        })
        .collect();
    let expected =
        ["a at 1", "stored at 2", "conflict", "b at 1", "duplicate a", "duplicate c", "conflict", "c at 1"];
    assert_eq!(outcomes, expected);
    let ids: Vec<_> = fixture.database.devices().await.unwrap().into_iter().map(|device| device.id).collect();
    assert_eq!(ids, ["stored", "a", "b", "c"]);
}

#[tokio::test]
async fn the_log_grows_less_than_by_as_many_alone() {
    const CHANGES: usize = 100;
    let log = |fixture: &Fixture| fs::metadata(fixture.directory.path().join("provd.db-wal")).unwrap().len();
    let changes = || (0..CHANGES).map(|number| new(&format!("{number}"))).collect::<Vec<_>>();
    let (alone, grouped) = (Fixture::new().await, Fixture::new().await);
    for fixture in [&alone, &grouped] {
        fixture.meddle("pragma wal_autocheckpoint = 0; pragma wal_checkpoint(truncate)").await;
    }
    let _held = (alone.busy().await, grouped.busy().await);
    for change in changes() {
        alone.database.change_device(change).await.unwrap();
    }
    assert!(together(&grouped.database, changes()).await.iter().all(Result::is_ok));
    assert!(log(&grouped) * 10 < log(&alone), "{} bytes, {} alone", log(&grouped), log(&alone));
}

#[tokio::test]
async fn more_than_one_transaction_takes_are_all_done() {
    let fixture = Fixture::new().await;
    let changes = (0..1500).map(|number| new(&format!("{number}"))).collect();
    assert!(together(&fixture.database, changes).await.iter().all(Result::is_ok));
    assert_eq!(fixture.database.devices().await.unwrap().len(), 1500);
}

#[tokio::test]
async fn a_transaction_that_cannot_begin_fails_all_and_stores_nothing() {
    let fixture = Fixture::new().await;
    let other = Database::open(&fixture.path()).await.unwrap();
    fixture.meddle("pragma busy_timeout = 0").await;
    let lock = transaction(&other).await;
    let outcomes = join_all(["a", "b"].map(|id| fixture.database.change_device(new(id)))).await;
    for outcome in outcomes {
        assert!(matches!(outcome, Err(StoreError::Unavailable(why)) if why.contains("another process")));
    }
    drop(lock);
    other.close().await;
    assert_eq!(fixture.database.devices().await.unwrap(), []);
    fixture.database.change_device(new("a")).await.unwrap();
}

/// A row that points to nothing, which is noticed at the commit.
#[tokio::test]
async fn a_commit_that_fails_fails_all_and_stores_nothing() {
    let fixture = Fixture::new().await;
    let pointing = "create table pointing (device text references devices (id) deferrable initially deferred); \
        create trigger point after insert on devices begin insert into pointing values ('nobody'); end";
    fixture.meddle(pointing).await;
    for outcome in together(&fixture.database, vec![new("a"), new("b")]).await {
        assert!(matches!(outcome, Err(StoreError::Unavailable(why)) if why.contains("FOREIGN KEY")));
    }
    assert_eq!(fixture.database.devices().await.unwrap(), []);
    fixture.meddle("drop trigger point").await;
    fixture.database.change_device(new("a")).await.unwrap();
}

/// Waits until a device is found by its serial number, which is read through memory.
async fn is_found(database: &Database, id: &str) {
    let found = async {
        while database.find_devices(&DeviceKey::Sn(format!("sn-{id}"))).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap();
}

#[tokio::test]
async fn a_change_that_has_begun_is_done_and_seen_though_nobody_waits_for_it() {
    let fixture = Fixture::new().await;
    let busy = transaction(&fixture.database).await;
    let key = DeviceKey::Sn("sn-a".to_owned());
    assert_eq!(fixture.database.find_devices(&key).await.unwrap(), []);
    let mut change = fixture.database.change_device(new("a"));
    // The second step of the caller comes after the writer has taken the change, and waits for the connection.
    for _ in 0..2 {
        assert!(poll!(&mut change).is_pending());
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
    drop(change);
    busy.rollback().await.unwrap();
    is_found(&fixture.database, "a").await;
}

#[tokio::test]
async fn a_change_that_was_given_up_before_it_began_is_not_done() {
    let fixture = Fixture::new().await;
    let busy = transaction(&fixture.database).await;
    let mut change = fixture.database.change_device(new("a"));
    assert!(poll!(&mut change).is_pending());
    drop(change);
    busy.rollback().await.unwrap();
    fixture.database.change_device(new("b")).await.unwrap();
    assert_eq!(fixture.database.device("a").await.unwrap(), None);
}

/// The one before it hangs, in the hands of another process.
#[tokio::test]
async fn a_change_that_cannot_begin_in_time_is_refused_and_never_done() {
    let fixture = Fixture::new().await;
    let other = Database::open(&fixture.path()).await.unwrap();
    fixture.meddle("pragma busy_timeout = 60000").await;
    let lock = transaction(&other).await;
    let idle = || fixture.database.connection.num_idle() > 0;
    while !idle() {
        tokio::task::yield_now().await;
    }
    let mut first = fixture.database.change_device(new("first"));
    while idle() {
        assert!(poll!(&mut first).is_pending());
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    let refused = fixture.database.change_device(new("late")).await.unwrap_err();
    tokio::time::resume();
    assert!(matches!(refused, StoreError::Unavailable(why) if why.contains("too many changes")));
    drop(lock);
    first.await.unwrap();
    fixture.database.change_device(new("next")).await.unwrap();
    assert_eq!(fixture.database.device("late").await.unwrap(), None);
}

#[tokio::test]
async fn closing_waits_for_what_queues() {
    let fixture = Fixture::new().await;
    let busy = transaction(&fixture.database).await;
    let mut change = fixture.database.change_device(new("a"));
    assert!(poll!(&mut change).is_pending());
    let closing = fixture.database.close();
    let (stored, (), ()) = tokio::join!(change, closing, async { busy.rollback().await.unwrap() });
    let reopened = Database::open(&fixture.path()).await.unwrap();
    assert_eq!(reopened.devices().await.unwrap(), [stored.unwrap()]);
}
