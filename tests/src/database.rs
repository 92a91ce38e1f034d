//! The server's database: read beside the server, and edited while none runs. What cannot be seen through REST is seen here.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, FromRow, SqliteConnection};
use tempfile::TempDir;

use crate::Home;

/// Name of its file in the data directory; the write-ahead log lies beside it.
const FILE: &str = "provd.sqlite";
const LOG: &str = "provd.sqlite-wal";

/// An open database.
#[derive(Debug)]
pub struct Database {
    connection: SqliteConnection,
    _copy: Option<TempDir>,
}

impl Database {
    /// The one in a home.
    pub async fn of(home: &Home) -> Result<Database> {
        Ok(Database { connection: open(&home.data_dir().join(FILE)).await?, _copy: None })
    }

    /// A copy of what a killed server left, so that the next server finds it as it was left.
    pub async fn copy_of(home: &Home) -> Result<Database> {
        let folder = tempfile::tempdir()?;
        for name in [FILE, LOG] {
            let from = home.data_dir().join(name);
            if from.exists() {
                fs::copy(&from, folder.path().join(name)).with_context(|| from.display().to_string())?;
            }
        }
        Ok(Database { connection: open(&folder.path().join(FILE)).await?, _copy: Some(folder) })
    }

    /// All rows of a query.
    pub async fn rows<T>(&mut self, query: &'static str) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        sqlx::query_as(query).fetch_all(&mut self.connection).await.context(query)
    }

    /// The first column of all rows, which must be text.
    pub async fn texts(&mut self, query: &'static str) -> Result<Vec<String>> {
        Ok(self.rows::<(String,)>(query).await?.into_iter().map(|(text,)| text).collect())
    }

    /// Does a statement, and says how many rows it changed. Not while a server runs, which would not notice.
    pub async fn execute(&mut self, statement: &'static str) -> Result<u64> {
        let done = sqlx::query(statement).execute(&mut self.connection).await.context(statement)?;
        Ok(done.rows_affected())
    }

    /// Closes it, so that a server finds it as if nobody else had been there.
    pub async fn close(self) -> Result<()> {
        Ok(self.connection.close().await?)
    }
}

async fn open(path: &Path) -> Result<SqliteConnection> {
    let opened = SqliteConnectOptions::new().filename(path).connect().await;
    opened.with_context(|| path.display().to_string())
}
