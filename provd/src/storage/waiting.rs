//! Devices that wait to be approved: their rows, and each statement about them.

use serde_json::{Map, Value};
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, SqliteConnection};

use super::errors::corrupt;
use super::rows::{decode, from_json, from_micros, to_json, to_micros};
use crate::domain::device::Device;
use crate::domain::waiting::WaitingDevice;
use crate::provisioning::store::StoreError;

#[derive(FromRow)]
struct WaitingRow {
    id: String,
    info: String,
    first_seen: i64,
    last_seen: i64,
}

/// Facts are kept as the document of a device that has nothing else.
fn read(row: &SqliteRow) -> Result<WaitingDevice, StoreError> {
    let row: WaitingRow = decode(row, "waiting device", "id")?;
    let what = format!("waiting device `{}`", row.id);
    let document: Map<String, Value> = from_json(&row.info, &what)?;
    Ok(WaitingDevice {
        info: Device::from_document(document).map_err(|why| corrupt(&what, why))?.info,
        first_seen: from_micros(row.first_seen, &what)?,
        last_seen: from_micros(row.last_seen, &what)?,
        id: row.id,
    })
}

pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<WaitingDevice>, StoreError> {
    let rows = sqlx::query("select * from waiting_devices order by seq").fetch_all(connection).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn put(
    connection: &mut SqliteConnection,
    waiting: &WaitingDevice,
) -> Result<(), StoreError> {
    let facts = Device { info: waiting.info.clone(), ..Device::default() };
    let query = sqlx::query(
        "insert into waiting_devices (id, seq, info, first_seen, last_seen) values \
         ($1, (select coalesce(max(seq), 0) + 1 from waiting_devices), $2, $3, $4) \
         on conflict (id) do update set info = excluded.info, last_seen = excluded.last_seen",
    );
    let query = query.bind(&waiting.id).bind(to_json(&facts.to_document(), "waiting device")?);
    let query = query.bind(to_micros(waiting.first_seen)).bind(to_micros(waiting.last_seen));
    query.execute(connection).await?;
    Ok(())
}

pub(super) async fn remove(connection: &mut SqliteConnection, id: &str) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from waiting_devices where id = $1").bind(id).execute(connection).await?;
    Ok(done.rows_affected() > 0)
}
