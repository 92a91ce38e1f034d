//! A reading: a connection that can only read, from asking for it to giving it back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};

use super::Database;
use crate::metrics::StorageMetrics;
use crate::provisioning::store::StoreError;

/// A connection that can only read. How long it was held is recorded when it is given back.
pub(super) struct Reading {
    connection: PoolConnection<Sqlite>,
    began: Instant,
    metrics: Arc<StorageMetrics>,
}

impl Database {
    /// Begins a reading.
    pub(super) async fn read(&self) -> Result<Reading, StoreError> {
        let began = Instant::now();
        let connection = self.reader.acquire().await?;
        Ok(Reading { connection, began, metrics: self.metrics.clone() })
    }
}

impl Deref for Reading {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Reading {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.metrics.has_read(self.began);
    }
}
