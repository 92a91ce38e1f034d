//! The battery of every store, run on this one, and what only a database in a file can get wrong.

mod access;
mod battery;
mod caching;
mod file;
mod find;
mod flushing;
mod gathering;
mod group_commit;
mod opening;
mod plans;
mod trouble;
mod upgrading;

use std::path::PathBuf;

use futures_util::future::join_all;
use sqlx::{Sqlite, Transaction};
use tempfile::TempDir;

use super::Database;
use super::reading::{CONNECTIONS, Reading};

/// A new database in a directory of its own, which goes with the value.
struct Fixture {
    directory: TempDir,
    database: Database,
}

impl Fixture {
    async fn new() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&directory.path().join("provd.db")).await.unwrap();
        Fixture { directory, database }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("provd.db")
    }

    /// All connections that read: until this is dropped nothing is read, and nothing flushed, so that the file and its log
    /// stay what the last change left.
    async fn busy(&self) -> Vec<Reading> {
        let all = join_all((0..CONNECTIONS).map(|_| self.database.read())).await;
        all.into_iter().map(Result::unwrap).collect()
    }

    /// Runs statements that provd never would, to bring about what they leave behind.
    async fn meddle(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.database.connection).await.unwrap();
    }
}

/// A transaction of somebody else's, which keeps all changes waiting.
async fn transaction(database: &Database) -> Transaction<'static, Sqlite> {
    database.connection.begin_with("begin immediate").await.unwrap()
}
