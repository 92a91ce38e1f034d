//! Who changed what: its rows, and each statement about them. Entries are written in the transaction of their change.

use std::time::SystemTime;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use super::rows::{decode, from_json, from_micros, to_json, to_micros};
use super::script::Script;
use crate::domain::audit::AuditEntry;
use crate::provisioning::store::{AuditFilter, StoreError};

const WHAT: &str = "audit entry";

/// Entries that are deleted in one transaction at most; others want to write too.
const PURGED_AT_ONCE: i64 = 1000;

/// The oldest and the newest entry, and the oldest that is not before a moment: entries are looked at from the oldest on.
pub(super) const AGES: &str = "select (select min(number) from audit), (select max(number) from audit), \
     (select min(number) from audit where at >= $1)";

#[derive(FromRow)]
struct AuditRow {
    at: i64,
    actor: String,
    action: String,
    kind: String,
    subject: String,
    changes: String,
}

fn read(row: &SqliteRow) -> Result<AuditEntry, StoreError> {
    let row: AuditRow = decode(row, WHAT, "subject")?;
    Ok(AuditEntry {
        at: from_micros(row.at, WHAT)?,
        actor: row.actor,
        action: row.action,
        kind: row.kind,
        subject: row.subject,
        changes: from_json(&row.changes, WHAT)?,
    })
}

pub(super) async fn add(connection: &mut SqliteConnection, entries: &[AuditEntry]) -> Result<(), StoreError> {
    let mut script = Script::default();
    add_to(&mut script, entries)?;
    script.run(connection).await?;
    Ok(())
}

/// Adds the statements that note entries.
pub(super) fn add_to(script: &mut Script, entries: &[AuditEntry]) -> Result<(), StoreError> {
    for entry in entries {
        script.add(
            "insert into audit (number, at, actor, action, kind, subject, changes) values \
             ((select coalesce(max(number), 0) + 1 from audit), ?, ?, ?, ?, ?, ?)",
        );
        script.bind(to_micros(entry.at)).bind(&entry.actor).bind(&entry.action);
        script.bind(&entry.kind).bind(&entry.subject).bind(to_json(&entry.changes, WHAT)?);
    }
    Ok(())
}

/// Newest first.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    filter: &AuditFilter,
) -> Result<Vec<AuditEntry>, StoreError> {
    query(filter).build().fetch_all(connection).await?.iter().map(read).collect()
}

/// The statement that finds entries. It speaks only of what is asked for, so that an index can answer it.
pub(super) fn query(filter: &AuditFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("select * from audit where true");
    let texts = [("subject", &filter.subject), ("kind", &filter.kind), ("actor", &filter.actor)];
    for (column, wanted) in texts {
        if let Some(wanted) = wanted {
            query.push(" and ").push(column).push(" = ").push_bind(wanted.clone());
        }
    }
    if let Some(since) = filter.since {
        query.push(" and at >= ").push_bind(to_micros(since));
    }
    query.push(" order by number desc limit ").push_bind(i64::from(filter.limit));
    query
}

/// Forgets entries before a moment, and all but the newest so many; the oldest first, and only some of many. Gives how
/// many: there may be more unless it is none.
pub(super) async fn purge(
    connection: &mut SqliteConnection,
    before: SystemTime,
    keep: u32,
) -> Result<u64, StoreError> {
    let ages = sqlx::query_as(AGES).bind(to_micros(before));
    let (Some(oldest), Some(newest), first_kept): (Option<i64>, Option<i64>, Option<i64>) =
        ages.fetch_one(&mut *connection).await?
    else {
        return Ok(0);
    };
    let end = first_kept.unwrap_or(newest + 1).max(newest + 1 - i64::from(keep));
    let query = sqlx::query("delete from audit where number < $1").bind(end.min(oldest + PURGED_AT_ONCE));
    Ok(query.execute(connection).await?.rows_affected())
}
