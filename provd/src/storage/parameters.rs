//! Parameters of the server: each statement about them. What their JSON text means is not known here.

use sqlx::SqliteConnection;

use crate::provisioning::store::StoreError;

pub(super) async fn one(connection: &mut SqliteConnection, name: &str) -> Result<Option<String>, StoreError> {
    let query = sqlx::query_scalar("select value from parameters where name = $1").bind(name);
    Ok(query.fetch_optional(connection).await?)
}

/// Sets a parameter, or removes it.
pub(super) async fn set(
    connection: &mut SqliteConnection,
    name: &str,
    value: Option<&str>,
) -> Result<(), StoreError> {
    match value {
        Some(value) => put(connection, name, value).await,
        None => remove(connection, name).await,
    }
}

async fn put(connection: &mut SqliteConnection, name: &str, value: &str) -> Result<(), StoreError> {
    let query = sqlx::query(
        "insert into parameters (name, value) values ($1, $2) \
         on conflict (name) do update set value = excluded.value",
    );
    query.bind(name).bind(value).execute(connection).await?;
    Ok(())
}

async fn remove(connection: &mut SqliteConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("delete from parameters where name = $1").bind(name).execute(connection).await?;
    Ok(())
}
