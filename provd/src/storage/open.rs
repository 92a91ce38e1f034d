//! Opening the database: its file, its connections, its schema.
//!
//! A file that is not ours, or that a later version wrote, is left as it is.

use std::fs::OpenOptions;
use std::future::ready;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};

use super::cache::ReadCache;
use super::flushing::LONGEST_LOG;
use super::reading::Readers;
use super::stamps::Stamps;
use super::writer::Writer;
use super::{ACQUIRE_TIMEOUT, BUSY_TIMEOUT, Database, OpenError};
use crate::metrics::StorageMetrics;

/// All steps from an empty file to the schema of this version. Numbered; a step that was released is never edited.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Only the user we run as: generated files hold the passwords of SIP accounts. `SQLite` gives the log the same mode.
const MODE: u32 = 0o600;

impl Database {
    /// Opens the database in this file and brings it to the schema of this version; creates it, readable for this
    /// user alone, if it is not there. The directory must exist.
    pub async fn open(path: &Path) -> Result<Database, OpenError> {
        create_if_missing(path).map_err(|error| OpenError::from_io(path, error))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let failed = |error| OpenError::from_sqlx(path, error);
        let connection = pool().after_release(|connection, _| Box::pin(ready(Ok(is_settled(connection)))));
        let writing = options.clone().pragma("wal_autocheckpoint", LONGEST_LOG);
        let connection = connection.connect_with(writing).await.map_err(failed)?;
        MIGRATIONS
            .run(&connection)
            .await
            .map_err(|error| OpenError::from_migration(path, error, schema()))?;
        let readers = Readers::open(options).await.map_err(failed)?;
        let metrics = Arc::<StorageMetrics>::default();
        let stamps = Arc::new(Stamps::new());
        let cache = Arc::new(ReadCache::new(stamps.clone(), metrics.clone()));
        let writer = Writer::start(connection.clone(), readers.clone(), stamps.clone(), metrics.clone());
        let gathering = Arc::default();
        Ok(Database { readers, connection, writer, stamps, cache, gathering, metrics })
    }
}

/// Number of the last migration this version knows.
fn schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

fn create_if_missing(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(MODE).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

/// The one connection that writes. Connections to a local file do not age.
fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Whether the connection that writes may be used again, now that its transaction is over.
///
/// When the disk is full or fails, `SQLite` rolls back by itself, and sqlx, which counts, goes on believing in a
/// transaction and refuses to begin another for ever. Such a connection is given up for a new one; so is one whose
/// transaction was dropped and is still being rolled back.
fn is_settled(connection: &SqliteConnection) -> bool {
    !connection.is_in_transaction()
}
