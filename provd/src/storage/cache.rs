//! What the request path reads again and again, in memory for as long as [stamps](super::stamps) say that it holds.
//!
//! Writes that leave all configs as they are, nearly all, are not counted for configs: while thousands of devices are
//! configured, or created, the configs they share are read once.

use std::hash::Hash;
use std::sync::Arc;

use quick_cache::sync::Cache;
use quick_cache::{UnitWeighter, Weighter};

use super::files::OwnedFile;
use super::stamps::Stamps;
use crate::domain::config::Config;
use crate::domain::device::Device;
use crate::domain::plugin::StoredFile;
use crate::metrics::{CacheUsage, StorageMetrics};
use crate::provisioning::basis::{Moment, Stripe};
use crate::provisioning::store::{DeviceKey, StoreError};

/// Answers to "which devices have this fact" that are kept: those of phones that boot now. Each takes about two kilobytes.
const DEVICES: usize = 5_000;
/// Configs that are kept.
const CONFIGS: usize = 10_000;
/// Roles whose config is kept. Few are asked for.
const ROLES: usize = 16;
/// Generated files that are kept, in bytes of their content and names.
const FILE_BYTES: u64 = 8 << 20;
/// In so many parts: a file that is larger than one of them is not kept.
const FILE_SHARDS: usize = 4;
/// What a kept file takes besides its content, in bytes.
const FILE_OVERHEAD: usize = 512;

/// Whose file, and its canonical path.
type FileKey = (String, String);

/// A file, or that there is none.
type KeptFile = Kept<Option<Arc<StoredFile>>>;

type Files = Cache<FileKey, KeptFile, Size>;

/// The answers that are kept.
#[derive(Debug)]
pub(super) struct ReadCache {
    stamps: Arc<Stamps>,
    devices: Cache<DeviceKey, Kept<Vec<Arc<Device>>>>,
    /// That a config does not exist is not kept: then a new one makes no answer wrong.
    configs: Cache<String, Kept<Option<Arc<Config>>>>,
    /// The oldest config with a role. One that comes later is not older; that there is none is not kept.
    roles: Cache<String, Kept<Option<Config>>>,
    device_files: Files,
    common_files: Files,
    metrics: Arc<StorageMetrics>,
}

/// An answer, and how many writes there had been when its reading began.
#[derive(Debug, Clone)]
struct Kept<T> {
    since: u64,
    answer: T,
}

impl ReadCache {
    pub(super) fn new(stamps: Arc<Stamps>, metrics: Arc<StorageMetrics>) -> ReadCache {
        ReadCache {
            stamps,
            devices: Cache::new(DEVICES),
            configs: Cache::new(CONFIGS),
            roles: Cache::new(ROLES),
            device_files: files(),
            common_files: files(),
            metrics,
        }
    }

    /// Which devices have a fact changes with the fact, and what they are with each of them.
    pub(super) async fn devices(
        &self,
        key: &DeviceKey,
        read: impl Future<Output = Result<Vec<Arc<Device>>, StoreError>>,
    ) -> Result<Vec<Arc<Device>>, StoreError> {
        let holds = |kept: &Kept<Vec<Arc<Device>>>| {
            let records = kept.answer.iter().map(|device| Stripe::of_device(&device.id));
            self.stamps.hold(kept.since, records.chain([Stripe::of_key(key)]))
        };
        let asked =
            Asked { usage: &self.metrics.devices, kept: &self.devices, now: self.stamps.now().writes };
        asked.kept_or(key, holds, |_| true, read).await
    }

    pub(super) async fn config(
        &self,
        id: &str,
        read: impl Future<Output = Result<Option<Arc<Config>>, StoreError>>,
    ) -> Result<Option<Arc<Config>>, StoreError> {
        let now = self.stamps.config_writes();
        let asked = Asked { usage: &self.metrics.configs, kept: &self.configs, now };
        asked.kept_or(&id.to_owned(), |kept| kept.since == now, Option::is_some, read).await
    }

    pub(super) async fn config_with_role(
        &self,
        role: &str,
        read: impl Future<Output = Result<Option<Config>, StoreError>>,
    ) -> Result<Option<Config>, StoreError> {
        let now = self.stamps.config_writes();
        let asked = Asked { usage: &self.metrics.configs, kept: &self.roles, now };
        asked.kept_or(&role.to_owned(), |kept| kept.since == now, Option::is_some, read).await
    }

    pub(super) async fn device_file(
        &self,
        key: FileKey,
        read: impl Future<Output = Result<Option<Arc<StoredFile>>, StoreError>>,
    ) -> Result<Option<Arc<StoredFile>>, StoreError> {
        let stripe = Stripe::of_device(&key.0);
        self.file(&self.device_files, key, stripe, read).await
    }

    /// Keeps files of devices that were read, since a moment, with their devices.
    pub(super) fn keep_device_files(&self, since: Moment, files: Vec<OwnedFile>) {
        for OwnedFile { owner, canonical, file } in files {
            let kept = Kept { since: since.writes, answer: Some(Arc::new(file)) };
            self.device_files.insert((owner, canonical), kept);
        }
    }

