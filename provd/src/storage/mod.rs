//! The store on `SQLite`: the only SQL in the tree.
//!
//! Statements keep to what `SQLite` and `PostgreSQL` share; what only `SQLite` knows (pragmas, `begin immediate`)
//! stays in `open`, `writer` and `errors`. No rule of the domain is decided here: a change comes complete, and is
//! stored whole or not at all.

mod access;
mod audit;
mod bulk;
mod cache;
mod census;
mod change;
mod configs;
mod devices;
mod errors;
mod files;
mod find;
mod flushing;
mod gathering;
mod open;
mod parameters;
mod plugins;
mod presences;
mod reading;
mod rows;
mod script;
mod stamps;
mod store;
#[cfg(test)]
mod tests;
mod waiting;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;

use crate::metrics::StorageMetrics;

pub use errors::OpenError;

use cache::ReadCache;
use gathering::Gathering;
use reading::Readers;
use stamps::Stamps;
use writer::Writer;

/// How long a statement waits for a connection, a change for its turn, and closing for what runs. Longer than
/// `BUSY_TIMEOUT`, so that a lock which another process holds is what an error speaks of.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long `SQLite` waits for a lock that another process holds, a backup say.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The open database. Clones share it.
///
/// `SQLite` has one writer at a time. Changes queue here, for the one connection that may write, instead of colliding
/// in `SQLite`; readers have their own connections, which see the last committed state and wait for nobody.
///
/// A change is committed once it is in the write-ahead log, which is in the hands of the operating system: the death
/// of the process, by whatever signal, loses nothing that was committed, with or without [`Database::close`]. The log
/// is flushed to disk [soon after](flushing), not at each commit: a loss of power may take back the changes of the last
/// second, each of them whole, and leaves the database sound.
#[derive(Debug, Clone)]
pub struct Database {
    readers: Readers,
    /// The connection that may write.
    connection: SqlitePool,
    writer: Writer,
    stamps: Arc<Stamps>,
    cache: Arc<ReadCache>,
    gathering: Arc<Gathering>,
    metrics: Arc<StorageMetrics>,
}

impl Database {
    /// Lets the statements that run and the changes that queue finish, writes the log back into the file and closes it.
    /// Later calls on the store answer that it is not available. Takes ten seconds at most; what then still runs is
    /// rolled back by `SQLite`.
    pub async fn close(&self) {
        let closing = async {
            self.writer.close().await;
            // The connection that writes goes last: the last to go writes the log back.
            self.readers.close().await;
            self.connection.close().await;
        };
        if tokio::time::timeout(ACQUIRE_TIMEOUT, closing).await.is_err() {
            tracing::warn!("the database was still in use {ACQUIRE_TIMEOUT:?} after it was to close");
        }
    }

    /// What is counted and timed here.
    pub fn metrics(&self) -> Arc<StorageMetrics> {
        self.metrics.clone()
    }
}
