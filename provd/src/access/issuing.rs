//! Making tokens, looking at them, and revoking them. Nobody makes one that may do more than he may himself.

use std::time::SystemTime;

use thiserror::Error;
use uuid::Uuid;

use super::admission::{Access, Scope};
use super::store::AccessStoreError;
use super::tokens::{ADMINISTRATOR, hash};
use crate::domain::access::{
    InvalidName, InvalidPermissions, NotCovered, Permissions, Principal, Token, check_name,
};
use crate::domain::audit::{Actor, AuditEntry};

/// How a token of this server begins, so that people and secret scanners know one.
const PREFIX: &str = "provd_";
/// Most tokens there may be: all of them are in memory.
const MOST: usize = 10_000;
/// Most patterns of one token.
const MOST_PATTERNS: usize = 100;

/// A token somebody wants.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Who or what is to hold it.
    pub name: String,
    /// Patterns of what it is to grant.
    pub permissions: Vec<String>,
    /// Its tenant; absent: the request's.
    pub tenant: Option<Uuid>,
    /// From when on it is to be good for nothing; absent: never.
    pub expires: Option<SystemTime>,
}

/// A new token, with its text, which is known this once.
pub struct Issued {
    /// What is kept of it.
    pub token: Token,
    /// What its holder shows.
    pub text: String,
}

/// Why there is no such token.
#[derive(Debug, Error)]
pub enum IssuingError {
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The name is taken.
    #[error("name: `{0}` is already in use: choose another, or revoke the token that has it")]
    NameTaken(String),
    /// The permissions cannot be used.
    #[error("permissions: {0}")]
    Permissions(#[from] InvalidPermissions),
    /// They are too many.
    #[error("permissions: expected at most {MOST_PATTERNS}")]
    TooManyPermissions,
    /// They are more than one's own.
    #[error("permissions: {0}")]
    NotCovered(#[from] NotCovered),
    /// The tenant is neither that of the request nor below it.
    #[error("tenant_uuid: {0} is neither the tenant of this request nor below it")]
    Tenant(Uuid),
    /// It would be expired at once.
    #[error("expires: that moment is past")]
    Past,
    /// There are too many.
    #[error("there are {MOST} tokens already: revoke some that nobody uses")]
    TooMany,
    /// It cannot be stored.
    #[error(transparent)]
    Store(AccessStoreError),
}

impl Access {
    /// Makes a token for a tenant that the request covers.
    pub async fn issue(
        &self,
        by: &Principal,
        scope: &Scope,
        actor: &Actor,
        new: NewToken,
    ) -> Result<Issued, IssuingError> {
        let text = format!("{PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()));
        let token = prepare(by, scope, new, hash(&text))?;
        let _changing = self.changing.lock().await;
        if self.tokens.count() >= MOST {
            return Err(IssuingError::TooMany);
        }
        let entry = AuditEntry::token(actor, "created", &token.id, changes(&token));
        self.store.insert_token(token.clone(), entry).await.map_err(|error| match error {
            AccessStoreError::Duplicate(name) => IssuingError::NameTaken(name),
            error @ AccessStoreError::Unavailable(_) => IssuingError::Store(error),
        })?;
        self.tokens.put(token.clone());
        Ok(Issued { token, text })
    }

    /// The tokens of the request's tenant and those below it, oldest first.
    pub fn issued(&self, scope: &Scope) -> Vec<Token> {
        let mut tokens = self.tokens.all();
        tokens.retain(|token| scope.covers(tenant_of(token, scope)));
        tokens
    }

    /// Makes a token good for nothing, at once. False if the request covers none with this identifier.
    pub async fn revoke(&self, scope: &Scope, actor: &Actor, id: &str) -> Result<bool, AccessStoreError> {
        let _changing = self.changing.lock().await;
        let Some(token) = self.issued(scope).into_iter().find(|token| token.id == id) else {
            return Ok(false);
        };
        let entry = AuditEntry::token(actor, "deleted", id, vec![format!("name: {}", token.name)]);
        self.store.delete_token(id, entry).await?;
        self.tokens.remove(id);
        Ok(true)
    }

    /// Stores when tokens were last used, of those that were since the last time.
    pub async fn note_uses(&self) {
        let uses = self.tokens.uses();
        if uses.is_empty() {
            return;
        }
        match self.store.note_uses(uses.clone()).await {
            Ok(()) => self.tokens.noted(&uses),
            Err(error) => tracing::error!("It could not be stored when tokens were last used: {error}"),
        }
    }
}

/// The tenant of a token, as a request sees it.
pub(super) fn tenant_of(token: &Token, scope: &Scope) -> Uuid {
    scope.named(token.tenant.unwrap_or_default())
}

fn prepare(by: &Principal, scope: &Scope, new: NewToken, hash: [u8; 32]) -> Result<Token, IssuingError> {
    check_name(&new.name)?;
    if new.name == ADMINISTRATOR {
        return Err(IssuingError::NameTaken(new.name));
    }
    if new.permissions.len() > MOST_PATTERNS {
        return Err(IssuingError::TooManyPermissions);
    }
    let permissions = Permissions::parse(&new.permissions)?;
    by.permissions.cover(&permissions)?;
    let tenant = new.tenant.map_or(scope.tenant(), |tenant| scope.named(tenant));
    if !scope.covers(tenant) {
        return Err(IssuingError::Tenant(tenant));
    }
    let created = SystemTime::now();
    if new.expires.is_some_and(|expires| expires <= created) {
        return Err(IssuingError::Past);
    }
    Ok(Token {
        id: Uuid::new_v4().simple().to_string(),
        name: new.name,
        hash,
        permissions,
        tenant: (tenant != scope.master()).then_some(tenant),
        created,
        expires: new.expires,
        last_used: None,
    })
}

/// What the audit says of a new token.
fn changes(token: &Token) -> Vec<String> {
    let mut changes = vec![format!("name: {}", token.name)];
    changes.extend(token.tenant.map(|tenant| format!("tenant_uuid: {tenant}")));
    changes.extend(token.permissions.patterns().into_iter().map(|pattern| format!("permission: {pattern}")));
    changes
}
