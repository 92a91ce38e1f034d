//! Files that plugins generated: those of one device, and those common to all devices of a plugin.
//!
//! A file is known by its canonical path, and keeps its time for as long as its bytes stay the same, however often it
//! is generated: phones compare both and restart when they move.

use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _, SqliteConnection};

use super::rows::{decode, from_micros, to_micros};
use super::script::Script;
use crate::domain::mac::canonical_path;
use crate::domain::plugin::{GeneratedFile, StoredFile, etag};
use crate::provisioning::store::StoreError;

/// One of the two tables of files, which differ in whose the files are.
pub(super) struct FileTable {
    pub(super) one: &'static str,
    all: &'static str,
    states: &'static str,
    put: &'static str,
    revision: &'static str,
    remove: &'static str,
}

macro_rules! file_table {
    ($table:literal, $owner:literal) => {
        FileTable {
            one: concat!("select * from ", $table, " where ", $owner, " = $1 and canonical = $2"),
            all: concat!("select * from ", $table, " where ", $owner, " = $1 order by canonical"),
            states: concat!("select canonical, path, media_type, sensitive, etag from ", $table, " where ", $owner, " = $1"),
            put: concat!(
                "insert into ",
                $table,
                " as stored (",
                $owner,
                ", canonical, path, content, media_type, sensitive, etag, modified, revision) ",
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?) ",
                "on conflict (",
                $owner,
                ", canonical) do update set path = excluded.path, content = excluded.content, ",
                "media_type = excluded.media_type, sensitive = excluded.sensitive, etag = excluded.etag, ",
                "modified = case when stored.etag = excluded.etag then stored.modified else excluded.modified end, ",
                "revision = case when stored.etag = excluded.etag then stored.revision else excluded.revision end"
            ),
            revision: concat!("select coalesce(max(revision), 0) from ", $table, " where ", $owner, " = $1"),
            remove: concat!("delete from ", $table, " where ", $owner, " = ? and canonical = ?"),
        }
    };
}

/// The files of the devices with a fact, but for those that are larger, or more, than is worth reading before they are asked for.
macro_rules! of_devices_by {
    ($fact:literal) => {
        concat!(
            "select device_files.* from devices join device_files on device_files.device = devices.id where devices.",
            $fact,
            " = ? and length(content) <= 65536 limit 16"
        )
    };
}

pub(super) const BY_MAC: &str = of_devices_by!("mac");
pub(super) const BY_MACS: &str = "select device_files.* from devices \
     join device_files on device_files.device = devices.id \
     where devices.mac in (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) and length(content) <= 65536 limit 256";
pub(super) const BY_SN: &str = of_devices_by!("sn");
pub(super) const BY_UUID: &str = of_devices_by!("uuid");

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
    revision: i64,
}

fn read(row: &SqliteRow) -> Result<StoredFile, StoreError> {
    let row: FileRow = decode(row, "file", "path")?;
    Ok(StoredFile {
        modified: from_micros(row.modified, &format!("file `{}`", row.path))?,
        etag: row.etag,
        revision: row.revision,
        file: GeneratedFile {
            path: row.path,
            content: Bytes::from(row.content),
            media_type: row.media_type,
            sensitive: row.sensitive,
        },
    })
}

/// A file, and whose it is.
#[derive(Debug)]
pub(super) struct OwnedFile {
    pub(super) owner: String,
    pub(super) canonical: String,
    pub(super) file: StoredFile,
}

/// Whether a row is one of files.
pub(super) fn is_file(row: &SqliteRow) -> bool {
    row.try_column("canonical").is_ok()
}

/// Reads a file of a device.
pub(super) fn read_owned(row: &SqliteRow) -> Result<OwnedFile, StoreError> {
    let (owner, canonical): (String, String) = decode(row, "file", "path")?;
    Ok(OwnedFile { owner, canonical, file: read(row)? })
}

/// All of a stored file but its bytes.
#[derive(FromRow, PartialEq)]
struct FileState {
    path: String,
    media_type: Option<String>,
    sensitive: bool,
    etag: String,
}

impl FileState {
    fn of(file: &GeneratedFile) -> FileState {
        FileState {
            path: file.path.clone(),
            media_type: file.media_type.clone(),
            sensitive: file.sensitive,
            etag: etag(&file.content),
        }
    }
}

/// What makes the stored files of an owner those that were generated.
#[derive(Default)]
pub(super) struct Difference<'a> {
    /// Whether bytes that a phone would get become others, appear or go.
    pub(super) moves_bytes: bool,
    /// Files that are new or differ, by canonical path, with their validators.
    differing: Vec<(String, &'a GeneratedFile, String)>,
    /// Canonical paths of files that are not generated any more.
    gone: Vec<String>,
}

impl<'a> Difference<'a> {
    /// That of an owner who has no files yet.
    pub(super) fn to_nothing(files: &'a [GeneratedFile]) -> Difference<'a> {
        Difference::between(BTreeMap::new(), files)
    }

    /// Of two files with the same canonical path the later counts.
    fn between(mut stored: BTreeMap<String, FileState>, files: &'a [GeneratedFile]) -> Difference<'a> {
        let files: BTreeMap<_, _> = files.iter().map(|file| (canonical_path(&file.path), file)).collect();
        let mut difference = Difference::default();
        for (canonical, file) in files {
            let (state, before) = (FileState::of(file), stored.remove(&canonical));
            difference.moves_bytes |= before.as_ref().is_none_or(|before| before.etag != state.etag);
            if before.as_ref() != Some(&state) {
                difference.differing.push((canonical, file, state.etag));
            }
        }
        difference.moves_bytes |= !stored.is_empty();
        difference.gone = stored.into_keys().collect();
        difference
    }
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

    /// How the stored files of the owner differ from these.
    pub(super) async fn compare<'a>(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
        files: &'a [GeneratedFile],
    ) -> Result<Difference<'a>, StoreError> {
        Ok(Difference::between(self.states(connection, owner).await?, files))
    }

    /// Makes the stored files of the owner those they were compared with. Those whose bytes differ have this revision.
    pub(super) async fn write(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
        difference: &Difference<'_>,
        revision: i64,
    ) -> Result<(), StoreError> {
        let mut script = Script::default();
        self.write_by(&mut script, owner, difference, revision);
        script.run(connection).await?;
        Ok(())
    }

    /// Adds the statements that do so.
    pub(super) fn write_by(
        &self,
        script: &mut Script,
        owner: &str,
        difference: &Difference<'_>,
        revision: i64,
    ) {
        for canonical in &difference.gone {
            script.add(self.remove).bind(owner).bind(canonical);
        }
        let now = to_micros(SystemTime::now());
        for (canonical, file, etag) in &difference.differing {
            script.add(self.put).bind(owner).bind(canonical).bind(&file.path);
            script.bind(file.content.as_ref()).bind(&file.media_type).bind(file.sensitive);
            script.bind(etag).bind(now).bind(revision);
        }
    }

    /// What is stored but for the bytes, by canonical path.
    async fn states(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
    ) -> Result<BTreeMap<String, FileState>, StoreError> {
        let rows = sqlx::query(self.states).bind(owner).fetch_all(connection).await?;
        let state = |row| Ok((decode::<(String,)>(row, "file", "path")?.0, decode(row, "file", "path")?));
        rows.iter().map(state).collect()
    }

    /// The highest revision of a file.
    pub(super) async fn revision(
        &self,
        connection: &mut SqliteConnection,
        owner: &str,
    ) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(self.revision).bind(owner).fetch_one(connection).await?)
    }
}
