//! Plugins that are installed and the history of their crashes: their rows, and each statement about them.

use std::time::SystemTime;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{decode, from_json, from_micros, to_json, to_micros};
use crate::domain::plugin::Crash;
use crate::provisioning::store::{PluginRecord, StoreError};

/// Crashes kept of each plugin.
const CRASHES_KEPT: i64 = 20;

#[derive(FromRow)]
struct PluginRow {
    id: String,
    version: String,
    folder: String,
    quarantine: Option<String>,
    is_packaged: bool,
    previous: Option<String>,
}

fn read_plugin(row: &SqliteRow) -> Result<PluginRecord, StoreError> {
    let PluginRow { id, version, folder, quarantine, is_packaged, previous } = decode(row, "plugin", "id")?;
    let previous = previous.map(|previous| from_json(&previous, &format!("plugin `{id}`"))).transpose()?;
    Ok(PluginRecord { id, version, folder, quarantine, is_packaged, previous })
}

#[derive(FromRow)]
struct CrashRow {
    plugin: String,
    at: i64,
    reason: String,
    log: String,
}

fn read_crash(row: &SqliteRow) -> Result<Crash, StoreError> {
    let row: CrashRow = decode(row, "crash of plugin", "plugin")?;
    let what = crash_of(&row.plugin);
    Ok(Crash { at: from_micros(row.at, &what)?, reason: row.reason, log: from_json(&row.log, &what)? })
}

fn crash_of(plugin: &str) -> String {
    format!("crash of plugin `{plugin}`")
}

pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<PluginRecord>, StoreError> {
    let rows = sqlx::query("select * from plugins order by id").fetch_all(connection).await?;
    rows.iter().map(read_plugin).collect()
}

pub(super) async fn put(connection: &mut SqliteConnection, plugin: &PluginRecord) -> Result<(), StoreError> {
    let query = sqlx::query(
        "insert into plugins (id, version, folder, quarantine, is_packaged, previous) values ($1, $2, $3, $4, $5, $6) \
         on conflict (id) do update set version = excluded.version, folder = excluded.folder, \
         quarantine = excluded.quarantine, is_packaged = excluded.is_packaged, previous = excluded.previous",
    );
    let query = query.bind(&plugin.id).bind(&plugin.version).bind(&plugin.folder).bind(&plugin.quarantine);
    let previous = plugin.previous.as_ref().map(|previous| to_json(previous, "plugin")).transpose()?;
    let query = query.bind(plugin.is_packaged).bind(previous);
    query.execute(connection).await?;
    Ok(())
}

/// Adds a crash and forgets the oldest, if there are too many.
pub(super) async fn add_crash(
    connection: &mut SqliteConnection,
    plugin: &str,
    crash: &Crash,
) -> Result<(), StoreError> {
    insert_crash(connection, plugin, crash).await?;
    forget_crashes(connection, plugin).await
}

async fn insert_crash(
    connection: &mut SqliteConnection,
    plugin: &str,
    crash: &Crash,
) -> Result<(), StoreError> {
    let query = sqlx::query(
        "insert into plugin_crashes (plugin, number, at, reason, log) values \
         ($1, (select coalesce(max(number), 0) + 1 from plugin_crashes where plugin = $1), $2, $3, $4)",
    );
    let log = to_json(&crash.log, &crash_of(plugin))?;
    query.bind(plugin).bind(to_micros(crash.at)).bind(&crash.reason).bind(log).execute(connection).await?;
    Ok(())
}

async fn forget_crashes(connection: &mut SqliteConnection, plugin: &str) -> Result<(), StoreError> {
    let query = sqlx::query(
        "delete from plugin_crashes where plugin = $1 \
         and number <= (select max(number) from plugin_crashes where plugin = $1) - $2",
    );
    query.bind(plugin).bind(CRASHES_KEPT).execute(connection).await?;
    Ok(())
}

/// Crashes at or after a moment, newest first.
pub(super) async fn crashes(
    connection: &mut SqliteConnection,
    plugin: &str,
    since: SystemTime,
) -> Result<Vec<Crash>, StoreError> {
    let query = sqlx::query(
        "select * from plugin_crashes where plugin = $1 and at >= $2 order by at desc, number desc",
    );
    let rows = query.bind(plugin).bind(to_micros(since)).fetch_all(connection).await?;
    rows.iter().map(read_crash).collect()
}
