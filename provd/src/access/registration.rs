//! Registering tenants, looking at them, and forgetting them.
//!
//! Only the master tenant chooses UUIDs: whoever else registered one below himself would be given what its devices hold.

use thiserror::Error;
use uuid::Uuid;

use super::admission::{Access, Scope};
use super::store::AccessStoreError;
use crate::domain::access::{InvalidName, RegisteredTenant, check_name};
use crate::domain::audit::{Actor, AuditEntry};

/// Most tenants there may be: all of them are in memory.
const MOST: usize = 10_000;

/// A tenant somebody wants.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// For people.
    pub name: String,
    /// Absent: a random one.
    pub uuid: Option<Uuid>,
    /// The tenant it is to be below; absent: the request's.
    pub parent: Option<Uuid>,
}

/// Why a tenant is not registered, or not forgotten.
#[derive(Debug, Error)]
pub enum RegistrationError {
    /// The name cannot be one.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The UUID is taken.
    #[error("uuid: {0} is already in use")]
    Taken(Uuid),
    /// The request may not choose it.
    #[error("uuid: only the master tenant chooses one; leave it out")]
    NotYours,
    /// The parent is none that the request covers.
    #[error("parent_uuid: there is no tenant {0}; register it first")]
    Parent(Uuid),
    /// There are too many.
    #[error("there are {MOST} tenants already")]
    TooMany,
    /// There is no such tenant.
    #[error("there is no tenant {0}")]
    Unknown(Uuid),
    /// Something is left of it.
    #[error("the tenant has {0}: delete those first")]
    InUse(&'static str),
    /// It cannot be stored.
    #[error(transparent)]
    Store(#[from] AccessStoreError),
}

impl Access {
    /// Registers a tenant below one that the request covers.
    pub async fn register(
        &self,
        scope: &Scope,
        actor: &Actor,
        new: NewTenant,
    ) -> Result<RegisteredTenant, RegistrationError> {
        check_name(&new.name)?;
        if new.uuid.is_some() && !scope.is_master() {
            return Err(RegistrationError::NotYours);
        }
        let _changing = self.changing.lock().await;
        let parent = new.parent.map_or(scope.tenant(), |parent| scope.named(parent));
        let is_known = parent == scope.master() || self.tenants.get(parent).is_some();
        if !scope.covers(parent) || !is_known {
            return Err(RegistrationError::Parent(parent));
        }
        if self.tenants.count() >= MOST {
            return Err(RegistrationError::TooMany);
        }
        let uuid = new.uuid.unwrap_or_else(Uuid::new_v4);
        if scope.named(uuid) == scope.master() || self.tenants.get(uuid).is_some() {
            return Err(RegistrationError::Taken(uuid));
        }
        let parent = (parent != scope.master()).then_some(parent);
        let tenant = RegisteredTenant { uuid, name: new.name, parent };
        let mut changes = vec![format!("name: {}", tenant.name)];
        changes.extend(parent.map(|parent| format!("parent_uuid: {parent}")));
        let entry = AuditEntry::tenant(actor, "created", &uuid.to_string(), changes);
        self.store.insert_tenant(tenant.clone(), entry).await?;
        self.tenants.put(tenant.clone());
        Ok(tenant)
    }

    /// The registered tenants that a request covers: its own and those below it.
    pub fn registered(&self, scope: &Scope) -> Vec<RegisteredTenant> {
        let mut tenants = self.tenants.all();
        tenants.retain(|tenant| scope.covers(tenant.uuid));
        tenants
    }

    /// Forgets a tenant that has neither tenants below it nor tokens. Whether it has devices is not known here.
    pub async fn unregister(
        &self,
        scope: &Scope,
        actor: &Actor,
        uuid: Uuid,
    ) -> Result<(), RegistrationError> {
        let _changing = self.changing.lock().await;
        let tenant = self.tenants.get(uuid).filter(|tenant| scope.covers(tenant.uuid));
        let tenant = tenant.ok_or(RegistrationError::Unknown(uuid))?;
        if self.tenants.below(uuid).len() > 1 {
            return Err(RegistrationError::InUse("tenants below it"));
        }
        if self.tokens.all().iter().any(|token| token.tenant == Some(uuid)) {
            return Err(RegistrationError::InUse("tokens"));
        }
        let entry =
            AuditEntry::tenant(actor, "deleted", &uuid.to_string(), vec![format!("name: {}", tenant.name)]);
        self.store.delete_tenant(uuid, entry).await?;
        self.tenants.remove(uuid);
        Ok(())
    }
}
