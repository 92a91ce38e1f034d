//! Configs and the graph they form: their rows, and each statement about them.
//!
//! A config and its parents are read by one statement, a row for each parent, so that they are of one moment.

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{FromRow, Sqlite, SqliteConnection};

use super::errors::duplicate;
use super::rows::{decode, from_json, to_json};
use super::script::Script;
use crate::domain::config::Config;
use crate::provisioning::store::StoreError;

pub(super) const CHECK_REVISION: &str =
    "select ? where coalesce((select revision from configs where id = ?), 0) <> ?";
/// Configs that are checked in one statement, which may not have any number of parts.
const CHECKED_AT_ONCE: usize = 32;

#[derive(FromRow)]
struct ConfigRow {
    id: String,
    raw_config: String,
    role: Option<String>,
    transient: bool,
    deletable: Option<bool>,
    extra: String,
    revision: i64,
    /// One of its parents.
    parent: Option<String>,
}

/// The statement that reads the configs for which a condition holds, oldest first, as [`fetch`] expects it.
macro_rules! select_configs {
    ($condition:literal) => {
        concat!(
            "select configs.*, config_parents.parent from configs ",
            "left join config_parents on config_parents.config = configs.id where ",
            $condition,
            " order by configs.seq, configs.id, config_parents.position"
        )
    };
}

async fn fetch(
    connection: &mut SqliteConnection,
    query: Query<'_, Sqlite, SqliteArguments>,
) -> Result<Vec<Config>, StoreError> {
    assemble(&query.fetch_all(connection).await?)
}

/// Configs from rows of which each holds one parent, those of one config side by side.
pub(super) fn assemble(rows: &[SqliteRow]) -> Result<Vec<Config>, StoreError> {
    let mut configs: Vec<Config> = Vec::new();
    for row in rows {
        let mut row: ConfigRow = decode(row, "config", "id")?;
        let parent = row.parent.take();
        match configs.last_mut() {
            Some(config) if config.id == row.id => config.parent_ids.extend(parent),
            _ => configs.push(read(row, parent)?),
        }
    }
    Ok(configs)
}

fn read(row: ConfigRow, first_parent: Option<String>) -> Result<Config, StoreError> {
    let what = name(&row.id);
    Ok(Config {
        parent_ids: first_parent.into_iter().collect(),
        raw_config: from_json(&row.raw_config, &what)?,
        role: row.role,
        transient: row.transient,
        deletable: row.deletable,
        extra: from_json(&row.extra, &what)?,
        revision: row.revision,
        id: row.id,
    })
}

fn name(id: &str) -> String {
    format!("config `{id}`")
}

/// Adds the check that each of these configs is still at the revision said of it; 0 is that of one that does not exist. It
/// gives a row with the name of each that is not.
pub(super) fn check_revisions(script: &mut Script, expected: &[(String, i64)]) {
    for expected in expected.chunks(CHECKED_AT_ONCE) {
        script.add(&[CHECK_REVISION].repeat(expected.len()).join(" union all "));
        for (id, revision) in expected {
            script.bind(name(id)).bind(id).bind(*revision);
        }
    }
}

pub(super) async fn one(connection: &mut SqliteConnection, id: &str) -> Result<Option<Config>, StoreError> {
    let query = sqlx::query(select_configs!("configs.id = $1")).bind(id);
    Ok(fetch(connection, query).await?.pop())
}

pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Config>, StoreError> {
    fetch(connection, sqlx::query(select_configs!("true"))).await
}

pub(super) async fn oldest_with_role(
    connection: &mut SqliteConnection,
    role: &str,
) -> Result<Option<Config>, StoreError> {
    let query = sqlx::query(select_configs!(
        "configs.id = (select id from configs where role = $1 order by seq limit 1)"
    ));
    Ok(fetch(connection, query.bind(role)).await?.pop())
}

/// A config and its ancestors; `union` meets each of them once, which ends cycles.
pub(super) async fn lineage(connection: &mut SqliteConnection, id: &str) -> Result<Vec<Config>, StoreError> {
    let query = sqlx::query(select_configs!(
        "configs.id in ( \
         with recursive lineage (id) as ( \
         select id from configs where id = $1 \
         union \
         select config_parents.parent from lineage \
         join config_parents on config_parents.config = lineage.id) \
         select id from lineage)"
    ));
    fetch(connection, query.bind(id)).await
}

