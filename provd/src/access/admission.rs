//! Who comes in, and in whose name: the tokens of this server first, then whoever else knows tokens.
//!
//! The administrator's token and those made here work whatever else is asked, so that a server whose identity provider is
//! away can still be administered.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::store::{AccessStore, AccessStoreError};
use super::tenants::Tenants;
use super::throttle::Throttle;
use super::tokens::Tokens;
use super::{Refusal, Revocation, Verifier};
use crate::domain::access::{Permission, Principal};

/// Everything that decides who comes in.
pub struct Access {
    pub(super) tokens: Tokens,
    pub(super) tenants: Arc<Tenants>,
    pub(super) store: Arc<dyn AccessStore>,
    /// Held by changes of tokens and tenants from what they rest on to their end.
    pub(super) changing: Mutex<()>,
    other: Option<Arc<dyn Verifier>>,
    throttle: Throttle,
}

/// What somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The token he shows; empty if none.
    pub token: &'a str,
    /// What it must grant.
    pub permission: &'a Permission,
    /// The tenant he names; absent: the token's.
    pub tenant: Option<Uuid>,
}

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Who it is.
    pub principal: Principal,
    /// In whose name he asks.
    pub scope: Scope,
    /// Ends what goes on after the answer.
    pub revocation: Revocation,
}

/// The tenant of a request, and which others it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    tenant: Uuid,
    master: Uuid,
    /// The tenant and all below it; not looked at for the master, which covers everything.
    below: Arc<HashSet<Uuid>>,
}

impl Scope {
    /// A tenant, and what is below it.
    pub fn new(tenant: Uuid, master: Uuid, below: HashSet<Uuid>) -> Scope {
        Scope { tenant, master, below: Arc::new(below) }
    }

    /// The tenant.
    pub fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The tenant above all others.
    pub fn master(&self) -> Uuid {
        self.master
    }

    /// Whether it is the master tenant.
    pub fn is_master(&self) -> bool {
        self.tenant == self.master
    }

    /// Whether a tenant is it, or below it.
    pub fn covers(&self, tenant: Uuid) -> bool {
        self.is_master() || self.below.contains(&tenant)
    }

    /// The tenant and all below it; of the master tenant, not all.
    pub fn below(&self) -> &HashSet<Uuid> {
        &self.below
    }

    /// The nil UUID is another name of the master tenant: that of a server where nobody else knows tenants.
    pub fn named(&self, tenant: Uuid) -> Uuid {
        if tenant.is_nil() { self.master } else { tenant }
    }
}

impl Access {
    /// Reads tokens and tenants. `administrator` is the token that permits everything; only its hash is kept, and an empty
    /// one lets nobody in.
    pub async fn open(administrator: &str, store: Arc<dyn AccessStore>) -> Result<Access, AccessStoreError> {
        let tokens = Tokens::new(administrator, store.tokens().await?);
        let tenants = Arc::new(Tenants::new(store.tenants().await?));
        let (changing, throttle) = (Mutex::default(), Throttle::default());
        Ok(Access { tokens, tenants, store, changing, other: None, throttle })
    }

    /// With somebody else who knows the tokens that are not of this server.
    #[must_use]
    pub fn asking(self, other: Arc<dyn Verifier>) -> Access {
        Access { other: Some(other), ..self }
    }

    /// The tenants that are registered here.
    pub fn tenants(&self) -> &Arc<Tenants> {
        &self.tenants
    }

    /// Lets somebody in. Whoever keeps failing from one address, `peer`, is answered late.
    pub async fn admit(&self, asked: Asked<'_>, peer: Option<IpAddr>) -> Result<Admitted, Refusal> {
        let outcome = self.check(asked).await;
        if let (Err(Refusal::Unknown), Some(peer)) = (&outcome, peer) {
            self.throttle.failed(peer).await;
        }
        outcome
    }

