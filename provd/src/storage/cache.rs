//! What the request path reads again and again, in memory for as long as nothing was written.
//!
//! Each answer is kept with the number of writes there had been when its reading *began*, and holds only while there has
//! been no other. So a write makes no search for what it invalidates, and an answer that was read beside a write is never
//! taken for a later one. Only this process writes: its data directory is locked.
//!
//! Writes that leave all configs as they are, nearly all, are not counted for configs: while thousands of devices are
//! configured, or created, the configs they share are read once.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::sync::Cache;

use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::plugin::StoredFile;
use crate::metrics::{CacheUsage, StorageMetrics};
use crate::provisioning::store::{DeviceKey, StoreError};

/// Answers to "which devices have this fact" that are kept. Each takes about a kilobyte.
const DEVICES: u64 = 50_000;
/// Configs that are kept.
const CONFIGS: u64 = 10_000;
/// Generated files that are kept, in bytes of their content and names.
const FILE_BYTES: u64 = 64 << 20;
/// What a kept file takes besides its content, in bytes.
const FILE_OVERHEAD: usize = 512;

/// Whose file, and its canonical path.
type FileKey = (String, String);

/// The answers that are kept.
#[derive(Debug)]
pub(super) struct ReadCache {
    /// Writes of devices, configs or files.
    writes: AtomicU64,
    /// Those that change or delete configs.
    config_writes: AtomicU64,
    devices: Cache<DeviceKey, Kept<Vec<Device>>>,
    /// That a config does not exist is not kept: then a new one makes no answer wrong.
    configs: Cache<String, Kept<Option<Config>>>,
    device_files: Cache<FileKey, Kept<Option<StoredFile>>>,
    common_files: Cache<FileKey, Kept<Option<StoredFile>>>,
    metrics: Arc<StorageMetrics>,
}

/// An answer, and how many writes there had been when its reading began.
#[derive(Debug, Clone)]
struct Kept<T> {
    writes: u64,
    answer: T,
}

/// What a write may change of that which is kept here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touches {
    /// Nothing.
    #[default]
    Nothing,
    /// Devices or files, and configs that are new.
    Devices,
    /// Any config too.
    Configs,
}

/// Counts a write when it is over, whatever came of it.
#[derive(Debug)]
pub(super) struct Write<'a>(&'a ReadCache, Touches);

