//! The seam `access` asks for, on a [`Database`]: tokens and tenants, their rows, and each statement about them.

use std::time::SystemTime;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::errors::{corrupt, duplicate};
use super::rows::{decode, from_json, from_micros, to_json, to_micros};
use super::{Database, audit};
use crate::access::store::{AccessStore, AccessStoreError};
use crate::domain::access::{Permissions, RegisteredTenant, Token};
use crate::domain::audit::AuditEntry;
use crate::provisioning::store::StoreError;

impl From<StoreError> for AccessStoreError {
    fn from(error: StoreError) -> AccessStoreError {
        match error {
            StoreError::Duplicate(what) => AccessStoreError::Duplicate(what),
            error => AccessStoreError::Unavailable(error.to_string()),
        }
    }
}

#[async_trait]
impl AccessStore for Database {
    async fn tokens(&self) -> Result<Vec<Token>, AccessStoreError> {
        let rows = sqlx::query("select * from tokens order by created, id");
        let rows = rows.fetch_all(&mut *self.read().await?).await.map_err(StoreError::from)?;
        Ok(rows.iter().map(read_token).collect::<Result<_, _>>()?)
    }

    async fn insert_token(&self, token: Token, entry: AuditEntry) -> Result<(), AccessStoreError> {
        let insert = self.writer.note((token, entry), |connection, (token, entry)| {
            async move {
                insert_token(connection, token).await?;
                audit::add(connection, std::slice::from_ref(entry)).await
            }
            .boxed()
        });
        Ok(insert.await?)
    }

    async fn delete_token(&self, id: &str, entry: AuditEntry) -> Result<bool, AccessStoreError> {
        let delete = (DELETE_TOKEN, id.to_owned(), entry);
        Ok(self.writer.note(delete, |connection, input| forget(connection, input).boxed()).await?)
    }

    async fn note_uses(&self, uses: Vec<(String, SystemTime)>) -> Result<(), AccessStoreError> {
        let note = self.writer.note(uses, |connection, uses| {
            async move {
                for (id, at) in uses {
                    let query = sqlx::query("update tokens set last_used = $1 where id = $2");
                    query.bind(to_micros(*at)).bind(id).execute(&mut *connection).await?;
                }
                Ok(())
            }
            .boxed()
        });
        Ok(note.await?)
    }

    async fn tenants(&self) -> Result<Vec<RegisteredTenant>, AccessStoreError> {
        let rows = sqlx::query("select * from tenants order by uuid");
        let rows = rows.fetch_all(&mut *self.read().await?).await.map_err(StoreError::from)?;
        Ok(rows.iter().map(read_tenant).collect::<Result<_, _>>()?)
    }

    async fn insert_tenant(
        &self,
        tenant: RegisteredTenant,
        entry: AuditEntry,
    ) -> Result<(), AccessStoreError> {
        let insert = self.writer.note((tenant, entry), |connection, (tenant, entry)| {
            async move {
                insert_tenant(connection, tenant).await?;
                audit::add(connection, std::slice::from_ref(entry)).await
            }
            .boxed()
        });
        Ok(insert.await?)
    }

    async fn delete_tenant(&self, uuid: Uuid, entry: AuditEntry) -> Result<bool, AccessStoreError> {
        let delete = (DELETE_TENANT, uuid.to_string(), entry);
        Ok(self.writer.note(delete, |connection, input| forget(connection, input).boxed()).await?)
    }
}

const DELETE_TOKEN: &str = "delete from tokens where id = $1";
const DELETE_TENANT: &str = "delete from tenants where uuid = $1";

/// Deletes what a statement names. False if there is no such thing; then nobody did anything.
async fn forget(
    connection: &mut SqliteConnection,
    (statement, id, entry): &(&'static str, String, AuditEntry),
) -> Result<bool, StoreError> {
    let deleted = sqlx::query(*statement).bind(id).execute(&mut *connection).await?.rows_affected() > 0;
    if deleted {
        audit::add(connection, std::slice::from_ref(entry)).await?;
    }
    Ok(deleted)
}

#[derive(FromRow)]
struct TokenRow {
    id: String,
    name: String,
    hash: String,
    permissions: String,
    tenant_uuid: Option<String>,
    created: i64,
    expires: Option<i64>,
    last_used: Option<i64>,
}

fn read_token(row: &SqliteRow) -> Result<Token, StoreError> {
    let row: TokenRow = decode(row, "token", "id")?;
    let what = format!("token `{}`", row.id);
    let mut hash = [0; 32];
    hex::decode_to_slice(&row.hash, &mut hash).map_err(|why| corrupt(&what, why))?;
    let patterns: Vec<String> = from_json(&row.permissions, &what)?;
    let moment = |micros: Option<i64>| micros.map(|micros| from_micros(micros, &what)).transpose();
    Ok(Token {
        hash,
        permissions: Permissions::parse(&patterns).map_err(|why| corrupt(&what, why))?,
        tenant: row.tenant_uuid.map(|uuid| read_uuid(&uuid, &what)).transpose()?,
        created: from_micros(row.created, &what)?,
        expires: moment(row.expires)?,
        last_used: moment(row.last_used)?,
        id: row.id,
        name: row.name,
    })
}

async fn insert_token(connection: &mut SqliteConnection, token: &Token) -> Result<(), StoreError> {
    let query = sqlx::query(
        "insert into tokens (id, name, hash, permissions, tenant_uuid, created, expires, last_used) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let query = query.bind(&token.id).bind(&token.name).bind(hex::encode(token.hash));
    let query = query.bind(to_json(&token.permissions.patterns(), "token")?);
    let query = query.bind(token.tenant.map(|uuid| uuid.to_string())).bind(to_micros(token.created));
    let query = query.bind(token.expires.map(to_micros)).bind(token.last_used.map(to_micros));
    query.execute(connection).await.map_err(duplicate(&token.name))?;
    Ok(())
}

#[derive(FromRow)]
struct TenantRow {
    uuid: String,
    name: String,
    parent_uuid: Option<String>,
}

fn read_tenant(row: &SqliteRow) -> Result<RegisteredTenant, StoreError> {
    let row: TenantRow = decode(row, "tenant", "uuid")?;
    let what = format!("tenant `{}`", row.uuid);
    Ok(RegisteredTenant {
        uuid: read_uuid(&row.uuid, &what)?,
        name: row.name,
        parent: row.parent_uuid.map(|uuid| read_uuid(&uuid, &what)).transpose()?,
    })
}

async fn insert_tenant(
    connection: &mut SqliteConnection,
    tenant: &RegisteredTenant,
) -> Result<(), StoreError> {
    let uuid = tenant.uuid.to_string();
    let query = sqlx::query("insert into tenants (uuid, name, parent_uuid) values ($1, $2, $3)");
    let query = query.bind(&uuid).bind(&tenant.name).bind(tenant.parent.map(|uuid| uuid.to_string()));
    query.execute(connection).await.map_err(duplicate(&uuid))?;
    Ok(())
}

fn read_uuid(text: &str, what: &str) -> Result<Uuid, StoreError> {
    Uuid::try_parse(text).map_err(|why| corrupt(what, why))
}