    async fn check(&self, Asked { token, permission, tenant }: Asked<'_>) -> Result<Admitted, Refusal> {
        let permission = match (permission, tenant) {
            (Permission::Plain(words), _) => words.clone(),
            (_, Some(tenant)) if tenant.is_nil() => permission.of(self.master_for(token).await?),
            (_, Some(tenant)) => permission.of(tenant),
            (_, None) => permission.of(self.holder(token).await?.tenant),
        };
        let principal = self.verify(token, &permission).await?;
        let scope = self.scope(token, principal.tenant, tenant).await?;
        let revocation = match (self.tokens.revocation(token), &self.other) {
            (Some(own), _) => own,
            (None, Some(other)) => Revocation::elsewhere(other.clone(), token, &permission),
            // It was revoked just now.
            (None, None) => Revocation::past(),
        };
        Ok(Admitted { principal, scope, revocation })
    }

    /// The tenant somebody names, if his own covers it.
    async fn scope(&self, token: &str, own: Uuid, named: Option<Uuid>) -> Result<Scope, Refusal> {
        let is_ours = self.tokens.holder(token).is_some();
        let master = self.master_for(token).await?;
        let or_master = |tenant: Uuid| if tenant.is_nil() { master } else { tenant };
        let (own, named) = (or_master(own), or_master(named.unwrap_or(own)));
        // A tenant that is registered nowhere is below the master all the same, unless somebody else knows better.
        let covers_any = is_ours && own == master;
        if named != own && !covers_any && !self.tenants_below(token, own).await?.contains(&named) {
            return Err(Refusal::NotGranted(format!("the tenant {named}")));
        }
        let below = if named == master { HashSet::new() } else { self.tenants_below(token, named).await? };
        Ok(Scope::new(named, master, below))
    }

    /// The master tenant as whoever shows this token knows it.
    async fn master_for(&self, token: &str) -> Result<Uuid, Refusal> {
        if self.tokens.holder(token).is_some() { Ok(self.master().await) } else { self.master_tenant().await }
    }

    /// Of a token of this server.
    async fn own_holder(&self, token: &str) -> Option<Principal> {
        let mut principal = self.tokens.holder(token)?;
        if principal.tenant.is_nil() {
            principal.tenant = self.master().await;
        }
        Some(principal)
    }

    /// The master tenant as tokens of this server know it: nil also while nobody can say which it is. Nobody takes a tenant
    /// for the master by that who did not before.
    async fn master(&self) -> Uuid {
        self.master_tenant().await.unwrap_or_default()
    }

    fn other(&self) -> Result<&Arc<dyn Verifier>, Refusal> {
        self.other.as_ref().ok_or(Refusal::Unknown)
    }
}

#[async_trait]
impl Verifier for Access {
    async fn holder(&self, token: &str) -> Result<Principal, Refusal> {
        match self.own_holder(token).await {
            Some(principal) => Ok(principal),
            None if token.is_empty() => Err(Refusal::Unknown),
            None => self.other()?.holder(token).await,
        }
    }

    async fn verify(&self, token: &str, permission: &str) -> Result<Principal, Refusal> {
        match self.own_holder(token).await {
            Some(principal) if principal.permissions.grant(permission) => Ok(principal),
            Some(_) => Err(Refusal::NotGranted(permission.to_owned())),
            None if token.is_empty() => Err(Refusal::Unknown),
            None => self.other()?.verify(token, permission).await,
        }
    }

    /// The nil UUID, where nobody else knows tenants.
    async fn master_tenant(&self) -> Result<Uuid, Refusal> {
        match &self.other {
            Some(other) => other.master_tenant().await,
            None => Ok(Uuid::nil()),
        }
    }

    async fn tenants_below(&self, token: &str, tenant: Uuid) -> Result<HashSet<Uuid>, Refusal> {
        match &self.other {
            Some(other) if self.tokens.holder(token).is_none() => other.tenants_below(token, tenant).await,
            _ => Ok(self.tenants.below(tenant)),
        }
    }
}
