//! Files that plugins generated: those of one device, and those common to all devices of a plugin.
//!
//! A file is known by its canonical path, and keeps its time for as long as its bytes stay the same, however often it
//! is generated: phones compare both and restart when they move.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{decode, from_micros, to_micros};
use crate::domain::mac::canonical_path;
use crate::domain::plugin::{GeneratedFile, StoredFile, etag};
use crate::provisioning::store::StoreError;

/// One of the two tables of files, which differ in whose the files are.
pub(super) struct FileTable {
    pub(super) one: &'static str,
    all: &'static str,
    names: &'static str,
    put: &'static str,
    remove: &'static str,
}

macro_rules! file_table {
    ($table:literal, $owner:literal) => {
        FileTable {
            one: concat!("select * from ", $table, " where ", $owner, " = $1 and canonical = $2"),
            all: concat!("select * from ", $table, " where ", $owner, " = $1 order by canonical"),
            names: concat!("select canonical from ", $table, " where ", $owner, " = $1"),
            put: concat!(
                "insert into ",
                $table,
                " as stored (",
                $owner,
                ", canonical, path, content, media_type, sensitive, etag, modified) ",
                "values ($1, $2, $3, $4, $5, $6, $7, $8) ",
                "on conflict (",
                $owner,
                ", canonical) do update set path = excluded.path, content = excluded.content, ",
                "media_type = excluded.media_type, sensitive = excluded.sensitive, etag = excluded.etag, ",
                "modified = case when stored.etag = excluded.etag then stored.modified else excluded.modified end ",
                "where stored.etag <> excluded.etag or stored.path <> excluded.path ",
                "or stored.sensitive <> excluded.sensitive ",
                "or stored.media_type is distinct from excluded.media_type"
            ),
            remove: concat!("delete from ", $table, " where ", $owner, " = $1 and canonical = $2"),
        }
    };
}

/// Files of devices.
pub(super) const DEVICE: FileTable = file_table!("device_files", "device");
/// Files of plugins.
pub(super) const COMMON: FileTable = file_table!("common_files", "plugin");

#[derive(FromRow)]
struct FileRow {
    path: String,
    content: Vec<u8>,
    media_type: Option<String>,
    sensitive: bool,
    etag: String,
    modified: i64,
}

fn read(row: &SqliteRow) -> Result<StoredFile, StoreError> {
    let row: FileRow = decode(row, "file", "path")?;
    Ok(StoredFile {
        modified: from_micros(row.modified, &format!("file `{}`", row.path))?,
        etag: row.etag,
        file: GeneratedFile {
            path: row.path,
            content: Bytes::from(row.content),
            media_type: row.media_type,
            sensitive: row.sensitive,
        },
    })
}

impl FileTable {
    /// The file with this canonical path.
    pub(super) async fn one(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
        canonical: &str,
    ) -> Result<Option<StoredFile>, StoreError> {
        let row = sqlx::query(self.one).bind(owner).bind(canonical).fetch_optional(connection).await?;
        row.as_ref().map(read).transpose()
    }

    /// All files, by canonical path.
    pub(super) async fn all(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
    ) -> Result<Vec<StoredFile>, StoreError> {
        let rows = sqlx::query(self.all).bind(owner).fetch_all(connection).await?;
        rows.iter().map(read).collect()
    }

    /// Makes these the files of the owner. Of two with the same canonical path the later counts.
    pub(super) async fn replace(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
        files: Vec<GeneratedFile>,
    ) -> Result<(), StoreError> {
        let files: BTreeMap<_, _> =
            files.into_iter().map(|file| (canonical_path(&file.path), file)).collect();
        for stored in self.names(connection, owner).await? {
            if !files.contains_key(&stored) {
                self.remove(connection, owner, &stored).await?;
            }
        }
        let now = to_micros(SystemTime::now());
        for (canonical, file) in &files {
            self.put(connection, owner, canonical, file, now).await?;
        }
        Ok(())
    }

    async fn names(&self, connection: &mut SqliteConnection, owner: &str) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(self.names).bind(owner).fetch_all(connection).await?)
    }

    async fn put(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
        canonical: &str,
        file: &GeneratedFile,
        now: i64,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(self.put)
            .bind(owner)
            .bind(canonical)
            .bind(&file.path)
            .bind(file.content.as_ref())
            .bind(&file.media_type)
            .bind(file.sensitive)
            .bind(etag(&file.content))
            .bind(now);
        query.execute(connection).await?;
        Ok(())
    }

    async fn remove(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
        canonical: &str,
    ) -> Result<(), StoreError> {
        sqlx::query(self.remove).bind(owner).bind(canonical).execute(connection).await?;
        Ok(())
    }
}
