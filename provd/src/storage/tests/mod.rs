//! The battery of every store, run on this one, and what only a database in a file can get wrong.

mod access;
mod battery;
mod caching;
mod file;
mod find;
mod gathering;
mod group_commit;
mod opening;
mod plans;
mod trouble;
mod upgrading;

use std::path::PathBuf;

use sqlx::{Sqlite, Transaction};
use tempfile::TempDir;

use super::Database;

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

    /// Runs statements that provd never would, to bring about what they leave behind.
    async fn meddle(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.database.connection).await.unwrap();
    }
}

/// A transaction of somebody else's, which keeps all changes waiting.
async fn transaction(database: &Database) -> Transaction<'static, Sqlite> {
    database.connection.begin_with("begin immediate").await.unwrap()
}
