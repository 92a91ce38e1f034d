//! Generated files.

use std::sync::Arc;
use std::time::SystemTime;

use super::{change, configuration, device, generated};
use crate::domain::device::Device;
use crate::domain::mac::canonical_path;
use crate::domain::plugin::{Configuration, GeneratedFile, StoredFile};
use crate::provisioning::store::{DeviceChange, Store};

/// Stores a configuration for the device `a`; gives the device as it is then.
async fn configure(store: &Arc<dyn Store>, files: Configuration) -> Device {
    let device = store.device("a").await.unwrap().unwrap_or_else(|| device("a"));
    let changed = store.change_device(DeviceChange { files: Some(files), ..change(device) }).await.unwrap();
    assert_eq!(store.device("a").await.unwrap().as_ref(), Some(&changed));
    changed
}

async fn file(store: &Arc<dyn Store>, path: &str) -> Option<StoredFile> {
    store.device_file("a", &canonical_path(path)).await.unwrap().map(Arc::unwrap_or_clone)
}

/// Waits until files that are stored from now on would be newer than this one.
async fn until_later_than(file: &StoredFile) {
    while SystemTime::now().duration_since(file.modified).is_ok_and(|age| age.as_micros() < 2) {
        tokio::task::yield_now().await;
    }
}

pub(super) async fn a_file_is_found_by_every_spelling(store: Arc<dyn Store>) {
    let before = SystemTime::now();
    let secret = GeneratedFile {
        content: vec![0, 255, 10].into(),
        media_type: Some("text/plain".to_owned()),
        sensitive: true,
        ..generated("Aastra/00085D237429.cfg", "")
    };
    configure(&store, Configuration { files: vec![secret.clone()], ..Configuration::default() }).await;
    let stored = file(&store, "/Aastra/00-08-5d-23-74-29.cfg").await.unwrap();
    assert_eq!(stored.file, secret);
    // SHA-256 of the three bytes, from `sha256sum`.
    assert_eq!(stored.etag, "712450d3c4a79eea9509e75dc1dacdef");
    // Times are kept to the microsecond.
    assert!(stored.modified + std::time::Duration::from_micros(1) > before);
    assert_eq!(store.device_files("a").await.unwrap(), [stored]);
    assert_eq!(store.device_file("b", "Aastra/00085d237429.cfg").await.unwrap(), None);
}

pub(super) async fn unchanged_bytes_keep_their_time(store: Arc<dyn Store>) {
    configure(&store, configuration(&[("same.cfg", "1"), ("changes.cfg", "1")])).await;
    let same = file(&store, "same.cfg").await.unwrap();
    let old = file(&store, "changes.cfg").await.unwrap();
    until_later_than(&old).await;

    configure(&store, configuration(&[("same.cfg", "1"), ("changes.cfg", "2")])).await;
    assert_eq!(file(&store, "same.cfg").await.unwrap(), same);
    let changed = file(&store, "changes.cfg").await.unwrap();
    assert_eq!(changed.file.content, "2");
    assert!(changed.modified > old.modified && changed.etag != old.etag);

    // What is said about the bytes may change without them.
    let private = GeneratedFile { sensitive: true, media_type: Some("a/b".to_owned()), ..same.file.clone() };
    configure(&store, Configuration { files: vec![private.clone()], ..Configuration::default() }).await;
    assert_eq!(file(&store, "same.cfg").await.unwrap(), StoredFile { file: private, ..same });
}

pub(super) async fn files_no_longer_generated_go(store: Arc<dyn Store>) {
    configure(&store, configuration(&[("b.cfg", "1"), ("a.cfg", "1")])).await;
    // Two names of one file: the later counts, and its time is as stable as any.
    let twice = configuration(&[("00085D237429.cfg", "upper"), ("00085d237429.cfg", "lower")]);
    configure(&store, twice.clone()).await;
    let files = store.device_files("a").await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].file.content, "lower");
    until_later_than(&files[0]).await;
    configure(&store, twice).await;
    assert_eq!(store.device_files("a").await.unwrap(), files);
    configure(&store, Configuration::default()).await;
    assert_eq!(store.device_files("a").await.unwrap(), []);
}

