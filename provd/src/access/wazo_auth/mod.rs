//! Checking tokens by an existing wazo-auth service: it alone knows them, what they grant, and the tree of tenants.
//!
//! A token that it found good is believed for some seconds, so a revoked one is refused that much later. While it cannot be
//! asked nobody new comes in.

mod client;
mod documents;
mod login;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::answers::{Answer, Answers};
use super::http::TrustError;
use super::tokens::hash;
use super::{Refusal, Verifier};
use crate::domain::access::Principal;
use crate::settings::access::WazoAuthSettings;
use client::Client;
use login::Login;

/// Most answers about tokens that are remembered.
const MOST_TOKENS: u64 = 10_000;
/// Most trees of tenants that are remembered.
const MOST_TREES: u64 = 1_000;
/// How long a tree of tenants is believed.
const TREE_FOR: Duration = Duration::from_mins(1);
/// Longest text that is looked at as a token, in bytes. Those of wazo-auth are UUIDs.
const LONGEST_TOKEN: usize = 256;

/// A question about a token, known by its hash only.
type AboutToken = ([u8; 32], Asked);

/// What is asked about a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    /// Whose it is.
    Holder,
    /// Whose it is, if it grants this.
    Permission(String),
    /// Whose it is, if this tenant is its own or below.
    Tenant(Uuid),
}

/// A wazo-auth service.
pub struct WazoAuth {
    client: Arc<Client>,
    login: Arc<Login>,
    holders: Answers<AboutToken, Principal>,
    trees: Answers<Uuid, HashSet<Uuid>>,
    cache_for: Duration,
    /// Does not change while the service lives.
    master: OnceLock<Uuid>,
}

impl WazoAuth {
    /// Prepares to ask; nothing is asked yet.
    pub fn new(settings: WazoAuthSettings) -> Result<WazoAuth, TrustError> {
        let client = Arc::new(Client::new(&settings)?);
        let (whom, deadline, cache_for) = (client.name().to_owned(), settings.deadline, settings.cache_for);
        Ok(WazoAuth {
            login: Arc::new(Login::new(client.clone(), settings.service, deadline)),
            client,
            holders: Answers::new(MOST_TOKENS, cache_for, &whom, deadline),
            trees: Answers::new(MOST_TREES, TREE_FOR, &whom, deadline),
            cache_for,
            master: OnceLock::new(),
        })
    }

    async fn ask(&self, token: &str, asked: Asked) -> Result<Principal, Refusal> {
        // Any other could not be part of a path.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if token.is_empty() || token.len() > LONGEST_TOKEN || !token.bytes().all(is_plain) {
            return Err(Refusal::Unknown);
        }
        let (client, cache_for) = (self.client.clone(), self.cache_for);
        let about = (hash(token), asked.clone());
        let token = token.to_owned();
        let ask = || async move {
            let (value, expires_in) = client.holder(&token, &asked).await?.into_principal()?;
            Ok(Answer { value, for_time: cache_for.min(expires_in) })
        };
        self.holders.get(about, ask).await
    }

    async fn tree(&self, tenant: Uuid) -> Result<HashSet<Uuid>, Refusal> {
        let (client, login) = (self.client.clone(), self.login.clone());
        let ask = || async move {
            let value = login.tenants(&client, tenant).await?;
            Ok(Answer { value, for_time: TREE_FOR })
        };
        self.trees.get(tenant, ask).await
    }
}

#[async_trait]
impl Verifier for WazoAuth {
    async fn holder(&self, token: &str) -> Result<Principal, Refusal> {
        self.ask(token, Asked::Holder).await
    }

    async fn verify(&self, token: &str, permission: &str) -> Result<Principal, Refusal> {
        self.ask(token, Asked::Permission(permission.to_owned())).await
    }

    /// That of provd's own token.
    async fn master_tenant(&self) -> Result<Uuid, Refusal> {
        if let Some(master) = self.master.get() {
            return Ok(*master);
        }
        let tenant = self.login.token().await?.tenant;
        Ok(*self.master.get_or_init(|| tenant))
    }

    async fn tenants_below(&self, token: &str, tenant: Uuid) -> Result<HashSet<Uuid>, Refusal> {
        self.ask(token, Asked::Tenant(tenant)).await?;
        self.tree(tenant).await
    }
}