    pub(super) async fn common_file(
        &self,
        key: FileKey,
        read: impl Future<Output = Result<Option<Arc<StoredFile>>, StoreError>>,
    ) -> Result<Option<Arc<StoredFile>>, StoreError> {
        let stripe = Stripe::of_common_files(&key.0);
        self.file(&self.common_files, key, stripe, read).await
    }

    async fn file(
        &self,
        kept: &Files,
        key: FileKey,
        stripe: Stripe,
        read: impl Future<Output = Result<Option<Arc<StoredFile>>, StoreError>>,
    ) -> Result<Option<Arc<StoredFile>>, StoreError> {
        let asked = Asked { usage: &self.metrics.files, kept, now: self.stamps.now().writes };
        asked.kept_or(&key, |kept| self.stamps.hold(kept.since, [stripe]), |_| true, read).await
    }
}

/// Where an answer may be, and how many writes there have been before it is looked for.
struct Asked<'a, K, T, W = UnitWeighter> {
    usage: &'a CacheUsage,
    kept: &'a Cache<K, Kept<T>, W>,
    now: u64,
}

impl<K: Hash + Eq + Clone, T: Clone, W: Weighter<K, Kept<T>> + Clone> Asked<'_, K, T, W> {
    /// The answer that is kept and holds, or the one that is read, which is kept if it may be.
    async fn kept_or(
        self,
        key: &K,
        holds: impl Fn(&Kept<T>) -> bool,
        may_be_kept: fn(&T) -> bool,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let found = self.kept.get(key).filter(holds);
        self.usage.looked(found.is_some());
        if let Some(kept) = found {
            return Ok(kept.answer);
        }
        let answer = read.await?;
        if may_be_kept(&answer) {
            self.kept.insert(key.clone(), Kept { since: self.now, answer: answer.clone() });
        }
        Ok(answer)
    }
}

/// What a file takes of the memory. The path is whatever a phone asked for: where there is no such file it is all that is
/// kept, and may be long.
#[derive(Debug, Clone)]
struct Size;

impl Weighter<FileKey, KeptFile> for Size {
    fn weight(&self, (owner, path): &FileKey, kept: &KeptFile) -> u64 {
        let content = kept.answer.as_ref().map_or(0, |stored| stored.file.content.len());
        (content + owner.len() + path.len() + FILE_OVERHEAD) as u64
    }
}

fn files() -> Files {
    Cache::with_weighter(FILE_SHARDS * 32, FILE_BYTES, Size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::stamps::Touched;

    fn cache() -> (Arc<Stamps>, ReadCache) {
        let stamps = Arc::new(Stamps::new());
        (stamps.clone(), ReadCache::new(stamps, Arc::default()))
    }

    fn ip(last: u8) -> DeviceKey {
        DeviceKey::Ip([192, 0, 2, last].into())
    }

    fn device(id: &str) -> Vec<Arc<Device>> {
        vec![Arc::new(Device { id: id.to_owned(), ..Device::default() })]
    }

    fn of(id: &str) -> Touched {
        Touched::one(Stripe::of_device(id))
    }

    async fn read(cache: &ReadCache, answer: &str) -> String {
        cache.devices(&ip(1), async { Ok(device(answer)) }).await.unwrap()[0].id.clone()
    }

    #[tokio::test]
    async fn an_answer_holds_until_what_it_rests_on_is_written() {
        let (stamps, cache) = cache();
        assert_eq!(read(&cache, "first").await, "first");
        stamps.write().touched(of("another"));
        assert_eq!(read(&cache, "second").await, "first");
        stamps.write().touched(of("first"));
        assert_eq!(read(&cache, "second").await, "second");
        stamps.write().touched(Touched::one(Stripe::of_key(&ip(1))));
        assert_eq!(read(&cache, "third").await, "third");
        drop(stamps.write());
        assert_eq!(read(&cache, "fourth").await, "fourth");
    }

    #[tokio::test]
    async fn configs_hold_while_devices_are_written() {
        let (stamps, cache) = cache();
        let config = async |id: &str| {
            let config = Arc::new(Config { id: id.to_owned(), ..Config::default() });
            cache.config("c", async { Ok(Some(config)) }).await.unwrap().unwrap().id.clone()
        };
        assert_eq!(config("first").await, "first");
        stamps.write().touched(of("first"));
        assert_eq!(config("second").await, "first");
        stamps.write().touched(Touched::configs());
        assert_eq!(config("third").await, "third");
    }

    #[tokio::test]
    async fn what_was_read_beside_a_write_is_not_kept() {
        let (stamps, cache) = cache();
        let writing = stamps.write();
        let key = ip(1);
        let reading = cache.devices(&key, async {
            writing.touched(of("old"));
            Ok(device("old"))
        });
        assert_eq!(reading.await.unwrap()[0].id, "old");
        assert_eq!(read(&cache, "new").await, "new");
    }

    #[tokio::test]
    async fn a_failed_reading_is_not_kept() {
        let (_, cache) = cache();
        let failed = cache.devices(&ip(1), async { Err(StoreError::Unavailable("disk".to_owned())) }).await;
        assert!(failed.is_err());
        assert_eq!(read(&cache, "new").await, "new");
    }
}