pub(super) async fn absent_files_stay_as_they_are(store: Arc<dyn Store>) {
    configure(&store, configuration(&[("a.cfg", "1")])).await;
    let device = store.device("a").await.unwrap().unwrap();
    store.change_device(change(device)).await.unwrap();
    assert!(file(&store, "a.cfg").await.is_some());
}

/// Revisions of the files of the device `a`, by their paths in order.
async fn revisions(store: &Arc<dyn Store>) -> Vec<i64> {
    store.device_files("a").await.unwrap().iter().map(|stored| stored.revision).collect()
}

pub(super) async fn the_revision_moves_exactly_when_bytes_do(store: Arc<dyn Store>) {
    let both = configuration(&[("00085D237429.cfg", "1"), ("b.cfg", "1")]);
    let one_changed = configuration(&[("00085D237429.cfg", "1"), ("b.cfg", "2")]);
    let other_spelling = configuration(&[("00085d237429.cfg", "1"), ("b.cfg", "2")]);
    let mut sensitive = one_changed.clone();
    sensitive.files[1].sensitive = true;
    for (files, device, of_files) in [
        (both.clone(), 1, vec![1, 1]),
        (both, 1, vec![1, 1]),
        (one_changed.clone(), 2, vec![1, 2]),
        (other_spelling, 2, vec![1, 2]),
        (sensitive, 2, vec![1, 2]),
        (configuration(&[("00085D237429.cfg", "1")]), 3, vec![1]),
        (one_changed, 4, vec![1, 4]),
        (Configuration::default(), 5, vec![]),
        (Configuration::default(), 5, vec![]),
    ] {
        let files_revision = configure(&store, files.clone()).await.files_revision;
        assert_eq!((files_revision, revisions(&store).await), (device, of_files), "{files:?}");
    }
}

pub(super) async fn a_caller_cannot_move_the_revision(store: Arc<dyn Store>) {
    let files = |content| Some(configuration(&[("a.cfg", content)]));
    let claiming = |revision| Device { files_revision: 7, revision, ..device("a") };
    let new = DeviceChange { files: files("1"), ..change(claiming(0)) };
    assert_eq!(store.change_device(new).await.unwrap().files_revision, 1);
    assert_eq!(store.change_device(change(claiming(1))).await.unwrap().files_revision, 1);
    let changed = DeviceChange { files: files("2"), ..change(claiming(2)) };
    assert_eq!(store.change_device(changed).await.unwrap().files_revision, 2);
    assert_eq!(revisions(&store).await, [2]);
}

pub(super) async fn common_files_have_the_revision_they_came_with(store: Arc<dyn Store>) {
    for (files, expected) in [
        (vec![generated("a.cfg", "1"), generated("b.cfg", "1")], vec![1, 1]),
        (vec![generated("a.cfg", "1"), generated("b.cfg", "2")], vec![1, 2]),
        (vec![generated("a.cfg", "3"), generated("b.cfg", "2")], vec![3, 2]),
    ] {
        store.put_common_files("p", files.clone()).await.unwrap();
        let stored = store.common_files("p").await.unwrap();
        assert_eq!(stored.iter().map(|stored| stored.revision).collect::<Vec<_>>(), expected);
        assert_eq!(stored.into_iter().map(|stored| stored.file).collect::<Vec<_>>(), files);
        assert_eq!(store.common_files("q").await.unwrap(), []);
    }
}

pub(super) async fn common_files_belong_to_their_plugin(store: Arc<dyn Store>) {
    let all = |content| vec![generated("aastra.cfg", content), generated("other.cfg", "")];
    store.put_common_files("p", all("1")).await.unwrap();
    store.put_common_files("q", all("2")).await.unwrap();
    let first = store.common_file("p", "aastra.cfg").await.unwrap().unwrap();
    assert_eq!(first.file.content, "1");
    until_later_than(&first).await;

    store.put_common_files("p", vec![generated("aastra.cfg", "1")]).await.unwrap();
    assert_eq!(store.common_file("p", "aastra.cfg").await.unwrap(), Some(first));
    assert_eq!(store.common_file("p", "other.cfg").await.unwrap(), None);
    assert!(store.common_file("q", "other.cfg").await.unwrap().is_some());
}
