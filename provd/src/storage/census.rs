//! How many devices there are: one statement that reads each once, without giving any of them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};

use super::Database;
use crate::domain::census::Census;
use crate::provisioning::census::Counting;
use crate::provisioning::store::StoreError;

#[derive(FromRow)]
struct Group {
    plugin: String,
    configured: bool,
    unclaimed: bool,
    devices: i64,
}

#[async_trait]
impl Counting for Database {
    async fn census(&self) -> Result<Census, StoreError> {
        let mut connection = self.read().await?;
        let waiting = waiting(&mut connection).await?;
        let mut census = Census { waiting, ..Census::default() };
        let mut devices: BTreeMap<(String, bool), u64> = BTreeMap::new();
        for group in groups(&mut connection).await? {
            let count = u64::try_from(group.devices).unwrap_or_default();
            *devices.entry((group.plugin, group.configured)).or_default() += count;
            census.unclaimed += if group.unclaimed { count } else { 0 };
        }
        let devices = devices.into_iter().map(|((plugin, configured), count)| (plugin, configured, count));
        Ok(Census { devices: devices.collect(), ..census })
    }
}

async fn groups(connection: &mut SqliteConnection) -> Result<Vec<Group>, StoreError> {
    let query = sqlx::query_as(
        "select coalesce(plugin, '') as plugin, configured, tenant_uuid is null as unclaimed, count(*) as devices \
         from devices group by 1, 2, 3",
    );
    Ok(query.fetch_all(connection).await?)
}

async fn waiting(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let count: i64 = sqlx::query_scalar("select count(*) from waiting_devices").fetch_one(connection).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}
