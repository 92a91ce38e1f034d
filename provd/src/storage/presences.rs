//! What was last seen of phones: its rows, and each statement about them.

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, SqliteConnection};

use super::rows::{decode, from_micros, to_micros};
use super::script::Script;
use crate::domain::remote_state::Presence;
use crate::provisioning::store::StoreError;

/// Presences that are written by one script. A script is prepared once for each number of them, so there are two.
const TOGETHER: usize = 25;

#[derive(FromRow)]
struct PresenceRow {
    device: String,
    last_seen: i64,
    last_request: String,
    last_answer: String,
    fetched_revision: Option<i64>,
    fetched_at: Option<i64>,
}

fn read(row: &SqliteRow) -> Result<Presence, StoreError> {
    let row: PresenceRow = decode(row, "presence", "device")?;
    let what = format!("presence of device `{}`", row.device);
    Ok(Presence {
        last_seen: from_micros(row.last_seen, &what)?,
        last_request: row.last_request,
        last_answer: row.last_answer,
        fetched_revision: row.fetched_revision,
        fetched_at: row.fetched_at.map(|at| from_micros(at, &what)).transpose()?,
        device: row.device,
    })
}

pub(super) async fn one(
    connection: &mut SqliteConnection,
    device: &str,
) -> Result<Option<Presence>, StoreError> {
    let query = sqlx::query("select * from presences where device = $1").bind(device);
    query.fetch_optional(connection).await?.as_ref().map(read).transpose()
}

pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Presence>, StoreError> {
    let rows = sqlx::query("select * from presences order by device").fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

/// Inserts or replaces; a device that is gone has no presence. What was fetched before stays if nothing is said of it.
pub(super) async fn put(connection: &mut SqliteConnection, presences: &[Presence]) -> Result<(), StoreError> {
    let (together, alone) = presences.as_chunks::<TOGETHER>();
    for presences in together.iter().map(<[Presence; TOGETHER]>::as_slice).chain(alone.chunks(1)) {
        let mut script = Script::default();
        for presence in presences {
            let statement = script.add(
                "insert into presences as stored \
                 (device, last_seen, last_request, last_answer, fetched_revision, fetched_at) \
                 select id, ?, ?, ?, ?, ? from devices where id = ? \
                 on conflict (device) do update set last_seen = excluded.last_seen, \
                 last_request = excluded.last_request, last_answer = excluded.last_answer, \
                 fetched_revision = coalesce(excluded.fetched_revision, stored.fetched_revision), \
                 fetched_at = coalesce(excluded.fetched_at, stored.fetched_at)",
            );
            let statement = statement.bind(to_micros(presence.last_seen));
            let statement = statement.bind(&presence.last_request).bind(&presence.last_answer);
            let statement = statement.bind(presence.fetched_revision);
            statement.bind(presence.fetched_at.map(to_micros)).bind(&presence.device);
        }
        script.run(connection).await?;
    }
    Ok(())
}
