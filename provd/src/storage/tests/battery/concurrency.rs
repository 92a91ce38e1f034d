//! Many tasks at once.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{add, change, configuration, device};
use crate::domain::device::{Device, Failure};
use crate::provisioning::store::{DeviceChange, Store, StoreError};

const TASKS: usize = 32;

/// Offers the same change in many tasks; true for each that won, the others must have been told so.
async fn race(store: &Arc<dyn Store>, device: &Device) -> usize {
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        let store = Arc::clone(store);
        let changed = Device { last_error: Some(Failure::now(format!("task {number}"))), ..device.clone() };
        tasks.spawn(async move { store.change_device(change(changed)).await });
    }
    let outcomes = tasks.join_all().await;
    for outcome in &outcomes {
        let told = matches!(outcome, Ok(_) | Err(StoreError::Conflict(_) | StoreError::Duplicate(_)));
        assert!(told, "{outcome:?}");
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

pub(super) async fn one_change_wins_each_revision(store: Arc<dyn Store>) {
    let mut current = add(&store, device("a")).await;
    for _ in 0..10 {
        assert_eq!(race(&store, &current).await, 1);
        let next = store.device("a").await.unwrap().unwrap();
        assert_eq!(next.revision, current.revision + 1);
        current = next;
    }
}

pub(super) async fn one_of_many_inserts_wins(store: Arc<dyn Store>) {
    assert_eq!(race(&store, &device("a")).await, 1);
    assert_eq!(store.device("a").await.unwrap().unwrap().revision, 1);
}

/// While a device is configured again and again, its two files are always of the same configuration.
pub(super) async fn reads_see_whole_changes(store: Arc<dyn Store>) {
    let mut tasks = JoinSet::new();
    let writer = Arc::clone(&store);
    tasks.spawn(async move {
        let mut device = device("a");
        for number in 0..50 {
            let content = number.to_string();
            let files = Some(configuration(&[("a.cfg", &content), ("b.cfg", &content)]));
            device = writer.change_device(DeviceChange { files, ..change(device) }).await.unwrap();
        }
    });
    for _ in 0..4 {
        let reader = Arc::clone(&store);
        tasks.spawn(async move {
            let mut last = None;
            while last.as_deref() != Some(b"49".as_slice()) {
                let files = reader.device_files("a").await.unwrap();
                assert!(files.is_empty() || files.len() == 2);
                assert!(files.windows(2).all(|two| two[0].file.content == two[1].file.content));
                last = files.first().map(|stored| stored.file.content.to_vec());
            }
        });
    }
    tasks.join_all().await;
}