/// The identifier itself, and those of all configs below it.
pub(super) async fn descendants(
    connection: &mut SqliteConnection,
    id: &str,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar(
        "with recursive descendants (id) as ( \
         select cast($1 as text) \
         union \
         select config_parents.config from descendants \
         join config_parents on config_parents.parent = descendants.id) \
         select id from descendants",
    );
    Ok(query.bind(id).fetch_all(connection).await?)
}

/// Inserts a config of revision 0, or replaces the one that is still at this revision.
pub(super) async fn save(connection: &mut SqliteConnection, config: &Config) -> Result<Config, StoreError> {
    if config.revision == 0 {
        return insert(connection, config).await;
    }
    update(connection, config).await?;
    let mut script = Script::default();
    script.add("delete from config_parents where config = ?").bind(&config.id);
    insert_parents(&mut script, config);
    script.run(connection).await?;
    Ok(Config { revision: config.revision + 1, ..config.clone() })
}

/// Inserts a config with its parents, as its first revision.
async fn insert(connection: &mut SqliteConnection, config: &Config) -> Result<Config, StoreError> {
    let mut script = Script::default();
    insert_by(&mut script, config)?;
    script.run(connection).await.map_err(duplicate(&config.id))?;
    Ok(Config { revision: 1, ..config.clone() })
}

/// Adds the statements that do so.
pub(super) fn insert_by(script: &mut Script, config: &Config) -> Result<(), StoreError> {
    script.add(
        "insert into configs (raw_config, role, transient, deletable, extra, id, revision, seq) \
         values (?, ?, ?, ?, ?, ?, ?, (select coalesce(max(seq), 0) + 1 from configs))",
    );
    bind(script, config)?.bind(&config.id).bind(1);
    insert_parents(script, config);
    Ok(())
}

async fn update(connection: &mut SqliteConnection, config: &Config) -> Result<(), StoreError> {
    let mut script = Script::default();
    script.add(
        "update configs set raw_config = ?, role = ?, transient = ?, deletable = ?, extra = ?, \
         revision = revision + 1 where id = ? and revision = ? returning id",
    );
    bind(&mut script, config)?.bind(&config.id).bind(config.revision);
    let updated = script.run(connection).await?;
    if updated.is_empty() { Err(StoreError::Conflict(name(&config.id))) } else { Ok(()) }
}

/// Binds everything but identifier, parents and revision.
fn bind<'s>(script: &'s mut Script, config: &Config) -> Result<&'s mut Script, StoreError> {
    let what = name(&config.id);
    script.bind(to_json(&config.raw_config, &what)?).bind(&config.role).bind(config.transient);
    Ok(script.bind(config.deletable).bind(to_json(&config.extra, &what)?))
}

fn insert_parents(script: &mut Script, config: &Config) {
    for (position, parent) in (0_i64..).zip(&config.parent_ids) {
        script.add("insert into config_parents (config, position, parent) values (?, ?, ?)");
        script.bind(&config.id).bind(position).bind(parent);
    }
}

pub(super) async fn delete(connection: &mut SqliteConnection, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from configs where id = $1").bind(id).execute(connection).await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes a config if it is transient and no device uses it.
pub(super) async fn delete_orphan(connection: &mut SqliteConnection, id: &str) -> Result<bool, StoreError> {
    let query = sqlx::query(
        "delete from configs where id = $1 and transient \
         and not exists (select 1 from devices where devices.config = configs.id)",
    );
    Ok(query.bind(id).execute(connection).await?.rows_affected() > 0)
}

/// Remembers a change of a config until its heirs are configured anew. Earlier changes of it need not be: the heirs are
/// the same.
pub(super) async fn begin_change(
    connection: &mut SqliteConnection,
    change: &str,
    config: &str,
) -> Result<(), StoreError> {
    sqlx::query("delete from unfinished_changes where config = $1")
        .bind(config)
        .execute(&mut *connection)
        .await?;
    let query = sqlx::query("insert into unfinished_changes (id, config) values ($1, $2)");
    query.bind(change).bind(config).execute(connection).await?;
    Ok(())
}

pub(super) async fn unfinished_changes(
    connection: &mut SqliteConnection,
) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sqlx::query_as("select id, config from unfinished_changes order by id").fetch_all(connection).await?)
}

pub(super) async fn finish_change(connection: &mut SqliteConnection, change: &str) -> Result<(), StoreError> {
    sqlx::query("delete from unfinished_changes where id = $1").bind(change).execute(connection).await?;
    Ok(())
}