impl Drop for Write<'_> {
    fn drop(&mut self) {
        let Write(cache, touches) = self;
        if *touches >= Touches::Devices {
            cache.writes.fetch_add(1, Ordering::AcqRel);
        }
        if *touches >= Touches::Configs {
            cache.config_writes.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl ReadCache {
    pub(super) fn new(metrics: Arc<StorageMetrics>) -> ReadCache {
        ReadCache {
            writes: AtomicU64::new(0),
            config_writes: AtomicU64::new(0),
            devices: Cache::new(DEVICES),
            configs: Cache::new(CONFIGS),
            device_files: files(),
            common_files: files(),
            metrics,
        }
    }

    /// Must be held by every write until it is committed or has failed.
    pub(super) fn write(&self, touches: Touches) -> Write<'_> {
        Write(self, touches)
    }

    /// How many writes there have been that changed or deleted configs.
    pub(super) fn config_writes(&self) -> u64 {
        self.config_writes.load(Ordering::Acquire)
    }

    pub(super) async fn devices(
        &self,
        key: &DeviceKey,
        read: impl Future<Output = Result<Vec<Device>, StoreError>>,
    ) -> Result<Vec<Device>, StoreError> {
        kept_or((&self.writes, &self.metrics.devices), &self.devices, key.clone(), always, read).await
    }

    pub(super) async fn config(
        &self,
        id: &str,
        read: impl Future<Output = Result<Option<Config>, StoreError>>,
    ) -> Result<Option<Config>, StoreError> {
        kept_or(
            (&self.config_writes, &self.metrics.configs),
            &self.configs,
            id.to_owned(),
            Option::is_some,
            read,
        )
        .await
    }

    pub(super) async fn device_file(
        &self,
        key: FileKey,
        read: impl Future<Output = Result<Option<StoredFile>, StoreError>>,
    ) -> Result<Option<StoredFile>, StoreError> {
        kept_or((&self.writes, &self.metrics.files), &self.device_files, key, always, read).await
    }

    pub(super) async fn common_file(
        &self,
        key: FileKey,
        read: impl Future<Output = Result<Option<StoredFile>, StoreError>>,
    ) -> Result<Option<StoredFile>, StoreError> {
        kept_or((&self.writes, &self.metrics.files), &self.common_files, key, always, read).await
    }
}

fn always<T>(_: &T) -> bool {
    true
}

/// The answer that is kept, or the one that is read, which is kept if it may be.
async fn kept_or<K, T>(
    (writes, usage): (&AtomicU64, &CacheUsage),
    kept: &Cache<K, Kept<T>>,
    key: K,
    may_be_kept: fn(&T) -> bool,
    read: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError>
where
    K: Hash + Eq + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let writes = writes.load(Ordering::Acquire);
    let found = kept.get(&key).filter(|kept| kept.writes == writes);
    usage.looked(found.is_some());
    if let Some(kept) = found {
        return Ok(kept.answer);
    }
    let answer = read.await?;
    if may_be_kept(&answer) {
        kept.insert(key, Kept { writes, answer: answer.clone() });
    }
    Ok(answer)
}

fn files() -> Cache<FileKey, Kept<Option<StoredFile>>> {
    // The path is whatever a phone asked for: where there is no such file it is all that is kept, and may be long.
    let weight = |(owner, path): &FileKey, kept: &Kept<Option<StoredFile>>| {
        let content = kept.answer.as_ref().map_or(0, |stored| stored.file.content.len());
        u32::try_from(content + owner.len() + path.len() + FILE_OVERHEAD).unwrap_or(u32::MAX)
    };
    Cache::builder().weigher(weight).max_capacity(FILE_BYTES).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> DeviceKey {
        DeviceKey::Ip([192, 0, 2, last].into())
    }

    fn device(id: &str) -> Vec<Device> {
        vec![Device { id: id.to_owned(), ..Device::default() }]
    }

    async fn read(cache: &ReadCache, answer: &str) -> String {
        cache.devices(&ip(1), async { Ok(device(answer)) }).await.unwrap().remove(0).id
    }

    #[tokio::test]
    async fn an_answer_holds_until_something_is_written() {
        let cache = ReadCache::new(Arc::default());
        assert_eq!(read(&cache, "first").await, "first");
        assert_eq!(read(&cache, "second").await, "first");
        drop(cache.write(Touches::Devices));
        assert_eq!(read(&cache, "second").await, "second");
    }

    #[tokio::test]
    async fn a_write_is_counted_for_what_it_touches() {
        let cache = ReadCache::new(Arc::default());
        let config = async |id: &str| {
            let config = Config { id: id.to_owned(), ..Config::default() };
            cache.config("c", async { Ok(Some(config)) }).await.unwrap().unwrap().id
        };
        assert_eq!((read(&cache, "first").await, config("first").await), ("first".into(), "first".into()));
        drop(cache.write(Touches::Nothing));
        assert_eq!((read(&cache, "second").await, config("second").await), ("first".into(), "first".into()));
        drop(cache.write(Touches::Devices));
        assert_eq!((read(&cache, "third").await, config("third").await), ("third".into(), "first".into()));
        drop(cache.write(Touches::Configs));
        assert_eq!(
            (read(&cache, "fourth").await, config("fourth").await),
            ("fourth".into(), "fourth".into())
        );
    }

    #[tokio::test]
    async fn what_was_read_beside_a_write_is_not_kept() {
        let cache = ReadCache::new(Arc::default());
        let writing = cache.write(Touches::Devices);
        let key = ip(1);
        let reading = cache.devices(&key, async {
            drop(writing);
            Ok(device("old"))
        });
        assert_eq!(reading.await.unwrap()[0].id, "old");
        assert_eq!(read(&cache, "new").await, "new");
    }

    #[tokio::test]
    async fn a_failed_reading_is_not_kept() {
        let cache = ReadCache::new(Arc::default());
        let failed = cache.devices(&ip(1), async { Err(StoreError::Unavailable("disk".to_owned())) }).await;
        assert!(failed.is_err());
        assert_eq!(read(&cache, "new").await, "new");
    }
}
