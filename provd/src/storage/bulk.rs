//! Many records at a time: reading those a file may mean, and storing what it brings as one change.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use sqlx::{QueryBuilder, SqliteConnection};

use super::stamps::Touched;
use super::{Database, change, devices};
use crate::domain::device::Device;
use crate::domain::mac::Mac;
use crate::provisioning::bulk::{Bulk, BulkStore};
use crate::provisioning::store::StoreError;

/// What a file counts for in the queue of changes, in bytes: so much that nothing else is committed after it in its
/// transaction.
const BYTES: usize = 1 << 30;

#[async_trait]
impl BulkStore for Database {
    async fn known_devices(&self, ids: &[String], macs: &[Mac]) -> Result<Vec<Device>, StoreError> {
        known_devices(&mut *self.read().await?, ids, macs).await
    }

    async fn store_bulk(&self, bulk: Arc<Bulk>) -> Result<Vec<Device>, StoreError> {
        let store = self.writer.write(
            BYTES,
            bulk,
            |connection, bulk| store(connection, bulk).boxed(),
            |_, _| Touched::everything(),
        );
        store.await
    }
}

async fn known_devices(
    connection: &mut SqliteConnection,
    ids: &[String],
    macs: &[Mac],
) -> Result<Vec<Device>, StoreError> {
    if ids.is_empty() && macs.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::new("select * from devices where id in (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    query.push(") or mac in (");
    let mut list = query.separated(", ");
    for mac in macs {
        list.push_bind(mac.to_string());
    }
    query.push(") order by seq");
    let rows = query.build().persistent(false).fetch_all(connection).await?;
    rows.iter().map(devices::read).collect()
}

async fn store(connection: &mut SqliteConnection, bulk: &Bulk) -> Result<Vec<Device>, StoreError> {
    for (config, change) in &bulk.configs {
        change::put_config(connection, config, change).await?;
    }
    let mut stored = Vec::with_capacity(bulk.devices.len());
    for change in &bulk.devices {
        stored.push(change::apply(connection, change).await?.device);
    }
    Ok(stored)
}
