//! Connections that can only read, and their readings: from asking for one to giving it back.
//!
//! The pool of sqlx asks each connection that is given back whether it still lives, which is one more change of thread, and
//! costs as much as a reading. Here that is asked now and then.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Instant;

use deadpool::Runtime;
use deadpool::managed::{
    BuildError, Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult,
};
use futures_util::future::join_all;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::{ACQUIRE_TIMEOUT, Database};
use crate::metrics::StorageMetrics;
use crate::provisioning::store::StoreError;

/// Statements are short and the file is mostly in memory, so a few connections keep a few cores busy.
pub(super) const CONNECTIONS: usize = 4;

/// What a connection keeps of the file, in KiB as SQLite has it: the upper pages of its indexes. All of it the kernel keeps.
const PAGES: &str = "-1000";

/// A connection is asked whether it lives once in so many readings. Nothing but a crash of its thread ends one.
const READINGS: usize = 64;

/// The connections that can only read. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Readers(Pool<Opener>);

#[derive(Debug)]
struct Opener(SqliteConnectOptions);

impl Manager for Opener {
    type Type = SqliteConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<SqliteConnection, sqlx::Error> {
        self.0.connect().await
    }

    async fn recycle(&self, connection: &mut SqliteConnection, used: &Metrics) -> RecycleResult<sqlx::Error> {
        if used.recycle_count % READINGS == READINGS - 1 {
            connection.ping().await.map_err(RecycleError::Backend)?;
        }
        Ok(())
    }
}

impl Readers {
    /// Opens the first; others when they are needed.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Readers, sqlx::Error> {
        let options = options.pragma("query_only", "on").pragma("cache_size", PAGES);
        let pool = Pool::builder(Opener(options))
            .max_size(CONNECTIONS)
            // The last used has most in memory.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(ACQUIRE_TIMEOUT))
            .recycle_timeout(Some(ACQUIRE_TIMEOUT));
        let readers =
            Readers(pool.build().map_err(|error: BuildError| sqlx::Error::Configuration(error.into()))?);
        drop(readers.take().await?);
        Ok(readers)
    }

    async fn take(&self) -> Result<Object<Opener>, sqlx::Error> {
        self.0.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolTimedOut
            }
        })
    }

    /// Has SQLite copy its log into the file, as far as nobody reads it, and waits until both are on disk. Who can only read
    /// may do that too.
    pub(super) async fn flush(&self) -> Result<(), sqlx::Error> {
        let mut connection = self.take().await?;
        sqlx::query("pragma wal_checkpoint(passive)").execute(&mut *connection).await.map(drop)
    }

    /// Waits until all readings are over and closes the connections. Those who ask for one from then on are told so.
    pub(super) async fn close(&self) {
        let all = join_all((0..CONNECTIONS).map(|_| self.take())).await;
        self.0.close();
        for connection in all.into_iter().flatten() {
            if let Err(error) = Object::take(connection).close().await {
                tracing::debug!(%error, "a connection to the database did not close");
            }
        }
    }
}

/// A connection that can only read. How long it was held is recorded when it is given back.
pub(super) struct Reading {
    connection: Object<Opener>,
    /// Absent: there was nothing to read.
    began: Option<Instant>,
    metrics: Arc<StorageMetrics>,
}

impl Database {
    /// Begins a reading.
    pub(super) async fn read(&self) -> Result<Reading, StoreError> {
        let began = Instant::now();
        let connection = self.readers.take().await?;
        Ok(Reading { connection, began: Some(began), metrics: self.metrics.clone() })
    }
}

impl Reading {
    /// Gives the connection back without having read.
    pub(super) fn cancel(mut self) {
        self.began = None;
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
        if let Some(began) = self.began {
            self.metrics.has_read(began);
        }
    }
}
