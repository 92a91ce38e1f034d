//! What access needs of a database, stated without one. Tokens and tenants are few, and read once.

use std::time::SystemTime;

use async_trait::async_trait;
use thiserror::Error;
use uuid::Uuid;

use crate::domain::access::{RegisteredTenant, Token};
use crate::domain::audit::AuditEntry;

/// Why a change is not stored.
#[derive(Debug, Clone, Error)]
pub enum AccessStoreError {
    /// The name or the UUID is taken.
    #[error("`{0}` is already in use")]
    Duplicate(String),
    /// The database cannot be used, or holds what cannot be understood.
    #[error("{0}")]
    Unavailable(String),
}

/// Where tokens and tenants are kept. A change is stored together with its audit entry, or not at all.
#[async_trait]
pub trait AccessStore: Send + Sync {
    /// All tokens, oldest first.
    async fn tokens(&self) -> Result<Vec<Token>, AccessStoreError>;
    /// Stores a new token. Its name must be free.
    async fn insert_token(&self, token: Token, audit: AuditEntry) -> Result<(), AccessStoreError>;
    /// Deletes a token. False if there is none.
    async fn delete_token(&self, id: &str, audit: AuditEntry) -> Result<bool, AccessStoreError>;
    /// Notes when tokens were last used; those that are gone are left out.
    async fn note_uses(&self, uses: Vec<(String, SystemTime)>) -> Result<(), AccessStoreError>;
    /// All registered tenants, by UUID.
    async fn tenants(&self) -> Result<Vec<RegisteredTenant>, AccessStoreError>;
    /// Registers a tenant. Its UUID must be free.
    async fn insert_tenant(
        &self,
        tenant: RegisteredTenant,
        audit: AuditEntry,
    ) -> Result<(), AccessStoreError>;
    /// Forgets a tenant that has none below it. False if there is none.
    async fn delete_tenant(&self, uuid: Uuid, audit: AuditEntry) -> Result<bool, AccessStoreError>;
}
